#!/usr/bin/env bash
# memory.bandwidth beside likwid-bench's load kernel of the same width, with one thread and with all, on arrays that
# no cache holds (ours: over four times the last-level cache; likwid: 2 GB). The goal: at least as many B/s.
#   ASSAY=path/to/assay scripts/peers/bandwidth.sh
# Environment: PAIRS (6; fewer have no 95 % interval), SECONDS_EACH (1).
# Exit status: 0 goal reached, 1 missed, 69 likwid is missing.
set -euo pipefail
readonly name=bandwidth assay=${ASSAY:-${ASSAY_BIN:-}} pairs=${PAIRS:-6} seconds=${SECONDS_EACH:-1}
# shellcheck source=scripts/peers/likwid.bash
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/likwid.bash"

prepare_peer
isa=$(widest_isa)
readonly isa
case $isa in
    avx512) peer=load_avx512 ;;
    avx2 | avx) peer=load_avx ;;
    *) peer=load_sse ;;
esac
readonly peer
# One NUMA node is compared: ours names its CPUs, likwid's domain M0 is the same node.
node=$(cut -d- -f1 /sys/devices/system/node/online 2>/dev/null | cut -d, -f1 || true)
node_cpus=$(nproc)
domain=N
if [[ -n $node && -r /sys/devices/system/node/node1/cpulist ]]; then
    domain=M$node
    node_cpus=$(taskset -c "$(cat "/sys/devices/system/node/node$node/cpulist")" nproc)
fi
on_node=()
[[ -n $node ]] && on_node=(--node "$node")

threads=1
# shellcheck disable=SC2317  # called by name
ours() { run_assay memory.bandwidth.read memory.bandwidth --threads "$threads" "${on_node[@]}"; }
# shellcheck disable=SC2317
theirs() { run_likwid "$peer" "$domain:2GB:$threads" MByte/s; }

print_versions
status=0
if ((node_cpus > 1)); then
    threads=$node_cpus
    compare "memory.bandwidth.read against $peer, $threads threads" ours theirs || status=1
    threads=1
fi
compare "memory.bandwidth.read against $peer, 1 thread" ours theirs || status=1
exit "$status"
