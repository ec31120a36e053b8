#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What nets forget of the digits that they knew, as others come two by two, and what of that is kept:

    tests/benchmarks/continual.py BUILD DIGITS [FOLDER]    (pipelines/fetch-digits.sh brings them)

A classifier is trained on 0 and 1, then begins with its own weights on 2 and 3, and so on, by
`generative-model train`, with each of the ways that docs/training/continual.md tells of; then it is
tested on 1,000 digits of all classes that it was not trained on. What is replayed by a generator is
made by a variational autoencoder that is told classes and is trained in the same way, beside it.
And a generator against a discriminator, whose pictures are judged by which digits a classifier of
all ten finds in them. Prints tables of means over the seeds, and the worst and the best. Wants
numpy, onnxruntime and Pillow; SEEDS=1 and WAYS=naive,replay (or generators) do less."""

import json
import os
import subprocess
import sys

import numpy
import onnxruntime
from PIL import Image

SEEDS = [int(seed) for seed in os.environ.get("SEEDS", "1,2,3").split(",")]
WAYS = os.environ.get("WAYS", "").split(",") if os.environ.get("WAYS") else None
PAIRS = [(0, 1), (2, 3), (4, 5), (6, 7), (8, 9)]
SIDE, PER_CLASS, HELD = 20, 500, 100


def cut(sheet, folder):
    """The sheet of OpenCV, 50 rows of 100, as files, and manifests of what comes together."""
    picture = Image.open(sheet).convert("L")
    lists = {}
    for number in range(10 * PER_CLASS):
        digit, place = divmod(number, PER_CLASS)
        row, column = divmod(number, 100)
        path = os.path.join(folder, "digits", f"{number:04}.png")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        area = (column * SIDE, row * SIDE, (column + 1) * SIDE, (row + 1) * SIDE)
        padded = Image.new("L", (28, 28))
        padded.paste(picture.crop(area), (4, 4))
        padded.save(path)
        # Every fifth is held back, so that each writer is on both sides.
        held = place % (PER_CLASS // HELD) == 0
        names = ["held"] if held else [f"pair-{digit // 2}", "all"]
        if not held and digit < 8:
            names.append("old")
        if held:
            names.append("held-old" if digit < 8 else "held-new")
        for name in names:
            lists.setdefault(name, []).append(f"digits/{number:04}.png,{digit}")
    for name, lines in lists.items():
        with open(os.path.join(folder, name + ".csv"), "w", encoding="ascii") as file:
            file.write("file,class\n" + "\n".join(lines) + "\n")


class Trial:
    def __init__(self, build, folder, seed):
        self.tool = os.path.join(build, "tools", "generative-model")
        self.folder, self.seed = folder, seed

    def run(self, *arguments):
        done = subprocess.run([self.tool, *arguments], cwd=self.folder, capture_output=True,
                              text=True, check=False, timeout=3600)
        if done.returncode != 0:
            sys.exit(" ".join(arguments) + "\n" + done.stderr)
        return done.stdout

    def train(self, data, checkpoint, **settings):
        said = {"data.location": data + ".csv", "data.width": 28, "data.height": 28,
                "data.channels": 1, "checkpoint": f"{checkpoint}-{self.seed}", "seed": self.seed,
                "threads": 1, "log-interval": 0, "silent": "true", "overwrite": "true"}
        said.update({name.replace("_", "-"): value for name, value in settings.items()})
        self.run("train", "nothing.json", *[f"{name}={value}" for name, value in said.items()])
        return said["checkpoint"]

    def test(self, folder, data):
        return json.loads(self.run("test", "--json", os.path.join(folder, "classifier.onnx"),
                                   data + ".csv"))


CLASSIFIER = {"preset": "classifier", "width": 8, "batch_size": 32, "max_steps": 200}
CODER = {"preset": "vae", "width": 8, "conditional": "true", "latent_size": 16, "batch_size": 32,
         "max_steps": 1500, "learning_rate": 0.001, "ema": 0.99}
MEMORY = {"memory_samples": 100, "memory_policy": "by-class"}
IMPORTANCE = {"importance_samples": 100}
EWC = {"retain": "ewc"}
REPLAY = {"replay": "memory", "replay_share": 0.5}
KEPT = {"naive": {"keep_classes": "true"}, "l2-sp": {"retain": "l2-sp"}, "ewc": EWC,
        "distillation": {"retain": "distillation"}, "replay": REPLAY,
        "replay and ewc": {**REPLAY, **EWC, "retain_weight": 30},
        "replay and distillation": {**REPLAY, "retain": "distillation"},
        "generator replay": {"replay": "generator"},
        "generator replay and distillation": {"replay": "generator", "retain": "distillation"},
        "all at once": None}


def judge(trial, folder):
    return [trial.test(folder, data)["accuracy-on-test"]
            for data in ("held-old", "held-new", "held")]


def learn(trial, way):
    """One after the other; what came of it."""
    name = way.replace(" ", "-")
    before = coder = None
    if KEPT[way] is None:
        before = trial.train("all", name, **{**CLASSIFIER, "max_steps": 1000})
        return judge(trial, before)
    for number in range(len(PAIRS)):
        kept = {**MEMORY, **IMPORTANCE} if "ewc" in way else MEMORY if "replay" in way else {}
        if before is not None:
            kept = {**kept, **KEPT[way], "weights": before}
        if "generator" in way and number > 0:
            again = {} if number == 1 else {"weights": coder, "replay": "generator",
                                            "replay_share": number / (number + 1)}
            coder = trial.train(f"pair-{number - 1}", f"coder-{name}-{number}", **CODER, **again)
            kept["replay_model"] = os.path.join(coder, "ema.onnx")
            kept["replay_share"] = number / (number + 1)
        before = trial.train(f"pair-{number}", f"{name}-{number}", **CLASSIFIER, **kept)
    return judge(trial, before)


GENERATOR = {"preset": "mlp", "conditional": "true", "batch_size": 32, "ema": 0.998}
HELD_BACK = {"naive": {"keep_classes": "true"}, "l2-sp": {"retain": "l2-sp"}, "ewc": {"retain": "ewc"},
             "distillation": {"retain": "distillation"}, "replay": {"replay": "memory",
             "replay_share": 0.8}, "generator replay": {"replay": "generator", "replay_share": 0.8}}


def find_modes(trial, folder, known):
    """Of 100 pictures of each digit, which ones a classifier of all ten takes for it."""
    load = lambda path: onnxruntime.InferenceSession(os.path.join(trial.folder, path))
    generator = load(os.path.join(folder, "ema.onnx"))
    classifier = load(os.path.join(trial.teller, "classifier.onnx"))
    digits = numpy.repeat(numpy.arange(known), 100)
    latents = numpy.random.default_rng(trial.seed).normal(size=(len(digits), 100))
    made = generator.run(None, {"latent": latents.astype(numpy.float32), "class": digits})[0]
    scores = classifier.run(None, {classifier.get_inputs()[0].name: made})[0]
    right = (scores.argmax(1) == digits).reshape(known, 100).mean(1)
    return [int((right[:8] > 0.5).sum()), right[:8].mean(), right[8:].mean() if known > 8 else 0]


def learn_generators(trials):
    """Of 0 to 7, and then of 8 and 9."""
    found = {way: [] for way in HELD_BACK}
    before = []
    for trial in trials:
        trial.teller = trial.train("all", "all-at-once", **{**CLASSIFIER, "max_steps": 1000})
        first = trial.train("old", "made", **GENERATOR, max_steps=2000, memory_samples=200,
                            importance_samples=200)
        before.append(find_modes(trial, first, 8))
        for way, kept in HELD_BACK.items():
            folder = trial.train("pair-4", "made-" + way.replace(" ", "-"), **GENERATOR,
                                 max_steps=600, weights=first, **kept)
            found[way].append(find_modes(trial, folder, 10))
    print("| | of 0 to 7 are made | 0 to 7, asked for | 8 and 9, asked for |\n|---|---|---|---|")
    for way, figures in {"before": before, **found}.items():
        columns = [[figure[i] for figure in figures] for i in range(3)]
        print(f"| {way} | " + " | ".join(
            f"{sum(c) / len(c):.2f} ({min(c):.2f} to {max(c):.2f})" for c in columns) + " |")


def main():
    build, sheet = os.path.abspath(sys.argv[1]), sys.argv[2]
    folder = os.path.abspath(sys.argv[3] if len(sys.argv) > 3 else os.path.join(build, "continual"))
    os.makedirs(folder, exist_ok=True)
    cut(sheet, folder)
    with open(os.path.join(folder, "nothing.json"), "w", encoding="ascii") as file:
        file.write("{}")
    trials = [Trial(build, folder, seed) for seed in SEEDS]
    if WAYS == ["generators"]:
        return learn_generators(trials)
    print("| | 0 to 7, learned before | 8 and 9, learned last | all |\n|---|---|---|---|")
    for way in WAYS or KEPT:
        found = [learn(trial, way) for trial in trials]
        columns = [[trial[i] for trial in found] for i in range(3)]
        print(f"| {way} | " + " | ".join(
            f"{sum(c) / len(c):.3f} ({min(c):.3f} to {max(c):.3f})" for c in columns) + " |",
            flush=True)
    return learn_generators(trials) if WAYS is None else None


if __name__ == "__main__":
    main()
