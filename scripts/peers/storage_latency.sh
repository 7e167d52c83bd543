#!/usr/bin/env bash
# Latencies of storage.random_read and storage.fsync beside fio's, on a file of the same disk. fio's `lat` counts from
# the start of an operation to its completion, as ours does (its `clat` leaves the submission out). The goals: p50
# within 2 %, p99 within 5 %, p99 of fdatasync within 5 %.
#   ASSAY=path/to/assay scripts/peers/storage_latency.sh
# Environment: PAIRS (6; fewer have no 95 % interval), SECONDS_EACH (3), FOLDER (on the disk; the working folder).
# Exit status: 0 goals reached, 1 one missed, 69 fio is missing.
set -euo pipefail
readonly name=storage_latency peer_name=fio assay=${ASSAY:-${ASSAY_BIN:-}} pairs=${PAIRS:-6} seconds=${SECONDS_EACH:-3}
# shellcheck disable=SC2034  # read by compare
readonly unit='us' scale=1e3
# shellcheck source=scripts/peers/pairs.bash
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/pairs.bash"
folder=$(mktemp -d "${FOLDER:-.}/assay-peers-XXXXXX")
readonly folder
trap 'rm -rf "$folder"' EXIT

prepare_pairs
require fio fio
cpu=$(first_cpu)
readonly cpu

depth=1 percentile=p50 fio_percentile=50.000000
# The percentile over all operations. Rounds of half a second, as many as fill the time: on a shared host nearly every
# round of seconds meets a moment of steal, and is refused whole.
# shellcheck disable=SC2317  # called by name
assay_percentile() {
    local try
    for try in 1 2 3 4 5; do
        measured_percentile "$@" && return
        sleep "$try"
    done
    return 3
}
# shellcheck disable=SC2317
measured_percentile() {
    local metric=$1
    shift
    { "$assay" probe "$@" --rounds $((2 * seconds)) --duration 500ms --json 2>/dev/null || [[ $? == 3 ]]; } | python3 -c '
import json, sys
for probe in json.load(sys.stdin)["probes"]:
    for measured in probe["measurements"]:
        if measured["metric"] == sys.argv[1] and measured["percentiles"]:
            print(measured["percentiles"][sys.argv[2]])
            sys.exit(0)
sys.exit(3)' "$metric" "$percentile"
}
# shellcheck disable=SC2317
ours() { assay_percentile storage.random_read.latency storage.random_read --path "$folder" --size 1g --depth "$depth"; }
# shellcheck disable=SC2317
our_sync() { assay_percentile storage.fsync.latency storage.fsync --path "$folder" --method fdatasync --block 2300; }
# shellcheck disable=SC2317
theirs() {
    taskset -c "$cpu" fio --name=peer --filename="$folder/fio" --size=1g --ioengine=io_uring --direct=1 --rw=randread \
        --bs=4k --iodepth="$depth" --fixedbufs --registerfiles --norandommap --randrepeat=0 --time_based \
        --runtime="$seconds" --lat_percentiles=1 --clat_percentiles=0 --output-format=json 2>/dev/null |
        fio_number 'job["read"]["lat_ns"]["percentile"][sys.argv[1]]'
}
# A file of written blocks, overwritten from the start, by a thread that the kernel places: what ours is as well.
# shellcheck disable=SC2317
their_sync() {
    fio --name=peer --filename="$folder/fio-sync" --size=64m --ioengine=sync --rw=write --bs=2300 \
        --fdatasync=1 --overwrite=1 --time_based --runtime="$seconds" --output-format=json 2>/dev/null |
        fio_number 'job["sync"]["lat_ns"]["percentile"][sys.argv[1]]'
}
# shellcheck disable=SC2317
fio_number() {
    python3 -c "
import json, sys
text = sys.stdin.read()
job = json.loads(text[text.index('{'):])['jobs'][0]
print($1)" "$fio_percentile"
}

echo "assay: $("$assay" version 2>/dev/null | head -n 1)"
echo "fio:   $(fio --version)"
echo "kernel $(uname -r), $(df --output=source,fstype "$folder" | tail -n 1), $seconds s each, $pairs pairs"
theirs >/dev/null || unavailable 'fio cannot measure here'
their_sync >/dev/null || unavailable 'fio cannot measure commits here'
status=0
for row in '1 p50 50.000000 0.02' '1 p99 99.000000 0.05' '16 p50 50.000000 0.02' '16 p99 99.000000 0.05'; do
    read -r depth percentile fio_percentile tolerance <<<"$row"
    compare "4 KiB random reads, depth $depth, $percentile" ours theirs || status=1
done
percentile=p99 fio_percentile=99.000000 tolerance=0.05
compare 'fdatasync after appends of 2300 B, p99' our_sync their_sync || status=1
exit "$status"
