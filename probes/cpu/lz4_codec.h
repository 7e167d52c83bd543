#pragma once

#include "probes/cpu/codec.h"

namespace assay::cpu {

/// The one wrapper of liblz4. Its fast compressor is level 1, the only one.
extern const CodecLibrary kLz4Library;

}  // namespace assay::cpu
