#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Inversion and directions by generative-model and by PyTorch, numpy and scikit-learn: the places
that Adam comes to in some steps, by the same losses; principal components, the closed form, and
borders between classes of the same nets.

usage: inversion.py GENERATIVE_MODEL

Prints TAP, a line for each figure.
"""
import json
import math
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

LATENT, STYLE, SIDE, CLASSES, FILES = 12, 10, 16, 3, 3
LIKENESS, PRIOR = 0.1, 0.001


class Net:
    """Two layers and a transposed convolution, which a style of the latent scales."""

    def __init__(self):
        torch.manual_seed(3)
        channels, small = 8, SIDE // 2
        self.channels, self.small = channels, small
        self.weights = {"map": torch.randn(STYLE, LATENT) * 0.35, "shift": torch.randn(STYLE) * 0.3,
                        "first": torch.randn(channels * small * small, STYLE) * 0.4,
                        "scale": torch.randn(channels, STYLE) * 0.4,
                        "up": torch.randn(channels, 1, 4, 4) * 0.25}

    def map(self, z):
        return F.leaky_relu(F.linear(z, self.weights["map"], self.weights["shift"]), 0.1)

    def synthesize(self, first, scale):
        """Of the style that each of the two layers reads; pictures from 0 to 1."""
        w = self.weights
        x = torch.tanh(F.linear(first, w["first"])).view(-1, self.channels, self.small, self.small)
        x = x * F.linear(scale, w["scale"]).view(-1, self.channels, 1, 1)
        return torch.tanh(F.conv_transpose2d(x, w["up"], stride=2, padding=1)) / 2 + 0.5

    def save(self, path):
        node, w = helper.make_node, self.weights
        shapes = {"grid": [-1, self.channels, self.small, self.small],
                  "column": [-1, self.channels, 1, 1]}
        nodes = [node("Gemm", ["z", "map", "shift"], ["a"], transB=1),
                 node("LeakyRelu", ["a"], ["style"], alpha=0.1),
                 node("Gemm", ["style", "first"], ["b"], transB=1), node("Tanh", ["b"], ["c"]),
                 node("Reshape", ["c", "grid"], ["d"]),
                 node("Gemm", ["style", "scale"], ["e"], transB=1),
                 node("Reshape", ["e", "column"], ["f"]), node("Mul", ["d", "f"], ["g"]),
                 node("ConvTranspose", ["g", "up"], ["h"], strides=[2, 2], pads=[1, 1, 1, 1]),
                 node("Tanh", ["h"], ["y"])]
        constants = [numpy_helper.from_array(value.numpy(), name) for name, value in w.items()]
        constants += [numpy_helper.from_array(np.array(v, np.int64), k) for k, v in shapes.items()]
        save(path, nodes, ("z", [LATENT]), ("y", [1, SIDE, SIDE]), constants)


def save(path, nodes, source, result, constants):
    def value(name, shape):
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", *shape])
    onnx.save(helper.make_model(
        helper.make_graph(nodes, "net", [value(*source)], [value(*result)], constants),
        opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)


def ssim(a, b):
    """Of square windows of 7 pixels that weigh the same."""
    mean = lambda x: F.avg_pool2d(x, 7, 1)
    ma, mb = mean(a), mean(b)
    va, vb, cov = mean(a * a) - ma * ma, mean(b * b) - mb * mb, mean(a * b) - ma * mb
    c1, c2 = 0.01 ** 2, 0.03 ** 2
    light = (2 * ma * mb + c1) / (ma * ma + mb * mb + c1)
    return (light * (2 * cov + c2) / (va + vb + c2)).mean(dim=(1, 2, 3))


def lose(made, wanted, place):
    """[N]: the squares at each scale, unlikeness and what a place has strayed."""
    squares, a, b = [], made, wanted
    squares.append(((a - b) ** 2).mean(dim=(1, 2, 3)))
    while min(a.shape[2:]) >= 16:
        a, b = F.avg_pool2d(a, 2), F.avg_pool2d(b, 2)
        squares.append(((a - b) ** 2).mean(dim=(1, 2, 3)))
    strayed = F.relu((place ** 2).mean(dim=(1, 2)) - 1) ** 2
    if place.shape[1] > 1:
        strayed = strayed + ((place - place.mean(dim=1, keepdim=True)) ** 2).mean(dim=(1, 2))
    return (sum(squares) / len(squares) + LIKENESS * (1 - ssim(made, wanted)) + PRIOR * strayed,
            squares[0])


def rate_at(rate, step, steps):
    up = min(1, (step + 1) / (0.05 * steps))
    down = min(1, (1 - step / steps) / 0.25)
    return rate * up * (0.5 - 0.5 * math.cos(math.pi * down))


def invert(make, vectors, length, wanted, steps, rate):
    """The best places of `steps` from 0, and their mean squares."""
    place = torch.zeros(len(wanted), vectors, length, requires_grad=True)
    optimizer = torch.optim.Adam([place], rate, betas=(0.9, 0.999), eps=1e-8)
    best, kept = torch.full((len(wanted),), math.inf), torch.zeros_like(place)
    squares = torch.zeros(len(wanted))
    for step in range(steps + 1):
        loss, square = lose(make(place), wanted, place)
        better = loss.detach() < best
        best = torch.where(better, loss.detach(), best)
        squares = torch.where(better, square.detach(), squares)
        kept[better] = place.detach()[better]
        if step == steps:
            break
        optimizer.zero_grad()
        loss.sum().backward()
        optimizer.param_groups[0]["lr"] = rate_at(rate, step, steps)
        optimizer.step()
    return kept, squares


class Tap:
    number = failures = 0

    def check(self, name, error, bound):
        fine = bool(error <= bound)
        self.number += 1
        self.failures += not fine
        print(f"{'ok' if fine else 'not ok'} {self.number} - {name}: {error:.2g}, bound {bound:g}")


def run(tool, *arguments):
    return json.loads(subprocess.run([tool, *arguments, "--json"], check=True,
                                     stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout)


def check_inversion(tap, tool, folder, net):
    rng = np.random.default_rng(1)
    with torch.no_grad():
        style = net.map(torch.tensor(rng.normal(size=(FILES, LATENT)), dtype=torch.float32))
        made = net.synthesize(style, style)
    files = [folder / f"{i}.png" for i in range(FILES)]
    for file, picture in zip(files, made):
        Image.fromarray(np.round(picture[0].numpy() * 255).astype(np.uint8)).save(file)
    wanted = torch.tensor(np.stack([np.asarray(Image.open(f)) for f in files])[:, None],
                          dtype=torch.float32) / 255

    for steps in (5, 60):
        told = run(tool, "invert", folder / "net.onnx", *files, f"--output={folder / 'z.npy'}",
                   "--starts=1", f"--steps={steps}", "--rate=0.05")
        places, squares = invert(lambda z: net.synthesize(*[net.map(z[:, 0])] * 2), 1, LATENT,
                                 wanted, steps, 0.05)
        own = np.load(folder / "z.npy")
        tap.check(f"latents after {steps} steps", np.abs(own - places[:, 0].numpy()).max(), 1e-4)
        tap.check(f"mean squares after {steps} steps", max(
            abs(of["mean-square"] - s) for of, s in zip(told["samples"], squares.tolist())), 1e-6)

    # Styles count in deviations from their mean, which are those of latents that are drawn: they
    # are read off places that have not moved, and off a place that a large step has moved by.
    run(tool, "invert", folder / "net.onnx", files[0], f"--output={folder / 'mean.npy'}", "--starts=1",
        "--steps=1", "--rate=1e-12", "--space=styles")
    mean = torch.tensor(np.load(folder / "mean.npy")[0, 0])
    z = torch.tensor(rng.normal(size=(1 << 16, LATENT)), dtype=torch.float32)
    drawn = net.map(z)
    tap.check("the mean of styles", (mean - drawn.mean(0)).abs().max() / drawn.std(0).max(), 0.1)
    run(tool, "invert", folder / "net.onnx", *files, f"--output={folder / 'w.npy'}", "--starts=1",
        "--steps=150", "--rate=0.05", "--space=styles", f"--synthesis={folder / 'synthesis.onnx'}")
    deviation = drawn.std(0)
    places, squares = invert(
        lambda u: net.synthesize(mean + deviation * u[:, 0], mean + deviation * u[:, 1]), 2, STYLE,
        wanted, 150, 0.05)
    own = torch.tensor(np.load(folder / "w.npy"))
    with torch.no_grad():
        square = ((net.synthesize(own[:, 0], own[:, 1]) - wanted) ** 2).mean(dim=(1, 2, 3))
    # Its deviations are of 2,048 latents, ours of more: so the way there differs a little.
    tap.check("mean squares of styles, as a share", (square / squares - 1).abs().max(), 0.15)


def cosine(a, b):
    return abs(float(np.dot(a, b) / np.linalg.norm(a) / np.linalg.norm(b)))


def check_directions(tap, tool, folder, net):
    path, out = folder / "net.onnx", folder / "d.npz"
    rng = np.random.default_rng(2)
    z = torch.tensor(rng.normal(size=(20000, LATENT)), dtype=torch.float32)
    style = net.map(z).numpy()

    told = run(tool, "directions", path, f"--output={out}", "--space=style", "--samples=20000", "--count=3")
    found = np.load(out)
    values, vectors = np.linalg.eigh(np.cov(style.T))
    for i in range(3):
        row = found[f"pca-{i + 1}"]
        tap.check(f"component {i + 1} of styles", 1 - cosine(row, vectors[:, -1 - i]), 0.01)
        tap.check(f"its deviation, as a share",
                  abs(np.linalg.norm(row) / math.sqrt(values[-1 - i]) - 1), 0.03)
        tap.check(f"its share of the variance",
                  abs(told["directions"][i]["share"] - values[-1 - i] / values.sum()), 0.01)

    run(tool, "directions", path, f"--output={out}", "--space=style", "--method=sefa", "--count=4")
    found = np.load(out)
    weights = np.concatenate([net.weights["first"].numpy(), net.weights["scale"].numpy()])
    vectors = np.linalg.eigh(weights.T @ weights)[1]
    for i in range(4):
        tap.check(f"closed form {i + 1}", 1 - cosine(found[f"sefa-{i + 1}"], vectors[:, -1 - i]),
                  1e-5)

    run(tool, "directions", path, f"--output={out}", "--samples=3000", "--count=3", "--layer=c")
    found = np.load(out)
    with torch.no_grad():
        x = torch.tanh(F.linear(net.map(z), net.weights["first"])).numpy()
    x, y = x - x.mean(0), z.numpy() - z.numpy().mean(0)
    components = np.linalg.eigh(x.T @ x)[1]
    for i in range(2):
        row = y.T @ (x @ components[:, -1 - i])
        tap.check(f"component {i + 1} of a layer, brought back to latents",
                  1 - cosine(found[f"pca-{i + 1}"], row), 0.02)

    # Latents with labels, of which some have none.
    latents = rng.normal(size=(400, LATENT)).astype(np.float32)
    scores = latents @ rng.normal(size=(LATENT, CLASSES)) + rng.normal(size=(400, CLASSES))
    labels = scores.argmax(1)
    np.save(folder / "latents.npy", latents)
    known = np.arange(400) % 7 != 0
    (folder / "labels.txt").write_text(
        "".join(f"{'abc'[c]}\n" if k else "\n" for c, k in zip(labels, known)))
    given = [f"--latents={folder / 'latents.npy'}", f"--labels={folder / 'labels.txt'}"]
    x, y = latents[known].astype(np.float64), labels[known]
    run(tool, "directions", path, f"--output={out}", "--method=mean", *given)
    found = np.load(out)
    for c in range(CLASSES):
        row = x[y == c].mean(0) - x[y != c].mean(0)
        tap.check(f"from the others' mean to that of {'abc'[c]}",
                  1 - np.dot(found["abc"[c]], row) / np.linalg.norm(row) /
                  np.linalg.norm(found["abc"[c]]), 1e-6)
    run(tool, "directions", path, f"--output={out}", "--method=logistic", *given)
    found = np.load(out)
    for c in range(CLASSES):
        wanted = y == c
        w = np.zeros(LATENT + 1)
        full = np.hstack([x, np.ones((len(x), 1))])
        ridge = 1e-3 * len(x)
        for _ in range(50):
            p = 1 / (1 + np.exp(-full @ w))
            decay = np.append(np.full(LATENT, ridge), 0)
            curvature = full.T @ (full * (p * (1 - p))[:, None]) + np.diag(decay)
            w -= np.linalg.solve(curvature, full.T @ (p - wanted) + decay * w)
        tap.check(f"the border around {'abc'[c]}",
                  1 - np.dot(found["abc"[c]], w[:-1]) / np.linalg.norm(w[:-1]) /
                  np.linalg.norm(found["abc"[c]]), 1e-6)


def main(tool):
    torch.set_num_threads(1)
    tap = Tap()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        net = Net()
        net.save(folder / "net.onnx")
        check_inversion(tap, tool, folder, net)
        check_directions(tap, tool, folder, net)
    print(f"1..{tap.number}")
    return tap.failures > 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
