/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A relation meta's contents cannot be changed: what stays is written to a new one in its place. */
#include "analytics.h"

#include "box.h"

#include <gst/analytics/analytics.h>

#include <math.h>

gboolean
gst_video_augment_analytics_are (const GstMeta *meta)
{
  return meta->info->api == GST_ANALYTICS_RELATION_META_API_TYPE;
}

typedef struct {
  const GenAugmentPictureDraw *draw;
  double min_visibility;
  GstAnalyticsRelationMeta *to;
} Copy;

/* --- objects --- */

/* An upright box around one that is turned about its middle. */
static GstVideoAugmentBox
box_around (double x, double y, double w, double h, double turn)
{
  const double across = fabs (w * cos (turn)) + fabs (h * sin (turn));
  const double down = fabs (w * sin (turn)) + fabs (h * cos (turn));
  const double middle_x = x + w / 2, middle_y = y + h / 2;

  return (GstVideoAugmentBox){ middle_x - across / 2, middle_y - down / 2, middle_x + across / 2,
    middle_y + down / 2 };
}

static gboolean
read_box (GstAnalyticsODMtd *object, GstVideoAugmentBox *box, float *confidence)
{
  gint x, y, w, h;
  float turn = 0;

#ifdef HAVE_GST_ANALYTICS_ORIENTED
  if (!gst_analytics_od_mtd_get_oriented_location (object, &x, &y, &w, &h, &turn, confidence))
    return FALSE;
#else
  if (!gst_analytics_od_mtd_get_location (object, &x, &y, &w, &h, confidence))
    return FALSE;
#endif
  *box = box_around (x, y, w, h, (double)turn);
  return TRUE;
}

static gboolean
copy_object (const Copy *copy, GstAnalyticsMtd *object, GstAnalyticsMtd *made)
{
  GstVideoAugmentBox box;
  float confidence;

  if (!read_box (object, &box, &confidence) ||
      !gst_video_augment_box_move (copy->draw, copy->min_visibility, &box))
    return FALSE;
  gst_video_augment_box_round (&box);
  return gst_analytics_relation_meta_add_od_mtd (copy->to,
      gst_analytics_od_mtd_get_obj_type (object), (gint)box.left, (gint)box.top,
      (gint)(box.right - box.left), (gint)(box.bottom - box.top), confidence, made);
}

/* --- what is nowhere --- */

static gboolean
copy_classes (const Copy *copy, GstAnalyticsMtd *classes, GstAnalyticsMtd *made)
{
  const gsize n = gst_analytics_cls_mtd_get_length (classes);
  g_autofree gfloat *levels = g_new (gfloat, n);
  g_autofree GQuark *names = g_new (GQuark, n);

  for (gsize i = 0; i < n; i++) {
    levels[i] = gst_analytics_cls_mtd_get_level (classes, i);
    names[i] = gst_analytics_cls_mtd_get_quark (classes, i);
  }
  return gst_analytics_relation_meta_add_cls_mtd (copy->to, n, levels, names, made);
}

static gboolean
copy_track (const Copy *copy, GstAnalyticsMtd *track, GstAnalyticsMtd *made)
{
  GstClockTime first, last;
  gboolean lost;
  guint64 id;

  if (!gst_analytics_tracking_mtd_get_info (track, &id, &first, &last, &lost) ||
      !gst_analytics_relation_meta_add_tracking_mtd (copy->to, id, first, made))
    return FALSE;
  gst_analytics_tracking_mtd_update_last_seen (made, last);
  if (lost)
    gst_analytics_tracking_mtd_set_lost (made);
  return TRUE;
}

/* FALSE when it is left out. */
static gboolean
copy_mtd (const Copy *copy, GstAnalyticsMtd *mtd, GstAnalyticsMtd *made)
{
  const GstAnalyticsMtdType type = gst_analytics_mtd_get_mtd_type (mtd);

  if (type == gst_analytics_od_mtd_get_mtd_type ())
    return copy_object (copy, mtd, made);
  if (type == gst_analytics_cls_mtd_get_mtd_type ())
    return copy_classes (copy, mtd, made);
  return type == gst_analytics_tracking_mtd_get_mtd_type () && copy_track (copy, mtd, made);
}

/* --- all of a meta --- */

#define NOWHERE (-1)

/* `places` [n]: of what was number i its number now. */
static void
copy_relations (
    GstAnalyticsRelationMeta *from, GstAnalyticsRelationMeta *to, const int *places, guint n)
{
  for (guint i = 0; i < n; i++)
    for (guint k = 0; k < n; k++) {
      GstAnalyticsRelTypes relation;

      if (places[i] == NOWHERE || places[k] == NOWHERE)
        continue;
      relation = gst_analytics_relation_meta_get_relation (from, i, k);
      if (relation != GST_ANALYTICS_REL_TYPE_NONE)
        gst_analytics_relation_meta_set_relation (to, relation, (guint)places[i], (guint)places[k]);
    }
}

void
gst_video_augment_analytics_move (
    GstBuffer *buffer, const GenAugmentPictureDraw *draw, double min_visibility)
{
  GstAnalyticsRelationMeta *from = gst_buffer_get_analytics_relation_meta (buffer);
  GstMetaTransformCopy all = { FALSE, 0, (gsize)-1 };
  Copy copy = { draw, min_visibility, NULL };
  g_autoptr (GstBuffer) holder = NULL;
  g_autofree int *places = NULL;
  guint n;

  if (from == NULL)
    return;
  n = (guint)gst_analytics_relation_get_length (from);
  places = g_new (int, n);
  /* A buffer has one such meta alone. */
  holder = gst_buffer_new ();
  copy.to = gst_buffer_add_analytics_relation_meta (holder);
  for (guint i = 0; i < n; i++) {
    GstAnalyticsMtd mtd, made;

    places[i] = gst_analytics_relation_meta_get_mtd (from, i, GST_ANALYTICS_MTD_TYPE_ANY, &mtd) &&
                        copy_mtd (&copy, &mtd, &made)
                    ? (int)made.id
                    : NOWHERE;
  }
  copy_relations (from, copy.to, places, n);
  gst_buffer_remove_meta (buffer, (GstMeta *)from);
  ((GstMeta *)copy.to)
      ->info->transform_func (
          buffer, (GstMeta *)copy.to, holder, g_quark_from_static_string ("gst-copy"), &all);
}
