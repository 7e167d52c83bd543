#include "probes/cpu/sha_workload.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "engine/core/random.h"
#include "engine/core/units.h"
#include "engine/host/quota.h"
#include "engine/host/sha256.h"
#include "engine/team_use.h"
#include "probes/cpu/clocked_work.h"
#include "probes/cpu/crypto_metrics.h"
#include "probes/cpu/settings.h"

namespace assay::cpu {
namespace {

using Digest = std::array<std::byte, host::kSha256Bytes>;

// 64 rounds follow each other, so 64 bytes take 64 cycles at the very least. Every known core needs
// two cycles or more a round.
constexpr double kMostBytesPerCycle = 1;
// 130 us at 2 GB/s; 1 MiB without SHA instructions takes some 3 ms, as one block.
constexpr std::size_t kBlockBytes = std::size_t{1} << 18;

/// One thread's message. The first word is a counter, so that no two digests are alike.
struct Station {
    host::Sha256 hash;
    std::vector<std::byte> message;
};
struct alignas(128) Evidence {
    std::uint64_t messages = 0;
    std::uint64_t messages_before_round = 0;
    std::uint64_t refused = 0;
    std::uint64_t wrong_rounds = 0;
    Digest last{};
};

class ShaWork final : public ClockedWork {
  public:
    ShaWork(const host::Clock& clock, const ShaCase& row,
            std::vector<std::optional<Station>>& stations, std::vector<Evidence>& evidence)
        : ClockedWork(clock, row.threads),
          row_(row),
          per_block_(std::max<std::size_t>(1, kBlockBytes / row.record_bytes)),
          stations_(stations),
          evidence_(evidence) {}

  private:
    void begin(std::size_t worker) override {
        evidence_[worker].last.fill(std::byte{0});
        evidence_[worker].messages_before_round = evidence_[worker].messages;
    }

    std::uint64_t work(std::size_t worker) override {
        Station& station = *stations_[worker];
        Evidence& evidence = evidence_[worker];
        for (std::size_t turn = 0; turn < per_block_; ++turn) {
            ++evidence.messages;
            std::copy_n(reinterpret_cast<const std::byte*>(&evidence.messages),
                        sizeof evidence.messages, station.message.begin());
            if (!row_.function(station.hash, message(station), evidence.last))
                ++evidence.refused;
        }
        return per_block_ * row_.record_bytes;
    }

    // The last message is still there, and is hashed again, past the function under measurement.
    void end(std::size_t worker) override {
        Station& station = *stations_[worker];
        Evidence& evidence = evidence_[worker];
        // A round that was stopped before it began has nothing to show.
        if (evidence.messages == evidence.messages_before_round)
            return;
        Digest again{};
        if (!station.hash.run(message(station), again) || again != evidence.last)
            ++evidence.wrong_rounds;
    }

    std::span<const std::byte> message(const Station& station) const {
        return std::span(station.message).first(row_.record_bytes);
    }

    const ShaCase& row_;
    const std::size_t per_block_;
    std::vector<std::optional<Station>>& stations_;
    std::vector<Evidence>& evidence_;
};

std::size_t most_threads(const std::vector<ShaCase>& cases) {
    std::size_t most = 1;
    for (const ShaCase& row : cases)
        most = std::max(most, row.threads);
    return most;
}

std::size_t most_bytes(const std::vector<ShaCase>& cases) {
    std::size_t most = 0;
    for (const ShaCase& row : cases)
        most = std::max(most, row.record_bytes);
    return most;
}

class ShaWorkload final : public Workload {
  public:
    ShaWorkload(const host::Host& host, std::vector<ShaCase> rows,
                std::unique_ptr<host::WorkerTeam> team)
        : host_(host), rows_(std::move(rows)), team_(std::move(team)), stations_(team_->size()) {
        for (const ShaCase& row : rows_) {
            cases_.push_back(
                {std::to_string(row.record_bytes) + " B records, " + threads_text(row.threads),
                 {{"record_bytes", static_cast<std::uint64_t>(row.record_bytes)},
                  {"threads", static_cast<std::uint64_t>(row.threads)},
                  {"scope", row.scope},
                  {"library", host::libcrypto_version()}},
                 kShaRoundShare});
            evidence_.emplace_back(row.threads);
        }
    }

    Expected<void> fill() {
        return team_->on_each([this](std::size_t worker) -> Expected<void> {
            ASSAY_TRY(host::Sha256 hash, host::Sha256::make());
            std::vector<std::byte> message(most_bytes(rows_));
            Xoshiro256 random(worker + 1);
            for (std::byte& octet : message)
                octet = static_cast<std::byte>(random.next());
            stations_[worker].emplace(std::move(hash), std::move(message));
            return {};
        });
    }

    std::span<const Case> cases() const override { return cases_; }

    std::vector<Finding> findings() const override {
        const auto quota = host::quota_finding(host_);
        return quota ? std::vector{*quota} : std::vector<Finding>{};
    }

    Expected<RoundResult> measure(std::size_t case_index, const RoundRequest& request) override {
        const ShaCase& row = rows_.at(case_index);
        ShaWork work(host_.clock, row, stations_, evidence_[case_index]);
        ASSAY_TRY(
            const host::TeamReport report,
            team_->run(work, host::cpu_bound_window(host_.cgroup, {.workers = row.threads,
                                                                   .lead_in = {},
                                                                   .duration = request.duration,
                                                                   .deadline = request.deadline,
                                                                   .stop = request.stop})));
        RoundResult result;
        result.values.push_back({&kShaMetrics[0], report.units() / to_seconds(report.window_ns)});
        add_use(report, result.cpu_use);
        if (auto impossible =
                impossible_rate(report, work, kMostBytesPerCycle,
                                "64 rounds that follow each other need 64 cycles for 64 bytes"))
            result.findings.push_back(std::move(*impossible));
        return result;
    }

    Expected<void> verify() override {
        for (std::size_t index = 0; index < rows_.size(); ++index)
            for (const Evidence& evidence : evidence_[index])
                if (evidence.refused > 0 || evidence.wrong_rounds > 0)
                    return failure(
                        ErrorKind::internal,
                        "verify cpu.sha_256, " + cases_[index].name + ": " +
                            std::to_string(evidence.refused) + " of " +
                            std::to_string(evidence.messages) + " messages were refused, and " +
                            std::to_string(evidence.wrong_rounds) +
                            " rounds ended with a wrong digest. Either work was skipped or this "
                            "processor computes wrongly: trust neither until a second run and a "
                            "memory and CPU test say more");
        return {};
    }

  private:
    const host::Host& host_;
    const std::vector<ShaCase> rows_;
    std::vector<Case> cases_;
    std::vector<std::vector<Evidence>> evidence_;  ///< [case][worker]
    std::unique_ptr<host::WorkerTeam> team_;
    std::vector<std::optional<Station>> stations_;  ///< [worker]
};

}  // namespace

bool run_hash(host::Sha256& hash, std::span<const std::byte> message,
              std::span<std::byte, host::kSha256Bytes> digest) {
    return hash.run(message, digest);
}

std::uint64_t sha_memory_bytes(const std::vector<ShaCase>& cases) {
    return std::uint64_t{most_bytes(cases)} * most_threads(cases);
}

Expected<void> sha_self_test() {
    struct Example {
        std::string_view message, digest;
    };
    constexpr std::array kExamples{
        Example{"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        Example{"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    };
    for (const Example& example : kExamples)
        if (host::sha256_hex(example.message) != example.digest)
            return failure(ErrorKind::internal,
                           "self-test of " + host::libcrypto_version() +
                               ", FIPS 180-4: SHA-256 gave another digest than the published one. "
                               "The library or this processor computes wrongly: run a CPU test");
    return {};
}

Expected<std::unique_ptr<Workload>> make_sha_workload(const RunContext& context,
                                                      std::vector<ShaCase> cases) {
    ASSAY_TRY_VOID(sha_self_test());
    ASSAY_TRY(const std::vector<int> cpus,
              first_cpus("cpu.sha_256", context.host, most_threads(cases)));
    ASSAY_TRY(auto team, host::WorkerTeam::start(context.host.clock, cpus));
    auto workload = std::make_unique<ShaWorkload>(context.host, std::move(cases), std::move(team));
    ASSAY_TRY_VOID(workload->fill());
    return std::unique_ptr<Workload>(std::move(workload));
}

}  // namespace assay::cpu
