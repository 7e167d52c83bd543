#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <regex>
#include <set>

#include "report/quantity.h"
#include "report/store/trend.h"
#include "report/store/trend_chart.h"
#include "tests/support/file_tree.h"
#include "tests/support/json_numbers.h"
#include "tests/support/trend_history.h"

namespace assay::store {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kHost = "db-01#1f3a9c02";

std::vector<Trend> trends_of_records(const std::vector<RunRecord>& records) {
    const test::FileTree tree;
    const auto store = open_sqlite_store(tree.root() / "history.db");
    EXPECT_TRUE(store) << store.error().message;
    for (const RunRecord& record : records)
        EXPECT_TRUE((*store)->add(record));
    return trends_of(**store, {.host = records.front().host}).value();
}

std::vector<Trend> example_trends() {
    std::vector<RunRecord> records;
    for (std::size_t index = 0; index < test::kTrendRuns; ++index)
        records.push_back(test::trend_record(index, kHost));
    return trends_of_records(records);
}

const Trend& find(const std::vector<Trend>& trends, std::string_view metric) {
    const auto found = std::ranges::find_if(
        trends, [&](const Trend& trend) { return trend.series.metric == metric; });
    EXPECT_NE(found, trends.end()) << metric;
    return *found;
}

const report::ChartLine* find(const report::Chart& chart, std::string_view name) {
    const auto line = std::ranges::find_if(
        chart.lines, [&](const report::ChartLine& each) { return each.name.starts_with(name); });
    return line == chart.lines.end() ? nullptr : &*line;
}

/// "21: 40.0 kop/s", a stroke's beginning with a bar before it.
std::vector<std::string> texts_of(const report::ChartLine& line) {
    std::vector<std::string> texts;
    for (const report::ChartPoint& point : line.points)
        texts.push_back((point.begins ? "|" : "") + point.x.text + ": " + point.y.text);
    return texts;
}

TEST(TrendChart, has_each_run_in_the_order_of_time_with_its_interval) {
    const std::vector<Trend> trends = example_trends();
    const Trend& trend = find(trends, "storage.random_read.iops");
    const report::Chart chart = chart_of(trend);
    const report::ChartLine* line = find(chart, "median of the run");
    ASSERT_NE(line, nullptr);
    ASSERT_EQ(line->points.size(), test::kTrendRuns);
    for (std::size_t index = 0; index < test::kTrendRuns; ++index) {
        const report::ChartPoint& point = line->points[index];
        EXPECT_EQ(point.x.text, std::to_string(index + 1));
        EXPECT_EQ(point.x.at, static_cast<double>(index));
        EXPECT_DOUBLE_EQ(point.y.at, test::with_noise(index < 20 ? 50'000 : 40'000, index));
        EXPECT_DOUBLE_EQ(point.low.value(), point.y.at * 0.99);
        EXPECT_DOUBLE_EQ(point.high.value(), point.y.at * 1.02);
    }
    EXPECT_FALSE(chart.y.begins_at_zero);
    EXPECT_EQ(chart.y.title, "iops (op/s)");
    EXPECT_EQ(chart.x.title, "number of the run, from 2026-09-01 to 2026-09-30");
}

TEST(TrendChart, shows_levels_band_and_drift_as_they_were_found) {
    const std::vector<Trend> trends = example_trends();
    const report::Chart levels = chart_of(find(trends, "storage.random_read.iops"));
    ASSERT_NE(find(levels, "median of each level"), nullptr);
    EXPECT_THAT(
        texts_of(*find(levels, "median of each level")),
        ElementsAre("|1: 50.0 kop/s", "20: 50.0 kop/s", "|21: 40.0 kop/s", "30: 40.0 kop/s"));
    EXPECT_EQ(find(levels, "band"), nullptr);

    const Trend& slid = find(trends, "network.tcp.bandwidth");
    const report::Chart drift = chart_of(slid);
    ASSERT_NE(find(drift, "drift"), nullptr);
    EXPECT_THAT(texts_of(*find(drift, "drift")), ElementsAre("|22: 104 MB/s", "30: 100 MB/s"));
    EXPECT_DOUBLE_EQ(find(drift, "drift")->points[0].y.at, 104.5e6);

    const Trend& left = find(trends, "storage.fsync.latency");
    const report::Chart band = chart_of(left);
    ASSERT_NE(find(band, "band"), nullptr);
    ASSERT_TRUE(left.found.band);
    const auto& points = find(band, "band")->points;
    ASSERT_EQ(points.size(), 4u);
    EXPECT_EQ(points[0].y.at, left.found.band->low);
    EXPECT_EQ(points[3].y.at, left.found.band->high);
    EXPECT_NEAR(points[0].y.at, 300'000 * 0.93, 3000) << "7 % of the median at least";

    EXPECT_EQ(chart_of(find(trends, "memory.bandwidth.read")).lines.size(), 1u);
    EXPECT_EQ(chart_of(find(trends, "cpu.sha_256.hash")).lines.size(), 1u) << "three runs";
}

TEST(TrendChart, flags_each_alarm_with_what_it_is_and_says_it) {
    const std::vector<Trend> trends = example_trends();
    const auto flags = [&](std::string_view metric) {
        std::vector<std::string> texts;
        for (const report::ChartFlag& flag : chart_of(find(trends, metric)).flags)
            texts.push_back(flag.x.text + (flag.kind == report::FlagKind::worse    ? " worse"
                                           : flag.kind == report::FlagKind::better ? " better"
                                                                                   : " changed"));
        return texts;
    };
    EXPECT_THAT(flags("storage.random_read.iops"), ElementsAre("21 worse"));
    EXPECT_THAT(flags("storage.random_read.latency"), ElementsAre("21 worse"));
    EXPECT_THAT(flags("cpu.zstd.compress"), ElementsAre("16 better"));
    EXPECT_THAT(flags("storage.fsync.written"), ElementsAre("11 changed"));
    EXPECT_THAT(flags("storage.fsync.latency"), ElementsAre("30 worse"));
    EXPECT_THAT(flags("network.tcp.bandwidth"), ElementsAre("30 worse"));
    EXPECT_THAT(flags("memory.bandwidth.read"), IsEmpty());
    EXPECT_THAT(chart_of(find(trends, "storage.random_read.iops")).flags[0].text,
                HasSubstr("from run 21 on 40.0 kop/s instead of 50.0 kop/s (-20 %"));
}

TEST(TrendChart, of_a_long_history_draws_the_newest_runs_and_says_so) {
    Trend trend;
    trend.series = {.host = kHost,
                    .metric = "cpu.clock.scalar",
                    .conditions = "",
                    .unit = Unit::hertz,
                    .better = Better::higher,
                    .points = {}};
    std::vector<double> values;
    for (std::int64_t run = 1; run <= 1000; ++run) {
        values.push_back(test::with_noise(run <= 700 ? 3e9 : 2e9, static_cast<std::size_t>(run)));
        trend.series.points.push_back({run, "2026-09-01T00:00:00Z", values.back(), {}, {}});
    }
    trend.found = score::find_degradation(values, trend.series.better);
    ASSERT_EQ(trend.found.changes.size(), 1u);
    trend.alarms.push_back({.what = "x",
                            .kind = score::ChangeKind::worse,
                            .before_run = 700,
                            .at_run = 701,
                            .at = "",
                            .environment = {}});
    const report::Chart chart = chart_of(trend);
    EXPECT_EQ(chart.lines[0].points.size(), 200u);
    EXPECT_EQ(chart.lines[0].points.front().x.text, "801");
    EXPECT_THAT(texts_of(chart.lines[1]), ElementsAre("|801: 2.00 GHz", "1000: 2.00 GHz"));
    EXPECT_THAT(chart.flags, IsEmpty()) << "its place is not drawn";
    EXPECT_THAT(chart.note, HasSubstr("Of 1000 runs the newest 200"));
}

/// What a reader sees or hears: texts and the words of pictures.
std::string visible_text(std::string html) {
    html.erase(html.find("<style>"), html.find("</style>") - html.find("<style>"));
    static const std::regex says(R"re(aria-label="([^"]*)")re"), tags(R"(<[^>]*>)");
    std::string text;
    for (std::sregex_iterator at(html.begin(), html.end(), says), end; at != end; ++at)
        text += at->str(1) + " ";
    return text + std::regex_replace(html, tags, " ");
}

std::set<std::string> number_words(const std::string& text) {
    static const std::regex number(R"(\d+(\.\d+)?)");
    std::set<std::string> words;
    for (std::sregex_iterator at(text.begin(), text.end(), number), end; at != end; ++at)
        words.insert(at->str());
    return words;
}

std::string words_of_json(const std::string& json) {
    std::string words = json;
    for (const double number : test::numbers_of_json(json)) {
        words += " " + report::percent(std::fabs(number));
        for (const Unit unit : {Unit::nanoseconds, Unit::bytes, Unit::bytes_per_second,
                                Unit::operations_per_second, Unit::hertz, Unit::ratio})
            words += " " + report::quantity(number, unit);
    }
    return words;
}

TEST(TrendHtml, shows_no_number_that_the_json_lacks) {
    const std::vector<Trend> trends = example_trends();
    const std::string html = trends_to_html(kHost, trends);
    std::set<std::string> allowed = number_words(words_of_json(trends_to_json(trends)));
    for (const Trend& trend : trends)
        allowed.insert(std::to_string(trend.series.points.size()));
    allowed.insert(std::to_string(trends.size()));
    allowed.insert({"39", "4", "1"});  // &#39;, and how many are worse and have too few runs
    const std::size_t method = html.find("<section class=\"method\"");
    ASSERT_NE(method, std::string::npos);
    const std::set<std::string> shown = number_words(visible_text(html.substr(0, method)));
    EXPECT_GT(shown.size(), 100u);
    for (const std::string& word : shown)
        EXPECT_TRUE(allowed.contains(word)) << "a number from nowhere: " << word;
}

std::size_t count_of(const std::string& text, const std::string& part) {
    std::size_t times = 0;
    for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; ++at)
        ++times;
    return times;
}

TEST(TrendHtml, has_a_chart_with_its_table_for_each_series_the_worse_first) {
    const std::vector<Trend> trends = example_trends();
    const std::string html = trends_to_html(kHost, trends);
    EXPECT_EQ(count_of(html, "role=\"img\""), trends.size());
    EXPECT_EQ(count_of(html, "<table class=\"points\">"), trends.size());
    std::size_t last = 0;
    for (const char* state : {"worse", "better", "changed", "steady", "too few runs"}) {
        const std::size_t at = html.find("<h3>" + std::string(state) + "</h3>");
        ASSERT_NE(at, std::string::npos) << state;
        EXPECT_GT(at, last) << state;
        last = at;
    }
}

TEST(TrendHtml, begins_with_whose_trends_they_are_and_of_which_time) {
    const std::string html = trends_to_html(kHost, example_trends());
    EXPECT_NE(html.find("<title>assay: trends of db-01#1f3a9c02</title>"), html.npos);
    EXPECT_NE(html.find("<dt>runs</dt><dd>2026-09-01T03:00:00Z to 2026-09-30T03:00:00Z</dd>"),
              html.npos);
    EXPECT_NE(html.find("<dt>worse</dt><dd>4</dd>"), html.npos);
}

TEST(TrendHtml, an_alarm_has_shape_word_sentence_and_what_changed_then) {
    const std::string html = trends_to_html(kHost, example_trends());
    EXPECT_EQ(count_of(html, "<span class=\"light bad\">worse</span> "), 4u);
    EXPECT_EQ(count_of(html, "<span class=\"light good\">better</span> from run 16 on"), 1u);
    EXPECT_EQ(count_of(html, "<span class=\"light changed\">changed</span> from run 11 on"), 1u);
    EXPECT_EQ(count_of(html, "class=\"flag bad\"/>"), 3 * 4u) << "line, shape, and in the list";
    const std::string plain = std::regex_replace(html, std::regex(" data-column=\"[^\"]*\""), "");
    EXPECT_THAT(plain, HasSubstr("<td>kernel.release</td><td>6.1.0</td><td>6.2.0</td>"));
    EXPECT_THAT(plain, HasSubstr("<td>storage.scheduler</td><td>mq-deadline</td><td>none</td>"));
    EXPECT_EQ(count_of(html, "kernel.release</td>"), 1u) << "once for two series";
    EXPECT_THAT(html, HasSubstr("no fact of the fingerprint changed"));
    EXPECT_THAT(html, Not(HasSubstr("boot_id")));
    EXPECT_THAT(html, HasSubstr("Flag at 21: worse."));
}

TEST(TrendHtml, hostile_texts_are_texts_and_the_page_stays_small) {
    const std::string evil =
        "</title><script>alert(1)</script>\"'&\x01\x1b[31m\xff" + std::string(5000, '"');
    std::vector<Trend> trends;
    const std::vector<Trend> once = example_trends();
    for (std::size_t copy = 0; copy < 40; ++copy)
        for (Trend trend : once) {
            trend.series.metric += evil;
            trend.series.conditions = evil;
            for (Alarm& alarm : trend.alarms)
                for (std::size_t each = 0; each < 20; ++each)
                    alarm.environment.push_back({evil, evil, evil});
            trends.push_back(std::move(trend));
        }
    const std::string html = trends_to_html(evil, trends);
    EXPECT_LT(html.size(), 1'000'000u);
    EXPECT_NE(html.find("assay history trend --format json"), html.npos);
    EXPECT_NE(html.find("role=\"img\""), html.npos);
    for (const char* word : {"<script", "\x1b", "\xff", "href=", "src=", "url(", "http:", "https:"})
        EXPECT_EQ(html.find(word), html.npos) << word;
}

TEST(TrendHtml, of_too_few_runs_says_so_and_is_not_good) {
    const std::vector<Trend> trends = trends_of_records({test::trend_record(29, kHost)});
    const std::string html = trends_to_html(kHost, trends);
    EXPECT_THAT(html, HasSubstr("<header class=\"absent\">"));
    EXPECT_THAT(html, HasSubstr("<dt>too few runs</dt><dd>9</dd>"));
    EXPECT_THAT(html, Not(HasSubstr("role=\"img\""))) << "one run is no line";
    EXPECT_EQ(document_of_trends(kHost, example_trends()).mark, report::Mark::bad);
}

TEST(TrendRedaction, a_partner_reads_numbers_and_technical_words_but_no_name) {
    std::vector<RunRecord> records;
    for (std::size_t index = 0; index < test::kTrendRuns; ++index) {
        RunRecord record = test::trend_record(index, "wombat#1f3a9c02");
        for (Median& median : record.medians)
            median.conditions =
                "block_bytes=1048576 device=wombat disk 7 mount=/srv/wombat profile=quick";
        if (index >= 20)
            record.facts.push_back({"network.wombat if.address[0]", "10.0.0.9"});
        record.facts.push_back({"storage.devices[0].serial", index < 20 ? "S7Q" : "S8Q"});
        records.push_back(std::move(record));
    }
    std::vector<Trend> trends = trends_of_records(records);
    const report::Redactor redactor(report::Redaction::partner, [](std::string_view name) {
        return "id-" + std::to_string(name.size());
    });
    hide_names(trends, redactor);
    EXPECT_EQ(trends.front().series.host, "id-15");
    EXPECT_EQ(trends.front().series.conditions,
              "block_bytes=1048576 device=id-13 mount=id-11 profile=quick");
    EXPECT_THAT(
        find(trends, "storage.random_read.iops").alarms.at(0).environment,
        ElementsAre(report::EnvironmentChange{"kernel.release", "6.1.0", "6.2.0"},
                    report::EnvironmentChange{"network.id-9.address[0]", "-", "id-8"},
                    report::EnvironmentChange{"storage.devices[0].serial", "id-3", "id-3"}));
    const std::string host = trends.front().series.host;
    for (const std::string& text : {trends_to_html(host, trends), trends_to_json(trends)}) {
        for (const char* name : {"wombat", "10.0.0.9", "S7Q", "S8Q", "/srv"})
            EXPECT_EQ(text.find(name), text.npos) << name;
        EXPECT_NE(text.find("from run 21 on 40.0 kop/s instead of 50.0 kop/s"), text.npos);
        EXPECT_NE(text.find("partner"), text.npos) << "it says that it is a copy";
    }
}

}  // namespace
}  // namespace assay::store
