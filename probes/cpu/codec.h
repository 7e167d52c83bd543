#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "engine/core/error.h"

namespace assay::cpu {

/// A compressor at one level with the contexts that it uses again for each block. One thread at a
/// time. No type of its library shows.
class Codec {
  public:
    virtual ~Codec() = default;
    /// One block. Returns the bytes written; nullopt where the library refuses.
    virtual std::optional<std::size_t> compress(std::span<const std::byte> source,
                                                std::span<std::byte> destination) = 0;
    /// The block back. `destination` is exactly as long as the block was.
    virtual std::optional<std::size_t> decompress(std::span<const std::byte> source,
                                                  std::span<std::byte> destination) = 0;
};

/// A library as the probes see it: one row each. `make` may fail where memory is short.
struct CodecLibrary {
    std::string (*version)();                           ///< "zstd 1.5.4", of the loaded library
    std::size_t (*most_compressed_bytes)(std::size_t);  ///< of a block of so many bytes
    Expected<std::unique_ptr<Codec>> (*make)(int level);
};

}  // namespace assay::cpu
