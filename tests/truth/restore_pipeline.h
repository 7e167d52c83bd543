#pragma once

#include <cstdint>
#include <functional>

#include "engine/core/error.h"
#include "tests/support/loop_device.h"
#include "tests/support/network_namespace.h"
#include "tests/truth/restore_image.h"

/// A restore as a program would do it: six threads with short queues between them.
namespace assay::test {

struct RestoreLimits {
    std::uint64_t read_bytes_per_s = 0, write_bytes_per_s = 0;
    std::uint64_t link_bits_per_s = 0;
    std::uint64_t sync_every_bytes = 0;  ///< of restored data
};

struct RestorePlaces {
    const LoopDevice& source;
    const LoopDevice& target;
    const NetworkNamespace& left;   ///< of the source; what leaves it is shaped
    const NetworkNamespace& right;  ///< of the target
};

/// Reads the first `chunks` of the image from the source device (direct, throttled), sends them
/// over the veth, decrypts, decompresses, writes to the target device (direct, throttled) and
/// syncs. Returns the seconds from the first read to the end of the last sync. Errors: io;
/// timed_out after a minute.
Expected<double> time_restore(const Image& image, std::size_t chunks, const RestorePlaces& places,
                              const RestoreLimits& limits);

/// Writes the image to the device. Errors: io.
Expected<void> store_image(const Image& image, const LoopDevice& device);
/// Does the device hold the first `chunks` as they were before compression? Errors: io.
Expected<bool> holds_plain(const Image& image, std::size_t chunks, const LoopDevice& device);

}  // namespace assay::test
