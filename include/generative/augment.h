/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <generative/picture.h>
#include <generative/random.h>

G_BEGIN_DECLS

/**
 * Augmentation: random changes that leave a picture what it is, so that a model sees more
 * pictures than there are.
 *
 * What happens to a picture is drawn first, as a GenAugmentDraw, and done afterwards in one
 * pass: all geometric changes come together in one affine map, so that the picture is resampled
 * once however many there are, and all changes of tone in one line. The draw of a frame is a
 * function of the settings and the frame's number alone, and each augmentation draws from a
 * stream of its own: changing one leaves the others as they were.
 */
typedef struct {
  int width, height; /* of the picture */
  /* Where a pixel of the result comes from, both positions counted in pixels from the picture's
   * centre: x' = x[0] x + x[1] y + x[2], and y' likewise. */
  double x[3], y[3];
  /* What becomes of a sample, on a scale from black = 0 to white = 1: value * gain + offset, plus
   * noise of that standard deviation. */
  double gain, offset, noise;
  /* What the noise is drawn from. */
  GenRandom random;
  guint64 frame;
} GenAugmentDraw;

typedef struct _GenAugmentation GenAugmentation;

/* One augmentation: a constant in a file of its own, and a line in augment.c. */
struct _GenAugmentation {
  const char *name;           /* and that of its stream of random numbers */
  const char *description;    /* of the amount, for people: what it is and its unit */
  double maximum;             /* the amount is in [0, maximum]; 0: never any change */
  const char *const *choices; /* when the amount is one of a few choices 0, 1, …: their names */
  /* Take the augmentation into the draw. `uniform`: three numbers in (0, 1). */
  void (*apply) (GenAugmentDraw *draw, double amount, const float uniform[3]);
};

/* All augmentations in the order in which they are applied, NULL-terminated. */
GEN_API extern const GenAugmentation *const gen_augmentations[];
GEN_API const GenAugmentation *gen_augmentation_find (const char *name);

#define GEN_AUGMENT_MAX 16 /* augmentations there may be */

typedef struct {
  double amounts[GEN_AUGMENT_MAX]; /* as gen_augmentations lists them */
  double probability;              /* of each augmentation to be applied to a frame */
  guint64 seed;
} GenAugmentSettings;

/* TRUE when no frame can be changed. */
GEN_API gboolean gen_augment_settings_are_idle (const GenAugmentSettings *settings);
/* What happens to frame `frame`, whose size is given. */
GEN_API void gen_augment_draw (
    const GenAugmentSettings *settings, guint64 frame, int width, int height, GenAugmentDraw *draw);

/* TRUE when the draw leaves the picture as it is. */
GEN_API gboolean gen_augment_draw_is_idle (const GenAugmentDraw *draw);
/* TRUE when pixels change their place, so that source and target must not be the same. */
GEN_API gboolean gen_augment_draw_moves (const GenAugmentDraw *draw);
/* Where what is at (x, y) of the picture comes to lie, both counted from its upper left corner. */
GEN_API void gen_augment_draw_follow (const GenAugmentDraw *draw, double *x, double *y);
/* Do it. `source` and `target` have the draw's size and the same channels; alpha moves along, but
 * keeps its values. What is beyond the edges is the picture mirrored at them; between pixels is
 * bilinear, so that much smaller pictures (scale far below 1) would alias. */
GEN_API void gen_augment_render (
    const GenAugmentDraw *draw, const GenPicture *source, GenPicture *target);

G_END_DECLS
