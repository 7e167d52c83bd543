#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <thread>

#include "engine/core/units.h"
#include "engine/host/block_device.h"
#include "engine/host/counters.h"
#include "engine/host/device_identity.h"
#include "engine/score/predict.h"
#include "probes/cpu/aes.h"
#include "probes/cpu/codecs.h"
#include "probes/network/tcp/tcp_role.h"
#include "probes/network/tcp/tcp_workload.h"
#include "probes/storage/access_probes.h"
#include "probes/storage/fsync.h"
#include "tests/support/block_throttle.h"
#include "tests/support/fake_peer.h"
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
constexpr std::size_t kMostAttempts = 30;
constexpr double kLeastCpu = 0.98;  // as the gates of a run ask
/// While tasks waited for a CPU for longer than this, neither the rates nor the restore are those
/// of the limits. The restore's own threads make up to a tenth.
constexpr double kMostPressure = 0.3;
constexpr int kTriesOfAConfig = 3;

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
    // The first round warms up; those that lost their CPU are refused, as a run refuses them.
    std::size_t valid = 0;
    for (std::size_t attempt = 0; valid <= kRounds; ++attempt) {
        if (attempt == kMostAttempts)
            return failure(ErrorKind::try_again,
                           "other programs take the CPUs that " + std::string(probe.id) + " needs");
        ASSAY_TRY(const RoundResult result, workload->measure(index, round_of(kRound)));
        if (result.cpu_use && static_cast<double>(result.cpu_use->cpu_ns) <
                                  kLeastCpu * static_cast<double>(result.cpu_use->wall_ns))
            continue;
        if (valid++ == 0)
            continue;
        for (std::size_t at = 0; at < metrics.size(); ++at) {
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
    const host::Host host = this_host();
    const auto peer = std::make_shared<FakePeer>(tcp::tcp_roles(), places.left, places.right);
    tcp::TcpWorkload workload(
        host, peer, {.cases = {tcp::TcpCase{}}, .congestion = "reno", .dscp = std::nullopt}, {});
    Samples rates;
    for (std::size_t round = 0; round <= kRounds; ++round) {
        const RoundRequest request{
            .duration = kRound + std::chrono::milliseconds(100),
            .seed = round,
            .stop = {},
            .deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20)};
        std::optional<Expected<RoundResult>> result;
        ASSAY_TRY_VOID(places.left.run([&] { result = workload.measure(0, request); }));
        ASSAY_TRY(const RoundResult measured, std::move(*result));
        for (const RoundValue& row : measured.values)
            if (round > 0 && row.metric->id == "network.tcp.bandwidth")
                rates.push_back(row.value);
    }
    return rates;
}

struct TriedConfig {
    bool is_inside = false, is_busy = false;
};

/// Share of the time since `before` in which some task waited for a CPU; 0 where nobody counts.
class Pressure {
  public:
    explicit Pressure(const host::Host& host) : host_(host), before_(read()) {}
    double share() const {
        const auto after = read();
        const double seconds =
            std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
        return before_ && after
                   ? static_cast<double>(after->some_us - before_->some_us) / (seconds * 1e6)
                   : 0;
    }

  private:
    std::optional<host::PressureTotals> read() const {
        return host::read_pressure(host_.files, host::PressureKind::cpu);
    }
    const host::Host& host_;
    std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
    std::optional<host::PressureTotals> before_;
};

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
                  rounds_of(cpu::kAesGcm, *host_, {{"threads", "1"}, {"record", "16k"}},
                            {"cpu.aes_256_gcm.decrypt"}));
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

    Expected<TriedConfig> try_config(const Config& config, const Image& image,
                                     const LoopDevice& source, const LoopDevice& target);

    std::unique_ptr<host::Host> host_;
    RestoreRates rates_;
};

double middle_of(const Samples& samples) {
    return median(samples);
}

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

Expected<TriedConfig> RestoreTruth::try_config(const Config& config, const Image& image,
                                               const LoopDevice& source, const LoopDevice& target) {
    const Pressure pressure(*host_);
    ASSAY_TRY(const NetworkNamespace left, NetworkNamespace::create());
    ASSAY_TRY(const NetworkNamespace right, NetworkNamespace::create());
    ASSAY_TRY_VOID(join_by_veth(left, right));
    const RestoreLimits limits{
        .read_bytes_per_s = static_cast<std::uint64_t>(config.read_mb_per_s * 1e6),
        .write_bytes_per_s = static_cast<std::uint64_t>(config.write_mb_per_s * 1e6),
        .link_bits_per_s = static_cast<std::uint64_t>(config.link_mbit_per_s * 1e6),
        .sync_every_bytes = 0};
    ASSAY_TRY_VOID(shape(left, limits.link_bits_per_s));
    const RestorePlaces places{source, target, left, right};
    ASSAY_TRY_VOID(measure_limits(places, limits));
    const OneRestore restore(image, rates_, limits);
    const score::Prediction& prediction = restore.prediction();
    if (!prediction.median_s)
        return failure(ErrorKind::internal, prediction.reasons.front());
    ASSAY_TRY_VOID(store_image(image, source));
    ASSAY_TRY(const double seconds,
              time_restore(image, restore.chunks(), places, restore.limits()));
    ASSAY_TRY(const bool is_restored, holds_plain(image, restore.chunks(), target));
    if (!is_restored)
        return failure(ErrorKind::internal, "what was restored is not what was stored");
    const double waited = pressure.share();
    const TriedConfig tried{seconds >= *prediction.low_s && seconds <= *prediction.high_s,
                            waited > kMostPressure};
    std::printf(
        "read %.0f MB/s, link %.0f Mbit/s, write %.0f MB/s: predicted %.3f s [%.3f to %.3f], "
        "took %.3f s (%+.1f %%), bottleneck %s, pressure %.0f %%%s\n"
        "  measured: read %.1f MB/s, network %.1f MB/s, write %.1f MB/s, ratio %.3f\n",
        config.read_mb_per_s, config.link_mbit_per_s, config.write_mb_per_s, *prediction.median_s,
        *prediction.low_s, *prediction.high_s, seconds, (seconds / *prediction.median_s - 1) * 100,
        std::string(name_of(*prediction.bottleneck)).c_str(), waited * 100,
        tried.is_busy     ? "  (busy: not counted)"
        : tried.is_inside ? ""
                          : "  OUTSIDE",
        middle_of(rates_.read) / 1e6, middle_of(rates_.network) / 1e6,
        middle_of(rates_.write) / 1e6, image.ratio());
    return tried;
}

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
    if (!unlimited && unlimited.error().kind == ErrorKind::try_again)
        GTEST_SKIP() << unlimited.error().message;
    ASSERT_TRUE(unlimited) << unlimited.error().message;
    std::size_t tried = 0, inside = 0, busy = 0;
    for (const Config& config : kConfigs) {
        if (!is_long && tried + busy == kShortSet)
            break;
        auto result = try_config(config, *image, *source, *target);
        for (int again = 1; again < kTriesOfAConfig && result && result->is_busy; ++again)
            result = try_config(config, *image, *source, *target);
        ASSERT_TRUE(result) << result.error().message;
        ++(result->is_busy ? busy : tried);
        inside += !result->is_busy && result->is_inside;
    }
    if (tried < kShortSet)
        GTEST_SKIP() << "other programs kept this host busy in " << busy << " configurations";
    EXPECT_GE(inside * 10, tried * (is_long ? 8u : 6u)) << inside << " of " << tried;
}

}  // namespace
}  // namespace assay::test
