/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where the symbols of a mark lie in a sound: a pattern of 8 s that repeats itself.
 *
 * Time is cut into slots of 80 ms, and 300 to 6800 Hz into bands of 60 to 140 Hz, twice as wide
 * where they are high. Two slots and two bands are a square, whose value is how much louder its
 * diagonal is than what lies beside that: the logarithms of the energies of its four cells, summed
 * with the signs
 *
 *     higher band   - +
 *     lower band    + -
 *
 * so that neither a filter, which changes a band in both slots, nor a gain that changes from slot
 * to slot matters. A square carries a symbol, or nothing (a pilot, by which a reader finds when the
 * pattern begins and how fast it goes). Each symbol has two squares, about 4 s apart. The key says
 * which, and which sign each has. */
#pragma once

#include "code.h"

#define GEN_SOUND_HOPS 100 /* a second: how often a spectrum is looked at */
#define GEN_SOUND_SLOT 8   /* hops */
#define GEN_SOUND_COLUMN (2 * GEN_SOUND_SLOT)
#define GEN_SOUND_COLUMNS 50
#define GEN_SOUND_PERIOD (GEN_SOUND_COLUMNS * GEN_SOUND_COLUMN)
#define GEN_SOUND_ROWS 35
#define GEN_SOUND_BANDS (2 * GEN_SOUND_ROWS)
#define GEN_SOUND_PILOT G_MAXUINT16

typedef struct {
  guint16 symbol; /* or GEN_SOUND_PILOT */
  gint8 sign;     /* of what it carries: 1 or -1 */
  guint16 other;  /* column * ROWS + row of the other square of the symbol */
} GenSoundSquare;

typedef struct {
  float edges[GEN_SOUND_BANDS + 1]; /* of bands: Hz */
  GenSoundSquare squares[GEN_SOUND_COLUMNS * GEN_SOUND_ROWS];
} GenSoundPattern;

GEN_PRIVATE_API void gen_sound_pattern_init (GenSoundPattern *pattern, const GenMarkKey *key);
