#!/usr/bin/env bash
# cpu.flops (double precision, one thread, the widest instruction set) beside likwid-bench's peakflops kernel of
# the same width, on the same CPU (both take the first one). The goal: at least as many FLOP/s.
#   ASSAY=path/to/assay scripts/peers/flops.sh
# Environment: PAIRS (6; fewer have no 95 % interval), SECONDS_EACH (1).
# Exit status: 0 goal reached, 1 missed, 69 likwid is missing.
set -euo pipefail
readonly name=flops assay=${ASSAY:-${ASSAY_BIN:-}} pairs=${PAIRS:-6} seconds=${SECONDS_EACH:-1}
# shellcheck source=scripts/peers/likwid.bash
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/likwid.bash"

prepare_peer
isa=$(widest_isa)
readonly isa
case $isa in
    avx512) peer=peakflops_avx512_fma ;;
    avx2) peer=peakflops_avx_fma ;;
    avx) peer=peakflops_avx ;;
    *) peer=peakflops_sse ;;
esac
readonly peer

# shellcheck disable=SC2317  # called by name
ours() { run_assay cpu.flops.double cpu.flops --isa "$isa" --threads 1; }
# 32 kB stay in the first-level cache.
# shellcheck disable=SC2317
theirs() { run_likwid "$peer" N:32kB:1 MFlops/s; }

print_versions
compare "cpu.flops.double against $peer, 1 thread" ours theirs
