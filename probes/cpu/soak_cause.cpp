#include <cstdarg>
#include <cstdio>
#include <string>

#include "engine/core/units.h"
#include "probes/cpu/soak.h"

namespace assay::cpu {
namespace {

/// What the parts before the fall and after it had in the mean.
struct Change {
    double before = 0, after = 0;
    double rise() const { return after - before; }
    double fall_ratio() const { return before > 0 ? 1 - after / before : 0; }
};

std::optional<double> value_of(const SoakPart& part, double SoakPart::*member) {
    return part.*member;
}
std::optional<double> value_of(const SoakPart& part, std::optional<double> SoakPart::*member) {
    return part.*member;
}

template <class Member>
std::optional<double> mean_of(std::span<const SoakPart> parts, Member member) {
    double sum = 0;
    for (const SoakPart& part : parts) {
        const auto value = value_of(part, member);
        if (!value)
            return std::nullopt;
        sum += *value;
    }
    return parts.empty() ? std::nullopt : std::optional(sum / static_cast<double>(parts.size()));
}

/// The two sides of a fall: of a step all parts before and after it, of a slide its thirds.
struct Sides {
    std::span<const SoakPart> before, after;

    template <class Member>
    std::optional<Change> change_of(Member member) const {
        const auto first = mean_of(before, member), last = mean_of(after, member);
        if (!first || !last)
            return std::nullopt;
        return Change{*first, *last};
    }
};

Sides sides_of(std::span<const SoakPart> parts, const SoakFall& fall) {
    if (fall.at)
        return {parts.first(*fall.at), parts.subspan(*fall.at)};
    const std::size_t third = std::max<std::size_t>(1, parts.size() / 3);
    return {parts.first(third), parts.last(third)};
}

__attribute__((format(printf, 1, 2))) std::string text_of(const char* format, ...) {
    char text[240];
    va_list values;
    va_start(values, format);
    std::vsnprintf(text, sizeof text, format, values);
    va_end(values);
    return text;
}

std::string what_fell(std::span<const SoakPart> parts, const SoakFall& fall, double part_s) {
    const double whole_s = static_cast<double>(parts.size()) * part_s;
    if (fall.at)
        return text_of("At second %.0f of %.0f the rate fell by %.1f %%",
                       static_cast<double>(*fall.at) * part_s, whole_s, fall.ratio * 100);
    return text_of("Over the %.0f s of the soak the rate slid down by %.1f %%", whole_s,
                   fall.ratio * 100);
}

/// Whether `share` of what was there went away, and that is at least half of the fall.
bool explains(double share, const SoakFall& fall) {
    return share >= fall.ratio / 2;
}

std::optional<Finding> quota_cause(const Sides& sides, const SoakFall& fall,
                                   const std::string& what) {
    // A period in which a second was not throttled before: less is the edge of one part.
    constexpr double kLeastPeriods = 1;
    const auto periods = sides.change_of(&SoakPart::throttled_periods);
    const auto share = sides.change_of(&SoakPart::cpu_share);
    if (!periods || periods->rise() < kLeastPeriods || !explains(share->fall_ratio(), fall))
        return std::nullopt;
    return make_finding(
        "quota_throttled",
        what +
            text_of(", while the control group was throttled in %.1f periods a second instead "
                    "of %.1f, and the threads' share of CPU time fell from %.1f to %.1f %%: a CPU "
                    "quota took hold.",
                    periods->after, periods->before, share->before * 100, share->after * 100));
}

std::optional<Finding> steal_cause(const Sides& sides, const SoakFall& fall,
                                   const std::string& what) {
    const auto steal = sides.change_of(&SoakPart::steal_ratio);
    if (!steal || !explains(steal->rise(), fall))
        return std::nullopt;
    return make_finding(
        "steal_rose",
        what + text_of(", while steal rose from %.1f to %.1f %% of the CPU time: CPU credits that "
                       "ran out, or a hypervisor with more virtual CPUs than it can run.",
                       steal->before * 100, steal->after * 100));
}

std::optional<Finding> clock_cause(const Sides& sides, const SoakFall& fall,
                                   const std::string& what) {
    constexpr double kGhz = static_cast<double>(kNanosecondsPerSecond);
    const auto clock = sides.change_of(&SoakPart::clock_hz);
    if (!explains(clock->fall_ratio(), fall))
        return std::nullopt;
    const std::string with_clock =
        what + text_of(", while the measured clock fell from %.2f to %.2f GHz",
                       clock->before / kGhz, clock->after / kGhz);
    const auto events = sides.change_of(&SoakPart::heat_events);
    const auto cooling = sides.change_of(&SoakPart::cooling_steps);
    if (events && events->rise() > 0)
        return make_finding("heat_throttled",
                            with_clock + text_of(" and the processors counted %.1f throttlings by "
                                                 "heat a second instead of %.1f: heat.",
                                                 events->after, events->before));
    if (cooling && cooling->rise() > 0)
        return make_finding("heat_throttled",
                            with_clock + text_of(" and cooling slowed the processors down by %.1f "
                                                 "steps instead of %.1f: heat.",
                                                 cooling->after, cooling->before));
    return make_finding(
        "clock_fell",
        with_clock + (events || cooling ? "; neither steal nor a counter of heat rose: a power "
                                          "limit, or heat that nothing here counts."
                                        : "; steal did not rise, and heat cannot be read here: "
                                          "heat or a power limit."));
}

std::optional<Finding> lost_time_cause(const Sides& sides, const SoakFall& fall,
                                       const std::string& what) {
    const auto share = sides.change_of(&SoakPart::cpu_share);
    if (!explains(share->fall_ratio(), fall))
        return std::nullopt;
    return make_finding(
        "cpu_time_fell",
        what + text_of(", while the threads' share of CPU time fell from %.1f to %.1f %%; neither "
                       "a quota nor steal shows why: another program, or a hypervisor that does "
                       "not report steal.",
                       share->before * 100, share->after * 100));
}

}  // namespace

std::optional<Finding> judge_soak(std::span<const SoakPart> parts, double part_s) {
    const auto fall = find_fall(parts);
    if (!fall)
        return std::nullopt;
    const Sides sides = sides_of(parts, *fall);
    const std::string what = what_fell(parts, *fall, part_s);
    for (const auto& cause : {&quota_cause, &steal_cause, &clock_cause, &lost_time_cause})
        if (auto found = cause(sides, *fall, what))
            return found;
    return make_finding("drifting",
                        what +
                            "; neither the clock, nor CPU time, steal or a quota explains it: "
                            "cause unknown.");
}

}  // namespace assay::cpu
