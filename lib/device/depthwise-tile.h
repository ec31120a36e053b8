/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The innermost part of a depthwise convolution, for one kind of vector unit. depthwise_unit.c
 * includes this file once for each kind, with
 *   VECTOR   floats in a vector register,
 *   NAME(x)  the names of the functions. */

typedef float NAME (Vector) __attribute__ ((vector_size (VECTOR * 4), aligned (4)));
typedef gint32 NAME (Mask) __attribute__ ((vector_size (VECTOR * 4)));

static inline __attribute__ ((always_inline)) NAME (Vector)
    NAME (select) (NAME (Mask) mask, NAME (Vector) yes, NAME (Vector) no)
{
  return (NAME (Vector)) (((NAME (Mask))yes & mask) | ((NAME (Mask))no & ~mask));
}

/* A line whose taps are neighbours: each column goes to all windows that see it. A single window
 * may see columns that do not exist. */
static inline __attribute__ ((always_inline)) void
NAME (dense_line) (const int windows, const int taps, const int step, const GenDepthwiseTile *t,
    const GenDepthwiseLine *line, gint64 channel, NAME (Vector) * sums)
{
  gint64 column = t->column + t->offsets[0];
  const float *from = line->source + column * t->pixel + channel;
  const float *weights = line->weights + channel;
  NAME (Vector) w[8];

#pragma GCC unroll 8
  for (int tap = 0; tap < taps; tap++)
    w[tap] = *(const NAME (Vector) *)(weights + tap * t->lane);
#pragma GCC unroll 32
  for (int i = 0; i < (windows - 1) * step + taps; i++, from += t->pixel) {
    NAME (Vector) x;

    /* Else the compiler keeps a pointer for each column, and has no registers for them. */
    __asm__("" : "+r"(from));
    if (windows == 1 && (column + i < 0 || column + i >= t->width))
      continue;
    x = *(const NAME (Vector) *)from;
#pragma GCC unroll 8
    for (int tap = 0; tap < taps; tap++)
      if (i >= tap && (i - tap) % step == 0 && (i - tap) / step < windows)
        sums[(i - tap) / step] += x * w[tap];
  }
}

static inline __attribute__ ((always_inline)) void
NAME (any_line) (const int windows, const GenDepthwiseTile *t, const GenDepthwiseLine *line,
    gint64 channel, NAME (Vector) * sums)
{
  const float *weights = line->weights + channel;

  for (int tap = 0; tap < t->taps; tap++, weights += t->lane) {
    const NAME (Vector) w = *(const NAME (Vector) *)weights;
    gint64 column = t->column + t->offsets[tap];
    const float *from = line->source + column * t->pixel + channel;

    if (windows == 1 && (column < 0 || column >= t->width))
      continue;
#pragma GCC unroll 8
    for (int i = 0; i < windows; i++, from += t->step * t->pixel)
      sums[i] += *(const NAME (Vector) *)from * w;
  }
}

static inline __attribute__ ((always_inline)) void
NAME (finish) (const int windows, const GenDepthwiseTile *t, gint64 channel, NAME (Vector) * sums)
{
  const NAME (Vector) zero = { 0 };
  const GenTileActivation *then = &t->then;

  if (t->added != NULL) {
#pragma GCC unroll 8
    for (int i = 0; i < windows; i++)
      sums[i] += *(const NAME (Vector) *)(t->added + channel + i * t->place);
  }
  if (then->leaks) {
#pragma GCC unroll 8
    for (int i = 0; i < windows; i++)
      sums[i] = NAME (select) (sums[i] < 0, sums[i] * then->leak, sums[i]);
  }
  /* What is not a number stays so. */
  if (then->floors) {
#pragma GCC unroll 8
    for (int i = 0; i < windows; i++)
      sums[i] = NAME (select) (sums[i] < then->least, zero + then->least, sums[i]);
  }
  if (then->caps) {
#pragma GCC unroll 8
    for (int i = 0; i < windows; i++)
      sums[i] = NAME (select) (sums[i] > then->most, zero + then->most, sums[i]);
  }
#pragma GCC unroll 8
  for (int i = 0; i < windows; i++)
    *(NAME (Vector) *)(t->result + channel + i * t->place) = sums[i];
}

/* `taps` 0: any, at any offsets and steps. */
static inline __attribute__ ((always_inline)) void
NAME (depthwise) (const int windows, const int taps, const int step, const GenDepthwiseTile *t)
{
  const NAME (Vector) zero = { 0 };
  const gint64 end = t->channel + t->channels;

  for (gint64 first = t->channel; first < end; first += VECTOR) {
    const gint64 channel = MIN (first, end - VECTOR);
    const NAME (Vector) begin =
        t->bias != NULL ? *(const NAME (Vector) *)(t->bias + channel) : zero;
    NAME (Vector) sums[GEN_DEPTHWISE_WINDOWS];

#pragma GCC unroll 8
    for (int i = 0; i < windows; i++)
      sums[i] = begin;
    for (int l = 0; l < t->n_lines; l++)
      if (taps > 0)
        NAME (dense_line) (windows, taps, step, t, &t->lines[l], channel, sums);
      else
        NAME (any_line) (windows, t, &t->lines[l], channel, sums);
    NAME (finish) (windows, t, channel, sums);
  }
}

#define FORM(windows, taps, step)                                                                  \
  NAME (depthwise) (windows, taps, step, t);                                                       \
  return;
#define FORMS(windows)                                                                             \
  static void NAME (depthwise_##windows) (const GenDepthwiseTile *t)                               \
  {                                                                                                \
    switch (t->dense ? t->taps * 4 + MIN (t->step, 3) : 0) {                                       \
    case 3 * 4 + 1:                                                                                \
      FORM (windows, 3, 1)                                                                         \
    case 3 * 4 + 2:                                                                                \
      FORM (windows, 3, 2)                                                                         \
    case 4 * 4 + 1:                                                                                \
      FORM (windows, 4, 1)                                                                         \
    case 5 * 4 + 1:                                                                                \
      FORM (windows, 5, 1)                                                                         \
    case 5 * 4 + 2:                                                                                \
      FORM (windows, 5, 2)                                                                         \
    case 7 * 4 + 1:                                                                                \
      FORM (windows, 7, 1)                                                                         \
    default:                                                                                       \
      FORM (windows, 0, 0)                                                                         \
    }                                                                                              \
  }

FORMS (1)
FORMS (4)
FORMS (8)

static void
NAME (depthwise_tile) (int windows, const GenDepthwiseTile *t)
{
  if (windows == 8)
    NAME (depthwise_8) (t);
  else if (windows == 4)
    NAME (depthwise_4) (t);
  else
    NAME (depthwise_1) (t);
}

#undef FORMS
#undef FORM
