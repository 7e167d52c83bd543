# Read by flops.sh and bandwidth.sh: assay and likwid-bench on the same CPUs, in turn A B B A, so that drift
# hits both. The caller sets $name and $assay.

unavailable() { printf '%s: not compared: %s\n' "$name" "$1"; exit 69; }

prepare_peer() {
    [[ -x $assay ]] || { echo "$name: set ASSAY to the program"; exit 64; }
    command -v likwid-bench >/dev/null ||
        unavailable 'likwid-bench is not installed; install the package likwid'
    command -v python3 >/dev/null || unavailable 'python3 is not installed'
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

# run_assay METRIC ARGUMENT...: prints the round's number. A round that a gate refused is measured again;
# after five the last one counts, since the pairs even out what hits both.
run_assay() {
    local metric=$1 attempt
    shift
    for attempt in 1 2 3 4 5; do
        # Status 3 says that a gate refused the round; the number is in the document all the same.
        { "$assay" probe "$@" --rounds 1 --duration "${seconds}s" --json 2>/dev/null || [[ $? == 3 ]]; } |
            python3 -c '
import json, sys
metric, attempt = sys.argv[1], int(sys.argv[2])
for probe in json.load(sys.stdin)["probes"]:
    for measured in probe["measurements"]:
        if measured["metric"] == metric:
            numbers = list(measured["samples"])
            if not numbers and attempt == 5:
                numbers = [sample["value"] for sample in measured.get("invalid_samples", [])]
            if numbers:
                print(numbers[0])
                sys.exit(0)
sys.exit(3)' "$metric" "$attempt" && return 0
    done
    return 1
}

# run_likwid TEST WORKGROUP UNIT: prints FLOP/s or B/s.
run_likwid() {
    likwid-bench -t "$1" -W "$2" -s "$seconds" 2>/dev/null |
        awk -v unit="$3:" '$1 == unit { printf "%.0f\n", $2 * 1e6 }'
}

# Median of the ratios and its 95 % interval from order statistics. Both tools can reach the same physical
# limit, so two decimals decide: status 1 where the median is below 1.00.
summarise() {
    python3 - "$@" <<'PYTHON'
import math, statistics, sys
ratios = sorted(map(float, sys.argv[1:]))
n = len(ratios)
rank = 0  # the largest k with P(binomial(n, 1/2) < k) <= 2.5 %
while sum(math.comb(n, i) for i in range(rank + 1)) / 2**n <= 0.025:
    rank += 1
interval = f"95 % [{ratios[rank - 1]:.3f}, {ratios[n - rank]:.3f}]" if rank else "too few pairs for 95 %"
median = statistics.median(ratios)
print(f"assay/likwid-bench median {median:.3f}x, {interval}, {n} pairs")
sys.exit(0 if round(median, 2) >= 1 else 1)
PYTHON
}

# compare LABEL OURS THEIRS: the last two are functions that print a number.
compare() {
    local label=$1 ours_function=$2 theirs_function=$3 ours theirs order
    local ratios=()
    printf '\n%s\n%-6s %-7s %14s %14s %8s\n' "$label" pair first 'assay 10^9/s' 'likwid 10^9/s' ratio
    for ((pair = 1; pair <= pairs; ++pair)); do
        if ((pair % 2 == 1)); then
            order=assay
            ours=$("$ours_function") && theirs=$("$theirs_function")
        else
            order=likwid
            theirs=$("$theirs_function") && ours=$("$ours_function")
        fi
        [[ -n $ours && -n $theirs ]] || { echo "$name: a tool gave no number"; return 1; }
        ratios+=("$(python3 -c "print($ours / $theirs)")")
        python3 -c "print('%-6d %-7s %14.3f %14.3f %8.3f' % ($pair, '$order', $ours / 1e9, $theirs / 1e9, ${ratios[-1]}))"
    done
    printf '%s: ' "$label"
    summarise "${ratios[@]}"
}

print_versions() {
    echo "assay:  $("$assay" version 2>/dev/null | head -n 1)"
    echo "likwid: $(likwid-bench -v 2>/dev/null | head -n 1)"
    echo "kernel $(uname -r), $isa, $seconds s each, $pairs pairs"
}
