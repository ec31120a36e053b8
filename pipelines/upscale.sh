#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# A film as large as a model makes it, tile by tile, with its sound.
#
#   sh pipelines/upscale.sh MODEL.onnx FILM LARGE.mp4 [PROPERTY=VALUE...]
#
#   PROPERTY=VALUE  of generator, such as tile=256x256
#
#   BUILD  (environment) the folder that it is built in, within this one (build)
#   SETUP=no  (environment) what is built there already is taken as it is
#   PATIENCE  (environment) seconds after which a pipeline that does nothing is stopped (120)
set -eu
arguments="MODEL.onnx FILM LARGE.mp4 [PROPERTY=VALUE...]"
. "$(dirname "$0")/play.sh"
wants ': makes .*pictures .* from pictures ' "a model that makes pictures of pictures"

# What becomes of a small picture. Of a model that cannot be played the element says below why.
caps=$(gst-launch-1.0 -v videotestsrc num-buffers=1 ! video/x-raw,width=64,height=64 ! \
    videoconvert ! videoscale ! generator name=model model="$model" $more ! fakesink 2>/dev/null) || true
width() {
    echo "$caps" | sed -nE "s/.*:model.GstPad:$1: caps = .*width=\(int\)([0-9]+).*/\1/p" | head -n 1
}
taken=$(width sink) made=$(width src)
if [ -n "$made" ] && [ "$made" -le "$taken" ]; then
    echo "$(basename "$0") wants a model that makes pictures larger, but $model makes pictures" \
        "$made pixels wide of those of $taken" >&2
    exit 1
fi
film "$in" "$out" generator model="$model" tile=auto $more
echo "$out"
