# SPDX-License-Identifier: LGPL-2.1-or-later
"""Nets of the kinds that stream, as exporters write them, played on a film by the generator element
and by ONNX Runtime in a loop over its frames. What they make differs by no more than what rounding
to bytes allows. Prints TAP.

    streams.py PACKAGES MEDIA      unpacked packages and media; test-models.sh calls it so, with
                                   GST_PLUGIN_PATH set
"""
import glob
import json
import os
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

import ncnn

WIDTH, HEIGHT, FRAMES = 96, 64, 12
packages, media = sys.argv[1:]
onnxruntime.set_default_logger_severity(3)


class Net:
    """An ONNX graph, node by node. Weights are drawn, the same each time."""

    def __init__(self, seed=1):
        self.nodes, self.constants, self.inputs, self.outputs = [], [], [], []
        self.random = np.random.default_rng(seed)

    def node(self, op, *inputs, **attributes):
        name = f"{op}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, list(inputs), [name], **attributes))
        return name

    def constant(self, value, dtype=np.float32):
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(value, dtype), name))
        return name

    def input(self, name, *shape):
        self.inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
        return name

    def output(self, name, value, *shape):
        self.nodes.append(helper.make_node("Identity", [value], [name]))
        self.outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))

    def conv(self, x, before, after, stride=1, size=3):
        weights = self.random.normal(size=(after, before, size, size)) / (size * before ** 0.5)
        return self.node("Conv", x, self.constant(weights), self.constant(np.zeros(after)),
                         strides=[stride] * 2, pads=[size // 2] * 4)

    def save(self, path, **metadata):
        graph = helper.make_graph(self.nodes, "net", self.inputs, self.outputs, self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        helper.set_model_props(
            model, {f"generative.{key.replace('_', '-')}": text for key, text in metadata.items()})
        onnx.checker.check_model(model)
        onnx.save(model, path)


def gated(net, x, h, channels):
    """A convolutional gated recurrent unit, whose state may be of one element to begin with."""
    h = net.node("Expand", h, net.node("Shape", x))
    both = net.node("Concat", x, h, axis=1)
    gates = net.node("Sigmoid", net.conv(both, 2 * channels, 2 * channels))
    r, z = f"r_{len(net.nodes)}", f"z_{len(net.nodes)}"
    net.nodes.append(helper.make_node("Split", [gates], [r, z], axis=1))
    kept = net.node("Concat", x, net.node("Mul", r, h), axis=1)
    new = net.node("Tanh", net.conv(kept, 2 * channels, channels))
    stays = net.node("Mul", net.node("Sub", net.constant(1), z), h)
    return net.node("Add", stays, net.node("Mul", z, new))


def matting(path):
    """Who stands before a wall: four recurrent scales, as robust video matting has them."""
    net = Net()
    size = ("batch", 3, "height", "width")
    x = src = net.input("src", *size)
    states = [net.input(f"r{i}i", "batch", f"c{i}", f"h{i}", f"w{i}") for i in range(1, 5)]
    ratio = net.input("downsample_ratio", 1)
    one = net.constant([1, 1])
    x = net.node("Resize", x, "", net.node("Concat", one, ratio, ratio, axis=0), mode="linear")
    scales, channels = [], 3
    for after in (8, 8, 12, 16):
        x = net.node("Relu", net.conv(x, channels, after, stride=2))
        scales.append(x)
        channels = after
    kept = []
    x = None
    for i in reversed(range(4)):
        channels = (8, 8, 12, 16)[i]
        if x is not None:
            up = net.node("Resize", x, "", "", net.node("Shape", scales[i]), mode="nearest")
            up = net.node("Slice", up, net.constant([0], np.int64),
                          net.constant([channels], np.int64), net.constant([1], np.int64))
            scales[i] = net.node("Add", scales[i], up)
        x = gated(net, scales[i], states[i], channels)
        kept.insert(0, x)
        if i > 0:
            x = net.conv(x, channels, (8, 8, 12, 16)[i - 1], size=1)
    full = net.node("Concat", net.node("Slice", net.node("Shape", src),
                                       net.constant([0], np.int64), net.constant([1], np.int64)),
                    net.constant([4], np.int64),
                    net.node("Slice", net.node("Shape", src), net.constant([2], np.int64),
                             net.constant([4], np.int64)), axis=0)
    made = net.node("Resize", net.conv(x, 8, 4), "", "", full, mode="linear")
    made = net.node("Sigmoid", made)
    parts = ["foreground", "alpha"]
    net.nodes.append(helper.make_node(
        "Split", [made, net.constant([3, 1], np.int64)], parts, axis=1))
    net.output("fgr", parts[0], *size)
    net.output("pha", parts[1], "batch", 1, "height", "width")
    for i, state in enumerate(kept, 1):
        net.output(f"r{i}o", state, "batch", f"c{i}", f"h{i}", f"w{i}")
    net.save(path, input_range="0,1", output_range="0,1")


def denoiser(path):
    """A recurrent denoiser with a strength: the state is a picture of features."""
    net = Net(2)
    x = net.input("frame", 1, 3, "height", "width")
    h = net.input("hidden_in", 1, 6, "height", "width")
    strength = net.input("strength", 1)
    features = net.node("Tanh", net.conv(net.node("Concat", x, h, axis=1), 9, 6))
    change = net.node("Mul", net.conv(features, 6, 3), strength)
    net.output("clean", net.node("Clip", net.node("Add", x, change), net.constant(0),
                                 net.constant(1)), 1, 3, "height", "width")
    net.output("hidden_out", features, 1, 6, "height", "width")
    net.save(path, input_range="0,1", output_range="0,1")


def midpoint(path):
    """What lies between two frames, at a time that is an input."""
    net = Net(3)
    size = (1, 3, "height", "width")
    first, second = net.input("img0", *size), net.input("img1", *size)
    time = net.input("timestep", 1)
    early = net.node("Mul", first, net.node("Sub", net.constant(1), time))
    mixed = net.node("Add", early, net.node("Mul", second, time))
    rest = net.node("Tanh", net.conv(net.node("Concat", first, second, axis=1), 6, 3))
    sum_ = net.node("Add", mixed, net.node("Mul", rest, net.constant(0.2)))
    net.output("middle", net.node("Clip", sum_, net.constant(0), net.constant(1)), *size)
    net.save(path, input_range="0,1", output_range="0,1")


def flow(path):
    """The same of one input, as RIFE's exporters have it: two frames and a plane of the time."""
    net = Net(5)
    x = net.input("input", 1, 7, "height", "width")
    made = net.node("Sigmoid", net.conv(net.node("Relu", net.conv(x, 7, 8)), 8, 3))
    net.output("output", made, 1, 3, "height", "width")
    net.save(path, input_range="0,1", output_range="0,1")


def restorer(path):
    """A frame of the five around it, [N, T, C, H, W]."""
    net = Net(4)
    x = net.input("frames", 1, 5, 3, "height", "width")
    flat = net.node("Reshape", x, net.node(
        "Concat", net.constant([1, 15], np.int64),
        net.node("Slice", net.node("Shape", x), net.constant([3], np.int64),
                 net.constant([5], np.int64)), axis=0))
    made = net.node("Sigmoid", net.conv(net.node("Relu", net.conv(flat, 15, 8)), 8, 3))
    net.output("restored", made, 1, 3, "height", "width")
    net.save(path, input_range="0,1", output_range="0,1")


def film():
    """A picture that moves: [FRAMES, HEIGHT, WIDTH, 3] of bytes."""
    path = glob.glob(os.path.join(media, "**", "messi5.jpg"), recursive=True)[0]
    image = np.asarray(Image.open(path).convert("RGB"))
    return np.stack([image[20 + 3 * i:][:HEIGHT, 30 + 5 * i:][:, :WIDTH] for i in range(FRAMES)])


def play(model, frames, properties="", caps="video/x-raw,format=RGB", beside="", dtype=np.uint8,
         scale=1):
    """What the element makes; `beside` is linked to its other pads, out of {folder} and into it."""
    with tempfile.TemporaryDirectory() as folder:
        frames.tofile(f"{folder}/in.rgb")
        launch = (f"gst-launch-1.0 -q filesrc location={folder}/in.rgb "
                  f"! rawvideoparse format=rgb width={WIDTH} height={HEIGHT} framerate=30/1 "
                  f"! generator name=g model={model} {properties} ! {caps} "
                  f"! queue ! filesink location={folder}/out {beside.format(folder=folder)}")
        subprocess.run(launch.split(), check=True, capture_output=True, text=True, timeout=120)
        files = [f"{folder}/out"] + sorted(glob.glob(f"{folder}/out-*"))
        made = [np.fromfile(file, dtype) for file in files]
    if len(made) == 1 and caps.endswith("format=RGB"):
        return made[0].reshape(-1, HEIGHT * scale, WIDTH * scale, 3)
    return np.concatenate([part.reshape(len(frames), -1) for part in made], axis=1)


def numbers(frame):
    return frame.transpose(2, 0, 1)[None].astype(np.float32) / 255


def to_bytes(made):
    return made[0].transpose(1, 2, 0) * 255


def flatten(pictures):
    return np.stack(pictures).reshape(len(pictures), -1)


def loop(model, frames, states, look=lambda made: to_bytes(next(iter(made.values()))), **others):
    """ONNX Runtime, with outputs that become inputs by hand; `look` says what is compared."""
    session = onnxruntime.InferenceSession(model)
    names = [output.name for output in session.get_outputs()]
    values = {name: np.zeros(shape, np.float32) for name, (shape, _) in states.items()}
    wanted = []
    for frame in frames:
        made = dict(zip(names, session.run(
            None, {session.get_inputs()[0].name: numbers(frame), **values, **others})))
        wanted.append(look(made))
        values = {name: made[output] for name, (_, output) in states.items()}
    return np.stack(wanted)


def matting_states():
    return {f"r{i}i": ((1, 1, 1, 1), f"r{i}o") for i in range(1, 5)}


def check_matting(path, frames):
    matting(path)
    wanted = loop(path, frames, matting_states(), downsample_ratio=np.array([0.5], np.float32))
    return play(path, frames, "parameters=downsample_ratio=0.5"), wanted


def check_cut(path, frames):
    """The picture with its mask as alpha."""
    matting(path)
    wanted = loop(path, frames, matting_states(), downsample_ratio=np.array([0.5], np.float32),
                  look=lambda made: np.dstack([to_bytes(made["fgr"]), to_bytes(made["pha"])]))
    made = play(path, frames, "outputs=fgr,pha parameters=downsample_ratio=0.5",
                "video/x-raw,format=RGBA")
    return made, flatten(wanted)


def check_mask_pad(path, frames):
    """The mask on a pad of its own, behind the picture."""
    matting(path)
    wanted = loop(path, frames, matting_states(), downsample_ratio=np.array([0.5], np.float32),
                  look=lambda made: np.concatenate(
                      [to_bytes(made["fgr"]).ravel(), to_bytes(made["pha"]).ravel()]))
    made = play(path, frames, "outputs=fgr parameters=downsample_ratio=0.5",
                beside="g.src_pha ! queue ! filesink location={folder}/out-mask")
    return made, flatten(wanted)


def check_numbers(path, frames):
    """The mask as numbers, of which a thousandth counts for half a byte."""
    matting(path)
    wanted = loop(path, frames, matting_states(), downsample_ratio=np.array([0.5], np.float32),
                  look=lambda made: made["pha"].ravel())
    made = play(path, frames, "outputs=pha parameters=downsample_ratio=0.5",
                "other/tensors,format=static", dtype=np.float32)
    return made * 500, flatten(wanted) * 500


def check_trimap(path, frames):
    """A second picture beside each, on a pad of its own."""
    net = Net()
    size = (1, 3, "height", "width")
    x, trimap = net.input("picture", *size), net.input("trimap", 1, 1, "height", "width")
    made = net.conv(net.node("Concat", x, trimap, axis=1), 4, 3)
    net.output("cut", net.node("Sigmoid", made), *size)
    net.save(path, input_range="0,1", output_range="0,1")
    session = onnxruntime.InferenceSession(path)
    masks = [frame[:, :, :1].copy() for frame in frames]
    wanted = [to_bytes(session.run(None, {"picture": numbers(frame), "trimap": numbers(mask)})[0])
              for frame, mask in zip(frames, masks)]
    with tempfile.NamedTemporaryFile() as file:
        np.stack(masks).tofile(file.name)
        made = play(path, frames, beside=f"filesrc location={file.name} ! rawvideoparse "
                    f"format=gray8 width={WIDTH} height={HEIGHT} framerate=30/1 ! queue "
                    "! g.sink_trimap")
    return made, np.stack(wanted)


def check_denoiser(path, frames):
    denoiser(path)
    states = {"hidden_in": ((1, 6, HEIGHT, WIDTH), "hidden_out")}
    wanted = loop(path, frames, states, strength=np.array([0.6], np.float32))
    return play(path, frames, "parameters=strength=0.6"), wanted


def check_midpoint(path, frames):
    midpoint(path)
    session = onnxruntime.InferenceSession(path)
    wanted = [frames[0]]
    for first, second in zip(frames, frames[1:]):
        made = session.run(None, {"img0": numbers(first), "img1": numbers(second),
                                  "timestep": np.array([0.5], np.float32)})
        wanted += [to_bytes(made[0]), second]
    wanted.append(frames[-1])
    return play(path, frames, "parameters=timestep=0.5"), np.stack(wanted)


def check_flow(path, frames):
    flow(path)
    session = onnxruntime.InferenceSession(path)
    time = np.full((1, 1, HEIGHT, WIDTH), 0.5, np.float32)
    wanted = [frames[0]]
    for first, second in zip(frames, frames[1:]):
        made = session.run(None, {"input": np.concatenate(
            [numbers(first), numbers(second), time], axis=1)})
        wanted += [to_bytes(made[0]), second]
    wanted.append(frames[-1])
    return play(path, frames), np.stack(wanted)


def check_restorer(path, frames):
    restorer(path)
    session = onnxruntime.InferenceSession(path)
    wanted = []
    for i in range(len(frames)):
        seen = [frames[min(max(i + k, 0), len(frames) - 1)] for k in range(-2, 3)]
        made = session.run(None, {"frames": np.stack([numbers(f)[0] for f in seen])[None]})
        wanted.append(to_bytes(made[0]))
    return play(path, frames), np.stack(wanted)


def check_upscaler(path, frames):
    """Real-ESRGAN's net for films, four times as large, by tiles."""
    folder = glob.glob(f"{packages}/**/realesr-animevideov3-x4.param", recursive=True)[0]
    ncnn.convert(folder, folder.replace(".param", ".bin"), path)
    session = onnxruntime.InferenceSession(path)
    wanted = [to_bytes(np.clip(session.run(None, {"picture": numbers(frame)})[0], 0, 1))
              for frame in frames[:2]]
    return play(path, frames[:2], "tile=64x48", scale=4), np.stack(wanted)


def check_voice(path, frames):
    """Silero's detector of speech scores a sound, window by window, with what it remembers."""
    model = glob.glob(f"{packages}/**/silero_vad_16k_op15.onnx", recursive=True)[0]
    with tempfile.TemporaryDirectory() as folder:
        launch = (f"gst-launch-1.0 -q filesrc location={media}/demo-congrats.wav ! wavparse "
                  "! audioconvert ! audioresample ! audio/x-raw,format=F32LE,rate=16000,channels=1 "
                  f"! tee name=t ! queue ! filesink location={folder}/sound t. ! queue "
                  f"! discriminator model={model} sample-rate=16000 parameters=sr=16000 "
                  f"window=0.036 hop=0.032 report={folder}/report ! fakesink")
        subprocess.run(launch.split(), check=True, capture_output=True, text=True, timeout=120)
        sound = np.fromfile(f"{folder}/sound", np.float32)
        with open(f"{folder}/report") as report:
            made = [line["score"] for line in map(json.loads, report) if "score" in line]
    session = onnxruntime.InferenceSession(model)
    state, wanted = np.zeros((2, 1, 128), np.float32), []
    for first in range(0, len(sound) - 575, 512):
        score, state = session.run(None, {"input": sound[None, first:first + 576],
                                          "state": state, "sr": np.array(16000, np.int64)})
        wanted.append(score.item())
    # What is left at the end has silence behind it.
    return np.array(made[:len(wanted)]) * 500, np.array(wanted) * 500


def main():
    checks = [check_matting, check_cut, check_mask_pad, check_numbers, check_trimap,
              check_denoiser, check_midpoint, check_flow, check_restorer, check_upscaler,
              check_voice]
    frames = film()
    failed = 0
    print(f"1..{len(checks)}")
    with tempfile.TemporaryDirectory() as folder:
        for number, check in enumerate(checks, 1):
            name = check.__name__.removeprefix("check_")
            try:
                made, wanted = check(f"{folder}/{name}.onnx", frames)
                error = np.abs(made - wanted).max() if made.shape == wanted.shape else np.inf
                good = error < 0.51
                text = f"{len(made)} frames, differs by {error:.3f} of 255 at most"
            except subprocess.CalledProcessError as failure:
                good, text = False, failure.stderr.strip().replace("\n", " ")
            failed += not good
            print(f"{'ok' if good else 'not ok'} {number} - {name} by frames: {text}")
    return failed > 0


sys.exit(main())
