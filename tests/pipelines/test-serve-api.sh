#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# What generative-serve makes for requests, by curl: every kind of file, looked at by ffprobe and
# file, the same as gst-launch-1.0 makes, streamed, refused, and given up.
. "$(dirname "$0")/serve-harness.sh"

# ask PATH BODY [CURL-OPTION...]: the answer goes to the file answer, its headers to headers; prints the
# status.
ask() {
    path=$1 body=$2
    shift 2
    curl -sS --max-time $patience -o answer -D headers -w '%{http_code}' -H 'Content-Type: application/json' \
        -d "$body" "$@" "$address$path"
}
# answers NAME STATUS TYPE PATH BODY [CURL-OPTION...]: that it is answered so.
answers() {
    name=$1 wanted=$2 type=$3
    shift 3
    status=$(ask "$@")
    if [ "$status" = "$wanted" ] && grep -iq "^content-type: $type" headers; then
        pass "$name"
    else
        { echo "$status"; cat headers; head -c 500 answer; } >log 2>&1
        fail "$name" log
    fi
}
# probe ENTRY FILE: what ffprobe says of a file's stream.
probe() { ffprobe -v error -show_entries "stream=$1" -of csv=p=0 "$2"; }

pictures="videotestsrc pattern=ball num-buffers=640 ! video/x-raw,format=GRAY8,width=28,height=28"
succeeds "a net is trained" gst-launch-1.0 -q $pictures ! \
    gantrainer preset=mlp batch-size=32 seed=1 silent=true max-steps=4 checkpoint=model
succeeds "further models are made" /usr/bin/python3 "$top/tests/pipelines/make-models.py" .
cat >studio.toml <<END
[server]
port = 0
[limits]
pictures = 40
film-frames = 80
requests-per-minute = 0
[models.digits]
location = "model/generator.onnx"
[models.voice]
location = "voice.onnx"
[models.dimmer]
location = "dimmer.onnx"
[models.classes]
location = "classes.onnx"
END
succeeds "it starts" start --config=studio.toml

# Pictures.
answers "a picture is made" 200 image/png /v1/generate '{"model":"digits","seed":7}'
cp answer first.png
holds "it is one of 28 x 28 pixels" [ "$(probe width,height first.png)" = 28,28 ]
ask /v1/generate '{"model":"digits","seed":7}' >status
holds "the same seed makes the same bytes" cmp first.png answer
gst-launch-1.0 -q latentsrc seed=7 num-buffers=1 ! generator model=model/generator.onnx ! \
    video/x-raw,format=GRAY8 ! filesink location=launched.raw
ffmpeg -v error -y -i first.png -f rawvideo -pix_fmt gray served.raw
holds "and what gst-launch-1.0 makes of it" cmp launched.raw served.raw
answers "it can be a JPEG" 200 image/jpeg /v1/generate '{"model":"digits","format":"jpeg","quality":50}'
holds "which is one" [ "$(probe codec_name answer)" = mjpeg ]
answers "and a WebP, by the header Accept, in another size" 200 image/webp /v1/generate \
    '{"model":"digits","size":"64x32"}' -H 'Accept: image/webp, */*;q=0.1'
holds "which is one" [ "$(probe codec_name,width,height answer)" = webp,64,32 ]
answers "several are parts" 200 'multipart/mixed' /v1/generate '{"model":"digits","seed":7,"count":3}'
holds "three of them" [ "$(grep -ac '^Content-Type: image/png' answer)" = 3 ]
answers "or lines of JSON" 200 application/x-ndjson /v1/generate '{"model":"digits","seed":7,"count":3}' \
    -H 'Accept: application/x-ndjson'
holds "three of them" [ "$(wc -l <answer)" = 3 ]
head -n 1 answer | sed 's/.*"b64_json":"\([^"]*\)".*/\1/' | base64 -d >line.png
holds "of which the first is the same picture" cmp first.png line.png
answers "numbers can be had" 200 application/x-npy /v1/generate \
    '{"model":"digits","seed":7,"count":3,"format":"npy"}'
holds "for numpy" /usr/bin/python3 -c "
import numpy; made = numpy.load('answer'); assert made.shape[0] == 3 and made.size == 3 * 784"

answers "a class can be told" 200 image/png /v1/generate \
    '{"model":"classes","seed":7,"class":"bee","parameters":{"strength":2}}'
cp answer bee.png
gst-launch-1.0 -q latentsrc seed=7 class=1 num-buffers=1 ! generator model=classes.onnx parameters=strength=2 ! \
    video/x-raw,format=RGB ! filesink location=launched.raw
ffmpeg -v error -y -i bee.png -f rawvideo -pix_fmt rgb24 served.raw
holds "and is what gst-launch-1.0 makes of it" cmp launched.raw served.raw
answers "parameters are of one request" 200 image/png /v1/generate '{"model":"classes","seed":7,"class":1}'
holds "and not of the next" sh -c '! cmp -s bee.png answer'

# Films.
if has_element x264enc || has_element openh264enc; then
    answers "a film is made" 200 video/mp4 /v1/generate \
        '{"model":"digits","seed":7,"count":40,"format":"mp4","walk":"slerp","framerate":20}'
    cp answer film.mp4
    holds "of 40 frames" [ "$(ffprobe -v error -count_frames -show_entries stream=nb_read_frames \
        -of csv=p=0 film.mp4)" = 40 ]
    holds "for two seconds" [ "$(ffprobe -v error -show_entries format=duration -of csv=p=0 film.mp4)" \
        = 2.000000 ]
    answers "of which there may be more than of pictures" 200 video/mp4 /v1/generate \
        '{"model":"digits","seed":7,"count":60,"walk":"slerp"}' -H 'Accept: video/mp4'
    holds "and are" [ "$(ffprobe -v error -count_frames -show_entries stream=nb_read_frames \
        -of csv=p=0 answer)" = 60 ]
    answers "but not as many as anybody likes" 400 application/json /v1/generate \
        '{"model":"digits","count":81,"format":"mp4"}'
    holds "which says what made it" sh -c \
        "ffprobe -v error -show_entries format_tags film.mp4 | grep -q trainedAlgorithmicMedia"
    ask /v1/generate \
        '{"model":"digits","seed":7,"count":40,"format":"mp4","walk":"slerp","framerate":20}' >status
    holds "and is the same again" cmp film.mp4 answer
else
    skip "there is no encoder of H.264"
fi

# Speech.
for format in wav flac mp3 opus aac; do
    if [ $format = aac ] && ! has_element voaacenc; then
        skip "there is no encoder of AAC"
        continue
    fi
    case $format in
    wav) type=audio/wav codec=pcm_s16le ;;
    flac) type=audio/flac codec=flac ;;
    mp3) type=audio/mpeg codec=mp3 ;;
    opus) type=audio/ogg codec=opus ;;
    aac) type=audio/aac codec=aac ;;
    esac
    body="{\"model\":\"voice\",\"input\":\"abc def\",\"response_format\":\"$format\"}"
    answers "a text is spoken as $format" 200 $type /v1/audio/speech "$body"
    holds "which is $format" [ "$(probe codec_name answer)" = $codec ]
    cp answer spoken
    ask /v1/audio/speech "$body" >status
    holds "and the same again" cmp spoken answer
done
answers "a text of which nothing can be spoken is refused" 400 application/json /v1/audio/speech \
    '{"model":"voice","input":"日本"}'
printf 'abc def' >text.txt
gst-launch-1.0 -q filesrc location=text.txt ! text/x-raw,format=utf8 ! generator model=voice.onnx ! \
    audioconvert dithering=none ! audio/x-raw,format=S16LE ! filesink location=launched.raw
ask /v1/audio/speech '{"model":"voice","input":"abc def","response_format":"wav"}' >status
ffmpeg -v error -y -f wav -i answer -f s16le served.raw
holds "speech is what gst-launch-1.0 makes" cmp launched.raw served.raw
ask /v1/audio/speech '{"model":"voice","input":"abc def","response_format":"pcm"}' >status
# The resampler may end a sample earlier.
missing=$(($(wc -c <served.raw) * 3 / 2 - $(wc -c <answer)))
holds "pcm has 24000 samples a second" [ ${missing#-} -le 4 ]
answers "events hold pieces of it" 200 text/event-stream /v1/audio/speech \
    '{"model":"voice","input":"abc","stream_format":"sse"}'
holds "and end" grep -q speech.audio.done answer

# OpenAI's pictures.
answers "pictures come as OpenAI's clients have them" 200 application/json /v1/images/generations \
    '{"model":"digits","prompt":"a digit","n":2,"seed":7,"size":"auto"}'
/usr/bin/python3 -c "
import base64, json
data = json.load(open('answer'))['data']
assert len(data) == 2
open('openai.png', 'wb').write(base64.b64decode(data[0]['b64_json']))"
holds "and are the same" cmp first.png openai.png

# No.
answers "a field that is none is named" 400 application/json /v1/generate '{"model":"digits","sed":7}'
holds "with what was meant" grep -q 'did you mean \\"seed\\"' answer
answers "a model that is none is not there" 404 application/json /v1/generate '{"model":"faces"}'
answers "a model that takes pictures is refused" 400 application/json /v1/generate '{"model":"dimmer"}'
answers "a body that is no JSON is refused" 400 application/json /v1/generate 'seed=7'
answers "and one of two types" 400 application/json /v1/generate '{}' -H 'Content-Type: text/plain'
status=$(curl -sS --max-time $patience -o answer -w '%{http_code}' -H 'Content-Type: text/plain' -d '{}' \
    "$address/v1/generate")
holds "and one of another type" [ "$status" = 415 ]
answers "what nobody accepts is not made" 406 application/json /v1/generate '{"model":"digits"}' \
    -H 'Accept: text/html'

# Who gives up, or reads slowly, holds up nobody.
for i in 1 2 3 4 5 6 7 8; do
    curl -sS --max-time 0.3 -o /dev/null -H 'Content-Type: application/json' \
        -d '{"model":"digits","count":40,"size":"2048x2048"}' "$address/v1/generate" 2>/dev/null &
    givers="${givers:-} $!"
done
for giver in $givers; do wait "$giver"; done
answers "who comes after those that gave up is answered" 200 image/png /v1/generate \
    '{"model":"digits","seed":7}'
holds "with the same" cmp first.png answer
curl -sS --limit-rate 1000 -o slow -H 'Content-Type: application/json' \
    -d '{"model":"digits","count":40,"size":"256x256"}' "$address/v1/generate" 2>/dev/null &
slow=$!
answers "so is who comes beside one that reads slowly" 200 image/png /v1/generate \
    '{"model":"digits","seed":7}'
kill $slow
wait $slow 2>/dev/null

# What it says of itself.
curl -sS "$address/openapi.json" >openapi.json
holds "it describes what it takes" /usr/bin/python3 -c "
import json
document = json.load(open('openapi.json'))
assert document['openapi'].startswith('3.1')
for path in '/v1/generate', '/v1/images/generations', '/v1/audio/speech':
    assert 'post' in document['paths'][path]
models = document['components']['schemas']['Generate']['anyOf']
assert [m['title'] for m in sorted(models, key=lambda m: m['title'])] == ['classes', 'digits', 'voice']"
# The lines of its page, sent here.
awk '/^## /{inside = /Having something made/} inside && /^    curl/{on = 1} on{print substr($0, 5)} !/\\$/{on = 0}' \
    "$top/docs/serving.md" | sed -e "s|http://127.0.0.1:8080|$address|" \
    -e 's/"model":"\(faces\|digits\)","class":"seven"/"model":"classes","class":"bee"/' \
    -e 's/"model":"faces"/"model":"digits"/' -e 's/"input":"[^"]*"/"input":"abc"/' -e 's/"count":60/"count":40/' \
    -e 's/^curl/curl -sS --fail --max-time 60/' >lines.sh
holds "its page has lines" [ "$(grep -c ^curl lines.sh)" -ge 4 ]
succeeds "and they run" sh -e lines.sh
holds "and make what they say" [ "$(probe codec_name face.png)$(probe codec_name hello.mp3)" = pngmp3 ]

holds "it ends well" stop

# Signed.
if "$GENERATIVE_MODEL" c2pa demonstration-key keys >log 2>&1; then
    printf '[provenance]\nkey = "keys/key.pem"\ncertificate = "keys/certificate.pem"\n' >>studio.toml
    succeeds "it starts with a key" start --config=studio.toml
    for format in png mp4 wav; do
        case $format in
        wav) body='{"model":"voice","prompt":"abc","format":"wav"}' ;;
        *) body="{\"model\":\"digits\",\"format\":\"$format\",\"count\":1}" ;;
        esac
        ask /v1/generate "$body" >status
        cp answer "signed.$format"
        succeeds "$format is signed" "$GENERATIVE_MODEL" c2pa read "signed.$format" \
            --authorities keys/authority.pem
    done
fi
finish
