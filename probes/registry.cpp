#include "probes/registry.h"

#include <array>

#include "probes/cpu/aes.h"
#include "probes/cpu/clock.h"
#include "probes/cpu/codecs.h"
#include "probes/cpu/flops.h"
#include "probes/cpu/scaling.h"
#include "probes/cpu/sha_256.h"
#include "probes/memory/bandwidth.h"
#include "probes/memory/cache.h"
#include "probes/memory/core_to_core.h"
#include "probes/memory/latency.h"
#include "probes/memory/loaded_latency.h"
#include "probes/network/rtt/rtt.h"
#include "probes/network/tcp/tcp.h"
#include "probes/storage/access_probes.h"
#include "probes/storage/fsync.h"

namespace assay::probes {
namespace {

// One line a probe. An explicit table: the order is visible, and no linker can drop a row.
// clang-format off: it would put several on a line.
const std::array kProbes{
    &cpu::kClock,
    &cpu::kFlops,
    &cpu::kAesGcm,
    &cpu::kAesCtr,
    &cpu::kAesXts,
    &cpu::kSha256,
    &cpu::kZstd,
    &cpu::kLz4,
    &cpu::kScaling,
    &memory::kBandwidth,
    &memory::kLatency,
    &memory::kLoadedLatency,
    &memory::kCoreToCore,
    &memory::kCache,
    &storage::kRandomRead,
    &storage::kRandomWrite,
    &storage::kMixed,
    &storage::kSequentialRead,
    &storage::kSequentialWrite,
    &storage::kFsync,
    &storage::kLoadCurve,
    &network::tcp::kTcp,
    &network::rtt::kRtt,
};
// clang-format on

}  // namespace

std::span<const Probe* const> all_probes() {
    return kProbes;
}

const Probe* find_probe(std::string_view id) {
    for (const Probe* probe : kProbes)
        if (probe->id == id)
            return probe;
    return nullptr;
}

}  // namespace assay::probes
