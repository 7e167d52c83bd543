#pragma once

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/finding.h"

/// How much of a bandwidth comes from huge pages, and is therefore not there for programs without.
namespace assay::memory {

/// The rounds of one case that ran on both kinds of pages, in B/s.
class PageGain {
  public:
    /// `work`: "node 0, read by 2 threads".
    explicit PageGain(std::string work) : work_(std::move(work)) {}

    void add(double huge_rate, double small_rate);
    /// Which comes first changes from round to round, so that a drift favours neither.
    bool small_first() const { return gains_.size() % 2 == 1; }
    /// Median over the rounds of huge by small; nullopt before the first.
    std::optional<double> ratio() const;
    const std::string& work() const { return work_; }

  private:
    std::string work_;
    std::vector<double> gains_;
};

/// huge_page_gain, naming each case whose gain explains more than two tools differ by anyway;
/// nullopt if there is none.
std::optional<Finding> page_gain_finding(std::span<const PageGain> gains);

}  // namespace assay::memory
