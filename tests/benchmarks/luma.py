# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a model of one channel costs on video in colour: on its luma, with the chroma beside it, and
as grey between two videoconvert, which loses the colour. Processor time a frame of gst-launch-1.0,
the least over the rounds, less that of one that plays no model.

    luma.py [FRAMES [ROUNDS]]      with GST_PLUGIN_PATH set
"""
import os
import subprocess
import sys
import tempfile

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

WIDTH, HEIGHT = 960, 540


def save(path, shapes, factor):
    """Convolutions of the given weights, Tanh between them, and pixels from channels."""
    random = np.random.default_rng(1)
    nodes, weights, x = [], [], 'x'
    for i, shape in enumerate(shapes):
        weights.append(numpy_helper.from_array(
            (random.normal(size=shape) / np.sqrt(np.prod(shape[1:]))).astype('f'), f'w{i}'))
        nodes.append(helper.make_node('Conv', [x, f'w{i}'], [f'c{i}'], pads=[shape[2] // 2] * 4))
        x = f'c{i}'
        if i < len(shapes) - 1:
            nodes.append(helper.make_node('Tanh', [x], [f't{i}']))
            x = f't{i}'
    nodes.append(helper.make_node('DepthToSpace', [x], ['y'], blocksize=factor))
    ends = [[helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 1, None, None])]
            for name in 'xy']
    model = helper.make_model(helper.make_graph(nodes, 'net', *ends, weights),
                              opset_imports=[helper.make_opsetid('', 17)], ir_version=8)
    for side in ('input', 'output'):
        model.metadata_props.add(key=f'generative.{side}-range', value='0,1')
    onnx.save(model, path)


def seconds(launch):
    process = subprocess.Popen(['gst-launch-1.0', '-q'] + launch.split(), stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f'{launch} failed')
    return usage.ru_utime


def main():
    frames = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    nets = {'one convolution 1x1': ([(1, 1, 1, 1)], 1), 'x2, one convolution 7x7': ([(4, 1, 7, 7)], 2),
            'ESPCN x2': ([(64, 1, 5, 5), (32, 64, 3, 3), (4, 32, 3, 3)], 2)}
    source = (f'videotestsrc pattern=black num-buffers={frames} ! '
              f'video/x-raw,format=%s,width={WIDTH},height={HEIGHT}')
    colour, grey = source % 'I420', source % 'GRAY8'
    for name, (shapes, factor) in nets.items():
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, 'net.onnx')
            save(path, shapes, factor)
            play = f'generator model={path} threads=1 reload=false'
            ways = {
                'none': f'{colour} ! fakesink',
                'luma': f'{colour} ! {play} ! video/x-raw,format=I420 ! fakesink',
                'grey, videoconvert': f'{colour} ! videoconvert ! video/x-raw,format=GRAY8 ! {play} ! '
                                      'videoconvert ! video/x-raw,format=I420 ! fakesink',
                'grey alone': f'{grey} ! {play} ! video/x-raw,format=GRAY8 ! fakesink',
            }
            least = dict.fromkeys(ways, float('inf'))
            for _ in range(rounds):
                for way, launch in ways.items():
                    least[way] = min(least[way], seconds(launch))
        print(name, ', '.join(f'{way} {(time - least["none"]) / frames * 1e3:.2f} ms'
                              for way, time in least.items() if way != 'none'), sep=': ')


main()
