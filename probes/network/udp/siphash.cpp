#include "probes/network/udp/siphash.h"

#include <bit>

namespace assay::network::udp {
namespace {

/// The four words that the rounds stir.
class State {
  public:
    explicit State(const SipKey& key)
        : v0_(key.low ^ 0x736f6d6570736575u),
          v1_(key.high ^ 0x646f72616e646f6du),
          v2_(key.low ^ 0x6c7967656e657261u),
          v3_(key.high ^ 0x7465646279746573u) {}

    void absorb(std::uint64_t word) {
        v3_ ^= word;
        round();
        round();
        v0_ ^= word;
    }
    std::uint64_t finish() {
        v2_ ^= 0xff;
        for (int at = 0; at < 4; ++at)
            round();
        return v0_ ^ v1_ ^ v2_ ^ v3_;
    }

  private:
    void round() {
        v0_ += v1_;
        v1_ = std::rotl(v1_, 13) ^ v0_;
        v0_ = std::rotl(v0_, 32);
        v2_ += v3_;
        v3_ = std::rotl(v3_, 16) ^ v2_;
        v0_ += v3_;
        v3_ = std::rotl(v3_, 21) ^ v0_;
        v2_ += v1_;
        v1_ = std::rotl(v1_, 17) ^ v2_;
        v2_ = std::rotl(v2_, 32);
    }

    std::uint64_t v0_, v1_, v2_, v3_;
};

/// The last word of a message: its left-over bytes, and its length in the highest byte.
constexpr std::uint64_t length_word(std::size_t bytes) {
    return static_cast<std::uint64_t>(bytes) << 56;
}

}  // namespace

std::uint64_t siphash(const SipKey& key, std::span<const std::byte> message) {
    State state(key);
    std::uint64_t word = 0;
    for (std::size_t at = 0; at < message.size(); ++at) {
        word |= std::to_integer<std::uint64_t>(message[at]) << (8 * (at % 8));
        if (at % 8 == 7) {
            state.absorb(word);
            word = 0;
        }
    }
    state.absorb(word | length_word(message.size()));
    return state.finish();
}

std::uint64_t siphash(const SipKey& key, std::uint64_t first, std::uint64_t second,
                      std::uint64_t third) {
    State state(key);
    state.absorb(first);
    state.absorb(second);
    state.absorb(third);
    state.absorb(length_word(3 * sizeof(std::uint64_t)));
    return state.finish();
}

}  // namespace assay::network::udp
