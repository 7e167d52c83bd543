#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/measure/pace.h"
#include "engine/probe.h"

namespace assay::test {

/// Time that moves only when somebody sleeps or works: an hour's run takes no time.
struct FakeTime {
    measure::TimePoint now{std::chrono::hours(1)};
    std::function<void()> on_sleep = [] {};

    measure::Pace pace() {
        return {.now = [this] { return now; },
                .sleep =
                    [this](std::chrono::nanoseconds duration, const std::stop_token&) {
                        now += duration;
                        on_sleep();
                    }};
    }
};

/// What the fake probe does; one script serves one run (probes are rows of plain functions, so it
/// is found through a global).
struct FakeScript {
    FakeTime* time = nullptr;
    std::vector<CheckLine> checks{CheckLine{}};
    std::optional<Error> prepare_error, verify_error;
    std::size_t cases = 2;
    std::chrono::nanoseconds verify_time{};  ///< what it says, and takes
    std::uint64_t memory_bytes = 0;
    std::vector<std::chrono::nanoseconds> least_rounds;               ///< one a case, or none
    std::map<std::size_t, std::chrono::nanoseconds> shortest_rounds;  ///< of cases by index
    double round_share = 1;                                           ///< of every case
    std::map<std::size_t, Lasting> lasting;                           ///< of cases by index
    std::vector<std::uint64_t> allowances_seen;
    /// Case index and number of the call (warm-up is 0) to the round's result.
    std::function<Expected<RoundResult>(std::size_t, std::size_t, const RoundRequest&)> measure;
};
inline FakeScript* fake_script = nullptr;

inline constexpr Metric kFakeMetrics[] = {
    {"fake.speed", "Fake speed", "A number from the script.", Unit::operations_per_second,
     Better::higher, ""},
    {"fake.latency", "Fake latency", "A latency from the script.", Unit::nanoseconds, Better::lower,
     ""},
};

class FakeWorkload final : public Workload {
  public:
    explicit FakeWorkload(FakeScript& script) : script_(script), calls_(script.cases) {
        for (std::size_t index = 0; index < script.cases; ++index)
            cases_.push_back({"case " + std::to_string(index),
                              {{"index", static_cast<std::int64_t>(index)}},
                              script.round_share});
        for (const auto& [index, lasting] : script.lasting)
            cases_.at(index).lasting = lasting;
    }
    std::span<const Case> cases() const override { return cases_; }
    Expected<RoundResult> measure(std::size_t case_index, const RoundRequest& request) override {
        return script_.measure(case_index, calls_[case_index]++, request);
    }
    std::chrono::nanoseconds least_round(std::size_t case_index) const override {
        return script_.least_rounds.empty() ? std::chrono::nanoseconds{}
                                            : script_.least_rounds[case_index];
    }
    std::chrono::nanoseconds shortest_round(std::size_t case_index) const override {
        const auto found = script_.shortest_rounds.find(case_index);
        return found == script_.shortest_rounds.end() ? std::chrono::nanoseconds{} : found->second;
    }
    std::chrono::nanoseconds verify_time() const override { return script_.verify_time; }
    Expected<void> verify() override {
        if (script_.time != nullptr)
            script_.time->now += script_.verify_time;
        if (script_.verify_error)
            return std::unexpected(*script_.verify_error);
        return {};
    }

  private:
    FakeScript& script_;
    std::vector<Case> cases_;
    std::vector<std::size_t> calls_;
};

inline constexpr Probe kFakeProbe{
    .id = "fake.probe",
    .title = "A probe that does what the test says",
    .metrics = kFakeMetrics,
    .options = {},
    .check = [](const RunContext&, const Request&) { return fake_script->checks; },
    .plan = [](const RunContext&, const Request&) -> Expected<Footprint> {
        return Footprint{
            .memory_bytes = fake_script->memory_bytes, .cases = fake_script->cases, .note = ""};
    },
    .prepare = [](const RunContext& context,
                  const Request&) -> Expected<std::unique_ptr<Workload>> {
        fake_script->allowances_seen.push_back(context.memory_allowance_bytes);
        if (fake_script->prepare_error)
            return std::unexpected(*fake_script->prepare_error);
        return std::make_unique<FakeWorkload>(*fake_script);
    },
};

}  // namespace assay::test
