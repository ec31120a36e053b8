#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Failures on purpose: what a user gets wrong, and what a machine does wrong. Each ends with a
# status and a message that names the culprit, and leaves nothing half-written.
. "$(dirname "$0")/harness.sh"
cd "$work" || exit 1

pictures="videotestsrc pattern=ball num-buffers=640 ! video/x-raw,format=GRAY8,width=28,height=28"
train="gantrainer preset=mlp batch-size=32 seed=1 silent=true"
succeeds "a small net is trained" gst-launch-1.0 -q $pictures ! $train max-steps=4 checkpoint=good
play="generator model=good/generator.onnx"
succeeds "it plays" gst-launch-1.0 -q latentsrc num-buffers=2 ! $play ! fakesink

# Models.
complains "a missing model is named" 'no-such\.onnx' \
    gst-launch-1.0 -q latentsrc num-buffers=1 ! generator model=no-such.onnx ! fakesink
complains "no model at all is a missing property" 'model' \
    gst-launch-1.0 -q latentsrc num-buffers=1 ! generator ! fakesink
echo "This is no model, but a line of text" >text.onnx
complains "a text for a model is named" 'text\.onnx' \
    gst-launch-1.0 -q latentsrc num-buffers=1 ! generator model=text.onnx ! fakesink
: >empty.onnx
complains "an empty model is named" 'empty\.onnx' \
    gst-launch-1.0 -q latentsrc num-buffers=1 ! generator model=empty.onnx ! fakesink
head -c 100000 good/generator.onnx >cut.onnx
complains "a model that is cut short is named" 'cut\.onnx' \
    gst-launch-1.0 -q latentsrc num-buffers=1 ! generator model=cut.onnx ! fakesink
complains "a folder for a model is named" 'good' \
    gst-launch-1.0 -q latentsrc num-buffers=1 ! generator model=good ! fakesink
# The wrong one of the pair: it makes scores, not pictures.
complains "the wrong model is refused" 'discriminator\.onnx|dimensions|negotiat|pictures' \
    gst-launch-1.0 -q latentsrc num-buffers=1 ! generator model=good/discriminator.onnx ! fakesink

# Caps.
complains "a latent of another length is refused, both are named" '64.*100|100.*64' \
    gst-launch-1.0 -q latentsrc num-buffers=1 dimensions=64 ! $play ! fakesink

# Data.
complains "missing data is named" 'no-such-folder' \
    gst-launch-1.0 -q datasetsrc location=no-such-folder ! fakesink
mkdir empty
complains "a folder without pictures is named" 'empty' \
    gst-launch-1.0 -q datasetsrc location=empty ! fakesink
complains "resuming from nothing is refused" 'nothing-there' \
    gst-launch-1.0 -q $pictures ! $train max-steps=1 checkpoint=nothing-there resume=true

# Places that cannot be written.
: >a-file
complains "a file in the checkpoint's place is named" 'a-file' \
    gst-launch-1.0 -q $pictures ! $train max-steps=1 checkpoint=a-file
holds "and stays as it was" test -f a-file -a ! -s a-file
complains "a checkpoint in a folder that nobody may make is named" '/proc/checkpoint' \
    gst-launch-1.0 -q $pictures ! $train max-steps=1 checkpoint=/proc/checkpoint

# A disk that is full: 2 MiB for a model of 6.
mkdir disk
if [ "$(id -u)" -eq 0 ] && mount -t tmpfs -o size=2m tmpfs disk 2>/dev/null; then
    on_exit() { umount -l "$work/disk"; rm -rf "$work"; }
    complains "a full disk is told" 'space|disk' \
        gst-launch-1.0 -q $pictures ! $train max-steps=1 checkpoint=disk/model
    # (Curves are a log, which may end anywhere.)
    holds "and nothing half-written stays" sh -c '[ -z "$(find disk -type f ! -path "*/logs/*")" ]'
    # Room for the beginning of the log alone.
    head -c 2m /dev/zero >disk/filling 2>/dev/null
    truncate -s -8k disk/filling
    succeeds "a log that finds no space is no reason to stop" \
        gst-launch-1.0 -q $pictures ! $train max-steps=1 checkpoint=logged log-dir=disk
    holds "and the model is there" test -s logged/generator.onnx
else
    skip "a full disk: a file system of its own cannot be mounted here"
fi

# kill -9 at any moment: what stands there is a whole checkpoint, that training goes on from.
cp -r good killed
whole=0
for after in 0.3 0.5 0.7 0.9 1.1; do
    gst-launch-1.0 -q videotestsrc pattern=ball ! video/x-raw,format=GRAY8,width=28,height=28 ! \
        $train checkpoint=killed checkpoint-interval=1 resume=true >killed.log 2>&1 &
    trainer=$!
    sleep "$after"
    kill -9 $trainer 2>/dev/null
    wait $trainer 2>/dev/null
    if timeout 60 gst-launch-1.0 -q latentsrc num-buffers=1 ! generator model=killed/generator.onnx ! \
        fakesink >killed.log 2>&1 &&
        timeout 60 gst-launch-1.0 -q videotestsrc pattern=ball num-buffers=64 ! \
            video/x-raw,format=GRAY8,width=28,height=28 ! \
            $train checkpoint=killed resume=true >>killed.log 2>&1; then
        whole=$((whole + 1))
    else
        sed 's/^/# /' killed.log
    fi
done
holds "a checkpoint outlives kill -9, five times of five" test $whole -eq 5
finish
