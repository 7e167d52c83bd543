#pragma once

#include "probes/cpu/codec.h"

namespace assay::cpu {

/// The one wrapper of libzstd. Levels 1 to kMostZstdLevel.
inline constexpr int kMostZstdLevel = 19;
extern const CodecLibrary kZstdLibrary;

}  // namespace assay::cpu
