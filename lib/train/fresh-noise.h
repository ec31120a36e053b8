/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/graph.h>

/* The metadata of a net some of whose constants are noise: a pattern of their names, in which * is
 * any letters. So the net plays the same each time, and is trained with noise that is drawn anew in
 * each step, for each sample. */
#define GEN_FRESH_NOISE "generative.fresh-noise"
/* How such a constant of a preset is called, behind the name of its layer. */
#define GEN_FRESH_NOISE_PART "noise"

/* Note in `net` that constants of that name are noise. */
void gen_fresh_noise_note (GenGraph *net);
/* Where `net`, a copy made for training on batches of `batch` samples, has that metadata: draw what
 * nodes read of such constants, whose first extent is 1. `what` the net is, for the error. */
gboolean gen_fresh_noise_insert (GenGraph *net, gint64 batch, const char *what, GError **error);
