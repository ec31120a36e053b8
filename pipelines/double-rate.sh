#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# A film of twice as many frames a second: a model makes those between two.
#
#   sh pipelines/double-rate.sh MODEL.onnx FILM SMOOTH.mp4 [PROPERTY=VALUE...]
#
#   PROPERTY=VALUE  of generator, such as parameters=timestep=0.5
#
#   BUILD  (environment) the folder that it is built in, within this one (build)
#   SETUP=no  (environment) what is built there already is taken as it is
#   PATIENCE  (environment) seconds after which a pipeline that does nothing is stopped (120)
set -eu
arguments="MODEL.onnx FILM SMOOTH.mp4 [PROPERTY=VALUE...]"
. "$(dirname "$0")/play.sh"
wants '^window +2 frames make' "a model that makes a picture of two"
film "$in" "$out" generator model="$model" $more
echo "$out"
