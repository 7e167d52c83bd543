#include "probes/cpu/zstd_codec.h"

#include <zstd.h>

namespace assay::cpu {
namespace {

struct Free {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

class ZstdCodec final : public Codec {
  public:
    std::optional<std::size_t> compress(std::span<const std::byte> source,
                                        std::span<std::byte> destination) override {
        const std::size_t bytes = ZSTD_compress2(compressor_.get(), destination.data(),
                                                 destination.size(), source.data(), source.size());
        return ZSTD_isError(bytes) != 0 ? std::nullopt : std::optional(bytes);
    }
    std::optional<std::size_t> decompress(std::span<const std::byte> source,
                                          std::span<std::byte> destination) override {
        const std::size_t bytes =
            ZSTD_decompressDCtx(decompressor_.get(), destination.data(), destination.size(),
                                source.data(), source.size());
        return ZSTD_isError(bytes) != 0 ? std::nullopt : std::optional(bytes);
    }

    static Expected<std::unique_ptr<Codec>> make(int level) {
        auto codec = std::make_unique<ZstdCodec>();
        if (codec->compressor_ == nullptr || codec->decompressor_ == nullptr)
            return failure(ErrorKind::unavailable,
                           "zstd found no memory for its contexts; free some");
        // A level above the last one would be cut down to it without a word.
        const bool is_known = level >= 1 && level <= ZSTD_maxCLevel();
        if (!is_known || ZSTD_isError(ZSTD_CCtx_setParameter(codec->compressor_.get(),
                                                             ZSTD_c_compressionLevel, level)) != 0)
            return failure(
                ErrorKind::unsupported,
                "this zstd has no level " + std::to_string(level) + "; choose another --level");
        return std::unique_ptr<Codec>(std::move(codec));
    }

  private:
    std::unique_ptr<ZSTD_CCtx, Free> compressor_{ZSTD_createCCtx()};
    std::unique_ptr<ZSTD_DCtx, Free> decompressor_{ZSTD_createDCtx()};
};

}  // namespace

const CodecLibrary kZstdLibrary{
    .version = [] { return std::string("zstd ") + ZSTD_versionString(); },
    .most_compressed_bytes = [](std::size_t bytes) { return ZSTD_compressBound(bytes); },
    .make = &ZstdCodec::make};

}  // namespace assay::cpu
