#include "probes/network/udp/judgement.h"

#include <array>
#include <cstdio>
#include <string>

#include "engine/core/units.h"
#include "probes/network/udp/metrics.h"

namespace assay::network::udp {
namespace {

/// Below this share of the rate that was asked for, the number belongs to another rate.
constexpr double kKept = 0.99;

std::string text(std::uint64_t number) {
    return std::to_string(number);
}

std::string number_text(double number) {
    std::array<char, 32> buffer{};
    std::snprintf(buffer.data(), buffer.size(), "%.2f", number);
    return buffer.data();
}

void add_ratio(std::vector<RoundValue>& values, const Metric& metric, std::uint64_t part,
               std::uint64_t whole) {
    if (whole != 0)
        values.push_back({&metric, static_cast<double>(part) / static_cast<double>(whole)});
}

/// Where datagrams were dropped by a host. `when` begins the sentence.
void add_drops(std::vector<Finding>& findings, const Account& account, const std::string& when) {
    if (account.sender_host != 0)
        findings.push_back(
            make_finding("udp_sender_drops", when + "the sending host's own queue dropped " +
                                                 text(account.sender_host) + " of " +
                                                 text(account.offered) + " datagrams."));
    if (account.receiver_socket + account.receiver_host != 0)
        findings.push_back(
            make_finding("udp_receiver_drops",
                         when + "the receiving socket dropped " + text(account.receiver_socket) +
                             " datagrams for want of room, its host's interface or backlog " +
                             text(account.receiver_host) + ", of " + text(account.offered) + "."));
}

/// What passed, for how long: so that a limit of the receiving host stands beside its number.
std::string passed_text(const LosslessRate& rate) {
    if (!rate.bytes_per_s || !rate.confirmed)
        return "No rate passed. ";
    return number_text(*rate.bytes_per_s / 1e6) + " MB/s passed without loss for " +
           number_text(to_seconds(static_cast<std::int64_t>(rate.confirmed->sender.elapsed_ns))) +
           " s" + (rate.receiver_bound ? ", and the receiving host is what limits it. " : ". ");
}

void add_drops_above(std::vector<Finding>& findings, const LosslessRate& rate) {
    const Trial& lossy = *rate.lossy;
    const std::string when = passed_text(rate) + "Above it ";
    add_drops(findings, lossy.account, when);
    if (!lossy.account.told_apart && lossy.receiver.socket_drops.value_or(0) != 0)
        findings.push_back(
            make_finding("udp_receiver_drops", when + "the receiving socket had no room for " +
                                                   text(*lossy.receiver.socket_drops) +
                                                   " buffers of coalesced datagrams."));
}

void add_content(std::vector<Finding>& findings, const ReceiverReport& receiver) {
    if (receiver.wrong_fillers != 0)
        findings.push_back(make_finding("udp_bytes_changed", text(receiver.wrong_fillers) + " of " +
                                                                 text(receiver.checked_fillers) +
                                                                 " compared differ."));
    if (receiver.foreign != 0)
        findings.push_back(make_finding(
            "udp_foreign", text(receiver.foreign) + " datagrams had a wrong tag or length."));
}

}  // namespace

std::vector<RoundValue> values_of(const Trial& trial) {
    std::vector<RoundValue> values;
    const ReceiverReport& receiver = trial.receiver;
    add_ratio(values, kLoss, trial.account.network, trial.sender.sent);
    add_ratio(values, kReordered, receiver.reordered, receiver.delivered);
    add_ratio(values, kDuplicated, receiver.duplicates, receiver.delivered);
    add_ratio(values, kLate, receiver.late, receiver.delivered);
    if (receiver.jitter_ns)
        values.push_back({&kJitter, *receiver.jitter_ns});
    return values;
}

path::LimitEvidence evidence_of(const Trial& trial, std::size_t payload_bytes, double asked_per_s) {
    const Account& account = trial.account;
    path::LimitEvidence evidence;
    evidence.sent = account.offered;
    evidence.sender_dropped = account.sender_host;
    if (account.told_apart) {
        evidence.receiver_socket_dropped = account.receiver_socket + account.receiver_host;
        evidence.network_lost = account.network;
    }
    if (trial.sender.elapsed_ns != 0)
        evidence.receiver_cpu_share = static_cast<double>(trial.receiver.cpu_ns) /
                                      static_cast<double>(trial.sender.elapsed_ns);
    if (asked_per_s > 0)
        evidence.wished_bytes_per_s = asked_per_s * static_cast<double>(payload_bytes);
    if (const auto delivered_per_s = trial.delivered_per_s())
        evidence.rates_bytes_per_s = {*delivered_per_s * static_cast<double>(payload_bytes)};
    return evidence;
}

std::vector<Finding> findings_of(const Trial& trial, std::size_t payload_bytes,
                                 double asked_per_s) {
    std::vector<Finding> findings;
    if (trial.account.broken)
        findings.push_back(make_finding("udp_books_differ", *trial.account.broken + "."));
    if (!trial.account.told_apart)
        findings.push_back(make_finding("udp_not_told_apart",
                                        text(trial.account.network) + " datagrams are missing."));
    add_drops(findings, trial.account, "At the rate that was asked for ");
    add_content(findings, trial.receiver);
    const auto sent_per_s = trial.sent_per_s();
    if (asked_per_s > 0 && sent_per_s && *sent_per_s < kKept * asked_per_s)
        findings.push_back(make_finding(
            "udp_sender_bound", "It sent " + text(static_cast<std::uint64_t>(*sent_per_s)) +
                                    " of the " + text(static_cast<std::uint64_t>(asked_per_s)) +
                                    " datagrams a second that were asked for."));
    // A path that is blocked altogether is told elsewhere; a trial without a loss needs no reason.
    if (trial.account.lost() != 0 && !trial.account.broken)
        for (Finding& limit : path::limit_findings(
                 path::judge_limit(evidence_of(trial, payload_bytes, asked_per_s))))
            findings.push_back(std::move(limit));
    return findings;
}

std::vector<Finding> findings_of(const LosslessRate& rate) {
    std::vector<Finding> findings;
    if (rate.broken)
        findings.push_back(make_finding("udp_books_differ", *rate.broken + "."));
    if (!rate.bytes_per_s)
        findings.push_back(make_finding(
            "udp_no_lossless_rate", "All full trials of " + std::to_string(rate.trials) +
                                        " had a loss, the last ones at rates that fell quickly."));
    if (rate.lossy)
        add_drops_above(findings, rate);
    if (rate.confirmed)
        add_content(findings, rate.confirmed->receiver);
    if (rate.sender_bound)
        findings.push_back(make_finding("udp_sender_bound",
                                        "Nothing was lost at the highest rate that it reached."));
    return findings;
}

}  // namespace assay::network::udp
