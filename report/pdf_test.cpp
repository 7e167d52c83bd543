#include "report/pdf.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "engine/score/compare.h"
#include "report/exact.h"
#include "report/json_writer.h"
#include "report/quantity.h"
#include "tests/support/document_words.h"
#include "tests/support/example_run.h"
#include "tests/support/full_run.h"
#include "tests/support/pdf_words.h"

/// What poppler and qpdf, which are not ours, find in the file.
namespace assay::report {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr double kMargin = 42;

Run target() {
    assay::Run run = test::full_run();
    run.label = "dr-01";
    for (const char* metric :
         {"storage.random_read.iops", "storage.random_write.iops", "storage.mixed.iops"})
        test::scale_metric(run, metric, 0.1);
    test::scale_metric(run, "cpu.flops.double", 0.7);
    return run;
}

PdfReport judged() {
    const assay::Run source = test::full_run(), other = target();
    return pdf_report_of(source, other, score::compare(source, other, score::default_policy()));
}

class Pdf : public testing::Test {
  protected:
    void SetUp() override {
        if (!test::has_pdf_tools())
            GTEST_SKIP() << "poppler-utils and qpdf are not installed";
    }
    std::string bytes(const PdfReport& report) {
        const auto pdf = to_pdf(report);
        EXPECT_TRUE(pdf) << (pdf ? "" : pdf.error().message);
        return pdf ? *pdf : "";
    }
};

std::set<std::string> as_set(const std::multiset<std::string>& words) {
    return {words.begin(), words.end()};
}

std::vector<std::string> difference(const std::set<std::string>& left,
                                    const std::set<std::string>& right) {
    std::vector<std::string> words;
    std::ranges::set_difference(left, right, std::back_inserter(words));
    return words;
}

/// Every number of the document is on the pages, as often at least (a head is repeated on each
/// page), and no other is.
void expect_the_numbers_of(const PdfReport& report, const std::string& pdf) {
    const auto wanted = test::number_words(test::words_of(report));
    const auto found = test::number_words(test::text_of_pdf(pdf));
    EXPECT_THAT(difference(as_set(found), as_set(wanted)), IsEmpty()) << "more on the pages";
    EXPECT_THAT(difference(as_set(wanted), as_set(found)), IsEmpty()) << "missing on the pages";
    EXPECT_TRUE(std::ranges::includes(found, wanted));
    EXPECT_GT(found.size(), 50u);
}

TEST_F(Pdf, has_the_numbers_of_its_document_and_no_others) {
    expect_the_numbers_of(judged(), bytes(judged()));
    const PdfReport run = pdf_report_of(test::full_run());
    expect_the_numbers_of(run, bytes(run));
}

TEST_F(Pdf, has_no_number_in_its_annex_that_the_json_lacks) {
    const assay::Run run = test::full_run();
    const std::string json = run_to_json(run);
    auto known = test::number_words(json);
    for (const ProbeResult& probe : run.probes)
        for (const Measurement& measurement : probe.measurements)
            for (const NamedNumber& number : statistics_of(measurement))
                known.merge(test::number_words(quantity(number.value, measurement.unit)));
    std::string words;
    for (const Section& section : pdf_report_of(run).annex)
        for (const Row& row : section.rows)
            for (const std::string& cell : row.cells)
                words += cell + "\n";
    const auto found = test::number_words(words);
    EXPECT_GT(found.size(), 200u);
    // What a list's place adds ("numa.nodes[0]") is counted from 0 in the document, too.
    EXPECT_THAT(difference(as_set(found), as_set(known)), IsEmpty());
}

TEST_F(Pdf, is_the_same_bytes_each_time_and_dated_by_its_document) {
    const std::string first = bytes(judged());
    EXPECT_EQ(bytes(judged()), first);
    EXPECT_THAT(first, HasSubstr("/CreationDate (20251120093000Z)"));
    PdfReport undated = judged();
    undated.dated = "yesterday";
    EXPECT_THAT(bytes(undated), Not(HasSubstr("/CreationDate")));
}

TEST_F(Pdf, is_sound_small_and_brings_its_fonts) {
    for (const PdfReport& report : {judged(), pdf_report_of(test::full_run())}) {
        const std::string pdf = bytes(report);
        EXPECT_LE(pdf.size(), 500'000u);
        const test::Checked checked = test::checked_pdf(pdf);
        EXPECT_EQ(checked.qpdf_status, 0) << checked.qpdf;
        EXPECT_GE(checked.fonts, 1u);
        EXPECT_EQ(checked.fonts_not_embedded, 0u);
        EXPECT_EQ(checked.pictures, 0u) << "pixels";
    }
}

TEST_F(Pdf, says_on_its_first_page_what_is_decided_and_what_to_buy) {
    const PdfReport report = judged();
    const std::string page = test::text_of_pdf(bytes(report), 1);
    EXPECT_THAT(page, HasSubstr(report.document.title));
    for (const char* category : {"cpu", "memory", "storage", "network"})
        EXPECT_THAT(page, HasSubstr(category));
    EXPECT_THAT(page, HasSubstr("because"));
    const auto upgrades = std::ranges::find(report.document.sections,
                                            std::string("Required Upgrades"), &Section::title);
    ASSERT_NE(upgrades, report.document.sections.end());
    EXPECT_THAT(page, HasSubstr("Required Upgrades"));
    EXPECT_THAT(page, Not(HasSubstr("conditions"))) << "the detail begins on the next page";
}

/// No word leaves the page's margins, and none lies on another.
void expect_order(const std::string& pdf) {
    const auto words = test::placed_words(pdf);
    EXPECT_GT(words.size(), 30u);
    for (const test::PlacedWord& word : words) {
        EXPECT_GE(word.left, kMargin - 1) << word.text;
        EXPECT_LE(word.right, word.page_width - kMargin + 1) << word.text;
        EXPECT_LE(word.bottom, word.page_height - kMargin / 3) << word.text;
    }
    for (std::size_t first = 0; first < words.size(); ++first)
        for (std::size_t second = first + 1;
             second < words.size() && words[second].page == words[first].page; ++second) {
            const test::PlacedWord &one = words[first], &other = words[second];
            // A line's box is taller than its letters.
            const double across = std::min(one.right, other.right) - std::max(one.left, other.left);
            const double down = std::min(one.bottom, other.bottom) - std::max(one.top, other.top);
            EXPECT_FALSE(across > 1 && down > 3) << one.text << " lies on " << other.text;
        }
}

TEST_F(Pdf, keeps_its_words_inside_the_page_and_apart) {
    expect_order(bytes(judged()));
    expect_order(bytes(pdf_report_of(test::full_run())));
}

TEST_F(Pdf, keeps_a_number_and_its_unit_on_one_line_beside_long_conditions) {
    assay::Run run = test::full_run();
    for (ProbeResult& probe : run.probes)
        for (Measurement& measurement : probe.measurements)
            measurement.conditions.push_back(
                {"target_of_the_probe", Value("a_word_that_is_as_long_as_a_path_can_be_here")});
    const std::vector<test::PlacedWord> words = test::placed_words(bytes(pdf_report_of(run)));
    std::size_t count = 0;
    for (const test::PlacedWord& unit : words) {
        if (unit.text != "us" && unit.text != "ns" && unit.text != "ms")
            continue;
        ++count;
        EXPECT_TRUE(std::ranges::any_of(words,
                                        [&](const test::PlacedWord& number) {
                                            return number.page == unit.page &&
                                                   std::fabs(number.top - unit.top) < 1 &&
                                                   number.right <= unit.left &&
                                                   unit.left - number.right < 6;
                                        }))
            << unit.text << " alone on page " << unit.page;
    }
    EXPECT_GT(count, 40u);
}

TEST_F(Pdf, repeats_the_head_of_a_table_that_goes_on_and_numbers_its_pages) {
    PdfReport report;
    report.document.title = "long";
    Section section;
    section.title = "many";
    section.columns = {{"first column", false}, {"second column", true}};
    for (int index = 0; index < 150; ++index)
        section.rows.push_back({{"row", std::to_string(index)}, "", Mark::none, {}});
    report.document.sections = {section};
    const std::string pdf = bytes(report);
    for (int page = 1; page <= 3; ++page) {
        const std::string text = test::whole_text_of_pdf(pdf, page);
        EXPECT_THAT(text, HasSubstr("first column")) << page;
        EXPECT_THAT(text, HasSubstr("page " + std::to_string(page) + " of 3")) << page;
    }
    expect_order(pdf);
}

TEST_F(Pdf, takes_any_text) {
    PdfReport report = judged();
    const std::string word(10'000'000, 'w');
    std::string marks = "z";
    for (int index = 0; index < 2000; ++index)
        marks += "\u0301";
    const std::vector<std::string> hostile{std::string("nul\0byte\x01\x1b[31m\x7f", 16),
                                           word,
                                           "\xff\xfe broken \xc3",
                                           "\u05e9\u05dc\u05d5\u05dd right to left \u0627\u0644",
                                           "\u202eturned\u2066",
                                           "\u4e2d\u6587 \U0001f600",
                                           marks,
                                           std::string(100'000, '\n'),
                                           "<b>&amp;</b> \\(\\)"};
    for (std::size_t index = 0; index < hostile.size(); ++index) {
        report.document.title = hostile[index];
        report.document.facts.push_back({hostile[index], hostile[index]});
        report.document.notes.push_back({Mark::bad, hostile[index], hostile[index]});
        Section section;
        section.title = hostile[index];
        section.columns = {{hostile[index], false}, {"x", true}, {hostile[index], false}};
        section.rows.push_back(
            {{hostile[index], hostile[index], hostile[index]}, "", Mark::bad, {}});
        section.rows.push_back({{hostile[index]}, hostile[index], Mark::bad, 1e300});
        report.document.sections.push_back(section);
    }
    const std::string pdf = bytes(report);
    EXPECT_LE(pdf.size(), 500'000u);
    EXPECT_EQ(test::checked_pdf(pdf).qpdf_status, 0);
    const std::string text = test::text_of_pdf(pdf);
    EXPECT_THAT(text, HasSubstr("\\x1b[31m"));
    EXPECT_THAT(text, HasSubstr("\\u202eturned"));
    for (const test::PlacedWord& placed : test::placed_words(pdf))
        EXPECT_LE(placed.right, placed.page_width - kMargin + 1) << placed.text.substr(0, 40);
}

}  // namespace
}  // namespace assay::report
