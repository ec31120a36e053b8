#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What trainings here and in PyTorch come to, from the same first weights.

usage: training_quality.py BUILD DIGITS.png FOLDER [--seeds N] [--steps mlp=N,vae=N,diffusion=N]
         [--threads N] [PRESET ...]

For each seed a preset's nets are written as ONNX, with the seed's weights. `generative-model train`
trains them on 4,500 of the digits, and PyTorch does, with the same loss, optimiser, batch, moving
average and number of steps; only draws differ. PyTorch's weights go back into the ONNX file, and one
pipeline plays either and measures its Fréchet distance to the 500 digits that neither has seen.

FOLDER keeps nets and results (results.jsonl): what is there is not done again. It ends with a table
of means and ranges.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import time

import numpy
import PIL.Image
import torch

import onnx_net
import recipes

HELD_BACK = 500

# Settings have the names of gantrainer's properties.
MLP = {"batch-size": 128, "ema": 0.998}
VAE = {"batch-size": 128, "ema": 0.998, "learning-rate": 1e-3, "beta1": 0.9, "beta-warm-up": 500}
DIFFUSION = {"batch-size": 32, "ema": 0.995, "learning-rate": 2e-3, "beta1": 0.9}


class Preset:
    def __init__(self, name, recipe, torch_recipe, roles, played, latent, low, walls, steps, settings,
                 options=()):
        self.name, self.recipe, self.torch_recipe = name, recipe, torch_recipe
        self.roles, self.played = roles, played
        self.latent, self.low, self.walls = latent, low, walls
        self.steps, self.settings, self.options = steps, settings, options


PRESETS = {p.name: p for p in (
    Preset("mlp", "adversarial", recipes.Adversarial, ("generator", "discriminator"), "generator",
           100, -1, 20, 3500, MLP),
    Preset("vae", "variational", recipes.Variational, ("encoder", "decoder"), "decoder",
           16, 0, 20, 3000, VAE, ["latent=16"]),
    Preset("unet-diffusion", "diffusion", recipes.Diffusion, ("denoiser",), "denoiser",
           784, -1, 10, 1000, DIFFUSION, ["width=16"]),
)}


def write_idx(path, pictures):
    header = bytes([0, 0, 8, 3]) + b"".join(n.to_bytes(4, "big") for n in pictures.shape)
    path.write_bytes(header + pictures.tobytes())


def read_digits(sheet, folder):
    """Of 28x28 pixels, black around them: those to train on."""
    pixels = numpy.asarray(PIL.Image.open(sheet).convert("L"))
    digits = pixels.reshape(50, 20, 100, 20).transpose(0, 2, 1, 3).reshape(-1, 20, 20)
    digits = numpy.pad(digits, ((0, 0), (4, 4), (4, 4)))
    digits = digits[numpy.random.default_rng(0).permutation(len(digits))]
    write_idx(folder / "held-back.idx3-ubyte", digits[:HELD_BACK])
    write_idx(folder / "train.idx3-ubyte", digits[HELD_BACK:])
    return digits[HELD_BACK:]


class Comparison:
    def __init__(self, build, folder, threads):
        self.build, self.folder, self.threads = build, folder, threads
        self.environment = {**os.environ, "GST_PLUGIN_PATH": str(build / "elements"),
                            "LD_LIBRARY_PATH": str(build / "lib"),
                            "GST_REGISTRY": str(folder / "registry.bin")}

    def run(self, *words):
        subprocess.run([str(word) for word in words], check=True, env=self.environment,
                       stdout=subprocess.DEVNULL)

    def write_nets(self, preset, seed, to):
        to.mkdir(parents=True, exist_ok=True)
        self.run(self.build / "tests/benchmarks/training-step", preset.name,
                 preset.settings["batch-size"], self.threads, 0, f"seed={seed}", f"save={to}",
                 *preset.options)

    def train_ours(self, preset, seed, steps, nets, to):
        settings = {
            "data": {"location": str(self.folder / "train.idx3-ubyte"), "split": "all",
                     "width": 28, "height": 28, "channels": 1, "seed": seed},
            "recipe": preset.recipe, "seed": seed, "threads": self.threads, "max-steps": steps,
            "checkpoint": str(to), "overwrite": True, "silent": True, **preset.settings,
            **{f"{role}-model": str(nets / f"{role}.onnx") for role in preset.roles}}
        file = to.with_suffix(".json")
        file.write_text(json.dumps(settings))
        self.run(self.build / "tools/generative-model", "train", file)
        return to / "ema.onnx"

    def measure(self, preset, model):
        """By as many samples of the same latents."""
        report = model.with_suffix(".jsonl")
        reference = self.folder / "held-back.idx3-ubyte"
        self.run("gst-launch-1.0", "-q", "latentsrc", f"num-buffers={preset.walls}",
                 f"dimensions={preset.latent}:100", "!", "generator", f"model={model}", "columns=10",
                 f"threads={self.threads}", "!", "qualitymeter", "metrics=frechet",
                 f"reference={reference}", "tile-width=28", "tile-height=28", f"report={report}",
                 "!", "fakesink")
        return json.loads(report.read_text().splitlines()[-1])["summary"]["frechet"]


def batches(digits, size, low, seed):
    """Epochs in a new order each, one behind the other."""
    draw = torch.Generator().manual_seed(seed)
    samples = torch.from_numpy(digits).float().div(255).mul(1 - low).add(low)[:, None]
    order = torch.empty(0, dtype=torch.long)
    while True:
        while len(order) < size:
            order = torch.cat([order, torch.randperm(len(samples), generator=draw)])
        yield samples[order[:size]]
        order = order[size:]


def train_torch(preset, seed, steps, nets, digits, template):
    """The moving average, in a file as ours is."""
    torch.manual_seed(seed)
    settings = preset.settings
    made = {role: onnx_net.Net(nets / f"{role}.onnx", role in preset.torch_recipe.logits)
            for role in preset.roles}
    rest = {"beta_warm_up": settings["beta-warm-up"]} if "beta-warm-up" in settings else {}
    trainer = preset.torch_recipe(made, settings.get("learning-rate", 2e-4),
                                  settings.get("beta1", 0.5), **rest)
    source = batches(digits, settings["batch-size"], preset.low, seed)
    weights = list(made[preset.played].weights)
    average = [w.detach().clone() for w in weights]
    for done in range(steps):
        trainer.step(next(source))
        decay = min(settings["ema"], (1 + done) / (10 + done))
        torch._foreach_lerp_(average, [w.detach() for w in weights], 1 - decay)
    # What the sampler has to know stands in the file that was trained here.
    made[preset.played].path = template
    path = nets / "torch.onnx"
    made[preset.played].save(path, average)
    return path


def compare(comparison, preset, seed, steps, digits):
    nets = comparison.folder / f"{preset.name}-{seed}"
    result = {"preset": preset.name, "seed": seed, "steps": steps}
    comparison.write_nets(preset, seed, nets)
    for who in ("ours", "torch"):
        start, used = time.monotonic(), os.times()
        if who == "ours":
            model = comparison.train_ours(preset, seed, steps, nets, nets / "ours")
        else:
            model = train_torch(preset, seed, steps, nets, digits, nets / "ours" / "ema.onnx")
        now = os.times()
        result[f"{who}-seconds"] = round(time.monotonic() - start, 1)
        result[f"{who}-processor-seconds"] = round(sum(now[:4]) - sum(used[:4]), 1)
        result[who] = comparison.measure(preset, model)
    return result


def tell(results):
    """Markdown."""
    print("| preset | steps | seeds | ours, mean (range) | PyTorch | ratio of means | processor time |")
    print("|---|---|---|---|---|---|---|")
    for name in dict.fromkeys(r["preset"] for r in results):
        rows = [r for r in results if r["preset"] == name]
        cells, means, times = [], [], []
        for who in ("ours", "torch"):
            figures = [r[who] for r in rows]
            means.append(statistics.mean(figures))
            times.append(statistics.mean(r[f"{who}-processor-seconds"] for r in rows))
            cells.append(f"{means[-1]:.4f} ({min(figures):.4f} to {max(figures):.4f})")
        print(f"| `{name}` | {rows[0]['steps']} | {len(rows)} | {cells[0]} | {cells[1]} | "
              f"{means[0] / means[1]:.2f} | {times[0]:.0f} s, {times[1]:.0f} s |")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("digits")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("presets", nargs="*", default=list(PRESETS))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--steps", default="")
    arguments = parser.parse_intermixed_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(arguments.threads)
    steps = {name: preset.steps for name, preset in PRESETS.items()}
    steps.update((name, int(n)) for name, n in
                 (word.split("=") for word in arguments.steps.split(",") if word))
    digits = read_digits(arguments.digits, arguments.folder)
    comparison = Comparison(arguments.build.resolve(), arguments.folder.resolve(), arguments.threads)
    file = arguments.folder / "results.jsonl"
    results = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
    for seed in range(1, arguments.seeds + 1):
        for name in arguments.presets:
            known = [(r["preset"], r["seed"], r["steps"]) for r in results]
            if (name, seed, steps[name]) in known:
                continue
            results.append(compare(comparison, PRESETS[name], seed, steps[name], digits))
            with file.open("a") as lines:
                lines.write(json.dumps(results[-1]) + "\n")
            print(json.dumps(results[-1]), flush=True)
    tell([r for r in results if r["preset"] in arguments.presets and r["steps"] == steps[r["preset"]]])


if __name__ == "__main__":
    main()
