#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Adapters from training to playing: what is written is what plays beside the base and what merge
# makes, training goes on bit for bit, and another base is refused wherever one is named.
. "$(dirname "$0")/harness.sh"
cd "$work" || exit 1

# Pictures that are the same each time, of two kinds.
pictures() {
    echo "videotestsrc pattern=$1 kx2=20 ky2=20 kt=1 num-buffers=$2 ! video/x-raw,format=GRAY8,width=8,height=8"
}
train="gantrainer preset=mlp batch-size=8 seed=1 threads=1 silent=true ema=0.9 log-interval=0"
tool=$GENERATIVE_MODEL

# shot FILE PROPERTIES...: four pictures as bytes.
shot() {
    out=$1
    shift
    timeout 60 gst-launch-1.0 -q latentsrc seed=5 num-buffers=4 ! generator threads=1 "$@" ! filesink location="$out"
}
# near FILE OTHER: of one length, and no byte is more than one level off.
near() {
    [ "$(stat -c %s "$1")" = "$(stat -c %s "$2")" ] && [ -s "$1" ] &&
        ! cmp -l "$1" "$2" | awk '{ a = int ($2 / 100) * 64 + int ($2 % 100 / 10) * 8 + $2 % 10
            b = int ($3 / 100) * 64 + int ($3 % 100 / 10) * 8 + $3 % 10
            if (a - b > 1 || b - a > 1) print }' | grep -q .
}

succeeds "a base is trained" gst-launch-1.0 -q $(pictures zone-plate 80) ! $train checkpoint=base
for kind in lora adalora; do
    adapted="$train adapter=$kind weights=base adapter-target=all learning-rate=0.01"
    [ $kind = lora ] || adapted="$adapted adapter-budget-steps=6"
    succeeds "$kind is learned beside it" \
        gst-launch-1.0 -q $(pictures checkers-8 80) ! $adapted checkpoint=$kind
    succeeds "and again in two goes" sh -c "gst-launch-1.0 -q $(pictures checkers-8 40) ! $adapted checkpoint=$kind-2 &&
        gst-launch-1.0 -q $(pictures checkers-8 80) ! $adapted checkpoint=$kind-2 resume=true"
    holds "which comes to the same state" cmp $kind/state.safetensors $kind-2/state.safetensors
    holds "and the same file" cmp $kind/ema.adapter.safetensors $kind-2/ema.adapter.safetensors
    succeeds "inspect tells what it is" sh -c "$tool inspect $kind/generator.adapter.safetensors | grep 'an adapter, $kind, of a generator'"
    succeeds "merge adds it" $tool merge base/generator.onnx $kind/generator.adapter.safetensors -o $kind.onnx
    succeeds "it plays beside the base" \
        shot beside model=base/generator.onnx adapter=$kind/generator.adapter.safetensors
    shot merged model=$kind.onnx
    shot trained model=$kind/generator.onnx
    holds "as it is merged" near beside merged
    holds "and as the training has it" cmp -s merged trained
    shot none model=base/generator.onnx adapter=$kind/generator.adapter.safetensors adapter-scale=0
    shot base.raw model=base/generator.onnx
    holds "and at scale 0 the base plays" near none base.raw
done
holds "they are not the base" sh -c '! cmp -s base.raw trained'
succeeds "a file is small" test "$(stat -c %s lora/generator.adapter.safetensors)" -lt 80000
complains "merge replaces nothing unasked" "'lora.onnx' is there already" \
    $tool merge base/generator.onnx lora/generator.adapter.safetensors -o lora.onnx
succeeds "several are summed" shot both model=base/generator.onnx \
    adapter=lora/generator.adapter.safetensors,adalora/generator.adapter.safetensors adapter-scale=0.5,0.25
succeeds "as merge sums them" $tool merge base/generator.onnx lora/generator.adapter.safetensors \
    adalora/generator.adapter.safetensors --scale 0.5,0.25 -o both.onnx
shot both-merged model=both.onnx
holds "to the same pictures" near both both-merged

another="base/ema.onnx"
complains "generator refuses another base" "SHA-256 [0-9a-f]{64}.*those of $another are [0-9a-f]{64}" \
    gst-launch-1.0 -q latentsrc num-buffers=1 ! generator model=$another adapter=lora/generator.adapter.safetensors ! fakesink
complains "and so does merge" "'base', of SHA-256 [0-9a-f]{64}" \
    $tool merge $another lora/generator.adapter.safetensors -o wrong.onnx
holds "which writes nothing" test ! -e wrong.onnx
complains "and a training that goes on beside another" "SHA-256" \
    gst-launch-1.0 -q $(pictures checkers-8 160) ! $train adapter=lora weights=lora checkpoint=lora-2 resume=true
complains "an adapter needs a base" "fresh nets are random" \
    gst-launch-1.0 -q $(pictures checkers-8 80) ! $train adapter=lora checkpoint=alone
head -c 2000 lora/generator.adapter.safetensors >cut.safetensors
complains "a file that is cut off is refused" "cut.safetensors" \
    gst-launch-1.0 -q latentsrc num-buffers=1 ! generator model=base/generator.onnx adapter=cut.safetensors ! fakesink
complains "and so is it by inspect" "cut.safetensors" $tool inspect cut.safetensors
finish
