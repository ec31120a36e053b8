#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The main job, end to end, by gst-launch-1.0 alone: a model is trained on real pictures inside a
# pipeline and written as ONNX; other pipelines source noise, generate, score, measure and encode.
# Another one is trained on real drums for a while, and the pictures dance to what it plays.
#
#   sh pipelines/demo.sh [--data FOLDER] [--out FOLDER] [--epochs N]
#
#   --data FOLDER  train on your own pictures instead of 5,000 handwritten digits: in colour, cut
#                  to squares of 32 pixels. A GAN learns the digits; your own, which differ more,
#                  become codes, and a transformer learns which of these follow which
#   --out FOLDER   where the results go (demo/)
#   --epochs N     how often each picture is shown (digits: 100; your own: as often as 2,500 steps
#                  of 16 pictures and 4,000 steps of 32 take)
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

# What to train on, as the arguments of datasetsrc, and what plays what was learned, from latents of
# how many numbers. Digits have no mirror images; else there is a little of everything that a hand
# or a camera varies.
if [ -z "$data" ]; then
    digits=$(sh "$top/pipelines/fetch-digits.sh")
    source="location=$digits tile-width=20 tile-height=20 rows-per-label=5 fit=pad"
    reference="reference=$digits reference-tile-width=20 reference-tile-height=20 reference-rows-per-label=5"
    size=28 format=GRAY8 augment="rotate=6 scale=0.05"
    # The moving average of the weights: the same pictures with less of the last steps' noise.
    player=ema.onnx latents=100
    title="${epochs:-100} epochs of 4,500 digits, with 500 more to validate by"
else
    # A link has no spaces in its name, whatever the folder is called.
    ln -sfn "$data" data
    source="location=data"
    reference="reference=data"
    size=32 format=RGB augment="flip=horizontal"
    player=generator.onnx latents=64
    title="the pictures of $data"
fi
enlarge=4
picture="video/x-raw,format=$format,width=$size,height=$size"

# train FOLDER ELEMENT SETTING...: a tenth of the pictures is kept from training, to see how it
# comes on.
train() {
    folder=$1
    shift
    # Unquoted on purpose, here and below: words that are arguments.
    launch "$@" name=trainer seed=1 checkpoint="$folder" overwrite=true \
        datasetsrc $source seed=1 test-fraction=0 split=train ! "$picture" ! \
        videoaugment $augment seed=1 ! trainer.sink \
        datasetsrc $source seed=1 test-fraction=0 split=validation epochs=1 ! "$picture" ! \
        trainer.validation
}
# untrained ELEMENT SETTING...: the same nets, as they are drawn.
untrained() {
    launch datasetsrc $source ! "$picture" ! "$@" max-steps=1 learning-rate=1e-12 seed=1 \
        checkpoint=untrained overwrite=true silent=true
}
# length STEPS: how long to train.
length() {
    if [ -n "$epochs" ]; then echo "epochs=$epochs"; else echo "max-steps=$1"; fi
}

say "Training on $title"
if [ -z "$data" ]; then
    nets="gantrainer preset=mlp batch-size=128 ema=0.998"
    untrained $nets
    train model $nets epochs="${epochs:-100}"
else
    train codes modeltrainer preset=vq-vae latent-size=8 codes=256 width=24 reconstruction=l1 \
        learning-rate-schedule=cosine batch-size=16 $(length 2500)
    nets="modeltrainer preset=transformer tokenizer=codes width=128"
    untrained $nets
    train model $nets learning-rate-schedule=cosine validation-interval=500 $(length 4000)
fi

# figure FILE NAME: a number of a report's summary, its last line; the mean, where it has one.
figure() {
    tail -n 1 "$1" | sed -nE "s/.*\"$2\": ?(\{\"mean\": ?)?(-?[0-9][0-9.eE+-]*).*/\2/p" |
        awk '{ printf "%.4g\n", $1 }'
}

# measure NAME SOURCE...: measure 2,000 pictures, that come in walls of 10 by 10; and score them, by
# the net that judged while the digits were learned. Classes are told apart by pixels, since most of
# what a net of dense layers makes has specks, which are edges to the other features.
meter="qualitymeter $reference tile-width=$size tile-height=$size"
measure() {
    name=$1
    shift
    if [ -z "$data" ]; then
        set -- "$@" ! discriminator model=model/discriminator.onnx report="$name-scores.jsonl" ! \
            $meter metrics=modes embedder=pixels-16x16 report="$name-classes.jsonl"
    fi
    launch "$@" ! $meter metrics=sharpness,contrast,diversity,frechet report="$name.jsonl" ! fakesink
}
wall="latentsrc num-buffers=20 seed=2 dimensions=$latents:100"
say "Measuring 2,000 pictures before and after training, and 2,000 real ones"
measure untrained $wall ! generator model=untrained/$player columns=10
measure trained $wall ! generator model=model/$player columns=10
measure real datasetsrc $source seed=2 epochs=1 num-buffers=2000 ! "$picture"

# enlarged COLUMNS ROWS: a wall of so many pictures, large enough to look at.
enlarged() {
    echo "videoscale method=lanczos ! video/x-raw,width=$((size * $1 * enlarge)),height=$((size * $2 * enlarge))"
}
say "Contact sheet, and before beside after"
launch latentsrc num-buffers=1 seed=3 dimensions=$latents:100 ! \
    generator model=model/$player columns=10 ! $(enlarged 10 10) ! pngenc ! filesink location=sheet.png
half="latentsrc num-buffers=1 seed=3 dimensions=$latents:25"
launch compositor name=pair background=white sink_1::xpos=$((size * 5 * enlarge + 16)) ! \
    videoconvert ! pngenc snapshot=true ! filesink location=before-after.png \
    $half ! generator model=untrained/$player columns=5 ! $(enlarged 5 5) ! videoconvert ! pair.sink_0 \
    $half ! generator model=model/$player columns=5 ! $(enlarged 5 5) ! videoconvert ! pair.sink_1

# Films say that a model made them: in their pictures by a mark, in their tags, and signed by a key
# for demonstration, where this build signs and they are MP4.
[ -e mark.key ] || (umask 077 && head -c 32 /dev/urandom >mark.key)
mark="videomark key=mark.key operator=1 model=model/$player"
sign=''
if [ $suffix = mp4 ] && { [ -e keys ] || "$build/tools/generative-model" c2pa demonstration-key keys >/dev/null 2>&1; }; then
    sign="! c2pasign key=keys/key.pem certificate=keys/certificate.pem model=model/$player"
fi
film=film.$suffix
encoded="videoconvert ! video/x-raw,format=I420 ! $mark ! $encode_picture"
if [ -z "$data" ]; then
    say "Film: ten seconds of walks between latents"
    launch latentsrc walk=slerp speed=0.5 num-buffers=300 seed=4 dimensions=$latents:48 ! \
        other/tensors,framerate=30/1 ! generator model=model/$player columns=8 ! \
        discriminator model=model/discriminator.onnx report=scores.jsonl ! \
        qualitymeter tile-width=$size tile-height=$size report=report.jsonl ! \
        $(enlarged 8 6) ! $encoded ! $mux $sign ! filesink location=$film
else
    # Between codes there is nothing to walk through.
    say "Film: ten seconds of new pictures"
    launch latentsrc num-buffers=20 seed=4 dimensions=$latents:48 ! other/tensors,framerate=2/1 ! \
        generator model=model/$player columns=8 ! \
        qualitymeter tile-width=$size tile-height=$size report=report.jsonl ! \
        videorate ! video/x-raw,framerate=30/1 ! $(enlarged 8 6) ! $encoded ! $mux $sign ! filesink location=$film
fi

# A fifth of the steps and of the drums that pipelines/drums.sh takes by itself.
say "Sound: a net of few channels learns drums for a minute or two"
drums=$(PACKAGES="sonic-pi-samples lmms-common" sh "$top/pipelines/fetch-drums.sh" \
    "$build/data/few-drums")
SETUP=no sh "$top/pipelines/drums.sh" --data "$drums" --steps 1500 --out "$out/drums"

say "Film: pictures that dance to them"
launch filesrc location=drums/beat.wav ! wavparse ! audioconvert ! tee name=beat \
    beat. ! queue ! audioconvert ! walk.sound \
    latentsrc name=walk walk=slerp speed=0.2 seed=5 dimensions=$latents:24 ! \
    other/tensors,framerate=30/1 ! generator model=model/$player columns=6 ! $(enlarged 6 4) ! \
    $encoded ! mux. \
    beat. ! queue max-size-time=0 max-size-buffers=0 ! audioconvert ! audioresample ! $encode_sound ! mux. \
    $mux name=mux $sign ! filesink location=dance.$suffix

say "What the films say of themselves"
for made in $film dance.$suffix; do
    "$build/tools/generative-model" mark read "$made" --key=mark.key || true
    if [ -n "$sign" ]; then
        "$build/tools/generative-model" c2pa read "$made" --authorities keys/authority.pem |
            sed -nE "s/^ *\"validation_state\" : \"(.*)\",/$made: signed, and \1 by keys\/authority.pem/p"
    fi
done

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
    if [ -z "$data" ]; then
        rows "discriminator's score" -scores.jsonl score
        rows "classes that are reached" -classes.jsonl modes
        rows "pictures unlike all real ones" -classes.jsonl modes-unassigned
        tail -n 1 trained-classes.jsonl | sed -nE 's/.*"modes-shares":\{([^}]*)\}.*/\1/p' | tr ',' '\n' |
            awk -F: '{ gsub (/"/, "", $1); printf "%s  %s: %.1f%%", NR == 1 ? "trained, by class:" : "", $1, $2 * 100 } END { print "" }'
    fi
} | tee figures.txt
echo
for file in "$film" "dance.$suffix" drums/beat.wav drums/kit drums/sheet.png sheet.png before-after.png \
    figures.txt report.jsonl "model/$player"; do
    echo "$out/$file"
done
