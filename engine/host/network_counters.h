#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "engine/host/files.h"

namespace assay::host {

/// What the kernel's network stack counts for all sockets of the calling thread's network
/// namespace: "Udp.RcvbufErrors", "Ip.FragFails", "TcpExt.TCPLostRetransmit", "Udp6.InErrors".
/// Absent = this kernel does not count it. The kernel reports single counts apart, so two of them
/// may be some packets apart in time.
using ProtocolCounters = std::map<std::string, std::uint64_t, std::less<>>;
ProtocolCounters read_protocol_counters(const Files& files);

/// The count of that name, or nullopt.
std::optional<std::uint64_t> counter(const ProtocolCounters& counters, std::string_view name);

/// Packets that all CPUs of this host took from network cards (not per namespace).
struct SoftnetCounters {
    std::uint64_t processed = 0;
    std::uint64_t dropped = 0;        ///< the backlog of a CPU was full
    std::uint64_t out_of_budget = 0;  ///< a CPU had more to do than its time slice
};
std::optional<SoftnetCounters> read_softnet_counters(const Files& files);

/// Busy and whole time of each CPU, in ticks of the kernel, for shares between two readings.
struct CpuTicks {
    std::uint64_t busy = 0, whole = 0;
};
/// By number of the CPU. Empty where it does not say.
std::map<int, CpuTicks> read_cpu_ticks(const Files& files);

}  // namespace assay::host
