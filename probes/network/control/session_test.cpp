#include "probes/network/control/session.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/echo_role.h"
#include "tests/support/running_agent.h"

namespace assay::network::control {
namespace {

using test::echoed;

Interrupt soon() {
    return test::within();
}

RunContext context_with(Shelf* shelf = nullptr) {
    return {.host = test::this_host(),
            .stop = {},
            .prepare_deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10),
            .memory_allowance_bytes = 0,
            .shelf = shelf};
}

Expected<std::shared_ptr<Peer>> self_test(Shelf* shelf = nullptr) {
    return peer_for(context_with(shelf), Request{}, test::echo_roles());
}

TEST(SelfTest, a_test_goes_from_begin_to_report_over_both_kinds_of_data_connection) {
    const auto peer = self_test();
    ASSERT_TRUE(peer) << peer.error().message;
    auto test = (*peer)->begin("test.echo", test::EchoWishes{}.encode(), soon());
    ASSERT_TRUE(test) << test.error().message;
    const auto stream = (*test)->door().tcp_stream(0, soon());
    ASSERT_TRUE(stream) << stream.error().message;
    const auto flow = (*test)->door().udp_flow(0, soon());
    ASSERT_TRUE(flow) << flow.error().message;
    const auto answer = (*test)->prepared(soon());
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(*answer->count("key", ~std::uint64_t{0}), (*test)->door().shared_key(7));
    EXPECT_NE((*test)->door().shared_key(8), (*test)->door().shared_key(7));
    ASSERT_TRUE((*test)->start(soon()));
    EXPECT_EQ(echoed(*stream, "over tcp"), "over tcp");
    EXPECT_EQ(echoed(*flow, "by udp"), "by udp");
    const auto report = (*test)->finish(soon());
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(*report->count("tcp_bytes", 100), 8u);
    EXPECT_EQ(*report->count("udp_bytes", 100), 6u);
}

TEST(SelfTest, says_what_it_is) {
    const auto peer = self_test();
    ASSERT_TRUE(peer) << peer.error().message;
    const PeerFacts& facts = (*peer)->facts();
    EXPECT_TRUE(facts.same_host);
    EXPECT_EQ(facts.version, ASSAY_VERSION);
    const auto conditions = peer_conditions(facts);
    ASSERT_EQ(conditions.size(), 3u);
    EXPECT_EQ(conditions[0], (Condition{"peer", "self-test"}));
    EXPECT_EQ(conditions[1], (Condition{"peer_address", facts.address}));
    EXPECT_EQ(conditions[2].name, "family");
}

TEST(SelfTest, one_connection_serves_many_tests_and_a_run_shares_it) {
    Shelf shelf;
    const auto first = self_test(&shelf);
    ASSERT_TRUE(first) << first.error().message;
    const auto second = self_test(&shelf);
    ASSERT_TRUE(second);
    EXPECT_EQ(first->get(), second->get());
    for (int round = 0; round < 3; ++round) {
        auto test = (*first)->begin("test.echo", test::EchoWishes{.udp = false}.encode(), soon());
        ASSERT_TRUE(test) << test.error().message;
        const auto stream = (*test)->door().tcp_stream(0, soon());
        ASSERT_TRUE(stream) << stream.error().message;
        ASSERT_TRUE((*test)->prepared(soon()));
        ASSERT_TRUE((*test)->start(soon()));
        EXPECT_EQ(echoed(*stream, "again"), "again");
        if (round == 1)
            continue;  // left alone: aborted, and the next one begins all the same
        EXPECT_TRUE((*test)->finish(soon()));
    }
}

TEST(SelfTest, an_unknown_role_is_a_sentence_and_the_agent_stays) {
    const auto peer = self_test();
    ASSERT_TRUE(peer) << peer.error().message;
    const auto unknown = (*peer)->begin("test.nothing", Fields{}, soon());
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().kind, ErrorKind::unsupported);
    EXPECT_NE(unknown.error().message.find("test.nothing"), std::string::npos);
    const auto refused = (*peer)->begin("test.echo", Fields{}, soon());
    ASSERT_FALSE(refused) << "its wishes are missing";
    EXPECT_EQ(refused.error().kind, ErrorKind::bad_input);
    EXPECT_TRUE((*peer)->begin("test.echo", test::EchoWishes{}.encode(), soon()));
}

}  // namespace
}  // namespace assay::network::control
