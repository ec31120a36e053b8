#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Names that are no UTF-8, disks that are full, and a heap of real digits, examined and filtered by
# a classifier that was trained on them.
. "$(dirname "$0")/harness.sh"

cd "$work" || exit 1
# Names need not be UTF-8; lists of them are.
mkdir odd
for name in a b c; do
    gst-launch-1.0 -q videotestsrc num-buffers=1 ! video/x-raw,width=16,height=16 ! pngenc ! \
        filesink location="odd/$name.png"
done
mv odd/c.png "$(printf 'odd/\377.png')"
succeeds "a name that is no UTF-8 is listed" "$GENERATIVE_MODEL" data filter odd --out=odd.jsonl \
    --without=duplicate
holds "as UTF-8" iconv -f UTF-8 -t UTF-8 -o copy.jsonl odd.jsonl
succeeds "datasetsrc leaves it out" gst-launch-1.0 -q datasetsrc location=odd \
    leave-out=odd.jsonl epochs=1 ! datasetsink location=rest
holds "with the other copy" test "$(wc -l <rest/metadata.jsonl)" -eq 1

# What cannot be written or held is an error.
complains "a report that does not arrive is an error" "standard output cannot be written" \
    sh -c '"$GENERATIVE_MODEL" data inspect odd >/dev/full'
complains "so is a comparison" "standard output cannot be written" \
    sh -c '"$GENERATIVE_MODEL" compare odd odd --pairs >/dev/full'
complains "pictures of a size that nothing can hold are refused" "at most 268435456 pixels" \
    "$GENERATIVE_MODEL" compare odd odd --pairs width=1000000 height=1000000

for fraction in nan 2 -1; do
    complains "splits are shares, and $fraction is none" "a number from 0 to 1 is wanted" \
        "$GENERATIVE_MODEL" data inspect odd "--validation-fraction=$fraction"
done

digits=${GENERATIVE_DIGITS:-$build/data/digits.png}
if [ ! -s "$digits" ]; then
    skip "no digits; sh pipelines/fetch-digits.sh brings them"
    finish
fi
sheet="--tile-width=20 --tile-height=20 --rows-per-label=5"

cat >settings.json <<END
{ "data": { "location": "$digits", "tile-width": 20, "tile-height": 20, "rows-per-label": 5,
            "split": "train", "width": 28, "height": 28, "channels": 1 },
  "preset": "classifier", "max-steps": 100, "batch-size": 64, "seed": 3, "checkpoint": "classes" }
END
succeeds "a classifier learns the digits" "$GENERATIVE_MODEL" train settings.json
succeeds "it is the gate of a filter" "$GENERATIVE_MODEL" data filter "$digits" $sheet \
    --gate=classes/classifier.onnx --gate-output=3 --min=gate=0.5 --out=others.jsonl

# 500 of each class, a class after the other: threes are tiles 1500 to 1999.
awk -F'tile |"' '/"file_name"/ { n = $5 + 0; if (n >= 1500 && n < 2000) threes++; else others++ }
    END { print threes + 0, others + 0 }' others.jsonl >counts
read -r threes others <counts
holds "nearly all threes are kept: $threes of 500 are not" test "$threes" -lt 50
holds "nearly all others are not: $others of 4500 are left out" test "$others" -gt 4400
succeeds "datasetsrc shows what is kept" gst-launch-1.0 -q datasetsrc location="$digits" \
    tile-width=20 tile-height=20 rows-per-label=5 leave-out=others.jsonl epochs=1 ! \
    datasetsink location=threes threads=1
kept=$(wc -l <threes/metadata.jsonl)
holds "all of it, and no more" test "$kept" -eq $((5000 - threes - others))

# The halves of what is kept are of one distribution, and what was not kept is of another.
half() {
    gst-launch-1.0 -q datasetsrc location="$digits" tile-width=20 tile-height=20 \
        rows-per-label=5 leave-out=others.jsonl split="$1" validation-fraction=0.5 \
        test-fraction=0 epochs=1 ! datasetsink location="$1" format=webdataset
}
succeeds "one half as shards" half train
succeeds "and the other one" half validation
succeeds "digits of all classes" gst-launch-1.0 -q datasetsrc location="$digits" tile-width=20 \
    tile-height=20 rows-per-label=5 num-buffers=250 ! datasetsink location=all format=webdataset
probability() {
    "$GENERATIVE_MODEL" data inspect train --against="$1" | sed -n 's/^Energy.*, p \(.*\) by 999.*/\1/p'
}
same=$(probability validation)
other=$(probability all)
holds "halves are of one distribution: p $same" \
    awk -v p="${same:-0}" 'BEGIN { exit !(p > 0.01) }'
holds "all classes are of another one: p $other" test "$other" = 0.001
finish
