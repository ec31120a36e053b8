#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Attention of ours against ONNX Runtime's and PyTorch's, in turns, by processor time of one thread.

usage: attention.py LIBRARY [CASE...] [--seconds S]

LIBRARY is the built libgenerative.so. A case is HEADSxQUERIESxKEYSxDEPTH, with "c" behind it where it is
causal, "m" for a mask of numbers, "b" for one of truth values, and "gN" for N heads of keys; without one,
several. Ours and PyTorch (scaled_dot_product_attention) take [batch, heads, tokens, depth]; ONNX Runtime
takes com.microsoft's MultiHeadAttention, which is its fastest, of [batch, tokens, heads * depth], and so does
ours in the last column ("flat"). It is left out where it does not know the case.

Each line: GFLOP/s of the two products that attention is made of (of all scores, also where it is causal) of
ours, PyTorch, ours flat and ONNX Runtime, the share of a matrix product of PyTorch's in the same run, and the
largest difference to double arithmetic, over the largest value.

What masks the processor for all but ONNX Runtime: GENERATIVE_MAXIMUM_ISA=avx2 ATEN_CPU_CAPABILITY=avx2
ONEDNN_MAX_CPU_ISA=AVX2 MKL_ENABLE_INSTRUCTIONS=AVX2.
"""
import argparse
import math
import os
import re
import tempfile
import time

import numpy
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper

import inference

CASES = ["8x64x64x64", "8x256x256x64", "8x1024x1024x40", "8x1024x1024x64", "8x1024x1024x80", "8x1024x1024x128",
         "6x4096x4096x64", "8x4096x77x40", "16x1024x1024x64c", "8x1024x1024x64m", "8x1024x1024x64b",
         "8x1x4096x64", "8x1x4096x64g2", "8x1x4096x128"]


class Case:
    def __init__(self, text):
        found = re.fullmatch(r"(\d+)x(\d+)x(\d+)x(\d+)([cmb]?)(?:g(\d+))?", text)
        self.heads, self.queries, self.keys, self.depth = map(int, found.groups()[:4])
        self.kind, self.groups = found[5], int(found[6] or self.heads)
        random = numpy.random.default_rng(1)

        def normal(*shape):
            return random.standard_normal(shape, dtype=numpy.float32)
        self.inputs = [normal(1, self.heads, self.queries, self.depth), normal(1, self.groups, self.keys, self.depth),
                       normal(1, self.groups, self.keys, self.depth)]
        if self.kind == "m":
            self.inputs.append(normal(self.queries, self.keys))
        elif self.kind == "b":
            self.inputs.append(random.random((self.queries, self.keys)) < 0.7)
        self.flops = 4 * self.heads * self.queries * self.keys * self.depth

    def expected(self):
        q, k, v = [x.astype(numpy.float64) for x in self.inputs[:3]]
        k, v = [x.repeat(self.heads // self.groups, 1) for x in (k, v)]
        scores = q @ k.swapaxes(2, 3) / math.sqrt(self.depth)
        if self.kind == "c":
            scores += numpy.triu(numpy.full(scores.shape[2:], -numpy.inf), 1)
        elif self.kind == "m":
            scores += self.inputs[3]
        elif self.kind == "b":
            scores[:, :, ~self.inputs[3]] = -numpy.inf
        scores = numpy.exp(scores - scores.max(3, keepdims=True))
        return scores / scores.sum(3, keepdims=True) @ v

    def write(self, path, flat):
        names, inputs = "q k v mask".split(), self.flat() if flat else self.inputs
        types = [TensorProto.BOOL if x.dtype == bool else TensorProto.FLOAT for x in inputs]
        ports = [helper.make_tensor_value_info(*port) for port in zip(names, types, [x.shape for x in inputs])]
        if flat:
            node = helper.make_node("MultiHeadAttention", names[:3], ["y"], domain="com.microsoft",
                                    num_heads=self.heads, unidirectional=int(self.kind == "c"))
        else:
            node = helper.make_node("Attention", names[:len(inputs)], ["y"], is_causal=int(self.kind == "c"))
        y = helper.make_tensor_value_info("y", TensorProto.FLOAT, inputs[0].shape)
        domains = [helper.make_opsetid("", 23), helper.make_opsetid("com.microsoft", 1)]
        onnx.save(helper.make_model(helper.make_graph([node], "attention", ports, [y]), opset_imports=domains,
                                    ir_version=10), path)

    def flat(self):
        return [numpy.ascontiguousarray(x.swapaxes(1, 2)).reshape(1, x.shape[2], -1) for x in self.inputs[:3]]

    def has_flat(self):
        return self.kind in ("", "c") and self.groups == self.heads


def attend(case, tensors):
    mask = torch.from_numpy(case.inputs[3]) if len(case.inputs) > 3 else None
    return torch.nn.functional.scaled_dot_product_attention(
        *tensors[:3], attn_mask=mask, is_causal=case.kind == "c", enable_gqa=case.groups != case.heads)


def ours(settings, path, inputs):
    engine = inference.Ours(settings)
    engine.load("", path, inputs)
    return engine


def peer(path, inputs):
    engine = inference.OnnxRuntime(argparse.Namespace(threads=1))
    engine.load("", path, inputs)
    return engine


def measure(runs, seconds):
    """The best processor time of each, taken in turns."""
    best = dict.fromkeys(runs, math.inf)
    until = time.monotonic() + seconds * len(runs)
    while time.monotonic() < until:
        for name, run in runs.items():
            start = time.thread_time()
            run()
            best[name] = min(best[name], time.thread_time() - start)
    return best


def product():
    a = torch.randn(1024, 1024)
    return lambda: a @ a


def inference_line(settings, case, folder):
    path, flat = os.path.join(folder, "a.onnx"), os.path.join(folder, "flat.onnx")
    case.write(path, False)
    own = ours(settings, path, case.inputs)
    tensors = [torch.from_numpy(x) for x in case.inputs]
    runs = {"ours": own.run, "torch": lambda: attend(case, tensors), "product": product()}
    if case.has_flat():
        case.write(flat, True)
        runs["flat"] = ours(settings, flat, case.flat()).run
        runs["ORT"] = peer(flat, case.flat()).run
    with torch.inference_mode():
        best = measure(runs, settings.seconds)
    share = 100 * case.flops / best["ours"] / (2 * 1024 ** 3 / best["product"])
    expected = case.expected().ravel()
    error = abs(own.output() - expected).max() / abs(expected).max()
    speeds = "".join(f"{case.flops / best[name] / 1e9:9.1f}" if name in best else f"{'':9}"
                     for name in ("ours", "torch", "flat", "ORT"))
    return f"{speeds}{share:7.0f}% {error:9.1e} {best['torch'] / best['ours']:6.2f}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("library")
    parser.add_argument("cases", nargs="*")
    parser.add_argument("--seconds", type=float, default=1, help="for each engine of a line (1)")
    settings = parser.parse_args()
    settings.threads, settings.precision, settings.kernels = 1, "fp32", "rules"
    torch.set_num_threads(1)
    onnxruntime.set_default_logger_severity(3)
    print(f"{'case':18}{'ours':>9}{'torch':>9}{'flat':>9}{'ORT':>9}{'share':>8} {'error':>9} {'ahead':>6}")
    with tempfile.TemporaryDirectory() as folder:
        for text in settings.cases or CASES:
            print(f"{text:18}" + inference_line(settings, Case(text), folder), flush=True)


if __name__ == "__main__":
    main()
