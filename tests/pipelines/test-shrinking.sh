#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Smaller models from training to playing: channels go, the student learns from what it was, and
# plays; bytes are trained and made bytes again; a model in other words plays the same; and whoever
# asks for what cannot be is told.
. "$(dirname "$0")/harness.sh"
cd "$work" || exit 1
tool=$GENERATIVE_MODEL
export XDG_CACHE_HOME="$work/cache"

pictures() {
    echo "videotestsrc pattern=zone-plate kx2=20 ky2=20 kt=1 num-buffers=$1 ! video/x-raw,format=GRAY8,width=28,height=28"
}
# shot FILE MODEL: four pictures as bytes.
shot() {
    timeout 60 gst-launch-1.0 -q latentsrc seed=5 num-buffers=4 ! generator threads=1 model="$2" ! filesink location="$1"
}
size() { stat -c %s "$1"; }
# apart FILE OTHER: the mean difference of their bytes, in levels.
apart() {
    cmp -l "$1" "$2" | awk -v n="$(size "$1")" '
        function level(octal) { return int (octal / 100) * 64 + int (octal % 100 / 10) * 8 + octal % 10 }
        { d = level($2) - level($3); sum += d < 0 ? -d : d }
        END { print sum / n }'
}
less() { awk "BEGIN { exit !($1 < $2) }"; }
student="modeltrainer recipe=generator-distillation teacher-model=base/ema.onnx batch-size=16 seed=1
    threads=2 silent=true ema=0.9 learning-rate=0.003"

succeeds "a net is trained" gst-launch-1.0 -q $(pictures 640) ! gantrainer preset=dcgan width=16 \
    latent-size=16 batch-size=16 max-steps=40 seed=1 threads=2 silent=true ema=0.9 checkpoint=base
shot base.raw base/ema.onnx

succeeds "half of its channels go" $tool prune base/ema.onnx -o half.onnx --ratio=0.5 --round-to=8 \
    --seconds=0 --judged=32 --report=half.json
holds "the file is less than half" test "$(size half.onnx)" -lt $(($(size base/ema.onnx) * 55 / 100))
holds "and the report has it" grep -q '16 of 32\|8 of 16' half.json
shot half.raw half.onnx
succeeds "it learns from what it was" gst-launch-1.0 -q $(pictures 960) ! $student \
    student-model=half.onnx max-steps=60 checkpoint=halved
shot halved.raw halved/ema.onnx
holds "it plays pictures of that size" test "$(size halved.raw)" = "$(size base.raw)"
holds "which are nearer than before" less "$(apart base.raw halved.raw)" "$(apart base.raw half.raw)"
succeeds "layers that are named stay" sh -c "$tool prune base/ema.onnx -o kept.onnx --keep='up0*' --seconds=0 \
    --judged=32 | grep '^ConvTranspose.*8 of 16 channels left\$'"
succeeds "shapes of runs are said" $tool prune base/ema.onnx -o shaped.onnx --shape=latent=1x16 --seconds=0 \
    --samples=4 --judged=4
succeeds "half of the arithmetic goes" $tool prune base/ema.onnx -o flops.onnx --of=flops --criterion=taylor \
    --across --seconds=0 --judged=32
holds "less of the channels than half" test "$(size flops.onnx)" -gt "$(size half.onnx)"

succeeds "bytes are made of it" $tool quantize halved/ema.onnx -o bytes.onnx --seconds=0 --judged=32
succeeds "and floats to learn" $tool convert bytes.onnx -o learning.onnx --trainable --seconds=0
succeeds "which are trained" gst-launch-1.0 -q $(pictures 320) ! $student student-model=learning.onnx \
    max-steps=20 checkpoint=learned
succeeds "and are bytes again" $tool convert learned/ema.onnx -o learned.onnx --fold --seconds=0
holds "as few" test "$(size learned.onnx)" -lt $(($(size halved/ema.onnx) / 2))
shot learned.raw learned.onnx
holds "as near as before" less "$(apart base.raw learned.raw)" "$(apart base.raw half.raw)"

succeeds "other words" $tool convert base/ema.onnx -o other.onnx --opset=21 --layout=nhwc --external-data \
    --seconds=0 --report=other.json
holds "both are measured" grep -q '"memory"' other.json
shot other.raw other.onnx
holds "play the same" cmp base.raw other.raw

complains "all cannot go" 'ratio should be between 0 and 1' $tool prune base/ema.onnx -o x.onnx --ratio=1
complains "nor by a criterion that is none" 'there is no criterion of channels "l3".*taylor' \
    $tool prune base/ema.onnx -o x.onnx --criterion=l3
complains "what is quantised cannot be pruned" 'prune first' $tool prune bytes.onnx -o x.onnx
complains "a file is not replaced unasked" "'half.onnx' is there already" \
    $tool prune base/ema.onnx -o half.onnx
complains "nor one that is no model" "cannot read 'nothing.onnx'" $tool prune nothing.onnx -o x.onnx
complains "an opset that is none" 'opset 40 should be one from 11 to 26' \
    $tool convert base/ema.onnx -o x.onnx --opset=40
complains "weights that are floats already" 'not quantised in QDQ form' \
    $tool convert base/ema.onnx -o x.onnx --trainable
holds "nothing was written" test ! -e x.onnx
finish
