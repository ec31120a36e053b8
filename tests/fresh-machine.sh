#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Walks the README's two commands as a new user would: in a bare Debian, made by debootstrap, on
# a clean clone of this repository. Needs root.
#
#   sh tests/fresh-machine.sh bookworm|trixie [COMMAND...]
#
#   COMMAND  something else than the two commands, run by sh in the clone
#   KEEP=1   (environment) leave the folder, and use it again the next time
set -eu
suite=${1:?usage: sh tests/fresh-machine.sh bookworm|trixie [COMMAND...]}
shift
top=$(cd "$(dirname "$0")/.." && pwd)
root=${FRESH_ROOT:-/var/tmp/gst-generative-fresh-$suite}

if [ "$(id -u)" -ne 0 ]; then
    echo "Making a machine needs root" >&2
    exit 1
fi
command -v debootstrap >/dev/null || { apt-get -qq update; apt-get -qq -o DPkg::Lock::Timeout=300 install -y debootstrap >/dev/null; }

leave() {
    for point in proc dev/shm dev; do
        if mountpoint -q "$root/$point"; then umount -l "$root/$point"; fi
    done
    if [ "${1:-}" = remove ]; then rm -rf --one-file-system "$root"; fi
}
leave
trap 'if [ -n "${KEEP:-}" ]; then leave; else leave remove; fi' EXIT
trap 'exit 1' INT TERM

if [ -z "${KEEP:-}" ]; then rm -rf --one-file-system "$root"; fi
if [ ! -e "$root/etc/debian_version" ]; then
    # The mirror that this machine uses, so that it works wherever this machine works.
    mirror=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null |
        sed -nE 's/^(URIs:|deb)( \[[^]]*\])? *(https?:[^ ]*\/debian)\/? *.*/\3/p' | head -n 1)
    debootstrap --variant=minbase --include=ca-certificates "$suite" "$root" \
        "${mirror:-http://deb.debian.org/debian}" >"$root.log" 2>&1 || { tail -n 5 "$root.log" >&2; exit 1; }
    cp /etc/apt/apt.conf.d/* "$root/etc/apt/apt.conf.d/" 2>/dev/null || true
    cp -r /usr/local/share/ca-certificates/. "$root/usr/local/share/ca-certificates/" 2>/dev/null || true
    chroot "$root" update-ca-certificates >/dev/null 2>&1 || true
fi
cp /etc/resolv.conf "$root/etc/"
rm -rf "$root/root/gst-generative"
git clone -q --no-hardlinks "$top" "$root/root/gst-generative"
mount -t proc proc "$root/proc" 2>/dev/null || mount --bind /proc "$root/proc"
mount --bind /dev "$root/dev"
mount -t tmpfs tmpfs "$root/dev/shm"

inside() {
    env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} \
        chroot "$root" sh -c "cd /root/gst-generative && $1"
}

if [ $# -gt 0 ]; then
    inside "$*"
    exit
fi
failures=0
for command in "sh pipelines/demo.sh" "sh tests/run.sh"; do
    for time in first second; do
        # A second test run would only say the same again.
        if [ "$command $time" = "sh tests/run.sh second" ]; then command="sh pipelines/setup.sh --tests"; fi
        start=$(date +%s)
        status=0
        inside "$command" || status=$?
        echo "== $suite: $command ($time run): status $status, $(($(date +%s) - start)) s"
        if [ $status -ne 0 ]; then failures=$((failures + 1)); fi
        if [ "$command $time" = "sh pipelines/demo.sh first" ]; then command="sh pipelines/setup.sh"; fi
    done
done
[ $failures -eq 0 ]
