#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# A classifier of real digits, or of waves where there are none, that goes on learning from a folder:
# what has come makes it better, and files with wrong labels do not take its place, though by all
# held-out samples they would; what is published is followed by a pipeline that plays, without a frame
# lost.
. "$(dirname "$0")/harness.sh"

cd "$work" || exit 1
digits=${GENERATIVE_DIGITS:-$build/data/digits.png}
if [ -s "$digits" ]; then
    succeeds "digits become files" gst-launch-1.0 -q datasetsrc location="$digits" tile-width=20 tile-height=20 \
        rows-per-label=5 epochs=1 shuffle=false ! datasetsink location=all
else
    echo "# no digits, which sh pipelines/fetch-digits.sh brings: waves in their place"
    succeeds "waves become files" draw_waves all 400 noise=0.2 translate=0.2 rotate=30 scale=0.3
fi
# come FIRST LAST STEP: those files of each class come, to the folder of the class that is so many on.
come() {
    for class in 0 1 2 3 4 5 6 7 8 9; do
        mkdir -p "arriving/$(((class + $3) % 10))"
        for file in $(ls "all/$class" | sed -n "$1,$2p"); do
            cp "all/$class/$file" "arriving/$(((class + $3) % 10))/$class-$file"
        done
    done
}
cat >settings.json <<END
{ "data": { "location": "arriving", "fit": "pad", "split-distance": 0, "test-fraction": 0.25,
            "width": 28, "height": 28, "channels": 1 },
  "validation": { "split": "validation" }, "preset": "classifier", "width": 8, "batch-size": 32,
  "learning-rate": 3e-3, "max-steps": 120, "validation-interval": 20, "silent": true }
END
watch() { timeout 300 "$GENERATIVE_MODEL" watch settings.json --once --settle=0 --grown=100 --then=learning-rate=1e-3; }
# decision N: what was decided on round N.
decision() { sed -n "$1s/.*\"decision\":\"\([a-z-]*\)\".*/\1/p" watch/decisions.jsonl; }
# figure N WHERE WHAT: of the N-th decision, what is said of held-out samples.
figure() { sed -n "$1p" watch/decisions.jsonl | grep -o "\"$2\":{[^}]*}" | sed -n "s/.*\"$3\":\"*\([^,\"}]*\).*/\1/p"; }

come 1 60 0
succeeds "600 pictures are trained on" watch
holds "and published" test "$(decision 1)" = first

# It plays while the next one is trained. As many pictures come out as go in: each has a line.
one=$(ls arriving/7/* | head -n 1)
timeout 300 gst-launch-1.0 -q filesrc location="$one" ! pngdec ! videoconvert ! imagefreeze num-buffers=4000 ! \
    video/x-raw,framerate=100/1 ! videoscale ! video/x-raw,format=GRAY8,width=28,height=28 ! identity sync=true ! \
    classifier model=watch/published/classifier.onnx report=played.jsonl ! fakesink >played.log 2>&1 &
player=$!
watch >idle.log 2>&1
holds "where nothing has come, it says so" grep -q 'no round is due: of 600 files 0 are new, and 100 make one' idle.log
come 61 160 0
succeeds "1000 more are, too" watch
holds "and are published" test "$(decision 2)" = published
holds "of nothing that was not measured" test -z "$(figure 2 held-out robust-loss-verdict)$(sed -n 2p watch/decisions.jsonl | grep -o robust)"
holds "better by loss on what is held out: $(figure 2 held-out loss-change)" \
    test "$(figure 2 held-out verdict)" = better
wait $player
status=$?
holds "the player has ended well" test $status -eq 0
holds "all its frames have come" test "$(grep -c '"frame":' played.jsonl)" -eq 4000
probabilities=$(sed -n 's/.*"class-probability":\([0-9.e-]*\)}$/\1/p' played.jsonl | uniq | wc -l)
holds "by the old model, and then by the new one" test "$probabilities" -eq 2

# All classes called by the name of another.
before=$(readlink watch/published)
come 161 260 3
succeeds "1000 with wrong labels" watch
holds "are rolled back" test "$(decision 3)" = rolled-back
holds "though they would be better on all that is held out" test "$(figure 3 held-out verdict)" = better
holds "as they are worse on what was there before" test "$(figure 3 held-out-before verdict)" = worse
holds "what plays stays" test "$(readlink watch/published)" = "$before"
# Those that are known to be wrong are left out, and the rest goes on.
sed -i 's/"split-distance"/"leave-out": "watch\/rolled-back-3.jsonl", "split-distance"/' settings.json
cp watch/rolled-back-3.jsonl wrong.jsonl
come 261 400 0
succeeds "1400 that are right" watch
holds "are published without the wrong ones" test "$(decision 4)" = published
finish
