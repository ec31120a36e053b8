#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# WHEP and WHIP of generative-serve by aiortc, which shares no code with GStreamer; and by way of
# coturn, where the client uses nothing else.
#
#   CLIENTS_PYTHON    (environment) a Python that has the packages aiortc and numpy
#   GENERATIVE_SERVE  (environment) the server
. "$(dirname "$0")/../pipelines/harness.sh"
python=${CLIENTS_PYTHON:-python3}
server= turn= publisher=
on_exit() {
    for process in $publisher $server $turn; do kill "$process" 2>/dev/null; done
    rm -rf "$work"
}
cd "$work" || exit 1

if ! "$python" -c 'import aiortc, numpy' 2>/dev/null; then
    skip "no Python with the packages aiortc and numpy; CLIENTS_PYTHON may name one"
    finish
fi
if ! has_element webrtcbin || ! has_element nicesrc || [ "$GENERATIVE_WEBRTC" != yes ]; then
    skip "there is no WebRTC here"
    finish
fi
if ! /usr/bin/python3 "$top/tests/pipelines/make-models.py" . 2>/dev/null; then
    skip "/usr/bin/python3 lacks onnx, which makes models"
    finish
fi

# client ACTION MOUNT OPTION...
client() {
    action=$1 path=$2
    shift 2
    case $action in watch) role=whep ;; *) role=whip ;; esac
    timeout 120 "$python" "$top/tests/conformance/webrtc-client.py" "$action" "${url}mounts/$path/$role" \
        --token="$token" "$@"
}
watch() { client watch "$@" >said 2>complaints || { tail -n 5 said complaints | sed 's/^/# /'; false; }; }
# said EXPRESSION: of what the client said, in Python, holds.
said() { "$python" -c "import json; said = json.loads(open('said').readlines()[-1]); assert $1, said"; }
# A port that is free now: nothing that coturn listens to can be asked for its number.
free_port() {
    "$python" -c "import socket; s = socket.socket(type=socket.SOCK_DGRAM); s.bind(('127.0.0.1', 0)); print(s.getsockname()[1])"
}

port=$(free_port)
cat >studio.toml <<END
[server]
port = 0
rtsp-port = 0
tokens = "tokens"
[models.dimmer]
location = "dimmer.onnx"
[mounts.ball]
pipeline = "videotestsrc is-live=true pattern=ball ! video/x-raw,width=96,height=64,framerate=25/1 ! videoconvert name=video audiotestsrc is-live=true ! audioconvert name=audio"
protocols = ["webrtc"]
[mounts.dim]
model = "dimmer"
codec = "h264"
protocols = ["webrtc"]
[webrtc]
turn = ["turn://anna:a%20b@127.0.0.1:$port"]
END
token=$("$GENERATIVE_SERVE" token anna --scope=watch,publish --config=studio.toml)
"$GENERATIVE_SERVE" --config=studio.toml >ready 2>log &
server=$!
comes 'grep -q url ready' || { fail "it starts" log; finish; }
url=$(sed -n 's|.*"url":"\([^"]*\)".*|\1|p' ready)

for codec in VP8 H264; do
    holds "aiortc watches by $codec" watch ball --codec=$codec
    holds "it moves, in its size" said 'said["distinct"] > 20 and said["size"] == [96, 64]'
    holds "and sounds" said 'said["sounds"] > 5 and said["loudness"] > 10000'
    holds "and is ended" said 'said["status"] == 201 and said["deleted"] == 200'
done

# What aiortc offers first is VP8; the mount's own is H.264.
mkfifo hold
client publish dim --level=200 --twice <hold >published 2>complaints &
publisher=$!
exec 3>hold
comes 'grep -q status published || ! kill -0 $publisher'
holds "aiortc publishes" grep -q '"status": 201' published
# It is there for others when its first second is over.
comes 'watch dim --frames=20 >/dev/null'
holds "what the model makes of it is watched" said 'said["size"] == [128, 96] and 92 < said["level"] < 108'
exec 3>&-
wait $publisher
publisher=
holds "and ends by its word" grep -q '"deleted": 200' published

options() { curl -s -m $patience -o /dev/null -D headers -w '%{http_code}' -X OPTIONS "$@"; }
holds "servers of ICE are told before an offer" [ "$(options -H "Authorization: Bearer $token" "${url}mounts/ball/whep")" = 204 ]
holds "with what they take" grep -qi "^link: <turn:127.0.0.1:$port>; rel=\"ice-server\"; username=\"anna\"; credential=\"a b\"" headers
holds "but to nobody without a token" [ "$(options "${url}mounts/ball/whip")" = 401 ]
holds "nor of a mount that is not there" [ "$(options -H "Authorization: Bearer $token" "${url}mounts/none/whep")" = 404 ]

if command -v turnserver >/dev/null; then
    turnserver -n -L 127.0.0.1 -E 127.0.0.1 -p "$port" --no-tls --no-dtls --no-cli --lt-cred-mech -u "anna:a b" \
        -r example --allow-loopback-peers --log-file=stdout --pidfile="$work/turn.pid" >turn.log 2>&1 &
    turn=$!
    comes "ss -lun | grep -q 127.0.0.1:$port"
    holds "aiortc watches by way of coturn" watch ball --relay
    holds "and no other" said 'said["way"] == "relay" and said["distinct"] > 20 and said["sounds"] > 5'
else
    skip "there is no coturn"
fi

kill "$server"
wait "$server"
holds "the server ends well" [ $? -eq 0 ]
server=
finish
