#!/usr/bin/env bash
# storage.random_read beside fio's io_uring engine: the same RAM-backed block device, block size, depth and CPU. The
# goals: at least as many reads a second as fio with its best flags, and 1.2 times as many as fio as people type it.
# assay measures in batches (--mode peak) and records no latency then, nor is it shown.
#   ASSAY=path/to/assay scripts/peers/storage.sh
# Environment: PAIRS (6; fewer have no 95 % interval), SECONDS_EACH (2), CPU (the last one that we may use),
# RAM (loop, or zram, whose reads io_uring gives to threads of its own: both spend kernel time beside us), DEVICE (a block device to
# read instead of one over memory; it is never written).
# Exit status: 0 goals reached, 1 one missed, 69 fio or a RAM-backed device is missing.
set -euo pipefail
readonly name=storage peer_name=fio assay=${ASSAY:-${ASSAY_BIN:-}} pairs=${PAIRS:-6} seconds=${SECONDS_EACH:-2}
readonly size_mib=256
# shellcheck disable=SC2034  # read by compare
readonly unit='10^3/s' scale=1e3
device=${DEVICE:-} loop='' backing='' zram=''
# shellcheck source=scripts/peers/pairs.bash
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/pairs.bash"

give_back() {
    [[ -n $loop ]] && losetup --detach "$loop"
    [[ -n $backing ]] && rm -f "$backing"
    if [[ -n $zram ]]; then
        # The kernel lets go of a ring's files some time after the ring was closed.
        for _ in {1..200}; do
            { echo 1 >"/sys/block/zram$zram/reset"; } 2>/dev/null && break
            sleep 0.01
        done
        echo "$zram" >/sys/class/zram-control/hot_remove || true
    fi
    return 0
}
trap give_back EXIT

make_loop() {
    backing=$(mktemp /dev/shm/assay-peers-XXXXXX) || return 1
    dd if=/dev/urandom of="$backing" bs=1M count=$size_mib status=none || return 1
    loop=$(losetup --find --show "$backing") || return 1
    device=$loop
}

make_zram() {
    [[ -e /sys/class/zram-control/hot_add ]] || return 1
    zram=$(cat /sys/class/zram-control/hot_add) || return 1
    echo "${size_mib}M" >"/sys/block/zram$zram/disksize" || return 1
    device=/dev/zram$zram
    dd if=/dev/urandom of="$device" bs=1M count=$size_mib oflag=direct status=none
}

prepare_pairs
require fio fio
if [[ -z $device ]]; then
    ((EUID == 0)) || unavailable 'a RAM-backed device needs root; or name one with DEVICE='
    case ${RAM:-loop} in
        loop) make_loop || unavailable 'no loop device can be set up' ;;
        zram) make_zram || unavailable 'no zram device can be set up' ;;
        *) unavailable "RAM=$RAM is neither loop nor zram" ;;
    esac
fi
cpu=${CPU:-$(taskset -cp $$ | sed 's/.*[ ,-]//')}
readonly cpu

mode=peak flags=()
# shellcheck disable=SC2317  # called by name
ours() {
    taskset -c "$cpu" bash -c "$(declare -f run_assay); assay=$assay seconds=$seconds; run_assay storage.random_read.iops \
        storage.random_read --device $device --block 4k --depth 32 --mode $mode"
}
# shellcheck disable=SC2317
theirs() {
    taskset -c "$cpu" fio --name=peer --filename="$device" --readonly --ioengine=io_uring --direct=1 --rw=randread \
        --bs=4k --iodepth=32 --time_based --runtime="$seconds" --output-format=json "${flags[@]}" 2>/dev/null |
        python3 -c '
import json, sys
text = sys.stdin.read()
print(json.loads(text[text.index("{"):])["jobs"][0]["read"]["iops"])'
}

echo "assay: $("$assay" version 2>/dev/null | head -n 1)"
echo "fio:   $(fio --version)"
echo "kernel $(uname -r), $device, 4 KiB random reads, depth 32, CPU $cpu, $seconds s each, $pairs pairs"
readonly best=(--fixedbufs --registerfiles --norandommap --randrepeat=0)
# Extras for honesty, which decide nothing: one by one with latencies, and fio without its clock reads.
mode=latency flags=("${best[@]}")
compare 'one by one, every latency recorded, against fio with its best flags' ours theirs || true
mode=peak flags=("${best[@]}" --gtod_reduce=1 --iodepth_batch_submit=32 --iodepth_batch_complete_min=1
    --iodepth_batch_complete_max=32)
compare 'peak against fio with batches and reduced statistics' ours theirs || true
status=0
flags=()
goal=1.2 compare 'peak against fio as typed' ours theirs || status=1
flags=("${best[@]}")
compare 'peak against fio with its best flags' ours theirs || status=1
exit "$status"
