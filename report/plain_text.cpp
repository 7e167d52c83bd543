#include "report/plain_text.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "report/format.h"

namespace assay::report {
namespace {

struct Letter {
    std::uint32_t code = 0;
    std::size_t bytes = 1;
};

/// The code point at the beginning of a non-empty text; nullopt where the first byte starts none.
/// Source: The Unicode Standard, table 3-7 (well-formed UTF-8 byte sequences).
std::optional<Letter> first_letter(std::string_view text) {
    const auto byte = [text](std::size_t index) {
        return static_cast<std::uint32_t>(static_cast<unsigned char>(text[index]));
    };
    const std::uint32_t lead = byte(0);
    if (lead < 0x80)
        return Letter{lead, 1};
    const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || text.size() < length)
        return std::nullopt;
    std::uint32_t code = lead & (0xffu >> (length + 1));
    for (std::size_t index = 1; index < length; ++index) {
        if ((byte(index) & 0xc0) != 0x80)
            return std::nullopt;
        code = (code << 6) | (byte(index) & 0x3f);
    }
    const std::uint32_t least = length == 4 ? 0x10000 : length == 3 ? 0x800 : 0x80;
    if (code < least || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
        return std::nullopt;
    return Letter{code, length};
}

struct Range {
    std::uint32_t first, last;
};

template <std::size_t N>
bool is_in(const std::array<Range, N>& ranges, std::uint32_t code) {
    return std::ranges::any_of(
        ranges, [code](const Range& range) { return range.first <= code && code <= range.last; });
}

// C0, DEL and C1 move the cursor or start escape sequences; the others hide text or turn it around.
constexpr std::array kControls{Range{0x00, 0x1f}, Range{0x7f, 0x9f}};
constexpr std::array kInvisible{
    Range{0xad, 0xad},     Range{0x61c, 0x61c},   Range{0x200b, 0x200f}, Range{0x2028, 0x202e},
    Range{0x2060, 0x206f}, Range{0xfeff, 0xfeff}, Range{0xfff9, 0xfffb}, Range{0xe0000, 0xe0fff}};
constexpr std::array kWide{Range{0x1100, 0x115f}, Range{0x2e80, 0xa4cf},   Range{0xac00, 0xd7a3},
                           Range{0xf900, 0xfaff}, Range{0xfe30, 0xfe6f},   Range{0xff00, 0xff60},
                           Range{0xffe0, 0xffe6}, Range{0x1f300, 0x1faff}, Range{0x20000, 0x3fffd}};
constexpr std::array kCombining{Range{0x300, 0x36f},   Range{0x483, 0x489},   Range{0x591, 0x5bd},
                                Range{0x610, 0x61a},   Range{0x64b, 0x65f},   Range{0x1ab0, 0x1aff},
                                Range{0x1dc0, 0x1dff}, Range{0x20d0, 0x20ff}, Range{0xfe00, 0xfe0f},
                                Range{0xfe20, 0xfe2f}};

std::size_t width_of(std::uint32_t code) {
    if (is_in(kCombining, code))
        return 0;
    return is_in(kWide, code) ? 2 : 1;
}

/// Calls take(bytes of the letter, its code) until it returns false; an invalid byte is U+FFFD.
template <class Take>
void for_each_letter(std::string_view text, const Take& take) {
    while (!text.empty()) {
        const Letter letter = first_letter(text).value_or(Letter{0xfffd, 1});
        if (!take(text.substr(0, letter.bytes), letter.code))
            return;
        text.remove_prefix(letter.bytes);
    }
}

/// Bytes of the longest beginning that takes at most `width` columns.
std::size_t bytes_within(std::string_view text, std::size_t width) {
    std::size_t bytes = 0, used = 0;
    for_each_letter(text, [&](std::string_view letter, std::uint32_t code) {
        used += width_of(code);
        if (used > width)
            return false;
        bytes += letter.size();
        return true;
    });
    return bytes;
}

constexpr std::array<std::string_view, 16> kUnits{"%",   "s",   "ms",  "us",  "ns",  "B",
                                                  "kB",  "MB",  "GB",  "TB",  "KiB", "MiB",
                                                  "GiB", "MHz", "GHz", "Mbps"};

/// Whether the blank lies between a number and its unit.
bool is_inside_quantity(std::string_view text, std::size_t blank) {
    if (text[blank - 1] < '0' || text[blank - 1] > '9')
        return false;
    std::string_view word = text.substr(blank + 1, text.find(' ', blank + 1) - blank - 1);
    word = word.substr(0, word.find_last_not_of(",.;:)") + 1);
    return word.ends_with("/s") || std::ranges::find(kUnits, word) != kUnits.end();
}

/// The last blank of the first `limit` bytes that a line may end at, or 0. A flag and its value
/// stay together, so that they can be copied: never after a word that begins with two dashes. So do
/// a number and its unit, if there is another place.
std::size_t last_good_blank(std::string_view text, std::size_t limit) {
    std::size_t second_best = 0;
    for (std::size_t blank = text.substr(0, limit).rfind(' ');
         blank != std::string_view::npos && blank > 0; blank = text.rfind(' ', blank - 1)) {
        const std::size_t before = text.rfind(' ', blank - 1);
        const std::size_t word = before == std::string_view::npos ? 0 : before + 1;
        if (text.substr(word, blank - word).starts_with("--"))
            continue;
        if (!is_inside_quantity(text, blank))
            return blank;
        second_best = std::max(second_best, blank);
    }
    return second_best;
}

struct PlainForm {
    std::uint32_t code;
    std::string_view ascii;
};
constexpr std::array kPlainForms{
    PlainForm{0xb1, "+-"},  PlainForm{0xb7, "|"},   PlainForm{0x2192, "->"}, PlainForm{0x2026, "~"},
    PlainForm{0x2588, "#"}, PlainForm{0x2591, "."}, PlainForm{0x2265, ">="}, PlainForm{0x2713, "+"},
    PlainForm{0x2717, "x"}, PlainForm{0x2022, "*"}, PlainForm{0x25b6, ">"},  PlainForm{0x2500, "-"},
};

}  // namespace

std::string visible(std::string_view text) {
    std::string shown;
    while (!text.empty()) {
        const std::optional<Letter> letter = first_letter(text);
        const std::size_t bytes = letter ? letter->bytes : 1;
        if (!letter || is_in(kControls, letter->code))
            for (const char byte : text.substr(0, bytes))
                shown += format("\\x{:02x}", static_cast<unsigned char>(byte));
        else if (is_in(kInvisible, letter->code))
            shown += format("\\u{:04x}", letter->code);
        else
            shown += text.substr(0, bytes);
        text.remove_prefix(bytes);
    }
    return shown;
}

std::string to_ascii(std::string_view text) {
    std::string plain;
    for_each_letter(text, [&plain](std::string_view letter, std::uint32_t code) {
        const auto form = std::ranges::find(kPlainForms, code, &PlainForm::code);
        if (code < 0x80)
            plain += letter;
        else
            plain += form == kPlainForms.end() ? "?" : form->ascii;
        return true;
    });
    return plain;
}

std::size_t display_width(std::string_view text) {
    std::size_t width = 0;
    for_each_letter(text, [&width](std::string_view, std::uint32_t code) {
        width += width_of(code);
        return true;
    });
    return width;
}

std::string cut(std::string_view text, std::size_t width) {
    if (display_width(text) <= width)
        return std::string(text);
    if (width == 0)
        return "";
    return std::string(text.substr(0, bytes_within(text, width - 1))) + "\u2026";
}

std::vector<std::string> wrap(std::string_view text, std::size_t width) {
    std::vector<std::string> lines;
    while (display_width(text) > width) {
        // A letter that is wider than the line is shown all the same: never half a letter.
        const std::size_t least = first_letter(text).value_or(Letter{}).bytes;
        std::size_t end = std::max(bytes_within(text, width), least);
        if (end >= text.size())
            break;
        // The blank right after a full line is a good place, too.
        if (const std::size_t blank = last_good_blank(text, end + 1); blank > 0)
            end = blank;
        lines.emplace_back(text.substr(0, end));
        text.remove_prefix(end);
        text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    }
    lines.emplace_back(text);
    return lines;
}

}  // namespace assay::report
