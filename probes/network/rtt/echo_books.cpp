#include "probes/network/rtt/echo_books.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "engine/core/units.h"
#include "probes/network/path/number_text.h"

namespace assay::network::rtt {
namespace {

/// A request that leaves later than this has distorted its own response time: one interval, but a
/// millisecond at most (what a low rate would allow), and not below what a sleeping thread needs to
/// wake up in a virtual machine (100 us).
std::int64_t late_from(std::int64_t interval_ns) {
    constexpr std::int64_t kWakeUp = 100 * kNanosecondsPerMicrosecond;
    return std::max(kWakeUp, std::min(interval_ns, kNanosecondsPerMillisecond));
}

std::uint64_t not_negative(std::int64_t ns) {
    // A receive stamp is taken in another place of the kernel than our send stamp; on one CPU's
    // clock it can still not be earlier, so this guards against a broken clock only.
    return static_cast<std::uint64_t>(std::max<std::int64_t>(ns, 0));
}

}  // namespace

EchoBooks::EchoBooks(std::size_t requests, std::int64_t interval_ns)
    : entries_(requests), interval_ns_(interval_ns) {}

void EchoBooks::sent(std::uint64_t sequence, std::int64_t due_ns, std::int64_t sent_ns) {
    entries_.at(sequence) = {
        .due_ns = due_ns, .sent_ns = sent_ns, .received_ns = 0, .is_sent = true};
    ++open_;
}

void EchoBooks::answered(std::uint64_t sequence, std::int64_t received_ns) {
    if (sequence >= entries_.size() || !entries_[sequence].is_sent) {
        ++strangers_;
    } else if (entries_[sequence].received_ns != 0) {
        ++duplicates_;
    } else {
        entries_[sequence].received_ns = received_ns;
        --open_;
    }
}

EchoOutcome EchoBooks::outcome() const {
    EchoOutcome outcome;
    outcome.late_from_ns = late_from(interval_ns_);
    outcome.duplicates = duplicates_;
    outcome.strangers = strangers_;
    std::optional<std::int64_t> previous;
    double jitter = 0;
    for (const Entry& entry : entries_) {
        if (!entry.is_sent)
            continue;
        ++outcome.sent;
        const std::int64_t lateness = entry.sent_ns - entry.due_ns;
        outcome.lateness.record(not_negative(lateness));
        if (lateness > outcome.late_from_ns)
            ++outcome.late_sends;
        if (entry.received_ns == 0)
            continue;
        ++outcome.answered;
        const std::int64_t service = entry.received_ns - entry.sent_ns;
        outcome.response.record(not_negative(entry.received_ns - entry.due_ns));
        outcome.service.record(not_negative(service));
        if (previous) {
            constexpr double kGain = 16;  // RFC 3550
            jitter += (std::abs(static_cast<double>(service - *previous)) - jitter) / kGain;
            outcome.jitter_ns = jitter;
        }
        previous = service;
    }
    return outcome;
}

std::vector<Finding> echo_findings(const EchoOutcome& outcome) {
    constexpr double kMostLate = 0.001;
    std::vector<Finding> findings;
    if (outcome.late_sends >= 2 &&
        static_cast<double>(outcome.late_sends) > kMostLate * static_cast<double>(outcome.sent))
        findings.push_back(make_finding(
            "late_sends",
            std::to_string(outcome.late_sends) + " of " + std::to_string(outcome.sent) +
                " requests left over " +
                path::milliseconds_text(static_cast<double>(outcome.late_from_ns)) +
                " after they were due, the latest " +
                path::milliseconds_text(static_cast<double>(outcome.lateness.max().value_or(0))) +
                "."));
    if (outcome.lost() > 0)
        findings.push_back(make_finding("echoes_lost", std::to_string(outcome.lost()) + " of " +
                                                           std::to_string(outcome.sent) +
                                                           " requests were not answered."));
    return findings;
}

}  // namespace assay::network::rtt
