#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "engine/core/histogram.h"

namespace assay {

/// SplitMix64: turns one seed into well-mixed 64-bit words, so that neighbouring seeds start
/// unrelated sequences. Source: Steele, Lea, Flood (2014), "Fast Splittable Pseudorandom Number
/// Generators".
class SplitMix64 {
  public:
    explicit constexpr SplitMix64(std::uint64_t seed) : state_(seed) {}
    constexpr std::uint64_t next() {
        state_ += 0x9e3779b97f4a7c15u;
        std::uint64_t mixed = state_;
        mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
        mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
        return mixed ^ (mixed >> 31);
    }

  private:
    std::uint64_t state_;
};

/// xoshiro256++: chooses offsets, orders and resamples, and fills test data. The same everywhere
/// for the same seed. Not for secrets. Source: Blackman, Vigna (2021), "Scrambled Linear
/// Pseudorandom Number Generators".
class Xoshiro256 {
  public:
    /// The state as given; all zeros is not a state.
    explicit constexpr Xoshiro256(const std::array<std::uint64_t, 4>& state) : state_(state) {}
    explicit constexpr Xoshiro256(std::uint64_t seed) : Xoshiro256(SplitMix64(seed)) {}

    constexpr std::uint64_t next() {
        const std::uint64_t result = std::rotl(state_[0] + state_[3], 23) + state_[0];
        const std::uint64_t shifted = state_[1] << 17;
        state_[2] ^= state_[0];
        state_[3] ^= state_[1];
        state_[1] ^= state_[2];
        state_[0] ^= state_[3];
        state_[2] ^= shifted;
        state_[3] = std::rotl(state_[3], 45);
        return result;
    }

    /// A number in [0, bound), by multiply and shift: no division in the hot loop, and a bias below
    /// bound / 2^64. bound >= 1. Source: Lemire (2019), "Fast Random Integer Generation in an
    /// Interval".
    constexpr std::uint64_t below(std::uint64_t bound) {
        return static_cast<std::uint64_t>((Uint128{next()} * bound) >> 64);
    }

  private:
    explicit constexpr Xoshiro256(SplitMix64 seeds)
        : state_{seeds.next(), seeds.next(), seeds.next(), seeds.next()} {}
    std::array<std::uint64_t, 4> state_;
};

}  // namespace assay
