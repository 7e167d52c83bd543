#pragma once

#include <string>

#include "engine/core/run.h"
#include "engine/score/capacity.h"
#include "report/document.h"
#include "report/text.h"

/// How a sizing leaves the process: each line with its formula, its arithmetic and its document.
namespace assay::report {

Document document_of(const score::Capacity& capacity, const Run& run);
std::string capacity_to_text(const score::Capacity& capacity, const Run& run,
                             const TextStyle& style);
/// A document of schema assay.capacity/1 (report/assay.capacity.1.schema.json).
std::string capacity_to_json(const score::Capacity& capacity, const Run& run);

}  // namespace assay::report
