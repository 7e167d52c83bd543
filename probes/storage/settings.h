#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/units.h"
#include "engine/probe.h"
#include "probes/storage/access_case.h"
#include "probes/storage/ring.h"

namespace assay::storage {

enum class TargetKind { file, device };
enum class EngineChoice { automatic, io_uring, aio, sync };
enum class Engine { io_uring, aio, sync };
std::string_view name_of(TargetKind kind);  ///< "file", "device"
std::string_view name_of(Engine engine);    ///< "io_uring", "aio", "sync"

inline constexpr std::uint64_t kMostBlockBytes = 16 * kMiB;
inline constexpr std::uint64_t kDefaultSizeBytes = kGiB;
/// A run of half a minute cannot spend ten seconds on writing its file.
inline constexpr std::uint64_t kShortRunSizeBytes = 256 * kMiB;
inline constexpr std::int64_t kShortRunNs = 30 * kNanosecondsPerSecond;
/// Below this the device's own cache answers everything.
inline constexpr std::uint64_t kLeastFileBytes = 16 * kMiB;
inline constexpr unsigned kMostThreads = 256;
/// Blocking calls need a thread for each operation in flight.
inline constexpr unsigned kMostSyncThreads = 1024;
/// A round writes no more than this, so that a plan can promise how much a run writes at most.
std::uint64_t round_write_limit(Extent extent);

/// The request in numbers.
struct Settings {
    const AccessStyle* style = nullptr;
    TargetKind target = TargetKind::file;
    std::string path = ".";    ///< folder for the unnamed file, or the device
    std::string destroy_data;  ///< serial of the device that may be overwritten; empty = none may
    std::vector<AccessCase> cases;
    unsigned threads = 1;
    std::uint64_t size_bytes = kDefaultSizeBytes;  ///< of the file; of a device, the range used
    bool size_given = false;
    EngineChoice engine = EngineChoice::automatic;
    Polling polling = Polling::none;
    bool integrity = false;               ///< keep account of every write and read everything back
    std::uint64_t write_limit_bytes = 0;  ///< of a round
    std::size_t most_rounds = 1;          ///< of a case, warm-up and repeats included
    Extent extent = Extent::quick;
    std::uint64_t seed = 1;

    unsigned deepest() const;
    std::uint64_t largest_block() const;
    std::uint64_t arena_bytes() const;  ///< of one thread's reads: the largest depth x block
    bool writes() const { return style->writes(); }
    std::uint64_t written_bytes() const;  ///< by all rounds, at most; without the file itself
};

/// Errors: usage, with the flag that is off.
Expected<Settings> settings_of(const Request& request, const AccessStyle& style);

namespace options {
inline constexpr Option kPath{
    "path", OptionKind::text, ".", "",
    "folder on the filesystem to measure; an unnamed file is written there and vanishes"};
inline constexpr Option kReadDevice{"device", OptionKind::text, "", "",
                                    "block device to measure instead; it is opened read-only"};
inline constexpr Option kWriteDevice{
    "device", OptionKind::text, "", "",
    "block device to measure instead; needs --destroy-data, and loses what it holds"};
inline constexpr Option kDestroyData{
    "destroy-data", OptionKind::text, "", "",
    "serial number of --device, as a confirmation that its data may be overwritten"};
inline constexpr Option kBlock{"block", OptionKind::bytes, "", "",
                               "bytes of one operation, a multiple of 512"};
inline constexpr Option kDepth{"depth", OptionKind::count, "", "",
                               "operations in flight a thread; without it several are measured"};
inline constexpr Option kMode{
    "mode", OptionKind::choice, "", "latency|peak",
    "one by one, or in batches for the most operations (then without latencies)"};
inline constexpr Option kRate{
    "rate", OptionKind::rate, "", "",
    "operations a second that come whatever became of the ones before (open loop)"};
inline constexpr Option kSize{
    "size", OptionKind::bytes, "", "",
    "bytes of the test file (1g, in short runs 256m), or of the device's range (all of it)"};
inline constexpr Option kEngine{
    "engine", OptionKind::choice, "auto", "auto|io_uring|aio|sync",
    "how operations are issued; auto takes another one only where io_uring is not allowed"};
inline constexpr Option kPolling{
    "polling", OptionKind::choice, "none", "none|iopoll|sqpoll",
    "io_uring only: poll the device's queues, or let a kernel thread submit"};
inline constexpr Option kThreads{"threads", OptionKind::count, "1", "",
                                 "threads, each on a CPU and ring of its own"};
inline constexpr Option kIntegrity{
    "integrity", OptionKind::flag, "", "",
    "checksum and number every block, and read everything back at the end"};
inline constexpr Option kWriteLimit{"write-limit", OptionKind::bytes, "", "",
                                    "bytes that one round may write at most"};
}  // namespace options

/// The flags that settings_of reads.
inline constexpr std::array kRandomReadOptions{
    options::kPath, options::kReadDevice, options::kBlock,  options::kDepth,   options::kMode,
    options::kRate, options::kSize,       options::kEngine, options::kPolling, options::kThreads};
inline constexpr std::array kSequentialReadOptions{
    options::kPath, options::kReadDevice, options::kBlock,   options::kDepth,
    options::kSize, options::kEngine,     options::kPolling, options::kThreads};
inline constexpr std::array kRandomWriteOptions{
    options::kPath,      options::kWriteDevice, options::kDestroyData, options::kBlock,
    options::kDepth,     options::kMode,        options::kRate,        options::kSize,
    options::kEngine,    options::kPolling,     options::kThreads,     options::kIntegrity,
    options::kWriteLimit};
inline constexpr std::array kSequentialWriteOptions{
    options::kPath,    options::kWriteDevice, options::kDestroyData, options::kBlock,
    options::kDepth,   options::kSize,        options::kEngine,      options::kPolling,
    options::kThreads, options::kIntegrity,   options::kWriteLimit};
inline constexpr std::array kLoadCurveOptions{
    options::kPath, options::kReadDevice, options::kBlock,  options::kDepth,
    options::kRate, options::kSize,       options::kEngine, options::kThreads};

}  // namespace assay::storage
