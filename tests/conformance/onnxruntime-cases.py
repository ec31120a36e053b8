#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Operators that ONNX's backend tests leave out, or have in one shape only: writes a folder for each,
as those tests are laid out, with the outputs that ONNX Runtime computes (for Fourier transforms numpy
does, in double: ONNX Runtime's are not that exact).

    onnxruntime-cases.py FOLDER
"""
import os
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

MICROSOFT = "com.microsoft"
random = np.random.default_rng(1)


def real(*shape):
    """Away from zero: a relative tolerance is all that the checker knows."""
    return random.uniform(0.25, 2, shape).astype(np.float32)


def integers(kind, *shape):
    info = np.iinfo(kind)
    return random.integers(info.min, info.max + 1, shape, dtype=kind)


def number(value, kind=np.float32):
    return np.array(value, kind)


class Cases:
    def __init__(self, folder):
        self.folder = folder
        self.count = 0

    def add(self, name, op, inputs, outputs=1, opset=17, domain="", constants=(), results=None,
            attributes={}, **more):
        """`inputs` may hold None; those numbered in `constants` are initializers; `results` are
        the right outputs where they are not ONNX Runtime's; `attributes` are those whose names are
        taken here."""
        names = ["" if x is None else f"x{i}" for i, x in enumerate(inputs)]
        made = [f"y{i}" for i in range(outputs)] if isinstance(outputs, int) else outputs
        node = helper.make_node(op, names, made, domain=domain, **more)
        node.attribute.extend(helper.make_attribute(k, v) for k, v in attributes.items())
        given = [i for i, x in enumerate(inputs) if x is not None and i not in constants]
        infos = [
            helper.make_tensor_value_info(
                names[i], helper.np_dtype_to_tensor_dtype(inputs[i].dtype), inputs[i].shape)
            for i in given
        ]
        shown = [helper.make_empty_tensor_value_info(y) for y in made if y]
        fixed = [numpy_helper.from_array(inputs[i], names[i]) for i in constants]
        graph = helper.make_graph([node], name, infos, shown, fixed)
        imports = [helper.make_opsetid("", opset), helper.make_opsetid(MICROSOFT, 1)]
        model = helper.make_model(graph, opset_imports=imports, ir_version=8 if opset < 21 else 10)
        if results is None:
            results = self.run(name, model, {names[i]: inputs[i] for i in given})
        if results is None:
            return
        # Types and shapes of the outputs as they came out.
        for info, result in zip(graph.output, results):
            info.CopyFrom(helper.make_tensor_value_info(
                info.name, helper.np_dtype_to_tensor_dtype(result.dtype), result.shape))
        model.graph.CopyFrom(graph)
        self.write(name, model, [inputs[i] for i in given], results)

    @staticmethod
    def run(name, model, inputs):
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        try:
            session = onnxruntime.InferenceSession(
                model.SerializeToString(), options, providers=["CPUExecutionProvider"])
            return session.run(None, inputs)
        except Exception as error:  # versions differ in what they have
            print(f"# {name}: not by this ONNX Runtime: {str(error).splitlines()[0]}")
            return None

    def write(self, name, model, inputs, outputs):
        folder = os.path.join(self.folder, name, "test_data_set_0")
        os.makedirs(folder)
        onnx.save(model, os.path.join(self.folder, name, "model.onnx"))
        for stem, arrays in (("input", inputs), ("output", outputs)):
            for i, array in enumerate(arrays):
                with open(os.path.join(folder, f"{stem}_{i}.pb"), "wb") as file:
                    file.write(numpy_helper.from_array(array).SerializeToString())
        self.count += 1


def integer_products(cases):
    for i, (a, b) in enumerate([(np.uint8, np.int8), (np.uint8, np.uint8), (np.int8, np.int8)]):
        for m, k, n in ((1, 1, 1), (5, 7, 3), (33, 130, 70), (13, 64, 33)):
            operands = [integers(a, m, k), integers(b, k, n), number(9, a), number(3, b)]
            cases.add(f"matmul_integer_{i}_{m}_{k}_{n}", "MatMulInteger", operands)
            cases.add(f"matmul_integer_packed_{i}_{m}_{k}_{n}", "MatMulInteger", operands,
                      constants=(1, 2, 3))
    batch = [integers(np.uint8, 2, 3, 5, 6), integers(np.int8, 3, 6, 4)]
    cases.add("matmul_integer_batch", "MatMulInteger", batch)
    tall = [integers(np.uint8, 2, 3, 5, 6), integers(np.int8, 6, 4), number(7, np.uint8),
            integers(np.int8, 4)]
    cases.add("matmul_integer_columns", "MatMulInteger", tall)


def integer_convolutions(cases):
    x, w = integers(np.uint8, 2, 6, 17, 19), integers(np.uint8, 8, 3, 3, 3)
    zeros = [number(100, np.uint8), number(120, np.uint8)]
    cases.add("conv_integer_groups", "ConvInteger", [x, w, *zeros], group=2, strides=[2, 1],
              pads=[1, 2, 0, 1], dilations=[1, 2])
    cases.add("conv_integer_line", "ConvInteger", [x[:, :, 0], integers(np.uint8, 4, 6, 5), *zeros],
              auto_pad="SAME_UPPER")
    cases.add("conv_integer_1x1", "ConvInteger", [x, integers(np.uint8, 5, 6, 1, 1), *zeros])
    weights = integers(np.int8, 8, 6, 3, 3)
    parameters = [number(0.02), number(120, np.uint8), weights, real(8) * 0.01,
                  np.zeros(8, np.int8), number(0.9), number(110, np.uint8)]
    bias = random.integers(-5000, 5000, 8, dtype=np.int32)
    cases.add("qlinear_conv", "QLinearConv", [x, *parameters, bias], constants=(3, 4, 5, 8),
              pads=[1, 1, 1, 1])


class QuantisedNet:
    """Nodes between DequantizeLinear and QuantizeLinear, as quantisers write them."""

    def __init__(self, kind, weights):
        self.kind, self.weights, self.nodes, self.constants = kind, weights, [], {}

    def constant(self, values):
        name = f"c{len(self.constants)}"
        self.constants[name] = np.asarray(values)
        return name

    def op(self, name, *inputs, **attributes):
        output = f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(name, list(inputs), [output], **attributes))
        return output

    def rounded(self, x, scale, zero):
        """To integers and back."""
        units = self.constant(number(scale)), self.constant(number(zero, self.kind))
        return self.op("DequantizeLinear", self.op("QuantizeLinear", x, *units), *units), scale

    def layer(self, name, x, shape, axis, **attributes):
        x, x_scale = x
        n = shape[axis]
        zeros = np.zeros(n, np.int8) if self.weights == np.int8 else number(131, np.uint8)
        scales = real(n) * np.float32(0.01) if self.weights == np.int8 else number(0.01)
        w = self.op("DequantizeLinear", self.constant(integers(self.weights, *shape)),
                    self.constant(scales), self.constant(zeros), axis=axis)
        bias = self.op("DequantizeLinear",
                       self.constant(random.integers(-3000, 3000, n, dtype=np.int32)),
                       self.constant(np.full(n, x_scale, np.float32) * scales), axis=0)
        return self.op(name, x, w, bias, **attributes)


def quantised_nets(cases):
    for kind, weights in ((np.uint8, np.int8), (np.int8, np.int8), (np.uint8, np.uint8)):
        zero = 0 if kind == np.int8 else 128
        net = QuantisedNet(kind, weights)
        x = net.rounded("x", 0.02, zero + 5)
        x = net.op("Relu", net.layer("Conv", x, (20, 6, 3, 3), 0, pads=[1, 1, 1, 1]))
        x = net.rounded(x, 0.09, zero - 128)
        x = net.rounded(net.op("MaxPool", x[0], kernel_shape=[2, 2], strides=[2, 2]), x[1], zero - 128)
        x = net.rounded(net.layer("Conv", x, (24, 20, 3, 3), 0), 0.6, zero + 3)
        x = net.rounded(net.op("Reshape", x[0], net.constant(np.array([2, 24 * 4 * 3]))), x[1], zero + 3)
        net.op("QuantizeLinear", net.layer("Gemm", x, (31, 24 * 4 * 3), 0, transB=1),
               net.constant(number(9)), net.constant(number(zero, kind)))
        name = f"net_{kind.__name__}_{weights.__name__}"
        graph = helper.make_graph(
            net.nodes, name, [helper.make_tensor_value_info("x", TensorProto.FLOAT, [2, 6, 12, 10])],
            [helper.make_tensor_value_info(net.nodes[-1].output[0],
                                           helper.np_dtype_to_tensor_dtype(np.dtype(kind)), [2, 31])],
            [numpy_helper.from_array(values, key) for key, values in net.constants.items()])
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        values = random.normal(0, 1, (2, 6, 12, 10)).astype(np.float32)
        results = cases.run(name, model, {"x": values})
        if results is not None:
            cases.write(name, model, [values], results)


def quantisation(cases):
    x = random.normal(0, 3, (3, 6, 5)).astype(np.float32)
    for kind in (np.uint8, np.int8, np.uint16, np.int16):
        scale, zero = real(6) / 8, random.integers(0, 100, 6).astype(kind)
        cases.add(f"quantize_{kind.__name__}", "QuantizeLinear", [x, scale, zero], opset=21)
        cases.add(f"dequantize_{kind.__name__}", "DequantizeLinear",
                  [integers(kind, 3, 6, 5), scale, zero], opset=21)
    blocks = real(3, 2, 5), random.integers(0, 9, (3, 2, 5)).astype(np.int8)
    cases.add("quantize_blocks", "QuantizeLinear", [x, *blocks], opset=21, axis=1, block_size=3)
    cases.add("dequantize_blocks", "DequantizeLinear", [integers(np.int8, 3, 6, 5), *blocks],
              opset=21, axis=1, block_size=3)
    rows = real(3, 6, 2), None
    cases.add("dequantize_row_blocks", "DequantizeLinear", [integers(np.int8, 3, 6, 5), *rows],
              opset=21, axis=2, block_size=4)
    half = (x.astype(np.float16), number(0.25, np.float16))
    cases.add("quantize_half", "QuantizeLinear", [*half, number(3, np.int8)], opset=19)
    cases.add("dequantize_half", "DequantizeLinear", [integers(np.int8, 4, 4), half[1]], opset=19)
    cases.add("dequantize_int32", "DequantizeLinear",
              [random.integers(-2**31, 2**31, 50, dtype=np.int32), number(0.5)])
    cases.add("dynamic_quantize", "DynamicQuantizeLinear", [x], outputs=3)
    cases.add("dynamic_quantize_zeros", "DynamicQuantizeLinear", [np.zeros(4, np.float32)],
              outputs=3)


def microsoft_quantised(cases):
    a = [integers(np.uint8, 2, 6, 4, 4), number(0.0371), number(100, np.uint8)]
    b = [integers(np.uint8, 6, 1, 4), number(0.0532), number(90, np.uint8)]
    y = [number(0.0713), number(120, np.uint8)]

    def add(name, op, inputs, **attributes):
        cases.add(name, op, inputs, domain=MICROSOFT, **attributes)

    add("qlinear_add", "QLinearAdd", [*a, *b, *y])
    add("qlinear_mul", "QLinearMul", [*a, *b, *y])
    add("qlinear_sigmoid", "QLinearSigmoid", [*a, number(1 / 256), number(0, np.uint8)],
        constants=(1, 2, 3, 4))
    add("qlinear_leaky_relu", "QLinearLeakyRelu", [*a, *y], alpha=0.2, constants=(1, 2, 3, 4))
    add("qlinear_average_pool", "QLinearAveragePool", [*a, *y], kernel_shape=[3, 3],
        strides=[2, 1], pads=[1, 1, 0, 0])
    add("qlinear_global_average_pool", "QLinearGlobalAveragePool", [*a, *y], channels_last=1)
    other = [integers(np.uint8, 2, 3, 4, 4), number(0.05), number(7, np.uint8)]
    add("qlinear_concat", "QLinearConcat", [*y, *a, *other], axis=1, constants=(0, 1, 3, 4, 6, 7))
    left = [integers(np.uint8, 9, 20), number(0.02), number(99, np.uint8)]
    right = [integers(np.int8, 11, 20), real(11) * 0.02, np.zeros(11, np.int8)]
    c = random.integers(-3000, 3000, 11, dtype=np.int32)
    add("qgemm", "QGemm", [*left, *right, c, number(0.7), number(120, np.uint8)], transB=1)
    add("qgemm_to_float", "QGemm", [*left, *right, c, None, None], transB=1, alpha=0.5)
    rows = real(3, 9, 20)
    w = integers(np.int8, 20, 11)
    add("dynamic_quantize_matmul", "DynamicQuantizeMatMul",
        [rows, w, number(0.03), number(0, np.int8), real(11)], constants=(1, 2, 3, 4))
    add("matmul_integer_to_float", "MatMulIntegerToFloat",
        [left[0], w, number(0.02), real(11) * 0.02, left[2], np.zeros(11, np.int8), real(11)])
    packed, scales = integers(np.uint8, 12, 3, 8), real(36)
    zeros = integers(np.uint8, 12 * 2)
    add("matmul_nbits", "MatMulNBits", [real(2, 5, 40), packed, scales, zeros], K=40, N=12, bits=4,
        block_size=16, constants=(1, 2, 3))
    add("matmul_nbits_symmetric", "MatMulNBits", [real(5, 48), packed | 0x88, scales], K=48, N=12,
        bits=4, block_size=16, constants=(1, 2))
    for opset, axis in ((13, 1), (13, -1), (11, 1)):
        add(f"qlinear_softmax_{opset}_{axis}", "QLinearSoftmax",
            [*a, number(1 / 256), number(0, np.uint8)], attributes={"opset": opset, "axis": axis},
            constants=(1, 2, 3, 4))
    condition = random.integers(0, 2, (2, 6, 4, 4)).astype(bool)
    add("qlinear_where", "QLinearWhere", [condition, *a, *b, *y], constants=(2, 3, 5, 6, 7, 8))
    weights = [integers(np.int8, 5, 4, 3, 3), real(5) * 0.02, np.zeros(5, np.int8)]
    picture = [integers(np.uint8, 1, 7, 9, 4), number(0.1), number(20, np.uint8)]
    add("qlinear_conv_channels_last", "QLinearConv",
        [*picture, *weights, number(0.5), number(100, np.uint8),
         random.integers(-100, 100, 5, dtype=np.int32)], channels_last=1, pads=[1, 1, 1, 1],
        constants=range(1, 9))
    add("nhwc_max_pool", "NhwcMaxPool", [picture[0]], kernel_shape=[3, 3], strides=[2, 2],
        pads=[1, 1, 1, 1])


def microsoft_blocks(cases):
    for bits, block, zeros in ((2, 16, True), (4, 16, False), (4, 32, True), (8, 32, True)):
        columns, blocks = 64 * bits // 8, 64 // block
        inputs = [integers(np.uint8, 6, columns), np.array([[0, 3], [-1, 2]]), real(6, blocks)]
        if zeros:
            inputs.append(integers(np.uint8, 6, (blocks * bits + 7) // 8))
        cases.add(f"gather_block_quantized_{bits}_{block}", "GatherBlockQuantized", inputs,
                  domain=MICROSOFT, opset=21, bits=bits, block_size=block, quantize_axis=1,
                  constants=(0, 2, 3)[:2 + zeros])


def microsoft_lstm(cases):
    """One sequence: ranges of a batch hang on ONNX Runtime's threads."""
    for direction, directions in (("forward", 1), ("reverse", 1), ("bidirectional", 2)):
        for kind, columns in ((np.int8, False), (np.uint8, False), (np.int8, True)):
            shape = (directions, 4 * 10) if columns else (directions,)
            scales = [real(*shape) * 0.004 for i in range(2)]
            zeros = [(np.zeros(shape, kind) if kind == np.int8 else
                      random.integers(100, 150, shape).astype(kind)) for i in range(2)]
            inputs = [signed(7, 1, 12), integers(kind, directions, 12, 40),
                      integers(kind, directions, 10, 40), signed(directions, 80), None,
                      signed(directions, 1, 10), signed(directions, 1, 10),
                      signed(directions, 30) / 8, scales[0], zeros[0], scales[1], zeros[1]]
            cases.add(f"dynamic_quantize_lstm_{direction}_{kind.__name__}_{columns}",
                      "DynamicQuantizeLSTM", inputs, outputs=3, domain=MICROSOFT, hidden_size=10,
                      direction=direction, constants=(1, 2, 8, 9, 10, 11))


def types(cases):
    for kind in (np.float64, np.int32, np.int64, np.uint32, np.uint64):
        a, b = (real(*shape) * 50 for shape in ((2, 3, 5, 6), (3, 6, 4)))
        cases.add(f"matmul_{kind.__name__}", "MatMul", [a.astype(kind), b.astype(kind)])
    a, b, c = (real(*shape).astype(np.float64) for shape in ((6, 5), (7, 6), (7,)))
    cases.add("gemm_float64", "Gemm", [a, b, c], transA=1, transB=1, alpha=0.5, beta=2.0)
    x = real(2, 6, 5).astype(np.float64)
    for op in ("Softmax", "LogSoftmax"):
        for opset in (12, 13):
            cases.add(f"{op}_float64_{opset}", op, [-x], opset=opset, axis=1)
    cases.add("layer_normalization_float64", "LayerNormalization",
              [x, real(5).astype(np.float64), real(5).astype(np.float64) + 3])
    for kind in (np.uint8, np.int8, np.int32):
        picture = random.integers(0, 128, (1, 3, 6, 8)).astype(kind)
        # By weights that float32 holds: what is whole must not hang on errors of rounding.
        for mode in ("nearest", "linear"):
            cases.add(f"resize_{kind.__name__}_{mode}", "Resize",
                      [picture, None, np.array([1, 1, 2, 2], np.float32)], opset=18, mode=mode,
                      constants=(2,))


def microsoft_fused(cases):
    def add(name, op, inputs, **attributes):
        cases.add(name, op, inputs, domain=MICROSOFT, **attributes)

    x, bias = real(3, 4, 8), real(8)
    add("gelu", "Gelu", [x])
    add("bias_gelu", "BiasGelu", [x, bias])
    add("fast_gelu", "FastGelu", [x, bias])
    add("quick_gelu", "QuickGelu", [x], alpha=1.5)
    add("fused_gemm", "FusedGemm", [real(5, 6), real(7, 6), real(7)], transB=1, alpha=0.5,
        activation="LeakyRelu", activation_alpha=0.1)
    add("fused_matmul", "FusedMatMul", [real(2, 6, 5), real(2, 7, 6)], transA=1, transB=1,
        alpha=0.25)
    add("fused_matmul_batch", "FusedMatMul", [real(5, 2, 6), real(2, 6, 7)], transBatchA=1)
    w = real(4, 3, 3, 3)
    for activation, parameters in (("Relu", None), ("Clip", [0.5, 20.0]), ("HardSigmoid", [0.01, 0.1])):
        more = {"activation_params": parameters} if parameters else {}
        add(f"fused_conv_{activation}", "FusedConv", [real(2, 3, 6, 6), w, real(4)],
            activation=activation, pads=[1, 1, 1, 1], **more)
    add("fused_conv_add", "FusedConv", [real(2, 3, 6, 6), w, real(4), real(2, 4, 4, 4)],
        activation="Relu")
    add("skip_layer_normalization", "SkipLayerNormalization", [x, real(3, 4, 8), real(8), real(8) + 3,
        bias], outputs=["y", "", "", "sum"], epsilon=1e-5)
    add("skip_simplified_layer_normalization", "SkipSimplifiedLayerNormalization",
        [x, real(3, 4, 8), real(8)], outputs=["y", "", "", "sum"], epsilon=1e-5)
    words = random.integers(0, 10, (2, 4), dtype=np.int32)
    segments = random.integers(0, 2, (2, 4), dtype=np.int32)
    mask = np.array([[1, 1, 1, 0], [1, 1, 0, 0]], np.int32)
    add("embed_layer_normalization", "EmbedLayerNormalization",
        [words, segments, real(10, 8), real(4, 8), real(2, 8), real(8), real(8) + 3, mask],
        outputs=2, epsilon=1e-5)


def signed(*shape):
    return random.normal(0, 1, shape).astype(np.float32)


def microsoft_attention(cases):
    batch, length, heads, depth, past = 2, 5, 3, 4, 6
    width, total = heads * depth, past + length
    x = signed(batch, length, 7)
    weights, bias = signed(7, 3 * width) / 3, signed(3 * width)
    masks = {
        "ends": np.array([4, 3], np.int32),
        "bounds": np.array([5, 4, 1, 0], np.int32),
        "raw": random.integers(0, 2, (batch, length)).astype(np.int32) | (np.arange(length) == 0),
        "square": random.integers(0, 2, (batch, length, length)).astype(np.int32)
        | (np.arange(length) == 1),
    }
    add = lambda name, inputs, **more: cases.add(
        f"attention_{name}", "Attention", inputs, domain=MICROSOFT, num_heads=heads, **more)
    add("plain", [x, weights, bias])
    add("no_bias", [x, weights])
    add("causal", [x, weights, bias], unidirectional=1)
    add("scale", [x, weights, bias], scale=0.3)
    add("widths", [x, weights[:, :2 * width + 9], bias[:2 * width + 9]],
        qkv_hidden_sizes=[width, width, 9])
    for name, mask in masks.items():
        add(name, [x, weights, bias, mask.astype(np.int32)])
    add("bias", [x, weights, bias, masks["raw"].astype(np.int32), None,
                 signed(1, heads, length, length)])
    before = signed(2, batch, heads, past, depth)
    add("past", [x, weights, bias, None, before], outputs=2)
    add("past_causal", [x, weights, bias, None, before], outputs=2, unidirectional=1)

    q, k, v = signed(batch, length, width), signed(batch, 8, width), signed(batch, 8, heads * 5)
    add = lambda name, inputs, **more: cases.add(
        f"multi_head_{name}", "MultiHeadAttention", inputs, domain=MICROSOFT, num_heads=heads, **more)
    add("cross", [q, k, v])
    add("cross_bias", [q, k, v, signed(2 * width + heads * 5)], scale=0.25)
    add("lengths", [q, k, v, None, np.array([8, 3], np.int32)])
    add("padding", [q, k, v, None,
                    random.integers(0, 2, (batch, 8)).astype(np.int32) | (np.arange(8) == 2)])
    add("attention_bias", [q, k, v, None, None, signed(batch, 1, length, 8)])
    add("heads", [q, signed(batch, heads, 8, depth), signed(batch, heads, 8, depth)])
    add("causal", [q, signed(batch, length, width), signed(batch, length, width)], unidirectional=1)
    own = [q, signed(batch, length, width), signed(batch, length, width)]
    pasts = [signed(batch, heads, past, depth), signed(batch, heads, past, depth)]
    add("past", [*own, None, None, None, *pasts], outputs=3)
    add("past_bias", [*own, None, None, signed(batch, heads, length, total), *pasts], outputs=3)

    caches = signed(10, 4), signed(10, 4)
    places = random.integers(0, 10, (batch, length))
    add = lambda name, inputs, **more: cases.add(
        f"rotary_{name}", "RotaryEmbedding", inputs, domain=MICROSOFT, **more)
    add("flat", [signed(batch, length, 24), places, *caches])
    add("heads", [signed(batch, heads, length, 8), places, *caches])
    add("interleaved", [signed(batch, length, 24), places, *caches], interleaved=1)
    add("start", [signed(batch, length, 24), np.array([3]), *caches])
    add("partly", [signed(batch, length, 3 * 12), places, *caches], num_heads=3,
        rotary_embedding_dim=8)


def group_query_attention(cases):
    heads, groups, depth, length, past = 6, 2, 16, 5, 7
    add = lambda name, inputs, **more: cases.add(
        f"group_query_{name}", "GroupQueryAttention", inputs, domain=MICROSOFT, outputs=3,
        num_heads=heads, kv_num_heads=groups, **more)

    def parts(batch, length):
        return [signed(batch, length, heads * depth), signed(batch, length, groups * depth),
                signed(batch, length, groups * depth)]

    def lengths(batch, total):
        return [np.full(batch, total - 1, np.int32), np.array(total, np.int32)]

    caches = [signed(32, depth // 2), signed(32, depth // 2)]
    before = [signed(1, groups, past, depth), signed(1, groups, past, depth)]
    prompt = [*parts(2, length), None, None, *lengths(2, length)]
    add("prompt", prompt)
    add("prompt_rotary", prompt + caches, do_rotary=1)
    add("prompt_interleaved", prompt + caches, do_rotary=1, rotary_interleaved=1)
    add("prompt_softcap", prompt, softcap=2.0)
    add("prompt_scale", prompt, scale=0.2)
    add("prompt_window", prompt, local_window_size=2)
    packed = signed(2, length, (heads + 2 * groups) * depth)
    add("packed", [packed, None, None, None, None, *lengths(2, length)] + caches, do_rotary=1)
    step = [*parts(1, 1), *before, *lengths(1, past + 1)]
    add("step", step)
    add("step_rotary", step + caches, do_rotary=1)
    add("step_window", step + caches, do_rotary=1, local_window_size=3)
    several = [*parts(1, length), *before, *lengths(1, past + length)]
    add("several", several + caches, do_rotary=1)


def attention(cases):
    q, k, v = signed(2, 6, 5, 4), signed(2, 3, 7, 4), signed(2, 3, 7, 3)
    add = lambda name, inputs, **more: cases.add(
        f"attention_23_{name}", "Attention", inputs, opset=23, **more)
    add("groups", [q, k, v])
    add("softcap", [q, k, v, signed(5, 7)], softcap=1.5)
    add("mask", [q, k, v, signed(2, 1, 5, 7)], scale=0.3)
    add("booleans", [q, k, v, random.integers(0, 2, (5, 7)).astype(bool) | (np.arange(7) == 0)])
    add("causal", [q, k, v], is_causal=1)
    past = [signed(2, 3, 4, 4), signed(2, 3, 4, 3)]
    add("past", [q, k, v, None, *past], outputs=3)
    add("past_mask", [q, k, v, signed(5, 11), *past], outputs=3)
    add("past_causal", [q, k, v, None, *past], outputs=3, is_causal=1)
    flat = signed(2, 5, 24), signed(2, 7, 12), signed(2, 7, 9)
    add("flat", list(flat), q_num_heads=6, kv_num_heads=3)
    for mode in range(4):
        add(f"scores_{mode}", [q, k, v, signed(5, 7)], outputs=["y", "", "", "scores"],
            qk_matmul_output_mode=mode)


def normalisation(cases):
    x = real(2, 6, 5, 3)
    cases.add("instance_normalization_line", "InstanceNormalization", [x[:, :, 0], real(6), real(6) + 4])
    cases.add("layer_normalization_axes", "LayerNormalization", [x, real(5, 3), real(5, 3) + 4],
              outputs=3, axis=2)
    halves = [values.astype(np.float16) for values in (x, real(5, 3), real(5, 3) + 4)]
    cases.add("layer_normalization_half", "LayerNormalization", halves, outputs=3, axis=2)
    cases.add("simplified_layer_normalization", "SimplifiedLayerNormalization", [x, real(3)], axis=-1)
    cases.add("group_normalization_18", "GroupNormalization", [x, real(3), real(3) + 4], opset=18,
              num_groups=3)
    cases.add("group_normalization_21", "GroupNormalization", [x, real(6), real(6) + 4], opset=21,
              num_groups=3)
    cases.add("lrn_even", "LRN", [x], size=4, alpha=0.5, beta=0.5, bias=2.0)
    cases.add("lp_normalization_1", "LpNormalization", [x], axis=1, p=1)
    cases.add("mean_variance_axes", "MeanVarianceNormalization", [x], axes=[1, 3])


def pairs_of(values):
    return [np.stack([values.real, values.imag], -1).astype(np.float32)]


def signal(cases):
    for n in (1, 2, 3, 5, 8, 12, 30, 37, 64, 77, 100, 131, 480, 1024):
        x = random.normal(size=(2, n, 1)).astype(np.float32)
        cases.add(f"dft_{n}", "DFT", [x], axis=1, results=pairs_of(np.fft.fft(x[..., 0])))
        cases.add(f"dft_onesided_{n}", "DFT", [x], axis=1, onesided=1,
                  results=pairs_of(np.fft.rfft(x[..., 0])))
    pairs = random.normal(size=(2, 9, 3, 2)).astype(np.float32)
    values = pairs[..., 0] + 1j * pairs[..., 1].astype(np.float64)
    cases.add("dft_longer", "DFT", [pairs, number(16, np.int64)], axis=1,
              results=pairs_of(np.fft.fft(values, 16, axis=1)))
    cases.add("dft_shorter_inverse", "DFT", [pairs, number(5, np.int64)], axis=1, inverse=1,
              results=pairs_of(np.fft.ifft(values, 5, axis=1)))
    window, x = np.hamming(16).astype(np.float32), random.normal(size=(1, 100, 1)).astype(np.float32)
    frames = np.stack([x[0, i:i + 16, 0] * window for i in range(0, 85, 7)])
    cases.add("stft", "STFT", [x, number(7, np.int64), window, number(16, np.int64)],
              constants=(1, 3), results=[pairs_of(np.fft.rfft(frames))[0][None]])


def newer(cases):
    """What came with opset 24 and later."""
    x = random.normal(size=(2, 3, 4)).astype(np.float32)
    for alpha in (1.0, 1.7):
        cases.add(f"swish_{alpha}", "Swish", [x], opset=24, alpha=alpha)
    cache, update = real(2, 3, 6, 4), real(2, 3, 2, 4)
    for mode, places in (("linear", [3, 0]), ("circular", [5, 3])):
        cases.add(f"tensor_scatter_{mode}", "TensorScatter",
                  [cache, update, np.array(places, np.int64)], opset=24, mode=mode)
    cases.add("tensor_scatter_axis", "TensorScatter", [cache, real(2, 2, 6, 4)], opset=24, axis=1)
    for name, shape in (("all", (5, 7)), ("heads", (2, 2, 5, 7))):
        mask = random.integers(0, 2, shape).astype(bool)
        mask[..., :2] = True
        for causal in (0, 1):
            inputs = [real(2, 2, 5, 8), real(2, 2, 7, 8), real(2, 2, 7, 8), mask, None, None,
                      np.array([5, 7], np.int64)]
            cases.add(f"attention_24_{name}_{causal}", "Attention", inputs, opset=24,
                      is_causal=causal)


def losses(cases):
    x = real(4, 5, 3)
    for kind in (np.int32, np.int64):
        labels = random.integers(0, 5, (4, 3)).astype(kind)
        labels[0, 0] = 2
        for reduction in ("none", "sum", "mean"):
            cases.add(f"cross_entropy_{kind.__name__}_{reduction}", "SoftmaxCrossEntropyLoss",
                      [x, labels, real(5)], outputs=2, reduction=reduction, ignore_index=2)


def main():
    cases = Cases(sys.argv[1])
    for family in (integer_products, integer_convolutions, quantised_nets, quantisation, microsoft_quantised,
                   microsoft_blocks, microsoft_lstm, types, microsoft_fused, normalisation,
                   signal, losses, newer,
                   microsoft_attention, attention, group_query_attention):
        family(cases)
    print(f"# {cases.count} cases")


main()
