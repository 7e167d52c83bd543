# Read by the network comparisons of this folder: two network namespaces joined by a veth pair, with an assay agent
# in the second one. The caller sets what pairs.bash wants, but for $assay. Needs root.
# shellcheck disable=SC2154  # set by the caller
readonly near_address=10.255.7.1 far_address=10.255.7.2
readonly near=assay-near-$$ far=assay-far-$$
network_work=$(mktemp -d)
agent_pid=''

# shellcheck disable=SC2317  # called by the trap
leave_network() {
    [[ -z $agent_pid ]] || kill "$agent_pid" 2>/dev/null || true
    for pid in ${peer_pid:-}; do kill "$pid" 2>/dev/null || true; done
    ip netns del "$near" 2>/dev/null || true
    ip netns del "$far" 2>/dev/null || true
    rm -rf "$network_work"
}
trap leave_network EXIT

# Both tools on the CPUs of $CPUS, if that is set: "0,1".
placed() {
    if [[ -n ${CPUS:-} ]]; then taskset -c "$CPUS" "$@"; else "$@"; fi
}
in_near() { placed ip netns exec "$near" "$@"; }
in_far() { placed ip netns exec "$far" "$@"; }

# Sets $assay to a program that runs the real one in the near namespace.
prepare_network() {
    local real=${ASSAY:-${ASSAY_BIN:-}}
    [[ -x $real ]] || { echo "$name: set ASSAY to the program"; exit 64; }
    real=$(readlink -f "$real")
    require ip iproute2
    require python3 python3
    ip netns add "$near" 2>/dev/null && ip netns add "$far" 2>/dev/null || unavailable 'network namespaces need root'
    ip -n "$near" link add veth0 type veth peer name veth0 netns "$far"
    ip -n "$near" addr add "$near_address/24" dev veth0
    ip -n "$far" addr add "$far_address/24" dev veth0
    for space in "$near" "$far"; do
        ip -n "$space" link set lo up
        ip -n "$space" link set veth0 up
    done
    printf '#!/bin/sh\nexec ip netns exec %s "%s" "$@"\n' "$near" "$real" >"$network_work/assay"
    chmod +x "$network_work/assay"
    if [[ -n ${CPUS:-} ]]; then
        sed -i "s/^exec /exec taskset -c $CPUS /" "$network_work/assay"
    fi
    assay=$network_work/assay
    "$real" keygen -o "$network_work/key" >/dev/null
    in_far "$real" agent --key "$network_work/key" --listen "$far_address:4840" \
        >"$network_work/agent.log" 2>&1 &
    agent_pid=$!
    wait_for_port "$far_address" 4840
}

# wait_for_port ADDRESS PORT: until something in the far namespace listens there, 10 s at most.
wait_for_port() {
    local attempt
    for ((attempt = 0; attempt < 100; ++attempt)); do
        if ip netns exec "$far" ss -Hltn "src $1:$2 or src 0.0.0.0:$2 or src [::]:$2" | grep -q .; then return 0; fi
        sleep 0.1
    done
    echo "$name: nothing listens on port $2"
    cat "$network_work"/*.log
    exit 1
}

# CPU ticks that this whole host was busy: user, nice, system, irq and softirq of all processes, so that work in the
# kernel counts to whom it was done for.
busy_ticks() { awk '/^cpu / { print $2 + $3 + $4 + $7 + $8 }' /proc/stat; }
# sent_bytes INTERFACE: in the near namespace.
sent_bytes() { ip netns exec "$near" cat "/sys/class/net/$1/statistics/tx_bytes"; }

# per_cpu_second INTERFACE COMMAND...: bytes that left by it for each CPU second of this host.
per_cpu_second() {
    local interface=$1 bytes ticks
    shift
    bytes=$(sent_bytes "$interface")
    ticks=$(busy_ticks)
    "$@" >/dev/null
    python3 -c "print(($(sent_bytes "$interface") - $bytes) / (max(1, $(busy_ticks) - $ticks) / $(getconf CLK_TCK)))"
}
