# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes a model of smooth pictures of four classes, of which a codec leaves enough to tell one from
another: make-waves.py FILE"""
import math
import sys

import onnx
from onnx import TensorProto, helper

F, SIDE = TensorProto.FLOAT, 16
wave = [math.sin(math.pi * (1 + k % 3) * (x + k * y) / SIDE)
        for k in range(8) for y in range(SIDE) for x in range(SIDE)]
plain = [level for level in (-0.9, -0.3, 0.3, 0.9) for _ in range(SIDE * SIDE)]
model = helper.make_model(helper.make_graph(
    [helper.make_node("MatMul", ["z", "wave"], ["waves"]),
     helper.make_node("MatMul", ["class", "plain"], ["plains"]),
     helper.make_node("Mul", ["waves", "strength"], ["strong"]),
     helper.make_node("Add", ["strong", "plains"], ["sum"]),
     helper.make_node("Reshape", ["sum", "shape"], ["picture"])], "waves",
    [helper.make_tensor_value_info("z", F, ["n", 8]),
     helper.make_tensor_value_info("class", F, ["n", 4]),
     helper.make_tensor_value_info("strength", F, [1])],
    [helper.make_tensor_value_info("picture", F, ["n", 1, SIDE, SIDE])],
    [helper.make_tensor("wave", F, [8, SIDE * SIDE], wave),
     helper.make_tensor("plain", F, [4, SIDE * SIDE], plain),
     helper.make_tensor("shape", TensorProto.INT64, [4], [-1, 1, SIDE, SIDE])]),
    opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
for key, value in [("generative.parameters", "strength=0.3"), ("generative.output-range", "-1,1")]:
    model.metadata_props.add(key=key, value=value)
onnx.save(model, sys.argv[1])
