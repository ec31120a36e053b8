/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "slots.h"

#include <math.h>
#include <string.h>

#define SECOND G_GINT64_CONSTANT (1000000000)
#define PILOTS 252 /* or a few more */
/* Where slots begin is found to this share of one. */
#define PHASES 4

void
gen_mark_slots_init (GenMarkSlots *slots, const GenMarkKey *key, int n_bits)
{
  const int n_slots = (GEN_MARK_SYMBOLS + PILOTS + n_bits - 1) / n_bits, n = n_slots * n_bits;
  g_autofree guint32 *order = g_new (guint32, n);

  *slots = (GenMarkSlots){ n_bits, n_slots, g_new (gint16, n), g_new (gint8, n) };
  gen_mark_key_derive (key, "order of bits in slots", (guint8 *)order, sizeof *order * (gsize)n);
  gen_mark_key_derive (key, "signs of bits in slots", (guint8 *)slots->signs, (gsize)n);
  for (int i = 0; i < n; i++) {
    slots->symbols[i] = (gint16)(i < GEN_MARK_SYMBOLS ? i : -1);
    slots->signs[i] = slots->signs[i] & 1 ? 1 : -1;
  }
  for (int i = n - 1; i > 0; i--) {
    const int k = (int)(GUINT32_FROM_LE (order[i]) % (guint32)(i + 1));
    const gint16 symbol = slots->symbols[i];

    slots->symbols[i] = slots->symbols[k];
    slots->symbols[k] = symbol;
  }
}

void
gen_mark_slots_clear (GenMarkSlots *slots)
{
  g_free (slots->symbols);
  g_free (slots->signs);
  *slots = (GenMarkSlots){ 0 };
}

int
gen_mark_slots_at (const GenMarkSlots *slots, gint64 time)
{
  const gint64 length = gen_mark_slots_length (slots);
  const gint64 within = (time % length + length) % length;

  return (int)(within * slots->n_slots / length);
}

gint64
gen_mark_slots_length (const GenMarkSlots *slots)
{
  return slots->n_slots * SECOND / GEN_SLOTS_A_SECOND;
}

void
gen_mark_slots_write (
    const GenMarkSlots *slots, int slot, const gint8 symbols[GEN_MARK_SYMBOLS], float *bits)
{
  for (int i = 0; i < slots->n_bits; i++) {
    const int at = slot * slots->n_bits + i, symbol = slots->symbols[at];

    bits[i] = slots->signs[at] * (symbol < 0 ? 1.f : (float)symbols[symbol]);
  }
}

/* --- reading --- */

/* Of each bit how far it is from its mean, in deviations of it: whatever a net makes of a picture
 * without a mark, and where it draws the line, is left out. */
static void
standardise (const float *rows, int n, int n_bits, float *standard)
{
  for (int bit = 0; bit < n_bits; bit++) {
    double sum = 0, squares = 0, mean, scale;

    for (int row = 0; row < n; row++)
      sum += (double)rows[row * n_bits + bit];
    mean = sum / n;
    for (int row = 0; row < n; row++) {
      const double value = (double)rows[row * n_bits + bit] - mean;

      squares += value * value;
    }
    scale = squares > 0 ? sqrt (n / squares) : 0;
    for (int row = 0; row < n; row++)
      standard[row * n_bits + bit] = (float)(((double)rows[row * n_bits + bit] - mean) * scale);
  }
}

/* What pilots add up to where the slots began `phase` nanoseconds later. */
static double
sum_pilots (
    const GenMarkSlots *slots, const float *standard, const gint64 *times, int n, gint64 phase)
{
  double sum = 0;

  for (int row = 0; row < n; row++) {
    const int first = gen_mark_slots_at (slots, times[row] - phase) * slots->n_bits;

    for (int bit = 0; bit < slots->n_bits; bit++)
      if (slots->symbols[first + bit] < 0)
        sum += (double)(standard[row * slots->n_bits + bit] * slots->signs[first + bit]);
  }
  return sum;
}

static gboolean
decode (const GenMarkSlots *slots, GenMarkCode *code, const float *standard, const gint64 *times,
    int n, gint64 phase, GenMarkRead *read)
{
  float symbols[GEN_MARK_SYMBOLS] = { 0 };

  for (int row = 0; row < n; row++) {
    const int first = gen_mark_slots_at (slots, times[row] - phase) * slots->n_bits;

    for (int bit = 0; bit < slots->n_bits; bit++)
      if (slots->symbols[first + bit] >= 0)
        symbols[slots->symbols[first + bit]] +=
            standard[row * slots->n_bits + bit] * slots->signs[first + bit];
  }
  return gen_mark_decode (code, symbols, read);
}

gboolean
gen_mark_slots_read (const GenMarkSlots *slots, GenMarkCode *code, const float *rows,
    const gint64 *times, int n, float *scratch, GenMarkRead *read)
{
  const gint64 step = SECOND / (GEN_SLOTS_A_SECOND * PHASES);
  const int n_phases = slots->n_slots * PHASES;
  double last = INFINITY;

  standardise (rows, n, slots->n_bits, scratch);
  /* The likeliest phase, and then those that follow it. */
  for (int trial = 0; trial < GEN_SLOT_TRIALS; trial++) {
    double best = -INFINITY;
    int at = 0;

    for (int i = 0; i < n_phases; i++) {
      const double sum = sum_pilots (slots, scratch, times, n, i * step);

      if (sum <= best || sum >= last)
        continue;
      best = sum;
      at = i;
    }
    if (best <= 0)
      return FALSE;
    if (decode (slots, code, scratch, times, n, at * step, read))
      return TRUE;
    last = best;
  }
  return FALSE;
}
