#include "engine/host/network_counters.h"

#include <algorithm>
#include <charconv>

#include "engine/host/parse.h"

namespace assay::host {
namespace {

/// Two lines a group: "Udp: InDatagrams NoPorts", "Udp: 12 0". The kernel writes some settings as
/// -1; what is no count is left out.
void add_paired_lines(ProtocolCounters& counters, const std::string& text) {
    const auto lines = lines_of(text);
    for (std::size_t at = 0; at + 1 < lines.size(); at += 2) {
        const auto names = words_of(lines[at]), values = words_of(lines[at + 1]);
        if (names.empty() || values.empty() || names[0] != values[0] || !names[0].ends_with(':'))
            return;
        const std::string group(names[0].substr(0, names[0].size() - 1));
        for (std::size_t word = 1; word < std::min(names.size(), values.size()); ++word)
            if (const auto value = number_of<std::uint64_t>(values[word]))
                counters[group + "." + std::string(names[word])] = *value;
    }
}

/// A line a count: "Udp6InDatagrams 12". Named like the others: "Udp6.InDatagrams".
void add_single_lines(ProtocolCounters& counters, const std::string& text) {
    for (const std::string_view line : lines_of(text)) {
        const auto words = words_of(line);
        const std::size_t six = words.empty() ? std::string_view::npos : words[0].find('6');
        if (words.size() != 2 || six == std::string_view::npos)
            continue;
        if (const auto value = number_of<std::uint64_t>(words[1]))
            counters[std::string(words[0].substr(0, six + 1)) + "." +
                     std::string(words[0].substr(six + 1))] = *value;
    }
}

std::optional<std::uint64_t> hexadecimal(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
    if (error != std::errc{} || end != text.data() + text.size())
        return std::nullopt;
    return value;
}

}  // namespace

ProtocolCounters read_protocol_counters(const Files& files) {
    // The thread's own folder: a process's threads may live in several network namespaces.
    ProtocolCounters counters;
    for (const char* name : {"proc/thread-self/net/snmp", "proc/thread-self/net/netstat"})
        if (const auto text = files.read(name))
            add_paired_lines(counters, *text);
    if (const auto text = files.read("proc/thread-self/net/snmp6"))
        add_single_lines(counters, *text);
    return counters;
}

std::optional<std::uint64_t> counter(const ProtocolCounters& counters, std::string_view name) {
    const auto found = counters.find(name);
    return found == counters.end() ? std::nullopt : std::optional(found->second);
}

std::optional<SoftnetCounters> read_softnet_counters(const Files& files) {
    const auto text = files.read("proc/net/softnet_stat");
    if (!text)
        return std::nullopt;
    SoftnetCounters sum;
    bool any = false;
    for (const std::string_view line : lines_of(*text)) {
        const auto words = words_of(line);
        if (words.size() < 3)
            continue;
        const auto processed = hexadecimal(words[0]), dropped = hexadecimal(words[1]),
                   squeezed = hexadecimal(words[2]);
        if (!processed || !dropped || !squeezed)
            return std::nullopt;
        sum.processed += *processed;
        sum.dropped += *dropped;
        sum.out_of_budget += *squeezed;
        any = true;
    }
    return any ? std::optional(sum) : std::nullopt;
}

std::map<int, CpuTicks> read_cpu_ticks(const Files& files) {
    std::map<int, CpuTicks> ticks;
    const auto text = files.read("proc/stat");
    if (!text)
        return ticks;
    constexpr std::size_t kIdle = 4, kWaiting = 5, kLastOfWhole = 8;  // steal; guests are in user
    for (const std::string_view line : lines_of(*text)) {
        const auto words = words_of(line);
        if (words.size() <= kLastOfWhole || !words[0].starts_with("cpu"))
            continue;
        const auto number = number_of<int>(words[0].substr(3));
        if (!number)
            continue;  // the sum over all CPUs
        CpuTicks cpu;
        for (std::size_t word = 1; word <= kLastOfWhole; ++word) {
            const std::uint64_t value = number_of<std::uint64_t>(words[word]).value_or(0);
            cpu.whole += value;
            if (word != kIdle && word != kWaiting)
                cpu.busy += value;
        }
        ticks[*number] = cpu;
    }
    return ticks;
}

}  // namespace assay::host
