#include "probes/storage/extents.h"

#include <linux/fiemap.h>
#include <linux/fs.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string>

#include "probes/storage/number_text.h"

namespace assay::storage {
namespace {

constexpr std::uint32_t kExtentsPerCall = 512;
// A file of 1 GiB in pieces of 4 KiB has a quarter of these.
constexpr std::uint64_t kMostExtents = 1'000'000;
constexpr double kTolerance = 0.01;

// One call's question and answer, laid out as the kernel wants it: the header, then the extents.
class Page {
  public:
    Page() : words_((sizeof(fiemap) + kExtentsPerCall * sizeof(fiemap_extent)) / sizeof(Word)) {}

    /// Fills the page with the extents that lie in [start, start + length). Errors: by errno.
    Expected<void> ask(int file, std::uint64_t start, std::uint64_t length) {
        std::fill(words_.begin(), words_.end(), 0);
        fiemap& header = this->header();
        header.fm_start = start;
        header.fm_length = length;
        header.fm_extent_count = kExtentsPerCall;
        int result = 0;
        do {
            result = ioctl(file, FS_IOC_FIEMAP, &header);
        } while (result != 0 && errno == EINTR && ++interrupts_ < kMostInterrupts);
        if (result == 0)
            return {};
        if (errno == EOPNOTSUPP || errno == ENOTTY || errno == EBADR)
            return failure(ErrorKind::unsupported,
                           "cannot ask for the file's extents; this filesystem tells none (FIEMAP)",
                           errno);
        return system_failure("cannot ask for the file's extents (FIEMAP)", errno);
    }
    std::uint32_t count() { return std::min(header().fm_mapped_extents, kExtentsPerCall); }
    fiemap_extent extent(std::uint32_t index) const {
        fiemap_extent one;
        std::memcpy(&one,
                    reinterpret_cast<const std::byte*>(words_.data()) + sizeof(fiemap) +
                        index * sizeof(fiemap_extent),
                    sizeof one);
        return one;
    }

  private:
    using Word = std::uint64_t;
    static_assert(sizeof(fiemap) % sizeof(Word) == 0 && sizeof(fiemap_extent) % sizeof(Word) == 0);
    static constexpr int kMostInterrupts = 100;

    fiemap& header() { return *reinterpret_cast<fiemap*>(words_.data()); }

    std::vector<Word> words_;
    int interrupts_ = 0;
};

void add(ExtentMap& map, std::uint32_t flags, std::uint64_t bytes) {
    if ((flags & FIEMAP_EXTENT_UNWRITTEN) != 0) {
        map.unwritten_bytes += bytes;
        return;
    }
    if ((flags & FIEMAP_EXTENT_DELALLOC) != 0) {
        map.delayed_bytes += bytes;
        return;
    }
    map.written_bytes += bytes;
    if ((flags & (FIEMAP_EXTENT_DATA_INLINE | FIEMAP_EXTENT_DATA_TAIL)) != 0)
        map.inline_bytes += bytes;
    if ((flags & FIEMAP_EXTENT_SHARED) != 0)
        map.shared_bytes += bytes;
    // Encrypted extents are encoded too, but as long as their content.
    if ((flags & FIEMAP_EXTENT_ENCODED) != 0 && (flags & FIEMAP_EXTENT_DATA_ENCRYPTED) == 0)
        map.encoded_bytes += bytes;
}

// Adds the page's extents behind `covered_bytes`; whether it held the file's last one.
bool take_page(Page& page, std::uint64_t size_bytes, ExtentMap& map) {
    bool is_last = false;
    for (std::uint32_t index = 0; index < page.count(); ++index) {
        const fiemap_extent extent = page.extent(index);
        is_last = (extent.fe_flags & FIEMAP_EXTENT_LAST) != 0;
        const std::uint64_t logical = std::min<std::uint64_t>(extent.fe_logical, size_bytes);
        const std::uint64_t begin = std::max(logical, map.covered_bytes);
        const std::uint64_t end =
            logical + std::min<std::uint64_t>(extent.fe_length, size_bytes - logical);
        ++map.extents;
        if (end <= begin)
            continue;
        map.hole_bytes += begin - map.covered_bytes;
        add(map, extent.fe_flags, end - begin);
        map.covered_bytes = end;
    }
    return is_last;
}

std::string share_of(std::uint64_t part, std::uint64_t whole) {
    return std::to_string(part) + " of " + std::to_string(whole) + " B (" +
           percent_text(static_cast<double>(part) / static_cast<double>(whole)) + ")";
}

}  // namespace

Expected<ExtentMap> map_extents(int file, std::uint64_t size_bytes) {
    ExtentMap map;
    Page page;
    while (map.covered_bytes < size_bytes) {
        if (map.extents >= kMostExtents) {
            map.is_complete = false;
            return map;
        }
        const std::uint64_t covered_before = map.covered_bytes;
        ASSAY_TRY_VOID(page.ask(file, covered_before, size_bytes - covered_before));
        const bool is_last = take_page(page, size_bytes, map);
        // No extent that leads further: what follows is one hole up to the end.
        if (is_last || page.count() < kExtentsPerCall || map.covered_bytes == covered_before) {
            map.hole_bytes += size_bytes - map.covered_bytes;
            map.covered_bytes = size_bytes;
        }
    }
    return map;
}

std::vector<Finding> judge_extents(const ExtentMap& map, std::string_view path) {
    std::vector<Finding> findings;
    const double limit = static_cast<double>(map.covered_bytes) * kTolerance;
    const std::uint64_t unwritten = map.hole_bytes + map.unwritten_bytes;
    if (static_cast<double>(unwritten) > limit)
        findings.push_back(make_finding(
            "unwritten_data", share_of(unwritten, map.covered_bytes) + " of the test file in " +
                                  std::string(path) + " were never written (" +
                                  std::to_string(map.hole_bytes) + " B in holes, " +
                                  std::to_string(map.unwritten_bytes) + " B allocated only)"));
    if (static_cast<double>(map.encoded_bytes) > limit)
        findings.push_back(make_finding("transparent_compression",
                                        share_of(map.encoded_bytes, map.covered_bytes) +
                                            " of the test file in " + std::string(path) +
                                            " are stored in encoded extents"));
    return findings;
}

}  // namespace assay::storage
