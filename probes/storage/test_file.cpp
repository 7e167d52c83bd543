#include "probes/storage/test_file.h"

#include <algorithm>

#include "engine/core/random.h"
#include "probes/storage/extents.h"
#include "probes/storage/file_fill.h"
#include "probes/storage/first_touch.h"
#include "probes/storage/surroundings.h"
#include "probes/storage/writable_device.h"

namespace assay::storage {
namespace {

using Time = std::chrono::steady_clock;

void note_size(const Target& target, const Settings& settings, std::vector<Finding>& findings) {
    if (target.size_bytes < settings.size_bytes || target.size_bytes < kLeastFileBytes)
        findings.push_back(make_finding(
            "small_file", "the test file holds " + std::to_string(target.size_bytes) +
                              " B; asked for were " + std::to_string(settings.size_bytes) + " B"));
}

/// The extents say whether the filesystem really wrote what it was given.
void note_extents(Target& target) {
    const auto map = map_extents(target.file.number(), target.size_bytes);
    if (!map)
        return;  // filesystems without FIEMAP cannot say
    for (Finding& finding : judge_extents(*map, target.path))
        target.findings.push_back(std::move(finding));
}

void note_surroundings(const RunContext& context, Target& target) {
    TargetFacts facts;
    facts.is_device = target.kind == TargetKind::device;
    if (const auto space = space_of(target); space && !facts.is_device) {
        facts.free_bytes = space->free_bytes;
        facts.total_bytes = space->total_bytes;
    }
    for (Finding& finding : judge_surroundings(context.host.files, target.path, facts))
        target.findings.push_back(std::move(finding));
}

Expected<Target> write_file(const RunContext& context, const Settings& settings, Target target) {
    ASSAY_TRY(const Space space, space_of(target));
    ASSAY_TRY(const std::uint64_t bytes, file_bytes_of(settings, space));
    const auto now = Time::now();
    const auto deadline = context.prepare_deadline == Time::time_point{}
                              ? now + std::chrono::hours(1)
                              : context.prepare_deadline;
    // The rest of the time is for the sync, which nobody can cut short.
    const auto enough = now + (deadline - now) * 2 / 3;
    ASSAY_TRY(target, fill_file(std::move(target),
                                {bytes, SplitMix64(settings.seed).next(),
                                 fill_passes(settings.extent), enough, deadline, context.stop}));
    note_extents(target);
    return target;
}

Target device_of(Target target, const Settings& settings) {
    if (settings.size_given)
        target.size_bytes = std::min(target.size_bytes, settings.size_bytes);
    if (settings.writes())
        target.payload = std::make_shared<const Payload>(SplitMix64(settings.seed).next());
    else
        target.findings.push_back(make_finding(
            "unwritten_data", "nobody knows how much of " + settings.path + " was ever written"));
    return target;
}

Expected<Target> open_device_of(const RunContext& context, const Settings& settings) {
    if (!settings.writes())
        return open_device(settings.path);
    ASSAY_TRY(WritableDevice device,
              open_for_destruction(context.host.files, settings.path, settings.destroy_data));
    if (!device.unchecked.empty()) {
        std::string text = "not looked into:";
        for (const std::string& each : device.unchecked)
            text += " " + each + ";";
        device.target.findings.push_back(make_finding("use_unchecked", text));
    }
    return std::move(device.target);
}

}  // namespace

unsigned fill_passes(Extent extent) {
    return extent == Extent::deep ? 2 : 1;
}

Expected<Target> open_target(const RunContext& context, const Settings& settings) {
    ASSAY_TRY(Target target, settings.target == TargetKind::file
                                 ? open_file(settings.path)
                                 : open_device_of(context, settings));
    for (const AccessCase& each : settings.cases)
        ASSAY_TRY_VOID(check_alignment(target, each.block_bytes));
    return target;
}

Expected<std::uint64_t> file_bytes_of(const Settings& settings, const Space& space) {
    const std::uint64_t usable = space.usable_bytes();
    if (usable >= settings.size_bytes)
        return settings.size_bytes;
    const std::uint64_t block = settings.largest_block();
    if (!settings.size_given && usable >= std::max(kLeastFileBytes, block))
        return usable - usable % block;
    return failure(ErrorKind::no_space,
                   "the test file of " + std::to_string(settings.size_bytes) + " B in " +
                       settings.path + " does not fit: " + std::to_string(space.free_bytes) +
                       " B are free, and " + std::to_string(space.reserve_bytes()) +
                       " B of them (the larger of 10 % and 2 GB) are left alone");
}

std::string shared_file_key(const Settings& settings) {
    // Who keeps account of every write must be the only one that writes.
    if (settings.target != TargetKind::file || settings.integrity)
        return "";
    return settings.path + " " + std::to_string(settings.size_bytes);
}

std::shared_ptr<const Target> shared_file(const RunContext& context, const Settings& settings) {
    const std::string key = shared_file_key(settings);
    return context.shelf == nullptr || key.empty() ? nullptr
                                                   : context.shelf->find<const Target>(key);
}

Expected<std::shared_ptr<const Target>> prepare_target(const RunContext& context,
                                                       const Settings& settings,
                                                       std::vector<Finding>& findings) {
    auto file = shared_file(context, settings);
    if (!file) {
        ASSAY_TRY(Target target, open_target(context, settings));
        if (target.kind == TargetKind::device) {
            target = device_of(std::move(target), settings);
        } else {
            ASSAY_TRY(target, write_file(context, settings, std::move(target)));
        }
        note_surroundings(context, target);
        file = std::make_shared<const Target>(std::move(target));
        if (const std::string key = shared_file_key(settings);
            context.shelf != nullptr && !key.empty())
            context.shelf->put(key, file);
    }
    if (file->kind == TargetKind::file) {
        note_size(*file, settings, findings);
    } else if (!settings.writes()) {
        if (const auto lazy = judge_touch(context, file, settings.seed))
            findings.push_back(*lazy);
    }
    findings.insert(findings.end(), file->findings.begin(), file->findings.end());
    return file;
}

}  // namespace assay::storage
