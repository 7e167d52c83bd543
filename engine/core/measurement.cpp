#include "engine/core/measurement.h"

namespace assay {

std::string_view name_of(Better better) {
    switch (better) {
        case Better::higher:
            return "higher";
        case Better::lower:
            return "lower";
        case Better::neither:
            return "neither";
    }
    return "neither";
}

const Value* Measurement::condition(std::string_view name) const {
    for (const Condition& row : conditions)
        if (row.name == name)
            return &row.value;
    return nullptr;
}

}  // namespace assay
