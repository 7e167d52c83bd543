#include "probes/cpu/scalar_clock.h"

#include <algorithm>
#include <array>

#include "engine/core/units.h"

namespace assay::cpu {
namespace {

constexpr std::uint64_t kOperationsAPass = 64;  // as written in the assembly below

[[maybe_unused]] std::uint64_t known_sum(std::uint64_t passes) {
    return passes + kOperationsAPass * passes * (passes | 1);
}

#if defined(__x86_64__)

std::uint64_t run_additions(std::uint64_t passes) {
    std::uint64_t sum = passes;
    const std::uint64_t addend = passes | 1;
    for (; passes != 0; --passes)
        asm volatile(
            ".rept 64\n\t"
            "add %[addend], %[sum]\n\t"
            ".endr"
            : [sum] "+r"(sum)
            : [addend] "r"(addend)
            : "cc");
    return sum;
}

// 32 bits: their multiplier takes three cycles on the small cores too, which need five for 64.
std::uint64_t run_multiplications(std::uint64_t passes) {
    std::uint32_t product = static_cast<std::uint32_t>(passes) | 1;
    const std::uint32_t factor = product | 2;
    for (; passes != 0; --passes)
        asm volatile(
            ".rept 64\n\t"
            "imul %[factor], %[product]\n\t"
            ".endr"
            : [product] "+r"(product)
            : [factor] "r"(factor)
            : "cc");
    return product;
}

std::uint64_t known_product(std::uint64_t passes) {
    std::uint32_t product = static_cast<std::uint32_t>(passes) | 1;
    std::uint32_t square = product | 2;
    for (std::uint64_t power = kOperationsAPass * passes; power != 0; power /= 2, square *= square)
        if (power % 2 == 1)
            product *= square;
    return product;
}

constexpr std::uint64_t kMultiplicationCycles = 3;
constexpr std::array kChains{
    RegisterChain{"dependent additions", kOperationsAPass, &run_additions, &known_sum},
    RegisterChain{"dependent multiplications", kOperationsAPass* kMultiplicationCycles,
                  &run_multiplications, &known_product},
};

#elif defined(__aarch64__)

std::uint64_t run_additions(std::uint64_t passes) {
    std::uint64_t sum = passes;
    const std::uint64_t addend = passes | 1;
    for (; passes != 0; --passes)
        asm volatile(
            ".rept 64\n\t"
            "add %[sum], %[sum], %[addend]\n\t"
            ".endr"
            : [sum] "+r"(sum)
            : [addend] "r"(addend));
    return sum;
}

std::uint64_t run_exclusive_ors(std::uint64_t passes) {
    std::uint64_t bits = passes;
    const std::uint64_t other = passes | 1;
    for (; passes != 0; --passes)
        asm volatile(
            ".rept 64\n\t"
            "eor %[bits], %[bits], %[other]\n\t"
            ".endr"
            : [bits] "+r"(bits)
            : [other] "r"(other));
    return bits;
}

// An even number of equal ors leaves what there was.
std::uint64_t known_bits(std::uint64_t passes) {
    return passes;
}

constexpr std::array kChains{
    RegisterChain{"dependent additions", kOperationsAPass, &run_additions, &known_sum},
    RegisterChain{"dependent exclusive ors", kOperationsAPass, &run_exclusive_ors, &known_bits},
};

#endif

}  // namespace

std::span<const RegisterChain> register_chains() {
#if defined(__x86_64__) || defined(__aarch64__)
    return kChains;
#else
    return {};
#endif
}

ChainRun run_chain(const RegisterChain& chain, std::uint64_t passes, const host::Clock& clock,
                   double ns_per_tick) {
    const std::uint64_t before = clock.ticks();
    const std::uint64_t value = chain.run(passes);
    const std::uint64_t took = std::max<std::uint64_t>(1, clock.ticks() - before);
    const double seconds =
        static_cast<double>(took) * ns_per_tick / static_cast<double>(kNanosecondsPerSecond);
    return {.hz = static_cast<double>(chain.cycles_a_pass * passes) / seconds, .value = value};
}

std::optional<double> scalar_clock_hz(const host::Clock& clock, double ns_per_tick) {
    // 12 800 cycles: the two clock reads, some 40 cycles, are 0.3 % of it.
    constexpr std::uint64_t kPasses = 200;
    if (register_chains().empty())
        return std::nullopt;
    return run_chain(register_chains().front(), kPasses, clock, ns_per_tick).hz;
}

}  // namespace assay::cpu
