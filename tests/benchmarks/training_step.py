#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Training steps of ours against PyTorch's, in turns.

usage: training_step.py PROGRAM [PRESET ...] [--batch N] [--threads N] [--rounds N] [--steps N]
         [--eager] [--fp32] [--processor-time]
       training_step.py --device cuda PROGRAM [PRESET [BATCH]]

PROGRAM is the built tests/benchmarks/training-step. Of each preset, of all where none is named, it
prints a row: the median of our steps and of PyTorch's, how many times as fast ours is, the memory
that each takes beyond what it had before there were nets, and the ratio of these. On a machine that
others use, --processor-time with --threads 1 says more than the clock.

PyTorch does what it does best: the same nets (those that are not written here are read from the ONNX
files of PROGRAM), one forward of the generator a step, fused Adam, the faster of both memory formats,
and once more compiled where a compiler is found (not with --eager); the fastest counts. Its memory
is that of eager steps. Each has a process of its own. On a GPU (training_cuda.py) each has its
precisions.
"""
import argparse
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

WORKER = pathlib.Path(__file__).with_name("training_worker.py")
# Batches, and further words for PROGRAM.
CASES = {
    "mlp": (128, []),
    "dcgan": (64, []),
    "stylegan-lite": (32, ["extent=32"]),
    "r3gan-lite": (32, ["extent=32"]),
    "wavegan": (16, []),
    "vae": (128, ["latent=16"]),
    "autoencoder": (64, ["latent=16"]),
    "vq-vae": (32, ["latent=8", "width=16"]),
    "masked-autoencoder": (64, []),
    "classifier": (64, []),
    "unet-diffusion": (32, ["width=16"]),
    "super-resolver": (8, ["extent=64"]),
    "inpainter": (8, ["extent=64"]),
    "cleaner": (8, ["extent=64"]),
    "interpolator": (8, ["extent=64"]),
    "frame-predictor": (8, ["extent=64"]),
    "sound-vae": (16, ["latent=16"]),
    "masked-sound-autoencoder": (16, []),
    "sound-classifier": (16, []),
    "bandwidth-extender": (8, []),
    "pix2pix": (4, ["extent=64"]),
    "cyclegan": (2, ["extent=64"]),
}


class Ours:
    def __init__(self, program, preset, batch, threads, words):
        self.command = [program, preset, str(batch), str(threads)]
        self.words = [*words, "memory"]
        self.memory = 0

    def times(self, steps):
        lines = subprocess.run([*self.command, str(steps), *self.words], check=True,
                               capture_output=True, text=True).stdout.split()
        self.memory = float(lines.pop())
        return [float(line) for line in lines]


class Torch:
    """A process that makes as many steps as it is told."""

    def __init__(self, *words):
        self.process = subprocess.Popen([sys.executable, WORKER, *map(str, words)], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.format, self.memory = self.read()
        self.memory = float(self.memory)

    def read(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"PyTorch's process ended: status {self.process.wait()}")
        return line.split()

    def times(self, steps):
        print(steps, file=self.process.stdin, flush=True)
        return [float(word) for word in self.read()]

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def start_peers(preset, batch, folder, arguments):
    words = (preset, batch, arguments.threads, folder,
             "processor" if arguments.processor_time else "wall")
    peers = {"eager": Torch(*words, "eager")}
    if not arguments.eager:
        try:
            peers["compiled"] = Torch(*words, "compiled", peers["eager"].format)
        except RuntimeError as error:
            print(f"{preset}, compiled: {error}", file=sys.stderr)
    return peers


def compare(arguments, preset):
    batch, words = CASES[preset]
    batch = arguments.batch or batch
    words = [*words, *["fp32"] * arguments.fp32, *["processor-time"] * arguments.processor_time]
    ours = Ours(arguments.program, preset, batch, arguments.threads, words)
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([*ours.command, "0", *words, f"save={folder}"], check=True)
        peers = start_peers(preset, batch, folder, arguments)
    runs = {"ours": ours, **peers}
    times = {name: [] for name in runs}
    for _ in range(arguments.rounds):
        for name, run in runs.items():
            times[name] += run.times(arguments.steps)
    for peer in peers.values():
        peer.close()
    medians = {name: statistics.median(t) for name, t in times.items()}
    best = min(peers, key=medians.get)
    memory = peers["eager"].memory
    print(f"| `{preset}`, batch {batch} | {medians['ours']:.1f} ms ({min(times['ours']):.1f}) | "
          f"{medians[best]:.1f} ms ({min(times[best]):.1f}), {best} | "
          f"{medians[best] / medians['ours']:.2f} | {ours.memory:.0f} MB | {memory:.0f} MB | "
          f"{ours.memory / memory:.2f} |", flush=True)


def main():
    if sys.argv[1:2] == ["--device"]:
        import training_cuda
        training_cuda.main(sys.argv[2], *sys.argv[3:6])
        return
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("presets", nargs="*")
    parser.add_argument("--batch", type=int)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--eager", action="store_true")
    parser.add_argument("--fp32", action="store_true")
    parser.add_argument("--processor-time", action="store_true")
    arguments = parser.parse_intermixed_args()
    for preset in arguments.presets:
        if preset not in CASES:
            parser.error(f"there is no preset {preset} here; there are {', '.join(CASES)}")
    start = time.monotonic()
    print("| what | ours, median (best) | PyTorch | times as fast | memory, ours | PyTorch | share |")
    print("|---|---|---|---|---|---|---|")
    for preset in arguments.presets or CASES:
        compare(arguments, preset)
    print(f"\n{arguments.threads} threads, {arguments.rounds} rounds of {arguments.steps} steps, "
          f"{time.monotonic() - start:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
