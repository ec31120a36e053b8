#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Real digits, or waves where there are none, are found in the latents of a generator that has not
# seen them, moved and mixed there, and a classifier still knows them; a search that is interrupted
# keeps what it has; and what is no model, picture or file of latents is refused.
. "$(dirname "$0")/harness.sh"

cd "$work" || exit 1
digits=${GENERATIVE_DIGITS:-$build/data/digits.png}
if [ -s "$digits" ]; then
    source="datasetsrc location=$digits tile-width=20 tile-height=20 rows-per-label=5 fit=pad test-fraction=0"
else
    echo "# no digits, which sh pipelines/fetch-digits.sh brings: waves in their place"
    succeeds "waves become files" draw_waves waves 300 translate=0.1 rotate=15 scale=0.2
    source="datasetsrc location=waves test-fraction=0"
fi
grey="video/x-raw,format=GRAY8,width=28,height=28"
tool=$GENERATIVE_MODEL
# Unquoted on purpose: words that are arguments.
succeeds "a decoder is trained" gst-launch-1.0 -q $source split=train ! $grey ! \
    modeltrainer silent=true seed=1 preset=vae latent-size=32 ema=0.99 max-steps=1500 checkpoint=vae
succeeds "and a classifier" gst-launch-1.0 -q $source split=train ! $grey ! \
    modeltrainer silent=true seed=1 preset=classifier ema=0.98 max-steps=150 checkpoint=classes
succeeds "pictures that neither has seen" gst-launch-1.0 -q $source split=validation num-buffers=60 ! $grey ! \
    datasetsink location=held

# play LATENTSRC... FOLDER: each latent in held.npy, changed as the arguments say, in a picture of
# its own; sorted into the classes of what was found there, in their order.
play() {
    folder=$1
    shift
    rm -rf frames "$folder" && mkdir frames
    timeout 120 gst-launch-1.0 -q latentsrc keyframe-location=held.npy num-buffers=60 "$@" ! \
        other/tensors,framerate=1/1 ! generator model=vae/decoder.onnx ! pngenc ! \
        multifilesink location=frames/%02d.png >log 2>&1 || return 1
    /usr/bin/python3 - "$folder" <<'END'
import json, pathlib, shutil, sys
for i, sample in enumerate (json.load (open ("held.json"))["samples"]):
    to = pathlib.Path (sys.argv[1]) / pathlib.Path (sample["file"]).parent.name
    to.mkdir (parents=True, exist_ok=True)
    shutil.copy (f"frames/{i:02d}.png", to)
END
}
# right FOLDER: the share of it that the classifier takes for its class.
right() {
    timeout 120 "$tool" robustness classes/ema.onnx "$1" --attacks=fgsm --epsilons=0 --json 2>log |
        /usr/bin/python3 -c 'import json, sys; print (json.load (sys.stdin)["accuracy"])'
}
above() { awk "BEGIN { exit !(${1:-0} >= $2) }"; }

succeeds "they are found in its latents" sh -c \
    "'$tool' invert vae/decoder.onnx held --json --output=held.npy --sheet=found.png --steps=200 >held.json"
mean=$(/usr/bin/python3 -c '
import json
found = [of["psnr"] for of in json.load (open ("held.json"))["samples"]]
print (sum (found) / len (found) if len (found) == 60 else 0)')
holds "60 of them, in the mean to $mean dB" above "$mean" 20
given=$(right held)
play found
as=$(right found)
holds "$given are known as they are, $as as they were found" above "$as" "0.9 * $given"
succeeds "directions are found" "$tool" directions vae/decoder.onnx --output=pca.npz --sheet=pca.png
play moved direction-location=pca.npz direction=pca-3 direction-amount=0.7
moved=$(right moved)
holds "$moved as they were moved" above "$moved" "0.7 * $given"
# Half-way to the next one, which is mostly of the same class, as they are sorted by it.
play mixed mixing-location=held.npy mixing-amount=0.3 walk=slerp
mixed=$(right mixed)
holds "$mixed with a third of another" above "$mixed" "0.6 * $given"

succeeds "directions towards classes are" "$tool" directions vae/decoder.onnx \
    --classifier=classes/ema.onnx --output=classes.npz
for class in 0 1 2 3 4 5 6 7 8 9; do
    mkdir -p all/$class
    timeout 60 gst-launch-1.0 -q latentsrc keyframe-location=held.npy num-buffers=60 \
        direction-location=classes.npz direction=$class direction-amount=6 ! other/tensors,framerate=1/1 ! \
        generator model=vae/decoder.onnx ! pngenc ! multifilesink location=all/$class/%02d.png >log 2>&1
done
pushed=$(right all)
holds "$pushed of what goes towards a class are of it" above "$pushed" 0.7

# What a generator has made is nearly itself.
timeout 60 gst-launch-1.0 -q latentsrc seed=77 num-buffers=6 ! generator model=vae/decoder.onnx ! pngenc ! \
    multifilesink location=own%d.png
succeeds "what it has made itself is found" sh -c \
    "'$tool' invert vae/decoder.onnx own?.png --encoder=none --json >own.json"
least=$(/usr/bin/python3 -c '
import json; print (min (of["psnr"] for of in json.load (open ("own.json"))["samples"]))')
holds "the furthest to $least dB" above "$least" 30

# Ctrl-C.
"$tool" invert vae/decoder.onnx held --json --steps=1000000 --starts=1 --output=stopped.npy >stopped.json 2>log &
search=$!
sleep 3
kill -INT $search
wait $search
holds "an interrupted search says so" test $? -eq 130
holds "and keeps what it has" /usr/bin/python3 -c '
import json, numpy
told = json.load (open ("stopped.json"))
assert numpy.load ("stopped.npy").shape == (60, 32)
assert told["stopped"] and any (of["psnr"] is not None for of in told["samples"])'

# What is refused.
echo text >text.png
complains "a text that is called a picture" "text.png" "$tool" invert vae/decoder.onnx text.png
complains "no such file" "nothing.png" "$tool" invert vae/decoder.onnx nothing.png
complains "a model of pictures" "an input of latents is wanted|generator of pictures" "$tool" invert classes/ema.onnx own0.png
complains "no model" "text.png" "$tool" invert text.png own0.png
complains "an encoder that is none" "an encoder makes a vector" \
    "$tool" invert vae/decoder.onnx own0.png --encoder=vae/decoder.onnx
complains "a folder that there is not, before anything is looked for" "cannot write" \
    "$tool" invert vae/decoder.onnx own0.png --steps=1000000 --output=nowhere/latents.npy
complains "a space that there is not" "it has no style" "$tool" invert vae/decoder.onnx own0.png --space=style
complains "a setting out of its range" "steps is 0" "$tool" invert vae/decoder.onnx own0.png --steps=0
complains "more samples than can be held" "of 784 numbers each" \
    "$tool" directions vae/decoder.onnx --samples=1000000
printf 'a\nb\n' >labels.txt
complains "labels that are not as many as latents" "has 2 labels" \
    "$tool" directions vae/decoder.onnx --latents=held.npy --labels=labels.txt
head -c 200 held.npy >cut.npy
complains "latents that are cut short" "cut.npy" \
    "$tool" directions vae/decoder.onnx --latents=cut.npy --labels=labels.txt
head -c 100 pca.npz >cut.npz
complains "directions that are cut short" "cut.npz" \
    gst-launch-1.0 latentsrc direction-location=cut.npz num-buffers=1 ! fakesink
complains "a direction that there is not" 'no direction "smile"; there are pca-1' \
    gst-launch-1.0 latentsrc dimensions=32 direction-location=pca.npz direction=smile num-buffers=1 ! fakesink
finish
