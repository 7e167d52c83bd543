#include "probes/storage/number_text.h"

#include <cmath>
#include <cstdio>

#include "engine/core/units.h"

namespace assay::storage {
namespace {

constexpr double kWholeNumbersFrom = 1000;

}  // namespace

std::string percent_text(double ratio) {
    char text[64];
    std::snprintf(text, sizeof text, "%.1f %%", ratio * 100);
    return text;
}

std::string number_text(double value) {
    char text[64];
    std::snprintf(text, sizeof text, std::abs(value) >= kWholeNumbersFrom ? "%.0f" : "%.3g", value);
    return text;
}

std::string duration_text(double nanoseconds) {
    const double size = std::abs(nanoseconds);
    if (size >= static_cast<double>(kNanosecondsPerSecond))
        return number_text(nanoseconds / static_cast<double>(kNanosecondsPerSecond)) + " s";
    if (size >= static_cast<double>(kNanosecondsPerMillisecond))
        return number_text(nanoseconds / static_cast<double>(kNanosecondsPerMillisecond)) + " ms";
    return number_text(nanoseconds / static_cast<double>(kNanosecondsPerMicrosecond)) + " us";
}

}  // namespace assay::storage
