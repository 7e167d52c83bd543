#!/usr/bin/env bash
# Configures (once) and builds targets of one preset with all cores; says nothing when there is nothing to
# do. All its output goes to stderr, so that the caller's stdout is its own.
#   scripts/build.sh PRESET tests|product [TARGET...]
# `product` leaves the test programs out, unless that build tree already has them.
# Exit status: 0 built, 69 a tool is too old, 70 the build failed, 73 no disk space.
set -euo pipefail
root=$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")
readonly root preset=$1 scope=$2
shift 2
readonly tree=$root/build/$preset log=$root/build/$preset.log
readonly kNeededKib=1500000  # a full build tree with sanitizers takes about 1 GB

say() { printf 'assay: %s\n' "$*" >&2; }
stop() { local status=$1; shift; say "$@"; exit "$status"; }
older_than() { [[ $(printf '%s\n' "$2" "$1" | sort -V | head -n 1) != "$2" ]]; }

check_tools() {
    local cmake_version gcc_version free_kib
    cmake_version=$(cmake --version | sed -n '1s/[^0-9]*//p')
    older_than "$cmake_version" 3.25 && stop 69 "cmake $cmake_version is too old: 3.25 is needed" \
        "(Debian 12 has it; elsewhere, 'pip install cmake' brings a newer one)."
    gcc_version=$(g++ -dumpfullversion)
    older_than "$gcc_version" 12 && stop 69 "g++ $gcc_version is too old: 12 is needed (Debian 12 has it)."
    free_kib=$(df --output=avail -k "$root" | tail -n 1)
    ((free_kib >= kNeededKib)) || stop 73 "building needs about 1.5 GB, and the filesystem of $root has" \
        "$((free_kib / 1000)) MB free. Free some space and run again."
}

configure() {
    local tests=OFF
    [[ $scope == tests ]] && tests=ON
    if [[ -f $tree/build.ninja ]]; then
        [[ $tests == OFF ]] || grep -q '^ASSAY_TESTS:BOOL=ON' "$tree/CMakeCache.txt" || rm "$tree/build.ninja"
    fi
    [[ -f $tree/build.ninja ]] && return
    check_tools
    say "configuring build/$preset"
    (cd "$root" && cmake --preset "$preset" -DASSAY_TESTS=$tests) >"$log" 2>&1 && return
    rm -f "$tree/build.ninja"
    cat "$log" >&2
    failed "the build could not be configured"
}

failed() {
    grep -q 'No space left on device' "$log" &&
        stop 73 "$1: the disk is full. Free about 1.5 GB and run again."
    stop 70 "$1; the lines above say why (all of them: build/$preset.log)."
}

# One line of progress that rewrites itself on a terminal, or one line in all elsewhere; what the compiler
# says is passed on as it is.
show_progress() {
    local terminal=0
    [[ -t 2 ]] && terminal=1
    awk -v terminal=$terminal '
        /^ninja: (no work to do|Entering directory)/ || /^-- / || /Re-(checking globbed|running CMake)/ { next }
        /^\[[0-9]+\/[0-9]+\]/ {
            if (terminal) { printf "\r\033[Kassay: building %s", substr($0, 1, 80); shown = 1; fflush() }
            else if (!shown) { split($1, step, /[\/\]]/); print "assay: building, " step[2] " steps"; shown = 1; fflush() }
            next
        }
        { if (terminal && shown) printf "\r\033[K"; print; fflush() }
        END { if (terminal && shown) printf "\r\033[K" }' >&2
}

mkdir -p "$root/build"
exec 9>"$root/build/$preset.lock"
flock -n 9 || { say "waiting for another build of build/$preset"; flock 9; }
configure
ninja -C "$tree" "$@" 2>&1 | tee "$log" | show_progress || failed "the build failed"
