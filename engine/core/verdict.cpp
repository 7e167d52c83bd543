#include "engine/core/verdict.h"

namespace assay {

std::string_view name_of(Grade grade) {
    switch (grade) {
        case Grade::excellent:
            return "Excellent";
        case Grade::good:
            return "Good";
        case Grade::adequate:
            return "Adequate";
        case Grade::poor:
            return "Poor";
        case Grade::critical:
            return "Critical";
    }
    return "Critical";
}

Grade grade_of(double score) {
    if (score >= 1.0)
        return Grade::excellent;
    if (score >= 0.8)
        return Grade::good;
    if (score >= 0.6)
        return Grade::adequate;
    return score >= 0.4 ? Grade::poor : Grade::critical;
}

std::string_view name_of(LimitState state) {
    switch (state) {
        case LimitState::met:
            return "met";
        case LimitState::unproven:
            return "unproven";
        case LimitState::missed:
            return "missed";
        case LimitState::unknown:
            return "unknown";
    }
    return "unknown";
}

std::string_view name_of(Decision decision) {
    switch (decision) {
        case Decision::go:
            return "GO";
        case Decision::go_with_conditions:
            return "GO WITH CONDITIONS";
        case Decision::no_go:
            return "NO-GO";
        case Decision::inconclusive:
            return "INCONCLUSIVE";
    }
    return "INCONCLUSIVE";
}

}  // namespace assay
