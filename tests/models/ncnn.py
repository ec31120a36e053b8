# SPDX-License-Identifier: LGPL-2.1-or-later
"""A net of ncnn's as ONNX: of the layers that upscalers of pictures consist of.

    ncnn.py NET.param NET.bin MODEL.onnx

The text file has a line for each layer: its type, its name, how many it takes and makes, their
names, and settings by number. The other file has the weights in the order of the layers; those of
convolutions begin with a tag that says whether they are halves."""
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

HALVES = 0x01306B47


class Weights:
    def __init__(self, path):
        with open(path, "rb") as file:
            self.bytes = file.read()
        self.at = 0

    def take(self, n, dtype=np.float32):
        values = np.frombuffer(self.bytes, dtype, n, self.at)
        # Whole words.
        self.at += (values.nbytes + 3) // 4 * 4
        return values.astype(np.float32)

    def take_tagged(self, n):
        tag = int(np.frombuffer(self.bytes, "<u4", 1, self.at)[0])
        self.at += 4
        if tag not in (0, HALVES):
            raise ValueError(f"weights of kind {tag:#x} are not known")
        return self.take(n, np.float16 if tag == HALVES else np.float32)


def read_layers(path):
    with open(path) as file:
        lines = file.read().split("\n")[2:]
    for line in lines:
        words = line.split()
        if not words:
            continue
        takes, makes = int(words[2]), int(words[3])
        names = words[4:4 + takes + makes]
        settings = dict(word.split("=") for word in words[4 + takes + makes:])
        yield (words[0], names[:takes], names[takes:],
               {int(key): float(value) for key, value in settings.items()})


def convert(param, weights_path, path):
    weights = Weights(weights_path)
    nodes, constants = [], []

    def constant(value):
        constants.append(numpy_helper.from_array(np.asarray(value, np.float32),
                                                 f"constant_{len(constants)}"))
        return constants[-1].name

    def add(op, inputs, outputs, **attributes):
        nodes.append(helper.make_node(op, inputs, outputs, **attributes))

    for kind, takes, makes, settings in read_layers(param):
        if kind == "Input":
            add("Identity", ["picture"], makes)
        elif kind == "Split":
            for name in makes:
                add("Identity", takes, [name])
        elif kind == "Convolution":
            after, size = int(settings[0]), int(settings[1])
            kernel = weights.take_tagged(int(settings[6])).reshape(after, -1, size, size)
            bias = weights.take(after) if settings.get(5) else np.zeros(after)
            add("Conv", takes + [constant(kernel), constant(bias)], makes,
                pads=[int(settings.get(4, 0))] * 4, strides=[int(settings.get(3, 1))] * 2)
        elif kind == "PReLU":
            slopes = weights.take(int(settings[0]))
            add("PRelu", takes + [constant(slopes.reshape(-1, 1, 1))], makes)
        elif kind == "PixelShuffle":
            add("DepthToSpace", takes, makes, blocksize=int(settings[0]), mode="CRD")
        elif kind == "Interp":
            mode = {1: "nearest", 2: "linear", 3: "cubic"}[int(settings[0])]
            scales = constant([1, 1, settings[1], settings[2]])
            add("Resize", [takes[0], "", scales], makes, mode=mode,
                coordinate_transformation_mode="asymmetric" if mode == "nearest" else "half_pixel",
                **({"nearest_mode": "floor"} if mode == "nearest" else {}))
        elif kind == "BinaryOp":
            add({0: "Add", 1: "Sub", 2: "Mul", 3: "Div"}[int(settings.get(0, 0))], takes, makes)
        else:
            raise ValueError(f"layer {kind} is not known")
    size = [1, 3, "height", "width"]
    graph = helper.make_graph(
        nodes, "upscaler", [helper.make_tensor_value_info("picture", TensorProto.FLOAT, size)],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, [1, 3, "rows", "columns"])],
        constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(model, {"generative.input-range": "0,1",
                                   "generative.output-range": "0,1"})
    onnx.checker.check_model(model)
    onnx.save(model, path)


if __name__ == "__main__":
    convert(*sys.argv[1:])
