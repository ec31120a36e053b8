#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Models of bytes against those of float32 that they were made of, as processors of other people
run them.

usage: integers.py GENERATIVE_MODEL [--isas avx2,avx-vnni,vnni,amx] [--batches 1,16] [--rounds N]
                   [--seconds S] FLOATS.onnx=BYTES.onnx...

Each pair is run in turns on one thread, GENERATIVE_MAXIMUM_ISA set; a cell has the best
milliseconds of both and how many times as fast the one of bytes is. Rows are processors.
"""
import argparse
import json
import os
import subprocess


def best(settings, model, isa, batch):
    """Milliseconds of the best run, kernels measured."""
    environment = dict(os.environ, GENERATIVE_MAXIMUM_ISA=isa)
    result = subprocess.run([settings.tool, "bench", "--json", "--threads=1", "--kernels=measured",
                             f"--batch={batch}", f"--seconds={settings.seconds}", model],
                            env=environment, capture_output=True, text=True)
    if result.returncode != 0:
        raise SystemExit(f"{model}: {result.stderr.strip()}")
    return json.loads(result.stdout)["best"] * 1e3


def compare(settings, pair, isa, batch):
    floats, integers = pair.split("=")
    times = [[], []]
    for _ in range(settings.rounds):
        for model, own in zip((floats, integers), times):
            own.append(best(settings, model, isa, batch))
    return min(times[0]), min(times[1])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tool")
    parser.add_argument("pairs", nargs="+", metavar="FLOATS.onnx=BYTES.onnx")
    parser.add_argument("--isas", default="avx2,avx-vnni,vnni,amx")
    parser.add_argument("--batches", default="1,16")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=0.3, help="of each run of a round (0.3)")
    settings = parser.parse_intermixed_args()
    cells = [(pair, batch) for pair in settings.pairs for batch in settings.batches.split(",")]
    print("| processor | " + " | ".join(
        f"{os.path.basename(pair.split('=')[1])}, {batch}" for pair, batch in cells) + " |")
    print("|---" * (1 + len(cells)) + "|", flush=True)
    for isa in settings.isas.split(","):
        row = [compare(settings, pair, isa, batch) for pair, batch in cells]
        print(f"| {isa} | " + " | ".join(
            f"{a / b:.2f} ({a:.3f}, {b:.3f})" for a, b in row) + " |", flush=True)


if __name__ == "__main__":
    main()
