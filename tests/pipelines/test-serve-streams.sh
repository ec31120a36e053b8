#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# What generative-serve streams, taken by programs that nobody here wrote: RTSP by ffmpeg and rtspsrc,
# HLS by ffmpeg, MJPEG by ffmpeg and souphttpsrc, snapshots by curl; and low-latency HLS by
# a player that holds lists and fragments against the specification (hls-client.py).
. "$(dirname "$0")/serve-harness.sh"
client=$top/tests/pipelines/hls-client.py

# begin FILE: serve what it says; $http and $rtsp say where.
begin() {
    start --config="$1" --port=0 --rtsp-port=0
    http=$address
    rtsp=127.0.0.1:$(sed -n 's|.*"rtsp-port":\([0-9]*\).*|\1|p' said)
}
# Told again once it has heard the first time, it ends at once.
stop_at_once() {
    kill "$server"
    comes '[ "$(curl -sk -o /dev/null -w "%{http_code}" "$http/readyz")" != 200 ]'
    kill "$server" 2>/dev/null
    ends
}
# frames FILE: how many there are.
frames() { ffprobe -v error -count_frames -select_streams v -show_entries stream=nb_read_frames -of csv=p=0 "$1"; }
sessions() { curl -s "$http/v1/sessions"; }
# session PROTOCOL: the id of the first session by it.
session() { sessions | tr '{' '\n' | sed -n "s|.*\"id\":\"\([0-9a-f]*\)\".*\"protocol\":\"$1\".*|\1|p" | head -n 1; }

cat >studio.toml <<EOF
[limits]
sessions = 12
idle-seconds = 8
[mounts.clock]
pipeline = "videotestsrc is-live=true pattern=ball ! video/x-raw,width=160,height=120 ! videoconvert name=video audiotestsrc is-live=true wave=ticks ! audioconvert name=audio"
protocols = ["rtsp", "hls", "mjpeg"]
[mounts.odd]
pipeline = "videotestsrc is-live=true pattern=ball ! video/x-raw,width=33,height=29 ! videoconvert"
framerate = "30000/1001"
shared = true
[mounts.snow]
pipeline = "videotestsrc is-live=true pattern=snow ! video/x-raw,width=640,height=480 ! videoconvert"
protocols = ["mjpeg"]
[mounts.tone]
pipeline = "audiotestsrc is-live=true ! audioconvert"
EOF
begin studio.toml

# --- HLS ---

hls=$http/mounts/clock/hls/index.m3u8
# A player each, at once: what they wait for is time.
for mount in clock:3 odd:3 tone:1; do
    python3 "$client" "$http/mounts/${mount%:*}/hls/index.m3u8" "${mount#*:}" >"player-${mount%:*}" 2>&1 &
    clients="$clients $!"
done
# ends_well PLAYER MOUNT: what it has found is said.
ends_well() {
    wait "$1"
    status=$?
    cat "player-$2"
    return $status
}
set -- $clients
succeeds "low-latency HLS is as RFC 8216bis has it, of pictures and sound" ends_well "$1" clock
succeeds "so it is of 29.97 frames a second, and an odd size" ends_well "$2" odd
succeeds "so it is of sound alone" ends_well "$3" tone
clients=
succeeds "ffmpeg reads it" ffmpeg -v error -i "$hls" -t 3 -map 0:v -map 0:a -c copy -y hls.mp4
holds "with all of its frames" [ "$(frames hls.mp4)" -ge 70 ]
curl -s "$hls" >master
holds "sound is a rendition of its own" grep -q '#EXT-X-MEDIA:TYPE=AUDIO.*URI="audio.m3u8"' master
holds "all who watch a mount by HLS are one session" [ "$(sessions | grep -o '"mount":"clock","protocol":"hls"' | wc -l)" -eq 1 ]
# The lists that are told to last may be kept by nobody, and what does not change by everybody.
part=$(curl -s "$http/mounts/clock/hls/video.m3u8" | sed -n 's|^#EXT-X-PART:.*URI="\([^"]*\)".*|\1|p' | tail -n 1)
curl -s -D head -o part "$http/mounts/clock/hls/$part"
holds "parts are video/mp4, and may be kept" sh -c 'grep -qi "content-type: video/mp4" head && grep -qi "cache-control: max-age" head'

# --- MJPEG ---

succeeds "ffmpeg reads JPEG after JPEG" ffmpeg -v error -f mpjpeg -i "$http/mounts/odd/stream.mjpeg" -frames:v 20 -y mjpeg.mkv
holds "all of them" [ "$(frames mjpeg.mkv)" -eq 20 ]
succeeds "so does GStreamer" timeout 60 gst-launch-1.0 -q souphttpsrc location="$http/mounts/clock/stream.mjpeg" ! \
    multipartdemux ! jpegdec ! fakesink num-buffers=20
for type in png jpeg; do
    curl -s -D head -o snapshot.$type "$http/mounts/clock/snapshot.$type"
    holds "a snapshot as $type" [ "$(ffprobe -v error -show_entries stream=width,height -of csv=p=0 snapshot.$type)" = 160,120 ]
    holds "says what it is" grep -qi "content-type: image/$type" head
done
# Snow is 6 MB a second, more than sockets hold: who takes a hundredth of it gets few frames.
curl -s --limit-rate 60k --max-time 6 -o slow "$http/mounts/snow/stream.mjpeg" &
clients=$!
ffmpeg -v error -f mpjpeg -i "$http/mounts/snow/stream.mjpeg" -c copy -frames:v 60 -y fast.mkv
holds "who is fast gets frames beside one who is slow" [ "$(frames fast.mkv)" -eq 60 ]
wait $clients
clients=
holds "and who is slow gets fewer" [ "$(grep -ac '^--frame' slow)" -lt 40 ]
curl -s -o metrics "$http/metrics"
lost=$(sed -n 's/^generative_serve_dropped_total{mount="snow",protocol="mjpeg"} //p' metrics)
holds "which are counted" [ "${lost:-0}" -ge 20 ]
holds "sessions of viewers who have left end" comes '! sessions | grep -q "snow"'

# --- RTSP ---

for transport in udp tcp; do
    succeeds "ffmpeg reads RTSP by $transport" timeout 60 ffmpeg -v error -analyzeduration 1000000 -rtsp_transport $transport -i "rtsp://$rtsp/clock" \
        -t 2 -map 0:v -map 0:a -c copy -y $transport.mkv
    holds "pictures and sound" [ "$(ffprobe -v error -show_entries stream=codec_type -of csv=p=0 $transport.mkv | tr '\n' ' ')" = "video audio " ]
    timeout 60 gst-launch-1.0 -q rtspsrc location="rtsp://$rtsp/odd" protocols=$transport latency=100 ! \
        rtph264depay ! fakesink num-buffers=45 >log 2>&1
    status=$?
    if [ $status -eq 0 ]; then pass "rtspsrc reads it by $transport"; else echo "status $status" >>log; fail "rtspsrc reads it by $transport" log; fi
done
complains "a path that there is not is refused" "404|not found" ffprobe -v error "rtsp://$rtsp/nothing"
holds "sessions of clients that have left end" comes '! sessions | grep -q rtsp'
gst-launch-1.0 -q rtspsrc location="rtsp://$rtsp/odd" protocols=tcp ! fakesink >log 2>&1 &
clients=$!
holds "a client has a session" comes '[ -n "$(session rtsp)" ]'
curl -s -X DELETE "$http/v1/sessions/$(session rtsp)" -o /dev/null
holds "and its stream ends when the server ends that" comes '! kill -0 $clients 2>/dev/null'
clients=
holds "a stream that nobody asks for ends" comes '! sessions | grep -q hls'
succeeds "and begins again where its numbers were" sh -c "
    curl -s '$http/mounts/clock/hls/video.m3u8' >again && ! grep -q 'MEDIA-SEQUENCE:0\$' again &&
    ! grep -q 'DISCONTINUITY-SEQUENCE:0\$' again"
holds "a mount that says no protocols does without those that do not fit" grep -q "tone is not watched by mjpeg" complaints
holds "it ends by itself" stop_at_once
holds "and complained of nothing" sh -c '! grep -iE "critical|(warning|error): mounts" complaints'

# --- what fails, and what ends ---

gst-launch-1.0 -q videotestsrc num-buffers=1 ! pngenc ! filesink location=picture.png
cat >failing.toml <<EOF
[mounts.picture]
pipeline = "filesrc location=$work/picture.png ! pngdec ! imagefreeze is-live=true ! videoconvert"
protocols = ["rtsp", "mjpeg"]
shared = true
[mounts.broken]
pipeline = "videotestsrc is-live=true ! video/x-raw,width=64,height=48,framerate=25/1 ! queue ! identity error-after=50 ! videoconvert"
protocols = ["rtsp", "mjpeg"]
[mounts.short]
pipeline = "videotestsrc is-live=true num-buffers=50 ! video/x-raw,width=64,height=48,framerate=25/1 ! videoconvert"
protocols = ["mjpeg"]
EOF
begin failing.toml
# rtspsrc may find the connection closed as it says that it leaves.
timeout 60 gst-launch-1.0 -q rtspsrc location="rtsp://$rtsp/broken" protocols=tcp ! filesink location=broken.rtp >log 2>&1
holds "clients of RTSP see the end of what fails" [ $? -ne 124 ]
holds "and what there was before" [ -s broken.rtp ]
succeeds "so do those of MJPEG" timeout 60 curl -s "$http/mounts/broken/stream.mjpeg" -o /dev/null
succeeds "and of what ends" timeout 60 curl -s "$http/mounts/short/stream.mjpeg" -o /dev/null
# What cannot even begin fails while its stream is put together, again and again.
rm picture.png
for client in 1 2 3 4 5 6 7 8; do
    timeout 60 ffprobe -v error -rtsp_transport tcp "rtsp://$rtsp/picture" >log 2>&1 &
    clients="$clients $!"
done
wait $clients
clients=
complains "what cannot begin is refused by RTSP" "5..|nvalid data" ffprobe -v error -rtsp_transport tcp "rtsp://$rtsp/picture"
holds "and the server goes on" kill -0 "$server"
holds "no session stays" comes '! sessions | grep -q protocol'
holds "the log tells what failed, by protocol" grep -q "mounts.broken, rtsp: Failed after" complaints
holds "and what has ended" grep -q "mounts.short, mjpeg: what it plays has ended" complaints
stop_at_once

# --- tokens, TLS, signatures ---

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout server.key -out server.pem -days 2 \
    -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 2>/dev/null
chmod 600 server.key
token=$("$serve" token anna --file=tokens)
other=$("$serve" token otto --file=tokens --scope=generate)
"$GENERATIVE_MODEL" c2pa demonstration-key demo >/dev/null
cat >closed.toml <<EOF
[server]
tokens = "tokens"
certificate = "server.pem"
key = "server.key"
[provenance]
key = "demo/key.pem"
certificate = "demo/certificate.pem"
[mounts.clock]
pipeline = "videotestsrc is-live=true pattern=ball ! video/x-raw,width=160,height=120 ! videoconvert"
protocols = ["rtsp", "hls", "mjpeg"]
EOF
begin closed.toml
# with TOKEN FILE: the status of a request for it.
with() { curl -sk -o answer -w '%{http_code}' ${1:+-H "Authorization: Bearer $1"} "$http/mounts/clock/$2"; }
holds "HLS takes a token" [ "$(with "" hls/index.m3u8)" = 401 ]
holds "one for watching" [ "$(with "$other" hls/index.m3u8)" = 403 ]
holds "and lets in who has it" [ "$(with "$token" hls/index.m3u8)" = 200 ]
holds "so does MJPEG" [ "$(with "" snapshot.png) $(with "$token" snapshot.png)" = "401 200" ]
# watch USER:PASSWORD@: by RTSP and TLS.
watch() { timeout 60 ffprobe -v error -rtsp_transport tcp -show_entries stream=codec_name -of csv=p=0 "rtsps://$1$rtsp/clock"; }
complains "RTSP takes a token" "401|nauthorized" ffprobe -v error "rtsps://$rtsp/clock"
complains "a right one" "401|nauthorized" ffprobe -v error "rtsps://anna:wrong@$rtsp/clock"
complains "for watching" "401|nauthorized" ffprobe -v error "rtsps://otto:$other@$rtsp/clock"
holds "and lets in who has it, by TLS" [ "$(watch "anna:$token@")" = h264 ]
complains "without TLS there is nothing" "" ffprobe -v error "rtsp://anna:$token@$rtsp/clock"
if [ -s demo/key.pem ]; then
    list=$(with "$token" hls/video.m3u8 >/dev/null && cat answer)
    with "$token" "hls/$(echo "$list" | sed -n 's|^#EXT-X-MAP:URI="\(.*\)"|\1|p')" >/dev/null && mv answer init.mp4
    with "$token" "hls/$(echo "$list" | grep -v '^#' | head -n 1)" >/dev/null && mv answer segment.m4s
    succeeds "segments of HLS say, signed, where they come from" "$GENERATIVE_MODEL" c2pa read --live init.mp4 segment.m4s \
        --authorities demo/authority.pem
    printf '\001' | dd of=segment.m4s bs=1 seek=2000 conv=notrunc 2>/dev/null
    complains "and say so no more once a byte is another" "Invalid" "$GENERATIVE_MODEL" c2pa read --live init.mp4 segment.m4s
else
    skip "this build signs nothing"
fi
stop_at_once
finish
