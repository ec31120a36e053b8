/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Properties that are set while a pipeline plays: those that say so take effect with a frame that
 * follows, whatever that asks of the caps; all others stay as they are, and say so. */
#include <gst/check/gstharness.h>
#include <gst/video/video.h>

#include <generative/picture.h>

#include "../staged.h"
#include "models.h"
#include "player.h"

static char *folder;

static char *
path_of (const char *name)
{
  return g_build_filename (folder, name, NULL);
}

static GstHarness *
open_generator (const char *model, GstBus **bus)
{
  g_autofree char *path = path_of (model);
  g_autofree char *launch = g_strdup_printf ("generator model=%s", path);
  GstHarness *harness = gst_harness_new_parse (launch);

  *bus = gst_bus_new ();
  gst_element_set_bus (harness->element, *bus);
  gst_harness_set_src_caps_str (harness,
      "other/tensors,format=(string)static,num_tensors=1,types=(string)float32,"
      "dimensions=(string)3,framerate=(fraction)30/1");
  return harness;
}

static void
close_harness (GstHarness *harness, GstBus *bus)
{
  gst_element_set_bus (harness->element, NULL);
  gst_object_unref (bus);
  gst_harness_teardown (harness);
}

static GstBuffer *
make_latent (guint frame)
{
  GstBuffer *buffer = gst_buffer_new_wrapped (g_malloc0 (12), 12);

  GST_BUFFER_PTS (buffer) = gst_util_uint64_scale (frame, GST_SECOND, 30);
  GST_BUFFER_DURATION (buffer) = GST_SECOND / 30;
  return buffer;
}

static void
set_model (GstElement *element, const char *name)
{
  g_autofree char *path = path_of (name);

  g_object_set (element, "model", path, NULL);
}

static void
change_model (GstHarness *harness, const char *name)
{
  g_autoptr (GstElement) element = gst_harness_find_element (harness, "generator");

  set_model (element, name);
}

static void
set_batch (GstHarness *harness, guint batch)
{
  g_autoptr (GstElement) element = gst_harness_find_element (harness, "generator");

  g_object_set (element, "batch-size", batch, NULL);
}

static void
wait_for (GstBus *bus, GstMessageType type, const char *text)
{
  g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (bus, 20 * GST_SECOND, type);
  g_autoptr (GError) error = NULL;

  g_assert_nonnull (message);
  if (type != GST_MESSAGE_WARNING)
    return;
  gst_message_parse_warning (message, &error, NULL);
  if (strstr (error->message, text) == NULL)
    g_error ("\"%s\" lacks \"%s\"", error->message, text);
}

/* A frame of `side` x `side` that is `value` all over. */
static void
assert_frame (GstHarness *harness, GstBuffer *buffer, int side, guint8 value)
{
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (harness->sinkpad);
  GstVideoInfo info;
  guint8 byte;

  g_assert_true (gst_video_info_from_caps (&info, caps));
  g_assert_cmpint (info.width, ==, side);
  g_assert_cmpint (info.height, ==, side);
  g_assert_cmpuint (gst_buffer_get_size (buffer), ==, GST_VIDEO_INFO_SIZE (&info));
  gst_buffer_extract (buffer, (gsize)info.stride[0] * (gsize)(side - 1), &byte, 1);
  g_assert_cmpint (ABS (byte - value), <=, 1);
  gst_buffer_unref (buffer);
}

/* Another model of the same size, of another size, and back. */
static void
test_model (void)
{
  static const struct {
    const char *name;
    int side;
    guint8 value;
  } models[] = { { "light", 4, 200 }, { "large", 8, 100 }, { "dark", 4, 50 }, { "large", 8, 100 } };
  GstBus *bus;
  GstHarness *harness = open_generator ("dark", &bus);

  assert_frame (harness, gst_harness_push_and_pull (harness, make_latent (0)), 4, 50);
  for (guint i = 0; i < G_N_ELEMENTS (models); i++) {
    change_model (harness, models[i].name);
    wait_for (bus, GST_MESSAGE_ELEMENT, "");
    assert_frame (harness, gst_harness_push_and_pull (harness, make_latent (i + 1)), models[i].side,
        models[i].value);
  }
  close_harness (harness, bus);
}

/* Set between the start and the first caps, it is the one that plays. */
static void
test_before_caps (void)
{
  g_autofree char *path = path_of ("dark");
  g_autofree char *launch = g_strdup_printf ("generator model=%s", path);
  GstHarness *harness = gst_harness_new_parse (launch);
  GstBus *bus = gst_bus_new ();

  gst_element_set_bus (harness->element, bus);
  change_model (harness, "large");
  wait_for (bus, GST_MESSAGE_ELEMENT, "");
  gst_harness_set_src_caps_str (harness,
      "other/tensors,format=(string)static,num_tensors=1,types=(string)float32,"
      "dimensions=(string)3,framerate=(fraction)30/1");
  assert_frame (harness, gst_harness_push_and_pull (harness, make_latent (0)), 8, 100);
  close_harness (harness, bus);
}

/* What cannot be played in its place: the old one plays on. */
static void
test_refused (void)
{
  static const struct {
    const char *name, *text;
  } models[] = {
    { "missing", "missing" },
    { "broken", "broken" },
    { "long", "takes latents of 5 numbers" },
    { "score", "score" },
    { "four", "set property batch-size=4" },
    { "sound", "does not make what it takes" },
  };
  GstBus *bus;
  GstHarness *harness = open_generator ("dark", &bus);

  for (guint i = 0; i < G_N_ELEMENTS (models); i++) {
    assert_frame (harness, gst_harness_push_and_pull (harness, make_latent (2 * i)), 4, 50);
    change_model (harness, models[i].name);
    wait_for (bus, GST_MESSAGE_WARNING, models[i].text);
    assert_frame (harness, gst_harness_push_and_pull (harness, make_latent (2 * i + 1)), 4, 50);
  }
  close_harness (harness, bus);

  /* Nor one whose pictures nobody takes. */
  harness = open_generator ("dark", &bus);
  gst_harness_set_sink_caps_str (harness, "video/x-raw,width=4,height=4");
  assert_frame (harness, gst_harness_push_and_pull (harness, make_latent (0)), 4, 50);
  change_model (harness, "large");
  wait_for (bus, GST_MESSAGE_WARNING, "does not take what it makes");
  assert_frame (harness, gst_harness_push_and_pull (harness, make_latent (1)), 4, 50);
  close_harness (harness, bus);
}

/* A model of sound, which turns it upside down, at a rate that it says. */
static void
save_sound_filter (const char *path, const char *rate)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("sound");
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, -1));

  gen_graph_add_output (graph, gen_unary (graph, "Neg", x, NULL));
  g_hash_table_insert (graph->metadata, g_strdup ("generative.sample-rate"), g_strdup (rate));
  gen_onnx_save (graph, path, &error);
  g_assert_no_error (error);
}

static void
assert_samples (GstHarness *harness, float value)
{
  const float samples[480] = { [0] = 0.25f };
  g_autoptr (GstBuffer) buffer =
      gst_harness_push_and_pull (harness, gst_buffer_new_memdup (samples, sizeof samples));
  float first;

  gst_buffer_extract (buffer, 0, &first, sizeof first);
  g_assert_cmpfloat (first, ==, value);
}

/* A model of sound at another rate, where nothing in front converts to it. */
static void
test_other_rate (void)
{
  g_autofree char *path = path_of ("sound");
  g_autofree char *launch = g_strdup_printf ("generator chunk-size=480 model=%s", path);
  GstHarness *harness = gst_harness_new_parse (launch);
  GstBus *bus = gst_bus_new ();

  gst_element_set_bus (harness->element, bus);
  gst_harness_set_src_caps_str (
      harness, "audio/x-raw,format=F32LE,layout=interleaved,rate=16000,channels=1");
  assert_samples (harness, -0.25f);
  change_model (harness, "slow-sound");
  wait_for (bus, GST_MESSAGE_WARNING, "does not make what it takes");
  assert_samples (harness, -0.25f);
  close_harness (harness, bus);
}

/* A model that changes nothing of pictures of `channels`. */
static void
save_same (const char *name, gint64 channels)
{
  g_autofree char *path = path_of (name);
  g_autoptr (GenGraph) graph = gen_graph_new ("same");
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_UINT8, &GEN_SHAPE (1, channels, -1, -1));

  gen_graph_add_output (graph, gen_unary (graph, "Identity", x, &error));
  g_assert_no_error (error);
  gen_onnx_save (graph, path, &error);
  g_assert_no_error (error);
}

static GstBuffer *
make_black (gsize size)
{
  return gst_buffer_new_wrapped (g_malloc0 (size), size);
}

/* A model of pictures in other channels, where nothing in front makes these. */
static void
test_other_channels (void)
{
  g_autofree char *path = path_of ("colour");
  g_autofree char *launch = g_strdup_printf ("generator model=%s", path);
  GstHarness *harness;
  GstBus *bus = gst_bus_new ();

  save_same ("colour", 3);
  save_same ("grey", 1);
  harness = gst_harness_new_parse (launch);
  gst_element_set_bus (harness->element, bus);
  gst_harness_set_src_caps_str (
      harness, "video/x-raw,format=RGB,width=4,height=4,framerate=(fraction)30/1");
  assert_frame (harness, gst_harness_push_and_pull (harness, make_black (48)), 4, 0);
  change_model (harness, "grey");
  wait_for (bus, GST_MESSAGE_WARNING, "does not make what it takes");
  assert_frame (harness, gst_harness_push_and_pull (harness, make_black (48)), 4, 0);
  close_harness (harness, bus);
}

/* A generator as save_generator's, of which nobody knows the size of its pictures before it runs.
 */
static void
save_staged (const char *path, gint64 side, float value)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("staged");
  g_autofree float *weights = g_new0 (float, 3 * side * side), *bias = g_new (float, side *side);
  GenTensor *z = gen_graph_add_input (graph, "z", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 3)), *y;
  g_autoptr (GError) error = NULL;

  for (gint64 i = 0; i < side * side; i++)
    bias[i] = value / 255;
  y = gen_graph_op (graph, "Gemm",
      (GenTensor *[]){ z,
          gen_graph_add_constant (graph, "w", GEN_TYPE_FLOAT32, &GEN_SHAPE (3, side * side),
              g_bytes_new (weights, (gsize)(3 * side * side) * sizeof *weights)),
          gen_graph_add_constant (graph, "b", GEN_TYPE_FLOAT32, &GEN_SHAPE (side * side),
              g_bytes_new (bias, (gsize)(side * side) * sizeof *bias)) },
      3, 1, &error, NULL);
  g_assert_no_error (error);
  y->shape.dims[0] = z->shape.dims[0] = -1;
  y = staged_same (graph, y);
  y->type = GEN_TYPE_FLOAT32;
  y->shape = GEN_SHAPE (-1, side * side);
  gen_graph_add_output (graph, y);
  g_hash_table_insert (graph->metadata, g_strdup ("generative.output-range"), g_strdup ("0,1"));
  gen_onnx_save (graph, path, &error);
  g_assert_no_error (error);
}

/* A model that plays in another way takes the place of one that gathers, and gives it back: what
 * was gathered is made by the one for which it came, and no size of the other is remembered. */
static void
test_ways (void)
{
  GstBus *bus;
  GstHarness *harness = open_generator ("dark", &bus);
  GstBuffer *gathered;
  guint frame = 0;
  guint8 byte;

  for (guint round = 0; round < 2; round++) {
    set_batch (harness, 2);
    do {
      g_usleep (1000);
      g_assert_cmpint (gst_harness_push (harness, make_latent (frame++)), ==, GST_FLOW_OK);
      while (gst_harness_buffers_in_queue (harness) > 0 &&
             gst_harness_buffers_received (harness) == frame)
        assert_frame (harness, gst_harness_pull (harness), 4, 50);
    } while (gst_harness_buffers_received (harness) == frame);
    change_model (harness, "staged");
    wait_for (bus, GST_MESSAGE_ELEMENT, "");
    g_assert_cmpint (gst_harness_push (harness, make_latent (frame++)), ==, GST_FLOW_OK);
    gathered = gst_harness_pull (harness);
    gst_buffer_extract (gathered, 0, &byte, 1);
    g_assert_cmpuint (byte, ==, 50);
    gst_buffer_unref (gathered);
    assert_frame (harness, gst_harness_pull (harness), 8, 200);
    change_model (harness, "staged-small");
    wait_for (bus, GST_MESSAGE_ELEMENT, "");
    assert_frame (harness, gst_harness_push_and_pull (harness, make_latent (frame++)), 4, 150);
    set_batch (harness, 1);
    change_model (harness, "dark");
    wait_for (bus, GST_MESSAGE_ELEMENT, "");
    assert_frame (harness, gst_harness_push_and_pull (harness, make_latent (frame++)), 4, 50);
  }
  g_assert_cmpuint (gst_harness_buffers_received (harness), ==, frame);
  close_harness (harness, bus);
}

/* A source that lets the next element decide follows a model of other latents. */
static void
test_other_latents (void)
{
  static const char *const launches[] = {
    "latentsrc ! generator name=it model=%s/dark ! fakesink name=sink signal-handoffs=true "
    "sync=false",
    "latentsrc ! queue ! generator name=it batch-size=3 model=%s/dark ! queue ! "
    "fakesink name=sink signal-handoffs=true sync=false",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (launches); i++) {
    g_autofree char *launch = g_strdup_printf (launches[i], folder);
    g_autoptr (GstElement) generator = NULL;
    Player player;
    guint8 byte = 0;

    player_open (&player, launch);
    generator = gst_bin_get_by_name (GST_BIN (player.pipeline), "it");
    gst_element_set_state (player.pipeline, GST_STATE_PLAYING);
    set_model (generator, "long");
    while (byte != 150) {
      g_autoptr (GstMessage) message = gst_bus_pop_filtered (player.bus, GST_MESSAGE_ERROR);

      g_assert_null (message);
      g_usleep (1000);
      g_mutex_lock (&player.lock);
      if (player.buffers->len > 0)
        gst_buffer_extract (player.buffers->pdata[player.buffers->len - 1], 0, &byte, 1);
      g_ptr_array_set_size (player.buffers, 0);
      g_mutex_unlock (&player.lock);
    }
    player_close (&player);
  }
}

/* Frames are gathered from some frame on, and no more from another on; none is lost. */
static void
test_batch (void)
{
  GstBus *bus;
  GstHarness *harness = open_generator ("dark", &bus);
  guint pushed = 0;

  set_batch (harness, 4);
  do {
    g_usleep (1000);
    g_assert_cmpint (gst_harness_push (harness, make_latent (pushed++)), ==, GST_FLOW_OK);
  } while (gst_harness_buffers_received (harness) == pushed);
  g_assert_cmpuint (gst_harness_query_latency (harness), >=, 4 * GST_SECOND / 30);
  set_batch (harness, 1);
  do {
    g_usleep (1000);
    g_assert_cmpint (gst_harness_push (harness, make_latent (pushed++)), ==, GST_FLOW_OK);
  } while (gst_harness_buffers_received (harness) != pushed ||
           gst_harness_query_latency (harness) > 3 * GST_SECOND / 30);
  for (guint frame = 0; frame < pushed; frame++) {
    GstBuffer *buffer = gst_harness_pull (harness);

    g_assert_cmpuint (GST_BUFFER_PTS (buffer), ==, gst_util_uint64_scale (frame, GST_SECOND, 30));
    gst_buffer_unref (buffer);
  }
  close_harness (harness, bus);
}

/* Another model that takes more, or less, than the one before plays on with the same caps; one that
 * makes another size of the same ports gets its own. */
static void
test_same_caps (void)
{
  static const struct {
    const char *name;
    int side;
    guint8 value;
  } models[] = { { "any", 4, 50 }, { "same", 4, 200 }, { "any", 4, 50 }, { "twice", 8, 100 },
    { "any", 4, 50 } };
  g_autofree char *path = path_of ("same");
  g_autofree char *launch = g_strdup_printf ("generator model=%s", path);
  GstHarness *harness = gst_harness_new_parse (launch);
  GstBus *bus = gst_bus_new ();

  gst_element_set_bus (harness->element, bus);
  gst_harness_set_src_caps_str (
      harness, "video/x-raw,format=GRAY8,width=4,height=4,framerate=30/1");
  for (guint i = 0; i <= G_N_ELEMENTS (models); i++) {
    GstBuffer *buffer = gst_buffer_new_allocate (NULL, 16, NULL);

    gst_buffer_memset (buffer, 0, 200, 16);
    GST_BUFFER_PTS (buffer) = gst_util_uint64_scale (i, GST_SECOND, 30);
    assert_frame (harness, gst_harness_push_and_pull (harness, buffer),
        i == 0 ? 4 : models[i - 1].side, i == 0 ? 200 : models[i - 1].value);
    if (i == G_N_ELEMENTS (models))
      break;
    change_model (harness, models[i].name);
    wait_for (bus, GST_MESSAGE_ELEMENT, "");
  }
  close_harness (harness, bus);
}

/* A batch that is set behind a model is that model's: no frame is the old one's again. */
static void
test_model_and_batch (void)
{
  GstBus *bus;
  GstHarness *harness = open_generator ("dark", &bus);
  guint pushed = 0;

  change_model (harness, "large");
  wait_for (bus, GST_MESSAGE_ELEMENT, "");
  set_batch (harness, 4);
  g_usleep (G_USEC_PER_SEC / 5); /* both are ready before a frame comes */
  do {
    g_usleep (1000);
    g_assert_cmpint (gst_harness_push (harness, make_latent (pushed++)), ==, GST_FLOW_OK);
  } while (gst_harness_buffers_received (harness) == pushed);
  gst_harness_push_event (harness, gst_event_new_eos ());
  while (pushed-- > 0)
    assert_frame (harness, gst_harness_pull (harness), 8, 100);
  close_harness (harness, bus);
}

/* Another model scores the frames that pass, one that cannot is refused, and action and threshold
 * hold from the next frame on. */
static void
test_discriminator (void)
{
  g_autofree char *path = path_of ("score");
  g_autofree char *launch =
      g_strdup_printf ("discriminator model=%s post-messages=true threshold=0.6", path);
  static const struct {
    const char *model, *word;
    double score;
  } steps[] = { { "score", NULL, 0.5 }, { "high", NULL, 0.75 }, { "wide", "takes 8 x 8", 0.75 },
    { "dark", "vectors of 16 numbers", 0.75 }, { "missing", "missing", 0.75 },
    { "score", NULL, 0.5 } };
  GstHarness *harness = gst_harness_new_parse (launch);
  g_autoptr (GstElement) element = gst_harness_find_element (harness, "discriminator");
  GstBus *bus = gst_bus_new ();
  guint passed = 0;

  gst_element_set_bus (harness->element, bus);
  gst_harness_set_src_caps_str (
      harness, "video/x-raw,format=GRAY8,width=4,height=4,framerate=30/1");
  for (gsize i = 0; i < G_N_ELEMENTS (steps); i++) {
    gboolean changed = i == 0, told = steps[i].word == NULL;

    if (i > 0)
      set_model (element, steps[i].model);
    /* A model that is loaded is taken at the next frame, and may be refused only then. */
    while (!changed || !told) {
      g_autoptr (GstMessage) message = NULL;

      g_usleep (1000);
      gst_harness_push (harness, gst_harness_create_buffer (harness, 16));
      while ((message = gst_bus_pop_filtered (bus, GST_MESSAGE_WARNING | GST_MESSAGE_ELEMENT)) !=
             NULL) {
        changed |= gst_message_has_name (message, "discriminator-reload");
        if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_WARNING) {
          g_autoptr (GError) error = NULL;

          gst_message_parse_warning (message, &error, NULL);
          g_assert_nonnull (strstr (error->message, steps[i].word));
          changed = told = TRUE;
        }
        g_clear_pointer (&message, gst_message_unref);
      }
    }
    for (int drop = 0; drop < 2; drop++) {
      g_autoptr (GstMessage) message = NULL;
      double score;

      g_object_set (element, "action", drop, NULL);
      while (gst_harness_buffers_in_queue (harness) > 0)
        gst_buffer_unref (gst_harness_pull (harness));
      gst_harness_push (harness, gst_harness_create_buffer (harness, 16));
      message = gst_bus_pop_filtered (bus, GST_MESSAGE_ELEMENT);
      g_assert_nonnull (message);
      g_assert_true (
          gst_structure_get_double (gst_message_get_structure (message), "score", &score));
      g_assert_cmpfloat (score, ==, steps[i].score);
      passed = gst_harness_buffers_in_queue (harness);
      g_assert_cmpuint (passed, ==, !drop || score >= 0.6);
    }
  }
  close_harness (harness, bus);
}

/* The third frame of a live source, with a seed that was set after the first. */
static void
get_third (const char *launch, guint64 seed, float numbers[100])
{
  GstHarness *harness = gst_harness_new_parse (launch);
  g_autoptr (GstElement) source = gst_harness_find_element (harness, "latentsrc");

  gst_harness_use_testclock (harness);
  gst_harness_play (harness);
  for (guint i = 0; i < 3; i++) {
    GstBuffer *buffer;

    g_assert_true (gst_harness_crank_single_clock_wait (harness));
    buffer = gst_harness_pull (harness);
    gst_buffer_extract (buffer, 0, numbers, 100 * sizeof (float));
    gst_buffer_unref (buffer);
    if (i == 0)
      g_object_set (source, "seed", seed, NULL);
  }
  gst_harness_teardown (harness);
}

/* The latents of a source are those of its settings as they are. */
static void
test_latents (void)
{
  float changed[100], constant[100], other[100];

  get_third ("latentsrc is-live=true seed=1", 5, changed);
  get_third ("latentsrc is-live=true seed=5", 5, constant);
  get_third ("latentsrc is-live=true seed=1", 1, other);
  g_assert_cmpmem (changed, sizeof changed, constant, sizeof constant);
  g_assert_cmpfloat (changed[0], !=, other[0]);
}

/* A number near by, within the property's bounds. */
static double
another_number (double number, GParamSpec *spec)
{
  const GParamSpecDouble *bounds = G_PARAM_SPEC_DOUBLE (spec);
  const double more = MIN (number + 0.25, number / 2 + bounds->maximum / 2);

  return more > number ? more : MAX (number - 0.25, number / 2 + bounds->minimum / 2);
}

/* Another value than the one that `value` has. */
static void
change (GValue *value, GParamSpec *spec)
{
  g_auto (GValue) element = G_VALUE_INIT;

  if (spec->value_type == GST_TYPE_ARRAY) {
    g_value_init (&element, G_TYPE_DOUBLE);
    gst_value_array_append_value (value, &element);
    return;
  }
  switch (G_TYPE_FUNDAMENTAL (spec->value_type)) {
  case G_TYPE_BOOLEAN:
    g_value_set_boolean (value, !g_value_get_boolean (value));
    break;
  case G_TYPE_INT:
    g_value_set_int (value, g_value_get_int (value) + 1);
    break;
  case G_TYPE_UINT:
    g_value_set_uint (value, g_value_get_uint (value) + 1);
    break;
  case G_TYPE_UINT64:
    g_value_set_uint64 (value, g_value_get_uint64 (value) + 1);
    break;
  case G_TYPE_DOUBLE:
    g_value_set_double (value, another_number (g_value_get_double (value), spec));
    break;
  case G_TYPE_ENUM:
    g_value_set_enum (value, g_value_get_enum (value) == 0);
    break;
  case G_TYPE_STRING:
    g_value_set_string (value, "another");
    break;
  default:
    g_assert_not_reached ();
  }
}

/* Others may come before it, such as that another model is not there. */
static void
wait_for_word (GstBus *bus, const char *word)
{
  gboolean found = FALSE;

  while (!found) {
    g_autoptr (GstMessage) message =
        gst_bus_timed_pop_filtered (bus, 20 * GST_SECOND, GST_MESSAGE_WARNING);
    g_autofree char *text = g_strdup_printf ("Property %s is read", word);
    g_autoptr (GError) error = NULL;

    g_assert_nonnull (message);
    gst_message_parse_warning (message, &error, NULL);
    found = strstr (error->message, text) != NULL;
  }
}

static void
try_to_set (GstElement *element, GstBus *bus, GParamSpec *spec)
{
  g_auto (GValue) before = G_VALUE_INIT, wanted = G_VALUE_INIT, after = G_VALUE_INIT;
  gboolean fixed = (spec->flags & GST_PARAM_MUTABLE_READY) != 0;

  g_object_get_property (G_OBJECT (element), spec->name, &before);
  g_value_init (&wanted, spec->value_type);
  g_value_copy (&before, &wanted);
  change (&wanted, spec);
  g_object_set_property (G_OBJECT (element), spec->name, &wanted);
  g_object_get_property (G_OBJECT (element), spec->name, &after);
  g_assert_cmpint (g_param_values_cmp (spec, &before, &after) == 0, ==, fixed);
  if (fixed)
    wait_for_word (bus, spec->name);
}

/* Each property's flags say when it can be set, and that is so. */
static void
test_flags (void)
{
  static const char *const launches[] = {
    "latentsrc name=it ! fakesink",
    "datasetsrc name=it location=%s/sheet.png ! fakesink",
    "latentsrc ! generator name=it model=%s/dark ! fakesink",
    "latentsrc ! generator model=%s/dark ! discriminator name=it model=%s/score ! fakesink",
    "videotestsrc ! qualitymeter name=it ! fakesink",
    "videotestsrc ! videoaugment name=it ! fakesink",
    "audiotestsrc ! audioaugment name=it ! fakesink",
    "videotestsrc ! video/x-raw,format=GRAY8,width=4,height=4 ! gantrainer name=it "
    "checkpoint=%s/checkpoint silent=true batch-size=2",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (launches); i++) {
    g_auto (GStrv) parts = g_strsplit (launches[i], "%s", -1);
    g_autofree char *launch = g_strjoinv (folder, parts);
    g_autoptr (GstElement) pipeline = gst_parse_launch (launch, NULL);
    g_autoptr (GstElement) element = gst_bin_get_by_name (GST_BIN (pipeline), "it");
    g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
    g_autofree GParamSpec **specs = NULL;
    guint n, own = 0;

    gst_element_set_state (pipeline, GST_STATE_PLAYING);
    g_assert_cmpint (gst_element_get_state (pipeline, NULL, NULL, 20 * GST_SECOND), !=,
        GST_STATE_CHANGE_FAILURE);
    specs = g_object_class_list_properties (G_OBJECT_GET_CLASS (element), &n);
    for (guint s = 0; s < n; s++) {
      gboolean ready = (specs[s]->flags & GST_PARAM_MUTABLE_READY) != 0;
      gboolean playing = (specs[s]->flags & GST_PARAM_MUTABLE_PLAYING) != 0;
      gboolean ours = specs[s]->owner_type == G_OBJECT_TYPE (element) ||
                      g_str_equal (g_type_name (specs[s]->owner_type), "GstScoreFilter");

      if (!ours || !(specs[s]->flags & G_PARAM_WRITABLE))
        continue;
      own++;
      g_assert_cmpint (ready, !=, playing);
      try_to_set (element, bus, specs[s]);
    }
    g_assert_cmpuint (own, >, 0);
    gst_element_set_state (pipeline, GST_STATE_NULL);
  }
}

int
main (int argc, char **argv)
{
  g_autofree char *dark = NULL, *light = NULL, *large = NULL, *other = NULL, *score = NULL;
  g_autofree char *high = NULL, *wide = NULL, *sound = NULL, *slow = NULL;
  g_autofree char *staged = NULL, *small = NULL;
  g_autofree char *four = NULL, *same = NULL, *twice = NULL, *any = NULL, *broken = NULL,
                  *sheet = NULL;
  g_auto (GenPicture) picture = { 0 };
  int result;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  folder = scratch_new ();
  save_generator (dark = path_of ("dark"), -1, 3, 4, 50);
  save_generator (light = path_of ("light"), -1, 3, 4, 200);
  save_generator (large = path_of ("large"), -1, 3, 8, 100);
  save_generator (other = path_of ("long"), -1, 5, 4, 150);
  save_discriminator (score = path_of ("score"), 4, 0.5f);
  save_discriminator (high = path_of ("high"), 4, 0.75f);
  save_discriminator (wide = path_of ("wide"), 8, 0.25f);
  save_generator (four = path_of ("four"), 4, 3, 8, 150);
  save_staged (staged = path_of ("staged"), 8, 200);
  save_staged (small = path_of ("staged-small"), 4, 150);
  save_filter (same = path_of ("same"), 4, 1, 1);
  save_filter (any = path_of ("any"), -1, 0.25f, 1);
  save_filter (twice = path_of ("twice"), -1, 0.5f, 2);
  save_sound_filter (sound = path_of ("sound"), "16000");
  save_sound_filter (slow = path_of ("slow-sound"), "8000");
  broken = path_of ("broken");
  g_assert_true (g_file_set_contents (broken, "no model", -1, NULL));
  sheet = path_of ("sheet.png");
  gen_picture_init (&picture, 24, 12, 1);
  g_assert_true (gen_picture_save_png (&picture, sheet, NULL));
  g_test_add_func ("/changes/model", test_model);
  g_test_add_func ("/changes/before-caps", test_before_caps);
  g_test_add_func ("/changes/refused", test_refused);
  g_test_add_func ("/changes/other-rate", test_other_rate);
  g_test_add_func ("/changes/other-channels", test_other_channels);
  g_test_add_func ("/changes/ways", test_ways);
  g_test_add_func ("/changes/other-latents", test_other_latents);
  g_test_add_func ("/changes/batch", test_batch);
  g_test_add_func ("/changes/same-caps", test_same_caps);
  g_test_add_func ("/changes/model-and-batch", test_model_and_batch);
  g_test_add_func ("/changes/discriminator", test_discriminator);
  g_test_add_func ("/changes/latents", test_latents);
  g_test_add_func ("/changes/flags", test_flags);
  result = g_test_run ();
  scratch_remove (folder);
  g_free (folder);
  return result;
}
