/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What users say of the numbers of a model's pictures: mean and deviation as networks are published
 * with, ranges of each channel, and blue before red. */
#include <generative/model.h>
#include <gst/check/gstharness.h>
#include <gst/video/video.h>

#include <math.h>

#include "doubtful.h"

#define MEAN "0.485,0.456,0.406"
#define STD "0.229,0.224,0.225"
#define MEAN_OF_BYTES "123.675,116.28,103.53"
#define STD_OF_BYTES "58.395,57.12,57.375"
/* (0 - mean) / std and (1 - mean) / std. */
#define RANGES "-2.117904,2.248908,-2.035714,2.428571,-1.804444,2.64"

static char *folder;

static GenTensor *
triple (GenGraph *graph, float a, float b, float c)
{
  const float numbers[] = { a, b, c };

  return gen_graph_add_constant (graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 3, 1, 1),
      g_bytes_new (numbers, sizeof numbers));
}

/* y = x as 0 to 1, of an x that is without ImageNet's mean and deviation; */
static GenTensor *
undo (GenGraph *graph, GenTensor *x)
{
  x = gen_binary (graph, "Mul", x, triple (graph, 0.229f, 0.224f, 0.225f), NULL);
  return gen_binary (graph, "Add", x, triple (graph, 0.485f, 0.456f, 0.406f), NULL);
}

/* the other way round; */
static GenTensor *
prepare (GenGraph *graph, GenTensor *x)
{
  x = gen_binary (graph, "Sub", x, triple (graph, 0.485f, 0.456f, 0.406f), NULL);
  return gen_binary (graph, "Div", x, triple (graph, 0.229f, 0.224f, 0.225f), NULL);
}

/* x as it is; */
static GenTensor *
keep (GenGraph *graph, GenTensor *x)
{
  return gen_unary (graph, "Identity", x, NULL);
}

/* and its first channel. */
static GenTensor *
keep_first (GenGraph *graph, GenTensor *x)
{
  GenTensor *inputs[] = { x, gen_graph_ints (graph, (gint64[]){ 0 }, 1),
    gen_graph_ints (graph, (gint64[]){ 1 }, 1), gen_graph_ints (graph, (gint64[]){ 1 }, 1) };

  return gen_graph_op (graph, "Slice", inputs, 4, 1, NULL, NULL);
}

static char *
save (const char *name, GenTensor *(*make) (GenGraph *, GenTensor *), const char *order)
{
  char *path = g_build_filename (folder, name, NULL);
  g_autoptr (GenGraph) graph = gen_graph_new ("numbers");

  if (order != NULL)
    say_range (graph, "generative.channel-order", order);
  say_range (graph, "generative.input-range", "0,1");
  say_range (graph, "generative.output-range", "0,1");
  save_model (graph, make (graph, add_picture (graph, GEN_TYPE_FLOAT32, 1, FALSE)), path);
  return path;
}

/* A picture of `from`, by `path`, as a picture of `to`. */
static GstBuffer *
play_as (const char *path, const char *properties, const char *from, const char *to)
{
  g_autofree char *launch = g_strdup_printf ("generator model=%s %s", path, properties);
  g_autofree char *caps =
      g_strdup_printf ("video/x-raw,format=%s,width=8,height=8,framerate=(fraction)10/1", from);
  g_autofree char *wanted = g_strdup_printf ("video/x-raw,format=%s", to);
  GstHarness *harness = gst_harness_new_parse (launch);
  GstVideoInfo info;
  GstBuffer *frame, *made;
  GstMapInfo map;

  gst_video_info_set_format (&info, gst_video_format_from_string (from), 8, 8);
  frame = gst_buffer_new_allocate (NULL, info.size, NULL);
  gst_buffer_map (frame, &map, GST_MAP_WRITE);
  for (gsize i = 0; i < map.size; i++)
    map.data[i] = (guint8)(40 + i * 53 % 170);
  gst_buffer_unmap (frame, &map);
  GST_BUFFER_PTS (frame) = 0;
  gst_harness_set_sink_caps_str (harness, wanted);
  gst_harness_set_src_caps_str (harness, caps);
  made = gst_harness_push_and_pull (harness, frame);
  gst_harness_teardown (harness);
  g_assert_nonnull (made);
  return made;
}

static void
assert_same (GstBuffer *a, GstBuffer *b)
{
  GstMapInfo one, other;

  gst_buffer_map (a, &one, GST_MAP_READ);
  gst_buffer_map (b, &other, GST_MAP_READ);
  g_assert_cmpmem (one.data, one.size, other.data, other.size);
  gst_buffer_unmap (b, &other);
  gst_buffer_unmap (a, &one);
}

/* However it is said, what goes in is what the net was trained with. */
static void
test_moments (void)
{
  static const char *const said[] = { "input-mean=" MEAN " input-std=" STD,
    "input-mean=" MEAN_OF_BYTES " input-std=" STD_OF_BYTES,
    "input-mean=\"" MEAN "\" input-std=\"0.229, 0.224, 0.225\"", "input-range=" RANGES };
  static const char *const made[] = { "output-mean=" MEAN " output-std=" STD,
    "output-mean=" MEAN_OF_BYTES " output-std=" STD_OF_BYTES, "output-range=" RANGES };
  g_autofree char *bare = save ("bare.onnx", keep, NULL);
  g_autofree char *undoes = save ("undoes.onnx", undo, NULL);
  g_autofree char *prepares = save ("prepares.onnx", prepare, NULL);
  g_autoptr (GstBuffer) wanted = play_as (bare, "", "RGB", "RGB");

  for (gsize i = 0; i < G_N_ELEMENTS (said); i++) {
    g_autoptr (GstBuffer) buffer = play_as (undoes, said[i], "RGB", "RGB");

    assert_same (buffer, wanted);
  }
  for (gsize i = 0; i < G_N_ELEMENTS (made); i++) {
    g_autoptr (GstBuffer) buffer = play_as (prepares, made[i], "RGB", "RGB");

    assert_same (buffer, wanted);
  }
}

/* One number stands for all channels, and what is not said is no change. */
static void
test_halves (void)
{
  static const char *const same[][2] = { { "input-mean=0.5 input-std=0.5", "input-range=-1,1" },
    { "input-mean=127.5 input-std=127.5", "input-range=-1,1" },
    { "input-std=0.5", "input-range=0,2" }, { "input-mean=0.25", "input-range=-0.25,0.75" },
    { "input-mean=104,117,123", "input-range=-104,151,-117,138,-123,132" },
    { "input-mean=\"\" input-std=\"\"", "" } };
  g_autofree char *path = save ("halves.onnx", keep, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (same); i++) {
    g_autoptr (GstBuffer) one = play_as (path, same[i][0], "RGB", "RGB");
    g_autoptr (GstBuffer) other = play_as (path, same[i][1], "RGB", "RGB");

    assert_same (one, other);
  }
}

/* Whatever lies in frames, a model that changes nothing changes nothing with blue first. */
static void
test_blue_first (void)
{
  static const char *const formats[] = { "RGB", "BGR", "RGBx", "BGRx", "RGBA", "BGRA", "RGBP",
    "BGRP", "GBR", "NV12", "I420" };
  g_autofree char *plain = save ("plain.onnx", keep, NULL);
  g_autofree char *path = save ("bgr.onnx", keep, "bgr");

  for (gsize from = 0; from < G_N_ELEMENTS (formats); from++)
    for (gsize to = 0; to < G_N_ELEMENTS (formats); to++) {
      g_autoptr (GstBuffer) wanted = play_as (plain, "", formats[from], formats[to]);
      g_autoptr (GstBuffer) said = play_as (plain, "channel-order=bgr", formats[from], formats[to]);
      g_autoptr (GstBuffer) own = play_as (path, "", formats[from], formats[to]);

      assert_same (said, wanted);
      assert_same (own, wanted);
    }
}

/* The first channel of a model with blue first is blue, with the mean of its own. */
static void
test_first_is_blue (void)
{
  g_autofree char *path = save ("first.onnx", keep_first, NULL);
  static const char *const formats[] = { "BGR", "BGRx", "NV12", "I420" };

  for (gsize i = 0; i < G_N_ELEMENTS (formats); i++) {
    g_autoptr (GstBuffer) made = play_as (path, "channel-order=bgr", formats[i], "GRAY8");
    g_autoptr (GstBuffer) colours = NULL;
    g_autofree char *plain = save ("plain.onnx", keep, NULL);
    guint8 blue[3 * SIDE * SIDE], grey[SIDE * SIDE];

    colours = play_as (plain, "", formats[i], "BGR");
    g_assert_cmpuint (gst_buffer_extract (colours, 0, blue, sizeof blue), ==, sizeof blue);
    g_assert_cmpuint (gst_buffer_extract (made, 0, grey, sizeof grey), ==, sizeof grey);
    for (int k = 0; k < SIDE * SIDE; k++)
      g_assert_cmpint (grey[k], ==, blue[3 * k]);
  }
  for (int order = 0; order < 2; order++) {
    g_autofree char *properties = g_strdup_printf (
        "channel-order=%s input-mean=0.2,0,0 output-range=-0.2,0.8", order == 0 ? "rgb" : "bgr");
    g_autoptr (GstBuffer) made = play_as (path, properties, "RGB", "GRAY8");
    guint8 byte;

    gst_buffer_extract (made, 0, &byte, 1);
    g_assert_cmpint (byte, ==, 40 + (order == 0 ? 0 : 2 * 53));
  }
}

/* The file beside a model says it as well, and is written so. */
static void
test_written_down (void)
{
  g_autofree char *said = save ("said.onnx", keep_first, "bgr");
  g_autofree char *bare = save ("unsaid.onnx", keep_first, NULL);
  g_autofree char *beside = NULL, *from = g_strconcat (said, ".modelinfo", NULL);
  g_autofree char *to = g_strconcat (bare, ".modelinfo", NULL), *text = NULL;
  g_autoptr (GstBuffer) wanted = play_as (said, "", "RGB", "GRAY8"), made = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GenModel) model = gen_model_load (said, &error);

  g_assert_no_error (error);
  g_assert_true (gen_model_write_info (model, &(GenModelInfo){ 0 }, FALSE, &beside, &error));
  g_assert_no_error (error);
  g_assert_true (g_file_get_contents (from, &text, NULL, NULL));
  g_assert_true (g_file_set_contents (to, text, -1, NULL));
  made = play_as (bare, "", "RGB", "GRAY8");
  assert_same (made, wanted);
}

static void
assert_refused (const char *element, const char *path, const char *properties, const char *words)
{
  g_autofree char *launch = g_strdup_printf (
      "videotestsrc num-buffers=1 ! video/x-raw,format=RGB,width=8,height=8 ! %s model=%s %s ! "
      "fakesink",
      element, path, properties);
  gboolean failed;
  g_autofree char *text = play_for_words (launch, &failed);

  g_assert_true (failed);
  assert_says (text, words);
}

static void
test_refused (void)
{
  g_autofree char *path = save ("refused.onnx", keep, NULL);
  g_autofree char *order = save ("order.onnx", keep, "gbr");

  assert_refused ("generator", path, "input-mean=1,2", "Property input-mean is \"1,2\", which");
  assert_refused ("generator", path, "input-mean=1,2", "or one for all 3 channels");
  assert_refused ("generator", path, "input-mean=0.4 input-std=0",
      "Property input-std is \"0\", which should be numbers other than 0");
  assert_refused ("generator", path, "input-std=much", "0.229,0.224,0.225");
  assert_refused ("generator", path, "output-std=1,2,3,4,5", "Property output-std");
  assert_refused ("generator", path, "input-range=0,1 input-mean=0.5",
      "Property input-mean is set, and so is the range");
  assert_refused ("generator", path, "input-range=0,1,0", "two for each of 3 channels");
  assert_refused ("generator", path, "output-range=1,1", "Property output-range");
  assert_refused ("generator", order, "", "generative.channel-order is \"gbr\"");
}

/* The mean of all numbers is the score. */
static GenTensor *
average (GenGraph *graph, GenTensor *x)
{
  const gint64 axes[] = { 1, 2, 3 };

  return gen_graph_op (
      graph, "ReduceMean", &x, 1, 1, NULL, "axes", GEN_INTS, 3, axes, "keepdims", GEN_INT, 0, NULL);
}

static void
test_scores (void)
{
  g_autofree char *path = save ("score.onnx", average, NULL);
  g_autofree char *launch = g_strdup_printf (
      "discriminator model=%s input-mean=" MEAN " input-std=" STD " channel-order=bgr", path);
  const double wanted = ((1 - 0.485) / 0.229 + (1 - 0.456) / 0.224 + (1 - 0.406) / 0.225) / 3;
  GstHarness *harness = gst_harness_new_parse (launch);
  GstBuffer *frame = gst_buffer_new_allocate (NULL, 3 * SIDE * SIDE, NULL);
  g_autoptr (GstBuffer) made = NULL;
  double score = 0;

  gst_harness_set_src_caps_str (
      harness, "video/x-raw,format=RGB,width=8,height=8,framerate=(fraction)10/1");
  gst_buffer_memset (frame, 0, 255, 3 * SIDE * SIDE);
  made = gst_harness_push_and_pull (harness, frame);
  g_assert_true (gst_structure_get_double (
      gst_custom_meta_get_structure (gst_buffer_get_custom_meta (made, "generative-score")),
      "score", &score));
  gst_harness_teardown (harness);
  g_assert_cmpfloat_with_epsilon (score, wanted, 1e-4);
  assert_refused ("discriminator", path, "input-std=0", "Property input-std");
}

int
main (int argc, char **argv)
{
  int result;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  folder = scratch_new ();
  g_test_add_func ("/picture-numbers/moments", test_moments);
  g_test_add_func ("/picture-numbers/halves", test_halves);
  g_test_add_func ("/picture-numbers/blue-first", test_blue_first);
  g_test_add_func ("/picture-numbers/first-is-blue", test_first_is_blue);
  g_test_add_func ("/picture-numbers/written-down", test_written_down);
  g_test_add_func ("/picture-numbers/refused", test_refused);
  g_test_add_func ("/picture-numbers/scores", test_scores);
  result = g_test_run ();
  scratch_remove (folder);
  g_free (folder);
  return result;
}
