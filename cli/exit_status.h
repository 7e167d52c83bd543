#pragma once

#include "engine/core/error.h"
#include "engine/core/verdict.h"

namespace assay::cli {

/// How a command ends. The first four are the decisions and equal those of Nagios; the others are
/// those of sysexits.h and of a shell that saw a SIGINT.
enum class ExitStatus : int {
    done = 0,  ///< GO, or simply done
    conditions = 1,
    no_go = 2,
    inconclusive = 3,
    usage = 64,
    bad_input = 65,
    unavailable = 69,
    internal = 70,
    cannot_create = 73,
    try_again = 75,
    permission = 77,
    bad_policy = 78,
    interrupted = 130,
};

ExitStatus exit_status_of(Decision decision);

/// A thing to measure that is missing, full, broken, late or not supported here is `unavailable`.
/// Input files that are missing are the caller's to turn into bad_input first.
ExitStatus exit_status_of(ErrorKind kind);

/// The worse of two decisions' statuses: NO-GO, INCONCLUSIVE, GO WITH CONDITIONS, GO. A proven miss
/// on one target must not hide behind a doubt about another.
ExitStatus worse_of(ExitStatus a, ExitStatus b);

}  // namespace assay::cli
