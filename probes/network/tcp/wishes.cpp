#include "probes/network/tcp/wishes.h"

#include <algorithm>
#include <utility>

#include "engine/core/units.h"

namespace assay::network::tcp {
namespace {

/// Far beyond any wish, and small enough for every sum of times.
constexpr std::uint64_t kMostNanoseconds =
    std::uint64_t{3600} * std::uint64_t{kNanosecondsPerSecond};

std::unexpected<Error> bad_wish(const std::string& what) {
    return failure(ErrorKind::bad_input, "the other side's wishes for a TCP test: " + what);
}

Expected<std::optional<std::uint32_t>> index_at(const Fields& fields, std::string_view name) {
    if (!fields.has(name))
        return std::optional<std::uint32_t>();
    ASSAY_TRY(const std::uint64_t index, fields.count(name, kMostStreams));
    return std::optional<std::uint32_t>(static_cast<std::uint32_t>(index));
}

Expected<Mode> mode_at(const Fields& fields) {
    ASSAY_TRY(const std::string name, fields.text("mode", 16));
    for (const Mode mode : {Mode::goodput, Mode::path})
        if (name == name_of(mode))
            return mode;
    return bad_wish("the mode is neither goodput nor path");
}

Expected<std::optional<std::string>> congestion_at(const Fields& fields) {
    if (!fields.has("congestion"))
        return std::optional<std::string>();
    ASSAY_TRY(std::string name, fields.text("congestion", kMostCongestionNameBytes));
    const auto is_plain = [](char letter) {
        return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') ||
               letter == '_' || letter == '-';
    };
    if (name.empty() || !std::ranges::all_of(name, is_plain))
        return bad_wish("the congestion control is no plain name");
    return std::optional<std::string>(std::move(name));
}

}  // namespace

std::string_view name_of(Mode mode) {
    return mode == Mode::path ? "path" : "goodput";
}

Fields Wishes::to_fields() const {
    Fields fields;
    fields.set("streams", std::uint64_t{streams});
    if (sends_from)
        fields.set("sends_from", std::uint64_t{*sends_from});
    if (receives_from)
        fields.set("receives_from", std::uint64_t{*receives_from});
    fields.set("longest_ramp_ns", static_cast<std::uint64_t>(longest_ramp.count()));
    fields.set("window_ns", static_cast<std::uint64_t>(window.count()));
    fields.set("mode", std::string(name_of(mode)));
    if (congestion)
        fields.set("congestion", *congestion);
    if (dscp)
        fields.set("dscp", *dscp);
    return fields;
}

Expected<Wishes> Wishes::of(const Fields& fields, const control::Caps& caps) {
    Wishes wishes;
    ASSAY_TRY(wishes.streams, fields.count("streams", kMostStreams));
    ASSAY_TRY(wishes.sends_from, index_at(fields, "sends_from"));
    ASSAY_TRY(wishes.receives_from, index_at(fields, "receives_from"));
    ASSAY_TRY(const std::uint64_t ramp, fields.count("longest_ramp_ns", kMostNanoseconds));
    ASSAY_TRY(const std::uint64_t window, fields.count("window_ns", kMostNanoseconds));
    wishes.longest_ramp = std::chrono::nanoseconds(ramp);
    wishes.window = std::chrono::nanoseconds(window);
    ASSAY_TRY(wishes.mode, mode_at(fields));
    ASSAY_TRY(wishes.congestion, congestion_at(fields));
    if (fields.has("dscp")) {
        ASSAY_TRY(wishes.dscp, fields.count("dscp", kMostDscp));
    }
    if (wishes.streams == 0)
        return bad_wish("there is no stream");
    if (wishes.window <= std::chrono::nanoseconds(0))
        return bad_wish("the window has no length");
    if (wishes.sends_from && wishes.receives_from) {
        const std::uint32_t low = std::min(*wishes.sends_from, *wishes.receives_from);
        const std::uint32_t high = std::max(*wishes.sends_from, *wishes.receives_from);
        if (high - low < wishes.streams)
            return bad_wish("a stream is to be sent and received at once");
    }
    const std::size_t all = wishes.streams * (wishes.sends_from && wishes.receives_from ? 2 : 1);
    if (all > caps.most_streams)
        return failure(ErrorKind::usage, "the agent allows " + std::to_string(caps.most_streams) +
                                             " streams in a test, not " + std::to_string(all) +
                                             "; give fewer --streams");
    if (wishes.longest_ramp + wishes.window > caps.longest)
        return failure(ErrorKind::usage,
                       "the agent allows a test to last " +
                           std::to_string(caps.longest.count() / kNanosecondsPerSecond) +
                           " s, less than was asked for; give a shorter --duration");
    return wishes;
}

Wishes Wishes::mirrored() const {
    Wishes other = *this;
    std::swap(other.sends_from, other.receives_from);
    return other;
}

}  // namespace assay::network::tcp
