#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Everything that wants a GPU, on a machine that has one and perhaps nothing else of ours: no
# GStreamer, none of Debian's libraries.
#
#   sh tests/gpu.sh pack [BUILD]   where it was built: an archive gpu.tar.xz with programs, tests
#                                  and the libraries that they need
#   sh tests/gpu.sh run            beside the archive: unpack it, run all, end on "N passed, N failed"
#
#   ONNX_TESTDATA (environment, pack) where ONNX's backend tests are
#   SANITIZE=1    (environment, run)  run the unit tests again under compute-sanitizer
#   PLANS         (environment, run)  how many plans are made and freed (10000)
#   BENCHMARK=0   (environment, run)  leave out the benchmarks
#
# What is left out is said in lines that begin with SKIPPED.
set -u
testdata=${ONNX_TESTDATA:-/usr/share/libonnx-testdata/data}

# Libraries of media files are not carried: nothing here opens one. Empty ones take their names.
pack() {
    build=${1:-build} area=$(mktemp -d)
    trap 'rm -rf "$area"' EXIT
    mkdir -p "$area/gpu/lib/device/cuda" "$area/gpu/bin" "$area/gpu/data" "$area/gpu/tests"
    for program in "$build"/tools/generative-model "$build"/tests/unit/unit-device*; do
        [ -d "$program" ] || cp "$program" "$area/gpu/bin"
    done
    if [ -e "$build/tests/benchmarks/training-step" ]; then
        cp "$build/tests/benchmarks/training-step" "$area/gpu/bin"
    else
        echo "SKIPPED training-step: ninja -C $build tests/benchmarks/training-step makes it"
    fi
    cp "$build"/lib/device/cuda/generative-cuda.so "$area/gpu/lib/device/cuda"
    cp -L "$build"/lib/libgenerative.so.0 "$area/gpu/lib"
    ln -s libgenerative.so.0 "$area/gpu/lib/libgenerative.so"
    echo >"$area/empty.c"
    carry "$area" "$build/lib/libgenerative.so.0"
    strip "$area"/gpu/bin/* "$area"/gpu/lib/*.so.* "$area"/gpu/lib/device/cuda/*.so
    for kind in node pytorch-converted pytorch-operator simple; do
        [ -d "$testdata/$kind" ] && cp -r "$testdata/$kind" "$area/gpu/data"
    done
    cp -r tests/benchmarks "$area/gpu/tests"
    tar -C "$area" -cf - gpu | xz -T0 -6 >gpu.tar.xz
    echo "gpu.tar.xz: $(du -h gpu.tar.xz | cut -f 1)"
}

# carry AREA LIBRARY: what LIBRARY is linked with, and what that is linked with.
carry() {
    for name in $(objdump -p "$2" | sed -nE 's/^ +NEEDED +//p'); do
        [ -e "$1/gpu/lib/$name" ] && continue
        case $name in
        libc.so* | libm.so* | ld-linux* | libpthread* | libdl* | librt*) continue ;;
        libav* | libsw*)
            cc -shared -o "$1/gpu/lib/$name" -Wl,-soname,"$name" -x c "$1/empty.c"
            continue
            ;;
        esac
        path=$(ldd "$2" | sed -nE "s|^\s*$name => (/[^ ]+).*|\1|p" | head -n 1)
        [ -n "$path" ] || continue
        cp -L "$path" "$1/gpu/lib/$name"
        carry "$1" "$path"
    done
}

passed=0 failed=0

# part NAME COMMAND...: counts its "N passed, N failed", or its status.
part() {
    name=$1 status=0
    shift
    echo "== $name"
    "$@" >log 2>&1 || status=$?
    line=$(grep -E '^[0-9]+ passed, [0-9]+ failed' log | tail -n 1)
    good=$(echo "$line" | sed -nE 's/^([0-9]+) passed.*/\1/p')
    bad=$(echo "$line" | sed -nE 's/.* ([0-9]+) failed.*/\1/p')
    if [ -z "$line" ]; then
        good=$(grep -cE '^ok ' log) bad=$(grep -cE '^not ok ' log)
        [ $status -eq 0 ] || bad=$((bad + 1))
    fi
    grep -E '^(not ok|# (Bail|test_data)|.*ERROR|Bail)' log | head -n 40
    grep -E '# SKIP' log | sed 's/^/SKIPPED /' | head -n 10
    tail -n 4 log
    passed=$((passed + good)) failed=$((failed + bad))
}

# Steps of the presets that PyTorch's side knows; without PyTorch ours alone, to see that they run.
training() {
    if [ "${BENCHMARK:-1}" = 0 ]; then
        echo "SKIPPED training: BENCHMARK=0"
        return
    elif [ ! -e bin/training-step ]; then
        echo "SKIPPED training: bin/training-step was not packed"
        return
    fi
    peers=1
    python3 -c 'import torch; assert torch.cuda.is_available ()' 2>/dev/null || peers=0
    [ $peers = 1 ] || echo "SKIPPED training's peer: python3 has no torch that finds a GPU"
    for preset in mlp dcgan; do
        echo "== training, $preset"
        if [ $peers = 1 ]; then
            python3 tests/benchmarks/training_step.py --device cuda bin/training-step $preset ||
                failed=$((failed + 1))
            continue
        fi
        for precision in fp32 tf32 fp16 bf16; do
            if bin/training-step $preset 128 1 "${STEPS:-200}" cuda $precision >log 2>&1; then
                sort -n log | awk -v name="ours $precision, batch 128" '{ t[NR] = $1 }
                    END { printf "%s: best %s ms  median %s ms\n", name, t[1], t[int ((NR + 1) / 2)] }'
            else
                tail -n 4 log
                failed=$((failed + 1))
            fi
        done
    done
}

# The nets of nets.py, for which PyTorch is needed; peers that are missing are named.
inference() {
    if [ "${BENCHMARK:-1}" = 0 ]; then
        echo "SKIPPED inference: BENCHMARK=0"
    elif ! python3 -c 'import torch, numpy' 2>/dev/null; then
        echo "SKIPPED inference: python3 has no torch, which writes the nets"
    else
        echo "== inference"
        python3 tests/benchmarks/inference.py lib/libgenerative.so.0 --device cuda ||
            failed=$((failed + 1))
    fi
}

# Few plans: each is many times as slow.
sanitize() {
    if [ -z "${SANITIZE:-}" ]; then
        echo "SKIPPED compute-sanitizer: SANITIZE is not set"
    elif ! command -v compute-sanitizer >/dev/null; then
        echo "SKIPPED compute-sanitizer: it is not installed"
        failed=$((failed + 1))
    else
        for test in bin/unit-device*; do
            part "$test, sanitized" env GEN_TEST_PLANS=20 compute-sanitizer --leak-check full \
                --error-exitcode 9 "$test"
        done
    fi
}

run() {
    [ -d gpu ] || tar -xf gpu.tar.xz || exit 1
    cd gpu || exit 1
    here=$PWD
    # cuDNN and cuBLASLt: the toolkit's, or those that a Python package brought.
    found=$(python3 -c '
import glob, os, sys
for place in sys.path:
    for folder in glob.glob(os.path.join(place, "nvidia", "*", "lib")): print(folder)' 2>/dev/null |
        tr '\n' ':')
    export LD_LIBRARY_PATH="$here/lib:$found/usr/local/cuda/lib64:${LD_LIBRARY_PATH:-}"
    export GEN_CUDA_MODULE="$here/lib/device/cuda/generative-cuda.so"
    nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader
    for test in bin/unit-device*; do
        part "$test" "$test"
    done
    for precision in fp32 tf32; do
        part "ONNX backend tests, $precision" bin/generative-model check --device cuda \
            --precision $precision --supported data
    done
    part "${PLANS:-10000} plans" env GEN_TEST_PLANS="${PLANS:-10000}" bin/unit-device_plans \
        -p /device/plans/many
    sanitize
    inference
    training
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ]
}

case ${1:-} in
pack | run)
    "$@"
    ;;
*)
    sed -nE '4,/^set/s/^# ?//p' "$0"
    exit 1
    ;;
esac
