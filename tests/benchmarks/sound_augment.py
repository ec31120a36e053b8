#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""How much processor time augmentations of sound take against audiomentations' and torchaudio's, in
one run.

    tests/benchmarks/sound_augment.py build/lib/libgenerative.so [TRANSFORM...]

Prints for each transform the microseconds of processor time that a window takes (the best of many
rounds, in turns, one thread each) and how many times as fast ours is, and at the end the geometric
mean of that. Needs numpy, audiomentations (with `pip install "audiomentations[extras]"` its limiter
and loudness, too) and, for some, torchaudio; what is not installed is left out and said. Each of
ours is drawn anew for each window, as theirs are. Ours work in place, and theirs make a
new array: where that is a view of the one that was given, a copy is made of it.
"""
import ctypes
import os
import sys
import tempfile
import time
import warnings
import wave

import numpy as np
import audiomentations as peers
from audiomentations import (AddGaussianSNR, Compose, Gain, HighPassFilter, LowPassFilter,
    PolarityInversion, Shift)
from audiomentations.core.transforms_interface import MultichannelAudioNotSupportedException

try:
    import torch
    import torchaudio
    torch.set_num_threads (1)
except ImportError:
    torch = None

MAX, PARAMETERS = 64, 2
SECONDS = 0.3 # of processor time for a transform and its peer, at most about


class Settings (ctypes.Structure):
    _fields_ = [("medium", ctypes.c_void_p), ("amounts", ctypes.c_double * MAX),
        ("parameters", ctypes.c_double * (MAX * PARAMETERS)),
        ("probability", ctypes.c_double), ("seed", ctypes.c_uint64),
        ("policy", ctypes.c_void_p), ("clip_frames", ctypes.c_uint64),
        ("sounds", ctypes.c_void_p * MAX)]


class Format (ctypes.Structure):
    _fields_ = [("medium", ctypes.c_void_p), ("width", ctypes.c_int), ("height", ctypes.c_int),
        ("channels", ctypes.c_int), ("rate", ctypes.c_int), ("length", ctypes.c_size_t)]


class Sound (ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("frames", ctypes.c_size_t), ("rate", ctypes.c_int),
        ("channels", ctypes.c_int), ("owned", ctypes.c_int)]


class Augmentation (ctypes.Structure):
    _fields_ = [("medium", ctypes.c_void_p), ("name", ctypes.c_char_p)]


def ours (library, rate, amounts, folder):
    """A function that augments frames [length, channels]; background and room take the folder's
    sounds."""
    medium = ctypes.addressof (ctypes.c_byte.in_dll (library, "gen_medium_sound"))
    library.gen_augmentation_list.restype = ctypes.POINTER (ctypes.POINTER (Augmentation))
    members = library.gen_augmentation_list (ctypes.c_void_p (medium))
    settings = Settings (medium=medium, probability=1, seed=3)
    for i in range (MAX):
        if not members[i]:
            break
        name = members[i].contents.name.decode ()
        settings.amounts[i] = amounts.get (name, 0)
        if settings.amounts[i] > 0 and name in ("background", "room"):
            settings.sounds[i] = library.gen_augment_sounds_open (folder.encode (), None)
    draw = ctypes.create_string_buffer (16384)
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
    def augment (rows):
        made = transform (rows, sample_rate=rate)
        return made.copy () if np.shares_memory (made, rows) else made
    return augment


def biquad (name, rate, low, high):
    """torchaudio's, at a cut-off as ours are drawn."""
    def augment (rows):
        function = getattr (torchaudio.functional, name)
        cutoff = low * (high / low) ** np.random.rand ()
        return function (torch.from_numpy (rows), rate, cutoff).numpy ()
    return augment


def fade (length, share):
    def augment (rows):
        ends = [int (share * length * np.random.rand ()) for _ in range (2)]
        return torchaudio.transforms.Fade (*ends, "half_sine") (torch.from_numpy (rows)).numpy ()
    return augment


def cases (rate, length, folder):
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
        "lowpass_biquad", rate, 1000, rate / 2 - 1)
    yield "high-pass", {"high-pass": 300}, "torchaudio", biquad (
        "highpass_biquad", rate, 20, 300)
    yield "fade", {"fade": 0.2}, "torchaudio", fade (length, 0.2)
    yield "noise", {"noise": 0.1}, "audiomentations", audiomentations (rate, noise)
    for name, amount, peer, arguments in (
            ("time-stretch", 1.25, "TimeStretch", {"min_rate": 0.8, "max_rate": 1.25}),
            ("pitch-shift", 4, "PitchShift", {"min_semitones": -4, "max_semitones": 4}),
            ("reverse", 1, "Reverse", {}),
            ("time-mask", 0.5, "TimeMask", {"min_band_part": 0, "max_band_part": 0.5}),
            ("room", 1, "ApplyImpulseResponse", {"ir_path": folder}),
            ("band-pass", 1, "BandPassFilter", {}),
            ("peak", 12, "PeakingFilter", {}),
            ("low-shelf", 12, "LowShelfFilter", {}),
            ("high-shelf", 12, "HighShelfFilter", {"max_center_freq": 0.4 * rate}),
            ("frequency-mask", 2, "BandStopFilter", {}),
            ("loudness", 23, "LoudnessNormalization", {}),
            ("pink-noise", 0.1, "AddColorNoise", {"min_f_decay": -3.01, "max_f_decay": -3.01}),
            ("brown-noise", 0.1, "AddColorNoise", {"min_f_decay": -6.02, "max_f_decay": -6.02}),
            ("background", 0.1, "AddBackgroundNoise", {"sounds_path": folder}),
            ("limit", 20, "Limiter", {}),
            ("soft-clip", 20, "TanhDistortion", {}),
            ("hard-clip", 20, "ClippingDistortion", {}),
            ("decimate", 2000, "Aliasing", {"min_sample_rate": 2000, "max_sample_rate": rate}),
            ("bit-depth", 5, "BitCrush", {"min_bit_depth": 5, "max_bit_depth": 16})):
        yield name, {name: amount}, peer, audiomentations (
            rate, getattr (peers, peer) (**arguments, p=1))
    yield ("all but fade", {"gain": 6, "polarity": 1, "shift": 0.2, "low-pass": 1000,
        "high-pass": 300, "noise": 0.1}, "audiomentations",
        audiomentations (rate, Compose ([shift, low, high, gain, polarity, noise])))


def once (function, argument):
    argument = argument.copy ()
    begin = time.process_time ()
    function (argument)
    return time.process_time () - begin


def save_response (folder, rate):
    """Half a second of noise that fades: a room's response, or something to hear."""
    noise = np.random.default_rng (2).standard_normal (rate // 2)
    noise *= np.exp (-6.9 * np.arange (rate // 2) / (rate // 2)) * 8000
    with wave.open (os.path.join (folder, "response.wav"), "wb") as file:
        file.setparams ((1, 2, rate, 0, "NONE", ""))
        file.writeframes (np.clip (noise, -32768, 32767).astype ("<i2").tobytes ())


def compare (library, rate, length, channels, folder, wanted):
    random = np.random.default_rng (1)
    frames = random.standard_normal ((length, channels)).astype (np.float32) / 8
    rows = np.ascontiguousarray (frames.T) if channels > 1 else frames[:, 0]
    ratios = []
    save_response (folder, rate)
    print (f"\n{length} samples at {rate} Hz, {channels} channels")
    for name, amounts, peer, theirs in cases (rate, length, folder):
        if wanted and name not in wanted:
            continue
        own = ours (library, rate, amounts, folder)
        best = [np.inf, np.inf]
        rounds = 0
        until = time.process_time () + SECONDS
        if peer == "torchaudio" and torch is None:
            print (f"{name:15} left out: no torchaudio")
            continue
        try:
            while rounds < 200 and (rounds < 5 or time.process_time () < until):
                best[0] = min (best[0], once (own, frames))
                best[1] = min (best[1], once (theirs, rows))
                rounds += 1
        except (ImportError, MultichannelAudioNotSupportedException) as error:
            print (f"{name:15} left out: {str (error).splitlines ()[0]}")
            continue
        ratios.append (best[1] / best[0])
        print (f"{name:15} {best[0] * 1e6:9.1f} us   {peer:22} {best[1] * 1e6:9.1f} us"
            f"   {ratios[-1]:6.2f}   real time / {length / rate / best[0]:.0f}", flush=True)
    print (f"geometric mean {np.exp (np.mean (np.log (ratios))):.2f}")


if __name__ == "__main__":
    if len (sys.argv) < 2:
        sys.exit (__doc__)
    warnings.simplefilter ("ignore")
    loaded = ctypes.CDLL (sys.argv[1])
    loaded.gen_augment_sounds_open.restype = ctypes.c_void_p
    with tempfile.TemporaryDirectory () as responses:
        compare (loaded, 16000, 16000, 1, responses, sys.argv[2:])
        compare (loaded, 44100, 5 * 44100, 2, responses, sys.argv[2:])
