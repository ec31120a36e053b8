#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Whether generative-serve keeps its memory, files and threads for as long as one likes: a server of two
# nets and a film with sound, whose clients come and go at random by all protocols, some of them
# without a word; who is asked for pictures and films, told of parameters, signals and versions of models,
# good ones and rubbish. A line every ten seconds, and at the end whether memory grows, by regression.
#   sh tests/benchmarks/serve-soak.sh [MINUTES] [NAME=NUMBER …]
#   BUILD   (environment) the build folder, with elements, tools and tests/tools/whep-client
#   RESULT  (environment) a folder for the lines and the server's log, instead of one that goes away
#   SERVE   (environment) words in front of the server: "env MALLOC_ARENA_MAX=2", "heaptrack"
# Names are as serve_soak.py has them: arrivals, stay, requests, seed …
set -eu
cd "$(dirname "$0")/../.."
top=$PWD
build=${BUILD:-build}
case $build in /*) ;; *) build=$top/$build ;; esac
minutes=${1:-60}
if [ $# -gt 0 ]; then shift; fi
work=$(mktemp -d)
result=${RESULT:-$work}
mkdir -p "$result"
server=
on_exit() {
    if [ -n "$server" ]; then kill -9 "$server" 2>/dev/null || true; fi
    rm -rf "$work"
}
trap on_exit EXIT
trap 'exit 1' INT TERM
export GST_PLUGIN_PATH="$build/elements" GST_REGISTRY="$work/registry.bin"
cd "$work"

# train PRESET FORMAT SEED FOLDER
train() {
    gst-launch-1.0 -q videotestsrc num-buffers=8 ! "video/x-raw,$2" ! gantrainer preset="$1" batch-size=4 \
        max-steps=2 seed="$3" silent=true checkpoint="$4"
}
train mlp format=GRAY8,width=28,height=28 1 even
train mlp format=GRAY8,width=28,height=28 2 odd
train dcgan format=RGB,width=64,height=64 1 faces
mkdir versions
cp even/generator.onnx versions/v1.onnx
cat >studio.toml <<'END'
[server]
port = 0
rtsp-port = 0
audit = "audit.log"
[limits]
sessions = 64
sessions-per-client = 64
requests-per-minute = 0
idle-seconds = 5
[models.digits]
location = "versions"
[models.faces]
location = "faces/generator.onnx"
[publish.digits]
canary = 0.5
window-seconds = 5
least = 4
minutes = 2
undecided = "promote"
latency = 4
late = 1
[mounts.digits]
model = "digits"
width = 112
height = 112
framerate = 15
[mounts.faces]
model = "faces"
framerate = 10
[mounts.clock]
pipeline = "videotestsrc is-live=true pattern=ball ! video/x-raw,width=160,height=120,framerate=15/1 ! videoconvert name=video audiotestsrc is-live=true wave=ticks ! audioconvert name=audio"
[mounts.common]
model = "digits"
shared = true
framerate = 15
END
# Unquoted on purpose: words in front of the program.
${SERVE:-} "$build/tools/serve/generative-serve" --config=studio.toml >said 2>"$result/log" &
server=$!
until grep -qs url said; do
    kill -0 $server || { cat "$result/log" >&2; exit 1; }
    sleep 0.2
done
url=$(sed -n 's|.*"url":"\([^"]*\)/".*|\1|p' said)
rtsp=rtsp://127.0.0.1:$(sed -n 's|.*"rtsp-port":\([0-9]*\).*|\1|p' said)
# What is in front of the server may have stayed its parent.
process=$(cd /proc && for id in $server $(cat /proc/$server/task/*/children); do
    case $(readlink "$id/exe") in */generative-serve) echo "$id" ;; esac
done | tail -n 1)
status=0
WHEP_CLIENT="$build/tests/tools/whep-client" python3 "$top/tests/benchmarks/serve_soak.py" \
    "$process" "$url" "$rtsp" "$minutes" "$result/lines.tsv" "$@" || status=$?
kill "$process"
wait $server || { echo "the server ended with status $?"; status=1; }
server=
grep -iE 'critical|assert|sanitizer' "$result/log" | sort | uniq -c | head -n 20 && status=1
exit $status
