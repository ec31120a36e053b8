/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Metas of frames that are augmented. */
#include "augment-meta.h"

#include <gst/video/video.h>

#include <math.h>

/* How far beyond a pixel's edge its neighbour begins. */
#define EDGE 1e-6
/* Of an edge of a region, where lines become crooked. */
#define EDGE_PARTS 16

void
gst_generative_augment_meta_register (void)
{
  static const gchar *tags[] = { NULL };
  static gsize registered = 0;

  if (g_once_init_enter (&registered)) {
    gst_meta_register_custom (GST_GENERATIVE_AUGMENT, tags, NULL, NULL, NULL);
    g_once_init_leave (&registered, 1);
  }
}

static void
add_matrix (GstStructure *structure, const double matrix[9])
{
  GValue array = G_VALUE_INIT, number = G_VALUE_INIT;

  g_value_init (&array, GST_TYPE_ARRAY);
  g_value_init (&number, G_TYPE_DOUBLE);
  for (int i = 0; i < 9; i++) {
    g_value_set_double (&number, matrix[i]);
    gst_value_array_append_value (&array, &number);
  }
  gst_structure_take_value (structure, "matrix", &array);
}

void
gst_generative_augment_meta_add (
    GstBuffer *buffer, guint64 frame, const GenAugmentPictureDraw *draw)
{
  GstCustomMeta *meta = gst_buffer_add_custom_meta (buffer, GST_GENERATIVE_AUGMENT);
  GstStructure *structure = gst_custom_meta_get_structure (meta);
  g_autofree char *steps = gen_augment_picture_describe (draw);
  double matrix[9];

  gst_structure_set (structure, "frame", G_TYPE_UINT64, frame, "steps", G_TYPE_STRING, steps, NULL);
  if (gen_augment_picture_matrix (draw, matrix))
    add_matrix (structure, matrix);
}

/* A place on edge number `edge` of a region, from one of its corners to the next. */
static void
edge_point (
    const GstVideoRegionOfInterestMeta *region, int edge, double share, double *x, double *y)
{
  const double along = edge < 2 ? share : 1 - share, end = edge == 1 || edge == 2 ? 1 : 0;

  *x = region->x + region->w * (edge % 2 == 0 ? along : end);
  *y = region->y + region->h * (edge % 2 == 0 ? end : along);
}

/* The smallest region around what becomes of one; FALSE when nothing of it is left. */
static gboolean
move_region (const GenAugmentPictureDraw *draw, GstVideoRegionOfInterestMeta *region)
{
  double left = draw->width, top = draw->height, right = 0, bottom = 0, matrix[9];
  /* Of lines that stay straight the ends tell all. */
  const int parts = gen_augment_picture_matrix (draw, matrix) ? 1 : EDGE_PARTS;

  for (int i = 0; i < 4 * parts; i++) {
    double x, y;

    edge_point (region, i / parts, (double)(i % parts) / parts, &x, &y);
    gen_augment_picture_follow (draw, &x, &y);
    left = MIN (left, x);
    right = MAX (right, x);
    top = MIN (top, y);
    bottom = MAX (bottom, y);
  }
  /* A whole pixel is not taken for the sake of a rounding error. */
  left = MAX (floor (left + EDGE), 0);
  top = MAX (floor (top + EDGE), 0);
  right = MIN (ceil (right - EDGE), draw->width);
  bottom = MIN (ceil (bottom - EDGE), draw->height);
  if (right <= left || bottom <= top)
    return FALSE;
  region->x = (guint)left;
  region->y = (guint)top;
  region->w = (guint)(right - left);
  region->h = (guint)(bottom - top);
  return TRUE;
}

/* GstBufferForeachMetaFunc, where pixels move: regions move along, and what else hangs on where
 * things are would be wrong. */
static gboolean
move_meta (GstBuffer *buffer, GstMeta **meta, gpointer data)
{
  const GstMetaInfo *info = (*meta)->info;

  if (info->api == GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE
          ? !move_region (data, (GstVideoRegionOfInterestMeta *)*meta)
          : gst_meta_api_type_has_tag (
                info->api, g_quark_from_static_string (GST_META_TAG_VIDEO_ORIENTATION_STR)))
    *meta = NULL;
  return TRUE;
}

void
gst_generative_augment_move_metas (GstBuffer *buffer, const GenAugmentPictureDraw *draw)
{
  gst_buffer_foreach_meta (buffer, move_meta, (gpointer)draw);
}

/* --- mixtures --- */

static gboolean
is_inside (const GenAugmentMixPart *part, int left, int top, int right, int bottom)
{
  return left >= part->left && top >= part->top && right <= part->right && bottom <= part->bottom;
}

/* What of a region of frame number `index` is seen; FALSE when nothing is. */
static gboolean
cut_region (const GenAugmentMixDraw *draw, int index, GstVideoRegionOfInterestMeta *region)
{
  const GenAugmentMixPart *part = &draw->parts[index];
  const int left = MAX ((int)region->x, part->left), top = MAX ((int)region->y, part->top);
  const int right = MIN ((int)(region->x + region->w), part->right);
  const int bottom = MIN ((int)(region->y + region->h), part->bottom);

  if (right <= left || bottom <= top)
    return FALSE;
  for (int i = index + 1; !draw->mixing->blends && i < draw->n; i++)
    if (is_inside (&draw->parts[i], left, top, right, bottom))
      return FALSE;
  region->x = (guint)left;
  region->y = (guint)top;
  region->w = (guint)(right - left);
  region->h = (guint)(bottom - top);
  return TRUE;
}

/* GstBufferForeachMetaFunc */
static gboolean
cut_meta (GstBuffer *buffer, GstMeta **meta, gpointer data)
{
  if ((*meta)->info->api == GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE &&
      !cut_region (data, 0, (GstVideoRegionOfInterestMeta *)*meta))
    *meta = NULL;
  return TRUE;
}

static gpointer
copy_parameter (gconstpointer structure, gpointer data)
{
  return gst_structure_copy (structure);
}

static void
add_regions (GstBuffer *buffer, const GenAugmentMixDraw *draw, int index, GstBuffer *partner)
{
  gpointer state = NULL;
  GstMeta *meta;

  while ((meta = gst_buffer_iterate_meta_filtered (
              partner, &state, GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE)) != NULL) {
    GstVideoRegionOfInterestMeta region = *(const GstVideoRegionOfInterestMeta *)meta, *added;

    if (!cut_region (draw, index, &region))
      continue;
    added = gst_buffer_add_video_region_of_interest_meta_id (
        buffer, region.roi_type, region.x, region.y, region.w, region.h);
    added->id = region.id;
    added->parent_id = region.parent_id;
    added->params = g_list_copy_deep (region.params, copy_parameter, NULL);
  }
}

void
gst_generative_augment_mix_metas (
    GstBuffer *buffer, const GenAugmentMixDraw *draw, GstBuffer *const *partners)
{
  gst_buffer_foreach_meta (buffer, cut_meta, (gpointer)draw);
  for (int i = 1; i < draw->n; i++)
    add_regions (buffer, draw, i, partners[i - 1]);
}
