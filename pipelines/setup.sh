#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Everything that the project needs, in one place: installs the packages that are missing (as
# root, asking for nothing; otherwise it says which they are and ends) and builds into build/.
# What is already there is left alone, so that a second run takes well under a second.
#
#   sh pipelines/setup.sh [--tests]
#
#   --tests   what the tests need as well: more packages, and the tests' programs
#   BUILD     (environment) another build folder than build/
#   MESON     (environment) arguments for `meson setup`
set -eu
cd "$(dirname "$0")/.."
build=${BUILD:-build}

# To build: the compiler and the libraries (docs/dependencies.md says what each is for).
packages="gcc libc6-dev meson ninja-build pkgconf
 libglib2.0-dev libjson-glib-dev libgstreamer1.0-dev libgstreamer-plugins-base1.0-dev
 libdnnl-dev libopenblas-dev liblapacke-dev libminizip-dev libarchive-dev
 libonnx-dev libprotobuf-c-dev protobuf-c-compiler
 libavformat-dev libavcodec-dev libavutil-dev libswscale-dev libswresample-dev libebur128-dev
 libssl-dev libcbor-dev liblcms2-dev libheif-dev libwebp-dev libjpeg-dev libdeflate-dev libutf8proc-dev libpcre2-dev
 libsoup-3.0-dev libgstrtspserver-1.0-dev libtomlplusplus-dev g++"
# To play: gst-launch-1.0, the elements of the pipelines, and x264enc, which is in ugly.
packages="$packages
 gstreamer1.0-tools gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-ugly
 gstreamer1.0-plugins-bad gstreamer1.0-nice ca-certificates glib-networking"
test_packages="ffmpeg libonnx-testdata python3-onnx python3-pil zstd procps mediainfo libimage-exiftool-perl opencv-data
 libopenmpi-dev openmpi-bin curl openssl"
targets="elements/libgstgenerative.so tools/generative-model tools/serve/generative-serve"

if [ "${1:-}" = --tests ]; then
    packages="$packages $test_packages"
    targets=all
elif [ $# -gt 0 ]; then
    echo "usage: sh pipelines/setup.sh [--tests]" >&2
    exit 2
fi

# Print those of "$@" that are not installed.
missing_packages() {
    dpkg-query --show --showformat '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null |
        awk -v wanted="$(echo "$@")" '
            $1 == "installed" { have[$2] = 1 }
            END { n = split (wanted, name, " "); for (i = 1; i <= n; i++) if (!have[name[i]]) print name[i] }'
}

if command -v dpkg-query >/dev/null && command -v apt-get >/dev/null; then
    # Unquoted on purpose: a word a package.
    missing=$(missing_packages $packages)
    if [ -n "$missing" ] && [ "$(id -u)" -ne 0 ]; then
        echo "These packages are missing; as root, run" >&2
        echo "  apt-get install --no-install-recommends" $missing >&2
        exit 1
    fi
    if [ -n "$missing" ]; then
        echo "Installing" $missing
        export DEBIAN_FRONTEND=noninteractive
        apt-get -qq -o DPkg::Lock::Timeout=300 update
        apt-get -qq -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 \
            install -y --no-install-recommends $missing >/dev/null
    fi
else
    echo "This is not a Debian: docs/dependencies.md says what has to be installed." >&2
fi

# Frames that stay on a GPU, and WebRTC, need headers of a package that, installed, brings OpenCV and
# Qt along: they are unpacked into the build folder, with a description of where each is. Without a
# network there is just none of it.
case $build in /*) unpacked=$build/gstreamer-bad ;; *) unpacked=$PWD/$build/gstreamer-bad ;; esac

# unpack_headers MODULE...: those of them that this machine has libraries of.
unpack_headers() {
    mkdir -p "$unpacked"
    (
        cd "$unpacked" &&
            apt-get -qq download libgstreamer-plugins-bad1.0-dev &&
            dpkg-deb -x libgstreamer-plugins-bad1.0-dev_*.deb .
    ) >/dev/null 2>&1 || { echo "The headers of $* cannot be had: what needs them is left out" >&2; return 0; }
    for module in "$@"; do
        name=libgst${module#gstreamer-}.so
        library=$(PATH=$PATH:/sbin:/usr/sbin ldconfig -p | sed -n "s|.* => \(.*/$name\.0\)\$|\1|p" | head -n 1)
        if [ -z "$library" ]; then continue; fi
        ln -sf "$library" "$unpacked/$name"
        sed -e "s|^prefix=.*|prefix=$unpacked/usr|" -e "s|^libdir=.*|libdir=$unpacked|" \
            "$unpacked"/usr/lib/*/pkgconfig/"$module.pc" >"$unpacked/$module.pc"
    done
}
if [ ! -f "$build/build.ninja" ]; then
    modules=
    if ! pkg-config --exists gstreamer-webrtc-1.0; then modules=gstreamer-webrtc-1.0; fi
    if { [ -e "${CUDA_PATH:-/usr/local/cuda}/include/cuda.h" ] || command -v nvcc >/dev/null; } &&
        ! pkg-config --exists gstreamer-cuda-1.0; then
        modules="$modules gstreamer-cuda-1.0"
    fi
    if [ -n "$modules" ] && command -v apt-get >/dev/null; then
        # Unquoted on purpose: a word a module.
        unpack_headers $modules
        export PKG_CONFIG_PATH="$unpacked${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}"
    fi
    meson setup "$build" -Delements=enabled ${MESON:-}
fi
if ! ninja -C "$build" -n $targets | grep -q 'no work to do'; then
    ninja -C "$build" $targets
fi
