# SPDX-License-Identifier: LGPL-2.1-or-later
"""A net of ours, as its ONNX file has it, as a PyTorch module: the same weights by the same names.

What PyTorch has a faster word for than the file is given that: silu, and attention. What is learned
goes back into the file, so that whatever plays ours plays PyTorch's.
"""
import numpy
import onnx
import onnx.numpy_helper
import torch
from torch import nn

# Inputs of nodes that are weights, or a normalisation's statistics.
WEIGHTS = {"Gemm": (1, 2), "Conv": (1, 2), "ConvTranspose": (1, 2), "MatMul": (1,), "Gather": (0,),
           "GroupNormalization": (1, 2), "InstanceNormalization": (1, 2),
           "BatchNormalization": (1, 2)}
STATISTICS = {"BatchNormalization": (3, 4)}
UNARY = {"Relu": "F.relu", "Tanh": "torch.tanh", "Sigmoid": "torch.sigmoid", "Softplus": "F.softplus",
         "Exp": "torch.exp", "Sin": "torch.sin", "Cos": "torch.cos", "Identity": ""}
BINARY = {"Add": "+", "Sub": "-", "Mul": "*", "Div": "/", "MatMul": "@"}


def attributes(node):
    return {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}


class Writer:
    """The graph as the text of a function of Python."""

    def __init__(self, graph, stores):
        self.graph, self.stores = graph, stores
        self.made = {name: node for node in graph.node for name in node.output}
        self.names = {v.name: f"x{i}" for i, v in enumerate(self.real_inputs())}
        self.lines = []

    def real_inputs(self):
        return [v for v in self.graph.input if v.name not in self.stores]

    def of(self, name):
        if not name:
            return "None"
        if name in self.stores:
            return self.stores[name][0]
        return self.names.setdefault(name, f"v{len(self.names)}")

    def value(self, name):
        return self.stores[name][1]

    def readers(self, name):
        return [n for n in self.graph.node if name in n.input]

    def write(self, logits):
        outputs = [v.name for v in self.graph.output]
        last = self.made[outputs[0]]
        if logits and last.op_type in ("Sigmoid", "Softmax"):
            outputs[0] = last.input[0]
        for node in self.graph.node:
            text = self.node(node)
            if text is not None:
                self.lines.append(f"    {', '.join(self.of(o) for o in node.output)} = {text}")
        inputs = ", ".join(self.names[v.name] for v in self.real_inputs())
        results = ", ".join(self.of(o) for o in outputs)
        return "\n".join([f"def forward(self, {inputs}):", *self.lines, f"    return {results}"])

    def node(self, node):
        a, x = attributes(node), [self.of(i) for i in node.input]
        if node.op_type in UNARY:
            return f"{UNARY[node.op_type]}({x[0]})"
        if node.op_type in BINARY:
            return self.swish(node) or self.attention(node) or f"{x[0]} {BINARY[node.op_type]} {x[1]}"
        return getattr(self, node.op_type)(node, a, x)

    def swish(self, node):
        sigmoid = self.made.get(node.input[1])
        if (node.op_type == "Mul" and sigmoid is not None and sigmoid.op_type == "Sigmoid" and
                sigmoid.input[0] == node.input[0]):
            return f"F.silu({self.of(node.input[0])})"
        return None

    def attention(self, node):
        """softmax (scale q k^T) v"""
        softmax = self.made.get(node.input[0])
        if node.op_type != "MatMul" or softmax is None or softmax.op_type != "Softmax":
            return None
        product = self.made[softmax.input[0]]
        scaled, turned = self.made[product.input[0]], self.made[product.input[1]]
        q, k, v = scaled.input[0], turned.input[0], node.input[1]
        scale = float(self.value(scaled.input[1]))
        return (f"F.scaled_dot_product_attention({self.of(q)}[:, None], {self.of(k)}[:, None], "
                f"{self.of(v)}[:, None], scale={scale!r})[:, 0]")

    def Gemm(self, node, a, x):
        if a.get("alpha", 1) == 1:
            return f"F.linear({', '.join(x)})"
        return f"torch.addmm({x[2]}, {x[0]}, {x[1]}.t(), alpha={a['alpha']!r})"

    def convolution(self, name, node, a, x, source, before, more=""):
        bias = x[2] if len(x) > 2 else "None"
        strides, dilations = (tuple(a.get(key, [1] * len(before))) for key in ("strides", "dilations"))
        return (f"F.{name}{len(before)}d({source}, {x[1]}, {bias}, {strides}, {tuple(before)}{more}, "
                f"groups={a.get('group', 1)}, dilation={dilations})")

    def pads(self, node, a):
        n = len(a["kernel_shape"] if "kernel_shape" in a else self.value(node.input[1]).shape[2:])
        pads = a.get("pads", [0] * 2 * n)
        return pads[:n], pads[n:]

    def Conv(self, node, a, x):
        before, after = self.pads(node, a)
        if before == after:
            return self.convolution("conv", node, a, x, x[0], before)
        pads = [n for pair in zip(before[::-1], after[::-1]) for n in pair]
        return self.convolution("conv", node, a, x, f"F.pad({x[0]}, {pads})", [0] * len(before))

    def ConvTranspose(self, node, a, x):
        before, after = self.pads(node, a)
        extra = tuple(max(b - e, 0) for b, e in zip(before, after))
        cut = ", ".join(f":{b - e or None}" if e > b else ":" for b, e in zip(before, after))
        text = self.convolution("conv_transpose", node, a, x, x[0], before, f", {extra}")
        return f"{text}[:, :, {cut}]" if after != before else text

    def BatchNormalization(self, node, a, x):
        return (f"F.batch_norm({x[0]}, {x[3]}, {x[4]}, {x[1]}, {x[2]}, self.training, "
                f"{1 - a.get('momentum', 0.9)!r}, {a.get('epsilon', 1e-5)!r})")

    def GroupNormalization(self, node, a, x):
        return (f"F.group_norm({x[0]}, {a['num_groups']}, {x[1]}, {x[2]}, "
                f"{a.get('epsilon', 1e-5)!r})")

    def InstanceNormalization(self, node, a, x):
        return f"F.instance_norm({x[0]}, None, None, {x[1]}, {x[2]}, eps={a.get('epsilon', 1e-5)!r})"

    def LeakyRelu(self, node, a, x):
        return f"F.leaky_relu({x[0]}, {a['alpha']!r})"

    def Reshape(self, node, a, x):
        return f"{x[0]}.reshape({tuple(int(d) for d in self.value(node.input[1]))})"

    def Flatten(self, node, a, x):
        return f"{x[0]}.flatten(1)"

    def Transpose(self, node, a, x):
        return f"{x[0]}.permute({tuple(a['perm'])})"

    def Softmax(self, node, a, x):
        return f"F.softmax({x[0]}, {a.get('axis', -1)})"

    def AveragePool(self, node, a, x):
        before, after = self.pads(node, a)
        pads = [n for pair in zip(before[::-1], after[::-1]) for n in pair]
        assert a.get("count_include_pad") or not any(pads), "a mean of what is not padding"
        return (f"F.avg_pool{len(before)}d(F.pad({x[0]}, {pads}), {tuple(a['kernel_shape'])}, "
                f"{tuple(a.get('strides', [1] * len(before)))})")

    def Concat(self, node, a, x):
        return f"torch.cat([{', '.join(x)}], {a['axis']})"

    def Split(self, node, a, x):
        if len(x) > 1:
            return f"{x[0]}.split({[int(n) for n in self.value(node.input[1])]}, {a['axis']})"
        return f"{x[0]}.chunk({len(node.output)}, {a['axis']})"

    def Gather(self, node, a, x):
        return f"F.embedding({x[1]}, {x[0]})"

    def ArgMin(self, node, a, x):
        return f"{x[0]}.argmin({a['axis']})"

    def ReduceSum(self, node, a, x):
        axes = [int(d) for d in self.value(node.input[1])]
        return f"{x[0]}.sum({axes}, keepdim={bool(a.get('keepdims', 1))})"

    def Resize(self, node, a, x):
        scale = float(self.value(node.input[2])[2])
        return f"F.interpolate({x[0]}, scale_factor={scale!r}, mode='bilinear')"

    def DepthToSpace(self, node, a, x):
        n = a["blocksize"]
        return (f"F.pixel_shuffle({x[0]}.unflatten(1, ({n * n}, -1)).transpose(1, 2).flatten(1, 2), "
                f"{n})")


class Net(nn.Module):
    """With `logits`, what the last Sigmoid or Softmax takes."""

    def __init__(self, path, logits=False):
        super().__init__()
        self.path, self.model = path, onnx.load(path)
        graph = self.model.graph
        roles = {}
        for node in graph.node:
            for table, role in ((WEIGHTS, "weights"), (STATISTICS, "statistics")):
                for i in table.get(node.op_type, ()):
                    if i < len(node.input):
                        roles[node.input[i]] = role
        self.weights, self.keys, self.stores = nn.ParameterList(), [], {}
        for i, t in enumerate(graph.initializer):
            self.store(i, t.name, onnx.numpy_helper.to_array(t), roles.get(t.name))
        for node in graph.node:
            if node.op_type == "Constant":
                self.store(len(self.stores), node.output[0],
                           onnx.numpy_helper.to_array(node.attribute[0].t), None)
        kept = [n for n in graph.node if n.op_type != "Constant"]
        del graph.node[:]
        graph.node.extend(kept)
        space = {"torch": torch, "F": nn.functional}
        exec(Writer(graph, self.stores).write(logits), space)
        self.call = space["forward"]
        # No tensors, and nothing that copies want.
        self.stores = None

    def store(self, i, name, value, role):
        tensor = torch.from_numpy(value.copy())
        if role == "weights" and value.dtype == numpy.float32:
            text = f"self.weights[{len(self.keys)}]"
            self.keys.append(name)
            self.weights.append(nn.Parameter(tensor))
        else:
            text = f"self.constant{i}"
            self.register_buffer(f"constant{i}", tensor)
        self.stores[name] = (text, value)

    def forward(self, *inputs):
        return self.call(self, *inputs)

    def save(self, path, weights=None):
        """The file it was read from, with its weights, or those that are given."""
        model = onnx.load(self.path)
        places = {t.name: t for t in model.graph.initializer}
        for name, w in zip(self.keys, weights or self.weights):
            values = numpy.ascontiguousarray(w.detach().numpy())
            places[name].CopyFrom(onnx.numpy_helper.from_array(values, name))
        onnx.save(model, path)
