#!/usr/bin/env bash
# network.tcp, one stream with copies on both ends, beside iperf3: over a veth pair between two network namespaces and
# over loopback. The goals: at least 1.05 times the bytes a second of the receiver, and at least as many bytes for a
# CPU second of the whole host, soft interrupts included. Needs root; the host should be quiet.
#   ASSAY=path/to/assay scripts/peers/network_tcp.sh
# Environment: PAIRS (7), SECONDS_EACH (4, its first second is ramp), CPUS ("0,1": both tools stay on these).
# Exit status: 0 goals reached, 1 one missed, 69 iperf3 or root is missing.
set -euo pipefail
readonly name=network_tcp peer_name=iperf3 pairs=${PAIRS:-7} seconds=${SECONDS_EACH:-4}
folder=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
readonly folder
# shellcheck source=scripts/peers/pairs.bash
source "$folder/pairs.bash"
# shellcheck source=scripts/peers/network.bash
source "$folder/network.bash"

require iperf3 iperf3
prepare_network
prepare_pairs
# The server serves one namespace; a second one serves the near namespace's loopback.
in_far iperf3 -s -p 5201 >"$network_work/iperf3.log" 2>&1 &
far_server=$!
in_near iperf3 -s -p 5202 >"$network_work/iperf3-near.log" 2>&1 &
# shellcheck disable=SC2034  # read by leave_network
peer_pid="$far_server $!"
wait_for_port "$far_address" 5201

# shellcheck disable=SC2317  # these are called by name
ours_veth() {
    run_assay network.tcp.bandwidth network.tcp --peer "$far_address:4840" --key "$network_work/key" --streams 1 \
        --direction up
}
# shellcheck disable=SC2317
ours_loopback() { run_assay network.tcp.bandwidth network.tcp --streams 1; }
# run_iperf3 ADDRESS PORT: prints the receiver's B/s without the first second.
# shellcheck disable=SC2317
run_iperf3() {
    in_near iperf3 -c "$1" -p "$2" -t $((seconds - 1)) -O 1 -J |
        python3 -c 'import json, sys; print(json.load(sys.stdin)["end"]["sum_received"]["bits_per_second"] / 8)'
}
# shellcheck disable=SC2317
theirs_veth() { run_iperf3 "$far_address" 5201; }
# shellcheck disable=SC2317
theirs_loopback() { run_iperf3 127.0.0.1 5202; }
# shellcheck disable=SC2317
ours_veth_cpu() { per_cpu_second veth0 ours_veth; }
# shellcheck disable=SC2317
theirs_veth_cpu() { per_cpu_second veth0 theirs_veth; }
# shellcheck disable=SC2317
ours_loopback_cpu() { per_cpu_second lo ours_loopback; }
# shellcheck disable=SC2317
theirs_loopback_cpu() { per_cpu_second lo theirs_loopback; }

echo "assay:  $("$assay" version 2>/dev/null | head -n 1)"
echo "iperf3: $(iperf3 --version | head -n 1)"
echo "kernel $(uname -r), $(sysctl -n net.ipv4.tcp_congestion_control), CPUs ${CPUS:-all}, $seconds s each, $pairs pairs"
status=0
goal=1.05
compare 'TCP, one stream, veth' ours_veth theirs_veth || status=1
compare 'TCP, one stream, loopback' ours_loopback theirs_loopback || status=1
# shellcheck disable=SC2034  # read by compare
unit='GB/CPU s' goal=1
compare 'TCP for a CPU second, veth' ours_veth_cpu theirs_veth_cpu || status=1
compare 'TCP for a CPU second, loopback' ours_loopback_cpu theirs_loopback_cpu || status=1
exit "$status"
