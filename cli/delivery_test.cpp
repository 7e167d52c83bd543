#include "cli/delivery.h"

#include <gtest/gtest.h>

namespace assay::cli {
namespace {

ProbeResult probe(ProbeStatus status, ErrorKind kind = ErrorKind::internal) {
    ProbeResult result;
    result.id = "a.probe";
    result.status = status;
    if (status != ProbeStatus::measured)
        result.reason = Error{kind, "a reason", 0};
    return result;
}

Run run_of(std::vector<ProbeResult> probes, bool valid = true) {
    Run run;
    run.probes = std::move(probes);
    run.valid = valid;
    return run;
}

TEST(StatusOfRun, is_done_when_everything_was_measured_and_is_valid) {
    EXPECT_EQ(status_of_run(run_of({probe(ProbeStatus::measured), probe(ProbeStatus::measured)})),
              ExitStatus::done);
}

TEST(StatusOfRun, is_inconclusive_when_the_run_is_invalid) {
    EXPECT_EQ(status_of_run(run_of({probe(ProbeStatus::measured)}, false)),
              ExitStatus::inconclusive);
}

TEST(StatusOfRun, is_inconclusive_when_one_of_several_has_no_numbers) {
    EXPECT_EQ(status_of_run(run_of({probe(ProbeStatus::skipped, ErrorKind::unsupported),
                                    probe(ProbeStatus::measured)})),
              ExitStatus::inconclusive);
    EXPECT_EQ(status_of_run(run_of(
                  {probe(ProbeStatus::measured), probe(ProbeStatus::failed, ErrorKind::io)})),
              ExitStatus::inconclusive);
}

TEST(StatusOfRun, is_the_one_reason_why_nothing_was_measured) {
    EXPECT_EQ(status_of_run(run_of({probe(ProbeStatus::skipped, ErrorKind::permission)})),
              ExitStatus::permission);
    EXPECT_EQ(status_of_run(run_of({probe(ProbeStatus::skipped, ErrorKind::unsupported),
                                    probe(ProbeStatus::failed, ErrorKind::not_found)})),
              ExitStatus::unavailable)
        << "two kinds, one status";
    EXPECT_EQ(status_of_run(run_of({probe(ProbeStatus::skipped, ErrorKind::unsupported),
                                    probe(ProbeStatus::skipped, ErrorKind::permission)})),
              ExitStatus::inconclusive)
        << "two statuses: neither speaks for the run";
}

}  // namespace
}  // namespace assay::cli
