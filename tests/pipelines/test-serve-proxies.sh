#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Two replicas of generative-serve behind nginx and behind HAProxy, as examples/deploy configures them:
# what a client has stays on one replica, clients are counted and not the proxy, what streams is not held
# up, and replicas that end or die are missed by nobody.
. "$(dirname "$0")/harness.sh"
serve=$build/tools/serve/generative-serve
# Seconds until what is waited for cannot be coming any more.
patience=60
replicas=
proxy=
clients=
on_exit() {
    for process in $clients $proxy $replicas; do kill -9 "$process" 2>/dev/null; done
    rm -rf "$work"
}
cd "$work" || exit 1
PATH=$PATH:/usr/sbin

if [ ! -x "$serve" ]; then
    skip "this build has no generative-serve"
    finish
fi
if ! curl -s --interface 127.0.0.2 -o /dev/null file:///dev/null; then
    skip "there is no curl that asks from another address"
    finish
fi

# free_ports COUNT: so many that nobody listens on.
free_ports() {
    python3 -c 'import socket, sys
listening = [socket.create_server (("127.0.0.1", 0)) for _ in range (int (sys.argv[1]))]
print (*[one.getsockname ()[1] for one in listening])' "$1"
}
# start_replica NAME: its process is $replica, its ports $http and $rtsp.
start_replica() {
    rm -f "said.$1"
    "$serve" --config=studio.toml --port=0 --rtsp-port=0 >"said.$1" 2>"complaints.$1" &
    replica=$!
    replicas="$replicas $replica"
    comes "grep -q rtsp-port said.$1 || ! kill -0 $replica 2>/dev/null" && grep -q rtsp-port "said.$1" || {
        cat "complaints.$1" >&2
        exit 1
    }
    http=$(sed -n 's|.*"port":\([0-9]*\).*|\1|p' "said.$1")
    rtsp=$(sed -n 's|.*"rtsp-port":\([0-9]*\).*|\1|p' "said.$1")
}
# ask CLIENT PATH [CURL-OPTION...]: as a client of 127.0.0.CLIENT; the answer goes to the file answer;
# prints the status.
ask() {
    from=$1 path=$2
    shift 2
    curl -sS --max-time $patience --interface "127.0.0.$from" --cacert tls.pem -o answer -w '%{http_code}' "$@" "$url$path" 2>/dev/null
}
# watch CLIENT: he watches the clock; his process is $client, and what comes is in frames.CLIENT.
watch() {
    curl -sN --interface "127.0.0.$1" --cacert tls.pem -o "frames.$1" "$url/mounts/clock/stream.mjpeg" &
    client=$!
    clients="$clients $client"
}
# session CLIENT: the id of his one session, or nothing.
session() {
    ask "$1" /v1/sessions >/dev/null && [ "$(grep -o '"id":' answer | wc -l)" -eq 1 ] &&
        sed -n 's|.*"id":"\([0-9a-f]*\)".*|\1|p' answer
}
# sessions PORT: how many a replica has.
sessions() { curl -s "http://127.0.0.1:$1/metrics" | awk '/^generative_serve_sessions\{/ { n += $2 } END { print n + 0 }'; }
tell() { ask "$1" "/v1/sessions/$2" -X PATCH -H 'Content-Type: application/json' -d '{"seed":7}'; }
generate() { ask "$1" /v1/generate -H 'Content-Type: application/json' -d '{"model":"faces","seed":7}'; }
leave() {
    for process in $clients; do kill "$process" 2>/dev/null; done
    for process in $clients; do wait "$process" 2>/dev/null; done
    clients=
}

/usr/bin/python3 - <<'PYTHON' || exit 1
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
PYTHON
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout tls.key -out tls.pem -days 2 \
    -subj /CN=studio -addext 'subjectAltName=IP:127.0.0.1' >/dev/null 2>&1
cat tls.pem tls.key >both.pem

# configure NAME FILE: the example, with the addresses of here.
configure() {
    sed -e "s|10\.0\.0\.11:8080|127.0.0.1:$http1|" -e "s|10\.0\.0\.12:8080|127.0.0.1:$http2|" \
        -e "s|10\.0\.0\.11:8554 port 8080|127.0.0.1:$rtsp1 port $http1|" \
        -e "s|10\.0\.0\.12:8554 port 8080|127.0.0.1:$rtsp2 port $http2|" \
        -e "s|:443 ssl|127.0.0.1:$port ssl|; s|listen 443 ssl|listen 127.0.0.1:$port ssl|" \
        -e "s|bind :8554|bind 127.0.0.1:$rtsp_port|; s|bind :322 |bind 127.0.0.1:$rtsps_port |" \
        -e "s|/etc/nginx/studio\.|$work/tls.|; s|/etc/haproxy/studio\.pem|$work/both.pem|" \
        "$top/examples/deploy/$1" >"$1"
    if [ "$1" = nginx.conf ]; then
        { echo "daemon off; pid $work/nginx.pid; error_log $work/nginx.log;"
          sed "s|^http {|http { access_log off; client_body_temp_path $work/body; proxy_temp_path $work/proxy; fastcgi_temp_path $work/fastcgi; uwsgi_temp_path $work/uwsgi; scgi_temp_path $work/scgi;|" nginx.conf
        } >whole && mv whole nginx.conf
        ! [ "$(id -u)" -eq 0 ] || sed -i '1s/^/user root; /' nginx.conf
    fi
}

# behind NAME CHECK-COMMAND RUN-COMMAND
behind() {
    by=$1 file=$2 check=$3 run=$4
    ports=$(free_ports 3)
    port=${ports%% *} rtsps_port=${ports##* } rtsp_port=${ports#* }
    rtsp_port=${rtsp_port% *}
    url=https://127.0.0.1:$port
    cat >studio.toml <<EOF
[server]
hosts = ["127.0.0.1:$port"]
anonymous = ["watch", "generate"]
proxies = ["127.0.0.1"]
[limits]
requests-per-minute = 1200
idle-seconds = 30
drain-seconds = 60
connections-per-client = 2
[models.faces]
location = "faces.onnx"
[mounts.clock]
model = "faces"
width = 64
height = 64
protocols = ["mjpeg", "rtsp"]
[mounts.slow]
model = "faces"
framerate = "1/10"
protocols = ["mjpeg"]
[mounts.film]
pipeline = "videotestsrc is-live=true pattern=ball ! video/x-raw,width=160,height=120 ! videoconvert name=video audiotestsrc is-live=true wave=ticks ! audioconvert name=audio"
protocols = ["hls"]
EOF
    start_replica one
    replica1=$replica http1=$http rtsp1=$rtsp
    start_replica two
    replica2=$replica http2=$http rtsp2=$rtsp
    configure "$file"
    succeeds "$by takes the example" $check
    $run >proxy.log 2>&1 &
    proxy=$!
    holds "$by: a replica answers, by TLS" comes '[ "$(ask 2 /v1/mounts)" = 200 ]'
    if [ "$(ask 2 /v1/mounts)" != 200 ]; then
        cat proxy.log answer >&2
        return
    fi

    # --- one replica a client ---

    for i in 2 3 4 5 6 7 8 9; do watch $i; done
    spread=0 own=0 told=0
    for i in 2 3 4 5 6 7 8 9; do
        id=
        comes "id=\$(session $i) && [ -n \"\$id\" ]" && own=$((own + 1))
        [ "$(tell $i "$id")" = 200 ] && told=$((told + 1))
    done
    holds "$by: each client sees the one session that he has" [ $own -eq 8 ]
    holds "$by: and tells it what to do" [ $told -eq 8 ]
    holds "$by: both replicas play" [ "$(sessions "$http1")" -gt 0 -a "$(sessions "$http2")" -gt 0 ]
    holds "$by: all of them, through a proxy with more connections than a client may have" \
        [ $(($(sessions "$http1") + $(sessions "$http2"))) -eq 8 ]
    holds "$by: HTTP/2 as well" [ "$(ask 2 /v1/mounts --http2 -w '%{http_version}')" = 2 ]
    leave

    # --- what streams ---

    curl -sN --interface 127.0.0.2 --cacert tls.pem -o slow "$url/mounts/slow/stream.mjpeg" &
    clients=$!
    holds "$by: a frame goes on as it comes, and waits for no others" comes '[ -s slow ]'
    leave
    succeeds "$by: low-latency HLS is as RFC 8216bis has it" \
        env SSL_CERT_FILE="$work/tls.pem" python3 "$top/tests/pipelines/hls-client.py" "$url/mounts/film/hls/index.m3u8" 2

    # --- what is made ---

    curl -s -o direct -H 'Content-Type: application/json' -d '{"model":"faces","seed":7}' "http://127.0.0.1:$http1/v1/generate"
    holds "$by: something is made" [ "$(generate 2)" = 200 ]
    holds "$by: the same as without it" cmp -s answer direct
    head -c 1100000 /dev/zero >large
    holds "$by: what is too long is refused" [ "$(ask 2 /v1/generate --http1.1 -H 'Content-Type: application/json' --data-binary @large)" = 413 ]
    holds "$by: counters are not for clients" [ "$(ask 2 /metrics)" = 404 ]
    holds "$by: other names are refused" [ "$(ask 2 /v1/mounts -H 'Host: other.example')" = 403 ]

    [ "$by" != HAProxy ] || streams_rtsp

    # --- who is counted ---

    # Two hundred may come at once, and twenty come in each second.
    curl -s --interface 127.0.0.20 --cacert tls.pem -o /dev/null -w '%{http_code}\n' "$url/v1/mounts?[1-600]" >codes
    holds "$by: who asks too often is told so" grep -q 429 codes
    curl -s --interface 127.0.0.20 --cacert tls.pem -o /dev/null -w '%{http_code}\n' -H 'X-Forwarded-For: 192.0.2.1' "$url/v1/mounts?[1-150]" >codes
    holds "$by: whoever he says that he is" grep -q 429 codes
    holds "$by: nobody else is" [ "$(ask 21 /v1/mounts)" = 200 ]

    # --- a replica ends, and one dies ---

    watch 2
    comes 'id=$(session 2) && [ -n "$id" ]'
    if [ "$(sessions "$http1")" -gt 0 ]; then ending=$replica1 ending_http=$http1; else ending=$replica2 ending_http=$http2; fi
    kill "$ending"
    comes '[ "$(curl -s -o /dev/null -w "%{http_code}" http://127.0.0.1:$ending_http/readyz)" = 503 ]'
    before=$(stat -c %s frames.2)
    holds "$by: what a replica that ends plays goes on" comes '[ "$(stat -c %s frames.2)" -gt $((before + 20000)) ]'
    holds "$by: and is told what to do" [ "$(tell 2 "$id")" = 200 ]
    began=0
    for i in 3 4 5 6 7 8 9; do
        watch $i
        comes "[ -s frames.$i ]" && began=$((began + 1))
    done
    holds "$by: who comes is sent to the other one" [ $began -eq 7 ]
    kill -9 "$ending"
    wait "$ending" 2>/dev/null
    made=0
    for i in 2 3 4 5 6 7 8 9; do
        [ "$(ask $i /v1/mounts)" = 200 ] && [ "$(generate $i)" = 200 ] && made=$((made + 1))
    done
    holds "$by: one that is gone is missed by nobody" [ $made -eq 8 ]
    leave
    kill "$proxy"
    wait "$proxy" 2>/dev/null
    proxy=
    for process in $replicas; do kill -9 "$process" 2>/dev/null; wait "$process" 2>/dev/null; done
    replicas=
    rm -f frames.*
}

streams_rtsp() {
    succeeds "$by: RTSP by TCP" ffmpeg -v error -rtsp_transport tcp -i "rtsp://127.0.0.1:$rtsp_port/clock" -frames:v 10 -c copy -f null -
    succeeds "$by: and by TLS" ffmpeg -v error -rtsp_transport tcp -i "rtsps://127.0.0.1:$rtsps_port/clock" -frames:v 10 -c copy -f null -
    complains "$by: UDP is refused at once" 461 ffmpeg -v error -rtsp_transport udp -i "rtsp://127.0.0.1:$rtsp_port/clock" -frames:v 10 -c copy -f null -
    succeeds "$by: which GStreamer takes for what it is" timeout 60 gst-launch-1.0 -q rtspsrc location="rtsp://127.0.0.1:$rtsp_port/clock" protocols=udp+tcp latency=100 ! \
        rtph264depay ! fakesink num-buffers=10
}

if command -v nginx >/dev/null; then
    behind nginx nginx.conf "nginx -t -p $work -c $work/nginx.conf" "nginx -p $work -c $work/nginx.conf"
else
    skip "there is no nginx"
fi
if command -v haproxy >/dev/null; then
    behind HAProxy haproxy.cfg "haproxy -c -f haproxy.cfg" "haproxy -db -f haproxy.cfg"
else
    skip "there is no haproxy"
fi
finish
