/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generator plays models whatever types their inputs, outputs and states are of, and however their
 * channels lie: what comes out is what the model of float32 makes. */
#include <gst/audio/audio.h>
#include <gst/check/gstharness.h>
#include <gst/video/video.h>

#include <math.h>

#include "doubtful.h"

#define PIXELS (SIDE * SIDE)

static char *folder;

/* Types of a model's ends, and what they take for black and white where the model has to say it. */
static const struct {
  GenDataType type;
  const char *range; /* NULL: the type tells, or bytes are assumed */
  float black;
} ends[] = {
  { GEN_TYPE_FLOAT32, "0,255", 0 },
  { GEN_TYPE_FLOAT16, "0,255", 0 },
  { GEN_TYPE_BFLOAT16, "0,255", 0 },
  { GEN_TYPE_FLOAT64, "0,255", 0 },
  { GEN_TYPE_UINT8, NULL, 0 },
  { GEN_TYPE_INT8, NULL, -128 },
  { GEN_TYPE_UINT16, "0,255", 0 },
  { GEN_TYPE_INT16, "0,255", 0 },
  { GEN_TYPE_INT32, NULL, 0 },
  { GEN_TYPE_UINT32, NULL, 0 },
  { GEN_TYPE_INT64, NULL, 0 },
  { GEN_TYPE_UINT64, NULL, 0 },
};

static GenTensor *
cast (GenGraph *graph, GenTensor *x, GenDataType type)
{
  g_autoptr (GError) error = NULL;
  GenTensor *made = gen_graph_op (graph, "Cast", &x, 1, 1, &error, "to", GEN_INT, (int)type, NULL);

  g_assert_no_error (error);
  return made;
}

static GenTensor *
add (GenGraph *graph, GenTensor *x, float number)
{
  g_autoptr (GError) error = NULL;
  GenTensor *made = gen_binary (graph, "Add", x, gen_graph_float (graph, number), &error);

  g_assert_no_error (error);
  return made;
}

static GenTensor *
turn (GenGraph *graph, GenTensor *x, gint64 a, gint64 b, gint64 c)
{
  const gint64 order[] = { 0, a, b, c };
  g_autoptr (GError) error = NULL;
  GenTensor *made =
      gen_graph_op (graph, "Transpose", &x, 1, 1, &error, "perm", GEN_INTS, 4, order, NULL);

  g_assert_no_error (error);
  return made;
}

/* Of each channel of bytes a half, and a quarter of the next one, and 10, whole. */
static GenTensor *
mix (GenGraph *graph, GenTensor *x)
{
  const float shares[] = { 0.5f, 0.25f, 0, 0, 0.5f, 0.25f, 0.25f, 0, 0.5f };
  g_autoptr (GError) error = NULL;
  GenTensor *inputs[] = { x, gen_graph_add_constant (graph, "shares", GEN_TYPE_FLOAT32,
                                 &GEN_SHAPE (3, 3, 1, 1), g_bytes_new (shares, sizeof shares)) };
  GenTensor *made = gen_graph_op (graph, "Conv", inputs, 2, 1, &error, NULL);

  g_assert_no_error (error);
  made = gen_unary (graph, "Round", add (graph, made, 10), &error);
  g_assert_no_error (error);
  return made;
}

static void
save_mixer (const char *path, guint in, guint out, gboolean in_last, gboolean out_last)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("mixer");
  GenTensor *x = add_picture (graph, ends[in].type, 1, in_last);

  x = cast (graph, x, GEN_TYPE_FLOAT32);
  if (in_last)
    x = turn (graph, x, 3, 1, 2);
  x = add (graph, mix (graph, add (graph, x, -ends[in].black)), ends[out].black);
  if (out_last)
    x = turn (graph, x, 2, 3, 1);
  if (ends[in].range != NULL)
    say_range (graph, "generative.input-range", ends[in].range);
  if (ends[out].range != NULL)
    say_range (graph, "generative.output-range", ends[out].range);
  save_model (graph, cast (graph, x, ends[out].type), path);
}

static GstBuffer *
play_once (const char *path, const char *caps, GstBuffer *buffer)
{
  g_autofree char *launch = g_strdup_printf ("generator model=%s", path);
  GstHarness *harness = gst_harness_new_parse (launch);
  GstBuffer *made;

  gst_harness_set_src_caps_str (harness, caps);
  gst_harness_set_sink_caps_str (harness, caps);
  GST_BUFFER_PTS (buffer) = 0;
  made = gst_harness_push_and_pull (harness, buffer);
  gst_harness_teardown (harness);
  g_assert_nonnull (made);
  return made;
}

static void
test_pictures (void)
{
  g_autofree char *path = g_build_filename (folder, "mixer.onnx", NULL);
  guint8 bytes[3 * PIXELS], wanted[3 * PIXELS], made[3 * PIXELS];

  for (guint i = 0; i < sizeof bytes; i++)
    bytes[i] = (guint8)(i * 85 % 256);
  for (guint i = 0; i < sizeof bytes; i++)
    wanted[i] = (guint8)rint (
        bytes[i] * 0.5 + bytes[i % 3 == 2 ? i - 2 : i + 1] * 0.25 + 10); /* halves to even */
  for (guint in = 0; in < G_N_ELEMENTS (ends); in++)
    for (guint out = 0; out < G_N_ELEMENTS (ends); out++)
      for (int last = 0; last < 4; last++) {
        g_autoptr (GstBuffer) buffer = NULL;

        save_mixer (path, in, out, last & 1, last & 2);
        buffer =
            play_once (path, "video/x-raw,format=RGB,width=8,height=8,framerate=(fraction)10/1",
                gst_buffer_new_memdup (bytes, sizeof bytes));
        g_assert_cmpuint (gst_buffer_extract (buffer, 0, made, sizeof made), ==, sizeof made);
        if (memcmp (made, wanted, sizeof made) != 0)
          g_error ("from %s%s to %s%s: %d %d %d for %d %d %d", gen_data_type_name (ends[in].type),
              last & 1 ? " NHWC" : "", gen_data_type_name (ends[out].type), last & 2 ? " NHWC" : "",
              made[0], made[1], made[2], wanted[0], wanted[1], wanted[2]);
      }
  g_remove (path);
}

/* A sound of half the loudness. */
static void
save_softer (const char *path, GenDataType in, GenDataType out)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("softer");
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (graph, "x", in, &GEN_SHAPE (1, 1, -1)), *y;
  const float full_in = in == GEN_TYPE_INT16 ? 32768 : 1;
  const float full_out = out == GEN_TYPE_INT16 ? 32768 : 1;
  const float share = 0.5f / full_in * full_out;

  x->shape.dims[2] = 1024;
  y = gen_graph_op (graph, "Conv",
      (GenTensor *[]){ cast (graph, x, GEN_TYPE_FLOAT32),
          gen_graph_add_constant (graph, "share", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, 1),
              g_bytes_new (&share, sizeof share)) },
      2, 1, &error, NULL);
  g_assert_no_error (error);
  y = cast (graph, y, out);
  x->shape.dims[2] = y->shape.dims[2] = -1;
  say_range (graph, "generative.sample-rate", "16000");
  save_model (graph, y, path);
}

static void
test_sounds (void)
{
  static const GenDataType types[] = { GEN_TYPE_FLOAT32, GEN_TYPE_FLOAT16, GEN_TYPE_FLOAT64,
    GEN_TYPE_INT16 };
  g_autofree char *path = g_build_filename (folder, "softer.onnx", NULL);
  gint16 samples[1024], made[1024];

  /* Even, and few enough digits for float16. */
  for (int i = 0; i < 1024; i++)
    samples[i] = (gint16)((i % 64 - 32) * 1024);
  for (guint in = 0; in < G_N_ELEMENTS (types); in++)
    for (guint out = 0; out < G_N_ELEMENTS (types); out++) {
      g_autoptr (GstBuffer) buffer = NULL;

      save_softer (path, types[in], types[out]);
      buffer = play_once (path,
          "audio/x-raw,format=" GST_AUDIO_NE (S16) ",rate=16000,channels=1,layout=interleaved",
          gst_buffer_new_memdup (samples, sizeof samples));
      g_assert_cmpuint (gst_buffer_extract (buffer, 0, made, sizeof made), >, 0);
      for (gsize i = 0; i < gst_buffer_get_size (buffer) / 2; i++)
        if (made[i] != samples[i] / 2)
          g_error ("from %s to %s: %d for %d", gen_data_type_name (types[in]),
              gen_data_type_name (types[out]), made[i], samples[i] / 2);
    }
  g_remove (path);
}

/* What is louder than int16 can say is as loud as that. */
static void
test_clipped_sound (void)
{
  g_autofree char *path = g_build_filename (folder, "clipped.onnx", NULL);
  g_autoptr (GstBuffer) buffer = NULL;
  float samples[1024], made[1024];

  for (int i = 0; i < 1024; i++)
    samples[i] = i % 2 ? 1.5f : -1.5f;
  save_softer (path, GEN_TYPE_INT16, GEN_TYPE_FLOAT32);
  buffer = play_once (path,
      "audio/x-raw,format=" GST_AUDIO_NE (F32) ",rate=16000,channels=1,layout=interleaved",
      gst_buffer_new_memdup (samples, sizeof samples));
  gst_buffer_extract (buffer, 0, made, sizeof made);
  g_assert_cmpfloat_with_epsilon (made[0], -0.5f, 1e-6f);
  g_assert_cmpfloat_with_epsilon (made[1], 0.5f * 32767 / 32768, 1e-6f);
  g_remove (path);
}

/* A grey picture whose numbers all are what a state of `type` counts. */
static void
save_counter (const char *path, GenDataType type)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("counter");
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, SIDE, SIDE));
  GenTensor *state = gen_graph_add_input (graph, "count_in", type, &GEN_SHAPE (1)), *next, *y;
  GenTensor *none = gen_binary (graph, "Mul", x, gen_graph_float (graph, 0), &error);

  if (type == GEN_TYPE_BOOL)
    next = gen_unary (graph, "Not", state, &error);
  else
    next = gen_binary (graph, "Add", state, cast (graph, gen_graph_float (graph, 1), type), &error);
  g_assert_no_error (error);
  y = gen_binary (graph, "Add", none, cast (graph, next, GEN_TYPE_FLOAT32), &error);
  g_assert_no_error (error);
  say_range (graph, "generative.input-range", "0,255");
  say_range (graph, "generative.output-range", "0,255");
  gen_graph_add_output (graph, y);
  g_hash_table_insert (
      graph->metadata, g_strdup ("generative.states"), g_strdup_printf ("count_in=%s", next->name));
  save_model (graph, next, path);
}

static void
test_states (void)
{
  static const GenDataType types[] = { GEN_TYPE_FLOAT32, GEN_TYPE_FLOAT16, GEN_TYPE_BFLOAT16,
    GEN_TYPE_FLOAT64, GEN_TYPE_UINT8, GEN_TYPE_INT32, GEN_TYPE_INT64, GEN_TYPE_BOOL };
  g_autofree char *path = g_build_filename (folder, "counter.onnx", NULL);

  for (guint t = 0; t < G_N_ELEMENTS (types); t++) {
    g_autofree char *launch = g_strdup_printf ("generator model=%s", path);
    GstHarness *harness;

    save_counter (path, types[t]);
    harness = gst_harness_new_parse (launch);
    gst_harness_set_src_caps_str (
        harness, "video/x-raw,format=GRAY8,width=8,height=8,framerate=(fraction)10/1");
    for (guint i = 0; i < 5; i++) {
      GstBuffer *frame = gst_buffer_new_allocate (NULL, PIXELS, NULL);
      g_autoptr (GstBuffer) made = NULL;
      guint8 byte;

      gst_buffer_memset (frame, 0, 100, PIXELS);
      GST_BUFFER_PTS (frame) = i * GST_SECOND / 10;
      made = gst_harness_push_and_pull (harness, frame);
      g_assert_nonnull (made);
      gst_buffer_extract (made, 0, &byte, 1);
      if (byte != (types[t] == GEN_TYPE_BOOL ? (i + 1) % 2 : i + 1))
        g_error ("a state of %s is %d after %u frames", gen_data_type_name (types[t]), byte, i + 1);
    }
    gst_harness_teardown (harness);
  }
  g_remove (path);
}

int
main (int argc, char **argv)
{
  int result;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  folder = scratch_new ();
  g_test_add_func ("/types/pictures", test_pictures);
  g_test_add_func ("/types/sounds", test_sounds);
  g_test_add_func ("/types/clipped-sound", test_clipped_sound);
  g_test_add_func ("/types/states", test_states);
  result = g_test_run ();
  scratch_remove (folder);
  g_free (folder);
  return result;
}
