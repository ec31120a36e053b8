#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Accuracy of a classifier under attacks of one step, by generative-model robustness and by
PyTorch's gradients of the same net: colour pictures with a mean and deviation for each channel, a
convolution, a normalisation, a pooling and a dense layer, with and without a last Softmax.

usage: robustness.py GENERATIVE_MODEL

Prints TAP, a line for each figure.
"""
import json
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

SIDE, CLASSES, EACH = 12, 4, 40
MEAN, STD = [0.48, 0.45, 0.4], [0.23, 0.22, 0.25]
EPSILONS = {"fgsm": [0, 0.01, 0.03], "fgm": [0, 0.3, 0.8]}


def make_data():
    """Each class is a pattern under noise; bytes, as they lie in files."""
    draws = np.random.default_rng(1)
    patterns = draws.uniform(0.3, 0.7, (CLASSES, 3, SIDE, SIDE))
    labels = np.repeat(np.arange(CLASSES), EACH)
    pictures = patterns[labels] + draws.normal(0, 0.22, (len(labels), 3, SIDE, SIDE))
    return np.round(pictures.clip(0, 1) * 255).astype(np.uint8), labels


class Net:
    def __init__(self):
        torch.manual_seed(0)
        half = SIDE // 2
        self.weights = {"conv": torch.randn(6, 3, 3, 3) * 0.3, "bias": torch.randn(6) * 0.1,
                        "scale": torch.rand(6) + 0.5, "shift": torch.randn(6) * 0.1,
                        "mean": torch.randn(6) * 0.1, "variance": torch.rand(6) + 0.5,
                        "dense": torch.randn(CLASSES, 6 * half * half) * 0.05,
                        "offset": torch.zeros(CLASSES)}

    def __call__(self, x):
        w = self.weights
        x = (x - torch.tensor(MEAN).view(3, 1, 1)) / torch.tensor(STD).view(3, 1, 1)
        x = F.conv2d(x, w["conv"], w["bias"], padding=1)
        x = F.batch_norm(x, w["mean"], w["variance"], w["scale"], w["shift"])
        return F.linear(F.max_pool2d(F.relu(x), 2).flatten(1), w["dense"], w["offset"])

    def learn(self, x, y):
        learned = [self.weights["conv"].requires_grad_(), self.weights["dense"].requires_grad_()]
        optimizer = torch.optim.Adam(learned, 1e-2)
        for _ in range(30):
            optimizer.zero_grad()
            F.cross_entropy(self(x), y).backward()
            optimizer.step()
        for weights in learned:
            weights.requires_grad_(False)

    def save(self, path, softmax):
        node = helper.make_node
        nodes = [node("Conv", ["x", "conv", "bias"], ["a"], pads=[1, 1, 1, 1]),
                 node("BatchNormalization", ["a", "scale", "shift", "mean", "variance"], ["b"]),
                 node("Relu", ["b"], ["c"]),
                 node("MaxPool", ["c"], ["d"], kernel_shape=[2, 2], strides=[2, 2]),
                 node("Flatten", ["d"], ["e"]),
                 node("Gemm", ["e", "dense", "offset"], ["f"], transB=1),
                 node("Softmax" if softmax else "Identity", ["f"], ["y"])]
        model = helper.make_model(helper.make_graph(
            nodes, "net",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 3, SIDE, SIDE])],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", CLASSES])],
            [numpy_helper.from_array(w.numpy(), name) for name, w in self.weights.items()]),
            opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        helper.set_model_props(model, {"generative.mean": ",".join(map(str, MEAN)),
                                       "generative.std": ",".join(map(str, STD))})
        onnx.save(model, path)


def count_right(net, x, y, attack, epsilon):
    """Those that are right as they are and one step further."""
    moved = x.clone().requires_grad_()
    F.cross_entropy(net(moved), y, reduction="sum").backward()
    step = moved.grad.sign()
    if attack == "fgm":
        step = moved.grad / moved.grad.flatten(1).norm(dim=1).clamp_min(1e-12).view(-1, 1, 1, 1)
    attacked = (x + epsilon * step).clamp(0, 1)
    return int(((net(x).argmax(1) == y) & (net(attacked).argmax(1) == y)).sum())


def main(tool):
    pictures, labels = make_data()
    x, y = torch.tensor(pictures, dtype=torch.float32) / 255, torch.tensor(labels)
    net = Net()
    net.learn(x, y)
    failures = number = 0
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for i, (picture, label) in enumerate(zip(pictures, labels)):
            path = folder / "data" / str(label) / f"{i:03}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(picture.transpose(1, 2, 0)).save(path)
        for softmax in (False, True):
            net.save(folder / "net.onnx", softmax)
            for attack, epsilons in EPSILONS.items():
                told = json.loads(subprocess.run(
                    [tool, "robustness", folder / "net.onnx", folder / "data", "--json",
                     f"--attacks={attack}", "--epsilons=" + ",".join(map(str, epsilons))],
                    check=True, stdout=subprocess.PIPE).stdout)
                for epsilon, trial in zip(epsilons, told["attacks"]):
                    wanted = count_right(net, x, y, attack, epsilon)
                    right = round(trial["accuracy"] * len(labels))
                    # One may lie on the border to the last bits.
                    fine = abs(right - wanted) <= 1 and told["samples"] == len(labels)
                    number, failures = number + 1, failures + (not fine)
                    print(f"{'ok' if fine else 'not ok'} {number} - {attack}, epsilon {epsilon}"
                          f"{', behind Softmax' if softmax else ''}: {right} of {len(labels)}, "
                          f"by PyTorch {wanted}")
    print(f"1..{number}")
    return failures > 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
