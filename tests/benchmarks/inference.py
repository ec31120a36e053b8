#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Inference of ours against ONNX Runtime and PyTorch, in turns.

usage: inference.py LIBRARY [--device cuda] [--threads N] [--seconds S] [--folder DIR] [NET...]

LIBRARY is the built libgenerative.so. A NET is one of nets.py, or, on the CPU, an ONNX file of one's own,
of float32 results: its inputs are random, extents that it leaves free are 1, and ONNX Runtime is its only
peer, so that no PyTorch is needed. Each engine lives in a process of its own, which works only
when it is its turn, so that no thread that still spins disturbs another. ONNX Runtime runs with all
its optimisations and bound outputs; PyTorch runs in inference mode, once more with channels last,
and once more compiled where a compiler is found; the fastest counts. The nets (nets.py) are
written as ONNX by PyTorch's exporter.

Each line: best and median milliseconds; how many times as fast as the faster peer, by best and by
median; the arithmetic that ours reaches, and as a share of the measured matrix product; and the
largest difference to ONNX Runtime's result, over the largest value.
"""
import argparse
import ctypes
import math
import multiprocessing
import os
import statistics
import tempfile
import time
import warnings

import numpy

ROUNDS, LEAST = 5, 6
PRECISIONS = ["fp32", "tf32", "bf16", "fp16"]
CHOICES = ["rules", "remembered", "measured"]


class Ours:
    """The library by its C interface; the structures are those of its public headers."""

    class Shape(ctypes.Structure):
        _fields_ = [("rank", ctypes.c_int), ("dims", ctypes.c_int64 * 8)]

    class Error(ctypes.Structure):
        _fields_ = [("domain", ctypes.c_uint32), ("code", ctypes.c_int), ("message", ctypes.c_char_p)]

    class Options(ctypes.Structure):
        _fields_ = [("device", ctypes.c_void_p), ("threads", ctypes.c_int), ("seed", ctypes.c_uint64),
                    ("precision", ctypes.c_int), ("no_fusion", ctypes.c_int),
                    ("choice", ctypes.c_int), ("choices", ctypes.c_char_p)]

    class Step(ctypes.Structure):
        _fields_ = [("node", ctypes.c_void_p), ("flops", ctypes.c_double), ("bytes", ctypes.c_size_t),
                    ("seconds", ctypes.c_double), ("way", ctypes.c_char_p)]

    class Array(ctypes.Structure):
        _fields_ = [("data", ctypes.c_void_p), ("len", ctypes.c_uint)]

    def __init__(self, settings):
        self.library = ctypes.CDLL(settings.library)
        self.threads, self.precision = settings.threads, PRECISIONS.index(settings.precision if isinstance(settings.precision, str) else "fp32")
        self.choice = CHOICES.index(settings.kernels)

        class Binding(ctypes.Structure):
            _fields_ = [("name", ctypes.c_char_p), ("type", ctypes.c_int), ("shape", self.Shape),
                        ("size", ctypes.c_size_t), ("data", ctypes.c_void_p)]

        for name, result in (("gen_onnx_load", ctypes.c_void_p), ("gen_plan_new", ctypes.c_void_p),
                             ("gen_plan_input", ctypes.POINTER(Binding)),
                             ("gen_plan_output", ctypes.POINTER(Binding)),
                             ("gen_plan_profile", ctypes.POINTER(self.Array)),
                             ("gen_plan_steps", ctypes.POINTER(self.Array))):
            getattr(self.library, name).restype = result

    def call(self, name, *arguments):
        error = ctypes.POINTER(self.Error)()
        result = getattr(self.library, name)(*arguments, ctypes.byref(error))
        if not result:
            raise RuntimeError(error.contents.message.decode())
        return ctypes.c_void_p(result)

    def load(self, name, path, inputs):
        graph = self.call("gen_onnx_load", path.encode())
        self.library.gen_graph_set_free_dimensions(graph, None, ctypes.c_int64(1))
        options = self.Options(None, self.threads, 0, self.precision, 0, self.choice, None)
        self.plan = self.call("gen_plan_new", graph, ctypes.byref(options))
        for i, values in enumerate(inputs):
            binding = self.library.gen_plan_input(self.plan, i).contents
            assert binding.size == values.nbytes
            ctypes.memmove(binding.data, values.ctypes.data, values.nbytes)
        self.run = lambda: self.library.gen_plan_run(self.plan, None)

    def output(self):
        binding = self.library.gen_plan_output(self.plan, 0).contents
        data = ctypes.string_at(binding.data, binding.size)
        return numpy.frombuffer(data, numpy.float32)

    def flops(self):
        steps = self.library.gen_plan_profile(self.plan, None).contents
        array = ctypes.cast(steps.data, ctypes.POINTER(self.Step))
        return sum(array[i].flops for i in range(steps.len))


class OnnxRuntime:
    def __init__(self, settings):
        import onnxruntime
        self.module, self.threads = onnxruntime, settings.threads

    def inputs(self, path):
        """Random numbers for a model of one's own; zeros for what is counted."""
        random, made = numpy.random.default_rng(1), []
        for port in self.module.InferenceSession(path, providers=["CPUExecutionProvider"]).get_inputs():
            shape = [extent if isinstance(extent, int) else 1 for extent in port.shape]
            if port.type == "tensor(float)":
                made.append(random.standard_normal(shape, numpy.float32))
            elif port.type in ("tensor(int64)", "tensor(int32)", "tensor(uint8)", "tensor(bool)"):
                made.append(numpy.zeros(shape, port.type[7:-1]))
            else:
                raise RuntimeError(f"input {port.name} is a {port.type}, which is not made here")
        return made

    def load(self, name, path, inputs):
        options = self.module.SessionOptions()
        options.intra_op_num_threads = self.threads
        options.graph_optimization_level = self.module.GraphOptimizationLevel.ORT_ENABLE_ALL
        session = self.module.InferenceSession(path, options, ["CPUExecutionProvider"])
        self.binding = session.io_binding()
        self.kept = [self.module.OrtValue.ortvalue_from_numpy(values) for values in inputs]
        for port, value in zip(session.get_inputs(), self.kept):
            self.binding.bind_ortvalue_input(port.name, value)
        port = session.get_outputs()[0]
        session.run_with_iobinding(self._bound(port))
        shape = self.binding.copy_outputs_to_cpu()[0].shape
        self.result = self.module.OrtValue.ortvalue_from_shape_and_type(shape, numpy.float32)
        self.binding.bind_ortvalue_output(port.name, self.result)
        self.run = lambda: session.run_with_iobinding(self.binding)

    def _bound(self, port):
        self.binding.bind_output(port.name)
        return self.binding

    def output(self):
        return self.result.numpy().ravel().copy()


class Torch:
    def __init__(self, settings, last=False, compiled=False):
        import torch
        self.torch, self.last, self.compiled = torch, last, compiled
        self.cpu_time = settings.cpu_time
        torch.set_num_threads(settings.threads)

    def load(self, name, path, inputs):
        import nets
        net, values = nets.make(name)
        if self.last:
            net = net.to(memory_format=self.torch.channels_last)
            values = tuple(v.to(memory_format=self.torch.channels_last) if v.dim() == 4 else v
                           for v in values)
        if self.compiled:
            net = self.torch.compile(net)

        def run():
            with self.torch.inference_mode():
                self.result = net(*values)
        self.run = run

    def output(self):
        return self.result.contiguous().numpy().ravel()

    def export(self, name, path):
        import nets
        net, values = nets.make(name)
        if not os.path.exists(path):
            warnings.simplefilter("ignore")
            with self.torch.inference_mode():
                self.torch.onnx.export(net, values, path, opset_version=17, dynamo=False)
        return [value.numpy() for value in values]

    def peak(self):
        """Multiplications and additions a second of a matrix product."""
        a = self.torch.randn(2048, 2048)
        clock = time.process_time if self.cpu_time else time.perf_counter
        best = math.inf
        for _ in range(12):
            start = clock()
            a @ a
            best = min(best, clock() - start)
        return 2 * 2048 ** 3 / best


ENGINES = {
    "ours": Ours,
    "onnxruntime": OnnxRuntime,
    "torch": Torch,
    "torch, channels last": lambda settings: Torch(settings, last=True),
    "torch, compiled": lambda settings: Torch(settings, compiled=True),
}


def engines_of(settings):
    if settings.device == "cpu":
        return ENGINES
    import inference_cuda
    return inference_cuda.ENGINES


def serve(pipe, engine, settings):
    try:
        self = engines_of(settings)[engine](settings)
    except Exception as error:  # a peer that is missing says so to each question
        self = error
    clock = time.process_time if settings.cpu_time else time.perf_counter

    def measure(seconds, least=LEAST):
        self.run()
        times, end = [], time.perf_counter() + seconds
        while len(times) < least or time.perf_counter() < end:
            start = clock()
            self.run()
            times.append((clock() - start) * 1e3)
        return times

    while True:
        try:
            name, arguments = pipe.recv()
        except EOFError:  # all is measured
            return
        try:
            if isinstance(self, Exception):
                raise self
            if name == "ready":
                pipe.send(True)
                continue
            pipe.send(measure(*arguments) if name == "measure" else getattr(self, name)(*arguments))
        except Exception as error:  # what an engine lacks must not end the others' run
            pipe.send(RuntimeError(f"{engine}: {(str(error).strip() or repr(error)).splitlines()[0]}"))


class Engine:
    """One of ENGINES in a process of its own."""

    def __init__(self, name, settings):
        self.pipe, end = multiprocessing.Pipe()
        multiprocessing.Process(target=serve, args=(end, name, settings), daemon=True).start()
        end.close()

    def __call__(self, name, *arguments):
        self.pipe.send((name, arguments))
        result = self.pipe.recv()
        if isinstance(result, RuntimeError):
            raise result
        return result


def is_own(name):
    return name.endswith(".onnx")


def compare(name, engines, settings, peak):
    path = name if is_own(name) else os.path.join(settings.folder, name + ".onnx")
    ready = {}
    try:
        if is_own(name):
            inputs = engines["onnxruntime"]("inputs", path)
            engines = {key: engines[key] for key in ("ours", "onnxruntime")}
            name = os.path.basename(name)[:-len(".onnx")]
        else:
            inputs = engines["torch"]("export", name, path)
    except RuntimeError as error:
        print(f"{name}: {error}")
        return None
    for key, engine in engines.items():
        try:
            engine("load", name, path, inputs)
            engine("measure", 0)
            if key == "ours" or key.startswith(settings.peer):
                ready[key] = []
        except RuntimeError as error:
            print(f"{name}: {error}")
    if "ours" not in ready or len(ready) < 2:
        return None
    for _ in range(ROUNDS):
        for key in ready:
            ready[key] += engines[key]("measure", settings.seconds / ROUNDS)
    ours, peer = engines["ours"]("output"), engines["onnxruntime"]("output")
    error = abs(ours - peer).max() / abs(peer).max()
    best = {key: min(times) for key, times in ready.items()}
    median = {key: statistics.median(times) for key, times in ready.items()}
    rival = min((key for key in ready if key != "ours"), key=best.get)
    ratios = best[rival] / best["ours"], min(median[k] for k in ready if k != "ours") / median["ours"]
    rate = engines["ours"]("flops") / best["ours"] * 1e3
    share = f"{100 * rate / peak:4.0f}%" if peak is not None else f"{'':5}"
    print(f"{name:12} {best['ours']:8.3f} {median['ours']:8.3f} | {best[rival]:8.3f} {median[rival]:8.3f}"
          f" {rival:20} | {ratios[0]:5.2f} {ratios[1]:5.2f} | {rate / 1e9:6.1f} {share}"
          f" | {error:.1e} | " + ", ".join(f"{k} {best[k]:.2f}" for k in ready if k not in ("ours", rival)),
          flush=True)
    return ratios


def all_nets():
    import nets
    return nets.NETS


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("library")
    parser.add_argument("nets", nargs="*")
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu",
                        help="cuda: ours in each precision, against the same peers there")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=5, help="for each net and engine (5)")
    parser.add_argument("--folder", help="keeps the ONNX files (a temporary one)")
    parser.add_argument("--cpu-time", action="store_true",
                        help="of the process, not of the clock: for a busy machine, with one thread")
    parser.add_argument("--precision", choices=PRECISIONS, action="append",
                        help="ours (fp32; on cuda all of them, and may be given several times)")
    parser.add_argument("--kernels", choices=CHOICES, default="measured",
                        help="how ours chooses them (measured, which the first run takes time for)")
    parser.add_argument("--peer", choices=["onnxruntime", "torch"], default="",
                        help="time this one alone (both): of the two, PyTorch alone can be told not to"
                        " use all of a processor, by ATEN_CPU_CAPABILITY and ONEDNN_MAX_CPU_ISA")
    parser.add_argument("--compiled", action="store_true", help="try torch.compile, too, which is slow to start")
    settings = parser.parse_intermixed_args()
    if settings.folder is None:
        settings.folder = tempfile.mkdtemp()
    os.makedirs(settings.folder, exist_ok=True)
    own = bool(settings.nets) and all(is_own(name) for name in settings.nets)
    multiprocessing.set_start_method("spawn")
    if settings.device == "cuda":
        import inference_cuda
        settings.precision = settings.precision or PRECISIONS
        inference_cuda.main(settings)
        return
    settings.precision = (settings.precision or ["fp32"])[-1]
    engines = {name: Engine(name, settings) for name in ENGINES
               if (settings.compiled or "compiled" not in name) and not (own and "torch" in name)}
    peak = None if own else engines["torch"]("peak")
    print(f"{settings.threads} threads; " +
          (f"matrix product of 2048: {peak / 1e9:.0f} GFLOP/s; " if peak is not None else "") +
          f"load {os.getloadavg()[0]:.1f}")
    print(f"{'net':12} {'ours':>8} {'median':>8} | {'peer':>8} {'median':>8} {'':20} | "
          f"{'times as fast':>11} | {'GFLOP/s':>12} | error")
    ratios = [compare(name, engines, settings, peak) for name in settings.nets or all_nets()]
    ratios = [ratio for ratio in ratios if ratio is not None]
    for k, what in enumerate(("best", "median")):
        if ratios:
            mean = math.exp(statistics.fmean(math.log(ratio[k]) for ratio in ratios))
            print(f"geometric mean of {len(ratios)} nets, by {what}: {mean:.2f} times as fast as the faster peer")


if __name__ == "__main__":
    main()
