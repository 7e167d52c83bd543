// Every kernel and every chain of this build against its known answer, as one small static program:
// scripts/cross-check runs it on an emulated processor of another architecture. Exit status: 0 all
// right, 1 a wrong answer, 2 nothing to check.

#include <cstdio>
#include <string>

#include "probes/cpu/blend_kernel.h"
#include "probes/cpu/fma_kernel.h"
#include "probes/cpu/scalar_clock.h"

namespace assay::cpu {
namespace {

int checked = 0, wrong = 0;

void expect(bool right, const std::string& what) {
    ++checked;
    if (right)
        return;
    ++wrong;
    std::printf("WRONG: %s\n", what.c_str());
}

void check_fma_kernels() {
    for (const FmaKernel& kernel : fma_kernels()) {
        if (!host::supports(kernel.isa))
            continue;
        const std::string name = std::string(name_of(kernel.precision)) + " " +
                                 std::string(host::name_of(kernel.isa)) + " " +
                                 std::string(kernel.operation);
        const auto tested = self_test(kernel);
        expect(tested.has_value(), name + ", whole numbers");
        for (const std::uint64_t iterations :
             {std::uint64_t{1}, std::uint64_t{3}, kernel.iterations_per_block}) {
            FoldedBits folded;
            kernel.run(start_values(kernel), iterations, folded);
            expect(folded == known_answer(kernel, iterations), name);
            expect(folded != known_answer(kernel, iterations + 1), name + ", one more iteration");
        }
    }
}

void check_blends() {
    for (const host::Isa isa : host::supported_isas())
        for (const BlendKernel& kernel : blend_kernels(isa)) {
            const std::string name = "blend " + std::string(host::name_of(isa)) + " with " +
                                     std::to_string(kernel.steps_per_cycle()) + " steps a cycle";
            FoldedBits folded;
            const std::uint64_t iterations = kernel.iterations_per_block;
            const std::uint64_t sum = kernel.run(start_values(kernel.vectors), iterations, folded);
            expect(sum == known_chain(kernel, iterations), name + ", chain");
            expect(folded == known_vectors(kernel, iterations), name + ", vectors");
        }
}

void check_chains() {
    for (const RegisterChain& chain : register_chains())
        for (const std::uint64_t passes : {1u, 2u, 1000u})
            expect(chain.run(passes) == chain.known(passes), std::string(chain.name));
}

}  // namespace
}  // namespace assay::cpu

int main() {
    assay::cpu::check_fma_kernels();
    assay::cpu::check_blends();
    assay::cpu::check_chains();
    std::printf("%d checks, %d wrong\n", assay::cpu::checked, assay::cpu::wrong);
    if (assay::cpu::checked == 0)
        return 2;
    return assay::cpu::wrong == 0 ? 0 : 1;
}
