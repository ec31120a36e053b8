#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The main job, end to end, by gst-launch-1.0 alone: a GAN is trained on real pictures inside a
# pipeline and written as ONNX; other pipelines source noise, generate, score, measure and encode.
# Another one is trained on real drums for a while, and the pictures dance to what it plays.
#
#   sh pipelines/demo.sh [--data FOLDER] [--out FOLDER] [--epochs N]
#
#   --data FOLDER  train on your own pictures instead of 5,000 handwritten digits: in colour, cut
#                  to squares of 32 pixels, with convolutional nets in steps of 64 pictures
#   --out FOLDER   where the results go (demo/)
#   --epochs N     how often each picture is shown (digits: 100; your own: as often as 2,000
#                  steps take)
set -eu
call=$PWD
top=$(cd "$(dirname "$0")/.." && pwd)
data='' epochs='' out=$top/demo
usage() {
    echo "usage: sh pipelines/demo.sh [--data FOLDER] [--out FOLDER] [--epochs N]" >&2
    exit 2
}
while [ $# -gt 1 ]; do
    case $1 in
    --data) data=$2 ;;
    --out) out=$2 ;;
    --epochs) epochs=$2 ;;
    *) usage ;;
    esac
    shift 2
done
[ $# -eq 0 ] || usage
case $epochs in *[!0-9]* | 0) usage ;; esac
case $out in /*) ;; *) out=$call/$out ;; esac
case $data in '' | /*) ;; *) data=$call/$data ;; esac
if [ -n "$data" ] && [ ! -d "$data" ]; then
    echo "There is no folder $data" >&2
    exit 1
fi

sh "$top/pipelines/setup.sh"
build=${BUILD:-build}
case $build in /*) ;; *) build=$top/$build ;; esac
export GST_PLUGIN_PATH="$build/elements${GST_PLUGIN_PATH:+:$GST_PLUGIN_PATH}"
export GST_REGISTRY="$build/registry.bin"
mkdir -p "$out"
cd "$out"
start=$(date +%s)

say() { printf '\n== %s\n' "$*"; }
. "$top/pipelines/film.sh"

# What to train on, as the arguments of datasetsrc, and with which nets.
if [ -z "$data" ]; then
    digits=$(sh "$top/pipelines/fetch-digits.sh")
    source="location=$digits tile-width=20 tile-height=20 rows-per-label=5 fit=pad"
    reference="reference=$digits reference-tile-width=20 reference-tile-height=20 reference-rows-per-label=5"
    size=28 format=GRAY8 enlarge=4
    # A little of everything that a hand varies; digits have no mirror images.
    augment="rotate=6 scale=0.05"
    train="preset=mlp batch-size=128 ema=0.998 epochs=${epochs:-100}"
    title="${epochs:-100} epochs of 4,500 digits, with 500 more to validate by"
else
    # A link has no spaces in its name, whatever the folder is called.
    ln -sfn "$data" data
    source="location=data"
    reference="reference=data"
    size=32 format=RGB enlarge=4
    augment="flip=horizontal rotate=5 scale=0.1"
    train="preset=dcgan batch-size=64 ema=0.99"
    if [ -n "$epochs" ]; then train="$train epochs=$epochs"; else train="$train max-steps=2000"; fi
    title="the pictures of $data"
fi
picture="video/x-raw,format=$format,width=$size,height=$size"
# A tenth of the pictures is kept from training, to see how it comes on.
split="test-fraction=0 split"

# What is played is the moving average of the generator's weights: the same pictures with less of
# the last steps' noise.
say "Training on $title"
# Unquoted on purpose, here and below: words that are arguments.
launch datasetsrc $source ! "$picture" ! gantrainer $train max-steps=1 learning-rate=1e-12 seed=1 \
    checkpoint=untrained overwrite=true silent=true
launch gantrainer name=trainer $train seed=1 checkpoint=model overwrite=true \
    datasetsrc $source seed=1 $split=train ! "$picture" ! videoaugment $augment seed=1 ! trainer.sink \
    datasetsrc $source seed=1 $split=validation epochs=1 ! "$picture" ! trainer.validation

# figure FILE NAME: a number of a report's summary, its last line; the mean, where it has one.
figure() {
    tail -n 1 "$1" | sed -nE "s/.*\"$2\": ?(\{\"mean\": ?)?(-?[0-9][0-9.eE+-]*).*/\2/p" |
        awk '{ printf "%.4g\n", $1 }'
}

# measure NAME SOURCE...: score and measure 2,000 pictures, that come in walls of 10 by 10.
# Classes are told apart by pixels, since most of what a net of dense layers makes has specks, which
# are edges to the other features.
meter="qualitymeter $reference tile-width=$size tile-height=$size"
measure() {
    name=$1
    shift
    classes=identity
    if [ -z "$data" ]; then
        classes="$meter metrics=modes embedder=pixels-16x16 report=$name-classes.jsonl"
    fi
    launch "$@" ! discriminator model=model/discriminator.onnx report="$name-scores.jsonl" ! \
        $meter metrics=sharpness,contrast,diversity,frechet report="$name.jsonl" ! \
        $classes ! fakesink
}
wall="latentsrc num-buffers=20 seed=2 dimensions=100:100"
say "Measuring 2,000 pictures before and after training, and 2,000 real ones"
measure untrained $wall ! generator model=untrained/ema.onnx columns=10
measure trained $wall ! generator model=model/ema.onnx columns=10
measure real datasetsrc $source seed=2 epochs=1 num-buffers=2000 ! "$picture"

say "Contact sheet, and before beside after"
sheet="latentsrc num-buffers=1 seed=3 dimensions=100:100"
large="videoscale method=lanczos ! video/x-raw,width=$((size * 10 * enlarge)),height=$((size * 10 * enlarge))"
launch $sheet ! generator model=model/ema.onnx columns=10 ! $large ! pngenc ! \
    filesink location=sheet.png
half="latentsrc num-buffers=1 seed=3 dimensions=100:25"
square=$((size * 5 * enlarge))
large="videoscale method=lanczos ! video/x-raw,width=$square,height=$square"
launch compositor name=pair background=white sink_1::xpos=$((square + 16)) ! videoconvert ! pngenc snapshot=true ! \
    filesink location=before-after.png \
    $half ! generator model=untrained/ema.onnx columns=5 ! $large ! videoconvert ! pair.sink_0 \
    $half ! generator model=model/ema.onnx columns=5 ! $large ! videoconvert ! pair.sink_1

say "Film: ten seconds of walks between latents"
film=film.$suffix
launch latentsrc walk=slerp speed=0.5 num-buffers=300 seed=4 dimensions=100:48 ! \
    other/tensors,framerate=30/1 ! \
    generator model=model/ema.onnx columns=8 ! \
    discriminator model=model/discriminator.onnx report=scores.jsonl ! \
    qualitymeter tile-width=$size tile-height=$size report=report.jsonl ! \
    videoscale method=lanczos ! \
    video/x-raw,width=$((size * 8 * enlarge)),height=$((size * 6 * enlarge)) ! \
    videoconvert ! video/x-raw,format=I420 ! $encode_picture ! $mux ! filesink location=$film

# A fifth of the steps and of the drums that pipelines/drums.sh takes by itself.
say "Sound: a net of few channels learns drums for a minute or two"
drums=$(PACKAGES="sonic-pi-samples lmms-common" sh "$top/pipelines/fetch-drums.sh" \
    "$build/data/few-drums")
SETUP=no sh "$top/pipelines/drums.sh" --data "$drums" --steps 1500 --out "$out/drums"

say "Film: pictures that dance to them"
launch filesrc location=drums/beat.wav ! wavparse ! audioconvert ! tee name=beat \
    beat. ! queue ! audioconvert ! walk.sound \
    latentsrc name=walk walk=slerp speed=0.2 seed=5 dimensions=100:24 ! \
    other/tensors,framerate=30/1 ! generator model=model/ema.onnx columns=6 ! \
    videoscale method=lanczos ! video/x-raw,width=$((size * 6 * enlarge)),height=$((size * 4 * enlarge)) ! \
    videoconvert ! video/x-raw,format=I420 ! $encode_picture ! mux. \
    beat. ! queue max-size-time=0 max-size-buffers=0 ! audioconvert ! audioresample ! $encode_sound ! mux. \
    $mux name=mux ! filesink location=dance.$suffix

row() {
    printf '%-34s %10s %10s %10s\n' "$@"
}
# rows TITLE REPORT-SUFFIX FIGURE
rows() {
    row "$1" "$(figure "untrained$2" "$3")" "$(figure "trained$2" "$3")" "$(figure "real$2" "$3")"
}
say "Done in $(($(date +%s) - start)) s"
{
    row "" untrained trained real
    rows "Frechet distance (less is better)" .jsonl frechet
    rows "diversity" .jsonl diversity
    rows "sharpness" .jsonl sharpness
    rows "contrast" .jsonl contrast
    rows "discriminator's score" -scores.jsonl score
    if [ -z "$data" ]; then
        rows "classes that are reached" -classes.jsonl modes
        rows "pictures unlike all real ones" -classes.jsonl modes-unassigned
        tail -n 1 trained-classes.jsonl | sed -nE 's/.*"modes-shares":\{([^}]*)\}.*/\1/p' | tr ',' '\n' |
            awk -F: '{ gsub (/"/, "", $1); printf "%s  %s: %.1f%%", NR == 1 ? "trained, by class:" : "", $1, $2 * 100 } END { print "" }'
    fi
} | tee figures.txt
echo
for file in "$film" "dance.$suffix" drums/beat.wav drums/kit drums/sheet.png sheet.png before-after.png figures.txt report.jsonl scores.jsonl \
    model/ema.onnx model/discriminator.onnx; do
    echo "$out/$file"
done
