#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# From training to a film, small: what the demo does in minutes, in seconds, judged by ffprobe and
# by the checker of python3-onnx.
. "$(dirname "$0")/harness.sh"
cd "$work" || exit 1

# A sheet of 100 little pictures of two kinds.
succeeds "a sheet is made" gst-launch-1.0 -q videotestsrc pattern=checkers-4 num-buffers=1 ! \
    video/x-raw,width=200,height=200 ! videoconvert ! pngenc ! filesink location=sheet.png
succeeds "nets are trained on it" gst-launch-1.0 -q datasetsrc location=sheet.png tile-width=20 tile-height=20 \
    fit=pad rows-per-label=5 ! video/x-raw,format=GRAY8,width=28,height=28 ! \
    gantrainer preset=mlp batch-size=32 max-steps=6 seed=1 silent=true checkpoint=model
for net in generator discriminator; do
    succeeds "ONNX's own checker accepts $net.onnx" /usr/bin/python3 -c \
        "import onnx, sys; onnx.checker.check_model(onnx.load(sys.argv[1]), full_check=True)" model/$net.onnx
done
film() {
    gst-launch-1.0 -q latentsrc walk=slerp num-buffers=30 seed=4 dimensions=100:12 ! \
        other/tensors,framerate=30/1 ! generator model=model/generator.onnx columns=4 ! \
        discriminator model=model/discriminator.onnx report=scores.jsonl ! \
        qualitymeter tile-width=28 tile-height=28 report=report.jsonl ! \
        videoscale method=lanczos ! video/x-raw,width=448,height=336 ! \
        videoconvert ! video/x-raw,format=I420 ! x264enc ! mp4mux faststart=true ! filesink location="$1"
}
if film film.mp4 >log 2>&1; then pass "a film is played, scored, measured, encoded"; else fail "a film is played" log; fi
ffprobe -v error -count_frames -show_entries \
    stream=codec_name,width,height,pix_fmt,nb_read_frames,r_frame_rate -of csv=p=0 film.mp4 >probe 2>&1
echo "h264,448,336,yuv420p,30/1,30" | diff - probe >log 2>&1 &&
    pass "ffprobe finds 30 pictures of 448 x 336 at 30 a second, for any player" || fail "ffprobe agrees" log
holds "there is a line a frame and a summary in the scores" test "$(wc -l <scores.jsonl)" -eq 31
for report in scores.jsonl report.jsonl; do
    succeeds "$report is JSON Lines" /usr/bin/python3 -c \
        "import json, sys; [json.loads (line) for line in open (sys.argv[1])]" $report
done
# Same seeds, same film, bit for bit.
cp report.jsonl first.jsonl
film again.mp4 >log 2>&1
holds "the same seeds measure the same" cmp -s first.jsonl report.jsonl
# Reload: the file is replaced while it plays.
cp model/generator.onnx playing.onnx
gst-launch-1.0 latentsrc is-live=true num-buffers=60 ! generator model=playing.onnx ! fakesink sync=true >log 2>&1 &
player=$!
sleep 0.7
cp model/generator.onnx next.onnx
mv next.onnx playing.onnx
wait $player
holds "a model may be replaced while it plays" test $? -eq 0
finish
