# SPDX-License-Identifier: LGPL-2.1-or-later
"""contentgate with a detector of speech that remembers, silero-vad, on a talk with music in between:
its scores are those of ONNX Runtime, run window by window, and what it mutes is the speech. Prints
TAP.

    gates.py TOOL PACKAGES MEDIA    the built tool, unpacked packages and media; test-models.sh
                                    calls it so, with GST_PLUGIN_PATH set
"""
import glob
import json
import shutil
import subprocess
import sys
import tempfile
import wave

import numpy as np
import onnxruntime

RATE, LENGTH, HOP = 16000, 576, 512  # of the model: 512 new samples behind 64 of those before
LIMIT = 2e-5
tool, packages, media = sys.argv[1:]
onnxruntime.set_default_logger_severity(3)


def run(*arguments):
    subprocess.run(arguments, check=True, capture_output=True, text=True, timeout=120)


def load(name, first, seconds):
    """As the model takes it: prompts of telephones have 8 kHz."""
    path = glob.glob(f"{media}/**/{name}", recursive=True)[0]
    with wave.open(path) as file:
        pcm = np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768
        rate = file.getframerate()
    times = (first + np.arange(int(seconds * RATE)) / RATE) * rate
    return np.interp(times, np.arange(len(pcm)), pcm).astype(np.float32)


def make_talk():
    """Speech, music and speech again; and which samples are music."""
    parts = [load("demo-congrats.wav", 0, 8), load("macroform-cold_day.wav", 20, 8), load("demo-congrats.wav", 8, 8)]
    is_music = np.concatenate([np.full(len(part), i == 1) for i, part in enumerate(parts)])
    return np.concatenate(parts), is_music


def gate(folder, talk, properties):
    """What passes, and the scores."""
    talk.tofile(f"{folder}/talk")
    run("gst-launch-1.0", "-q", "filesrc", f"location={folder}/talk", "!", "rawaudioparse",
        "use-sink-caps=false", "format=pcm", "pcm-format=f32le", f"sample-rate={RATE}",
        "num-channels=1", "!", "contentgate", f"model={folder}/silero.onnx", "window=0.036",
        "hop=0.032", f"report={folder}/report", *properties.split(), "!", "filesink",
        f"location={folder}/gated")
    with open(f"{folder}/report") as report:
        scores = [line["gate-score"] for line in map(json.loads, report) if "gate-score" in line]
    return np.fromfile(f"{folder}/gated", np.float32), np.array(scores)


def score(model, talk):
    session = onnxruntime.InferenceSession(model)
    state, scores = np.zeros((2, 1, 128), np.float32), []
    for first in range(0, len(talk) - LENGTH + 1, HOP):
        made, state = session.run(None, {"input": talk[None, first:first + LENGTH],
                                         "state": state, "sr": np.array(RATE, np.int64)})
        scores.append(made.item())
    return np.array(scores)


def energy(sound):
    return float(np.sum(np.square(sound, dtype=np.float64)))


def main():
    model = glob.glob(f"{packages}/**/silero_vad_16k_op15.onnx", recursive=True)[0]
    talk, is_music = make_talk()
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(model, f"{folder}/silero.onnx")
        run(tool, "inspect", f"{folder}/silero.onnx",
            f"--sample-rate={RATE}", "--write-modelinfo")
        wanted = score(model, talk)
        tagged, scores = gate(folder, talk, "threshold=0.5 action=tag")
        muted, _ = gate(folder, talk, "threshold=0.5 hysteresis=0.15 action=mute")
    # What is left at the end is judged as well, which the loop above leaves out.
    error = np.abs(scores[:len(wanted)] - wanted).max()
    kept = energy(muted[is_music]) / energy(talk[is_music])
    left = energy(muted[~is_music]) / energy(talk[~is_music])
    checks = [
        ("nothing is changed by a tag", np.array_equal(tagged, talk), ""),
        ("scores are those of ONNX Runtime", len(scores) >= len(wanted) and error <= LIMIT,
         f"{len(wanted)} windows, {error:.2g} at most"),
        ("speech is muted", left < 0.05, f"{100 * left:.2f}% of its energy is left"),
        ("music is not", kept > 0.9, f"{100 * kept:.2f}% of its energy is left"),
    ]
    print(f"1..{len(checks)}")
    for number, (name, good, text) in enumerate(checks, 1):
        print(f"{'ok' if good else 'not ok'} {number} - a gate of speech: {name} {text}".rstrip())
    return 0 if all(good for _, good, _ in checks) else 1


if __name__ == "__main__":
    sys.exit(main())
