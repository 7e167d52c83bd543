#include "engine/measure/guard.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/support/fake_probe.h"

namespace assay::measure {
namespace {

/// proc/pressure files whose totals grow with the fake time at a rate that the test sets.
class Guard : public testing::Test {
  protected:
    void SetUp() override {
        root_ =
            std::filesystem::path(testing::TempDir()) /
            ("guard_" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
        std::filesystem::create_directories(root_ / "proc/pressure");
        write_pressure();
        time_.on_sleep = [this] { write_pressure(); };
    }
    void TearDown() override { std::filesystem::remove_all(root_); }

    void write_pressure() {
        const double elapsed_us =
            std::chrono::duration<double, std::micro>(time_.now - last_).count();
        last_ = time_.now;
        cpu_us_ += elapsed_us * cpu_ratio_;
        for (const char* kind : {"cpu", "io", "memory"}) {
            const long total = std::string_view(kind) == "cpu" ? static_cast<long>(cpu_us_) : 0;
            std::ofstream(root_ / "proc/pressure" / kind)
                << "some avg10=0.00 avg60=0.00 avg300=0.00 total=" << total << "\n"
                << "full avg10=0.00 avg60=0.00 avg300=0.00 total=0\n";
        }
    }

    std::filesystem::path root_;
    test::FakeTime time_;
    TimePoint last_ = time_.now;
    double cpu_us_ = 0;
    double cpu_ratio_ = 0;
};

using std::chrono::milliseconds;

TEST_F(Guard, a_calm_host_is_never_paused) {
    const host::Files files(root_);
    ProductionGuard guard(files, {});
    int pauses = 0;
    const auto paused = guard.wait_until_calm(time_.pace(), milliseconds(50), TimePoint::max(), {},
                                              [&](const std::string&) { ++pauses; });
    ASSERT_TRUE(paused.has_value());
    EXPECT_EQ(paused->count(), 0);
    EXPECT_EQ(pauses, 0);
    EXPECT_TRUE(guard.can_see());
}

TEST_F(Guard, stalled_others_pause_the_run_until_they_are_calm) {
    const host::Files files(root_);
    ProductionGuard guard(files, {});
    cpu_ratio_ = 0.8;
    int pauses = 0;
    const auto paused = guard.wait_until_calm(time_.pace(), milliseconds(50), TimePoint::max(), {},
                                              [&](const std::string& cause) {
                                                  EXPECT_EQ(cause, "others stalled on cpu 80 %");
                                                  if (++pauses == 8)
                                                      cpu_ratio_ = 0.1;
                                              });
    ASSERT_TRUE(paused.has_value());
    EXPECT_EQ(pauses, 8);
    EXPECT_EQ(*paused, milliseconds(8 * 250));
}

TEST_F(Guard, gives_up_with_try_again_after_ten_seconds_of_one_pause) {
    const host::Files files(root_);
    ProductionGuard guard(files, {});
    cpu_ratio_ = 1.0;
    const TimePoint start = time_.now;
    const auto paused = guard.wait_until_calm(time_.pace(), milliseconds(50), TimePoint::max(), {},
                                              [](const std::string&) {});
    ASSERT_FALSE(paused.has_value());
    EXPECT_EQ(paused.error().kind, ErrorKind::try_again);
    EXPECT_NE(paused.error().message.find("others stalled on cpu"), std::string::npos);
    EXPECT_LE(time_.now - start, std::chrono::seconds(11));
}

TEST_F(Guard, never_waits_past_the_time_that_it_is_given) {
    const host::Files files(root_);
    ProductionGuard guard(files, {});
    cpu_ratio_ = 1.0;
    const TimePoint until = time_.now + std::chrono::seconds(2);
    const auto paused =
        guard.wait_until_calm(time_.pace(), milliseconds(50), until, {}, [](const std::string&) {});
    ASSERT_TRUE(paused.has_value());
    EXPECT_LE(time_.now, until);
    EXPECT_GE(*paused, milliseconds(1500));
}

TEST_F(Guard, is_blind_where_the_kernel_reports_no_pressure) {
    const host::Files files(root_ / "nothing");
    ProductionGuard guard(files, {});
    EXPECT_FALSE(guard.can_see());
    EXPECT_TRUE(guard
                    .wait_until_calm(time_.pace(), milliseconds(50), TimePoint::max(), {},
                                     [](const std::string&) {})
                    .has_value());
}

TEST(MemoryAlarm, two_bad_seconds_in_a_row_raise_it_once) {
    int raised = 0;
    MemoryAlarm alarm(0.2, [&] { ++raised; });
    alarm.note(0.5);
    alarm.note(0.1);
    alarm.note(0.5);
    alarm.note(std::nullopt);
    EXPECT_FALSE(alarm.raised());
    alarm.note(0.5);
    alarm.note(0.5);
    alarm.note(0.5);
    EXPECT_TRUE(alarm.raised());
    EXPECT_EQ(raised, 1);
}

}  // namespace
}  // namespace assay::measure
