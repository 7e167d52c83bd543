#include <array>

#include "engine/score/recommend.h"

/// From the two inventories.
namespace assay::score {
namespace {

using enum RecommendationKind;
using enum AmountStyle;

/// An instruction set whose absence is felt, and where.
struct Feature {
    std::string_view id, name, effect;
};
constexpr std::array kFeatures{
    Feature{"avx2", "AVX2", "vector code runs at half the width or less"},
    Feature{"avx512f", "AVX-512", "vector code runs at half the width"},
    Feature{"aes", "AES-NI", "encryption and decryption are many times slower"}};

void compare_isa(const Evidence& evidence, std::vector<Recommendation>& into) {
    for (const Feature& feature : kFeatures) {
        const auto source = has_isa(evidence.source, feature.id);
        const auto target = has_isa(evidence.target, feature.id);
        if (source == true && target == false)
            into.push_back({"missing_isa",
                            warning,
                            Concern::caution,
                            "cpu",
                            "Target CPU lacks " + std::string(feature.name) +
                                ", which the source has - " + std::string(feature.effect),
                            {},
                            "environment.cpu.isa." + std::string(feature.id)});
    }
}

void compare_cores(const Evidence& evidence, std::vector<Recommendation>& into) {
    const auto source = cores_of(evidence.source);
    const auto target = cores_of(evidence.target);
    if (source && target && *target < *source)
        into.push_back({"fewer_cores",
                        warning,
                        Concern::caution,
                        "cpu",
                        "Target has {} cores, source has {} - {} fewer for work that runs in "
                        "parallel",
                        {{*target, count}, {*source, count}, {1 - *target / *source, percent}},
                        "environment.cpu.cores"});
}

/// Of the target alone: a source with the same fault does not make it better.
void name_hidden_siblings(const Evidence& evidence, std::vector<Recommendation>& into) {
    const Finding* finding = finding_in(evidence.target, "hidden_smt");
    if (finding == nullptr)
        return;
    const auto cores = cores_of(evidence.target);
    if (cores && *cores >= 2)
        into.push_back({"hidden_siblings",
                        warning,
                        Concern::caution,
                        "cpu",
                        "Target shows {} cores that share execution units in pairs - count {}",
                        {{*cores, count}, {*cores / 2, count}},
                        "hidden_smt"});
    else
        into.push_back(
            {"hidden_siblings",
             warning,
             Concern::caution,
             "cpu",
             "Target's CPUs share execution units in pairs though it shows them as cores",
             {},
             "hidden_smt"});
}

constexpr std::array kRules{
    Rule{"missing_isa", "The target lacks an instruction set that the source has.", &compare_isa},
    Rule{"fewer_cores", "The target has fewer cores than the source.", &compare_cores},
    Rule{"hidden_siblings", "The target's cores are sibling threads in disguise.",
         &name_hidden_siblings},
};

}  // namespace

std::span<const Rule> hardware_rules() {
    return kRules;
}

}  // namespace assay::score
