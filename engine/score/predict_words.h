#pragma once

#include <string>
#include <vector>

#include "engine/core/run.h"
#include "engine/score/prediction.h"
#include "engine/score/restore_stages.h"

/// The decision of a prediction, and its sentences.
namespace assay::score {

std::string gap_sentence(const Stage& stage);
std::string thin_sentence(const Stage& stage);
std::string version_sentence(const Run& source, const Run& target);

/// Fills decision and reasons. Missing data comes first: a prediction with a gap promises nothing
/// either way. `gaps`: of the restore; those of the replication are in it.
void decide(Prediction& prediction, const std::vector<std::string>& gaps, const RestoreTask& task);

/// What the numbers rest on, each sentence true of this prediction.
std::vector<std::string> assumptions_of(const Prediction& prediction, const Pipeline& pipeline,
                                        const RestoreTask& task);

}  // namespace assay::score
