#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace assay::score {

/// Where a series changes its level: the indexes at which a new level begins, ascending.
///
/// E-Divisive means (Matteson & James 2014) finds the split with the largest energy distance
/// between what is before and after; a t-test takes the place of the permutation test, so that the
/// answer does not depend on a random draw (Daly et al. 2020; Fleming et al. 2023, "Hunter"). Split
/// first with ten times the p-value, then take back the weakest until all hold: a level that a weak
/// split hid is found so. Windows of 50 values that overlap by half keep the work linear.
struct ChangePointRule {
    double p_value = 0.001;
    double weak_factor = 10;
    std::size_t fewest_in_level = 4;  ///< of three, two may be wild together
    std::size_t window = 50;
};
std::vector<std::size_t> change_points(std::span<const double> values,
                                       const ChangePointRule& rule = {});

}  // namespace assay::score
