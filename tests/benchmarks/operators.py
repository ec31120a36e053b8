#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Each small operator as a model of one node, against ONNX Runtime, in turns.

usage: operators.py LIBRARY [--threads N]... [--sizes small large tiny] [--seconds S] [--behind R] [ROW...]

LIBRARY is the built libgenerative.so. A ROW limits the table to operators, or rows, that begin so.
Tensors of the sizes have about 64 elements (what a run costs by itself), 64 thousand (the second
cache holds them) and a million. As in inference.py each engine lives in a process of its own, with
bound inputs and outputs.

Each line: the row, the size, threads; best microseconds of both; the peer's over ours (above 1 ours
is faster); and the largest difference of the results, over the largest value. Lines come as they
are measured, and at the end once more, the slowest first: with --behind those alone whose ratio is
less.
"""
import argparse
import ctypes
import math
import multiprocessing
import os
import tempfile

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

import inference

OPSET = 21
TURNS = 8
# Extents of a picture's channels and sides, of the other dimensions by which rows are written.
SIZES = {"tiny": (4, 4, 1), "small": (16, 64, 16), "large": (64, 128, 64)}


class Fixed:
    """A constant of the model, in place of an input."""

    def __init__(self, values):
        self.values = numpy.asarray(values)


def floats(*shape, low=-2, high=2):
    return numpy.random.default_rng(0).uniform(low, high, shape).astype(numpy.float32)


def integers(*shape, low=0, high=100, type=numpy.int64):
    return numpy.random.default_rng(1).integers(low, high, shape).astype(type)


def bools(*shape):
    return integers(*shape, high=2).astype(bool)


def longs(*values):
    return Fixed(numpy.array(values, numpy.int64))


def number(value):
    return Fixed(numpy.float32(value))


def rows(channels, side, share):
    """(row, operator, inputs, attributes); `share` is what of a row of 1024 a size takes, in 64ths."""
    picture = floats(1, channels, side, side)
    positive = floats(1, channels, side, side, low=0.1, high=4)
    within = floats(1, channels, side, side, low=-0.9, high=0.9)
    other = floats(1, channels, side, side, low=0.5, high=1.5)
    line = floats(1, channels, side * side)
    bias, wide = floats(1, channels, 1, 1), floats(side)
    whole = integers(1, channels, side, side)
    matrix = floats(16 * share, 64) if share < 64 else floats(1024, 1024)
    rows_, columns = matrix.shape
    scale = floats(columns, low=0.5, high=1.5)
    per_channel = floats(channels, low=0.5, high=1.5)
    byte = integers(1, channels, side, side, type=numpy.uint8)
    yes, no = bools(1, channels, side, side), ~bools(1, channels, side, side)
    half = picture.astype(numpy.float16)

    for name, values in (
            *((name, picture) for name in "Abs Neg Relu Sigmoid Tanh Exp Erf Floor Ceil Round Sign Sin Cos Tan Sinh"
              " Cosh Atan Asinh Softplus Softsign Elu Selu Celu LeakyRelu HardSigmoid HardSwish Mish ThresholdedRelu"
              " Shrink IsNaN IsInf Gelu Identity".split()),
            *((name, positive) for name in ("Sqrt", "Log", "Reciprocal")),
            *((name, within) for name in ("Asin", "Acos", "Atanh"))):
        yield name, name, [values], {}
    yield "Gelu, tanh", "Gelu", [picture], {"approximate": "tanh"}
    yield "Acosh", "Acosh", [positive + 1], {}
    yield "Swish", "Swish", [picture], {"opset": 24}
    yield "Not", "Not", [yes], {}
    yield "BitwiseNot", "BitwiseNot", [whole], {}
    yield "Abs, int64", "Abs", [whole], {}
    yield "PRelu, channels", "PRelu", [picture, bias[0]], {}

    for name in "Add Sub Mul Div Max Min".split():
        yield name, name, [picture, other], {}
        yield f"{name}, scalar", name, [picture, number(1.5)], {}
        yield f"{name}, channels", name, [picture, bias], {}
        yield f"{name}, columns", name, [picture, wide], {}
        yield f"{name}, outer", name, [matrix[:, :1].copy(), scale], {}
        yield f"{name}, int64", name, [whole, whole + 1], {}
    yield "Max of three", "Max", [picture, other, bias], {}
    yield "Sum of three", "Sum", [picture, other, within], {}
    yield "Mean of three", "Mean", [picture, other, within], {}
    yield "Pow, square", "Pow", [positive, number(2)], {}
    yield "Pow, cube", "Pow", [positive, number(3)], {}
    yield "Pow, root", "Pow", [positive, number(0.5)], {}
    yield "Pow, scalar", "Pow", [positive, number(1.7)], {}
    yield "Pow", "Pow", [positive, other], {}
    yield "Mod, floats", "Mod", [picture, other], {"fmod": 1}
    yield "Mod, int64", "Mod", [whole, Fixed(numpy.int64(7))], {}
    yield "BitShift", "BitShift", [byte, byte % 8], {"direction": "LEFT"}
    for name in ("BitwiseAnd", "BitwiseXor"):
        yield name, name, [whole, whole + 1], {}
    for name in "Equal Less Greater LessOrEqual GreaterOrEqual".split():
        yield name, name, [picture, other], {}
        yield f"{name}, scalar", name, [picture, number(0)], {}
    yield "Equal, channels", "Equal", [picture, bias], {}
    yield "Equal, int64", "Equal", [whole, Fixed(numpy.int64(3))], {}
    yield "Less, int64", "Less", [whole, whole[:, :, ::-1].copy()], {}
    for name in ("And", "Or", "Xor"):
        yield name, name, [yes, no], {}
    yield "And, scalar", "And", [yes, Fixed(True)], {}
    yield "Where", "Where", [yes, picture, other], {}
    yield "Where, scalar", "Where", [yes, picture, number(0)], {}
    yield "Where, scalar first", "Where", [yes, number(0), picture], {}
    yield "Where, rows", "Where", [yes[:, :1].copy(), picture, number(0)], {}
    yield "Where, int64", "Where", [yes, whole, Fixed(numpy.int64(0))], {}
    yield "Clip", "Clip", [picture, number(-1), number(1)], {}
    yield "Clip, low", "Clip", [picture, number(0)], {}

    types = {"float": picture * 50, "half": half, "double": picture.astype(float) * 50, "int64": whole,
             "int32": whole.astype(numpy.int32), "uint8": byte, "int8": byte.astype(numpy.int8), "bool": yes}
    numbers = {"float": TensorProto.FLOAT, "half": TensorProto.FLOAT16, "double": TensorProto.DOUBLE,
               "int64": TensorProto.INT64, "int32": TensorProto.INT32, "uint8": TensorProto.UINT8,
               "int8": TensorProto.INT8, "bool": TensorProto.BOOL}
    for pair in ("float half, half float, float double, double float, float int64, int64 float, float int32,"
                 " int32 float, float uint8, uint8 float, float int8, int8 float, float bool, bool float,"
                 " int64 int32, int32 int64, int64 bool, bool int64").split(","):
        source, to = pair.split()
        values = abs(types[source]) if source != "half" and to == "uint8" else types[source]
        yield f"Cast, {source} to {to}", "Cast", [values], {"to": numbers[to]}

    for name in "ReduceSum ReduceMean ReduceMax ReduceMin ReduceProd ReduceL1 ReduceL2 ReduceSumSquare" \
            " ReduceLogSum ReduceLogSumExp".split():
        values = positive if name in ("ReduceLogSum", "ReduceProd") else picture
        for axes, what in (((3,), "last"), ((1,), "channels"), ((2, 3), "picture"), ((0, 2, 3), "but channels"),
                           ((2,), "middle"), ((0, 1, 2, 3), "all")):
            if name == "ReduceProd":
                values = within + 1
            if name in ("ReduceSum", "ReduceMean", "ReduceMax") or what in ("last", "channels"):
                yield f"{name}, {what}", name, [values, longs(*axes)], {}
    yield "ReduceSum, int64", "ReduceSum", [whole, longs(3)], {}
    yield "ReduceMax, uint8", "ReduceMax", [byte, longs(3)], {}
    for name in ("ArgMax", "ArgMin"):
        for axis, what in ((3, "last"), (1, "channels")):
            yield f"{name}, {what}", name, [picture], {"axis": axis}
    for name in ("Softmax", "LogSoftmax", "Hardmax"):
        yield f"{name}, last", name, [matrix], {"axis": -1}
        yield f"{name}, channels", name, [picture], {"axis": 1}
    yield "CumSum, last", "CumSum", [picture, Fixed(numpy.int64(3))], {}
    yield "CumSum, channels", "CumSum", [picture, Fixed(numpy.int64(1))], {}

    for name in ("MaxPool", "AveragePool", "LpPool"):
        yield f"{name}, 2", name, [picture], {"kernel_shape": [2, 2], "strides": [2, 2]}
        yield f"{name}, 3", name, [picture], {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1] * 4}
        yield f"{name}, 3, step 1", name, [picture], {"kernel_shape": [3, 3], "pads": [1] * 4}
        yield f"{name}, 1-D", name, [line], {"kernel_shape": [4], "strides": [4]}
    for name in ("GlobalMaxPool", "GlobalAveragePool", "GlobalLpPool"):
        yield name, name, [picture], {}
        yield f"{name}, 1-D", name, [line], {}

    yield "LayerNormalization", "LayerNormalization", [matrix, Fixed(scale), Fixed(scale)], {}
    yield "RMSNormalization", "RMSNormalization", [matrix, Fixed(scale)], {"opset": 23}
    yield "SkipLayerNormalization", "SkipLayerNormalization", [matrix[None], matrix[None] + 1, Fixed(scale),
                                                              Fixed(scale)], {"domain": "com.microsoft"}
    yield "InstanceNormalization", "InstanceNormalization", [picture, Fixed(per_channel), Fixed(per_channel)], {}
    yield "GroupNormalization", "GroupNormalization", [picture, Fixed(per_channel), Fixed(per_channel)], \
        {"num_groups": 4}
    yield "BatchNormalization", "BatchNormalization", [picture] + [Fixed(per_channel)] * 4, {}
    yield "MeanVarianceNormalization", "MeanVarianceNormalization", [picture], {}
    yield "LpNormalization, last", "LpNormalization", [picture], {"axis": -1}
    yield "LpNormalization, channels", "LpNormalization", [picture], {"axis": 1}
    yield "LRN", "LRN", [picture], {"size": 5}

    for order in ((0, 2, 3, 1), (0, 3, 1, 2), (0, 1, 3, 2), (0, 2, 1, 3), (3, 2, 1, 0)):
        yield f"Transpose, {order}", "Transpose", [picture], {"perm": order}
    yield "Transpose, bytes", "Transpose", [byte], {"perm": (0, 2, 3, 1)}
    for axis in (1, 3):
        yield f"Concat, {axis}", "Concat", [picture, other], {"axis": axis}
        yield f"Split, {axis}", "Split", [picture], {"axis": axis, "num_outputs": 2, "outputs": 2}
    yield "Reshape", "Reshape", [picture, longs(1, -1)], {}
    for starts, ends, axes, steps, what in (
            ((1,), (side - 1,), (3,), (1,), "last"), ((0, 0), (side, side), (2, 3), (2, 2), "steps of 2"),
            ((1,), (channels,), (1,), (1,), "channels"), ((-1,), (-side - 1,), (3,), (-1,), "backwards")):
        yield f"Slice, {what}", "Slice", [picture, longs(*starts), longs(*ends), longs(*axes), longs(*steps)], {}
    chosen = integers(rows_, high=rows_)
    yield "Gather, rows", "Gather", [matrix, chosen], {}
    yield "Gather, columns", "Gather", [matrix, integers(columns // 2, high=columns)], {"axis": 1}
    yield "GatherElements, rows", "GatherElements", [matrix, integers(rows_, columns, high=rows_)], {"axis": 0}
    yield "GatherElements, last", "GatherElements", [matrix, integers(rows_, columns, high=columns)], {"axis": 1}
    yield "GatherND", "GatherND", [matrix, numpy.stack([integers(rows_ * 8, high=rows_),
                                                         integers(rows_ * 8, high=columns)], -1)], {}
    yield "GatherND, rows", "GatherND", [matrix, chosen[:, None]], {}
    mixed = numpy.random.default_rng(2).permuted(
        numpy.tile(numpy.arange(columns), (rows_, 1)), axis=1).astype(numpy.int64)
    yield "ScatterElements", "ScatterElements", [matrix, mixed, matrix + 1], {"axis": 1}
    yield "ScatterElements, add", "ScatterElements", [matrix, mixed, matrix + 1], {"axis": 1, "reduction": "add"}
    yield "ScatterND, rows", "ScatterND", [matrix, numpy.arange(rows_)[::-1, None].astype(numpy.int64),
                                           matrix + 1], {}
    for mode in ("constant", "edge", "reflect", "wrap"):
        yield f"Pad, {mode}", "Pad", [picture, longs(0, 0, 2, 2, 0, 0, 2, 2)], {"mode": mode}
    yield "Pad, channels", "Pad", [picture, longs(0, 2, 0, 0, 0, 2, 0, 0)], {}
    up, uneven = longs(1, channels, 2 * side, 2 * side), longs(1, channels, side * 3 // 2, side * 3 // 4)
    nothing = Fixed(numpy.zeros(0, numpy.float32))
    for mode in ("nearest", "linear", "cubic"):
        yield f"Resize, {mode}", "Resize", [picture, nothing, nothing, up], {"mode": mode}
        yield f"Resize, {mode}, uneven", "Resize", [picture, nothing, nothing, uneven], {"mode": mode}
    yield "Resize, align corners", "Resize", [picture, nothing, nothing, up], \
        {"mode": "linear", "coordinate_transformation_mode": "align_corners"}
    grid = floats(1, side, side, 2, low=-1.1, high=1.1)
    for mode in ("linear", "nearest", "cubic"):
        yield f"GridSample, {mode}", "GridSample", [picture, grid], {"mode": mode}
    yield "Tile, last", "Tile", [picture, longs(1, 1, 1, 2)], {}
    yield "Tile, channels", "Tile", [picture, longs(1, 2, 1, 1)], {}
    yield "Expand, channels", "Expand", [bias, longs(1, channels, side, side)], {}
    yield "Expand, rows", "Expand", [wide, longs(1, channels, side, side)], {}
    yield "ConstantOfShape", "Expand", [number(1), longs(1, channels, side, side)], {}
    yield "DepthToSpace, DCR", "DepthToSpace", [picture], {"blocksize": 2}
    yield "DepthToSpace, CRD", "DepthToSpace", [picture], {"blocksize": 2, "mode": "CRD"}
    yield "SpaceToDepth", "SpaceToDepth", [picture], {"blocksize": 2}
    yield "TopK, 5", "TopK", [matrix, longs(5)], {"outputs": 2}
    yield "TopK, half", "TopK", [matrix, longs(columns // 2)], {"outputs": 2}
    yield "TopK, rows", "TopK", [matrix, longs(3)], {"outputs": 2, "axis": 0}
    yield "OneHot", "OneHot", [integers(rows_, high=columns), Fixed(numpy.array([columns])),
                               Fixed(numpy.array([0, 1], numpy.float32))], {}
    yield "Trilu", "Trilu", [matrix], {}
    yield "Trilu, lower", "Trilu", [picture], {"upper": 0}
    yield "Range", "Range", [numpy.float32(0), Fixed(numpy.float32(columns * 16)), Fixed(numpy.float32(1))], {}
    yield "EyeLike", "EyeLike", [matrix], {}
    yield "ReverseSequence", "ReverseSequence", [matrix.reshape(rows_, 8, -1), integers(8, low=1, high=rows_)], \
        {"time_axis": 0, "batch_axis": 1}
    yield "Compress", "Compress", [matrix, bools(rows_)], {"axis": 0}
    yield "NonZero", "NonZero", [yes], {}
    yield "Unique", "Unique", [integers(rows_ * columns)], {"outputs": 4}
    boxes = numpy.sort(floats(1, 64 * share, 2, 2, low=0, high=1), axis=2).reshape(1, -1, 4)
    yield "NonMaxSuppression", "NonMaxSuppression", [boxes, floats(1, 1, boxes.shape[1], low=0, high=1),
                                                     longs(100), number(0.5), number(0.1)], {}
    regions = numpy.sort(floats(share, 2, 2, low=0, high=side), axis=1).reshape(-1, 4)
    yield "RoiAlign", "RoiAlign", [picture, regions, numpy.zeros(share, numpy.int64)], \
        {"output_height": 7, "output_width": 7}
    yield "MaxRoiPool", "MaxRoiPool", [picture, numpy.pad(regions, ((0, 0), (1, 0)))], {"pooled_shape": (7, 7)}
    blocks = floats(1, channels * 9, (side - 2) ** 2)
    yield "Col2Im", "Col2Im", [blocks, longs(side, side), longs(3, 3)], {}
    yield "MatMul", "MatMul", [matrix, Fixed(floats(columns, 64))], {}
    yield "Einsum, product", "Einsum", [matrix, floats(columns, 64)], {"equation": "ij,jk->ik"}
    yield "Einsum, heads", "Einsum", [floats(1, side, 4, 16), floats(1, side, 4, 16)], \
        {"equation": "bqhd,bkhd->bhqk"}
    yield "Einsum, diagonal", "Einsum", [matrix, matrix + 1], {"equation": "ij,ij->i"}
    yield "Conv, depthwise", "Conv", [picture, Fixed(floats(channels, 1, 3, 3))], {"group": channels, "pads": [1] * 4}
    yield "Conv, 1x1", "Conv", [picture, Fixed(floats(channels, channels, 1, 1))], {}
    yield "DFT", "DFT", [floats(rows_, columns, 1), Fixed(numpy.zeros(0, numpy.int64)), Fixed(numpy.int64(1))], \
        {"opset": 20, "skip": (1,)}
    yield "DFT, complex", "DFT", [floats(rows_, columns, 2), None, Fixed(numpy.int64(1))], {"opset": 20}
    yield "STFT", "STFT", [floats(1, rows_ * columns // 4, 1), Fixed(numpy.int64(16 if share == 1 else 128)),
                           Fixed(numpy.hanning(16 if share == 1 else 512).astype(numpy.float32)),
                           Fixed(numpy.int64(16 if share == 1 else 512))], {}
    steps, width, units = max(4, share), 64, 32 if share < 64 else 128
    for name, gates in (("LSTM", 4), ("GRU", 3), ("RNN", 1)):
        yield name, name, [floats(steps, 1, width), Fixed(floats(1, gates * units, width) / 8),
                           Fixed(floats(1, gates * units, units) / 8)], {"hidden_size": units}
    small, zero = Fixed(numpy.float32(0.02)), Fixed(numpy.uint8(128))
    yield "QuantizeLinear", "QuantizeLinear", [picture, small, zero], {}
    yield "QuantizeLinear, channels", "QuantizeLinear", [picture, Fixed(per_channel / 50), Fixed(
        numpy.full(channels, 128, numpy.uint8))], {"axis": 1}
    yield "DequantizeLinear", "DequantizeLinear", [byte, small, zero], {}
    yield "DequantizeLinear, channels", "DequantizeLinear", [byte, Fixed(per_channel / 50), Fixed(
        numpy.full(channels, 128, numpy.uint8))], {"axis": 1}
    yield "DynamicQuantizeLinear", "DynamicQuantizeLinear", [picture], {"outputs": 3}
    yield "AffineGrid", "AffineGrid", [floats(1, 2, 3), longs(1, 1, side, side)], {}
    yield "BiasGelu", "BiasGelu", [matrix, Fixed(scale)], {"domain": "com.microsoft"}
    yield "FastGelu", "FastGelu", [matrix, Fixed(scale)], {"domain": "com.microsoft"}
    yield "QuickGelu", "QuickGelu", [matrix], {"domain": "com.microsoft"}


def write(path, operator, inputs, attributes):
    """The model of one node; returns the values of its inputs."""
    attributes = dict(attributes)
    opset, domain = attributes.pop("opset", OPSET), attributes.pop("domain", "")
    outputs, skip = attributes.pop("outputs", 1), attributes.pop("skip", ())
    ports, constants, names, values = [], [], [], []
    for i, one in enumerate(inputs):
        names.append("" if one is None or i in skip else f"x{i}")
        if names[-1] == "":
            continue
        if isinstance(one, Fixed):
            constants.append(numpy_helper.from_array(one.values, names[-1]))
            continue
        one = numpy.asarray(one)
        ports.append(helper.make_tensor_value_info(names[-1], helper.np_dtype_to_tensor_dtype(one.dtype), one.shape))
        values.append(one)
    results = [f"y{i}" for i in range(outputs)]
    node = helper.make_node(operator, names, results, domain=domain, **attributes)
    graph = helper.make_graph([node], operator, ports,
                              [onnx.ValueInfoProto(name=name) for name in results], constants)
    imports = [helper.make_opsetid("", opset), helper.make_opsetid("com.microsoft", 1)]
    model = helper.make_model(graph, opset_imports=imports, ir_version=10)
    onnx.save(model, path)
    return values


class Ours(inference.Ours):
    """By a plan, or where shapes hang on data by a session."""

    class Session:
        def __init__(self, ours, graph, options):
            self.library, self.ours = ours.library, ours
            self.session = ctypes.c_void_p(self.library.gen_session_new(graph, ctypes.byref(options)))

        def load(self, inputs):
            self.kept = inputs
            self.inputs = (self.ours.Binding * max(1, len(inputs)))()
            for i, values in enumerate(inputs):
                self.inputs[i] = self.library.gen_session_input(self.session, i)
                self.inputs[i].shape.rank = values.ndim
                self.inputs[i].shape.dims[:values.ndim] = values.shape
                self.inputs[i].size, self.inputs[i].data = values.nbytes, values.ctypes.data

        def run(self):
            self.ours.call("gen_session_run", self.session, self.inputs)

        def output(self, i):
            return self.library.gen_session_output(self.session, i).contents

        def outputs(self):
            return self.library.gen_session_n_outputs(self.session)

    def __init__(self, settings):
        super().__init__(settings)
        binding = self.library.gen_plan_input.restype
        self.Binding = binding._type_
        for name, result in (("gen_session_new", ctypes.c_void_p), ("gen_session_input", self.Binding),
                             ("gen_session_output", binding)):
            getattr(self.library, name).restype = result

    def load(self, path, inputs):
        try:
            super().load(None, path, inputs)
            self.count, self.result = self.library.gen_plan_n_outputs(self.plan), \
                lambda i: self.library.gen_plan_output(self.plan, i).contents
        except RuntimeError:
            graph = self.call("gen_onnx_load", path.encode())
            session = self.Session(self, graph, self.Options(None, self.threads, 0, self.precision, 0, self.choice,
                                                             None))
            session.load(inputs)
            session.run()
            self.run, self.count, self.result = session.run, session.outputs(), session.output

    def outputs(self):
        results = []
        for i in range(self.count):
            binding = self.result(i)
            type = helper.tensor_dtype_to_np_dtype(binding.type)
            results.append(numpy.frombuffer(ctypes.string_at(binding.data, binding.size), type))
        return results


class OnnxRuntime(inference.OnnxRuntime):
    def load(self, path, inputs):
        options = self.module.SessionOptions()
        options.intra_op_num_threads, options.log_severity_level = self.threads, 3
        session = self.module.InferenceSession(path, options, ["CPUExecutionProvider"])
        self.binding = session.io_binding()
        self.kept = [self.module.OrtValue.ortvalue_from_numpy(values) for values in inputs]
        for port, value in zip(session.get_inputs(), self.kept):
            self.binding.bind_ortvalue_input(port.name, value)
        for port in session.get_outputs():
            self.binding.bind_output(port.name)
        session.run_with_iobinding(self.binding)
        self.results = self.binding.get_outputs()
        for port, value in zip(session.get_outputs(), self.results):
            self.binding.bind_ortvalue_output(port.name, value)
        self.run = lambda: session.run_with_iobinding(self.binding)

    def outputs(self):
        return [value.numpy().ravel().copy() for value in self.results]


inference.ENGINES.clear()
inference.ENGINES.update(ours=Ours, onnxruntime=OnnxRuntime)


def difference(ours, peer):
    worst = 0
    for a, b in zip(ours, peer):
        if a.shape != b.shape:
            return math.inf
        a, b = a.astype(float), b.astype(float)
        apart = numpy.abs(a - b)[~((a == b) | (numpy.isnan(a) & numpy.isnan(b)))]
        if apart.size:
            worst = max(worst, numpy.nan_to_num(apart, nan=math.inf).max() / max(1e-30, abs(b[numpy.isfinite(b)]).max()))
    return worst


def compare(engines, path, inputs, settings):
    for engine in engines.values():
        engine("load", path, inputs)
    best = dict.fromkeys(engines, math.inf)
    for _ in range(TURNS):
        for key, engine in engines.items():
            best[key] = min(best[key], *engine("measure", settings.seconds / TURNS))
    return best["ours"] * 1e3, best["onnxruntime"] * 1e3, \
        difference(engines["ours"]("outputs"), engines["onnxruntime"]("outputs"))


def tell(row):
    name, size, threads, ours, peer, error = row
    return f"{name:28} {size:6} {threads} {ours:9.1f} {peer:9.1f} {peer / ours:6.2f} {error:9.1e}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("library")
    parser.add_argument("rows", nargs="*")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=["small", "large"])
    parser.add_argument("--seconds", type=float, default=0.1, help="for each row and engine (0.1)")
    parser.add_argument("--behind", type=float, default=math.inf)
    settings = parser.parse_intermixed_args()
    settings.device, settings.precision, settings.kernels, settings.cpu_time = "cpu", "fp32", "measured", False
    multiprocessing.set_start_method("spawn")
    table = []
    with tempfile.TemporaryDirectory() as folder:
        for threads in settings.threads:
            settings.threads = threads
            engines = {name: inference.Engine(name, settings) for name in inference.ENGINES}
            for size in settings.sizes:
                for name, operator, inputs, attributes in rows(*SIZES[size]):
                    if settings.rows and not any(name == row or name.startswith(row + ",") for row in settings.rows):
                        continue
                    path = os.path.join(folder, "node.onnx")
                    try:
                        values = write(path, operator, inputs, attributes)
                        table.append((name, size, threads, *compare(engines, path, values, settings)))
                        print(tell(table[-1]), flush=True)
                    except RuntimeError as error:
                        print(f"{name}, {size}: {error}", flush=True)
    table.sort(key=lambda row: row[4] / row[3])
    print(f"\n{'row':28} {'size':6} threads, ours, ONNX Runtime, times as fast, difference")
    for row in table:
        if row[4] / row[3] < settings.behind:
            print(tell(row))
    if table:
        mean = math.exp(sum(math.log(row[4] / row[3]) for row in table) / len(table))
        print(f"geometric mean of {len(table)}: {mean:.2f} times as fast")


if __name__ == "__main__":
    main()
