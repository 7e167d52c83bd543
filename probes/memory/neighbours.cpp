#include "probes/memory/neighbours.h"

#include <algorithm>
#include <cstdio>

namespace assay::memory {
namespace {

constexpr double kBusy = 0.2;     // of one CPU: what a host's own daemons stay far below
constexpr double kSlower = 0.05;  // of the quiet rate
// The kernel counts in ticks of 10 ms; one of them says nothing of a share.
constexpr std::uint64_t kFewestTicks = 2;

double middle(std::vector<double> values) {
    const auto place = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::ranges::nth_element(values, place);
    return *place;
}

}  // namespace

Neighbours::Neighbours(const host::Host& host, const std::vector<int>& cpus, std::size_t used)
    : files_(host.files) {
    const auto end = cpus.begin() + static_cast<std::ptrdiff_t>(std::min(used, cpus.size()));
    for (const host::Pu& pu : host.topology.pus)
        if (std::find(cpus.begin(), end, pu.os_index) == end)
            others_.push_back(pu.os_index);
    if (!others_.empty())
        before_ = host::read_cpu_times(files_, others_);
}

std::optional<double> Neighbours::busy_ratio() const {
    if (!before_)
        return std::nullopt;
    const auto now = host::read_cpu_times(files_, others_);
    if (!now || now->total() < before_->total() + kFewestTicks * others_.size())
        return std::nullopt;
    // Of all of them together, times their number: in CPUs.
    return static_cast<double>(now->busy - before_->busy) /
           static_cast<double>(now->total() - before_->total()) *
           static_cast<double>(others_.size());
}

std::optional<Finding> ContentionHistory::judge(std::optional<double> busy_ratio, double rate) {
    if (!busy_ratio)
        return std::nullopt;
    if (*busy_ratio <= kBusy) {
        quiet_.push_back(rate);
        return std::nullopt;
    }
    busy_.push_back(rate);
    char text[200];
    if (quiet_.empty()) {
        std::snprintf(text, sizeof text,
                      "Other CPUs were busy for %.2f of a CPU and no round was quiet, so by how "
                      "much they slowed it is unknown.",
                      *busy_ratio);
        return make_finding("memory_contention", text);
    }
    const double loss = 1 - middle(busy_) / middle(quiet_);
    if (loss < kSlower)
        return std::nullopt;
    std::snprintf(text, sizeof text,
                  "While other CPUs were busy (%.2f of a CPU), rounds were %.0f %% slower than "
                  "while they were idle.",
                  *busy_ratio, loss * 100);
    return make_finding("memory_contention", text);
}

}  // namespace assay::memory
