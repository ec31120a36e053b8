#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Drums, end to end, by gst-launch-1.0 alone: a WaveGAN is trained on real drum hits inside a
# pipeline and written as ONNX; other pipelines make hits of noise, measure them, and play them.
#
#   sh pipelines/drums.sh [--data FOLDER] [--out FOLDER] [--steps N]
#
#   --data FOLDER  hits of your own: a folder `train` and a folder `held` of those to compare with,
#                  each with or without a folder for each kind of drum
#   --out FOLDER   where the results go (drums/)
#   --steps N      how long it trains (8,000)
#
#   BUILD  (environment) the folder that it is built in, within this one (build)
#   SETUP=no  (environment) what is built there already is taken as it is
set -eu
call=$PWD
top=$(cd "$(dirname "$0")/.." && pwd)
data='' steps=8000 out=$top/drums
usage() {
    echo "usage: sh pipelines/drums.sh [--data FOLDER] [--out FOLDER] [--steps N]" >&2
    exit 2
}
while [ $# -gt 1 ]; do
    case $1 in
    --data) data=$2 ;;
    --out) out=$2 ;;
    --steps) steps=$2 ;;
    *) usage ;;
    esac
    shift 2
done
[ $# -eq 0 ] || usage
case $steps in '' | *[!0-9]* | 0) usage ;; esac
case $out in /*) ;; *) out=$call/$out ;; esac
case $data in '' | /*) ;; *) data=$call/$data ;; esac
if [ -n "$data" ] && { [ ! -d "$data/train" ] || [ ! -d "$data/held" ]; }; then
    echo "There are no folders $data/train and $data/held" >&2
    exit 1
fi

[ "${SETUP:-yes}" = no ] || sh "$top/pipelines/setup.sh"
build=${BUILD:-build}
case $build in /*) ;; *) build=$top/$build ;; esac
export GST_PLUGIN_PATH="$build/elements${GST_PLUGIN_PATH:+:$GST_PLUGIN_PATH}"
export GST_REGISTRY="$build/registry.bin"
mkdir -p "$out"
cd "$out"
start=$(date +%s)

say() { printf '\n== %s\n' "$*"; }
launch() { gst-launch-1.0 -q "$@"; }

# Half a second of mono sound is a hit.
rate=16000 frames=8192 seconds=0.512
sound="audio/x-raw,format=S16LE,rate=$rate,channels=1"
if [ -z "$data" ]; then data=$(sh "$top/pipelines/fetch-drums.sh"); fi

# Every file's beginning, as loud as can be: the same for training and for comparisons. Reading
# `hop` frames on, there is nothing left of it.
say "Cutting the hits to $seconds s at $rate Hz"
rm -rf hits
(cd "$data" && find -L train held -type f) | LC_ALL=C sort >files.txt
cut() {
    mkdir -p "hits/$(dirname "$1")"
    launch datasetsrc location="$data/$1" window=$frames hop=268435456 normalize=peak epochs=1 ! \
        "$sound" ! wavenc ! filesink location="hits/${1%.*}.wav" >cut.log 2>&1 ||
        { rm "hits/${1%.*}.wav" && echo "left out: $1"; }
}
while read -r file; do cut "$file" </dev/null; done <files.txt
echo "$(find hits/train -type f | wc -l) hits to train on, $(find hits/held -type f | wc -l) held back"

# What is played is the moving average of the generator's weights, as it was when it came nearest to
# the hits that are held back.
train="preset=wavegan length=$frames seed=1"
say "Training for $steps steps"
# Unquoted on purpose, here and below: words that are arguments.
launch datasetsrc location=hits/train ! "$sound" ! gantrainer $train max-steps=1 \
    learning-rate=1e-12 checkpoint=untrained overwrite=true silent=true
launch gantrainer name=trainer $train max-steps=$steps checkpoint=model overwrite=true \
    validation-interval=500 preview-interval=500 ! pngenc ! multifilesink location=sheet.png \
    datasetsrc location=hits/train seed=1 ! "$sound" ! \
    audioaugment gain=3 shift=0.002 seed=1 ! trainer.sink \
    datasetsrc location=hits/held seed=1 epochs=1 ! "$sound" ! trainer.validation

# figure FILE NAME: a number of a report's summary, its last line; the mean, where it has one.
figure() {
    tail -n 1 "$1" | sed -nE "s/.*\"$2\": ?(\{\"mean\": ?)?(-?[0-9][0-9.eE+-]*).*/\2/p" |
        awk '{ printf "%.4g\n", $1 }'
}

# measure NAME SOURCE...: as many made hits as were held back beside the hits trained on.
held=$(find hits/held -type f | wc -l)
measure() {
    name=$1
    shift
    launch "$@" ! "$sound" ! qualitymeter reference=hits/train window=$seconds \
        metrics=frechet,nearest,diversity,silence,spectral-centroid report="$name.jsonl" ! fakesink
}
made="latentsrc num-buffers=$held seed=2 dimensions=100"
say "Measuring $held hits before and after training, and the $held that were held back"
measure untrained $made ! generator model=untrained/ema.onnx
measure trained $made ! generator model=model/best/ema.onnx
measure held datasetsrc location=hits/held epochs=1 seed=2

say "A kit of 32 hits"
mkdir -p kit
rm -f kit/*
for seed in $(seq 1 32); do
    n=$(printf %02d "$seed")
    launch latentsrc num-buffers=1 seed="$seed" dimensions=100 ! generator model=model/best/ema.onnx ! \
        "$sound" ! qualitymeter metrics=spectral-centroid window=0.128 report=hit.jsonl ! \
        wavenc ! filesink location="kit/$n.wav"
    # How bright it begins.
    head -n 1 hit.jsonl >first.jsonl
    echo "$(figure first.jsonl spectral-centroid) $n"
done | sort -g >order.txt
# From dark to bright: a kick, a snare and a hat.
pick() { awk -v at="$1" '{ n[NR] = $2 } END { print n[int (1 + at * (NR - 1))] }' order.txt; }
kick=$(pick 0) snare=$(pick 0.7) hat=$(pick 1)

say "A beat: kick $kick, snare $snare, hat $hat"
pads='' sources='' n=0
# hit WAV SIXTEENTH: at 120 beats a minute.
hit() {
    pads="$pads sink_$n::offset=$(($2 * 125000000))"
    sources="$sources filesrc location=kit/$1.wav ! wavparse ! audioconvert ! mix.sink_$n"
    n=$((n + 1))
}
for bar in 0 16 32 48; do
    for at in 0 6 8; do hit "$kick" $((bar + at)); done
    for at in 4 12; do hit "$snare" $((bar + at)); done
    for at in 0 2 4 6 8 10 12 14; do hit "$hat" $((bar + at)); done
done
launch audiomixer name=mix $pads ! audioconvert ! volume volume=0.5 ! "$sound" ! wavenc ! \
    filesink location=beat.wav $sources

row() {
    printf '%-46s %10s %10s %10s\n' "$@"
}
rows() {
    row "$1" "$(figure untrained.jsonl "$2")" "$(figure trained.jsonl "$2")" "$(figure held.jsonl "$2")"
}
say "Done in $(($(date +%s) - start)) s"
{
    row "" untrained trained real
    rows "Frechet distance to the hits trained on" frechet
    rows "distance to the nearest of these, dB" nearest
    rows "the least of them, dB" nearest-least
    rows "that of these among themselves, dB" nearest-within-reference
    rows "diversity, dB" diversity
    rows "silence, share" silence
    rows "spectral centroid, Hz" spectral-centroid
} | tee figures.txt
echo
for file in kit beat.wav sheet.png figures.txt model/best/ema.onnx model/best/discriminator.onnx; do
    echo "$out/$file"
done
