/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <generative/medium.h>
#include <generative/random.h>

G_BEGIN_DECLS

/**
 * Augmentation: random changes that leave a picture or a sound what it is, so that a model learns
 * from more examples than there are.
 *
 * What happens to an example is drawn first, and done afterwards. The draw is a function of the
 * settings and the example's number alone, and each augmentation draws from a stream of its own:
 * changing one leaves the others as they were. An augmentation is of one medium; what there is of a
 * medium is a list, whose amounts settings hold in its order.
 */
typedef struct _GenAugmentation GenAugmentation;

/**
 * Pictures. All geometric changes come together in one affine map, so that a picture is resampled
 * once however many there are, and all changes of tone in one line.
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
} GenAugmentPictureDraw;

#define GEN_AUGMENT_MAX 16 /* augmentations there may be of a medium */

typedef struct _GenAugmentSoundDraw GenAugmentSoundDraw;
typedef struct _GenAugmentSoundStep GenAugmentSoundStep;

/* One thing that is done to a sound, after those before it. */
struct _GenAugmentSoundStep {
  /* `part` is what there is of the window, beginning with its frame `first`; in place. */
  void (*run) (const GenAugmentSoundDraw *draw, const GenAugmentSoundStep *step, GenSound *part,
      gsize first);
  double values[6]; /* what `run` makes of them */
};

/**
 * Sounds. What is numbered, and gets a draw of its own, is a window: a sound of its own, or a piece
 * of `length` frames of a stream. A draw is a row of steps.
 */
struct _GenAugmentSoundDraw {
  int rate, channels;
  gsize length;     /* frames of the window */
  gsize begin, end; /* of what is left of it: what is before and behind is silent */
  GenAugmentSoundStep steps[GEN_AUGMENT_MAX];
  int n_steps;
  /* What noise is drawn from. */
  GenRandom random;
  guint64 window;
};

/* One augmentation: a constant in a file of its own in its medium's folder, and a line in
 * augment.c. */
struct _GenAugmentation {
  const GenMedium *medium;
  const char *name;
  const char *stream;         /* of random numbers: no other's, and the same for good */
  const char *description;    /* of the amount, for people: what it is and its unit */
  double maximum;             /* the amount is in [0, maximum]; 0: never any change */
  const char *const *choices; /* when the amount is one of a few choices 0, 1, …: their names */
  /* Take the augmentation into the draw, the one of the medium. `uniform`: three numbers in
   * (0, 1). */
  void (*apply_picture) (GenAugmentPictureDraw *draw, double amount, const float uniform[3]);
  void (*apply_sound) (GenAugmentSoundDraw *draw, double amount, const float uniform[3]);
};

/* Those of a medium in the order in which they are applied, NULL-terminated. */
GEN_API const GenAugmentation *const *gen_augmentation_list (const GenMedium *medium);
/* The one of that name, or NULL with `error` (G_IO_ERROR), which lists what there is. */
GEN_API const GenAugmentation *gen_augmentation_find (
    const GenMedium *medium, const char *name, GError **error);

typedef struct {
  const GenMedium *medium;
  double amounts[GEN_AUGMENT_MAX]; /* as the medium's list has them */
  double probability;              /* of each augmentation to be applied to an example */
  guint64 seed;
} GenAugmentSettings;

/* TRUE when no example can be changed. */
GEN_API gboolean gen_augment_settings_are_idle (const GenAugmentSettings *settings);

/* What happens to frame `frame`, whose size is given. */
GEN_API void gen_augment_draw_picture (const GenAugmentSettings *settings, guint64 frame, int width,
    int height, GenAugmentPictureDraw *draw);
/* TRUE when the draw leaves the picture as it is. */
GEN_API gboolean gen_augment_picture_is_idle (const GenAugmentPictureDraw *draw);
/* TRUE when pixels change their place, so that source and target must not be the same. */
GEN_API gboolean gen_augment_picture_moves (const GenAugmentPictureDraw *draw);
/* Where what is at (x, y) of the picture comes to lie, both counted from its upper left corner. */
GEN_API void gen_augment_picture_follow (const GenAugmentPictureDraw *draw, double *x, double *y);
/* Do it. `source` and `target` have the draw's size and the same channels; alpha moves along, but
 * keeps its values. What is beyond the edges is the picture mirrored at them; between pixels is
 * bilinear, so that much smaller pictures (scale far below 1) would alias. */
GEN_API void gen_augment_render_picture (
    const GenAugmentPictureDraw *draw, const GenPicture *source, GenPicture *target);

/* What happens to window `window`, whose rate, channels and length are those of `format`. */
GEN_API void gen_augment_draw_sound (const GenAugmentSettings *settings, guint64 window,
    const GenFormat *format, GenAugmentSoundDraw *draw);
/* TRUE when the draw leaves the sound as it is. */
GEN_API gboolean gen_augment_sound_is_idle (const GenAugmentSoundDraw *draw);
/* Do it, in place. `part` is the window, or what there is of it from its frame `first` on, and is
 * then changed as if the rest were not known: gain, polarity, crop and fade are what they are in
 * the whole, and so is noise but for its level, which follows the level of the part; what is
 * shifted in from outside of it is silent, and filters begin with it. */
GEN_API void gen_augment_render_sound (
    const GenAugmentSoundDraw *draw, GenSound *part, gsize first);

G_END_DECLS
