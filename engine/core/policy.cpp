#include "engine/core/policy.h"

#include <array>
#include <utility>

namespace assay {
namespace {

constexpr std::array kStatistics{
    std::pair{Statistic::median, std::string_view("median")},
    std::pair{Statistic::p50, std::string_view("p50")},
    std::pair{Statistic::p95, std::string_view("p95")},
    std::pair{Statistic::p99, std::string_view("p99")},
    std::pair{Statistic::p999, std::string_view("p99.9")},
};

}  // namespace

std::string_view name_of(Statistic statistic) {
    for (const auto& [value, name] : kStatistics)
        if (value == statistic)
            return name;
    return "median";
}

std::optional<Statistic> statistic_of_name(std::string_view name) {
    for (const auto& [value, known] : kStatistics)
        if (known == name)
            return value;
    return std::nullopt;
}

std::string_view name_of(Need need) {
    return need == Need::required ? "required" : "recommended";
}

std::string_view name_of(HostFact fact) {
    switch (fact) {
        case HostFact::cores:
            return "cores";
        case HostFact::memory:
            return "memory";
        case HostFact::memory_available:
            return "memory_available";
        case HostFact::memory_used:
            return "memory_used";
        case HostFact::storage:
            return "storage";
        case HostFact::storage_kind:
            return "storage_kind";
        case HostFact::link:
            return "link";
    }
    return "cores";
}

std::string_view name_of(StorageKind kind) {
    switch (kind) {
        case StorageKind::hdd:
            return "hdd";
        case StorageKind::ssd:
            return "ssd";
        case StorageKind::nvme:
            return "nvme";
    }
    return "hdd";
}

const Waiver* Policy::waiver_of(std::string_view what) const {
    for (const Waiver& waiver : waivers)
        if (waiver.what == what)
            return &waiver;
    return nullptr;
}

}  // namespace assay
