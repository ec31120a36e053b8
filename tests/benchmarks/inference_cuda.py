# SPDX-License-Identifier: LGPL-2.1-or-later
"""Inference on a GPU, for inference.py --device cuda: ours in each precision against PyTorch and
ONNX Runtime's CUDA provider. Inputs and outputs stay on the GPU, and each run is waited for. A peer
that is missing is named, and left out. With the emulation (tests/emulation) in GEN_CUDA_MODULE all
of it runs without a GPU, and its times mean nothing."""
import ctypes
import math
import os
import statistics

import numpy

import inference

# Engines of ours, and what of the peers is asked for; "ours" first.
PEERS = ["torch eager", "torch channels-last fp16", "torch compiled", "torch compiled fp16",
         "onnxruntime"]
WARM = 20  # runs; a compiled graph is recorded in its first ones


class Driver:
    """Memory on the device, by the driver's own functions, of the thread's context."""

    def __init__(self):
        self.library = ctypes.CDLL("libcuda.so.1")
        self.taken = []

    def call(self, name, *arguments):
        status = getattr(self.library, name)(*arguments)
        if status != 0:
            raise RuntimeError(f"{name} returned {status}")

    def take(self, size):
        address = ctypes.c_uint64()
        self.taken.append(address)
        self.call("cuMemAlloc_v2", ctypes.byref(address), ctypes.c_size_t(max(size, 1)))
        return address

    def free(self):
        for address in self.taken:
            self.call("cuMemFree_v2", address)

    def give(self, address, values):
        self.call("cuMemcpyHtoD_v2", address, ctypes.c_void_p(values.ctypes.data),
                  ctypes.c_size_t(values.nbytes))

    def fetch(self, address, size):
        result = numpy.empty(size, numpy.uint8)
        self.call("cuMemcpyDtoH_v2", ctypes.c_void_p(result.ctypes.data), address, ctypes.c_size_t(size))
        return result


def is_emulated():
    return "emulated" in os.environ.get("GEN_CUDA_MODULE", "")


class Ours(inference.Ours):
    def __init__(self, settings, precision):
        super().__init__(settings)
        self.precision = inference.PRECISIONS.index(precision)
        self.plan = self.driver = None

    def load(self, name, path, inputs):
        graph = self.call("gen_onnx_load", path.encode())
        device = ctypes.addressof(ctypes.c_char.in_dll(self.library, "gen_device_cuda"))
        options = self.Options(device, self.threads, 0, self.precision, 0, self.choice, None)
        if self.driver is not None:
            self.driver.free()
        if self.plan is not None:
            self.library.gen_plan_free(self.plan)
        self.plan = self.call("gen_plan_new", graph, ctypes.byref(options))
        self.library.gen_graph_unref(graph)
        # Only now: the context is the one in which the plan was made.
        driver = self.driver = None if is_emulated() else Driver()
        for i, values in enumerate(inputs):
            binding = self.library.gen_plan_input(self.plan, i).contents
            assert binding.size == values.nbytes
            if driver is None:
                ctypes.memmove(binding.data, values.ctypes.data, values.nbytes)
                continue
            address = driver.take(values.nbytes)
            driver.give(address, values)
            self.library.gen_plan_bind_device_input(self.plan, i, ctypes.c_void_p(address.value))
        binding = self.library.gen_plan_output(self.plan, 0).contents
        if driver is not None:
            address = driver.take(binding.size)
            self.library.gen_plan_bind_device_output(self.plan, 0, ctypes.c_void_p(address.value))
            self.output = lambda: driver.fetch(address, binding.size).view(numpy.float32)

        def run():
            if not self.library.gen_plan_run(self.plan, None):
                raise RuntimeError("the plan does not run")
        self.run = run

    def work(self):
        """Operations and bytes of a run, and the nodes that run on the CPU."""
        steps = self.library.gen_plan_steps(self.plan).contents
        array = ctypes.cast(steps.data, ctypes.POINTER(self.Step))
        every = [array[i] for i in range(steps.len)]
        return (sum(step.flops for step in every), sum(step.bytes for step in every),
                sum(step.way == b"cpu" for step in every), len(every))


class Torch:
    def __init__(self, settings, half=False, compiled=False):
        import torch
        if not torch.cuda.is_available():
            raise RuntimeError("PyTorch finds no GPU")
        self.torch, self.half, self.compiled = torch, half, compiled
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
        torch.backends.cudnn.benchmark = True

    def load(self, name, path, inputs):
        import nets
        torch = self.torch
        net, values = nets.make(name)
        net, values = net.cuda(), [value.cuda() for value in values]
        if self.half:
            net, values = net.half(), [value.half() for value in values]
            net = net.to(memory_format=torch.channels_last)
            values = [value.to(memory_format=torch.channels_last) if value.dim() == 4 else value
                      for value in values]
        if self.compiled:  # with CUDA graphs, which this mode brings
            net = torch.compile(net, mode="max-autotune")

        def run():
            with torch.inference_mode():
                self.result = net(*values)
            torch.cuda.synchronize()
        self.run = run

    def output(self):
        return self.result.float().contiguous().cpu().numpy().ravel()

    def peaks(self):
        """Operations a second of a large product by precision, and bytes a second of a copy."""
        torch = self.torch

        def best(work):
            times = []
            for _ in range(10):
                start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
                start.record()
                work()
                end.record()
                torch.cuda.synchronize()
                times.append(start.elapsed_time(end) * 1e-3)
            return min(times)

        peaks = {}
        for precision, kind in (("fp32", torch.float32), ("tf32", torch.float32),
                                ("fp16", torch.float16), ("bf16", torch.bfloat16)):
            torch.backends.cuda.matmul.allow_tf32 = precision == "tf32"
            a = torch.randn(8192, 8192, device="cuda").to(kind)
            peaks[precision] = 2 * 8192 ** 3 / best(lambda: a @ a)
        torch.backends.cuda.matmul.allow_tf32 = True
        a = torch.empty(1 << 28, device="cuda")
        b = torch.empty_like(a)
        peaks["bytes"] = 2 * a.nbytes / best(lambda: b.copy_(a))
        return peaks


class OnnxRuntime:
    def __init__(self, settings):
        import onnxruntime
        if "CUDAExecutionProvider" not in onnxruntime.get_available_providers():
            raise RuntimeError("this ONNX Runtime has no CUDA provider (onnxruntime-gpu has)")
        self.module = onnxruntime

    def load(self, name, path, inputs):
        session = self.module.InferenceSession(path, providers=["CUDAExecutionProvider"])
        if session.get_providers()[0] != "CUDAExecutionProvider":
            raise RuntimeError("its CUDA provider does not start")
        self.binding = session.io_binding()
        self.kept = [self.module.OrtValue.ortvalue_from_numpy(values, "cuda", 0) for values in inputs]
        for port, value in zip(session.get_inputs(), self.kept):
            self.binding.bind_ortvalue_input(port.name, value)
        self.binding.bind_output(session.get_outputs()[0].name, "cuda")

        def run():
            session.run_with_iobinding(self.binding)
            self.binding.synchronize_outputs()
        self.run = run

    def output(self):
        return self.binding.copy_outputs_to_cpu()[0].ravel().astype(numpy.float32)


class TorchOnCpu(inference.Torch):
    """Writes the nets as ONNX, and computes what is right."""

    def right(self, name, path, inputs):
        self.load(name, path, inputs)
        self.run()
        return self.output()


ENGINES = {"reference": TorchOnCpu,
           "torch eager": Torch,
           "torch channels-last fp16": lambda settings: Torch(settings, half=True),
           "torch compiled": lambda settings: Torch(settings, compiled=True),
           "torch compiled fp16": lambda settings: Torch(settings, half=True, compiled=True),
           "onnxruntime": OnnxRuntime}
for _precision in inference.PRECISIONS:
    ENGINES["ours " + _precision] = lambda settings, p=_precision: Ours(settings, p)


def share(rate, peak):
    return f"{100 * rate / peak:3.0f}%" if peak else "  - "


def start(names, settings):
    """Those of the engines that are there, by name; the others are named."""
    engines = {}
    for name in names:
        engine = inference.Engine(name, settings)
        try:
            engine("ready")
            engines[name] = engine
        except RuntimeError as error:
            print(f"SKIPPED {error}")
    return engines


def measure(name, engines, reference, settings, peaks):
    path = os.path.join(settings.folder, name + ".onnx")
    inputs = reference("export", name, path)
    right = reference("right", name, path, inputs)
    ready = {}
    for key, engine in engines.items():
        try:
            engine("load", name, path, inputs)
            for _ in range(1 if is_emulated() else WARM):
                engine("measure", 0, 1)
            ready[key] = []
        except RuntimeError as error:
            print(f"{name}: SKIPPED {error}")
    for _ in range(inference.ROUNDS):
        for key in ready:
            ready[key] += engines[key]("measure", settings.seconds / inference.ROUNDS,
                                       1 if is_emulated() else inference.LEAST)
    ours = {key: min(times) for key, times in ready.items() if key.startswith("ours")}
    peers = {key: min(times) for key, times in ready.items() if not key.startswith("ours")}
    for key, times in ready.items():
        error = abs(engines[key]("output") - right).max() / abs(right).max()
        line = f"{name:14} {key:25} {min(times):9.4f} {statistics.median(times):9.4f} {error:8.1e}"
        if key in ours:
            flops, size, on_cpu, steps = engines[key]("work")
            rate, seconds = peaks.get(key.split()[1]), min(times) * 1e-3
            line += (f" | {flops / seconds / 1e12:7.2f} TFLOP/s {share(flops / seconds, rate)}"
                     f" {size / seconds / 1e9:7.0f} GB/s {share(size / seconds, peaks.get('bytes'))}"
                     f" | {on_cpu} of {steps} steps on the CPU")
        print(line, flush=True)
    if not ours or not peers:
        return None
    best, rival = min(ours, key=ours.get), min(peers, key=peers.get)
    ratio = peers[rival] / ours[best]
    print(f"{name:14} {best} is {ratio:.2f} times as fast as {rival}", flush=True)
    return ratio


def main(settings):
    import nets
    reference = inference.Engine("reference", settings)
    engines = start(["ours " + precision for precision in settings.precision] + PEERS, settings)
    peaks = engines["torch eager"]("peaks") if "torch eager" in engines else {}
    if is_emulated():
        print("emulated: that it runs is all that the following says")
    print("peaks: " + (", ".join(f"{k} {v / 1e12:.1f} T/s" for k, v in peaks.items()) or "not measured"))
    print(f"{'net':14} {'engine':25} {'best ms':>9} {'median':>9} {'error':>8}")
    ratios = [measure(name, engines, reference, settings, peaks)
              for name in settings.nets or nets.ON_DEVICE]
    ratios = [ratio for ratio in ratios if ratio is not None]
    if ratios:
        mean = math.exp(statistics.fmean(map(math.log, ratios)))
        print(f"geometric mean of {len(ratios)} nets: {mean:.2f} times as fast as the fastest peer")
