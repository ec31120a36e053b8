/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "picture-rows.h"

#include "../simd.h"

static guint8 *
row_of (const GenMarkFrame *frame, int plane, int y)
{
  return frame->samples[plane] + (gssize)y * frame->stride[plane];
}

/* --- luma --- */

/* Loops over samples that lie a constant number of bytes apart become code for vectors. */
static inline __attribute__ ((always_inline)) void
mix_steps (const guint8 *red, const guint8 *green, const guint8 *blue, int step, int n,
    guint8 *restrict luma)
{
  for (int x = 0; x < n; x++)
    luma[x] = (guint8)((red[x * step] + 2 * green[x * step] + blue[x * step]) >> 2);
}

GEN_CLONES (void, mix_row,
    (const guint8 *red, const guint8 *green, const guint8 *blue, int step, int n,
        guint8 *restrict luma),
    (red, green, blue, step, n, luma))
{
  if (step == 1)
    mix_steps (red, green, blue, 1, n, luma);
  else if (step == 3)
    mix_steps (red, green, blue, 3, n, luma);
  else if (step == 4)
    mix_steps (red, green, blue, 4, n, luma);
  else
    mix_steps (red, green, blue, step, n, luma);
}

static inline __attribute__ ((always_inline)) void
copy_steps (const guint8 *samples, int step, int n, guint8 *restrict luma)
{
  for (int x = 0; x < n; x++)
    luma[x] = samples[x * step];
}

GEN_CLONES (void, copy_row, (const guint8 *samples, int step, int n, guint8 *restrict luma),
    (samples, step, n, luma))
{
  if (step == 2)
    copy_steps (samples, 2, n, luma);
  else
    copy_steps (samples, step, n, luma);
}

GEN_CLONES (void, narrow_row, (const guint16 *samples, int shift, int n, guint8 *restrict bytes),
    (samples, shift, n, bytes))
{
  for (int x = 0; x < n; x++)
    bytes[x] = (guint8)(samples[x] >> shift);
}

/* Of words; colours one after the other. */
static void
narrow_frame_row (const GenMarkFrame *frame, int y, guint8 *luma)
{
  const int shift = frame->shift + frame->bits - 8;
  const guint16 *green = (const guint16 *)(const void *)row_of (frame, frame->n == 3 ? 1 : 0, y);

  narrow_row (green, shift, frame->width, luma);
  for (int i = 0; i < frame->n && frame->n == 3; i += 2) {
    const guint16 *row = (const guint16 *)(const void *)row_of (frame, i, y);

    for (int x = 0; x < frame->width; x++)
      luma[x] = (guint8)((luma[x] * 3 + (row[x] >> shift)) >> 2);
  }
}

const guint8 *
gen_mark_frame_luma (const GenMarkFrame *frame, int y, guint8 *row)
{
  if (frame->bits > 8)
    narrow_frame_row (frame, y, row);
  else if (frame->n == 3)
    mix_row (row_of (frame, 0, y), row_of (frame, 1, y), row_of (frame, 2, y), frame->step,
        frame->width, row);
  else if (frame->step == 1)
    return row_of (frame, 0, y);
  else
    copy_row (row_of (frame, 0, y), frame->step, frame->width, row);
  return row;
}

/* --- changes --- */

GEN_CLONES (void, add_bytes,
    (guint8 *restrict samples, const gint8 *restrict change, int n, guint8 least, guint8 most),
    (samples, change, n, least, most))
{
  /* All in bytes, of which most fit into a vector: what is added, and then what is taken away, is
   * bounded by the room that there is. What is beyond the bounds already stays. */
  for (int x = 0; x < n; x++) {
    const guint8 old = samples[x], up = (guint8)MAX (change[x], 0);
    const guint8 down = (guint8)MAX (-change[x], 0);
    const guint8 above = (guint8)(MAX (old, most) - old), below = (guint8)(old - MIN (old, least));

    samples[x] = (guint8)(old + MIN (up, above) - MIN (down, below));
  }
}

GEN_CLONES (void, add_steps,
    (guint8 * samples, int step, const gint8 *restrict change, int n, int least, int most),
    (samples, step, change, n, least, most))
{
  for (int x = 0; x < n; x++) {
    const int old = samples[x * step], new = old + change[x];

    samples[x * step] = (guint8)(new < least ? least : new > most ? most : new);
  }
}

GEN_CLONES (void, add_words,
    (guint16 *restrict samples, const gint8 *restrict change, int n, int bits, int shift),
    (samples, change, n, bits, shift))
{
  const int most = (1 << bits) - 1, step = 1 << (bits - 8);

  for (int x = 0; x < n; x++) {
    const int new = (samples[x] >> shift) + change[x] * step;

    samples[x] = (guint16)((new < 0 ? 0 : new > most ? most : new) << shift);
  }
}

/* Where pixels are bytes beside each other of which some change alike: the first `n_alike` of
 * `step`. What is behind them stays. */
#define BATCH 1024

static inline __attribute__ ((always_inline)) void
spread_steps (const gint8 *restrict change, int step, int n_alike, int n, gint8 *restrict spread)
{
  for (int x = 0; x < n; x++)
    for (int i = 0; i < n_alike; i++)
      spread[step * x + i] = change[x];
}

GEN_CLONES (void, spread_row,
    (const gint8 *restrict change, int step, int n, gint8 *restrict spread),
    (change, step, n, spread))
{
  if (step == 2)
    spread_steps (change, 2, 1, n, spread);
  else if (step == 3)
    spread_steps (change, 3, 3, n, spread);
  else
    spread_steps (change, 4, 3, n, spread);
}

static void
add_pixels (
    guint8 *samples, int step, int n_alike, const gint8 *change, int n, guint8 least, guint8 most)
{
  gint8 spread[4 * BATCH] = { 0 };

  for (; n > 0; n -= BATCH, change += BATCH, samples += step * BATCH) {
    const int part = n < BATCH ? n : BATCH;

    spread_row (change, step, part, spread);
    add_bytes (samples, spread, step * (part - 1) + n_alike, least, most);
  }
}

/* Whether a pixel's colours are beside each other, green in the middle. */
static gboolean
are_beside (const GenMarkFrame *frame)
{
  const guint8 *red = frame->samples[0], *green = frame->samples[1], *blue = frame->samples[2];

  return frame->n == 3 && (frame->step == 3 || frame->step == 4) &&
         ((red + 1 == green && green + 1 == blue) || (blue + 1 == green && green + 1 == red));
}

void
gen_mark_frame_add (const GenMarkFrame *frame, int y, const gint8 *change)
{
  /* The first and the last byte of a limited range are synchronisation's in some cables. */
  const guint8 least = frame->full_range ? 0 : 1, most = frame->full_range ? 255 : 254;

  if (frame->bits == 8 && are_beside (frame)) {
    add_pixels (MIN (row_of (frame, 0, y), row_of (frame, 2, y)), frame->step, 3, change,
        frame->width, least, most);
    return;
  }
  if (frame->bits == 8 && frame->n == 1 && frame->step == 2) {
    add_pixels (row_of (frame, 0, y), 2, 1, change, frame->width, least, most);
    return;
  }
  for (int i = 0; i < frame->n; i++) {
    guint8 *row = row_of (frame, i, y);

    if (frame->bits > 8)
      add_words ((guint16 *)(void *)row, change, frame->width, frame->bits, frame->shift);
    else if (frame->step == 1)
      add_bytes (row, change, frame->width, least, most);
    else
      add_steps (row, frame->step, change, frame->width, least, most);
  }
}
