#pragma once

#include <string>

#include "engine/core/run.h"
#include "engine/score/prediction.h"
#include "report/document.h"
#include "report/text.h"

/// How a prediction leaves the process.
namespace assay::report {

/// Whose runs, and what was asked.
struct PredictionContext {
    const Run& source;
    const Run& target;
    const score::RestoreTask& task;
};

Document document_of(const score::Prediction& prediction, const PredictionContext& context);

/// Decision first. Ends in a newline.
std::string prediction_to_text(const score::Prediction& prediction,
                               const PredictionContext& context, const TextStyle& style);

/// A document of schema assay.prediction/1 (report/assay.prediction.1.schema.json).
std::string prediction_to_json(const score::Prediction& prediction,
                               const PredictionContext& context);

/// "5:03:12" from two minutes on, else "12.3 s" or "84.1 us".
std::string time_text(double seconds);

}  // namespace assay::report
