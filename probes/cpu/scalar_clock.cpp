#include "probes/cpu/scalar_clock.h"

#include <algorithm>
#include <array>

#include "engine/core/units.h"

namespace assay::cpu {
namespace {

// As written in the assembly below. The loop's own counting runs beside a chain. Additions in
// stretches of 16 lost nothing to the other thread of the core where those of 64 did.
constexpr std::uint64_t kAdditionsAPass = 16;

[[maybe_unused]] std::uint64_t known_sum(std::uint64_t passes) {
    return passes + kAdditionsAPass * passes * (passes | 1);
}

#if defined(__x86_64__)

std::uint64_t run_additions(std::uint64_t passes) {
    std::uint64_t sum = passes;
    const std::uint64_t addend = passes | 1;
    for (; passes != 0; --passes)
        asm volatile(
            ".rept 16\n\t"
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

constexpr std::uint64_t kMultiplicationsAPass = 64;
constexpr std::uint64_t kMultiplicationCycles = 3;

std::uint64_t known_product(std::uint64_t passes) {
    const std::uint32_t start = static_cast<std::uint32_t>(passes) | 1;
    return chain_product(start, start | 2, kMultiplicationsAPass * passes);
}

constexpr std::array kChains{
    RegisterChain{"dependent multiplications", kMultiplicationsAPass* kMultiplicationCycles,
                  &run_multiplications, &known_product},
    RegisterChain{"dependent additions", kAdditionsAPass, &run_additions, &known_sum},
};

#elif defined(__aarch64__)

std::uint64_t run_additions(std::uint64_t passes) {
    std::uint64_t sum = passes;
    const std::uint64_t addend = passes | 1;
    for (; passes != 0; --passes)
        asm volatile(
            ".rept 16\n\t"
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

constexpr std::uint64_t kExclusiveOrsAPass = 64;

// An even number of equal ors leaves what there was.
std::uint64_t known_bits(std::uint64_t passes) {
    return passes;
}

constexpr std::array kChains{
    RegisterChain{"dependent additions", kAdditionsAPass, &run_additions, &known_sum},
    RegisterChain{"dependent exclusive ors", kExclusiveOrsAPass, &run_exclusive_ors, &known_bits},
};

#endif

// Without it the clock is read while the end of a chain still waits in the scheduler.
void wait_for_the_chain() {
#if defined(__x86_64__)
    asm volatile("lfence" ::: "memory");
#elif defined(__aarch64__)
    asm volatile("isb" ::: "memory");
#endif
}

}  // namespace

#if defined(__x86_64__)
std::uint64_t chain_product(std::uint32_t start, std::uint32_t factor, std::uint64_t times) {
    std::uint32_t product = start;
    for (std::uint32_t square = factor; times != 0; times /= 2, square *= square)
        if (times % 2 == 1)
            product *= square;
    return product;
}
#endif

std::span<const RegisterChain> register_chains() {
#if defined(__x86_64__) || defined(__aarch64__)
    return kChains;
#else
    return {};
#endif
}

ChainRun run_chain(const RegisterChain& chain, std::uint64_t passes, const host::Clock& clock,
                   double ns_per_tick) {
    wait_for_the_chain();
    const std::uint64_t first = clock.ticks();
    wait_for_the_chain();
    const std::uint64_t before = clock.ticks();
    const std::uint64_t value = chain.run(passes);
    wait_for_the_chain();
    const std::uint64_t ticks = std::max<std::uint64_t>(1, clock.ticks() - before);
    // A read of the clock takes some 50 cycles itself. More than a hundredth was an interruption.
    const std::uint64_t reading = before - first;
    const std::uint64_t took = reading <= ticks / 100 ? ticks - reading : ticks;
    const double seconds =
        static_cast<double>(took) * ns_per_tick / static_cast<double>(kNanosecondsPerSecond);
    return {.hz = static_cast<double>(chain.cycles_a_pass * passes) / seconds, .value = value};
}

std::optional<double> scalar_clock_hz(const host::Clock& clock, double ns_per_tick) {
    constexpr std::uint64_t kCycles = 9'600;
    std::optional<double> highest;
    for (const RegisterChain& chain : register_chains()) {
        const double hz = run_chain(chain, kCycles / chain.cycles_a_pass, clock, ns_per_tick).hz;
        highest = std::max(highest.value_or(0), hz);
    }
    return highest;
}

}  // namespace assay::cpu
