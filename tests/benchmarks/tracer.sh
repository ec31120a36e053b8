#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# What watching costs: pipelines without and with the tracer in turn, round after round, and the ratio of
# their medians. In the first one elements do nothing, so that it is all cost; the second one plays a
# model, where MODEL names one. GStreamer's own tracer of latencies stands beside it.
#   sh tests/benchmarks/tracer.sh [ROUNDS]
#   BUILD, MODEL  (environment) the build folder; a generator
set -eu
cd "$(dirname "$0")/../.."
build=${BUILD:-build}
rounds=${1:-7}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export GST_PLUGIN_PATH="$build/elements" GST_REGISTRY="$work/registry.bin"

# run TRACERS NAME LINE...: seconds of the line, added to a file.
run() {
    tracers=$1 name=$2
    shift 2
    start=$(date +%s.%N)
    GST_TRACERS=$tracers gst-launch-1.0 -q "$@" >/dev/null 2>&1
    echo "$start $(date +%s.%N)" | awk '{ printf "%.4f\n", $2 - $1 }' >>"$work/$name"
}
median() { sort -n "$work/$1" | awk '{ x[NR] = $1 } END { print x[int((NR + 1) / 2)] }'; }

# compare TITLE LINE...
compare() {
    title=$1
    shift
    rm -f "$work/plain" "$work/traced" "$work/latency"
    gst-launch-1.0 -q "$@" >/dev/null 2>&1
    for round in $(seq "$rounds"); do
        run "" plain "$@"
        run "generative(file=$work/metrics.prom)" traced "$@"
        run "latency(flags=element)" latency "$@"
    done
    awk -v title="$title" -v plain="$(median plain)" -v traced="$(median traced)" -v latency="$(median latency)" \
        'BEGIN { printf "%s: %.3f s; watched %.3f times as long; GStreamer'"'"'s latency tracer %.3f times\n",
            title, plain, traced / plain, latency / plain }'
}

compare "100,000 buffers through ten elements that do nothing" fakesrc num-buffers=100000 sizetype=fixed \
    sizemax=100 datarate=1000000 ! identity ! identity ! identity ! identity ! identity ! identity ! \
    identity ! identity ! identity ! identity ! fakesink
compare "20,000 frames of 320 x 240, converted" videotestsrc num-buffers=20000 ! videoconvert ! \
    video/x-raw,format=RGB ! fakesink
if [ -n "${MODEL:-}" ]; then
    compare "2000 frames of $MODEL" latentsrc num-buffers=2000 ! generator model="$MODEL" ! fakesink
fi
