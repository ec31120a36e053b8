#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Many real clients at once on one generative-serve, over a network of their own: whether what they see is
# what /metrics says (serve_clients.py), and how many sessions a core holds at 25 frames a second, without
# encoders and with them (serve_holds.py). Ends with 1 where clients and server do not agree.
#   sh tests/benchmarks/serve-clients.sh [BUILD [SECONDS [NAME=NUMBER …]]]
#   NETWORK  (environment) what is done to the server's packets, as tc has it: NETWORK="delay 20ms loss 1%"
#   MOST     (environment) how many sessions are tried on a core at most (512)
#   PARTS    (environment) which parts: "clients raw encoded", or some of them
# BUILD has elements, tools and tests/benchmarks/shared-speed. SECONDS (20) are those of the clients; NAMEs are
# as serve_clients.py has them. Server and clients are in a namespace of the network each, with a pair of
# virtual Ethernet devices between them, and both go when this ends.
set -eu
cd "$(dirname "$0")/../.."
top=$PWD
skip() {
    echo "skipped: $1"
    exit 0
}
if [ -z "${SERVE_CLIENTS_INSIDE:-}" ]; then
    user=
    if [ "$(id -u)" -ne 0 ]; then user="--user --map-root-user"; fi
    for program in unshare nsenter ip python3 gst-launch-1.0; do
        command -v $program >/dev/null || skip "there is no $program"
    done
    # Unquoted on purpose: no word, or two.
    unshare $user --net true 2>/dev/null || skip "no namespace of the network may be made here (unshare --net)"
    SERVE_CLIENTS_INSIDE=1 exec unshare $user --net sh "$top/tests/benchmarks/serve-clients.sh" "$@"
fi
build=${1:-build} seconds=${2:-20}
if [ $# -gt 2 ]; then shift 2; else set --; fi
case $build in /*) ;; *) build=$top/$build ;; esac
parts=" ${PARTS:-clients raw encoded} "
work=$(mktemp -d)
# Browsers leave something there.
export TMPDIR="$work"
holder='' serving='' child=''
on_exit() {
    for process in $child $serving $holder; do
        kill "$process" 2>/dev/null && wait "$process" 2>/dev/null || true
    done
    rm -rf "$work"
}
trap on_exit EXIT
trap 'exit 1' INT TERM
# attend COMMAND...: run it, and hear of signals meanwhile.
attend() {
    "$@" &
    child=$!
    wait $child && ended=0 || ended=$?
    child=
    return $ended
}

# --- the network ---

ours=$(readlink /proc/$$/ns/net)
unshare --net sleep infinity &
holder=$!
until [ "$(readlink /proc/$holder/ns/net)" != "$ours" ]; do sleep 0.1; done
there="nsenter --net --target $holder --"
server=10.77.0.1
ip link set lo up
ip link add clients type veth peer name serve netns $holder 2>/dev/null || skip "no virtual Ethernet device may be made here (ip link)"
ip address add 10.77.0.2/24 dev clients
ip link set clients up
$there ip link set lo up
$there ip address add $server/24 dev serve
$there ip link set serve up
# Browsers look for the way to everywhere to find an address of their own.
ip route add default via $server
if [ -n "${NETWORK:-}" ]; then
    # Unquoted on purpose: its words are tc's.
    $there tc qdisc add dev serve root netem $NETWORK 2>/dev/null || skip "the kernel has no netem here, or does not know: $NETWORK"
    cat >"$work/losses" <<END_OF_LOSSES
$there tc -s qdisc show dev serve | sed -n 's/.*(dropped \([0-9]*\),.*/\1/p'
END_OF_LOSSES
    export NETWORK_LOSSES="sh $work/losses"
fi

# --- nets ---

export GST_PLUGIN_PATH="$build/elements" GST_REGISTRY="$work/registry.bin" XDG_CACHE_HOME="$work/cache"
# Many streams have many descriptors.
ulimit -n 16384 2>/dev/null || ulimit -n "$(ulimit -H -n)"
cd "$work"
# train PRESET FORMAT
train() {
    gst-launch-1.0 -q videotestsrc num-buffers=8 ! "video/x-raw,$2" ! gantrainer preset="$1" batch-size=4 max-steps=2 seed=1 \
        silent=true checkpoint="$1"
    mv "$1/generator.onnx" "$1.onnx"
}
train mlp format=GRAY8,width=28,height=28
train dcgan format=RGB,width=64,height=64

# --- clients ---

# mount NAME PROTOCOL: one for a kind of clients. Each kind has its own, so that it is told from others.
mount() {
    cat <<END_OF_MOUNT
[mounts.$1]
model = "digits"
width = 112
height = 112
framerate = 25
codec = "${3:-h264}"
protocols = ["$2"]
END_OF_MOUNT
}
watch() {
    cat >studio.toml <<END_OF_STUDIO
[server]
address = "$server"
rtsp-port = 0
without-tls = true
anonymous = ["watch", "generate"]
hosts = ["$server:8080"]
log-requests = false
[limits]
sessions = 1024
sessions-per-client = 1024
connections = 4096
connections-per-client = 4096
requests-per-minute = 0
[models.digits]
location = "mlp.onnx"
$(mount tcp rtsp; mount udp rtsp; mount hls hls; mount mjpeg mjpeg; mount webrtc webrtc vp8)
END_OF_STUDIO
    $there "$build/tools/serve/generative-serve" --config=studio.toml >said 2>log &
    serving=$!
    until grep -qs url said; do
        kill -0 $serving 2>/dev/null || { cat log >&2; exit 1; }
        sleep 0.2
    done
    agree=0
    attend python3 "$top/tests/benchmarks/serve_clients.py" "$(sed -n 's|.*"url":"\([^"]*\)/".*|\1|p' said)" \
        "rtsp://$server:$(sed -n 's|.*"rtsp-port":\([0-9]*\).*|\1|p' said)" "$seconds" "$@" || agree=1
    kill $serving
    wait $serving || { echo "the server ended with status $?"; agree=1; }
    serving=
    grep -iE 'critical|assert|sanitizer' log && agree=1
    return $agree
}

status=0
case $parts in *" clients "*) watch "$@" || status=1 ;; esac
for part in raw encoded; do
    case $parts in *" $part "*)
        SERVE_IN=$there SERVE_ADDRESS=$server attend python3 "$top/tests/benchmarks/serve_holds.py" "$build" mlp.onnx,dcgan.onnx \
            3 $part "${MOST:-512}" || status=1
        ;;
    esac
done
exit $status
