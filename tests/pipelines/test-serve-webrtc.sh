#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# WebRTC of generative-serve: what a client of its own sees by WHEP, what it publishes by WHIP, and
# what requests that are wrong are told.
. "$(dirname "$0")/serve-harness.sh"
client=$build/tests/tools/whep-client

if [ ! -x "$client" ]; then
    skip "this build has no WebRTC"
    finish
fi
if ! has_element webrtcbin || ! has_element nicesrc; then
    skip "GStreamer has no webrtcbin here, or no nicesrc"
    finish
fi

# watch MOUNT OPTION...: what the client says goes to the file said.
watch() {
    path=$1
    shift
    "$client" --seconds=$patience "$@" "${url}mounts/$path/whep" >said 2>trouble
}
# said_at_least MEMBER LEAST: the last line has a member that is at least so much.
said_at_least() {
    value=$(tail -n 1 said | sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p")
    [ "${value:-0}" -ge "$2" ]
}
# post PATH CURL-OPTION...: the status of a POST; the answer goes to the file answer.
post() {
    path=$1
    shift
    curl -s -m $patience -o answer -D headers -w '%{http_code}' -X POST "$@" "$url$path"
}
ask() { curl -s -m $patience -o answer -w '%{http_code}' "$@"; }
sessions() { curl -s -m $patience "${url}v1/sessions" | grep -o '"id"' | wc -l; }

/usr/bin/python3 "$top/tests/pipelines/make-waves.py" plain.onnx || exit 1
cat >studio.toml <<'END'
[server]
port = 0
rtsp-port = 0
[limits]
sessions = 4
sessions-per-client = 3
width = 640
height = 480
[models.plain]
location = "plain.onnx"
[mounts.plain]
model = "plain"
width = 64
height = 64
framerate = "25"
codec = "vp8"
bitrate = 500
protocols = ["webrtc"]
[mounts.ball]
pipeline = "videotestsrc is-live=true pattern=ball ! video/x-raw,width=96,height=64,framerate=25/1 ! videoconvert name=video audiotestsrc is-live=true ! audioconvert name=audio"
protocols = ["webrtc"]
[mounts.shared]
pipeline = "videotestsrc is-live=true pattern=ball ! video/x-raw,width=96,height=64,framerate=25/1 ! videoconvert"
shared = true
protocols = ["webrtc"]
[mounts.closed]
pipeline = "videotestsrc is-live=true ! videoconvert"
protocols = []
[webrtc]
handshakes = 2
handshake-seconds = 8
lost-seconds = 2
END
if ! start --config=studio.toml; then
    fail "the server starts" complaints
    finish
fi
url=$address/

# --- watching ---

watch plain --frames=40 --tell='{"class":2,"strength":0.4}'
holds "pictures of a model come" said_at_least frames 40
holds "and are not one and the same" said_at_least distinct 10
holds "of the mount's size" grep -q '"width":64,"height":64' said
holds "what the data channel is told is done" grep -q '"reply","text":{"ok":true}' said
holds "the session is deleted" grep -q '"deleted","status":200' said
comes '[ "$(sessions)" -eq 0 ]'
holds "and gone" [ "$(sessions)" -eq 0 ]
watch plain --frames=5 --tell='{"klass":2}'
holds "a wrong parameter is told what would be right" grep -q '"ok":false,"error":".*class' said
watch plain --frames=5 --tell='["class"]'
holds "and what is no object" grep -q 'an object of JSON is wanted' said
watch ball --audio --frames=20
holds "pictures come with sound" said_at_least sounds 1
watch ball --codec=h264 --frames=20
holds "pictures come by H.264" said_at_least frames 20
watch ball --trickle --frames=20
holds "candidates may come later" grep -q '"trickled","candidates":[1-9][0-9]*,"status":204' said
holds "and connect" said_at_least frames 20
"$client" --seconds=$patience --frames=40 "${url}mounts/shared/whep" >other 2>>trouble &
other=$!
watch shared --frames=40
wait $other
holds "two see a mount that is shared" grep -q '"end","frames":4[0-9]' other
holds "both of them" said_at_least frames 40

# --- publishing ---

mkfifo stop idle
"$client" --publish --audio --seconds=120 "${url}mounts/ball/whip" <stop >published 2>>trouble &
clients=$!
exec 3>stop
comes 'grep -q connected published'
holds "a stream is published" grep -q '"answer","status":201' published
watch ball --audio --frames=30
holds "and watched, in its size" grep -q '"width":160,"height":120' said
holds "it moves" said_at_least distinct 10
holds "and sounds" said_at_least sounds 1
"$client" --publish --seconds=$patience "${url}mounts/ball/whip" <>idle >second 2>&1
holds "one at a time publishes" grep -q '"answer","status":409' second
"$client" --seconds=$patience --frames=100000 --tell={} "${url}mounts/ball/whep" >viewer 2>&1 3>&- &
viewer=$!
comes 'grep -q reply viewer'
exec 3>&-
wait $clients
clients=
holds "the publication is deleted" grep -q '"deleted","status":200' published
wait $viewer
holds "who watches it sees its end" grep -q '"event":"ended"' viewer
watch ball --frames=20
holds "and then the mount's own source is back" grep -q '"width":96,"height":64' said
"$client" --publish --seconds=$patience "${url}mounts/plain/whip" <>idle >second 2>&1
holds "nothing is published to a model of latents" grep -q '"answer","status":409' second

# --- what is wrong ---

offer='v=0
o=- 1 1 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0
m=video 9 UDP/TLS/RTP/SAVPF 96
c=IN IP4 0.0.0.0
a=mid:0
a=ice-ufrag:abcd
a=ice-pwd:0123456789012345678901
a=fingerprint:sha-256 42:5A:AF:16:E2:35:A3:82:1A:39:C8:24:53:2D:DF:7D:D2:30:87:80:91:DC:65:62:89:6B:99:9A:29:1B:86:AD
a=setup:actpass
a=rtcp-mux
a=recvonly
a=rtpmap:96 VP8/90000
'
printf '%s' "$offer" | sed 's/$/\r/' >offer.sdp
sdp='Content-Type: application/sdp'
holds "a mount that is not there" [ "$(post mounts/none/whep -H "$sdp" --data-binary @offer.sdp)" = 404 ]
holds "one that has not the protocol" [ "$(post mounts/closed/whep -H "$sdp" --data-binary @offer.sdp)" = 404 ]
holds "another type than SDP" [ "$(post mounts/plain/whep -H 'Content-Type: application/json' -d '{}')" = 415 ]
holds "says which one" grep -qi 'accept-post: application/sdp' headers
holds "an answer that nobody gives" [ "$(post mounts/plain/whep -H "$sdp" -H 'Accept: text/html' --data-binary @offer.sdp)" = 406 ]
holds "what is no SDP" [ "$(post mounts/plain/whep -H "$sdp" -d 'garbage')" = 400 ]
sed '/ice-pwd/d' offer.sdp >broken.sdp
holds "an offer without a password" [ "$(post mounts/plain/whep -H "$sdp" --data-binary @broken.sdp)" = 400 ]
holds "says what it has not" grep -q 'a=ice-pwd' answer
sed 's/VP8/AV9/' offer.sdp >unknown.sdp
holds "a codec that nobody speaks" [ "$(post mounts/plain/whep -H "$sdp" --data-binary @unknown.sdp)" = 422 ]
holds "says which are spoken" grep -q 'VP8, H264' answer
sed 's/recvonly/sendonly/' offer.sdp >sending.sdp
holds "one who would send where he is to watch" [ "$(post mounts/plain/whep -H "$sdp" --data-binary @sending.sdp)" = 422 ]

holds "an offer is answered" [ "$(post mounts/plain/whep -H "$sdp" --data-binary @offer.sdp)" = 201 ]
holds "by SDP" grep -q '^a=candidate:.*127.0.0.1' answer
holds "of this machine alone" [ "$(grep -c '^a=candidate:' answer)" -eq "$(grep -c '^a=candidate:.* 127.0.0.1 ' answer)" ]
location=$(sed -n 's/^[Ll]ocation: *\/\([^\r]*\)\r*$/\1/p' headers)
tag=$(sed -n 's/^[Ee][Tt]ag: *\([^\r]*\)\r*$/\1/p' headers)
fragment='Content-Type: application/trickle-ice-sdpfrag'
candidate='a=mid:0
a=candidate:1 1 udp 2122260223 127.0.0.1 9 typ host'
patch() { ask -X PATCH "$@" "$url$location"; }
holds "candidates of another type" [ "$(patch -H "$sdp" -H "If-Match: $tag" -d "$candidate")" = 415 ]
holds "for nobody in particular" [ "$(patch -H "$fragment" --data-binary "$candidate")" = 428 ]
holds "for another connection" [ "$(patch -H "$fragment" -H 'If-Match: "x"' --data-binary "$candidate")" = 412 ]
holds "that are none" [ "$(patch -H "$fragment" -H "If-Match: $tag" --data-binary 'a=candidate:x')" = 400 ]
holds "that begin anew" [ "$(patch -H "$fragment" -H "If-Match: $tag" --data-binary 'a=ice-ufrag:other')" = 422 ]
holds "and good ones" [ "$(patch -H "$fragment" -H "If-Match: $tag" --data-binary "$candidate")" = 204 ]
holds "a connection is not of WHIP" [ "$(ask -X DELETE "$url$(echo "$location" | sed 's/whep/whip/')")" = 404 ]
holds "it is deleted" [ "$(ask -X DELETE "$url$location")" = 200 ]
holds "once" [ "$(ask -X DELETE "$url$location")" = 404 ]

# Whoever begins and does not end holds his place for handshake-seconds, and nobody else.
holds "one goes away in the handshake" [ "$(post mounts/plain/whep -H "$sdp" --data-binary @offer.sdp)" = 201 ]
holds "another one too" [ "$(post mounts/ball/whep -H "$sdp" --data-binary @offer.sdp)" = 201 ]
holds "for the third there is no room" [ "$(post mounts/plain/whep -H "$sdp" --data-binary @offer.sdp)" = 503 ]
holds "now" grep -qi '^retry-after:' headers
comes '[ "$(sessions)" -eq 0 ]'
holds "both are forgotten" [ "$(sessions)" -eq 0 ]
watch plain --frames=5
holds "and others are served" said_at_least frames 5

# Who is killed while he watches or publishes says nothing, and ICE does not miss him.
"$client" --frames=100000 --seconds=120 --tell={} "${url}mounts/ball/whep" >viewer 2>&1 &
viewer=$!
comes 'grep -q reply viewer'
"$client" --publish --audio --seconds=120 "${url}mounts/ball/whip" <>idle >published 2>&1 &
clients=$!
comes 'grep -q connected published'
kill -9 $viewer $clients
clients=
comes '[ "$(sessions)" -eq 0 ]'
holds "who is killed while he watches is missed" [ "$(sessions)" -eq 0 ]
# Whoever watches before he is missed waits for what he has not sent, so that it is tried for short.
holds "so is who published" comes 'watch ball --frames=5 --seconds=5 && grep -q "\"width\":96,\"height\":64" said'

# More than connections-per-client, one after the other: those that are closed are no connections.
answered=0
for attempt in $(seq 100); do
    [ "$(ask "${url}healthz")" != 200 ] || answered=$((answered + 1))
done
holds "who closes a connection may open another" [ $answered -eq 100 ]

holds "the server ends well" stop
holds "without a word of trouble" [ "$(grep -v status=503 complaints | grep -ciE 'critical|assert|warning')" -eq 0 ]
finish
