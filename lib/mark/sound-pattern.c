/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sound-pattern.h"

#define FIRST 300.0f  /* Hz */
#define NARROW 75.0f  /* Hz: the lowest band */
#define GROWTH 0.009f /* of bands by what is below them */
#define HALF (GEN_SOUND_COLUMNS / 2 * GEN_SOUND_ROWS)

G_STATIC_ASSERT (HALF > GEN_MARK_SYMBOLS);

/* The squares of each half in an order of their own: the first of them are the symbols'. */
static void
shuffle (const guint32 *random, guint16 first, guint16 order[HALF])
{
  for (guint16 i = 0; i < HALF; i++)
    order[i] = first + i;
  for (guint i = HALF - 1; i > 0; i--) {
    const guint other = GUINT32_FROM_LE (random[i]) % (i + 1);
    const guint16 square = order[i];

    order[i] = order[other];
    order[other] = square;
  }
}

void
gen_sound_pattern_init (GenSoundPattern *pattern, const GenMarkKey *key)
{
  guint32 random[2 * HALF];
  guint8 signs[2 * HALF];
  guint16 orders[2][HALF];

  pattern->edges[0] = FIRST;
  for (int i = 0; i < GEN_SOUND_BANDS; i++)
    pattern->edges[i + 1] = pattern->edges[i] + NARROW + GROWTH * (pattern->edges[i] - FIRST);
  gen_mark_key_derive (key, "order of squares in sounds", (guint8 *)random, sizeof random);
  gen_mark_key_derive (key, "signs of squares in sounds", signs, sizeof signs);
  for (int half = 0; half < 2; half++)
    shuffle (random + half * HALF, (guint16)(half * HALF), orders[half]);
  for (int half = 0; half < 2; half++)
    for (guint i = 0; i < HALF; i++)
      pattern->squares[orders[half][i]] =
          (GenSoundSquare){ .symbol = (guint16)(i < GEN_MARK_SYMBOLS ? i : GEN_SOUND_PILOT),
            .sign = signs[half * HALF + (int)i] & 1 ? 1 : -1,
            .other = orders[1 - half][i] };
}
