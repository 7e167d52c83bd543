#pragma once

#include <span>
#include <string_view>
#include <vector>

namespace assay {

/// What `assay explain` says of one finding beside its row in the closed list. Whole sentences; no
/// sentence stands on two pages.
struct FindingPage {
    std::string_view id;        ///< of a FindingKind
    std::string_view means;     ///< for the number, and for whoever relies on it
    std::string_view detected;  ///< by what, the limit, and where the limit comes from
    std::string_view remedy;    ///< what to do, in the order in which to try it
};

/// The tables, one file a room. A new finding gets its page in the table of its room; a test names
/// the findings that have none.
std::span<const FindingPage> run_pages();
std::span<const FindingPage> processor_pages();
std::span<const FindingPage> memory_pages();
std::span<const FindingPage> network_pages();  ///< of the path and its round trips
std::span<const FindingPage> network_tcp_pages();
std::span<const FindingPage> network_udp_pages();
std::span<const FindingPage> storage_pages();         ///< about the numbers
std::span<const FindingPage> storage_target_pages();  ///< about what lies under the path

/// All tables, in the order above.
std::vector<FindingPage> finding_pages();

/// The page of that finding, or nullptr.
const FindingPage* finding_page(std::string_view id);

}  // namespace assay
