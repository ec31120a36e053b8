/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The list of mixings, and what all have in common: labels, and how pixels get together. */
#include <math.h>
#include <string.h>

#include "../../simd.h"
#include "mix-private.h"

const GenAugmentMixing *const *
gen_augment_mixing_list (void)
{
  static const GenAugmentMixing *const list[] = {
    &gen_augment_mixing_mixup,
    &gen_augment_mixing_cutmix,
    &gen_augment_mixing_mosaic,
    NULL,
  };

  return list;
}

/* --- the draw --- */

/* Whether, and whose label, is no mixing's own. */
#define CHOICE_STREAM "augment-mix"

double
gen_augment_mix_area (const GenAugmentMixDraw *draw, const GenAugmentMixPart *part)
{
  return (double)(part->right - part->left) * (part->bottom - part->top) / draw->width /
         draw->height;
}

int
gen_augment_mix_even (double position, int extent)
{
  return CLAMP (2 * (int)lrint (position / 2), 0, extent);
}

static int
choose (const GenAugmentMixDraw *draw, double number)
{
  for (int i = 0; i < draw->n - 1; i++) {
    if (number < draw->weights[i])
      return i;
    number -= draw->weights[i];
  }
  return draw->n - 1;
}

void
gen_augment_mix_draw (const GenAugmentMixSettings *settings, guint64 number, int width, int height,
    GenAugmentMixDraw *draw)
{
  const GenAugmentMixing *mixing = settings->mixing;
  GenRandom random = gen_random_new (settings->seed, CHOICE_STREAM, 0);
  float numbers[2];

  *draw = (GenAugmentMixDraw){ .mixing = mixing,
    .width = width,
    .height = height,
    .n = 1,
    .weights = { 1 },
    .parts = { { 0, 0, width, height } } };
  gen_random_uniform (&random, number, 0, numbers, 2);
  if (mixing == NULL || numbers[0] >= settings->probability)
    return;
  draw->n = mixing->partners + 1;
  for (int i = 1; i < draw->n; i++)
    draw->parts[i] = draw->parts[0];
  random = gen_random_new (settings->seed, mixing->name, 0);
  mixing->draw (draw, settings->concentration > 0 ? settings->concentration : mixing->concentration,
      &random, number);
  draw->chosen = choose (draw, (double)numbers[1]);
}

/* --- pixels --- */

#define ONE 65536

GEN_CLONES (void, blend_row, (guint8 * row, const guint8 *other, guint32 weight, int n),
    (row, other, weight, n))
{
  const guint32 rest = ONE - weight;

  for (int i = 0; i < n; i++)
    row[i] = (guint8)((row[i] * weight + other[i] * rest + ONE / 2) >> 16);
}

static void
blend (GenPicture *plane, const GenPicture *other, double weight)
{
  const guint32 fixed = (guint32)lrint (weight * ONE);

  for (int y = 0; y < plane->height; y++)
    blend_row (plane->data + (gssize)y * plane->stride, other->data + (gssize)y * other->stride,
        fixed, plane->width * plane->channels);
}

/* Positions are those of luma, of which the plane has a sample for each `across` and `down`. */
static void
paste (
    GenPicture *plane, const GenPicture *other, const GenAugmentMixPart *part, int across, int down)
{
  const int left = part->left / across, right = (part->right + across - 1) / across;
  const int channels = plane->channels;

  if (right <= left)
    return;
  for (int y = part->top / down; y < (part->bottom + down - 1) / down; y++)
    memcpy (plane->data + (gssize)y * plane->stride + (gssize)left * channels,
        other->data + (gssize)y * other->stride + (gssize)left * channels,
        (gsize)(right - left) * (gsize)channels);
}

void
gen_augment_mix_frames (
    const GenAugmentMixDraw *draw, GenAugmentFrame *frame, const GenAugmentFrame *partners)
{
  g_return_if_fail (frame->width == draw->width && frame->height == draw->height);

  for (int i = 1; i < draw->n; i++) {
    const GenAugmentFrame *partner = &partners[i - 1];

    g_return_if_fail (partner->width == frame->width && partner->height == frame->height);
    g_return_if_fail (partner->n_planes == frame->n_planes);
    for (int p = 0; p < frame->n_planes; p++) {
      if (draw->mixing->blends)
        blend (&frame->planes[p], &partner->planes[p], draw->weights[0]);
      else
        paste (&frame->planes[p], &partner->planes[p], &draw->parts[i], p > 0 ? frame->across : 1,
            p > 0 ? frame->down : 1);
    }
  }
}
