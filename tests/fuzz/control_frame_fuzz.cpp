#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <span>

#include "probes/network/control/frame.h"
#include "probes/network/control/hello.h"

/// Any bytes of a control connection, in pieces of any length: each frame that is cut out of them
/// can be encoded and cut out again as the same; hellos and welcomes are refused with a sentence or
/// survive the same way; and a stream that was refused once stays refused.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace assay::network;
    using namespace assay::network::control;
    if (size == 0)
        return 0;
    const std::size_t piece = 1 + data[0];
    std::span<const std::byte> left(reinterpret_cast<const std::byte*>(data) + 1, size - 1);
    FrameReader reader;
    while (!left.empty()) {
        const auto part = left.first(std::min(piece, left.size()));
        left = left.subspan(part.size());
        reader.add(part);
        for (;;) {
            const auto frame = reader.next();
            if (!frame)
                return frame.error().message.empty() ? std::abort(), 0 : 0;
            if (!*frame)
                break;
            const auto encoded = (*frame)->encode();
            if (!encoded)
                std::abort();
            FrameReader again;
            again.add(*encoded);
            const auto back = again.next();
            if (!back || *back != *frame)
                std::abort();
            if (const auto hello = Hello::decode((*frame)->fields))
                if (!Hello::decode(hello->encode()))
                    std::abort();
            if (const auto welcome = Welcome::decode((*frame)->fields))
                if (!Welcome::decode(welcome->encode()))
                    std::abort();
            if (error_of((*frame)->fields).message.empty() && !(*frame)->fields.has("message"))
                std::abort();
        }
    }
    return 0;
}
