# Read by the comparisons of this folder: assay and a peer on the same CPUs, in turn A B B A, so that drift
# hits both. The caller sets $name (of the comparison), $peer_name, $assay, $pairs and $seconds.
# shellcheck disable=SC2154  # set by the caller

unavailable() { printf '%s: not compared: %s\n' "$name" "$1"; exit 69; }

# require PROGRAM PACKAGE
require() { command -v "$1" >/dev/null || unavailable "$1 is not installed; install the package $2"; }

prepare_pairs() {
    [[ -x $assay ]] || { echo "$name: set ASSAY to the program"; exit 64; }
    require python3 python3
}

# The CPU that assay pins a single thread to.
first_cpu() { taskset -cp $$ | sed 's/.*: //; s/[-,].*//'; }

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

# run_fastest METRIC ROUNDS DURATION PROBE OPTION...: the best of so many valid rounds, for peers that print their fastest
# pass. Five tries.
run_fastest() {
    local metric=$1 rounds=$2 duration=$3 attempt
    shift 3
    for attempt in 1 2 3 4 5; do
        { "$assay" probe "$@" --rounds "$rounds" --duration "$duration" --json 2>/dev/null || [[ $? == 3 ]]; } |
            python3 -c '
import json, sys
samples = [sample for probe in json.load(sys.stdin)["probes"] for measured in probe["measurements"]
           if measured["metric"] == sys.argv[1] for sample in measured["samples"]]
print(max(samples)) if samples else sys.exit(3)' "$metric" && return 0
        sleep "$attempt"
    done
    return 1
}

# Median of the ratios and its 95 % interval from order statistics. Both tools can reach the same physical
# limit, so two decimals decide: status 1 where the median is below $goal (1.00 unless set); with $tolerance
# set, where it is further than that from 1 in either direction.
summarise() {
    python3 - "$peer_name" "${goal:-1}" "${tolerance:-0}" "$@" <<'PYTHON'
import math, statistics, sys
peer, goal, tolerance = sys.argv[1], float(sys.argv[2]), float(sys.argv[3])
ratios = sorted(map(float, sys.argv[4:]))
n = len(ratios)
rank = 0  # the largest k with P(binomial(n, 1/2) < k) <= 2.5 %
while sum(math.comb(n, i) for i in range(rank + 1)) / 2**n <= 0.025:
    rank += 1
interval = f"95 % [{ratios[rank - 1]:.3f}, {ratios[n - rank]:.3f}]" if rank else "too few pairs for 95 %"
median = statistics.median(ratios)
print(f"assay/{peer} median {median:.3f}x, {interval}, {n} pairs")
good = abs(median - 1) <= tolerance if tolerance else round(median, 2) >= goal
sys.exit(0 if good else 1)
PYTHON
}

# compare LABEL OURS THEIRS: the last two are functions that print a number; the table shows it in $unit, which
# is the number divided by $scale.
compare() {
    local label=$1 ours_function=$2 theirs_function=$3 ours theirs order
    local ratios=()
    printf '\n%s\n%-6s %-12s %14s %20s %8s\n' "$label" pair first "assay ${unit:-10^9/s}" "$peer_name ${unit:-10^9/s}" ratio
    for ((pair = 1; pair <= pairs; ++pair)); do
        ours='' theirs=''
        if ((pair % 2 == 1)); then
            order=assay
            ours=$("$ours_function") && theirs=$("$theirs_function")
        else
            order=$peer_name
            theirs=$("$theirs_function") && ours=$("$ours_function")
        fi
        [[ -n $ours && -n $theirs ]] || { echo "$name: a tool gave no number"; return 1; }
        ratios+=("$(python3 -c "print($ours / $theirs)")")
        python3 -c "print('%-6d %-12s %14.3f %20.3f %8.3f' % ($pair, '$order', $ours / ${scale:-1e9}, $theirs / ${scale:-1e9}, ${ratios[-1]}))"
    done
    printf '%s: ' "$label"
    summarise "${ratios[@]}"
}
