/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Metas of frames that are augmented. */
#include "augment-meta.h"

#include "../shared/keypoints-meta.h"

#include "analytics.h"
#include "box.h"

#include <gst/video/video.h>

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

/* --- boxes and points --- */

typedef struct {
  const GenAugmentPictureDraw *draw;
  double min_visibility;
} Move;

static GstVideoAugmentBox
box_of (const GstVideoRegionOfInterestMeta *region)
{
  return (GstVideoAugmentBox){ region->x, region->y, (double)region->x + region->w,
    (double)region->y + region->h };
}

/* To whole pixels. */
static void
set_box (GstVideoRegionOfInterestMeta *region, GstVideoAugmentBox box)
{
  gst_video_augment_box_round (&box);
  region->x = (guint)box.left;
  region->y = (guint)box.top;
  region->w = (guint)(box.right - box.left);
  region->h = (guint)(box.bottom - box.top);
}

/* The smallest region around what becomes of one; FALSE when it is not left. */
static gboolean
move_region (const Move *move, GstVideoRegionOfInterestMeta *region)
{
  GstVideoAugmentBox box = box_of (region);

  if (!gst_video_augment_box_move (move->draw, move->min_visibility, &box))
    return FALSE;
  set_box (region, box);
  return TRUE;
}

/* GstGenerativePointFunc */
static void
move_point (double *x, double *y, gpointer data)
{
  const Move *move = data;

  gen_augment_picture_follow (move->draw, x, y);
}

/* GstBufferForeachMetaFunc, where pixels move: boxes and points move along, and what else hangs on
 * where things are would be wrong. */
static gboolean
move_meta (GstBuffer *buffer, GstMeta **meta, gpointer data)
{
  const GstMetaInfo *info = (*meta)->info;
  const GQuark places = g_quark_from_static_string (GST_META_TAG_VIDEO_ORIENTATION_STR);

  if (info->api == GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE) {
    if (!move_region (data, (GstVideoRegionOfInterestMeta *)*meta))
      *meta = NULL;
  } else if (gst_generative_keypoints_are (*meta)) {
    gst_generative_keypoints_change ((GstCustomMeta *)*meta, move_point, data);
  } else if (gst_meta_api_type_has_tag (info->api, places) &&
             !gst_video_augment_analytics_are (*meta)) {
    *meta = NULL;
  }
  return TRUE;
}

void
gst_generative_augment_move_metas (
    GstBuffer *buffer, const GenAugmentPictureDraw *draw, double min_visibility)
{
  Move move = { draw, min_visibility };

  gst_video_augment_analytics_move (buffer, draw, min_visibility);
  gst_buffer_foreach_meta (buffer, move_meta, &move);
}

/* --- mixtures --- */

typedef struct {
  const GenAugmentMixDraw *draw;
  double min_visibility;
} Cut;

static gboolean
is_inside (const GenAugmentMixPart *part, const GstVideoAugmentBox *box)
{
  return box->left >= part->left && box->top >= part->top && box->right <= part->right &&
         box->bottom <= part->bottom;
}

/* What of a region of frame number `index` is seen; FALSE when too little is. */
static gboolean
cut_region (const Cut *cut, int index, GstVideoRegionOfInterestMeta *region)
{
  const GenAugmentMixDraw *draw = cut->draw;
  const GenAugmentMixPart *part = &draw->parts[index];
  const GstVideoAugmentBox own = { part->left, part->top, part->right, part->bottom };
  GstVideoAugmentBox box = box_of (region);

  if (!gst_video_augment_box_cut (&own, cut->min_visibility, &box))
    return FALSE;
  for (int i = index + 1; !draw->mixing->blends && i < draw->n; i++)
    if (is_inside (&draw->parts[i], &box))
      return FALSE;
  set_box (region, box);
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
add_regions (GstBuffer *buffer, const Cut *cut, int index, GstBuffer *partner)
{
  gpointer state = NULL;
  GstMeta *meta;

  while ((meta = gst_buffer_iterate_meta_filtered (
              partner, &state, GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE)) != NULL) {
    GstVideoRegionOfInterestMeta region = *(const GstVideoRegionOfInterestMeta *)meta, *added;

    if (!cut_region (cut, index, &region))
      continue;
    added = gst_buffer_add_video_region_of_interest_meta_id (
        buffer, region.roi_type, region.x, region.y, region.w, region.h);
    added->id = region.id;
    added->parent_id = region.parent_id;
    added->params = g_list_copy_deep (region.params, copy_parameter, NULL);
  }
}

void
gst_generative_augment_mix_metas (GstBuffer *buffer, const GenAugmentMixDraw *draw,
    double min_visibility, GstBuffer *const *partners)
{
  Cut cut = { draw, min_visibility };

  gst_buffer_foreach_meta (buffer, cut_meta, &cut);
  for (int i = 1; i < draw->n; i++)
    add_regions (buffer, &cut, i, partners[i - 1]);
}
