#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/verdict.h"

namespace assay::score {

/// Does one thread decrypt and one decompress, or do all CPUs of the target share both?
enum class CpuUse { one_thread, all_cpus };

/// What to restore, by when, and what the operator declares. Numbers are finite and > 0.
struct RestoreTask {
    double data_bytes = 0;  ///< as restored, before compression
    double rto_s = 0;
    std::optional<double> rpo_s;
    std::optional<double> change_bytes_per_s;         ///< at the source, before compression
    std::optional<double> declared_link_bytes_per_s;  ///< instead of a measurement
    std::optional<double> declared_ratio;             ///< restored bytes a byte on the wire
    CpuUse cpu = CpuUse::one_thread;
    double chunk_bytes = 1 << 20;       ///< that passes from stage to stage, as restored
    double sync_every_bytes = 1 << 30;  ///< of restored data; one more at the end
    std::uint64_t seed = 1;
    std::size_t draws = 10'000;
};

/// In the direction of the data. `compress` and `encrypt` take part in replication only.
enum class StageKind { read, compress, encrypt, network, decrypt, decompress, write, sync };
std::string_view name_of(StageKind kind);

/// One stage: what it is taken from, and what it can do.
struct Stage {
    StageKind kind = StageKind::read;
    std::string side;                ///< "source", "target" or "link"
    std::string metric;              ///< empty if declared
    std::string conditions;          ///< for people: "16384 record_bytes, 1 threads"
    std::optional<std::string> gap;  ///< why there is no number, without a full stop
    /// In B/s of restored data, slowest and fastest bytes on the wire counted as what they become;
    /// of a sync in s. One a valid round; one alone if declared.
    std::vector<double> rounds;
    bool is_declared = false;
    std::optional<double> median, low, high;  ///< low to high: 90 % of the draws
    std::optional<double> seconds;            ///< for all of the data, at the median, alone
    double bottleneck_share = 0;              ///< of the draws in which it was the slowest
};

/// What a faster stage would bring.
struct WhatIf {
    StageKind kind = StageKind::read;
    double median_s_if_doubled = 0;
    double probability_if_doubled = 0;    ///< of the RTO
    std::optional<double> factor_alone;   ///< of its speed, for P(<= RTO) to reach the confidence;
                                          ///< absent where no upgrade of it alone is enough
    std::optional<double> factor_beside;  ///< if every stage is brought to `needed_rate`
};

struct ReplicationForecast {
    double change_bytes_per_s = 0;
    std::vector<Stage> stages;
    std::vector<std::string> gaps;
    std::optional<double> throughput, throughput_low, throughput_high;  ///< B/s of changed data
    std::optional<StageKind> bottleneck;
    std::optional<double> keeps_up_probability;  ///< P(throughput > change rate)
    /// Longest time between two starts of replication with which the RPO holds in 95 % of the
    /// draws: what changed waits one such interval, and then for its transfer. Absent where
    /// replication does not keep up, or no RPO was given.
    std::optional<double> longest_interval_s;
};

inline constexpr double kPredictionConfidence = 0.95;

struct Prediction {
    Decision decision = Decision::inconclusive;
    std::vector<std::string> reasons;  ///< sentences
    std::vector<Stage> stages;
    std::optional<double> compression_ratio;
    bool ratio_is_declared = false;
    std::optional<double> median_s, low_s, high_s;  ///< 90 % of the draws
    std::optional<double> rto_probability;
    std::optional<StageKind> bottleneck;
    std::vector<WhatIf> what_if;
    /// B/s of restored data that every stage must do for P(<= RTO) to reach the confidence; absent
    /// where even that is not enough (syncs alone take too long).
    std::optional<double> needed_rate;
    std::optional<ReplicationForecast> replication;
    std::vector<std::string> assumptions;  ///< sentences
};

}  // namespace assay::score
