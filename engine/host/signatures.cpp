#include "engine/host/signatures.h"

#include <blkid/blkid.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>

#include "engine/core/units.h"

namespace assay::host {
namespace {

// libblkid takes what is no larger than a floppy disk for one, and looks for no arrays there.
constexpr std::uint64_t kSmallestDevice = 16 * kMiB;
constexpr std::size_t kEdgeBytes = kMiB;
// More than there are kinds: a library that finds the same thing for ever must not hold us up.
constexpr int kMostSignatures = 256;

using Prober = std::unique_ptr<std::remove_pointer_t<blkid_probe>, decltype(&blkid_free_probe)>;

Expected<std::uint64_t> size_of(int file, const std::string& name) {
    struct stat facts {};
    if (fstat(file, &facts) != 0)
        return system_failure("look at " + name, errno);
    std::uint64_t bytes = S_ISREG(facts.st_mode) ? static_cast<std::uint64_t>(facts.st_size) : 0;
    if (S_ISBLK(facts.st_mode) && ioctl(file, BLKGETSIZE64, &bytes) != 0)
        return system_failure("ask " + name + " for its size", errno);
    return bytes;
}

// libblkid may take what it cannot read for empty; where the magics are, every byte must be
// readable.
Expected<void> read_edge(int file, std::uint64_t from, const std::string& name) {
    std::vector<char> edge(kEdgeBytes);
    std::size_t done = 0;
    while (done < edge.size()) {
        const ssize_t got =
            pread(file, edge.data() + done, edge.size() - done, static_cast<off_t>(from + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return failure(ErrorKind::io,
                           "cannot read " + name + " at byte " + std::to_string(from + done) +
                               ", so what is on it is unknown, and it will not be written",
                           got < 0 ? errno : 0);
        done += static_cast<std::size_t>(got);
    }
    return {};
}

std::optional<std::string> tag_of(blkid_probe prober, const char* tag) {
    const char* value = nullptr;
    std::size_t length = 0;
    if (blkid_probe_lookup_value(prober, tag, &value, &length) != 0 || value == nullptr)
        return std::nullopt;
    return std::string(value, strnlen(value, length));
}

std::optional<std::uint64_t> offset_of(blkid_probe prober, const char* tag) {
    const std::optional<std::string> text = tag_of(prober, tag);
    std::uint64_t offset = 0;
    if (!text ||
        std::from_chars(text->data(), text->data() + text->size(), offset).ec != std::errc{})
        return std::nullopt;
    return offset;
}

Signature current_of(blkid_probe prober) {
    if (const auto table = tag_of(prober, "PTTYPE"))
        return {*table + " partition table", offset_of(prober, "PTMAGIC_OFFSET"), true};
    return {tag_of(prober, "TYPE").value_or("unnamed"), offset_of(prober, "SBMAGIC_OFFSET"), false};
}

}  // namespace

Expected<std::vector<Signature>> signatures_of(int file, const std::string& name) {
    ASSAY_TRY(const std::uint64_t bytes, size_of(file, name));
    if (bytes < kSmallestDevice)
        return failure(ErrorKind::unsupported,
                       name + " holds " + std::to_string(bytes) + " B; below " +
                           std::to_string(kSmallestDevice) +
                           " B the search for what lies on a device is not complete, so it will "
                           "not be written; name a larger device");
    // What another host wrote to shared storage is not in this host's page cache.
    (void)posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
    ASSAY_TRY_VOID(read_edge(file, 0, name));
    ASSAY_TRY_VOID(read_edge(file, bytes - kEdgeBytes, name));

    const Prober prober(blkid_new_probe(), &blkid_free_probe);
    if (!prober || blkid_probe_set_device(prober.get(), file, 0, 0) != 0 ||
        blkid_probe_enable_superblocks(prober.get(), 1) != 0 ||
        blkid_probe_set_superblocks_flags(
            prober.get(), BLKID_SUBLKS_TYPE | BLKID_SUBLKS_MAGIC | BLKID_SUBLKS_BADCSUM) != 0 ||
        blkid_probe_enable_partitions(prober.get(), 1) != 0 ||
        blkid_probe_set_partitions_flags(prober.get(), BLKID_PARTS_FORCE_GPT | BLKID_PARTS_MAGIC) !=
            0)
        return failure(ErrorKind::internal, "libblkid cannot be set up to look at " + name);
    std::vector<Signature> found;
    for (int tries = 0; tries < kMostSignatures; ++tries) {
        const int status = blkid_do_probe(prober.get());
        if (status == 1)
            return found;
        if (status != 0)
            return failure(ErrorKind::io, "cannot find out what is on " + name +
                                              " (libblkid gave up), so it will not be written");
        Signature signature = current_of(prober.get());
        if (std::find(found.begin(), found.end(), signature) == found.end())
            found.push_back(std::move(signature));
    }
    return found;
}

}  // namespace assay::host
