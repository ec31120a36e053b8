#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# pipelines/drums.sh, small: a few hits of audiotestsrc, three steps, and all that comes of it, judged
# by ffprobe and by the checker of python3-onnx.
. "$(dirname "$0")/harness.sh"
cd "$work" || exit 1

hit() {
    mkdir -p "$(dirname "$1")"
    gst-launch-1.0 -q audiotestsrc wave="$2" freq="$3" num-buffers="$4" ! audioconvert ! \
        audio/x-raw,format=S16LE,rate=44100,channels=2 ! wavenc ! filesink location="$1"
}
hits() {
    for n in 1 2 3 4 5; do
        hit hits/train/kick/$n.wav sine $((40 * n)) 8 && hit "hits/train/hat/a hat $n.wav" violet-noise 0 $n ||
            return 1
    done
    hit hits/held/1.wav sine 60 20 && hit hits/held/2.wav pink-noise 0 3 &&
        echo "no sound" >hits/train/kick/broken.wav
}
if hits >log 2>&1; then pass "hits are made"; else fail "hits are made" log; fi
SETUP=no BUILD=$build timeout 300 sh "$top/pipelines/drums.sh" --data hits --out out --steps 3 >log 2>&1
if [ $? -eq 0 ]; then pass "three steps, and what comes of them"; else fail "three steps" log; fi
holds "what is no sound is left out, and told" grep -q "left out: train/kick/broken.wav" log
holds "there are 32 hits" test "$(find out/kit -name '*.wav' | wc -l)" -eq 32
probe() {
    ffprobe -v error -show_entries stream=codec_name,sample_rate,channels,duration_ts -of csv=p=0 "$1"
}
echo "pcm_s16le,16000,1,8192" >wanted
probe out/kit/07.wav >found 2>&1
if diff wanted found >difference 2>&1; then pass "a hit is half a second, for any player"; else fail "a hit" difference; fi
# The last hat begins at 62 sixteenths.
echo "pcm_s16le,16000,1,$((62 * 2000 + 8192))" >wanted
probe out/beat.wav >found 2>&1
if diff wanted found >difference 2>&1; then pass "the beat is eight seconds"; else fail "the beat" difference; fi
echo "png,1280,960" >wanted
ffprobe -v error -show_entries stream=codec_name,width,height -of csv=p=0 out/sheet.png >found 2>&1
if diff wanted found >difference 2>&1; then pass "the sheet has 8 by 8 sounds"; else fail "the sheet" difference; fi
holds "each figure is there three times" test "$(grep -cE ' [0-9.e+-]+ +[0-9.e+-]+ +[0-9.e+-]+$' out/figures.txt)" -eq 7
for net in generator discriminator ema; do
    succeeds "ONNX's own checker accepts $net.onnx" /usr/bin/python3 -c \
        "import onnx, sys; onnx.checker.check_model(onnx.load(sys.argv[1]), full_check=True)" out/model/$net.onnx
done
complains "a folder that is not there is told" "no folders" \
    env SETUP=no BUILD="$build" sh "$top/pipelines/drums.sh" --data nowhere --out out
finish
