#include "engine/score/facts.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace assay::score {
namespace {

/// What TCP carries of a full Ethernet link: headers and gaps take 5 %, and a little is left for
/// the rounds' noise.
constexpr double kShareOfLink = 0.9;
constexpr double kBytesPerMegabit = 125'000;

const Value* find(const Run& run, std::string_view section, std::string_view name) {
    const Value* inside = run.environment.find(section);
    return inside == nullptr ? nullptr : inside->find(name);
}

std::optional<double> number(const Value* value) {
    const auto known = value == nullptr ? std::nullopt : value->as_number();
    return known && *known > 0 ? known : std::nullopt;
}

std::string text(double value) {
    std::array<char, 32> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    return {digits.data(), end};
}

/// The smaller of what the host has and what a control group lets us have.
FactValue limited(std::optional<double> owned, std::optional<double> allowed,
                  const std::string& what) {
    if (!owned)
        return {std::nullopt, "the run does not say how many " + what + " the host has"};
    if (allowed && *allowed < *owned)
        return {allowed, "limited by a control group; the host has " + text(*owned)};
    return {owned, ""};
}

FactValue cores(const Run& run) {
    FactValue known = limited(number(find(run, "cpu", "cores")),
                              number(find(run, "cgroup", "effective_cpus")), "cores");
    const auto logical = number(find(run, "cpu", "logical_cpus"));
    if (known.value && known.note.empty() && logical && *logical > *known.value)
        known.note = "physical ones; there are " + text(*logical) + " logical CPUs";
    return known;
}

FactValue memory(const Run& run) {
    return limited(number(find(run, "memory", "total_bytes")),
                   number(find(run, "cgroup", "memory_limit_bytes")), "bytes of memory");
}

FactValue memory_available(const Run& run) {
    const auto known = number(find(run, "memory", "available_bytes"));
    return {known, known ? "" : "the run does not say how much memory was available"};
}

FactValue memory_used(const Run& run) {
    const auto total = number(find(run, "memory", "total_bytes"));
    const auto available = number(find(run, "memory", "available_bytes"));
    if (!total || !available)
        return {std::nullopt, "the run does not say how much memory was available"};
    // 0 has no logarithm and no meaning here: something always runs.
    return {std::max(1 - *available / *total, 1e-6), ""};
}

const Value* device_of(const Run& run) {
    return find(run, "storage", "device");
}

FactValue storage(const Run& run) {
    const Value* device = device_of(run);
    const auto bytes = number(device == nullptr ? nullptr : device->find("size_bytes"));
    return {bytes, bytes ? "" : "the run does not know the device under --path"};
}

FactValue storage_kind(const Run& run) {
    const Value* device = device_of(run);
    const Value* name = device == nullptr ? nullptr : device->find("name");
    if (name != nullptr && name->as_text() != nullptr && name->as_text()->starts_with("nvme"))
        return {static_cast<double>(StorageKind::nvme), *name->as_text()};
    const Value* claim = device == nullptr ? nullptr : device->find("rotational_claim");
    const auto is_rotational = claim == nullptr ? std::nullopt : claim->as_bool();
    if (!is_rotational)
        return {std::nullopt, "the run does not know the device under --path"};
    return {static_cast<double>(*is_rotational ? StorageKind::hdd : StorageKind::ssd),
            "as the device claims"};
}

double fastest_interface(const Run& run) {
    const Value* interfaces = find(run, "network", "interfaces");
    const Value::List* list = interfaces == nullptr ? nullptr : interfaces->as_list();
    double fastest = 0;
    if (list != nullptr)
        for (const Value& each : *list) {
            const Value* state = each.find("operstate");
            if (state != nullptr && state->as_text() != nullptr && *state->as_text() == "up")
                fastest = std::max(fastest, number(each.find("speed_mbps")).value_or(0));
        }
    return fastest * kBytesPerMegabit;
}

bool is_about_a_network(const Measurement& measurement) {
    return std::ranges::none_of(measurement.findings, [](const Finding& finding) {
        return finding.severity == Severity::invalid || finding.id == "self_test" ||
               finding.id == "too_few_valid_rounds";
    });
}

FactValue link(const Run& run) {
    if (const double fastest = fastest_interface(run); fastest > 0)
        return {fastest, "as the fastest interface says"};
    double carried = 0;
    if (const ProbeResult* tcp = run.probe("network.tcp"))
        for (const Measurement& measurement : tcp->measurements)
            if (measurement.metric == "network.tcp.bandwidth" && is_about_a_network(measurement))
                carried = std::max(carried, measurement.summary.median.value_or(0));
    if (carried > 0)
        return {
            carried,
            "the measured TCP bandwidth, of which 90 % of the limit is enough, for no interface "
            "says its speed",
            kShareOfLink};
    return {std::nullopt,
            "no interface says its speed, and no TCP bandwidth to another host "
            "(--peer HOST:PORT) was measured"};
}

}  // namespace

FactValue fact_of(const Run& run, HostFact fact) {
    switch (fact) {
        case HostFact::cores:
            return cores(run);
        case HostFact::memory:
            return memory(run);
        case HostFact::memory_available:
            return memory_available(run);
        case HostFact::memory_used:
            return memory_used(run);
        case HostFact::storage:
            return storage(run);
        case HostFact::storage_kind:
            return storage_kind(run);
        case HostFact::link:
            return link(run);
    }
    return {};
}

Unit unit_of(HostFact fact) {
    switch (fact) {
        case HostFact::cores:
        case HostFact::storage_kind:
            return Unit::count;
        case HostFact::memory:
        case HostFact::memory_available:
        case HostFact::storage:
            return Unit::bytes;
        case HostFact::memory_used:
            return Unit::ratio;
        case HostFact::link:
            return Unit::bytes_per_second;
    }
    return Unit::count;
}

}  // namespace assay::score
