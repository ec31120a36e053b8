#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# That a model made it, as other tools read it in files: what generator says in the stream's tags,
# by whatever muxer, and what c2pasign says in XMP.
. "$(dirname "$0")/harness.sh"
trained=http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia

/usr/bin/python3 - "$work/generator.onnx" "$work/drum.onnx" <<'END' || exit 1
import sys

import onnx
from onnx import TensorProto, helper

def save (path, shape, metadata):
    size = 1
    for extent in shape:
        size *= extent
    model = helper.make_model (helper.make_graph (
        [helper.make_node ("MatMul", ["z", "w"], ["y"]),
         helper.make_node ("Reshape", ["y", "shape"], ["made"])], "made",
        [helper.make_tensor_value_info ("z", TensorProto.FLOAT, [1, 4])],
        [helper.make_tensor_value_info ("made", TensorProto.FLOAT, [1, *shape])],
        [helper.make_tensor ("w", TensorProto.FLOAT, [4, size], [(i % 9) / 9 for i in range (4 * size)]),
         helper.make_tensor ("shape", TensorProto.INT64, [1 + len (shape)], [1, *shape])]),
        opset_imports=[helper.make_opsetid ("", 13)], ir_version=8)
    helper.set_model_props (model, metadata)
    onnx.save (model, path)

save (sys.argv[1], (3, 64, 64), {"generative.output-range": "-1,1"})
save (sys.argv[2], (1, 4096), {"generative.sample-rate": "48000"})
END
pictures="latentsrc num-buffers=10 ! generator model=$work/generator.onnx ! videoconvert"
sounds="latentsrc num-buffers=4 ! generator model=$work/drum.onnx ! audioconvert ! audioresample"

# says FILE ELEMENTS WORDS...: FFmpeg reads each of the words in the tags of what they write.
says() {
    file=$work/$1
    gst-launch-1.0 -q $2 ! filesink location="$file" || return 1
    shift 2
    ffprobe -v error -show_entries format_tags:stream_tags -of compact "$file" | tr '|' '\n' >"$work/tags" || return 1
    for word; do
        grep -q "$word" "$work/tags" || { echo "no $word in:" && cat "$work/tags" && return 1; }
    done
}

if command -v ffprobe >/dev/null && has_element x264enc; then
    for muxer in mp4mux "mp4mux fragment-duration=100" qtmux; do
        succeeds "$muxer writes the comment" says made.mp4 "$pictures ! x264enc ! $muxer" "^tag:comment=$trained$"
    done
    succeeds "avimux does" says made.avi "$pictures ! jpegenc ! avimux" "^tag:comment=$trained$"
    succeeds "matroskamux does, unquoted" says made.mkv "$pictures ! x264enc ! matroskamux" "^tag:COMMENTS=$trained$"
    succeeds "webmmux does" says made.webm "$pictures ! vp8enc ! webmmux" "^tag:COMMENTS=$trained$"
    for encoder in "vorbisenc ! oggmux" "opusenc ! oggmux" flacenc; do
        succeeds "$encoder has a field for it" says made.ogg "$sounds ! $encoder" \
            "^tag:DigitalSourceType=$trained$" "^tag:GenerativeModel=drum.onnx$"
    done
    succeeds "wavenc writes the comment" says made.wav "$sounds ! wavenc" "^tag:comment=$trained$"
    if has_element lamemp3enc && has_element id3v2mux; then
        succeeds "id3v2mux has a comment of that name" says made.mp3 "$sounds ! lamemp3enc ! id3v2mux" \
            "^tag:DigitalSourceType=$trained$"
    else
        skip "lamemp3enc or id3v2mux is not installed"
    fi
    silent() { ! GENERATIVE_MARK=off says off.mp4 "$pictures ! x264enc ! mp4mux" "newscodes"; }
    succeeds "GENERATIVE_MARK=off leaves it out" silent
else
    skip "ffprobe or x264enc is not installed: nothing was read by others"
fi

# xmp FILE ELEMENTS: exiftool reads all of it in what they write and c2pasign signs, and it is right.
xmp() {
    file=$work/$1
    gst-launch-1.0 -q $2 ! c2pasign key="$work/demo/key.pem" certificate="$work/demo/certificate.pem" \
        provider=Example system=Painter system-version=3 identifier=urn:example:7 content-producer=001191 ! \
        filesink location="$file" || return 1
    exiftool -a -s -G1 "$file" >"$work/read" || return 1
    for word in "XMP-iptcExt.*DigitalSourceType *: $trained\$" "AISystemUsed *: Painter\$" \
        "AISystemVersionUsed *: 3\$" "XMP-xmp.*CreatorTool *: Painter 3\$" "XMP-xmp.*CreateDate *: 20" \
        "XMP-dc.*Publisher *: Example\$" "XMP-dc.*Identifier *: urn:example:7\$" \
        'XMP-TC260.* : {"Label":"1","ContentProducer":"001191","ProduceID":"urn:example:7"'; do
        grep -Eiq "$word" "$work/read" || { echo "no $word in:" && cat "$work/read" && return 1; }
    done
    ! grep -q "^.ExifTool.*Warning" "$work/read" || return 1
    "$GENERATIVE_MODEL" c2pa read "$file" --authorities "$work/demo/authority.pem" >/dev/null
}
if command -v exiftool >/dev/null && "$GENERATIVE_MODEL" c2pa demonstration-key "$work/demo" >/dev/null 2>&1; then
    succeeds "XMP of a JPEG file" xmp x.jpg "$pictures ! jpegenc snapshot=true"
    succeeds "beside what jifmux wrote there" xmp j.jpg "$pictures ! jpegenc snapshot=true ! jifmux"
    succeeds "XMP of a PNG file" xmp x.png "$pictures ! pngenc snapshot=true"
    succeeds "XMP of a WAV file" xmp x.wav "$sounds ! wavenc"
    if has_element x264enc; then
        for muxer in mp4mux "mp4mux faststart=true" "mp4mux fragment-duration=100" qtmux; do
            succeeds "XMP of what $muxer writes" xmp x.mp4 "$pictures ! x264enc ! $muxer"
        done
    fi
else
    skip "exiftool is not installed, or this build signs nothing: no XMP was read by others"
fi

# live METHOD: four segments, each in a file, which are right in their order and which FFmpeg plays.
live() {
    mkdir -p "$work/$1" && gst-launch-1.0 -q videotestsrc num-buffers=40 ! \
        video/x-raw,format=I420,width=64,height=48,framerate=20/1 ! x264enc key-int-max=10 ! \
        mp4mux fragment-duration=500 ! c2pasign live=$1 key="$work/demo/key.pem" \
        certificate="$work/demo/certificate.pem" ! \
        multifilesink next-file=buffer location="$work/$1/%d.m4s" || return 1
    [ "$(ls "$work/$1" | wc -l)" -eq 5 ] || return 1
    read_live $1 0 1 2 3 4 || return 1
    cat "$work/$1"/?.m4s >"$work/$1.mp4"
    [ "$(ffprobe -v error -count_frames -show_entries stream=nb_read_frames -of csv=p=0 "$work/$1.mp4")" -eq 40 ]
}
# read_live METHOD SEGMENT...
read_live() {
    folder=$work/$1
    shift
    "$GENERATIVE_MODEL" c2pa read --authorities "$work/demo/authority.pem" --live \
        $(printf "$folder/%s.m4s " "$@") >"$work/said"
}
tells() { read_live "$@"; status=$?; cat "$work/said"; return $status; }
if [ -e "$work/demo" ] && has_element x264enc && command -v ffprobe >/dev/null; then
    for method in manifests session-key; do
        succeeds "a live stream is signed by $method" live $method
        complains_of() { ! tells $method $2 >"$work/log" && grep -Eq "$1" "$work/log"; }
        succeeds "a segment that is missing is told" complains_of "segments 2 to 2 are missing" "0 1 3 4"
        succeeds "segments out of order are told" complains_of "segment 2 comes behind segment 3" "0 1 3 2 4"
        printf 'x' | dd of="$work/$method/2.m4s" bs=1 seek=$(($(wc -c <"$work/$method/2.m4s") - 9)) conv=notrunc 2>/dev/null
        succeeds "a byte that was changed is told" complains_of "livevideo.(segment|manifest).invalid" "0 1 2 3"
    done
else
    skip "x264enc or ffprobe is not installed, or this build signs nothing: no live stream was signed"
fi
finish
