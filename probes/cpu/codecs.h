#pragma once

#include "engine/probe.h"

namespace assay::cpu {

/// Compression of backups and replication streams: by level and block size, on one CPU and on all
/// allowed ones, of a generated corpus or of the user's file.
extern const Probe kZstd;
extern const Probe kLz4;

}  // namespace assay::cpu
