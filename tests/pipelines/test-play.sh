#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Models of others on files, by the scripts for them: small nets of the same kinds, made here, judged
# by ffprobe and by what they do to pictures.
. "$(dirname "$0")/harness.sh"
cd "$work" || exit 1
export SETUP=no BUILD="$build"
if ! /usr/bin/python3 -c 'import onnx' 2>log; then
    skip "python3-onnx is not installed"
    finish
fi
succeeds "models are made" /usr/bin/python3 "$top/tests/pipelines/make-models.py" .
succeeds "a film is made" gst-launch-1.0 -q videotestsrc num-buffers=10 pattern=ball ! \
    video/x-raw,format=I420,width=64,height=48,framerate=10/1 ! x264enc pass=qual quantizer=10 ! \
    mp4mux name=mux ! filesink location=film.mp4 \
    audiotestsrc num-buffers=43 ! audio/x-raw,rate=44100 ! lamemp3enc ! mux.
probe() {
    ffprobe -v error -count_frames -select_streams v -show_entries \
        stream=width,height,nb_read_frames,r_frame_rate -of csv=p=0 "$1"
}

succeeds "a film is upscaled" sh "$top/pipelines/upscale.sh" twice.onnx film.mp4 large.mp4
holds "it is twice as large" test "$(probe large.mp4)" = 128,96,10/1,10
holds "its sound is kept" test "$(ffprobe -v error -select_streams a -show_entries stream=codec_type \
    -of csv=p=0 large.mp4)" = audio
succeeds "a film of twice the rate is made" sh "$top/pipelines/double-rate.sh" between.onnx film.mp4 \
    smooth.mp4
holds "it has a frame between each two" test "$(probe smooth.mp4)" = 64,48,20/1,20
succeeds "what is bright is cut out" sh "$top/pipelines/cut-out.sh" bright.onnx film.mp4 white.mp4
holds "the film stays as long" test "$(probe white.mp4)" = 64,48,10/1,10
gst-launch-1.0 -q videotestsrc pattern=red num-buffers=1 ! pngenc ! filesink location=red.png
succeeds "what is bright is put before a picture" sh "$top/pipelines/cut-out.sh" bright.onnx \
    film.mp4 red.mp4 red.png
holds "that film stays as long" test "$(probe red.mp4)" = 64,48,10/1,10
mean() { ffmpeg -v error -i "$1" -frames:v 1 -vf scale=1:1 -f rawvideo -pix_fmt rgb24 - | od -An -tu1; }
holds "behind is what was asked for" test "$(mean red.mp4 | awk '{ print ($1 > 2 * $3) }')" = 1
gst-launch-1.0 -q audiotestsrc num-buffers=20 volume=0.5 ! audio/x-raw,rate=16000,channels=1 ! wavenc ! \
    filesink location=talk.wav
succeeds "a talk goes through a model" sh "$top/pipelines/denoise.sh" softer.onnx talk.wav clear.wav
holds "it is as long" test "$(wc -c <clear.wav)" -ge "$(wc -c <talk.wav)"
printf 'ab\ncab\n' >lines.txt
succeeds "lines are spoken" sh "$top/pipelines/speak.sh" voice.onnx lines.txt spoken.wav
holds "as long as the model makes them" test "$(ffprobe -v error -select_streams a -show_entries \
    stream=sample_rate,duration_ts -of csv=p=0 spoken.wav)" = 16000,3000
complains "a file that is not there is named" "no file nothing.mp4" sh "$top/pipelines/upscale.sh" \
    twice.onnx nothing.mp4 out.mp4
complains "a model of sound does not upscale" "wants a model that makes pictures of pictures" \
    sh "$top/pipelines/upscale.sh" softer.onnx film.mp4 out.mp4
complains "a model that makes pictures as large as they are does not upscale" \
    "makes pictures 64 pixels wide of those of 64" \
    sh "$top/pipelines/upscale.sh" dimmer.onnx film.mp4 out.mp4
complains "an upscaler does not double the rate" "wants a model that makes a picture of two" \
    sh "$top/pipelines/double-rate.sh" twice.onnx film.mp4 out.mp4
complains "an upscaler does not cut out" "one of colours and a mask" \
    sh "$top/pipelines/cut-out.sh" twice.onnx film.mp4 out.mp4
complains "a model of pictures takes no noise from speech" "a model that makes sound of sound" \
    sh "$top/pipelines/denoise.sh" twice.onnx talk.wav out.wav
# Nobody writes to it.
mkfifo never.wav
ln -s "$top/pipelines" pipelines
mkdir scripts
cat >scripts/stuck.sh <<END
set -- "$work/softer.onnx" "$work/talk.wav" "$work/stuck.wav"
arguments=
. "$top/pipelines/play.sh"
launch filesrc location="$work/never.wav" ! wavparse ! fakesink
END
export PATIENCE=2
complains "a pipeline that does nothing is stopped" "Nothing has come of it for 2 seconds" \
    sh scripts/stuck.sh
finish
