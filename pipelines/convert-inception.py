#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The Inception network of FID as an ONNX file, of weights that you have.

usage: convert-inception.py WEIGHTS.pth MODEL.onnx [--resize-inside]

WEIGHTS.pth is what pytorch-fid loads, pt_inception-2015-12-05-6726825d.pth of its releases, which
are TensorFlow's of 2015. It takes torch, torchvision and pytorch-fid, to convert and never again.
The model makes the 2,048 features of pictures of 299 x 299, whose numbers are from 0 to 1; bring
them there by `--resizing clean-fid`. With --resize-inside it takes pictures of any size and brings
them there itself, as pytorch-fid does (`--resizing none`).
"""
import argparse

import onnx
import torch
from pytorch_fid import inception


class Features(torch.nn.Module):
    def __init__(self, resize_inside):
        super().__init__()
        self.net = inception.InceptionV3([3], resize_input=resize_inside, normalize_input=True)

    def forward(self, pictures):
        return self.net(pictures)[0].flatten(1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("weights")
    parser.add_argument("model")
    parser.add_argument("--resize-inside", action="store_true")
    words = parser.parse_args()
    # pytorch-fid would fetch them.
    weights = torch.load(words.weights, map_location="cpu", weights_only=True)
    inception.load_state_dict_from_url = lambda *_, **__: weights
    axes = {"pictures": {0: "n"}, "features": {0: "n"}}
    if words.resize_inside:
        axes["pictures"].update({2: "height", 3: "width"})
    torch.onnx.export(Features(words.resize_inside).eval(), torch.zeros(2, 3, 299, 299),
                      words.model, input_names=["pictures"], output_names=["features"],
                      dynamic_axes=axes, opset_version=17, dynamo=False)
    model = onnx.load(words.model)
    onnx.helper.set_model_props(model, {"generative.input-range": "0,1"})
    onnx.save(model, words.model)


if __name__ == "__main__":
    main()
