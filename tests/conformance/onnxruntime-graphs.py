#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The models that tests/unit/random-graphs.c saves, as ONNX Runtime computes them, its optimisations
off: as TAP. Beside SEED.onnx lie what it reads, what it made here, and how far apart two
computations may be, each float32 numbers one after the other.

    onnxruntime-graphs.py FOLDER
"""
import glob
import os
import sys

import numpy as np
import onnxruntime

MOST_FAILURES = 20  # that are printed


def numbers(stem, kind):
    return np.fromfile(f"{stem}.{kind}", np.float32)


def cut(row, shapes):
    """The numbers in `row` as arrays of these shapes."""
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes])
    return [part.reshape(shape) for part, shape in zip(np.split(row, ends[:-1]), shapes)]


def run(stem):
    """The outputs as one row; None where ONNX Runtime has no kernel for something in the model."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    try:
        session = onnxruntime.InferenceSession(
            f"{stem}.onnx", options, providers=["CPUExecutionProvider"])
    except Exception as error:
        if "NOT_IMPLEMENTED" in str(error):
            return None
        raise
    inputs = session.get_inputs()
    given = cut(numbers(stem, "inputs"), [x.shape for x in inputs]) if inputs else []
    outputs = session.run(None, {x.name: value for x, value in zip(inputs, given)})
    return np.concatenate([y.ravel() for y in outputs])


def compare(stem):
    """What is wrong, and whether there was anything to compare with."""
    try:
        theirs = run(stem)
    except Exception as error:
        return f"ONNX Runtime refuses it: {str(error).splitlines()[0]}", True
    if theirs is None:
        return None, False
    ours, bound = numbers(stem, "outputs"), numbers(stem, "bounds")
    if theirs.shape != ours.shape:
        return f"{theirs.size} numbers, and {ours.size} here", True
    # Either computation may be off by the bound.
    with np.errstate(all="ignore"):
        right = (np.abs(theirs - ours) <= 2 * bound) | (theirs == ours)
    right |= np.isnan(theirs) & np.isnan(ours)
    if right.all():
        return None, True
    at = int(np.argmin(right))
    return f"number {at} is {ours[at]!r}, and there {theirs[at]!r}; bound {bound[at]!r}", True


def main():
    stems = sorted(path[:-5] for path in glob.glob(os.path.join(sys.argv[1], "*.onnx")))
    wrong = skipped = 0
    for stem in stems:
        message, compared = compare(stem)
        skipped += not compared
        if message is None:
            continue
        wrong += 1
        if wrong <= MOST_FAILURES:
            print(f"# graph {os.path.basename(stem)}: {message}")
    print(f"# {len(stems)} graphs, of {skipped} ONNX Runtime lacks a kernel, {wrong} wrong")
    print("1..1")
    print("ok 1" if wrong == 0 and len(stems) > skipped else "not ok 1", "random graphs")


main()
