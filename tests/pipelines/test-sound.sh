#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Sound that generator makes, in files of the kinds that players know, as ffprobe and mediainfo see
# them: rate, channels, length, times; beside pictures, and through a model of sound.
. "$(dirname "$0")/harness.sh"
cd "$work" || exit 1

# Latents to 4,096 frames of stereo at 16 kHz and to pictures; stereo to stereo; and mel frames of 20
# bands to 160 samples each.
/usr/bin/python3 - <<'END' || exit 1
import onnx
from onnx import TensorProto, helper

def save (name, nodes, taken, made, constants):
    inits = [helper.make_tensor (key, TensorProto.FLOAT if isinstance (values[0], float) else TensorProto.INT64, dims, values)
             for key, dims, values in constants]
    model = helper.make_model (helper.make_graph (nodes, name,
        [helper.make_tensor_value_info ("x", TensorProto.FLOAT, taken)],
        [helper.make_tensor_value_info ("y", TensorProto.FLOAT, made)], inits),
        opset_imports=[helper.make_opsetid ("", 17)], ir_version=8)
    for key, value in (("generative.sample-rate", "16000"), ("generative.output-range", "-1,1"), ("generative.input-range", "-1,1")):
        entry = model.metadata_props.add ()
        entry.key, entry.value = key, value
    onnx.save (model, name + ".onnx")

def numbers (n):
    return [((i * 7919) % 2001) / 20000 - 0.05 for i in range (n)]

node = helper.make_node
save ("sounds", [node ("MatMul", ["x", "w"], ["p"]), node ("Reshape", ["p", "s"], ["y"])], ["N", 4], ["N", 2, 4096],
      [("w", [4, 8192], numbers (4 * 8192)), ("s", [3], [-1, 2, 4096])])
save ("pictures", [node ("MatMul", ["x", "w"], ["p"]), node ("Reshape", ["p", "s"], ["y"])], ["N", 4], ["N", 1, 32, 32],
      [("w", [4, 1024], numbers (4096)), ("s", [4], [-1, 1, 32, 32])])
save ("filter", [node ("Conv", ["x", "w"], ["y"], pads=[15, 15])], [1, 2, "T"], [1, 2, "T"],
      [("w", [2, 2, 31], numbers (124))])
save ("vocoder", [node ("ConvTranspose", ["x", "w"], ["y"], strides=[160], pads=[80, 80])], [1, 20, "T"], [1, 1, "S"],
      [("w", [20, 1, 320], numbers (6400))])
END

# probe FILE: codec, rate and channels, and then the length in seconds, of its sound.
probe() {
    ffprobe -v error -select_streams a -show_entries stream=codec_name,sample_rate,channels -of csv=p=0 "$1"
    ffprobe -v error -select_streams a -show_entries stream=duration -of csv=p=0 "$1"
}
# is_probed FILE CODEC,RATE,CHANNELS SECONDS [MOST]: as probe says, but for MOST seconds.
is_probed() {
    probe "$1" >probed 2>&1
    awk -v about="$2" -v seconds="$3" -v most="${4:-0.0000005}" '
        NR == 1 && $0 != about { bad = 1 }
        NR == 2 && ($0 - seconds > most || seconds - $0 > most) { bad = 1 }
        END { exit bad || NR != 2 }' probed
}
# What mediainfo says of the sound's rate and channels.
is_informed() {
    test "$(mediainfo --Inform='Audio;%SamplingRate%,%Channel(s)%' "$1")" = "$2"
}
# Packets follow each other, by their times, without a gap.
is_gapless() {
    ffprobe -v error -select_streams a -show_entries packet=pts,duration -of csv=p=0 "$1" |
        awk -F, 'NR > 1 && $1 != due { bad = 1 } { due = $1 + $2 } END { exit bad || NR < 2 }'
}
# report NAME COMMAND...: with what was probed where it fails.
report() {
    name=$1
    shift
    if "$@"; then pass "$name"; else fail "$name" probed; fi
}

# 20 sounds of 4,096 frames are 5.12 seconds.
latents="latentsrc num-buffers=20 seed=3 dimensions=4"
succeeds "sounds of latents to WAV" gst-launch-1.0 -q $latents ! generator model=sounds.onnx ! \
    wavenc ! filesink location=sounds.wav
report "ffprobe: float32 at 16 kHz, 5.12 s" is_probed sounds.wav pcm_f32le,16000,2 5.12
succeeds "through a model of sound, to FLAC" gst-launch-1.0 -q $latents ! generator model=sounds.onnx ! \
    generator model=filter.onnx chunk-size=100 ! audio/x-raw,format=S16LE ! flacenc ! filesink location=filtered.flac
report "ffprobe: FLAC at 16 kHz, 5.12 s" is_probed filtered.flac flac,16000,2 5.12
succeeds "fading into each other" gst-launch-1.0 -q $latents ! \
    generator model=sounds.onnx crossfade=64000000 ! audio/x-raw,format=S16LE ! wavenc ! filesink location=faded.wav
# 1,024 frames less of each, but for the last one's end.
report "ffprobe: int16, 3.904 s" is_probed faded.wav pcm_s16le,16000,2 3.904
succeeds "mel frames to WAV" gst-launch-1.0 -q latentsrc num-buffers=100 dimensions=20 ! \
    generator model=vocoder.onnx ! wavenc ! filesink location=spoken.wav
report "ffprobe: mono, 100 frames of 10 ms" is_probed spoken.wav pcm_f32le,16000,1 1
for encoder in fdkaacenc voaacenc avenc_aac; do
    has_element $encoder && break
done
if has_element $encoder; then
    succeeds "sound beside pictures to MP4" gst-launch-1.0 -q mp4mux name=mux ! filesink location=both.mp4 \
        $latents ! generator model=sounds.onnx ! audioconvert ! $encoder ! mux. \
        latentsrc num-buffers=128 dimensions=4 ! other/tensors,framerate=25/1 ! generator model=pictures.onnx ! \
        videoconvert ! video/x-raw,format=I420 ! x264enc ! mux.
    # Whole frames of AAC, 1,024 samples each, and what the encoder begins with.
    report "ffprobe: AAC at 16 kHz, 5.12 s but for the encoder's frames" is_probed both.mp4 aac,16000,2 5.12 0.15
    report "its packets follow each other" is_gapless both.mp4
    ffprobe -v error -select_streams v -show_entries stream=duration -of csv=p=0 both.mp4 >probed
    report "its pictures are as long" grep -q '^5\.120000' probed
else
    skip "no encoder of AAC"
fi
if command -v mediainfo >/dev/null; then
    report "mediainfo: WAV" is_informed sounds.wav 16000,2
    report "mediainfo: FLAC" is_informed filtered.flac 16000,2
    report "mediainfo: a mono WAV" is_informed spoken.wav 16000,1
    if [ -e both.mp4 ]; then report "mediainfo: MP4" is_informed both.mp4 16000,2; fi
    test "$(mediainfo --Inform='Audio;%Duration%' sounds.wav)" = 5120
    holds "mediainfo: 5,120 ms" test $? -eq 0
else
    skip "no mediainfo"
fi
finish
