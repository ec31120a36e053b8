#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Loading a model: how long it takes until it can run, how much memory is resident after a run and
at most until then, of ours and of ONNX Runtime, each in processes of its own, in turns; and what a
second plan, or session, of the same model costs in the same process.

usage: loading.py LIBRARY MODEL.onnx [ROUNDS [THREADS]]
"""
import ctypes
import os
import statistics
import subprocess
import sys
import time


def resident():
    figures = {}
    for path in ("/proc/self/status", "/proc/self/smaps_rollup"):
        with open(path) as file:
            for line in file:
                name = line.split(":")[0]
                if name in ("VmRSS", "VmHWM", "RssAnon", "RssFile", "Pss"):
                    figures[name] = int(line.split()[1]) / 1024
    return figures


class Options(ctypes.Structure):
    _fields_ = [("device", ctypes.c_void_p), ("threads", ctypes.c_int), ("seed", ctypes.c_uint64),
                ("precision", ctypes.c_int), ("no_fusion", ctypes.c_int),
                ("choice", ctypes.c_int), ("choices", ctypes.c_char_p)]


def ours(library, model, threads):
    lib = ctypes.CDLL(library)
    for name in ("gen_onnx_load", "gen_plan_new"):
        getattr(lib, name).restype = ctypes.c_void_p
    for name in ("gen_graph_unref", "gen_plan_arena_size"):
        getattr(lib, name).argtypes = [ctypes.c_void_p]
    lib.gen_plan_run.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
    lib.gen_plan_arena_size.restype = ctypes.c_size_t
    options = Options(None, threads, 0, 0, 0, 0, None)

    def load():
        graph = ctypes.c_void_p(lib.gen_onnx_load(model.encode(), None))
        lib.gen_graph_set_free_dimensions(graph, None, ctypes.c_int64(1))
        plan = lib.gen_plan_new(graph, ctypes.byref(options), None)
        lib.gen_graph_unref(graph)
        return plan
    return load, lambda plan: lib.gen_plan_run(plan, None), lambda plan: lib.gen_plan_arena_size(plan) / 2**20


def peer(library, model, threads):
    import numpy
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads

    def run(session):
        feeds = {i.name: numpy.zeros([d if isinstance(d, int) else 1 for d in i.shape], numpy.float32)
                 for i in session.get_inputs()}
        session.run(None, feeds)
    return lambda: onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"]), run, lambda _: 0


# What a process measures, in this order.
FIELDS = "seconds", "resident", "anonymous", "most", "arena", "second_seconds", "second_resident"


def measure(who, library, model, threads):
    load, run, arena = {"ours": ours, "peer": peer}[who](library, model, threads)
    kept, before, times, after = [], resident(), [], []
    for _ in range(2):
        start = time.perf_counter()
        kept.append(load())
        times.append(time.perf_counter() - start)
        run(kept[-1])
        after.append(resident())
    first, second = after
    print(times[0], first["VmRSS"] - before["VmRSS"], first["RssAnon"] - before["RssAnon"],
          first["VmHWM"] - before["VmRSS"], arena(kept[0]), times[1], second["VmRSS"] - first["VmRSS"])


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    if sys.argv[1] in ("ours", "peer"):
        measure(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
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
    loading = {}
    for who, list_ in results.items():
        m = dict(zip(FIELDS, (statistics.median(column) for column in zip(*list_))))
        loading[who] = m["seconds"]
        print(f"{who}: {m['seconds'] * 1e3:.0f} ms to load, {m['resident']:.0f} MB resident "
              f"({m['resident'] / size:.2f} of the file), {m['anonymous']:.0f} MB of it its own"
              + (f", {m['arena']:.0f} MB of that the arena" if who == "ours" else "")
              + f"; at most {m['most']:.0f} MB ({m['most'] / size:.2f}); "
              f"a second one {m['second_seconds'] * 1e3:.0f} ms and {m['second_resident']:.0f} MB")
    print(f"{loading['peer'] / loading['ours']:.2f} times as fast")


main()
