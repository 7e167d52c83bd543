#!/usr/bin/env bash
# Round trips of network.rtt beside those of sockperf (UDP, ping-pong) and fping (ICMP), over a veth pair between two
# network namespaces of this host. The goal: p50 within 5 % of each.
#   ASSAY=path/to/assay scripts/peers/network_rtt.sh          (as root)
# sockperf sends the next datagram as soon as the last one was answered, so our closed loop is what compares with it;
# our service time counts from the send, as both peers do. fping sends at a set rate, as we do, and both take the
# kernel's receive stamp.
# Environment: PAIRS (7), SECONDS_EACH (3).
# Exit status: 0 goals reached, 1 one missed, 69 a peer or the right to make namespaces is missing.
set -euo pipefail
readonly name=network_rtt assay=${ASSAY:-${ASSAY_BIN:-}} pairs=${PAIRS:-7} seconds=${SECONDS_EACH:-3}
peer_name=sockperf
# shellcheck disable=SC2034  # read by compare
readonly unit='us' scale=1e3 tolerance=0.05
# shellcheck source=scripts/peers/pairs.bash
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/pairs.bash"

prepare_pairs
require sockperf sockperf
require fping fping
require ip iproute2
readonly near="assay-near-$$" far="assay-far-$$" far_address=10.255.0.2 port=4840 sockperf_port=4841
work=$(mktemp -d)
readonly work
servers=()
# shellcheck disable=SC2317  # called by the trap
clean_up() {
    ((${#servers[@]} == 0)) || kill "${servers[@]}" 2>/dev/null || true
    ip netns delete "$near" 2>/dev/null || true
    ip netns delete "$far" 2>/dev/null || true
    rm -rf "$work"
}
trap clean_up EXIT
ip netns add "$near" 2>/dev/null || unavailable 'network namespaces cannot be made here; run as root'
ip netns add "$far"
ip -n "$near" link add veth0 type veth peer name veth0 netns "$far"
ip -n "$near" address add 10.255.0.1/24 dev veth0
ip -n "$far" address add "$far_address/24" dev veth0
for namespace in "$near" "$far"; do
    ip -n "$namespace" link set lo up
    ip -n "$namespace" link set veth0 up
done

# Each end on a CPU of its own, both tools alike: where the scheduler puts them changes a round trip by a third.
last_cpu=$(($(nproc) - 1))
in_near() { taskset -c 0 ip netns exec "$near" "$@"; }
in_far() { taskset -c "$last_cpu" ip netns exec "$far" "$@"; }

(umask 077 && "$assay" keygen -o "$work/key" >/dev/null)
in_far "$assay" agent --listen "$far_address:$port" --key "$work/key" >/dev/null 2>"$work/agent" &
servers+=($!)
in_far sockperf server -i "$far_address" -p "$sockperf_port" >/dev/null 2>&1 &
servers+=($!)
sleep 1

# ours_of METRIC ARGUMENT...: the median over all echoes of one round, in ns; a round that a gate refused is taken again,
# four times at most.
# shellcheck disable=SC2317  # called by name
ours_of() {
    local metric=$1 attempt
    shift
    for attempt in 1 2 3 4 5; do
        { in_near "$assay" probe network.rtt --peer "$far_address:$port" --key "$work/key" "$@" \
            --rounds 1 --duration "${seconds}s" --json 2>"$work/error" || [[ $? == 3 ]]; } | python3 -c '
import json, sys
for probe in json.load(sys.stdin)["probes"]:
    for measured in probe["measurements"]:
        if measured["metric"] == sys.argv[1] and measured["percentiles"]:
            print(measured["percentiles"]["p50"])
            sys.exit(0)
sys.exit(3)' "$metric" && return 0
        sleep 0.2
    done
    echo "attempt $attempt gave no number" >>"$work/error"
    return 1
}
# shellcheck disable=SC2317
ours_udp() { ours_of network.rtt.udp.service --protocol udp --loop closed --payload 64; }
# shellcheck disable=SC2317
ours_icmp() { ours_of network.rtt.icmp.service --protocol icmp --rate 100 --payload 56; }
# shellcheck disable=SC2317
sockperf_udp() {
    in_near sockperf ping-pong -i "$far_address" -p "$sockperf_port" --full-rtt -m 64 -t "$seconds" 2>&1 |
        python3 -c '
import re, sys
found = re.search(r"percentile 50\.0+ *= *([0-9.]+)", sys.stdin.read())
print(float(found.group(1)) * 1e3) if found else sys.exit(3)'
}
# shellcheck disable=SC2317
fping_icmp() {
    in_near fping -c $((seconds * 100)) -p 10 -b 56 "$far_address" 2>&1 | python3 -c '
import re, statistics, sys
times = [float(found) for found in re.findall(r"bytes, ([0-9.]+) ms", sys.stdin.read())]
print(statistics.median(times) * 1e6) if times else sys.exit(3)'
}

echo "assay:    $("$assay" version 2>/dev/null | head -n 1)"
echo "sockperf: $(sockperf --version 2>&1 | head -n 1)"
echo "fping:    $(fping --version | head -n 1)"
echo "kernel $(uname -r), veth between two namespaces, $seconds s each, $pairs pairs"
sockperf_udp >/dev/null || unavailable 'sockperf cannot measure here'
fping_icmp >/dev/null || unavailable 'fping cannot measure here'
status=0
compare 'UDP ping-pong of 64 B, p50' ours_udp sockperf_udp || status=1
peer_name=fping
compare 'ICMP echo of 56 B at 100/s, p50' ours_icmp fping_icmp || status=1
exit "$status"
