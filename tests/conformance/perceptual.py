#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""LPIPS and DISTS against the packages that their authors published, at random weights.

usage: perceptual.py GENERATIVE_MODEL CONVERTER

No package carries the nets' weights. Nets of the same shapes are drawn, their states are saved as
torchvision's are, and the converter makes ONNX files of them; what people judged is the packages'
own. Pairs of folders, of two sizes, are compared by all. Prints TAP.
"""
import json
import pathlib
import subprocess
import sys
import tempfile
from unittest import mock

import lpips
import numpy as np
import torch
import torchvision
from DISTS_pytorch import DISTS_pt
from PIL import Image

SIZES = ((96, 131), (64, 64))
PAIRS = 2
NETS = {"alex": "alexnet", "squeeze": "squeezenet1_1", "vgg": "vgg16"}


def draw_weights(name):
    """A net in which what passes stays of about one size, as it does in a trained one."""
    torch.manual_seed(1)
    net = getattr(torchvision.models, name)(weights=None)
    for module in net.features.modules():
        if isinstance(module, torch.nn.Conv2d):
            torch.nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            torch.nn.init.normal_(module.bias, std=0.1)
    return {key: value for key, value in net.state_dict().items() if key.startswith("features.")}


def write_pairs(folder, size, seed):
    random = np.random.default_rng(seed)
    height, width = size
    y, x = np.mgrid[:height, :width]
    for key in ("made", "real"):
        (folder / key).mkdir()
    for i in range(PAIRS):
        waves = [127 + 100 * np.sin(x / random.uniform(3, 40) + c) * np.cos(y / random.uniform(3, 40))
                 for c in range(3)]
        clean = np.stack(waves, -1)
        for key, picture in (("made", clean + random.normal(0, 10 * (i + 1), clean.shape)),
                             ("real", clean)):
            Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8)).save(folder / key / f"{i}.png")


def read(path, low):
    picture = torch.from_numpy(np.array(Image.open(path))).permute(2, 0, 1)[None].float() / 255
    return picture * (1 - low) + low


def open_lpips(net, state):
    peer = lpips.LPIPS(net=net, pnet_rand=True, verbose=False)
    own = peer.net.state_dict()
    for key in own:
        own[key] = state["features." + key.split(".", 1)[1]]
    peer.net.load_state_dict(own)
    return peer


def open_dists(state):
    vgg = torchvision.models.vgg16(weights=None)
    vgg.load_state_dict(state, strict=False)
    with mock.patch.object(DISTS_pt.models, "vgg16", lambda **_: vgg):
        peer = DISTS_pt.DISTS(load_weights=False)
    judged = torch.load(pathlib.Path(DISTS_pt.__file__).parent / "weights.pt", weights_only=True)
    peer.alpha.data, peer.beta.data = judged["alpha"], judged["beta"]
    return peer.eval()


class Report:
    def __init__(self):
        self.count = 0

    def check(self, name, found, expected, scale):
        error = abs(found - expected) / scale
        self.count += 1
        print(f"{'ok' if error <= 1e-5 else 'not ok'} {self.count} {name}: {found:.9g}, "
              f"{expected:.9g}", flush=True)


def main():
    program, converter = sys.argv[1:3]
    report = Report()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for size in SIZES:
            (folder / str(size[0])).mkdir()
            write_pairs(folder / str(size[0]), size, size[0])
        for net, named in NETS.items():
            state = draw_weights(named)
            torch.save(state, folder / "weights.pth")
            kinds = [("lpips", open_lpips(net, state), -1)]
            if net == "vgg":
                kinds.append(("dists", open_dists(state), 0))
            for kind, peer, low in kinds:
                model = folder / "model.onnx"
                subprocess.run([sys.executable, converter, kind, folder / "weights.pth", model],
                               check=True, stdout=sys.stderr, stderr=subprocess.DEVNULL)
                for size in SIZES:
                    compare(report, program, folder / str(size[0]), model, kind, net, peer, low)
    print(f"1..{report.count}")


def compare(report, program, folder, model, kind, net, peer, low):
    out = subprocess.run([program, "compare", folder / "made", folder / "real", "--pairs", "--json",
                          f"--scorer={model}", f"--metrics={kind}"], check=True, capture_output=True,
                         text=True).stdout
    found = json.loads(out)[kind]
    with torch.no_grad():
        theirs = [float(peer(read(folder / "made" / f"{i}.png", low),
                             read(folder / "real" / f"{i}.png", low))) for i in range(PAIRS)]
    for key, expected in (("minimum", min(theirs)), ("maximum", max(theirs))):
        # dists is 1 less a sum of float32 that is nearly 1, of which it has the rounding.
        scale = expected if kind == "lpips" else max(expected, 0.1)
        report.check(f"{kind}, {net}, {folder.name}, {key}", found[key], expected, scale)


if __name__ == "__main__":
    main()
