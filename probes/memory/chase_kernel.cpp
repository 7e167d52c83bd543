#include "probes/memory/chase_kernel.h"

#include <array>

namespace assay::memory {
namespace {

/// Nothing after it begins before everything before it is done.
inline void wait_for_loads() {
#if defined(__x86_64__)
    asm volatile("lfence" ::: "memory");
#elif defined(__aarch64__)
    asm volatile("dsb ld\n\tisb" ::: "memory");
#endif
}

inline const void* follow(const void* from) {
#if defined(__x86_64__)
    asm volatile("mov (%[at]), %[at]" : [at] "+r"(from) : : "memory");
    return from;
#elif defined(__aarch64__)
    asm volatile("ldr %[at], [%[at]]" : [at] "+r"(from) : : "memory");
    return from;
#else
    return *static_cast<const void* const volatile*>(from);
#endif
}

template <std::size_t Chains>
void follow_all(std::span<const void*> heads, std::uint64_t hops) {
    // Few enough stay in registers; the others' way through the first-level cache is short beside
    // the memory that many chains are for.
    std::array<const void*, Chains> at{};
    for (std::size_t chain = 0; chain < Chains; ++chain)
        at[chain] = heads[chain];
    for (; hops != 0; --hops)
#pragma GCC unroll 32
        for (std::size_t chain = 0; chain < Chains; ++chain)
            at[chain] = follow(at[chain]);
    wait_for_loads();
    for (std::size_t chain = 0; chain < Chains; ++chain)
        heads[chain] = at[chain];
}

}  // namespace

const void* chase(const void* from, std::uint64_t hops) {
    for (; hops != 0; hops -= kHopsAPass) {
#if defined(__x86_64__)
        // An address of a register alone: one with an index costs a cycle more.
        asm volatile(
            ".rept 64\n\t"
            "mov (%[at]), %[at]\n\t"
            ".endr"
            : [at] "+r"(from)
            :
            : "memory");
#else
#pragma GCC unroll 64
        for (std::uint64_t hop = 0; hop < kHopsAPass; ++hop)
            from = follow(from);
#endif
    }
    wait_for_loads();
    return from;
}

bool chase_parallel(std::span<const void*> heads, std::uint64_t hops) {
    switch (heads.size()) {
        case 1:
            follow_all<1>(heads, hops);
            return true;
        case 2:
            follow_all<2>(heads, hops);
            return true;
        case 4:
            follow_all<4>(heads, hops);
            return true;
        case 8:
            follow_all<8>(heads, hops);
            return true;
        case 16:
            follow_all<16>(heads, hops);
            return true;
        case 32:
            follow_all<32>(heads, hops);
            return true;
        default:
            return false;
    }
}

}  // namespace assay::memory
