#pragma once

#include <cstdint>
#include <string>

#include "engine/core/error.h"
#include "probes/network/control/role.h"
#include "probes/network/wire/fields.h"

/// The first message of each side, inside TLS: who speaks, and which versions of the protocol.
namespace assay::network::control {

/// The major number says how messages are framed and which there are; both ends must have the same.
/// A minor number adds: an end speaks the highest that both know, at least its kLeastMinor.
/// Minor 1 added signs of life by UDP.
inline constexpr std::uint64_t kMajor = 1;
inline constexpr std::uint64_t kLeastMinor = 0;
inline constexpr std::uint64_t kMostMinor = 1;
inline constexpr std::uint64_t kMinorWithUdpLife = 1;

/// Which versions one end speaks.
struct Versions {
    std::uint64_t major = kMajor, least_minor = kLeastMinor, most_minor = kMostMinor;
    bool operator==(const Versions&) const = default;
};

/// The highest minor that both speak. Errors: unsupported; the sentence says which end is older.
/// `theirs_is` is "the agent" or "the prober".
Expected<std::uint64_t> negotiate(const Versions& ours, const Versions& theirs,
                                  const std::string& theirs_is);

struct Hello {
    Versions versions;
    std::string program;  ///< version of its assay

    Fields encode() const;
    static Expected<Hello> decode(const Fields& fields);
};

struct Welcome {
    std::uint64_t minor = kMostMinor;  ///< that both speak from now on
    Versions versions;
    std::string program;
    std::string agent_id;
    std::string boot;  ///< of its running kernel, hashed; empty where it does not know
    Caps caps;
    Fields environment;

    /// The environment's fields follow with "environment." before their names.
    Fields encode() const;
    static Expected<Welcome> decode(const Fields& fields);
};

}  // namespace assay::network::control
