#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What keeps nets from forgetting, by generative-model train and by PyTorch's gradients of the same
net, a convolution, a normalisation, a pooling and a dense layer: how important its weights are,
and what they become in three steps with each penalty, of batches that are all of the data.

usage: continual.py GENERATIVE_MODEL

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

SIDE, CLASSES, EACH, RATE, WEIGHT, T = 8, 3, 10, 0.05, 5, 2
LEARNED = ["conv.weight", "norm.weight", "norm.bias", "head.weight", "head.bias"]
STATISTICS = ["norm.mean", "norm.variance"]


def make_data(folder, shift):
    draws = np.random.default_rng(shift)
    patterns = draws.uniform(0.2, 0.8, (CLASSES, SIDE, SIDE))
    for label in range(CLASSES):
        (folder / str(label)).mkdir(parents=True)
        for number in range(EACH):
            picture = (patterns[label] + draws.normal(0, 0.2, (SIDE, SIDE))).clip(0, 1) * 255
            Image.fromarray(picture.round().astype(np.uint8)).save(
                folder / str(label) / f"{number}.png")


def make_net(path):
    draws = np.random.default_rng(7)
    shapes = {"conv.weight": (4, 1, 3, 3), "head.weight": (CLASSES, 4 * (SIDE // 2) ** 2)}
    values = {name: draws.normal(0, 0.3, shape) for name, shape in shapes.items()}
    values |= {"norm.weight": draws.uniform(0.5, 1.5, 4), "norm.bias": draws.normal(0, 0.1, 4),
               "norm.mean": draws.normal(0, 0.1, 4), "norm.variance": draws.uniform(0.5, 1.5, 4),
               "head.bias": draws.normal(0, 0.1, CLASSES)}
    node = helper.make_node
    graph = helper.make_graph(
        [node("Conv", ["x", "conv.weight"], ["a"], pads=[1] * 4),
         node("BatchNormalization", ["a", "norm.weight", "norm.bias", "norm.mean", "norm.variance"],
              ["b"]),
         node("Relu", ["b"], ["c"]),
         node("AveragePool", ["c"], ["d"], kernel_shape=[2, 2], strides=[2, 2]),
         node("Flatten", ["d"], ["e"]),
         node("Gemm", ["e", "head.weight", "head.bias"], ["y"], transB=1)], "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 1, SIDE, SIDE])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", CLASSES])],
        [numpy_helper.from_array(value.astype(np.float32), name)
         for name, value in values.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(model, {"generative.input-range": "-1,1"})
    onnx.save(model, path)


def read_net(path):
    return {tensor.name: torch.tensor(numpy_helper.to_array(tensor).copy())
            for tensor in onnx.load(path).graph.initializer}


def read_safetensors(path):
    data = path.read_bytes()
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8:8 + length])
    types = {"F32": np.float32, "I64": np.int64}
    return {name: torch.tensor(np.frombuffer(
        data[8 + length:][slice(*of["data_offsets"])], types[of["dtype"]]).reshape(
            of["shape"]).copy()) for name, of in header.items() if name != "__metadata__"}


def apply(w, x, training=False):
    x = F.conv2d(x, w["conv.weight"], padding=1)
    x = F.batch_norm(x, w["norm.mean"].clone(), w["norm.variance"].clone(), w["norm.weight"],
                     w["norm.bias"], training=training)
    return F.linear(F.avg_pool2d(F.relu(x), 2).flatten(1), w["head.weight"], w["head.bias"])


def train(tool, folder, data, checkpoint, *settings):
    (folder / "none.json").write_text("{}")
    subprocess.run(
        [tool, "train", "none.json", f"data.location={data}", f"data.width={SIDE}",
         f"data.height={SIDE}", "data.channels=1", "classifier-model=net.onnx",
         f"checkpoint={checkpoint}", "recipe=classifier", f"batch-size={CLASSES * EACH}",
         "max-steps=3", "optimizer=sgd", "beta1=0", f"learning-rate={RATE}", "precision=fp32",
         "threads=1", "log-interval=0", "silent=true", "memory-samples=100",
         "importance-samples=100", *settings],
        cwd=folder, check=True, capture_output=True)
    state = read_safetensors(folder / checkpoint / "state.safetensors")
    now = state["memory.ages"] == 0
    return (read_net(folder / checkpoint / "classifier.onnx"), state["memory.samples"][now],
            state["memory.labels"][now])


def find_fisher(w, x, y):
    w = {name: value.clone().requires_grad_(name in LEARNED) for name, value in w.items()}
    sums = [torch.zeros_like(w[name]) for name in LEARNED]
    for i in range(len(x)):
        loss = F.cross_entropy(apply(w, x[i:i + 1]), y[i:i + 1])
        for total, gradient in zip(sums, torch.autograd.grad(loss, [w[n] for n in LEARNED])):
            total += gradient ** 2
    return {name: total / len(x) for name, total in zip(LEARNED, sums)}


def follow(before, x, y, penalise):
    """Three steps of gradient descent."""
    w = {name: value.clone() for name, value in before.items()}
    for _ in range(3):
        w = {name: value.detach().requires_grad_(name in LEARNED) for name, value in w.items()}
        scores = apply(w, x, training=True)
        loss = F.cross_entropy(scores, y) + WEIGHT * penalise(w, scores)
        gradients = torch.autograd.grad(loss, [w[name] for name in LEARNED])
        for name, gradient in zip(LEARNED, gradients):
            w[name] = w[name] - RATE * gradient
    return {name: w[name].detach() for name in LEARNED}


def main():
    tool = pathlib.Path(sys.argv[1]).resolve()
    results = []

    def tell(what, has, wanted, bound):
        apart = max(float(((has[name] - wanted[name]).abs() /
                           wanted[name].abs().max()).max()) for name in LEARNED)
        results.append(apart <= bound)
        print(f"{'ok' if apart <= bound else 'not ok'} {len(results)} {what}: {apart:.2g} of the "
              f"largest apart (at most {bound:g})", flush=True)

    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        make_data(folder / "first", 1)
        make_data(folder / "second", 2)
        make_net(folder / "net.onnx")
        before, x, y = train(tool, folder, "first", "one")
        assert len(x) == CLASSES * EACH
        measured = read_safetensors(folder / "one" / "importance.safetensors")
        fisher = find_fisher(before, x, y)
        tell("importance", {n: measured["importance.classifier." + n] for n in LEARNED}, fisher,
             1e-5)
        tell("the weights beside it", {n: measured["weights.classifier." + n] for n in LEARNED},
             before, 0)

        def apart(w, factors):
            return sum((factors[n] * (w[n] - before[n]) ** 2).sum() for n in LEARNED) / 2

        def distil(_, scores):
            p = F.log_softmax(apply(before, second) / T, 1)
            q = F.log_softmax(scores / T, 1)
            return T * T * F.kl_div(q, p, log_target=True, reduction="batchmean")

        ones = {name: torch.ones_like(before[name]) for name in LEARNED}
        ways = {"ewc": lambda w, _: apart(w, fisher), "l2-sp": lambda w, _: apart(w, ones),
                "distillation": distil}
        for way, penalise in ways.items():
            after, second, labels = train(
                tool, folder, "second", way, "weights=one", f"retain={way}",
                f"retain-weight={WEIGHT}", f"retain-temperature={T}" if way == "distillation" else
                "importance-decay=0.5")
            tell(f"{way}, three steps", after, follow(before, second, labels, penalise), 1e-5)
            if way == "ewc":
                both = find_fisher(after, second, labels)
                has = read_safetensors(folder / way / "importance.safetensors")
                tell("importance of both",
                     {n: has["importance.classifier." + n] for n in LEARNED},
                     {n: both[n] + 0.5 * fisher[n] for n in LEARNED}, 1e-5)
    print(f"1..{len(results)}")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
