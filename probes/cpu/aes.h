#pragma once

#include "engine/probe.h"

namespace assay::cpu {

/// AES-256 as programs use it, through OpenSSL: by record size, on one CPU and on all allowed ones.
extern const Probe kAesGcm;
extern const Probe kAesCtr;  ///< also what the silicon could do
extern const Probe kAesXts;

}  // namespace assay::cpu
