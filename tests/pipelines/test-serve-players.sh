#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# What generative-serve streams, by players that others have written: mpv, VLC, and a parser of
# playlists. Those that are not installed are skipped.
#
#   CLIENTS_PYTHON  (environment) a Python that has the package m3u8
. "$(dirname "$0")/harness.sh"
server=
on_exit() {
    if [ -n "$server" ]; then kill "$server" 2>/dev/null; fi
    rm -rf "$work"
}
cd "$work" || exit 1
serve=$build/tools/serve/generative-serve
python=${CLIENTS_PYTHON:-python3}

if [ ! -x "$serve" ]; then
    skip "this build has no generative-serve"
    finish
fi
cat >studio.toml <<'END'
[server]
port = 0
rtsp-port = 0
[mounts.clock]
pipeline = "videotestsrc is-live=true pattern=ball ! videoconvert name=video audiotestsrc is-live=true ! audioconvert name=audio"
framerate = "25"
width = 160
height = 120
protocols = ["rtsp", "hls"]
END
"$serve" --config=studio.toml >said 2>complaints &
server=$!
comes 'grep -q url said' || { fail "it starts" complaints; finish; }
list=$(sed -n 's|.*"url":"\([^"]*\)".*|\1mounts/clock/hls/index.m3u8|p' said)
rtsp=rtsp://127.0.0.1:$(sed -n 's|.*"rtsp-port":\([0-9]*\).*|\1|p' said)/clock

if command -v mpv >/dev/null; then
    play() { timeout 60 mpv --no-config --really-quiet --vo=null --ao=null --frames=30 "$@"; }
    succeeds "mpv plays RTSP by UDP" play --rtsp-transport=udp "$rtsp"
    succeeds "and by TCP" play --rtsp-transport=tcp "$rtsp"
    succeeds "and HLS" play "$list"
    holds "and no mount that is not there" sh -c "! timeout 60 mpv --no-config --really-quiet --vo=null --ao=null ${rtsp}s"
else
    skip "there is no mpv"
fi

# VLC does not run as root. Debian's has no RTSP.
if command -v cvlc >/dev/null && [ "$(id -u)" -eq 0 ]; then
    chmod 755 .
    HOME=/nonexistent setpriv --reuid=65534 --regid=65534 --clear-groups \
        timeout 60 cvlc -vv --vout=dummy --aout=dummy "$list" >vlc.log 2>&1 &
    player=$!
    holds "VLC plays HLS" comes 'grep -q "Received first picture" vlc.log || ! kill -0 $player 2>/dev/null'
    holds "and shows a picture" grep -q "Received first picture" vlc.log
    kill $player 2>/dev/null
    wait $player
else
    skip "there is no VLC, or nobody who may run it"
fi

if "$python" -c 'import m3u8' 2>/dev/null; then
    succeeds "playlists are read by m3u8" "$python" - "$list" <<'END'
import sys, m3u8
index = m3u8.load(sys.argv[1])
assert index.is_variant and index.playlists[0].stream_info.codecs.startswith("avc1."), index.dumps()
assert [x.type for x in index.media] == ["AUDIO"], index.dumps()
for item in index.playlists[0], index.media[0]:
    listed = m3u8.load(item.absolute_uri)
    assert listed.version == 9 and listed.part_inf and listed.preload_hint and listed.segment_map, listed.dumps()
    assert listed.segments and all(s.duration <= listed.target_duration + 0.5 for s in listed.segments if s.uri)
    assert sum(len(s.parts) for s in listed.segments) > 0, listed.dumps()
END
else
    skip "no Python with the package m3u8; CLIENTS_PYTHON may name one"
fi

kill "$server"
wait "$server"
holds "the server ends well" [ $? -eq 0 ]
server=
finish
