#include "probes/cpu/corpus.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "engine/core/units.h"
#include "engine/host/libcrypto.h"

namespace assay::cpu {
namespace {

// vm-root was fitted (2026) to 235 MB of the files under a Debian root's usr/lib in one tar file,
// in ratio (the tar's, the corpus's): zstd -1 2.59, 2.59; zstd -3 2.81, 2.79; lz4 -1 2.05, 2.18. In
// MB a second of CPU time on one Zen 4 core: 439, 392; 217, 210; 718, 714. The others shift its
// weights towards what their names say, and are fitted to nothing.
constexpr std::array kProfiles{
    // sparse, text, code, database, metadata, media, encrypted
    CorpusProfile{"vm-root", {0, 21, 32, 2, 2, 5, 2}, "programs and their files, without zeros"},
    CorpusProfile{"vm-db", {2, 6, 6, 36, 4, 4, 6}, "a database server's volume, without zeros"},
    CorpusProfile{
        "incremental", {2, 14, 4, 20, 12, 6, 6}, "blocks that changed since the last replication"},
    CorpusProfile{"zeros", {0, 0, 0, 0, 0, 0, 0}, "blocks that were never written"},
};

constexpr std::uint64_t kSeed = 0x61737361792f7631;  // "assay/v1"

std::unexpected<Error> too_late(const CorpusLimits& limits) {
    if (limits.stop.stop_requested())
        return failure(ErrorKind::interrupted, "preparing the corpus was stopped on request");
    return failure(ErrorKind::timed_out,
                   "the corpus was not ready in time; give a larger --budget or a smaller --size");
}

bool is_over(const CorpusLimits& limits) {
    return limits.stop.stop_requested() || std::chrono::steady_clock::now() > limits.deadline;
}

/// Closes what it holds.
class OpenFile {
  public:
    explicit OpenFile(int descriptor) : descriptor_(descriptor) {}
    OpenFile(const OpenFile&) = delete;
    OpenFile& operator=(const OpenFile&) = delete;
    ~OpenFile() {
        if (descriptor_ >= 0)
            close(descriptor_);
    }
    int get() const { return descriptor_; }

  private:
    int descriptor_;
};

/// The size of a regular file. A pipe or a device must not keep us waiting: neither is opened for
/// good.
Expected<std::uint64_t> regular_size(const OpenFile& file, const std::string& path) {
    struct stat about {};
    if (fstat(file.get(), &about) != 0)
        return system_failure("look at the corpus " + path, errno);
    if (!S_ISREG(about.st_mode))
        return failure(ErrorKind::usage, "--corpus " + path + " is no regular file; name one");
    const auto size = static_cast<std::uint64_t>(about.st_size);
    if (size < kLeastCorpusBytes || size > kMostCorpusBytes)
        return failure(ErrorKind::usage, "--corpus " + path + " has " + std::to_string(size) +
                                             " B; a corpus has 64 KiB to 1 GiB: name another "
                                             "file, or a part of this one");
    return size;
}

int open_for_reading(const std::string& path) {
    return open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
}

}  // namespace

std::span<const CorpusProfile> corpus_profiles() {
    return kProfiles;
}

std::optional<CorpusProfile> corpus_profile_of_name(std::string_view name) {
    for (const CorpusProfile& profile : kProfiles)
        if (profile.name == name)
            return profile;
    return std::nullopt;
}

// Each class has its turns spread over the 64 chunks as evenly as whole numbers allow: the turn of
// the class that is furthest behind its share.
ChunkClass class_of_chunk(const CorpusProfile& profile, std::uint64_t chunk) {
    std::array<unsigned, kChunkClasses> taken{};
    std::size_t chosen = 0;
    for (std::uint64_t turn = 0; turn <= chunk % kSharesInAll; ++turn) {
        std::int64_t furthest = -1;
        for (std::size_t kind = 0; kind < kChunkClasses; ++kind) {
            const auto behind = static_cast<std::int64_t>((turn + 1) * profile.shares[kind]) -
                                std::int64_t{kSharesInAll} * taken[kind];
            if (profile.shares[kind] > taken[kind] && behind > furthest) {
                furthest = behind;
                chosen = kind;
            }
        }
        ++taken[chosen];
    }
    return static_cast<ChunkClass>(chosen);
}

Corpus::Corpus(host::Buffer buffer, std::size_t size, std::string name)
    : buffer_(std::move(buffer)), size_(size), name_(std::move(name)) {}

Expected<Corpus> Corpus::finished(host::Buffer buffer, std::size_t size, std::string name) {
    Corpus corpus(std::move(buffer), size, std::move(name));
    const std::span<const std::byte> bytes = corpus.bytes();
    std::size_t chunks = 0, zeros = 0;
    for (std::size_t at = 0; at < size; at += kChunkBytes, ++chunks)
        zeros += std::ranges::all_of(bytes.subspan(at, std::min(kChunkBytes, size - at)),
                                     [](std::byte octet) { return octet == std::byte{0}; })
                     ? 1
                     : 0;
    corpus.zero_ratio_ = static_cast<double>(zeros) / static_cast<double>(chunks);
    ASSAY_TRY(host::Sha256 hash, host::Sha256::make());
    std::array<std::byte, host::kSha256Bytes> digest{};
    if (!hash.run(bytes, digest))
        return failure(ErrorKind::internal, "the corpus could not be hashed");
    constexpr std::string_view kDigits = "0123456789abcdef";
    for (std::size_t at = 0; at < 8; ++at) {
        corpus.digest_ += kDigits[std::to_integer<std::size_t>(digest[at] >> 4)];
        corpus.digest_ += kDigits[std::to_integer<std::size_t>(digest[at] & std::byte{0xF})];
    }
    return corpus;
}

Expected<Corpus> Corpus::generate(const CorpusProfile& profile, std::size_t bytes,
                                  const CorpusLimits& limits) {
    ASSAY_TRY(host::Buffer buffer, host::Buffer::allocate({.bytes = bytes, .numa_node = {}}));
    const bool is_zeros =
        std::ranges::all_of(profile.shares, [](unsigned share) { return share == 0; });
    const ChunkSource source(kSeed);
    std::array<std::uint64_t, kChunkClasses> made{};
    for (std::size_t chunk = 0; chunk < bytes / kChunkBytes; ++chunk) {
        if (is_over(limits))
            return too_late(limits);
        const std::span<std::byte, kChunkBytes> place(buffer.data() + chunk * kChunkBytes,
                                                      kChunkBytes);
        if (is_zeros) {
            // Written all the same: pages that were never written are all one page of the kernel's.
            std::ranges::fill(place, std::byte{0});
            continue;
        }
        const ChunkClass kind = class_of_chunk(profile, chunk);
        source.fill(kind, made[static_cast<std::size_t>(kind)]++, place);
    }
    return finished(std::move(buffer), bytes,
                    std::string(profile.name) + "/" + std::to_string(kCorpusVersion));
}

Expected<std::uint64_t> Corpus::size_of_file(const std::string& path) {
    const OpenFile file(open_for_reading(path));
    if (file.get() < 0)
        return system_failure("open the corpus " + path, errno);
    return regular_size(file, path);
}

Expected<Corpus> Corpus::read(const std::string& path, std::uint64_t most_bytes,
                              const CorpusLimits& limits) {
    const OpenFile file(open_for_reading(path));
    if (file.get() < 0)
        return system_failure("open the corpus " + path, errno);
    ASSAY_TRY(const std::uint64_t size, regular_size(file, path));
    if (size > most_bytes)
        return failure(ErrorKind::unavailable,
                       "--corpus " + path + " has " + std::to_string(size) + " B, and " +
                           std::to_string(most_bytes) +
                           " B of memory may be used for it; free memory or name a smaller file");
    ASSAY_TRY(host::Buffer buffer, host::Buffer::allocate({.bytes = size, .numa_node = {}}));
    std::size_t at = 0;
    while (at < size) {
        if (is_over(limits))
            return too_late(limits);
        const ssize_t got =
            ::read(file.get(), buffer.data() + at, std::min<std::size_t>(size - at, 4 * kMiB));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return system_failure("read the corpus " + path, errno);
        if (got == 0)
            return failure(ErrorKind::io, "--corpus " + path +
                                              " became shorter while it was read; "
                                              "name a file that nobody writes to");
        at += static_cast<std::size_t>(got);
    }
    return finished(std::move(buffer), size, "file");
}

}  // namespace assay::cpu
