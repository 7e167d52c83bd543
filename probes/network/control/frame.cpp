#include "probes/network/control/frame.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

namespace assay::network::control {
namespace {

struct KindName {
    ErrorKind kind;
    std::string_view name;
};
/// The kinds that may come from the other side; `internal` and its like are told as io.
constexpr std::array kKindNames{
    KindName{ErrorKind::usage, "usage"},
    KindName{ErrorKind::bad_input, "bad_input"},
    KindName{ErrorKind::unsupported, "unsupported"},
    KindName{ErrorKind::unavailable, "unavailable"},
    KindName{ErrorKind::permission, "permission"},
    KindName{ErrorKind::try_again, "try_again"},
    KindName{ErrorKind::interrupted, "interrupted"},
    KindName{ErrorKind::timed_out, "timed_out"},
    KindName{ErrorKind::io, "io"},
};

template <class T>
void append(std::vector<std::byte>& bytes, T number) {
    const auto view = std::as_bytes(std::span(&number, 1));
    bytes.insert(bytes.end(), view.begin(), view.end());
}

/// A sentence from outside goes to somebody's terminal: printable ASCII only.
std::string printable(std::string text) {
    std::ranges::replace_if(
        text, [](char c) { return c < ' ' || c > '~'; }, '?');
    return text;
}

}  // namespace

Expected<std::vector<std::byte>> Frame::encode() const {
    const std::vector<std::byte> body = fields.encode();
    if (body.size() + kHeadBytes > kMostBytes)
        return failure(ErrorKind::bad_input, "a message of " + std::to_string(body.size()) +
                                                 " B is more than one frame can carry");
    std::vector<std::byte> bytes;
    bytes.reserve(kLengthBytes + kHeadBytes + body.size());
    append(bytes, static_cast<std::uint32_t>(kHeadBytes + body.size()));
    append(bytes, type);
    append(bytes, test);
    bytes.insert(bytes.end(), body.begin(), body.end());
    return bytes;
}

Expected<std::optional<Frame>> FrameReader::next() {
    const std::span<const std::byte> left = std::span(bytes_).subspan(taken_);
    if (left.size() < Frame::kLengthBytes)
        return std::optional<Frame>();
    std::uint32_t length = 0;
    std::memcpy(&length, left.data(), sizeof(length));
    if (length > Frame::kMostBytes || length < Frame::kHeadBytes)
        return failure(ErrorKind::bad_input,
                       "a control message of " + std::to_string(length) +
                           " B came from the other side, outside what one may have");
    if (left.size() < Frame::kLengthBytes + length)
        return std::optional<Frame>();
    Frame frame;
    const auto content = left.subspan(Frame::kLengthBytes, length);
    frame.type = std::to_integer<std::uint8_t>(content[0]);
    std::memcpy(&frame.test, &content[1], sizeof(frame.test));
    // An unknown type's content is of a version that we do not know: not looked at.
    if (frame.is_known()) {
        ASSAY_TRY(frame.fields, Fields::decode(content.subspan(Frame::kHeadBytes)));
    }
    taken_ += Frame::kLengthBytes + length;
    if (taken_ == bytes_.size() || taken_ > Frame::kMostBytes) {
        bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(taken_));
        taken_ = 0;
        bytes_.shrink_to_fit();
    }
    return std::optional<Frame>(std::move(frame));
}

Fields fields_of(const Error& error) {
    const auto row = std::ranges::find(kKindNames, error.kind, &KindName::kind);
    Fields fields;
    fields.set("kind", std::string(row == kKindNames.end() ? "io" : row->name));
    fields.set("message", printable(error.message.substr(0, Fields::kMostTextBytes)));
    return fields;
}

Error error_of(const Fields& fields) {
    const std::string kind = fields.text("kind", Fields::kMostTextBytes).value_or("io");
    const auto row = std::ranges::find(kKindNames, std::string_view(kind), &KindName::name);
    const auto message = fields.text("message", Fields::kMostTextBytes);
    return {row == kKindNames.end() ? ErrorKind::io : row->kind,
            message ? printable(*message) : "it gave no reason"};
}

}  // namespace assay::network::control
