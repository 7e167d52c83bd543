#!/usr/bin/env bash
# cpu.zstd (levels 1 and 3) and cpu.lz4 beside `zstd -b` and `lz4 -b`, one thread on the same CPU, on the same file in
# independent blocks of 4 MiB. The goal: 0.99 of the peer's B/s or more, at the same compressed size. The peers print
# their fastest pass, so the fastest round of half a second, two passes or more, stands for assay. Debian's zstd program
# carries a copy of libzstd that was built otherwise and is slower; so cpu.zstd also stands beside the plainest loop
# around the library that it uses itself, and has to be within 5 % of it.
#   ASSAY=path/to/assay scripts/peers/codecs.sh [--corpus FILE]
# Without --corpus a tar file of some 64 MB of /usr/lib is made under $TMPDIR and removed at the end.
# Environment: PAIRS (6; fewer have no 95 % interval), SECONDS_EACH (1).
# Exit status: 0 goal reached, 1 missed, 64 usage, 69 zstd or lz4 is missing.
set -euo pipefail
readonly name=codecs assay=${ASSAY:-${ASSAY_BIN:-}} pairs=${PAIRS:-6} seconds=${SECONDS_EACH:-1}
readonly block_bytes=4194304 goal=0.99
peer_name=zstd
# shellcheck source=scripts/peers/pairs.bash
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/pairs.bash"

corpus='' made=''
loop=$(mktemp "${TMPDIR:-/tmp}/assay-zstd-loop-XXXXXX")
readonly loop
trap 'rm -f "$loop" ${made:+"$made"}' EXIT
if (($# > 0)); then
    [[ $# == 2 && $1 == --corpus && -r $2 ]] || { echo "usage: $0 [--corpus FILE]"; exit 64; }
    corpus=$2
fi
prepare_pairs
require zstd zstd
require lz4 lz4
if [[ -z $corpus ]]; then
    made=$(mktemp "${TMPDIR:-/tmp}/assay-codecs-XXXXXX")
    # head ends the pipe; tar's complaint about that is no error.
    { tar -C /usr/lib -cf - --sort=name . 2>/dev/null || true; } | head -c 64000000 >"$made"
    corpus=$made
fi
cpu=$(first_cpu)
readonly cpu

probe='' level='' metric=''
# shellcheck disable=SC2317  # called by name
ours() {
    local arguments=(--block "$block_bytes" --threads 1 --corpus "$corpus")
    [[ $probe == cpu.zstd ]] && arguments+=(--level "$level")
    if [[ $peer_name == libzstd ]]; then
        # The loop tells of all its passes together, and so does a round.
        run_assay "$probe.$metric" "$probe" "${arguments[@]}"
    else
        # Shorter rounds would not see the whole file, of which some parts pack faster than others.
        run_fastest "$probe.$metric" $((2 * seconds)) 500ms "$probe" "${arguments[@]}"
    fi
}
# field NUMBER: of "... -> SIZE (xRATIO), COMPRESS MB/s, DECOMPRESS MB/s": 1 size, 2 compress, 3 decompress; B and B/s.
field() {
    peer_line 2>&1 | tr '\r' '\n' |
        python3 -c '
import re, sys
found = re.findall(r"-> *(\d+) \(x?[\d.]+\), *([\d.]+) MB/s *, *([\d.]+) MB/s", sys.stdin.read())
if found:
    value = found[-1][int(sys.argv[1]) - 1]
    print(value if sys.argv[1] == "1" else float(value) * 1e6)' "$1"
}
peer_line() {
    if [[ $peer_name == libzstd ]]; then
        taskset -c "$cpu" "$loop" "$corpus" "$block_bytes" "$level" "$seconds"
    else
        taskset -c "$cpu" "$peer_name" "-b$level" "-i$seconds" "-B$block_bytes" "$corpus"
    fi
}
# shellcheck disable=SC2317
theirs() {
    if [[ $metric == compress ]]; then field 2; else field 3; fi
}
# The peer's files have a frame for each block (zstd) or none (lz4), as ours: sizes are the same to 0.1 %.
same_size() {
    local our_ratio their_size bytes
    metric=ratio
    our_ratio=$(ours)
    their_size=$(field 1)
    bytes=$(stat -c %s "$corpus")
    python3 - "$bytes" "$our_ratio" "$their_size" <<'PYTHON'
import sys
size, ratio, theirs = map(float, sys.argv[1:])
ours = size / ratio
print(f"compressed size: assay {ours:.0f} B, peer {theirs:.0f} B")
sys.exit(0 if abs(ours / theirs - 1) <= 0.001 else 1)
PYTHON
}

echo "assay: $("$assay" version 2>/dev/null | head -n 1)"
echo "zstd:  $(zstd --version)"
echo "lz4:   $(lz4 --version)"
echo "kernel $(uname -r), CPU $cpu, $corpus, blocks of $block_bytes B, $seconds s each, $pairs pairs"
status=0
rows=('zstd cpu.zstd 1' 'zstd cpu.zstd 3' 'lz4 cpu.lz4 1')
# libzstd-dev is there where assay was built.
if cc -O2 -o "$loop" "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/zstd_loop.c" -lzstd; then
    rows+=('libzstd cpu.zstd 1' 'libzstd cpu.zstd 3')
else
    echo 'the loop around libzstd could not be built; that comparison is left out'
fi
for row in "${rows[@]}"; do
    read -r peer_name probe level <<<"$row"
    tolerance=0
    [[ $peer_name == libzstd ]] && tolerance=0.05
    same_size || status=1
    for metric in compress decompress; do
        compare "$probe.$metric level $level, 1 thread" ours theirs || status=1
    done
done
exit "$status"
