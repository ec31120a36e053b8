#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# A talk without its noise: sound of any file through a model that takes sound or its spectra, as
# WAV.
#
#   sh pipelines/denoise.sh MODEL.onnx TALK CLEAR.wav [PROPERTY=VALUE...]
#
#   PROPERTY=VALUE  of generator, such as sample-rate=16000, where the model does not say it
#
#   BUILD  (environment) the folder that it is built in, within this one (build)
#   SETUP=no  (environment) what is built there already is taken as it is
#   PATIENCE  (environment) seconds after which a pipeline that does nothing is stopped (120)
set -eu
arguments="MODEL.onnx TALK CLEAR.wav [PROPERTY=VALUE...]"
. "$(dirname "$0")/play.sh"
wants ': makes .*sounds .* from sounds ' \
    "a model that makes sound of sound (sample-rate=16000 says that rows of numbers are such)"
# Unquoted on purpose: words that are arguments.
launch filesrc location="$in" ! decodebin ! audioconvert ! audioresample ! \
    generator model="$model" $more ! audioconvert ! wavenc ! filesink location="$out"
echo "$out"
