#!/usr/bin/env bash
# Installs the Debian packages that are missing of the named lists (third_party/packages/LIST.txt), saying
# what and why first. Does nothing, in some 20 ms, when all are there.
#   scripts/bootstrap.sh LIST...        e.g. scripts/bootstrap.sh build test
# ASSAY_SKIP_BOOTSTRAP=1 skips it, for systems where the same things were installed in another way.
# Exit status: 0 all there, 69 cannot be had here, 73 no disk space, 77 no permission.
set -euo pipefail
root=$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")
readonly root
readonly kNeededKib=1500000  # packages and build tree together take about 1.2 GB

say() { printf 'assay: %s\n' "$*" >&2; }
stop() { local status=$1; shift; say "$@"; exit "$status"; }

[[ ${ASSAY_SKIP_BOOTSTRAP:-} == 1 ]] && exit 0
lists=("${@/#/$root/third_party/packages/}")
lists=("${lists[@]/%/.txt}")
mapfile -t wanted < <(sed 's/#.*//; s/[[:space:]]*$//; /^$/d' "${lists[@]}")

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    stop 69 "this system has no apt-get, so missing packages cannot be installed for you." \
        "Install what these Debian packages hold by its own means: ${wanted[*]}." \
        "Then run again with ASSAY_SKIP_BOOTSTRAP=1."
fi

# dpkg-query exits 1 when it does not know one of them; what it prints is complete all the same.
installed=$(dpkg-query -W -f='${Package} ${db:Status-Status}\n' "${wanted[@]}" 2>/dev/null || true)
missing=()
for package in "${wanted[@]}"; do
    grep -qxF "$package installed" <<<"$installed" || missing+=("$package")
done
((${#missing[@]} == 0)) && exit 0

say "these packages are missing; apt-get will install them:"
for package in "${missing[@]}"; do
    sed -n "s/^\($package\)[[:space:]]*#[[:space:]]*\(.*\)/    \1 - \2/p" "${lists[@]}" >&2
done

as_root=()
if ((EUID != 0)); then
    command -v sudo >/dev/null || stop 77 "installing needs root, and there is no sudo." \
        "As root, run: apt-get install --no-install-recommends ${missing[*]}"
    as_root=(sudo)
    [[ -t 0 ]] || as_root=(sudo -n)
    "${as_root[@]}" true || stop 77 "installing needs root, and sudo refused." \
        "As root, run: apt-get install --no-install-recommends ${missing[*]}"
fi
free_kib=$(df --output=avail -k /usr | tail -n 1)
((free_kib >= kNeededKib)) || stop 73 "installing needs about 1.5 GB, and the filesystem of /usr has" \
    "$((free_kib / 1000)) MB free. Free some space and run again."

apt() {
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get -o DPkg::Lock::Timeout=120 -o Dpkg::Use-Pty=0 "$@" >&2
}
apt -qq -o APT::Update::Error-Mode=any update ||
    say "the package lists could not be refreshed (no network?); trying with the ones that are here."
if ! apt -qq -y install --no-install-recommends "${missing[@]}"; then
    free_kib=$(df --output=avail -k /usr | tail -n 1)
    ((free_kib >= 10000)) || stop 73 "the filesystem of /usr is full. Free about 1.5 GB and run again."
    stop 69 "apt-get could not install ${missing[*]}; its lines above say why. Without network, or on a" \
        "system other than Debian 12, install them by hand and run again (ASSAY_SKIP_BOOTSTRAP=1" \
        "if they came in another way)."
fi
say "installed: ${missing[*]}"
