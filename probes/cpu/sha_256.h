#pragma once

#include "engine/probe.h"

namespace assay::cpu {

/// cpu.sha_256: hashing as programs do it, through OpenSSL.
extern const Probe kSha256;

}  // namespace assay::cpu
