#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>

#include "engine/core/error.h"

namespace assay::host {

enum class PagePreference { huge, small };

struct BufferRequest {
    std::size_t bytes = 0;                        ///< rounded up to whole pages
    PagePreference pages = PagePreference::huge;  ///< huge: hugetlb is tried, then THP, then 4 KiB
    std::optional<int> numa_node;  ///< bound with mbind (MPOL_BIND) before the first touch
};

/// Where the pages of a buffer lie, as the kernel tells for each page by its address.
struct PagePlacement {
    std::size_t asked = 0;             ///< pages
    std::size_t empty = 0;             ///< never written: no memory, or the kernel's one zero page
    std::size_t unknown = 0;           ///< the kernel could not tell
    std::map<int, std::size_t> nodes;  ///< pages on each NUMA node, by OS index

    void add(const PagePlacement& other);
    std::size_t placed() const;                      ///< on any node
    std::optional<double> ratio_on(int node) const;  ///< of the placed ones; nullopt if none is
};

/// Anonymous private memory, page-aligned (2 MiB where huge was asked for), unmapped when
/// destroyed. NOT touched: the thread that will use it touches it first.
class Buffer {
  public:
    /// Errors: unavailable (ENOMEM), unsupported (mbind refused).
    static Expected<Buffer> allocate(const BufferRequest& request);
    Buffer(Buffer&&) noexcept;
    Buffer& operator=(Buffer&&) noexcept;
    ~Buffer();

    std::byte* data() const { return data_; }
    std::size_t size() const { return size_; }
    std::span<std::byte> bytes() const { return {data_, size_}; }

    bool is_hugetlb() const { return hugetlb_; }  ///< from the pool that the operator reserved
    /// Share of the buffer that huge pages back now (hugetlb, or AnonHugePages in smaps), 0 to 1.
    /// nullopt if smaps says nothing.
    std::optional<double> huge_page_ratio() const;
    /// Share of its touched pages that lie on `node` (move_pages query of a sample of up to 4096
    /// pages spread evenly). nullopt where the kernel cannot tell.
    std::optional<double> ratio_on_node(int node) const;
    /// Asks for every page of the buffer's first `bytes` (move_pages query), or, beyond 2^18 of
    /// them, for as many spread evenly. Moves nothing. nullopt where the kernel has no such call
    /// (no NUMA, a container's seccomp profile).
    std::optional<PagePlacement> placement(std::size_t bytes) const;

  private:
    Buffer(std::byte* data, std::size_t size, bool hugetlb)
        : data_(data), size_(size), hugetlb_(hugetlb) {}
    std::byte* data_ = nullptr;
    std::size_t size_ = 0;
    bool hugetlb_ = false;
};

}  // namespace assay::host
