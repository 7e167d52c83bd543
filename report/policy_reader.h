#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "engine/core/error.h"
#include "engine/core/metric.h"
#include "engine/core/policy.h"

namespace assay::report {

/// What a policy is checked against.
struct PolicyContext {
    std::string today;                ///< "2026-11-21": a waiver that ended before it is refused
    std::span<const Metric> metrics;  ///< that a limit may name; their units must fit
};

/// Reads a policy (report/policy.md) and checks every word of it: what is unknown, of another kind,
/// out of range, contradictory, or waived for too long is refused. What it does not say is as in
/// the default policy. `name` becomes the policy's name; `file` is how errors call it.
/// Errors: bad_policy, "FILE:LINE:COLUMN: ...".
Expected<Policy> read_policy(std::string_view text, std::string_view file, std::string_view name,
                             const PolicyContext& context);

struct ShippedPolicy {
    std::string_view name;  ///< "etcd"
    std::string_view text;  ///< of policies/etcd.toml
};
std::span<const ShippedPolicy> shipped_policies();

/// A shipped policy by its name, or else a file by its path.
/// Errors: bad_policy (also where there is neither), permission, io.
Expected<Policy> find_policy(const std::string& name_or_file, const PolicyContext& context);

}  // namespace assay::report
