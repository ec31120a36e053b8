#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Sessions of generative-serve that play one model have their frames made in common runs, and it tells
# how many, and how many replicas its load wants.
. "$(dirname "$0")/serve-harness.sh"

# counter NAME: what it stands at.
counter() { curl -sS --max-time $patience "$address/metrics" | sed -n "s/^generative_serve_$1 //p"; }
# gains: at least 20 frames more than runs.
gains() { [ "$(counter shared_frames_total)" -ge $(($(counter shared_runs_total) + 20)) ]; }

succeeds "a net is trained" gst-launch-1.0 -q videotestsrc pattern=ball num-buffers=640 ! \
    video/x-raw,format=GRAY8,width=28,height=28 ! \
    gantrainer preset=mlp batch-size=32 seed=1 silent=true max-steps=4 checkpoint=model
cat >studio.toml <<END
[server]
port = 0
rtsp-port = 0
[batch]
most = 4
wait-ms = 20
[models.digits]
location = "model/generator.onnx"
threads = 1
[mounts.walk]
model = "digits"
framerate = 25
walk = "slerp"
protocols = ["mjpeg"]
END
succeeds "it starts" start --config=studio.toml
holds "one replica is wanted of a server with nothing to do" [ "$(counter wanted_replicas)" = 1 ]
holds "and no run was shared" [ "$(counter shared_runs_total)" = 0 ]
for i in 1 2 3 4; do
    curl -sN -o "frames-$i" "$address/mounts/walk/stream.mjpeg" &
    clients="$clients $!"
done
holds "frames of four sessions are made in fewer runs" comes gains
for i in 1 2 3 4; do
    holds "session $i has frames" comes "[ -s frames-$i ]"
done
for client in $clients; do kill "$client"; done
clients=
holds "it ends when it is told to" stop
finish
