#pragma once

#include "engine/probe.h"

/// Blocks read and written past the page cache, in a closed loop: as soon as one operation is back
/// the next is on its way; or in an open loop: they come at a set rate.
namespace assay::storage {

extern const Probe kRandomRead;
extern const Probe kRandomWrite;
extern const Probe kMixed;  ///< 70 % reads, 30 % writes
extern const Probe kSequentialRead;
extern const Probe kSequentialWrite;
extern const Probe kLoadCurve;  ///< random reads at rising rates

}  // namespace assay::storage
