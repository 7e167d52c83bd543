#include "probes/memory/page_gain.h"

#include "engine/measure/statistics.h"

namespace assay::memory {
namespace {

constexpr double kWorthTelling = 1.03;

}  // namespace

void PageGain::add(double huge_rate, double small_rate) {
    gains_.push_back(huge_rate / small_rate);
}

std::optional<double> PageGain::ratio() const {
    return measure::median(gains_);
}

std::optional<Finding> page_gain_finding(std::span<const PageGain> gains) {
    std::string cases;
    for (const PageGain& gain : gains)
        if (gain.ratio().value_or(0) >= kWorthTelling)
            cases += (cases.empty() ? "" : "; ") + gain.work();
    if (cases.empty())
        return std::nullopt;
    // The ratios stand in the metric, which leaves out what a gate refuses after the round.
    return make_finding("huge_page_gain",
                        "In the middle of all rounds, refused ones too, bandwidth on huge pages is "
                        "at least 1.03 times that on 4 KiB pages: " +
                            cases + ". The ratios are memory.bandwidth.page_gain.");
}

}  // namespace assay::memory
