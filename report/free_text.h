#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>

/// Names in sentences: those that are known, and what looks like one.
namespace assay::report {

/// ASCII letters in lower case; names are compared so.
std::string lower_case(std::string_view text);

/// Is the text made of technical words only, which say what a thing is and not whose ("ext4",
/// "kvm", "rw,relatime", "0-15")? False for anything that is not known.
bool is_technical(std::string_view text);
/// The same for the name of a processor's model: "Intel(R) Xeon(R) Gold 6130 CPU @ 2.10GHz".
bool is_processor_model(std::string_view text);

/// Words that must not stay, in lower case, the longest first.
struct LongestFirst {
    using is_transparent = void;
    bool operator()(std::string_view left, std::string_view right) const {
        return left.size() != right.size() ? left.size() > right.size() : left < right;
    }
};
using Names = std::set<std::string, LongestFirst>;

/// Does the text hold one of these names? One of one or two letters counts as a word of its own
/// only.
bool holds_a_name(std::string_view text, const Names& names);

/// The text with a replacement for each of these names, and for what looks like a path, an address
/// (IPv4, IPv6, MAC), a host's full name or a long identifier, and for what stands in quotation
/// marks. Ids of metrics stay. A plain word that is none of these is not known to be a name.
std::string without_names(std::string_view text, const Names& names,
                          const std::function<std::string(std::string_view)>& replacement);

}  // namespace assay::report
