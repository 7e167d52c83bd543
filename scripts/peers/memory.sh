#!/usr/bin/env bash
# memory.bandwidth's copy and triad with non-temporal stores beside likwid-bench's kernels of the same width (copy_mem;
# triad_mem, which loads three arrays where STREAM's triad loads two; stream_mem, the same triad as ours), and our best
# triad beside STREAM's as Debian's hpcc has it. One thread, and all. Arrays that no cache holds (ours: each over four
# times the last-level cache; likwid: 2 GB together). The goal: at least as many B/s, counted alike: what a program
# loads and stores. STREAM prints its fastest pass of ten, of each process by itself, so the fastest of twenty rounds of
# 50 ms stands for assay beside it.
#   ASSAY=path/to/assay scripts/peers/memory.sh
# Environment: PAIRS (6; fewer have no 95 % interval), SECONDS_EACH (1), HPL_N (7100: STREAM arrays of 134 MB; each
# run of hpcc then takes a minute, since it measures more than STREAM), WITHOUT_STREAM (set: likwid alone).
# Exit status: 0 goal reached, 1 missed, 69 likwid is missing. Without hpcc its rows are left out, and it says so.
set -euo pipefail
readonly name=memory assay=${ASSAY:-${ASSAY_BIN:-}} pairs=${PAIRS:-6} seconds=${SECONDS_EACH:-1} hpl_n=${HPL_N:-7100}
# shellcheck source=scripts/peers/likwid.bash
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/likwid.bash"

prepare_peer
isa=$(widest_isa)
readonly isa
case $isa in
    avx512) suffix=avx512 ;;
    avx2 | avx) suffix=avx ;;
    *) suffix=sse ;;
esac
readonly suffix
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
work=$(mktemp -d)
readonly work
trap 'rm -rf "$work"' EXIT

threads=1 operation=copy stores=non_temporal test_name=''
# shellcheck disable=SC2317  # called by name
ours() {
    run_assay "memory.bandwidth.$operation" memory.bandwidth --operation "$operation" --stores "$stores" \
        --threads "$threads" "${on_node[@]}"
}
# shellcheck disable=SC2317
theirs() { run_likwid "$test_name" "$domain:2GB:$threads" MByte/s; }
# shellcheck disable=SC2317
our_fastest() {
    run_fastest memory.bandwidth.triad 20 50ms memory.bandwidth --operation triad --stores non_temporal \
        --threads "$threads" "${on_node[@]}"
}
# hpcc's own input is a file of fixed lines in its working folder; of its results one is read.
# shellcheck disable=SC2317
stream() {
    cat >"$work/hpccinf.txt" <<INPUT
HPLinpack benchmark input file
-
HPL.out      output file name (if any)
8            device out (6=stdout,7=stderr,file)
1            # of problems sizes (N)
$hpl_n       Ns
1            # of NBs
128          NBs
0            PMAP process mapping (0=Row-,1=Column-major)
1            # of process grids (P x Q)
1            Ps
$threads     Qs
16.0         threshold
1            # of panel fact
2            PFACTs (0=left, 1=Crout, 2=Right)
1            # of recursive stopping criterium
4            NBMINs (>= 1)
1            # of panels in recursion
2            NDIVs
1            # of recursive panel fact.
1            RFACTs (0=left, 1=Crout, 2=Right)
1            # of broadcast
1            BCASTs (0=1rg,1=1rM,2=2rg,3=2rM,4=Lng,5=LnM)
1            # of lookahead depth
1            DEPTHs (>=0)
2            SWAP (0=bin-exch,1=long,2=mix)
64           swapping threshold
0            L1 in (0=transposed,1=no-transposed) form
0            U  in (0=transposed,1=no-transposed) form
1            Equilibration (0=no,1=yes)
8            memory alignment in double (> 0)
INPUT
    (
        cd "$work"
        rm -f hpccoutf.txt
        OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 \
            mpirun --oversubscribe --bind-to core -np "$threads" hpcc >/dev/null 2>&1 || true
        # Of each process while all run, in 10^9 B/s.
        awk -F= -v n="$threads" '$1 == "StarSTREAM_Triad" { printf "%.0f\n", $2 * 1e9 * n }' hpccoutf.txt
    )
}

print_versions
status=0
counts=(1)
((node_cpus > 1)) && counts=("$node_cpus" 1)
for threads in "${counts[@]}"; do
    for row in 'copy copy_mem' 'triad triad_mem' 'triad stream_mem'; do
        read -r operation test_name <<<"$row"
        test_name+=_$suffix
        compare "memory.bandwidth.$operation (non-temporal) against $test_name, $threads thread(s)" ours theirs || status=1
    done
done
if [[ -n ${WITHOUT_STREAM:-} ]]; then
    echo "$name: STREAM left out on request"
elif ! command -v hpcc >/dev/null || ! command -v mpirun >/dev/null; then
    echo "$name: STREAM not compared: hpcc is not installed; install the package hpcc"
else
    peer_name=hpcc
    for threads in "${counts[@]}"; do
        compare "memory.bandwidth.triad against hpcc's StarSTREAM_Triad, $threads thread(s)" our_fastest stream || status=1
    done
fi
exit "$status"
