#include "engine/host/network_counters.h"

#include <gtest/gtest.h>

#include "tests/support/file_tree.h"

namespace assay::host {
namespace {

TEST(ProtocolCounters, both_shapes_of_files_are_read) {
    const test::FileTree tree;
    tree.write("proc/thread-self/net/snmp",
               "Tcp: RtoMin MaxConn InSegs\nTcp: 200 -1 77\n"
               "Udp: InDatagrams RcvbufErrors SndbufErrors\nUdp: 12 3 4\n");
    tree.write("proc/thread-self/net/netstat",
               "TcpExt: SyncookiesSent TCPLostRetransmit\n"
               "TcpExt: 5 6\n");
    tree.write("proc/thread-self/net/snmp6", "Ip6InReceives      \t9\nUdp6RcvbufErrors 8\n");
    const ProtocolCounters counters = read_protocol_counters(Files(tree.root()));
    EXPECT_EQ(counter(counters, "Udp.RcvbufErrors"), 3u);
    EXPECT_EQ(counter(counters, "Udp.SndbufErrors"), 4u);
    EXPECT_EQ(counter(counters, "Tcp.InSegs"), 77u);
    EXPECT_EQ(counter(counters, "Tcp.MaxConn"), std::nullopt);
    EXPECT_EQ(counter(counters, "TcpExt.TCPLostRetransmit"), 6u);
    EXPECT_EQ(counter(counters, "Udp6.RcvbufErrors"), 8u);
    EXPECT_EQ(counter(counters, "Ip6.InReceives"), 9u);
}

TEST(ProtocolCounters, missing_and_broken_files_give_nothing) {
    const test::FileTree tree;
    EXPECT_TRUE(read_protocol_counters(Files(tree.root())).empty());
    tree.write("proc/thread-self/net/snmp", "Udp: A B\nTcp: 1 2\n");
    EXPECT_TRUE(read_protocol_counters(Files(tree.root())).empty());
    tree.write("proc/thread-self/net/snmp", "Udp: A B\nUdp: x 2 9\nUdp: C\n");
    EXPECT_EQ(read_protocol_counters(Files(tree.root())).size(), 1u);
}

TEST(SoftnetCounters, rows_of_all_cpus_are_added) {
    const test::FileTree tree;
    EXPECT_FALSE(read_softnet_counters(Files(tree.root())));
    tree.write("proc/net/softnet_stat",
               "0000000a 00000001 00000002 00000000\n00000010 00000002 00000000 00000000\n");
    const auto sum = read_softnet_counters(Files(tree.root()));
    ASSERT_TRUE(sum);
    EXPECT_EQ(sum->processed, 26u);
    EXPECT_EQ(sum->dropped, 3u);
    EXPECT_EQ(sum->out_of_budget, 2u);
    tree.write("proc/net/softnet_stat", "zz 1 2\n");
    EXPECT_FALSE(read_softnet_counters(Files(tree.root())));
}

TEST(CpuTicks, idle_and_waiting_are_not_busy) {
    const test::FileTree tree;
    EXPECT_TRUE(read_cpu_ticks(Files(tree.root())).empty());
    tree.write("proc/stat",
               "cpu  9 9 9 9 9 9 9 9 0 0\ncpu0 10 1 5 100 20 2 3 4 7 0\ncpu3 1 0 0 1 0 0 0 0 0 0\n"
               "intr 5\n");
    const auto ticks = read_cpu_ticks(Files(tree.root()));
    ASSERT_EQ(ticks.size(), 2u);
    EXPECT_EQ(ticks.at(0).busy, 25u);
    EXPECT_EQ(ticks.at(0).whole, 145u);
    EXPECT_EQ(ticks.at(3).whole, 2u);
}

}  // namespace
}  // namespace assay::host
