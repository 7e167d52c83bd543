#include "probes/memory/read_kernel.h"

#include <array>

namespace assay::memory {

std::span<const ReadKernel> read_kernels() {
#if defined(__x86_64__)
    static constexpr std::array kKernels{
        ReadKernel{host::Isa::sse2, "sse2", &read_sse2},
        ReadKernel{host::Isa::avx2, "avx2", &read_avx2},
        ReadKernel{host::Isa::avx512, "avx512", &read_avx512},
    };
    return kKernels;
#else
    return {};
#endif
}

}  // namespace assay::memory
