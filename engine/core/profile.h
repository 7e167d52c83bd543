#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace assay {

/// How wide a run looks, from "does it work" to "certify it": a probe chooses its cases by this,
/// and its sizes by the budget.
enum class Extent { smoke, quick, standard, deep };

/// How long a run may take and how it spends that time. Names no probe: a probe makes its own sizes
/// from this.
struct Profile {
    std::string_view name;
    std::int64_t budget_ns;         ///< hard wall clock of the whole run
    std::size_t rounds;             ///< planned rounds of each case
    std::size_t min_valid_rounds;   ///< fewer than this many valid rounds is INCONCLUSIVE
    std::int64_t longest_round_ns;  ///< a round is shorter where the budget asks for it
    Extent extent;
    std::string_view purpose;
};

/// smoke, quick, standard, deep.
std::span<const Profile> profiles();
std::optional<Profile> find_profile(std::string_view name);

}  // namespace assay
