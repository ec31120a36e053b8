#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""How long augmentations of sound take against audiomentations' and torchaudio's, in one run.

    tests/benchmarks/sound_augment.py build/lib/libgenerative.so

Prints for each transform the microseconds that a window takes (the best of many rounds, in turns,
one thread each) and how many times as fast ours is. Needs numpy, audiomentations and torchaudio.
Each of ours is drawn anew for each window, as theirs are. Ours work in place, and theirs make a new
array.
"""
import ctypes
import sys
import time

import numpy as np
import torch
import torchaudio
from audiomentations import (AddGaussianSNR, Compose, Gain, HighPassFilter, LowPassFilter,
    PolarityInversion, Shift)

MAX, PARAMETERS = 64, 2
torch.set_num_threads (1)


class Settings (ctypes.Structure):
    _fields_ = [("medium", ctypes.c_void_p), ("amounts", ctypes.c_double * MAX),
        ("parameters", ctypes.c_double * (MAX * PARAMETERS)),
        ("probability", ctypes.c_double), ("seed", ctypes.c_uint64),
        ("policy", ctypes.c_void_p), ("clip_frames", ctypes.c_uint64)]


class Format (ctypes.Structure):
    _fields_ = [("medium", ctypes.c_void_p), ("width", ctypes.c_int), ("height", ctypes.c_int),
        ("channels", ctypes.c_int), ("rate", ctypes.c_int), ("length", ctypes.c_size_t)]


class Sound (ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("frames", ctypes.c_size_t), ("rate", ctypes.c_int),
        ("channels", ctypes.c_int), ("owned", ctypes.c_int)]


class Augmentation (ctypes.Structure):
    _fields_ = [("medium", ctypes.c_void_p), ("name", ctypes.c_char_p)]


def ours (library, rate, amounts):
    """A function that augments frames [length, channels]."""
    medium = ctypes.addressof (ctypes.c_byte.in_dll (library, "gen_medium_sound"))
    library.gen_augmentation_list.restype = ctypes.POINTER (ctypes.POINTER (Augmentation))
    members = library.gen_augmentation_list (ctypes.c_void_p (medium))
    settings = Settings (medium=medium, probability=1, seed=3)
    for i in range (MAX):
        if not members[i]:
            break
        settings.amounts[i] = amounts.get (members[i].contents.name.decode (), 0)
    draw = ctypes.create_string_buffer (8192)
    window = 0

    def augment (frames):
        nonlocal window
        length, channels = frames.shape
        form = Format (medium=medium, channels=channels, rate=rate, length=length)
        sound = Sound (frames.ctypes.data, length, rate, channels, 0)
        library.gen_augment_draw_sound (
            ctypes.byref (settings), ctypes.c_uint64 (window), ctypes.byref (form), draw)
        library.gen_augment_render_sound (draw, ctypes.byref (sound), ctypes.c_size_t (0))
        window += 1
    return augment


def audiomentations (rate, transform):
    return lambda rows: transform (rows, sample_rate=rate)


def biquad (function, rate, low, high):
    """torchaudio's, at a cut-off as ours are drawn."""
    def augment (rows):
        cutoff = low * (high / low) ** np.random.rand ()
        return function (torch.from_numpy (rows), rate, cutoff).numpy ()
    return augment


def fade (length, share):
    def augment (rows):
        ends = [int (share * length * np.random.rand ()) for _ in range (2)]
        return torchaudio.transforms.Fade (*ends, "half_sine") (torch.from_numpy (rows)).numpy ()
    return augment


def cases (rate, length):
    gain = Gain (-6, 6, p=1)
    polarity = PolarityInversion (p=1)
    shift = Shift (-0.2, 0.2, rollover=False, fade_duration=0, p=1)
    low = LowPassFilter (1000, rate / 2 - 1, min_rolloff=12, max_rolloff=12, p=1)
    high = HighPassFilter (20, 300, min_rolloff=12, max_rolloff=12, p=1)
    noise = AddGaussianSNR (20, 40, p=1)
    yield "gain", {"gain": 6}, "audiomentations", audiomentations (rate, gain)
    yield "polarity", {"polarity": 1}, "audiomentations", audiomentations (rate, polarity)
    yield "shift", {"shift": 0.2}, "audiomentations", audiomentations (rate, shift)
    yield "low-pass", {"low-pass": 1000}, "audiomentations", audiomentations (rate, low)
    yield "low-pass", {"low-pass": 1000}, "torchaudio", biquad (
        torchaudio.functional.lowpass_biquad, rate, 1000, rate / 2 - 1)
    yield "high-pass", {"high-pass": 300}, "torchaudio", biquad (
        torchaudio.functional.highpass_biquad, rate, 20, 300)
    yield "fade", {"fade": 0.2}, "torchaudio", fade (length, 0.2)
    yield "noise", {"noise": 0.1}, "audiomentations", audiomentations (rate, noise)
    yield ("all but fade", {"gain": 6, "polarity": 1, "shift": 0.2, "low-pass": 1000,
        "high-pass": 300, "noise": 0.1}, "audiomentations",
        audiomentations (rate, Compose ([shift, low, high, gain, polarity, noise])))


def once (function, argument):
    argument = argument.copy ()
    begin = time.perf_counter ()
    function (argument)
    return time.perf_counter () - begin


def compare (library, rate, length, channels):
    random = np.random.default_rng (1)
    frames = random.standard_normal ((length, channels)).astype (np.float32) / 8
    rows = np.ascontiguousarray (frames.T)
    print (f"\n{length} samples at {rate} Hz, {channels} channels")
    for name, amounts, peer, theirs in cases (rate, length):
        own = ours (library, rate, amounts)
        best = [np.inf, np.inf]
        for _ in range (200):
            best[0] = min (best[0], once (own, frames))
            best[1] = min (best[1], once (theirs, rows))
        print (f"{name:13} {best[0] * 1e6:9.1f} us   {peer:15} {best[1] * 1e6:9.1f} us"
            f"   {best[1] / best[0]:6.2f}")


if __name__ == "__main__":
    if len (sys.argv) != 2:
        sys.exit (__doc__)
    loaded = ctypes.CDLL (sys.argv[1])
    compare (loaded, 16000, 16000, 1)
    compare (loaded, 44100, 5 * 44100, 2)
