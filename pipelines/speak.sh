#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Lines of text, spoken one after another by a voice such as Piper's, as WAV. They are in the symbols
# that the voice was trained on, which are phonemes as a rule: `espeak-ng -q --ipa` prints such.
#
#   sh pipelines/speak.sh VOICE.onnx LINES.txt SPEECH.wav [PROPERTY=VALUE...]
#
#   PROPERTY=VALUE  of generator, such as parameters=scales=0.667:1.2:0.8, which is slower
#
#   BUILD  (environment) the folder that it is built in, within this one (build)
#   SETUP=no  (environment) what is built there already is taken as it is
set -eu
arguments="VOICE.onnx LINES.txt SPEECH.wav [PROPERTY=VALUE...]"
. "$(dirname "$0")/play.sh"
# Unquoted on purpose: words that are arguments.
launch filesrc location="$in" ! text/x-raw,format=utf8 ! generator model="$model" $more ! \
    audioconvert ! wavenc ! filesink location="$out"
echo "$out"
