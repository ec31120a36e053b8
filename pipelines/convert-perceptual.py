#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""LPIPS or DISTS as an ONNX file, of a net's weights that you have.

usage: convert-perceptual.py {lpips,dists} WEIGHTS.pth MODEL.onnx [--name NAME]

WEIGHTS.pth is a state of torchvision's: for lpips that of alexnet, vgg16 or squeezenet1_1, which the
file tells by itself, and for dists that of vgg16. What people judged is in the packages lpips and
DISTS-pytorch. It takes these, torch and torchvision, to convert and never again. The model makes one
number of a frame and what it should be, of any size, for qualitycompare's scorer.
"""
import argparse
import pathlib
from unittest import mock

import onnx
import torch


def tell_net(weights):
    """By what only one of them has."""
    if weights["features.0.weight"].shape[-1] == 11:
        return "alex"
    return "squeeze" if "features.3.squeeze.weight" in weights else "vgg"


def open_lpips(weights):
    import lpips

    with mock.patch("builtins.print"):
        net = lpips.LPIPS(net=tell_net(weights), pnet_rand=True, verbose=False)
    # Layers have their places among the features as names, in slices.
    net.net.load_state_dict({key: weights["features." + key.split(".", 1)[1]]
                             for key in net.net.state_dict()})
    return net


def open_dists(weights):
    import torchvision
    from DISTS_pytorch import DISTS_pt

    if tell_net(weights) != "vgg":
        raise SystemExit("DISTS is made of vgg16, and these weights are another net's")
    vgg = torchvision.models.vgg16(weights=None)
    vgg.features.load_state_dict({key[len("features."):]: value for key, value in weights.items()
                                  if key.startswith("features.")})
    with mock.patch.object(DISTS_pt.models, "vgg16", lambda **_: vgg):
        net = DISTS_pt.DISTS(load_weights=False)
    judged = torch.load(pathlib.Path(DISTS_pt.__file__).parent / "weights.pt", map_location="cpu",
                        weights_only=True)
    net.alpha.data, net.beta.data = judged["alpha"], judged["beta"]
    return net


# What each takes for black and white.
KINDS = {"lpips": (open_lpips, "-1,1"), "dists": (open_dists, "0,1")}


class Distance(torch.nn.Module):
    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, frame, reference):
        return self.net(frame, reference).reshape(1, 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("weights")
    parser.add_argument("model")
    parser.add_argument("--name", help="what the figure is called (as the kind)")
    words = parser.parse_args()
    opens, levels = KINDS[words.kind]
    net = opens(torch.load(words.weights, map_location="cpu", weights_only=True)).eval()
    pictures = torch.rand(1, 3, 96, 80), torch.rand(1, 3, 96, 80)
    sizes = {2: "height", 3: "width"}
    with torch.no_grad():
        torch.onnx.export(Distance(net), pictures, words.model,
                          input_names=["frame", "reference"], output_names=[words.kind],
                          dynamic_axes={"frame": sizes, "reference": sizes}, opset_version=17,
                          dynamo=False)
    model = onnx.load(words.model)
    onnx.helper.set_model_props(model, {
        "generative.input-range": levels,
        "generative.scores": f"{words.name or words.kind}=lower",
    })
    onnx.save(model, words.model)


if __name__ == "__main__":
    main()
