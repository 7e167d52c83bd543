#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace assay {

enum class Severity { info, warning, invalid };
std::string_view name_of(Severity severity);
std::optional<Severity> severity_of_name(std::string_view name);

/// One row of the closed list of findings: everything that can weaken or explain a number.
struct FindingKind {
    std::string_view id;  ///< "cgroup_quota"; never changes
    Severity severity;
    std::string_view meaning;  ///< one sentence
    std::string_view advice;   ///< what to do about it
};

/// A finding made in one run. `message` carries the values that were seen.
struct Finding {
    std::string id;
    Severity severity = Severity::info;
    std::string message;
    std::string advice;
    bool operator==(const Finding&) const = default;
};

/// Every finding that this version can make, in the order in which `assay explain` lists them.
std::span<const FindingKind> finding_kinds();

/// Makes a finding from the closed list; severity and advice come from the list. An id that is not
/// in it is our bug: aborts.
Finding make_finding(std::string_view id, std::string message);

}  // namespace assay
