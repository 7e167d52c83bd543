#include "cli/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay::cli {
namespace {

using Phase = measure::Progress::Phase;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

measure::Progress sample() {
    measure::Progress progress;
    progress.phase = Phase::measure;
    progress.probe = "storage.random_read";
    progress.case_name = "depth 32";
    progress.round = 7;
    progress.rounds = 42;
    progress.value = {.metric = "storage.random_read.iops",
                      .median = 12'400,
                      .unit = Unit::operations_per_second,
                      .spread_ratio = 0.018};
    progress.elapsed_s = 60;
    progress.eta_s = 252;
    progress.load = "load ok";
    return progress;
}

report::TextStyle style(bool utf8, int columns) {
    return {.colour = false, .utf8 = utf8, .columns = columns};
}

TEST(ProgressLine, shows_round_probe_value_spread_eta_and_load) {
    EXPECT_EQ(progress_line(sample(), style(true, 100)),
              "[ 7/42] storage.random_read depth 32  12.4 kop/s ±1.8 %  ETA 4:12  load ok");
}

TEST(ProgressLine, is_ascii_where_the_locale_is_not_utf8) {
    const std::string line = progress_line(sample(), style(false, 100));
    EXPECT_THAT(line, HasSubstr("12.4 kop/s +-1.8 %"));
    for (const char byte : line)
        EXPECT_LT(static_cast<unsigned char>(byte), 0x80u);
}

TEST(ProgressLine, is_cut_to_the_width_of_the_window) {
    EXPECT_EQ(progress_line(sample(), style(true, 20)), "[ 7/42] storage.ran…");
    EXPECT_EQ(progress_line(sample(), style(false, 20)), "[ 7/42] storage.ran>");
    EXPECT_EQ(progress_line(sample(), style(true, 1)), "…");
    // Cutting just behind the two bytes of the plus-minus sign must keep both.
    EXPECT_EQ(progress_line(sample(), style(true, 51)),
              "[ 7/42] storage.random_read depth 32  12.4 kop/s ±…");
}

TEST(ProgressLine, has_no_value_before_one_was_measured) {
    measure::Progress progress = sample();
    progress.value.reset();
    EXPECT_EQ(progress_line(progress, style(true, 100)),
              "[ 7/42] storage.random_read depth 32  ETA 4:12  load ok");
}

TEST(ProgressLine, never_shows_the_number_of_another_probe) {
    measure::Progress progress = sample();
    progress.value->metric = "cpu.flops.double";
    EXPECT_THAT(progress_line(progress, style(true, 100)), Not(HasSubstr("12.4")));
}

TEST(ProgressLine, names_the_phase_before_there_are_rounds) {
    measure::Progress progress;
    progress.phase = Phase::prepare;
    progress.probe = "memory.bandwidth";
    EXPECT_EQ(progress_line(progress, style(true, 100)), "preparing memory.bandwidth");
    progress.phase = Phase::check;
    progress.probe = {};
    EXPECT_EQ(progress_line(progress, style(true, 100)), "checking");
}

TEST(ProgressLine, of_a_pause_says_why_and_promises_no_end) {
    measure::Progress progress;
    progress.phase = Phase::paused;
    progress.round = 7;
    progress.rounds = 42;
    progress.load = "paused: others stalled on cpu 93 %";
    EXPECT_EQ(progress_line(progress, style(true, 100)),
              "[ 7/42]  paused: others stalled on cpu 93 %");
}

TEST(PlainPace, gives_a_line_for_each_change_of_phase_and_each_probe_that_prepares) {
    PlainPace pace;
    measure::Progress progress = sample();
    progress.phase = Phase::prepare;
    progress.elapsed_s = 0;
    EXPECT_TRUE(pace.is_due(progress));
    EXPECT_FALSE(pace.is_due(progress));
    progress.probe = "cpu.flops";
    EXPECT_TRUE(pace.is_due(progress));
    progress.phase = Phase::measure;
    EXPECT_TRUE(pace.is_due(progress));
}

TEST(PlainPace, gives_a_line_for_rounds_every_five_seconds_at_most) {
    PlainPace pace;
    measure::Progress progress = sample();
    progress.elapsed_s = 10;
    EXPECT_TRUE(pace.is_due(progress));
    progress.elapsed_s = 14.9;
    progress.probe = "cpu.flops";
    EXPECT_FALSE(pace.is_due(progress));
    progress.elapsed_s = 15;
    EXPECT_TRUE(pace.is_due(progress));
    progress.elapsed_s = 15.1;
    EXPECT_FALSE(pace.is_due(progress));
}

}  // namespace
}  // namespace assay::cli
