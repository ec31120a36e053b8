# SPDX-License-Identifier: LGPL-2.1-or-later
"""The library's augmentations of pictures, for scripts: draws, their steps, and pictures."""
import ctypes

import numpy as np

MAX, PARAMETERS, NUMBERS, VALUES, CHAINED = 64, 2, 10240, 12, 16


class Parameter (ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("description", ctypes.c_char_p),
        ("minimum", ctypes.c_double), ("maximum", ctypes.c_double), ("standard", ctypes.c_double)]


class Augmentation (ctypes.Structure):
    _fields_ = [("medium", ctypes.c_void_p), ("name", ctypes.c_char_p),
        ("stream", ctypes.c_char_p), ("description", ctypes.c_char_p),
        ("maximum", ctypes.c_double), ("choices", ctypes.c_void_p),
        ("parameters", Parameter * PARAMETERS)]


class Settings (ctypes.Structure):
    _fields_ = [("medium", ctypes.c_void_p), ("amounts", ctypes.c_double * MAX),
        ("parameters", (ctypes.c_double * PARAMETERS) * MAX), ("probability", ctypes.c_double),
        ("seed", ctypes.c_uint64), ("policy", ctypes.c_void_p), ("clip_frames", ctypes.c_uint64),
        ("sounds", ctypes.c_void_p * MAX)]


class Step (ctypes.Structure):
    _fields_ = [("change", ctypes.c_void_p), ("augmentation", ctypes.POINTER (Augmentation)),
        ("values", ctypes.c_double * VALUES), ("first_number", ctypes.c_int),
        ("random", ctypes.c_uint32 * 2)]


class Draw (ctypes.Structure):
    _fields_ = [("width", ctypes.c_int), ("height", ctypes.c_int), ("steps", Step * MAX),
        ("n_steps", ctypes.c_int), ("chained", Step * CHAINED), ("n_chained", ctypes.c_int),
        ("numbers", ctypes.c_float * NUMBERS),
        ("n_numbers", ctypes.c_int), ("frame", ctypes.c_uint64), ("rest", ctypes.c_char * 64)]

    def names (self):
        return [self.steps[i].augmentation.contents.name.decode () for i in range (self.n_steps)]

    def values (self, step=0):
        return list (self.steps[step].values)

    def mixture (self, step=0):
        """The weights of a mixture, the picture's first, and the steps of each chain."""
        n = int (self.own_numbers (1, step)[0])
        first, *lengths = self.own_numbers (2 + n, step)[1:].astype (int)
        ends = first + np.cumsum ([0] + lengths)
        return self.values (step)[:n + 1], [[self.chained[i] for i in range (a, b)]
            for a, b in zip (ends, ends[1:])]

    def of_steps (self, steps):
        """A draw of these steps alone."""
        draw = Draw (self.width, self.height)
        for i, step in enumerate (steps):
            draw.steps[i] = step
        draw.n_steps = len (steps)
        return draw

    def own_numbers (self, n, step=0):
        first = self.steps[step].first_number
        return np.array (self.numbers[first:first + n])


class Picture (ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("width", ctypes.c_int), ("height", ctypes.c_int),
        ("channels", ctypes.c_int), ("stride", ctypes.c_int), ("owned", ctypes.c_int)]

    @classmethod
    def of (cls, array):
        height, width = array.shape[:2]
        return cls (array.ctypes.data, width, height, array.strides[1], array.strides[0], 0)


class Frame (ctypes.Structure):
    """Planes of YUV: luma, and U and V apart, or as two channels of one array."""
    _fields_ = [("width", ctypes.c_int), ("height", ctypes.c_int), ("planes", Picture * 3),
        ("n_planes", ctypes.c_int), ("v_first", ctypes.c_int), ("order", ctypes.c_int),
        ("across", ctypes.c_int), ("down", ctypes.c_int), ("red", ctypes.c_double),
        ("blue", ctypes.c_double), ("full_range", ctypes.c_int),
        ("cosited_across", ctypes.c_int), ("cosited_down", ctypes.c_int)]

    @classmethod
    def of (cls, planes, across, down, red=0.299, blue=0.114, full_range=0, v_first=0, cosited=0):
        height, width = planes[0].shape[:2]
        arrays = [Picture.of (plane) for plane in planes]
        return cls (width, height, (Picture * 3) (*arrays), len (planes), v_first, 0, across, down,
            red, blue, full_range, cosited, 0)


class Mixing (ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("description", ctypes.c_char_p),
        ("partners", ctypes.c_int), ("blends", ctypes.c_int), ("concentration", ctypes.c_double)]


class MixSettings (ctypes.Structure):
    _fields_ = [("mixing", ctypes.POINTER (Mixing)), ("concentration", ctypes.c_double),
        ("probability", ctypes.c_double), ("seed", ctypes.c_uint64)]


class MixDraw (ctypes.Structure):
    _fields_ = [("mixing", ctypes.c_void_p), ("width", ctypes.c_int), ("height", ctypes.c_int),
        ("n", ctypes.c_int), ("weights", ctypes.c_double * 4),
        ("parts", (ctypes.c_int * 4) * 4), ("chosen", ctypes.c_int)]


class Augmenter:
    """What the library makes of arrays [height, width] or [height, width, channels] of bytes."""

    def __init__ (self, path):
        self.library = library = ctypes.CDLL (path)
        self.medium = ctypes.addressof (ctypes.c_byte.in_dll (library, "gen_medium_picture"))
        library.gen_augmentation_list.restype = ctypes.POINTER (ctypes.POINTER (Augmentation))
        library.gen_augment_workspace_new.restype = ctypes.c_void_p
        library.gen_augment_policy_load.restype = ctypes.c_void_p
        library.gen_augment_policy_load.argtypes = [ctypes.c_char_p, ctypes.c_void_p]
        library.gen_augment_draw_picture.argtypes = [ctypes.c_void_p, ctypes.c_uint64,
            ctypes.c_int, ctypes.c_int, ctypes.c_void_p]
        library.gen_augment_render_picture.argtypes = [ctypes.c_void_p] * 4
        library.gen_augment_render_frame.argtypes = [ctypes.c_void_p] * 3
        library.gen_augment_render_mask.argtypes = [ctypes.c_void_p] * 3
        library.gen_augment_mixing_list.restype = ctypes.POINTER (ctypes.POINTER (Mixing))
        library.gen_augment_mix_draw.argtypes = [ctypes.c_void_p, ctypes.c_uint64, ctypes.c_int,
            ctypes.c_int, ctypes.c_void_p]
        library.gen_augment_mix_frames.argtypes = [ctypes.c_void_p] * 3
        for name in ("follow", "trace"):
            getattr (library, "gen_augment_picture_" + name).argtypes = [ctypes.c_void_p,
                ctypes.POINTER (ctypes.c_double), ctypes.POINTER (ctypes.c_double)]
        members = library.gen_augmentation_list (ctypes.c_void_p (self.medium))
        self.list = []
        while members[len (self.list)]:
            self.list.append (members[len (self.list)].contents)
        self.names = [member.name.decode () for member in self.list]
        self.workspace = library.gen_augment_workspace_new ()
        self.draw = Draw ()

    def settings (self, seed=3, policy=None, clip_frames=0, probability=1, parameters={}, **amounts):
        settings = Settings ()
        self.library.gen_augment_settings_init (
            ctypes.byref (settings), ctypes.c_void_p (self.medium))
        settings.seed, settings.clip_frames = seed, clip_frames
        settings.probability = probability
        if policy is not None:
            settings.policy = self.library.gen_augment_policy_load (policy.encode (), None)
            assert settings.policy, policy
        for name, amount in amounts.items ():
            settings.amounts[self.names.index (name.replace ("_", "-"))] = amount
        for (name, i), value in parameters.items ():
            settings.parameters[self.names.index (name)][i] = value
        return settings

    def make_draw (self, settings, frame, width, height):
        self.library.gen_augment_draw_picture (
            ctypes.byref (settings), frame, width, height, ctypes.byref (self.draw))
        return self.draw

    def render (self, draw, array):
        result = np.empty_like (array)
        source, target = Picture.of (array), Picture.of (result)
        self.library.gen_augment_render_picture (ctypes.byref (draw), self.workspace,
            ctypes.byref (source), ctypes.byref (target))
        return result

    def render_in_place (self, draw, planes, **said):
        frame = Frame.of (planes, **said)
        self.library.gen_augment_render_frame (
            ctypes.byref (draw), self.workspace, ctypes.byref (frame))

    def render_planes (self, draw, planes, **said):
        results = [plane.copy () for plane in planes]
        self.render_in_place (draw, results, **said)
        return results

    def mix_draw (self, name, number, width, height, concentration=0, probability=1, seed=3):
        members, i, draw = self.library.gen_augment_mixing_list (), 0, MixDraw ()
        while members[i].contents.name.decode () != name:
            i += 1
        settings = MixSettings (members[i], concentration, probability, seed)
        self.library.gen_augment_mix_draw (
            ctypes.byref (settings), number, width, height, ctypes.byref (draw))
        return draw

    def mix (self, draw, frames, **said):
        """Frames are lists of planes."""
        results = [plane.copy () for plane in frames[0]]
        said = said or dict (across=1, down=1)
        frame = Frame.of (results, **said)
        partners = (Frame * 3) (*[Frame.of (planes, **said) for planes in frames[1:]])
        self.library.gen_augment_mix_frames (ctypes.byref (draw), ctypes.byref (frame), partners)
        return results

    def render_mask (self, draw, mask):
        result = mask.copy ()
        picture = Picture.of (result)
        self.library.gen_augment_render_mask (
            ctypes.byref (draw), self.workspace, ctypes.byref (picture))
        return result

    def augment (self, settings, frame, array):
        return self.render (
            self.make_draw (settings, frame, array.shape[1], array.shape[0]), array)

    def _point (self, function, x, y):
        px, py = ctypes.c_double (x), ctypes.c_double (y)
        function (ctypes.byref (self.draw), ctypes.byref (px), ctypes.byref (py))
        return px.value, py.value

    def follow (self, x, y):
        return self._point (self.library.gen_augment_picture_follow, x, y)

    def trace (self, x, y):
        return self._point (self.library.gen_augment_picture_trace, x, y)
