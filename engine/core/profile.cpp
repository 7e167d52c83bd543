#include "engine/core/profile.h"

#include <array>

#include "engine/core/units.h"

namespace assay {
namespace {

constexpr std::int64_t kSecond = kNanosecondsPerSecond;

// Rounds: an order-statistic 95 % interval of the median needs 6 rounds; 7 give 98.4 %, 9
// (ranks 2..8) 96.1 %, 15 (ranks 4..12) 96.5 %. Smoke has too few for an interval and says so by
// leaving it out.
constexpr std::array kProfiles{
    Profile{"smoke", 20 * kSecond, 3, 3, kSecond / 4, Extent::smoke,
            "does everything work here; numbers are rough"},
    Profile{"quick", 300 * kSecond, 7, 5, 2 * kSecond, Extent::quick,
            "go or no-go before a failover"},
    Profile{"standard", 900 * kSecond, 9, 6, 5 * kSecond, Extent::standard,
            "validation for production"},
    Profile{"deep", 3600 * kSecond, 15, 9, 15 * kSecond, Extent::deep,
            "certification and acceptance"},
};

}  // namespace

std::span<const Profile> profiles() {
    return kProfiles;
}

std::optional<Profile> find_profile(std::string_view name) {
    for (const Profile& profile : kProfiles)
        if (profile.name == name)
            return profile;
    return std::nullopt;
}

}  // namespace assay
