#include "probes/storage/fsync.h"

#include "engine/core/units.h"
#include "probes/storage/fsync_case.h"
#include "probes/storage/fsync_workload.h"
#include "probes/storage/metrics.h"
#include "probes/storage/patience.h"
#include "probes/storage/preflight.h"
#include "probes/storage/settings.h"
#include "probes/storage/test_file.h"

namespace assay::storage {
namespace {

constexpr std::array kFsyncOptions{
    options::kPath,
    Option{"method", OptionKind::choice, "fdatasync", "fdatasync|dsync|linked",
           "write then fdatasync; one RWF_DSYNC write; io_uring write with a linked fsync"},
    Option{"block", OptionKind::bytes, "4k", "",
           "bytes of one record (etcd: 2300, OpenShift: 8000)"},
    Option{"file", OptionKind::choice, "preallocated", "preallocated|growing",
           "overwrite written blocks, or let each record make the file longer"},
    Option{"threads", OptionKind::count, "1", "", "writers, each to a stretch of the file"},
    Option{"load", OptionKind::flag, "", "",
           "random 70/30 operations at depth 8 go on beside the commits"},
    options::kWriteLimit};

constexpr std::uint64_t kFiles = 3;  // cached, direct, growing
constexpr std::uint64_t kGuessedWriteBytesPerSecond = 200 * kMiB;

Expected<Settings> load_settings(const Request& request) {
    return settings_of(load_request(request), kMixedStyle);
}

std::vector<CheckLine> check(const RunContext& context, const Request& request) {
    const auto settings = fsync_settings_of(request);
    if (!settings)
        return {{CheckLevel::block, "options", settings.error().message, "see assay list",
                 settings.error().kind}};
    return preflight(context, load_settings(request));
}

Expected<Footprint> plan(const RunContext&, const Request& request) {
    ASSAY_TRY(const FsyncSettings settings, fsync_settings_of(request));
    Footprint footprint;
    footprint.bytes_written = settings.written_bytes() + kFiles * kCommitFileBytes;
    footprint.free_space_bytes = kFiles * kCommitFileBytes;
    footprint.threads = settings.most_writers() + (settings.has_load() ? 1 : 0);
    footprint.memory_bytes = kMiB * settings.most_writers();
    footprint.cases = settings.cases.size();
    double shares = 0;
    for (const FsyncCase& each : settings.cases)
        shares += each.round_share;
    footprint.round_shares = shares;
    footprint.prepare_time =
        std::chrono::seconds(kFiles * kCommitFileBytes / kGuessedWriteBytesPerSecond + 1);
    if (settings.has_load()) {
        ASSAY_TRY(const Settings load, load_settings(request));
        footprint.memory_bytes += memory_bytes_of(load);
        footprint.shared_file = shared_file_key(load);
        footprint.shared_bytes = load.size_bytes;
        footprint.shared_written_bytes = load.size_bytes * fill_passes(load.extent);
        footprint.prepare_time += std::chrono::seconds(
            static_cast<std::int64_t>(load.size_bytes / kGuessedWriteBytesPerSecond));
    }
    footprint.note = "unnamed files in " + settings.path + ", gone when the run ends";
    return footprint;
}

Expected<void> make_files(const FsyncSettings& settings, CommitFiles& files) {
    ASSAY_TRY(files.cached, make_commit_file(settings.path, CommitFileKind::preallocated, false,
                                             kCommitFileBytes));
    ASSAY_TRY(files.growing,
              make_commit_file(settings.path, CommitFileKind::growing, false, kCommitFileBytes));
    if (!settings.has_direct())
        return {};
    ASSAY_TRY(files.direct, make_commit_file(settings.path, CommitFileKind::preallocated, true,
                                             kCommitFileBytes));
    return {};
}

// Where io_uring is forbidden, what needs it is left out.
void drop_ring_cases(FsyncSettings& settings, std::vector<Finding>& findings) {
    if (const auto ring = Ring::create({}); !ring) {
        const auto dropped = std::erase_if(settings.cases, [](const FsyncCase& each) {
            return each.method != CommitMethod::fdatasync || each.is_loaded;
        });
        if (dropped > 0)
            findings.push_back(make_finding("not_carried", std::to_string(dropped) +
                                                               " ways of committing need io_uring "
                                                               "and were left out: " +
                                                               ring.error().message));
    }
}

Expected<std::unique_ptr<Workload>> prepare(const RunContext& context, const Request& request) {
    ASSAY_TRY(FsyncSettings settings, fsync_settings_of(request));
    std::vector<Finding> findings;
    drop_ring_cases(settings, findings);
    if (settings.cases.empty())
        return failure(ErrorKind::unsupported, "storage.fsync: " + findings.front().message);
    // Owned by the thread that makes them until they are there.
    auto files = std::make_shared<CommitFiles>();
    ASSAY_TRY_VOID(run_patiently([files, settings] { return make_files(settings, *files); },
                                 context.prepare_deadline, context.stop, settings.path,
                                 "write the files of commits"));
    std::unique_ptr<SideLoad> load;
    if (settings.has_load()) {
        ASSAY_TRY(const Settings beside, load_settings(request));
        ASSAY_TRY(load, SideLoad::prepare(context, beside, findings));
    }
    return std::make_unique<FsyncWorkload>(context.host, std::move(settings), std::move(*files),
                                           std::move(load), std::move(findings));
}

}  // namespace

constinit const Probe kFsync{
    "storage.fsync", "Commits: how long until an appended record is durable",
    kFsyncMetrics,   kFsyncOptions,
    &check,          &plan,
    &prepare};

}  // namespace assay::storage
