#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""generative-serve beside a server in Python: the same models, requests and load, in turns.

usage: serve_peer.py BUILD [--python PYTHON] [--seconds S] [--rounds N] [--nets mlp,dcgan,dcgan64]

PYTHON has starlette, uvicorn[standard], orjson, onnxruntime, numpy and pillow (serve_peer_server.py). The
load is wrk's (Debian: wrk), on kept connections; servers are on the first core, each alone while it is
asked, and wrk on the last. Models are made by gantrainer.

Requests: a picture as PNG, sixteen as JSON, sixteen as an array. Of each and each number of connections:
requests a second, milliseconds at 50, 95 and 99%, milliseconds of the processor a request, and resident
memory (PSS) after it, the median of rounds of either, and how many times better ours is.
Streams: viewers of MJPEG, each with a walk of its own at 25 frames a second: frames a second, and the
processor's time a frame once all play.
"""
import argparse
import contextlib
import json
import os
import pathlib
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
SIZES = {"mlp": ("mlp", "GRAY8", 28), "dcgan": ("dcgan", "GRAY8", 28), "dcgan64": ("dcgan", "RGB", 64)}
# The body, what is accepted, and by how many connections.
REQUESTS = {"png": ('{"seed":SEED,"format":"png"}', "image/png", (1, 8, 32, 64)),
            "16 png": ('{"seed":SEED,"format":"png","count":16}', "application/json", (1, 8)),
            "16 npy": ('{"seed":SEED,"format":"npy","count":16}', "application/x-npy", (1, 8))}
VIEWERS = (8, 32)
LOAD = """
local n = 0
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Accept"] = os.getenv("ACCEPT")
function request() n = n + 1; return wrk.format(nil, nil, nil, (os.getenv("BODY"):gsub("SEED", n))) end
function done(summary, latency)
  io.write(string.format("RESULT %d %d %d %f %f %f\\n", summary.requests, summary.duration,
    summary.errors.status + summary.errors.read + summary.errors.timeout,
    latency:percentile(50), latency:percentile(95), latency:percentile(99)))
end
"""
STUDIO = """
[server]
port = 0
rtsp-port = 0
log-requests = false
[limits]
requests-per-minute = 0
connections-per-client = 512
sessions-per-client = 256
sessions = 256
queue = 256
[models.net]
location = "%s"
threads = 1
[mounts.walk]
model = "net"
framerate = 25
walk = "slerp"
protocols = ["mjpeg"]
"""


def on_core(core):
    return lambda: os.sched_setaffinity(0, {core})


def ratio(a, b):
    return a / b if b else float("nan")


class Server:
    """A process that listens, and what it has taken of the machine."""

    def __init__(self, name, command, port=None, **options):
        self.name = name
        self.process = subprocess.Popen(command, preexec_fn=on_core(min(os.sched_getaffinity(0))),
                                        stdout=subprocess.PIPE if port is None else None,
                                        stderr=subprocess.DEVNULL, text=True, **options)
        self.port = port or json.loads(self.process.stdout.readline())["port"]
        for _ in range(600):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
                return
            if self.process.poll() is not None:
                sys.exit(f"{name} has ended")
            time.sleep(0.1)

    def seconds(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def megabytes(self):
        text = pathlib.Path(f"/proc/{self.process.pid}/smaps_rollup").read_text()
        return int(re.search(r"^Pss: *(\d+)", text, re.M)[1]) / 1024

    def close(self):
        self.process.terminate()
        self.process.wait()


class Bench:
    def __init__(self, settings, folder):
        self.settings, self.folder = settings, folder
        self.environment = dict(os.environ, GST_PLUGIN_PATH=os.path.join(settings.build, "elements"))
        self.client = max(os.sched_getaffinity(0))
        (folder / "load.lua").write_text(LOAD)

    def make_model(self, net):
        preset, kind, size = SIZES[net]
        subprocess.run(f"gst-launch-1.0 -q videotestsrc pattern=ball num-buffers=320 ! "
                       f"video/x-raw,format={kind},width={size},height={size} ! gantrainer preset={preset} "
                       f"batch-size=16 seed=1 silent=true max-steps=2 checkpoint={self.folder / net}".split(),
                       env=self.environment, check=True)
        return self.folder / net / "generator.onnx"

    @contextlib.contextmanager
    def servers(self, net):
        model = self.make_model(net)
        (self.folder / "studio.toml").write_text(STUDIO % model)
        ours = Server("generative-serve", [os.path.join(self.settings.build, "tools/serve/generative-serve"),
                                           "--config", self.folder / "studio.toml"], env=self.environment)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        theirs = Server("Python", [self.settings.python, HERE / "serve_peer_server.py", model, str(port)], port)
        try:
            yield ours, theirs
        finally:
            ours.close()
            theirs.close()

    def load(self, server, request, connections, seconds):
        """Requests a second, milliseconds at 50, 95, 99 %, of the processor, and megabytes."""
        body, accept, _ = REQUESTS[request]
        before = server.seconds()
        done = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}", "-s", self.folder / "load.lua",
                               f"http://127.0.0.1:{server.port}/v1/generate"], text=True, capture_output=True,
                              env=dict(os.environ, BODY=body, ACCEPT=accept), preexec_fn=on_core(self.client))
        count, duration, errors, *latencies = map(float, done.stdout.split("RESULT")[1].split())
        if errors:
            print(f"{server.name}: {errors:.0f} of {count:.0f} requests failed", file=sys.stderr)
        return (count / duration * 1e6, *(x / 1e3 for x in latencies),
                (server.seconds() - before) * 1e3 / max(count, 1), server.megabytes())

    def watch(self, server, viewers, seconds):
        """Frames a second and milliseconds of the processor a frame once all play, and megabytes."""
        counts, stop = [0] * viewers, threading.Event()

        def view(i):
            with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/mounts/walk/stream.mjpeg") as stream:
                while not stop.is_set():
                    line = stream.readline()
                    if line.lower().startswith(b"content-length:"):
                        stream.readline()
                        stream.read(int(line.split(b":")[1]))
                        counts[i] += 1

        threads = [threading.Thread(target=view, args=(i,), daemon=True) for i in range(viewers)]
        for thread in threads:
            thread.start()
        deadline = time.monotonic() + 30
        while min(counts) < 10 and time.monotonic() < deadline:
            time.sleep(0.1)
        frames, processor, began = sum(counts), server.seconds(), time.monotonic()
        time.sleep(seconds)
        frames, took = sum(counts) - frames, time.monotonic() - began
        result = frames / took, (server.seconds() - processor) * 1e3 / max(frames, 1), server.megabytes()
        stop.set()
        for thread in threads:
            thread.join(5)
        return result

    def compare(self, title, servers, measure, higher):
        rounds = [[measure(server) for server in servers] for _ in range(self.settings.rounds)]
        ours, theirs = ([statistics.median(column) for column in zip(*(r[i] for r in rounds))] for i in (0, 1))
        times = [ratio(a, b) if i in higher else ratio(b, a) for i, (a, b) in enumerate(zip(ours, theirs))]
        print(f"| {title} | " + " | ".join(f"{a:.4g} / {b:.4g} ({t:.2f})" for a, b, t in zip(ours, theirs, times))
              + " |", flush=True)

    def run(self, net):
        with self.servers(net) as servers:
            print(f"\n| {net}: ours / Python's (times better) | requests a second | ms at 50% | 95% | 99% | "
                  "ms of the processor | MB |\n|---|---|---|---|---|---|---|")
            for request, (_, _, each) in REQUESTS.items():
                for server in servers:
                    # What is compiled and warmed at the first request is.
                    self.load(server, request, 8, 2)
                for connections in each:
                    self.compare(f"{request}, {connections} connections", servers,
                                 lambda server: self.load(server, request, connections, self.settings.seconds), {0})
            print(f"\n| {net} | frames a second | ms of the processor a frame | MB |\n|---|---|---|---|")
            for viewers in VIEWERS:
                self.compare(f"{viewers} viewers", servers,
                             lambda server: self.watch(server, viewers, 2 * self.settings.seconds), {0})


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("build")
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--nets", default=",".join(SIZES))
    settings = parser.parse_args()
    settings.build = os.path.abspath(settings.build)
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(settings, pathlib.Path(folder))
        for net in settings.nets.split(","):
            bench.run(net)


if __name__ == "__main__":
    main()
