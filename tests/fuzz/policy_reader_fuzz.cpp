#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "engine/score/check.h"
#include "engine/score/compare.h"
#include "report/policy_reader.h"
#include "report/text.h"
#include "tests/support/example_run.h"

/// Any bytes either are refused with a place and a sentence, or make a policy whose numbers are in
/// their ranges and by which a run can be judged and shown.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace assay;
    static const Run run = test::example_run();
    static const std::vector<Metric> metrics = [] {
        std::vector<Metric> known;
        for (const score::MetricRow& row : score::metric_table())
            known.push_back({row.metric, "", "", row.unit, row.better, ""});
        return known;
    }();
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    auto policy = report::read_policy(text, "p", "p", {"2026-11-21", metrics});
    if (!policy)
        return policy.error().kind == ErrorKind::bad_policy &&
                       policy.error().message.starts_with("p:")
                   ? 0
                   : (std::abort(), 0);
    double total = 0;
    for (const CategoryPolicy& category : policy->categories) {
        if (!(category.weight >= 0))
            std::abort();
        total += category.weight;
    }
    if (!(std::abs(total - 1) < 1e-6))
        std::abort();
    for (const Limit& limit : policy->limits)
        if (!(limit.bound > 0) || !std::isfinite(limit.bound))
            std::abort();
    policy->bootstrap_draws = 50;
    const Verdict verdict = score::check(run, *policy);
    report::to_text(report::document_of_check(run, verdict), {});
    if (score::compare(run, run, *policy).reasons.empty() || verdict.reasons.empty())
        std::abort();
    return 0;
}
