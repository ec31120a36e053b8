#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Builds library, tool and unit tests for 64-bit ARM by cross compiler, and runs the tests on QEMU;
# ends on the line "N passed, N failed". The ARM machine's libraries are unpacked into the build
# folder, so that none of this machine's packages is touched, but for a compiler and an emulator,
# which are installed (as root) where they are missing.
#
#   sh tests/arm64.sh [TEST...]
#
#   TEST      names of unit tests, instead of all
#   BUILD     (environment) another build folder than build-arm64/
#   MESON     (environment) arguments for `meson setup`
#   QEMU_CPU  (environment) the processor, cortex-a76 if nothing is said, which multiplies integers
#             by dot products; cortex-a72 has what every 64-bit ARM processor has
set -eu
cd "$(dirname "$0")/.."
build=${BUILD:-build-arm64}
case $build in /*) ;; *) build=$PWD/$build ;; esac
sysroot=$build/sysroot

tools="gcc libc6-dev gcc-aarch64-linux-gnu qemu-user meson ninja-build pkgconf protobuf-c-compiler libonnx-dev"
libraries="libc6-dev libglib2.0-dev libjson-glib-dev libdnnl-dev libopenblas-pthread-dev
 liblapacke-dev libminizip-dev libarchive-dev libprotobuf-c-dev
 libavformat-dev libavcodec-dev libavutil-dev libswscale-dev libswresample-dev libebur128-dev libssl-dev"

# Unquoted on purpose, as below: a word a package.
if dpkg-query --show --showformat '${db:Status-Status}\n' $tools 2>&1 | grep -qvx installed; then
    if [ "$(id -u)" -ne 0 ]; then
        echo "As root, run: apt-get install --no-install-recommends" $tools >&2
        exit 1
    fi
    export DEBIAN_FRONTEND=noninteractive
    apt-get -qq -o DPkg::Lock::Timeout=300 update
    apt-get -qq -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 \
        install -y --no-install-recommends $tools >/dev/null
fi

# apt for an ARM machine on which nothing is installed yet, with this machine's sources.
apt_arm64() {
    apt-get -qq -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o Debug::NoLocking=true \
        -o Dir::State="$build/apt" -o Dir::State::status="$build/apt/status" \
        -o Dir::Cache="$build/apt" "$@"
}

# What maintainers' scripts would do: links that alternatives are chosen by, and links that have to
# stay within the folder.
link_libraries() {
    folder=$sysroot/usr/lib/aarch64-linux-gnu
    for file in "$folder"/openblas-pthread/*.so*; do
        ln -sf "openblas-pthread/${file##*/}" "$folder/"
    done
    for file in "$folder"/openblas-pthread/pkgconfig/*.pc; do
        name=$(basename "$file" .pc) # blas-openblas is one that can be chosen to be blas
        ln -sf "../openblas-pthread/pkgconfig/$name.pc" "$folder/pkgconfig/${name%-openblas}.pc"
    done
    [ -e "$sysroot/lib" ] || ln -s usr/lib "$sysroot/lib"
    find "$folder" -type l -lname '/*' | while read -r link; do
        ln -sfr "$sysroot$(readlink "$link")" "$link"
    done
}

if [ ! -e "$sysroot/complete" ]; then
    mkdir -p "$build/apt/lists/partial" "$build/apt/archives/partial" "$sysroot"
    : >"$build/apt/status"
    apt_arm64 update
    apt_arm64 install -y --download-only --no-install-recommends $libraries >/dev/null
    for package in "$build"/apt/archives/*.deb; do
        dpkg-deb --extract "$package" "$sysroot"
    done
    link_libraries
    rm -r "$build/apt"
    touch "$sysroot/complete"
fi

if [ ! -e "$build/build.ninja" ]; then
    if command -v ccache >/dev/null; then cache="'ccache'"; fi
    printf "[constants]\nsysroot = '%s'\ncache = [%s]\n" "$sysroot" "${cache:-}" >"$build/arm64.ini"
    meson setup "$build" --cross-file "$build/arm64.ini" --cross-file tests/arm64.ini \
        -Delements=disabled -Dcuda=disabled ${MESON:-}
fi
ninja -C "$build" >"$build/ninja.txt" || { cat "$build/ninja.txt"; exit 1; }

# An emulated processor takes its time.
export QEMU_CPU="${QEMU_CPU:-cortex-a76}"
if [ $# -eq 0 ]; then set -- --suite unit --suite masks --suite faults; fi
meson test -C "$build" --no-rebuild --timeout-multiplier 10 "$@" || true
awk -f tests/count-meson.awk "$build/meson-logs/testlog.json" >"$build/count.txt"
read -r passed failed <"$build/count.txt"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
