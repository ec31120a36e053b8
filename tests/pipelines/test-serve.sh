#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# generative-serve as whoever operates it knows it: one command, studio files that are right and wrong,
# tokens, TLS, sessions that are told and ended, how it drains and ends, and what it and systemd say to
# each other.
. "$(dirname "$0")/serve-harness.sh"

# ask PATH [CURL-OPTION...]: the answer goes to the file answer; prints the status.
ask() {
    path=$1
    shift
    curl -sS --max-time $patience -o answer -w '%{http_code}' ${cacert:+--cacert "$cacert"} "$@" "$address$path" 2>/dev/null
}
# watch: somebody watches the clock; his process is $client.
watch() {
    curl -sN -o frames "$@" "$address/mounts/clock/stream.mjpeg" &
    client=$!
    clients="$clients $client"
}
member() { /usr/bin/python3 -c 'import json, sys; print (eval ("json.load (open (sys.argv[1]))" + sys.argv[2]))' "$@"; }

/usr/bin/python3 - <<'END' || exit 1
import onnx
from onnx import TensorProto, helper, numpy_helper
import numpy as np

weights = np.linspace (-1, 1, 4 * 256).reshape (4, 256).astype (np.float32)
model = helper.make_model (helper.make_graph (
    [helper.make_node ("MatMul", ["z", "w"], ["flat"]), helper.make_node ("Tanh", ["flat"], ["bounded"]),
     helper.make_node ("Reshape", ["bounded", "shape"], ["picture"])], "faces",
    [helper.make_tensor_value_info ("z", TensorProto.FLOAT, ["N", 4])],
    [helper.make_tensor_value_info ("picture", TensorProto.FLOAT, ["N", 1, 16, 16])],
    [numpy_helper.from_array (weights, "w"), numpy_helper.from_array (np.array ([-1, 1, 16, 16]), "shape")]),
    opset_imports=[helper.make_opsetid ("", 13)], ir_version=8)
onnx.save (model, "faces.onnx")
END
cat >studio.toml <<'END'
[server]
port = 0
rtsp-port = 0
[limits]
idle-seconds = 30
drain-seconds = 30
[models.faces]
location = "faces.onnx"
[mounts.clock]
model = "faces"
width = 64
height = 64
protocols = ["mjpeg"]
END

# --- one command ---

start --port=0 --rtsp-port=0 faces.onnx || exit 1
holds "one command serves a model" [ "$(ask /v1/mounts/faces)" = 200 ]
holds "and tells what it makes" grep -q '"width":16' answer
holds "and ends well" stop
/usr/bin/python3 "$top/tests/pipelines/make-models.py" . || exit 1
start --port=0 --rtsp-port=0 voice.onnx || exit 1
holds "a voice, of which nothing can be watched, is served as well" [ "$(ask /v1/models/voice)" = 200 ]
holds "and what it says is to be asked for, as the log tells" grep -q 'mounts.voice.model: .*v1/audio/speech' complaints
holds "which ends well, too" stop

# --- studio files ---

"$serve" --print-example >example.toml
holds "the example is the one in the documents" cmp -s example.toml "$top/examples/studio.toml"
succeeds "a studio file is looked at" "$serve" --check --config=studio.toml
sed 's/width/widht/' studio.toml >wrong.toml
complains "a wrong key is told by line and key" 'wrong.toml:11: mounts.clock.widht: .*did you mean "width"' \
    "$serve" --check --config=wrong.toml
sed 's/faces.onnx/faces.onxx/' studio.toml >wrong.toml
complains "a model that is not there is" 'wrong.toml:8: models.faces.location: .*faces.onxx' "$serve" --check --config=wrong.toml
echo rubbish >rubbish.onnx
sed 's/faces.onnx/rubbish.onnx/' studio.toml >wrong.toml
complains "a model that is none is" 'wrong.toml:8: models.faces.location: .*rubbish.onnx' "$serve" --check --config=wrong.toml
sed 's/^port = 0/port = 0\nkey = "none.key"\ncertificate = "none.pem"/' studio.toml >wrong.toml
complains "a certificate that is not there is" 'wrong.toml:4: server.certificate: .*none.key' "$serve" --check --config=wrong.toml
sed 's/^port = 0/port = 0\ntokens = "none"/' studio.toml >wrong.toml
complains "so is a file of tokens, with what makes one" 'wrong.toml:3: server.tokens: .*token NAME' "$serve" --check --config=wrong.toml
sed 's/\["mjpeg"\]/["mjpg"]/' studio.toml >wrong.toml
complains "a protocol that there is not is" 'wrong.toml:13: mounts.clock.protocols: .*did you mean "mjpeg"' "$serve" --check --config=wrong.toml
{ cat studio.toml && printf 'walk = "slurp"\n'; } >wrong.toml
complains "a walk that there is not is" 'wrong.toml:14: mounts.clock.walk: .*did you mean "slerp"' "$serve" --check --config=wrong.toml
printf '[server]\nport = 0\n' >wrong.toml
succeeds "a file of which nothing can be watched is right" "$serve" --check --config=wrong.toml
holds "and it is said" grep -q 'wrong.toml: 0 models, 0 mounts: nothing can be watched' log
{ cat studio.toml && printf '[publish.faces]\ncanary = 0.1\n'; } >wrong.toml
complains "versions of a model that is no folder are" 'wrong.toml:14: publish.faces: .*should be a folder' "$serve" --check --config=wrong.toml
complains "so is one of the command line, which has no lines" 'line: models.none.location: .*none.onnx' "$serve" none.onnx
mkdir empty
complains "there is something to be served" 'config=FILE says what is served' sh -c "cd empty && '$serve'"

# --- sessions ---

start --config=studio.toml || exit 1
watch
holds "who watches has a session" comes '[ "$(ask /v1/sessions)" = 200 ] && grep -q "\"mount\":\"clock\"" answer'
id=$(member answer '["data"][0]["id"]')
holds "what sessions begin with is told of the mount" [ "$(ask /v1/mounts/clock)$(member answer '["parameters"][1]["value"]')" = 200slerp ]
holds "frames come" comes '[ "$(stat -c %s frames)" -gt 20000 ]'
holds "it is told otherwise while it plays" [ "$(ask "/v1/sessions/$id" -X PATCH -H 'Content-Type: application/json' -d '{"seed":7,"walk":"loop"}')" = 200 ]
holds "and says how it stands" [ "$(member answer '["parameters"]["seed"]')" = 7 ]
holds "what it is not to be told is refused" [ "$(ask "/v1/sessions/$id" -X PATCH -H 'Content-Type: application/json' -d '{"sed":7}')" = 400 ]
holds "with what would be right" grep -q 'did you mean \\"seed\\"' answer
holds "it is ended" [ "$(ask "/v1/sessions/$id" -X DELETE)" = 204 ]
holds "whoever watched sees the end" comes '! kill -0 $client 2>/dev/null'
holds "and it is no more" [ "$(ask "/v1/sessions/$id")" = 404 ]

# --- how it ends ---

watch
holds "a session plays" comes 'ask /v1/sessions >/dev/null && grep -q "\"mount\":\"clock\"" answer'
kill "$server"
holds "told to end, it is not ready any more" comes '[ "$(ask /readyz)" = 503 ]'
holds "it lives, though" [ "$(ask /healthz)" = 200 ]
holds "who watches goes on" sh -c "kill -0 $client"
holds "who comes is sent away" [ "$(ask /mounts/clock/stream.mjpeg --max-time 5)" = 503 ]
kill "$client"
holds "it ends when he goes" ends
start --config=studio.toml || exit 1
watch
holds "again, a session plays" comes 'ask /v1/sessions >/dev/null && grep -q "\"mount\":\"clock\"" answer'
kill "$server"
comes '[ "$(ask /readyz)" = 503 ]'
kill "$server"
holds "told twice, it ends at once" ends
wait "$client" 2>/dev/null

# --- tokens and TLS ---

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout tls.key -out tls.pem -days 2 \
    -subj /CN=serve -addext 'subjectAltName=IP:127.0.0.1' >/dev/null 2>&1
openssl genpkey -algorithm ec -pkeyopt ec_paramgen_curve:P-256 -out other.key >/dev/null 2>&1
chmod 600 tls.key other.key
sed 's/^port = 0/port = 0\ncertificate = "tls.pem"\nkey = "other.key"/' studio.toml >wrong.toml
complains "a key of another certificate is told before any client is" \
    'wrong.toml:3: server.certificate: .*other.key is not the key of .*tls.pem' "$serve" --check --config=wrong.toml
sed 's/^port = 0/port = 0\ntokens = "tokens"\ncertificate = "tls.pem"\nkey = "tls.key"/' studio.toml >secure.toml
token=$("$serve" token anna --scope=watch --config=secure.toml)
holds "a token is made, and its hash alone is kept" sh -c "grep -q '^anna watch ' tokens && ! grep -q -e '$token' tokens"
complains "a scope that there is not is told" 'there is no scope "wach" \(did you mean "watch"' "$serve" token ben --scope=wach --config=secure.toml
if start --config=secure.toml 2>/dev/null; then
    cacert=tls.pem
    holds "TLS: it is https" sh -c "case $address in https://*) ;; *) exit 1 ;; esac"
    holds "TLS: without a token there is nothing" [ "$(ask /v1/models)" = 401 ]
    holds "TLS: with it there is" [ "$(ask /v1/models -H "Authorization: Bearer $token")" = 200 ]
    holds "TLS: but not what it is not for" [ "$(ask /v1/generate -X POST -H "Authorization: Bearer $token" -d '{}')" = 403 ]
    holds "TLS: without it nobody answers" [ "$(curl -s -m $patience -o /dev/null -w '%{http_code}' "http${address#https}/healthz")" = 000 ]
    fresh=$("$serve" token ben --scope=watch --config=secure.toml)
    kill -HUP "$server"
    holds "a token is taken over by SIGHUP" comes '[ "$(ask /v1/models -H "Authorization: Bearer $fresh")" = 200 ]'
    manager=$("$serve" token cleo --scope=publish --config=secure.toml)
    kill -HUP "$server"
    comes '[ "$(ask /v1/models/faces/promote -X POST -H "Authorization: Bearer $manager")" != 401 ]'
    complains "TLS: versions are told a server whose certificate is shown" 'has no \[publish.faces\]' \
        env GENERATIVE_SERVE_TOKEN="$manager" "$serve" promote faces --url="$address" --authority=tls.pem
    complains "TLS: and none that nobody vouches for" 'certificate' \
        env GENERATIVE_SERVE_TOKEN="$manager" "$serve" promote faces --url="$address"
    stop
    cacert=
    chmod 644 tls.key
    complains "TLS: the key is nobody else's" 'chmod 600' "$serve" --config=secure.toml
elif grep -q glib-networking complaints; then
    skip "TLS wants glib-networking"
else
    fail "the server starts with TLS" complaints
fi

# --- systemd ---

# A socket that is listened on before, and what is said of being ready: as systemd does.
cat >manager.py <<'END'
import os, socket, subprocess, sys

listening = socket.socket ()
listening.bind (("127.0.0.1", 0))
listening.listen ()
told = socket.socket (socket.AF_UNIX, socket.SOCK_DGRAM)
told.bind ("notify")
told.settimeout (60)
os.dup2 (listening.fileno (), 3)
child = subprocess.Popen (["sh", "-c", 'LISTEN_PID=$$ exec "$@"', "sh", *sys.argv[1:]], pass_fds=[3],
    env={**os.environ, "LISTEN_FDS": "1", "NOTIFY_SOCKET": os.path.abspath ("notify"), "WATCHDOG_USEC": "200000"})

def wait_for (text):
    while told.recv (100) != text:
        pass

wait_for (b"READY=1")
wait_for (b"WATCHDOG=1")
client = socket.create_connection (listening.getsockname ())
client.sendall (b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
assert client.recv (100).startswith (b"HTTP/1.1 200"), "it does not answer"
client.close ()
child.terminate ()
wait_for (b"STOPPING=1")
sys.exit (child.wait ())
END
succeeds "a socket is taken over, and systemd is told" /usr/bin/python3 manager.py "$serve" --config=studio.toml
unit=$(find "$top/data/service" -name '*.service.in')
sed -e 's|^ExecStart=[^ ]*|ExecStart=/bin/true|' -e '/^Documentation/d' "$unit" >generative-serve.service
cp "$top/data/service/generative-serve.socket" .
if command -v systemd-analyze >/dev/null && systemd-analyze security --help 2>&1 | grep -q -e --offline; then
    succeeds "the unit's exposure is small" systemd-analyze security --offline=true --threshold=15 ./generative-serve.service
    succeeds "the units are understood" systemd-analyze verify --man=no ./generative-serve.service ./generative-serve.socket
else
    skip "systemd-analyze is not here"
fi
finish
