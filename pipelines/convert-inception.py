#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The Inception network of FID, or torchvision's, as an ONNX file, of weights that you have.

usage: convert-inception.py WEIGHTS.pth MODEL.onnx [--resize-inside]

WEIGHTS.pth is what pytorch-fid loads, pt_inception-2015-12-05-6726825d.pth of its releases, which
are TensorFlow's of 2015, or torchvision's inception_v3 of ImageNet, inception_v3_google-0cc3c7bd.pth,
which the file tells by itself: figures of the one cannot be compared with those of the other. It
takes torch, torchvision and, for the former, pytorch-fid, to convert and never again. The model makes the 2,048 features of pictures of 299 x 299, whose numbers are from 0 to 1; bring
them there by `--resizing clean-fid`. With --resize-inside it takes pictures of any size and brings
them there itself, as pytorch-fid does (`--resizing none`).
"""
import argparse

import onnx
import torch

EXTENT = 299


class Fid(torch.nn.Module):
    def __init__(self, weights, resize_inside):
        from pytorch_fid import inception

        super().__init__()
        # pytorch-fid would fetch them.
        inception.load_state_dict_from_url = lambda *_, **__: weights
        self.net = inception.InceptionV3([3], resize_input=resize_inside, normalize_input=True)

    def forward(self, pictures):
        return self.net(pictures)[0].flatten(1)


class Torchvision(torch.nn.Module):
    """The last layer but the classes. Its weights want numbers from -1 to 1, which is what its own
    transform_input makes of those normalised for ImageNet."""

    def __init__(self, weights, resize_inside):
        import torchvision

        super().__init__()
        self.net = torchvision.models.inception_v3(weights=None, init_weights=False,
                                                   transform_input=False)
        self.net.load_state_dict(weights)
        self.net.fc = torch.nn.Identity()
        self.resize_inside = resize_inside

    def forward(self, pictures):
        if self.resize_inside:
            pictures = torch.nn.functional.interpolate(pictures, (EXTENT, EXTENT), mode="bilinear",
                                                       align_corners=False)
        return self.net(2 * pictures - 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("weights")
    parser.add_argument("model")
    parser.add_argument("--resize-inside", action="store_true")
    words = parser.parse_args()
    weights = torch.load(words.weights, map_location="cpu", weights_only=True)
    # ImageNet's classes are 1,000, TensorFlow's 1,008.
    kind = Torchvision if len(weights["fc.bias"]) == 1000 else Fid
    axes = {"pictures": {0: "n"}, "features": {0: "n"}}
    if words.resize_inside:
        axes["pictures"].update({2: "height", 3: "width"})
    torch.onnx.export(kind(weights, words.resize_inside).eval(),
                      torch.zeros(2, 3, EXTENT, EXTENT), words.model, input_names=["pictures"], output_names=["features"],
                      dynamic_axes=axes, opset_version=17, dynamo=False)
    model = onnx.load(words.model)
    onnx.helper.set_model_props(model, {"generative.input-range": "0,1"})
    onnx.save(model, words.model)


if __name__ == "__main__":
    main()
