#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Searches on real digits, or on patterns where there are none: what is found is better than a
# training whose settings are drawn, and halving finds as good ones with a part of the steps.
. "$(dirname "$0")/harness.sh"

cd "$work" || exit 1
digits=${GENERATIVE_DIGITS:-$build/data/digits.png}
if [ -s "$digits" ]; then
    data='"tile-width": 20, "tile-height": 20, "rows-per-label": 5, "fit": "pad"' steps=60 first=6
else
    echo "# no digits, which sh pipelines/fetch-digits.sh brings: patterns in their place"
    # Of which nobody tells good settings as early.
    digits=$work/patterns data='"fit": "pad"' steps=180 first=30
    for class in ball checkers-4 checkers-8 zone-plate circular; do
        succeeds "160 pictures of $class" gst-launch-1.0 -q \
            videotestsrc pattern=$class kt=3 kx2=20 ky2=20 num-buffers=160 ! \
            video/x-raw,format=GRAY8,width=28,height=28 ! \
            videoaugment noise=0.25 translate=0.2 rotate=180 seed=$tests ! \
            datasetsink location="$digits" class=$class append=true
    done
fi
cat >settings.json <<END
{ "data": { "location": "$digits", $data, "split": "train", "width": 28, "height": 28, "channels": 1 },
  "validation": { "split": "validation" }, "test": { "split": "test" }, "preset": "classifier", "width": 8 }
END
searched="learning-rate=1e-5..1e-1 batch-size=8,32 --max-steps=$steps --trials=16"
succeeds "settings are drawn" "$GENERATIVE_MODEL" search settings.json $searched --folder=drawn
succeeds "and halved" "$GENERATIVE_MODEL" search settings.json $searched --method=halving --min-steps=$first --folder=halved

# figures FOLDER: of the trials that came to the end, the best first.
figures() { sed -n 's/^| trial-[0-9]* | \([0-9.]*\) | '$steps' |.*| trained |$/\1/p' "$1/search.md"; }
median=$(figures drawn | sed -n 8p)
best=$(figures drawn | head -n 1)
found=$(figures halved | head -n 1)
holds "16 were drawn" test "$(figures drawn | wc -l)" -eq 16
holds "the best loss of these is $best, the median $median" \
    awk "BEGIN { exit !($best < 0.7 * $median) }"
holds "halving has found $found" awk "BEGIN { exit !($found < 0.7 * $median) }"
# Each line is a validation, which says after how many steps.
made=0 all=$((steps * 16))
for lines in halved/trial-*/validation.jsonl; do
    made=$((made + $(tail -n 1 "$lines" | sed 's/.*"step":\([0-9]*\).*/\1/')))
done
holds "in $made steps, not $all" test "$made" -lt $((all * 52 / 100))
succeeds "the best is judged by the test" "$GENERATIVE_MODEL" test halved/best "$digits" split=test --json
holds "all trials log to one folder" test "$(ls halved/logs | wc -l)" -eq 16
finish
