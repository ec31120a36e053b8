# SPDX-License-Identifier: LGPL-2.1-or-later
"""Models that others made for streams of sound, played by `generator` and, frame by frame, by ONNX
Runtime with numpy's transforms: the sound of the whole stream, states and all. Noise is added to
speech; where it was alone, little of it is to be left. compare.py calls these."""
import os
import subprocess
import tempfile

import numpy as np
import onnxruntime

RATE = 16000
SECONDS = 12


def play(tool, sound, properties, rate=RATE):
    """`sound` by gst-launch-1.0 through generator, of the build that `tool` lies in."""
    build = os.path.dirname(os.path.dirname(os.path.abspath(tool)))
    with tempfile.TemporaryDirectory() as folder:
        before, behind = f"{folder}/in.raw", f"{folder}/out.raw"
        sound.astype("<f4").tofile(before)
        caps = f"audio/x-raw,format=F32LE,layout=interleaved,rate={rate},channels=1"
        command = ["gst-launch-1.0", "-q", "filesrc", f"location={before}", "blocksize=3332", "!",
                   "rawaudioparse", "use-sink-caps=false", "format=pcm", "pcm-format=f32le",
                   f"sample-rate={rate}", "num-channels=1", "!", caps, "!", "generator",
                   "precision=fp32", *properties, "!", caps, "!", "filesink", f"location={behind}"]
        environment = {**os.environ, "GST_PLUGIN_PATH": f"{build}/elements",
                       "LD_LIBRARY_PATH": f"{build}/lib",
                       "GST_REGISTRY": f"{folder}/registry.bin"}
        done = subprocess.run(command, capture_output=True, text=True, check=False,
                              env=environment)
        if done.returncode != 0:
            raise RuntimeError(done.stderr.strip())
        return np.fromfile(behind, "<f4")


class Net:
    """An ONNX file of one thread, that keeps what its states have become."""

    def __init__(self, path, states):
        self.session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        shapes = {i.name: i.shape for i in self.session.get_inputs()}
        self.states = {name: np.zeros(shapes[name], np.float32) for name in states}
        self.next = list(states.values())

    def __call__(self, output, **inputs):
        made = self.session.run([output, *self.next], {**inputs, **self.states})
        self.states = dict(zip(self.states, made[1:]))
        return made[0]


def by_frames(sound, length, hop, change, window=1.0):
    """Frames under a window, each changed by `change`, under it again, and added."""
    lead = length - hop
    padded = np.concatenate([np.zeros(lead), sound, np.zeros(length + hop)])
    made = np.zeros(len(padded))
    for at in range(0, len(padded) - length + 1, hop):
        made[at:at + length] += change(padded[at:at + length] * window) * window
    return made[lead:lead + len(sound)]


def gtcrn(path):
    net = Net(path, {name: f"{name}_out" for name in ("conv_cache", "tra_cache", "inter_cache")})

    def change(frame):
        spectrum = np.fft.rfft(frame)
        parts = np.stack([spectrum.real, spectrum.imag], -1).astype(np.float32)
        made = net("enh", mix=parts[None, :, None])[0, :, 0]
        return np.fft.irfft(made[:, 0] + 1j * made[:, 1], 512)

    window = np.sin(np.pi * np.arange(512) / 512)
    return lambda sound: by_frames(sound, 512, 256, change, window)


def dtln(first, second):
    mask = Net(first, {"input_3": "tf_op_layer_stack_2"})
    block = Net(second, {"input_5": "tf_op_layer_stack_5"})

    def change(frame):
        spectrum = np.fft.rfft(frame)
        gain = mask("activation_2", input_2=np.abs(spectrum).astype(np.float32)[None, None])[0, 0]
        cleaner = np.fft.irfft(spectrum * gain, 512).astype(np.float32)
        return block("conv1d_3", input_4=cleaner[None, None])[0, 0]

    return lambda sound: by_frames(sound, 512, 128, change)


def bands(count, length, rate, least=2):
    """Bins of bands of equal width for the ear."""
    step = 9.265 * np.log1p(rate / 2 / (24.7 * 9.265)) / count
    ends = [round(24.7 * 9.265 * np.expm1(i * step / 9.265) * length / rate)
            for i in range(1, count + 1)]
    widths, before, lent = [], 0, 0
    for end in ends:
        width = end - before - lent
        lent = max(least - width, 0)
        widths.append(max(width, least))
        before = end
    widths[-1] += length // 2 + 1 - sum(widths)
    return np.repeat(np.arange(count), widths)


def so_far(values, first):
    """What `values` have been up to each frame, a hundredth of each new one."""
    followed = np.empty_like(values)
    for i, value in enumerate(values):
        first = followed[i] = 0.01 * value + 0.99 * first
    return followed


def deep_filter(folder, length=960, hop=480, rate=48000):
    """All frames of the sound at once through each of the three nets."""
    encoder, gains, filters = (
        onnxruntime.InferenceSession(f"{folder}/{name}.onnx", providers=["CPUExecutionProvider"])
        for name in ("enc", "erb_dec", "df_dec"))
    sine = np.sin(np.pi * (np.arange(length) + 0.5) / length)
    window = np.sin(np.pi / 2 * sine ** 2)

    def change(sound):
        lead = length - hop
        padded = np.concatenate([np.zeros(lead), sound, np.zeros(6 * hop)])
        count = (len(padded) - length) // hop + 1
        spectra = np.array([np.fft.rfft(padded[t * hop:t * hop + length] * window) / length
                            for t in range(count)])
        band = bands(32, length, rate)
        power = np.stack([(np.abs(spectra[:, band == b]) ** 2).mean(1) for b in range(32)], 1)
        power = 10 * np.log10(power + 1e-10)
        power = (power - so_far(power, np.linspace(-60, -90, 32))) / 40
        unit = spectra[:, :96]
        unit = unit / np.sqrt(so_far(np.abs(unit), np.linspace(0.001, 0.0001, 96)))
        names = [output.name for output in encoder.get_outputs()]
        coded = dict(zip(names, encoder.run(names, {
            "feat_erb": power[None, None].astype(np.float32),
            "feat_spec": np.stack([unit.real, unit.imag])[None].astype(np.float32)})))
        gain = gains.run(["m"], {n: coded[n] for n in ("emb", "e3", "e2", "e1", "e0")})[0][0, 0]
        taps = filters.run(["coefs"], {n: coded[n] for n in ("emb", "c0")})[0][0]
        taps = taps.reshape(count, 96, 5, 2) @ np.array([1, 1j])
        around = np.concatenate([np.zeros((2, 96)), spectra[:, :96], np.zeros((2, 96))])
        made = np.zeros(len(padded))
        for t in range(count - 2):
            frame = spectra[t] * gain[t + 2][band]
            frame[:96] = sum(around[t + k] * taps[t + 2, :, k] for k in range(5))
            made[t * hop:t * hop + length] += np.fft.irfft(frame * length, length) * window
        return made[lead:lead + len(sound)]

    return change


def largest_error(tool, sound, peer, properties, rest, rate=RATE):
    """Speech that begins after a second of noise alone, of which `rest` is left at most."""
    noise = np.random.default_rng(1).normal(size=len(sound) + rate) * 0.02
    noisy = np.concatenate([np.zeros(rate), sound]) + noise
    expected = peer(noisy)
    got = play(tool, noisy, properties, rate)
    if got.shape != expected.shape:
        raise RuntimeError(f"{len(got)} samples were made of {len(expected)}")
    alone = slice(rate // 4, rate)
    left = np.std(got[alone]) / np.std(noisy[alone])
    if left > rest:
        raise RuntimeError(f"{left:.2f} of the noise is left, more than {rest}")
    return np.abs(got - expected).max() / np.abs(expected).max()


def cases(tool, find, speech):
    """Field, and what gives the error of each."""
    net = find("gtcrn_simple.onnx")
    folder = os.path.join("dtln", "models")
    first, second = (find(os.path.join(folder, f"model_{n}.onnx")) for n in (1, 2))
    three = os.path.dirname(find("erb_dec.onnx"))
    sound = speech(SECONDS)
    return [
        ("speech from noise, streamed: gtcrn_simple.onnx",
         lambda: largest_error(tool, sound, gtcrn(net), [f"model={net}"], 0.1)),
        ("speech from noise, two files, streamed: dtln",
         lambda: largest_error(
             tool, sound, dtln(first, second),
             [f"model={first}", "chain=model_2.onnx", "spectrum=magnitude,length=512,hop=128,"
              "window=rectangular,synthesis=none", "sample-rate=16000"], 0.25)),
        ("speech from noise, three files, streamed: DeepFilterNet3",
         lambda: largest_error(
             tool, speech(SECONDS, 48000), deep_filter(three),
             [f"model={three}/enc.onnx", "chain=erb_dec.onnx,df_dec.onnx", "spectrum=deep-filter",
              "sample-rate=48000"], 0.1, 48000)),
    ]
