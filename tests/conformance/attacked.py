#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Steps of trainings on samples that are attacked, against PyTorch: what a net takes goes up the
gradient of the recipe's loss, and what it is to make of that stays as it came.

usage: attacked.py GENERATIVE_MODEL

An autoencoder of pictures, one of sounds, and the discriminator of an adversarial training whose
generator makes the same picture of every latent; plain gradient descent on all samples at once, and
attacks of one step, which draw nothing. Prints TAP.
"""
import json
import pathlib
import subprocess
import sys
import tempfile
import wave

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

SIDE, FRAMES, RATE, N, LEARNING, TOLERANCE = 12, 64, 8000, 6, 0.2, 2e-5
tests = failures = 0


def check(name, ours, theirs, before):
    """By how far a step has moved weights."""
    global tests, failures
    tests += 1
    moved = np.abs(theirs - before).max()
    apart = float(np.abs(ours - theirs).max() / moved)
    fine = apart < 1e-3 and np.abs(ours - theirs).max() < TOLERANCE
    failures += not fine
    print(f"{'ok' if fine else 'not ok'} {tests} - {name} # {apart:.2g} of what it has moved apart")


def draw(seed, **shapes):
    random = np.random.default_rng(seed)
    return {name: random.uniform(-0.5, 0.5, shape).astype(np.float32) for name, shape in shapes.items()}


def save(path, weights, takes, makes, nodes):
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        [helper.make_node(kind, inputs, [output], **attributes) for kind, inputs, output, attributes in nodes],
        "net", [value("x", TensorProto.FLOAT, ["N", *takes])], [value("y", TensorProto.FLOAT, ["N", *makes])],
        [numpy_helper.from_array(w, name) for name, w in weights.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    helper.set_model_props(model, {"generative.input-range": "-1,1", "generative.output-range": "-1,1",
                                   "generative.sample-rate": str(RATE)} if takes[0] == 1 or makes[0] == 1 else {})
    onnx.save(model, path)


def read_weights(path):
    return {w.name: numpy_helper.to_array(w) for w in onnx.load(path).graph.initializer}


def train(program, folder, **settings):
    said = {"optimizer": "sgd", "beta1": 0, "learning-rate": LEARNING, "precision": "fp32", "batch-size": N,
            "max-steps": 1, "overwrite": True, "silent": True, "checkpoint": str(folder / "run"), **settings}
    path = folder / "settings.json"
    path.write_text(json.dumps(said))
    out = subprocess.run([program, "train", path], capture_output=True, text=True)
    assert out.returncode == 0, out.stderr


def attacked(loss, x, attack, epsilon):
    """`loss` is of each sample; the range from -1 to 1 is what epsilon is a share of."""
    moved = x.clone().requires_grad_()
    gradient, = torch.autograd.grad(loss(moved).sum(), moved)
    step = gradient.sign()
    if attack == "fgm":
        step = gradient / gradient.flatten(1).norm(dim=1).view(-1, *[1] * (x.dim() - 1))
    return (x + 2 * epsilon * step).clamp(-1, 1)


def descend(weights, loss):
    now = {name: torch.tensor(w, dtype=torch.float64, requires_grad=True) for name, w in weights.items()}
    gradients = torch.autograd.grad(loss(now), list(now.values()))
    return {name: (w - LEARNING * g).detach().numpy() for (name, w), g in zip(now.items(), gradients)}


def save_pictures(folder):
    pictures = np.random.default_rng(5).integers(0, 256, (N, SIDE, SIDE), dtype=np.uint8)
    folder.mkdir()
    for i, picture in enumerate(pictures):
        Image.fromarray(picture).save(folder / f"{i}.png")
    return torch.tensor(pictures[:, None] / 127.5 - 1, dtype=torch.float64)


def save_sounds(folder):
    sounds = np.random.default_rng(6).integers(-20000, 20000, (N, FRAMES)).astype("<i2")
    folder.mkdir()
    for i, sound in enumerate(sounds):
        with wave.open(str(folder / f"{i}.wav"), "wb") as file:
            file.setparams((1, 2, RATE, FRAMES, "NONE", ""))
            file.writeframes(sound.tobytes())
    return torch.tensor(sounds[:, None] / 32768.0, dtype=torch.float64)


PICTURES = {"width": SIDE, "height": SIDE, "channels": 1, "split": "all"}


def check_pictures(program, folder, x):
    encoder = draw(1, conv=(4, 1, 3, 3), code=(6, 144))
    decoder = draw(2, dense=(144, 6), back=(4, 1, 4, 4))
    shape = np.array([0, 4, 6, 6])
    save(folder / "encoder.onnx", encoder, [1, SIDE, SIDE], [6], [
        ("Conv", ["x", "conv"], "a", {"pads": [1] * 4, "strides": [2, 2]}), ("Tanh", ["a"], "b", {}),
        ("Flatten", ["b"], "c", {}), ("Gemm", ["c", "code"], "y", {"transB": 1})])
    save(folder / "decoder.onnx", {**decoder, "shape": shape}, [6], [1, SIDE, SIDE], [
        ("Gemm", ["x", "dense"], "a", {"transB": 1}), ("Tanh", ["a"], "b", {}),
        ("Reshape", ["b", "shape"], "c", {}),
        ("ConvTranspose", ["c", "back"], "d", {"pads": [1] * 4, "strides": [2, 2]}), ("Tanh", ["d"], "y", {})])

    def make(w, samples):
        code = torch.tanh(F.conv2d(samples, w["conv"], stride=2, padding=1)).flatten(1) @ w["code"].T
        inner = torch.tanh(code @ w["dense"].T).view(-1, 4, 6, 6)
        return torch.tanh(F.conv_transpose2d(inner, w["back"], stride=2, padding=1))

    check_autoencoder(program, folder, "pictures", x, encoder, decoder, make, PICTURES)


def check_sounds(program, folder, x):
    encoder = draw(3, conv=(3, 1, 8), code=(5, 48))
    decoder = draw(4, dense=(48, 5), back=(3, 1, 8))
    save(folder / "encoder.onnx", encoder, [1, FRAMES], [5], [
        ("Conv", ["x", "conv"], "a", {"pads": [2, 2], "strides": [4]}), ("Tanh", ["a"], "b", {}),
        ("Flatten", ["b"], "c", {}), ("Gemm", ["c", "code"], "y", {"transB": 1})])
    save(folder / "decoder.onnx", {**decoder, "shape": np.array([0, 3, 16])}, [5], [1, FRAMES], [
        ("Gemm", ["x", "dense"], "a", {"transB": 1}), ("Tanh", ["a"], "b", {}),
        ("Reshape", ["b", "shape"], "c", {}),
        ("ConvTranspose", ["c", "back"], "d", {"pads": [2, 2], "strides": [4]}), ("Tanh", ["d"], "y", {})])

    def make(w, samples):
        code = torch.tanh(F.conv1d(samples, w["conv"], stride=4, padding=2)).flatten(1) @ w["code"].T
        inner = torch.tanh(code @ w["dense"].T).view(-1, 3, 16)
        return torch.tanh(F.conv_transpose1d(inner, w["back"], stride=4, padding=2))

    check_autoencoder(program, folder, "sounds", x, encoder, decoder, make,
                      {"medium": "sound", "rate": RATE, "channels": 1, "split": "all"})


def check_autoencoder(program, folder, kind, x, encoder, decoder, make, data):
    before = {**encoder, **decoder}
    for attack, epsilon in ("fgsm", 0.05), ("fgm", 0.4), ("none", 0):
        of_attack = {"attack": attack, "attack-epsilon": epsilon} if attack != "none" else {}
        train(program, folder, **of_attack, **{
            "data": {"location": str(folder / kind), **data}, "recipe": "autoencoder", "reconstruction": "l2",
            "encoder-model": str(folder / "encoder.onnx"), "decoder-model": str(folder / "decoder.onnx")})
        ours = {**read_weights(folder / "run" / "encoder.onnx"), **read_weights(folder / "run" / "decoder.onnx")}
        fixed = {name: torch.tensor(w, dtype=torch.float64) for name, w in before.items()}
        seen = x if attack == "none" else attacked(
            lambda moved: ((make(fixed, moved) - x) ** 2).flatten(1).mean(1), x, attack, epsilon)
        theirs = descend(before, lambda w: ((make(w, seen) - x) ** 2).mean())
        for name, w in theirs.items():
            check(f"autoencoder of {kind}, {attack}: {name}", ours[name], w, before[name])


def check_discriminator(program, folder, x):
    generator = {"w": np.zeros((144, 5), np.float32), **draw(7, b=(144,))}
    discriminator = draw(8, first=(8, 144), second=(1, 8))
    save(folder / "generator.onnx", {**generator, "shape": np.array([0, 1, SIDE, SIDE])}, [5], [1, SIDE, SIDE], [
        ("Gemm", ["x", "w", "b"], "a", {"transB": 1}), ("Tanh", ["a"], "c", {}), ("Reshape", ["c", "shape"], "y", {})])
    save(folder / "discriminator.onnx", discriminator, [1, SIDE, SIDE], [1], [
        ("Flatten", ["x"], "a", {}), ("Gemm", ["a", "first"], "b", {"transB": 1}), ("Tanh", ["b"], "c", {}),
        ("Gemm", ["c", "second"], "y", {"transB": 1})])
    made = torch.tanh(torch.tensor(generator["b"], dtype=torch.float64)).expand(N, -1)

    def score(w, samples):
        return (torch.tanh(samples.flatten(1) @ w["first"].T) @ w["second"].T)[:, 0]

    for loss in "non-saturating", "least-squares":
        def lose(w, real):
            if loss == "least-squares":
                return ((score(w, real) - 1) ** 2 + score(w, made) ** 2) / 2
            return F.softplus(-score(w, real)) + F.softplus(score(w, made))

        for attack, epsilon, share in ("fgsm", 0.05, 1), ("fgm", 0.4, 1), ("fgm", 0.4, 0.5):
            train(program, folder, **{
                "data": {"location": str(folder / "pictures"), **PICTURES}, "recipe": "adversarial", "loss": loss,
                "generator-model": str(folder / "generator.onnx"), "attack": attack, "attack-epsilon": epsilon,
                "attack-share": share, "discriminator-model": str(folder / "discriminator.onnx")})
            ours = read_weights(folder / "run" / "discriminator.onnx")
            fixed = {name: torch.tensor(w, dtype=torch.float64) for name, w in discriminator.items()}
            changed = attacked(lambda real: lose(fixed, real), x, attack, epsilon)
            # Which half it is hangs on the order that samples come in: each order of them is tried.
            halves = [range(N)] if share == 1 else halves_of(N)
            best = min((descend(discriminator, lambda w, half=half: lose(w, replace(x, changed, half)).mean())
                        for half in halves), key=lambda theirs: np.abs(theirs["first"] - ours["first"]).max())
            for name, w in best.items():
                check(f"discriminator, {loss}, {attack} of {share:g}: {name}", ours[name], w, discriminator[name])


def halves_of(n):
    return [[i for i in range(n) if bits >> i & 1] for bits in range(1 << n) if bin(bits).count("1") == n // 2]


def replace(x, changed, which):
    x = x.clone()
    x[list(which)] = changed[list(which)]
    return x


def main(program):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        pictures = save_pictures(folder / "pictures")
        check_pictures(program, folder, pictures)
        check_sounds(program, folder, save_sounds(folder / "sounds"))
        check_discriminator(program, folder, pictures)
    print(f"1..{tests}")
    return failures > 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
