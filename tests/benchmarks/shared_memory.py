#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Processes that play one model each: the memory that they take together (PSS, in which a page that
n processes map counts as one n-th in each), and how long each takes until its first frame, with
weights in the memory of each (GENERATIVE_WEIGHT_FILES=off) and in files that all of them map. The
files are in a folder of their own, which is empty before the first process.

A model that is not given is made: a dense net of as many megabytes as MEGABYTES says.

usage: shared_memory.py BUILD [MODEL.onnx|MEGABYTES [PROCESSES,…]]
"""
import os
import subprocess
import sys
import tempfile
import time

WIDTH, LATENT, SIDE = 2048, 128, 64


def make_dense(path, megabytes):
    import numpy
    import onnx
    from onnx import TensorProto, helper, numpy_helper
    random = numpy.random.default_rng(1)
    layers = max(1, round(megabytes * 2**20 / (4 * WIDTH * WIDTH)))
    widths = [LATENT] + [WIDTH] * (layers + 1) + [SIDE * SIDE]
    nodes, weights, last = [], [], "z"
    for i, (rows, columns) in enumerate(zip(widths, widths[1:])):
        values = random.standard_normal((rows, columns), numpy.float32) * numpy.float32((2 / rows) ** .5)
        weights.append(numpy_helper.from_array(values, f"w{i}"))
        nodes.append(helper.make_node("MatMul", [last, f"w{i}"], [f"m{i}"]))
        nodes.append(helper.make_node("Relu" if columns == WIDTH else "Tanh", [f"m{i}"], [f"a{i}"]))
        last = f"a{i}"
    weights.append(numpy_helper.from_array(numpy.array([-1, 1, SIDE, SIDE], numpy.int64), "shape"))
    nodes.append(helper.make_node("Reshape", [last, "shape"], ["picture"]))
    value = helper.make_tensor_value_info
    graph = helper.make_graph(nodes, "dense", [value("z", TensorProto.FLOAT, ["N", LATENT])],
                              [value("picture", TensorProto.FLOAT, ["N", 1, SIDE, SIDE])], weights)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)


def begin(build, model, files, seed):
    environment = dict(os.environ, GST_PLUGIN_PATH=f"{build}/elements", GENERATIVE_WEIGHT_FILES=files)
    return subprocess.Popen(
        ["gst-launch-1.0", "-v", "latentsrc", f"seed={seed}", "is-live=true", "!",
         "other/tensors,framerate=1/1", "!", "generator", f"model={model}", "threads=1", "!",
         "fakesink", "silent=false"],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def wait_for_frame(process):
    for line in process.stdout:
        if "chain" in line and "bytes" in line:
            return
    sys.exit("a process ended before its first frame")


def rollup(process):
    with open(f"/proc/{process.pid}/smaps_rollup") as file:
        figures = {line.split(":")[0]: line.split()[1] for line in file if "kB" in line}
    return int(figures["Pss"]) / 1024


def measure(build, model, files, count):
    """Megabytes of all, and seconds until the first frame of each, one after the other."""
    processes, seconds = [], []
    try:
        for i in range(count):
            began = time.monotonic()
            processes.append(begin(build, model, files, i))
            wait_for_frame(processes[-1])
            seconds.append(time.monotonic() - began)
        return sum(map(rollup, processes)), seconds
    finally:
        for process in processes:
            process.kill()
            process.wait()
            process.stdout.close()


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    build, what = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "200"
    counts = [int(n) for n in (sys.argv[3] if len(sys.argv) > 3 else "1,2,4,8").split(",")]
    with tempfile.TemporaryDirectory(dir=os.path.expanduser(os.environ.get("XDG_CACHE_HOME", "~"))) as folder:
        model = what
        if what.isdigit():
            model = os.path.join(folder, "dense.onnx")
            make_dense(model, int(what))
        files = os.path.join(folder, "weights")
        os.mkdir(files, 0o700)
        # Kernels are measured, and the file is read, once.
        measure(build, model, "off", 1)
        print(f"{os.path.getsize(model) / 2**20:.0f} MB of model; megabytes of all processes (PSS), "
              "seconds until the first frame of the first and of the last")
        print(f"{'processes':>9}  {'each its own':>26}  {'by files':>26}")
        for count in counts:
            own, own_seconds = measure(build, model, "off", count)
            shared, seconds = measure(build, model, files, count)
            print(f"{count:9}  {own:10.0f} {own_seconds[0]:7.2f} {own_seconds[-1]:7.2f}  "
                  f"{shared:10.0f} {seconds[0]:7.2f} {seconds[-1]:7.2f}", flush=True)


if __name__ == "__main__":
    main()
