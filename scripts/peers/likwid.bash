# Read by flops.sh, bandwidth.sh and memory.sh: likwid-bench as the peer of pairs.bash. The caller sets what pairs.bash
# wants, but for $peer_name.
# shellcheck disable=SC2154  # set by the caller
peer_name=likwid-bench
# shellcheck source=scripts/peers/pairs.bash
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/pairs.bash"

prepare_peer() {
    prepare_pairs
    require likwid-bench likwid
}

# The widest tier that this processor has, by the kernel's flags.
widest_isa() {
    local flags
    flags=" $(grep -m1 '^flags' /proc/cpuinfo || true) "
    case $flags in
        *' avx512f '*) echo avx512 ;;
        *' avx2 '*) echo avx2 ;;
        *' avx '*) echo avx ;;
        *) echo sse2 ;;
    esac
}

# run_likwid TEST WORKGROUP UNIT: prints FLOP/s or B/s.
run_likwid() {
    likwid-bench -t "$1" -W "$2" -s "$seconds" 2>/dev/null |
        awk -v unit="$3:" '$1 == unit { printf "%.0f\n", $2 * 1e6 }'
}

print_versions() {
    echo "assay:  $("$assay" version 2>/dev/null | head -n 1)"
    echo "likwid: $(likwid-bench -v 2>/dev/null | head -n 1)"
    echo "kernel $(uname -r), $isa, $seconds s each, $pairs pairs"
}
