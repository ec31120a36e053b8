# SPDX-License-Identifier: LGPL-2.1-or-later
"""Denoisers with the shape of a UNet, as exporters write them, sampled by the generator element and
by loops of numpy around ONNX Runtime, which follow the papers. Frames differ by no more than what
rounding to bytes allows. Prints TAP.

    sampling.py      test-models.sh calls it, with GST_PLUGIN_PATH set
"""
import os
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

CHANNELS, SIDE, WIDTH, FRAMES, TIMES = 3, 16, 8, 3, 1000
onnxruntime.set_default_logger_severity(3)


def denoiser(path, time, time_type):
    """Down and up again, with a short cut; the time comes in as waves, as it does everywhere."""
    random = np.random.default_rng(7)
    nodes, constants = [], []

    def node(op, *inputs, **attributes):
        name = f"{op}_{len(nodes)}"
        nodes.append(helper.make_node(op, list(inputs), [name], **attributes))
        return name

    def constant(value, dtype=np.float32):
        name = f"constant_{len(constants)}"
        constants.append(numpy_helper.from_array(np.asarray(value, dtype), name))
        return name

    def conv(x, before, after, stride=1):
        weights = random.normal(size=(after, before, 3, 3)) / (3 * before ** 0.5)
        return node("Conv", x, constant(weights), constant(random.normal(size=after) / 10),
                    strides=[stride] * 2, pads=[1] * 4)

    def silu(x):
        return node("Mul", x, node("Sigmoid", x))

    column = node("Reshape", node("Cast", time, to=TensorProto.FLOAT), constant([-1, 1], np.int64))
    angles = node("Mul", column, constant(np.exp(-np.arange(8))[None]))
    waves = node("Concat", node("Sin", angles), node("Cos", angles), axis=1)
    shift = node("MatMul", waves, constant(random.normal(size=(16, WIDTH)) / 4))
    first = silu(node("Add", conv("x", CHANNELS, WIDTH),
                      node("Unsqueeze", shift, constant([2, 3], np.int64))))
    small = silu(conv(first, WIDTH, 2 * WIDTH, 2))
    normal = node("InstanceNormalization", conv(small, 2 * WIDTH, 2 * WIDTH),
                  constant(np.ones(2 * WIDTH)), constant(np.zeros(2 * WIDTH)))
    small = node("Add", small, silu(normal))
    large = node("Resize", small, "", constant([1, 1, 2, 2]), mode="nearest")
    made = conv(silu(conv(node("Concat", large, first, axis=1), 3 * WIDTH, WIDTH)), WIDTH, CHANNELS)
    nodes.append(helper.make_node("Identity", [made], ["made"]))
    shape = ["batch", CHANNELS, SIDE, SIDE]
    graph = helper.make_graph(
        nodes, "denoiser",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape),
         helper.make_tensor_value_info(time, time_type, ["batch"])],
        [helper.make_tensor_value_info("made", TensorProto.FLOAT, shape)], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, path)


def squared_signals(schedule):
    if schedule == "linear":
        betas = np.linspace(1e-4, 0.02, TIMES)
    elif schedule == "scaled-linear":
        betas = np.linspace(0.00085 ** 0.5, 0.012 ** 0.5, TIMES) ** 2
    else:
        falls = np.cos((np.arange(TIMES + 1) / TIMES + 0.008) / 1.008 * np.pi / 2) ** 2
        betas = np.minimum(1 - falls[1:] / falls[:-1], 0.999)
    return np.cumprod(1 - betas)


def to_sample(prediction, seen, made, signal, noise):
    """What the denoiser takes `seen` for, where that is signal * sample + noise * normal."""
    if prediction == "epsilon":
        return (seen - noise * made) / signal
    if prediction == "v":
        length = np.hypot(signal, noise)
        return signal / length ** 2 * seen - noise / length * made
    return made


def ddim(denoise, x, steps, prediction, schedule):
    squares = np.append(squared_signals(schedule), 1)
    times = [int(TIMES * (1 - k / steps) + 0.5) - 1 for k in range(steps + 1)]
    for now, following in zip(times, times[1:]):
        signal, noise = squares[now] ** 0.5, (1 - squares[now]) ** 0.5
        sample = to_sample(prediction, x, denoise(x, now), signal, noise)
        epsilon = (x - signal * sample) / noise
        x = squares[following] ** 0.5 * sample + (1 - squares[following]) ** 0.5 * epsilon
    return x


def euler(denoise, x, steps, prediction, schedule):
    if schedule == "karras":
        low, high = 0.002, 80
    else:
        squares = squared_signals(schedule)
        all_sigmas = ((1 - squares) / squares) ** 0.5
        low, high = all_sigmas[0], all_sigmas[-1]
    share = np.arange(steps) / max(steps - 1, 1)
    sigmas = (high ** (1 / 7) + share * (low ** (1 / 7) - high ** (1 / 7))) ** 7
    times, scales = sigmas, np.ones(steps)
    if schedule != "karras":
        times = np.round(np.interp(np.log(sigmas), np.log(all_sigmas), np.arange(TIMES)))
        sigmas = all_sigmas[times.astype(int)]
        scales = 1 / (1 + sigmas ** 2) ** 0.5
    x = x * sigmas[0]
    for sigma, following, time, scale in zip(sigmas, np.append(sigmas[1:], 0), times, scales):
        seen = x * scale
        sample = to_sample(prediction, seen, denoise(seen, time), scale, sigma * scale)
        x = x + (x - sample) / sigma * (following - sigma)
    return x


def philox(counter, key):
    """Salmon et al.'s Philox 4x32 with 10 rounds, of arrays of counters [4, n]."""
    words, key = [np.uint64(word) for word in counter], [np.uint64(word) for word in key]
    low, half = np.uint64(0xFFFFFFFF), np.uint64(32)
    for _ in range(10):
        a, b = words[0] * np.uint64(0xD2511F53), words[2] * np.uint64(0xCD9E8D57)
        words = [b >> half ^ words[1] ^ key[0], b & low, a >> half ^ words[3] ^ key[1], a & low]
        key = [key[0] + np.uint64(0x9E3779B9) & low, key[1] + np.uint64(0xBB67AE85) & low]
    return words


def key_of(stream, number):
    """Of seed 0: Philox at the counter of the stream's FNV-1a hash and the number."""
    name = 0xcbf29ce484222325
    for letter in stream.encode():
        name = (name ^ letter) * 0x100000001b3 % 2 ** 64
    return philox([[name % 2 ** 32], [name >> 32], [number], [0]], [0, 0])[:2]


def noise_anew(noise, step):
    """The numbers of each sample in an order and with signs of the step's own."""
    size = noise[0].size
    zeros, indices = np.zeros(size, np.uint64), np.arange(size, dtype=np.uint64)
    words = philox([indices, zeros, zeros + np.uint64(step), zeros], key_of("sampling", 0))
    order = np.zeros(size, int)
    for i in range(size):
        products = [int(word[i]) * (i + 1) for word in words]
        j = next(p >> 32 for p in products if p % 2 ** 32 >= (-(i + 1) % 2 ** 32) % (i + 1))
        order[i], order[j] = order[j], i
    words = philox([indices, zeros, zeros + np.uint64(step), zeros], key_of("sampling", 1))
    uniform = np.stack(words, 1).ravel()[:size] >> np.uint64(31)
    signs = np.where(uniform == 0, -1, 1)
    return (noise.reshape(len(noise), -1)[:, order] * signs).reshape(noise.shape)


def consistency(denoise, x, steps, prediction, schedule):
    squares = np.append(squared_signals(schedule), 1)
    times = [int(TIMES * (1 - k / steps) + 0.5) - 1 for k in range(steps + 1)]
    noise = x
    for step, (now, following) in enumerate(zip(times, times[1:])):
        signal, deviation = squares[now] ** 0.5, (1 - squares[now]) ** 0.5
        sample = to_sample(prediction, x, denoise(x, now), signal, deviation)
        x = squares[following] ** 0.5 * sample
        x = x + (1 - squares[following]) ** 0.5 * noise_anew(noise, step)
    return x


def launch(*words):
    subprocess.run(["gst-launch-1.0", "-q", *words], check=True)


def compare(folder, number, sampler, steps, prediction, schedule):
    model, noise, frames = (os.path.join(folder, name) for name in ("d.onnx", "noise", "frames"))
    told_sigma = schedule == "karras"
    time = "sigma" if told_sigma else "timestep"
    denoiser(model, time, TensorProto.FLOAT if told_sigma else TensorProto.INT64)
    source = ["latentsrc", f"num-buffers={FRAMES}", "seed=3"]
    launch(*source, f"dimensions={CHANNELS * SIDE * SIDE}", "!", "filesink", f"location={noise}")
    x = np.fromfile(noise, np.float32).reshape(FRAMES, CHANNELS, SIDE, SIDE)
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])

    def denoise(seen, at):
        told = np.full(FRAMES, at, np.float32 if told_sigma else np.int64)
        return session.run(None, {"x": seen.astype(np.float32), time: told})[0].astype(np.float64)

    wanted = {"ddim": ddim, "euler": euler, "consistency": consistency}[sampler](
        denoise, x.astype(np.float64), steps, prediction, schedule)
    low, high = wanted.min(), wanted.max()
    launch(*source, "!", "generator", f"model={model}", f"sampler={sampler}", f"steps={steps}",
           f"prediction={prediction}", f"schedule={schedule}", f"output-range={low},{high}", "!",
           "video/x-raw,format=RGB", "!", "filesink", f"location={frames}")
    made = np.fromfile(frames, np.uint8).reshape(FRAMES, SIDE, SIDE, CHANNELS)
    off = np.abs(made - (wanted.transpose(0, 2, 3, 1) - low) / (high - low) * 255).max()
    good = off < 0.51
    print(f"{'ok' if good else 'not ok'} {number} - {sampler}, {steps} steps, {prediction}, "
          f"{schedule}: {off:.3f} of a byte", flush=True)
    return good


CASES = [("ddim", 10, "epsilon", "linear"), ("ddim", 25, "v", "cosine"),
         ("ddim", 7, "sample", "scaled-linear"), ("euler", 18, "sample", "karras"),
         ("euler", 1, "sample", "karras"), ("euler", 9, "v", "karras"),
         ("euler", 12, "epsilon", "linear"), ("euler", 12, "v", "scaled-linear"),
         ("consistency", 1, "v", "cosine"), ("consistency", 4, "v", "cosine"),
         ("consistency", 3, "sample", "scaled-linear")]
print(f"1..{len(CASES)}")
with tempfile.TemporaryDirectory() as scratch:
    good = [compare(scratch, number, *case) for number, case in enumerate(CASES, 1)]
sys.exit(0 if all(good) else 1)
