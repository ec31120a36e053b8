#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Matrix products of ours against ONNX Runtime's and PyTorch's, in turns.

usage: products.py LIBRARY [--threads N] [--seconds S] [--peer PEER] [--precision P] [SHAPE...]

LIBRARY is the built libgenerative.so; a SHAPE is a part of a name in PRODUCTS. Small products stand
in their graph several times, with different inputs, so that what a run of a graph costs is not what
is measured. Each engine lives in a process of its own. Of the peers PyTorch alone can be told not to
use all of a processor: for AVX2, GENERATIVE_MAXIMUM_ISA=avx2 ATEN_CPU_CAPABILITY=avx2
MKL_ENABLE_INSTRUCTIONS=AVX2 ONEDNN_MAX_CPU_ISA=AVX2 products.py --peer torch.

Each line: microseconds of a product, by best times; the arithmetic that ours reaches, and as a share
of the measured product of 2048; the bandwidth at which it reads B; the peers' microseconds, and how
many times as fast as each ours is; and the largest difference to the last peer's result, over the
largest value.
"""
import argparse
import multiprocessing
import os
import tempfile
import time

import numpy

import inference

# name: m, n, k; "c" where B is constant, "v" where it is an input, then "t" where A, where B is
# transposed or "n"; batches of a MatMul
PRODUCTS = {
    "2048": (2048, 2048, 2048, "cnn", 0),
    "tall, queries of a transformer": (256, 384, 384, "cnn", 0),
    "tall, up": (256, 1536, 384, "cnn", 0),
    "tall, down": (256, 384, 1536, "cnn", 0),
    "tall, 1024 tokens": (1024, 320, 320, "cnn", 0),
    "tall, gate": (1024, 2560, 320, "cnn", 0),
    "tall, from gate": (1024, 320, 1280, "cnn", 0),
    "77 tokens of context": (77, 320, 768, "cnn", 0),
    "narrow, 100 columns": (2048, 100, 256, "cnn", 0),
    "narrow, 10 columns": (4096, 10, 512, "cnn", 0),
    "1 row, 100 to 256": (1, 256, 100, "cnn", 0),
    "1 row, 256 to 512": (1, 512, 256, "cnn", 0),
    "1 row, 512 to 1024": (1, 1024, 512, "cnn", 0),
    "1 row, 1024 to 784": (1, 784, 1024, "cnn", 0),
    "1 row, 4096 to 4096": (1, 4096, 4096, "cnn", 0),
    "2 rows": (2, 784, 1024, "cnn", 0),
    "4 rows": (4, 784, 1024, "cnn", 0),
    "8 rows": (8, 784, 1024, "cnn", 0),
    "16 rows, 256 to 512": (16, 512, 256, "cnn", 0),
    "16 rows, 512 to 1024": (16, 1024, 512, "cnn", 0),
    "16 rows, 1024 to 784": (16, 784, 1024, "cnn", 0),
    "32 rows": (32, 784, 1024, "cnn", 0),
    "batches of 16": (16, 16, 16, "vnn", 64),
    "batches of 32": (32, 32, 32, "vnn", 32),
    "batches of 64": (64, 64, 64, "vnn", 16),
    "batches of 128": (128, 128, 128, "vnn", 8),
    "batches, odd": (77, 53, 41, "vnn", 16),
    "batches, 8 by 128 by 64": (8, 128, 64, "vnn", 16),
    "1 row, variable": (1, 512, 512, "vnn", 0),
    "1 row, variable, B transposed": (1, 512, 512, "vnt", 0),
    "variable": (512, 512, 512, "vnn", 0),
    "variable, B transposed": (512, 512, 512, "vnt", 0),
    "64, B transposed": (64, 64, 64, "vnt", 0),
    "64, A transposed": (64, 64, 64, "vtn", 0),
    "training, forwards": (128, 1024, 512, "vnn", 0),
    "training, to the input": (128, 512, 1024, "vnt", 0),
    "training, to the weights": (512, 1024, 128, "vtn", 0),
    "training, to the last weights": (1024, 784, 128, "vtn", 0),
}
SMALL = 2e6  # multiplications and additions that a graph should have at least


def describe(name):
    """The shape, its inputs and how often the product stands in its graph."""
    m, n, k, kind, batches = PRODUCTS[name]
    copies = int(max(1, min(64, SMALL / (2.0 * m * n * k * max(batches, 1)))))
    lead = [batches] if batches else []
    random = numpy.random.default_rng(1)
    draw = lambda *shape: (random.random(shape, numpy.float32) - 0.5)
    a = [draw(*lead, *((k, m) if kind[1] == "t" else (m, k))) for _ in range(copies)]
    b = draw(*lead, *((n, k) if kind[2] == "t" else (k, n)))
    return kind, copies, a, b


def write(name, path):
    import onnx
    from onnx import helper, numpy_helper
    kind, copies, a, b = describe(name)
    float32 = onnx.TensorProto.FLOAT
    inputs = [helper.make_tensor_value_info(f"a{i}", float32, x.shape) for i, x in enumerate(a)]
    outputs, nodes = [], []
    for i in range(copies):
        if kind[1:] == "nn":
            nodes.append(helper.make_node("MatMul", [f"a{i}", "b"], [f"y{i}"]))
        else:
            nodes.append(helper.make_node("Gemm", [f"a{i}", "b"], [f"y{i}"], transA=int(kind[1] == "t"),
                                          transB=int(kind[2] == "t")))
        outputs.append(helper.make_tensor_value_info(f"y{i}", float32, None))
    constant = [numpy_helper.from_array(b, "b")] if kind[0] == "c" else []
    if not constant:
        inputs.append(helper.make_tensor_value_info("b", float32, b.shape))
    graph = helper.make_graph(nodes, "product", inputs, outputs, constant)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)


class Ours(inference.Ours):
    def load(self, name, path):
        kind, _, a, b = describe(name)
        super().load(name, path, a + ([b] if kind[0] == "v" else []))


class OnnxRuntime:
    def __init__(self, settings):
        import onnxruntime
        self.module, self.threads = onnxruntime, settings.threads

    def load(self, name, path):
        kind, copies, a, b = describe(name)
        options = self.module.SessionOptions()
        options.intra_op_num_threads = self.threads
        session = self.module.InferenceSession(path, options, ["CPUExecutionProvider"])
        binding = session.io_binding()
        self.kept = [self.module.OrtValue.ortvalue_from_numpy(x) for x in a + ([b] if kind[0] == "v" else [])]
        for port, value in zip(session.get_inputs(), self.kept):
            binding.bind_ortvalue_input(port.name, value)
        for port in session.get_outputs():
            binding.bind_output(port.name)
        session.run_with_iobinding(binding)
        self.results = binding.get_outputs()
        for port, value in zip(session.get_outputs(), self.results):
            binding.bind_ortvalue_output(port.name, value)
        self.run = lambda: session.run_with_iobinding(binding)

    def output(self):
        return self.results[0].numpy().ravel().copy()


class Torch:
    def __init__(self, settings):
        import torch
        self.torch = torch
        torch.set_num_threads(settings.threads)

    def load(self, name, path):
        kind, copies, a, b = describe(name)
        a = [self.torch.from_numpy(x).mT if kind[1] == "t" else self.torch.from_numpy(x) for x in a]
        b = self.torch.from_numpy(b).mT if kind[2] == "t" else self.torch.from_numpy(b)
        self.results = [x @ b for x in a]

        def run():
            with self.torch.inference_mode():
                for x, y in zip(a, self.results):
                    self.torch.matmul(x, b, out=y)
        self.run = run

    def output(self):
        return self.results[0].numpy().ravel().copy()


ENGINES = {"ours": Ours, "onnxruntime": OnnxRuntime, "torch": Torch}


def serve(pipe, engine, settings):
    self = ENGINES[engine](settings)
    clock = time.process_time if settings.cpu_time else time.perf_counter
    while True:
        try:
            name, *arguments = pipe.recv()
        except EOFError:  # all is measured
            return
        if name != "measure":
            pipe.send(getattr(self, name)(*arguments))
            continue
        self.run()
        best, end = float("inf"), time.perf_counter() + arguments[0]
        while time.perf_counter() < end:
            start = clock()
            self.run()
            best = min(best, clock() - start)
        pipe.send(best)


class Engine:
    """One of ENGINES in a process of its own."""

    def __init__(self, name, settings):
        self.pipe, end = multiprocessing.Pipe()
        multiprocessing.Process(target=serve, args=(end, name, settings), daemon=True).start()
        end.close()

    def __call__(self, *question):
        self.pipe.send(question)
        return self.pipe.recv()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("library")
    parser.add_argument("shapes", nargs="*")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=1, help="for each product and engine (1)")
    parser.add_argument("--cpu-time", action="store_true",
                        help="of the process, not of the clock: for a busy machine, with one thread")
    parser.add_argument("--peer", choices=["onnxruntime", "torch"], default="", help="this one alone (both)")
    parser.add_argument("--precision", choices=inference.PRECISIONS, default="fp32", help="ours (fp32)")
    settings = parser.parse_intermixed_args()
    settings.kernels = "rules"
    multiprocessing.set_start_method("spawn")
    engines = {name: Engine(name, settings) for name in ENGINES
               if name == "ours" or name.startswith(settings.peer)}
    peak = None
    print(f"{settings.threads} threads; load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as folder:
        for name, (m, n, k, _, batches) in PRODUCTS.items():
            if peak is not None and settings.shapes and not any(part in name for part in settings.shapes):
                continue
            path = os.path.join(folder, "product.onnx")
            write(name, path)
            copies, best = describe(name)[1], {key: float("inf") for key in engines}
            for engine in engines.values():
                engine("load", name, path)
            for _ in range(5):
                for key, engine in engines.items():
                    best[key] = min(best[key], engine("measure", settings.seconds / 5) / copies)
            results = [engine("output") for engine in engines.values()]
            rate = 2.0 * m * n * k * max(batches, 1) / best["ours"]
            peak = peak or max(2.0 * m * n * k / value for value in best.values())
            error = abs(results[0] - results[-1]).max() / abs(results[-1]).max()
            print(f"{name:32} {best['ours'] * 1e6:9.2f} us {rate / 1e9:6.1f} GFLOP/s {100 * rate / peak:4.0f}%"
                  f" {4e-9 * n * k * max(batches, 1) / best['ours']:6.1f} GB/s | "
                  + " | ".join(f"{key} {value * 1e6:9.2f}, {value / best['ours']:5.2f}"
                               for key, value in best.items() if key != "ours")
                  + f" | {error:.0e}", flush=True)


if __name__ == "__main__":
    main()
