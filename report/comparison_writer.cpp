#include "report/json_parts.h"
#include "report/json_writer.h"
#include "report/verdict_json.h"

namespace assay::report {
namespace {

/// `schema` and `tool`, then what all verdicts say.
Json begin(const Verdict& verdict, std::string_view schema) {
    Json json{{"schema", schema}, {"tool", {{"version", ASSAY_VERSION}}}};
    json.update(from_verdict_head(verdict));
    return json;
}

Json limits_of(const Verdict& verdict) {
    return from_list(verdict.limits, from_limit);
}

}  // namespace

std::string comparison_to_json(const Run& source, const Run& target, const Verdict& verdict) {
    Json json = begin(verdict, "assay.comparison/1");
    json.update({{"overall", maybe(verdict.overall)},
                 {"overall_ci95_low", maybe(verdict.overall_low)},
                 {"overall_ci95_high", maybe(verdict.overall_high)},
                 {"overall_probability", maybe(verdict.overall_probability)},
                 {"geometric", maybe(verdict.geometric)},
                 {"weakest", maybe_text(verdict.weakest)},
                 {"grade", verdict.grade ? Json(name_of(*verdict.grade)) : Json(nullptr)},
                 {"categories", from_list(verdict.categories,
                                          [&source](const CategoryScore& row) {
                                              return from_category(row, source);
                                          })},
                 {"limits", limits_of(verdict)},
                 {"source", from_side(source)},
                 {"target", from_side(target)}});
    return document_text(json);
}

std::string check_to_json(const Run& run, const Verdict& verdict) {
    Json json = begin(verdict, "assay.check/1");
    json.update({{"limits", limits_of(verdict)}, {"host", from_side(run)}});
    return document_text(json);
}

}  // namespace assay::report
