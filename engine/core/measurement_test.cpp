#include "engine/core/measurement.h"

#include <gtest/gtest.h>

#include <cmath>

#include "engine/core/run.h"

namespace assay {
namespace {

// The largest of n samples is above the quantile f with probability 1 - f^n; that reaches 95 % at
// n = ln 0.05 / ln f.
TEST(Percentiles, ask_for_as_many_operations_as_an_upper_bound_needs) {
    for (const PercentileName& row : kPercentileNames)
        EXPECT_EQ(static_cast<double>(row.operations_needed),
                  std::ceil(std::log(0.05) / std::log(row.fraction)))
            << row.name;
}

TEST(Measurement, finds_its_conditions) {
    Measurement measurement;
    measurement.conditions = {{"depth", 32}, {"engine", "io_uring"}};
    ASSERT_NE(measurement.condition("depth"), nullptr);
    EXPECT_EQ(*measurement.condition("depth"), Value(32));
    EXPECT_EQ(measurement.condition("block_bytes"), nullptr);
}

TEST(Metric, directions_have_the_names_of_result_files) {
    EXPECT_EQ(name_of(Better::higher), "higher");
    EXPECT_EQ(name_of(Better::lower), "lower");
    EXPECT_EQ(name_of(Better::neither), "neither");
}

TEST(Run, finds_its_probes_and_names_their_status) {
    assay::Run run;
    run.probes.push_back({.id = "cpu.flops",
                          .status = ProbeStatus::measured,
                          .reason = std::nullopt,
                          .measurements = {},
                          .rounds = {}});
    ASSERT_NE(run.probe("cpu.flops"), nullptr);
    EXPECT_EQ(run.probe("cpu"), nullptr);
    for (const ProbeStatus status :
         {ProbeStatus::measured, ProbeStatus::skipped, ProbeStatus::failed})
        EXPECT_EQ(probe_status_of_name(name_of(status)), status);
    EXPECT_EQ(probe_status_of_name("passed"), std::nullopt);
}

}  // namespace
}  // namespace assay
