#include "probes/cpu/lz4_codec.h"

#include <lz4.h>

#include <algorithm>
#include <climits>
#include <cstdint>
#include <vector>

namespace assay::cpu {
namespace {

// Blocks of this house are far below LZ4_MAX_INPUT_SIZE; what is not, is refused.
std::optional<int> as_int(std::size_t bytes) {
    return bytes > LZ4_MAX_INPUT_SIZE ? std::nullopt : std::optional(static_cast<int>(bytes));
}

const char* letters(std::span<const std::byte> bytes) {
    return reinterpret_cast<const char*>(bytes.data());
}
char* letters(std::span<std::byte> bytes) {
    return reinterpret_cast<char*>(bytes.data());
}

class Lz4Codec final : public Codec {
  public:
    std::optional<std::size_t> compress(std::span<const std::byte> source,
                                        std::span<std::byte> destination) override {
        constexpr int kDefaultAcceleration = 1;
        const auto from = as_int(source.size());
        const std::size_t room = std::min<std::size_t>(destination.size(), INT_MAX);
        if (!from)
            return std::nullopt;
        const int bytes =
            LZ4_compress_fast_extState(state_.data(), letters(source), letters(destination), *from,
                                       static_cast<int>(room), kDefaultAcceleration);
        return bytes <= 0 ? std::nullopt : std::optional(static_cast<std::size_t>(bytes));
    }
    std::optional<std::size_t> decompress(std::span<const std::byte> source,
                                          std::span<std::byte> destination) override {
        const auto from = as_int(source.size()), to = as_int(destination.size());
        if (!from || !to)
            return std::nullopt;
        const int bytes = LZ4_decompress_safe(letters(source), letters(destination), *from, *to);
        return bytes < 0 ? std::nullopt : std::optional(static_cast<std::size_t>(bytes));
    }

  private:
    /// Of words, as the library wants it aligned.
    std::vector<std::uint64_t> state_ = std::vector<std::uint64_t>(
        (static_cast<std::size_t>(LZ4_sizeofState()) + sizeof(std::uint64_t) - 1) /
        sizeof(std::uint64_t));
};

Expected<std::unique_ptr<Codec>> make(int level) {
    if (level != 1)
        return failure(ErrorKind::unsupported,
                       "lz4 is measured at level 1 only, not at " + std::to_string(level));
    return std::make_unique<Lz4Codec>();
}

}  // namespace

const CodecLibrary kLz4Library{
    .version = [] { return std::string("lz4 ") + LZ4_versionString(); },
    .most_compressed_bytes =
        [](std::size_t bytes) {
            return static_cast<std::size_t>(LZ4_compressBound(as_int(bytes).value_or(0)));
        },
    .make = &make};

}  // namespace assay::cpu
