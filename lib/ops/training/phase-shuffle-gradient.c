/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* PhaseShuffleGradient (dy, draws): dy shifted back; what PhaseShuffle read twice by reflection is
 * added up, and what it did not read is 0. */
#include "phase-shuffle.h"

#include <string.h>

static void
shift_row (const float *dy, gint64 length, gint64 shift, float *dx)
{
  if (shift < 0) {
    memcpy (dx, dy - shift, (gsize)(length + shift) * sizeof (float));
    memset (dx + length + shift, 0, (gsize)-shift * sizeof (float));
    for (gint64 t = 0; t < -shift; t++)
      dx[-shift - t] += dy[t];
    return;
  }
  memset (dx, 0, (gsize)shift * sizeof (float));
  memcpy (dx + shift, dy, (gsize)(length - shift) * sizeof (float));
  for (gint64 t = 0; t < shift; t++)
    dx[length - 2 - t] += dy[length - shift + t];
}

GEN_PHASE_SHUFFLE_OPERATOR (phase_shuffle_gradient, "PhaseShuffleGradient",
    "Gradient of PhaseShuffle: shifted back, reflections added up", "PhaseShuffle")
