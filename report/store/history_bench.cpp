#include <benchmark/benchmark.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "engine/score/degradation.h"
#include "report/store/store.h"

/// `list` and `trend` over 10 000 runs of one host with 100 series each, in memory (/dev/shm). Each
/// must stay under a second.
namespace assay::store {
namespace {

constexpr std::size_t kRuns = 10'000;
constexpr std::size_t kSeries = 100;

RunRecord record_number(std::size_t index) {
    RunRecord record{.run_id = {},
                     .label = "bench",
                     .host = "bench",
                     .started_at = {},
                     .profile = "quick",
                     .tool_version = "0",
                     .duration_s = 1,
                     .valid = true,
                     .document = "{}",
                     .facts = {{"cpu.model_name", "Example"}},
                     .medians = {}};
    std::array<char, 40> text{};
    std::snprintf(text.data(), text.size(), "%08zx-0000-4000-8000-000000000000", index);
    record.run_id = text.data();
    std::snprintf(text.data(), text.size(), "%04zu-01-01T00:00:00Z", 1000 + index % 9000);
    record.started_at = text.data();
    for (std::size_t series = 0; series < kSeries; ++series)
        record.medians.push_back({"metric." + std::to_string(series), "depth=1", Unit::count,
                                  Better::higher, 100 + static_cast<double>((index * 7919) % 13),
                                  std::nullopt, std::nullopt});
    return record;
}

Store& filled() {
    static const std::unique_ptr<Store> store = [] {
        std::string folder = "/dev/shm/assay-bench-XXXXXX";
        if (::mkdtemp(folder.data()) == nullptr)
            std::abort();
        auto opened = open_sqlite_store(folder + "/h.db");
        if (!opened)
            std::abort();
        for (std::size_t index = 0; index < kRuns; ++index)
            if (!(*opened)->add(record_number(index)))
                std::abort();
        std::filesystem::remove_all(folder);  // the connection keeps the files
        return std::move(*opened);
    }();
    return *store;
}

void list(benchmark::State& state) {
    Store& store = filled();
    for (auto step : state)
        benchmark::DoNotOptimize(store.list({}));
}
BENCHMARK(list)->Unit(benchmark::kMillisecond);

void trend(benchmark::State& state) {
    Store& store = filled();
    for (auto step : state) {
        const auto all = store.series({.host = "bench"});
        for (const Series& series : *all) {
            std::vector<double> values;
            for (const SeriesPoint& point : series.points)
                values.push_back(point.median);
            benchmark::DoNotOptimize(score::find_degradation(values, series.better));
        }
    }
}
BENCHMARK(trend)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace assay::store
