/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How boxes lie in what detectors of faces make, which have one label. */
#include <math.h>

#include "detector-private.h"

static guint
count_one (const GenDetectorOutput *outputs, guint n)
{
  return 1;
}

/* --- YuNet --- */

#define YUNET_LEVELS 3

typedef struct {
  const GenDetectorOutput *class, *object, *box;
  int stride;
} YunetLevel;

static gboolean
find_level (const GenDetectorOutput *outputs, guint n, int i, YunetLevel *level)
{
  const int stride = 8 << i;
  g_autofree char *class = g_strdup_printf ("cls_%d", stride);
  g_autofree char *object = g_strdup_printf ("obj_%d", stride);
  g_autofree char *box = g_strdup_printf ("bbox_%d", stride);

  *level = (YunetLevel){ gen_detector_find_output (outputs, n, class, NULL),
    gen_detector_find_output (outputs, n, object, NULL),
    gen_detector_find_output (outputs, n, box, NULL), stride };
  return level->class != NULL && level->object != NULL && level->box != NULL;
}

static gboolean
fits_yunet (const GenDetectorOutput *outputs, guint n)
{
  YunetLevel level;

  return find_level (outputs, n, 0, &level) && find_level (outputs, n, YUNET_LEVELS - 1, &level);
}

static gboolean
read_level (const GenDetectorMade *made, const YunetLevel *level)
{
  const int columns = made->width / level->stride;
  const gint64 n = (gint64)columns * (made->height / level->stride);

  if (gen_shape_elements (&level->class->shape) != n ||
      gen_shape_elements (&level->object->shape) != n ||
      gen_shape_elements (&level->box->shape) != n * 4)
    return FALSE;
  for (gint64 i = 0; i < n; i++) {
    const float *box = level->box->data + i * 4;
    const double score = sqrt (CLAMP ((double)level->class->data[i], 0.0, 1.0) *
                               CLAMP ((double)level->object->data[i], 0.0, 1.0));

    if (score >= made->least)
      gen_detector_add_middle (made, ((double)(i % columns) + (double)box[0]) * level->stride,
          ((double)(i / columns) + (double)box[1]) * level->stride,
          exp ((double)box[2]) * level->stride, exp ((double)box[3]) * level->stride, 0, score);
  }
  return TRUE;
}

static gboolean
read_yunet (const GenDetectorMade *made)
{
  for (int i = 0; i < YUNET_LEVELS; i++) {
    YunetLevel level;

    if (!find_level (made->outputs, made->n_outputs, i, &level) || !read_level (made, &level))
      return FALSE;
  }
  return TRUE;
}

const GenDetectorLayout gen_detector_layout_yunet = {
  .told = { "yunet", "cls_8, obj_8, bbox_8 and the same of 16 and 32: YuNet's, of faces" },
  .fits = fits_yunet,
  .count_labels = count_one,
  .read = read_yunet,
};

/* --- CenterFace --- */

/* Pixels of the picture to a place of the map. */
#define CENTERFACE_STRIDE 4
/* How large a face is, as the exponent that comes out; more is larger than any picture. */
#define CENTERFACE_MAX 12.0

static gboolean
fits_centerface (const GenDetectorOutput *outputs, guint n)
{
  static const gint64 channels[] = { 1, 2, 2, 10 };

  if (n != G_N_ELEMENTS (channels))
    return FALSE;
  for (guint i = 0; i < n; i++)
    if (outputs[i].shape.rank != 4 || outputs[i].shape.dims[1] != channels[i])
      return FALSE;
  return TRUE;
}

static gboolean
read_centerface (const GenDetectorMade *made)
{
  const int columns = made->width / CENTERFACE_STRIDE;
  const gint64 n = (gint64)columns * (made->height / CENTERFACE_STRIDE);
  const float *score, *size, *offset;

  if (!fits_centerface (made->outputs, made->n_outputs) ||
      gen_shape_elements (&made->outputs[0].shape) != n ||
      gen_shape_elements (&made->outputs[1].shape) != 2 * n ||
      gen_shape_elements (&made->outputs[2].shape) != 2 * n)
    return FALSE;
  score = made->outputs[0].data;
  size = made->outputs[1].data;
  offset = made->outputs[2].data;
  /* Of sizes and offsets those down come before those across. */
  for (gint64 i = 0; i < n; i++)
    if ((double)score[i] >= made->least)
      gen_detector_add_middle (made,
          ((double)(i % columns) + (double)offset[n + i] + 0.5) * CENTERFACE_STRIDE,
          ((double)(i / columns) + (double)offset[i] + 0.5) * CENTERFACE_STRIDE,
          exp (MIN ((double)size[n + i], CENTERFACE_MAX)) * CENTERFACE_STRIDE,
          exp (MIN ((double)size[i], CENTERFACE_MAX)) * CENTERFACE_STRIDE, 0, score[i]);
  return TRUE;
}

const GenDetectorLayout gen_detector_layout_centerface = {
  .told = { "centerface", "scores [1, 1, H/4, W/4], sizes and offsets [1, 2, H/4, W/4] and points "
                          "[1, 10, H/4, W/4], in that order: CenterFace's" },
  .fits = fits_centerface,
  .count_labels = count_one,
  .read = read_centerface,
};
