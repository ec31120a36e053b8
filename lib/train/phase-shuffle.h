/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/graph.h>

/* The metadata of a net whose phases are shuffled in training: by how many frames at most. */
#define GEN_PHASE_SHUFFLE "generative.phase-shuffle"

/* Where `net`, a copy made for training, has that metadata: shuffle what each of its 1-D
 * convolutions reads but those that read the net's input. It is applied to one batch or several
 * that are joined, in which sounds of the same place are shifted alike. `what` the net is, for the
 * error. */
gboolean gen_phase_shuffle_insert (GenGraph *net, gint64 batch, const char *what, GError **error);
