#include "probes/storage/fsync_case.h"

#include <algorithm>

#include "engine/core/units.h"
#include "probes/storage/settings.h"

namespace assay::storage {
namespace {

constexpr unsigned kMostWriters = 256;
constexpr std::uint64_t kMostRecordBytes = kMiB;
// 2300 B is what etcd's own disk check writes, 8000 B OpenShift's; both are no whole sectors.
constexpr std::uint32_t kEtcdRecord = 2300;
constexpr std::uint32_t kOpenShiftRecord = 8000;
constexpr std::uint32_t kPage = 4096;
constexpr unsigned kGroup = 8;
constexpr double kSideShare = 0.5;
constexpr std::string_view kLoadDepth = "8";
// Commits are slow: an eighth of what other writes may is more than any device does in a round.
constexpr std::uint64_t kLimitShare = 8;

std::vector<FsyncCase> cases_of(Extent extent) {
    using enum CommitMethod;
    std::vector<FsyncCase> cases{{fdatasync, kPage, false, 1, false, 1}};
    if (extent == Extent::smoke)
        return cases;
    for (const FsyncCase& extra : {FsyncCase{fdatasync, kEtcdRecord, false, 1, false, kSideShare},
                                   FsyncCase{fdatasync, kPage, true, 1, false, kSideShare},
                                   FsyncCase{fdatasync, kPage, false, kGroup, false, kSideShare},
                                   FsyncCase{fdatasync, kPage, false, 1, true, 1},
                                   FsyncCase{dsync, kPage, false, 1, false, kSideShare},
                                   FsyncCase{linked, kPage, false, 1, false, kSideShare}})
        cases.push_back(extra);
    if (extent == Extent::quick)
        return cases;
    for (const FsyncCase& extra :
         {FsyncCase{fdatasync, kOpenShiftRecord, false, 1, false, kSideShare},
          FsyncCase{fdatasync, kEtcdRecord, true, 1, false, kSideShare},
          FsyncCase{fdatasync, kPage, true, kGroup, false, kSideShare}})
        cases.push_back(extra);
    return cases;
}

Expected<FsyncCase> described_case(const Request& request) {
    FsyncCase described;
    const std::string method = request.text("method", "fdatasync");
    bool is_known = false;
    for (const CommitMethod each :
         {CommitMethod::fdatasync, CommitMethod::dsync, CommitMethod::linked})
        if (name_of(each) == method) {
            described.method = each;
            is_known = true;
        }
    if (!is_known)
        return failure(ErrorKind::usage,
                       "--method: '" + method + "' is not fdatasync, dsync or linked");
    ASSAY_TRY(const std::uint64_t record, request.bytes("block", kPage));
    if (record > kMostRecordBytes)
        return failure(ErrorKind::usage, "--block: a record holds at most 1 MiB");
    if (described.is_direct() && record % kSectorBytes != 0)
        return failure(ErrorKind::usage,
                       "--method dsync writes past the page cache: --block must be a multiple of "
                       "512 B");
    described.record_bytes = static_cast<std::uint32_t>(record);
    const std::string file = request.text("file", "preallocated");
    if (file != "preallocated" && file != "growing")
        return failure(ErrorKind::usage, "--file: '" + file + "' is not preallocated or growing");
    described.is_growing = file == "growing";
    ASSAY_TRY(const std::uint64_t writers, request.count("threads", 1));
    if (writers > kMostWriters)
        return failure(ErrorKind::usage, "--threads: at most 256 writers");
    described.writers = static_cast<unsigned>(writers);
    described.is_loaded = request.find("load") != nullptr;
    return described;
}

}  // namespace

std::string FsyncCase::name() const {
    std::string text = std::string(name_of(method)) + ", " + std::to_string(record_bytes) + " B";
    if (is_growing)
        text += ", growing";
    if (writers > 1)
        text += ", " + std::to_string(writers) + " writers";
    return is_loaded ? text + ", under load" : text;
}

unsigned FsyncSettings::most_writers() const {
    unsigned most = 1;
    for (const FsyncCase& each : cases)
        most = std::max(most, each.writers);
    return most;
}

bool FsyncSettings::has_load() const {
    return std::any_of(cases.begin(), cases.end(),
                       [](const FsyncCase& each) { return each.is_loaded; });
}

bool FsyncSettings::has_direct() const {
    return std::any_of(cases.begin(), cases.end(),
                       [](const FsyncCase& each) { return each.is_direct(); });
}

std::uint64_t FsyncSettings::written_bytes() const {
    // The load beside writes within the same limit again.
    std::uint64_t shares = 0;
    for (const FsyncCase& each : cases)
        shares += each.is_loaded ? 2 : 1;
    return shares * most_rounds * write_limit_bytes;
}

Expected<FsyncSettings> fsync_settings_of(const Request& request) {
    FsyncSettings settings;
    settings.path = request.text("path", ".");
    settings.most_rounds = request.most_rounds;
    settings.seed = request.seed;
    ASSAY_TRY(settings.write_limit_bytes,
              request.bytes("write-limit", round_write_limit(request.extent) / kLimitShare));
    ASSAY_TRY(const FsyncCase described, described_case(request));
    bool is_described = false;
    for (const std::string_view flag : {"method", "block", "file", "threads", "load"})
        is_described = is_described || request.find(flag) != nullptr;
    settings.cases = is_described ? std::vector{described} : cases_of(request.extent);
    return settings;
}

Request load_request(const Request& request) {
    Request load = request;
    load.values.clear();
    load.values.emplace("path", request.text("path", "."));
    load.values.emplace("depth", kLoadDepth);
    const std::uint64_t limit = round_write_limit(request.extent) / kLimitShare;
    load.values.emplace("write-limit", std::to_string(limit));
    return load;
}

}  // namespace assay::storage
