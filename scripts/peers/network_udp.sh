#!/usr/bin/env bash
# network.udp beside iperf3: payload bytes a second without loss, datagrams of 1400 bytes, from one network namespace to
# another over a veth pair. iperf3 has no search, so its rate is stepped down by 10 % from what it sends unpaced until a run
# loses nothing; its sockets get the largest buffer. The goal: at least three times iperf3's. Needs root.
#   ASSAY=path/to/assay scripts/peers/network_udp.sh
# Environment: PAIRS (7), SECONDS_EACH (4).
# Exit status: 0 goal reached, 1 missed, 69 iperf3 is missing or namespaces are not allowed.
set -euo pipefail
readonly name=network_udp assay=${ASSAY:-${ASSAY_BIN:-}} pairs=${PAIRS:-7} seconds=${SECONDS_EACH:-4}
# shellcheck disable=SC2034  # read by pairs.bash
readonly peer_name=iperf3 goal=3 unit=GB/s scale=1e9
# shellcheck source=scripts/peers/pairs.bash
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/pairs.bash"

prepare_pairs
require iperf3 iperf3
require ip iproute2
readonly left=assay-left-$$ right=assay-right-$$ address=10.255.7.2
work=$(mktemp -d)
readonly work
agent=
# shellcheck disable=SC2317  # called by trap
clean_up() {
    [[ -z $agent ]] || kill "$agent" 2>/dev/null || true
    ip netns del "$left" 2>/dev/null || true
    ip netns del "$right" 2>/dev/null || true
    rm -rf "$work"
}
trap clean_up EXIT
ip netns add "$left" 2>/dev/null || unavailable 'network namespaces need root'
ip netns add "$right"
ip -n "$left" link add veth0 mtu 1500 type veth peer name veth0 mtu 1500 netns "$right"
ip -n "$left" addr add 10.255.7.1/24 dev veth0
ip -n "$right" addr add "$address/24" dev veth0
for side in "$left" "$right"; do
    ip -n "$side" link set lo up
    ip -n "$side" link set veth0 up
done
"$assay" keygen -o "$work/key" >/dev/null
ip netns exec "$right" "$assay" agent --listen "$address:4840" --key "$work/key" >"$work/agent.log" 2>&1 &
agent=$!
for ((wait = 0; wait < 50; ++wait)); do
    ip netns exec "$right" ss -Hlnt "sport = :4840" | grep -q . && break
    sleep 0.1
done

# shellcheck disable=SC2317  # called by name
ours() {
    # Status 3 says that a gate refused the round; the number is in the document all the same.
    { ip netns exec "$left" "$assay" probe network.udp --peer "$address:4840" --key "$work/key" \
        --direction up --payload 1400 --rounds 1 --duration "${seconds}s" --json 2>/dev/null || [[ $? == 3 ]]; } |
        python3 -c '
import json, sys
for probe in json.load(sys.stdin)["probes"]:
    for measured in probe["measurements"]:
        if measured["metric"] == "network.udp.lossless_rate":
            print((measured["samples"] or [s["value"] for s in measured["invalid_samples"]])[0])'
}
# iperf_run RATE: prints "received sent lost", the first two in payload bytes a second; RATE 0 is as fast as it can.
iperf_run() {
    ip netns exec "$right" iperf3 -s -1 -p 5299 -A 0 >/dev/null &
    local server=$!
    sleep 0.3
    ip netns exec "$left" iperf3 -c "$address" -p 5299 -u -b "$1" -w 4M -l 1400 -t "$seconds" -A 1,0 --json |
        python3 -c '
import json, sys
end = json.load(sys.stdin)["end"]["sum"]
per_s = 1400 / end["seconds"]
print((end["packets"] - end["lost_packets"]) * per_s, end["packets"] * per_s, end["lost_packets"])'
    wait "$server" || true
}
# shellcheck disable=SC2317  # called by name
theirs() {
    local rate=0 received sent lost step
    for ((step = 0; step < 40; ++step)); do
        read -r received sent lost < <(iperf_run "$rate")
        if ((lost == 0)); then
            echo "$received"
            return 0
        fi
        rate=$(python3 -c "print(int(($rate or $sent * 8) * 0.9))")  # bits a second
    done
    return 1
}

iperf3 --version | head -n 1
compare 'UDP, 1400 B, without loss, veth between namespaces' ours theirs
