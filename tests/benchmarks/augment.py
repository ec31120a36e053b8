#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""How long augmentations of pictures take against AlbumentationsX's and torchvision v2's, in one run.

    tests/benchmarks/augment.py build/lib/libgenerative.so [PICTURE] [ROUNDS] [NAME…]

Prints for each transform the microseconds that a picture of 500 by 375 in RGB takes (processor time,
the median of rounds in turns, one thread each), and how many times as fast ours is as the faster of
the two.
Needs numpy, Pillow, and `pip install albumentationsx torchvision opencv-python-headless`. Each is
drawn anew for each picture, makes a new picture, and is chosen so that both do about the same;
torchvision has its own tensors of bytes. Without a picture (or "") it is smooth shapes and noise.
"""
import itertools
import os
import sys
import time
import warnings

os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"
sys.path.insert (0, os.path.join (os.path.dirname (os.path.abspath (__file__)), "..", "unit"))

import albumentations as A
import cv2
import numpy as np
import torch
import torchvision.transforms.v2 as T
from PIL import Image

from augment_pictures import Augmenter

WIDTH, HEIGHT = 500, 375
torch.set_num_threads (1)
cv2.setNumThreads (1)
warnings.filterwarnings ("ignore")

LINEAR = T.InterpolationMode.BILINEAR
AFFINE = {"rotate": 15, "shear": 10, "translate": 0.1, "scale": 0.1}
JITTER = {"brightness": 0.2, "contrast": 0.2, "saturation": 0.2, "hue": 36}

# Ours, and makers of theirs; None where they have none.
CASES = {
    "flip": ({"flip": 1}, lambda: A.HorizontalFlip (p=1), lambda: T.RandomHorizontalFlip (1)),
    "resized-crop": ({"resized_crop": 0.9},
        lambda: A.RandomResizedCrop ((HEIGHT, WIDTH), (0.1, 1), p=1),
        lambda: T.RandomResizedCrop ((HEIGHT, WIDTH), (0.1, 1), antialias=False)),
    "rotate": ({"rotate": 30},
        lambda: A.Rotate ((-30, 30), border_mode=cv2.BORDER_REFLECT_101, p=1),
        lambda: T.RandomRotation (30, LINEAR)),
    "affine": (AFFINE,
        lambda: A.Affine (scale=(0.9, 1.1), translate_percent=(-0.1, 0.1), rotate=(-15, 15),
            shear=(-10, 10), border_mode=cv2.BORDER_REFLECT_101, p=1),
        lambda: T.RandomAffine (15, (0.1, 0.1), (0.9, 1.1), (-10, 10, -10, 10), LINEAR)),
    "perspective": ({"perspective": 0.2}, lambda: A.Perspective ((0.05, 0.1), keep_size=True, p=1),
        lambda: T.RandomPerspective (0.2, 1, LINEAR)),
    "grid-distortion": ({"grid_distortion": 0.3}, lambda: A.GridDistortion (5, (-0.3, 0.3), p=1),
        None),
    "elastic": ({"elastic": 0.03}, lambda: A.ElasticTransform (p=1),
        lambda: T.ElasticTransform (50.0, 5.0)),
    "brightness, contrast": ({"brightness": 0.2, "contrast": 0.2},
        lambda: A.RandomBrightnessContrast ((-0.2, 0.2), (-0.2, 0.2), p=1), lambda: T.ColorJitter (0.2, 0.2)),
    "colour jitter": (JITTER, lambda: A.ColorJitter ((0.8, 1.2), (0.8, 1.2), (0.8, 1.2),
        (-0.1, 0.1), p=1), lambda: T.ColorJitter (0.2, 0.2, 0.2, 0.1)),
    "gamma": ({"gamma": 0.5}, lambda: A.RandomGamma ((67, 150), p=1), None),
    "auto-contrast": ({"auto_contrast": 1}, lambda: A.AutoContrast (p=1),
        lambda: T.RandomAutocontrast (1)),
    "equalise": ({"equalise": 1}, lambda: A.Equalize (p=1), lambda: T.RandomEqualize (1)),
    "clahe": ({"clahe": 4}, lambda: A.CLAHE ((1, 4), (8, 8), p=1), None),
    "posterise": ({"posterise": 4}, lambda: A.Posterize ((4, 4), p=1), lambda: T.RandomPosterize (4, 1)),
    "solarise": ({"solarise": 1}, lambda: A.Solarize ((0.5, 0.5), p=1),
        lambda: T.RandomSolarize (128, 1)),
    "invert": ({"invert": 1}, lambda: A.InvertImg (p=1), lambda: T.RandomInvert (1)),
    "grey": ({"grey": 1}, lambda: A.ToGray (p=1), lambda: T.RandomGrayscale (1)),
    "channel-shuffle": ({"channel_shuffle": 1}, lambda: A.ChannelShuffle (p=1),
        lambda: T.RandomChannelPermutation ()),
    "blur": ({"blur": 3}, lambda: A.GaussianBlur ((0, 0), (0.1, 3), p=1),
        lambda: T.GaussianBlur (11, (0.1, 3))),
    "motion-blur": ({"motion_blur": 21}, lambda: A.MotionBlur ((3, 21), p=1), None),
    "defocus": ({"defocus": 7}, lambda: A.Defocus ((1, 7), p=1), None),
    "sharpen": ({"sharpen": 1}, lambda: A.Sharpen (p=1), lambda: T.RandomAdjustSharpness (1.5, 1)),
    "shot-noise": ({"shot_noise": 0.1}, lambda: A.ShotNoise (p=1), None),
    "iso-noise": ({"iso_noise": 0.1}, lambda: A.ISONoise (p=1), None),
    "noise": ({"noise": 0.1}, lambda: A.GaussNoise ((0.1, 0.1), p=1),
        lambda: T.GaussianNoise (0, 0.1)),
    "salt-and-pepper": ({"salt_and_pepper": 0.05}, lambda: A.SaltAndPepper ((0, 0.05), p=1), None),
    "downscale": ({"downscale": 4}, lambda: A.Downscale ((0.25, 0.5),
        {"downscale": cv2.INTER_AREA, "upscale": cv2.INTER_LINEAR}, p=1), None),
    "jpeg": ({"jpeg": 70}, lambda: A.ImageCompression ("jpeg", (30, 100), p=1),
        lambda: T.JPEG ((30, 100))),
    "fog": ({"fog": 0.8}, lambda: A.RandomFog (p=1), None),
    "shadow": ({"shadow": 0.5}, lambda: A.RandomShadow (p=1), None),
    "cutout": ({"cutout": 0.4}, lambda: A.CoarseDropout ((1, 1), (0.05, 0.4), (0.05, 0.4), p=1),
        lambda: T.RandomErasing (1, (0.02, 0.16))),
    "grid-mask": ({"grid_mask": 0.5}, lambda: A.GridDropout (0.5, p=1), None),
    "randaugment": ("randaugment", None, lambda: T.RandAugment (2, 9, interpolation=LINEAR)),
    "trivialaugment": ("trivialaugment", None, lambda: T.TrivialAugmentWide (interpolation=LINEAR)),
    "augmix": ("augmix", None, lambda: T.AugMix (all_ops=False, interpolation=LINEAR)),
    "crop, flip, jitter": ({"resized_crop": 0.9, "flip": 1, **JITTER},
        lambda: A.Compose ([A.RandomResizedCrop ((HEIGHT, WIDTH), (0.1, 1), p=1),
            A.HorizontalFlip (p=0.5), A.ColorJitter ((0.8, 1.2), (0.8, 1.2), (0.8, 1.2),
            (-0.1, 0.1), p=1)]),
        lambda: T.Compose ([T.RandomResizedCrop ((HEIGHT, WIDTH), (0.1, 1), antialias=False),
            T.RandomHorizontalFlip (0.5), T.ColorJitter (0.2, 0.2, 0.2, 0.1)])),
}


def own (ours, what):
    """A function that makes a picture of one; frames that nothing is drawn for are passed over."""
    settings = ours.settings (policy=what) if isinstance (what, str) else ours.settings (**what)
    drawn = [frame for frame in range (200)
        if ours.make_draw (settings, frame, WIDTH, HEIGHT).n_steps > 0 or isinstance (what, str)]
    frames = itertools.cycle (drawn)

    def augment (picture):
        return ours.render (ours.make_draw (settings, next (frames), WIDTH, HEIGHT), picture)
    return augment


def theirs (make, argument):
    """A function of nothing, or None where they have none or not with this version."""
    if make is None:
        return None
    try:
        transform = make ()
        # A mirrored picture of Albumentations is a view of the one that was given, until it is used.
        run = (lambda: np.ascontiguousarray (transform (image=argument)["image"])) if isinstance (
            argument, np.ndarray) else (lambda: transform (argument))
        run ()
    except Exception as error:
        print (f"# {error}", file=sys.stderr)
        return None
    return run


def median_of (functions, rounds):
    times = [[] for _ in functions]
    pairs = list (zip (functions, times))
    for i in range (rounds):
        # Another one is first each time, and finds the picture out of the cache.
        first = i % len (pairs)
        for function, own in pairs[first:] + pairs[:first]:
            if function is None:
                continue
            begin = time.process_time ()
            function ()
            own.append (time.process_time () - begin)
    return [np.median (own) if own else np.nan for own in times]


def main (library, path="", rounds="25", *names):
    ours = Augmenter (library)
    if path:
        picture = np.array (Image.open (path).convert ("RGB").resize ((WIDTH, HEIGHT)))
    else:
        y, x = np.mgrid[:HEIGHT, :WIDTH]
        picture = np.stack ([127 + 90 * np.sin (x / 31 + c) * np.cos (y / 47) for c in range (3)], -1)
        picture += np.random.default_rng (1).normal (0, 10, picture.shape)
    picture = np.ascontiguousarray (np.clip (picture, 0, 255).astype (np.uint8))
    tensor = torch.from_numpy (picture).permute (2, 0, 1).contiguous ()
    ratios = []
    print (f"{'':21}{'ours':>9}{'Albumentations':>16}{'torchvision':>13}{'times as fast':>15}")
    for name in names or CASES:
        what, album, vision = CASES[name]
        augment = own (ours, what)
        functions = [lambda: augment (picture), theirs (album, picture), theirs (vision, tensor)]
        median = median_of (functions, int (rounds))
        ratio = np.nanmin (median[1:]) / median[0]
        ratios.append (ratio)
        print (f"{name:21}{median[0] * 1e6:9.0f}{median[1] * 1e6:16.0f}{median[2] * 1e6:13.0f}{ratio:15.2f}",
            flush=True)
    print (f"{'geometric mean':21}{np.exp (np.mean (np.log (ratios))):53.2f}")


if __name__ == "__main__":
    if len (sys.argv) < 2:
        sys.exit (__doc__)
    main (*sys.argv[1:])
