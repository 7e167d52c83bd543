#include "report/run_charts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "report/chart_scale.h"
#include "report/json_writer.h"
#include "report/quantity.h"
#include "report/svg_chart.h"
#include "tests/support/deep_run.h"
#include "tests/support/example_run.h"
#include "tests/support/full_run.h"
#include "tests/support/json_numbers.h"

namespace assay::report {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const Chart* find(const std::vector<Chart>& charts, std::string_view title) {
    const auto found = std::ranges::find_if(
        charts, [&](const Chart& chart) { return chart.title.starts_with(title); });
    return found == charts.end() ? nullptr : &*found;
}

std::vector<std::string> xs_of(const ChartLine& line) {
    std::vector<std::string> texts;
    for (const ChartPoint& point : line.points)
        texts.push_back(point.x.text);
    return texts;
}

std::set<double> numbers_of(const assay::Run& run) {
    const test::JsonNumbers all = test::numbers_of_json(run_to_json(run));
    return {all.begin(), all.end()};
}

/// Whether the text is one of the numbers, in some unit, rounded for people.
std::set<std::string> texts_of(const std::set<double>& numbers) {
    std::set<std::string> texts;
    for (const double number : numbers)
        for (const Unit unit : {Unit::nanoseconds, Unit::operations_per_second,
                                Unit::bytes_per_second, Unit::ratio, Unit::count}) {
            texts.insert(quantity(number, unit));
            if (number >= 0 && number < 0x1p63)
                texts.insert(byte_size(static_cast<std::uint64_t>(number)));
        }
    return texts;
}

void expect_only_numbers_of(const std::vector<Chart>& charts, const std::set<double>& numbers) {
    const std::set<std::string> texts = texts_of(numbers);
    std::size_t count = 0;
    for (const Chart& chart : charts)
        for (const ChartLine& line : chart.lines)
            for (const ChartPoint& point : line.points) {
                ++count;
                if (chart.form == ChartForm::steps) {
                    EXPECT_TRUE(numbers.contains(point.x.at)) << chart.title;
                    EXPECT_TRUE(numbers.contains(point.from->at)) << chart.title;
                    EXPECT_TRUE(texts.contains(point.x.text)) << chart.title << point.x.text;
                    continue;
                }
                EXPECT_TRUE(numbers.contains(point.y.at)) << chart.title << " " << point.y.text;
                EXPECT_TRUE(texts.contains(point.y.text)) << chart.title << " " << point.y.text;
                for (const auto& bound : {point.low, point.high})
                    EXPECT_TRUE(!bound || numbers.contains(*bound)) << chart.title;
                const bool is_name = point.x.text.starts_with("p") || point.x.text == "max" ||
                                     point.x.text.find('/') != std::string::npos;
                EXPECT_TRUE(is_name || numbers.contains(point.x.at)) << chart.title;
                EXPECT_TRUE(is_name || texts.contains(point.x.text)) << chart.title;
            }
    EXPECT_GT(count, 500u);
}

TEST(RunCharts, every_number_is_one_of_the_result_file) {
    const assay::Run source = test::deep_run(), target = test::deep_run(1.3);
    std::set<double> numbers = numbers_of(source);
    expect_only_numbers_of(charts_of(source), numbers);
    numbers.merge(numbers_of(target));
    expect_only_numbers_of(charts_of(source, target), numbers);
}

TEST(RunCharts, a_sweep_is_one_line_in_the_order_of_what_was_varied) {
    const auto charts = charts_of(test::deep_run());
    const Chart* depth = find(charts, "storage.random_read.iops by depth");
    ASSERT_NE(depth, nullptr);
    ASSERT_EQ(depth->lines.size(), 1u) << "one at depth 32 alone, peak, is no line";
    EXPECT_THAT(xs_of(depth->lines[0]), ElementsAre("1", "2", "4", "8", "16", "32", "64", "128"));
    EXPECT_EQ(depth->y.title, "iops (op/s)");
    EXPECT_TRUE(depth->x.is_log);
    const Chart* block = find(charts, "storage.random_read.iops by block");
    ASSERT_NE(block, nullptr);
    EXPECT_THAT(xs_of(block->lines[0]),
                ElementsAre("4 KiB", "8 KiB", "16 KiB", "64 KiB", "256 KiB"));
    const Chart* threads = find(charts, "cpu.scaling.efficiency by threads");
    ASSERT_NE(threads, nullptr);
    EXPECT_THAT(xs_of(threads->lines[0]), ElementsAre("1", "2", "4", "8", "16"));
    EXPECT_FALSE(threads->y.is_log) << "a share is read from 0";
    const Chart* load = find(charts, "storage.load_curve.response by rate");
    ASSERT_NE(load, nullptr);
    ASSERT_EQ(load->lines.size(), 2u) << "p50 and p99; the depth follows the rate";
    EXPECT_EQ(load->lines[0].points.size(), 11u);
    EXPECT_TRUE(load->y.is_log);
}

TEST(RunCharts, loaded_latency_stands_over_the_bandwidth_that_was_found) {
    const assay::Run run = test::deep_run();
    const auto charts = charts_of(run);
    const Chart* chart = find(charts, "memory.loaded_latency.latency by load");
    ASSERT_NE(chart, nullptr);
    ASSERT_EQ(chart->lines.size(), 6u) << "three read shares, p50 and p99 each";
    EXPECT_EQ(chart->lines[0].points.size(), 12u);
    const ProbeResult* probe = run.probe("memory.loaded_latency");
    EXPECT_EQ(chart->lines[0].points[5].x.at, *probe->measurements[11].summary.median);
    EXPECT_EQ(chart->lines[0].points[5].y.at, *probe->measurements[10].percentiles->values[0]);
}

TEST(RunCharts, no_two_lines_of_a_picture_have_one_name) {
    for (const Chart& chart : charts_of(test::deep_run())) {
        std::set<std::string> names;
        for (const ChartLine& line : chart.lines)
            EXPECT_TRUE(names.insert(line.name).second) << chart.title << ": " << line.name;
    }
    const auto charts = charts_of(test::deep_run());
    const Chart* loaded = find(charts, "memory.loaded_latency.latency: percentiles");
    ASSERT_NE(loaded, nullptr);
    EXPECT_THAT(loaded->lines[1].name, HasSubstr("load_percent=10"));
}

TEST(RunCharts, percentiles_and_their_histogram_leave_out_what_the_sample_cannot_carry) {
    assay::Run run = test::example_run();
    Measurement& measurement = test::probe_of(run, "storage.random_read").measurements[1];
    const auto charts = charts_of(run);
    const Chart* percentiles = find(charts, "storage.random_read.latency: percentiles");
    ASSERT_NE(percentiles, nullptr);
    EXPECT_THAT(xs_of(percentiles->lines[0]),
                ElementsAre("p50", "p75", "p90", "p95", "p99", "p99.9", "max"));
    EXPECT_NEAR(percentiles->lines[0].points[4].x.at, 2, 1e-9) << "one in a hundred is slower";
    const Chart* histogram = find(charts, "storage.random_read.latency: histogram");
    ASSERT_NE(histogram, nullptr);
    double whole = 0;
    for (const ChartPoint& point : histogram->lines[0].points)
        whole += point.y.at * std::log10(point.x.at / point.from->at);
    EXPECT_NEAR(whole, 1, 1e-9) << "the areas are all operations";
    EXPECT_EQ(histogram->lines[0].points.front().from->at, *measurement.percentiles->min);
    measurement.percentiles->values = {};
    test::probe_of(run, "storage.random_read").measurements[3].percentiles.reset();
    EXPECT_EQ(find(charts_of(run), "storage.random_read.latency"), nullptr);
}

TEST(RunCharts, a_long_series_keeps_its_lowest_and_highest_and_says_so) {
    assay::Run run = test::deep_run();
    auto& series = test::probe_of(run, "storage.random_read").measurements[1].series;
    series[7].points[13].per_second = 1;
    series[9].points[3].per_second = 9e6;
    const auto charts = charts_of(run);
    const Chart* chart = find(charts, "storage.random_read.latency: operations a second");
    ASSERT_NE(chart, nullptr);
    EXPECT_LE(chart->lines[0].points.size(), 160u);
    EXPECT_THAT(chart->note, HasSubstr("Of 420 points"));
    std::vector<std::string> extremes;
    for (const ChartPoint& point : chart->lines[0].points)
        if (point.y.at == 1 || point.y.at == 9e6)
            extremes.push_back(point.x.text + " " + point.y.text);
    EXPECT_THAT(extremes, ElementsAre("8/14 1.00 op/s", "10/4 9.00 Mop/s"));
    EXPECT_EQ(std::ranges::count_if(chart->lines[0].points, &ChartPoint::begins), 15)
        << "nothing is drawn between rounds";
}

TEST(RunCharts, two_hosts_share_a_picture_only_where_they_were_asked_the_same) {
    const assay::Run source = test::deep_run();
    assay::Run target = test::deep_run(1.3);
    const auto charts = charts_of(source, target);
    const Chart* depth = find(charts, "storage.random_read.iops by depth");
    ASSERT_NE(depth, nullptr);
    ASSERT_EQ(depth->lines.size(), 2u);
    EXPECT_EQ(depth->lines[0].name, "source");
    EXPECT_EQ(depth->lines[1].name, "target");
    EXPECT_EQ(depth->lines[1].side, ChartSide::target);
    EXPECT_GT(depth->lines[0].points[0].y.at, depth->lines[1].points[0].y.at);
    for (Measurement& measurement : test::probe_of(target, "storage.random_read").measurements)
        for (Condition& condition : measurement.conditions)
            if (condition.name == "engine")
                condition.value = "sync";
    EXPECT_EQ(find(charts_of(source, target), "storage.random_read"), nullptr);
    EXPECT_NE(find(charts_of(source, target), "storage.random_write"), nullptr);
    EXPECT_TRUE(charts_of(source, test::example_run()).size() < charts.size());
}

TEST(ChartScale, labels_are_values_that_do_not_overlap) {
    const ChartScale scale({1, 2, 4, 1000}, true, std::nullopt);
    EXPECT_LT(scale.place(1), 0.05);
    EXPECT_GT(scale.place(1000), 0.95);
    EXPECT_NEAR(scale.place(31.6), 0.5, 0.01);
    const auto labels =
        axis_labels(scale, {{1, "1"}, {1.01, "1.01"}, {30, "30"}, {1000, "1000"}}, 0.1, 0);
    std::set<std::string> texts;
    for (const AxisLabel& label : labels)
        texts.insert(label.text);
    EXPECT_EQ(texts, (std::set<std::string>{"1", "30", "1000"}));
    EXPECT_EQ(ChartScale({5, 5}, false, 0.0).place(0), 0);
    EXPECT_NEAR(ChartScale({5}, true, std::nullopt).place(5), 0.5, 1e-9);
}

TEST(SvgChart, says_in_words_what_it_shows_and_escapes_them) {
    Chart chart;
    chart.title = "<script>\"";
    chart.lines = {
        {"p50", ChartSide::only, {{{1, "1"}, {10, "10 ns"}}, {{2, "2"}, {30, "30 ns"}}}}};
    const std::string svg = chart_svg(chart);
    EXPECT_THAT(svg, HasSubstr("role=\"img\""));
    EXPECT_THAT(svg, HasSubstr("p50: from 10 ns at 1 to 30 ns at 2."));
    EXPECT_THAT(svg, testing::Not(HasSubstr("<script")));
    EXPECT_EQ(chart_svg({}), "");
}

}  // namespace
}  // namespace assay::report
