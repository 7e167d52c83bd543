#include "report/json_parts.h"
#include "report/prediction.h"

namespace assay::report {
namespace {

using score::Prediction;
using score::Stage;

Json texts(const std::vector<std::string>& sentences) {
    Json array = Json::array();
    for (const std::string& sentence : sentences)
        array.push_back(sentence);
    return array;
}

Json from_stage(const Stage& stage) {
    Json rounds = Json::array();
    for (const double round : stage.rounds)
        rounds.push_back(number(round));
    return {{"stage", name_of(stage.kind)},
            {"side", stage.side},
            {"metric", stage.metric.empty() ? Json(nullptr) : Json(stage.metric)},
            {"conditions", stage.conditions},
            {"unit", stage.kind == score::StageKind::sync ? "s" : "B/s"},
            {"declared", stage.is_declared},
            {"gap", stage.gap ? Json(*stage.gap) : Json(nullptr)},
            {"rounds", std::move(rounds)},
            {"median", maybe(stage.median)},
            {"p5", maybe(stage.low)},
            {"p95", maybe(stage.high)},
            {"alone_s", maybe(stage.seconds)},
            {"bottleneck_share", number(stage.bottleneck_share)}};
}

Json from_stages(const std::vector<Stage>& stages) {
    Json array = Json::array();
    for (const Stage& stage : stages)
        array.push_back(from_stage(stage));
    return array;
}

Json from_what_if(const Prediction& prediction) {
    Json array = Json::array();
    for (const score::WhatIf& row : prediction.what_if)
        array.push_back({{"stage", name_of(row.kind)},
                         {"median_s_if_doubled", number(row.median_s_if_doubled)},
                         {"rto_probability_if_doubled", number(row.probability_if_doubled)},
                         {"factor_alone", maybe(row.factor_alone)},
                         {"factor_beside", maybe(row.factor_beside)}});
    return array;
}

Json from_stage_name(const std::optional<score::StageKind>& kind) {
    return kind ? Json(name_of(*kind)) : Json(nullptr);
}

Json from_replication(const std::optional<score::ReplicationForecast>& forecast) {
    if (!forecast)
        return nullptr;
    return {{"change_bytes_per_s", number(forecast->change_bytes_per_s)},
            {"throughput", maybe(forecast->throughput)},
            {"throughput_p5", maybe(forecast->throughput_low)},
            {"throughput_p95", maybe(forecast->throughput_high)},
            {"bottleneck", from_stage_name(forecast->bottleneck)},
            {"keeps_up_probability", maybe(forecast->keeps_up_probability)},
            {"longest_interval_s", maybe(forecast->longest_interval_s)},
            {"gaps", texts(forecast->gaps)},
            {"stages", from_stages(forecast->stages)}};
}

Json from_task(const score::RestoreTask& task) {
    return {{"data_bytes", number(task.data_bytes)},
            {"rto_s", number(task.rto_s)},
            {"rpo_s", maybe(task.rpo_s)},
            {"change_bytes_per_s", maybe(task.change_bytes_per_s)},
            {"declared_link_bytes_per_s", maybe(task.declared_link_bytes_per_s)},
            {"declared_ratio", maybe(task.declared_ratio)},
            {"cpu", task.cpu == score::CpuUse::one_thread ? "one" : "all"},
            {"chunk_bytes", number(task.chunk_bytes)},
            {"sync_every_bytes", number(task.sync_every_bytes)},
            {"seed", task.seed},
            {"draws", task.draws}};
}

}  // namespace

std::string prediction_to_json(const Prediction& prediction, const PredictionContext& context) {
    return document_text(
        {{"schema", "assay.prediction/1"},
         {"tool", {{"version", ASSAY_VERSION}}},
         {"decision", name_of(prediction.decision)},
         {"exit_status", static_cast<int>(prediction.decision)},
         {"reasons", texts(prediction.reasons)},
         {"task", from_task(context.task)},
         {"median_s", maybe(prediction.median_s)},
         {"p5_s", maybe(prediction.low_s)},
         {"p95_s", maybe(prediction.high_s)},
         {"rto_probability", maybe(prediction.rto_probability)},
         {"bottleneck", from_stage_name(prediction.bottleneck)},
         {"needed_rate", maybe(prediction.needed_rate)},
         {"compression_ratio", maybe(prediction.compression_ratio)},
         {"stages", from_stages(prediction.stages)},
         {"what_if", from_what_if(prediction)},
         {"replication", from_replication(prediction.replication)},
         {"assumptions", texts(prediction.assumptions)},
         {"source", {{"label", context.source.label}, {"run_id", context.source.run_id}}},
         {"target", {{"label", context.target.label}, {"run_id", context.target.run_id}}}});
}

}  // namespace assay::report
