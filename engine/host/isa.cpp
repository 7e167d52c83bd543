#include "engine/host/isa.h"

#include <array>

namespace assay::host {
namespace {

struct IsaName {
    Isa isa;
    std::string_view name;
};
constexpr std::array kNames{IsaName{Isa::sse2, "sse2"}, IsaName{Isa::avx, "avx"},
                            IsaName{Isa::avx2, "avx2"}, IsaName{Isa::avx512, "avx512"},
                            IsaName{Isa::neon, "neon"}};

}  // namespace

std::string_view name_of(Isa isa) {
    for (const IsaName& row : kNames)
        if (row.isa == isa)
            return row.name;
    return "unknown";
}

std::optional<Isa> isa_of_name(std::string_view name) {
    for (const IsaName& row : kNames)
        if (row.name == name)
            return row.isa;
    return std::nullopt;
}

bool supports(Isa isa) {
#if defined(__x86_64__)
    // The compiler's run-time asks CPUID, and XGETBV for what the kernel saves on a context switch.
    __builtin_cpu_init();
    switch (isa) {
        case Isa::sse2:
            return __builtin_cpu_supports("sse2") != 0;
        case Isa::avx:
            return __builtin_cpu_supports("avx") != 0;
        case Isa::avx2:
            return __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0;
        case Isa::avx512:
            return __builtin_cpu_supports("avx512f") != 0;
        case Isa::neon:
            return false;
    }
    return false;
#elif defined(__aarch64__)
    return isa == Isa::neon;  // a part of the base architecture, as SSE2 is of x86-64
#else
    static_cast<void>(isa);
    return false;
#endif
}

std::vector<Isa> supported_isas() {
    std::vector<Isa> found;
    for (const IsaName& row : kNames)
        if (supports(row.isa))
            found.push_back(row.isa);
    return found;
}

}  // namespace assay::host
