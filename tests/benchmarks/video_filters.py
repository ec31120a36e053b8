#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""How long augmentations of video at 1080p take against FFmpeg's filters of the same work, in one run.

    tests/benchmarks/video_filters.py build/lib/libgenerative.so [ROUNDS] [NAME…]

Frames are I420, 1920 by 1080, of smooth shapes and noise. Prints for each the milliseconds of
processor time that a frame takes, one thread each, the median of rounds in turns; how many times as
fast ours is; and at which share of the rate of a plain copy of a frame (memcpy) ours reads and writes
each byte of the frame once. Ours works in place, and draws anew for each frame. FFmpeg's time is that
of a row of filters less that of none, so that reading frames counts for nothing.
Needs numpy and ffmpeg.
"""
import itertools
import os
import resource
import subprocess
import sys
import tempfile
import time

sys.path.insert (0, os.path.join (os.path.dirname (os.path.abspath (__file__)), "..", "unit"))

import numpy as np

from augment_pictures import Augmenter

WIDTH, HEIGHT, FRAMES = 1920, 1080, 12
SAID = dict (across=2, down=2)

# Ours; values of the first step to be set, where the work hangs on them; theirs, and how many of them
# in a row are measured.
CASES = {
    "mirror": ({"flip": 1}, {}, "hflip", 24),
    "rotate": ({"rotate": 30}, {}, "rotate=PI/12", 4),
    "crop and enlarge": ({"crop": 0.4}, {},
        "crop=iw*0.7:ih*0.7,scale=1920:1080:flags=bilinear", 6),
    "perspective": ({"perspective": 0.3}, {}, "perspective=40:30:1800:60:90:1000:1880:1010", 4),
    "brightness, contrast, saturation": ({"brightness": 0.2, "contrast": 0.2, "saturation": 0.4}, {},
        "eq=brightness=0.1:contrast=1.1:saturation=1.2", 24),
    "hue": ({"hue": 60}, {}, "hue=h=30", 12),
    "invert": ({"invert": 1}, {}, "negate", 24),
    "gamma": ({"gamma": 0.5}, {}, "format=gbrp,eq=gamma=1.2,format=yuv420p", 4),
    "blur of 3 pixels": ({"blur": 3}, {0: 3.0}, "gblur=3", 6),
    "sharpen": ({"sharpen": 1}, {}, "unsharp=3:3:1:3:3:1", 6),
    "noise": ({"noise": 0.05}, {}, "noise=alls=20:allf=t", 24),
}


def make_frames ():
    random = np.random.default_rng (1)
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    frames = []
    for i in range (FRAMES):
        luma = 127 + 70 * np.sin (x / 31 + i) * np.cos (y / 47) + random.normal (0, 8, x.shape)
        u, v = (128 + 50 * np.sin (x[::2, ::2] / (60 + c) + i) for c in (0, 30))
        frames.append ([np.clip (plane, 16, 235).astype (np.uint8) for plane in (luma, u, v)])
    return frames


def ours_of (ours, amounts, values, frames):
    settings = ours.settings (**amounts)
    numbers = itertools.cycle ([number for number in range (200)
        if ours.make_draw (settings, number, WIDTH, HEIGHT).n_steps > 0])

    def run ():
        planes = [[plane.copy () for plane in frame] for frame in frames]
        begin = time.process_time ()
        for frame in planes:
            draw = ours.make_draw (settings, next (numbers), WIDTH, HEIGHT)
            for i, value in values.items ():
                draw.steps[0].values[i] = value
            ours.render_in_place (draw, frame, **SAID)
        return (time.process_time () - begin) / FRAMES
    return run


def ffmpeg (path, filters):
    before = resource.getrusage (resource.RUSAGE_CHILDREN)
    subprocess.run (["ffmpeg", "-v", "error", "-filter_threads", "1", "-threads", "1",
        "-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{WIDTH}x{HEIGHT}", "-i", path,
        "-vf", filters, "-f", "null", "-"], check=True)
    after = resource.getrusage (resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def theirs_of (path, filters, n):
    def run ():
        return (ffmpeg (path, ",".join ([filters] * n)) - ffmpeg (path, "null")) / FRAMES / n
    return run


def copy_time (frames):
    """Of reading and writing each byte of a frame once."""
    copies = [[plane.copy () for plane in frame] for frame in frames]
    begin = time.process_time ()
    for frame, copy in zip (frames, copies):
        for plane, other in zip (frame, copy):
            np.copyto (other, plane)
    return (time.process_time () - begin) / FRAMES


def main (library, rounds="7", *names):
    ours, frames, ratios = Augmenter (library), make_frames (), []
    with tempfile.NamedTemporaryFile (suffix=".yuv") as file:
        for frame in frames:
            for plane in frame:
                file.write (plane.tobytes ())
        file.flush ()
        print (f"{'':34}{'ours':>8}{'FFmpeg':>9}{'times as fast':>15}{'of a copy':>11}")
        for name in names or CASES:
            amounts, values, filters, n = CASES[name]
            runs = [ours_of (ours, amounts, values, frames), theirs_of (file.name, filters, n),
                lambda: copy_time (frames)]
            times = np.array ([[run () for run in runs] for _ in range (int (rounds))])
            own, peer, copy = np.median (times, 0)
            ratios.append (peer / own)
            print (f"{name:34}{own * 1e3:8.2f}{peer * 1e3:9.2f}{peer / own:15.2f}{copy / own:11.0%}",
                flush=True)
        print (f"{'geometric mean':34}{np.exp (np.mean (np.log (ratios))):32.2f}")


if __name__ == "__main__":
    if len (sys.argv) < 2:
        sys.exit (__doc__)
    main (*sys.argv[1:])
