#include <algorithm>
#include <array>

#include "engine/score/recommend.h"

/// From grades and the decision: the sentences of the requirement's three scenarios and use cases.
namespace assay::score {
namespace {

using enum RecommendationKind;
using enum AmountStyle;

/// What a category of that grade is good for. The requirement gives eight of these sentences; each
/// stands at the grade that its own thresholds give its own number (CPU 85 % is Good, memory 80 %
/// is Good though it is called adequate there).
struct Words {
    std::string_view category, label;
    std::array<std::string_view, 5> by_grade;  ///< Excellent ... Critical
};
constexpr std::array kWords{
    Words{
        "cpu",
        "CPU",
        {"Matches or exceeds the source", "Good for most workloads", "May slow CPU-bound workloads",
         "Insufficient for production workload", "Far too slow for production workload"}},
    Words{"memory",
          "Memory",
          {"Matches or exceeds the source", "Adequate", "Consider increasing RAM allocation",
           "Too slow for memory-intensive workloads", "Will hold back every workload"}},
    Words{"storage",
          "Storage IOPS",
          {"Matches or exceeds the source", "Good for most databases",
           "May impact database performance", "Insufficient for production databases",
           "Will cause severe performance issues"}},
    Words{"network",
          "Network",
          {"Matches or exceeds the source", "Excellent connectivity", "Marginal bandwidth",
           "Insufficient bandwidth", "Will cause severe delays"}}};

Concern concern_of(Grade grade) {
    if (grade == Grade::excellent || grade == Grade::good)
        return Concern::none;
    return grade == Grade::adequate ? Concern::caution : Concern::serious;
}

/// "Storage IOPS" is true only where the ratio is that of the IOPS alone.
std::string label_of(const Words& words, const CategoryScore& category) {
    const bool is_iops =
        category.metrics.size() == 1 && category.metrics.front().metric.ends_with(".iops");
    return words.category == "storage" && !is_iops ? "Storage" : std::string(words.label);
}

void assess_categories(const Evidence& evidence, std::vector<Recommendation>& into) {
    for (const Words& words : kWords)
        if (const CategoryScore* row = evidence.category(words.category))
            into.push_back({"category_assessment",
                            assessment,
                            concern_of(*row->grade),
                            row->name,
                            label_of(words, *row) + ": {} - " +
                                std::string(words.by_grade[static_cast<std::size_t>(*row->grade)]),
                            {{*row->ratio, percent}},
                            row->metrics.empty() ? "" : row->metrics.front().metric});
}

void praise(const Evidence& evidence, std::vector<Recommendation>& into) {
    const Verdict& verdict = evidence.verdict;
    const bool all_reach = std::ranges::all_of(
        verdict.categories, [](const CategoryScore& row) { return !row.ratio || *row.ratio >= 1; });
    if (verdict.decision != Decision::go || !verdict.overall || *verdict.overall < 1 || !all_reach)
        return;
    const auto say = [&into](const char* text) {
        into.push_back({"target_exceeds", assessment, Concern::none, "", text, {}, "overall"});
    };
    // A run against itself is Excellent and exceeds nothing.
    if (verdict.overall_low.value_or(*verdict.overall) > 1)
        say("Target exceeds source performance");
    say("Excellent candidate for failover");
    say("Consider using this target for production migrations");
}

void warn_before_failover(const Evidence& evidence, std::vector<Recommendation>& into) {
    constexpr double kEnough = 0.6;  // sendense: use case 1
    if (evidence.verdict.overall && *evidence.verdict.overall < kEnough)
        into.push_back({"low_score",
                        critical_warning,
                        Concern::serious,
                        "",
                        "Target may not handle production load",
                        {},
                        "overall"});
}

void advise_against(const Evidence& evidence, std::vector<Recommendation>& into) {
    if (evidence.verdict.decision != Decision::no_go)
        return;
    for (const char* text : {"Target NOT recommended for production failover",
                             "Use only for DR testing or low-priority workloads",
                             "Consider upgrading target infrastructure"})
        into.push_back(
            {"not_recommended", critical_warning, Concern::serious, "", text, {}, "decision"});
}

/// What a person calls the metric, and what its loss does.
struct Loss {
    std::string_view metric, name, effect;
};
constexpr std::array kLosses{
    Loss{"storage.random_read.iops", "Storage IOPS", "may impact database workloads"},
    Loss{"storage.random_write.iops", "Storage write IOPS", "may impact database workloads"},
    Loss{"storage.mixed.iops", "Storage mixed IOPS", "may impact running VMs"},
    Loss{"storage.sequential_read.bandwidth", "Sequential reads", "backups will take longer"},
    Loss{"storage.sequential_write.bandwidth", "Sequential writes", "restores will take longer"},
    Loss{"storage.fsync.rate", "Durable commits", "may impact databases and consensus logs"},
    Loss{"cpu.flops.double", "CPU compute rate", "may slow CPU-bound workloads"},
    Loss{"cpu.aes_256_gcm.decrypt", "Decryption", "encrypted restores will take longer"},
    Loss{"cpu.aes_256_gcm.encrypt", "Encryption", "encrypted backups will take longer"},
    Loss{"cpu.zstd.decompress", "Decompression", "compressed restores will take longer"},
    Loss{"cpu.zstd.compress", "Compression", "compressed backups will take longer"},
    Loss{"memory.bandwidth.read", "Memory bandwidth", "may slow memory-intensive workloads"},
    Loss{"network.tcp.bandwidth", "Network bandwidth", "replication and restores will take longer"},
    Loss{"network.udp.lossless_rate", "UDP rate without loss", "streams over UDP will lose more"},
    Loss{"network.rtt.tcp", "Round trip", "interactive operations and commits wait for it"},
    Loss{"storage.fsync.latency", "fsync", "commits of databases wait for it"},
    Loss{"memory.bandwidth.copy", "Memory copies", "may slow memory-intensive workloads"},
    Loss{"memory.bandwidth.triad", "Memory triad", "may slow memory-intensive workloads"},
    Loss{"memory.latency.random", "Memory latency", "may slow VMs and databases"},
    Loss{"cpu.lz4.compress", "lz4 compression", "compressed backups will take longer"},
};

void warn_of_losses(const Evidence& evidence, std::vector<Recommendation>& into) {
    // A loss below 5 %, or one that the interval does not exclude, is not worth a warning.
    constexpr double kNoticeable = 0.95;
    for (const CategoryScore& row : evidence.verdict.categories)
        for (const MetricRatio& metric : row.metrics) {
            if (metric.ratio > kNoticeable || metric.ratio_high.value_or(0) >= 1)
                continue;
            const auto known = std::ranges::find(kLosses, metric.metric, &Loss::metric);
            const std::string name =
                (known == kLosses.end() ? quoted(metric.metric) : std::string(known->name)) +
                (metric.statistic == "median" ? "" : " (" + metric.statistic + ")");
            const std::string tail =
                known == kLosses.end() ? "" : " - " + std::string(known->effect);
            const bool is_time = metric.target > metric.source;
            into.push_back(
                {"metric_lower",
                 warning,
                 std::max(Concern::caution, concern_of(grade_of(metric.ratio))),
                 row.name,
                 name + (is_time ? " {} longer than source" : " {} lower than source") + tail,
                 {{is_time ? 1 / metric.ratio - 1 : 1 - metric.ratio, percent}},
                 metric.metric});
        }
}

constexpr std::array kRules{
    Rule{"target_exceeds", "The decision is GO and no category is below the source.", &praise},
    Rule{"category_assessment", "What each category is good for, by its grade.",
         &assess_categories},
    Rule{"low_score", "The overall score is below 60 %.", &warn_before_failover},
    Rule{"not_recommended", "The decision is NO-GO.", &advise_against},
    Rule{"metric_lower", "A metric is surely and noticeably below the source.", &warn_of_losses},
};

}  // namespace

std::span<const Rule> verdict_rules() {
    return kRules;
}

}  // namespace assay::score
