#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The page of generative-serve in Chromium (serve-page.py).
#
#   SHOTS  (environment) a folder that pictures of the page are kept in
set -u
here=$(cd "$(dirname "$0")" && pwd)
chromium=$(command -v chromium || command -v chromium-browser || true)
python=/usr/bin/python3
work=$(mktemp -d)
server=
trap 'test -z "$server" || kill $server; rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
unset DISPLAY WAYLAND_DISPLAY

skip() {
    echo "1..0 # SKIP $1"
    exit 0
}
[ -n "$chromium" ] || skip "there is no Chromium"
[ "$GENERATIVE_WEBRTC" = yes ] || skip "this build has no WebRTC"
"$python" -c 'import onnx' 2>/dev/null || skip "$python lacks onnx"
for element in webrtcbin nicesrc vp8enc jpegenc; do
    gst-inspect-1.0 $element >/dev/null 2>&1 || skip "GStreamer has no $element"
done

cd "$work" || exit 1
"$python" "$here/../pipelines/make-waves.py" plain.onnx || exit 1
cat >studio.toml <<'END'
[server]
port = 0
rtsp-port = 0
tokens = "tokens"
[models.plain]
location = "plain.onnx"
[mounts.ball]
pipeline = "videotestsrc is-live=true pattern=ball ! video/x-raw,width=96,height=64,framerate=25/1 ! videoconvert name=video audiotestsrc is-live=true ! audioconvert name=audio"
codec = "vp8"
protocols = ["webrtc"]
[mounts.pictures]
model = "plain"
width = 160
height = 160
framerate = 10
protocols = ["mjpeg"]
[mounts.plain]
model = "plain"
width = 160
height = 160
codec = "vp8"
protocols = ["webrtc", "mjpeg"]
[alerts.busy]
when = "sessions >= 1 for 1s"
END
token=$("$GENERATIVE_SERVE" token anna --scope=watch,generate --config=studio.toml) || exit 1
"$GENERATIVE_SERVE" --config=studio.toml >ready 2>log &
server=$!
end=$(($(date +%s) + 60))
until [ -s ready ]; do
    kill -0 $server 2>/dev/null && [ "$(date +%s)" -lt $end ] || { cat log >&2; exit 1; }
    sleep 0.1
done
url=$(sed -n 's/.*"url":"\([^"]*\)".*/\1/p' ready)
"$python" "$here/serve-page.py" "$chromium" "$url" "$token" "${SHOTS:-$work/shots}"
