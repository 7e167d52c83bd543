#include "cli/suggest.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace assay::cli {

std::size_t edit_distance(std::string_view a, std::string_view b) {
    // Three rows of the usual table are enough: a swap of neighbours looks two rows back.
    std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j)
        last[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = std::min(row[j], before[j - 2] + 1);
        }
        std::swap(before, last);
        std::swap(last, row);
    }
    return last[b.size()];
}

std::optional<std::string_view> nearest_name(std::string_view word,
                                             std::span<const std::string_view> names) {
    // Nobody mistypes a name into a word this long, and the table must stay small.
    constexpr std::size_t kLongestWord = 100;
    constexpr std::size_t kShortestPart = 3;
    if (word.empty() || word.size() > kLongestWord)
        return std::nullopt;
    if (word.size() >= kShortestPart)
        for (const std::string_view name : names)
            if (name.find(word) != std::string_view::npos)
                return name;

    std::optional<std::string_view> nearest;
    std::size_t least = std::max<std::size_t>(2, word.size() / 3) + 1;
    for (const std::string_view name : names) {
        const std::size_t distance = edit_distance(word, name);
        if (distance < least && distance < std::max(word.size(), name.size())) {
            least = distance;
            nearest = name;
        }
    }
    return nearest;
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> names) {
    const auto nearest = nearest_name(word, names);
    return nearest ? " Did you mean '" + std::string(*nearest) + "'?" : "";
}

}  // namespace assay::cli
