#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The launch lines of the README and of all documents run as they stand: each block is pasted into
# a shell, in a folder that has the files it names, and so do those of `generative-model train`,
# `search`, `watch`, `data`, `render`, `compare`, `statistics`, `calibrate`, `merge`, `robustness`, `invert`,
# `directions`, `mark`, `audit`, `c2pa`, `quantize`, `prune` and `convert`.
# Pages of elements are made of their section comments. A block that says how many buffers it takes
# ends by itself; what goes on for ever, or trains for minutes, is interrupted as a user does it,
# after some seconds of playing.
#   PAGES  (environment) other documents than all
. "$(dirname "$0")/harness.sh"

# What a machine without a screen shows pictures on, and nobody's settings.
export GST_PLUGIN_FEATURE_RANK="fakevideosink:MAX"
export XDG_CACHE_HOME="$build/tests/cache" G_DEBUG=fatal-criticals
unset DISPLAY WAYLAND_DISPLAY GST_DEBUG
# Processes of mpirun, by whoever runs the tests, however few cores there are.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1
PATH="$build/tools:$PATH"
# Seconds to wait for a pipeline to play, to let it play, and to wait for it to end.
patience=180
playing=2

# blocks FILE FOLDER: its blocks of commands that launch a pipeline or train, each in a file of its
# own, FOLDER/N.
blocks() {
    awk -v folder="$2" '
        function finish() {
            if (block ~ /(^|[\n;&|] *|[A-Z_]+=[^ ]* +|mpirun -n [0-9]+ +)(gst-launch-1\.0|generative-model (train|search|watch|data|compare|calibrate|render|report|statistics|merge|robustness|invert|directions|mark|audit|c2pa|quantize|prune|convert)) /) {
                file = sprintf ("%s/%02d", folder, ++n)
                printf "%s", block >file
                close (file)
            }
            block = ""
        }
        /^```/ { if (fenced) finish(); fenced = !fenced; next }
        fenced { block = block $0 "\n"; next }
        /^    / && (block != "" || blank) { block = block substr ($0, 5) "\n"; next }
        { blank = /^ *$/; if (!blank) finish() }
        blank && block != "" { block = block "\n" }
        END { finish() }' "$1"
}

# The files that documents name.
train() { gst-launch-1.0 -q datasetsrc location=pictures ! "$1" ! gantrainer silent=true batch-size=8 max-steps=2 ema=0.9 $2; }
train_digits() {
    gst-launch-1.0 -q datasetsrc location=digits.png tile-width=20 tile-height=20 rows-per-label=5 fit=pad ! \
        video/x-raw,format=GRAY8,width=28,height=28 ! modeltrainer silent=true batch-size=8 max-steps=2 $1
}
# train_codes EXTENT PATCH SUFFIX: a codebook of pictures in colour, and a prior over its codes.
train_codes() {
    for nets in "vq-vae patch-size=$2 width=4 latent-size=4 checkpoint=codes$3" \
        "transformer tokenizer=codes$3 width=8 checkpoint=by-codes$3"; do
        gst-launch-1.0 -q datasetsrc location=pictures ! video/x-raw,format=RGB,width=$1,height=$1 ! \
            modeltrainer preset=$nets batch-size=4 max-steps=2 silent=true || return 1
    done
}
furnish() {
    mkdir -p "$work/pictures" && cd "$work" || return 1
    (umask 077 && head -c 32 /dev/urandom >mark.key) || return 1
    gst-launch-1.0 -q videotestsrc pattern=ball num-buffers=200 ! video/x-raw,width=40,height=40 ! \
        videoconvert ! pngenc compression-level=1 ! multifilesink location=pictures/%03d.png || return 1
    # Large enough for niqe.
    mkdir landscapes && gst-launch-1.0 -q videotestsrc pattern=snow num-buffers=6 ! \
        video/x-raw,format=GRAY8,width=384,height=288 ! pngenc ! multifilesink location=landscapes/%d.png || return 1
    # As OpenCV's sheet of digits is.
    gst-launch-1.0 -q videotestsrc pattern=zone-plate kx2=20 ky2=20 num-buffers=1 ! \
        video/x-raw,format=GRAY8,width=2000,height=1000 ! pngenc ! filesink location=digits.png || return 1
    cp pictures/000.png label.png && ln -s pictures photos || return 1
    printf 'badword\n/\\b\\d{3}-\\d{4}\\b/\n' >words.txt || return 1
    ln -s pictures pairs
    ln -s pictures icons
    gst-launch-1.0 -q videotestsrc num-buffers=1 ! video/x-raw,width=96,height=64 ! jpegenc ! \
        filesink location=blocky.jpg || return 1
    mkdir kinds && ln -s ../pictures kinds/a && ln -s ../pictures kinds/b || return 1
    mkdir -p drums/kick drums/hat || return 1
    gst-launch-1.0 -q audiotestsrc wave=ticks freq=80 num-buffers=20 ! audio/x-raw,format=S16LE ! \
        flacenc ! filesink location=drums/kick/0.flac || return 1
    gst-launch-1.0 -q audiotestsrc wave=white-noise num-buffers=10 ! audio/x-raw,rate=22050,channels=2 ! \
        wavenc ! filesink location=drums/hat/0.wav || return 1
    # As many of each as can be dealt to three splits.
    for n in 1 2 3 4 5 6 7 8 9; do
        cp drums/kick/0.flac drums/kick/$n.flac && cp drums/hat/0.wav drums/hat/$n.wav || return 1
    done
    gst-launch-1.0 -q audiotestsrc wave=saw freq=150 num-buffers=200 ! audio/x-raw,rate=44100 ! \
        wavenc ! filesink location=talk.wav || return 1
    cp talk.wav notice.wav || return 1
    /usr/bin/python3 -c '
import numpy
numpy.savez_compressed ("faces.npz", train_images=numpy.zeros ((4, 8, 8, 3), numpy.uint8),
    train_labels=numpy.arange (4))' || return 1
    train video/x-raw,format=RGB,width=32,height=32 "preset=dcgan checkpoint=colour/model" || return 1
    train video/x-raw,format=GRAY8,width=28,height=28 "preset=mlp checkpoint=grey/model" || return 1
    train video/x-raw,format=RGB,width=32,height=32 "preset=stylegan-lite width=2 latent-size=16 checkpoint=emoji" || return 1
    train video/x-raw,format=GRAY8,width=28,height=28 "adapter=lora adapter-target=all weights=grey/model checkpoint=style" || return 1
    gst-launch-1.0 -q datasetsrc location=pictures ! video/x-raw,format=GRAY8,width=28,height=28 ! \
        modeltrainer preset=vae silent=true batch-size=8 max-steps=2 ema=0.9 latent-size=16 checkpoint=vae || return 1
    gst-launch-1.0 -q datasetsrc location=pictures ! video/x-raw,format=RGB,width=64,height=64 ! \
        modeltrainer preset=autoencoder width=4 silent=true batch-size=8 max-steps=2 checkpoint=code || return 1
    train_digits "preset=masked-autoencoder checkpoint=features" || return 1
    train_digits "preset=classifier ema=0.9 checkpoint=classes" && cp classes/classifier.onnx net.onnx || return 1
    train_digits "preset=unet-diffusion conditional=true width=4 ema=0.9 checkpoint=ten" || return 1
    train_digits "preset=vq-vae width=4 latent-size=4 checkpoint=vq" || return 1
    train_digits "preset=transformer width=8 tokenizer=vq ema=0.9 checkpoint=prior" || return 1
    train_digits "preset=transformer width=8 tokenizer=vq ema=0.9 conditional=true checkpoint=each" || return 1
    # Features that a net makes of a picture, as the last layer but one of a classifier.
    /usr/bin/python3 - <<'END' || return 1
import onnx
from onnx import TensorProto, helper

onnx.save (helper.make_model (helper.make_graph (
    [helper.make_node ("AveragePool", ["picture"], ["areas"], kernel_shape=[8, 8], strides=[8, 8]),
     helper.make_node ("Flatten", ["areas"], ["features"])], "features",
    [helper.make_tensor_value_info ("picture", TensorProto.FLOAT, ["N", 3, 32, 32])],
    [helper.make_tensor_value_info ("features", TensorProto.FLOAT, ["N", 48])]),
    opset_imports=[helper.make_opsetid ("", 13)], ir_version=8), "inception.onnx")
# Sound to sound, each sample by its neighbours.
onnx.save (helper.make_model (helper.make_graph (
    [helper.make_node ("Conv", ["sound", "taps"], ["clear"], pads=[4, 4])], "restore",
    [helper.make_tensor_value_info ("sound", TensorProto.FLOAT, [1, 1, "T"])],
    [helper.make_tensor_value_info ("clear", TensorProto.FLOAT, [1, 1, "T"])],
    [helper.make_tensor ("taps", TensorProto.FLOAT, [1, 1, 9], [1 / 9] * 9)]),
    opset_imports=[helper.make_opsetid ("", 13)], ir_version=8), "restore.onnx")
# A picture and who is in it; and one with the mean colours of another, of a size of its own.
def save (path, nodes, inputs, outputs):
    def value (name, *shape):
        return helper.make_tensor_value_info (name, TensorProto.FLOAT, [1, *shape])
    model = helper.make_model (helper.make_graph (
        nodes, "net", [value (*port) for port in inputs], [value (*port) for port in outputs]),
        opset_imports=[helper.make_opsetid ("", 13)], ir_version=8)
    helper.set_model_props (
        model, {"generative.input-range": "0,1", "generative.output-range": "0,1"})
    onnx.save (model, path)

save ("matting.onnx",
    [helper.make_node ("Identity", ["src"], ["fgr"]),
     helper.make_node ("ReduceMean", ["src"], ["pha"], axes=[1], keepdims=1)],
    [("src", 3, "H", "W")], [("fgr", 3, "H", "W"), ("pha", 1, "H", "W")])
save ("style.onnx",
    [helper.make_node ("GlobalAveragePool", ["style"], ["colour"]),
     helper.make_node ("Mul", ["content", "colour"], ["painted"])],
    [("content", 3, "H", "W"), ("style", 3, 64, 64)], [("painted", 3, "H", "W")])
# How far two pictures are apart, and what somebody would say of nine seconds of speech.
save ("lpips.onnx",
    [helper.make_node ("Sub", ["frame", "reference"], ["difference"]),
     helper.make_node ("Abs", ["difference"], ["magnitude"]),
     helper.make_node ("ReduceMean", ["magnitude"], ["lpips"], axes=[1, 2, 3], keepdims=1)],
    [("frame", 3, "H", "W"), ("reference", 3, "H", "W")], [("lpips", 1, 1, 1)])
speech = helper.make_model (helper.make_graph (
    [helper.make_node ("Abs", ["sound"], ["magnitudes"]),
     helper.make_node ("ReduceMean", ["magnitudes"], ["level"], axes=[1], keepdims=1),
     helper.make_node ("Concat", ["level", "level", "level"], ["scores"], axis=1)], "dnsmos",
    [helper.make_tensor_value_info ("sound", TensorProto.FLOAT, ["N", 144160])],
    [helper.make_tensor_value_info ("scores", TensorProto.FLOAT, ["N", 3])]),
    opset_imports=[helper.make_opsetid ("", 13)], ir_version=8)
helper.set_model_props (speech, {
    "generative.sample-rate": "16000", "generative.scores": "SIG=higher,BAK=higher,OVRL=higher"})
onnx.save (speech, "dnsmos.onnx")
# What tells the noise in small pictures.
onnx.save (helper.make_model (helper.make_graph (
    [helper.make_node ("Cast", ["timestep"], ["time"], to=TensorProto.FLOAT),
     helper.make_node ("Mul", ["time", "share"], ["noise_share"]),
     helper.make_node ("Mul", ["x", "noise_share"], ["noise"])], "denoiser",
    [helper.make_tensor_value_info ("x", TensorProto.FLOAT, [1, 3, 32, 32]),
     helper.make_tensor_value_info ("timestep", TensorProto.INT64, [1])],
    [helper.make_tensor_value_info ("noise", TensorProto.FLOAT, [1, 3, 32, 32])],
    [helper.make_tensor ("share", TensorProto.FLOAT, [], [0.001])]),
    opset_imports=[helper.make_opsetid ("", 13)], ir_version=8), "denoiser.onnx")
END
    ln -s grey/model ball
    gst-launch-1.0 -q audiotestsrc wave=ticks num-buffers=40 ! audio/x-raw,format=S16LE,rate=16000,channels=1 ! \
        gantrainer preset=wavegan width=4 batch-size=4 silent=true checkpoint=kit || return 1
    mkdir -p speech/train speech/held
    for part in train held; do
        gst-launch-1.0 -q audiotestsrc wave=saw freq=210 num-buffers=50 ! audio/x-raw,format=S16LE,rate=16000,channels=1 ! \
            wavenc ! filesink location=speech/$part/0.wav || return 1
    done
    gst-launch-1.0 -q datasetsrc location=speech/train ! audio/x-raw,format=S16LE,rate=16000,channels=1 ! \
        modeltrainer preset=bandwidth-extender length=1024 width=4 batch-size=2 max-steps=2 ema=0.9 silent=true \
        checkpoint=extender || return 1
    for nets in 'sound-vae ema=0.9 latent-size=16 checkpoint=hit-maker' \
        'masked-sound-autoencoder checkpoint=listener'; do
        # Unquoted on purpose: words that are arguments.
        gst-launch-1.0 -q datasetsrc location=drums ! audio/x-raw,format=S16LE,rate=16000,channels=1 ! \
            modeltrainer silent=true width=8 batch-size=4 max-steps=2 preset=$nets || return 1
    done
    for preset in super-resolver inpainter cleaner; do
        gst-launch-1.0 -q datasetsrc location=pictures ! video/x-raw,format=RGB,width=32,height=32 ! \
            modeltrainer preset=$preset width=4 batch-size=4 max-steps=2 ema=0.9 silent=true checkpoint=$preset || return 1
    done
    mv super-resolver larger && mv inpainter whole && mv cleaner clean || return 1
    for preset in interpolator frame-predictor; do
        gst-launch-1.0 -q videotestsrc pattern=ball num-buffers=20 ! video/x-raw,format=RGB,width=32,height=32 ! \
            modeltrainer preset=$preset width=4 batch-size=4 max-steps=2 ema=0.9 silent=true checkpoint=$preset || return 1
    done
    mv interpolator between && mv frame-predictor ahead || return 1
    gst-launch-1.0 -q datasetsrc location=pairs ! video/x-raw,format=RGB,width=32,height=16 ! \
        modeltrainer preset=pix2pix width=4 batch-size=4 max-steps=2 ema=0.9 silent=true checkpoint=colours || return 1
    gst-launch-1.0 -q datasetsrc location=pictures ! video/x-raw,format=GRAY8,width=28,height=28 ! \
        modeltrainer preset=unet-diffusion width=4 batch-size=8 max-steps=2 ema=0.9 silent=true \
        checkpoint=digits || return 1
    gst-launch-1.0 -q datasetsrc location=pictures ! video/x-raw,format=RGB,width=32,height=32 ! \
        modeltrainer preset=unet-diffusion width=16 batch-size=4 max-steps=2 ema=0.9 silent=true checkpoint=patches || return 1
    train_codes 32 4 "" && train_codes 64 8 -64 || return 1
    train_digits "recipe=consistency teacher-model=digits/ema.onnx ema=0.9 checkpoint=student" || return 1
    mkdir student/best && cp student/ema.onnx student/best || return 1
    gst-launch-1.0 -q videotestsrc pattern=ball num-buffers=50 ! video/x-raw,format=I420,width=64,height=48 ! \
        x264enc ! mp4mux ! filesink location=talk.mp4 || return 1
    cp talk.mp4 old.mp4
    # Models of films: one that remembers, one of two frames, one of several, one that makes as
    # many, one of luma, one that makes them larger, and one that says nothing of its shapes.
    /usr/bin/python3 - <<'END' || return 1
import onnx
from onnx import TensorProto, helper

def info (tensor):
    return helper.make_tensor_value_info (tensor[0], TensorProto.FLOAT, tensor[1])

def save (name, nodes, inputs, outputs):
    model = helper.make_model (helper.make_graph (nodes, name, [info (x) for x in inputs],
        [info (y) for y in outputs]), opset_imports=[helper.make_opsetid ("", 13)], ir_version=8)
    helper.set_model_props (model, {"generative.input-range": "0,1", "generative.output-range": "0,1"})
    onnx.save (model, name + ".onnx")

node = helper.make_node
picture = [1, 3, "height", "width"]
save ("steady", [node ("Sub", ["h_in", "frame"], ["change"]), node ("Mul", ["change", "strength"], ["kept"]),
    node ("Add", ["frame", "kept"], ["h_out"]), node ("Identity", ["h_out"], ["steady"])],
    [("frame", picture), ("h_in", picture), ("strength", [1])], [("steady", picture), ("h_out", picture)])
save ("middle", [node ("Sub", ["img1", "img0"], ["change"]), node ("Mul", ["change", "timestep"], ["part"]),
    node ("Add", ["img0", "part"], ["middle"])],
    [("img0", picture), ("img1", picture), ("timestep", [1, 1, "height", "width"])], [("middle", picture)])
save ("around", [node ("ReduceMean", ["frames"], ["mean"], axes=[1], keepdims=0)],
    [("frames", [1, "T"] + picture[1:])], [("mean", picture)])
save ("clip-x2", [node ("Constant", [], ["scales"], value_floats=[1.0, 1.0, 1.0, 2.0, 2.0]),
    node ("Resize", ["frames", "", "scales"], ["larger"], mode="nearest")],
    [("frames", [1, "T"] + picture[1:])], [("larger", [1, "T", 3, "rows", "columns"])])
save ("luma-x2", [node ("Concat", ["x"] * 4, ["four"], axis=1),
    node ("DepthToSpace", ["four"], ["y"], blocksize=2)],
    [("x", [1, 1, "height", "width"])], [("y", [1, 1, "rows", "columns"])])
save ("upscaler", [node ("Concat", ["x"] * 4, ["four"], axis=1),
    node ("DepthToSpace", ["four"], ["y"], blocksize=2)],
    [("x", picture)], [("y", [1, 3, "rows", "columns"])])
save ("anything", [node ("Clip", ["x"], ["y"])], [("x", list ("abcd"))], [("y", list ("abcd"))])
END
    # A voice, and what it is to say.
    /usr/bin/python3 "$top/tests/pipelines/make-models.py" . && printf 'ab\ncab\n' >lines.txt || return 1
    # A model that scores a second of sound by its peak.
    /usr/bin/python3 - <<'END' || return 1
import onnx
from onnx import TensorProto, helper

model = helper.make_model (helper.make_graph (
    [helper.make_node ("Abs", ["sound"], ["magnitudes"]),
     helper.make_node ("GlobalMaxPool", ["magnitudes"], ["peak"]),
     helper.make_node ("Flatten", ["peak"], ["score"])], "speech",
    [helper.make_tensor_value_info ("sound", TensorProto.FLOAT, ["N", 1, 16000])],
    [helper.make_tensor_value_info ("score", TensorProto.FLOAT, ["N", 1])]),
    opset_imports=[helper.make_opsetid ("", 13)], ir_version=8)
helper.set_model_props (model, {"generative.sample-rate": "16000"})
onnx.save (model, "clean-speech.onnx")
# One that takes the byte that was there for the likeliest to follow.
onnx.save (helper.make_model (helper.make_graph (
    [helper.make_node ("Gather", ["table", "input_ids"], ["logits"])], "language",
    [helper.make_tensor_value_info ("input_ids", TensorProto.INT64, ["N", "T"])],
    [helper.make_tensor_value_info ("logits", TensorProto.FLOAT, ["N", "T", 256])],
    [helper.make_tensor ("table", TensorProto.FLOAT, [256, 256],
        [float (i % 257 == 0) for i in range (65536)])]),
    opset_imports=[helper.make_opsetid ("", 13)], ir_version=8), "language.onnx")
# One that scores pieces by the loudest of late, and is told the rate.
onnx.save (helper.make_model (helper.make_graph (
    [helper.make_node ("Abs", ["input"], ["magnitudes"]),
     helper.make_node ("ReduceMax", ["magnitudes"], ["peak"], axes=[1], keepdims=1),
     helper.make_node ("Cast", ["sr"], ["rate"], to=TensorProto.FLOAT),
     helper.make_node ("Div", ["state", "rate"], ["faded"]),
     helper.make_node ("Max", ["peak", "faded"], ["output"]),
     helper.make_node ("Identity", ["output"], ["stateN"])], "voice",
    [helper.make_tensor_value_info ("input", TensorProto.FLOAT, [1, "T"]),
     helper.make_tensor_value_info ("state", TensorProto.FLOAT, [1, 1]),
     helper.make_tensor_value_info ("sr", TensorProto.INT64, [])],
    [helper.make_tensor_value_info ("output", TensorProto.FLOAT, [1, 1]),
     helper.make_tensor_value_info ("stateN", TensorProto.FLOAT, [1, 1])]),
    opset_imports=[helper.make_opsetid ("", 13)], ir_version=8), "voice-activity.onnx")
END
}

# named FILE OPTION PATH...: bring, as cp's OPTION has it, those that the block in FILE names, extensions
# aside: all together are 190 MB.
named() {
    words=$(cat "$1") option=$2 wanted=
    shift 2
    for path; do
        stem=${path##*/}
        case $words in *"${stem%%.*}"*) wanted="$wanted $path" ;; esac
    done
    # Unquoted on purpose: a word a path.
    [ -z "$wanted" ] || cp "$option" $wanted .
}

# provide FILE: what the block in FILE of document $page names, but for the folder that it is to
# train into.
provide() {
    cp -r "$work/pictures" . # of which others are made
    named "$1" -r "$work/mark.key" "$work/label.png" "$work/photos" "$work/landscapes" "$work/digits.png" "$work/inception.onnx" "$work/lpips.onnx" "$work/dnsmos.onnx" \
        "$work/drums" "$work/talk.wav" "$work/notice.wav" "$work/clean-speech.onnx" "$work/voice-activity.onnx" "$work/restore.onnx" "$work/language.onnx" \
        "$work/talk.mp4" "$work/old.mp4" "$work/steady.onnx" "$work/middle.onnx" "$work/around.onnx" \
        "$work/anything.onnx" "$work/denoiser.onnx" "$work/luma-x2.onnx" "$work/clip-x2.onnx" "$work/upscaler.onnx" \
        "$work/matting.onnx" "$work/style.onnx" "$work/voice.onnx" "$work/voice.onnx.json" \
        "$work/lines.txt" "$work/vae" "$work/code" "$work/blocky.jpg" "$work/words.txt" "$work/net.onnx" "$work/faces.npz"
    case $page in
    README.md) named "$1" -r "$work/colour/model" ;;
    *) named "$1" -r "$work/grey/model" ;;
    esac
    named "$1" -rL "$work/style" "$work/ball" "$work/kit" "$work/features" "$work/classes" "$work/larger" "$work/whole" "$work/clean" "$work/between" "$work/ahead" "$work/digits" "$work/student" \
        "$work/emoji" "$work/pairs" "$work/icons" "$work/kinds" "$work/colours" "$work/ten" "$work/vq"
    named "$1" -rL "$work/speech" "$work/extender" "$work/hit-maker" "$work/listener" "$work/prior" "$work/each" "$work/patches" \
        "$work/codes" "$work/by-codes" "$work/codes-64" "$work/by-codes-64"
    if ! grep -q 'resume=true' "$1"; then
        rm -rf $(sed -nE 's/.*[ ]checkpoint=([^ ]+).*/\1/p' "$1")
    fi
}

# Whether what the file log is of plays at the moment: what follows a pipeline that has ended is not
# to be interrupted.
plays() {
    grep -E 'Setting pipeline to PLAYING|Freeing pipeline' log | tail -n 1 | grep -q PLAYING
}

# play FILE: run the block in FILE to its end, or until it has played for a while. What it says is
# in the file log.
play() {
    timeout -k 10 $patience sh -e "$1" >log 2>&1 &
    player=$!
    began=$(date +%s) since=''
    : >>log
    while kill -0 $player 2>/dev/null; do
        if [ -z "$since" ] && grep -q 'Setting pipeline to PLAYING' log; then since=$(date +%s); fi
        if [ -n "$since" ] && [ $(($(date +%s) - since)) -gt $playing ] && ! grep -q 'num-buffers=' "$1" && plays; then
            kill -INT $player
            wait $player
            break
        fi
        sleep 0.1
    done
    wait $player
    status=$?
    seconds=$(($(date +%s) - began))
    # Interrupted, it ends with whatever status; but it has played, and nothing went wrong.
    if [ -n "$since" ] && grep -q 'Interrupt: Stopping pipeline' log; then status=0; fi
    if grep -Eq '^ERROR|erroneous pipeline|CRITICAL|GStreamer-WARNING' log; then status=1; fi
    return $status
}

# Files that were made are what they are called.
judge() {
    for film in *.mp4; do
        case $film in talk.mp4 | old.mp4) continue ;; esac
        [ -e "$film" ] || continue
        ffprobe -v error -show_entries stream=codec_name,pix_fmt -of csv=p=0 "$film" >probe 2>&1
        holds "$page: $film is of a kind that every player knows" grep -qx 'h264,yuv420p' probe
    done
    for sound in *.wav; do
        if [ ! -e "$sound" ] || [ "$sound" = talk.wav ] || [ "$sound" = notice.wav ]; then continue; fi
        ffprobe -v error -show_entries stream=codec_type -of csv=p=0 "$sound" >probe 2>&1
        holds "$page: $sound is a sound" grep -qx audio probe
    done
    for report in *.jsonl; do
        [ -e "$report" ] || continue
        holds "$page: $report ends on a summary" sh -c "tail -n 1 '$report' | grep -q '^{\"summary\":'"
    done
}

if ! furnish >"$work/log" 2>&1; then
    fail "there are pictures and models to play" "$work/log"
    finish
fi
pages=${PAGES:-README.md CONTRIBUTING.md docs/*.md docs/*/*.md}

# walk LANE: the blocks whose turn it is.
walk() {
    turn=0
    for page in $pages; do
        cd "$top" || exit 1
        rm -rf "$work/$1" && mkdir -p "$work/$1/blocks" || exit 1
        blocks "$page" "$work/$1/blocks"
        for block in "$work/$1"/blocks/*; do
            [ -e "$block" ] || continue
            turn=$((turn % lanes + 1))
            [ $turn -eq "$1" ] || continue
            rm -rf "$work/$1/here" && mkdir "$work/$1/here" && cd "$work/$1/here" || exit 1
            provide "$block"
            name="$page: $(grep -oE '(gst-launch-1.0|generative-model (train|search|watch|data|compare|report|robustness|invert|directions|quantize|prune|convert)).*' "$block" | head -n 1 | cut -c 1-70)"
            if play "$block"; then pass "$name ($seconds s)"; else fail "$name ($seconds s)" log; fi
            judge
        done
    done
}

# Most of the time goes by while something plays.
cd "$top" || exit 1
lanes=3
walkers=
for lane in $(seq $lanes); do
    # What the shell cleans up at its end is not theirs.
    (
        trap - EXIT
        walk "$lane"
    ) >"$work/lane-$lane" &
    walkers="$walkers $!"
done
for walker in $walkers; do
    wait "$walker" || fail "all pages were walked"
done
while IFS= read -r line; do
    case $line in
    "not ok "*) fail "${line#not ok * }" ;;
    "ok "*) pass "${line#ok * }" ;;
    *) echo "$line" ;;
    esac
done <<END
$(cat "$work"/lane-*)
END
for page in $pages; do
    element=$(basename "$page" .md)
    [ -e "elements/$element/$element.c" ] || continue
    mkdir "$work/$element" && blocks "$page" "$work/$element"
    holds "$element's page has a launch line" test -e "$work/$element/01"
done
finish
