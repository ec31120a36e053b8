#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What generative-model quantize writes, as ONNX Runtime runs it, and beside what ONNX Runtime's
own quantisation makes of the same model on the same numbers.

usage: quantize.py GENERATIVE_MODEL

Prints TAP. Where both run the same file, what they make may be one step of a byte apart; where they
quantise, ours is to lose no more.
"""
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

OPSET = 17
SAMPLES = 64
BATCH = 16
WAYS = ["int8", "int8-dynamic", "int8-weights", "int4-weights", "float16", "bfloat16"]
LOSS = 1.0  # decibels that ours may lose more than theirs
tests = failures = 0


def check(name, good, comment=""):
    global tests, failures
    tests += 1
    failures += not good
    print(f"{'ok' if good else 'not ok'} {tests} - {name} # {comment}")


# --- models ---


class Net:
    def __init__(self, name, shape):
        self.name, self.shape, self.nodes, self.constants = name, shape, [], []
        self.random = np.random.default_rng(len(name))

    def constant(self, name, values):
        self.constants.append(numpy_helper.from_array(np.asarray(values), name))
        return name

    def op(self, op, *inputs, **attributes):
        out = f"{op.lower()}{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, list(inputs), [out], name=out, **attributes))
        return out

    def layer(self, op, x, shape, channels, **attributes):
        name = f"{op.lower()}{len(self.nodes)}"
        weights = self.random.standard_normal(shape) / np.sqrt(np.prod(shape) / channels)
        # Channels differ in size, as those of trained nets do.
        axis = {"Conv": 0, "ConvTranspose": 1}.get(op, 1)
        spread = [1] * len(shape)
        spread[axis] = shape[axis]
        weights *= self.random.uniform(0.1, 2, spread)
        names = [x, self.constant(name + ".weight", weights.astype(np.float32))]
        if op != "MatMul":
            names.append(self.constant(
                name + ".bias", (0.1 * self.random.standard_normal(channels)).astype(np.float32)))
        return self.op(op, *names, **attributes)

    def normalize(self, x, n):
        name = f"norm{len(self.nodes)}"
        return self.op("BatchNormalization", x, *[
            self.constant(f"{name}.{i}", self.random.uniform(0.5, 1.5, n).astype(np.float32))
            for i in range(4)])

    def save(self, folder, y, shape):
        graph = helper.make_graph(
            self.nodes, self.name,
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N"] + self.shape)],
            [helper.make_tensor_value_info(y, TensorProto.FLOAT, ["N"] + shape)], self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)])
        model.ir_version = 8
        helper.set_model_props(model, {"generative.output-range": "-1,1"})
        onnx.checker.check_model(model)
        path = folder / f"{self.name}.onnx"
        onnx.save(model, path)
        return path


def pictures(folder):
    net = Net("pictures", [3, 16, 16])
    x = net.layer("Conv", "x", [16, 3, 3, 3], 16, pads=[1] * 4)
    x = net.op("Relu", net.normalize(x, 16))
    side = net.op("Relu", net.layer("Conv", x, [16, 16, 3, 3], 16, pads=[1] * 4))
    side = net.layer("Conv", side, [16, 16, 3, 3], 16, pads=[1] * 4)
    x = net.op("Relu", net.op("Add", x, side))
    x = net.op("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2])
    x = net.op("LeakyRelu", net.layer("Conv", x, [24, 16, 3, 3], 24, pads=[1] * 4, strides=[2, 2]),
               alpha=0.2)
    x = net.op("Flatten", net.op("GlobalAveragePool", x))
    return net.save(folder, net.layer("Gemm", x, [24, 10], 10), [10])


def generator(folder):
    net = Net("generator", [32])
    x = net.layer("Gemm", "x", [32, 256], 256)
    x = net.op("Reshape", x, net.constant("shape", np.array([-1, 16, 4, 4], np.int64)))
    x = net.op("Relu", net.normalize(x, 16))
    x = net.layer("ConvTranspose", x, [16, 8, 4, 4], 8, pads=[1] * 4, strides=[2, 2])
    x = net.op("Relu", net.normalize(x, 8))
    x = net.layer("ConvTranspose", x, [8, 1, 4, 4], 1, pads=[1] * 4, strides=[2, 2])
    return net.save(folder, net.op("Tanh", x), [1, 16, 16])


def rows(folder):
    net = Net("rows", [7, 48])
    x = net.op("LayerNormalization", "x", net.constant("scale", np.ones(48, np.float32)))
    y = net.layer("MatMul", x, [48, 96], 96)
    y = net.op("Add", y, net.constant("bias", np.full(96, 0.1, np.float32)))
    y = net.op("Relu", y)
    y = net.layer("MatMul", y, [96, 48], 48)
    return net.save(folder, net.op("Add", "x", y), [7, 48])


# --- comparing ---


def run(path, x, plain=False):
    """`plain`: operators one by one. Of weights of bytes by themselves ONNX Runtime makes products
    that round what they read, too."""
    options = onnxruntime.SessionOptions()
    if plain:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
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


def sqnr(y, reference):
    return 10 * np.log10(np.mean(reference**2) / np.mean((y - reference)**2))


def compare(tool, folder, path, calibration, x):
    """Each way: the same numbers in both engines, and metadata that stays."""
    reference = run(path, x)
    step = (reference.max() - reference.min()) / 255
    losses = {}
    for way in WAYS:
        made = folder / f"{path.stem}-{way}.onnx"
        done = subprocess.run(
            [tool, "quantize", path, "--output", made, "--to", way, "--calibrate", calibration,
             "--samples", str(SAMPLES), "--seconds", "0"], capture_output=True, text=True)
        if done.returncode != 0:
            check(f"{path.stem} {way} is quantised", way == "int4-weights" and
                  "nothing to quantise" in done.stderr, done.stderr.strip())
            continue
        model = onnx.load(made)
        onnx.checker.check_model(model)
        theirs = run(made, x, plain=way == "int8-weights")
        ours = run_ours(tool, folder, made, x)
        apart = np.abs(theirs - ours).max()
        # Where nothing is rounded to bytes in a run, there is no step to be apart by.
        bound = step if way in ("int8", "int8-dynamic") else step / 20
        check(f"{path.stem} {way} in both engines", theirs.shape == ours.shape and apart <= bound,
              f"{apart:.3g} apart, a step is {step:.3g}")
        check(f"{path.stem} {way} keeps metadata", any(
            p.key == "generative.output-range" and p.value == "-1,1" for p in model.metadata_props))
        losses[way] = sqnr(theirs, reference)
    return losses


class Reader:
    """What ONNX Runtime's quantisation is calibrated on: the numbers that ours is."""

    def __init__(self, x):
        self.batches = iter(np.split(x, len(x) // BATCH))

    def get_next(self):
        batch = next(self.batches, None)
        return None if batch is None else {"x": batch}


def quantize_theirs(folder, path, calibration, method):
    from onnxruntime.quantization import CalibrationMethod, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.calibrate import CalibrationDataReader

    class Data(Reader, CalibrationDataReader):
        pass

    made = folder / f"{path.stem}-theirs.onnx"
    quantize_static(
        str(path), str(made), Data(calibration), quant_format=QuantFormat.QDQ, per_channel=True,
        activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
        calibrate_method=getattr(CalibrationMethod, method))
    return made


def main():
    tool = sys.argv[1]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for make in pictures, generator, rows:
            path = make(folder)
            shape = [d.dim_value for d in onnx.load(path).graph.input[0].type.tensor_type.shape.dim]
            random = np.random.default_rng(7)
            known = random.standard_normal([SAMPLES] + shape[1:]).astype(np.float32)
            x = random.standard_normal([BATCH] + shape[1:]).astype(np.float32)
            np.save(folder / "calibration.npy", known)
            losses = compare(tool, folder, path, folder / "calibration.npy", x)
            try:
                theirs = quantize_theirs(folder, path, known, "MinMax")
            except ImportError as error:
                check(f"{path.stem} beside ONNX Runtime's quantisation", True, f"SKIP {error}")
                continue
            lost = sqnr(run(theirs, x), run(path, x))
            check(f"{path.stem} loses no more than by ONNX Runtime's quantisation",
                  losses["int8"] >= lost - LOSS,
                  f"{losses['int8']:.1f} dB, and {lost:.1f} dB by theirs")
            # What they write, both run as well.
            ours = run_ours(tool, folder, theirs, x)
            step = np.ptp(ours) / 255
            apart = np.abs(run(theirs, x) - ours).max()
            check(f"{path.stem} as ONNX Runtime quantises it, in both engines", apart <= step,
                  f"{apart:.3g} apart, a step is {step:.3g}")
    print(f"1..{tests}")
    sys.exit(failures > 0)


main()
