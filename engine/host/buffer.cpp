#include "engine/host/buffer.h"

#include <numaif.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/core/units.h"
#include "engine/host/files.h"
#include "engine/host/parse.h"

// Linux 5.14; older headers lack the name, older kernels answer EINVAL.
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif
#ifndef MAP_HUGE_2MB
#define MAP_HUGE_2MB (21 << 26)
#endif

namespace assay::host {
namespace {

constexpr std::size_t kHugePageBytes = 2 * kMiB;

std::size_t page_bytes() {
    static const auto bytes = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    return bytes;
}

std::size_t rounded_up(std::size_t bytes, std::size_t unit) {
    return (bytes + unit - 1) / unit * unit;
}

std::string size_text(std::size_t bytes) {
    return std::to_string(bytes) + " B of memory";
}

Expected<void> bind(std::byte* data, std::size_t size, int node) {
    constexpr std::size_t kWordBits = 8 * sizeof(unsigned long);
    constexpr int kMostNodes = 1024;  // the kernel's own limit (CONFIG_NODES_SHIFT is at most 10)
    if (node < 0 || node >= kMostNodes)
        return failure(ErrorKind::unsupported, "bind memory to NUMA node " + std::to_string(node) +
                                                   ": there is no such node; choose another");
    const auto bit = static_cast<std::size_t>(node);
    std::array<unsigned long, kMostNodes / kWordBits> mask{};
    mask[bit / kWordBits] = 1ul << (bit % kWordBits);
    // The kernel reads one bit less than it is told.
    if (mbind(data, size, MPOL_BIND, mask.data(), kMostNodes + 1, 0) != 0)
        return failure(ErrorKind::unsupported,
                       "bind memory to NUMA node " + std::to_string(node) +
                           " with mbind: the kernel refused. Choose a node that has memory; a "
                           "container needs mbind in its seccomp profile",
                       errno);
    return {};
}

/// Huge pages of the operator's pool belong to production first: we take some only where as many
/// stay free.
bool pool_can_spare(std::size_t bytes, std::optional<int> node) {
    const Files files;
    const std::string pool = "kernel/mm/hugepages/hugepages-2048kB/";
    const auto free_pages = files.read_integer("sys/" + pool + "free_hugepages");
    const auto reserved = files.read_integer("sys/" + pool + "resv_hugepages");
    if (!free_pages || !reserved)
        return false;
    std::int64_t spare = *free_pages - *reserved;
    if (node)
        spare = std::min(spare,
                         files
                             .read_integer("sys/devices/system/node/node" + std::to_string(*node) +
                                           "/hugepages/hugepages-2048kB/free_hugepages")
                             .value_or(0));
    return spare > 0 && static_cast<std::uint64_t>(spare) / 2 >= bytes / kHugePageBytes;
}

/// nullptr where the pool has no such pages to spare. The pages are populated here, since one that
/// the pool or a control group withholds at the first touch would be a SIGBUS.
std::byte* map_hugetlb(std::size_t bytes, std::optional<int> node) {
    if (!pool_can_spare(bytes, node))
        return nullptr;
    void* mapped = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_HUGE_2MB, -1, 0);
    if (mapped == MAP_FAILED)
        return nullptr;
    auto* data = static_cast<std::byte*>(mapped);
    const bool bound = !node || bind(data, bytes, *node).has_value();
    if (bound && madvise(data, bytes, MADV_POPULATE_WRITE) == 0)
        return data;
    munmap(data, bytes);
    return nullptr;
}

/// Aligned memory with an unreadable page on either side: a stray access faults, and the kernel
/// cannot join the mapping with a neighbour, so that smaps tells of this buffer alone.
Expected<std::byte*> map_guarded(std::size_t bytes, std::size_t alignment) {
    const std::size_t guard = page_bytes();
    const std::size_t reserved = bytes + alignment + 2 * guard;
    void* mapped =
        mmap(nullptr, reserved, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapped == MAP_FAILED)
        return failure(ErrorKind::unavailable, "reserve addresses for " + size_text(bytes), errno);
    const auto begin = reinterpret_cast<std::uintptr_t>(mapped);
    const std::uintptr_t data = rounded_up(begin + guard, alignment);
    const std::uintptr_t keep_begin = data - guard;
    const std::uintptr_t keep_end = data + bytes + guard;
    if (keep_begin > begin)
        munmap(mapped, keep_begin - begin);
    if (begin + reserved > keep_end)
        munmap(reinterpret_cast<void*>(keep_end), begin + reserved - keep_end);
    auto* usable = reinterpret_cast<std::byte*>(data);
    if (mprotect(usable, bytes, PROT_READ | PROT_WRITE) != 0) {
        const int reason = errno;
        munmap(reinterpret_cast<void*>(keep_begin), keep_end - keep_begin);
        return failure(ErrorKind::unavailable,
                       "allocate " + size_text(bytes) + "; ask for less, or free some", reason);
    }
    return usable;
}

void unmap(std::byte* data, std::size_t size, bool hugetlb) {
    if (data == nullptr)
        return;
    const std::size_t guard = hugetlb ? 0 : page_bytes();
    munmap(data - guard, size + 2 * guard);
}

}  // namespace

Expected<Buffer> Buffer::allocate(const BufferRequest& request) {
    const bool huge = request.pages == PagePreference::huge;
    const std::size_t alignment = huge ? kHugePageBytes : page_bytes();
    constexpr std::size_t kMostBytes = std::size_t{1} << 47;  // user addresses of x86-64
    if (request.bytes == 0 || request.bytes > kMostBytes)
        return failure(ErrorKind::unavailable,
                       "allocate " + size_text(request.bytes) + ": choose 1 B to 2^47 B");
    if (huge) {
        const std::size_t bytes = rounded_up(request.bytes, kHugePageBytes);
        if (std::byte* data = map_hugetlb(bytes, request.numa_node))
            return Buffer(data, bytes, true);
    }
    const std::size_t bytes = rounded_up(request.bytes, page_bytes());
    ASSAY_TRY(std::byte * data, map_guarded(bytes, alignment));
    Buffer buffer(data, bytes, false);
    // The advice is a wish: without transparent huge pages in the kernel it is refused, and what
    // was obtained is asked for later.
    static_cast<void>(madvise(data, bytes, huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE));
    if (request.numa_node)
        ASSAY_TRY_VOID(bind(data, bytes, *request.numa_node));
    return buffer;
}

Buffer::Buffer(Buffer&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      hugetlb_(std::exchange(other.hugetlb_, false)) {}

Buffer& Buffer::operator=(Buffer&& other) noexcept {
    if (this != &other) {
        unmap(data_, size_, hugetlb_);
        data_ = std::exchange(other.data_, nullptr);
        size_ = std::exchange(other.size_, 0);
        hugetlb_ = std::exchange(other.hugetlb_, false);
    }
    return *this;
}

Buffer::~Buffer() {
    unmap(data_, size_, hugetlb_);
}

std::optional<double> Buffer::huge_page_ratio() const {
    if (hugetlb_)
        return 1.0;
    const auto maps = Files().read("proc/self/smaps");
    if (data_ == nullptr || !maps)
        return std::nullopt;
    // "7f12a0000000-7f12b0000000 rw-p ..." begins a mapping, "AnonHugePages:  2048 kB" is in it.
    bool ours = false;
    for (const std::string_view line : lines_of(*maps)) {
        const auto words = words_of(line);
        if (words.empty())
            continue;
        if (!words.front().ends_with(':')) {
            std::uintptr_t begin = 0;
            const std::string_view first = words.front();
            const auto [end, error] =
                std::from_chars(first.data(), first.data() + first.size(), begin, 16);
            ours = error == std::errc{} && end != first.data() + first.size() && *end == '-' &&
                   begin == reinterpret_cast<std::uintptr_t>(data_);
        } else if (ours && words.front() == "AnonHugePages:" && words.size() >= 2) {
            const auto kib = number_of<std::uint64_t>(words[1]);
            if (!kib)
                return std::nullopt;
            return std::min(1.0, static_cast<double>(*kib * kKiB) / static_cast<double>(size_));
        }
    }
    return std::nullopt;
}

void PagePlacement::add(const PagePlacement& other) {
    asked += other.asked;
    empty += other.empty;
    unknown += other.unknown;
    for (const auto& [node, pages] : other.nodes)
        nodes[node] += pages;
}

std::size_t PagePlacement::placed() const {
    return asked - empty - unknown;
}

std::optional<double> PagePlacement::ratio_on(int node) const {
    if (placed() == 0)
        return std::nullopt;
    const auto found = nodes.find(node);
    const std::size_t pages = found == nodes.end() ? 0 : found->second;
    return static_cast<double>(pages) / static_cast<double>(placed());
}

std::optional<PagePlacement> Buffer::placement(std::size_t bytes) const {
    constexpr std::size_t kMostAsked = std::size_t{1} << 18;
    constexpr std::size_t kAskedAtOnce = 4096;
    const std::size_t pages = std::min(bytes, size_) / page_bytes();
    const std::size_t asked = std::min(pages, kMostAsked);
    PagePlacement found;
    std::vector<void*> addresses;
    std::vector<int> nodes;
    for (std::size_t next = 0; next < asked;) {
        addresses.clear();
        for (; next < asked && addresses.size() < kAskedAtOnce; ++next)
            addresses.push_back(data_ + next * pages / asked * page_bytes());
        nodes.assign(addresses.size(), -EBUSY);
        if (move_pages(0, addresses.size(), addresses.data(), nullptr, nodes.data(), 0) != 0)
            return std::nullopt;
        found.asked += addresses.size();
        for (const int node : nodes) {
            if (node >= 0)
                ++found.nodes[node];
            // Which of the two it says of a page that was never written depends on the kernel.
            else if (node == -ENOENT || node == -EFAULT)
                ++found.empty;
            else
                ++found.unknown;
        }
    }
    return found;
}

std::optional<double> Buffer::ratio_on_node(int node) const {
    constexpr std::size_t kMostSamples = 4096;
    const std::size_t pages = size_ / page_bytes();
    const std::size_t samples = std::min(pages, kMostSamples);
    if (samples == 0)
        return std::nullopt;
    std::vector<void*> addresses(samples);
    std::vector<int> nodes(samples, -1);
    for (std::size_t i = 0; i < samples; ++i)
        addresses[i] = data_ + (i * pages / samples) * page_bytes();
    // Without target nodes it moves nothing and tells where each page lies, or a negative errno.
    if (move_pages(0, samples, addresses.data(), nullptr, nodes.data(), 0) != 0)
        return std::nullopt;
    const auto touched = std::ranges::count_if(nodes, [](int found) { return found >= 0; });
    if (touched == 0)
        return std::nullopt;
    return static_cast<double>(std::ranges::count(nodes, node)) / static_cast<double>(touched);
}

}  // namespace assay::host
