#include "engine/measure/session.h"

#include <algorithm>
#include <cmath>

#include "engine/core/units.h"
#include "engine/measure/statistics.h"

namespace assay::measure {
namespace {

// Shares of the budget. What they leave is for the rounds.
constexpr double kPrepareShare = 0.30;     // of all probes together, if each is quick
constexpr double kEndReserveShare = 0.03;  // verification, and the result's way to the screen
constexpr std::chrono::nanoseconds kEndReserveLeast = std::chrono::milliseconds(300);
constexpr std::chrono::nanoseconds kModestRound = std::chrono::milliseconds(600);
constexpr double kMuchSlower = 1.3;
constexpr double kTooShort = 1.1;
constexpr double kWorthPlanningAnew = 0.1;  // of a round
constexpr std::chrono::nanoseconds kSettleMost = std::chrono::milliseconds(50);
constexpr std::chrono::nanoseconds kShortestCase = std::chrono::milliseconds(40);
constexpr std::chrono::nanoseconds kWarmUpMost = std::chrono::milliseconds(500);

std::chrono::nanoseconds part_of(std::int64_t budget_ns, double share) {
    return std::chrono::nanoseconds(
        static_cast<std::int64_t>(static_cast<double>(budget_ns) * share));
}

std::chrono::nanoseconds scaled(std::chrono::nanoseconds full, double share) {
    return std::chrono::nanoseconds(
        static_cast<std::int64_t>(static_cast<double>(full.count()) * share));
}

ProbeStatus status_for(ErrorKind kind) {
    const bool skipped = kind == ErrorKind::unsupported || kind == ErrorKind::permission;
    return skipped ? ProbeStatus::skipped : ProbeStatus::failed;
}

const CheckLine* first_block(const std::vector<CheckLine>& lines) {
    const auto found = std::ranges::find(lines, CheckLevel::block, &CheckLine::level);
    return found == lines.end() ? nullptr : &*found;
}

/// What the host takes from a round that lasts is its subject; only a clock that is wrong spoils
/// it.
void refuse_for_the_clock_alone(std::vector<Finding>& findings) {
    for (Finding& finding : findings)
        if (finding.severity == Severity::invalid && finding.id != "clock_drift")
            finding.severity = Severity::warning;
}

std::string sentence(const CheckLine& line) {
    const std::string text = line.subject + ": " + line.message;
    return line.advice.empty() ? text : text + "; " + line.advice;
}

}  // namespace

Session::Session(const host::Host& host, const RunPlan& plan, std::stop_token stop,
                 const Observer& observer, const Pace& pace, TimePoint start)
    : host_(host),
      plan_(plan),
      stop_(std::move(stop)),
      observer_(observer),
      pace_(pace),
      start_(start),
      round_deadline_(start + std::chrono::nanoseconds(plan.budget_ns) -
                      std::max(kEndReserveLeast, part_of(plan.budget_ns, kEndReserveShare))),
      cpus_(host.topology.allowed_cpus()),
      guard_(host.files, {}) {}

Expected<std::vector<ProbeResult>> Session::take() {
    check_and_prepare();
    warm_up();
    ASSAY_TRY_VOID(take_rounds());
    if (stop_.stop_requested())
        return failure(ErrorKind::interrupted,
                       "Interrupted; nothing was written and everything was given back");
    verify_and_collect();
    std::vector<ProbeResult> results;
    for (Entry& entry : entries_)
        results.push_back(std::move(entry.result));
    return results;
}

void Session::check_and_prepare() {
    std::uint64_t memory_left = host_.memory_allowance_bytes();
    for (const ProbeRequest& asked : plan_.probes) {
        Entry& entry = entries_.emplace_back();
        entry.asked = &asked;
        entry.result.id = std::string(asked.probe->id);
    }
    for (Entry& entry : entries_)
        if (!stop_.stop_requested())
            prepare(entry, memory_left);
}

void Session::prepare(Entry& entry, std::uint64_t& memory_left) {
    const Probe& probe = *entry.asked->probe;
    const Request& request = entry.asked->request;
    const RunContext context{
        .host = host_,
        .stop = stop_,
        .prepare_deadline = start_ + part_of(plan_.budget_ns, kPrepareShare),
        .memory_allowance_bytes = std::min(memory_left, host_.memory_allowance_bytes()),
        .shelf = &shelf_};
    report(Progress::Phase::check, &entry, nullptr);
    const std::vector<CheckLine> lines = probe.check(context, request);
    if (const CheckLine* block = first_block(lines))
        return fail(entry, Error{block->kind, sentence(*block), 0});
    report(Progress::Phase::prepare, &entry, nullptr);
    const auto footprint = probe.plan(context, request);
    if (!footprint)
        return fail(entry, footprint.error());
    auto workload = probe.prepare(context, request);
    if (!workload)
        return fail(entry, workload.error());
    memory_left -= std::min(memory_left, footprint->memory_bytes);
    entry.workload = std::move(*workload);
    for (const Case& measured_case : entry.workload->cases())
        entry.collectors.emplace_back(measured_case);
    entry.round_counts.resize(entry.collectors.size());
    entry.round_costs.resize(entry.collectors.size());
    entry.round_lengths.resize(entry.collectors.size());
    entry.round_wishes.resize(entry.collectors.size());
}

void Session::fail(Entry& entry, const Error& error) {
    entry.workload.reset();
    entry.collectors.clear();
    entry.result.status = status_for(error.kind);
    entry.result.reason = error;
    entry.result.rounds.clear();
}

std::vector<CaseIndex> Session::all_cases() const {
    std::vector<CaseIndex> cases;
    for (std::size_t workload = 0; workload < entries_.size(); ++workload)
        for (std::size_t index = 0; index < entries_[workload].collectors.size(); ++index)
            cases.push_back({workload, index});
    return cases;
}

std::vector<CaseIndex> Session::ordinary_cases() const {
    std::vector<CaseIndex> cases = all_cases();
    std::erase_if(cases, [this](const CaseIndex& index) { return lasting_of(index).has_value(); });
    return cases;
}

double Session::share_of(const CaseIndex& index) const {
    if (!plan_.honours_round_shares)
        return 1;
    const double asked =
        entries_[index.workload].collectors[index.case_index].measured_case().round_share;
    // A shorter round could not tell a disturbance from what it measures.
    const double least = static_cast<double>(kShortestCase.count()) /
                         static_cast<double>(std::max<std::int64_t>(1, plan_.longest_round_ns));
    return std::min(1.0, std::max(asked, least));
}

double Session::shares_of(const std::vector<CaseIndex>& cases) const {
    double sum = 0;
    for (const CaseIndex& index : cases)
        sum += share_of(index);
    return sum;
}

std::chrono::nanoseconds Session::mean_cost_of(const std::vector<CaseIndex>& cases) const {
    std::chrono::nanoseconds sum{};
    for (const CaseIndex& index : cases)
        sum += entries_[index.workload].round_costs[index.case_index];
    return cases.empty() ? sum : sum / static_cast<std::int64_t>(cases.size());
}

RoundRequest Session::round_request(Entry& entry, std::size_t case_index,
                                    std::chrono::nanoseconds duration) const {
    const auto probe = static_cast<std::uint64_t>(&entry - entries_.data());
    const std::uint64_t count = entry.round_counts[case_index]++;
    return {.duration = duration,
            .seed = derive_seed(derive_seed(derive_seed(plan_.seed, probe), case_index), count),
            .stop = stop_,
            .deadline = round_deadline_};
}

// Caches, clocks and queues reach their working state before anything counts; what is broken shows
// here, early.
void Session::warm_up() {
    const std::vector<CaseIndex> cases = all_cases();
    const RoundBudget budget{.left = left(),
                             .rounds = cases.size() * (plan_.rounds + 1),
                             .shares = shares_of(cases) * static_cast<double>(plan_.rounds + 1),
                             .longest = std::chrono::nanoseconds(plan_.longest_round_ns),
                             .overhead = kSettleMost};
    const std::chrono::nanoseconds full = round_duration(budget) / 2;
    for (const CaseIndex& index : cases) {
        const auto duration = std::min(kWarmUpMost, scaled(full, share_of(index)));
        Entry& entry = entries_[index.workload];
        if (!entry.workload || stop_.stop_requested())
            continue;
        report(Progress::Phase::warm_up, &entry, &entry.collectors[index.case_index]);
        const TimePoint before = pace_.now();
        const auto result = entry.workload->measure(
            index.case_index, round_request(entry, index.case_index, duration));
        // What a round costs beside its timed work is learnt here and planned with below.
        entry.round_costs[index.case_index] =
            std::max(std::chrono::nanoseconds(0), pace_.now() - before - duration);
        if (!result)
            fail(entry, result.error());
    }
}

RoundBudget Session::budget_of(const std::vector<CaseIndex>& cases, std::size_t rounds) const {
    return {.left = left() - lasting_left_,
            .rounds = rounds,
            .shares = 0.0,
            .longest = std::chrono::nanoseconds(plan_.longest_round_ns),
            .overhead = mean_cost_of(cases) + kSettleMost,
            .fixed = {}};
}

std::chrono::nanoseconds Session::shortest_round(const CaseIndex& index) const {
    const auto asked = entries_[index.workload].workload->shortest_round(index.case_index);
    return std::min(asked, std::chrono::nanoseconds(plan_.longest_round_ns));
}

std::chrono::nanoseconds Session::least_round(const CaseIndex& index) const {
    const auto asked = entries_[index.workload].workload->least_round(index.case_index);
    return std::clamp(asked, shortest_round(index),
                      std::chrono::nanoseconds(plan_.longest_round_ns));
}

// As many rounds of each case as have the time of the shortest that hold, but no fewer than make a
// median: the budget ends the run before the others.
std::size_t Session::rounds_that_fit(const std::vector<CaseIndex>& cases,
                                     std::size_t rounds) const {
    const auto has_shortest = [this](const CaseIndex& index) {
        return shortest_round(index) > std::chrono::nanoseconds(0);
    };
    if (std::ranges::none_of(cases, has_shortest))
        return rounds;
    std::chrono::nanoseconds pass{};
    for (const CaseIndex& index : cases)
        pass += std::max(shortest_round(index), scaled(kModestRound, share_of(index)));
    const std::size_t taken = plan_.rounds - std::min(plan_.rounds, rounds / cases.size());
    const std::size_t fewest =
        cases.size() * (plan_.min_valid_rounds - std::min(plan_.min_valid_rounds - 1, taken));
    const auto work_of = [&](std::size_t count) {
        return pass * static_cast<std::int64_t>(count) / static_cast<std::int64_t>(cases.size());
    };
    while (rounds > fewest && timed_work(budget_of(cases, rounds)) < work_of(rounds))
        rounds -= std::min(cases.size(), rounds - fewest);
    return rounds;
}

// What each case asks for at least. Where that is too much for all, it is cut down: to half of the
// time, or to what leaves the cases that ask for nothing a modest round; none below its shortest.
std::vector<std::chrono::nanoseconds> Session::least_rounds(const std::vector<CaseIndex>& cases,
                                                            std::size_t rounds) const {
    std::vector<std::chrono::nanoseconds> least;
    double asked = 0;
    double modest = 0;
    for (const CaseIndex& index : cases) {
        least.push_back(least_round(index));
        const std::chrono::nanoseconds own = scaled(kModestRound, share_of(index));
        (least.back() > own ? asked : modest) +=
            static_cast<double>(std::max(least.back(), own).count());
    }
    const double each_round = static_cast<double>(rounds) / static_cast<double>(cases.size());
    const auto work =
        static_cast<double>(timed_work(budget_of(cases, rounds)).count()) / each_round;
    const double allowed = std::max(work / 2, work - modest);
    if (asked > allowed)
        for (std::size_t number = 0; number < cases.size(); ++number)
            least[number] =
                std::max(scaled(least[number], allowed / asked), shortest_round(cases[number]));
    return least;
}

// Beyond what the end has in any case.
std::chrono::nanoseconds Session::verify_time() const {
    std::chrono::nanoseconds sum{};
    for (const Entry& entry : entries_)
        if (entry.workload)
            sum += entry.workload->verify_time();
    const auto reserve = start_ + std::chrono::nanoseconds(plan_.budget_ns) - round_deadline_;
    return std::max(sum - reserve, std::chrono::nanoseconds(0));
}

// They get what they ask for, but no more than a set share of the time.
std::chrono::nanoseconds Session::plan_lasting(const Schedule& schedule) {
    std::chrono::nanoseconds asked{}, costs{};
    for (const CaseIndex& index : all_cases())
        if (const auto& lasting = lasting_of(index)) {
            const auto rounds = static_cast<std::int64_t>(schedule.remaining_of(index));
            asked += lasting->length * rounds;
            costs +=
                (entries_[index.workload].round_costs[index.case_index] + kSettleMost) * rounds;
        }
    const std::chrono::nanoseconds most = most_of_lasting(left());
    const double share =
        asked > most ? static_cast<double>(most.count()) / static_cast<double>(asked.count()) : 1;
    for (const CaseIndex& index : all_cases())
        if (const auto& lasting = lasting_of(index))
            length_of(index) = scaled(lasting->length, share);
    return scaled(asked, share) + costs;
}

// Where slow cases take nearly all of the time, the share of a fast one may be so short that any
// disturbance spoils it: each gets what a clean round needs, out of half of an equal part.
std::chrono::nanoseconds Session::least_of_all(const std::vector<CaseIndex>& cases,
                                               std::size_t rounds) const {
    const std::chrono::nanoseconds equal =
        timed_work(budget_of(cases, rounds)) / static_cast<std::int64_t>(rounds);
    return std::min(kShortestCase, equal / 2);
}

// Cases whose least is more than their share of a full round get the least; the others share what
// that leaves, which may make more of them fall short, until none does.
void Session::plan_rounds(const Schedule& schedule) {
    verify_left_ = verify_time();
    lasting_left_ = plan_lasting(schedule);
    const std::vector<CaseIndex> cases = ordinary_cases();
    std::size_t rounds = 0;
    for (const CaseIndex& index : cases)
        rounds += schedule.remaining_of(index);
    if (rounds == 0)
        return;
    rounds = rounds_that_fit(cases, rounds);
    const double each_round = static_cast<double>(rounds) / static_cast<double>(cases.size());
    std::vector<std::chrono::nanoseconds> least = least_rounds(cases, rounds);
    const std::chrono::nanoseconds least_of_any = least_of_all(cases, rounds);
    for (std::chrono::nanoseconds& each : least)
        each = std::max(each, least_of_any);
    std::vector<bool> is_fixed(cases.size(), false);
    std::chrono::nanoseconds full{};
    for (bool changed = true; changed;) {
        RoundBudget budget = budget_of(cases, rounds);
        for (std::size_t number = 0; number < cases.size(); ++number)
            if (is_fixed[number])
                budget.fixed += scaled(least[number], each_round);
            else
                *budget.shares += share_of(cases[number]) * each_round;
        full = round_duration(budget);
        changed = false;
        for (std::size_t number = 0; number < cases.size(); ++number)
            if (!is_fixed[number] && least[number] > scaled(full, share_of(cases[number])))
                changed = is_fixed[number] = true;
    }
    std::chrono::nanoseconds sum{};
    for (std::size_t number = 0; number < cases.size(); ++number)
        sum += length_of(cases[number]) =
            is_fixed[number] ? least[number] : scaled(full, share_of(cases[number]));
    for (const CaseIndex& index : cases) {
        Entry& entry = entries_[index.workload];
        entry.round_wishes[index.case_index] = std::max(length_of(index), least_round(index));
    }
    settle_ = std::min(kSettleMost, full / 5);
    planned_cost_ = mean_cost_of(cases);
    mean_round_ = planned_cost_ + settle_ + sum / static_cast<std::int64_t>(cases.size());
}

// A warm-up is short, and a limited volume may have begun with credit: a case that turns out to be
// much slower than it seemed, or whose rounds no longer hold, has the rest planned anew.
bool Session::needs_more_time(const CaseIndex& index) {
    const Entry& entry = entries_[index.workload];
    return entry.workload &&
           (least_round(index) > scaled(entry.round_wishes[index.case_index], kMuchSlower) ||
            shortest_round(index) > scaled(length_of(index), kTooShort));
}

// A warm-up pays for much that no round pays again: connections, first touches, clocks. What real
// rounds cost is known after the first pass; what was set aside too much goes to the others.
bool Session::first_pass_was_cheap() const {
    const std::vector<CaseIndex> cases = ordinary_cases();
    return rounds_taken_ == cases.size() &&
           planned_cost_ - mean_cost_of(cases) > scaled(mean_round_, kWorthPlanningAnew);
}

Expected<void> Session::take_rounds() {
    std::map<CaseIndex, std::size_t> seldom;
    for (const CaseIndex& index : all_cases())
        if (lasting_of(index))
            seldom[index] = rounds_of(entries_[index.workload].collectors[index.case_index]);
    Schedule schedule(all_cases(), plan_.rounds, plan_.seed, seldom);
    rounds_planned_ = schedule.planned();
    plan_rounds(schedule);
    while (!stop_.stop_requested()) {
        const auto index = schedule.next();
        if (!index)
            break;
        rounds_left_ = schedule.remaining();
        ASSAY_TRY_VOID(settle());
        if (!entries_[index->workload].workload)
            continue;
        const bool lasts = lasting_of(*index).has_value();
        if (left() < length_of(*index) + entries_[index->workload].round_costs[index->case_index]) {
            budget_ended_early_ = true;
            if (lasts)
                continue;
            break;
        }
        take_round(*index, schedule);
        if (lasts)
            lasting_left_ -= std::min(lasting_left_, length_of(*index));
        if ((needs_more_time(*index) || first_pass_was_cheap()) && schedule.remaining() > 0)
            plan_rounds(schedule);
    }
    return {};
}

// The silence between two rounds: the CPU's licence and the device's queue return to rest, and the
// guard can hear others.
Expected<void> Session::settle() {
    ASSAY_TRY(const std::chrono::nanoseconds paused,
              guard_.wait_until_calm(pace_, settle_, round_deadline_, stop_,
                                     [&](const std::string& cause) {
                                         load_ = "paused: " + cause;
                                         report(Progress::Phase::paused, nullptr, nullptr);
                                     }));
    if (paused > std::chrono::nanoseconds(0))
        load_ = "load ok";
    paused_ += paused;
    return {};
}

void Session::take_round(CaseIndex index, Schedule& schedule) {
    Entry& entry = entries_[index.workload];
    if (!entry.workload)
        return;
    Collector& collector = entry.collectors[index.case_index];
    ++rounds_taken_;
    report(Progress::Phase::measure, &entry, &collector);
    const TimePoint begin = pace_.now();
    const GateReading before = read_gates(host_.files, cpus_);
    const std::chrono::nanoseconds wanted = length_of(index);
    const auto result =
        entry.workload->measure(index.case_index, round_request(entry, index.case_index, wanted));
    const GateReading after = read_gates(host_.files, cpus_);
    const TimePoint end = pace_.now();
    std::chrono::nanoseconds& cost = entry.round_costs[index.case_index];
    const std::chrono::nanoseconds beside =
        std::max(end - begin - wanted, std::chrono::nanoseconds(0));
    const bool is_first = entry.round_counts[index.case_index] == 2;  // the warm-up counts too
    cost = is_first ? beside : std::max(cost, beside);
    if (stop_.stop_requested())
        return;
    if (!result) {
        fail(entry, result.error());
        schedule.drop(index.workload);
        return;
    }
    GateOutcome outcome = judge_round(before, after, result->cpu_use, host_.clock.drift_ppm(),
                                      host_.cgroup, GateLimits{});
    if (lasting_of(index))
        refuse_for_the_clock_alone(outcome.findings);
    std::vector<std::string> reasons = collector.add(*result, outcome.findings);
    load_ = reasons.empty() ? "load ok" : "refused: " + reasons.front();
    if (!reasons.empty())
        schedule.repeat(index);
    entry.result.rounds.push_back(
        {.case_name = collector.measured_case().name,
         .started_s = std::chrono::duration<double>(begin - start_).count(),
         .duration_s = std::chrono::duration<double>(end - begin).count(),
         .valid = reasons.empty(),
         .reasons = std::move(reasons),
         .gates = outcome.gates});
}

std::size_t Session::rounds_of(const Collector& collector) const {
    const auto& lasting = collector.measured_case().lasting;
    return lasting ? std::min(lasting->rounds, plan_.rounds) : plan_.rounds;
}

// A median of rounds that last needs more than half of them.
std::size_t Session::fewest_rounds_of(const Collector& collector) const {
    return collector.measured_case().lasting
               ? std::min(plan_.min_valid_rounds, rounds_of(collector) / 2 + 1)
               : plan_.min_valid_rounds;
}

void Session::verify_and_collect() {
    for (Entry& entry : entries_) {
        if (!entry.workload)
            continue;
        report(Progress::Phase::verify, &entry, nullptr);
        if (const auto verified = entry.workload->verify(); !verified) {
            fail(entry, verified.error());
            continue;
        }
        const std::vector<Finding> workload_findings = entry.workload->findings();
        for (const Collector& collector : entry.collectors) {
            std::vector<Measurement> measurements =
                collector.measurements(workload_findings, fewest_rounds_of(collector));
            if (measurements.empty() && collector.rounds() > 0)
                tell_of_no_number(entry, collector);
            for (Measurement& measurement : measurements) {
                if (budget_ended_early_ && measurement.samples.size() < rounds_of(collector))
                    measurement.findings.push_back(make_finding(
                        "budget_exhausted", std::to_string(measurement.samples.size()) + " of " +
                                                std::to_string(rounds_of(collector)) +
                                                " planned rounds were taken."));
                entry.result.measurements.push_back(std::move(measurement));
            }
        }
        entry.workload.reset();
    }
}

void Session::tell_of_no_number(const Entry& entry, const Collector& collector) {
    const std::string place = entry.result.id + ", " + collector.measured_case().name + ": ";
    findings_.push_back(make_finding(
        "no_number",
        place + "none of its " + std::to_string(collector.rounds()) + " rounds gave a number."));
    for (Finding finding : collector.round_findings()) {
        finding.message.insert(0, place);
        findings_.push_back(std::move(finding));
    }
}

void Session::report(Progress::Phase phase, const Entry* entry, const Collector* collector) {
    Progress progress{
        .phase = phase,
        .probe = entry != nullptr ? entry->asked->probe->id : std::string_view{},
        .case_name = collector != nullptr ? collector->measured_case().name : std::string{},
        .round = rounds_taken_,
        .rounds = std::max(rounds_planned_, rounds_taken_ + rounds_left_),
        .value = std::nullopt,
        .elapsed_s = elapsed_s(),
        .eta_s = 0,
        .load = load_};
    const double round_s = std::chrono::duration<double>(mean_round_).count();
    progress.eta_s = rounds_planned_ == 0
                         ? std::chrono::duration<double>(left()).count()
                         : round_s * static_cast<double>(rounds_left_ + 1) +
                               std::chrono::duration<double>(lasting_left_).count();
    const std::vector<double>* samples =
        collector != nullptr ? collector->first_samples() : nullptr;
    if (samples != nullptr && !samples->empty()) {
        const Summary summary = summarize(*samples);
        progress.value = {.metric = collector->first_metric()->id,
                          .median = *summary.median,
                          .unit = collector->first_metric()->unit,
                          .spread_ratio = std::nullopt};
        if (summary.n >= 3 && summary.mad && *summary.median != 0)
            progress.value->spread_ratio = *summary.mad / std::abs(*summary.median);
    }
    observer_(progress);
}

}  // namespace assay::measure
