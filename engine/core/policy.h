#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/measurement.h"
#include "engine/core/units.h"

namespace assay {

/// Where in a policy file something was said; 0 is "nowhere": it was compiled in.
struct Place {
    std::size_t line = 0, column = 0;
    bool operator==(const Place&) const = default;
};

/// Which number of a measurement is meant. The median is that over rounds; the percentiles are over
/// all operations of all valid rounds.
enum class Statistic { median, p50, p95, p99, p999 };
std::string_view name_of(Statistic statistic);  ///< "median" "p50" "p95" "p99" "p99.9"
std::optional<Statistic> statistic_of_name(std::string_view name);

/// A required limit decides; a recommended one only makes a condition.
enum class Need { required, recommended };
std::string_view name_of(Need need);  ///< "required" "recommended"

struct CategoryPolicy {
    std::string name;   ///< "cpu"
    double weight = 0;  ///< the weights sum to 1
    bool operator==(const CategoryPolicy&) const = default;
};

/// What a policy changes of one row of the metric table (engine/score/metric_table.h).
struct MetricChoice {
    std::string metric;            ///< id
    std::optional<double> weight;  ///< inside its category, relative to the others; 0 leaves it out
    std::optional<bool> required;
    Place place;
    bool operator==(const MetricChoice&) const = default;
};

/// An absolute limit on one metric of one host.
struct Limit {
    std::string name;  ///< "WAL commit p99"; unique in its policy
    std::string metric;
    std::vector<Condition> conditions;  ///< the measurement must have all of them
    Statistic statistic = Statistic::median;
    bool is_ceiling = true;  ///< at most `bound`; else at least
    double bound = 0;        ///< in `unit`
    Unit unit = Unit::count;
    Need need = Need::required;
    std::string source;  ///< document and section that the number comes from
    Place place;
    bool operator==(const Limit&) const = default;
};

/// A fact of the environment fingerprint that a policy can ask for.
enum class HostFact {
    cores,             ///< physical cores, or the CPU quota where that is less
    memory,            ///< B; total, or the control group's limit where that is less
    memory_available,  ///< B, when the run began
    memory_used,       ///< ratio of total, when the run began
    storage,           ///< B; size of the device under --path
    storage_kind,      ///< StorageKind as a number
    link  ///< B/s; fastest link, or the measured TCP bandwidth where none says its speed
};
std::string_view name_of(HostFact fact);  ///< "cores" ... "link", as in a policy file

/// Slowest first, so that "at least" is meant as of numbers.
enum class StorageKind { hdd, ssd, nvme };
std::string_view name_of(StorageKind kind);  ///< "hdd" "ssd" "nvme"

struct FactLimit {
    HostFact fact = HostFact::cores;
    bool is_ceiling = false;
    double bound = 0;
    Need need = Need::required;
    std::string source;
    Place place;
    bool operator==(const FactLimit&) const = default;
};

/// Somebody answers for a miss until a day. What is waived is named as the verdict names it: a
/// limit's name, a fact ("cores") or a category.
struct Waiver {
    std::string what, who, why;
    std::string until;  ///< the last day on which it holds, "2027-01-31"
    Place place;
    bool operator==(const Waiver&) const = default;
};

/// What the decision is made by. The default values are the requirement's formula and DESIGN's
/// limits.
struct Policy {
    std::string name = "default";
    std::string title;
    std::vector<CategoryPolicy> categories;
    std::vector<MetricChoice> metrics;
    double no_go_overall = 0.6;   ///< overall below: NO-GO
    double no_go_category = 0.4;  ///< any category below: NO-GO
    double go_overall = 0.8;      ///< P(overall >= this) >= confidence for GO
    double go_category = 0.6;     ///< P(category >= this) >= confidence for GO, each
    double confidence = 0.95;
    /// Fewer rounds on either side make a number too thin for GO: with 3 rounds a nominal 95 %
    /// bootstrap interval of a median covers 90 %, with 5 it covers 96 %.
    std::size_t fewest_rounds = 5;
    std::vector<Limit> limits;
    std::vector<FactLimit> facts;
    std::vector<Waiver> waivers;
    std::vector<std::string> without;  ///< categories left out openly
    std::uint64_t bootstrap_seed = 1;
    std::size_t bootstrap_draws = 10'000;
    bool operator==(const Policy&) const = default;

    /// The waiver of `what`, or nullptr.
    const Waiver* waiver_of(std::string_view what) const;
};

}  // namespace assay
