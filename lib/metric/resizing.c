/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "resizing.h"

#include <generative/metric.h>

#include "../base/family.h"
#include "../medium/picture-private.h"

static const GenResizing resizing_none = { "none", NULL, FALSE };
static const GenResizing resizing_box = { "box", "box", FALSE };
static const GenResizing resizing_bilinear = { "bilinear", "bilinear", FALSE };
static const GenResizing resizing_hamming = { "hamming", "hamming", FALSE };
static const GenResizing resizing_bicubic = { "bicubic", "bicubic", FALSE };
static const GenResizing resizing_lanczos = { "lanczos", "lanczos", FALSE };
/* Parmar et al. 2022: each channel as Pillow's mode F. */
static const GenResizing resizing_clean = { "clean-fid", "bicubic", TRUE };

const GenResizing *const *
gen_resizing_list (void)
{
  static const GenResizing *const list[] = { &resizing_none, &resizing_box, &resizing_bilinear,
    &resizing_hamming, &resizing_bicubic, &resizing_lanczos, &resizing_clean, NULL };

  return list;
}

const GenResizing *
gen_resizing_find (const char *name, GError **error)
{
  return GEN_FAMILY_FIND (
      gen_resizing_list (), name, "resizing", GEN_METRIC_ERROR, GEN_METRIC_ERROR_UNKNOWN, error);
}

/* The picture with the channels that are scaled: what becomes grey does so first, and what becomes
 * colour does so last. */
static void
reduce_channels (const GenPicture *picture, int channels, GenPicture *reduced)
{
  gen_picture_init (reduced, picture->width, picture->height, MIN (picture->channels, channels));
  gen_picture_convert (picture, reduced);
}

void
gen_resizing_apply (const GenResizing *resizing, const GenPicture *picture, GenPicture *target)
{
  g_auto (GenPicture) reduced = { 0 }, scaled = { 0 };

  if (resizing->filter == NULL) {
    gen_picture_convert (picture, target);
    return;
  }
  reduce_channels (picture, target->channels, &reduced);
  gen_picture_init (&scaled, target->width, target->height, reduced.channels);
  gen_picture_resample (&reduced, &scaled, gen_resample_filter_find (resizing->filter));
  gen_picture_convert (&scaled, target);
}

void
gen_resizing_apply_levels (const GenResizing *resizing, const GenPicture *picture, int width,
    int height, int channels, float *out)
{
  const gsize n = (gsize)width * (gsize)height;
  g_auto (GenPicture) reduced = { 0 };

  reduce_channels (picture, channels, &reduced);
  for (int c = 0; c < channels; c++, out += n) {
    gen_picture_resample_levels (&reduced, MIN (c, reduced.channels - 1),
        gen_resample_filter_find (resizing->filter), width, height, out);
    for (gsize i = 0; i < n; i++)
      out[i] = CLAMP (out[i], 0, 255);
  }
}
