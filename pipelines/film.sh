# SPDX-License-Identifier: LGPL-2.1-or-later
# What scripts that make films share; they source it. What is installed encodes, whatever it is:
#   $encode_picture, $encode_sound and $mux are parts of a pipeline, $suffix is of a file's name.
launch() { gst-launch-1.0 -q "$@"; }

if gst-inspect-1.0 --exists x264enc; then
    encode_picture="x264enc pass=qual quantizer=20 ! video/x-h264,profile=high ! h264parse"
elif gst-inspect-1.0 --exists openh264enc; then
    encode_picture="openh264enc bitrate=3000000 ! h264parse"
else
    encode_picture="vp8enc target-bitrate=3000000 deadline=1"
fi
case $encode_picture in
vp8enc*) mux=webmmux suffix=webm encode_sound=vorbisenc ;;
*) mux="mp4mux faststart=true" suffix=mp4 encode_sound=lamemp3enc ;;
esac
if [ $suffix = mp4 ] && gst-inspect-1.0 --exists voaacenc; then encode_sound=voaacenc; fi
gst-inspect-1.0 --exists h264parse || encode_picture=${encode_picture% ! h264parse}

# look_at FILE: the caps of what is in it.
look_at() {
    timeout 60 gst-launch-1.0 -v filesrc location="$1" ! decodebin ! video/x-raw ! fakesink num-buffers=1 2>&1
}
has_sound() { look_at "$1" | grep -q audio/; }
# size_of FILE: as caps have it, "width=…,height=…".
size_of() {
    look_at "$1" | sed -nE 's/.*fakesink0.*(width)=\(int\)([0-9]+).*(height)=\(int\)([0-9]+).*/\1=\2,\3=\4/p' |
        tail -n 1
}

# film IN OUT FILTER...: the film IN as OUT, its pictures through FILTER, its sound as it is.
film() {
    in=$1 out=$2
    shift 2
    # Unquoted on purpose: words that are arguments.
    if has_sound "$in"; then
        launch filesrc location="$in" ! decodebin name=film film. ! queue ! videoconvert ! "$@" ! \
            videoconvert ! video/x-raw,format=I420 ! $encode_picture ! queue ! mux. \
            film. ! queue max-size-time=0 max-size-buffers=0 max-size-bytes=0 ! audioconvert ! \
            audioresample ! $encode_sound ! queue ! mux. $mux name=mux ! filesink location="$out"
    else
        launch filesrc location="$in" ! decodebin ! videoconvert ! "$@" ! videoconvert ! \
            video/x-raw,format=I420 ! $encode_picture ! $mux ! filesink location="$out"
    fi
}
