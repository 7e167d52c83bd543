#include "report/prediction.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/score/predict.h"
#include "report/json.h"
#include "tests/support/restore_runs.h"

namespace assay::report {
namespace {

using testing::HasSubstr;
using testing::Not;

score::RestoreTask two_terabytes() {
    score::RestoreTask task;
    task.data_bytes = 2e12;
    task.rto_s = 3600;
    task.rpo_s = 300;
    task.change_bytes_per_s = 50e6;
    return task;
}

struct Predicted {
    assay::Run source, target;
    score::RestoreTask task;
    score::Prediction prediction = score::predict(source, target, task);
    PredictionContext context() const { return {source, target, task}; }
};

TEST(Prediction, the_screen_says_time_bottleneck_and_what_is_needed) {
    const Predicted made{test::restore_source(), test::restore_target(), two_terabytes()};
    const std::string text = prediction_to_text(made.prediction, made.context(), {});
    // 2 TB through 200 MB/s of restored data: 10 000 s.
    EXPECT_THAT(text, HasSubstr("NO-GO"));
    EXPECT_THAT(text, HasSubstr("takes 2:46:"));
    EXPECT_THAT(text, HasSubstr("bottleneck network"));
    EXPECT_THAT(text, HasSubstr("every stage needs 584 MB/s"));
    EXPECT_THAT(text, HasSubstr("replicate at least every 4:00"));
    EXPECT_THAT(text, HasSubstr("assumptions"));
    EXPECT_THAT(text, HasSubstr("Not in the time: detection"));
}

TEST(Prediction, the_screen_of_a_gap_names_it_and_has_no_time) {
    test::RestoreRates rates;
    rates.network.clear();
    const Predicted made{test::restore_source(), test::restore_target(rates), two_terabytes()};
    const std::string text = prediction_to_text(made.prediction, made.context(), {});
    EXPECT_THAT(text, HasSubstr("INCONCLUSIVE"));
    EXPECT_THAT(text, HasSubstr("network.tcp is not in the run"));
    EXPECT_THAT(text, Not(HasSubstr("takes")));
}

TEST(Prediction, the_document_holds_the_same_numbers) {
    const Predicted made{test::restore_source(), test::restore_target(), two_terabytes()};
    const Json document = Json::parse(prediction_to_json(made.prediction, made.context()));
    EXPECT_EQ(document["schema"], "assay.prediction/1");
    EXPECT_EQ(document["median_s"], *made.prediction.median_s);
    EXPECT_EQ(document["exit_status"], 2);
    EXPECT_EQ(document["stages"].size(), 6u);
    EXPECT_EQ(document["stages"][1]["stage"], "network");
    EXPECT_EQ(document["stages"][1]["rounds"][0], 200e6);
    EXPECT_EQ(document["replication"]["longest_interval_s"],
              *made.prediction.replication->longest_interval_s);
}

TEST(Prediction, times_are_read_at_a_glance) {
    EXPECT_EQ(time_text(3661), "1:01:01");
    EXPECT_EQ(time_text(12.34), "12.3 s");
    EXPECT_EQ(time_text(84.1e-6), "84.1 us");
}

}  // namespace
}  // namespace assay::report
