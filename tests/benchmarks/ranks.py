#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""One training by two processes against one by one, each with as many samples as the one has:

    tests/benchmarks/ranks.py BUILD [--rounds 5] [--only mlp-512,vae-64]

A step of each takes, in milliseconds of the processor and on the clock:

one      a process alone
apart    two that train beside each other, and exchange nothing
two      two that train together

and the share of the speed of one is what a process's samples take apart, over what they take
together. Times are those between a short run and a longer one, so that nobody's beginning counts,
with one thread a process; runs go in turns, and what is told are medians, and the least and the
most of the shares. On a machine that others use only the processor's time says something, and not
much. Pictures are noise, since what is in them costs nothing. Wants mpirun."""
import argparse
import json
import os
import platform
import random
import resource
import statistics
import struct
import subprocess
import sys
import tempfile
import time

PICTURES, SIDE = 2048, 28
# Samples of a process, the steps of the longer run, and settings.
WORK = {
    "mlp-512": (512, 24, {"preset": "mlp"}),
    "mlp-128": (128, 80, {"preset": "mlp"}),
    "dcgan-64": (64, 60, {"preset": "dcgan", "width": 32}),
    "vae-512": (512, 100, {"preset": "vae"}),
    "vae-64": (64, 600, {"preset": "vae"}),
}
WAYS = ("one", "apart", "two")
FEW = 4


def write_pictures(path):
    """IDX, as MNIST comes."""
    with open(path, "wb") as file:
        file.write(struct.pack(">IIII", 0x803, PICTURES, SIDE, SIDE))
        file.write(random.Random(1).randbytes(PICTURES * SIDE * SIDE))


def processor():
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
        names = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    return names[0] if names else platform.machine()


class Trial:
    def __init__(self, build, folder):
        self.tool = os.path.abspath(os.path.join(build, "tools", "generative-model"))
        self.folder = folder
        self.environment = dict(os.environ, OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")

    def command(self, checkpoint, samples, steps, settings, exchange):
        said = {"data.location": "noise-images-idx3-ubyte", "data.width": SIDE, "data.height": SIDE,
                "data.channels": 1, "checkpoint": checkpoint, "batch-size": samples, "max-steps": steps,
                "threads": 1, "log-interval": 0, "silent": "true", "overwrite": "true",
                "exchange": exchange, **settings}
        return [self.tool, "train", "nothing.json", *[f"{name}={value}" for name, value in said.items()]]

    def run(self, way, samples, steps, settings):
        """Seconds of the processor, and on the clock."""
        ranks = ["mpirun", "--oversubscribe", "--bind-to", "none", "-n"]
        if way == "one":
            command = self.command("one", samples, steps, settings, "none")
        elif way == "apart":
            a, b = (self.command(name, samples, steps, settings, "none") for name in ("a", "b"))
            command = [*ranks, "1", *a, ":", "-n", "1", *b]
        else:
            command = [*ranks, "2", *self.command("two", 2 * samples, steps, settings, "auto")]
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        done = subprocess.run(command, cwd=self.folder, env=self.environment, capture_output=True, text=True,
                              check=False)
        if done.returncode != 0:
            sys.exit(" ".join(command) + "\n" + done.stderr)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, time.monotonic() - start)

    def step(self, way, samples, steps, settings):
        """Milliseconds of a step, of the processor and on the clock."""
        short = self.run(way, samples, FEW, settings)
        longer = self.run(way, samples, FEW + steps, settings)
        return [1000 * (b - a) / steps for a, b in zip(short, longer)]

    def megabytes(self):
        """Of the nets that were trained: as many are exchanged."""
        place = os.path.join(self.folder, "two")
        return sum(os.path.getsize(os.path.join(place, name)) for name in os.listdir(place)
                   if name.endswith(".onnx") and name != "ema.onnx") / 1e6


def share(rounds, measure):
    shares = sorted(one["apart"][measure] / one["two"][measure] for one in rounds)
    return f"{statistics.median(shares):.2f} ({shares[0]:.2f} to {shares[-1]:.2f})"


def tell(name, rounds, megabytes):
    times = [f"{statistics.median(one[way][measure] for one in rounds):.1f}"
             for measure in (0, 1) for way in WAYS]
    print(f"| `{name}` | {megabytes:.1f} MB | {' | '.join(times[:3])} | {share(rounds, 0)} | "
          f"{' | '.join(times[3:])} | {share(rounds, 1)} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build")
    parser.add_argument("--rounds", type=int, default=5, help="(5)")
    parser.add_argument("--only", help="some of " + ",".join(WORK))
    settings = parser.parse_args()
    print(f"{processor()}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}\n")
    print("| preset, samples | nets | processor, ms: one | apart | two | share | clock, ms: one | apart | two | share |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        trial = Trial(settings.build, folder)
        write_pictures(os.path.join(folder, "noise-images-idx3-ubyte"))
        with open(os.path.join(folder, "nothing.json"), "w", encoding="ascii") as file:
            json.dump({}, file)
        for name in settings.only.split(",") if settings.only else WORK:
            rounds = [{way: trial.step(way, *WORK[name]) for way in WAYS} for _ in range(settings.rounds)]
            tell(name, rounds, trial.megabytes())


if __name__ == "__main__":
    main()
