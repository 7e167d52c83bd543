#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/core/error.h"
#include "probes/network/wire/fields.h"

namespace assay::network::control {

/// What a message is about. The numbers are the protocol; a number that a reader does not know is
/// answered with `unsupported`, so that versions can differ by what they add.
enum class FrameType : std::uint8_t {
    hello = 1,        ///< prober: who I am, which versions I speak
    welcome = 2,      ///< agent: the version that we speak, who I am, what I allow
    refused = 3,      ///< agent: why not; then it closes
    unsupported = 4,  ///< either: I do not know that type of message
    alive = 5,        ///< either: nothing new, but I am here
    begin = 6,        ///< prober: play this role
    queued = 7,       ///< agent: another test runs; your place in the queue
    admitted = 8,     ///< agent: it is your turn; data connections are taken
    prepared = 9,     ///< agent: the role's answer
    start = 10,       ///< prober: play
    started = 11,     ///< agent: it plays
    progress = 12,    ///< agent: the role's newest counts
    finish = 13,      ///< prober: end, and report
    report = 14,      ///< agent: the role's report
    failed = 15,      ///< agent: the test ended with this sentence
    abort = 16,       ///< prober: end, nobody wants the report
    flow_open = 17,   ///< agent: this UDP flow's path is validated
};

/// One message of the control connection, inside TLS. Encoded, little-endian: u32 length of what
/// follows, at most kMostBytes; u8 type; u32 test; the fields.
struct Frame {
    static constexpr std::size_t kMostBytes = std::size_t{1} << 20;
    static constexpr std::size_t kLengthBytes = 4;
    static constexpr std::size_t kHeadBytes = 5;

    std::uint8_t type = 0;   ///< a FrameType, or one that this version does not know
    std::uint32_t test = 0;  ///< which test of this connection; 0 = none
    Fields fields{};

    static Frame of(FrameType type, std::uint32_t test = 0, Fields fields = {}) {
        return {static_cast<std::uint8_t>(type), test, std::move(fields)};
    }
    bool is(FrameType wanted) const { return type == static_cast<std::uint8_t>(wanted); }
    bool is_known() const { return type >= 1 && type <= 17; }

    /// Errors: bad_input, where the fields are more than one frame can carry.
    Expected<std::vector<std::byte>> encode() const;
    bool operator==(const Frame&) const = default;
};

/// Cuts a stream of bytes from outside into frames. Holds one frame's bytes at most, besides what
/// one `add` brings.
class FrameReader {
  public:
    void add(std::span<const std::byte> bytes) {
        bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    }
    /// The next whole frame, or nullopt until more bytes come. Errors: bad_input (too long, too
    /// short, malformed fields); the stream is then lost.
    Expected<std::optional<Frame>> next();

  private:
    std::vector<std::byte> bytes_;
    std::size_t taken_ = 0;
};

/// The fields of `failed` and `refused`, and back. A kind that this version does not know is io.
Fields fields_of(const Error& error);
Error error_of(const Fields& fields);

}  // namespace assay::network::control
