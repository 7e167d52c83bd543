#include "report/html_text.h"

#include "report/markup.h"

namespace assay::report {
namespace {

/// A text from outside can be 64 KiB long; a page is for what can be read.
constexpr std::size_t kLongestText = 2000;

}  // namespace

std::string safe_text(std::string_view text) {
    if (text.size() <= kLongestText)
        return markup_escaped(text);
    return markup_escaped(text.substr(0, kLongestText)) + " \u2026";
}

}  // namespace assay::report
