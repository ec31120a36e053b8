#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Sessions that share runs, of one build or several, in turns: processor's microseconds a frame in a
process for each session, all in one, and with shared=true, and how many times as many sessions a
core holds by that. Each figure is the median of the rounds.

usage: shared_speed.py BUILD[,BUILD…] MODEL.onnx[,MODEL.onnx…] [SESSIONS [ROUNDS [SECONDS]]]
"""
import json
import os
import statistics
import subprocess
import sys

WAYS = ("processes", "one-process", "shared")


def measure(build, model, sessions, seconds):
    environment = dict(os.environ, GST_PLUGIN_PATH=f"{build}/elements",
                       GST_REGISTRY=f"{build}/shared-speed-registry.bin")
    text = subprocess.run([f"{build}/tests/benchmarks/shared-speed", model, str(sessions), str(seconds)],
                          env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout
    told = json.loads(text)
    return [told[way]["microseconds-a-frame"] for way in WAYS] + [told["shared"]["made"]]


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    builds, models = sys.argv[1].split(","), sys.argv[2].split(",")
    sessions, rounds, seconds = (int(sys.argv[i]) if len(sys.argv) > i else default
                                 for i, default in ((3, 32), (4, 3), (5, 4)))
    print(f"{sessions} sessions, {rounds} rounds; microseconds a frame, the median")
    print(f"{'model':28} {'build':24} {'processes':>9} {'one process':>11} {'shared':>8} {'times':>6} {'made':>5}")
    for model in models:
        found = {build: [] for build in builds}
        for _ in range(rounds):
            for build in builds:
                found[build].append(measure(build, model, sessions, seconds))
        for build in builds:
            processes, one, shared, made = map(statistics.median, zip(*found[build]))
            times = statistics.median(row[0] / row[2] for row in found[build])
            print(f"{os.sep.join(model.split(os.sep)[-2:]):28} {build[-24:]:24} {processes:9.0f} {one:11.0f} "
                  f"{shared:8.0f} {times:6.2f} {made:5.2f}", flush=True)


if __name__ == "__main__":
    main()
