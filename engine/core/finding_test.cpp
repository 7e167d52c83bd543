#include "engine/core/finding.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace assay {
namespace {

TEST(Finding, ids_are_snake_case_and_unique) {
    std::set<std::string_view> ids;
    for (const FindingKind& kind : finding_kinds()) {
        EXPECT_TRUE(ids.insert(kind.id).second) << kind.id;
        EXPECT_THAT(std::string(kind.id), testing::MatchesRegex("[a-z]+(_[a-z0-9]+)*"));
    }
    EXPECT_FALSE(ids.empty());
}

TEST(Finding, every_kind_has_a_meaning_and_advice_in_whole_sentences) {
    for (const FindingKind& kind : finding_kinds()) {
        for (const std::string_view text : {kind.meaning, kind.advice}) {
            EXPECT_GT(text.size(), 10u) << kind.id;
            EXPECT_TRUE(text.ends_with('.')) << kind.id;
            EXPECT_EQ(text.find("  "), std::string_view::npos) << kind.id;
        }
    }
}

TEST(Finding, takes_severity_and_advice_from_the_list) {
    const Finding finding = make_finding("steal", "4 % of the round");
    EXPECT_EQ(finding.id, "steal");
    EXPECT_EQ(finding.severity, Severity::invalid);
    EXPECT_EQ(finding.message, "4 % of the round");
    EXPECT_THAT(finding.advice, testing::HasSubstr("reserve CPUs"));
    EXPECT_EQ(make_finding("cgroup_quota", "").severity, Severity::warning);
}

TEST(FindingDeathTest, an_id_outside_the_list_is_our_bug) {
    EXPECT_DEATH(make_finding("no_such_finding", ""), "no_such_finding");
}

TEST(Finding, severities_have_names_and_back) {
    for (const Severity severity : {Severity::info, Severity::warning, Severity::invalid})
        EXPECT_EQ(severity_of_name(name_of(severity)), severity);
    EXPECT_EQ(name_of(Severity::invalid), "invalid");
    EXPECT_EQ(severity_of_name("error"), std::nullopt);
}

}  // namespace
}  // namespace assay
