#pragma once

#include "engine/probe.h"

namespace assay::network {

/// network.tcp: bulk TCP from a sender to a receiver. Both are in this process, over loopback, so
/// each result is labelled SELF-TEST (finding `self_test`, condition peer = "self-test").
extern const Probe kTcp;

}  // namespace assay::network
