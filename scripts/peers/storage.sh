#!/usr/bin/env bash
# storage.random_read beside fio's io_uring engine: the same RAM-backed block device, block size, depth and
# CPU, in turn A B B A, so that drift hits both. The goal: at least as many reads a second as fio, with the
# latency of every single read recorded.
#   ASSAY=path/to/assay scripts/peers/storage.sh
# Environment: PAIRS (6; fewer have no 95 % interval), SECONDS_EACH (2), CPU (the last one that we may use),
# DEVICE (a block device to read instead of a loop device over memory; it is never written).
# Exit status: 0 goal reached, 1 missed, 69 fio or a RAM-backed device is missing.
set -euo pipefail
readonly assay=${ASSAY:-${ASSAY_BIN:-}}
readonly pairs=${PAIRS:-6} seconds=${SECONDS_EACH:-2} size_mib=256
device=${DEVICE:-} zram='' loop='' backing=''

unavailable() { printf 'storage: not compared: %s\n' "$1"; exit 69; }

give_back() {
    [[ -n $loop ]] && losetup --detach "$loop"
    [[ -n $backing ]] && rm -f "$backing"
    if [[ -n $zram ]]; then
        # The device node's watchers may hold it for a moment after the last reader.
        for _ in $(seq 50); do
            { echo 1 >"/sys/block/zram$zram/reset"; } 2>/dev/null && break
            sleep 0.1
        done
        echo "$zram" >/sys/class/zram-control/hot_remove
    fi
    return 0
}
trap give_back EXIT

# io_uring hands reads of zram to threads of its own, which is what old and stacked devices see. It is filled
# with what does not compress: pages that were never written would be answered as zeros.
make_zram() {
    [[ -r /sys/class/zram-control/hot_add ]] || modprobe zram 2>/dev/null || true
    [[ -r /sys/class/zram-control/hot_add ]] || return 1
    zram=$(cat /sys/class/zram-control/hot_add) || return 1
    echo "${size_mib}M" >"/sys/block/zram$zram/disksize" || return 1
    for _ in $(seq 50); do
        [[ -b /dev/zram$zram ]] && break
        sleep 0.1
    done
    [[ -b /dev/zram$zram ]] || return 1
    dd if=/dev/urandom of="/dev/zram$zram" bs=1M count=$size_mib oflag=direct status=none || return 1
}

make_loop() {
    backing=$(mktemp /dev/shm/assay-peers-XXXXXX) || return 1
    dd if=/dev/urandom of="$backing" bs=1M count=$size_mib status=none || return 1
    loop=$(losetup --find --show "$backing") || return 1
    device=$loop
}

[[ -x $assay ]] || { echo 'storage: set ASSAY to the program'; exit 64; }
command -v fio >/dev/null || unavailable 'fio is not installed'
command -v python3 >/dev/null || unavailable 'python3 is not installed'
if [[ -z $device ]]; then
    ((EUID == 0)) || unavailable 'a RAM-backed device needs root; or name one with DEVICE='
    make_loop || unavailable 'no loop device can be set up'
fi
cpu=${CPU:-$(taskset -cp $$ | sed 's/.*[ ,-]//')}

# Prints reads a second.
run_assay() {
    taskset -c "$cpu" "$assay" probe storage.random_read --device "$device" --block 4k --depth 32 \
        --rounds 1 --duration "${seconds}s" --json 2>/dev/null | python3 -c '
import json, sys
for probe in json.load(sys.stdin)["probes"]:
    for measured in probe["measurements"]:
        if measured["metric"] == "storage.random_read.iops":
            numbers = measured["samples"] or [s["value"] for s in measured.get("invalid_samples", [])]
            print(numbers[0])'
}

# Further arguments are added to the job.
run_fio() {
    taskset -c "$cpu" fio --name=peer --filename="$device" --readonly --ioengine=io_uring --direct=1 \
        --rw=randread --bs=4k --iodepth=32 --fixedbufs --registerfiles --time_based --runtime="$seconds" \
        --randrepeat=0 --norandommap --output-format=json "$@" 2>/dev/null | python3 -c '
import json, sys
text = sys.stdin.read()
print(json.loads(text[text.index("{"):])["jobs"][0]["read"]["iops"])'
}

# compare NAME [fio argument...]: one table; the last line of the program comes from summarise.
compare() {
    local name=$1 ours theirs
    shift
    printf '\n%s (%s)\n%-6s %-7s %14s %14s %8s\n' "$name" "$device" pair order 'assay op/s' 'fio op/s' ratio
    ratios=()
    for ((pair = 1; pair <= pairs; ++pair)); do
        local order='assay'
        if ((pair % 2 == 1)); then
            ours=$(run_assay); theirs=$(run_fio "$@")
        else
            order='fio'
            theirs=$(run_fio "$@"); ours=$(run_assay)
        fi
        ratios+=("$(python3 -c "print($ours / $theirs)")")
        printf '%-6s %-7s %14.0f %14.0f %8.3f\n' "$pair" "$order" "$ours" "$theirs" "${ratios[-1]}"
    done
    printf '%s: ' "$name"
    summarise "${ratios[@]}"
}

# Median and its 95 % interval from order statistics; status 1 where the median is below 1.
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
print(f"assay/fio median {median:.3f}x, {interval}, {n} pairs")
sys.exit(0 if median >= 1 else 1)
PYTHON
}

echo "assay: $("$assay" version 2>/dev/null | head -n 1)"
echo "fio:   $(fio --version)"
echo "kernel $(uname -r), $device, 4 KiB random reads, depth 32, CPU $cpu, $seconds s each"
run_assay >/dev/null || { echo "storage: the program does not run: $assay"; exit 1; }
run_fio >/dev/null || unavailable 'fio cannot read the device'
# Extras for honesty, which decide nothing: another kind of device, fio without its clock reads, and with
# whole batches as well.
if [[ -n $loop ]] && make_zram; then
    device=/dev/zram$zram
    compare 'zram' || true
    device=$loop
fi
compare 'fio with reduced statistics' --gtod_reduce=1 || true
compare 'fio with reduced statistics and batches' --gtod_reduce=1 --iodepth_batch_submit=32 \
    --iodepth_batch_complete_min=1 --iodepth_batch_complete_max=32 || true
status=0
compare 'storage.random_read.iops' || status=1
exit "$status"
