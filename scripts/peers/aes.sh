#!/usr/bin/env bash
# cpu.aes_256_gcm (encryption, records of 16 KiB) and cpu.sha_256 beside `openssl speed`, one thread on the same CPU,
# the same libcrypto. The goal: at least as many B/s, though ours sets a fresh IV for each record, takes the tag with
# 13 bytes of additional data, and reads and writes distinct memory; what openssl speed does of this depends on its
# version. CTR and XTS are shown and decide nothing.
#   ASSAY=path/to/assay scripts/peers/aes.sh
# Environment: PAIRS (6; fewer have no 95 % interval), SECONDS_EACH (1).
# Exit status: 0 goal reached, 1 missed, 69 openssl is missing.
set -euo pipefail
readonly name=aes peer_name=openssl assay=${ASSAY:-${ASSAY_BIN:-}} pairs=${PAIRS:-6} seconds=${SECONDS_EACH:-1}
# shellcheck source=scripts/peers/pairs.bash
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/pairs.bash"

prepare_pairs
require openssl openssl
cpu=$(first_cpu)
readonly cpu

probe='' metric='' algorithm=''
# assay splits a round into encryption and decryption.
# shellcheck disable=SC2317  # called by name
ours() { run_assay "$probe.$metric" "$probe" --record 16k --threads 1; }
# The last line: the name, then thousands of bytes a second with a k behind. Rates are printed even where the
# cipher failed, so a line of its error queue is no number.
# shellcheck disable=SC2317
theirs() {
    local output
    output=$(taskset -c "$cpu" openssl speed -elapsed -seconds "$seconds" -bytes 16384 -evp "$algorithm" 2>&1) || return 1
    [[ $output != *:error:* ]] || return 1
    awk '$NF ~ /^[0-9.]+k$/ { rate = $NF } END { if (rate) printf "%.0f\n", rate * 1000 }' <<<"$output"
}

echo "assay:   $("$assay" version 2>/dev/null | head -n 1)"
echo "openssl: $(openssl version)"
echo "kernel $(uname -r), CPU $cpu, records of 16384 B, $seconds s each, $pairs pairs"
# Extras for honesty, which decide nothing: openssl speed gives CTR and XTS one IV for the whole run.
for row in 'cpu.aes_256_ctr encrypt aes-256-ctr' 'cpu.aes_256_xts encrypt aes-256-xts'; do
    read -r probe metric algorithm <<<"$row"
    compare "$probe.$metric against openssl speed $algorithm (one IV), 1 thread" ours theirs || true
done
status=0
for row in 'cpu.sha_256 hash sha256' 'cpu.aes_256_gcm encrypt aes-256-gcm'; do
    read -r probe metric algorithm <<<"$row"
    compare "$probe.$metric against openssl speed $algorithm, 1 thread" ours theirs || status=1
done
exit "$status"
