#include "report/recommendation_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/score/compare.h"
#include "engine/score/recommend.h"

/// The sentences of the requirement (sendense-benchmarking-module.md, "Example Outputs", "API" and
/// "Use Cases"), from verdicts with its numbers. Where it contradicts its own thresholds or
/// arithmetic, the comment says so.
namespace assay::report {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Not;

CategoryScore category(std::string name, double ratio, std::string metric) {
    CategoryScore row;
    row.name = std::move(name);
    row.ratio = ratio;
    row.grade = grade_of(ratio);
    row.metrics = {{std::move(metric), "", 100, 100 * ratio, ratio, ratio * 0.99, ratio * 1.01}};
    return row;
}

Verdict verdict_of(double cpu, double memory, double storage, double network, Decision decision) {
    Verdict verdict;
    verdict.decision = decision;
    verdict.categories = {category("cpu", cpu, "cpu.flops.double"),
                          category("memory", memory, "memory.bandwidth.read"),
                          category("storage", storage, "storage.random_read.iops"),
                          category("network", network, "network.tcp.bandwidth")};
    verdict.overall = 0.3 * cpu + 0.2 * memory + 0.4 * storage + 0.1 * network;
    return verdict;
}

/// A target with 4 cores and a rotating disk.
Run old_host() {
    Run run;
    run.environment = Value(Value::Object{
        {"cpu", Value(Value::Object{{"cores", 4}})},
        {"storage",
         Value(Value::Object{{"disks", Value(Value::List{Value(Value::Object{
                                           {"name", "sda"}, {"rotational_claim", true}})})}})}});
    return run;
}

std::vector<std::string> sentences(const Verdict& verdict, const Run& target,
                                   RecommendationKind kind) {
    std::vector<std::string> texts;
    for (const Recommendation& row : score::recommend({}, target, verdict))
        if (row.kind == kind)
            texts.push_back(recommendation_text(row));
    return texts;
}

TEST(RecommendationText, scenario_1_the_target_is_faster) {
    const Verdict verdict = verdict_of(1.2, 1.2, 1.2, 1.2, Decision::go);
    EXPECT_THAT(sentences(verdict, {}, RecommendationKind::assessment),
                ElementsAre("Target exceeds source performance", "Excellent candidate for failover",
                            "Consider using this target for production migrations",
                            "CPU: 120% - Matches or exceeds the source",
                            "Memory: 120% - Matches or exceeds the source",
                            "Storage IOPS: 120% - Matches or exceeds the source",
                            "Network: 120% - Matches or exceeds the source"));
}

// The overall score is printed there as 75 %; its own formula gives 73 %. "Increase memory by 30 %"
// is 43 % by 1 / 0.70 - 1, and what was measured is bandwidth, not the amount of RAM.
TEST(RecommendationText, scenario_2_the_target_is_adequate) {
    const Verdict verdict = verdict_of(0.85, 0.70, 0.60, 0.95, Decision::go_with_conditions);
    EXPECT_NEAR(*verdict.overall, 0.73, 1e-9);
    EXPECT_THAT(sentences(verdict, old_host(), RecommendationKind::assessment),
                ElementsAre("CPU: 85% - Good for most workloads",
                            "Memory: 70% - Consider increasing RAM allocation",
                            "Storage IOPS: 60% - May impact database performance",
                            "Network: 95% - Excellent connectivity"));
    const auto suggestions = sentences(verdict, old_host(), RecommendationKind::suggestion);
    EXPECT_THAT(suggestions, Contains("Upgrade target storage to NVMe SSD"));
    EXPECT_THAT(suggestions, Contains("Increase memory bandwidth by 43%: populate all channels, or "
                                      "take a host with faster memory"));
    EXPECT_THAT(suggestions, Contains("Storage-intensive VMs may see performance degradation"));
    EXPECT_THAT(sentences(verdict, old_host(), RecommendationKind::required_upgrade),
                testing::IsEmpty());
}

// Printed there as 45 %; its own formula gives 0.3*0.40 + 0.2*0.80 + 0.4*0.35 + 0.1*0.65 = 48.5 %.
TEST(RecommendationText, scenario_3_the_target_is_inadequate) {
    const Verdict verdict = verdict_of(0.40, 0.80, 0.35, 0.65, Decision::no_go);
    EXPECT_NEAR(*verdict.overall, 0.485, 1e-9);
    EXPECT_THAT(
        sentences(verdict, old_host(), RecommendationKind::assessment),
        ElementsAre("CPU: 40% - Insufficient for production workload", "Memory: 80% - Adequate",
                    "Storage IOPS: 35% - Will cause severe performance issues",
                    "Network: 65% - Marginal bandwidth"));
    EXPECT_THAT(sentences(verdict, old_host(), RecommendationKind::critical_warning),
                ElementsAre("Target may not handle production load",
                            "Target NOT recommended for production failover",
                            "Use only for DR testing or low-priority workloads",
                            "Consider upgrading target infrastructure"));
    EXPECT_THAT(sentences(verdict, old_host(), RecommendationKind::required_upgrade),
                ElementsAre("CPU: Minimum 8 cores (currently 4 cores)",
                            "Storage: NVMe SSD required (currently SATA/SAS HDD)"));
}

TEST(RecommendationText, the_warning_of_the_api_example) {
    const Verdict verdict = verdict_of(0.90, 0.95, 0.80, 1.00, Decision::go);
    EXPECT_THAT(sentences(verdict, {}, RecommendationKind::warning),
                Contains("Storage IOPS 20% lower than source - may impact database workloads"));
}

TEST(RecommendationText, the_sentences_of_use_case_4) {
    const auto with_link = [](std::int64_t megabits) {
        assay::Run run;
        run.environment = Value(Value::Object{
            {"network",
             Value(Value::Object{
                 {"interfaces",
                  Value(Value::List{Value(Value::Object{
                      {"operstate", "up"}, {"virtual", false}, {"speed_mbps", megabits}})})}})}});
        return run;
    };
    std::vector<std::string> texts;
    for (const Recommendation& row : score::recommend(with_link(10'000), with_link(1000), {}))
        texts.push_back(recommendation_text(row));
    EXPECT_THAT(texts, ElementsAre("Network is only 1 Gbps, source has 10 Gbps",
                                   "Upgrade network or throttle source"));
}

TEST(RecommendationText, amounts_read_as_people_write_them) {
    using enum AmountStyle;
    const auto text = [](double value, AmountStyle style) { return amount_text({value, style}); };
    EXPECT_EQ(text(0.4286, percent), "43%");
    EXPECT_EQ(text(0.004, percent), "0.4%");
    EXPECT_EQ(text(0, percent), "0%");
    EXPECT_EQ(text(2.5, factor), "2.50 times");
    EXPECT_EQ(text(8, count), "8");
    EXPECT_EQ(text(125e6, bit_rate), "1 Gbps");
    EXPECT_EQ(text(117.6e6, bit_rate), "941 Mbps");
    EXPECT_EQ(text(312.5e6, bit_rate), "2.5 Gbps");
    EXPECT_EQ(text(5e9, bit_rate), "40 Gbps");
    EXPECT_EQ(text(84'100, time), "84.1 us");
}

TEST(RecommendationText, a_sentence_with_too_few_amounts_keeps_its_places) {
    EXPECT_EQ(recommendation_text({"r", {}, {}, "", "{} of {}", {{2, AmountStyle::count}}, ""}),
              "2 of {}");
    EXPECT_EQ(recommendation_text({"r", {}, {}, "", "none", {{2, AmountStyle::count}}, ""}),
              "none");
}

}  // namespace
}  // namespace assay::report
