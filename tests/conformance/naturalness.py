#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""BRISQUE and NIQE against others on the same pictures.

usage: naturalness.py GENERATIVE_MODEL

BRISQUE is compared with OpenCV's quality module where it is installed, by the model of Debian's
package opencv-data. NIQE, and the model that is fitted for it, are compared with the paper's
formulas in numpy. Pictures are scikit-image's photographs where it is there, and discs that hide
each other. Prints TAP.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
from PIL import Image
from scipy.ndimage import convolve, gaussian_filter
from scipy.special import gamma

MODEL = "/usr/share/opencv4/quality/brisque_model_live.yml"
RANGE = MODEL.replace("_model_", "_range_")
AREA = 96

line = np.exp(-0.5 * ((np.arange(7) - 3) / (7 / 6)) ** 2)
WINDOW = np.outer(line, line) / line.sum() ** 2
SHAPES = np.arange(0.2, 10.001, 0.001)
RATIOS = gamma(2 / SHAPES) ** 2 / (gamma(1 / SHAPES) * gamma(3 / SHAPES))


def discs(seed, width, height):
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    picture = np.zeros((height, width))
    for u in random.random(1500):
        radius = 3 / np.sqrt(1 - u * (1 - 1 / 400))
        inside = ((x - random.integers(width)) ** 2 + (y - random.integers(height)) ** 2
                  <= radius ** 2)
        picture[inside] = random.integers(20, 236)
    picture = gaussian_filter(picture, 0.7) + random.normal(0, 2, picture.shape)
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)


def photographs():
    pictures = {f"discs {seed}": discs(seed, 330 + 7 * seed, 250) for seed in range(6)}
    try:
        import skimage.data
    except ImportError:
        return pictures
    for name in ("camera", "coins", "astronaut", "chelsea", "coffee", "rocket", "moon"):
        try:
            picture = getattr(skimage.data, name)()
        except Exception:  # It would be downloaded.
            continue
        pictures[name] = np.array(Image.fromarray(picture).convert("L"))
    return pictures


def fit(values):
    values = values.ravel()
    left = np.sqrt((values[values < 0] ** 2).mean())
    right = np.sqrt((values[values > 0] ** 2).mean())
    sides = left / right
    ratio = np.abs(values).mean() ** 2 / (values ** 2).mean()
    ratio *= (sides ** 3 + 1) * (sides + 1) / (sides ** 2 + 1) ** 2
    shape = SHAPES[np.argmin((RATIOS - ratio) ** 2)]
    scale = np.sqrt(gamma(1 / shape) / gamma(3 / shape))
    return shape, left * scale, right * scale


def describe(area):
    shape, left, right = fit(area)
    features = [shape, (left + right) / 2]
    for shift in ((0, 1), (1, 0), (1, 1), (1, -1)):
        shape, left, right = fit(area * np.roll(area, shift, (0, 1)))
        features += [shape, (right - left) * gamma(2 / shape) / gamma(1 / shape), left, right]
    return features


def cubic(x):
    x = np.abs(x)
    return np.where(x <= 1, 1.5 * x ** 3 - 2.5 * x ** 2 + 1,
                    np.where(x <= 2, -0.5 * x ** 3 + 2.5 * x ** 2 - 4 * x + 2, 0))


def halve(picture):
    """MATLAB's imresize (picture, 0.5), down and across."""
    for _ in range(2):
        n = len(picture)
        mirrored = np.concatenate([np.arange(n), np.arange(n)[::-1]])
        places = np.arange(n // 2) * 2
        taps = [(cubic((0.5 - k) / 2) / 2, mirrored[places + k]) for k in range(-3, 5)]
        picture = sum(weight * picture[place] for weight, place in taps).T
    return picture


def areas(picture):
    """Features and sharpness of each area that is not flat."""
    picture = picture.astype(float)
    picture = picture[:picture.shape[0] // AREA * AREA, :picture.shape[1] // AREA * AREA]
    sizes = []
    for size in (AREA, AREA // 2):
        mean = convolve(picture, WINDOW, mode="nearest")
        deviation = np.sqrt(np.abs(convolve(picture ** 2, WINDOW, mode="nearest") - mean ** 2))
        # Of equal levels only rounding is left.
        difference = np.where(np.abs(picture - mean) > 1e-4, picture - mean, 0)
        normal = difference / (deviation + 1)
        places = [(slice(y, y + size), slice(x, x + size))
                  for y in range(0, picture.shape[0], size) for x in range(0, picture.shape[1], size)]
        if size == AREA:
            sharpness = np.array([deviation[place].mean() for place in places])
        with np.errstate(all="ignore"):
            sizes.append([describe(normal[place]) for place in places])
        picture = halve(picture)
    features = np.concatenate(sizes, 1)
    good = ~np.isnan(features).any(1)
    return features[good], sharpness[good]


def niqe(picture, mean, covariance):
    features, _ = areas(picture)
    difference = features.mean(0) - mean
    return np.sqrt(difference @ np.linalg.pinv((covariance + np.cov(features.T)) / 2) @ difference)


def measure(folder, picture, *settings):
    """What qualitymeter says of it."""
    path, report = folder / "picture.png", folder / "report.jsonl"
    Image.fromarray(picture).save(path)
    subprocess.run(["gst-launch-1.0", "-q", "filesrc", f"location={path}", "!", "pngdec", "!",
                    "video/x-raw,format=GRAY8", "!", "qualitymeter", *settings,
                    f"report={report}", "!", "fakesink"], check=True, stdout=sys.stderr)
    return json.loads(report.read_text().splitlines()[0])


class Report:
    """TAP."""

    def __init__(self):
        self.count = 0

    def check(self, name, peer, found, expected, tolerance):
        self.count += 1
        good = abs(found - expected) <= tolerance
        print(f"{'ok' if good else 'not ok'} {self.count} {name}, {peer}: "
              f"{found:.9g}, {expected:.9g}")


def noisy(picture, deviation):
    noise = np.random.default_rng(1).normal(0, deviation, picture.shape)
    return np.clip(np.rint(picture + noise), 0, 255).astype(np.uint8)


def with_opencv(report, folder, pictures):
    try:
        import cv2
        judge = cv2.quality.QualityBRISQUE_compute
    except (ImportError, AttributeError):
        print("# no OpenCV with contributed modules")
        return
    if not os.path.exists(MODEL):
        print("# no opencv-data")
        return
    for name, picture in pictures.items():
        # What is flat is nothing to us, and rounding to OpenCV; noise leaves nothing flat, and then
        # there is the step between shapes that are tried.
        for what, changed, tolerance in (("", picture, None), (" noisy", noisy(picture, 9), 0.01)):
            if tolerance is None and name in ("astronaut", "rocket", "coins"):
                continue
            found = measure(folder, changed, "metrics=brisque")["brisque"]
            report.check("brisque", f"OpenCV, {name}{what}", found,
                         judge(changed, MODEL, RANGE)[0], tolerance or 0.02)


def with_numpy(report, folder, pictures, program):
    good = folder / "good"
    good.mkdir()
    rows = []
    for i, picture in enumerate(pictures.values()):
        Image.fromarray(picture).save(good / f"{i}.png")
        features, sharpness = areas(picture)
        rows.append(features[sharpness >= 0.75 * sharpness.max()])
    rows = np.concatenate(rows)
    mean, covariance = rows.mean(0), np.cov(rows.T)
    subprocess.run([program, "statistics", "--niqe", good, "--out", folder / "ours.npz"],
                   check=True, stdout=sys.stderr)
    ours = np.load(folder / "ours.npz")
    report.check("niqe's mean", "numpy", np.abs(ours["mu"] - mean).max(), 0, 2e-4)
    # As a share of what variances allow: that of a shape is 8, and that of others a thousandth.
    scale = np.sqrt(np.outer(np.diag(covariance), np.diag(covariance)))
    report.check("niqe's covariance", "numpy", np.abs((ours["cov"] - covariance) / scale).max(), 0,
                 1e-4)
    for names in (("mu", "cov"), ("mu_pris_param", "cov_pris_param")):
        np.savez(folder / "theirs.npz", **dict(zip(names, (mean[None], covariance))))
        for name, picture in list(pictures.items())[:None if names[0] == "mu" else 1]:
            for what, changed in (("", picture), (" noisy", noisy(picture, 6))):
                found = measure(folder, changed, "metrics=niqe",
                                f"niqe-model={folder / 'theirs.npz'}")["niqe"]
                expected = niqe(changed, mean, covariance)
                report.check("niqe", f"numpy, {name}{what}", found, expected, 1e-3 * expected)


def main():
    report = Report()
    pictures = photographs()
    with tempfile.TemporaryDirectory() as name:
        with_opencv(report, pathlib.Path(name), pictures)
        with_numpy(report, pathlib.Path(name), pictures, sys.argv[1])
    print(f"1..{report.count}")


if __name__ == "__main__":
    main()
