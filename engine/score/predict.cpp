#include "engine/score/predict.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <numeric>

#include "engine/measure/statistics.h"
#include "engine/score/predict_words.h"
#include "engine/score/predictive.h"
#include "engine/score/restore_model.h"

namespace assay::score {
namespace {

constexpr double kLowShare = 0.05, kHighShare = 0.95;
/// No upgrade is larger than this.
constexpr double kMostFactor = 1e6;

void describe(Stage& stage, const RestoreTask& task, const std::vector<double>& values) {
    stage.median = measure::median(stage.rounds);
    stage.low = quantile_of(values, kLowShare);
    stage.high = quantile_of(values, kHighShare);
    stage.seconds = stage.kind == StageKind::sync
                        ? *stage.median * std::ceil(task.data_bytes / task.sync_every_bytes)
                        : task.data_bytes / *stage.median;
}

bool is_thin(const Stage& stage) {
    return !stage.is_declared && stage.rounds.size() < kFewestRounds;
}

/// The smallest x in [1, kMostFactor] with enough(x); `enough` changes from false to true once.
std::optional<double> smallest(const std::function<bool(double)>& enough) {
    if (!enough(kMostFactor))
        return std::nullopt;
    double low = 0, high = std::log(kMostFactor);
    if (enough(1))
        return 1;
    constexpr int kHalvings = 24;  // to a millionth
    for (int halving = 0; halving < kHalvings; ++halving) {
        const double middle = (low + high) / 2;
        (enough(std::exp(middle)) ? high : low) = middle;
    }
    return std::exp(high);
}

/// Every stage with a slower median is brought to `rate`.
Speedups brought_to(double rate, const std::vector<Stage>& stages) {
    Speedups speedups;
    for (const Stage& stage : stages)
        if (stage.kind != StageKind::sync && *stage.median < rate)
            speedups[stage.kind] = rate / *stage.median;
    return speedups;
}

void ask_what_if(Prediction& prediction, const RestoreModel& model, const RestoreTask& task) {
    const double start = task.data_bytes / task.rto_s;
    const auto common = smallest([&](double factor) {
        return model.probability(brought_to(start / 2 * factor, prediction.stages)) >=
               kPredictionConfidence;
    });
    if (common)
        prediction.needed_rate = start / 2 * *common;
    for (const Stage& stage : prediction.stages) {
        WhatIf row;
        row.kind = stage.kind;
        const Speedups doubled{{stage.kind, 2.0}};
        std::vector<double> seconds;
        for (const Outcome& outcome : model.outcomes(doubled))
            seconds.push_back(outcome.seconds);
        row.median_s_if_doubled = quantile_of(std::move(seconds), 0.5);
        row.probability_if_doubled = model.probability(doubled);
        row.factor_alone = smallest([&](double factor) {
            return model.probability({{stage.kind, factor}}) >= kPredictionConfidence;
        });
        if (prediction.needed_rate && stage.kind != StageKind::sync)
            row.factor_beside = std::max(1.0, *prediction.needed_rate / *stage.median);
        prediction.what_if.push_back(row);
    }
}

void forecast(Prediction& prediction, const Pipeline& pipeline, const RestoreTask& task) {
    const RestoreModel model(pipeline, task, kModelSpread);
    for (Stage& stage : prediction.stages)
        describe(stage, task, model.values(stage.kind));
    std::vector<double> seconds;
    const std::vector<Outcome> outcomes = model.outcomes();
    for (const Outcome& outcome : outcomes)
        seconds.push_back(outcome.seconds);
    prediction.median_s = quantile_of(seconds, 0.5);
    prediction.low_s = quantile_of(seconds, kLowShare);
    prediction.high_s = quantile_of(seconds, kHighShare);
    prediction.rto_probability = model.probability();
    double largest = -1;
    for (Stage& stage : prediction.stages) {
        const auto times = std::ranges::count(outcomes, stage.kind, &Outcome::slowest);
        stage.bottleneck_share = static_cast<double>(times) / static_cast<double>(outcomes.size());
        if (stage.bottleneck_share > largest) {
            largest = stage.bottleneck_share;
            prediction.bottleneck = stage.kind;
        }
    }
    ask_what_if(prediction, model, task);
}

void replicate(ReplicationForecast& forecast, const RestoreTask& task) {
    std::vector<double> slowest(task.draws, HUGE_VAL);
    std::vector<StageKind> which(task.draws);
    for (Stage& stage : forecast.stages) {
        const std::vector<double> values = draws_of(stage, task, 0);
        describe(stage, task, values);
        for (std::size_t draw = 0; draw < values.size(); ++draw)
            if (values[draw] < slowest[draw]) {
                slowest[draw] = values[draw];
                which[draw] = stage.kind;
            }
    }
    forecast.throughput = quantile_of(slowest, 0.5);
    forecast.throughput_low = quantile_of(slowest, kLowShare);
    forecast.throughput_high = quantile_of(slowest, kHighShare);
    double largest = -1;
    for (Stage& stage : forecast.stages) {
        stage.bottleneck_share = static_cast<double>(std::ranges::count(which, stage.kind)) /
                                 static_cast<double>(which.size());
        if (stage.bottleneck_share > largest) {
            largest = stage.bottleneck_share;
            forecast.bottleneck = stage.kind;
        }
    }
    const auto faster = std::ranges::count_if(
        slowest, [&](double rate) { return rate > forecast.change_bytes_per_s; });
    forecast.keeps_up_probability =
        static_cast<double>(faster) / static_cast<double>(slowest.size());
    // Data that changed at the start of an interval waits for its end, and then for the transfer of
    // the interval's changes: interval * (1 + change / throughput) <= RPO.
    if (task.rpo_s && *forecast.throughput_low > forecast.change_bytes_per_s)
        forecast.longest_interval_s =
            *task.rpo_s / (1 + forecast.change_bytes_per_s / *forecast.throughput_low);
}

ReplicationForecast replication_of(const Pipeline& pipeline, const RestoreTask& task) {
    ReplicationForecast forecast;
    forecast.change_bytes_per_s = *task.change_bytes_per_s;
    forecast.stages = pipeline.replication;
    for (const Stage& stage : forecast.stages)
        if (stage.gap)
            forecast.gaps.push_back(gap_sentence(stage));
        else if (is_thin(stage))
            forecast.gaps.push_back(thin_sentence(stage));
    if (std::ranges::none_of(forecast.stages,
                             [](const Stage& stage) { return stage.gap.has_value(); }))
        replicate(forecast, task);
    return forecast;
}

}  // namespace

std::string_view name_of(StageKind kind) {
    constexpr std::array<std::string_view, 8> kNames{"read",    "compress",   "encrypt", "network",
                                                     "decrypt", "decompress", "write",   "sync"};
    return kNames[static_cast<std::size_t>(kind)];
}

Prediction predict(const Run& source, const Run& target, const RestoreTask& task) {
    const Pipeline pipeline = make_pipeline(source, target, task);
    Prediction prediction;
    prediction.stages = pipeline.restore;
    prediction.compression_ratio = pipeline.ratio;
    prediction.ratio_is_declared = pipeline.ratio_is_declared;
    if (std::ranges::none_of(prediction.stages,
                             [](const Stage& stage) { return stage.gap.has_value(); }))
        forecast(prediction, pipeline, task);
    if (task.change_bytes_per_s)
        prediction.replication = replication_of(pipeline, task);
    std::vector<std::string> gaps;
    for (const Stage& stage : prediction.stages)
        if (stage.gap)
            gaps.push_back(gap_sentence(stage));
        else if (is_thin(stage))
            gaps.push_back(thin_sentence(stage));
    if (source.workload_version != target.workload_version)
        gaps.push_back(version_sentence(source, target));
    decide(prediction, gaps, task);
    prediction.assumptions = assumptions_of(prediction, pipeline, task);
    return prediction;
}

}  // namespace assay::score
