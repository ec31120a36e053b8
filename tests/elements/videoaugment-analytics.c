/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Objects that analyses have found move as regions of interest do, and what is said of them stays
 * theirs. */
#include <gst/analytics/analytics.h>
#include <gst/check/gstharness.h>
#include <gst/video/video.h>

enum { WIDTH = 320, HEIGHT = 240, SIZE = WIDTH * HEIGHT, BOXES = 6, FRAMES = 30 };

static void
box_of (guint64 number, int i, gint box[4])
{
  g_autoptr (GRand) random = g_rand_new_with_seed ((guint32)(100 * number) + (guint32)i);

  box[2] = g_rand_int_range (random, 1, 80);
  box[3] = g_rand_int_range (random, 1, 80);
  box[0] = g_rand_int_range (random, 0, WIDTH - box[2]);
  box[1] = g_rand_int_range (random, 0, HEIGHT - box[3]);
}

static const char *
name_of (int i)
{
  static const char *const names[BOXES] = { "a", "b", "c", "d", "e", "f" };

  return names[i];
}

/* Boxes in metas of both kinds, of each its class and its track. */
static GstBuffer *
new_frame (guint64 number)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, SIZE, NULL);
  GstAnalyticsRelationMeta *meta = gst_buffer_add_analytics_relation_meta (buffer);

  gst_buffer_memset (buffer, 0, 99, SIZE);
  for (int i = 0; i < BOXES; i++) {
    gfloat levels[] = { 0.1f * (float)i, 0.7f };
    GQuark names[] = { g_quark_from_string (name_of (i)), g_quark_from_string ("other") };
    GstAnalyticsMtd object, classes, track;
    gint box[4];

    box_of (number, i, box);
    gst_buffer_add_video_region_of_interest_meta (
        buffer, name_of (i), (guint)box[0], (guint)box[1], (guint)box[2], (guint)box[3]);
    g_assert_true (gst_analytics_relation_meta_add_cls_mtd (meta, 2, levels, names, &classes));
    g_assert_true (gst_analytics_relation_meta_add_od_mtd (
        meta, names[0], box[0], box[1], box[2], box[3], 0.5f + 0.05f * (float)i, &object));
    g_assert_true (gst_analytics_relation_meta_add_tracking_mtd (meta, (guint64)i + 40, 7, &track));
    gst_analytics_tracking_mtd_update_last_seen (&track, 9);
    gst_analytics_relation_meta_set_relation (
        meta, GST_ANALYTICS_REL_TYPE_RELATE_TO, object.id, classes.id);
    gst_analytics_relation_meta_set_relation (
        meta, GST_ANALYTICS_REL_TYPE_CONTAIN, track.id, object.id);
  }
  GST_BUFFER_OFFSET (buffer) = number;
  return buffer;
}

static GstVideoRegionOfInterestMeta *
find_region (GstBuffer *buffer, GQuark type)
{
  gpointer state = NULL;
  GstMeta *meta;

  while ((meta = gst_buffer_iterate_meta_filtered (
              buffer, &state, GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE)) != NULL)
    if (((GstVideoRegionOfInterestMeta *)meta)->roi_type == type)
      return (GstVideoRegionOfInterestMeta *)meta;
  return NULL;
}

/* An object is where the region of its name is, with its class and its track. */
static void
assert_object (GstBuffer *buffer, GstAnalyticsRelationMeta *meta, GstAnalyticsMtd *object)
{
  const GQuark type = gst_analytics_od_mtd_get_obj_type (object);
  const int i = g_quark_to_string (type)[0] - 'a';
  const GstVideoRegionOfInterestMeta *region = find_region (buffer, type);
  gpointer state = NULL;
  GstAnalyticsMtd related;
  GstClockTime first, last;
  gint x, y, w, h;
  gfloat confidence;
  gboolean lost;
  guint64 id;
  guint tracks = 0;

  g_assert_nonnull (region);
  g_assert_true (gst_analytics_od_mtd_get_location (object, &x, &y, &w, &h, &confidence));
  g_assert_cmpint (x, ==, (gint)region->x);
  g_assert_cmpint (y, ==, (gint)region->y);
  g_assert_cmpint (w, ==, (gint)region->w);
  g_assert_cmpint (h, ==, (gint)region->h);
  g_assert_cmpfloat_with_epsilon (confidence, 0.5 + 0.05 * i, 1e-6);
  g_assert_true (gst_analytics_relation_meta_get_direct_related (meta, object->id,
      GST_ANALYTICS_REL_TYPE_RELATE_TO, gst_analytics_cls_mtd_get_mtd_type (), &state, &related));
  g_assert_cmpuint (gst_analytics_cls_mtd_get_length (&related), ==, 2);
  g_assert_cmpuint (gst_analytics_cls_mtd_get_quark (&related, 0), ==, type);
  g_assert_cmpfloat_with_epsilon (gst_analytics_cls_mtd_get_level (&related, 0), 0.1 * i, 1e-6);
  for (guint k = 0; k < gst_analytics_relation_get_length (meta); k++)
    if (gst_analytics_relation_meta_get_relation (meta, k, object->id) ==
        GST_ANALYTICS_REL_TYPE_CONTAIN) {
      g_assert_true (gst_analytics_relation_meta_get_mtd (
          meta, k, gst_analytics_tracking_mtd_get_mtd_type (), &related));
      g_assert_true (gst_analytics_tracking_mtd_get_info (&related, &id, &first, &last, &lost));
      g_assert_cmpuint (id, ==, (guint64)i + 40);
      g_assert_cmpuint (first, ==, 7);
      g_assert_cmpuint (last, ==, 9);
      g_assert_false (lost);
      tracks++;
    }
  g_assert_cmpuint (tracks, ==, 1);
}

/* As many objects as regions, and no more metas than there were. */
static guint
assert_objects (GstBuffer *buffer)
{
  GstAnalyticsRelationMeta *meta = gst_buffer_get_analytics_relation_meta (buffer);
  gpointer state = NULL;
  GstAnalyticsMtd object;
  guint n = 0;

  g_assert_nonnull (meta);
  g_assert_cmpuint (gst_buffer_get_n_meta (buffer, GST_ANALYTICS_RELATION_META_API_TYPE), ==, 1);
  while (gst_analytics_relation_meta_iterate (
      meta, &state, gst_analytics_od_mtd_get_mtd_type (), &object)) {
    assert_object (buffer, meta, &object);
    n++;
  }
  g_assert_cmpuint (
      gst_buffer_get_n_meta (buffer, GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE), ==, n);
  return n;
}

static void
test_move (void)
{
  static const char *const transforms[] = { "flip=both", "translate=0.4 min-visibility=0.5",
    "rotate=40 perspective=0.3", "elastic=0.1 grid-distortion=0.4", "brightness=0.2" };

  for (gsize t = 0; t < G_N_ELEMENTS (transforms); t++) {
    g_autofree char *launch = g_strdup_printf ("videoaugment seed=3 %s", transforms[t]);
    GstHarness *harness = gst_harness_new_parse (launch);
    guint n = 0;

    gst_harness_set_src_caps_str (
        harness, "video/x-raw,format=GRAY8,width=320,height=240,framerate=25/1");
    for (guint64 number = 0; number < FRAMES; number++) {
      GstBuffer *buffer = gst_harness_push_and_pull (harness, new_frame (number));

      n += assert_objects (buffer);
      gst_buffer_unref (buffer);
    }
    g_assert_cmpuint (n, >, BOXES * FRAMES / 3);
    if (t == 0 || t == 4)
      g_assert_cmpuint (n, ==, BOXES * FRAMES);
    else if (t == 1)
      g_assert_cmpuint (n, <, BOXES * FRAMES);
    gst_harness_teardown (harness);
  }
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/videoaugment/analytics/move", test_move);
  return g_test_run ();
}
