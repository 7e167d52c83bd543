#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "probes/network/control/role.h"

/// "test.echo": the smallest role that uses all of the machinery. Sends back what comes on one TCP
/// stream and one UDP flow (each if wished), counts it, and reports the counts. "test.receive" is
/// the same under the rules for roles that only receive; "test.brief" is over at once.
namespace assay::test {

std::span<const network::control::RoleRow> echo_roles();

/// What is wished of it.
struct EchoWishes {
    bool tcp = true, udp = true;
    std::uint64_t deaf_ms = 0;  ///< of a stop request, to see who waits for it
    network::Fields encode() const;
};

}  // namespace assay::test
