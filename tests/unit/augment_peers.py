#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Augmentations of pictures against others' of the same definition, and their draws by statistics.

    tests/unit/augment_peers.py build/lib/libgenerative.so

Needs numpy; Pillow, scipy and OpenCV are asked where they are installed, and plain numpy stands for
what the library says that it does where none of them does it. Prints TAP.
"""
import io
import shutil
import subprocess
import sys
import threading

import numpy as np

from augment_pictures import Augmenter

try:
    from PIL import Image, ImageEnhance, ImageOps
except ImportError:
    Image = None
try:
    from scipy import ndimage
except ImportError:
    ndimage = None
try:
    import cv2
except ImportError:
    cv2 = None

LUMA = np.array ([0.299, 0.587, 0.114])
FRAMES = range (4)


def pattern (height, width, channels):
    """Smooth shapes, edges and noise; grey has no third axis."""
    random = np.random.default_rng (7)
    y, x = np.mgrid[:height, :width]
    planes = [120 + 80 * np.sin (x / (5 + 2 * c)) * np.cos (y / 9) + 40 * ((x + y) // 16 % 2)
        for c in range (max (channels, 1))]
    picture = np.stack (planes, -1) + random.normal (0, 8, (height, width, len (planes)))
    picture = np.clip (picture, 0, 255).astype (np.uint8)
    return np.ascontiguousarray (picture[..., 0] if channels == 1 else picture)


PICTURES = [pattern (61, 83, channels) for channels in (1, 3, 4)] + [pattern (64, 80, 3)]


def colours (picture):
    """Without alpha, and with an axis of channels."""
    return picture[..., None] if picture.ndim == 2 else picture[..., :3]


class Failure (Exception):
    pass


def close (result, expected, most, share=0.0, what=""):
    """No sample but `share` of them differs by more than `most`."""
    off = np.abs (colours (result).astype (float) - np.asarray (expected, float))
    if (off > most).mean () > share:
        raise Failure (f"{what}: off by {off.max ():.2f}, by {off.mean ():.3f} in the mean")


def each_case (ours, name, amount, parameters={}, pictures=PICTURES):
    """(picture, draw, result) of pictures and frames that have a step of that name."""
    settings = ours.settings (parameters=parameters, **{name: amount})
    seen = 0
    for picture in pictures:
        for frame in FRAMES:
            draw = ours.make_draw (settings, frame, picture.shape[1], picture.shape[0])
            result = ours.render (draw, picture)
            if picture.ndim == 3 and picture.shape[2] == 4 and not moves (name):
                if not np.array_equal (result[..., 3], picture[..., 3]):
                    raise Failure (f"{name}: alpha has changed")
            if draw.n_steps > 0:
                seen += 1
                yield picture, draw, result
    if seen == 0:
        raise Failure (f"{name}: no frame has changed")


def moves (name):
    return name in ("resized-crop", "shear", "perspective", "elastic", "grid-distortion", "flip",
        "crop", "scale", "rotate", "translate")


# --- geometry: bilinear at where the library says that pixels are from ---

def bilinear (picture, x, y):
    """What is beyond the edges is mirrored; positions count from the first pixel's middle."""
    planes = picture[..., None] if picture.ndim == 2 else picture
    height, width = planes.shape[:2]

    def reflect (position, extent):
        position = np.abs (position)
        position = np.where (position > extent - 1, 2 * (extent - 1) - position, position)
        return np.maximum (position, 0)
    x, y = reflect (x, width), reflect (y, height)
    if ndimage is not None:
        planes = [ndimage.map_coordinates (planes[..., c].astype (float), [y, x], order=1,
            mode="nearest") for c in range (planes.shape[2])]
        return np.stack (planes, -1)
    x0, y0 = np.minimum (x.astype (int), width - 2), np.minimum (y.astype (int), height - 2)
    fx, fy = (x - x0)[..., None], (y - y0)[..., None]
    top = planes[y0, x0] * (1 - fx) + planes[y0, x0 + 1] * fx
    bottom = planes[y0 + 1, x0] * (1 - fx) + planes[y0 + 1, x0 + 1] * fx
    return top * (1 - fy) + bottom * fy


def centred (picture):
    height, width = picture.shape[:2]
    y, x = np.mgrid[:height, :width]
    return x + 0.5 - width / 2, y + 0.5 - height / 2


def check_map (picture, result, x, y, what):
    """`x` and `y` are from the picture's centre."""
    height, width = picture.shape[:2]
    expected = bilinear (picture, x + width / 2 - 0.5, y + height / 2 - 0.5)
    if picture.ndim == 2 or picture.shape[2] < 4:
        close (result, expected, 2.01, what=what)
    else:
        close (result[..., :3], expected[..., :3], 2.01, what=what)


def projective (name, amount, parameters={}):
    def check (ours):
        for picture, draw, result in each_case (ours, name, amount, parameters):
            m = np.array (draw.values ()[:9]).reshape (3, 3)
            x, y = centred (picture)
            depth = m[2, 0] * x + m[2, 1] * y + m[2, 2]
            check_map (picture, result, (m[0, 0] * x + m[0, 1] * y + m[0, 2]) / depth,
                (m[1, 0] * x + m[1, 1] * y + m[1, 2]) / depth, name)
    return check


def perspective (ours):
    """The corners of the source come to lie where its eight numbers say: Pillow's coefficients."""
    settings = ours.settings (perspective=0.5)
    for frame in range (50):
        draw = ours.make_draw (settings, frame, 200, 100)
        for x, y in ((0, 0), (200, 0), (200, 100), (0, 100)):
            px, py = ours.follow (x, y)
            inwards = abs (px - x) / 100, abs (py - y) / 50
            if max (inwards) > 0.5 + 1e-9 or (px - x) * (100 - x) < 0 or (py - y) * (50 - y) < 0:
                raise Failure (f"corner {x}, {y} is at {px}, {py}")
        if Image is None or frame > 5:
            continue
        m = np.array (draw.values ()[:9]).reshape (3, 3)
        shift = np.array ([[1, 0, 100], [0, 1, 50], [0, 0, 1]])
        m = shift @ m @ np.linalg.inv (shift)
        picture = pattern (100, 200, 1)
        theirs = Image.fromarray (picture).transform ((200, 100), Image.PERSPECTIVE,
            tuple ((m / m[2, 2]).ravel ()[:8]), Image.BILINEAR)
        # What is beyond the middles of the outer pixels they treat otherwise.
        y, x = np.mgrid[:100, :200] + 0.5
        at_x, at_y = np.einsum ("ij,jyx->iyx", m, np.stack ([x, y, x * 0 + 1]))[:2] / (
            m[2, 0] * x + m[2, 1] * y + m[2, 2])
        inside = (at_x > 0.5) & (at_x < 199.5) & (at_y > 0.5) & (at_y < 99.5)
        off = np.abs (ours.render (draw, picture).astype (int) - np.array (theirs))[inside]
        if (off > 2).mean () > 0.002:
            raise Failure (f"off Pillow's by {off.max ()}")


def lattice (values, x, y):
    cx, cy = np.minimum (x.astype (int), 15), np.minimum (y.astype (int), 15)
    fx, fy = x - cx, y - cy
    top = values[cy, cx] * (1 - fx) + values[cy, cx + 1] * fx
    return top * (1 - fy) + (values[cy + 1, cx] * (1 - fx) + values[cy + 1, cx + 1] * fx) * fy


def elastic (ours):
    for picture, draw, result in each_case (ours, "elastic", 0.1):
        height, width = picture.shape[:2]
        field = draw.own_numbers (2 * 17 * 17).reshape (2, 17, 17)
        x, y = centred (picture)
        at = np.clip (x / width * 16 + 8, 0, 16), np.clip (y / height * 16 + 8, 0, 16)
        by = draw.values ()[0]
        if abs (by - 0.1 * min (width, height)) > 1e-9 or np.abs (field).max () > 1:
            raise Failure ("displacements are out of their bounds")
        check_map (picture, result, x + by * lattice (field[0], *at),
            y + by * lattice (field[1], *at), "elastic")


def elastic_spline (ours):
    """The field is the cubic B-spline of its 7 by 7 random numbers (scipy's)."""
    if ndimage is None:
        return "scipy is not installed"
    from scipy.interpolate import BSpline
    knots = np.arange (-3, 8)
    at = np.linspace (0, 4, 17)
    basis = np.stack ([BSpline (knots, np.eye (7)[i], 3) (np.minimum (at, 4 - 1e-12))
        for i in range (7)], -1)
    for frame in range (5):
        draw = ours.make_draw (ours.settings (elastic=0.1), frame, 100, 100)
        field = draw.own_numbers (17 * 17).reshape (17, 17)
        # Whatever the numbers are: the field lies in the space of the spline, and they in [-1, 1].
        numbers = np.linalg.pinv (basis) @ field @ np.linalg.pinv (basis).T
        if np.abs (basis @ numbers @ basis.T - field).max () > 1e-5 or np.abs (numbers).max () > 1:
            raise Failure ("the field is no spline")


def grid_distortion (ours):
    for picture, draw, result in each_case (ours, "grid-distortion", 0.8):
        height, width = picture.shape[:2]
        knots = draw.own_numbers (12).reshape (2, 6)
        sizes = np.diff (knots, axis=1)
        if np.abs (knots[:, [0, 5]] - [-0.5, 0.5]).max () > 1e-6 or sizes.min () <= 0:
            raise Failure ("cells are out of order")
        x, y = centred (picture)
        lines = np.linspace (-0.5, 0.5, 6)
        check_map (picture, result, width * np.interp (x / width, lines, knots[0]),
            height * np.interp (y / height, lines, knots[1]), "grid-distortion")


def follows (ours):
    """Points go where pixels go: the way there and back, for all geometry at once."""
    settings = ours.settings (flip=3, crop=0.2, resized_crop=0.4, scale=0.2, rotate=20, shear=10,
        translate=0.1, perspective=0.2, grid_distortion=0.4, elastic=0.08)
    for frame in range (100):
        ours.make_draw (settings, frame, 160, 120)
        for x, y in ((20, 30), (80, 60), (130, 100)):
            back = ours.trace (*ours.follow (x, y))
            if np.hypot (back[0] - x, back[1] - y) > 1e-3:
                raise Failure (f"{x}, {y} comes back to {back}")


GEOMETRY = {"flip": 3, "crop": 0.5, "resized-crop": 0.5, "scale": 0.3, "rotate": 180, "shear": 30,
    "translate": 0.3, "perspective": 0.6, "grid-distortion": 0.9, "elastic": 0.1}


def there_and_back (ours):
    """Points of each transform at its most, the way there and back."""
    for name in GEOMETRY:
        amount = 0.9 if name in ("crop", "translate") else GEOMETRY[name]
        settings = ours.settings (**{name: amount})
        random = np.random.default_rng (5)
        for frame in range (60):
            ours.make_draw (settings, frame, 640, 360)
            for x, y in random.uniform ((0, 0), (640, 360), (10, 2)):
                back = ours.follow (*ours.trace (x, y))
                if np.hypot (back[0] - x, back[1] - y) > 0.02:
                    raise Failure (f"{name}: {x}, {y} comes back to {back}")


def spots (ours):
    """A spot that is drawn lands where its middle is said to land, of each transform and of all."""
    # A spot on a line where cells are of other widths is pulled to one side.
    cases = [{name: min (amount, 0.3) if name == "grid-distortion" else amount}
        for name, amount in GEOMETRY.items ()]
    cases.append ({"flip": 3, "crop": 0.2, "rotate": 30, "shear": 10, "translate": 0.1, "scale": 0.2,
        "perspective": 0.2, "grid-distortion": 0.2, "elastic": 0.05})
    width, height, random = 320, 240, np.random.default_rng (3)
    y, x = np.mgrid[:height, :width] + 0.5
    for amounts in cases:
        settings, seen = ours.settings (**amounts), 0
        for frame in range (60):
            px, py = random.uniform ((30, 30), (width - 30, height - 30))
            spot = 255 * np.exp (((x - px) ** 2 + (y - py) ** 2) / -8)
            draw = ours.make_draw (settings, frame, width, height)
            result = ours.render (draw, spot.astype (np.uint8)).astype (float)
            qx, qy = ours.follow (px, py)
            if not (10 < qx < width - 10 and 10 < qy < height - 10):
                continue
            near = (np.abs (x - qx) < 10) & (np.abs (y - qy) < 10)
            weights = np.where (near & (result > 60), result, 0)
            if weights.sum () == 0:
                raise Failure (f"{amounts}: no spot at {qx}, {qy} of frame {frame}")
            seen += 1
            off = np.hypot ((weights * x).sum () / weights.sum () - qx,
                (weights * y).sum () / weights.sum () - qy)
            if off > 0.5:
                raise Failure (f"{amounts}: {off} from where it is said to be in frame {frame}")
        if seen < 15:
            raise Failure (f"{amounts}: {seen} spots stay")


def fused (ours):
    """All geometry in one map is the map of maps: bilinear once, at where `trace` says."""
    settings = ours.settings (rotate=20, perspective=0.3, grid_distortion=0.5, elastic=0.08)
    picture = pattern (40, 50, 1)
    for frame in FRAMES:
        result = ours.augment (settings, frame, picture)
        at = np.array ([[ours.trace (x + 0.5, y + 0.5) for x in range (50)] for y in range (40)])
        close (result, bilinear (picture, at[..., 0] - 0.5, at[..., 1] - 0.5), 2.01)


# --- tone and colour ---

def by_formula (name, amount, formula, most=1.001, parameters={}):
    """`formula` (samples as floats [..., colours], values of the step, draw)."""
    def check (ours):
        for picture, draw, result in each_case (ours, name, amount, parameters):
            expected = formula (colours (picture).astype (float), draw.values (), draw)
            close (result, np.clip (expected, 0, 255), most, what=name)
    return check


def mix (samples, values, draw):
    m = np.array (values).reshape (3, 4)
    if samples.shape[2] == 1:
        samples = np.repeat (samples, 3, 2)
        return (samples @ m[:, :3].T + 255 * m[:, 3])[..., :1]
    return samples @ m[:, :3].T + 255 * m[:, 3]


def saturation (ours):
    for picture, draw, result in each_case (ours, "saturation", 1, pictures=PICTURES[1:]):
        factor = draw.values ()[0] - draw.values ()[4]
        if not 0 <= factor <= 2:
            raise Failure (f"a factor of {factor}")
        samples = colours (picture).astype (float)
        grey = (samples @ LUMA)[..., None]
        close (result, np.clip (grey + factor * (samples - grey), 0, 255), 1.001)
        if Image is not None and picture.shape[2] == 3:
            theirs = ImageEnhance.Color (Image.fromarray (picture)).enhance (factor)
            close (result, np.array (theirs), 2)


def hue (ours):
    """The turn in the plane of U and V; luma and greys stay."""
    for picture, draw, result in each_case (ours, "hue", 180, pictures=PICTURES[1:2]):
        m = np.array (draw.values ()).reshape (3, 4)[:, :3]
        to_yuv = np.array ([LUMA, (np.array ([0, 0, 1]) - LUMA) * 0.492,
            (np.array ([1, 0, 0]) - LUMA) * 0.877])
        turn = to_yuv @ m @ np.linalg.inv (to_yuv)
        angle = np.arctan2 (turn[2, 1], turn[1, 1])
        expected = np.array ([[1, 0, 0], [0, np.cos (angle), -np.sin (angle)],
            [0, np.sin (angle), np.cos (angle)]])
        if np.abs (turn - expected).max () > 1e-9:
            raise Failure (f"no turn: {turn}")
        close (result, np.clip (colours (picture) @ m.T, 0, 255), 1.001)


def pillow (name, amount, function, most=1, parameters={}):
    def check (ours):
        if Image is None:
            return "Pillow is not installed"
        for picture, draw, result in each_case (ours, name, amount, parameters):
            if picture.ndim == 3 and picture.shape[2] == 4:
                continue
            theirs = np.array (function (Image.fromarray (picture), draw.values ()))
            close (result, colours (theirs), most, what=name)
    return check


def channel_shuffle (ours):
    settings, orders = ours.settings (channel_shuffle=1), {}
    picture = PICTURES[1]
    for frame in range (600):
        result = ours.augment (settings, frame, picture)
        order = tuple (next (c for c in range (3) if np.array_equal (picture[..., c],
            result[..., k])) for k in range (3))
        orders[order] = orders.get (order, 0) + 1
    counts = np.array (list (orders.values ()))
    if len (orders) != 6 or ((counts - 100) ** 2 / 100).sum () > 20.5: # 5 degrees, 0.001
        raise Failure (f"{orders}")


def clahe (ours):
    if cv2 is None:
        return "OpenCV is not installed"
    greys = [pattern (64, 80, 1), pattern (61, 83, 1)]
    for picture, draw, result in each_case (ours, "clahe", 20, pictures=greys):
        most, tiles = draw.values ()[:2]
        theirs = cv2.createCLAHE (most, (int (tiles), int (tiles))).apply (picture)
        close (result, colours (theirs), 1, what="clahe")
    for picture, draw, result in each_case (ours, "clahe", 20, pictures=PICTURES[1:]):
        luma = (colours (picture) @ [19595, 38470, 7471] + 32768 >> 16).astype (np.uint8)
        most, tiles = draw.values ()[:2]
        more = cv2.createCLAHE (most, (int (tiles), int (tiles))).apply (luma).astype (int) - luma
        close (result, np.clip (colours (picture) + more[..., None], 0, 255), 1, what="luma")


# --- filters ---

def padded (picture, margin):
    planes = colours (picture).astype (float)
    return np.pad (planes, ((margin, margin), (margin, margin), (0, 0)), "reflect")


def mean_of (picture, offsets):
    height, width = picture.shape[:2]
    margin = max (max (abs (dx), abs (dy)) for dx, dy in offsets)
    around = padded (picture, margin)
    return sum (around[margin + dy:margin + dy + height, margin + dx:margin + dx + width]
        for dx, dy in offsets) / len (offsets)


def blur (ours):
    if ndimage is None:
        return "scipy is not installed"
    for picture, draw, result in each_case (ours, "blur", 6):
        deviation = draw.values ()[0]
        planes = colours (picture).astype (float)
        expected = ndimage.gaussian_filter (planes, (deviation, deviation, 0), mode="mirror",
            radius=(int (np.ceil (3 * deviation)),) * 2 + (0,))
        close (result, expected, 0.55, what="blur")


def motion_blur (ours):
    for picture, draw, result in each_case (ours, "motion-blur", 40):
        reach, c, s = draw.values ()[:3]
        offsets = [(int (np.rint (i * c)), int (np.rint (i * s)))
            for i in range (-int (reach), int (reach) + 1)]
        close (result, mean_of (picture, offsets), 0.51, what="motion-blur")


def defocus (ours):
    for picture, draw, result in each_case (ours, "defocus", 9):
        radius = draw.values ()[0]
        reach = range (-int (radius), int (radius) + 1)
        offsets = [(x, y) for x in reach for y in reach if x * x + y * y <= radius * radius]
        close (result, mean_of (picture, offsets), 0.51, what="defocus")


def downscale (ours):
    for picture, draw, result in each_case (ours, "downscale", 8):
        side = int (draw.values ()[0])
        planes = colours (picture).astype (float)
        height, width = planes.shape[:2]
        small = np.array ([[planes[y:y + side, x:x + side].mean ((0, 1))
            for x in range (0, width, side)] for y in range (0, height, side)])
        at_x = np.clip ((np.arange (width) + 0.5) / side - 0.5, 0, small.shape[1] - 1)
        at_y = np.clip ((np.arange (height) + 0.5) / side - 0.5, 0, small.shape[0] - 1)
        expected = np.stack ([[np.interp (at_x, np.arange (small.shape[1]), row)
            for row in np.array ([np.interp (at_y, np.arange (small.shape[0]), small[:, x, c])
                for x in range (small.shape[1])]).T] for c in range (planes.shape[2])], -1)
        close (result, expected, 1.01, what="downscale")


def jpeg (ours):
    if Image is None:
        return "Pillow is not installed"
    for picture, draw, result in each_case (ours, "jpeg", 90):
        if picture.ndim == 3 and picture.shape[2] == 4:
            continue
        data = io.BytesIO ()
        Image.fromarray (picture).save (data, "JPEG", quality=int (draw.values ()[0]),
            subsampling=2)
        theirs = np.array (Image.open (data))
        # Integer and float cosines round to other steps now and then.
        close (result, colours (theirs), 3, share=0.015, what=f"jpeg at {draw.values ()[0]}")
        off = np.abs (colours (result).astype (int) - colours (theirs)).mean ()
        if off > 0.25:
            raise Failure (f"jpeg is off by {off:.2f} in the mean")


def mpeg (ours):
    """Luma is what FFmpeg's encoder and decoder of MPEG-4 make of it."""
    if shutil.which ("ffmpeg") is None:
        return "ffmpeg is not installed"
    greys = [pattern (64, 80, 1), pattern (62, 84, 1)]
    for picture, draw, result in each_case (ours, "mpeg", 31, pictures=greys):
        height, width = picture.shape
        step = int (draw.values ()[0])
        chroma = np.full ((height // 2, width), 128, np.uint8).tobytes ()
        form = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{width}x{height}"]
        quiet = ["ffmpeg", "-v", "error", "-flags", "+bitexact"]
        film = subprocess.run ([*quiet, *form, "-i", "-", "-c:v", "mpeg4", "-q:v", str (step),
            "-g", "1", "-f", "m4v", "-"], input=picture.tobytes () + chroma, check=True,
            stdout=subprocess.PIPE).stdout
        theirs = subprocess.run ([*quiet, "-f", "m4v", "-i", "-", *form[:4], "-"], input=film,
            check=True, stdout=subprocess.PIPE).stdout
        theirs = np.frombuffer (theirs, np.uint8)[:height * width].reshape (height, width)
        close (result, colours (theirs), 1, what=f"mpeg at {step}")
    for picture, draw, result in each_case (ours, "mpeg", 4, pictures=PICTURES[1:]):
        # Chroma of half the size is repeated; the rest is little at fine steps.
        planes = (colours (result) - colours (picture).astype (float)) @ LUMA
        if np.abs (planes).mean () > 6 or np.abs (planes.mean ()) > 1:
            raise Failure (f"colours are off by {np.abs (planes).mean ():.1f}")


# --- weather and occlusion ---

def fog (ours):
    for picture, draw, result in each_case (ours, "fog", 1):
        height, width = picture.shape[:2]
        y, x = np.mgrid[:height, :width]
        field = lattice (draw.own_numbers (17 * 17).reshape (17, 17), (x + 0.5) / width * 16,
            (y + 0.5) / height * 16)
        density = (draw.values ()[0] * (0.75 + 0.25 * field))[..., None]
        planes = colours (picture).astype (float)
        close (result, planes + (230 - planes) * density, 0.51, what="fog")


def shadow (ours):
    for picture, draw, result in each_case (ours, "shadow", 0.8):
        height, width = picture.shape[:2]
        factor, a, b, c, d = draw.values ()[:5]
        down = ((np.arange (height) + 0.5) / height)[:, None]
        ends = np.sort (np.stack ([a + (b - a) * down, c + (d - c) * down]), 0)
        x = np.arange (width)[None]
        part = np.clip (np.minimum (ends[1], x + 1) - np.maximum (ends[0], x), 0, 1)[..., None]
        close (result, colours (picture) * (1 - (1 - factor) * part), 0.51, what="shadow")


def cutout (ours):
    parameters = {("cutout", 0): 3, ("cutout", 1): 0.5}
    for picture, draw, result in each_case (ours, "cutout", 0.6, parameters):
        expected = colours (picture).copy ()
        height, width = picture.shape[:2]
        for left, top, right, bottom in draw.own_numbers (12).reshape (3, 4).astype (int):
            if left < 0 or top < 0 or right > width or bottom > height + 1:
                raise Failure (f"a hole {left}, {top}, {right}, {bottom}")
            expected[top:bottom, left:right] = 128
        close (result, expected, 0, what="cutout")


def grid_mask (ours):
    for picture, draw, result in each_case (ours, "grid-mask", 0.5):
        unit, side, right, down = draw.values ()[:4]
        y, x = np.mgrid[:picture.shape[0], :picture.shape[1]]
        hidden = ((x + right) % unit < side) & ((y + down) % unit < side)
        close (result, np.where (hidden[..., None], 0, colours (picture)), 0, what="grid-mask")


# --- noise, by its statistics ---

def samples_of (ours, name, level, channels=3, amount=0.2):
    settings = ours.settings (**{name: amount})
    picture = np.full ((300, 301, channels), level, np.uint8)
    draw = ours.make_draw (settings, 2, 301, 300)
    return draw.values ()[0], ours.render (draw, picture).astype (float) - level


def shot_noise (ours):
    for level in (60, 120, 180):
        amount, noise = samples_of (ours, "shot-noise", level)
        expected = np.sqrt (255 * level * amount ** 2 + 1 / 12)
        if abs (noise.mean ()) > 0.2 or abs (noise.std () / expected - 1) > 0.02:
            raise Failure (f"at {level}: {noise.mean ()}, {noise.std ()} for {expected}")


def iso_noise (ours):
    for level in (60, 120, 180):
        amount, noise = samples_of (ours, "iso-noise", level)
        expected = 255 * amount * np.sqrt (0.1 + 0.9 * level / 255)
        common = np.corrcoef (noise[..., 0].ravel (), noise[..., 1].ravel ())[0, 1]
        if (abs (noise.mean ()) > 0.3 or abs (noise.std () / expected - 1) > 0.03 or
                abs (common - 0.5) > 0.02):
            raise Failure (f"at {level}: {noise.std ()} for {expected}, correlation {common}")


def salt_and_pepper (ours):
    amount, noise = samples_of (ours, "salt-and-pepper", 100)
    white, black = (noise == 155).all (2).mean (), (noise == -100).all (2).mean ()
    bound = 5 * np.sqrt (amount / 2 / 90300)
    if abs (white - amount / 2) > bound or abs (black - amount / 2) > bound:
        raise Failure (f"{white} and {black} of {amount}")
    if (noise != 0).any (2).mean () != white + black:
        raise Failure ("other levels")


# --- draws ---

def uniform (values, low, high, what):
    """Kolmogorov and Smirnov's distance from the uniform distribution."""
    values = np.sort ((np.asarray (values) - low) / (high - low))
    n = len (values)
    distance = max ((np.arange (1, n + 1) / n - values).max (), (values - np.arange (n) / n).max ())
    if distance * np.sqrt (n) > 1.95: # one time in a thousand
        raise Failure (f"{what}: a distance of {distance:.4f}")


def values_of (ours, name, amount, which, frames=3000, width=1000, height=1000):
    settings = ours.settings (**{name: amount})
    for frame in range (frames):
        draw = ours.make_draw (settings, frame, width, height)
        if draw.n_steps > 0:
            yield which (draw.values ())


def draws (ours):
    step = lambda i: (lambda values: values[i])
    log = lambda i: (lambda values: np.log (values[i]))
    degrees = lambda i: (lambda values: np.degrees (np.arctan (values[i])))
    for name, amount, which, low, high in (
            ("shear", 30, degrees (1), -30, 30), ("shear", 30, degrees (3), -30, 30),
            ("gamma", 1, log (0), -np.log (2), np.log (2)),
            ("blur", 5, step (0), 0, 5), ("sharpen", 2, step (0), 1, 3),
            ("shot-noise", 0.4, step (0), 0, 0.4), ("iso-noise", 0.4, step (0), 0, 0.4),
            ("salt-and-pepper", 0.3, step (0), 0, 0.3), ("fog", 0.5, step (0), 0, 0.5),
            ("shadow", 0.5, step (0), 0.5, 1), ("shadow", 0.5, step (1), 0, 1000),
            ("clahe", 9, step (0), 1, 9), ("solarise", 1, step (0), 0, 256),
            ("defocus", 9, step (0), 1, 9), ("grid-mask", 0.5, step (0), 125, 500),
            ("saturation", 0.5, lambda values: values[0] - values[4], 0.5, 1.5),
            ("hue", 90, lambda values: np.degrees (np.arcsin (turn_of (values))), -90, 90)):
        uniform (list (values_of (ours, name, amount, which)), low, high, name)
    areas, aspects = [], []
    settings = ours.settings (resized_crop=0.5)
    for frame in range (3000):
        values = ours.make_draw (settings, frame, 1000, 1000).values ()
        if values[0] < 1 and values[4] < 1: # what does not fit is brought to the edges
            areas.append (values[0] * values[4])
            aspects.append (np.log (values[0] / values[4]))
    if min (areas) < 0.5 or max (np.abs (aspects)) > np.log (4 / 3) + 1e-9:
        raise Failure ("crops are out of their bounds")
    for name, amount, levels in (("posterise", 6, range (2, 8)), ("downscale", 8, range (2, 9))):
        values = list (values_of (ours, name, amount, step (0)))
        counts = np.array ([values.count (level) for level in levels])
        expected = len (values) / len (levels)
        if counts.sum () != len (values) or ((counts - expected) ** 2 / expected).sum () > 24.3:
            raise Failure (f"{name}: {counts}")


def turn_of (values):
    """The sine of a turn of the hue, of its matrix."""
    m = np.array (values).reshape (3, 4)[:, :3]
    to_yuv = np.array ([LUMA, (np.array ([0, 0, 1]) - LUMA) * 0.492,
        (np.array ([1, 0, 0]) - LUMA) * 0.877])
    return (to_yuv @ m @ np.linalg.inv (to_yuv))[2, 1]


def independent (ours):
    """Transforms draw numbers of their own: no two go together."""
    names = {"gamma": 1, "blur": 5, "sharpen": 2, "shot-noise": 0.4, "fog": 0.5, "shadow": 0.5}
    settings = ours.settings (**names)
    rows = []
    for frame in range (2000):
        draw = ours.make_draw (settings, frame, 100, 100)
        rows.append ([draw.values (i)[0] for i in range (draw.n_steps)])
    off = np.abs (np.corrcoef (np.array (rows).T) - np.eye (len (names))).max ()
    if off > 0.09: # four standard errors
        raise Failure (f"a correlation of {off:.3f}")


def clips (ours):
    settings = ours.settings (clip_frames=5, rotate=30, noise=0.1)
    angles = [ours.make_draw (settings, frame, 64, 64).values ()[0] for frame in range (20)]
    if len (set (angles)) != 4 or any (len (set (angles[i:i + 5])) != 1 for i in range (0, 20, 5)):
        raise Failure (f"{angles}")
    settings = ours.settings (clip_frames=5, noise=0.1)
    grey = np.full ((64, 64), 128, np.uint8)
    if np.array_equal (ours.augment (settings, 0, grey), ours.augment (settings, 1, grey)):
        raise Failure ("frames of a clip have the same noise")


def deterministic (ours):
    """The same whatever came before, in whichever thread and whatever is in the workspace."""
    limits = {"flip": 3, "perspective": 0.3, "elastic": 0.05, "crop": 0.3, "downscale": 4}
    amounts = {name.replace ("-", "_"): limits.get (name, min (member.maximum, 0.5) if
        member.maximum <= 1 else member.maximum / 4) for name, member in
        zip (ours.names, ours.list)}
    settings = ours.settings (probability=0.5, **amounts)
    pictures = PICTURES[:3]
    first = {(p, frame): ours.augment (settings, frame, picture)
        for frame in range (20) for p, picture in enumerate (pictures)}
    wrong = []

    def again (own):
        for frame in reversed (range (20)):
            for p, picture in enumerate (pictures):
                if not np.array_equal (own.augment (settings, frame, picture), first[p, frame]):
                    wrong.append ((p, frame))
    others = [threading.Thread (target=again, args=(Augmenter (sys.argv[1]),)) for _ in range (4)]
    for thread in others:
        thread.start ()
    for thread in others:
        thread.join ()
    if wrong:
        raise Failure (f"others are {wrong[:5]}")


# --- policies ---

def policies (ours):
    """RandAugment takes two of fourteen, TrivialAugment one, all as likely; one does nothing."""
    for name, each in (("randaugment", 2), ("trivialaugment", 1)):
        settings = ours.settings (policy=name)
        counts = {}
        for frame in range (7000):
            names = ours.make_draw (settings, frame, 331, 331).names ()
            if len (names) > each:
                raise Failure (f"{name}: {names}")
            for step in names + ["nothing"] * (each - len (names)):
                counts[step] = counts.get (step, 0) + 1
        expected = {step: 7000 * each / 14 * (2 if step in ("shear", "translate") else 1)
            for step in counts}
        square = sum ((counts[step] - expected[step]) ** 2 / expected[step] for step in counts)
        if len (counts) != 12 or square > 31.3: # 11 degrees, 0.001
            raise Failure (f"{name}: {counts}")


def policy_values (ours):
    """Magnitude 9 of 30 of RandAugment's ranges."""
    settings = ours.settings (policy="randaugment")
    seen = {}
    for frame in range (600):
        draw = ours.make_draw (settings, frame, 331, 331)
        for i, name in enumerate (draw.names ()):
            seen.setdefault (name, set ()).add (tuple (np.round (draw.values (i)[:5], 6)))
    c, s = np.round (np.cos (np.radians (9)), 6), np.round (np.sin (np.radians (9)), 6)
    for name, expected in (("rotate", {(c, s, 0, -s, c), (c, -s, 0, s, c)}),
            ("shear", {(1, 0.09, 0, 0, 1), (1, -0.09, 0, 0, 1), (1, 0, 0, 0.09, 1),
                (1, 0, 0, -0.09, 1)}),
            ("translate", {(1, 0, 45, 0, 1), (1, 0, -45, 0, 1), (1, 0, 0, 0, 1)}),
            ("posterise", {(7, 0, 0, 0, 0)}), ("solarise", {(178.5, 0, 0, 0, 0)}),
            ("sharpen", {(1.27, 0, 0, 0, 0), (0.73, 0, 0, 0, 0)}),
            ("contrast", {(1.27, 0, 0, 0, 0), (0.73, 0, 0, 0, 0)})):
        if seen[name] != expected:
            raise Failure (f"{name}: {seen[name]}")


OPERATIONS = {"ShearX": "shear", "ShearY": "shear", "TranslateX": "translate",
    "TranslateY": "translate", "Rotate": "rotate", "Brightness": "brightness",
    "Color": "saturation", "Contrast": "contrast", "Sharpness": "sharpen",
    "Posterize": "posterise", "Solarize": "solarise", "AutoContrast": "auto-contrast",
    "Equalize": "equalise", "Invert": "invert"}


def operation_of (draw, i):
    """An operation of a policy by its name and its level, as torchvision counts it."""
    name, v = draw.names ()[i], draw.values (i)
    level = {"shear": lambda: v[1] + v[3], "translate": lambda: abs (v[2] + v[5]),
        "rotate": lambda: np.degrees (np.arctan2 (v[1], v[0])), "brightness": lambda: v[0] - 1,
        "saturation": lambda: v[0] - v[4] - 1, "contrast": lambda: v[0] - 1,
        "sharpen": lambda: v[0] - 1, "posterise": lambda: v[0], "solarise": lambda: v[0]}
    return name, round (float (level.get (name, lambda: 0) ()), 3)


def autoaugment (ours):
    """What comes together is as often as by torchvision's tables."""
    try:
        from torchvision.transforms import AutoAugment, AutoAugmentPolicy
    except ImportError:
        return "torchvision is not installed"
    for name, which in (("autoaugment", "IMAGENET"), ("autoaugment-cifar10", "CIFAR10"),
            ("autoaugment-svhn", "SVHN")):
        theirs = AutoAugment (AutoAugmentPolicy[which])
        space = theirs._augmentation_space (10, (331, 331))

        def levels (operation, step):
            magnitudes, signed = space[operation]
            if operation == "Invert" or magnitudes.ndim == 0:
                return [0.0]
            level = float (magnitudes[step])
            if operation.startswith ("Translate"):
                return [round (level, 3)]
            return sorted ({round (level, 3), round (-level, 3)}) if signed else [round (level, 3)]
        expected = {}
        for pair in theirs._get_policies (AutoAugmentPolicy[which]):
            outcomes = [((), 1 / 25)]
            for operation, probability, step in pair:
                own = [(((OPERATIONS[operation], level),), probability / len (levels (
                    operation, step))) for level in levels (operation, step)]
                outcomes = [(a + b, p * q) for a, p in outcomes
                    for b, q in own + [((), 1 - probability)]]
            for outcome, probability in outcomes:
                expected[outcome] = expected.get (outcome, 0) + probability
        settings, counts, frames = ours.settings (policy=name), {}, 12000
        for frame in range (frames):
            draw = ours.make_draw (settings, frame, 331, 331)
            outcome = tuple (operation_of (draw, i) for i in range (draw.n_steps))
            counts[outcome] = counts.get (outcome, 0) + 1
        expected = {outcome: p * frames for outcome, p in expected.items () if p > 0}
        if set (counts) - set (expected):
            raise Failure (f"{name}: {list (set (counts) - set (expected))[:3]}")
        square = sum ((counts.get (outcome, 0) - n) ** 2 / n for outcome, n in expected.items ())
        degrees = len (expected) - 1
        if square > degrees + 3.3 * (2 * degrees) ** 0.5 + 5: # about 0.001
            raise Failure (f"{name}: {square:.1f} of {degrees} degrees")


def policy_pictures (ours):
    """Operations are Pillow's."""
    if Image is None:
        return "Pillow is not installed"
    picture, checked = PICTURES[3], set ()
    settings = ours.settings (policy="trivialaugment")
    theirs = Image.fromarray (picture)
    for frame in range (400):
        draw = ours.make_draw (settings, frame, 80, 64)
        name = (draw.names () + [""])[0]
        value = draw.values ()[0]
        result = ours.render (draw, picture)
        expected = {"contrast": lambda: ImageEnhance.Contrast (theirs).enhance (value),
            "brightness": lambda: ImageEnhance.Brightness (theirs).enhance (value),
            "sharpen": lambda: ImageEnhance.Sharpness (theirs).enhance (value),
            "auto-contrast": lambda: ImageOps.autocontrast (theirs),
            "equalise": lambda: ImageOps.equalize (theirs),
            "solarise": lambda: ImageOps.solarize (theirs, value),
            "posterise": lambda: ImageOps.posterize (theirs, int (value))}.get (name)
        if expected is not None:
            checked.add (name)
            close (result, np.array (expected ()), 2 if name == "contrast" else 1, what=name)
    if len (checked) != 7:
        raise Failure (f"only {checked}")


def augmix_draws (ours):
    """Shares are of Dirichlet's and the Beta distribution (scipy's, by Kolmogorov-Smirnov), chains
    have one to three operations, and each of nine is as likely; levels are uniform."""
    if ndimage is None:
        return "scipy is not installed"
    from scipy import stats
    settings, frames = ours.settings (policy="augmix"), 4000
    own, shares, lengths, names, angles = [], [], [0] * 3, {}, []
    for frame in range (frames):
        draw = ours.make_draw (settings, frame, 331, 331)
        if draw.names () != ["augmix"]:
            raise Failure (f"steps are {draw.names ()}")
        weights, chains = draw.mixture ()
        if len (chains) != 3 or abs (sum (weights) - 1) > 1e-9:
            raise Failure (f"weights of {len (chains)} chains are {weights}")
        own.append (weights[0])
        shares.append (np.array (weights[1:]) / sum (weights[1:]))
        for chain in chains:
            lengths[len (chain) - 1] += 1
            for step in chain:
                name, v = step.augmentation.contents.name.decode (), step.values
                names[name] = names.get (name, 0) + 1
                if name == "rotate":
                    angles.append (np.degrees (np.arctan2 (v[1], v[0])))
                elif name == "posterise" and v[0] not in (3, 4):
                    raise Failure (f"{v[0]} bits")
                elif name == "solarise" and not 180 <= v[0] <= 254:
                    raise Failure (f"a threshold of {v[0]}")
                elif name == "shear" and not 0.003 <= abs (v[1] + v[3]) <= 0.09:
                    raise Failure (f"a shear of {v[1] + v[3]}")
                elif name == "translate" and not 1.1 <= abs (v[2] + v[5]) <= 33.11:
                    raise Failure (f"a shift of {v[2] + v[5]}")
    shares = np.array (shares)
    for i in range (3): # each share alone is of Beta (1, 2)
        p = stats.kstest (shares[:, i], stats.beta (1, 2).cdf).pvalue
        if p < 0.001:
            raise Failure (f"no shares of Dirichlet's distribution: p is {p}")
    off = np.corrcoef (shares.T) - (1.5 * np.eye (3) - 0.5)
    if np.abs (off).max () > 0.06: # four standard errors
        raise Failure (f"correlations are off by {np.abs (off).max ():.3f}")
    p = stats.kstest (own, stats.beta (1, 1).cdf).pvalue
    if p < 0.001:
        raise Failure (f"no share of the Beta distribution: p is {p}")
    if np.abs (np.corrcoef (own, shares[:, 0])[0, 1]) > 0.065:
        raise Failure ("both shares go together")
    if ((np.array (lengths) - frames) ** 2 / frames).sum () > 13.8: # 2 degrees, 0.001
        raise Failure (f"lengths are {lengths}")
    n = sum (names.values ())
    square = sum ((names[name] - e) ** 2 / e for name in names
        for e in [n / 9 * (2 if name in ("shear", "translate") else 1)])
    if len (names) != 7 or square > 22.5: # 6 degrees, 0.001
        raise Failure (f"operations are {names}")
    uniform (np.abs (angles), 0.3, 9, "angles")
    if abs (np.sign (angles).sum ()) > 3.3 * len (angles) ** 0.5:
        raise Failure ("turns have a side")


def augmix_concentration (ours):
    """Other parameters, of a file."""
    if ndimage is None:
        return "scipy is not installed"
    import json
    import tempfile
    from scipy import stats
    for concentration, chains, length in ((0.3, 2, 1), (5, 4, 3)):
        with tempfile.NamedTemporaryFile ("w", suffix=".json") as file:
            json.dump ({"steps": [{"program": "augmix", "concentration": concentration,
                "chains": chains, "length": length, "magnitude": 30}]}, file)
            file.flush ()
            settings = ours.settings (policy=file.name)
        own, shares = [], []
        for frame in range (3000):
            weights, steps = ours.make_draw (settings, frame, 331, 331).mixture ()
            if [len (chain) for chain in steps] != [length] * chains:
                raise Failure (f"{[len (chain) for chain in steps]} steps")
            own.append (weights[0])
            shares.append (weights[1] / sum (weights[1:]))
        rest = concentration * (chains - 1)
        for values, theirs in ((own, stats.beta (concentration, concentration)),
                (shares, stats.beta (concentration, rest))):
            p = stats.kstest (values, theirs.cdf).pvalue
            if p < 0.001:
                raise Failure (f"concentration {concentration}: p is {p}")


def chain_in_numpy (chain, picture):
    """What Pillow and, where pixels move, one bilinear resampling in numpy make of a picture."""
    height, width = picture.shape[:2]
    moved, m = False, np.eye (3)
    for step in chain:
        name, v = step.augmentation.contents.name.decode (), step.values
        theirs = Image.fromarray (picture)
        if name in ("rotate", "shear", "translate"):
            moved, m = True, m @ np.array ([v[:3], v[3:6], [0, 0, 1]])
            continue
        picture = np.array ({"auto-contrast": lambda: ImageOps.autocontrast (theirs),
            "equalise": lambda: ImageOps.equalize (theirs),
            "solarise": lambda: ImageOps.solarize (theirs, v[0]),
            "posterise": lambda: ImageOps.posterize (theirs, int (v[0]))}[name] ())
    if not moved:
        return picture
    x, y = centred (picture)
    return bilinear (picture, m[0, 0] * x + m[0, 1] * y + m[0, 2] + width / 2 - 0.5,
        m[1, 0] * x + m[1, 1] * y + m[1, 2] + height / 2 - 0.5)


def augmix_pictures (ours):
    """The mean by weight of what chains make of the picture: of what the library itself makes of
    each to half a level, of what Pillow and numpy make of it within 2."""
    settings = ours.settings (policy="augmix")
    smooth = np.stack ([*np.meshgrid (np.linspace (40, 200, 90), np.linspace (60, 180, 70)),
        np.full ((70, 90), 99.)], -1).astype (np.uint8)
    checked, geometry = 0, ("rotate", "shear", "translate")
    for frame in range (120):
        for picture in PICTURES if frame < 40 else []:
            draw = ours.make_draw (settings, frame, picture.shape[1], picture.shape[0])
            weights, chains = draw.mixture ()
            expected = weights[0] * colours (picture).astype (float)
            result = ours.render (draw, picture)
            for weight, chain in zip (weights[1:], chains):
                made = ours.render (draw.of_steps (chain), picture)
                expected += weight * colours (made)
            close (result, expected, 0.51, what="a mixture")
            if picture.ndim == 3 and picture.shape[2] == 4 and (
                    not np.array_equal (result[..., 3], picture[..., 3])):
                raise Failure ("alpha has moved")
        if Image is None:
            continue
        draw = ours.make_draw (settings, frame, 90, 70)
        weights, chains = draw.mixture ()
        # Where levels jump, one of 255 that bilinear is off becomes many.
        names = [[step.augmentation.contents.name.decode () in geometry for step in chain]
            for chain in chains]
        if any (moved != sorted (moved) for moved in names):
            continue
        checked += 1
        expected = weights[0] * smooth.astype (float)
        for weight, chain in zip (weights[1:], chains):
            expected += weight * chain_in_numpy (chain, smooth)
        close (ours.render (draw, smooth), expected, 2.01, what="of others")
    if Image is not None and checked < 30:
        raise Failure (f"only {checked} frames")


def augmix_planes (ours):
    """Frames of YUV are mixed as colours."""
    settings = ours.settings (policy="augmix")
    for colours_ in each_colours ():
        planes = colours_.rounded (muted (61, 83))
        draw = ours.make_draw (settings, 3, 83, 61)
        results = ours.render_planes (draw, planes, **colours_.said)
        back = np.clip (np.round (colours_.samples (planes)), 0, 255).astype (np.uint8)
        expected = ours.render (draw, np.ascontiguousarray (back)).astype (float)
        close_planes (results, colours_.planes (expected), 1.6, "augmix")


# --- planes of YUV ---

LAYOUTS = [(2, 2, 3), (2, 2, 2), (2, 1, 3), (1, 1, 3)] # across, down, planes


class Colours:
    """Luma and chroma as colours, by what ITU-R BT.601 and BT.709 say, in floats."""

    def __init__ (self, across, down, n_planes, red, blue, full_range, v_first=0):
        self.across, self.down, self.n_planes, self.v_first = across, down, n_planes, v_first
        self.said = dict (across=across, down=down, red=red, blue=blue, full_range=full_range,
            v_first=v_first)
        luma, chroma = (255, 255) if full_range else (219, 224)
        shares = np.array ([red, 1 - red - blue, blue])
        rows = np.stack ([shares, (np.array ([0, 0, 1]) - shares) / 2 / (1 - blue),
            (np.array ([1, 0, 0]) - shares) / 2 / (1 - red)])
        self.matrix = rows * np.array ([luma, chroma, chroma])[:, None] / 255
        self.offset = np.array ([0 if full_range else 16, 128, 128])

    def planes (self, samples):
        """Of floats [height, width, 3], with the mean of chroma; as floats."""
        samples = samples @ self.matrix.T + self.offset
        height, width = samples.shape[:2]
        chroma = np.pad (samples[..., 1:], ((0, height % self.down), (0, width % self.across),
            (0, 0)), "edge")
        chroma = chroma.reshape (-(-height // self.down), self.down, -(-width // self.across),
            self.across, 2).mean ((1, 3))
        if self.n_planes == 2:
            return [samples[..., 0], chroma[..., ::-1] if self.v_first else chroma]
        return [samples[..., 0], chroma[..., 0], chroma[..., 1]]

    def rounded (self, samples):
        return [np.ascontiguousarray (np.clip (np.rint (plane), 0, 255).astype (np.uint8))
            for plane in self.planes (samples)]

    def samples (self, planes):
        """With repeated chroma."""
        chroma = np.stack (planes[1:], -1) if self.n_planes == 3 else planes[1]
        if self.v_first:
            chroma = chroma[..., ::-1]
        height, width = planes[0].shape
        chroma = chroma.repeat (self.down, 0).repeat (self.across, 1)[:height, :width]
        yuv = np.dstack ([planes[0], chroma]).astype (float)
        return (yuv - self.offset) @ np.linalg.inv (self.matrix).T


def each_colours ():
    for across, down, n_planes in LAYOUTS:
        for red, blue, full_range in ((0.299, 0.114, 0), (0.2126, 0.0722, 0), (0.299, 0.114, 1)):
            yield Colours (across, down, n_planes, red, blue, full_range)
    yield Colours (2, 2, 2, 0.299, 0.114, 0, v_first=1)


def muted (height, width):
    """Colours that no change here brings to where RGB or YUV end."""
    return 100 + 0.22 * (pattern (height, width, 3).astype (float) - 100)


def each_planes (ours, amounts, sizes=((61, 83), (64, 80)), **more):
    """(colours, planes, draw, results) of draws that have a step."""
    settings, seen = ours.settings (**amounts, **more), 0
    for colours in each_colours ():
        for height, width in sizes:
            planes = colours.rounded (muted (height, width))
            for frame in FRAMES[:2]:
                draw = ours.make_draw (settings, frame, width, height)
                if draw.n_steps > 0:
                    seen += 1
                    yield colours, planes, draw, ours.render_planes (draw, planes, **colours.said)
    if seen == 0:
        raise Failure (f"{amounts}: no frame has changed")


def close_planes (results, expected, most, what):
    for p, (result, other) in enumerate (zip (results, expected)):
        off = np.abs (result.astype (float) - np.clip (other, 0, 255))
        if off.max () > most:
            raise Failure (f"{what}, plane {p} of {result.shape}: off by {off.max ():.2f}")


def planes_mix (ours):
    """Matrices of colour are those of RGB, in floats, by half a step and what floats lack."""
    for amounts in ({"brightness": 0.1}, {"contrast": 0.3}, {"saturation": 0.5}, {"hue": 90},
            {"grey": 1}, {"channel_shuffle": 1}, {"invert": 1},
            {"brightness": 0.1, "contrast": 0.2, "saturation": 0.4, "hue": 40}):
        for colours, planes, draw, results in each_planes (ours, amounts):
            samples = colours.samples (planes)
            for i in range (draw.n_steps):
                m = np.array (draw.values (i)).reshape (3, 4)
                samples = samples @ m[:, :3].T + 255 * m[:, 3]
            close_planes (results, colours.planes (samples), 0.52, amounts)


def planes_move (ours):
    """Luma moves as a grey picture does, to the bit, and chroma by the same map at its samples."""
    every = {"rotate": 25, "scale": 0.4, "perspective": 0.3, "elastic": 0.06}
    for amounts in ({"rotate": 25}, {"crop": 0.4}, {"perspective": 0.4}, {"elastic": 0.08}, every):
        for cosited in (0, 1):
            for colours, planes, draw, _ in each_planes (ours, amounts):
                results = ours.render_planes (draw, planes, cosited=cosited, **colours.said)
                if not np.array_equal (results[0], ours.render (draw, planes[0])):
                    raise Failure (f"{amounts}: luma is not as grey")
                height, width = planes[1].shape[:2]
                site = 0 if cosited and colours.across == 2 else (colours.across - 1) / 2
                down = (colours.down - 1) / 2
                at = np.array ([[ours.trace (x * colours.across + site + 0.5,
                    y * colours.down + down + 0.5) for x in range (width)] for y in range (height)])
                for plane, result in zip (planes[1:], results[1:]):
                    expected = bilinear (plane, (at[..., 0] - 0.5 - site) / colours.across,
                        (at[..., 1] - 0.5 - down) / colours.down)
                    off = np.abs (result.reshape (expected.shape) - expected).max ()
                    if off > 1.01:
                        raise Failure (f"{amounts}: chroma is off by {off:.2f}")
    for colours, planes, draw, results in each_planes (ours, {"flip": 3}, seed=5):
        signs = [int (draw.values ()[i]) for i in (0, 4)]
        for plane, result in zip (planes, results):
            if not np.array_equal (plane[::signs[1], ::signs[0]], result):
                raise Failure ("a mirror image has other samples")


def planes_filter (ours):
    """Chroma of fewer samples is filtered by a shorter length."""
    if ndimage is None:
        return "scipy is not installed"
    for colours, planes, draw, results in each_planes (ours, {"blur": 6}):
        if colours.across != colours.down:
            continue
        for p, (plane, result) in enumerate (zip (planes, results)):
            deviation = draw.values ()[0] / (colours.across if p > 0 else 1)
            samples = (plane if plane.ndim == 3 else plane[..., None]).astype (float)
            expected = ndimage.gaussian_filter (samples, (deviation, deviation, 0), mode="mirror",
                radius=(int (np.ceil (3 * deviation)),) * 2 + (0,))
            close (result, expected, 0.55, what="blur")


def planes_of_colours (ours):
    """All else is what becomes of the colours, in bytes, and of their chroma the mean."""
    for amounts in ({"gamma": 0.5}, {"cutout": 0.5}, {"sharpen": 2}, {"equalise": 1}, {"jpeg": 60},
            {"noise": 0.03}, {"fog": 0.5}, {"solarise": 0.5}, {"clahe": 3},
            {"gamma": 0.5, "saturation": 0.4, "downscale": 3, "grid_mask": 0.4}):
        for colours, planes, draw, results in each_planes (ours, amounts):
            samples = np.clip (np.rint (colours.samples (planes)), 0, 255).astype (np.uint8)
            expected = colours.planes (ours.render (draw, samples).astype (float))
            # A sample that was halfway between two bytes may be the other, and become more so.
            steep = {"equalise", "clahe", "jpeg", "gamma", "sharpen"} & set (amounts)
            most = 8 if {"equalise", "clahe"} & set (amounts) else 4 if steep else 1.51
            close_planes (results, expected, most, amounts)


def planes_stay (ours):
    """What a step leaves alone comes back from colours by a step of 255."""
    for colours, planes, draw, results in each_planes (ours, {"cutout": 0.3}):
        hole = draw.own_numbers (4).astype (int)
        for p, (plane, result) in enumerate (zip (planes, results)):
            apart = np.abs (plane.astype (int) - result)
            across, down = (colours.across, colours.down) if p > 0 else (1, 1)
            apart[hole[1] // down:-(-hole[3] // down), hole[0] // across:-(-hole[2] // across)] = 0
            if apart.max () > 1:
                raise Failure (f"off by {apart.max ()} outside of the hole")


def masks (ours):
    """Masks are at the nearest pixel of where the library says, and have no new values."""
    random = np.random.default_rng (4)
    blocks = random.integers (0, 256, (8, 11)).astype (np.uint8).repeat (8, 0).repeat (8, 1)
    wide = np.dstack ([blocks, blocks[::-1]])
    settings = ours.settings (flip=3, rotate=20, scale=0.3, perspective=0.3, elastic=0.05,
        brightness=0.5, blur=4, cutout=0.5)
    for frame in range (8):
        for mask in (blocks, wide, np.dstack ([wide, wide])):
            draw = ours.make_draw (settings, frame, mask.shape[1], mask.shape[0])
            result = ours.render_mask (draw, mask)
            at = np.array ([[ours.trace (x + 0.5, y + 0.5) for x in range (mask.shape[1])]
                for y in range (mask.shape[0])]) - 0.5
            for axis, extent in ((0, mask.shape[1]), (1, mask.shape[0])):
                at[..., axis] = np.abs (at[..., axis])
                at[..., axis] = np.where (at[..., axis] > extent - 1,
                    2 * (extent - 1) - at[..., axis], at[..., axis])
            # Positions have eight bits behind the point.
            sure = (np.abs (at % 1 - 0.5) > 0.01).all (-1)
            near = np.rint (at).astype (int)
            if not np.array_equal (result[sure], mask[near[..., 1], near[..., 0]][sure]):
                raise Failure (f"frame {frame}: not the nearest pixels")
            if len (set (result.ravel ()) - set (mask.ravel ())) > 0:
                raise Failure ("there are values that the mask has not")


# --- mixing ---

def mixing_frames (n, height, width):
    return [np.ascontiguousarray (np.roll (pattern (height, width, 3), 17 * i, 1) // (i % 2 + 1))
        for i in range (n)]


def mixup (ours):
    """The mean by weight; weights are of the Beta distribution (scipy's, by Kolmogorov-Smirnov)."""
    frames = mixing_frames (2, 31, 42)
    for number in range (20):
        draw = ours.mix_draw ("mixup", number, 42, 31, 0.7)
        share = draw.weights[0]
        result, = ours.mix (draw, [[frame] for frame in frames])
        close (result, share * frames[0] + (1 - share) * frames[1].astype (float), 0.51)
        if abs (sum (draw.weights) - 1) > 1e-12:
            raise Failure ("weights are not together 1")
    if ndimage is None:
        return "scipy is not installed"
    from scipy import stats
    for concentration in (0.2, 0.7, 1, 4):
        shares = [ours.mix_draw ("mixup", number, 42, 31, concentration).weights[0]
            for number in range (4000)]
        p = stats.kstest (shares, stats.beta (concentration, concentration).cdf).pvalue
        if p < 0.001:
            raise Failure (f"no Beta distribution of {concentration}: p is {p}")


def cutmix (ours):
    """One rectangle is another's; without its being cut off, its area is of Beta (1, 1)."""
    frames, shares = mixing_frames (2, 60, 90), []
    for number in range (3000):
        draw = ours.mix_draw ("cutmix", number, 90, 60)
        left, top, right, bottom = draw.parts[1]
        area = (right - left) * (bottom - top) / 90 / 60
        if abs (draw.weights[1] - area) > 1e-12 or abs (sum (draw.weights) - 1) > 1e-12:
            raise Failure (f"weights are {list (draw.weights)}")
        if left > 0 and right < 90:
            shares.append ((right - left) / 90)
        if number < 30:
            expected = frames[0].copy ()
            expected[top:bottom, left:right] = frames[1][top:bottom, left:right]
            if not np.array_equal (ours.mix (draw, [[frame] for frame in frames])[0], expected):
                raise Failure ("pixels are not those of two frames")
    # A side is the root of a uniform number, and is whole with a chance of 1 - side.
    counts = np.histogram (shares, np.linspace (0, 1, 11))[0]
    edges = np.linspace (0, 1, 11)
    expected = np.diff (edges ** 2 - 2 / 3 * edges ** 3) * 3
    expected *= len (shares) / expected.sum ()
    square = ((counts - expected) ** 2 / expected).sum ()
    if square > 27.9: # 9 degrees, 0.001
        raise Failure (f"sides are {counts}, not {expected.round ()}")


def mosaic (ours):
    frames = mixing_frames (4, 60, 90)
    own, crossings = [0] * 4, []
    for number in range (2000):
        draw = ours.mix_draw ("mosaic", number, 90, 60)
        cover = np.full ((60, 90), -1)
        for i, (left, top, right, bottom) in enumerate (draw.parts):
            if (cover[top:bottom, left:right] >= 0).any ():
                raise Failure ("parts lie over each other")
            cover[top:bottom, left:right] = i
        if (cover < 0).any () or abs (sum (draw.weights) - 1) > 1e-12:
            raise Failure ("parts do not cover the frame")
        own[next (k for k, at in enumerate (((0, 0), (0, -1), (-1, 0), (-1, -1)))
            if cover[at] == 0)] += 1
        crossings.append (max (part[0] for part in draw.parts) / 90)
        if number < 20:
            expected = np.stack (frames)[cover, np.arange (60)[:, None], np.arange (90)]
            if not np.array_equal (ours.mix (draw, [[frame] for frame in frames])[0], expected):
                raise Failure ("pixels are not those of four frames")
    if ((np.array (own) - 500) ** 2 / 500).sum () > 16.3: # 3 degrees, 0.001
        raise Failure (f"its own quarter is {own}")
    if min (crossings) < 0.25 - 2 / 90 or max (crossings) > 0.75 + 2 / 90:
        raise Failure ("the frames do not meet in the middle half")


def mixed_planes (ours):
    """Planes of YUV are mixed as their colours are."""
    for name, n in (("mixup", 2), ("cutmix", 2), ("mosaic", 4)):
        for colours in each_colours ():
            samples = [muted (61, 83) if i == 0 else np.roll (muted (61, 83), 9 * i, 1)
                for i in range (n)]
            planes = [colours.rounded (frame) for frame in samples]
            draw = ours.mix_draw (name, 5, 83, 61, 1)
            results = ours.mix (draw, planes, **colours.said)
            back = np.stack ([colours.samples (frame) for frame in planes])
            if name == "mixup":
                expected = np.tensordot (np.array (draw.weights[:2]), back, 1)
            else:
                expected = back[0].copy ()
                for frame, (left, top, right, bottom) in zip (back[1:], draw.parts[1:]):
                    expected[top:bottom, left:right] = frame[top:bottom, left:right]
            close_planes (results, colours.planes (expected), 0.52, name)


def chosen_labels (ours):
    """The one label is drawn by the weights, and frames are mixed as often as is asked for."""
    chosen, weights, mixed = 0, [], 0
    for number in range (4000):
        draw = ours.mix_draw ("mixup", number, 20, 20, 1, 0.6)
        mixed += draw.n > 1
        if draw.n > 1:
            chosen += draw.chosen
            weights.append (draw.weights[1])
    spread = np.sqrt (sum (w * (1 - w) for w in weights))
    if abs (chosen - sum (weights)) > 3.3 * spread or abs (mixed - 2400) > 3.3 * 31:
        raise Failure (f"{chosen} of {sum (weights):.0f} are chosen, {mixed} are mixed")


TESTS = {
    "mixup, scipy": mixup,
    "cutmix": cutmix,
    "mosaic": mosaic,
    "mixed planes": mixed_planes,
    "chosen labels": chosen_labels,
    "planes, colours": planes_mix,
    "planes, geometry": planes_move,
    "planes, filters": planes_filter,
    "planes, what is of RGB": planes_of_colours,
    "planes, what stays": planes_stay,
    "masks": masks,
    "resized-crop": projective ("resized-crop", 0.7),
    "shear": projective ("shear", 30),
    "perspective": projective ("perspective", 0.6),
    "perspective, Pillow": perspective,
    "elastic": elastic,
    "elastic, scipy's spline": elastic_spline,
    "grid-distortion": grid_distortion,
    "points follow": follows,
    "points there and back": there_and_back,
    "spots": spots,
    "one resampling": fused,
    "saturation": saturation,
    "hue": hue,
    "grey": by_formula ("grey", 1, lambda samples, values, draw: mix (samples,
        [0.299, 0.587, 0.114, 0] * 3, draw)),
    "invert": by_formula ("invert", 1, lambda samples, values, draw: 255 - samples, 0),
    "gamma": by_formula ("gamma", 2, lambda samples, values, draw:
        255 * (samples / 255) ** values[0], 0.51),
    "posterise": pillow ("posterise", 7, lambda picture, values:
        ImageOps.posterize (picture, int (values[0])), 0) if Image else by_formula ("posterise", 7,
        lambda samples, values, draw: samples // 2 ** (8 - values[0]) * 2 ** (8 - values[0]), 0),
    "solarise": by_formula ("solarise", 1, lambda samples, values, draw:
        np.where (samples >= values[0], 255 - samples, samples), 0),
    "equalise, Pillow": pillow ("equalise", 1, lambda picture, values:
        ImageOps.equalize (picture), 0),
    "auto-contrast, Pillow": pillow ("auto-contrast", 1, lambda picture, values:
        ImageOps.autocontrast (picture)),
    "channel-shuffle": channel_shuffle,
    "clahe, OpenCV": clahe,
    "blur, scipy": blur,
    "motion-blur": motion_blur,
    "defocus": defocus,
    "sharpen, Pillow": pillow ("sharpen", 5, lambda picture, values:
        ImageEnhance.Sharpness (picture).enhance (values[0])),
    "downscale": downscale,
    "jpeg, Pillow": jpeg,
    "mpeg, FFmpeg": mpeg,
    "fog": fog,
    "shadow": shadow,
    "cutout": cutout,
    "grid-mask": grid_mask,
    "shot-noise": shot_noise,
    "iso-noise": iso_noise,
    "salt-and-pepper": salt_and_pepper,
    "draws": draws,
    "independent": independent,
    "clips": clips,
    "deterministic": deterministic,
    "policies": policies,
    "policy values": policy_values,
    "autoaugment, torchvision": autoaugment,
    "policy pictures, Pillow": policy_pictures,
    "augmix, draws": augmix_draws,
    "augmix, concentration": augmix_concentration,
    "augmix, pictures": augmix_pictures,
    "augmix, planes": augmix_planes,
}


def main ():
    ours = Augmenter (sys.argv[1])
    failed = 0
    print (f"1..{len (TESTS)}")
    for number, (name, test) in enumerate (TESTS.items (), 1):
        try:
            skipped = test (ours)
        except Failure as failure:
            print (f"not ok {number} {name}\n# {failure}")
            failed += 1
            continue
        print (f"ok {number} {name}" + (f" # SKIP {skipped}" if skipped else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    if len (sys.argv) != 2:
        sys.exit (__doc__)
    sys.exit (main ())
