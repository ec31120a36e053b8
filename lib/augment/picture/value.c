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
#include "words.h"

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
  for (int i = 0; i < n; i++) {
    GenValueStage *stage = &stages[i];

    if (stage->kind == GEN_STAGE_MIX)
      continue;
    for (int v = 0; v < 256; v++) {
      double value = stage->kind == GEN_STAGE_TABLE ? stage->entries[v]
                                                    : v * stage->rows[0][0] + stage->rows[0][3];

      stage->table[v] = (guint8)(CLAMP (value, 0, 255) + 0.5);
    }
    stage->kind = GEN_STAGE_TABLE;
  }
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

#define PIECE 256

/* Pixels as words; the highest byte, which is alpha, stays. */
GEN_CLONES (void, mix_words, (const float m[3][4], guint32 *words, int n), (m, words, n))
{
  for (int i = 0; i < n; i++) {
    const float r = (float)(gint32)(words[i] & 255), g = (float)(gint32)(words[i] >> 8 & 255);
    const float b = (float)(gint32)(words[i] >> 16 & 255);
    guint32 word = words[i] & 0xff000000u;

    for (int c = 0; c < 3; c++) {
      float value = m[c][0] * r + m[c][1] * g + m[c][2] * b + m[c][3];

      word |= (guint32)(gint32)CLAMP (value, 0.0f, 255.0f) << (8 * c);
    }
    words[i] = word;
  }
}

/* The same for all three colours. */
GEN_CLONES (void, grey_words, (const float m[4], guint32 *words, int n), (m, words, n))
{
  for (int i = 0; i < n; i++) {
    const float r = (float)(gint32)(words[i] & 255), g = (float)(gint32)(words[i] >> 8 & 255);
    const float b = (float)(gint32)(words[i] >> 16 & 255);
    const float value = m[0] * r + m[1] * g + m[2] * b + m[3];
    const guint32 level = (guint32)(gint32)CLAMP (value, 0.0f, 255.0f);

    words[i] = (words[i] & 0xff000000u) | level | level << 8 | level << 16;
  }
}

/* The last of each four is alpha. */
GEN_CLONES (void, keep_alpha, (const guint8 *in, const guint8 *values, guint8 *out, int n),
    (in, values, out, n))
{
  for (int i = 0; i < n; i++)
    out[i] = (i & 3) == 3 ? in[i] : values[i];
}

void
gen_augment_look_up (const guint8 *table, const guint8 *in, guint8 *out, int n, int channels)
{
  if (channels != 4) {
    gen_byte_lookup (in, table, out, (gsize)n * (gsize)channels);
    return;
  }
  for (int i = 0; i < 4 * n; i += 4 * PIECE) {
    const int length = MIN (4 * PIECE, 4 * n - i);
    guint8 values[4 * PIECE];

    gen_byte_lookup (in + i, table, values, (gsize)length);
    keep_alpha (in + i, values, out + i, length);
  }
}

static void
run_mix (const GenValueStage *stage, const guint8 *in, guint8 *out, int n, int channels)
{
  const gboolean grey = memcmp (stage->rows[0], stage->rows[1], sizeof stage->rows[0]) == 0 &&
                        memcmp (stage->rows[0], stage->rows[2], sizeof stage->rows[0]) == 0;
  guint32 words[PIECE];
  float m[3][4];

  for (int r = 0; r < 3; r++)
    for (int c = 0; c < 4; c++)
      m[r][c] = (float)(stage->rows[r][c] + (c == 3 ? 0.5 : 0));
  for (int i = 0; i < n; i += PIECE) {
    const int length = MIN (PIECE, n - i);

    gen_augment_unpack (in + i * channels, words, length, channels);
    if (grey)
      grey_words (m[0], words, length);
    else
      mix_words ((const float (*)[4])m, words, length);
    gen_augment_pack (words, out + i * channels, length, channels);
  }
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
