#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/run.h"
#include "engine/core/verdict.h"

namespace assay::score {

/// What two inventories and two lists of measurements say, in the words of the rules. What is not
/// known is nullopt; a rule then says nothing.
struct Evidence {
    const Run& source;
    const Run& target;
    const Verdict& verdict;

    /// nullptr if it was not compared, or by no metric.
    const CategoryScore* category(std::string_view name) const;
};

/// Inventory facts of one run.
std::optional<double> cores_of(const Run& run);
std::optional<double> memory_bytes_of(const Run& run);
/// Of the device under the path: all of it, whatever is in use.
std::optional<double> disk_bytes_of(const Run& run);
/// Does the processor offer this instruction set to programs? `feature` as in the environment:
/// "avx2", "avx512f", "aes".
std::optional<bool> has_isa(const Run& run, std::string_view feature);
/// The fastest link of a real, connected interface, in B/s.
std::optional<double> link_rate_of(const Run& run);
/// "NVMe SSD", "SATA/SAS SSD", "SATA/SAS HDD", "virtual disk", by what the kernel says of the disk
/// under the path.
std::optional<std::string> storage_kind_of(const Run& run);
bool is_nvme(const Run& run);
std::optional<std::string> environment_text(const Run& run, std::string_view section,
                                            std::string_view name);
std::optional<double> environment_number(const Run& run, std::string_view section,
                                         std::string_view name);

/// The median of the metric's best valid measurement; of latencies the smallest.
std::optional<double> median_of(const Run& run, std::string_view metric);
/// The measurement of that metric whose operations give this percentile, the first in the file.
struct Percentile {
    const Measurement* measurement;
    double value;
};
std::optional<Percentile> percentile_of(const Run& run, std::string_view metric,
                                        std::string_view name);
/// The first such finding of the run or of one of its measurements, or nullptr.
const Finding* finding_in(const Run& run, std::string_view id);
/// Rounds of the run that were refused for this reason, and all rounds.
struct RefusedRounds {
    std::size_t refused = 0, all = 0;
};
RefusedRounds refused_rounds(const Run& run, std::string_view finding);

/// A text from a file as a part of a recommendation's sentence: its braces are no places for
/// amounts.
std::string quoted(std::string text);

}  // namespace assay::score
