#pragma once

#include <cstddef>

#include "probes/network/udp/engines.h"

namespace assay::network::udp {

/// The engine that takes least time a datagram on this host, tried over the loopback interface for
/// less than a quarter of a second. Whether the path takes it shows when it is used (SendQueue::
/// step_down). Where there is no loopback: one call for many datagrams, which works everywhere.
SendEngine fastest_send_engine(std::size_t payload_bytes);
ReceiveEngine fastest_receive_engine(std::size_t payload_bytes);

}  // namespace assay::network::udp
