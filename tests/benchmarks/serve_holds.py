#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""How many sessions one core holds at 25 frames a second, by bisection with short trials.

    serve_holds.py BUILD NET.onnx[,NET.onnx …] [SECONDS [raw,encoded [MOST]]]

raw: latentsrc ! generator ! a sink, with no encoder: a process for each session (gst-launch-1.0), all in
one (shared-speed), and all in one with shared=true.
encoded: viewers of generative-serve, each with a session of its own, by MJPEG (a server for each, one of
which no session shares runs, one as it comes) and by RTSP over TCP (one as it comes).

What plays has the first core, clients have the others. So many are held as see 96 of 100 frames each, and
99 all together, in a trial of SECONDS (3); more than MOST (512) are not tried. Beside them is what a frame takes of the processor at the
largest number that was held, and so how many sessions fill a core, which hangs less on what else the
machine does; and how much of that is the threads that encode: of MJPEG those of jpegenc alone, of RTSP
those that convert, encode and cut into packets.

SERVE_IN       (environment) words in front of a server: "nsenter --net --target 123 --"
SERVE_ADDRESS  (environment) where it listens (127.0.0.1)"""
import collections
import contextlib
import dataclasses
import functools
import json
import math
import os
import re
import selectors
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from serve_figures import MJPEG_MARK, Marks  # noqa: E402

RATE = 25
EACH, TOGETHER = 0.96, 0.99
PATIENCE = 30
CORES = sorted(os.sched_getaffinity(0))
ADDRESS = os.environ.get("SERVE_ADDRESS", "127.0.0.1")
FIRST_PORT = 20000
STUDIO = """
[server]
address = "{address}"
port = {port}
rtsp-port = 0
without-tls = true
anonymous = ["watch"]
hosts = ["{address}:{port}"]
log-requests = false
[limits]
sessions = 4096
sessions-per-client = 4096
connections = 8192
connections-per-client = 8192
requests-per-minute = 0
[batch]
most = {most}
[models.net]
location = "{model}"
threads = 1
[mounts.walk]
model = "net"
framerate = {rate}
protocols = ["mjpeg", "rtsp"]
"""


@dataclasses.dataclass
class Trial:
    """What came of `number` sessions: the share of its frames that the worst off saw and that all did,
    the processor's seconds, those of them that encode, and frames."""
    number: int
    least: float = 0
    all: float = 0
    processor: float = 0
    encoding: float = 0
    frames: float = 0

    @property
    def held(self):
        return self.least >= EACH and self.all >= TOGETHER

    @property
    def fills(self):
        """How many sessions the time of a core is enough for; 0: nobody knows."""
        return self.frames / self.processor / RATE if self.processor else 0


# --- the processor ---

def pin(process, cores):
    """All threads that it has now; others come where these are."""
    for thread in os.listdir(f"/proc/{process}/task"):
        with contextlib.suppress(ProcessLookupError):
            os.sched_setaffinity(int(thread), cores)


def on(cores):
    return lambda: os.sched_setaffinity(0, cores)


def read(path):
    with open(path) as file:
        return file.read()


def threads_of(processes):
    """Seconds of the processor by the names of threads, which GStreamer calls by what they drive."""
    seconds = collections.Counter()
    for process in processes:
        for thread in os.listdir(f"/proc/{process}/task"):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                task = f"/proc/{process}/task/{thread}"
                seconds[read(task + "/comm").strip()] += int(read(task + "/schedstat").split()[0]) / 1e9
    return seconds


def sum_of(seconds, pattern):
    return sum(value for name, value in seconds.items() if re.fullmatch(pattern, name))


# --- viewers ---

class Viewers:
    """What many descriptors bring, which is counted as it comes."""

    def __init__(self):
        self.selector = selectors.DefaultSelector()

    def watch(self, file, take):
        os.set_blocking(file.fileno(), False)
        self.selector.register(file, selectors.EVENT_READ, take)

    def read(self, seconds):
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            for key, _ in self.selector.select(left):
                piece = os.read(key.fd, 1 << 18)
                if piece:
                    key.data(piece)
                else:
                    self.selector.unregister(key.fileobj)

    def wait_for_all(self):
        """Whether each has seen three frames before long."""
        end = time.monotonic() + PATIENCE
        while min(self.counts()) < 3:
            if time.monotonic() > end or not self.selector.get_map():
                return False
            self.read(0.1)
        return True

    def end(self):
        self.selector.close()


class MjpegViewers(Viewers):
    ENCODING = r"queue\d*:src"

    def __init__(self, servers, number):
        super().__init__()
        self.sockets, self.marks = [], []
        for i in range(number):
            server = servers[i % len(servers)]
            self.sockets.append(socket.create_connection((ADDRESS, server.port), PATIENCE))
            self.sockets[-1].sendall(f"GET /mounts/walk/stream.mjpeg HTTP/1.1\r\nHost: {ADDRESS}:{server.port}\r\n\r\n".encode())
            self.marks.append(Marks(MJPEG_MARK))
            self.watch(self.sockets[-1], self.marks[-1].take)

    def counts(self):
        return [mark.count for mark in self.marks]

    def end(self):
        super().end()
        for one in self.sockets:
            one.close()


class RtspViewers(Viewers):
    """A few in each gst-launch-1.0, which decode nothing."""
    ENCODING = r"video-queue:src"
    IN_ONE = 8

    def __init__(self, servers, number):
        super().__init__()
        self.processes, self.seen = [], [0] * number
        for first in range(0, number, self.IN_ONE):
            self.begin(servers, range(first, min(number, first + self.IN_ONE)))

    def begin(self, servers, numbers):
        words = []
        for i in numbers:
            address = f"rtsp://{ADDRESS}:{servers[i % len(servers)].rtsp}/walk"
            words += ["rtspsrc", f"location={address}", "protocols=tcp", "latency=100", "!", "rtph264depay", "!",
                      "fakesink", f"name=v{i}", "silent=false", "sync=false"]
        process = subprocess.Popen(["gst-launch-1.0", "-v", *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                   preexec_fn=on(CORES[1:]))
        self.processes.append(process)
        rest = b""

        def take(piece):
            nonlocal rest
            whole, _, rest = (rest + piece).rpartition(b"\n")
            for number in re.findall(rb"FakeSink:v(\d+): last-message = chain", whole):
                self.seen[int(number)] += 1

        self.watch(process.stdout, take)

    def counts(self):
        return list(self.seen)

    def end(self):
        super().end()
        end_all(self.processes)


def end_all(processes):
    for process in processes:
        process.terminate()
    for process in processes:
        process.wait()
        process.stdout.close()


def settle(viewers, number):
    """Until nothing is made any more that was not while all began."""
    for _ in range(PATIENCE):
        before = sum(viewers.counts())
        viewers.read(1)
        if sum(viewers.counts()) - before <= 1.05 * RATE * number:
            return


def try_viewers(viewers, number, processes):
    """A trial of viewers that have begun; `processes` is what plays for them."""
    try:
        if not viewers.wait_for_all():
            return Trial(number)
        for process in processes:
            pin(process, CORES[:1])
        settle(viewers, number)
        before, threads, began = viewers.counts(), threads_of(processes), time.monotonic()
        viewers.read(seconds)
        saw = [b - a for a, b in zip(before, viewers.counts())]
        due = RATE * (time.monotonic() - began)
        took = threads_of(processes)
        took.subtract(threads)
        # A frame that comes a moment after the end is none that was lost; all together that is even.
        return Trial(number, (min(saw) + 1) / due, sum(saw) / (due * number), sum(took.values()),
                     sum_of(took, viewers.ENCODING), sum(saw))
    finally:
        viewers.end()


# --- raw frames ---

def size_of(model):
    """Bytes of a frame as it is made by the nets of serve-clients.sh: mlp 28 x 28 of gray, dcgan 64 x 64 of RGB."""
    return ("GRAY8", 28 * 28) if "mlp" in os.path.basename(model) else ("RGB", 64 * 64 * 3)


class Pipelines(Viewers):
    """A gst-launch-1.0 for each session, whose bytes are counted."""
    ENCODING = "none"

    def __init__(self, model, number):
        super().__init__()
        kind, self.size = size_of(model)
        self.bytes, self.processes = [0] * number, []
        for i in range(number):
            line = (f"latentsrc seed={i} walk=slerp is-live=true ! other/tensors,framerate={RATE}/1 ! generator model={model} "
                    f"threads=1 reload=false ! video/x-raw,format={kind} ! fdsink sync=false")
            self.processes.append(subprocess.Popen(["gst-launch-1.0", "-q", *line.split()], stdout=subprocess.PIPE))
            self.watch(self.processes[-1].stdout, lambda piece, i=i: self.add(i, len(piece)))

    def add(self, i, length):
        self.bytes[i] += length

    def counts(self):
        return [sum // self.size for sum in self.bytes]

    def end(self):
        super().end()
        end_all(self.processes)


def try_processes(build, model, number):
    pipelines = Pipelines(model, number)
    return try_viewers(pipelines, number, [one.pid for one in pipelines.processes])


def try_one_process(shared):
    def try_it(build, model, number):
        words = [f"{build}/tests/benchmarks/shared-speed", "--sessions", f"0:{number}:{int(shared)}:{seconds}:{RATE}", model]
        done = subprocess.run(words, stdout=subprocess.PIPE, text=True, preexec_fn=on(CORES[:1]))
        # It ends with an error where a session makes no frames at all.
        if done.returncode != 0:
            return Trial(number)
        frames, microseconds = map(float, done.stdout.split())
        share = frames / (number * seconds * RATE)
        return Trial(number, share, share, microseconds / 1e6, 0, frames)
    return try_it


# --- servers ---

class Server:
    """One that listens on a port of its own, by whose name it is asked."""

    def __init__(self, build, folder, **settings):
        studio = os.path.join(folder, f"{settings['port']}.toml")
        with open(studio, "w") as file:
            file.write(STUDIO.format(address=ADDRESS, rate=RATE, **settings))
        self.process = subprocess.Popen([*shlex.split(os.environ.get("SERVE_IN", "")), f"{build}/tools/serve/generative-serve",
                                         "--config", studio], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def wait(self):
        said = json.loads(self.process.stdout.readline() or "{}")
        if not said:
            sys.exit("a server has not begun: generative-serve --config says why")
        self.port, self.rtsp = said["port"], said["rtsp-port"]

    def end(self):
        self.process.terminate()


class Servers:
    """As many as a trial wants; they stay for the next one."""

    def __init__(self, build, model, most, folder):
        self.begin, self.all = functools.partial(Server, build, folder, most=most, model=model), []

    def want(self, number):
        new = [self.begin(port=FIRST_PORT + i) for i in range(len(self.all), number)]
        self.all += new
        for server in new:
            server.wait()
        return self.all[:number]

    def end(self):
        for server in self.all:
            server.end()
        for server in self.all:
            server.process.wait()
            server.process.stdout.close()


@contextlib.contextmanager
def by_server(viewers, most, alone):
    """Trials of viewers of one server, or of one each."""
    with tempfile.TemporaryDirectory() as folder:
        pools = {}

        def try_it(build, model, number):
            pool = pools.setdefault(model, Servers(build, model, most, folder))
            servers = pool.want(number if alone else 1)
            return try_viewers(viewers(servers, number), number, [server.process.pid for server in servers])

        try:
            yield try_it
        finally:
            for pool in pools.values():
                pool.end()


# --- the most that is held ---

def find_most(try_number, most):
    """The trial of the largest number that is held; by steps of a sixteenth."""
    def hold(number):
        trial = try_number(number)
        print(f"  {number}: {100 * trial.all:.1f}% of the frames, the least {100 * trial.least:.1f}%", file=sys.stderr)
        return trial

    best, fails = hold(min(4, most)), None
    if not best.held:
        best, fails = hold(1), 4
        if not best.held:
            return Trial(0)
    # Few cost more each than many do.
    guess = max(best.number + 1, round(best.fills))
    while best.number < most and (fails is None or fails - best.number > max(1, best.number // 16)):
        number = min(guess, fails - 1) if fails else guess
        trial = hold(min(most, max(number, best.number + 1)))
        if trial.held:
            best = trial
            guess = (best.number + fails) // 2 if fails else math.ceil(best.number * 1.25)
        else:
            fails = trial.number
            guess = max((best.number + fails) // 2, round(0.85 * fails))
    return best


RAW = [("a process each", lambda: contextlib.nullcontext(try_processes)),
       ("one process", lambda: contextlib.nullcontext(try_one_process(False))),
       ("one process, shared runs", lambda: contextlib.nullcontext(try_one_process(True)))]
ENCODED = [("MJPEG, a server each", lambda: by_server(MjpegViewers, 8, True)),
           ("MJPEG, one server, no shared runs", lambda: by_server(MjpegViewers, 1, False)),
           ("MJPEG, one server", lambda: by_server(MjpegViewers, 8, False)),
           ("RTSP, one server", lambda: by_server(RtspViewers, 8, False))]
PARTS = {"raw": RAW, "encoded": ENCODED}


def show(net, way, trial, first):
    a_frame = 1e3 * trial.processor / max(trial.frames, 1)
    share = 100 * trial.encoding / trial.processor if trial.processor else 0
    times = trial.number / first if first else float("nan")
    print(f"{net:10} {way:34} {trial.number:8} {times:6.2f} {a_frame:8.3f} {trial.fills:6.0f} {share:9.0f}%", flush=True)


def measure(build, model, part, most):
    net, first = os.path.splitext(os.path.basename(model))[0], 0
    for way, trials in PARTS[part]:
        with trials() as try_it:
            print(f"{net}, {way}", file=sys.stderr)
            trial = find_most(lambda number: try_it(build, model, number), most)
        first = first or trial.number
        show(net, way, trial, first)


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    if len(CORES) < 2:
        print("skipped: a core that plays and one for clients are wanted")
        return
    build, models = os.path.abspath(sys.argv[1]), [os.path.abspath(model) for model in sys.argv[2].split(",")]
    parts = sys.argv[4].split(",") if len(sys.argv) > 4 else list(PARTS)
    most = int(sys.argv[5]) if len(sys.argv) > 5 else 512
    os.sched_setaffinity(0, CORES[1:])
    for part in parts:
        print(f"\n{part:10} {'':34} {'sessions':>8} {'':6} {'ms of':>8} {'fill a':>6} {'of that':>10}\n"
              f"{'net':10} {'way':34} {'held':>8} {'times':>6} {'a frame':>8} {'core':>6} {'encoding':>10}", flush=True)
        for model in models:
            measure(build, model, part, most)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    seconds = int(sys.argv[3]) if len(sys.argv) > 3 else 3
    main()
