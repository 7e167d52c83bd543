#include "probes/memory/memory_spec.h"

#include <charconv>
#include <string>

namespace assay::memory {
namespace {

constexpr double kBytesPerTransfer = 8;
constexpr double kMega = 1e6;
// A socket of 2026 has 16; MRDIMMs move 12 800 MT/s.
constexpr unsigned kMostChannels = 64;
constexpr unsigned kMostMegatransfers = 20'000;

std::optional<unsigned> number_in(std::string_view text, unsigned most) {
    unsigned number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || number == 0 || number > most)
        return std::nullopt;
    return number;
}

}  // namespace

double MemorySpec::bytes_per_second() const {
    return channels * (megatransfers_a_second * kMega) * kBytesPerTransfer;
}

Expected<MemorySpec> parse_memory_spec(std::string_view text) {
    constexpr std::string_view kUnit = "MT/s";
    std::string_view body = text;
    if (body.ends_with(kUnit))
        body.remove_suffix(kUnit.size());
    const auto cross = body.find('x');
    const auto channels =
        cross == body.npos ? std::nullopt : number_in(body.substr(0, cross), kMostChannels);
    const auto speed =
        cross == body.npos ? std::nullopt : number_in(body.substr(cross + 1), kMostMegatransfers);
    if (!channels || !speed)
        return failure(ErrorKind::usage,
                       "--memory-spec '" + std::string(text) +
                           "' is not CHANNELSxMT/s with 1 to 64 channels and 1 to 20000 MT/s; "
                           "twelve channels of DDR5-4800 are 12x4800");
    return MemorySpec{*channels, *speed};
}

Expected<std::optional<MemorySpec>> requested_memory_spec(const Request& request) {
    const std::string* given = request.find(kMemorySpecOption.name);
    if (given == nullptr)
        return std::optional<MemorySpec>();
    ASSAY_TRY(const MemorySpec spec, parse_memory_spec(*given));
    return std::optional(spec);
}

}  // namespace assay::memory
