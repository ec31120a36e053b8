#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Everything that wants a GPU, on a machine that has one and perhaps nothing else of ours: no
# GStreamer, none of Debian's libraries.
#
#   sh tests/gpu.sh pack [BUILD]   where it was built: an archive gpu.tar.xz with programs, tests
#                                  and the libraries that they need, GStreamer's among them
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

# Libraries of media files are not carried: nothing here opens one. Others take their names, whose
# functions find nothing (stand_in).
pack() {
    build=${1:-build} area=$(mktemp -d)
    trap 'rm -rf "$area"' EXIT
    mkdir -p "$area/gpu/lib/device/cuda" "$area/gpu/libc" "$area/gpu/bin" "$area/gpu/data" "$area/gpu/tests"
    for program in "$build"/tools/generative-model "$build"/tests/unit/unit-device*; do
        [ -d "$program" ] || cp "$program" "$area/gpu/bin"
    done
    if [ -e "$build/tests/benchmarks/training-step" ]; then
        cp "$build/tests/benchmarks/training-step" "$area/gpu/bin"
    else
        echo "SKIPPED training-step: ninja -C $build tests/benchmarks/training-step makes it"
    fi
    cp "$build"/lib/device/cuda/generative-cuda.so "$area/gpu/lib/device/cuda"
    pack_ranks "$area/gpu" "$build"
    cp -L "$build"/lib/libgenerative.so.0 "$area/gpu/lib"
    ln -s libgenerative.so.0 "$area/gpu/lib/libgenerative.so"
    carry "$area/gpu/lib" "$build/lib/libgenerative.so.0"
    cp -L "$(readelf -l "$build/tools/generative-model" | sed -nE 's/.*interpreter: (.*)\]/\1/p')" \
        "$area/gpu/libc/ld.so"
    pack_elements "$area" "$build"
    strip "$area"/gpu/bin/* "$area"/gpu/lib/*.so.* "$area"/gpu/lib/device/cuda/*.so
    for kind in node pytorch-converted pytorch-operator simple; do
        [ -d "$testdata/$kind" ] && cp -r "$testdata/$kind" "$area/gpu/data"
    done
    cp -r tests/benchmarks "$area/gpu/tests"
    tar -C "$area" -cf - gpu | xz -T0 -6 >gpu.tar.xz
    echo "gpu.tar.xz: $(du -h gpu.tar.xz | cut -f 1)"
}

# Training by several processes; MPI is the machine's own.
pack_ranks() {
    for file in "$2/tests/unit/unit-ranks" "$2/lib/exchange/mpi/generative-mpi.so"; do
        [ -e "$file" ] && continue
        echo "SKIPPED several GPUs: there is no $file"
        return
    done
    mkdir -p "$1/lib/exchange/mpi"
    cp "$2/lib/exchange/mpi/generative-mpi.so" "$1/lib/exchange/mpi"
    cp "$2/tests/unit/unit-ranks" "$1/bin"
}

# The plugin, and as much of GStreamer as its pipelines on a GPU want.
pack_elements() {
    plugins=$(pkg-config --variable=pluginsdir gstreamer-1.0)
    for file in "$2/elements/libgstgenerative.so" "$2/tests/elements/element-cuda-frames" \
        "$2/tests/elements/element-cuda-augment" "$2/tests/elements/element-cuda-mark" \
        "$plugins/libgstnvcodec.so"; do
        [ -e "$file" ] && continue
        echo "SKIPPED elements: there is no $file"
        return
    done
    mkdir "$1/gpu/elements" "$1/gpu/stand-in"
    cp "$2/elements/libgstgenerative.so" "$1/gpu/elements"
    for name in coreelements nvcodec videoconvertscale videoparsersbad videotestsrc; do
        cp "$plugins/libgst$name.so" "$1/gpu/elements"
    done
    cp "$2/tests/elements/element-cuda-frames" "$2/tests/elements/element-cuda-augment" \
        "$2/tests/elements/element-cuda-mark" "$(command -v gst-launch-1.0)" "$1/gpu/bin"
    cp "$2/tests/emulation/driver/libnvcuvid.so.1" "$1/gpu/stand-in"
    mkdir "$1/gpu/gstreamer"
    for file in "$1"/gpu/elements/*.so "$1"/gpu/bin/*; do carry "$1/gpu/gstreamer" "$file"; done
    strip "$1"/gpu/elements/*.so "$1"/gpu/gstreamer/*.so.*
}

# carry FOLDER FILE: what FILE is linked with, and what that is linked with, unless it is in lib. The
# libraries of C and C++ go to a folder of their own, with the program that loads them: a machine has
# some, which other programs need as they are, but which may be too old.
carry() {
    for name in $(objdump -p "$2" | sed -nE 's/^ +NEEDED +//p'); do
        [ -n "$(find "$area/gpu/lib" "$area/gpu/libc" "$1" -name "$name")" ] && continue
        path=$(ldd "$2" | awk -v name="$name" '$1 == name && $2 == "=>" { print $3; exit }')
        folder=$1
        case $name in
        ld-linux*) continue ;;
        libanl.so* | libc.so* | libdl.so* | libgcc_s.so* | libm.so* | libmvec.so* | libpthread.so* | \
            libresolv.so* | librt.so* | libstdc++.so* | libutil.so*)
            folder=$area/gpu/libc
            ;;
        libav* | libsw*)
            stand_in "$1/$name" "$2"
            continue
            ;;
        esac
        [ -n "$path" ] || continue
        cp -L "$path" "$folder/$name"
        carry "$1" "$path"
    done
}

# stand_in LIBRARY FILE: a library of that name with the functions that FILE takes from it.
stand_in() {
    name=$(basename "$1")
    version=$(echo "$name" | tr '[:lower:]' '[:upper:]' | sed 's/\.SO\./_/')
    nm -D "$2" | sed -nE "s/^ +U ([[:alnum:]_]+)@$version\$/long \1 (void);\nlong \1 (void) { return 0; }/p" \
        >"$area/stand-in.c"
    echo "$version { *; };" >"$area/stand-in.map"
    cc -w -shared -fPIC -o "$1" -Wl,-soname,"$name" -Wl,--version-script,"$area/stand-in.map" "$area/stand-in.c"
}

passed=0 failed=0 loader='' limit='' libraries=''

# start PROGRAM ARGUMENT...: one of those that were carried here, within the time that `limit` says.
# The machine's own programs do not see the libraries.
start() {
    if [ -z "$loader" ]; then
        LD_LIBRARY_PATH=$libraries $limit "$@"
    else
        $limit "$loader" --library-path "$here/libc:$libraries" "$@"
    fi
}

# Whether the machine's C library serves, or else the one that was carried here.
find_loader() {
    start bin/generative-model --version >log 2>&1 && return
    head -n 1 log
    loader=$here/libc/ld.so
    start bin/generative-model --version >log 2>&1 || return 1
    echo "The machine's C library is too old: programs run with the one that was carried here"
}

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

# A training by a process for each GPU, by the machine's MPI and NCCL.
ranks() {
    gpus=$(nvidia-smi -L | grep -c '^GPU ')
    if [ "$gpus" -lt 2 ]; then
        echo "SKIPPED several GPUs: the machine has $gpus"
    elif [ ! -e bin/unit-ranks ]; then
        echo "SKIPPED several GPUs: bin/unit-ranks was not packed"
    elif ! command -v mpirun >/dev/null; then
        echo "SKIPPED several GPUs: the machine has no mpirun, of Open MPI 4 or 5"
    elif [ -n "$loader" ]; then
        echo "SKIPPED several GPUs: MPI is the machine's, and its C library is too old"
    else
        part "two GPUs" start bin/unit-ranks -p /ranks/two
        [ "$gpus" -lt 4 ] || part "four GPUs" start bin/unit-ranks -p /ranks/four
    fi
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
            LD_LIBRARY_PATH=$libraries python3 tests/benchmarks/training_step.py --device cuda bin/training-step $preset ||
                failed=$((failed + 1))
            continue
        fi
        for precision in fp32 tf32 fp16 bf16; do
            if start bin/training-step $preset 128 1 "${STEPS:-200}" cuda $precision >log 2>&1; then
                sort -n log | awk -v name="ours $precision, batch 128" '{ t[NR] = $1 }
                    END { printf "%s: best %s ms  median %s ms\n", name, t[1], t[int ((NR + 1) / 2)] }'
            else
                tail -n 4 log
                failed=$((failed + 1))
            fi
        done
    done
}

# Pipelines, with the GStreamer that was carried here and nothing of the machine's.
elements() {
    if [ ! -d elements ]; then
        echo "SKIPPED elements: they were not packed"
        return
    fi
    export GST_PLUGIN_SYSTEM_PATH="" GST_PLUGIN_PATH="$here/elements"
    export GST_REGISTRY="$here/registry.bin" GST_REGISTRY_FORK=no
    limit='timeout 300'
    libraries="$here/gstreamer:$libraries"
    # Without a decoder's library, which not every container has, GStreamer has no CUDA elements.
    if ! PATH=$PATH:/sbin:/usr/sbin ldconfig -p | grep -q 'libnvcuvid\.so\.1'; then
        echo "SKIPPED decoders: the machine has no libnvcuvid.so.1, and one that decodes nothing is put in its place"
        libraries="$libraries:$here/stand-in"
    fi
    # What GStreamer compiles its converters with, which not every machine has by the plain name.
    for folder in $(echo "$libraries" | tr ':' ' '); do
        for file in "$folder"/libnvrtc.so.[0-9]*; do
            [ -e "$file" ] && export GST_CUDA_NVRTC_LIBNAME="$file"
        done
    done
    if ! start bin/gst-launch-1.0 --version >log 2>&1; then
        echo "SKIPPED elements: GStreamer does not start here: $(tail -n 1 log)"
        return
    fi
    part "pipelines" start bin/element-cuda-frames
    part "augmentation" start bin/element-cuda-augment
    part "marks" start bin/element-cuda-mark
    if [ "${BENCHMARK:-1}" = 0 ]; then
        echo "SKIPPED frames a second: BENCHMARK=0"
        return
    fi
    if ! start bin/gst-launch-1.0 -q -f videotestsrc num-buffers=64 ! video/x-raw,format=RGB,width=64,height=64 ! \
        gantrainer preset=dcgan max-steps=1 batch-size=8 device=cuda checkpoint=models overwrite=true >log 2>&1; then
        echo "== gantrainer"
        tail -n 4 log
        failed=$((failed + 1))
        return
    fi
    latents="latentsrc num-buffers=" generator="generator device=cuda model=models/generator.onnx"
    cuda="video/x-raw(memory:CUDAMemory)"
    rate "generator, to the system" "! $generator ! fakesink"
    rate "generator, on the GPU" "! $generator ! $cuda ! fakesink"
    rate "generator and discriminator, on the GPU" \
        "! $generator ! discriminator device=cuda model=models/discriminator.onnx ! $cuda ! fakesink"
    rate "generator, cudaconvertscale, nvh264enc" \
        "! $generator ! $cuda ! cudaconvertscale ! $cuda,format=NV12,width=256,height=256 ! nvh264enc ! fakesink"
}

# rate NAME LAUNCH: frames a second behind a latentsrc, by what 4000 more of them take.
rate() {
    for frames in 500 4500; do
        began=$(date +%s%N)
        # Unquoted on purpose: the words of a pipeline.
        # shellcheck disable=SC2086
        if ! start bin/gst-launch-1.0 -q -f $latents$frames $2 >log 2>&1; then
            case $2 in
            *nvh264enc*) echo "SKIPPED $1: $(grep -m 1 -E 'ERROR|WARNING|no element' log)" ;;
            *)
                echo "== $1"
                tail -n 4 log
                failed=$((failed + 1))
                ;;
            esac
            return
        fi
        took=$(($(date +%s%N) - began))
        [ $frames = 500 ] && start_up=$took
    done
    echo "$1: $((4000 * 1000000000 / (took - start_up))) frames a second (DCGAN 64, batch 1)"
}

# The nets of nets.py, for which PyTorch is needed; peers that are missing are named.
inference() {
    if [ "${BENCHMARK:-1}" = 0 ]; then
        echo "SKIPPED inference: BENCHMARK=0"
    elif ! python3 -c 'import torch, numpy' 2>/dev/null; then
        echo "SKIPPED inference: python3 has no torch, which writes the nets"
    else
        echo "== inference"
        LD_LIBRARY_PATH=$libraries python3 tests/benchmarks/inference.py lib/libgenerative.so.0 --device cuda ||
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
            part "$test, sanitized" env GEN_TEST_PLANS=20 LD_LIBRARY_PATH="$libraries" compute-sanitizer --leak-check full \
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
    libraries="$here/lib:$found/usr/local/cuda/lib64:${LD_LIBRARY_PATH:-}"
    export GEN_CUDA_MODULE="$here/lib/device/cuda/generative-cuda.so"
    if ! find_loader; then
        echo "Nothing runs here:"
        cat log
        exit 1
    fi
    nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader
    for test in bin/unit-device*; do
        part "$test" start "$test"
    done
    for precision in fp32 tf32; do
        part "ONNX backend tests, $precision" start bin/generative-model check --device cuda \
            --precision $precision --supported data
    done
    export GEN_TEST_PLANS="${PLANS:-10000}"
    part "$GEN_TEST_PLANS plans" start bin/unit-device-plans -p /device/plans/many
    unset GEN_TEST_PLANS
    ranks
    before=$libraries
    elements
    limit='' libraries=$before
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
