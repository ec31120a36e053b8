#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""FID of folders of pictures against clean-fid and pytorch-fid, by Inception at random weights, and
features of torchvision's Inception against torchvision.

usage: inception.py GENERATIVE_MODEL CONVERTER

No package carries the real weights. A net of the same shape is drawn, its normalisations are set
to what passes, and it is saved as pytorch-fid's file is; the converter makes the ONNX file, and
pictures of two sizes, smaller and larger than the net's, are measured by all. Prints TAP.
"""
import contextlib
import json
import pathlib
import subprocess
import sys
import tempfile
from unittest import mock

import numpy as np
import torch
import torchvision
from PIL import Image
from pytorch_fid import fid_score, inception

PICTURES = 8


def draw_weights():
    """A state whose features are of about one size, as trained ones are."""
    torch.manual_seed(1)
    with mock.patch.object(inception, "load_state_dict_from_url"), \
            mock.patch.object(torch.nn.Module, "load_state_dict"):
        net = inception.fid_inception_v3()
    with mock.patch.object(inception, "fid_inception_v3", lambda: net):
        whole = inception.InceptionV3([3], resize_input=False)
    settle(whole, 0)
    return net.state_dict()


def settle(net, low):
    """Let normalisations be of what passes."""
    for module in net.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = 1.0
    with torch.no_grad():
        net.train()(torch.rand(8, 3, 299, 299) * (1 - low) + low)
    return net.eval()


def write_pictures(folder, seed):
    random = np.random.default_rng(seed)
    folder.mkdir()
    for i in range(PICTURES):
        height, width = ((60, 90), (420, 333))[i % 2]
        y, x = np.mgrid[:height, :width]
        waves = [127 + 100 * np.sin(x / random.uniform(3, 40) + c) * np.cos(y / random.uniform(3, 40))
                 for c in range(3)]
        noise = random.normal(0, 8 * seed, (height, width, 3))
        picture = np.clip(np.stack(waves, -1) + noise, 0, 255).astype(np.uint8)
        Image.fromarray(picture).save(folder / f"{i:03}.png")


class Report:
    def __init__(self):
        self.count = 0

    def check(self, name, error, limit):
        self.count += 1
        print(f"{'ok' if error <= limit else 'not ok'} {self.count} {name}: off by {error:.3g}")


def far(found, expected):
    return np.abs(found - expected).max() / np.abs(expected).max()


def main():
    program, converter = sys.argv[1:3]
    report = Report()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        state = draw_weights()
        torch.save(state, folder / "weights.pth")
        inception.load_state_dict_from_url = lambda *_, **__: state
        for seed, key in ((1, "made"), (2, "real")):
            write_pictures(folder / key, seed)
        for kind, words in (("clean-fid", []), ("none", ["--resize-inside"])):
            model = folder / f"{kind}.onnx"
            with contextlib.redirect_stdout(sys.stderr):
                subprocess.run([sys.executable, converter, folder / "weights.pth", model, *words],
                               check=True, stdout=sys.stderr, stderr=subprocess.DEVNULL)
                theirs = {key: features_of(folder / key, kind) for key in ("made", "real")}
            common = ["--embedder", model, "--resizing", kind]
            out = subprocess.run([program, "compare", folder / "made", folder / "real",
                                  "--metrics=frechet", "--json", *common], check=True,
                                 capture_output=True, text=True).stdout
            subprocess.run([program, "statistics", folder / "made", "--out", folder / "made.npz",
                            *common], check=True, capture_output=True)
            ours = np.load(folder / "made.npz")
            peer = "clean-fid" if kind == "clean-fid" else "pytorch-fid"
            made, real = theirs["made"], theirs["real"]
            report.check(f"features, {peer}", far(ours["mu"], made.mean(0)), 1e-4)
            report.check(f"covariance, {peer}", far(ours["sigma"], np.cov(made, rowvar=False)), 1e-3)
            expected = distance(made, real)
            report.check(f"frechet, {peer}",
                         abs(json.loads(out)["frechet"] - expected) / expected, 1e-4)
        check_torchvision(report, program, converter, folder)
    print(f"1..{report.count}")


def check_torchvision(report, program, converter, folder):
    """As torchvision's own weights are used: normalised for ImageNet, which it undoes."""
    torch.manual_seed(2)
    net = settle(torchvision.models.inception_v3(weights=None, init_weights=False,
                                                 transform_input=True), -2)
    torch.save(net.state_dict(), folder / "torchvision.pth")
    model = folder / "torchvision.onnx"
    subprocess.run([sys.executable, converter, folder / "torchvision.pth", model], check=True,
                   stdout=sys.stderr, stderr=subprocess.DEVNULL)
    net.fc = torch.nn.Identity()
    normalize = torchvision.transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    subprocess.run([program, "statistics", folder / "made", "--out", folder / "made.npz",
                    "--embedder", model, "--resizing", "clean-fid"], check=True,
                   capture_output=True)
    with contextlib.redirect_stdout(sys.stderr), torch.no_grad():
        theirs = clean_features(folder / "made", lambda x: net(normalize(x / 255)))
    ours = np.load(folder / "made.npz")
    report.check("features, torchvision", far(ours["mu"], theirs.mean(0)), 1e-4)
    report.check("covariance, torchvision", far(ours["sigma"], np.cov(theirs, rowvar=False)), 1e-3)


def clean_features(folder, model):
    from cleanfid import fid

    return fid.get_folder_features(str(folder), model, num_workers=0, batch_size=4, mode="clean",
                                   device=torch.device("cpu"), verbose=False).astype(float)


def distance(a, b):
    """pytorch-fid's adds to the diagonal where there are fewer samples than features; this is the
    same without that, by the singular values of the two sets' product."""
    c, d = ((x - x.mean(0)) / np.sqrt(len(x) - 1) for x in (a, b))
    roots = np.linalg.svd(c @ d.T, compute_uv=False)
    return (((a.mean(0) - b.mean(0)) ** 2).sum() + (c ** 2).sum() + (d ** 2).sum()
            - 2 * roots.sum())


def features_of(folder, kind):
    net = inception.InceptionV3([3], resize_input=kind == "none", normalize_input=True).eval()
    with torch.no_grad():
        if kind == "none":
            files = sorted(folder.iterdir())
            return fid_score.get_activations(files, net, 1, 2048, "cpu", 0).astype(float)
        return clean_features(folder, lambda x: net(x / 255)[0].flatten(1))


if __name__ == "__main__":
    main()
