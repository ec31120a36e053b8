#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Fuzzes the readers of files for a while, with the address and undefined-behaviour sanitizers.
# Needs clang and its runtime (Debian: clang, libclang-rt-dev). What it finds is left in
# build-fuzz/found-TARGET; a file that crashes goes into corpus/TARGET once it is mended.
#
#   sh tests/fuzz/fuzz.sh TARGET [SECONDS]      TARGET: onnx, data, lists, marks, offers,
#                                            peers, provenance, requests or studio
#
#   CC, CXX       (environment) clang by another name
#   ONNX_TESTDATA (environment) where ONNX's backend tests are, whose models are good seeds
set -eu
cd "$(dirname "$0")/../.."
target=$1 seconds=${2:-600}
build=build-fuzz
testdata=${ONNX_TESTDATA:-/usr/share/libonnx-testdata/data}

[ -f $build/build.ninja ] || CC=${CC:-clang} CXX=${CXX:-clang++} meson setup $build -Dfuzzers=true -Delements=auto \
    -Dcuda=disabled -Db_sanitize=address,undefined -Db_lundef=false -Dc_args=-fsanitize=fuzzer-no-link \
    -Dcpp_args=-fsanitize=fuzzer-no-link
ninja -C $build --quiet "tests/fuzz/fuzz-$target"

seeds=$build/seeds-$target
mkdir -p "$seeds" "$build/found-$target"
cp tests/fuzz/corpus/"$target"/* "$seeds"
if [ "$target" = onnx ] && [ -d "$testdata" ]; then
    for model in "$testdata"/node/*/model.onnx "$testdata"/simple/*/model.onnx; do
        cp "$model" "$seeds/$(basename "$(dirname "$model")").onnx"
    done
fi
LSAN_OPTIONS="suppressions=$PWD/tests/leaks.supp" exec "$build/tests/fuzz/fuzz-$target" \
    -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -malloc_limit_mb=1024 \
    -artifact_prefix="$build/found-$target/" "$build/found-$target" "$seeds"
