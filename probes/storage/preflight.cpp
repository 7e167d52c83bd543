#include "probes/storage/preflight.h"

#include <algorithm>

#include "engine/host/block_device.h"
#include "engine/host/device_use.h"
#include "probes/storage/ring.h"
#include "probes/storage/test_file.h"
#include "probes/storage/writable_device.h"

namespace assay::storage {
namespace {

constexpr std::uint64_t kHugePageBytes = 2 * kMiB;

CheckLine ok(std::string subject, std::string message) {
    return {CheckLevel::ok, std::move(subject), std::move(message), "", ErrorKind::unsupported};
}

CheckLine warn(std::string subject, std::string message, std::string advice) {
    return {CheckLevel::warn, std::move(subject), std::move(message), std::move(advice),
            ErrorKind::unsupported};
}

CheckLine block(std::string subject, const Error& error, std::string advice) {
    return {CheckLevel::block, std::move(subject), error.message, std::move(advice), error.kind};
}

std::string subject_of(const Settings& settings) {
    return (settings.target == TargetKind::file ? "direct I/O in " : "reading ") + settings.path;
}

CheckLine space_line(const Settings& settings, const Target& target) {
    const std::string subject = "free space in " + settings.path;
    const std::string advice = "free some space, choose another --path, or name a smaller --size";
    const auto space = space_of(target);
    if (!space)
        return block(subject, space.error(), advice);
    const auto bytes = file_bytes_of(settings, *space);
    if (!bytes)
        return block(subject, bytes.error(), advice);
    if (*bytes < settings.size_bytes)
        return warn(subject,
                    "only " + std::to_string(*bytes) + " B fit above the reserve of " +
                        std::to_string(space->reserve_bytes()) +
                        " B; the test file will be that small",
                    advice);
    return ok(subject, std::to_string(*bytes) + " B for the test file fit above the reserve of " +
                           std::to_string(space->reserve_bytes()) + " B");
}

void add_device_lines(const RunContext& context, const Settings& settings,
                      std::vector<CheckLine>& lines) {
    const auto device = host::device_of_path(context.host.files, settings.path);
    if (settings.writes()) {
        const std::string subject = "overwriting " + settings.path;
        const auto may = may_destroy(context.host.files, settings.path, settings.destroy_data);
        lines.push_back(may ? ok(subject, "nothing uses it, and its serial number was confirmed")
                            : block(subject, may.error(), ""));
        return;
    }
    if (device) {
        const auto use = host::use_of(context.host.files, *device);
        lines.push_back(ok("use of " + settings.path,
                           use.reasons.empty()
                               ? "nothing known uses it; it is only read"
                               : use.reasons.front() + "; " + device->name +
                                     " is only read, but other traffic and ours slow each other "
                                     "down"));
    }
    lines.push_back(warn("data on " + settings.path,
                         "areas that were never written may be answered without reading",
                         "measure a filled device, or use --path, which writes its file first"));
}

CheckLine counters_line(const RunContext& context, const Settings& settings) {
    const std::string subject = "device counters under " + settings.path;
    const auto disk = counted_disk_of(context.host.files, settings.path);
    if (!disk || !disk->counters(context.host.files))
        return warn(subject,
                    disk ? "the kernel keeps none for " + disk->name : disk.error().message,
                    "that the reads reach a device cannot be confirmed; measure a local disk, or "
                    "the --device itself");
    return ok(subject, "each round is compared with the counters of " + disk->name);
}

CheckLine engine_line(const Settings& settings) {
    const std::string subject = "I/O engine";
    if (settings.engine == EngineChoice::sync)
        return ok(subject, "blocking calls, as asked for");
    if (settings.engine == EngineChoice::aio)
        return ok(subject, "Linux AIO, as asked for");
    const auto ring = Ring::create({});
    if (ring)
        return ok(subject, "io_uring: " + ring->facts().text());
    if (settings.engine == EngineChoice::io_uring)
        return block(subject, ring.error(), "use --engine sync");
    return warn(subject, ring.error().message,
                "Linux AIO will be used, or blocking calls in threads; do the same on both sides");
}

}  // namespace

std::uint64_t memory_bytes_of(const Settings& settings) {
    const std::uint64_t arena = settings.arena_bytes() * (settings.writes() ? 2 : 1);
    return settings.threads * ((arena + kHugePageBytes - 1) / kHugePageBytes) * kHugePageBytes;
}

std::vector<CheckLine> preflight(const RunContext& context, const Expected<Settings>& settings) {
    std::vector<CheckLine> lines;
    if (!settings) {
        lines.push_back(block("options", settings.error(), "see assay list"));
        return lines;
    }
    if (shared_file(context, *settings)) {
        lines.push_back(ok(subject_of(*settings), "the test file of this run is there already"));
        return lines;
    }
    if (settings->target == TargetKind::device && settings->writes()) {
        add_device_lines(context, *settings, lines);
        lines.push_back(engine_line(*settings));
        return lines;
    }
    const auto target = open_target(context, *settings);
    if (!target) {
        lines.push_back(block(subject_of(*settings), target.error(),
                              settings->target == TargetKind::file
                                  ? "choose --path on a disk that you may write to"
                                  : "name a block device that you may read"));
        return lines;
    }
    lines.push_back(ok(subject_of(*settings),
                       "possible in multiples of " + std::to_string(target->align_bytes) + " B"));
    if (settings->target == TargetKind::file)
        lines.push_back(space_line(*settings, *target));
    else
        add_device_lines(context, *settings, lines);
    lines.push_back(engine_line(*settings));
    lines.push_back(counters_line(context, *settings));
    return lines;
}

}  // namespace assay::storage
