# SPDX-License-Identifier: LGPL-2.1-or-later
"""Nets that do something plain, of the shapes that real ones have: make-models.py FOLDER"""
import json
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

folder = sys.argv[1]
RANGES = {"generative.input-range": "0,1", "generative.output-range": "0,1"}


def save(name, nodes, inputs, outputs, constants=(), metadata=RANGES):
    def info(ports):
        return [helper.make_tensor_value_info(port, TensorProto.FLOAT, shape)
                for port, shape in ports]

    graph = helper.make_graph(nodes, name, info(inputs), info(outputs), [
        numpy_helper.from_array(np.asarray(value, np.float32), key) for key, value in constants])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 7
    for key, value in metadata.items():
        model.metadata_props.add(key=key, value=value)
    onnx.checker.check_model(model)
    onnx.save(model, f"{folder}/{name}.onnx")


node = helper.make_node
picture = [1, 3, "height", "width"]
# Each pixel is four.
save("twice", [node("Resize", ["x", "", "scales"], ["y"], mode="nearest")], [("x", picture)],
     [("y", [1, 3, "rows", "columns"])], [("scales", [1, 1, 2, 2])])
# As large as it was.
save("dimmer", [node("Mul", ["x", "half"], ["y"])], [("x", picture)], [("y", picture)],
     [("half", 0.5)])
# Half of either.
save("between", [node("Add", ["img0", "img1"], ["sum"]), node("Mul", ["sum", "half"], ["y"])],
     [("img0", picture), ("img1", picture)], [("y", picture)], [("half", 0.5)])
# What is brighter than half, on the average of two frames.
save("bright", [node("Identity", ["src"], ["fgr"]),
                node("ReduceMean", ["src"], ["grey"], axes=[1]),
                node("Add", ["grey", "r1i"], ["r1o"]),
                node("Sub", ["r1o", "half"], ["more"]),
                node("Mul", ["more", "much"], ["steep"]),
                node("Clip", ["steep", "zero", "one"], ["pha"])],
     [("src", picture), ("r1i", [1, 1, "h", "w"])],
     [("fgr", picture), ("pha", [1, 1, "height", "width"]), ("r1o", [1, 1, "h", "w"])],
     [("half", 0.5), ("much", 20), ("zero", 0), ("one", 1)])
save("softer", [node("Mul", ["x", "half"], ["y"])], [("x", [1, 1, "samples"])],
     [("y", [1, 1, "samples"])], [("half", 0.5)], {"generative.sample-rate": "16000"})
# A buzz as long as the ids of a text come to, in hundreds of samples; and the symbols of text.
graph = helper.make_graph(
    [node("ReduceSum", ["input"], ["ids"], keepdims=0), node("Mul", ["ids", "hundred"], ["n"]),
     node("Range", ["zero", "n", "one"], ["times"]), node("Cast", ["times"], ["t"], to=1),
     node("Sin", ["t"], ["wave"]), node("Gather", ["scales", "zero"], ["loudness"]),
     node("Mul", ["wave", "loudness"], ["sound"]), node("Unsqueeze", ["sound", "axes"], ["y"])],
    "voice", [helper.make_tensor_value_info("input", TensorProto.INT64, ["N", "T"]),
              helper.make_tensor_value_info("scales", TensorProto.FLOAT, [3])],
    [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 1, "samples"])],
    [numpy_helper.from_array(np.asarray(value, np.int64), key) for key, value in
     [("zero", 0), ("one", 1), ("hundred", 100), ("axes", [0, 1])]])
onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=7),
          f"{folder}/voice.onnx")
with open(f"{folder}/voice.onnx.json", "w", encoding="utf-8") as file:
    json.dump({"audio": {"sample_rate": 16000}, "inference": {"noise_scale": 0.5},
               "phoneme_id_map": {"_": [0], "^": [1], "$": [2], " ": [3],
                                  **{c: [4 + i] for i, c in enumerate("abcdefghij")}}}, file)
# Pictures of a latent and one of three classes, as strong as a parameter says.
graph = helper.make_graph(
    [node("Gather", ["classes", "class"], ["kind"]), node("Add", ["latent", "kind"], ["z"]),
     node("MatMul", ["z", "weights"], ["a"]), node("Mul", ["a", "strength"], ["b"]),
     node("Tanh", ["b"], ["c"]), node("Reshape", ["c", "shape"], ["y"])],
    "classes", [helper.make_tensor_value_info("latent", TensorProto.FLOAT, ["N", 4]),
                helper.make_tensor_value_info("class", TensorProto.INT64, ["N"]),
                helper.make_tensor_value_info("strength", TensorProto.FLOAT, [1])],
    [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 3, 16, 24])],
    [numpy_helper.from_array(value, key) for key, value in
     [("classes", np.eye(3, 4, dtype=np.float32)),
      ("weights", np.sin(np.arange(4 * 3 * 16 * 24, dtype=np.float32)).reshape(4, -1)),
      ("shape", np.asarray([-1, 3, 16, 24], np.int64))]])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=7)
for key, value in [("generative.output-range", "-1,1"), ("generative.parameters", "strength=1"),
                   ("generative.class-names", '["ant", "bee", "cat"]')]:
    model.metadata_props.add(key=key, value=value)
onnx.save(model, f"{folder}/classes.onnx")
