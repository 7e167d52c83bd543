#include "engine/core/run.h"

namespace assay {

std::string_view name_of(ProbeStatus status) {
    switch (status) {
        case ProbeStatus::measured:
            return "measured";
        case ProbeStatus::skipped:
            return "skipped";
        case ProbeStatus::failed:
            return "failed";
    }
    return "failed";
}

std::optional<ProbeStatus> probe_status_of_name(std::string_view name) {
    for (ProbeStatus status : {ProbeStatus::measured, ProbeStatus::skipped, ProbeStatus::failed})
        if (name_of(status) == name)
            return status;
    return std::nullopt;
}

const ProbeResult* Run::probe(std::string_view id) const {
    for (const ProbeResult& result : probes)
        if (result.id == id)
            return &result;
    return nullptr;
}

}  // namespace assay
