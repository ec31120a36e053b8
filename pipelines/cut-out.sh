#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Whom a model of matting finds in a film, before white or another picture.
#
#   sh pipelines/cut-out.sh MODEL.onnx FILM CUT.mp4 [BACKGROUND] [PROPERTY=VALUE...]
#
#   BACKGROUND      a picture to be put behind; else it is white
#   PROPERTY=VALUE  of generator, such as parameters=downsample_ratio=0.25
#
#   BUILD  (environment) the folder that it is built in, within this one (build)
#   SETUP=no  (environment) what is built there already is taken as it is
#   PATIENCE  (environment) seconds after which a pipeline that does nothing is stopped (120)
set -eu
arguments="MODEL.onnx FILM CUT.mp4 [BACKGROUND] [PROPERTY=VALUE...]"
. "$(dirname "$0")/play.sh"
background=
case ${more%% *} in
'' | *=*) ;;
*) background=${more%% *} more=${more#"$background"} ;;
esac
wants ': makes .*(colour.*grey|grey.*colour|colour with alpha).* from pictures ' \
    "a model that makes of a picture one of colours and a mask"
if [ -n "$background" ]; then
    # One picture, which stays until the film ends.
    set -- compositor name=both sink_0::zorder=2 sink_1::zorder=1 sink_1::repeat-after-eos=true \
        filesrc location="$background" ! decodebin ! videoconvert ! videoscale ! \
        "video/x-raw,format=RGBA,$(size_of "$in")" ! both. both.
else
    set -- compositor background=white
fi
film "$in" "$out" generator model="$model" $more ! video/x-raw,format=RGBA ! "$@"
echo "$out"
