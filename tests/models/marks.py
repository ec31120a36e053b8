# SPDX-License-Identifier: LGPL-2.1-or-later
"""A pair of nets of others that marks films, RivaGAN's, in videomark and videomarkdetect: what is
said is read, also behind JPEG and at two thirds of the size; what a frame becomes is what ONNX
Runtime's encoder makes of it and of the bits that its decoder reads there. Prints TAP.

    marks.py PACKAGES MEDIA      unpacked packages and media; test-models.sh calls it so, with
                                 GST_PLUGIN_PATH set
"""
import os
import subprocess
import sys
import tempfile

import numpy as np
import onnxruntime
from PIL import Image

WIDTH, HEIGHT, RATE, FRAMES = 192, 144, 15, 30
PAYLOAD = "1007babcde0003e8"
packages, media = sys.argv[1:]
onnxruntime.set_default_logger_severity(3)
nets = {side: os.path.join(packages, "imwatermark", f"rivagan_{side}.onnx") for side in ("encoder", "decoder")}
sessions = {side: onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"]) for side, path in nets.items()}


def film():
    """A pan over a photograph."""
    picture = np.asarray(Image.open(os.path.join(media, "messi5.jpg")).convert("RGB"))
    return np.stack([picture[60:60 + HEIGHT, 40 + 4 * i:40 + 4 * i + WIDTH] for i in range(FRAMES)])


def launch(frames, elements):
    """What comes out of the elements, and what gst-launch-1.0 prints of messages."""
    with tempfile.TemporaryDirectory() as folder:
        ends = [os.path.join(folder, name) for name in ("in", "out")]
        frames.tofile(ends[0])
        text = subprocess.run(["gst-launch-1.0", "-m", "filesrc", f"location={ends[0]}", "!", "rawvideoparse",
            f"width={frames.shape[2]}", f"height={frames.shape[1]}", "format=rgb", f"framerate={RATE}/1", "!",
            *elements.split(), "!", "filesink", f"location={ends[1]}"], capture_output=True, text=True).stdout
        return np.fromfile(ends[1], np.uint8), text


def numbers(frame):
    return (frame.astype(np.float32) / 127.5 - 1).transpose(2, 0, 1)[None, :, None]


def distance_to_peer(frame, marked):
    """In levels. Of a single frame some bits are read wrong: one after the other is tried, as long as what
    the encoder makes comes nearer."""
    bits = (sessions["decoder"].run(None, {"frame": numbers(marked)})[0][0] > 0.52).astype(np.float32)
    far = lambda bits: np.abs(made_by_peer(frame, bits) - marked)
    for _ in range(8):
        if far(bits).max() < 1:
            break
        flipped = [np.where(np.arange(len(bits)) == i, 1 - bits, bits) for i in range(len(bits))]
        bits = min(flipped, key=lambda bits: far(bits).mean())
    return far(bits).max()


def made_by_peer(frame, bits):
    made = sessions["encoder"].run(None, {"frame": numbers(frame), "data": bits[None].astype(np.float32)})[0]
    return np.clip((made[0, :, 0].transpose(1, 2, 0) + 1) * 127.5, 0, 255)


def main():
    frames = film()
    with tempfile.TemporaryDirectory() as folder:
        key = os.path.join(folder, "key")
        with open(os.open(key, os.O_CREAT | os.O_WRONLY, 0o600), "wb") as file:
            file.write(os.urandom(32))
        marked, _ = launch(frames, f"videomark key={key} payload={PAYLOAD} encoder={nets['encoder']}")
        marked = marked.reshape(frames.shape)
        results = []
        for name, attack in {"a film": "identity", "JPEG, quality 50":
                "videoconvert ! jpegenc quality=50 ! jpegdec ! videoconvert ! video/x-raw,format=RGB",
                "two thirds": f"videoscale ! video/x-raw,width={WIDTH * 2 // 3},height={HEIGHT * 2 // 3}"}.items():
            _, text = launch(marked, f"{attack} ! videomarkdetect key={key} decoder={nets['decoder']}")
            results.append((f"payload=(string){PAYLOAD}" in text, f"marks of RivaGAN are read: {name}"))
        _, text = launch(frames, f"videomarkdetect key={key} decoder={nets['decoder']}")
        results.append(("generative-mark" not in text, "nothing is read of what is not marked"))
    far = max(distance_to_peer(frames[i], marked[i]) for i in (0, 13))
    results.append((far < 1, f"marked as by ONNX Runtime, to {far:.2f} levels"))
    print(f"1..{len(results)}")
    for i, (fine, what) in enumerate(results):
        print("ok" if fine else "not ok", i + 1, what)
    sys.exit(not all(fine for fine, _ in results))


main()
