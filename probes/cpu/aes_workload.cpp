#include "probes/cpu/aes_workload.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include "engine/core/units.h"
#include "engine/host/quota.h"
#include "engine/host/worker_team.h"
#include "engine/team_use.h"
#include "probes/cpu/aes_software.h"
#include "probes/cpu/aes_vectors.h"
#include "probes/cpu/aes_work.h"
#include "probes/cpu/crypto_metrics.h"
#include "probes/cpu/line_fit.h"
#include "probes/cpu/settings.h"

namespace assay::cpu {
namespace {

using host::CipherDirection;

constexpr std::array<std::byte, 32> kCeilingKey{std::byte{1}, std::byte{2}, std::byte{3}};

const Metric& metric_of(host::CipherMode mode, std::size_t row) {
    switch (mode) {
        case host::CipherMode::gcm:
            return kAesGcmMetrics[row];
        case host::CipherMode::xts:
            return kAesXtsMetrics[row];
        case host::CipherMode::ctr:
            break;
    }
    return kAesCtrMetrics[row];
}

class AesWorkload final : public Workload {
  public:
    AesWorkload(const host::Host& host, AesSettings settings,
                std::unique_ptr<host::WorkerTeam> team)
        : host_(host),
          settings_(std::move(settings)),
          team_(std::move(team)),
          pools_(team_->size()),
          software_pools_(1),
          keys_(expand_key(kCeilingKey)) {
        for (const AesCase& row : settings_.cases) {
            cases_.push_back(described(settings_, row));
            evidence_.emplace_back(row.threads);
        }
        ceilings_.resize(settings_.cases.size());
    }

    /// Each thread fills its own records (first touch).
    Expected<void> fill() {
        return team_->on_each([this](std::size_t worker) -> Expected<void> {
            ASSAY_TRY(pools_[worker],
                      RecordPool::make(settings_.mode, settings_.most_record_bytes(), worker + 1));
            if (worker == 0 && settings_.has(AesPart::software))
                ASSAY_TRY_VOID(fill_software_pool());
            return {};
        });
    }

    std::span<const Case> cases() const override { return cases_; }

    std::vector<Finding> findings() const override {
        std::vector<Finding> found;
        if (const auto quota = host::quota_finding(host_))
            found.push_back(*quota);
        if (const std::string why = why_in_software(); !why.empty())
            found.push_back(make_finding("aes_in_software", why + "."));
        if (!settings_.no_software_reason.empty())
            found.push_back(make_finding("software_aes_unmeasured", settings_.no_software_reason));
        return found;
    }

    Expected<RoundResult> measure(std::size_t case_index, const RoundRequest& request) override {
        switch (settings_.cases.at(case_index).part) {
            case AesPart::records:
                return measure_records(case_index, request);
            case AesPart::sizes:
                return measure_sizes(case_index, request);
            case AesPart::software:
                return measure_software(case_index, request);
            case AesPart::ceiling:
                break;
        }
        return measure_ceiling(case_index, request);
    }

    Expected<void> verify() override {
        for (std::size_t index = 0; index < settings_.cases.size(); ++index) {
            for (const RecordEvidence& evidence : evidence_[index])
                if (evidence.refused > 0 || evidence.wrong_rounds > 0)
                    return wrong(index, std::to_string(evidence.refused) + " of " +
                                            std::to_string(evidence.records) +
                                            " records of a thread were refused, and in " +
                                            std::to_string(evidence.wrong_rounds) +
                                            " rounds a record was not what it should be");
            if (settings_.cases[index].part == AesPart::ceiling)
                ASSAY_TRY_VOID(verify_ceiling(index));
        }
        return {};
    }

  private:
    Expected<void> fill_software_pool() {
        // A number that no worker has: what is encrypted here shares no IV with the others.
        ASSAY_TRY(software_pools_.front(),
                  RecordPool::make(settings_.mode, kHeadlineRecordBytes, team_->size() + 1,
                                   host::CryptoPath::without_aes_instructions));
        return {};
    }

    /// A window of encryption or decryption in one direction; adds to the result what it says of
    /// the CPUs. Returns bytes a second.
    Expected<double> window_of_records(std::size_t case_index, CipherDirection direction,
                                       std::size_t record_bytes, std::chrono::nanoseconds duration,
                                       const RoundRequest& request, RoundResult& result) {
        const AesCase& row = settings_.cases[case_index];
        RecordWork work(host_.clock, pools_, evidence_[case_index], direction, record_bytes,
                        row.function);
        return window(work, row.threads, most_aes_bytes_per_cycle(),
                      "two of the widest AES instructions a cycle can do fewer", duration, request,
                      result);
    }

    Expected<double> window(ClockedWork& work, std::size_t threads, double most_bytes_per_cycle,
                            std::string_view why, std::chrono::nanoseconds duration,
                            const RoundRequest& request, RoundResult& result) {
        ASSAY_TRY(
            const host::TeamReport report,
            team_->run(work, host::cpu_bound_window(host_.cgroup, {.workers = threads,
                                                                   .lead_in = {},
                                                                   .duration = duration,
                                                                   .deadline = request.deadline,
                                                                   .stop = request.stop})));
        add_use(report, result.cpu_use);
        if (auto impossible = impossible_rate(report, work, most_bytes_per_cycle, why))
            result.findings.push_back(std::move(*impossible));
        return report.units() / to_seconds(report.window_ns);
    }

    Expected<RoundResult> measure_records(std::size_t index, const RoundRequest& request) {
        const std::size_t bytes = settings_.cases[index].record_bytes;
        RoundResult result;
        for (const auto& [direction, metric] : {std::pair{CipherDirection::encrypt, kEncrypt},
                                                std::pair{CipherDirection::decrypt, kDecrypt}}) {
            ASSAY_TRY(const double rate, window_of_records(index, direction, bytes,
                                                           request.duration / 2, request, result));
            result.values.push_back({&metric_of(settings_.mode, metric), rate});
        }
        return result;
    }

    Expected<RoundResult> measure_sizes(std::size_t index, const RoundRequest& request) {
        RoundResult result;
        std::vector<Point> points;
        const auto each = request.duration / settings_.record_sizes.size();
        for (const std::size_t bytes : settings_.record_sizes) {
            ASSAY_TRY(const double rate, window_of_records(index, CipherDirection::encrypt, bytes,
                                                           each, request, result));
            const auto size = static_cast<double>(bytes);
            points.push_back({size, size / rate * static_cast<double>(kNanosecondsPerSecond)});
        }
        const auto line = fitted_line(points);
        // A line that falls, or begins below zero, is no cost: then there is no such number.
        if (line && line->slope > 0 && line->constant > 0) {
            result.values = {
                {&metric_of(settings_.mode, kFixedCost), line->constant},
                {&metric_of(settings_.mode, kSlopeRate),
                 static_cast<double>(kNanosecondsPerSecond) / line->slope},
                {&metric_of(settings_.mode, kFitQuality), line->r_squared},
            };
        }
        return result;
    }

    /// Both paths in one round, so that the factor is one of the same second.
    Expected<RoundResult> measure_software(std::size_t index, const RoundRequest& request) {
        const AesCase& row = settings_.cases[index];
        RoundResult result;
        RecordWork work(host_.clock, software_pools_, evidence_[index], CipherDirection::encrypt,
                        row.record_bytes, row.function);
        ASSAY_TRY(const double software,
                  window(work, 1, kMostSoftwareBytesPerCycle,
                         "code without AES instructions does fewer, so they were used",
                         request.duration / 2, request, result));
        ASSAY_TRY(const double hardware,
                  window_of_records(index, CipherDirection::encrypt, row.record_bytes,
                                    request.duration / 2, request, result));
        // Where no block came to its end nothing was measured, and nothing is no rate of 0.
        if (software <= 0)
            return result;
        result.values.push_back({&metric_of(settings_.mode, kSoftware), software});
        result.values.push_back(
            {&metric_of(settings_.mode, kInstructionGain), hardware / software});
        // What disturbs a round only lowers it, and one sentence stands for all rounds.
        best_software_ = std::max(best_software_, software);
        best_hardware_ = std::max(best_hardware_, hardware);
        result.findings.push_back(software_rate_finding(best_software_, best_hardware_));
        return result;
    }

    Expected<RoundResult> measure_ceiling(std::size_t index, const RoundRequest& request) {
        const AesCase& row = settings_.cases[index];
        RoundResult result;
        CeilingWork work(host_.clock, *row.kernel, keys_, ceilings_[index]);
        ASSAY_TRY(const double ceiling,
                  window(work, 1, most_aes_bytes_per_cycle(row.kernel->vector_bytes),
                         "two AES instructions of this width a cycle can do fewer",
                         request.duration / 2, request, result));
        ASSAY_TRY(const double library,
                  window_of_records(index, CipherDirection::encrypt, row.record_bytes,
                                    request.duration / 2, request, result));
        result.values.push_back({&metric_of(settings_.mode, kSiliconCeiling), ceiling});
        if (library > 0)
            result.values.push_back({&metric_of(settings_.mode, kHeadroom), ceiling / library});
        if (ceiling > kMuchHeadroom * library)
            result.findings.push_back(headroom_finding(*row.kernel, ceiling, library));
        return result;
    }

    // CTR adds a counter and an exclusive or to each block; what is above this is the library's.
    static constexpr double kMuchHeadroom = 1.5;
    static Finding headroom_finding(const AesKernel& kernel, double ceiling, double library) {
        constexpr double kGiga = static_cast<double>(kNanosecondsPerSecond);
        char text[160];
        std::snprintf(text, sizeof text,
                      "The silicon does %.2f GB/s of AES-256 rounds with %.*s; %s makes %.2f GB/s "
                      "of it in CTR mode.",
                      ceiling / kGiga, static_cast<int>(kernel.isa.size()), kernel.isa.data(),
                      host::libcrypto_version().c_str(), library / kGiga);
        return make_finding("crypto_headroom", text);
    }

    Expected<void> verify_ceiling(std::size_t index) const {
        const CeilingWork::Evidence& evidence = ceilings_[index];
        if (evidence.blocks == 0)
            return {};
        const AesKernel& kernel = *settings_.cases[index].kernel;
        ASSAY_TRY(const AesStates expected,
                  known_states(kernel, kCeilingKey, kernel.iterations_per_block));
        if (evidence.answer == expected && evidence.other_answers == 0)
            return {};
        return wrong(index, "a block of AES rounds left another result than the library's");
    }

    std::unexpected<Error> wrong(std::size_t index, const std::string& what) const {
        return failure(ErrorKind::internal,
                       "verify " + std::string(probe_id(settings_.mode)) + ", " +
                           cases_[index].name + ": " + what +
                           ". Either work was skipped or this processor computes wrongly: trust "
                           "neither until a second run and a memory and CPU test say more");
    }

    const host::Host& host_;
    const AesSettings settings_;
    std::vector<Case> cases_;
    std::vector<std::vector<RecordEvidence>> evidence_;  ///< [case][worker]
    std::vector<CeilingWork::Evidence> ceilings_;        ///< [case]
    std::unique_ptr<host::WorkerTeam> team_;
    std::vector<std::optional<RecordPool>> pools_;           ///< [worker]
    std::vector<std::optional<RecordPool>> software_pools_;  ///< of the first worker
    double best_software_ = 0, best_hardware_ = 0;           ///< of all rounds, in B/s
    const AesRoundKeys keys_;
};

}  // namespace

Expected<std::unique_ptr<Workload>> make_aes_workload(const RunContext& context,
                                                      AesSettings settings) {
    ASSAY_TRY_VOID(self_test(settings.mode));
    if (settings.has(AesPart::software))
        ASSAY_TRY_VOID(prove_software_path(settings));
    for (const AesCase& row : settings.cases)
        if (row.kernel)
            ASSAY_TRY_VOID(self_test(*row.kernel));
    ASSAY_TRY(const std::vector<int> cpus,
              first_cpus(probe_id(settings.mode), context.host, settings.threads()));
    ASSAY_TRY(auto team, host::WorkerTeam::start(context.host.clock, cpus));
    auto workload =
        std::make_unique<AesWorkload>(context.host, std::move(settings), std::move(team));
    ASSAY_TRY_VOID(workload->fill());
    return std::unique_ptr<Workload>(std::move(workload));
}

}  // namespace assay::cpu
