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
film "$in" "$out" generator model="$model" tile=auto $more
echo "$out"
