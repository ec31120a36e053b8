/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* gantrainer: steps, checkpoints, the preview, resuming, and what it says when something is
 * wrong. */
#include <generative/checkpoint.h>
#include <generative/device.h>
#include <generative/onnx.h>
#include <generative/plan.h>
#include <generative/random.h>
#include <gst/check/gstharness.h>
#include <gst/video/video.h>
#include <gst/gst.h>

#include <string.h>

#include "../scratch.h"
#include "../small-nets.h"

/* Run the pipeline to its end; the error's text, or NULL after EOS. Counts progress messages. */
static char *
play (const char *description, guint *n_progress)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (description, &error);
  g_autoptr (GstBus) bus = NULL;
  char *text = NULL;
  gboolean ended = FALSE;

  g_assert_no_error (error);
  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  while (!ended) {
    g_autoptr (GstMessage) message = gst_bus_timed_pop (bus, 60 * GST_SECOND);

    g_assert_nonnull (message);
    if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
      gst_message_parse_error (message, &error, NULL);
      text = g_strdup (error->message);
      ended = TRUE;
    }
    if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS)
      ended = TRUE;
    if (n_progress != NULL && gst_message_has_name (message, "gantrainer-progress")) {
      const GstStructure *s = gst_message_get_structure (message);
      double loss;

      g_assert_true (gst_structure_get_double (s, "discriminator-loss", &loss));
      g_assert_cmpfloat (loss, >, 0);
      g_assert_true (gst_structure_has_field_typed (s, "skipped-updates", G_TYPE_UINT64) ==
                     (strstr (description, "fp16") != NULL));
      ++*n_progress;
    }
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
  return text;
}

/* Each picture another. (A ball would be larger than they are, and videotestsrc writes beyond
 * them.) */
#define SOURCE                                                                                     \
  "videotestsrc pattern=zone-plate kx2=20 ky2=20 kt=1 num-buffers=%d ! "                           \
  "video/x-raw,format=%s,width=8,height=8 ! "

static GBytes *
read_file (const char *folder, const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  char *data;
  gsize size;

  g_assert_true (g_file_get_contents (path, &data, &size, NULL));
  return g_bytes_new_take (data, size);
}

/* The whole data, in one go and in two: the same bits. With an epoch of five batches, two epochs
 * are ten steps. */
static void
check_resume (const char *settings, int batch)
{
  g_autofree char *whole = scratch_new (), *parts = scratch_new ();
  g_autofree char *epochs = g_strdup_printf ("epochs=2 epoch-samples=%d", 5 * batch);
  const char *format =
      SOURCE "gantrainer name=t batch-size=%d ema=0.9 silent=true %s checkpoint=%s %s %s";
  g_autofree char *first =
      g_strdup_printf (format, 200, "GRAY8", batch, settings, whole, epochs, "");
  g_autofree char *second =
      g_strdup_printf (format, 200, "GRAY8", batch, settings, parts, "max-steps=4", "");
  g_autofree char *third =
      g_strdup_printf (format, 200, "GRAY8", batch, settings, parts, epochs, "resume=true seed=0");
  g_autoptr (GBytes) a = NULL, b = NULL;
  guint n_progress = 0;

  g_assert_cmpstr (play (first, &n_progress), ==, NULL);
  g_assert_cmpuint (n_progress, >=, 1);
  g_assert_cmpstr (play (second, NULL), ==, NULL);
  g_assert_cmpstr (play (third, NULL), ==, NULL);
  a = read_file (whole, GEN_CHECKPOINT_STATE);
  b = read_file (parts, GEN_CHECKPOINT_STATE);
  g_assert_true (g_bytes_equal (a, b));
  g_clear_pointer (&a, g_bytes_unref);
  g_clear_pointer (&b, g_bytes_unref);
  a = read_file (whole, "ema.onnx");
  b = read_file (parts, "ema.onnx");
  g_assert_true (g_bytes_equal (a, b));
  scratch_remove (whole);
  scratch_remove (parts);
}

static void
test_resume (void)
{
  check_resume ("dropout=0.2 device=cpu spectral-norm=true instance-noise=0.1 "
                "augment-probability=0.3 augment-target=0.6 feature-matching=1",
      8);
}

/* Settings that train the small nets on a device. (transfer full) */
static char *
device_settings (const char *folder, const char *precision)
{
  g_autofree char *generator = g_build_filename (folder, "g.onnx", NULL);
  g_autofree char *discriminator = g_build_filename (folder, "d.onnx", NULL);
  g_autoptr (GenGraph) g = small_generator (), d = small_discriminator ();
  g_autoptr (GError) error = NULL;

  g_assert_true (gen_onnx_save (g, generator, &error));
  g_assert_true (gen_onnx_save (d, discriminator, &error));
  return g_strdup_printf (
      "generator-model=%s discriminator-model=%s device=cuda precision=%s batch-size=%d", generator,
      discriminator, precision, SMALL_BATCH);
}

static void
test_device_resume (gconstpointer precision)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *settings = device_settings (folder, precision);

  check_resume (settings, SMALL_BATCH);
  scratch_remove (folder);
}

/* What was written is a model with the step in its metadata; training goes on from the models
 * alone, too, in colour. */
static void
test_models (void)
{
  g_autofree char *folder = scratch_new (), *other = scratch_new ();
  g_autofree char *first = g_strdup_printf (SOURCE
      "gantrainer batch-size=8 silent=true checkpoint=%s optimizer=sgd loss=hinge",
      24, "RGB", folder);
  g_autofree char *second = g_strdup_printf (SOURCE
      "gantrainer batch-size=8 silent=true checkpoint=%s generator-model=%s/generator.onnx "
      "discriminator-model=%s/discriminator.onnx",
      16, "RGB", other, folder, folder);
  g_autofree char *path = g_build_filename (other, "generator.onnx", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) graph = NULL;

  g_assert_cmpstr (play (first, NULL), ==, NULL);
  g_assert_cmpstr (play (second, NULL), ==, NULL);
  graph = gen_onnx_load (path, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (g_hash_table_lookup (graph->metadata, "generative.step"), ==, "2");
  scratch_remove (folder);
  scratch_remove (other);
}

/* Play a pipeline whose gantrainer has a validation pad; counts its validations, and how many were
 * the best so far. */
static void
play_validated (const char *description, guint *n_validations, guint *n_best, guint64 *last_step)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (description, &error);
  g_autoptr (GstBus) bus = NULL;
  gboolean ended = FALSE;

  g_assert_no_error (error);
  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  while (!ended) {
    g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (
        bus, 60 * GST_SECOND, GST_MESSAGE_ERROR | GST_MESSAGE_EOS | GST_MESSAGE_ELEMENT);

    g_assert_nonnull (message);
    g_assert_cmpint (GST_MESSAGE_TYPE (message), !=, GST_MESSAGE_ERROR);
    ended = GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS;
    if (gst_message_has_name (message, "gantrainer-progress")) {
      double idle;

      g_assert_true (
          gst_structure_get_double (gst_message_get_structure (message), "idle-percent", &idle));
      g_assert_cmpfloat (idle, >=, 0);
      g_assert_cmpfloat (idle, <=, 100);
    }
    if (gst_message_has_name (message, "gantrainer-validation")) {
      const GstStructure *s = gst_message_get_structure (message);
      double frechet, accuracy;
      guint64 samples;
      gboolean best;

      g_assert_true (gst_structure_get (s, "step", G_TYPE_UINT64, last_step, "frechet",
          G_TYPE_DOUBLE, &frechet, "samples", G_TYPE_UINT64, &samples, "accuracy-on-validation",
          G_TYPE_DOUBLE, &accuracy, "best", G_TYPE_BOOLEAN, &best, NULL));
      g_assert_cmpfloat (frechet, >, 0);
      g_assert_cmpuint (samples, ==, 30);
      g_assert_cmpfloat (accuracy, >=, 0);
      g_assert_cmpfloat (accuracy, <=, 1);
      g_assert_nonnull (gst_structure_get_string (s, "features"));
      ++*n_validations;
      *n_best += best;
    }
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

#define VALIDATION                                                                                 \
  " videotestsrc pattern=zone-plate kx2=20 ky2=20 kt=1 num-buffers=%d ! "                          \
  "video/x-raw,format=GRAY8,width=8,height=8 ! "                                                   \
  "t.validation"

/* Each second step is validated, and the last one; the best models are kept, with the step that
 * they are of; the run's table and pictures are in the log. */
static void
test_validation (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *description = g_strdup_printf (SOURCE
      "gantrainer name=t batch-size=8 silent=true checkpoint=%s validation-interval=2 "
      "validation-samples=30 max-steps=5 log-interval=2" VALIDATION,
      80, "GRAY8", folder, 50);
  g_autofree char *path = g_build_filename (folder, "best", "generator.onnx", NULL);
  g_autofree char *settings = g_build_filename (folder, "training.json", NULL);
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) graph = NULL;
  guint n = 0, n_best = 0;
  guint64 last = 0;

  play_validated (description, &n, &n_best, &last);
  g_assert_cmpuint (n, ==, 3);
  g_assert_cmpuint (n_best, >=, 1);
  g_assert_cmpuint (last, ==, 5);
  graph = gen_onnx_load (path, &error);
  g_assert_no_error (error);
  g_assert_true (g_file_get_contents (settings, &text, NULL, NULL));
  g_assert_nonnull (strstr (text, "\"best-step\""));
  g_assert_nonnull (strstr (text, "\"validation-interval\" : 2"));
  scratch_remove (folder);
}

/* A preset brings its settings, and what the launch line says stays. */
static void
test_preset_settings (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *description = g_strdup_printf (
      "videotestsrc num-buffers=4 ! video/x-raw,format=RGB,width=32,height=32 ! gantrainer "
      "preset=r3gan-lite width=4 batch-size=2 r1=0.5 silent=true threads=2 checkpoint=%s",
      folder);
  g_autofree char *settings = g_build_filename (folder, "training.json", NULL);
  g_autofree char *text = NULL, *error = play (description, NULL);

  g_assert_null (error);
  g_assert_true (g_file_get_contents (settings, &text, NULL, NULL));
  g_assert_nonnull (strstr (text, "\"batch-size\" : 2"));
  g_assert_nonnull (strstr (text, "\"r1\" : 0.5"));
  g_assert_nonnull (strstr (text, "\"loss\" : \"relativistic\""));
  scratch_remove (folder);
}

/* What is validated can be looked at. */
static void
test_shown_validation (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *description = g_strdup_printf (SOURCE
      "gantrainer name=t batch-size=8 silent=true checkpoint=%s validation-interval=2 "
      "validation-samples=30 max-steps=3 ! fakesink sync=false" VALIDATION,
      80, "GRAY8", folder, 50);
  guint n = 0, n_best = 0;
  guint64 last = 0;

  play_validated (description, &n, &n_best, &last);
  g_assert_cmpuint (n, ==, 2);
  scratch_remove (folder);
}

/* A generator that does not learn gets no better: it ends long before its thousand steps. What is
 * remembered across a resume counts on. */
static void
test_early_stopping (void)
{
  g_autofree char *folder = scratch_new ();
  const char *format =
      SOURCE "gantrainer name=t batch-size=8 silent=true checkpoint=%s validation-interval=1 "
             "validation-samples=30 learning-rate=1e-30 early-stopping=3 %s" VALIDATION;
  g_autofree char *first = g_strdup_printf (format, 8000, "GRAY8", folder, "max-steps=2", 30);
  g_autofree char *second =
      g_strdup_printf (format, 8000, "GRAY8", folder, "max-steps=1000 resume=true", 30);
  guint n = 0, n_best = 0;
  guint64 last = 0;

  play_validated (first, &n, &n_best, &last);
  g_assert_cmpuint (n, ==, 2);
  g_assert_cmpuint (n_best, ==, 1);
  play_validated (second, &n, &n_best, &last);
  g_assert_cmpuint (n, ==, 4);
  g_assert_cmpuint (n_best, ==, 1);
  g_assert_cmpuint (last, ==, 4);
  scratch_remove (folder);
}

/* The wall of three by two pictures that the written model makes of the preview's latents. */
static void
check_wall (const char *folder, GstBuffer *buffer)
{
  g_autofree char *path = g_build_filename (folder, "generator.onnx", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) graph = gen_onnx_load (path, &error);
  g_autoptr (GenPlan) plan = NULL;
  GenRandom random = gen_random_new (0, GEN_STREAM_PREVIEW_LATENT, 0);
  const float *made;
  GstMapInfo map;

  g_assert_no_error (error);
  gen_graph_set_free_dimensions (graph, NULL, 6);
  plan = gen_plan_new (graph, NULL, &error);
  g_assert_no_error (error);
  gen_random_normal (&random, 0, 0, gen_plan_input (plan, 0)->data, 600);
  g_assert_true (gen_plan_run (plan, NULL));
  made = gen_plan_output (plan, 0)->data;
  gst_buffer_map (buffer, &map, GST_MAP_READ);
  g_assert_cmpuint (map.size, ==, 24 * 16);
  for (int y = 0; y < 16; y++)
    for (int x = 0; x < 24; x++) {
      int picture = y / 8 * 3 + x / 8;
      float byte = (made[picture * 64 + y % 8 * 8 + x % 8] + 1) * 127.5f;

      g_assert_cmpfloat_with_epsilon (map.data[y * 24 + x], byte, 0.6);
    }
  gst_buffer_unmap (buffer, &map);
}

/* Pixels are shaped and coloured as those that training saw. */
static void
check_preview_caps (GstHarness *harness)
{
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (harness->sinkpad);
  g_autofree char *colours = NULL;
  GstVideoInfo info;

  g_assert_true (gst_video_info_from_caps (&info, caps));
  g_assert_cmpint (info.width, ==, 24);
  g_assert_cmpint (info.height, ==, 16);
  g_assert_cmpint (info.par_n, ==, 16);
  g_assert_cmpint (info.par_d, ==, 15);
  colours = gst_video_colorimetry_to_string (&info.colorimetry);
  g_assert_cmpstr (colours, ==, "1:4:5:1");
}

/* The wall on the src pad, of the size that was asked for, and EOS after it. */
static void
test_preview (void)
{
  g_autofree char *folder = scratch_new ();
  GstHarness *harness = gst_harness_new ("gantrainer");
  GstBuffer *buffer, *last = NULL;
  GstEvent *event;
  gboolean ended = FALSE;

  gst_element_set_state (harness->element, GST_STATE_READY);
  gst_harness_set (harness, "gantrainer", "batch-size", 4, "checkpoint", folder, "preview-interval",
      (guint64)1, "preview-columns", 3, "preview-rows", 2, "max-steps", (guint64)2, "silent", TRUE,
      NULL);
  gst_element_set_state (harness->element, GST_STATE_PLAYING);
  gst_harness_set_src_caps_str (harness, "video/x-raw,format=GRAY8,width=8,height=8,framerate=30/1,"
                                         "pixel-aspect-ratio=16/15,colorimetry=1:4:5:1");
  /* The first one is there before any picture is. */
  buffer = gst_harness_pull (harness);
  g_assert_nonnull (buffer);
  g_assert_cmpuint (GST_BUFFER_OFFSET (buffer), ==, 0);
  gst_buffer_unref (buffer);
  for (int i = 0; i < 8; i++) {
    buffer = gst_harness_create_buffer (harness, 64);
    gst_buffer_memset (buffer, 0, i * 20, 64);
    g_assert_cmpint (gst_harness_push (harness, buffer), ==, GST_FLOW_OK);
  }
  while (!ended) {
    event = gst_harness_pull_event (harness);
    g_assert_nonnull (event);
    ended = GST_EVENT_TYPE (event) == GST_EVENT_EOS;
    gst_event_unref (event);
  }
  /* The last one is of the model that was written; those before may have been passed over. */
  while ((buffer = gst_harness_try_pull (harness)) != NULL) {
    g_clear_pointer (&last, gst_buffer_unref);
    last = buffer;
  }
  g_assert_nonnull (last);
  check_wall (folder, last);
  check_preview_caps (harness);
  gst_buffer_unref (last);
  /* It has had enough. */
  buffer = gst_harness_create_buffer (harness, 64);
  g_assert_cmpint (gst_harness_push (harness, buffer), ==, GST_FLOW_EOS);
  gst_harness_teardown (harness);
  scratch_remove (folder);
}

/* One that nothing is linked behind. Who plays it does not wait for data. */
static GstHarness *
sink_new (void)
{
  g_autoptr (GstElement) trainer = gst_element_factory_make ("gantrainer", NULL);

  gst_object_ref_sink (trainer);
  g_object_set (trainer, "async", FALSE, NULL);
  return gst_harness_new_with_element (trainer, "sink", NULL);
}

/* A validation pad that was asked for and never linked holds nothing up. */
static void
test_unlinked_validation (void)
{
  g_autofree char *folder = scratch_new ();
  GstHarness *harness = sink_new ();
  g_autoptr (GstBus) bus = gst_bus_new ();
  GstPad *pad = gst_element_request_pad_simple (harness->element, "validation");
  GstMessage *message;

  g_assert_nonnull (pad);
  gst_element_set_bus (harness->element, bus);
  gst_element_set_state (harness->element, GST_STATE_READY);
  gst_harness_set (harness, "gantrainer", "batch-size", 4, "checkpoint", folder,
      "validation-interval", (guint64)1, "max-steps", (guint64)2, "silent", TRUE, NULL);
  gst_element_set_state (harness->element, GST_STATE_PLAYING);
  gst_harness_set_src_caps_str (
      harness, "video/x-raw,format=GRAY8,width=8,height=8,framerate=30/1");
  for (int i = 0; i < 8; i++)
    gst_harness_push (harness, gst_harness_create_buffer (harness, 64));
  message = gst_bus_timed_pop_filtered (bus, 20 * GST_SECOND, GST_MESSAGE_ERROR | GST_MESSAGE_EOS);
  g_assert_nonnull (message);
  g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_EOS);
  gst_message_unref (message);
  gst_element_set_bus (harness->element, NULL);
  gst_element_release_request_pad (harness->element, pad);
  gst_object_unref (pad);
  gst_harness_teardown (harness);
  scratch_remove (folder);
}

/* Flushing throws half a batch away, and training goes on with what comes. */
static void
test_flush (void)
{
  g_autofree char *folder = scratch_new ();
  GstHarness *harness = sink_new ();
  g_autoptr (GstBus) bus = gst_bus_new ();
  GstSegment segment;
  GstMessage *message;

  gst_element_set_bus (harness->element, bus);
  gst_element_set_state (harness->element, GST_STATE_READY);
  gst_harness_set (
      harness, "gantrainer", "batch-size", 4, "checkpoint", folder, "silent", TRUE, NULL);
  gst_element_set_state (harness->element, GST_STATE_PLAYING);
  gst_harness_set_src_caps_str (
      harness, "video/x-raw,format=GRAY8,width=8,height=8,framerate=30/1");
  for (int i = 0; i < 3; i++)
    gst_harness_push (harness, gst_harness_create_buffer (harness, 64));
  gst_harness_push_event (harness, gst_event_new_flush_start ());
  gst_harness_push_event (harness, gst_event_new_flush_stop (TRUE));
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_harness_push_event (harness, gst_event_new_segment (&segment));
  for (int i = 0; i < 3; i++)
    gst_harness_push (harness, gst_harness_create_buffer (harness, 64));
  gst_harness_push_event (harness, gst_event_new_eos ());
  message = gst_bus_timed_pop_filtered (bus, 20 * GST_SECOND, GST_MESSAGE_ERROR);
  g_assert_nonnull (message); /* three pictures are less than a batch of four */
  gst_message_unref (message);
  gst_element_set_bus (harness->element, NULL);
  gst_harness_teardown (harness);
  scratch_remove (folder);
}

static void
expect_error (const char *part, const char *format, const char *settings)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *description = g_strdup_printf (
      SOURCE "gantrainer batch-size=8 silent=true checkpoint=%s %s", 160, format, folder, settings);
  g_autofree char *text = play (description, NULL);

  g_test_message ("%s", text);
  g_assert_nonnull (text);
  g_assert_nonnull (strstr (text, part));
  scratch_remove (folder);
}

/* A property offers every member of the library's list by its name, and nothing else. (Behind its
 * description stand the settings that a preset brings.) */
#define ASSERT_FAMILY(property, list)                                                              \
  G_STMT_START                                                                                     \
  {                                                                                                \
    g_autoptr (GstElement) trainer =                                                               \
        gst_object_ref_sink (gst_element_factory_make ("gantrainer", NULL));                       \
    GParamSpecEnum *spec =                                                                         \
        G_PARAM_SPEC_ENUM (g_object_class_find_property (G_OBJECT_GET_CLASS (trainer), property)); \
    g_autoptr (GError) error = NULL;                                                               \
    guint n = 0;                                                                                   \
                                                                                                   \
    for (; (list)[n] != NULL; n++) {                                                               \
      int value = -1;                                                                              \
                                                                                                   \
      gst_util_set_object_arg (G_OBJECT (trainer), property, (list)[n]->name);                     \
      g_object_get (trainer, property, &value, NULL);                                              \
      g_assert_cmpint (value, ==, n);                                                              \
      g_assert_cmpstr (spec->enum_class->values[n].value_nick, ==, (list)[n]->name);               \
      g_assert_true (                                                                              \
          g_str_has_prefix (spec->enum_class->values[n].value_name, (list)[n]->description));      \
    }                                                                                              \
    g_assert_cmpuint (spec->enum_class->n_values, ==, n);                                          \
    g_assert_null (gst_parse_launch ("gantrainer " property "=nonsense", &error));                 \
    g_assert_nonnull (strstr (error->message, property));                                          \
  }                                                                                                \
  G_STMT_END

/* Its presets are those of its recipe. */
static void
test_families (void)
{
  g_autoptr (GPtrArray) presets = g_ptr_array_new ();

  for (const GenPreset *const *preset = gen_preset_list (); *preset != NULL; preset++)
    if (*preset == &gen_preset_auto || (*preset)->recipe == &gen_recipe_adversarial)
      g_ptr_array_add (presets, (gpointer)*preset);
  g_ptr_array_add (presets, NULL);
  ASSERT_FAMILY ("preset", (const GenPreset *const *)presets->pdata);
  ASSERT_FAMILY ("optimizer", gen_optimizer_list ());
  ASSERT_FAMILY ("loss", gen_loss_list ());
}

static void
test_errors (void)
{
  expect_error ("beta1", "GRAY8", "beta1=1");
  expect_error ("resume", "GRAY8", "resume=true");
  expect_error ("checkpoint", "GRAY8", "checkpoint=/dev/null/folder");
  expect_error ("batch-size", "GRAY8", "batch-size=1000");
  expect_error ("epoch-samples", "GRAY8", "epochs=3");
  expect_error ("discriminator-model", "GRAY8", "generator-model=x.onnx");
  expect_error ("learning-rate", "GRAY8", "learning-rate=1e30");
  expect_error ("pad validation", "GRAY8", "early-stopping=2");
  expect_error ("validation has a picture", "GRAY8",
      "name=t videotestsrc num-buffers=9 ! video/x-raw,format=RGB,width=8,height=8 ! t.validation");
  expect_error ("at least two pictures", "GRAY8",
      "name=t videotestsrc num-buffers=1 ! video/x-raw,format=GRAY8,width=8,height=8 ! "
      "t.validation");
}

/* In float16, too, what diverges ends, and the text says what may help. */
static void
test_device_errors (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *settings = device_settings (folder, "fp16 learning-rate=1e30");

  expect_error ("bf16", "GRAY8", settings);
  scratch_remove (folder);
}

static void
test_no_device (void)
{
  expect_error ("device", "GRAY8", "device=cuda");
}

/* A state that is cut off or of another net is refused, and says so. */
static void
test_damaged (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *first = g_strdup_printf (
      SOURCE "gantrainer batch-size=8 silent=true checkpoint=%s", 16, "GRAY8", folder);
  g_autofree char *again = g_strdup_printf (
      SOURCE "gantrainer batch-size=8 silent=true resume=true checkpoint=%s", 16, "GRAY8", folder);
  g_autofree char *colour = g_strdup_printf (
      SOURCE "gantrainer batch-size=8 silent=true resume=true checkpoint=%s", 16, "RGB", folder);
  g_autofree char *path = g_build_filename (folder, GEN_CHECKPOINT_STATE, NULL), *text = NULL;
  g_autoptr (GBytes) state = NULL;
  gsize size;

  g_assert_cmpstr (play (first, NULL), ==, NULL);
  text = play (colour, NULL);
  g_assert_nonnull (strstr (text, GEN_CHECKPOINT_STATE));
  state = read_file (folder, GEN_CHECKPOINT_STATE);
  size = g_bytes_get_size (state);
  for (gsize cut = 0; cut < size; cut = cut * 3 + 5) {
    g_autofree char *message = NULL;

    g_assert_true (g_file_set_contents (path, g_bytes_get_data (state, NULL), cut, NULL));
    message = play (again, NULL);
    g_assert_nonnull (message);
    g_assert_nonnull (strstr (message, GEN_CHECKPOINT_STATE));
  }
  scratch_remove (folder);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/gantrainer/resume", test_resume);
  if (gen_device_cuda.available (NULL)) {
    g_test_add_data_func ("/gantrainer/device/resume-fp32", "fp32", test_device_resume);
    g_test_add_data_func ("/gantrainer/device/resume-fp16", "fp16", test_device_resume);
    g_test_add_func ("/gantrainer/device/errors", test_device_errors);
  } else {
    g_test_add_func ("/gantrainer/no-device", test_no_device);
  }
  g_test_add_func ("/gantrainer/models", test_models);
  g_test_add_func ("/gantrainer/validation", test_validation);
  g_test_add_func ("/gantrainer/preset-settings", test_preset_settings);
  g_test_add_func ("/gantrainer/validation/shown", test_shown_validation);
  g_test_add_func ("/gantrainer/early-stopping", test_early_stopping);
  g_test_add_func ("/gantrainer/preview", test_preview);
  g_test_add_func ("/gantrainer/unlinked-validation", test_unlinked_validation);
  g_test_add_func ("/gantrainer/flush", test_flush);
  g_test_add_func ("/gantrainer/families", test_families);
  g_test_add_func ("/gantrainer/errors", test_errors);
  g_test_add_func ("/gantrainer/damaged", test_damaged);
  return g_test_run ();
}
