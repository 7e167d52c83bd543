#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/core/error.h"

namespace assay {

/// The only units inside the program. Scaling for people happens in report/quantity, nowhere else.
enum class Unit {
    nanoseconds,
    bytes,
    bytes_per_second,
    operations_per_second,
    flop_per_second,
    hertz,
    ratio,
    count
};

/// "ns", "B", "B/s", "op/s", "FLOP/s", "Hz", "ratio", "count": as written in result files.
std::string_view symbol(Unit unit);
std::optional<Unit> unit_of_symbol(std::string_view symbol);

inline constexpr std::uint64_t kKiB = std::uint64_t{1} << 10;
inline constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;
inline constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;
inline constexpr std::uint64_t kTiB = std::uint64_t{1} << 40;
inline constexpr std::int64_t kNanosecondsPerMicrosecond = 1'000;
inline constexpr std::int64_t kNanosecondsPerMillisecond = 1'000'000;
inline constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;

constexpr double to_seconds(std::int64_t nanoseconds) {
    return static_cast<double>(nanoseconds) / static_cast<double>(kNanosecondsPerSecond);
}
constexpr std::int64_t from_seconds(double seconds) {
    return static_cast<std::int64_t>(seconds * static_cast<double>(kNanosecondsPerSecond));
}

/// "4096", "4k", "4KiB", "1g", "1GB": a bare suffix letter is binary, as in fio; "kB", "MB", "GB",
/// "TB" are decimal. Errors: usage, when it is not a positive whole number of bytes or does not fit
/// 63 bits.
Expected<std::uint64_t> parse_bytes(std::string_view text);

/// "90s", "1.5s", "500ms", "5m", "1h", "20" (seconds): positive, at most 30 days. Returns ns.
/// Errors: usage.
Expected<std::int64_t> parse_duration(std::string_view text);

}  // namespace assay
