/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "congestion.h"

/* The draft's. */
#define FEW 0.02
#define MANY 0.1
#define RAISE 1.05
#define LOWER 0.5
/* Below a sixteenth of what is wanted pictures are not worth looking at; that is then all that
 * somebody gets who loses everything. */
#define LEAST_SHARE 16

void
gen_congestion_init (GenCongestion *congestion, guint most)
{
  congestion->bitrate = congestion->most = MAX (most, 1);
  congestion->least = MAX (most / LEAST_SHARE, 1);
}

gboolean
gen_congestion_update (GenCongestion *congestion, double lost)
{
  const guint before = congestion->bitrate;
  double bitrate = before;

  if (lost < FEW)
    bitrate *= RAISE;
  else if (lost > MANY)
    bitrate *= 1 - LOWER * MIN (lost, 1);
  congestion->bitrate = (guint)CLAMP (bitrate, congestion->least, congestion->most);
  return congestion->bitrate != before;
}
