#include "probes/cpu/peak_rate.h"

#include <gtest/gtest.h>

#include <vector>

namespace assay::cpu {
namespace {

FmaKernel kernel_of(host::Isa isa, std::string_view operation) {
    return {isa,
            Precision::double_precision,
            operation,
            12,
            4,
            1,
            nullptr,
            operation == "fma_add" ? Recurrence::fused_and_added : Recurrence::grow_and_shrink,
            0};
}

TEST(WholeRate, IsTheNearOneOrNone) {
    EXPECT_EQ(whole_rate(1.99), 2.0);
    EXPECT_EQ(whole_rate(0.986), 1.0);
    EXPECT_EQ(whole_rate(1.019), 1.0);
    EXPECT_EQ(whole_rate(0.5), 0.5);
    EXPECT_EQ(whole_rate(2.97), 3.0);
    EXPECT_EQ(whole_rate(3.95), 4.0);
    for (const double between : {0.0, 0.3, 0.7, 0.98, 1.025, 1.5, 1.93, 2.4, 3.07, 3.5, 8.0})
        EXPECT_EQ(whole_rate(between), std::nullopt) << between;
}

PeakRate peak_of(const std::vector<double>& seen) {
    PeakRate peak;
    for (const double each : seen)
        peak.saw(each);
    return peak;
}

TEST(PeakRate, IsTheWholeRateNearTheUpperQuartile) {
    EXPECT_EQ(peak_of({}).per_cycle(), std::nullopt);
    EXPECT_EQ(peak_of({1.003}).per_cycle(), 1.0);
    EXPECT_EQ(peak_of({0.8, 0.9, 0.95, 0.93}).per_cycle(), std::nullopt) << "a busy neighbour";
    EXPECT_EQ(peak_of({0.8, 0.9, 0.99, 1.003}).per_cycle(), 1.0) << "one that was busy at first";
    EXPECT_EQ(peak_of({1.003, 1.002, 1.003, 1.06}).per_cycle(), 1.0) << "a step of the clock";
    EXPECT_EQ(peak_of({2.99, 3.4, 3.4, 3.3}).per_cycle(), std::nullopt);
}

// By hand: 96 multiply-adds in a pass of 12 chains; 31.25 million passes a second are 3e9 a second,
// so one a cycle at 3 GHz. Separate operations are twice as many.
TEST(OperationsPerCycle, CountsVectorInstructions) {
    EXPECT_DOUBLE_EQ(operations_per_cycle(kernel_of(host::Isa::avx2, "fma"), 31.25e6, 3e9), 1.0);
    EXPECT_DOUBLE_EQ(operations_per_cycle(kernel_of(host::Isa::avx, "mul_add"), 31.25e6, 3e9), 2.0);
    EXPECT_DOUBLE_EQ(operations_per_cycle(kernel_of(host::Isa::avx2, "fma_add"), 31.25e6, 3e9),
                     1.0);
}

TEST(ImpossibleRate, BeginsThreePercentAboveTheWidestCoresKnown) {
    struct Row {
        FmaKernel kernel;
        double most;
    };
    for (const Row& row : {Row{kernel_of(host::Isa::avx2, "fma"), 2},
                           Row{kernel_of(host::Isa::avx512, "fma_add"), 4},
                           Row{kernel_of(host::Isa::sse2, "mul_add"), 4},
                           Row{kernel_of(host::Isa::neon, "fma"), 4}}) {
        const double passes_at_most =
            row.most * 3e9 / static_cast<double>(row.kernel.vector_operations_per_iteration());
        EXPECT_FALSE(impossible_rate(row.kernel, passes_at_most * 1.029, 3e9));
        const auto found = impossible_rate(row.kernel, passes_at_most * 1.031, 3e9);
        ASSERT_TRUE(found) << row.kernel.operation;
        EXPECT_EQ(found->id, "impossible");
        EXPECT_EQ(found->severity, Severity::invalid);
    }
}

}  // namespace
}  // namespace assay::cpu
