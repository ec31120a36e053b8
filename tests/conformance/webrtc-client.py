# SPDX-License-Identifier: LGPL-2.1-or-later
"""WHEP and WHIP by aiortc, which shares no code with GStreamer: webrtc-client.py watch|publish URL
[--token=TOKEN] [--relay] [--frames=COUNT] [--codec=VP8] [--level=0-255] [--twice]. Who watches says in a line of JSON
what he saw; who publishes sends frames of one level until its standard input ends."""
import argparse
import asyncio
import fractions
import json
import re
import sys
import urllib.error
import urllib.parse
import urllib.request

import aiortc
import av
import numpy
from aiortc import mediastreams

PATIENCE = 60
LINK = re.compile(r'<([^>]*)>; *rel="ice-server"((?:; *[a-z-]+="[^"]*")*)')


def ask(settings, method, url, body=None, **headers):
    if settings.token:
        headers["Authorization"] = f"Bearer {settings.token}"
    request = urllib.request.Request(url, body, {k.replace("_", "-"): v for k, v in headers.items()}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as error:
        sys.exit(json.dumps({"status": error.code, "said": error.read().decode()}))


def find_servers(settings):
    """Servers of ICE as OPTIONS tells of them: aiortc has to know them before it offers."""
    _, headers, _ = ask(settings, "OPTIONS", settings.url)
    servers = []
    for url, rest in LINK.findall(", ".join(headers.get_all("Link") or [])):
        said = dict(re.findall(r'([a-z-]+)="([^"]*)"', rest))
        servers.append(aiortc.RTCIceServer(url, said.get("username"), said.get("credential")))
    return servers


class Level(mediastreams.VideoStreamTrack):
    def __init__(self, level):
        super().__init__()
        self.level = level

    async def recv(self):
        pts, base = await self.next_timestamp()
        picture = numpy.full((96, 128, 3), self.level, numpy.uint8)
        # Something moves, so that there is always something to be sent.
        picture[:8, :8] = pts // 3000 % 2 * 255
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
        frame.pts, frame.time_base = pts, base
        return frame


class Tone(mediastreams.AudioStreamTrack):
    """A tone of 440 Hz, 20 ms at a time."""
    at = 0

    async def recv(self):
        if self.at:
            await asyncio.sleep(0.02)
        samples = 8000 * numpy.sin(2 * numpy.pi * 440 / 48000 * (self.at + numpy.arange(960)))
        frame = av.AudioFrame.from_ndarray(samples.astype(numpy.int16)[None], layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = 48000, self.at, fractions.Fraction(1, 48000)
        self.at += 960
        return frame


def way(peer):
    """Which kind of candidate of ours the connection goes by."""
    transceiver = peer.getTransceivers()[0]
    pair = transceiver.receiver.transport.transport._connection._nominated.get(1)
    return pair.local_candidate.type if pair else None


async def look(track, count, seen):
    while seen["frames"] < count:
        frame = await asyncio.wait_for(track.recv(), PATIENCE)
        picture = frame.to_ndarray(format="gray")
        seen["frames"] += 1
        seen["size"] = [frame.width, frame.height]
        seen["level"] = round(float(picture[picture.shape[0] // 2:].mean()), 1)
        seen["distinct"].add(hash(picture.tobytes()))


async def listen(track, seen):
    while True:
        frame = await track.recv()
        seen["sounds"] += 1
        samples = frame.to_ndarray().astype(float)
        seen["loudness"] = max(seen["loudness"], round(float(numpy.abs(samples).max())))


async def connect(settings, peer):
    await peer.setLocalDescription(await peer.createOffer())
    status, headers, sdp = ask(settings, "POST", settings.url, peer.localDescription.sdp.encode(),
                               Content_Type="application/sdp")
    await peer.setRemoteDescription(aiortc.RTCSessionDescription(sdp, "answer"))
    return status, urllib.parse.urljoin(settings.url, headers["Location"])


async def watch(settings, peer):
    seen = {"frames": 0, "distinct": set(), "sounds": 0, "loudness": 0}
    for kind in ("video", "audio"):
        transceiver = peer.addTransceiver(kind, direction="recvonly")
        if kind == "video" and settings.codec:
            known = aiortc.RTCRtpReceiver.getCapabilities(kind).codecs
            transceiver.setCodecPreferences([c for c in known if c.mimeType == f"video/{settings.codec}"])
    status, location = await connect(settings, peer)
    tracks = {t.kind: t.receiver.track for t in peer.getTransceivers()}
    listening = asyncio.ensure_future(listen(tracks["audio"], seen))
    await look(tracks["video"], settings.frames, seen)
    listening.cancel()
    deleted, _, _ = ask(settings, "DELETE", location)
    print(json.dumps(seen | {"status": status, "way": way(peer), "deleted": deleted,
                             "distinct": len(seen["distinct"])}))


async def publish(settings, peer):
    peer.addTrack(Level(settings.level))
    peer.addTrack(Tone())
    if settings.twice:
        peer.addTrack(Level(0))
    status, location = await connect(settings, peer)
    while peer.connectionState != "connected":
        await asyncio.sleep(0.05)
    print(json.dumps({"status": status, "way": way(peer)}), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    deleted, _, _ = ask(settings, "DELETE", location)
    print(json.dumps({"deleted": deleted}), flush=True)


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["watch", "publish"])
    parser.add_argument("url")
    parser.add_argument("--token")
    parser.add_argument("--relay", action="store_true")
    parser.add_argument("--twice", action="store_true", help="publish a second picture, which nobody wants")
    parser.add_argument("--frames", type=int, default=30)
    parser.add_argument("--codec")
    parser.add_argument("--level", type=int, default=200)
    settings = parser.parse_args()
    configuration = aiortc.RTCConfiguration(find_servers(settings))
    if settings.relay:
        configuration.iceTransportPolicy = aiortc.rtcconfiguration.RTCIceTransportPolicy.RELAY
    peer = aiortc.RTCPeerConnection(configuration)
    try:
        await asyncio.wait_for((watch if settings.what == "watch" else publish)(settings, peer), 110)
    finally:
        await peer.close()

asyncio.run(main())
