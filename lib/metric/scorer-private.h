/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of scorers share: scorer.c, scorer-names.c (what its figures are called) and
 * scorer-input.c (how frames become its numbers). */
#pragma once

#include <generative/player.h>
#include <generative/scorer.h>

/* A frame, and what it should be. */
#define GEN_SCORER_MAX_INPUTS 2

struct _GenScorer {
  GenMetric metric;
  GenPlayer *player;
  char *file;
  char *name; /* of that, with a digest of what is in it */
  GenPort inputs[GEN_SCORER_MAX_INPUTS];
  guint places[GEN_SCORER_MAX_INPUTS]; /* of these, among the model's */
  guint n_inputs;
  GenPort outputs[GEN_SCORER_MAX_FIGURES];
  guint n_outputs;
  gint64 lengths[GEN_SCORER_MAX_FIGURES]; /* how many numbers each makes */
  gboolean rate_assumed;                  /* it does not say its rate, and hears any */
  GenFormat format;                       /* of the frames that came last; without a medium: none */
  GenFormat taken;                        /* what those are brought to */
  GenPicture fitted;                      /* a picture that was */
  float *of_bytes[GEN_SCORER_MAX_INPUTS]; /* what 256 levels are, a channel after the other; NULL:
                                             no picture has come */
  float *numbers;                         /* of a frame, where the model takes integers */
  gsize n_numbers;
};

/* --- scorer-names.c --- */

/* Name the figures of the outputs that have been chosen. */
gboolean gen_scorer_name (GenScorer *scorer, GError **error);

/* --- scorer-input.c --- */

/* What frames of `format` are brought to, in `taken`. FALSE with `error` where they cannot be. */
gboolean gen_scorer_choose_format (
    const GenScorer *scorer, const GenFormat *format, GenFormat *taken, GError **error);
/* Bring a frame to that, as the numbers of input `i`, which are of the model's type where that is
 * of integers, else float32. */
gboolean gen_scorer_fit (
    GenScorer *scorer, guint i, const GenSample *sample, void *numbers, GError **error);
