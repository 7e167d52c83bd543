#include "probes/storage/settings.h"

#include <gtest/gtest.h>

namespace assay::storage {
namespace {

Expected<Settings> settings_with(
    std::initializer_list<std::pair<const std::string, std::string>> values,
    std::chrono::nanoseconds budget = std::chrono::minutes(5)) {
    Request request;
    request.values.insert(values.begin(), values.end());
    request.budget = budget;
    return settings_of(request);
}

TEST(StorageSettings, by_default_measure_4_kib_at_depth_1_and_32_in_the_working_folder) {
    const auto settings = settings_with({});
    ASSERT_TRUE(settings);
    EXPECT_EQ(settings->target, TargetKind::file);
    EXPECT_EQ(settings->path, ".");
    EXPECT_EQ(settings->block_bytes, 4096u);
    EXPECT_EQ(settings->depths, (std::vector<unsigned>{1, 32}));
    EXPECT_EQ(settings->threads, 1u);
    EXPECT_EQ(settings->size_bytes, 1073741824u);
    EXPECT_FALSE(settings->size_given);
    EXPECT_EQ(settings->engine, EngineChoice::automatic);
}

TEST(StorageSettings, write_a_smaller_file_when_the_budget_is_short) {
    EXPECT_EQ(settings_with({}, std::chrono::seconds(20))->size_bytes, 268435456u);
    EXPECT_EQ(settings_with({{"size", "2g"}}, std::chrono::seconds(20))->size_bytes, 2147483648u);
}

TEST(StorageSettings, take_what_is_given) {
    const auto settings = settings_with({{"device", "/dev/x"},
                                         {"block", "512"},
                                         {"depth", "7"},
                                         {"threads", "3"},
                                         {"engine", "sync"}});
    ASSERT_TRUE(settings);
    EXPECT_EQ(settings->target, TargetKind::device);
    EXPECT_EQ(settings->path, "/dev/x");
    EXPECT_EQ(settings->depths, std::vector<unsigned>{7});
    EXPECT_EQ(settings->buffer_bytes(), 512u * 7 * 3);
    EXPECT_EQ(settings->engine, EngineChoice::sync);
}

TEST(StorageSettings, cut_the_size_to_whole_blocks) {
    EXPECT_EQ(settings_with({{"size", "10000"}})->size_bytes, 8192u);
}

TEST(StorageSettings, refuse_with_the_name_of_the_flag_that_is_off) {
    const std::vector<std::pair<std::map<std::string, std::string, std::less<>>, std::string>> bad{
        {{{"block", "4095"}}, "--block"},
        {{{"block", "32m"}}, "--block"},
        {{{"block", "x"}}, "--block"},
        {{{"depth", "0"}}, "--depth"},
        {{{"depth", "4097"}}, "--depth"},
        {{{"threads", "257"}}, "--threads"},
        {{{"size", "4095"}}, "--size"},
        {{{"engine", "aio"}}, "--engine"},
        {{{"engine", "sync"}, {"depth", "513"}, {"threads", "2"}}, "--engine"},
        {{{"path", "."}, {"device", "/dev/x"}}, "--device"},
    };
    for (const auto& [values, flag] : bad) {
        Request request;
        request.values = values;
        const auto settings = settings_of(request);
        ASSERT_FALSE(settings) << flag;
        EXPECT_EQ(settings.error().kind, ErrorKind::usage);
        EXPECT_NE(settings.error().message.find(flag), std::string::npos)
            << settings.error().message;
    }
}

}  // namespace
}  // namespace assay::storage
