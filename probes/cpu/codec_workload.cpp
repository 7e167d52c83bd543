#include "probes/cpu/codec_workload.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <optional>
#include <utility>

#include "engine/core/units.h"
#include "engine/host/quota.h"
#include "engine/host/worker_team.h"
#include "engine/team_use.h"
#include "probes/cpu/codec_metrics.h"
#include "probes/cpu/codec_work.h"
#include "probes/cpu/settings.h"

namespace assay::cpu {
namespace {

constexpr double kTrivialRatio = 20;
constexpr double kTrivialZeros = 0.5;
constexpr std::array kDirections{CodecDirection::compress, CodecDirection::decompress};

/// A level's blocks, and how long one takes, roughly: for the lead-in of its windows.
struct Packing {
    PackingChoice choice;
    PackedBlocks blocks;
    std::array<std::chrono::nanoseconds, kDirections.size()> typical{};
};

class CodecWorkload final : public Workload {
  public:
    CodecWorkload(const host::Host& host, const CodecKind& kind, CodecSettings settings,
                  std::unique_ptr<host::WorkerTeam> team)
        : host_(host),
          kind_(kind),
          settings_(std::move(settings)),
          team_(std::move(team)),
          stations_(team_->size()) {}

    Expected<void> build(const RunContext& context) {
        const CorpusLimits limits{context.prepare_deadline, context.stop};
        const bool is_generated = settings_.corpus_file.empty();
        auto corpus = is_generated
                          ? Corpus::generate(settings_.profile, settings_.corpus_bytes, limits)
                          : Corpus::read(settings_.corpus_file, settings_.corpus_bytes, limits);
        if (!corpus)
            return std::unexpected(corpus.error());
        corpus_.emplace(std::move(*corpus));
        for (const PackingChoice& choice : settings_.packings())
            ASSAY_TRY_VOID(pack(choice, limits));
        for (const CodecCase& row : settings_.cases)
            add_case(row);
        return {};
    }

    std::span<const Case> cases() const override { return cases_; }

    std::vector<Finding> findings() const override {
        std::vector<Finding> found;
        if (const auto quota = host::quota_finding(host_))
            found.push_back(*quota);
        if (const auto trivial = trivial_data())
            found.push_back(*trivial);
        const auto cache = host_.topology.last_level_cache_bytes();
        if (cache && corpus_->bytes().size() <= *cache)
            found.push_back(make_finding(
                "cache_resident", "The corpus has " + std::to_string(corpus_->bytes().size()) +
                                      " B; the last-level caches hold " + std::to_string(*cache) +
                                      " B."));
        return found;
    }

    Expected<RoundResult> measure(std::size_t case_index, const RoundRequest& request) override {
        const Row& row = rows_.at(case_index);
        RoundResult result;
        for (const CodecDirection direction : kDirections) {
            ASSAY_TRY(const auto rate, window(case_index, direction, request, result));
            const bool packs = direction == CodecDirection::compress;
            if (rate)
                result.values.push_back({&kind_.metrics[packs ? kCompress : kDecompress], *rate});
            else
                result.findings.push_back(make_finding(
                    "clock_gaps", "A thread was away from its CPU for a whole window."));
        }
        result.values.push_back({&kind_.metrics[kRatio], packings_[row.packing].blocks.ratio()});
        return result;
    }

    Expected<void> verify() override {
        for (std::size_t index = 0; index < rows_.size(); ++index)
            for (const auto& workers : rows_[index].progress)
                for (const CodecProgress& progress : workers)
                    if (progress.wrong_blocks > 0)
                        return failure(
                            ErrorKind::internal,
                            "verify " + std::string(kind_.id) + ", " + cases_[index].name + ": " +
                                std::to_string(progress.wrong_blocks) + " of " +
                                std::to_string(progress.blocks) +
                                " blocks of a thread came out other than while preparing. Either "
                                "work was skipped or this host computes or stores wrongly: trust "
                                "neither until a second run and a memory and CPU test say more");
        return {};
    }

  private:
    struct Row {
        std::size_t packing;
        std::array<std::vector<CodecProgress>, kDirections.size()>
            progress;  ///< [direction][worker]
    };

    std::span<const std::byte> data_of(const PackingChoice& choice) {
        if (!choice.of_zeros)
            return corpus_->bytes();
        zeros_.resize(kZerosBytes);
        return zeros_;
    }

    Expected<void> pack(const PackingChoice& choice, const CorpusLimits& limits) {
        ASSAY_TRY(PackedBlocks blocks,
                  PackedBlocks::allocate(kind_.library, data_of(choice), choice.block_bytes));
        ASSAY_TRY_VOID(team_->on_each([&](std::size_t worker) -> Expected<void> {
            CodecStation& station = stations_[worker];
            std::unique_ptr<Codec>& codec = station.codecs[choice.level];
            if (codec == nullptr) {
                ASSAY_TRY(codec, kind_.library.make(choice.level));
            }
            station.out.resize(
                std::max({station.out.size(), blocks.most_packed_bytes(), blocks.block_bytes()}));
            return blocks.pack(*codec, worker, team_->size(), limits);
        }));
        packings_.push_back({choice, std::move(blocks), {}});
        return time_a_block(packings_.back());
    }

    Expected<void> time_a_block(Packing& packing) {
        CodecStation& station = stations_.front();
        Codec& codec = *station.codecs.at(packing.choice.level);
        const auto begin = std::chrono::steady_clock::now();
        const auto packed = codec.compress(packing.blocks.original(0), station.out);
        const auto between = std::chrono::steady_clock::now();
        const auto length = packing.blocks.original(0).size();
        const auto restored =
            codec.decompress(packing.blocks.packed(0), std::span(station.out).first(length));
        if (!packed || !restored)
            return failure(ErrorKind::internal,
                           kind_.library.version() + " refused a block that it took before");
        packing.typical = {between - begin, std::chrono::steady_clock::now() - between};
        return {};
    }

    void add_case(const CodecCase& row) {
        const auto packing = std::ranges::find(packings_, row.packing, &Packing::choice);
        const std::size_t count = packing->blocks.count();
        Row made{.packing = static_cast<std::size_t>(packing - packings_.begin()), .progress = {}};
        for (auto& workers : made.progress)
            for (std::size_t worker = 0; worker < row.threads; ++worker)
                workers.push_back({.next_block = worker * count / row.threads});
        rows_.push_back(std::move(made));
        const bool zeros = row.packing.of_zeros;
        cases_.push_back({"level " + std::to_string(row.packing.level) + ", " +
                              std::to_string(row.packing.block_bytes) + " B blocks" +
                              (zeros ? " of zeros, " : ", ") + threads_text(row.threads),
                          {{"level", row.packing.level},
                           {"block_bytes", static_cast<std::uint64_t>(row.packing.block_bytes)},
                           {"threads", static_cast<std::uint64_t>(row.threads)},
                           {"scope", row.scope},
                           {"corpus", zeros ? std::string("zeros") : corpus_->name()},
                           {"corpus_bytes", static_cast<std::uint64_t>(
                                                zeros ? zeros_.size() : corpus_->bytes().size())},
                           {"corpus_digest", zeros ? Value() : Value(corpus_->digest())},
                           {"library", kind_.library.version()}},
                          kCodecRoundShare});
    }

    Expected<std::optional<double>> window(std::size_t case_index, CodecDirection direction,
                                           const RoundRequest& request, RoundResult& result) {
        Row& row = rows_[case_index];
        const Packing& packing = packings_[row.packing];
        const auto which = static_cast<std::size_t>(direction);
        CodecWork work(host_.clock, packing.blocks, packing.choice.level, direction, stations_,
                       row.progress[which]);
        host::WindowRequest asked =
            host::cpu_bound_window(host_.cgroup, {.workers = row.progress[which].size(),
                                                  .lead_in = {},
                                                  .duration = request.duration / 2,
                                                  .deadline = request.deadline,
                                                  .stop = request.stop});
        // Long enough for two blocks and the wait for the opening, or a thread would come late.
        asked.lead_in = std::max(asked.lead_in, packing.typical[which] * 5 / 2);
        ASSAY_TRY(const host::TeamReport report, team_->run(work, asked));
        add_use(report, result.cpu_use);
        // Blocks take as long as their content asks for, so a long one is no gap in the clock.
        result.cpu_use->gap_ns = 0;
        if (auto impossible =
                impossible_rate(report, work, most_codec_bytes_per_cycle(direction),
                                "the load and store units of no known core can do as many"))
            result.findings.push_back(std::move(*impossible));
        return rate_of(report);
    }

    std::optional<Finding> trivial_data() const {
        double ratio = 0;
        for (const Packing& packing : packings_)
            if (!packing.choice.of_zeros)
                ratio = std::max(ratio, packing.blocks.ratio());
        if (ratio <= kTrivialRatio && corpus_->zero_ratio() <= kTrivialZeros)
            return std::nullopt;
        char text[128];
        std::snprintf(text, sizeof text,
                      "%.0f %% of the corpus is zeros, and it compresses to a ratio of %.1f.",
                      corpus_->zero_ratio() * 100, ratio);
        return make_finding("trivial_data", text);
    }

    const host::Host& host_;
    const CodecKind& kind_;
    const CodecSettings settings_;
    std::optional<Corpus> corpus_;
    std::vector<std::byte> zeros_;
    std::vector<Packing> packings_;
    std::vector<Case> cases_;
    std::vector<Row> rows_;
    std::unique_ptr<host::WorkerTeam> team_;
    std::vector<CodecStation> stations_;  ///< [worker]
};

}  // namespace

Expected<std::unique_ptr<Workload>> make_codec_workload(const RunContext& context,
                                                        const CodecKind& kind,
                                                        CodecSettings settings) {
    ASSAY_TRY(const std::vector<int> cpus, first_cpus(kind.id, context.host, settings.threads()));
    ASSAY_TRY(auto team, host::WorkerTeam::start(context.host.clock, cpus));
    auto workload =
        std::make_unique<CodecWorkload>(context.host, kind, std::move(settings), std::move(team));
    ASSAY_TRY_VOID(workload->build(context));
    return std::unique_ptr<Workload>(std::move(workload));
}

}  // namespace assay::cpu
