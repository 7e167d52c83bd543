#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace assay::cli {

/// How many single characters must be inserted, removed, replaced or swapped with their neighbour
/// to turn one word into the other (optimal string alignment). O(a x b).
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The name that the user most likely meant: one that contains the word, else the one at the
/// smallest edit distance, if that is at most a third of the word (2 at least). nullopt when
/// nothing is near.
std::optional<std::string_view> nearest_name(std::string_view word,
                                             std::span<const std::string_view> names);

/// " Did you mean 'NAME'?" with its leading blank, or nothing.
std::string did_you_mean(std::string_view word, std::span<const std::string_view> names);

}  // namespace assay::cli
