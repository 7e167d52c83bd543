#pragma once

#include "engine/core/run.h"

namespace assay::test {

/// The example run with every metric of the metric table measured, with the conditions that the
/// probes give them, and beside them what must not be taken for them: a corpus of zeros, other
/// record sizes and levels, a commit under load, small working sets. Seven rounds each.
Run full_run();

}  // namespace assay::test
