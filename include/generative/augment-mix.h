/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/augment.h>

G_BEGIN_DECLS

/**
 * Mixing: a frame becomes one of several, and its label a mixture of theirs. How is drawn first, a
 * function of the seed and the number alone, and done afterwards. Which frames the partners are,
 * the caller says.
 */
typedef struct _GenAugmentMixing GenAugmentMixing;

#define GEN_AUGMENT_MIX_MOST 4 /* frames, of which the first is the one itself */

typedef struct {
  int left, top, right, bottom; /* in pixels; what is at `right` and `bottom` is outside */
} GenAugmentMixPart;

typedef struct {
  const GenAugmentMixing *mixing;
  int width, height;
  int n; /* frames; 1: nothing is mixed */
  /* How much of each frame's label there is; together 1. */
  double weights[GEN_AUGMENT_MIX_MOST];
  /* Where of the result each is seen: at the same place as in itself. Of those that blend, all
   * everywhere. Where several parts lie over each other, the last is seen. */
  GenAugmentMixPart parts[GEN_AUGMENT_MIX_MOST];
  /* One of the frames, drawn by their weights: who takes one label a frame, and takes that one's,
   * learns in the mean what the mixture of labels teaches. */
  int chosen;
} GenAugmentMixDraw;

/* One way of mixing: a constant in a file of its own in lib/augment/mix, and a line in mix.c. */
struct _GenAugmentMixing {
  const char *name;
  const char *description; /* for people */
  int partners;            /* how many it takes, but itself */
  gboolean blends;         /* pixels are means by weight, and not of one of the frames */
  /* How even the shares are: 0 where it is not to be set. */
  double concentration;
  /* Say weights and parts. Numbers are of `random`, draw `number`. */
  void (*draw) (
      GenAugmentMixDraw *draw, double concentration, const GenRandom *random, guint64 number);
};

/* Those there are, NULL-terminated. */
GEN_API const GenAugmentMixing *const *gen_augment_mixing_list (void);

typedef struct {
  const GenAugmentMixing *mixing; /* NULL: none */
  /* Alpha of the Beta distribution of the first share, as papers call it; 0: what the mixing's own
   * paper has. */
  double concentration;
  double probability; /* of a frame to be mixed */
  guint64 seed;
} GenAugmentMixSettings;

/* What becomes of draw number `number`, of a frame whose size is given. */
GEN_API void gen_augment_mix_draw (const GenAugmentMixSettings *settings, guint64 number, int width,
    int height, GenAugmentMixDraw *draw);
/* Do it, in place. `partners` [draw->n - 1] are of the size and the format of `frame`. */
GEN_API void gen_augment_mix_frames (
    const GenAugmentMixDraw *draw, GenAugmentFrame *frame, const GenAugmentFrame *partners);

G_END_DECLS
