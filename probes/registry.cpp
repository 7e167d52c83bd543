#include "probes/registry.h"

#include <array>

#include "probes/cpu/aes.h"
#include "probes/cpu/codecs.h"
#include "probes/cpu/flops.h"
#include "probes/cpu/sha_256.h"
#include "probes/memory/bandwidth.h"
#include "probes/network/tcp.h"
#include "probes/storage/random_read.h"

namespace assay::probes {
namespace {

// One line a probe. An explicit table: the order is visible, and no linker can drop a row.
// clang-format off
const std::array kProbes{
    &cpu::kFlops,
    &cpu::kAesGcm,
    &cpu::kAesCtr,
    &cpu::kAesXts,
    &cpu::kSha256,
    &cpu::kZstd,
    &cpu::kLz4,
    &memory::kBandwidth,
    &storage::kRandomRead,
    &network::kTcp,
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
