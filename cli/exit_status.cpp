#include "cli/exit_status.h"

#include <array>

namespace assay::cli {

ExitStatus exit_status_of(Decision decision) {
    switch (decision) {
        case Decision::go:
            return ExitStatus::done;
        case Decision::go_with_conditions:
            return ExitStatus::conditions;
        case Decision::no_go:
            return ExitStatus::no_go;
        case Decision::inconclusive:
            return ExitStatus::inconclusive;
    }
    return ExitStatus::internal;
}

ExitStatus exit_status_of(ErrorKind kind) {
    switch (kind) {
        case ErrorKind::usage:
            return ExitStatus::usage;
        case ErrorKind::bad_input:
            return ExitStatus::bad_input;
        case ErrorKind::not_found:
        case ErrorKind::unsupported:
        case ErrorKind::unavailable:
        case ErrorKind::no_space:
        case ErrorKind::io:
        case ErrorKind::timed_out:
            return ExitStatus::unavailable;
        case ErrorKind::permission:
            return ExitStatus::permission;
        case ErrorKind::cannot_create:
            return ExitStatus::cannot_create;
        case ErrorKind::try_again:
            return ExitStatus::try_again;
        case ErrorKind::bad_policy:
            return ExitStatus::bad_policy;
        case ErrorKind::interrupted:
            return ExitStatus::interrupted;
        case ErrorKind::internal:
            return ExitStatus::internal;
    }
    return ExitStatus::internal;
}

ExitStatus worse_of(ExitStatus a, ExitStatus b) {
    constexpr std::array kWorstFirst{ExitStatus::no_go, ExitStatus::inconclusive,
                                     ExitStatus::conditions};
    for (const ExitStatus status : kWorstFirst)
        if (a == status || b == status)
            return status;
    return ExitStatus::done;
}

}  // namespace assay::cli
