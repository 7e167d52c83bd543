#include "probes/network/path/number_text.h"

#include <array>
#include <cstdio>

#include "engine/core/units.h"

namespace assay::network::path {
namespace {

std::string with_unit(const char* format, double value) {
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), format, value);
    return text.data();
}

}  // namespace

std::string percent_text(double ratio) {
    constexpr double kPercent = 100;
    return with_unit("%.3g %%", ratio * kPercent);
}
std::string milliseconds_text(double ns) {
    return with_unit("%.3f ms", ns / static_cast<double>(kNanosecondsPerMillisecond));
}
std::string megabits_text(double bytes_per_s) {
    constexpr double kBytesPerSecondOfMegabit = 125'000;
    return with_unit("%.4g Mbit/s", bytes_per_s / kBytesPerSecondOfMegabit);
}

}  // namespace assay::network::path
