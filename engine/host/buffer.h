#pragma once

#include <cstddef>
#include <cstdint>
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

  private:
    Buffer(std::byte* data, std::size_t size, bool hugetlb)
        : data_(data), size_(size), hugetlb_(hugetlb) {}
    std::byte* data_ = nullptr;
    std::size_t size_ = 0;
    bool hugetlb_ = false;
};

}  // namespace assay::host
