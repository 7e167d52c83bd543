#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "probes/network/control/ticket.h"

/// Any bytes that a stranger sends before he has proven anything: a ticket or a datagram of the
/// path validation is read as what encodes back to the same bytes, or as nothing; and none is
/// genuine under a key that he does not have.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace assay::network::control;
    const std::span<const std::byte> bytes(reinterpret_cast<const std::byte*>(data), size);
    const SharedKey key{std::byte{7}};
    if (size >= StreamTicket::kBytes) {
        const auto ticket = StreamTicket::decode(bytes.first<StreamTicket::kBytes>());
        if (ticket && ticket->is_genuine(key))
            std::abort();
    }
    const auto check = [&](std::span<const std::byte> candidate) {
        const auto datagram = PathDatagram::decode(candidate);
        if (!datagram)
            return;
        if (datagram->is_genuine(key))
            std::abort();
        const auto encoded = datagram->encode();
        if (encoded.size() > candidate.size() ||
            !std::equal(encoded.begin(), encoded.end(), candidate.begin()))
            std::abort();
    };
    check(bytes);
    // The fuzzer finds the padding of an INIT too slowly by itself.
    std::vector<std::byte> padded(bytes.begin(), bytes.end());
    padded.resize(PathDatagram::kInitBytes);
    check(padded);
    return 0;
}
