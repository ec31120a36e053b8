/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* qualitymeter: what the buffers, the bus and the report tell is the same and true; frames pass
 * as they are; references, walls and everything that can be wrong. */
#include "reports.h"

#include <generative/metric.h>
#include <generative/onnx.h>
#include <gst/check/gstharness.h>
#include <gst/video/video.h>

#include <glib/gstdio.h>
#include <math.h>
#include <unistd.h>

static void
test_agreement (void)
{
  g_autofree char *path = temporary_path ("meter-XXXXXX.jsonl");
  g_autofree char *launch = g_strdup_printf (
      "videotestsrc num-buffers=12 pattern=ball ! video/x-raw,format=RGB,width=64,height=48 ! "
      "qualitymeter post-messages=true interval=5 report=%s ! "
      "fakesink name=sink signal-handoffs=true sync=false",
      path);
  g_autoptr (GPtrArray) lines = NULL, messages = NULL;
  Player player;

  player_open (&player, launch);
  gst_element_set_state (player.pipeline, GST_STATE_PLAYING);
  messages = collect (player.pipeline, SCORE);
  lines = read_report (path);
  g_assert_cmpuint (messages->len, ==, 12);
  g_assert_cmpuint (lines->len, ==, 13);
  g_assert_cmpuint (player.buffers->len, ==, 12);
  for (guint i = 0; i < 12; i++) {
    GstCustomMeta *meta = gst_buffer_get_custom_meta (player.buffers->pdata[i], SCORE);

    g_assert_nonnull (meta);
    assert_agree (messages->pdata[i], object_at (lines, i), 0);
    assert_agree (gst_custom_meta_get_structure (meta), object_at (lines, i), 2);
    g_assert_cmpint (json_object_get_int_member (object_at (lines, i), "frame"), ==, i);
    g_assert_cmpuint ((guint64)json_object_get_int_member (object_at (lines, i), "pts"), ==,
        GST_BUFFER_PTS (player.buffers->pdata[i]));
    /* No frame comes before the first; distributions are told at each fifth. */
    g_assert_true (json_object_get_null_member (object_at (lines, i), "temporal-ssim") == (i == 0));
    g_assert_true (
        json_object_has_member (object_at (lines, i), "temporal-ssim-missing") == (i == 0));
    g_assert_true (json_object_has_member (object_at (lines, i), "diversity") == (i % 5 == 4));
  }
  player_close (&player);
  g_unlink (path);
}

static void
test_summary (void)
{
  g_autofree char *path = temporary_path ("meter-XXXXXX.jsonl");
  g_autofree char *launch = g_strdup_printf (
      "videotestsrc num-buffers=10 pattern=snow ! video/x-raw,format=GRAY8,width=32,height=32 ! "
      "qualitymeter report=%s ! fakesink name=sink signal-handoffs=true sync=false",
      path);
  g_autoptr (GPtrArray) lines = NULL, messages = NULL;
  JsonObject *summary;
  double sum = 0;
  Player player;

  player_open (&player, launch);
  gst_element_set_state (player.pipeline, GST_STATE_PLAYING);
  messages = collect (player.pipeline, SUMMARY);
  g_assert_cmpuint (messages->len, ==, 1);
  player_close (&player);
  lines = read_report (path);
  g_assert_cmpuint (lines->len, ==, 11);
  summary = json_object_get_object_member (object_at (lines, 10), "summary");
  assert_agree (messages->pdata[0], summary, 0);
  g_assert_cmpint (json_object_get_int_member (summary, "frames"), ==, 10);
  for (guint i = 0; i < 10; i++)
    sum += json_object_get_double_member (object_at (lines, i), "brightness");
  g_assert_cmpfloat_with_epsilon (
      json_object_get_double_member (json_object_get_object_member (summary, "brightness"), "mean"),
      sum / 10, 1e-12);
  g_unlink (path);
}

/* A pipeline that is stopped in the middle leaves a summary, too. */
static void
test_stop (void)
{
  g_autofree char *path = temporary_path ("meter-XXXXXX.jsonl");
  g_autofree char *launch = g_strdup_printf ("qualitymeter metrics=brightness report=%s", path);
  GstHarness *harness = gst_harness_new_parse (launch);
  g_autoptr (GPtrArray) lines = NULL;

  gst_harness_set_src_caps_str (
      harness, "video/x-raw,format=GRAY8,width=8,height=8,framerate=30/1");
  g_assert_cmpint (
      gst_harness_push (harness, gst_harness_create_buffer (harness, 64)), ==, GST_FLOW_OK);
  gst_harness_teardown (harness);
  lines = read_report (path);
  g_assert_cmpuint (lines->len, ==, 2);
  g_assert_true (json_object_has_member (object_at (lines, 1), "summary"));
  g_unlink (path);
}

/* What goes in comes out: the same memory, also where somebody else holds the buffer, whose own
 * gets no meta. Nothing is told on the bus that nobody asked for. */
static void
test_untouched (void)
{
  GstHarness *harness = gst_harness_new ("qualitymeter");
  g_autoptr (GstBus) bus = gst_bus_new ();
  GstBuffer *buffer, *out;
  GstMemory *memory;

  gst_element_set_bus (harness->element, bus);
  gst_harness_set_src_caps_str (
      harness, "video/x-raw,format=RGB,width=30,height=20,framerate=30/1");
  buffer = gst_harness_create_buffer (harness, 92 * 20);
  gst_buffer_memset (buffer, 0, 77, 92 * 20);
  memory = gst_buffer_peek_memory (buffer, 0);

  out = gst_harness_push_and_pull (harness, gst_buffer_ref (buffer));
  g_assert_true (out != buffer);
  g_assert_true (gst_buffer_peek_memory (out, 0) == memory);
  g_assert_nonnull (gst_buffer_get_custom_meta (out, SCORE));
  g_assert_null (gst_buffer_get_custom_meta (buffer, SCORE));
  gst_buffer_unref (out);

  out = gst_harness_push_and_pull (harness, buffer);
  g_assert_true (out == buffer);
  g_assert_true (gst_buffer_peek_memory (out, 0) == memory);
  gst_buffer_unref (out);
  for (GstMessage *message; (message = gst_bus_pop (bus)) != NULL; gst_message_unref (message))
    g_assert_cmpint (GST_MESSAGE_TYPE (message), !=, GST_MESSAGE_ELEMENT);
  gst_element_set_bus (harness->element, NULL);
  gst_harness_teardown (harness);
}

/* A gap, or a seek, is not a change of the picture. */
static void
test_gap (void)
{
  GstHarness *harness = gst_harness_new_parse ("qualitymeter metrics=temporal-ssim");
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_harness_set_src_caps_str (
      harness, "video/x-raw,format=GRAY8,width=32,height=16,framerate=30/1");
  for (int i = 0; i < 6; i++) {
    GstBuffer *buffer = gst_harness_create_buffer (harness, 32 * 16);

    gst_buffer_memset (buffer, 0, (guint8)(i * 20), 32 * 16);
    if (i == 2)
      GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
    if (i == 4) {
      gst_harness_push_event (harness, gst_event_new_flush_start ());
      gst_harness_push_event (harness, gst_event_new_flush_stop (TRUE));
      gst_harness_push_event (harness, gst_event_new_segment (&segment));
    }
    buffer = gst_harness_push_and_pull (harness, buffer);
    g_assert_true (gst_structure_has_field (
        gst_custom_meta_get_structure (gst_buffer_get_custom_meta (buffer, SCORE)),
        i % 2 == 1 ? "temporal-ssim" : "temporal-ssim-missing"));
    gst_buffer_unref (buffer);
  }
  gst_harness_teardown (harness);
}

/* A sheet of three classes in three rows of 16 stripes each, 12 pixels a tile. */
static void
paint_sheet (GenPicture *sheet)
{
  gen_picture_init (sheet, 16 * 12, 3 * 12, 1);
  for (int y = 0; y < sheet->height; y++)
    for (int x = 0; x < sheet->width; x++) {
      int class = y / 12, tile = x / 12;
      double along = class == 0 ? x % 12 : class == 1 ? y % 12 : x % 12 + y % 12;

      sheet->data[y * sheet->stride + x] = (guint8)(127 + 100 * sin (along * 0.8 + tile * 0.4));
    }
}

/* A wall of tiles is measured against the sheet that it was cut from. */
static void
test_reference (void)
{
  g_autofree char *path = temporary_path ("sheet-XXXXXX.png"), *launch = NULL;
  g_auto (GenPicture) sheet = { 0 };
  g_autoptr (GError) error = NULL;
  GstHarness *harness;
  GstBuffer *buffer;
  const GstStructure *scores;
  gint64 modes, classes, samples, reference;
  double frechet;

  paint_sheet (&sheet);
  g_assert_true (gen_picture_save_png (&sheet, path, &error));
  g_assert_no_error (error);

  launch = g_strdup_printf ("qualitymeter reference=%s reference-tile-width=12 "
                            "reference-rows-per-label=1 tile-width=12 tile-height=12 interval=1",
      path);
  harness = gst_harness_new_parse (launch);
  gst_harness_set_src_caps_str (
      harness, "video/x-raw,format=GRAY8,width=192,height=36,framerate=30/1");
  buffer = gst_harness_create_buffer (harness, 192 * 36);
  for (int y = 0; y < 36; y++)
    gst_buffer_fill (buffer, y * 192, sheet.data + y * sheet.stride, 192);
  buffer = gst_harness_push_and_pull (harness, buffer);
  scores = gst_custom_meta_get_structure (gst_buffer_get_custom_meta (buffer, SCORE));
  g_assert_true (gst_structure_get_int64 (scores, "modes", &modes));
  g_assert_true (gst_structure_get_int64 (scores, "modes-classes", &classes));
  g_assert_true (gst_structure_get_int64 (scores, "frechet-samples", &samples));
  g_assert_true (gst_structure_get_int64 (scores, "frechet-reference-samples", &reference));
  g_assert_true (gst_structure_get_double (scores, "frechet", &frechet));
  g_assert_cmpint (modes, ==, 3);
  g_assert_cmpint (classes, ==, 3);
  g_assert_cmpint (samples, ==, 48);
  g_assert_cmpint (reference, ==, 48);
  g_assert_cmpfloat_with_epsilon (frechet, 0, 1e-6);
  g_assert_cmpstr (gst_structure_get_string (scores, "frechet-features"), ==, "hog-4x4x8");
  gst_buffer_unref (buffer);

  /* Then frames with the first class alone: the distance grows, and the others fall below 2%. */
  for (int i = 0; i < 60; i++) {
    buffer = gst_harness_create_buffer (harness, 192 * 36);
    for (int y = 0; y < 36; y++)
      gst_buffer_fill (buffer, y * 192, sheet.data + y % 12 * sheet.stride, 192);
    buffer = gst_harness_push_and_pull (harness, buffer);
    if (i == 59) {
      scores = gst_custom_meta_get_structure (gst_buffer_get_custom_meta (buffer, SCORE));
      g_assert_true (gst_structure_get_int64 (scores, "modes", &modes));
      g_assert_cmpint (modes, ==, 1);
      g_assert_true (gst_structure_get_double (scores, "frechet", &frechet));
      g_assert_cmpfloat (frechet, >, 0.05);
    }
    gst_buffer_unref (buffer);
  }
  gst_harness_teardown (harness);
  g_unlink (path);
}

/* Features that are the means of 4 by 4 areas of grey pictures of 16 by 16: a model that every
 * eye can check. */
static void
save_embedder (const char *path)
{
  static const gint64 four[] = { 4, 4 };
  g_autoptr (GenGraph) graph = gen_graph_new ("areas");
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, 16, 16));
  GenTensor *pool = gen_graph_op (graph, "AveragePool", &x, 1, 1, &error, "kernel_shape", GEN_INTS,
      2, four, "strides", GEN_INTS, 2, four, NULL);
  GenTensor *flat = gen_unary (graph, "Flatten", pool, &error);

  g_assert_no_error (error);
  gen_graph_add_output (graph, flat);
  x->shape.dims[0] = pool->shape.dims[0] = flat->shape.dims[0] = -1;
  g_hash_table_insert (graph->metadata, g_strdup ("generative.input-range"), g_strdup ("0,1"));
  g_assert_true (gen_onnx_save (graph, path, &error));
  g_assert_no_error (error);
}

/* The summary that the report at `path` ends with. (transfer full) */
static JsonObject *
play_for_summary (const char *launch, const char *path)
{
  g_autoptr (GPtrArray) lines = NULL;
  Player player;

  player_open (&player, launch);
  player_play_to_end (&player);
  player_close (&player);
  lines = read_report (path);
  return json_object_ref (
      json_object_get_object_member (object_at (lines, lines->len - 1), "summary"));
}

/* The distance of a sheet's tiles, which datasetsrc brings to a larger size, from the same ones as
 * `properties` have them. */
static double
measure_fit (const char *sheet, const char *fit, const char *properties)
{
  g_autofree char *report = temporary_path ("fit-XXXXXX.jsonl");
  g_autofree char *launch =
      g_strdup_printf ("datasetsrc location=%s tile-width=12 epochs=1 %s ! "
                       "video/x-raw,format=GRAY8,width=28,height=28 ! qualitymeter metrics=frechet "
                       "reference=%s reference-tile-width=12 %s report=%s ! "
                       "fakesink name=sink signal-handoffs=true sync=false",
          sheet, fit, sheet, properties, report);
  g_autoptr (JsonObject) summary = play_for_summary (launch, report);

  g_unlink (report);
  return json_object_get_double_member (summary, "frechet");
}

/* Both sides have to come to their size in one way. */
static void
test_reference_fit (void)
{
  g_autofree char *path = temporary_path ("sheet-XXXXXX.png");
  g_auto (GenPicture) sheet = { 0 };
  g_autoptr (GError) error = NULL;

  paint_sheet (&sheet);
  g_assert_true (gen_picture_save_png (&sheet, path, &error));
  g_assert_no_error (error);
  g_assert_cmpfloat_with_epsilon (measure_fit (path, "", "reference-fit=crop"), 0, 1e-6);
  g_assert_cmpfloat_with_epsilon (measure_fit (path, "fit=pad", ""), 0, 1e-6);
  g_assert_cmpfloat_with_epsilon (
      measure_fit (path, "fit=stretch", "reference-fit=stretch"), 0, 1e-6);
  g_assert_cmpfloat (measure_fit (path, "", ""), >, 0.05);
  g_unlink (path);
}

/* Of a single frame some figures cannot be given: everywhere that is told, with the reason. */
static void
test_missing (void)
{
  static const char *const missing[] = { "temporal-ssim", "diversity", "frechet" };
  g_autofree char *path = temporary_path ("meter-XXXXXX.jsonl");
  g_autofree char *statistics = temporary_path ("meter-XXXXXX.npz");
  g_autofree char *launch = NULL;
  g_autoptr (GPtrArray) lines = NULL, messages = NULL;
  const double mean[256] = { 0 };
  g_autofree double *covariance = g_new0 (double, 128 * 128);
  const GenStatistics reference = {
    .length = 128, .count = 10, .mean = (double *)mean, .covariance = covariance
  };
  Player player;

  g_assert_true (gen_statistics_save (&reference, statistics, NULL));
  launch = g_strdup_printf (
      "videotestsrc num-buffers=1 pattern=ball ! video/x-raw,format=RGB,width=64,height=48 ! "
      "qualitymeter post-messages=true interval=1 reference=%s report=%s ! "
      "fakesink name=sink signal-handoffs=true sync=false",
      statistics, path);
  player_open (&player, launch);
  gst_element_set_state (player.pipeline, GST_STATE_PLAYING);
  messages = collect (player.pipeline, NULL);
  lines = read_report (path);
  g_assert_cmpuint (messages->len, ==, 2);
  g_assert_cmpuint (lines->len, ==, 2);
  assert_agree (messages->pdata[0], object_at (lines, 0), 0);
  assert_agree (
      gst_custom_meta_get_structure (gst_buffer_get_custom_meta (player.buffers->pdata[0], SCORE)),
      object_at (lines, 0), 2);
  assert_agree (
      messages->pdata[1], json_object_get_object_member (object_at (lines, 1), "summary"), 0);
  for (gsize i = 0; i < G_N_ELEMENTS (missing); i++) {
    JsonObject *frame = object_at (lines, 0);
    JsonObject *summary = json_object_get_object_member (object_at (lines, 1), "summary");
    g_autofree char *reason = g_strconcat (missing[i], "-missing", NULL);

    g_assert_true (json_object_get_null_member (frame, missing[i]));
    g_assert_true (json_object_get_null_member (summary, missing[i]));
    g_assert_cmpuint (strlen (json_object_get_string_member (frame, reason)), >, 10);
    g_assert_cmpstr (json_object_get_string_member (frame, reason), ==,
        json_object_get_string_member (summary, reason));
    g_assert_true (gst_structure_has_field_typed (messages->pdata[0], reason, G_TYPE_STRING));
    g_assert_false (gst_structure_has_field (messages->pdata[0], missing[i]));
  }
  player_close (&player);
  g_unlink (path);
  g_unlink (statistics);
}

/* Who asks what there is, is told all of it that can be measured. */
static void
test_blurbs (void)
{
  g_autoptr (GstElement) meter =
      gst_object_ref_sink (gst_element_factory_make ("qualitymeter", NULL));
  const char *metrics =
      g_param_spec_get_blurb (g_object_class_find_property (G_OBJECT_GET_CLASS (meter), "metrics"));
  const char *embedders = g_param_spec_get_blurb (
      g_object_class_find_property (G_OBJECT_GET_CLASS (meter), "embedder"));

  for (const GenMetric *const *metric = gen_metric_list (); *metric != NULL; metric++)
    g_assert_true (gen_metric_is_of_pairs (*metric) || strstr (metrics, (*metric)->name) != NULL);
  for (const GenEmbedder *const *embedder = gen_embedder_list (); *embedder != NULL; embedder++)
    g_assert_nonnull (strstr (embedders, (*embedder)->name));
}

/* What of a frame is in no tile is told. */
static void
test_left_over (void)
{
  g_autoptr (GstElement) pipeline =
      gst_parse_launch ("videotestsrc num-buffers=3 ! video/x-raw,format=RGB,width=64,height=48 ! "
                        "qualitymeter tile-width=24 tile-height=24 ! fakesink",
          NULL);
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message = NULL;
  g_autoptr (GError) error = NULL;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message =
      gst_bus_timed_pop_filtered (bus, 20 * GST_SECOND, GST_MESSAGE_WARNING | GST_MESSAGE_EOS);
  g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_WARNING);
  gst_message_parse_warning (message, &error, NULL);
  g_assert_nonnull (strstr (error->message, "16 columns at the right and 0 rows at the bottom"));
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

/* One file is the report of one element: the second is refused by name, and the first element's
 * lines are as they were. */
static void
test_shared_report (void)
{
  g_autofree char *path = temporary_path ("meter-XXXXXX.jsonl");
  g_autofree char *launch =
      g_strdup_printf ("videotestsrc num-buffers=5 ! video/x-raw,format=RGB,width=64,height=48 ! "
                       "qualitymeter report=%s ! qualitymeter name=first report=%s ! fakesink",
          path, path);
  g_autofree char *file = g_strdup_printf ("%s is the report of first already", path);
  g_autofree char *alone =
      g_strdup_printf ("videotestsrc num-buffers=5 ! qualitymeter report=%s ! fakesink", path);
  g_autoptr (GenReport) other = NULL;

  player_assert_error (launch, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_BUSY, file);
  /* Somebody who is no element of the pipeline. */
  other = gen_report_new (path, NULL, 0, NULL);
  player_assert_error (alone, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_BUSY, path);
  g_unlink (path);
}

/* Statistics that one run saves are the reference of the next, by a model's features: the same
 * pictures are at no distance, others are. */
static void
test_statistics (void)
{
  g_autofree char *folder = g_dir_make_tmp ("meter-XXXXXX", NULL);
  g_autofree char *model = g_build_filename (folder, "areas.onnx", NULL);
  g_autofree char *file = g_build_filename (folder, "reference.npz", NULL);
  g_autofree char *report = g_build_filename (folder, "report.jsonl", NULL);
  static const char *const patterns[] = { "snow", "snow", "ball" };
  g_autofree char *features = NULL;

  save_embedder (model);
  for (int i = 0; i < 3; i++) {
    g_autofree char *launch = g_strdup_printf (
        "videotestsrc num-buffers=50 pattern=%s ! video/x-raw,format=GRAY8,width=64,height=32 ! "
        "qualitymeter tile-width=16 tile-height=16 metrics=frechet embedder=%s %s=%s report=%s ! "
        "fakesink name=sink signal-handoffs=true sync=false",
        patterns[i], model, i == 0 ? "save-statistics" : "reference", file, report);
    g_autoptr (JsonObject) summary = play_for_summary (launch, report);

    g_assert_cmpint (json_object_get_int_member (summary, "frechet-samples"), ==, 400);
    if (i == 0) {
      features = g_strdup (json_object_get_string_member (summary, "frechet-features"));
      g_assert_true (g_str_has_prefix (features, "areas.onnx-"));
      g_assert_true (json_object_get_null_member (summary, "frechet"));
      continue;
    }
    g_assert_cmpstr (json_object_get_string_member (summary, "frechet-features"), ==, features);
    g_assert_cmpint (json_object_get_int_member (summary, "frechet-reference-samples"), ==, 400);
    if (i == 1)
      g_assert_cmpfloat_with_epsilon (json_object_get_double_member (summary, "frechet"), 0, 1e-9);
    else
      g_assert_cmpfloat (json_object_get_double_member (summary, "frechet"), >, 0.1);
  }
  g_unlink (model);
  g_unlink (file);
  g_unlink (report);
  g_rmdir (folder);
}

/* Statistics of other features, or of another length, are refused with both named; so are a
 * metric that needs pictures, files that are none, and places that cannot be written. */
static void
test_statistics_errors (void)
{
  static const double mean[2] = { 0 }, covariance[4] = { 1, 0, 0, 1 };
  static const struct {
    const char *properties; /* %s: the folder */
    enum { LIBRARY, RESOURCE, STREAM } domain;
    int code;
    const char *words;
  } cases[] = {
    { "metrics=frechet reference=%s/named.npz", LIBRARY, GST_LIBRARY_ERROR_SETTINGS,
        "of the features \"inception\" (2 numbers), but \"hog-4x4x8\" are compared" },
    { "metrics=frechet reference=%s/bare.npz", LIBRARY, GST_LIBRARY_ERROR_SETTINGS,
        "bare.npz: its statistics are of 2 numbers, but the features \"hog-4x4x8\" that are "
        "compared have 128" },
    { "metrics=modes reference=%s/bare.npz", LIBRARY, GST_LIBRARY_ERROR_SETTINGS,
        "modes compares with samples" },
    { "reference=%s/nothing.npz", RESOURCE, GST_RESOURCE_ERROR_NOT_FOUND, "nothing.npz" },
    { "reference=%s/text.npz", RESOURCE, GST_RESOURCE_ERROR_OPEN_READ, "not a .npz archive" },
    { "embedder=%s/text.npz", STREAM, GST_STREAM_ERROR_FORMAT, "Property embedder" },
    { "embedder-resizing=lanczos", LIBRARY, GST_LIBRARY_ERROR_SETTINGS,
        "Property embedder-resizing: the features hog-4x4x8 look at pictures of any size" },
    { "metrics=sharpness save-statistics=%s/new.npz", LIBRARY, GST_LIBRARY_ERROR_SETTINGS,
        "Property metrics: statistics come with the metric frechet" },
    { "metrics=frechet save-statistics=%s/no/new.npz", RESOURCE, GST_RESOURCE_ERROR_WRITE,
        "Property save-statistics" },
  };
  const GQuark domains[] = { GST_LIBRARY_ERROR, GST_RESOURCE_ERROR, GST_STREAM_ERROR };
  g_autofree char *folder = g_dir_make_tmp ("meter-XXXXXX", NULL);
  g_autofree char *named = g_build_filename (folder, "named.npz", NULL);
  g_autofree char *bare = g_build_filename (folder, "bare.npz", NULL);
  g_autofree char *text = g_build_filename (folder, "text.npz", NULL);
  GenStatistics statistics = {
    .length = 2, .mean = (double *)mean, .covariance = (double *)covariance
  };

  g_assert_true (gen_statistics_save (&statistics, bare, NULL));
  statistics.features = (char *)"inception";
  g_assert_true (gen_statistics_save (&statistics, named, NULL));
  g_assert_true (g_file_set_contents (text, "no archive", -1, NULL));
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_auto (GStrv) parts = g_strsplit (cases[i].properties, "%s", 2);
    g_autofree char *properties = g_strjoinv (folder, parts);
    g_autofree char *launch =
        g_strdup_printf ("videotestsrc num-buffers=5 ! video/x-raw,format=RGB,width=64,height=48 ! "
                         "qualitymeter %s ! fakesink",
            properties);

    player_assert_error (launch, domains[cases[i].domain], cases[i].code, cases[i].words);
  }
  g_unlink (named);
  g_unlink (bare);
  g_unlink (text);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

/* Pictures unlike any of the reference's are of no class. */
static void
test_unassigned (void)
{
  g_autofree char *path = temporary_path ("sheet-XXXXXX.png");
  g_autofree char *report = temporary_path ("meter-XXXXXX.jsonl"), *launch = NULL;
  g_auto (GenPicture) sheet = { 0 };
  g_autoptr (JsonObject) summary = NULL;

  paint_sheet (&sheet);
  g_assert_true (gen_picture_save_png (&sheet, path, NULL));
  launch = g_strdup_printf (
      "videotestsrc num-buffers=10 pattern=snow ! video/x-raw,format=GRAY8,width=48,height=24 ! "
      "qualitymeter metrics=modes reference=%s reference-tile-width=12 report=%s "
      "reference-rows-per-label=1 tile-width=12 tile-height=12 ! "
      "fakesink name=sink signal-handoffs=true sync=false",
      path, report);
  summary = play_for_summary (launch, report);
  g_assert_cmpint (json_object_get_int_member (summary, "modes-samples"), ==, 80);
  g_assert_cmpint (json_object_get_int_member (summary, "modes-unassigned"), ==, 80);
  g_assert_cmpint (json_object_get_int_member (summary, "modes"), ==, 0);
  g_unlink (path);
  g_unlink (report);
}

/* With a new size a new measurement begins, and the old one is told. */
static void
test_new_size (void)
{
  GstHarness *harness = gst_harness_new ("qualitymeter");
  g_autoptr (GstBus) bus = gst_bus_new ();
  int summaries = 0;

  gst_element_set_bus (harness->element, bus);
  for (int size = 16; size <= 48; size += 16) {
    g_autofree char *caps =
        g_strdup_printf ("video/x-raw,format=GRAY8,width=%d,height=%d,framerate=30/1", size, size);

    gst_harness_set_src_caps_str (harness, caps);
    for (int i = 0; i < 3; i++)
      gst_buffer_unref (gst_harness_push_and_pull (
          harness, gst_harness_create_buffer (harness, (gsize)size * size)));
  }
  g_assert_true (gst_harness_push_event (harness, gst_event_new_eos ()));
  for (GstMessage *message; (message = gst_bus_pop (bus)) != NULL; gst_message_unref (message)) {
    gint64 frames;

    if (!gst_message_has_name (message, SUMMARY))
      continue;
    summaries++;
    g_assert_true (
        gst_structure_get_int64 (gst_message_get_structure (message), "frames", &frames));
    g_assert_cmpint (frames, ==, 3);
  }
  g_assert_cmpint (summaries, ==, 3);
  gst_element_set_bus (harness->element, NULL);
  gst_harness_teardown (harness);
}

static void
test_errors (void)
{
  static const struct {
    const char *properties;
    gboolean resource; /* GST_RESOURCE_ERROR, else GST_LIBRARY_ERROR */
    int code;
    const char *words;
  } cases[] = {
    { "metrics=beauty", FALSE, GST_LIBRARY_ERROR_SETTINGS, "\"beauty\"; there are sharpness" },
    { "metrics=frechet", FALSE, GST_LIBRARY_ERROR_SETTINGS, "Property reference: metric frechet" },
    { "embedder=inception", FALSE, GST_LIBRARY_ERROR_SETTINGS, "\"inception\"" },
    { "tile-width=100 tile-height=100", FALSE, GST_LIBRARY_ERROR_SETTINGS,
        "100x100 does not fit into a frame of 64x48" },
    { "reference=/nowhere/at/all", TRUE, GST_RESOURCE_ERROR_NOT_FOUND, "/nowhere/at/all" },
    { "reference=/dev/null", TRUE, -1, "Property reference" },
    { "report=/nowhere/at/all.jsonl", TRUE, GST_RESOURCE_ERROR_OPEN_WRITE,
        "/nowhere/at/all.jsonl" },
    { "report=/", TRUE, GST_RESOURCE_ERROR_OPEN_WRITE,
        "cannot write the report /: Is a directory" },
    { "report=/dev/full", TRUE, GST_RESOURCE_ERROR_NO_SPACE_LEFT, "/dev/full" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *launch = g_strdup_printf (
        "videotestsrc num-buffers=50 ! video/x-raw,format=RGB,width=64,height=48 ! "
        "qualitymeter %s ! fakesink",
        cases[i].properties);

    if (strstr (cases[i].properties, "/dev/full") != NULL && access ("/dev/full", W_OK) < 0)
      continue;
    if (cases[i].code >= 0) {
      player_assert_error (launch, cases[i].resource ? GST_RESOURCE_ERROR : GST_LIBRARY_ERROR,
          cases[i].code, cases[i].words);
    } else {
      g_autoptr (GstElement) pipeline = gst_parse_launch (launch, NULL);

      g_assert_cmpint (
          gst_element_set_state (pipeline, GST_STATE_PAUSED), ==, GST_STATE_CHANGE_FAILURE);
      gst_element_set_state (pipeline, GST_STATE_NULL);
    }
  }
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/qualitymeter/agreement", test_agreement);
  g_test_add_func ("/qualitymeter/summary", test_summary);
  g_test_add_func ("/qualitymeter/stop", test_stop);
  g_test_add_func ("/qualitymeter/untouched", test_untouched);
  g_test_add_func ("/qualitymeter/gap", test_gap);
  g_test_add_func ("/qualitymeter/reference", test_reference);
  g_test_add_func ("/qualitymeter/reference-fit", test_reference_fit);
  g_test_add_func ("/qualitymeter/missing", test_missing);
  g_test_add_func ("/qualitymeter/blurbs", test_blurbs);
  g_test_add_func ("/qualitymeter/left-over", test_left_over);
  g_test_add_func ("/qualitymeter/shared-report", test_shared_report);
  g_test_add_func ("/qualitymeter/statistics", test_statistics);
  g_test_add_func ("/qualitymeter/statistics/errors", test_statistics_errors);
  g_test_add_func ("/qualitymeter/unassigned", test_unassigned);
  g_test_add_func ("/qualitymeter/new-size", test_new_size);
  g_test_add_func ("/qualitymeter/errors", test_errors);
  return g_test_run ();
}
