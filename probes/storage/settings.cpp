#include "probes/storage/settings.h"

#include <algorithm>

#include "probes/storage/pattern.h"
#include "probes/storage/ring.h"

namespace assay::storage {
namespace {

Expected<EngineChoice> engine_of(const std::string& text) {
    if (text == "auto")
        return EngineChoice::automatic;
    if (text == "io_uring")
        return EngineChoice::io_uring;
    if (text == "sync")
        return EngineChoice::sync;
    return failure(ErrorKind::usage, "--engine: '" + text + "' is not auto, io_uring or sync");
}

Expected<unsigned> bounded_count(const Request& request, std::string_view name, unsigned otherwise,
                                 unsigned most) {
    ASSAY_TRY(const std::uint64_t count, request.count(name, otherwise));
    if (count > most)
        return failure(ErrorKind::usage, "--" + std::string(name) + ": " + std::to_string(count) +
                                             " is more than the " + std::to_string(most) +
                                             " that are possible");
    return static_cast<unsigned>(count);
}

Expected<void> take_depths(const Request& request, Settings& settings) {
    settings.depths.assign(kDefaultDepths.begin(), kDefaultDepths.end());
    if (request.find("depth") == nullptr)
        return {};
    ASSAY_TRY(const unsigned depth, bounded_count(request, "depth", 1, kMostRingDepth));
    settings.depths.assign(1, depth);
    if (settings.engine == EngineChoice::sync && depth * settings.threads > kMostSyncThreads)
        return failure(ErrorKind::usage,
                       "--engine sync needs a thread for each read in flight: --depth times "
                       "--threads must not exceed " +
                           std::to_string(kMostSyncThreads));
    return {};
}

Expected<void> take_size(const Request& request, Settings& settings) {
    const bool is_short = request.budget.count() > 0 && request.budget.count() <= kShortRunNs;
    ASSAY_TRY(const std::uint64_t size,
              request.bytes("size", is_short ? kShortRunSizeBytes : kDefaultSizeBytes));
    settings.size_given = request.find("size") != nullptr;
    settings.size_bytes = size - size % settings.block_bytes;
    if (settings.size_bytes == 0)
        return failure(ErrorKind::usage, "--size: " + std::to_string(size) +
                                             " B is less than one block of " +
                                             std::to_string(settings.block_bytes) + " B");
    return {};
}

}  // namespace

std::string_view name_of(TargetKind kind) {
    return kind == TargetKind::file ? "file" : "device";
}

std::string_view name_of(Engine engine) {
    return engine == Engine::io_uring ? "io_uring" : "sync";
}

unsigned Settings::deepest() const {
    return *std::max_element(depths.begin(), depths.end());
}

std::uint64_t Settings::buffer_bytes() const {
    return std::uint64_t{deepest()} * threads * block_bytes;
}

Expected<Settings> settings_of(const Request& request) {
    Settings settings;
    const std::string* device = request.find("device");
    if (device != nullptr && request.find("path") != nullptr)
        return failure(ErrorKind::usage,
                       "--path and --device exclude each other: give one of them");
    settings.target = device != nullptr ? TargetKind::device : TargetKind::file;
    settings.path = device != nullptr ? *device : request.text("path", ".");
    settings.seed = request.seed;
    ASSAY_TRY(settings.block_bytes, request.bytes("block", kDefaultBlockBytes));
    if (settings.block_bytes % kSectorBytes != 0 || settings.block_bytes > kMostBlockBytes)
        return failure(ErrorKind::usage, "--block: " + std::to_string(settings.block_bytes) +
                                             " B is not a multiple of 512 B up to 16 MiB");
    ASSAY_TRY(settings.engine, engine_of(request.text("engine", "auto")));
    ASSAY_TRY(settings.threads, bounded_count(request, "threads", 1, kMostThreads));
    ASSAY_TRY_VOID(take_depths(request, settings));
    ASSAY_TRY_VOID(take_size(request, settings));
    return settings;
}

}  // namespace assay::storage
