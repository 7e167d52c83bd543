#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/core/error.h"
#include "probes/network/control/role.h"
#include "probes/network/wire/fields.h"

namespace assay::network::tcp {

/// goodput: every byte is copied to and from user memory, as an application's are. path: sendfile
/// and MSG_TRUNC, so that neither end copies; what the path and the kernels carry.
enum class Mode { goodput, path };
std::string_view name_of(Mode mode);

/// More streams than this are refused, in each direction.
inline constexpr std::size_t kMostStreams = 512;
/// The kernel's TCP_CA_NAME_MAX, the end of the text not included.
inline constexpr std::size_t kMostCongestionNameBytes = 15;
inline constexpr std::uint64_t kMostDscp = 63;

/// One test, as one of its ends sees it.
struct Wishes {
    std::size_t streams = 1;  ///< in each direction, 1 to kMostStreams
    /// Index of the first of the streams that this end sends (receives); nullopt: it does not.
    std::optional<std::uint32_t> sends_from, receives_from;
    std::chrono::nanoseconds longest_ramp{};
    std::chrono::nanoseconds window{};
    Mode mode = Mode::goodput;
    std::optional<std::string> congestion;  ///< nullopt: the sending host's own
    std::optional<std::uint64_t> dscp;      ///< nullopt: unmarked

    Fields to_fields() const;
    /// Bytes from outside. Errors: bad_input; usage where they are beyond `caps`.
    static Expected<Wishes> of(const Fields& fields, const control::Caps& caps);
    /// The same test as the other end sees it.
    Wishes mirrored() const;
};

}  // namespace assay::network::tcp
