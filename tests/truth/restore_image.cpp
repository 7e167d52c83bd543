#include "tests/truth/restore_image.h"

#include <algorithm>
#include <chrono>
#include <cstring>

#include "engine/host/libcrypto.h"
#include "probes/cpu/corpus.h"
#include "probes/cpu/zstd_codec.h"

namespace assay::test {
namespace {

constexpr int kLevel = 3;
constexpr std::uint64_t kMostRecordsOfAChunk = 4096;

std::uint64_t whole_sectors(std::uint64_t bytes) {
    return (bytes + kSectorBytes - 1) / kSectorBytes * kSectorBytes;
}

/// Appends the packed chunk as records, each with its tag behind it.
Expected<void> append_encrypted(Image& image, ImageChunk& chunk, host::Cipher& cipher,
                                std::span<const std::byte> packed) {
    chunk.stored_at = image.stored.size();
    chunk.packed_bytes = packed.size();
    chunk.stored_bytes = whole_sectors(packed.size() + records_of(packed.size()) * kTagBytes);
    image.stored.resize(chunk.stored_at + chunk.stored_bytes);
    std::byte* place = image.stored.data() + chunk.stored_at;
    std::uint64_t record = first_record_of(image.chunks.size());
    for (std::size_t at = 0; at < packed.size(); at += kRecordBytes, ++record) {
        const std::size_t bytes = std::min(kRecordBytes, packed.size() - at);
        const auto iv = iv_of(record);
        if (!cipher.run({packed.data() + at, place, bytes, iv.data(), {}, place + bytes}))
            return failure(ErrorKind::internal, "libcrypto refused to encrypt a record");
        place += bytes + kTagBytes;
    }
    return {};
}

}  // namespace

std::array<std::byte, kIvBytes> iv_of(std::uint64_t record) {
    std::array<std::byte, kIvBytes> iv{};
    std::memcpy(iv.data(), &record, sizeof record);
    return iv;
}

std::uint64_t records_of(std::uint64_t packed_bytes) {
    return (packed_bytes + kRecordBytes - 1) / kRecordBytes;
}

std::uint64_t first_record_of(std::size_t chunk) {
    return chunk * kMostRecordsOfAChunk;
}

Expected<Image> make_image(std::size_t bytes, std::size_t chunk_bytes) {
    ASSAY_TRY(
        const cpu::Corpus corpus,
        cpu::Corpus::generate(
            cpu::corpus_profiles().front(), bytes,
            {.deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60), .stop = {}}));
    Image image;
    image.plain.assign(corpus.bytes().begin(), corpus.bytes().end());
    for (std::size_t at = 0; at < image.key.size(); ++at)
        image.key[at] = static_cast<std::byte>(at + 1);
    ASSAY_TRY(host::Cipher cipher,
              host::Cipher::make(host::CipherMode::gcm, host::CipherDirection::encrypt, image.key));
    ASSAY_TRY(const auto codec, cpu::kZstdLibrary.make(kLevel));
    std::vector<std::byte> packed(cpu::kZstdLibrary.most_compressed_bytes(chunk_bytes));
    for (std::size_t at = 0; at + chunk_bytes <= image.plain.size(); at += chunk_bytes) {
        ImageChunk chunk{.plain_at = at, .plain_bytes = chunk_bytes};
        const auto written =
            codec->compress(std::span(image.plain).subspan(at, chunk_bytes), packed);
        if (!written)
            return failure(ErrorKind::internal, "zstd refused to compress a chunk");
        ASSAY_TRY_VOID(append_encrypted(image, chunk, cipher, std::span(packed).first(*written)));
        image.chunks.push_back(chunk);
    }
    image.plain.resize(image.chunks.size() * chunk_bytes);
    return image;
}

}  // namespace assay::test
