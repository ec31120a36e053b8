#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# A film in ranges is the film of one run, byte for byte, however many make it, and though they are
# killed and fail; its pictures are those of a pipeline that is not cut, and its sound has no seam.
. "$(dirname "$0")/harness.sh"
cd "$work" || exit 1

succeeds "a sheet is made" gst-launch-1.0 -q videotestsrc pattern=checkers-4 num-buffers=1 ! \
    video/x-raw,width=200,height=200 ! videoconvert ! pngenc ! filesink location=sheet.png
succeeds "nets are trained on it" gst-launch-1.0 -q datasetsrc location=sheet.png tile-width=20 tile-height=20 \
    fit=pad rows-per-label=5 ! video/x-raw,format=GRAY8,width=28,height=28 ! \
    gantrainer preset=mlp batch-size=32 max-steps=6 seed=1 silent=true checkpoint=model

# rendered FILE OPTION... -- LINE...
rendered() {
    file=$1
    shift
    timeout 120 "$GENERATIVE_MODEL" render -o "$file" "$@"
}
generator="generator model=model/generator.onnx kernels=rules ! videoscale ! video/x-raw,width=64,height=64 ! videoconvert"
source="latentsrc walk=slerp seed=3 first-frame={start} num-buffers={frames} ! $generator"
encoder="x264enc threads=1 bframes=2 key-int-max=1000 ! video/x-h264,profile=main"
pictures() { ffmpeg -v error -i "$1" -map 0:v -f framemd5 - | grep -v '^#' | cut -d , -f 3-; }

# Unquoted on purpose, here and below: a word a word of the pipeline.
succeeds "a film is made in one range after the other" rendered one.mkv --frames=70 --range=20 -- $source ! $encoder
succeeds "and by three at once" rendered three.mkv --frames=70 --range=20 --jobs=3 -- $source ! $encoder
holds "which is the same, byte for byte" cmp -s one.mkv three.mkv
ffprobe -v error -count_frames -show_entries stream=codec_name,r_frame_rate,nb_read_frames -of csv=p=0 one.mkv >probe 2>&1
holds "ffprobe finds its 70 pictures" test "$(cat probe)" = "h264,30/1,70"
ffprobe -v error -show_entries packet=dts,pts -of csv=p=0 one.mkv >times
holds "whose times of decoding never go back" sort -c -t , -k 2n times
succeeds "an MP4 is made" rendered film.mp4 --frames=70 --range=20 --jobs=2 -- $source ! $encoder
pictures one.mkv >one
pictures film.mp4 >another
holds "of the same pictures" cmp -s one another
holds "ranges that have become a film are gone" test -z "$(ls one.mkv.render | grep 'mkv$')"

# What loses nothing between pictures shows that cutting changes none.
succeeds "a film of whole pictures is made" rendered whole.mkv --frames=70 --range=20 -- $source ! jpegenc
gst-launch-1.0 -q latentsrc walk=slerp seed=3 num-buffers=70 ! $generator ! jpegenc ! matroskamux ! \
    filesink location=uncut.mkv >log 2>&1
pictures whole.mkv >one
pictures uncut.mkv >another
holds "of the pictures of a pipeline that is not cut" cmp -s one another

# Sound: a sweep of which each range has its samples, though no whole number of them fits a picture.
succeeds "a sweep is made" ffmpeg -v error -f lavfi -i 'aevalsrc=0.5*sin(300*t*t):s=44100:d=3' -ac 2 sweep.wav
cat >cut.sh <<'END'
#!/bin/sh
# cut.sh START END FILE
first=$(($1 * 44100 * 1001 / 30000)) last=$(($2 * 44100 * 1001 / 30000))
ffmpeg -v error -y -f lavfi -i "testsrc=size=64x48:rate=30000/1001" -i sweep.wav -filter_complex \
    "[0:v]trim=start_frame=$1:end_frame=$2,setpts=PTS-STARTPTS[v];[1:a]atrim=start_sample=$first:end_sample=$last,asetpts=PTS-STARTPTS[a]" \
    -map '[v]' -map '[a]' -c:v mjpeg -c:a pcm_s16le -f matroska "$3"
END
# Something else makes the ranges: what it is handed is the line that gst-launch-1.0 would run.
cat >by-cut.sh <<'END'
#!/bin/sh
for word; do case $word in first-frame=*) start=${word#*=} ;; num-buffers=*) frames=${word#*=} ;; location=*) file=${word#*=} ;; esac; done
exec sh cut.sh "$start" $((start + frames)) "$file"
END
cut_line="fakesrc first-frame={start} num-buffers={frames} ! filesink location={file}"
succeeds "a film with sound is made by another command" rendered sound.mkv --frames=80 --range=33 --on="sh by-cut.sh" -- $cut_line
ffmpeg -v error -i sound.mkv -map 0:a -f s16le sound.raw
ffmpeg -v error -i sweep.wav -f s16le sweep.raw
holds "its sound is the sweep's, sample for sample" cmp -s -n "$(wc -c <sound.raw)" sound.raw sweep.raw
holds "to its end" test "$(wc -c <sound.raw)" -gt 460000
holds "and encoded as a whole" test "$(ffprobe -v error -select_streams a -show_entries stream=codec_name -of csv=p=0 sound.mkv)" = flac
succeeds "other encoders are named" rendered sound.mp4 --frames=80 --range=33 --sound-codec=aac --on="sh by-cut.sh" -- $cut_line
holds "and taken" test "$(ffprobe -v error -select_streams a -show_entries stream=codec_name -of csv=p=0 sound.mp4)" = aac

# What fails is tried again, and what is killed goes on.
cat >fails-once.sh <<'END'
#!/bin/sh
slot=$1; shift
if mkdir "failed-$slot" 2>/dev/null; then echo "ERROR: no luck on $slot"; exit 1; fi
exec "$@"
END
succeeds "ranges that fail are made again" rendered again.mkv --frames=70 --range=20 --jobs=2 --on="sh fails-once.sh {slot}" -- $source ! $encoder
holds "and make the same" cmp -s one.mkv again.mkv
rendered again.mkv --frames=70 --range=20 --on="false" -- $source ! $encoder >log 2>&1
holds "what is made is not made again for another reason" test $? -eq 1
complains "what always fails is given up, with its own words" 'attempt 2 of 2.*no luck.*range-0.log' \
    "$GENERATIVE_MODEL" render -o never.mkv --frames=70 --range=20 --retries=1 --on="sh -c 'echo ERROR: no luck; exit 3'" -- $source ! $encoder
holds "and leaves no film" test ! -e never.mkv
cat >waits.sh <<'END'
#!/bin/sh
case "$*" in *first-frame=40*) touch waiting; exec sleep 100 ;; esac
exec "$@"
END
rendered killed.mkv --frames=70 --range=20 --on="sh waits.sh" -- $source ! $encoder >log 2>&1 &
while [ ! -e waiting ] && kill -0 $!; do sleep 0.1; done
complains "nobody else renders there meanwhile" 'being rendered by another process' \
    "$GENERATIVE_MODEL" render --work=killed.mkv.render
pkill -9 -f "render -o killed.mkv"
wait $! 2>/dev/null
holds "two ranges are there after a kill" test "$(ls killed.mkv.render | grep -c '^range.*mkv$')" -eq 2
succeeds "it goes on by its folder alone" timeout 60 "$GENERATIVE_MODEL" render --work=killed.mkv.render
holds "and the film is the same" cmp -s one.mkv killed.mkv

# One range a process, as clusters have it.
succeeds "a script for Slurm is written" rendered array.mkv --frames=70 --range=20 --jobs=2 --slurm -- $source ! $encoder
holds "of four ranges, two at once" grep -q -- '--array=0-3%2' array.mkv.render/render.sbatch
for task in 3 1 0 2; do SLURM_ARRAY_TASK_ID=$task sh array.mkv.render/render.sbatch || touch failed; done >log 2>&1
holds "each of which makes its own" test ! -e failed
succeeds "and they are joined" timeout 60 "$GENERATIVE_MODEL" render --work=array.mkv.render --keep
holds "to the same film" cmp -s one.mkv array.mkv
holds "ranges may be kept" test "$(ls array.mkv.render | grep -c '^range.*mkv$')" -eq 4

# A data set: a folder a range.
succeeds "shards are made" rendered 'set/{range}' --work=set.render --frames=25 --range=10 --jobs=2 -- \
    $source ! datasetsink format=webdataset location={file}
holds "three of them" test "$(ls set | tr '\n' ' ')" = '0 1 2 '
holds "of ten items, the last one of five" test "$(cat set/2/*.tar | tar -tf - | grep -c png)" -eq 5
mv set/1 before
mkdir set/.unfinished-1
touch set/.unfinished-1/rubbish
succeeds "one that is lost is made again" timeout 60 "$GENERATIVE_MODEL" render --work=set.render
holds "as it was" sh -c 'for file in before/*.tar; do cmp -s $file set/1/${file##*/} || exit 1; done'
holds "and nothing of what was begun" test ! -e set/1/rubbish

# What cannot be.
complains "a line that makes the same ranges is refused" 'first-frame=.start' \
    "$GENERATIVE_MODEL" render -o no.mkv --frames=10 -- videotestsrc ! jpegenc
complains "so is one without frames" 'frames says' "$GENERATIVE_MODEL" render -o no.mkv -- $source ! jpegenc
complains "another rendering's folder is left alone" 'range differs' \
    "$GENERATIVE_MODEL" render -o one.mkv --frames=70 --range=10 -- $source ! $encoder
complains "unknown kinds of files are" 'does not say what kind' \
    "$GENERATIVE_MODEL" render -o no.thing --frames=10 -- $source ! jpegenc
complains "encoded sound is not joined" 'leave its encoder out' "$GENERATIVE_MODEL" render -o no.mkv --frames=30 --range=30 --retries=0 -- \
    audiotestsrc num-buffers=40 ! flacenc ! mux. $source ! jpegenc ! mux.
complains "too few pictures are seen" 'has 5 pictures, and 10' "$GENERATIVE_MODEL" render -o no.mkv --work=few --frames=10 --range=10 --retries=0 -- \
    latentsrc first-frame={start} num-buffers=5 blocksize={frames} ! $generator ! jpegenc
finish
