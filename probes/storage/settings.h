#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/units.h"
#include "engine/probe.h"

namespace assay::storage {

enum class TargetKind { file, device };
enum class EngineChoice { automatic, io_uring, sync };
enum class Engine { io_uring, sync };
std::string_view name_of(TargetKind kind);  ///< "file", "device"
std::string_view name_of(Engine engine);    ///< "io_uring", "sync"

inline constexpr std::uint64_t kDefaultBlockBytes = 4 * kKiB;
inline constexpr std::uint64_t kMostBlockBytes = 16 * kMiB;
inline constexpr std::uint64_t kDefaultSizeBytes = kGiB;
/// A run of half a minute cannot spend ten seconds on writing its file.
inline constexpr std::uint64_t kShortRunSizeBytes = 256 * kMiB;
inline constexpr std::int64_t kShortRunNs = 30 * kNanosecondsPerSecond;
/// Below this the device's own cache answers everything.
inline constexpr std::uint64_t kLeastFileBytes = 16 * kMiB;
inline constexpr unsigned kMostThreads = 256;
/// Depth 1 is what one waiting client sees; 32 is what a busy database keeps in flight.
inline constexpr std::array<unsigned, 2> kDefaultDepths{1, 32};
/// Blocking calls need a thread for each operation in flight.
inline constexpr unsigned kMostSyncThreads = 1024;

/// The request in numbers.
struct Settings {
    TargetKind target = TargetKind::file;
    std::string path = ".";  ///< folder for the unnamed file, or the device
    std::uint64_t block_bytes = kDefaultBlockBytes;
    std::vector<unsigned> depths;  ///< a case each; per thread
    unsigned threads = 1;
    std::uint64_t size_bytes = kDefaultSizeBytes;  ///< of the file; of a device, the range read
    bool size_given = false;
    EngineChoice engine = EngineChoice::automatic;
    std::uint64_t seed = 1;

    unsigned deepest() const;
    std::uint64_t buffer_bytes() const;  ///< of all threads together
};

/// Errors: usage, with the flag that is off.
Expected<Settings> settings_of(const Request& request);

/// The flags that settings_of reads.
inline constexpr std::array kRandomReadOptions{
    Option{"path", OptionKind::text, ".", "",
           "folder on the filesystem to measure; an unnamed file is written there and vanishes"},
    Option{"device", OptionKind::text, "", "",
           "block device to measure instead; it is opened read-only"},
    Option{"block", OptionKind::bytes, "4k", "", "bytes of one read, a multiple of 512"},
    Option{"depth", OptionKind::count, "", "",
           "reads in flight a thread; without it both 1 and 32 are measured"},
    Option{"size", OptionKind::bytes, "", "",
           "bytes of the test file (1g, in short runs 256m), or of the device's range (all of it)"},
    Option{"engine", OptionKind::choice, "auto", "auto|io_uring|sync",
           "how reads are issued; auto takes sync only where io_uring is not allowed"},
    Option{"threads", OptionKind::count, "1", "", "threads, each on a CPU and ring of its own"},
};

}  // namespace assay::storage
