#include "engine/score/restore_model.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "engine/score/predictive.h"

namespace assay::score {
namespace {

constexpr std::array kFlow{StageKind::read, StageKind::network, StageKind::decrypt,
                           StageKind::decompress, StageKind::write};
constexpr std::uint64_t kSharedSalt = 100, kModelSalt = 200;
/// Rounds of a spread of one, from which factors of any spread are made.
constexpr std::size_t kSeedStride = 1000;

double speedup_of(const Speedups& speedups, StageKind kind) {
    const auto found = speedups.find(kind);
    return found == speedups.end() ? 1 : found->second;
}

/// Log-normal around 1. Many rounds make the predictive t a normal.
std::vector<double> unknown_factors(const RestoreTask& task, double spread) {
    if (spread <= 0)
        return std::vector<double>(task.draws, 1.0);
    constexpr std::size_t kPairs = 200;
    std::vector<double> rounds;
    for (std::size_t pair = 0; pair < kPairs; ++pair) {
        rounds.push_back(std::exp(spread));
        rounds.push_back(std::exp(-spread));
    }
    return predictive_draws(rounds, task.seed * kSeedStride + kModelSalt, task.draws).value();
}

}  // namespace

std::vector<double> draws_of(const Stage& stage, const RestoreTask& task, std::uint64_t salt) {
    const auto seed = task.seed * kSeedStride + salt + static_cast<std::uint64_t>(stage.kind);
    return predictive_draws(stage.rounds, seed, task.draws).value_or(std::vector<double>{});
}

RestoreModel::RestoreModel(const Pipeline& pipeline, const RestoreTask& task, double model_spread)
    : task_(task), unknown_(unknown_factors(task, model_spread)) {
    for (const Stage& stage : pipeline.restore)
        values_[stage.kind] = draws_of(stage, task, 0);
    for (const Stage& stage : pipeline.shared_cpu)
        shared_[stage.kind] = draws_of(stage, task, kSharedSalt);
}

Outcome RestoreModel::outcome(std::size_t draw, const Speedups& speedups) const {
    const double chunk = std::min(task_.chunk_bytes, task_.data_bytes);
    Outcome slowest;
    double fill_s = 0, slowest_chunk_s = 0, cpu_s = 0;
    StageKind cpu_kind = StageKind::decrypt;
    double cpu_kind_s = 0;
    for (const StageKind kind : kFlow) {
        const double rate = values_.at(kind)[draw] * speedup_of(speedups, kind);
        double busy_s = task_.data_bytes / rate;
        if (kind == StageKind::write) {
            const double syncs = std::ceil(task_.data_bytes / task_.sync_every_bytes);
            const double syncs_s =
                syncs * values_.at(StageKind::sync)[draw] / speedup_of(speedups, StageKind::sync);
            if (busy_s + syncs_s > slowest.seconds)
                slowest.slowest = syncs_s > busy_s ? StageKind::sync : kind;
            busy_s += syncs_s;
        } else if (busy_s > slowest.seconds)
            slowest.slowest = kind;
        fill_s += chunk / rate;
        if (busy_s > slowest.seconds) {
            slowest.seconds = busy_s;
            slowest_chunk_s = chunk / rate;
        }
        if (const auto all = shared_.find(kind); all != shared_.end()) {
            const double part_s =
                task_.data_bytes / (all->second[draw] * speedup_of(speedups, kind));
            cpu_s += part_s;
            if (part_s > cpu_kind_s) {
                cpu_kind_s = part_s;
                cpu_kind = kind;
            }
        }
    }
    if (cpu_s > slowest.seconds)
        slowest = {cpu_s, cpu_kind};
    slowest.seconds = (slowest.seconds + fill_s - slowest_chunk_s) * unknown_[draw];
    return slowest;
}

std::vector<Outcome> RestoreModel::outcomes(const Speedups& speedups) const {
    std::vector<Outcome> all(task_.draws);
    for (std::size_t draw = 0; draw < all.size(); ++draw)
        all[draw] = outcome(draw, speedups);
    return all;
}

double RestoreModel::probability(const Speedups& speedups) const {
    std::size_t met = 0;
    for (std::size_t draw = 0; draw < task_.draws; ++draw)
        met += outcome(draw, speedups).seconds <= task_.rto_s;
    return static_cast<double>(met) / static_cast<double>(task_.draws);
}

}  // namespace assay::score
