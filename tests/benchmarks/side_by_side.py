#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Generators beside each other in one process: speed, processor time while idle, latency under load.

usage: side_by_side.py BUILD MODEL.onnx [--threads N] [--seconds S] [--onnxruntime]

MODEL takes a latent alone. Each line is about pipelines `latentsrc ! generator ! fakesink` of the
plugin in BUILD, made by gst-launch-1.0:

one          frames a second of one, as fast as it can
two          of two in one process, together, and that over one's: 1 is perfect
live         one at RATE frames a second: processor time a second, over what that many frames take
             at full speed (1 is perfect: nothing spins between frames), and its latency, by
             GStreamer's tracer
live, load   its latency with the other one beside it in the process as fast as it can

With --onnxruntime, "one" and "two" of sessions in Python threads of one process, too.
"""
import argparse
import os
import re
import resource
import statistics
import subprocess
import threading
import time


class Pipelines:
    def __init__(self, settings):
        self.settings = settings
        self.environment = dict(os.environ, GST_PLUGIN_PATH=os.path.join(settings.build, "elements"),
                                GST_DEBUG_NO_COLOR="1")

    def chain(self, name, frames, rate=None):
        caps = f"! other/tensors,framerate={rate}/1" if rate else ""
        return (f"latentsrc is-live={'true' if rate else 'false'} num-buffers={frames} {caps} "
                f"! generator name={name} model={self.settings.model} threads={self.settings.threads} "
                f"! fakesink sync={'true' if rate else 'false'}").split()

    def run(self, *chains, trace=False):
        """Seconds on the clock and of the processors, and what was printed."""
        environment = dict(self.environment)
        if trace:
            environment.update(GST_TRACERS="latency(flags=element)", GST_DEBUG="GST_TRACER:7")
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        done = subprocess.run(["gst-launch-1.0", "-q", *[word for chain in chains for word in chain]],
                              env=environment, capture_output=True, text=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return (time.monotonic() - start,
                after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.stderr)

    def cost(self, make):
        """Of what `make` makes of a number of frames: seconds a frame on the clock and of the
        processors, without those of starting."""
        few, many = 20, 40
        least, _, _ = self.run(*make(few))
        while True:
            longer, _, _ = self.run(*make(many))
            if longer - least > self.settings.seconds:
                break
            many *= 4 if longer - least < self.settings.seconds / 8 else 2
        base, last = self.run(*make(few)), self.run(*make(many))
        return [(b - a) / (many - few) for a, b in zip(base[:2], last[:2])]


def latencies(text, name):
    """Milliseconds of the tracer's lines about the element `name`."""
    pattern = re.compile(r"element-latency.*element=\(string\)" + name + r",.*time=\(guint64\)(\d+)")
    return [int(found.group(1)) / 1e6 for found in map(pattern.search, text.splitlines()) if found]


def tell_latency(what, values, more=""):
    values = sorted(values[5:])
    print(f"{what:12} latency {statistics.median(values):.2f} ms, of 99 in 100 at most "
          f"{values[int(len(values) * 0.99)]:.2f}{more}")


def ours(settings):
    pipelines = Pipelines(settings)
    rate = settings.rate
    wall, work = pipelines.cost(lambda frames: [pipelines.chain("a", frames)])
    print(f"{'one':12} {1 / wall:.1f} frames a second")
    both, _ = pipelines.cost(lambda frames: [pipelines.chain("a", frames), pipelines.chain("b", frames)])
    print(f"{'two':12} {2 / both:.1f}, {2 * wall / both:.2f} times one's")

    frames = int(rate * settings.seconds)
    _, idle, _ = pipelines.run(pipelines.chain("a", 20, rate))
    _, busy, text = pipelines.run(pipelines.chain("a", frames + 20, rate), trace=True)
    share = (busy - idle) / (frames / rate)
    tell_latency("live", latencies(text, "a"), f"; {100 * share:.1f}% of a processor at {rate} frames a second, "
                 f"{share / (rate * work):.2f} times what they take at full speed")
    load = int(frames / rate / both * 1.1) + 20
    _, _, text = pipelines.run(pipelines.chain("a", frames, rate), pipelines.chain("b", load), trace=True)
    tell_latency("live, load", latencies(text, "a"))


def onnxruntime_sessions(settings):
    import numpy
    import onnxruntime

    def session():
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = settings.threads
        return onnxruntime.InferenceSession(settings.model, options, ["CPUExecutionProvider"])

    def work(one, counts, place, until):
        feed = {port.name: numpy.random.randn(*[d if isinstance(d, int) else 1 for d in port.shape])
                .astype(numpy.float32) for port in one.get_inputs()}
        while time.monotonic() < until:
            one.run(None, feed)
            counts[place] += 1

    def rate(n):
        sessions, counts = [session() for _ in range(n)], [0] * n
        start = time.monotonic()
        threads = [threading.Thread(target=work, args=(sessions[i], counts, i, start + settings.seconds))
                   for i in range(n)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return sum(counts) / (time.monotonic() - start)

    one, two = rate(1), rate(2)
    print(f"{'ONNX Runtime':12} one {one:.1f} runs a second, two {two:.1f}, {two / one:.2f} times one's")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build")
    parser.add_argument("model")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=5, help="for each line, about (5)")
    parser.add_argument("--rate", type=int, default=25, help="frames a second of the live one (25)")
    parser.add_argument("--onnxruntime", action="store_true", help="two sessions of the peer, too")
    settings = parser.parse_args()
    ours(settings)
    if settings.onnxruntime:
        onnxruntime_sessions(settings)


if __name__ == "__main__":
    main()
