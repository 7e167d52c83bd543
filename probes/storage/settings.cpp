#include "probes/storage/settings.h"

#include <algorithm>

#include "probes/storage/payload.h"

namespace assay::storage {
namespace {

Expected<EngineChoice> engine_of(const std::string& text) {
    if (text == "auto")
        return EngineChoice::automatic;
    if (text == "io_uring")
        return EngineChoice::io_uring;
    if (text == "aio")
        return EngineChoice::aio;
    if (text == "sync")
        return EngineChoice::sync;
    return failure(ErrorKind::usage, "--engine: '" + text + "' is not auto, io_uring, aio or sync");
}

Expected<Polling> polling_of(const std::string& text) {
    for (const Polling polling : {Polling::none, Polling::iopoll, Polling::sqpoll})
        if (name_of(polling) == text)
            return polling;
    return failure(ErrorKind::usage, "--polling: '" + text + "' is not none, iopoll or sqpoll");
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

// A case that was described, instead of the style's own choice. What was not said is taken from the
// style.
Expected<std::vector<AccessCase>> described_cases(const Request& request,
                                                  const AccessStyle& style) {
    const std::string mode = request.text("mode", "");
    if (!mode.empty() && mode != "latency" && mode != "peak")
        return failure(ErrorKind::usage, "--mode: '" + mode + "' is not latency or peak");
    constexpr std::uint64_t kMostRate = 100'000'000;
    const bool is_open = request.find("rate") != nullptr;
    ASSAY_TRY(const std::uint64_t rate, request.count("rate", 1));
    if (rate > kMostRate)
        return failure(ErrorKind::usage, "--rate: at most 100000000 operations a second");
    if (is_open && !mode.empty())
        return failure(ErrorKind::usage,
                       "--rate and --mode exclude each other: an open loop takes "
                       "operations as they come");
    ASSAY_TRY(const std::uint64_t block, request.bytes("block", style.block_bytes));
    ASSAY_TRY(const unsigned depth,
              bounded_count(request, "depth", is_open ? kLoadCurveStyle.depth : style.depth,
                            kMostRingDepth));
    const AccessCase described{block, depth, mode == "peak" ? Batching::peak : Batching::latency,
                               is_open ? rate : 0, 1};
    const bool is_described = is_open || !mode.empty() || request.find("depth") != nullptr;
    std::vector<AccessCase> cases = style.cases(request.extent);
    if (!is_described && request.find("block") == nullptr)
        return cases;
    const bool has_rates = cases.front().rate != 0;
    if (is_described && !(has_rates && !is_open))
        return std::vector{described};
    // Only the block, or of a load curve only the depth, was said: the rest stays as it is.
    std::vector<AccessCase> changed;
    for (AccessCase each : cases) {
        each.block_bytes = block;
        if (has_rates && request.find("depth") != nullptr)
            each.depth = depth;
        if (std::find(changed.begin(), changed.end(), each) == changed.end())
            changed.push_back(each);
    }
    return changed;
}

Expected<void> check_cases(const Settings& settings) {
    for (const AccessCase& each : settings.cases) {
        if (each.block_bytes % kSectorBytes != 0 || each.block_bytes > kMostBlockBytes)
            return failure(ErrorKind::usage, "--block: " + std::to_string(each.block_bytes) +
                                                 " B is not a multiple of 512 B up to 16 MiB");
        const bool is_sync = settings.engine == EngineChoice::sync;
        if (is_sync && each.rate != 0)
            return failure(ErrorKind::usage,
                           "--engine sync has one operation in flight a thread "
                           "and cannot keep a --rate; use io_uring or aio");
        if (is_sync && each.depth * settings.threads > kMostSyncThreads)
            return failure(ErrorKind::usage,
                           "--engine sync needs a thread for each operation in flight: --depth "
                           "times --threads must not exceed " +
                               std::to_string(kMostSyncThreads));
    }
    return {};
}

Expected<void> take_size(const Request& request, Settings& settings) {
    const bool is_short = request.budget.count() > 0 && request.budget.count() <= kShortRunNs;
    ASSAY_TRY(const std::uint64_t size,
              request.bytes("size", is_short ? kShortRunSizeBytes : kDefaultSizeBytes));
    settings.size_given = request.find("size") != nullptr;
    settings.size_bytes = size - size % settings.largest_block();
    if (settings.size_bytes == 0)
        return failure(ErrorKind::usage, "--size: " + std::to_string(size) +
                                             " B is less than one block of " +
                                             std::to_string(settings.largest_block()) + " B");
    return {};
}

Expected<void> check_integrity(const Settings& settings) {
    if (!settings.integrity)
        return {};
    // Two writes to one block are never in flight together, so there must be blocks to spare.
    const std::uint64_t needed =
        4 * std::uint64_t{settings.deepest()} * settings.threads * settings.largest_block();
    if (settings.cases.size() != 1)
        return failure(ErrorKind::usage,
                       "--integrity keeps account of one way of writing: name "
                       "its --depth");
    if (settings.size_bytes < needed)
        return failure(ErrorKind::usage, "--integrity needs a --size of at least " +
                                             std::to_string(needed) + " B at this depth");
    return {};
}

Expected<void> take_target(const Request& request, Settings& settings) {
    const std::string* device = request.find("device");
    if (device != nullptr && request.find("path") != nullptr)
        return failure(ErrorKind::usage,
                       "--path and --device exclude each other: give one of them");
    settings.target = device != nullptr ? TargetKind::device : TargetKind::file;
    settings.path = device != nullptr ? *device : request.text("path", ".");
    settings.destroy_data = request.text("destroy-data", "");
    if (device == nullptr && !settings.destroy_data.empty())
        return failure(ErrorKind::usage,
                       "--destroy-data names the serial number of a --device; "
                       "a --path is never overwritten");
    if (device != nullptr && settings.writes() && settings.destroy_data.empty())
        return failure(ErrorKind::usage,
                       "writing to " + *device +
                           " destroys what it holds: confirm with --destroy-data SERIAL, the "
                           "device's serial number (lsblk -o NAME,SERIAL), or use --path");
    return {};
}

}  // namespace

std::string_view name_of(TargetKind kind) {
    return kind == TargetKind::file ? "file" : "device";
}

std::string_view name_of(Engine engine) {
    switch (engine) {
        case Engine::io_uring:
            return "io_uring";
        case Engine::aio:
            return "aio";
        case Engine::sync:
            return "sync";
    }
    return "sync";
}

std::uint64_t round_write_limit(Extent extent) {
    switch (extent) {
        case Extent::smoke:
            return 512 * kMiB;
        case Extent::quick:
            return 2 * kGiB;
        case Extent::standard:
            return 8 * kGiB;
        case Extent::deep:
            return 32 * kGiB;
    }
    return 2 * kGiB;
}

unsigned Settings::deepest() const {
    unsigned deepest = 1;
    for (const AccessCase& each : cases)
        deepest = std::max(deepest, each.depth);
    return deepest;
}

std::uint64_t Settings::largest_block() const {
    std::uint64_t largest = kSectorBytes;
    for (const AccessCase& each : cases)
        largest = std::max(largest, each.block_bytes);
    return largest;
}

std::uint64_t Settings::arena_bytes() const {
    std::uint64_t most = 0;
    for (const AccessCase& each : cases)
        most = std::max(most, each.depth * each.block_bytes);
    return most;
}

std::uint64_t Settings::written_bytes() const {
    return writes() ? cases.size() * most_rounds * write_limit_bytes : 0;
}

Expected<Settings> settings_of(const Request& request, const AccessStyle& style) {
    Settings settings;
    settings.style = &style;
    settings.seed = request.seed;
    settings.extent = request.extent;
    settings.most_rounds = request.most_rounds;
    ASSAY_TRY_VOID(take_target(request, settings));
    ASSAY_TRY(settings.engine, engine_of(request.text("engine", "auto")));
    ASSAY_TRY(settings.polling, polling_of(request.text("polling", "none")));
    if (settings.polling != Polling::none && settings.engine != EngineChoice::io_uring &&
        settings.engine != EngineChoice::automatic)
        return failure(ErrorKind::usage, "--polling is a mode of --engine io_uring");
    ASSAY_TRY(settings.threads, bounded_count(request, "threads", 1, kMostThreads));
    ASSAY_TRY(settings.cases, described_cases(request, style));
    ASSAY_TRY_VOID(check_cases(settings));
    ASSAY_TRY_VOID(take_size(request, settings));
    settings.integrity = request.find("integrity") != nullptr;
    ASSAY_TRY_VOID(check_integrity(settings));
    ASSAY_TRY(settings.write_limit_bytes,
              request.bytes("write-limit", round_write_limit(request.extent)));
    return settings;
}

}  // namespace assay::storage
