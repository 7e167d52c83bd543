#include "engine/score/restore_stages.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <span>

#include "engine/core/units.h"
#include "engine/measure/statistics.h"

namespace assay::score {
namespace {

/// A condition that is asked for where the run has it.
struct Preference {
    std::string_view name, text;
    std::int64_t number = 0;
};

constexpr std::array kSequential{Preference{"block_bytes", "", kMiB}};
constexpr std::array kRecords{Preference{"record_bytes", "", 16 * kKiB}};
constexpr std::array kLevel{Preference{"level", "", 3}};
constexpr std::array kSyncs{Preference{"method", "fdatasync"}, Preference{"load", "none"},
                            Preference{"threads", "", 1}};
constexpr std::array kToTarget{Preference{"direction", "down"}};
constexpr std::array kFromSource{Preference{"direction", "up"}};

/// A file can hold any number. Beyond these a number is a mistake: B/s, and s of one sync.
constexpr double kSlowest = 1, kFastest = 1e15;
constexpr double kShortestSync = 1e-9, kLongestSync = 1e5;

struct Wanted {
    StageKind kind;
    std::string_view metric;
    Unit unit;
    std::span<const Preference> preferences;
};

constexpr Wanted kRead{StageKind::read, "storage.sequential_read.bandwidth", Unit::bytes_per_second,
                       kSequential};
constexpr Wanted kWrite{StageKind::write, "storage.sequential_write.bandwidth",
                        Unit::bytes_per_second, kSequential};
constexpr Wanted kSync{StageKind::sync, "storage.fsync.latency", Unit::nanoseconds, kSyncs};
constexpr Wanted kDecrypt{StageKind::decrypt, "cpu.aes_256_gcm.decrypt", Unit::bytes_per_second,
                          kRecords};
constexpr Wanted kEncrypt{StageKind::encrypt, "cpu.aes_256_gcm.encrypt", Unit::bytes_per_second,
                          kRecords};
constexpr Wanted kDecompress{StageKind::decompress, "cpu.zstd.decompress", Unit::bytes_per_second,
                             kLevel};
constexpr Wanted kCompress{StageKind::compress, "cpu.zstd.compress", Unit::bytes_per_second,
                           kLevel};
constexpr Wanted kRatio{StageKind::decompress, "cpu.zstd.ratio", Unit::ratio, kLevel};
constexpr Wanted kDown{StageKind::network, "network.tcp.bandwidth", Unit::bytes_per_second,
                       kToTarget};
constexpr Wanted kUp{StageKind::network, "network.tcp.bandwidth", Unit::bytes_per_second,
                     kFromSource};

struct Side {
    std::string_view name;
    const Run& run;
};

bool has(const Measurement& measurement, const Preference& wish) {
    const Value* value = measurement.condition(wish.name);
    if (value == nullptr)
        return false;
    if (!wish.text.empty())
        return value->as_text() != nullptr && *value->as_text() == wish.text;
    return value->as_number() == static_cast<double>(wish.number);
}

/// Why this one gives no number; nullopt if it does.
std::optional<std::string> fault_of(const Measurement& measurement, Unit unit) {
    for (const Finding& finding : measurement.findings) {
        if (finding.id == "self_test")
            return "it is a SELF-TEST, both ends are one host, so it says nothing of a network";
        if (finding.severity == Severity::invalid)
            return "it is invalid by '" + finding.id + "'";
    }
    if (measurement.unit != unit)
        return "it is not in " + std::string(symbol(unit));
    const auto is_number = [](double sample) { return std::isfinite(sample) && sample > 0; };
    if (measurement.samples.empty() || !std::ranges::all_of(measurement.samples, is_number))
        return "it has no valid round";
    return std::nullopt;
}

bool is_of_zeros(const Measurement& measurement) {
    const Value* corpus = measurement.condition("corpus");
    return corpus != nullptr && corpus->as_text() != nullptr && *corpus->as_text() == "zeros";
}

/// One thread or all CPUs, for metrics that know the difference.
bool is_of_scope(const Measurement& measurement, CpuUse cpu) {
    const Value* scope = measurement.condition("scope");
    return scope == nullptr || scope->as_text() == nullptr ||
           *scope->as_text() == (cpu == CpuUse::one_thread ? "one" : "all");
}

struct Found {
    const Measurement* measurement = nullptr;
    std::string gap;  ///< set if there is none
};

std::string not_measured(const Run& run, std::string_view metric) {
    const std::string probe_id(metric.substr(0, metric.rfind('.')));
    const ProbeResult* probe = run.probe(probe_id);
    if (probe == nullptr)
        return "probe " + probe_id + " is not in the run";
    if (probe->status != ProbeStatus::measured)
        return "probe " + probe_id + " " + std::string(name_of(probe->status)) + ": " +
               (probe->reason ? probe->reason->message : "no reason given");
    return "the run has no " + std::string(metric);
}

Found find(const Run& run, const Wanted& wanted, CpuUse cpu) {
    std::vector<const Measurement*> usable;
    std::string fault;
    for (const ProbeResult& probe : run.probes)
        for (const Measurement& measurement : probe.measurements) {
            if (measurement.metric != wanted.metric || is_of_zeros(measurement) ||
                !is_of_scope(measurement, cpu))
                continue;
            if (auto reason = fault_of(measurement, wanted.unit))
                fault = std::move(*reason);
            else
                usable.push_back(&measurement);
        }
    if (usable.empty())
        return {nullptr, fault.empty() ? not_measured(run, wanted.metric)
                                       : std::string(wanted.metric) + " cannot be used: " + fault};
    for (const Preference& wish : wanted.preferences)
        if (std::ranges::any_of(usable, [&](const auto* each) { return has(*each, wish); }))
            std::erase_if(usable, [&](const auto* each) { return !has(*each, wish); });
    const bool lower = wanted.unit == Unit::nanoseconds;
    return {*std::ranges::max_element(usable, {},
                                      [&](const Measurement* each) {
                                          const double median =
                                              measure::median(each->samples).value_or(0);
                                          return lower ? -median : median;
                                      }),
            ""};
}

std::string shown(const Measurement& measurement) {
    std::string text;
    for (const std::string_view name : {"record_bytes", "block_bytes", "depth", "level", "streams",
                                        "direction", "method", "threads", "peer"}) {
        const Value* value = measurement.condition(name);
        if (value == nullptr || value->is_null())
            continue;
        text += (text.empty() ? "" : ", ") + std::string(name) + " ";
        if (const std::string* words = value->as_text())
            text += *words;
        else if (const auto whole = value->as_integer())
            text += std::to_string(*whole);
    }
    return text;
}

/// `factor` turns the metric's unit into B/s of restored data (or ns into s).
Stage stage_of(const Side& side, const Wanted& wanted, CpuUse cpu, std::optional<double> factor) {
    Stage stage;
    stage.kind = wanted.kind;
    stage.side = side.name;
    stage.metric = wanted.metric;
    const Found found = find(side.run, wanted, cpu);
    if (found.measurement == nullptr) {
        stage.gap = found.gap;
        return stage;
    }
    stage.conditions = shown(*found.measurement);
    if (!factor) {
        stage.gap =
            "the compression ratio is not known, by which bytes on the wire become restored "
            "bytes (measure cpu.zstd on the target, or give --ratio)";
        return stage;
    }
    const bool is_sync = wanted.kind == StageKind::sync;
    for (const double sample : found.measurement->samples) {
        const double value = sample * *factor;
        if (!(value >= (is_sync ? kShortestSync : kSlowest)) ||
            !(value <= (is_sync ? kLongestSync : kFastest))) {
            stage.gap = std::string(wanted.metric) + " has a round that no hardware can give";
            stage.rounds.clear();
            return stage;
        }
        stage.rounds.push_back(value);
    }
    return stage;
}

double middle(const Stage& stage) {
    return measure::median(stage.rounds).value_or(0);
}

Stage network_stage(const Run& source, const Run& target, const RestoreTask& task,
                    std::optional<double> ratio) {
    if (task.declared_link_bytes_per_s) {
        Stage stage;
        stage.kind = StageKind::network;
        stage.side = "link";
        stage.is_declared = true;
        if (ratio && *task.declared_link_bytes_per_s * *ratio <= kFastest)
            stage.rounds = {*task.declared_link_bytes_per_s * *ratio};
        else
            stage.gap = "the compression ratio is not known (measure cpu.zstd, or give --ratio)";
        return stage;
    }
    Stage down = stage_of({"target", target}, kDown, task.cpu, ratio);
    Stage up = stage_of({"source", source}, kUp, task.cpu, ratio);
    if (down.gap && up.gap) {
        down.side = "link";
        down.gap = "target: " + *down.gap + "; source: " + *up.gap +
                   ". Measure against a peer (--peer), or declare the link's rate with --link";
        return down;
    }
    if (down.gap || up.gap)
        return down.gap ? up : down;
    // Both ways to the peer are a part of the way; the slower one sets the rate.
    return middle(up) < middle(down) ? up : down;
}

}  // namespace

Pipeline make_pipeline(const Run& source, const Run& target, const RestoreTask& task) {
    Pipeline pipeline;
    const Side from{"source", source};
    const Side to{"target", target};
    if (task.declared_ratio) {
        pipeline.ratio = task.declared_ratio;
        pipeline.ratio_is_declared = true;
    } else if (const Found found = find(target, kRatio, task.cpu); found.measurement != nullptr)
        pipeline.ratio = measure::median(found.measurement->samples);
    constexpr double kSecondsPerNanosecond = 1.0 / static_cast<double>(kNanosecondsPerSecond);
    const Stage network = network_stage(source, target, task, pipeline.ratio);
    const Stage decrypt = stage_of(to, kDecrypt, task.cpu, pipeline.ratio);
    const Stage decompress = stage_of(to, kDecompress, task.cpu, 1.0);
    const Stage write = stage_of(to, kWrite, task.cpu, 1.0);
    pipeline.restore = {
        stage_of(from, kRead, task.cpu, pipeline.ratio),     network, decrypt, decompress, write,
        stage_of(to, kSync, task.cpu, kSecondsPerNanosecond)};
    pipeline.replication = {stage_of(from, kRead, task.cpu, 1.0),
                            stage_of(from, kCompress, task.cpu, 1.0),
                            stage_of(from, kEncrypt, task.cpu, pipeline.ratio),
                            network,
                            decrypt,
                            decompress,
                            write};
    pipeline.shared_cpu = {stage_of(to, kDecrypt, CpuUse::all_cpus, pipeline.ratio),
                           stage_of(to, kDecompress, CpuUse::all_cpus, 1.0)};
    if (std::ranges::any_of(pipeline.shared_cpu,
                            [](const Stage& stage) { return stage.gap.has_value(); }))
        pipeline.shared_cpu.clear();
    return pipeline;
}

}  // namespace assay::score
