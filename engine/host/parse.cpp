#include "engine/host/parse.h"

#include <algorithm>
#include <cstdint>

namespace assay::host {
namespace {

constexpr std::string_view kBlanks = " \t\r\n\v\f";

// How many bytes the UTF-8 sequence at the front of `text` has; 0 if it is none. Over-long forms,
// surrogates and code points above U+10FFFF are none.
std::size_t sequence_length(std::string_view text) {
    const auto byte = [&](std::size_t index) { return static_cast<unsigned char>(text[index]); };
    const unsigned char lead = byte(0);
    if (lead < 0x80)
        return 1;
    const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || text.size() < length)
        return 0;
    for (std::size_t index = 1; index < length; ++index)
        if ((byte(index) & 0xC0) != 0x80)
            return 0;
    const unsigned char next = byte(1);
    const bool over_long = (lead == 0xE0 && next < 0xA0) || (lead == 0xF0 && next < 0x90);
    const bool surrogate = lead == 0xED && next >= 0xA0;
    const bool too_high = lead == 0xF4 && next >= 0x90;
    return over_long || surrogate || too_high ? 0 : length;
}

}  // namespace

std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(kBlanks);
    if (first == std::string_view::npos)
        return {};
    return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::vector<std::string_view> words_of(std::string_view text) {
    std::vector<std::string_view> words;
    while (!(text = trimmed(text)).empty()) {
        const std::size_t end = std::min(text.find_first_of(kBlanks), text.size());
        words.push_back(text.substr(0, end));
        text.remove_prefix(end);
    }
    return words;
}

std::vector<std::string_view> pieces_of(std::string_view text, char separator) {
    std::vector<std::string_view> pieces;
    for (;;) {
        const std::size_t end = text.find(separator);
        pieces.push_back(text.substr(0, end));
        if (end == std::string_view::npos)
            return pieces;
        text.remove_prefix(end + 1);
    }
}

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines = pieces_of(text, '\n');
    if (lines.back().empty())
        lines.pop_back();
    return lines;
}

std::optional<DeviceNumber> device_number_of(std::string_view text) {
    const std::vector<std::string_view> parts = pieces_of(text, ':');
    if (parts.size() != 2)
        return std::nullopt;
    const auto major_number = number_of<unsigned>(parts[0]);
    const auto minor_number = number_of<unsigned>(parts[1]);
    if (!major_number || !minor_number)
        return std::nullopt;
    return DeviceNumber{*major_number, *minor_number};
}

bool is_plain_text(std::string_view text) {
    while (!text.empty()) {
        const auto lead = static_cast<unsigned char>(text.front());
        constexpr unsigned char kDelete = 0x7F;
        if ((lead < ' ' && lead != '\t') || lead == kDelete)
            return false;
        const std::size_t length = sequence_length(text);
        if (length == 0)
            return false;
        text.remove_prefix(length);
    }
    return true;
}

std::optional<std::string> chosen_of(std::string_view menu) {
    const std::vector<std::string_view> words = words_of(menu);
    for (const std::string_view word : words)
        if (word.size() > 2 && word.front() == '[' && word.back() == ']')
            return std::string(word.substr(1, word.size() - 2));
    if (words.size() == 1 && words.front().find_first_of("[]") == std::string_view::npos)
        return std::string(words.front());
    return std::nullopt;
}

std::optional<std::vector<int>> parse_cpu_list(std::string_view text) {
    constexpr int kHighestCpu = 1 << 20;
    std::vector<int> cpus;
    text = trimmed(text);
    if (text.empty())
        return cpus;
    for (const std::string_view range : pieces_of(text, ',')) {
        const std::size_t dash = range.find('-');
        const auto first = number_of<int>(range.substr(0, dash));
        const auto last =
            dash == std::string_view::npos ? first : number_of<int>(range.substr(dash + 1));
        if (!first || !last || *first < 0 || *last < *first || *last > kHighestCpu)
            return std::nullopt;
        for (int cpu = *first; cpu <= *last; ++cpu)
            cpus.push_back(cpu);
    }
    return cpus;
}

std::string cpu_list_of(std::span<const int> cpus) {
    std::string list;
    for (std::size_t first = 0; first < cpus.size();) {
        std::size_t last = first;
        while (last + 1 < cpus.size() && cpus[last + 1] == cpus[last] + 1)
            ++last;
        list += (list.empty() ? "" : ",") + std::to_string(cpus[first]);
        if (last > first)
            list += "-" + std::to_string(cpus[last]);
        first = last + 1;
    }
    return list;
}

}  // namespace assay::host
