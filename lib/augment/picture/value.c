/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tone and colour. What is the same line for all samples is done as one, what mixes channels as a
 * matrix, and any other function of a sample as a table; lines and matrices that follow each other
 * are one, and so is a table and what follows it for each sample alone. Only at the end of a stage
 * are values rounded and brought back between black and white. */
#include "value.h"

#include <math.h>
#include <string.h>

#include "../../device/byte-lookup.h"
#include "../../simd.h"

const GenPictureChange gen_picture_change_mix = { .kind = GEN_CHANGE_MIX };

void
gen_augment_mix (GenAugmentPictureDraw *draw, const double rows[3][4])
{
  gen_augment_picture_add (draw, &gen_picture_change_mix, rows[0], 12);
}

void
gen_augment_tone (GenAugmentPictureDraw *draw, double gain, double offset)
{
  gen_augment_mix (draw, (const double[3][4]){ { gain, 0, 0, offset }, { 0, gain, 0, offset },
                             { 0, 0, gain, offset } });
}

/* Whether all samples have the same line. */
static gboolean
is_line (const double rows[3][4])
{
  for (int r = 0; r < 3; r++) {
    for (int c = 0; c < 3; c++)
      if (rows[r][c] != (r == c ? rows[0][0] : 0))
        return FALSE;
    if (rows[r][3] != rows[0][3])
      return FALSE;
  }
  return TRUE;
}

static void
rows_of (const GenAugmentPictureStep *step, double rows[3][4])
{
  for (int r = 0; r < 3; r++)
    for (int c = 0; c < 4; c++)
      rows[r][c] = step->values[r * 4 + c] * (c == 3 ? 255 : 1);
}

/* `rows` after what the stage does. */
static void
follow_with (GenValueStage *stage, const double rows[3][4])
{
  double result[3][4];

  for (int r = 0; r < 3; r++)
    for (int c = 0; c < 4; c++) {
      result[r][c] = c == 3 ? rows[r][3] : 0;
      for (int k = 0; k < 3; k++)
        result[r][c] += rows[r][k] * stage->rows[k][c];
    }
  memcpy (stage->rows, result, sizeof result);
  stage->kind = is_line ((const double (*)[4])result) ? GEN_STAGE_TONE : GEN_STAGE_MIX;
}

static int
add_mix (GenValueStage *stages, int n, const GenAugmentPictureStep *step)
{
  GenValueStage *last = n > 0 ? &stages[n - 1] : NULL;
  double rows[3][4];

  rows_of (step, rows);
  if (last != NULL && last->kind != GEN_STAGE_TABLE) {
    follow_with (last, (const double (*)[4])rows);
    return n;
  }
  if (last != NULL && is_line ((const double (*)[4])rows)) {
    for (int v = 0; v < 256; v++)
      last->entries[v] = last->entries[v] * rows[0][0] + rows[0][3];
    return n;
  }
  stages[n].kind = is_line ((const double (*)[4])rows) ? GEN_STAGE_TONE : GEN_STAGE_MIX;
  memcpy (stages[n].rows, rows, sizeof rows);
  return n + 1;
}

int
gen_value_stages_add (GenValueStage *stages, int n, const GenAugmentPictureStep *step)
{
  GenValueStage *stage = n > 0 ? &stages[n - 1] : NULL;

  if (step->change->kind == GEN_CHANGE_MIX)
    return add_mix (stages, n, step);
  if (stage == NULL || stage->kind == GEN_STAGE_MIX) {
    stage = &stages[n++];
    for (int v = 0; v < 256; v++)
      stage->entries[v] = v;
  } else if (stage->kind == GEN_STAGE_TONE) {
    for (int v = 0; v < 256; v++)
      stage->entries[v] = v * stage->rows[0][0] + stage->rows[0][3];
  }
  stage->kind = GEN_STAGE_TABLE;
  for (int v = 0; v < 256; v++)
    stage->entries[v] = step->change->curve (step, CLAMP (stage->entries[v], 0, 255));
  return n;
}

void
gen_value_stages_finish (GenValueStage *stages, int n)
{
  for (int i = 0; i < n; i++)
    if (stages[i].kind == GEN_STAGE_TABLE)
      for (int v = 0; v < 256; v++)
        stages[i].table[v] = (guint8)(CLAMP (stages[i].entries[v], 0, 255) + 0.5);
}

/* `n` samples; the last of each four is alpha and stays when `alpha` is 3, not when it is 4. */
GEN_CLONES (void, tone_samples,
    (const guint8 *in, float gain, float offset, int alpha, guint8 *out, int n),
    (in, gain, offset, alpha, out, n))
{
  for (int i = 0; i < n; i++) {
    float value = in[i] * gain + offset;
    int sample = (int)CLAMP (value, 0.0f, 255.0f);

    out[i] = (i & 3) == alpha ? in[i] : (guint8)sample;
  }
}

/* In fixed-point numbers of 12 bits behind the point. */
#define MIX_BITS 12

static inline void
mix_pixels (const gint32 m[3][4], const guint8 *in, guint8 *out, int n, int channels)
{
  for (int i = 0; i < n; i++, in += channels, out += channels) {
    const gint32 r = in[0], g = in[1], b = in[2];

    for (int c = 0; c < 3; c++) {
      gint32 value = (m[c][0] * r + m[c][1] * g + m[c][2] * b + m[c][3]) >> MIX_BITS;

      out[c] = (guint8)CLAMP (value, 0, 255);
    }
    if (channels == 4)
      out[3] = in[3];
  }
}

GEN_CLONES (
    void, mix_three, (const gint32 m[3][4], const guint8 *in, guint8 *out, int n), (m, in, out, n))
{
  mix_pixels (m, in, out, n, 3);
}

GEN_CLONES (
    void, mix_four, (const gint32 m[3][4], const guint8 *in, guint8 *out, int n), (m, in, out, n))
{
  mix_pixels (m, in, out, n, 4);
}

void
gen_augment_look_up (const guint8 *table, const guint8 *in, guint8 *out, int n, int channels)
{
  if (channels != 4) {
    gen_byte_lookup (in, table, out, (gsize)n * (gsize)channels);
    return;
  }
  for (int i = 0; i < n; i++, in += 4, out += 4) {
    for (int c = 0; c < 3; c++)
      out[c] = table[in[c]];
    out[3] = in[3];
  }
}

static void
run_mix (const GenValueStage *stage, const guint8 *in, guint8 *out, int n, int channels)
{
  const double limit = (double)(1 << 18);
  gint32 m[3][4];

  for (int r = 0; r < 3; r++) {
    for (int c = 0; c < 3; c++)
      m[r][c] = (gint32)lrint (CLAMP (stage->rows[r][c], -100, 100) * (1 << MIX_BITS));
    m[r][3] = (gint32)lrint ((CLAMP (stage->rows[r][3], -limit, limit) + 0.5) * (1 << MIX_BITS));
  }
  if (channels == 3)
    mix_three ((const gint32 (*)[4])m, in, out, n);
  else
    mix_four ((const gint32 (*)[4])m, in, out, n);
}

void
gen_value_stage_run (const GenValueStage *stage, const guint8 *in, guint8 *out, int n, int channels)
{
  const double *row = stage->rows[0];
  double gain = row[0];

  if (stage->kind == GEN_STAGE_TABLE) {
    gen_augment_look_up (stage->table, in, out, n, channels);
    return;
  }
  if (stage->kind == GEN_STAGE_MIX && channels >= 3) {
    run_mix (stage, in, out, n, channels);
    return;
  }
  /* Grey is the same in all three. */
  if (stage->kind == GEN_STAGE_MIX)
    gain += row[1] + row[2];
  tone_samples (in, (float)gain, (float)(row[3] + 0.5), channels == 4 ? 3 : 4, out, n * channels);
}

void
gen_augment_fill (guint8 *pixels, int begin, int end, int channels, int level)
{
  if (begin >= end)
    return;
  if (channels != 4) {
    memset (pixels + (gssize)begin * channels, level, (gsize)(end - begin) * (gsize)channels);
    return;
  }
  for (int x = begin; x < end; x++)
    memset (pixels + 4 * x, level, 3);
}
