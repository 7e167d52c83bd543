#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace assay::network::udp {

/// How datagrams are handed to the kernel, slowest first: one a call, many a call, or as one large
/// buffer that the kernel or the NIC cuts (UDP_SEGMENT).
enum class SendEngine { plain, batch, segments };
/// How they are taken from it: one a call, many a call, or coalesced by the kernel (UDP_GRO).
enum class ReceiveEngine { plain, batch, coalesced };

inline constexpr std::array kSendEngines{SendEngine::plain, SendEngine::batch,
                                         SendEngine::segments};
inline constexpr std::array kReceiveEngines{ReceiveEngine::plain, ReceiveEngine::batch,
                                            ReceiveEngine::coalesced};

std::string_view name_of(SendEngine engine);     ///< "sendmsg", "sendmmsg", "gso"
std::string_view name_of(ReceiveEngine engine);  ///< "recvmsg", "recvmmsg", "gro"
std::optional<SendEngine> send_engine_of(std::string_view name);
std::optional<ReceiveEngine> receive_engine_of(std::string_view name);

/// The kernel cuts a buffer into no more segments than this (UDP_MAX_SEGMENTS of Linux 4.18 to
/// 6.8), and none is larger than a datagram may be.
inline constexpr std::size_t kMostSegments = 64;
/// Datagrams a call for sendmmsg and recvmmsg: beyond it the call's own cost is no longer seen.
inline constexpr std::size_t kBatch = 64;

}  // namespace assay::network::udp
