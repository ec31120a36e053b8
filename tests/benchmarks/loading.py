#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Loading a model: how long it takes until it can run, and how much memory is resident after a run,
of ours and of ONNX Runtime, each in processes of its own, in turns.

usage: loading.py LIBRARY MODEL.onnx [ROUNDS [THREADS]]
"""
import ctypes
import os
import statistics
import subprocess
import sys
import time


def resident():
    with open("/proc/self/status") as status:
        return {line.split(":")[0]: int(line.split()[1]) / 1024 for line in status if line.startswith(("VmRSS", "RssAnon", "RssFile"))}


def ours(library, model, threads):
    lib = ctypes.CDLL(library)
    for name in ("gen_onnx_load", "gen_plan_new"):
        getattr(lib, name).restype = ctypes.c_void_p
    lib.gen_graph_unref.argtypes = [ctypes.c_void_p]
    options = (ctypes.c_uint64 * 4)(0, threads, 0, 0)
    before, start = resident(), time.perf_counter()
    graph = ctypes.c_void_p(lib.gen_onnx_load(model.encode(), None))
    lib.gen_graph_set_free_dimensions(graph, None, ctypes.c_int64(1))
    plan = ctypes.c_void_p(lib.gen_plan_new(graph, options, None))
    lib.gen_graph_unref(graph)
    seconds = time.perf_counter() - start
    lib.gen_plan_run(plan)
    return seconds, before


def peer(library, model, threads):
    import numpy
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    before, start = resident(), time.perf_counter()
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    seconds = time.perf_counter() - start
    feeds = {i.name: numpy.zeros([d if isinstance(d, int) else 1 for d in i.shape], numpy.float32)
             for i in session.get_inputs()}
    session.run(None, feeds)
    return seconds, before


def main():
    if sys.argv[1] in ("ours", "peer"):
        seconds, before = {"ours": ours, "peer": peer}[sys.argv[1]](sys.argv[2], sys.argv[3], int(sys.argv[4]))
        after = resident()
        print(seconds, *(after[k] - before[k] for k in ("VmRSS", "RssAnon")))
        return
    library, model = os.path.abspath(sys.argv[1]), sys.argv[2]
    rounds, threads = (int(sys.argv[i]) if len(sys.argv) > i else d for i, d in ((3, 5), (4, 2)))
    results = {"ours": [], "peer": []}
    for _ in range(rounds):
        for who, list_ in results.items():
            out = subprocess.run([sys.executable, __file__, who, library, model, str(threads)], check=True,
                                 capture_output=True, text=True).stdout.split()
            list_.append([float(x) for x in out])
    size = os.path.getsize(model) / 2**20
    print(f"{model}: {size:.0f} MB")
    for who, list_ in results.items():
        seconds, rss, anon = (statistics.median(column) for column in zip(*list_))
        print(f"{who}: {seconds * 1e3:.0f} ms to load, {rss:.0f} MB resident ({rss / size:.2f} of the file), "
              f"{anon:.0f} MB of it its own")
    ratio = statistics.median(r[0] for r in results["peer"]) / statistics.median(r[0] for r in results["ours"])
    print(f"{ratio:.2f} times as fast")


main()
