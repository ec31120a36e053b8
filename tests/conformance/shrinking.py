#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What generative-model prune and convert write, as ONNX Runtime runs it.

usage: shrinking.py GENERATIVE_MODEL

Prints TAP. Which channels go is worked out by numpy as well, and what is left is what the same net
makes in ONNX Runtime once the weights by which others read these channels are zeros.
"""
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

BATCH = 4
BOUND = 2e-5  # of the largest number
tests = failures = 0


def check(name, good, comment=""):
    global tests, failures
    tests += 1
    failures += not good
    print(f"{'ok' if good else 'not ok'} {tests} - {name} # {comment}".replace("\n", " "))


class Net:
    def __init__(self, name, shape, opset=17):
        self.name, self.shape, self.opset, self.nodes, self.constants = name, shape, opset, [], []
        self.random = np.random.default_rng(len(name))

    def constant(self, name, values):
        self.constants.append(numpy_helper.from_array(np.asarray(values), name))
        return name

    def drawn(self, name, *shape):
        return self.constant(name, self.random.standard_normal(shape).astype(np.float32) / 3)

    def op(self, op, *inputs, outputs=1, **attributes):
        names = [f"{op.lower()}{len(self.nodes)}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(op, list(inputs), names, name=names[0], **attributes))
        return names[0] if outputs == 1 else names

    def save(self, folder, y, shape, batch="N"):
        graph = helper.make_graph(
            self.nodes, self.name,
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, [batch] + self.shape)],
            [helper.make_tensor_value_info(y, TensorProto.FLOAT, [batch] + shape)], self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)])
        model.ir_version = 8
        helper.set_model_props(model, {"generative.output-range": "-1,1"})
        onnx.checker.check_model(model)
        path = folder / f"{self.name}.onnx"
        onnx.save(model, path)
        return path


def plain(folder):
    """Two convolutions: of the first one, channels go."""
    net = Net("plain", [3, 8, 8])
    x = net.op("Conv", "x", net.drawn("first", 8, 3, 3, 3), net.drawn("bias", 8), pads=[1] * 4)
    x = net.op("Relu", x)
    return net.save(folder, net.op("Conv", x, net.drawn("second", 3, 8, 1, 1)), [3, 8, 8])


def bound(folder):
    """Channels that are bound by a sum, a depthwise convolution, a concatenation and a gate."""
    net = Net("bound", [3, 8, 8])
    x = net.op("Conv", "x", net.drawn("a", 16, 3, 3, 3), pads=[1] * 4)
    side = net.op("Relu", net.op("Conv", x, net.drawn("b", 12, 16, 1, 1)))
    side = net.op("Conv", side, net.drawn("c", 12, 1, 3, 3), group=12, pads=[1] * 4)
    side = net.op("Conv", side, net.drawn("d", 16, 12, 1, 1))
    x = net.op("Concat", net.op("Add", x, side), net.op("Conv", "x", net.drawn("e", 8, 3, 1, 1)),
               axis=1)
    x = net.op("BatchNormalization", x, *[
        net.constant(f"norm{i}", net.random.uniform(0.5, 1.5, 24).astype(np.float32))
        for i in range(4)])
    x = net.op("Conv", x, net.drawn("f", 20, 24, 1, 1))
    left, right = net.op("Split", x, outputs=2, axis=1)
    x = net.op("Mul", left, net.op("Sigmoid", right))
    x = net.op("ConvTranspose", x, net.drawn("g", 10, 2, 4, 4), strides=[2, 2], pads=[1] * 4)
    return net.save(folder, x, [2, 16, 16])


def heads(folder):
    """Attention as an exporter writes it, for any batch: whole heads go, and units between."""
    net = Net("heads", [5, 12])
    batch = net.op("Gather", net.op("Shape", "x"), net.constant("zero", np.array([0], np.int64)))
    def ints(name, *n):
        return net.constant(name, np.array(n, np.int64))
    into = net.op("Concat", batch, ints("apart", 5, 4, 3), axis=0)
    out = net.op("Concat", batch, ints("together", 5, 12), axis=0)
    def project(name, order):
        y = net.op("MatMul", "x", net.drawn(name, 12, 12))
        return net.op("Transpose", net.op("Reshape", y, into), perm=order)
    weights = net.op("Softmax", net.op("MatMul", project("q", [0, 2, 1, 3]),
                                       project("k", [0, 2, 3, 1])), axis=-1)
    y = net.op("Transpose", net.op("MatMul", weights, project("v", [0, 2, 1, 3])),
               perm=[0, 2, 1, 3])
    x = net.op("Add", "x", net.op("MatMul", net.op("Reshape", y, out), net.drawn("o", 12, 12)))
    y = net.op("Relu", net.op("MatMul", x, net.drawn("up", 12, 32)))
    return net.save(folder, net.op("Add", x, net.op("MatMul", y, net.drawn("down", 32, 12))),
                    [5, 12])


def old(folder):
    """What has become inputs since."""
    net = Net("old", [3, 6, 6], opset=11)
    x = net.op("Conv", "x", net.drawn("w", 4, 3, 1, 1))
    x = net.op("Squeeze", net.op("ReduceSum", x, axes=[2], keepdims=1), axes=[2])
    x = net.op("Unsqueeze", net.op("Softmax", x, axis=2), axes=[1])
    left, right = net.op("Split", x, outputs=2, axis=2, split=[1, 3])
    x = net.op("Concat", right, left, axis=2)
    return net.save(folder, net.op("ReduceMean", x, axes=[1], keepdims=0), [4, 6])


def late(folder):
    net = Net("late", [4, 6], opset=20)
    x = net.op("Gelu", net.op("Gelu", "x", approximate="tanh"))
    x = net.op("LayerNormalization", x, net.drawn("scale", 6), net.drawn("shift", 6))
    x = net.op("HardSwish", net.op("Mish", x))
    return net.save(folder, x, [4, 6])


def attributed(folder):
    """Attributes that came late, at what was so before."""
    net = Net("attributed", [3, 6, 6], opset=18)
    x = net.op("Resize", net.op("Conv", "x", net.drawn("w", 4, 3, 1, 1)), "",
               net.constant("scales", np.array([1, 1, 2, 2], np.float32)), mode="nearest",
               antialias=0, keep_aspect_ratio_policy="stretch", nearest_mode="floor",
               coordinate_transformation_mode="asymmetric")
    x = net.op("Reshape", x, net.constant("shape", np.array([-1, 4, 144], np.int64)), allowzero=1)
    x = net.op("ReduceMean", x, net.constant("axes", np.array([1], np.int64)), keepdims=0,
               noop_with_empty_axes=0)
    return net.save(folder, x, [144])


def single(folder):
    """Exported for one item."""
    net = Net("single", [3, 4, 4])
    x = net.op("Reshape", net.op("Conv", "x", net.drawn("w", 5, 3, 1, 1)),
               net.constant("shape", np.array([1, 80], np.int64)))
    return net.save(folder, net.op("MatMul", x, net.drawn("v", 80, 7)), [7], batch=1)


# --- comparing ---


def run(path, x):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        str(path), options, providers=["CPUExecutionProvider"])
    return session.run(None, {"x": x})[0]


def run_ours(tool, folder, path, x):
    np.save(folder / "in.npy", x)
    subprocess.run([tool, "run", path, f"--input={folder}/in.npy", f"--output={folder}/out.npy"],
                   check=True, stdout=subprocess.DEVNULL)
    return np.load(folder / "out.npy")


def apart(a, b):
    return np.abs(a - b).max() / np.abs(b).max() if a.shape == b.shape else np.inf


def shrink(tool, *arguments):
    return subprocess.run([tool, *map(str, arguments)], capture_output=True, text=True)


def weights(path):
    return {t.name: numpy_helper.to_array(t) for t in onnx.load(path).graph.initializer}


def count(path):
    return sum(w.size for w in weights(path).values() if w.dtype == np.float32)


def check_which(tool, folder):
    """The four channels of the shortest filters, and nothing else."""
    path, made = plain(folder), folder / "which.onnx"
    shrink(tool, "prune", path, "-o", made, "--criterion=l2", "--seconds=0")
    before, after = weights(path), weights(made)
    left = np.sort(np.argsort(np.linalg.norm(before["first"].reshape(8, -1), axis=1))[4:])
    check("those of the shortest filters go",
          np.array_equal(after["first"], before["first"][left]) and
          np.array_equal(after["bias"], before["bias"][left]) and
          np.array_equal(after["second"], before["second"][:, left]))
    gone = np.setdiff1d(np.arange(8), left)
    model = onnx.load(path)
    for tensor in model.graph.initializer:
        if tensor.name == "second":
            zeros = before["second"].copy()
            zeros[:, gone] = 0
            tensor.CopyFrom(numpy_helper.from_array(zeros, "second"))
    onnx.save(model, folder / "zeros.onnx")
    x = np.random.default_rng(1).standard_normal([BATCH, 3, 8, 8]).astype(np.float32)
    d = apart(run(made, x), run(folder / "zeros.onnx", x))
    check("what is left makes what zeros make", d < BOUND, f"{d:.2g}")


def check_pruned(tool, folder, make):
    path = make(folder)
    shape = [d.dim_value for d in onnx.load(path).graph.input[0].type.tensor_type.shape.dim][1:]
    x = np.random.default_rng(2).standard_normal([BATCH] + shape).astype(np.float32)
    for how in (["--criterion=l1"], ["--criterion=taylor", "--across"], ["--of=flops"],
                ["--criterion=group", "--of=parameters", "--ratio=0.3"]):
        made = folder / f"{path.stem}-pruned.onnx"
        done = shrink(tool, "prune", path, "-o", made, "--force", "--seconds=0", *how)
        name = f"{path.stem} {' '.join(how)}"
        if done.returncode != 0:
            check(name, False, done.stderr)
            continue
        onnx.checker.check_model(onnx.load(made), full_check=True)
        theirs = run(made, x)
        d = apart(run_ours(tool, folder, made, x), theirs)
        check(f"{name}: both engines make the same", d < BOUND, f"{d:.2g}")
        check(f"{name}: smaller, and of the same shape",
              count(made) < 0.8 * count(path) and theirs.shape == run(path, x).shape,
              f"{count(path)} to {count(made)} numbers")


def check_zeros(tool, folder):
    path, made = bound(folder), folder / "sparse.onnx"
    shrink(tool, "prune", path, "-o", made, "--zeros=2:4", "--seconds=0")
    w = weights(made)["b"][:, :, 0, 0].reshape(12, 4, 4)
    before = np.abs(weights(path)["b"][:, :, 0, 0].reshape(12, 4, 4))
    kept = np.take_along_axis(before, np.argsort(before, axis=2)[:, :, 2:], axis=2)
    check("two of four inputs are left, the larger ones",
          np.array_equal(np.sort(np.abs(w), axis=2)[:, :, 2:], np.sort(kept, axis=2)) and
          np.all(np.sum(w == 0, axis=2) == 2))


def check_opsets(tool, folder, make, opsets):
    path = make(folder)
    shape = [d.dim_value for d in onnx.load(path).graph.input[0].type.tensor_type.shape.dim][1:]
    x = np.random.default_rng(3).standard_normal([BATCH] + shape).astype(np.float32)
    wanted = run(path, x)
    for opset in opsets:
        made = folder / f"{path.stem}-{opset}.onnx"
        done = shrink(tool, "convert", path, "-o", made, f"--opset={opset}")
        if done.returncode != 0:
            check(f"{path.stem} in opset {opset}", False, done.stderr)
            continue
        model = onnx.load(made)
        onnx.checker.check_model(model, full_check=True)
        d = apart(run(made, x), wanted)
        check(f"{path.stem} in opset {opset}",
              d < BOUND and model.opset_import[0].version == opset, f"{d:.2g}")


def check_converted(tool, folder):
    path, made = plain(folder), folder / "converted.onnx"
    x = np.random.default_rng(4).standard_normal([BATCH, 3, 8, 8]).astype(np.float32)
    wanted = run(path, x)
    shrink(tool, "convert", path, "-o", made, "--layout=nhwc")
    d = apart(run(made, x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2), wanted)
    check("channels last at both ends", d < BOUND, f"{d:.2g}")

    path = bound(folder)
    wanted = run(path, x)
    shrink(tool, "convert", path, "-o", made, "--force", "--external-data")
    onnx.checker.check_model(str(made))
    check("weights beside the model", np.array_equal(run(made, x), wanted) and
          (folder / "converted.onnx.data").exists())
    shrink(tool, "convert", made, "-o", folder / "whole.onnx")
    check("and in it again", np.array_equal(run(folder / "whole.onnx", x), wanted) and
          not (folder / "whole.onnx.data").exists())

    shrink(tool, "convert", path, "-o", made, "--force", "--fix=x=4x3x8x8")
    shape = onnx.load(made).graph.output[0].type.tensor_type.shape
    check("extents that are fixed", [d.dim_value for d in shape.dim] == [4, 2, 16, 16] and
          np.array_equal(run(made, x), wanted))

    path = heads(folder)
    x = np.random.default_rng(5).standard_normal([BATCH, 5, 12]).astype(np.float32)
    shrink(tool, "convert", path, "-o", made, "--force", "--fold")
    ops = [n.op_type for n in onnx.load(made).graph.node]
    check("shapes that are computed are folded, for any batch",
          "Shape" not in ops and "Concat" not in ops and
          apart(run(made, x), run(path, x)) < BOUND, " ".join(ops))

    path = single(folder)
    x = np.random.default_rng(6).standard_normal([BATCH, 3, 4, 4]).astype(np.float32)
    shrink(tool, "convert", path, "-o", made, "--force", "--free-batch")
    one_by_one = np.concatenate([run(path, x[i:i + 1]) for i in range(BATCH)])
    check("a batch that is freed", apart(run(made, x), one_by_one) < BOUND)

    model = onnx.load(plain(folder))
    for tensor in model.graph.initializer:
        tensor.CopyFrom(numpy_helper.from_array(
            numpy_helper.to_array(tensor).astype(np.float16), tensor.name))
    for port in [*model.graph.input, *model.graph.output]:
        port.type.tensor_type.elem_type = TensorProto.FLOAT16
    onnx.save(model, folder / "narrow.onnx")
    x = np.random.default_rng(8).standard_normal([BATCH, 3, 8, 8]).astype(np.float16)
    done = shrink(tool, "convert", folder / "narrow.onnx", "-o", made, "--force", "--to=float32",
                  "--no-check")
    d = apart(run(made, x.astype(np.float32)), run(folder / "narrow.onnx", x).astype(np.float32))
    check("float32 of float16", d < 5e-3, f"{d:.2g} {done.stderr}")


def main():
    tool = sys.argv[1]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        check_which(tool, folder)
        for make in plain, bound, heads:
            check_pruned(tool, folder, make)
        check_zeros(tool, folder)
        check_opsets(tool, folder, old, [12, 13, 17, 18, 21])
        check_opsets(tool, folder, late, [19, 17, 16, 13])
        check_opsets(tool, folder, attributed, [11, 12, 13, 17, 23])
        check_converted(tool, folder)
    print(f"1..{tests}")
    return failures > 0


sys.exit(main())
