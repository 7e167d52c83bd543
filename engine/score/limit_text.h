#pragma once

#include <string>

#include "engine/core/verdict.h"
#include "engine/score/score_text.h"

namespace assay::score {

/// One sentence on a limit: what it is on, the value with its interval, the limit, how sure, and
/// where the limit comes from.
std::string limit_sentence(const LimitResult& limit, QuantityText quantity);

/// "18.3 ms"; of the kind of storage its name; a whole count.
std::string limit_value(const LimitResult& limit, double value, QuantityText quantity);

/// "at most 10.0 ms".
std::string bound_text(const LimitResult& limit, QuantityText quantity);

}  // namespace assay::score
