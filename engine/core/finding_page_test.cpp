#include "engine/core/finding_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "engine/core/finding.h"

namespace assay {
namespace {

/// A text's sentences, cut at ". ", "? " and ": " would be too fine: only full stops count.
std::vector<std::string> sentences_of(std::string_view text) {
    std::vector<std::string> sentences;
    while (!text.empty()) {
        const std::size_t stop = text.find(". ");
        const std::size_t end = stop == std::string_view::npos ? text.size() : stop + 1;
        sentences.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(text.size(), end + 1));
    }
    return sentences;
}

TEST(FindingPage, every_finding_has_a_page) {
    std::string missing;
    for (const FindingKind& kind : finding_kinds())
        if (finding_page(kind.id) == nullptr)
            missing += " " + std::string(kind.id);
    EXPECT_EQ(missing, "") << "These findings have no page: write one in the table of their room "
                              "(engine/core/finding_pages_ROOM.cpp), by hand.";
}

TEST(FindingPage, every_page_belongs_to_one_finding) {
    std::set<std::string_view> seen, known;
    for (const FindingKind& kind : finding_kinds())
        known.insert(kind.id);
    for (const FindingPage& page : finding_pages()) {
        EXPECT_TRUE(seen.insert(page.id).second) << page.id << " has two pages";
        EXPECT_TRUE(known.contains(page.id)) << page.id << " is no finding";
    }
}

TEST(FindingPage, says_each_thing_in_whole_sentences) {
    for (const FindingPage& page : finding_pages())
        for (const std::string_view text : {page.means, page.detected, page.remedy}) {
            EXPECT_GE(text.size(), 60u) << page.id << ": " << text;
            EXPECT_TRUE(text.ends_with('.')) << page.id << ": " << text;
            EXPECT_EQ(text.find("  "), std::string_view::npos) << page.id << ": " << text;
        }
}

TEST(FindingPage, says_nothing_that_another_page_or_the_list_says) {
    std::map<std::string, std::string> said;
    for (const FindingKind& kind : finding_kinds())
        for (const std::string_view text : {kind.meaning, kind.advice})
            for (const std::string& sentence : sentences_of(text))
                said.emplace(sentence, "the list of findings");
    for (const FindingPage& page : finding_pages())
        for (const std::string_view text : {page.means, page.detected, page.remedy})
            for (const std::string& sentence : sentences_of(text)) {
                const auto [other, is_new] = said.emplace(sentence, page.id);
                EXPECT_TRUE(is_new)
                    << page.id << " says what " << other->second << " says: " << sentence;
            }
}

// A limit is a number, or a name that one can look up: a file, a counter, an option.
TEST(FindingPage, names_the_limit_or_the_place_where_it_was_read) {
    for (const FindingPage& page : finding_pages())
        EXPECT_TRUE(
            std::ranges::any_of(page.detected, [](char c) { return c >= '0' && c <= '9'; }) ||
            page.detected.find_first_of("/_*`(") != std::string_view::npos)
            << page.id << ": " << page.detected;
}

TEST(FindingPage, an_unknown_id_has_no_page) {
    EXPECT_EQ(finding_page("no_such_finding"), nullptr);
}

}  // namespace
}  // namespace assay
