#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <set>
#include <span>

#include "probes/network/udp/account.h"
#include "probes/network/udp/arrival_book.h"
#include "probes/network/udp/wishes.h"

namespace {

using namespace assay::network;
using namespace assay::network::udp;

void require(bool truth) {
    if (!truth)
        std::abort();
}

/// A message of the other end: refused, or read as something that survives the way back. Two books
/// that were read add up, or contradict each other.
void read_message(std::span<const std::byte> bytes) {
    const auto fields = Fields::decode(bytes);
    if (!fields)
        return;
    const control::Caps caps{.most_bytes_per_s = 1e6, .most_bytes = 1'000'000};
    if (const auto wishes = SendWishes::of_fields(*fields, caps)) {
        require(wishes->duration <= caps.longest);
        require(wishes->datagrams_per_s > 0 && wishes->most_datagrams > 0);
        require(SendWishes::of_fields(wishes->fields(), caps).has_value());
    }
    if (const auto wishes = ReceiveWishes::of_fields(*fields, caps))
        require(ReceiveWishes::of_fields(wishes->fields(), caps).has_value());
    const auto sender = SenderReport::of_fields(*fields);
    const auto receiver = ReceiverReport::of_fields(*fields);
    if (sender)
        require(SenderReport::of_fields(sender->fields()) == *sender);
    if (receiver)
        require(ReceiverReport::of_fields(receiver->fields()) == *receiver);
    if (sender && receiver) {
        const Account account = account_of(*sender, *receiver, 1400);
        require(account.broken ||
                account.offered == account.delivered + account.lost() + account.in_flight);
    }
}

/// Datagrams from anybody: 16 bytes of each are its sequence and time where the first byte is odd,
/// else the bytes are taken as they are. Counts are those of a plain set.
void receive_datagrams(std::span<const std::byte> bytes) {
    constexpr std::size_t kPayload = 40, kStep = 17;
    const Stamp stamp(1, 2);
    ReceiveWishes wishes;
    wishes.flow.payload_bytes = kPayload;
    ArrivalBook book(wishes, stamp);
    std::set<std::uint64_t> seen;
    std::uint64_t foreign = 0, repeated = 0;
    for (; bytes.size() >= kStep; bytes = bytes.subspan(kStep)) {
        std::vector<std::byte> datagram(kPayload);
        if ((bytes[0] & std::byte{1}) != std::byte{}) {
            Datagram words;
            std::memcpy(&words.sequence, bytes.data() + 1, 8);
            std::memcpy(&words.sent_ns, bytes.data() + 9, 8);
            words.sequence %= SequenceLog::kWindow;
            words.sent_ns %= std::uint64_t{1} << 50;
            stamp.write(datagram, words);
            repeated += seen.insert(words.sequence).second ? 0 : 1;
        } else {
            std::memcpy(datagram.data(), bytes.data(), kStep);
            ++foreign;
        }
        const Received received{.bytes = datagram, .kernel_ns = std::nullopt};
        book.add(std::span(&received, 1), 0);
    }
    const ReceiverReport report = book.report();
    require(report.delivered == seen.size() && report.duplicates == repeated);
    require(report.foreign == foreign && report.beyond_window == 0);
}

}  // namespace

/// What the other end of a UDP test may send: messages and datagrams.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::span bytes(reinterpret_cast<const std::byte*>(data), size);
    if (bytes.empty())
        return 0;
    if (bytes[0] == std::byte{0})
        receive_datagrams(bytes.subspan(1));
    else
        read_message(bytes.subspan(1));
    return 0;
}
