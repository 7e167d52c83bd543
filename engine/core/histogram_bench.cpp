#include "engine/core/histogram.h"

#include <benchmark/benchmark.h>

#include <cmath>
#include <random>

namespace assay {
namespace {

constexpr std::size_t kValues = std::size_t{1} << 16;

std::vector<std::uint64_t> latencies_between(double low_ns, double high_ns) {
    std::mt19937_64 random(1);
    std::uniform_real_distribution<double> exponent(std::log(low_ns), std::log(high_ns));
    std::vector<std::uint64_t> values(kValues);
    for (std::uint64_t& value : values)
        value = static_cast<std::uint64_t>(std::exp(exponent(random)));
    return values;
}

// The time of one iteration is that of one record: the demand is at most 5 ns. The values are made
// beforehand; a device's latencies lie in few buckets, the whole range in all of them.
void record(benchmark::State& state, double low_ns, double high_ns) {
    const std::vector<std::uint64_t> values = latencies_between(low_ns, high_ns);
    Histogram histogram;
    std::size_t next = 0;
    for ([[maybe_unused]] auto step : state) {
        histogram.record(values[next]);
        next = (next + 1) % kValues;
    }
    benchmark::DoNotOptimize(histogram.count());
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK_CAPTURE(record, a_device_s_latencies, 50e3, 500e3);
BENCHMARK_CAPTURE(record, one_ns_to_1000_s, 1.0, 1e12);

void quantile(benchmark::State& state) {
    Histogram histogram;
    for (const std::uint64_t value : latencies_between(50e3, 500e3))
        histogram.record(value);
    for ([[maybe_unused]] auto step : state)
        benchmark::DoNotOptimize(histogram.quantile(0.999));
}
BENCHMARK(quantile);

}  // namespace
}  // namespace assay
