#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Nets of 8-bit integers: ours against our own float32 and against ONNX Runtime, in turns.

usage: quantized.py LIBRARY [--threads N] [--seconds S] [--folder DIR] [--clock] [NET...]

LIBRARY is the built libgenerative.so. Small nets are written by onnx.helper and quantised by
onnxruntime.quantization: static (as QDQ, or by QLinear operators; activations by weights, u8s8,
s8s8, u8u8; u8s8 and s8s8 with a scale for each channel) and dynamic. Each line: best milliseconds of
the net's float32 and of its integers, ours and ONNX Runtime's, processor time on one thread; how many
times as fast ours is in integers as in float32, and as ONNX Runtime's integers; and the largest
difference to ONNX Runtime's result, over the largest value.

GENERATIVE_MAXIMUM_ISA masks ours. ONNX Runtime cannot be masked: it takes VNNI where there is any.
"""
import argparse
import logging
import multiprocessing
import os
import tempfile

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

from inference import Engine

ROUNDS = 5


class Net:
    """Nodes one after the other, and their weights."""

    def __init__(self, shape):
        self.shape, self.nodes, self.weights = shape, [], []
        self.random = numpy.random.default_rng(len(shape))

    def constant(self, values):
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(numpy.asarray(values), name))
        return name

    def weight(self, *shape, inputs):
        return self.constant((self.random.standard_normal(shape) / inputs ** 0.5).astype(numpy.float32))

    def op(self, name, *inputs, **attributes):
        output = f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(name, list(inputs), [output], output, **attributes))
        return output

    def convolve(self, x, channels, results, kernel, name="Conv", **attributes):
        shape = (channels, results) if name == "ConvTranspose" else (results, channels)
        weights = self.weight(*shape, kernel, kernel, inputs=channels * kernel * kernel)
        return self.op(name, x, weights, self.weight(results, inputs=1), **attributes)

    def dense(self, x, inputs, results):
        return self.op("Add", self.op("MatMul", x, self.weight(inputs, results, inputs=inputs)),
                       self.weight(results, inputs=1))

    def save(self, path):
        self.nodes[-1].output[0] = "y"
        graph = helper.make_graph(
            self.nodes, "net", [helper.make_tensor_value_info("x", TensorProto.FLOAT, self.shape)],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)], self.weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
        onnx.save(onnx.shape_inference.infer_shapes(model), path)
        return self.shape


def convolutions():
    net = Net([1, 3, 64, 64])
    x = net.op("Relu", net.convolve("x", 3, 64, 3, pads=[1] * 4))
    for _ in range(4):
        x = net.op("Relu", net.convolve(x, 64, 64, 3, pads=[1] * 4))
    net.convolve(x, 64, 3, 3, pads=[1] * 4)
    return net


def residual():
    net = Net([1, 3, 128, 128])
    x = net.op("Relu", net.convolve("x", 3, 32, 3, pads=[1] * 4, strides=[2, 2]))
    x = net.op("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4)
    for channels, results in ((32, 32), (32, 64), (64, 128)):
        stride = results // channels
        y = net.op("Relu", net.convolve(x, channels, results, 3, pads=[1] * 4, strides=[stride] * 2))
        y = net.convolve(y, results, results, 3, pads=[1] * 4)
        if stride > 1:
            x = net.convolve(x, channels, results, 1, strides=[stride] * 2)
        x = net.op("Relu", net.op("Add", x, y))
    y = net.op("Conv", x, net.weight(128, 1, 3, 3, inputs=9), net.weight(128, inputs=1), group=128,
               pads=[1] * 4)
    x = net.op("Add", x, net.convolve(net.op("Relu", y), 128, 128, 1))
    x = net.op("Flatten", net.op("GlobalAveragePool", x))
    net.op("Gemm", x, net.weight(100, 128, inputs=128), net.weight(100, inputs=1), transB=1)
    return net


def mlp(rows):
    net = Net([rows, 256])
    x = "x"
    for inputs, results in ((256, 1024), (1024, 1024), (1024, 1024), (1024, 784)):
        x = net.op("Gemm", x, net.weight(inputs, results, inputs=inputs), net.weight(results, inputs=1))
        x = net.op("Tanh" if results == 784 else "Relu", x)
    return net


def transformer(tokens=128, width=256, heads=4):
    net = Net([1, tokens, width])
    ones, zeros = numpy.ones(width, numpy.float32), numpy.zeros(width, numpy.float32)
    x = "x"
    for _ in range(2):
        n = net.op("LayerNormalization", x, net.constant(ones), net.constant(zeros))
        split = net.constant(numpy.array([1, tokens, heads, width // heads]))
        q, k, v = (net.op("Transpose", net.op("Reshape", net.dense(n, width, width), split), perm=perm)
                   for perm in ([0, 2, 1, 3], [0, 2, 3, 1], [0, 2, 1, 3]))
        scores = net.op("Mul", net.op("MatMul", q, k), net.constant(numpy.float32(0.125)))
        mixed = net.op("Transpose", net.op("MatMul", net.op("Softmax", scores), v), perm=[0, 2, 1, 3])
        mixed = net.op("Reshape", mixed, net.constant(numpy.array([1, tokens, width])))
        x = net.op("Add", x, net.dense(mixed, width, width))
        n = net.op("LayerNormalization", x, net.constant(ones), net.constant(zeros))
        n = net.op("Relu", net.dense(n, width, 4 * width))
        x = net.op("Add", x, net.dense(n, 4 * width, width))
    return net


def dcgan():
    net = Net([1, 100])
    x = net.op("Reshape", "x", net.constant(numpy.array([1, 100, 1, 1])))
    for channels, results in ((100, 512), (512, 256), (256, 128), (128, 64), (64, 3)):
        first = channels == 100
        x = net.convolve(x, channels, results, 4, "ConvTranspose", strides=[1 if first else 2] * 2,
                         pads=[0 if first else 1] * 4)
        x = net.op("Tanh" if results == 3 else "Relu", x)
    return net


NETS = {"convolutions": convolutions, "residual": residual, "mlp": lambda: mlp(1),
        "mlp-16": lambda: mlp(16), "transformer": transformer, "dcgan": dcgan}
KINDS = ["qdq-u8s8", "qdq-s8s8", "qdq-u8u8", "qlinear-u8s8", "qlinear-u8u8", "dynamic"]


def quantize(path, shape, kind, to):
    from onnxruntime import quantization as q

    class Samples(q.CalibrationDataReader):
        def __init__(self):
            self.values = iter([{"x": numpy.random.default_rng(i).standard_normal(shape).astype(numpy.float32)}
                                for i in range(4)])

        def get_next(self):
            return next(self.values, None)

    logging.disable(logging.WARNING)
    if kind == "dynamic":
        q.quantize_dynamic(path, to, weight_type=q.QuantType.QInt8)
        return
    form, types = kind.split("-")
    of = {"u8": q.QuantType.QUInt8, "s8": q.QuantType.QInt8}
    q.quantize_static(path, to, Samples(), activation_type=of[types[:2]], weight_type=of[types[2:]],
                      quant_format=q.QuantFormat.QDQ if form == "qdq" else q.QuantFormat.QOperator,
                      per_channel=types[2:] == "s8")


def measure(engines, path, inputs, seconds):
    """Best milliseconds of each engine, in turns."""
    best = {}
    for name, engine in engines.items():
        engine("load", "", path, inputs)
        engine("measure", 0)
    for _ in range(ROUNDS):
        for name, engine in engines.items():
            times = engine("measure", seconds / ROUNDS)
            best[name] = min([best.get(name, times[0])] + times)
    return best


def compare(name, kinds, engines, settings):
    path = os.path.join(settings.folder, name + ".onnx")
    shape = NETS[name]().save(path)
    inputs = [numpy.random.default_rng(9).standard_normal(shape).astype(numpy.float32)]
    floats = measure(engines, path, inputs, settings.seconds)
    for kind in kinds:
        quantized = os.path.join(settings.folder, f"{name}-{kind}.onnx")
        quantize(path, shape, kind, quantized)
        best = measure(engines, quantized, inputs, settings.seconds)
        ours, peer = engines["ours"]("output"), engines["onnxruntime"]("output")
        print(f"{name:12} {kind:12} | {floats['ours']:8.3f} {floats['onnxruntime']:8.3f} |"
              f" {best['ours']:8.3f} {best['onnxruntime']:8.3f} | {floats['ours'] / best['ours']:5.2f}"
              f" {best['onnxruntime'] / best['ours']:5.2f} | {abs(ours - peer).max() / abs(peer).max():.1e}",
              flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("library")
    parser.add_argument("nets", nargs="*", help=", ".join(NETS))
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=1, help="for each model and engine (1)")
    parser.add_argument("--folder", help="keeps the ONNX files (a temporary one)")
    parser.add_argument("--clock", action="store_true", help="by the clock, not by processor time")
    settings = parser.parse_intermixed_args()
    settings.folder = settings.folder or tempfile.mkdtemp()
    os.makedirs(settings.folder, exist_ok=True)
    settings.device, settings.precision, settings.kernels = "cpu", "fp32", "measured"
    settings.cpu_time = not settings.clock
    multiprocessing.set_start_method("spawn")
    engines = {name: Engine(name, settings) for name in ("ours", "onnxruntime")}
    print(f"{'':25} | {'float32':>8} {'runtime':>8} | {'integers':>8} {'runtime':>8} |"
          f" {'times as fast':>11} | error")
    for name in settings.nets or NETS:
        compare(name, settings.kinds.split(","), engines, settings)


if __name__ == "__main__":
    main()
