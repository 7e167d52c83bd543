#include "engine/score/predict_words.h"

#include <algorithm>
#include <cstdio>

#include "engine/core/units.h"
#include "engine/score/predict.h"

namespace assay::score {
namespace {

std::string fixed(double value, int decimals) {
    char text[64];
    std::snprintf(text, sizeof text, "%.*f", decimals, value);
    return text;
}

std::string probability(double value) {
    if (value > 0.9995)
        return "over 0.999";
    return value < 0.0005 ? "under 0.001" : fixed(value, 3);
}

/// "3661.0 s", with as many decimals as a short time needs.
std::string seconds(double value) {
    return fixed(value, value < 10 ? 3 : 1) + " s";
}

std::string stage_text(const Stage& stage) {
    return std::string(name_of(stage.kind)) + " (" + stage.side + ")";
}

void judge_rto(Prediction& prediction, const RestoreTask& task) {
    const std::string times =
        "The restore takes " + seconds(*prediction.median_s) + " [" + seconds(*prediction.low_s) +
        " to " + seconds(*prediction.high_s) + ", 90 %]; the RTO of " + seconds(task.rto_s) +
        " is met with a probability of " + probability(*prediction.rto_probability) + ", " +
        fixed(kPredictionConfidence, 2) + " is asked.";
    prediction.reasons.push_back(times);
    if (*prediction.rto_probability >= kPredictionConfidence)
        prediction.decision = Decision::go;
    else if (*prediction.median_s <= task.rto_s)
        prediction.decision = Decision::go_with_conditions;
    else
        prediction.decision = Decision::no_go;
}

Decision judge_replication(const ReplicationForecast& forecast) {
    if (*forecast.keeps_up_probability >= kPredictionConfidence)
        return Decision::go;
    return *forecast.throughput > forecast.change_bytes_per_s ? Decision::go_with_conditions
                                                              : Decision::no_go;
}

std::string replication_sentence(const ReplicationForecast& forecast) {
    return "Replication keeps up with the change rate with a probability of " +
           probability(*forecast.keeps_up_probability) + "; the slowest stage is " +
           std::string(name_of(*forecast.bottleneck)) + ".";
}

}  // namespace

std::string gap_sentence(const Stage& stage) {
    return "The stage " + stage_text(stage) + " has no number: " + stage.gap.value_or("unknown") +
           ". Nothing is assumed in its place.";
}

std::string thin_sentence(const Stage& stage) {
    return "The stage " + stage_text(stage) + " rests on " + std::to_string(stage.rounds.size()) +
           " valid rounds, " + std::to_string(kFewestRounds) +
           " are needed; take the run with --profile quick or larger.";
}

std::string version_sentence(const Run& source, const Run& target) {
    return "The runs have different workload versions (" + std::to_string(source.workload_version) +
           " and " + std::to_string(target.workload_version) +
           "), so their numbers do not mean the same; run both sides with one version of assay.";
}

void decide(Prediction& prediction, const std::vector<std::string>& gaps, const RestoreTask& task) {
    if (prediction.median_s)
        judge_rto(prediction, task);
    bool is_missing = !gaps.empty() || !prediction.median_s;
    prediction.reasons.insert(prediction.reasons.end(), gaps.begin(), gaps.end());
    if (const auto& forecast = prediction.replication) {
        if (forecast->keeps_up_probability) {
            prediction.decision = std::max(prediction.decision, judge_replication(*forecast));
            prediction.reasons.push_back(replication_sentence(*forecast));
        }
        for (const std::string& gap : forecast->gaps)
            if (std::ranges::find(prediction.reasons, gap) == prediction.reasons.end())
                prediction.reasons.push_back("For the replication: " + gap);
        is_missing = is_missing || !forecast->gaps.empty();
    }
    if (is_missing)
        prediction.decision = Decision::inconclusive;
}

std::vector<std::string> assumptions_of(const Prediction& prediction, const Pipeline& pipeline,
                                        const RestoreTask& task) {
    std::vector<std::string> sentences{
        "Data moves in chunks of " + std::to_string(static_cast<std::uint64_t>(task.chunk_bytes)) +
            " B; the stages work on different chunks at the same time, with room for some chunks "
            "between them.",
        "Each stage keeps one rate for the whole restore, drawn from the predictive t distribution "
        "of its rounds' logarithms; stages are independent of each other.",
        "What this model leaves out is a factor on the time with a standard deviation of " +
            fixed(kModelSpread * 100, 0) + " %.",
        "The writer stops for one sync every " +
            std::to_string(static_cast<std::uint64_t>(task.sync_every_bytes)) +
            " B and at the end."};
    sentences.push_back(
        task.cpu == CpuUse::one_thread
            ? "One thread decrypts and one decompresses (--cpu all for a restore that uses all "
              "CPUs)."
            : "Decrypt and decompress use all CPUs of the target, which they share.");
    if (pipeline.shared_cpu.empty())
        sentences.emplace_back(
            "How decrypt and decompress share the CPUs was not measured, so each has its own.");
    if (prediction.compression_ratio)
        sentences.push_back(
            "Data is stored and sent compressed by " + fixed(*prediction.compression_ratio, 2) +
            (prediction.ratio_is_declared
                 ? " (declared by the operator)."
                 : ", the ratio of the probe's corpus; yours may differ (--ratio)."));
    if (task.declared_link_bytes_per_s)
        sentences.emplace_back(
            "The link's rate was declared by the operator, not measured: no spread is known.");
    sentences.emplace_back("Not in the time: detection, decision, booting, and checks by people.");
    if (prediction.replication && task.rpo_s)
        sentences.emplace_back(
            "Changes come at an even rate; replication starts at fixed intervals and sends what "
            "changed since the last start.");
    return sentences;
}

}  // namespace assay::score
