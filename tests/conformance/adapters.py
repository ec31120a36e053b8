#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Steps of a training with adapters against PyTorch, by LoRA's formula as PEFT has it: the layer's
weights are W + alpha / rank * B A, of which A and B alone are trained.

usage: adapters.py GENERATIVE_MODEL

A net of a convolution, one in groups, a transposed one and dense layers of both kinds, trained by plain
gradient descent on all samples at once. What A begins with is what it is after the first step, in
which B is 0 and A has no gradient. AdaLoRA's ranks, and what it judges them by, follow Zhang et al.
2023. Prints TAP.
"""
import json
import pathlib
import struct
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

RANK, ALPHA, RATE, TOLERANCE = 2, 6, 0.05, 2e-5
SHAPES = {"first.w": (6, 1, 3, 3), "groups.w": (8, 3, 3, 3), "wide.w": (8, 4, 4, 4), "dense.w": (10, 484),
          "product.w": (10, 9), "last.w": (9, 2), "first.b": (6,), "dense.b": (10,)}
tests = 0


def check(name, ours, theirs, least=1e-3):
    global tests
    tests += 1
    apart = float(np.abs(ours - theirs).max() / max(np.abs(theirs).max(), least))
    print(f"{'ok' if apart < TOLERANCE else 'not ok'} {tests} - {name} # {apart:.2g} apart")


def make_weights():
    random = np.random.default_rng(3)
    return {name: random.uniform(-0.4, 0.4, shape).astype(np.float32) for name, shape in SHAPES.items()}


def save_net(path, weights):
    node = helper.make_node
    nodes = [
        node("Conv", ["x", "first.w", "first.b"], ["a"], pads=[1, 1, 1, 1], strides=[2, 2]),
        node("Tanh", ["a"], ["a1"]),
        node("Conv", ["a1", "groups.w"], ["b"], group=2, pads=[0, 0, 0, 0]),
        node("Tanh", ["b"], ["b1"]),
        node("ConvTranspose", ["b1", "wide.w"], ["c"], strides=[3, 3], pads=[1, 1, 1, 1]),
        node("Tanh", ["c"], ["c1"]),
        node("MaxPool", ["c1"], ["p"], kernel_shape=[1, 1]),
        node("Flatten", ["p"], ["d"]),
        node("Gemm", ["d", "dense.w", "dense.b"], ["e"], transB=1),
        node("Tanh", ["e"], ["e1"]),
        node("MatMul", ["e1", "product.w"], ["f"]),
        node("Tanh", ["f"], ["f1"]),
        node("MatMul", ["f1", "last.w"], ["y"]),
    ]
    graph = helper.make_graph(
        nodes, "net", [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 1, 12, 12])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 2])],
        [numpy_helper.from_array(value, name) for name, value in weights.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    helper.set_model_props(model, {"generative.input-range": "0,1"})
    onnx.save(model, path)


def save_pictures(folder):
    random = np.random.default_rng(5)
    pictures = random.integers(0, 256, (8, 12, 12), dtype=np.uint8)
    for i, picture in enumerate(pictures):
        place = folder / ("one" if i < 4 else "two")
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(place / f"{i}.png")
    return torch.tensor(pictures[:, None] / 255.0, dtype=torch.float64), torch.tensor([0] * 4 + [1] * 4)


def read_adapter(path):
    data = path.read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + length])
    metadata = header.pop("__metadata__")
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        kind = {"F32": np.float32, "I64": np.int64}[entry["dtype"]]
        numbers = np.frombuffer(data[8 + length + begin:8 + length + end], kind)
        tensors[name] = numbers.reshape(entry["shape"])
    return tensors, metadata


def train(program, folder, steps, adapter="lora", **more):
    settings = folder / "settings.json"
    settings.write_text(json.dumps({
        "data": {"location": str(folder / "pictures"), "width": 12, "height": 12, "channels": 1,
                 "split": "all"},
        "recipe": "classifier", "classifier-model": str(folder / "net.onnx"), "adapter": adapter,
        "adapter-rank": RANK, "adapter-alpha": ALPHA, "optimizer": "sgd", "beta1": 0,
        "learning-rate": RATE, "precision": "fp32", "batch-size": 8, "max-steps": steps,
        "overwrite": True, "checkpoint": str(folder / "run"), **more}))
    out = subprocess.run([program, "train", settings], capture_output=True, text=True)
    assert out.returncode == 0, out.stderr
    return read_adapter(folder / "run" / "classifier.adapter.safetensors")


def difference(name, a, b):
    """What is added to the weights of a layer."""
    if name == "product.w":
        return a @ b
    if name == "wide.w":
        return (a.flatten(1).T @ b.flatten(1)).reshape(SHAPES[name])
    if name == "groups.w":
        parts = [b[4 * g:4 * g + 4].flatten(1) @ a[RANK * g:RANK * g + RANK].flatten(1) for g in range(2)]
        return torch.cat(parts).reshape(SHAPES[name])
    return (b.flatten(1) @ a.flatten(1)).reshape(SHAPES[name])


def apply(w, x):
    x = torch.tanh(F.conv2d(x, w["first.w"], w["first.b"], stride=2, padding=1))
    x = torch.tanh(F.conv2d(x, w["groups.w"], groups=2))
    x = torch.tanh(F.conv_transpose2d(x, w["wide.w"], stride=3, padding=1))
    x = torch.tanh(F.linear(x.flatten(1), w["dense.w"], w["dense.b"]))
    return torch.tanh(x @ w["product.w"]) @ w["last.w"]


def descend(weights, begin, x, y, steps):
    base = {name: torch.tensor(value, dtype=torch.float64) for name, value in weights.items()}
    factors = {name: torch.tensor(value, dtype=torch.float64, requires_grad=True)
               for name, value in begin.items()}
    layers = [name[:-len(".lora_A")] for name in begin if name.endswith(".lora_A")]
    for _ in range(steps):
        now = dict(base)
        for name in layers:
            now[name] = base[name] + ALPHA / RANK * difference(
                name, factors[name + ".lora_A"], factors[name + ".lora_B"])
        loss = F.cross_entropy(apply(now, x), y)
        for factor, gradient in zip(factors.values(), torch.autograd.grad(loss, list(factors.values()))):
            factor.data -= RATE * gradient
    return {name: value.detach().numpy() for name, value in factors.items()}


# AdaLoRA: a smoothing, the budget, the steps until it is reached, and the penalty's weight.
SMOOTHING, BUDGET, END, ORTHOGONALITY = 0.85, 1, 4, 0.1


def ranks_first(name, which, x):
    """[groups, rank, n] of a factor."""
    groups = 2 if name == "groups.w" else 1
    if name == "product.w":
        return (x.T if which == "lora_A" else x)[None]
    if which == "lora_A":
        return x.reshape(groups, RANK, -1)
    if name == "wide.w":
        return x.reshape(1, RANK, -1)
    return x.reshape(groups, -1, RANK).transpose(1, 2)


def weighed(name, up, ranks):
    """`up` with each rank's factor in it, which counts as often as the root of its numbers says."""
    groups = ranks.numel() // RANK
    up = up * (up.numel() / (RANK * groups)) ** 0.5
    if name in ("product.w", "wide.w"):
        return up * ranks.reshape(-1, *[1] * (up.dim() - 1))
    return (up.reshape(groups, -1, RANK) * ranks.reshape(groups, 1, RANK)).reshape(up.shape)


def judge(name, factors, means):
    """The importance of each rank."""
    each = [mean * apart for mean, apart in means]
    return (each[2].flatten() + ranks_first(name, "lora_A", each[0]).mean(2).flatten()
            + ranks_first(name, "lora_B", each[1]).mean(2).flatten())


def adapt(weights, begin, x, y, steps):
    base = {name: torch.tensor(value, dtype=torch.float64) for name, value in weights.items()}
    parts = ("lora_A", "lora_B", "lora_E")
    layers = sorted(begin)
    factors = {name: [torch.tensor(begin[name][p], dtype=torch.float64, requires_grad=True) for p in parts]
               for name in layers}
    means = {name: [[torch.zeros_like(f), torch.zeros_like(f)] for f in factors[name]] for name in layers}
    n = sum(factors[name][2].numel() for name in layers)
    for step in range(steps):
        now, penalty = dict(base), 0
        for name in layers:
            a, b, e = factors[name]
            now[name] = base[name] + ALPHA / RANK * difference(name, a, weighed(name, b, e))
            for which, f in zip(parts, (a, b)):
                m = ranks_first(name, which, f)
                penalty = penalty + ((m @ m.transpose(1, 2) - torch.eye(RANK)) ** 2).sum()
        loss = F.cross_entropy(apply(now, x), y) + ORTHOGONALITY * penalty
        flat = [f for name in layers for f in factors[name]]
        gradients = iter(torch.autograd.grad(loss, flat))
        share = 0 if step >= END else 1 - SMOOTHING
        scores = {}
        for name in layers:
            for f, mean in zip(factors[name], means[name]):
                gradient = next(gradients)
                sensitivity = (f.detach() * gradient).abs()
                mean[0] = mean[0] + share * (sensitivity - mean[0])
                mean[1] = mean[1] + share * ((sensitivity - mean[0]).abs() - mean[1])
                f.data -= RATE * gradient
            scores[name] = judge(name, factors[name], means[name])
        if step % 10 == 0 or step >= END:
            left = n * BUDGET / RANK
            budget = left + (n - left) * min(max((END - step) / END, 0), 1) ** 3
            least = torch.cat(list(scores.values())).sort(descending=True)[0][int(budget - 0.5)]
            for name in layers:
                e = factors[name][2]
                e.data *= (scores[name] >= least).reshape(e.shape)
    return factors, means


def by_unit(name, weights):
    """The length of what makes each unit of a layer, as it is broadcast to the weights."""
    unit = 1 if name in ("product.w", "wide.w", "last.w") else 0
    axes = [d for d in range(weights.dim()) if d != unit]
    return (weights ** 2).sum(dim=axes, keepdim=True).sqrt()


def turn(weights, begin, x, y, steps):
    """DoRA by Liu et al. 2024: lengths are learned, and no gradient goes through the norm."""
    base = {name: torch.tensor(value, dtype=torch.float64) for name, value in weights.items()}
    layers = sorted(begin)
    factors = {name: [torch.tensor(begin[name][p], dtype=torch.float64, requires_grad=True)
                      for p in ("lora_A", "lora_B")] for name in layers}
    lengths = {name: by_unit(name, base[name]).clone().requires_grad_() for name in layers}

    def turned(name):
        whole = base[name] + ALPHA / RANK * difference(name, *factors[name])
        return lengths[name] * whole / by_unit(name, whole).detach()

    for _ in range(steps):
        now = {**base, **{name: turned(name) for name in layers}}
        flat = [f for name in layers for f in (*factors[name], lengths[name])]
        for f, gradient in zip(flat, torch.autograd.grad(F.cross_entropy(apply(now, x), y), flat)):
            f.data -= RATE * gradient
    return factors, lengths, {name: turned(name).detach().numpy() for name in layers}


def check_dora(program, folder, weights, x, y):
    first, _ = train(program, folder, 1, "dora")
    layers = [name[:-len(".lora_A")] for name in first if name.endswith(".lora_A")]
    begin = {name: {"lora_A": first[name + ".lora_A"], "lora_B": np.zeros_like(first[name + ".lora_B"])}
             for name in layers}
    for steps in 1, 5:
        ours, _ = train(program, folder, steps, "dora")
        factors, lengths, whole = turn(weights, begin, x, y, steps)
        merged = {w.name: numpy_helper.to_array(w)
                  for w in onnx.load(folder / "run" / "classifier.onnx").graph.initializer}
        for name in layers:
            for part, theirs in zip(("lora_A", "lora_B", "lora_magnitude_vector"), (*factors[name], lengths[name])):
                check(f"dora: {name}.{part} after {steps} steps", ours[f"{name}.{part}"].flatten(),
                      theirs.detach().numpy().flatten())
            check(f"dora: {name} with its adapter after {steps} steps", merged[name], whole[name])


def read_states(folder, layers):
    states, _ = read_adapter(folder / "run" / "state.safetensors")
    return {name: {p: states[f"classifier.{name}.{p}"] for p in ("lora_A", "lora_B", "lora_E")}
            for name in layers}, states


def check_adalora(program, folder, weights, x, y, layers):
    settings = {"adapter-budget": BUDGET, "adapter-budget-steps": END}
    # Without the penalty, and with factors of ranks that are 0, A and B have no gradient.
    train(program, folder, 1, "adalora", **settings, **{"adapter-orthogonality": 0})
    begin, _ = read_states(folder, layers)
    for factors in begin.values():
        factors["lora_E"] = np.zeros_like(factors["lora_E"])
    for steps in 2, 7:
        train(program, folder, steps, "adalora", **settings, **{"adapter-orthogonality": ORTHOGONALITY})
        ours, states = read_states(folder, layers)
        factors, means = adapt(weights, begin, x, y, steps)
        for name in layers:
            for part, which, theirs, mean in zip(("lora_A", "lora_B", "lora_E"), ("down", "up", "ranks"),
                                                 factors[name], means[name]):
                check(f"adalora: {name}.{part} after {steps} steps", ours[name][part], theirs.detach().numpy())
                for what, value in zip(("sensitivity", "uncertainty"), mean):
                    key = f"classifier.{name}.lora_A.{which}.{what}"
                    check(f"adalora: {what} of {name}.{part} after {steps} steps", states[key], value.numpy(),
                          least=1e-9)
    left = sum(int((ours[name]["lora_E"] != 0).sum()) for name in layers)
    wanted = sum(int((factors[name][2] != 0).sum()) for name in layers)
    check("adalora: ranks that are left", np.array([left]), np.array([wanted]))


def main():
    program = sys.argv[1]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        weights = make_weights()
        save_net(folder / "net.onnx", weights)
        x, y = save_pictures(folder / "pictures")
        first, metadata = train(program, folder, 1)
        begin = {name: np.zeros_like(value) if name.endswith("lora_B") else value
                 for name, value in first.items()}
        for steps in 1, 4:
            ours = first if steps == 1 else train(program, folder, steps)[0]
            for name, theirs in descend(weights, begin, x, y, steps).items():
                check(f"{name} after {steps} steps", ours[name], theirs)
        merged = onnx.load(folder / "run" / "classifier.onnx")
        read = {w.name: numpy_helper.to_array(w) for w in merged.graph.initializer}
        for layer in [n[:-len(".lora_A")] for n in begin if n.endswith(".lora_A")]:
            a, b = (torch.tensor(ours[layer + e], dtype=torch.float64) for e in (".lora_A", ".lora_B"))
            check(f"{layer} with its adapter", read[layer],
                  weights[layer] + ALPHA / RANK * difference(layer, a, b).numpy())
        check_dora(program, folder, weights, x, y)
        check_adalora(program, folder, weights, x, y,
                      [n[:-len(".lora_A")] for n in begin if n.endswith(".lora_A")])
    print(f"1..{tests}")


if __name__ == "__main__":
    main()
