#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <thread>

#include "engine/core/units.h"
#include "engine/host/block_device.h"
#include "engine/host/device_identity.h"
#include "engine/score/predict.h"
#include "probes/cpu/aes.h"
#include "probes/cpu/codecs.h"
#include "probes/network/tcp_round.h"
#include "probes/storage/access_probes.h"
#include "probes/storage/fsync.h"
#include "tests/support/block_throttle.h"
#include "tests/support/restore_runs.h"
#include "tests/truth/restore_pipeline.h"
#include "tests/truth/rounds.h"

/// `predict` against restores that are timed from the first read to the last sync, under limits
/// that are known. The rates that it predicts from are rounds of the real probes under the same
/// limits.
namespace assay::test {
namespace {

constexpr std::size_t kChunkBytes = 512 * kKiB;
constexpr std::size_t kImageBytes = 192 * kMiB;
constexpr auto kRound = std::chrono::milliseconds(300);
constexpr std::size_t kRounds = 5;
constexpr double kRestoreSeconds = 1.4;

/// Decimal megabytes and megabits; what is restored counts after decompression by about 2.8.
struct Config {
    double read_mb_per_s, link_mbit_per_s, write_mb_per_s;
};
constexpr Config kConfigs[] = {
    {20, 600, 300},   // read
    {100, 160, 300},  // network
    {100, 600, 70},   // write
    {35, 280, 300},   // read and network alike
    {30, 600, 84},    // read and write alike
    {100, 240, 85},   // network and write alike
    {12, 400, 200},   // a slow source
    {60, 100, 150},   // a slow link
    {60, 400, 40},    // a slow target
    {40, 320, 112},   // all three alike
};
constexpr std::size_t kShortSet = 3;

/// The values of one metric over the rounds of the first case with `scope` one (or without scope).
using Samples = std::vector<double>;
Expected<std::vector<Samples>> rounds_of(const Probe& probe, const host::Host& host,
                                         std::map<std::string, std::string, std::less<>> values,
                                         std::vector<std::string_view> metrics) {
    Request request;
    request.values = std::move(values);
    request.most_rounds = 20;
    request.seed = 7;
    ASSAY_TRY(const auto workload, probe.prepare(context_of(host), request));
    std::size_t index = 0;
    for (; index < workload->cases().size(); ++index) {
        const auto& conditions = workload->cases()[index].conditions;
        const auto scope = std::ranges::find(conditions, "scope", &Condition::name);
        if (scope == conditions.end() || scope->value == Value("one"))
            break;
    }
    std::vector<Samples> samples(metrics.size());
    for (std::size_t round = 0; round <= kRounds; ++round) {
        ASSAY_TRY(const RoundResult result, workload->measure(index, round_of(kRound)));
        for (std::size_t at = 0; round > 0 && at < metrics.size(); ++at) {
            for (const RoundValue& value : result.values)
                if (value.metric->id == metrics[at])
                    samples[at].push_back(value.value);
            for (const RoundLatency& latency : result.latencies)
                if (latency.metric->id == metrics[at])
                    samples[at].push_back(*latency.ticks.quantile(0.5) * latency.ns_per_tick);
        }
    }
    return samples;
}

/// On a thread of its own, under a throttle of its own.
Expected<std::vector<Samples>> throttled(
    const std::function<Expected<BlockThrottle>()>& throttle,
    const std::function<Expected<std::vector<Samples>>()>& measure) {
    Expected<std::vector<Samples>> samples;
    std::thread([&] {
        const auto limit = throttle();
        samples = limit ? measure() : std::unexpected(limit.error());
    }).join();
    return samples;
}

Expected<Samples> link_rounds(const RestorePlaces& places) {
    using namespace network;
    Samples rates;
    for (std::size_t round = 0; round <= kRounds; ++round) {
        const StreamHello::Token token{std::byte{1}};
        const Interrupt interrupt{
            .stop = {}, .deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20)};
        ASSAY_TRY(const Endpoint any, Endpoint::of_address(kRightAddress, 0));
        Expected<Socket> listening;
        ASSAY_TRY_VOID(places.right.run([&] { listening = listen_on(any, 16); }));
        ASSAY_TRY(const Socket listener, std::move(listening));
        ASSAY_TRY(const Endpoint endpoint, Endpoint::of_socket(listener.descriptor()));
        const SenderSettings settings{
            .remote = endpoint, .token = token, .streams = 1, .congestion_control = "reno"};
        std::optional<Expected<TcpSender>> connected;
        ASSAY_TRY_VOID(
            places.left.run([&] { connected = TcpSender::connect(settings, interrupt); }));
        ASSAY_TRY(TcpSender sender, std::move(*connected));
        ASSAY_TRY(TcpReceiver receiver,
                  TcpReceiver::accept(listener, {.token = token, .streams = 1}, interrupt));
        ASSAY_TRY(
            const RoundOutcome outcome,
            measure_round(sender, receiver,
                          {.ramp = std::chrono::milliseconds(100), .window = kRound}, interrupt));
        if (round > 0)
            rates.push_back(static_cast<double>(outcome.received.window_bytes) / outcome.window_s);
    }
    return rates;
}

class RestoreTruth : public testing::Test {
  protected:
    void SetUp() override {
        if (geteuid() != 0)
            GTEST_SKIP() << "loop devices, control groups and namespaces need root";
        if (const auto can = network_namespaces_available(); !can)
            GTEST_SKIP() << can.error().message;
        auto host = host::inspect_host(host::Files{});
        ASSERT_TRUE(host) << host.error().message;
        host_ = std::make_unique<host::Host>(std::move(*host));
    }

    /// What does not depend on the limits. The syncs are those of a filesystem on a device of the
    /// same kind: the probe appends to files.
    Expected<void> measure_without_limits(const std::string& folder) {
        ASSAY_TRY(auto sync, rounds_of(storage::kFsync, *host_, {{"path", folder}},
                                       {"storage.fsync.latency"}));
        rates_.sync_ns = sync.at(0);
        ASSAY_TRY(auto decrypt,
                  rounds_of(cpu::kAesGcm, *host_, {{"threads", "1"}}, {"cpu.aes_256_gcm.decrypt"}));
        ASSAY_TRY(auto decompress, rounds_of(cpu::kZstd, *host_, {{"threads", "1"}, {"level", "3"}},
                                             {"cpu.zstd.decompress", "cpu.zstd.ratio"}));
        rates_.decrypt = decrypt.at(0);
        rates_.decompress = decompress.at(0);
        rates_.ratio = decompress.at(1);
        return {};
    }

    Expected<void> measure_limits(const RestorePlaces& places, const RestoreLimits& limits) {
        ASSAY_TRY(auto read,
                  throttled(
                      [&] {
                          return BlockThrottle::read_bytes(places.source.major(),
                                                           places.source.minor(),
                                                           limits.read_bytes_per_s);
                      },
                      [&] {
                          return rounds_of(
                              storage::kSequentialRead, *host_,
                              {{"device", places.source.path()}, {"block", "512k"}, {"depth", "1"}},
                              {"storage.sequential_read.bandwidth"});
                      }));
        ASSAY_TRY(const auto target, host::device_of_number(host_->files, places.target.major(),
                                                            places.target.minor()));
        const std::string word = host::identity_of(host_->files, target).text;
        ASSAY_TRY(auto write, throttled(
                                  [&] {
                                      return BlockThrottle::write_bytes(places.target.major(),
                                                                        places.target.minor(),
                                                                        limits.write_bytes_per_s);
                                  },
                                  [&] {
                                      return rounds_of(storage::kSequentialWrite, *host_,
                                                       {{"device", places.target.path()},
                                                        {"destroy-data", word},
                                                        {"block", "512k"},
                                                        {"depth", "1"}},
                                                       {"storage.sequential_write.bandwidth"});
                                  }));
        ASSAY_TRY(rates_.network, link_rounds(places));
        rates_.read = read.at(0);
        rates_.write = write.at(0);
        return {};
    }

    std::unique_ptr<host::Host> host_;
    RestoreRates rates_;
};

double middle_of(const Samples& samples) {
    return median(samples);
}

struct Outcome {
    bool is_inside = false;
    double seconds = 0;
};

class OneRestore {
  public:
    OneRestore(const Image& image, const RestoreRates& rates, const RestoreLimits& limits)
        : limits_(limits) {
        const double slowest =
            std::min({middle_of(rates.read) * image.ratio(),
                      middle_of(rates.network) * image.ratio(), middle_of(rates.write)});
        chunks_ = std::clamp<std::size_t>(
            static_cast<std::size_t>(kRestoreSeconds * slowest / kChunkBytes), 8,
            image.chunks.size());
        task_.data_bytes = static_cast<double>(chunks_ * kChunkBytes);
        task_.rto_s = 60;
        task_.chunk_bytes = kChunkBytes;
        task_.declared_ratio = image.ratio();
        task_.sync_every_bytes = task_.data_bytes / 4;
        limits_.sync_every_bytes = static_cast<std::uint64_t>(task_.sync_every_bytes);
        prediction_ = score::predict(restore_source(rates), restore_target(rates), task_);
    }
    const score::Prediction& prediction() const { return prediction_; }
    std::size_t chunks() const { return chunks_; }
    const RestoreLimits& limits() const { return limits_; }

  private:
    RestoreLimits limits_;
    std::size_t chunks_ = 0;
    score::RestoreTask task_;
    score::Prediction prediction_;
};

TEST_F(RestoreTruth, lies_in_the_ninety_percent_interval_in_eight_of_ten) {
    const bool is_long = std::getenv("ASSAY_LONG_TRUTH") != nullptr;
    // Before any other thread exists.
    auto disk = LoopDevice::create(4 * kGiB);
    if (!disk)
        GTEST_SKIP() << disk.error().message;
    auto filesystem = MountedExt4::create(disk->path(), MountedExt4::Mode::read_write);
    if (!filesystem)
        GTEST_SKIP() << filesystem.error().message;
    const auto image = make_image(kImageBytes, kChunkBytes);
    ASSERT_TRUE(image) << image.error().message;
    auto source = LoopDevice::create(256 * kMiB);
    auto target = LoopDevice::create(256 * kMiB);
    if (!source || !target)
        GTEST_SKIP() << "no loop devices here";
    ASSERT_TRUE(source->fill());
    ASSERT_TRUE(target->fill());
    const auto unlimited = measure_without_limits(filesystem->folder());
    ASSERT_TRUE(unlimited) << unlimited.error().message;
    std::size_t tried = 0, inside = 0;
    for (const Config& config : kConfigs) {
        if (!is_long && tried == kShortSet)
            break;
        auto left = NetworkNamespace::create();
        auto right = NetworkNamespace::create();
        ASSERT_TRUE(left && right);
        ASSERT_TRUE(join_by_veth(*left, *right));
        RestoreLimits limits{
            .read_bytes_per_s = static_cast<std::uint64_t>(config.read_mb_per_s * 1e6),
            .write_bytes_per_s = static_cast<std::uint64_t>(config.write_mb_per_s * 1e6),
            .link_bits_per_s = static_cast<std::uint64_t>(config.link_mbit_per_s * 1e6)};
        const auto shaped = shape(*left, limits.link_bits_per_s);
        ASSERT_TRUE(shaped) << shaped.error().message;
        const RestorePlaces places{*source, *target, *left, *right};
        const auto measured = measure_limits(places, limits);
        ASSERT_TRUE(measured) << measured.error().message;
        const OneRestore restore(*image, rates_, limits);
        ASSERT_TRUE(restore.prediction().median_s);
        const auto stored = store_image(*image, *source);
        ASSERT_TRUE(stored) << stored.error().message;
        const auto seconds = time_restore(*image, restore.chunks(), places, restore.limits());
        ASSERT_TRUE(seconds) << seconds.error().message;
        const auto is_restored = holds_plain(*image, restore.chunks(), *target);
        ASSERT_TRUE(is_restored && *is_restored) << "what was restored is not what was stored";
        const score::Prediction& prediction = restore.prediction();
        const bool hit = *seconds >= *prediction.low_s && *seconds <= *prediction.high_s;
        std::printf(
            "read %.0f MB/s, link %.0f Mbit/s, write %.0f MB/s: predicted %.3f s [%.3f to %.3f], "
            "took %.3f s (%+.1f %%), bottleneck %s%s\n",
            config.read_mb_per_s, config.link_mbit_per_s, config.write_mb_per_s,
            *prediction.median_s, *prediction.low_s, *prediction.high_s, *seconds,
            (*seconds / *prediction.median_s - 1) * 100,
            std::string(name_of(*prediction.bottleneck)).c_str(), hit ? "" : "  OUTSIDE");
        std::printf("  measured: read %.1f MB/s, network %.1f MB/s, write %.1f MB/s, ratio %.3f\n",
                    middle_of(rates_.read) / 1e6, middle_of(rates_.network) / 1e6,
                    middle_of(rates_.write) / 1e6, image->ratio());
        inside += hit;
        ++tried;
    }
    EXPECT_GE(inside * 10, tried * (is_long ? 8u : 6u)) << inside << " of " << tried;
}

}  // namespace
}  // namespace assay::test
