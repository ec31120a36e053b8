#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Resampling of pictures against Pillow's, to the last bit.

usage: resampling.py LIBRARY

Random pictures of random sizes, by each filter: bytes as Image.resize makes them of modes L and
RGB, levels as of mode F; and of pictures that shrink as much either way, and of larger ones, in one
go. Prints TAP, a line for each filter and mode.
"""
import ctypes
import sys

import numpy as np
from PIL import Image

ROUNDS = 60


class Picture(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("width", ctypes.c_int), ("height", ctypes.c_int),
                ("channels", ctypes.c_int), ("stride", ctypes.c_int), ("owned", ctypes.c_int)]


def picture_of(array):
    height, width = array.shape[:2]
    channels = 1 if array.ndim == 2 else array.shape[2]
    return Picture(array.ctypes.data, width, height, channels, width * channels, 0)


def draw(random, shape):
    """Noise, saturated noise that overshoots, or a smooth slope."""
    kind = random.integers(3)
    if kind == 0:
        return random.integers(0, 256, shape, np.uint8)
    if kind == 1:
        return (random.integers(0, 2, shape) * 255).astype(np.uint8)
    y, x = np.mgrid[:shape[0], :shape[1]]
    slope = (x * 3 + y * 5) % 256
    return np.ascontiguousarray(
        np.broadcast_to(slope.reshape(slope.shape + (1,) * (len(shape) - 2)), shape), np.uint8)


def whole(library, found, theirs, array, side):
    """Whether a square one is as Image.resize has it."""
    made = np.zeros((side, side, 3), np.uint8)
    source, target = picture_of(array), picture_of(made)
    library.gen_picture_resample(ctypes.byref(source), ctypes.byref(target), found)
    return np.array_equal(made, np.asarray(Image.fromarray(array).resize((side, side), theirs)))


def main():
    library = ctypes.CDLL(sys.argv[1])
    library.gen_resample_filter_find.restype = ctypes.c_void_p
    random = np.random.default_rng(1)
    filters = [("box", Image.BOX), ("bilinear", Image.BILINEAR), ("hamming", Image.HAMMING),
               ("bicubic", Image.BICUBIC), ("lanczos", Image.LANCZOS)]
    count = 0
    for name, theirs in filters:
        found = ctypes.c_void_p(library.gen_resample_filter_find(name.encode()))
        for mode in ("L", "RGB", "F"):
            wrong = []
            for _ in range(ROUNDS):
                width, height, to_width, to_height = (int(2 ** e) for e in random.uniform(0, 8, 4))
                if random.integers(4) == 0:
                    to_width = width
                if random.integers(4) == 0:
                    to_height = height
                shape = (height, width, 3) if mode == "RGB" else (height, width)
                array = draw(random, shape)
                source = picture_of(array)
                if mode == "F":
                    made = np.zeros((to_height, to_width), np.float32)
                    library.gen_picture_resample_levels(ctypes.byref(source), 0, found, to_width,
                                                        to_height, ctypes.c_void_p(made.ctypes.data))
                    peer = Image.fromarray(array.astype(np.float32))
                else:
                    made = np.zeros((to_height, to_width) + shape[2:], np.uint8)
                    target = picture_of(made)
                    library.gen_picture_resample(ctypes.byref(source), ctypes.byref(target), found)
                    peer = Image.fromarray(array)
                # Across first, as Pillow always did before 13, which goes down first where the
                # height shrinks much more than the width.
                across = peer.resize((to_width, height), theirs)
                expected = np.asarray(across.resize((to_width, to_height), theirs))
                if not np.array_equal(made, expected):
                    far = np.abs(made.astype(float) - expected).max()
                    wrong.append(f"{width}x{height} to {to_width}x{to_height} by {far:g}")
                square = int(2 ** random.uniform(3, 8)), int(2 ** random.uniform(3, 8))
                if mode == "RGB" and not whole(library, found, theirs, draw(random, (square[0],) * 2
                                                                           + (3,)), square[1]):
                    wrong.append(f"{square[0]} to {square[1]} in one go")
            count += 1
            print(f"{'not ok' if wrong else 'ok'} {count} {name}, mode {mode}: "
                  f"{ROUNDS - len(wrong)} of {ROUNDS} equal {wrong[0] if wrong else ''}")
    print(f"1..{count}")


if __name__ == "__main__":
    main()
