#include "probes/storage/settings.h"

#include <gtest/gtest.h>

#include <set>

namespace assay::storage {
namespace {

using Values = std::map<std::string, std::string, std::less<>>;

Request request_with(Values values, Extent extent = Extent::quick) {
    Request request;
    request.values = std::move(values);
    request.budget = std::chrono::minutes(5);
    request.extent = extent;
    request.most_rounds = 10;
    return request;
}

Expected<Settings> settings_with(Values values, const AccessStyle& style = kRandomReadStyle) {
    return settings_of(request_with(std::move(values)), style);
}

std::string names_of(const Settings& settings) {
    std::string names;
    for (const AccessCase& each : settings.cases)
        names += each.name() + "; ";
    return names;
}

TEST(StorageSettings, of_random_reads_by_default) {
    const auto settings = settings_with({});
    ASSERT_TRUE(settings);
    EXPECT_EQ(settings->target, TargetKind::file);
    EXPECT_EQ(settings->path, ".");
    EXPECT_EQ(names_of(*settings), "depth 1; depth 32, peak; depth 32; ");
    EXPECT_EQ(settings->largest_block(), 4096u);
    EXPECT_EQ(settings->arena_bytes(), 32u * 4096);
    EXPECT_EQ(settings->threads, 1u);
    EXPECT_EQ(settings->size_bytes, 1073741824u);
    EXPECT_FALSE(settings->size_given);
    EXPECT_EQ(settings->engine, EngineChoice::automatic);
    EXPECT_EQ(settings->written_bytes(), 0u);
}

TEST(StorageSettings, of_each_style_have_cases_of_different_names_in_every_extent) {
    for (const AccessStyle* style :
         {&kRandomReadStyle, &kRandomWriteStyle, &kMixedStyle, &kSequentialReadStyle,
          &kSequentialWriteStyle, &kLoadCurveStyle}) {
        std::size_t before = 0;
        for (const Extent extent : {Extent::smoke, Extent::quick, Extent::standard, Extent::deep}) {
            const auto settings = settings_of(request_with({}, extent), *style);
            ASSERT_TRUE(settings) << style->id << ": " << settings.error().message;
            std::set<std::string> names;
            for (const AccessCase& each : settings->cases)
                EXPECT_TRUE(names.insert(each.name()).second) << style->id << " " << each.name();
            EXPECT_GE(names.size(), std::max<std::size_t>(1, before));
            before = names.size();
        }
    }
}

TEST(StorageSettings, write_a_smaller_file_when_the_budget_is_short) {
    Request request = request_with({});
    request.budget = std::chrono::seconds(20);
    EXPECT_EQ(settings_of(request, kRandomReadStyle)->size_bytes, 268435456u);
    request.values = {{"size", "2g"}};
    EXPECT_EQ(settings_of(request, kRandomReadStyle)->size_bytes, 2147483648u);
}

TEST(StorageSettings, take_what_is_given_and_measure_only_that) {
    const auto settings = settings_with({{"device", "/dev/x"},
                                         {"block", "512"},
                                         {"depth", "7"},
                                         {"mode", "peak"},
                                         {"threads", "3"},
                                         {"engine", "sync"}});
    ASSERT_TRUE(settings);
    EXPECT_EQ(settings->target, TargetKind::device);
    EXPECT_EQ(settings->path, "/dev/x");
    ASSERT_EQ(settings->cases.size(), 1u);
    EXPECT_EQ(settings->cases[0], (AccessCase{512, 7, Batching::peak, 0, 1}));
    EXPECT_EQ(settings->engine, EngineChoice::sync);
}

TEST(StorageSettings, with_only_a_block_keep_the_depths_of_the_style) {
    const auto settings = settings_with({{"block", "8k"}});
    ASSERT_TRUE(settings);
    EXPECT_EQ(names_of(*settings), "8 KiB, depth 1; 8 KiB, depth 32, peak; 8 KiB, depth 32; ");
}

TEST(StorageSettings, with_a_rate_are_an_open_loop) {
    const auto settings = settings_with({{"rate", "10000"}});
    ASSERT_TRUE(settings);
    ASSERT_EQ(settings->cases.size(), 1u);
    EXPECT_EQ(settings->cases[0].rate, 10'000u);
    EXPECT_EQ(settings->cases[0].depth, 1024u);
    const auto curve = settings_with({{"depth", "64"}}, kLoadCurveStyle);
    ASSERT_TRUE(curve);
    EXPECT_GT(curve->cases.size(), 1u);
    EXPECT_EQ(curve->cases[0].depth, 64u);
}

TEST(StorageSettings, bound_what_all_rounds_write_together) {
    const auto settings = settings_with({{"write-limit", "1g"}}, kRandomWriteStyle);
    ASSERT_TRUE(settings);
    EXPECT_EQ(settings->written_bytes(), settings->cases.size() * 10 * kGiB);
}

TEST(StorageSettings, cut_the_size_to_whole_blocks) {
    EXPECT_EQ(settings_with({{"size", "10000"}})->size_bytes, 8192u);
}

TEST(StorageSettings, refuse_with_the_name_of_the_flag_that_is_off) {
    const std::vector<std::pair<Values, std::string>> bad{
        {{{"block", "4095"}}, "--block"},
        {{{"block", "32m"}}, "--block"},
        {{{"block", "x"}}, "--block"},
        {{{"depth", "0"}}, "--depth"},
        {{{"depth", "4097"}}, "--depth"},
        {{{"threads", "257"}}, "--threads"},
        {{{"size", "4095"}}, "--size"},
        {{{"engine", "libaio"}}, "--engine"},
        {{{"mode", "both"}}, "--mode"},
        {{{"polling", "yes"}}, "--polling"},
        {{{"polling", "iopoll"}, {"engine", "sync"}}, "--polling"},
        {{{"rate", "10"}, {"mode", "peak"}}, "--rate"},
        {{{"rate", "10"}, {"engine", "sync"}}, "--rate"},
        {{{"rate", "1000000000000"}}, "--rate"},
        {{{"engine", "sync"}, {"depth", "513"}, {"threads", "2"}}, "--engine"},
        {{{"path", "."}, {"device", "/dev/x"}}, "--device"},
        {{{"device", "/dev/x"}}, "--destroy-data"},
        {{{"destroy-data", "S1"}}, "--destroy-data"},
        {{{"integrity", "true"}}, "--integrity"},
        {{{"integrity", "true"}, {"depth", "32"}, {"size", "256k"}}, "--integrity"},
    };
    for (const auto& [values, flag] : bad) {
        const auto settings = settings_with(values, kRandomWriteStyle);
        ASSERT_FALSE(settings) << flag << " " << values.begin()->second;
        EXPECT_EQ(settings.error().kind, ErrorKind::usage);
        EXPECT_NE(settings.error().message.find(flag), std::string::npos)
            << settings.error().message;
    }
}

}  // namespace
}  // namespace assay::storage
