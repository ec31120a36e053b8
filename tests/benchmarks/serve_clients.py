#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The clients of serve-clients.sh, all at once, and whether they have seen what the server says.

    serve_clients.py URL RTSP SECONDS [NAME=NUMBER …]

Names are tcp, udp, hls, mjpeg, webrtc (how many clients of each kind) and wrk (its connections). Each
kind has a mount of its own, of its name. What is compared is what comes and goes in SECONDS, once all
play: of each mount the frames that its sessions made and lost, as /metrics has them, and what its clients
saw. These differ by what is under way at the one end and at the other: the frames that wait in front of
an encoder and in it, and what a client keeps for later.

NETWORK_LOSSES  (environment) a command that prints how many packets the network has lost: by UDP, where
                nobody sends them anew, each may have been a frame."""
import dataclasses
import os
import re
import shlex
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "pipelines")]
from browser import Browser  # noqa: E402
from serve_figures import MJPEG_MARK, SINK_MARK, Figures, Marks  # noqa: E402

RATE = 25
PATIENCE = 90
# Frames in the server: a queue of two, beside what /metrics says that it has, one that is encoded, one that is sent.
IN_SERVER = 4
# Seconds between asking the server and asking a client.
APART = 0.25
WRK = """
local n = 0
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
function request() n = n + 1; return wrk.format(nil, nil, nil, '{"seed":' .. n .. ',"format":"png"}') end
function delay() return 200 end
function done(summary, latency)
  local errors = summary.errors
  io.write(string.format("RESULT %d %d %f %f\\n", summary.requests, errors.status + errors.read + errors.timeout,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
"""


# --- programs that say what they see ---

class Progress:
    """The last number of frames that ffmpeg told."""

    def __init__(self):
        self.rest, self.count = b"", 0

    def take(self, piece):
        whole, _, self.rest = (self.rest + piece).rpartition(b"\n")
        told = re.findall(rb"^frame= *(\d+)", whole, re.M)
        self.count = int(told[-1]) if told else self.count


class Program:
    """A client that is a program, whose output `seen` counts in a thread."""

    def __init__(self, command, seen):
        self.name, self.seen = command[0], seen
        self.complaints = tempfile.TemporaryFile()
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.complaints)
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        while piece := self.process.stdout.read1(1 << 16):
            self.seen.take(piece)

    def counts(self):
        return [self.seen.count]

    def trouble(self):
        """What it said when it ended, if it has."""
        if self.process.poll() is None:
            return None
        self.complaints.seek(0)
        return f"{self.name} ended with {self.process.returncode}: {self.complaints.read()[-500:].decode(errors='replace')}"

    def end(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.thread.join()
        self.process.stdout.close()
        self.complaints.close()


def gst(transport):
    def make(place):
        return Program(["gst-launch-1.0", "-v", "rtspsrc", f"location={place.rtsp}/{transport}", f"protocols={transport}",
                        "latency=100", "!", "decodebin", "!", "fakesink", "silent=false", "sync=false"], Marks(SINK_MARK))
    return make


def ffmpeg(place):
    return Program(["ffmpeg", "-v", "error", "-nostats", "-progress", "pipe:1", "-stats_period", "0.2", "-i",
                    f"{place.url}/mounts/hls/hls/index.m3u8", "-map", "0:v", "-fps_mode", "passthrough", "-f", "null", "-"],
                   Progress())


def curl(place):
    return Program(["curl", "-sSN", f"{place.url}/mounts/mjpeg/stream.mjpeg"], Marks(MJPEG_MARK))


# --- the page in Chromium ---

# The page keeps its connections to itself.
KEEP_PEERS = """
window.peers = [];
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(...all) { super(...all); window.peers.push(this); }
};
"""
COUNT_FRAMES = """
Promise.all(window.peers.map(async (peer) => [...(await peer.getStats()).values()]
  .filter((report) => report.type === "inbound-rtp" && report.kind === "video")
  .reduce((sum, report) => sum + (report.framesDecoded ?? 0), 0)))
"""
PLAY = """
document.querySelectorAll(".player").forEach((side) => {
  const list = side.querySelector("select");
  list.value = "webrtc";
  list.dispatchEvent(new Event("change"));
  side.querySelector(".play").click();
})
"""


class Page:
    """The server's page, which watches on one side or on both."""

    def __init__(self, place, sides):
        self.profile = tempfile.TemporaryDirectory()
        self.browser = Browser(find_chromium(), self.profile.name)
        self.sides = sides
        self.browser.call("Page.addScriptToEvaluateOnNewDocument", source=KEEP_PEERS)
        self.browser.call("Page.navigate", url=place.url + "/")
        self.browser.wait("document.getElementById('studio')?.hidden === false")
        if sides == 2:
            self.browser.evaluate("document.getElementById('compare').click()")
        self.browser.evaluate(PLAY)

    def counts(self):
        return (self.browser.evaluate(COUNT_FRAMES) + [0] * self.sides)[:self.sides]

    def trouble(self):
        said = self.browser.evaluate("[...document.querySelectorAll('.how')].map((how) => how.textContent)")
        # It is patient, and takes pictures by another way where there is none for WebRTC.
        return None if all(text in ("Connecting …", "Playing by WebRTC") for text in said) else f"the page says: {said}"

    def end(self):
        self.browser.end()
        self.profile.cleanup()


def find_chromium():
    return shutil.which("chromium") or shutil.which("chromium-browser")


# --- kinds of clients ---

@dataclasses.dataclass(frozen=True)
class Place:
    url: str
    rtsp: str


@dataclasses.dataclass(frozen=True)
class Kind:
    """`keeps`: the seconds that a client has in store at most. HLS comes by segments of two seconds."""
    title: str
    program: str
    protocol: str
    make: object
    usual: int
    keeps: float
    common: bool = False  # all see one session
    loses: bool = False  # packets that get lost
    places: int = 1  # clients of one program


KINDS = {
    "tcp": Kind("RTSP by TCP, rtspsrc", "gst-launch-1.0", "rtsp", gst("tcp"), 4, 0.1),
    "udp": Kind("RTSP by UDP, rtspsrc", "gst-launch-1.0", "rtsp", gst("udp"), 4, 0.1, loses=True),
    "hls": Kind("HLS, ffmpeg", "ffmpeg", "hls", ffmpeg, 2, 2.2, common=True),
    "mjpeg": Kind("MJPEG, curl", "curl", "mjpeg", curl, 4, 0.1),
    "webrtc": Kind("WebRTC, the page in Chromium", "chromium", "webrtc", Page, 2, 0.3, loses=True, places=2),
}


def is_there(program):
    return find_chromium() if program == "chromium" else shutil.which(program)


def begin(kind, place, number):
    if kind.places == 1:
        return [kind.make(place) for _ in range(number)]
    return [kind.make(place, min(kind.places, number - first)) for first in range(0, number, kind.places)]


def count(clients):
    return [seen for client in clients for seen in client.counts()]


class Wrk:
    """Requests at a pace, which go on by the side."""

    def __init__(self, place, connections, seconds, folder):
        script = os.path.join(folder, "wrk.lua")
        with open(script, "w") as file:
            file.write(WRK)
        self.connections = connections
        self.process = subprocess.Popen(["wrk", "-t1", f"-c{connections}", f"-d{seconds}", "-s", script, place.url + "/v1/generate"],
                                        stdout=subprocess.PIPE, text=True)

    def result(self):
        """Answers, failures, milliseconds at 50 and 99%."""
        told = re.search(r"RESULT (\d+) (\d+) (\S+) (\S+)", self.process.communicate()[0])
        return int(told[1]), int(told[2]), float(told[3]), float(told[4])

    def end(self):
        self.process.kill()
        self.process.wait()


# --- both sides, at one time ---

def lost_packets():
    command = os.environ.get("NETWORK_LOSSES")
    return int(subprocess.run(shlex.split(command), check=True, capture_output=True, text=True).stdout) if command else 0


class Look:
    def __init__(self, place, clients):
        self.time = time.monotonic()
        self.figures = Figures(place.url)
        self.seen = {name: count(those) for name, those in clients.items()}
        self.packets = lost_packets()

    def sessions(self, name):
        return self.figures.sum("generative_serve_sessions", mount=name, protocol=KINDS[name].protocol)

    def made(self, name):
        return self.figures.sum("generative_stage_frames_total", element=name, factory="generator")

    def dropped(self, name):
        return (self.figures.sum("generative_stage_dropped_total", element=name) +
                self.figures.sum("generative_serve_dropped_total", mount=name))

    def waiting(self, name):
        return self.figures.sum("generative_queue_buffers", element=name, factory="queue")

    def dropped_behind(self):
        """Behind sessions, which /metrics tells of all mounts together."""
        return self.figures.sum("generative_stage_dropped_total", element="", factory="queue")

    def answered(self, status):
        return self.figures.sum("generative_serve_requests_total", route="/v1/generate", method="POST", status=status)


class Verdict:
    def __init__(self):
        self.wrong = []

    def expect(self, good, words):
        if not good:
            self.wrong.append(words)


def compare(name, first, last, clients, verdict):
    """A line of the table, of one kind."""
    kind, seconds, number = KINDS[name], last.time - first.time, len(first.seen[name])
    saw = [b - a for a, b in zip(first.seen[name], last.seen[name])]
    made, dropped = last.made(name) - first.made(name), last.dropped(name) - first.dropped(name)
    behind = last.dropped_behind() - first.dropped_behind() if name in ("mjpeg", "webrtc") else 0
    lost = last.packets - first.packets if kind.loses else 0
    sessions = 1 if kind.common else number
    due = (made - dropped) * (number if kind.common else 1)
    most = number * (IN_SERVER + RATE * (kind.keeps + APART)) + max(first.waiting(name), last.waiting(name))
    differ = due - sum(saw)
    rates = [frames / seconds for frames in saw]
    print(f"{kind.title:29} {number:7} {min(rates):6.1f} {statistics.median(rates):6.1f} {sum(saw):7} "
          f"{RATE * seconds * number - sum(saw):8.0f} | {last.sessions(name):8.0f} {made:7.0f} {dropped:7.0f} | {differ:6.0f} {most:6.0f}")
    for look, when in (first, "beginning"), (last, "end"):
        verdict.expect(look.sessions(name) == sessions,
                       f"{name}: {number} clients are {sessions} sessions; at the {when} the server counts {look.sessions(name):.0f}")
    verdict.expect(-most <= differ <= most + behind + lost,
                   f"{name}: by the server {due:.0f} frames were sent, its clients saw {sum(saw)}: more than {most:.0f} apart"
                   + (f", and {behind + lost:.0f} that were lost on the way" if behind + lost else ""))
    verdict.expect(min(saw) > 0, f"{name}: a client saw nothing")
    for client in clients:
        verdict.expect(client.trouble() is None, f"{name}: {client.trouble()}")


def compare_requests(wrk, first, last, verdict):
    """Those that wrk has begun and not waited for are answered or given up (499)."""
    answers, failures, half, most = wrk.result()
    counted, left = (last.answered(status) - first.answered(status) for status in ("200", "499"))
    print(f"\nwrk, {wrk.connections} connections: {answers} pictures made, 50% in {half:.1f} ms, 99% in {most:.1f} ms; "
          f"the server: {counted:.0f}, and {left:.0f} not waited for")
    verdict.expect(failures == 0, f"wrk: {failures} requests failed")
    verdict.expect(answers <= counted + left and counted <= answers + wrk.connections,
                   f"wrk: {answers} answers; the server counts {counted:.0f}, and {left:.0f} that were not waited for")


# --- all of it ---

def read_settings(words):
    settings = {name: kind.usual for name, kind in KINDS.items()} | {"wrk": 4}
    for word in words:
        name, _, number = word.partition("=")
        if name not in settings or not number.isdecimal():
            sys.exit(f"{word}: there are {', '.join(f'{one}=NUMBER' for one in settings)}")
        settings[name] = int(number)
    for name in settings:
        program = KINDS[name].program if name in KINDS else name
        if settings[name] > 0 and not is_there(program):
            print(f"{name} is left out: there is no {program}")
            settings[name] = 0
    return settings


def wait_for_all(clients):
    """Until each has seen a second's frames."""
    end = time.monotonic() + PATIENCE
    while not all(seen >= RATE for those in clients.values() for seen in count(those)):
        for name, those in clients.items():
            for client in those:
                if trouble := client.trouble():
                    sys.exit(f"{name}: {trouble}")
        if time.monotonic() > end:
            sys.exit(f"not all see pictures: {({name: count(those) for name, those in clients.items()})}")
        time.sleep(0.2)


def measure(place, clients, settings, seconds, folder):
    wait_for_all(clients)
    first, wrk = Look(place, clients), None
    try:
        if settings["wrk"] > 0:
            wrk = Wrk(place, settings["wrk"], max(1, seconds - 1), folder)
        time.sleep(seconds)
        if wrk:
            wrk.process.wait()
        # What wrk left is counted once the server has seen that.
        time.sleep(0.5)
        return first, Look(place, clients), wrk
    except BaseException:
        if wrk:
            wrk.end()
        raise


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    place, seconds, settings = Place(sys.argv[1], sys.argv[2]), int(sys.argv[3]), read_settings(sys.argv[4:])
    clients, verdict = {}, Verdict()
    with tempfile.TemporaryDirectory() as folder:
        try:
            for name, kind in KINDS.items():
                if settings[name] > 0:
                    clients[name] = begin(kind, place, settings[name])
            first, last, wrk = measure(place, clients, settings, seconds, folder)
            print(f"{'':29} {'':7} {'frames a second':>13} {'':7} {f'short of':>7} | {'the server says':>24} | {'under way':>13}")
            print(f"{'':29} {'clients':>7} {'least':>6} {'median':>6} {'saw':>7} {f'{RATE} a s':>8} | {'sessions':>8} "
                  f"{'made':>7} {'dropped':>7} | {'':6} {'most':>6}")
            for name, those in clients.items():
                compare(name, first, last, those, verdict)
            if wrk:
                compare_requests(wrk, first, last, verdict)
            behind, packets = last.dropped_behind() - first.dropped_behind(), last.packets - first.packets
            print(f"lost behind sessions, in front of encoders: {behind:.0f} frames; by the network: {packets} packets")
        finally:
            for those in clients.values():
                for client in those:
                    client.end()
    print("\n".join(verdict.wrong) or "clients and server agree")
    return 1 if verdict.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
