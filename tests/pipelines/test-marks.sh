#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Marks in films and sounds, by real encoders: what videomark made is read out of H.264, scaled, cut,
# and out of single pictures, and what audiomark made out of Opus, AAC and MP3; not by another key,
# and not where there is none.
. "$(dirname "$0")/harness.sh"
payload=1007babcde0003e8
(umask 077 && head -c 32 /dev/urandom >"$work/mark.key" && head -c 32 /dev/urandom >"$work/other.key")

# film FILE ELEMENTS: three seconds of something that moves over something busy.
film() {
    gst-launch-1.0 -q videotestsrc num-buffers=75 pattern=ball ! video/x-raw,format=I420,width=1280,height=720,framerate=25/1 ! \
        alpha method=custom target-r=0 target-g=0 target-b=0 angle=30 ! mix.sink_1 \
        videotestsrc num-buffers=75 pattern=zone-plate kx2=9 ky2=5 kt=1 ! \
        video/x-raw,format=I420,width=1280,height=720,framerate=25/1 ! mix.sink_0 \
        compositor name=mix ! videoconvert ! video/x-raw,format=I420 ! $2 x264enc bitrate=1500 speed-preset=veryfast ! \
        video/x-h264,profile=high ! h264parse ! matroskamux ! filesink location="$1"
}
# says PAYLOAD FILE...: all are marked with it, and nothing else.
says() {
    wanted=$1
    shift
    for file; do
        "$GENERATIVE_MODEL" mark read "$file" --key="$work/mark.key" --json >"$work/said" || return 1
        grep -q "\"payload\":\"$wanted\"" "$work/said" || return 1
        ! grep '"payload"' "$work/said" | grep -v "\"payload\":\"$wanted\"" || return 1
    done
}
# silent FILE [KEY]: there is no mark, and it is no error.
silent() {
    "$GENERATIVE_MODEL" mark read "$1" --key="${2:-$work/mark.key}" >"$work/said" 2>"$work/wrong" && return 1
    grep -q "no mark of this key" "$work/said" && [ ! -s "$work/wrong" ]
}

if gst-inspect-1.0 x264enc >/dev/null 2>&1 && command -v ffmpeg >/dev/null; then
    succeeds "a film is marked and encoded" film "$work/marked.mkv" "videomark key=$work/mark.key payload=$payload !"
    succeeds "a film is encoded without" film "$work/plain.mkv" ""
    succeeds "H.264 leaves the mark" says $payload "$work/marked.mkv"
    succeeds "another key finds nothing" silent "$work/marked.mkv" "$work/other.key"
    succeeds "an unmarked film has none" silent "$work/plain.mkv"
    convert() { ffmpeg -nostdin -v error -y -i "$work/marked.mkv" "$@"; }
    succeeds "it is scaled" convert -vf scale=640:360 "$work/half.mkv"
    succeeds "it is cut to seven tenths" convert -vf crop=896:504:200:100 "$work/cut.mkv"
    succeeds "its frames are written as JPEG" convert -vf fps=2 -q:v 6 "$work/frame-%d.jpg"
    succeeds "its frames are written as PNG" convert -frames:v 1 "$work/frame.png"
    succeeds "scaling and cutting leave the mark" says $payload "$work/half.mkv" "$work/cut.mkv"
    succeeds "single pictures have it" says $payload "$work/frame-2.jpg" "$work/frame.png"
else
    skip "x264enc or ffmpeg is not installed: no film was encoded"
fi

# music FILE ELEMENTS: 14 seconds of chords that change, and a little noise, through the elements.
music() {
    gst-launch-1.0 -q filesrc location="$work/music.wav" ! wavparse ! audioconvert ! \
        audio/x-raw,format=F32LE ! $2 ! filesink location="$1"
}
chords() {
    a=220 b=277 c=330
    ffmpeg -nostdin -v error -y -f lavfi -i "aevalsrc=exprs=\
0.2*exp(-3*mod(t\\,0.5))*(sin(2*PI*$a*(1+floor(mod(t\\,4))/8)*t)+sin(2*PI*3*$a*t)/2+sin(2*PI*7*$b*t)/4+sin(2*PI*11*$c*t)/6)\
+0.03*(random(0)-0.5)*exp(-6*mod(t\\,0.25)):s=48000:d=14" "$work/music.wav"
}
has_elements() {
    for element; do gst-inspect-1.0 "$element" >/dev/null 2>&1 || return 1; done
}
if has_elements opusenc voaacenc lamemp3enc mp4mux && command -v ffmpeg >/dev/null; then
    mark="audiomark key=$work/mark.key payload=$payload"
    succeeds "music is made" chords
    succeeds "it is marked, and encoded as Opus" music "$work/marked.ogg" "$mark ! audioconvert ! opusenc bitrate=48000 ! oggmux"
    succeeds "as AAC" music "$work/marked.m4a" "$mark ! audioconvert ! voaacenc bitrate=64000 ! mp4mux"
    succeeds "as MP3" music "$work/marked.mp3" "$mark ! audioconvert ! lamemp3enc target=bitrate cbr=true bitrate=96"
    succeeds "at 16 kHz, as WAV" music "$work/marked.wav" "$mark ! audioresample ! audioconvert ! audio/x-raw,rate=16000,format=S16LE ! wavenc"
    succeeds "all of them leave the mark" says $payload "$work/marked.ogg" "$work/marked.m4a" "$work/marked.mp3" "$work/marked.wav"
    succeeds "another key hears nothing" silent "$work/marked.ogg" "$work/other.key"
    succeeds "unmarked music has none" silent "$work/music.wav"
    if [ -f "$work/marked.mkv" ]; then
        succeeds "a film has both" ffmpeg -nostdin -v error -y -i "$work/marked.mkv" -i "$work/marked.ogg" -c copy "$work/both.mkv"
        succeeds "both are read" says $payload "$work/both.mkv"
        succeeds "that of pictures" grep -q rotation "$work/said"
        succeeds "and that of sound" grep -q speed "$work/said"
        # Pictures of a kind that nobody knows: the sound's mark is told, and that they were not read.
        LC_ALL=C sed 's|V_MPEG4/ISO/AVC|V_UNKNOWN/CODEC|' "$work/both.mkv" >"$work/unknown.mkv"
        complains "pictures that cannot be decoded are told of" "can be decoded" \
            "$GENERATIVE_MODEL" mark read "$work/unknown.mkv" --key="$work/mark.key"
        complains "and no mark is not what is said of them" "can be decoded" \
            "$GENERATIVE_MODEL" mark read "$work/unknown.mkv" --key="$work/other.key"
    fi
else
    skip "encoders of sound or ffmpeg are not installed: no sound was encoded"
fi
complains "a key is asked for" "key" "$GENERATIVE_MODEL" mark read "$work/marked.mkv"
complains "what is no film is said to be none" "mark.key" "$GENERATIVE_MODEL" mark read "$work/mark.key" --key="$work/mark.key"
chmod 644 "$work/other.key"
complains "a key that others can read is refused" "chmod 600" "$GENERATIVE_MODEL" mark read "$work/mark.key" --key="$work/other.key"
finish
