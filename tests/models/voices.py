# SPDX-License-Identifier: LGPL-2.1-or-later
"""A voice that others made, given phonemes by `generator`, and their ids by ONNX Runtime: without
noise, the same sound, one sentence behind the other. compare.py calls these."""
import json
import os
import subprocess
import tempfile
import unicodedata

import numpy as np
import onnxruntime

LINES = ["həlˈoʊ wˈɜːld.", "ðɪs ɪz ɐ lˈɔːŋɡɚ sˈɛntəns, wˌɪð ɐ pˈɔːz.", "ɡʊd?"]


def ids_of(line, table):
    """As Piper has them: a pad behind the first one and behind each symbol."""
    symbols = [table[symbol] for symbol in unicodedata.normalize("NFD", line)]
    return table["^"] + table["_"] + sum((ids + table["_"] for ids in symbols), []) + table["$"]


def by_reference(model, scales):
    with open(model + ".json", encoding="utf-8") as file:
        table = json.load(file)["phoneme_id_map"]
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    made = []
    for line in LINES:
        ids = np.array([ids_of(line, table)], np.int64)
        inputs = {"input": ids, "input_lengths": np.array([ids.shape[1]], np.int64),
                  "scales": np.array(scales, np.float32)}
        made.append(session.run(None, inputs)[0].ravel())
    return np.concatenate(made)


def by_generator(tool, model, scales):
    build = os.path.dirname(os.path.dirname(os.path.abspath(tool)))
    with tempfile.TemporaryDirectory() as folder:
        text, sound = f"{folder}/lines.txt", f"{folder}/out.raw"
        with open(text, "w", encoding="utf-8") as file:
            file.write("\n".join(LINES))
        command = ["gst-launch-1.0", "-q", "filesrc", f"location={text}", "blocksize=10", "!",
                   "text/x-raw,format=utf8", "!", "generator", f"model={model}", "precision=fp32",
                   "parameters=scales=" + ":".join(map(str, scales)), "!",
                   "audio/x-raw,format=F32LE,rate=22050,channels=1", "!", "filesink",
                   f"location={sound}"]
        environment = {**os.environ, "GST_PLUGIN_PATH": f"{build}/elements",
                       "LD_LIBRARY_PATH": f"{build}/lib", "GST_REGISTRY": f"{folder}/registry.bin"}
        done = subprocess.run(command, capture_output=True, text=True, check=False,
                              env=environment)
        if done.returncode != 0 or "WARNING" in done.stderr + done.stdout:
            raise RuntimeError((done.stderr + done.stdout).strip())
        return np.fromfile(sound, "<f4")


def largest_error(tool, model, scales):
    wanted, made = by_reference(model, scales), by_generator(tool, model, scales)
    if made.shape != wanted.shape or not np.isfinite(made).all():
        raise RuntimeError(f"{len(made)} samples, should be {len(wanted)} and finite")
    return np.abs(made - wanted).max() / np.abs(wanted).max()


def cases(tool, find):
    """Field, and what gives the error of each."""
    model = find("en_US-joe-medium.onnx")
    return [
        ("speech of phonemes, by lines: en_US-joe-medium.onnx",
         lambda: largest_error(tool, model, (0, 1, 0))),
        ("speech of phonemes, slower: en_US-joe-medium.onnx",
         lambda: largest_error(tool, model, (0, 1.3, 0))),
    ]
