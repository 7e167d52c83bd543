#pragma once

#include "engine/probe.h"

namespace assay::storage {

/// How long it takes until an appended record is durable: what limits every database's commits.
extern const Probe kFsync;

}  // namespace assay::storage
