/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A model that makes a picture, a mask and more of a picture, and what goes in and comes out. */
#pragma once

#include <generative/operator.h>

#include "doubtful.h"

#define PIXELS (SIDE * SIDE)
#define CAPS "format=(string)RGB,width=8,height=8,framerate=(fraction)10/1"

static inline GenTensor *
scale (GenGraph *graph, GenTensor *x, float by)
{
  g_autoptr (GError) error = NULL;
  GenTensor *y = gen_binary (graph, "Mul", x, gen_graph_float (graph, by), &error);

  g_assert_no_error (error);
  return y;
}

/* Channels `first` and up to `last` of x. */
static inline GenTensor *
slice (GenGraph *graph, GenTensor *x, gint64 first, gint64 last)
{
  g_autoptr (GError) error = NULL;
  GenTensor *y = gen_graph_op (graph, "Slice",
      (GenTensor *[]){ x, gen_graph_ints (graph, &first, 1), gen_graph_ints (graph, &last, 1),
          gen_graph_ints (graph, (const gint64[]){ 1 }, 1) },
      4, 1, &error, NULL);

  g_assert_no_error (error);
  return y;
}

static inline void
add_output (GenGraph *graph, GenTensor *tensor, const char *name)
{
  g_autoptr (GError) error = NULL;
  GenTensor *output = gen_graph_add_value (graph, name);
  GenNode *node =
      gen_graph_add_node (graph, "", NULL, "Identity", GEN_OPSET, &tensor, 1, &output, 1, &error);

  g_assert_no_error (error);
  g_assert_true (node->op->infer (node, &error));
  gen_graph_add_output (graph, output);
}

/* Of a picture of colours the mask "pha" (its red), the picture "fgr" (a `share` of it), the scores
 * "seg" of two classes (twice its red and green) and their shares "soft", the mean "emb" of each
 * channel, and "six" channels. The `batch` is free where it is -1. */
static inline void
save_matting (const char *path, gint64 batch, float share)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("matting");
  g_autoptr (GError) error = NULL;
  GenTensor *x = add_picture (graph, GEN_TYPE_FLOAT32, batch, FALSE);
  GenTensor *emb = gen_graph_op (graph, "GlobalAveragePool", &x, 1, 1, &error, NULL);
  GenTensor *six = gen_graph_op (
      graph, "Concat", (GenTensor *[]){ x, x }, 2, 1, &error, "axis", GEN_INT, (gint64)1, NULL);

  GenTensor *scores = scale (graph, slice (graph, x, 0, 2), 2);
  GenTensor *shares =
      gen_graph_op (graph, "Softmax", &scores, 1, 1, &error, "axis", GEN_INT, (gint64)1, NULL);

  g_assert_no_error (error);
  emb = gen_graph_op (graph, "Flatten", &emb, 1, 1, &error, NULL);
  g_assert_no_error (error);
  say_range (graph, "generative.input-range", "0,1");
  say_range (graph, "generative.output-range", "0,1");
  add_output (graph, slice (graph, x, 0, 1), "pha");
  add_output (graph, scale (graph, x, share), "fgr");
  add_output (graph, scores, "seg");
  add_output (graph, shares, "soft");
  add_output (graph, emb, "emb");
  add_output (graph, six, "six");
  gen_onnx_save (graph, path, &error);
  g_assert_no_error (error);
}

/* A picture all of one colour. */
static inline GstBuffer *
make_frame (guint number, guint8 red, guint8 green, guint8 blue)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, 3 * PIXELS, NULL);
  GstMapInfo map;

  gst_buffer_map (buffer, &map, GST_MAP_WRITE);
  for (gsize i = 0; i < PIXELS; i++)
    memcpy (map.data + 3 * i, (const guint8[]){ red, green, blue }, 3);
  gst_buffer_unmap (buffer, &map);
  GST_BUFFER_PTS (buffer) = number * GST_SECOND / 10;
  GST_BUFFER_DURATION (buffer) = GST_SECOND / 10;
  return buffer;
}

/* The first bytes of `buffer`, which is of `size`. (transfer full) */
static inline void
assert_bytes (GstBuffer *buffer, gsize size, const guint8 *bytes, guint n)
{
  guint8 made[8];

  g_assert_nonnull (buffer);
  g_assert_cmpuint (gst_buffer_get_size (buffer), ==, size);
  gst_buffer_extract (buffer, 0, made, n);
  for (guint i = 0; i < n; i++)
    if (ABS (made[i] - bytes[i]) > 1)
      g_error ("byte %u is %u, not %u", i, made[i], bytes[i]);
  gst_buffer_unref (buffer);
}

static inline char *
current_format (GstPad *pad)
{
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);

  return gst_caps_to_string (caps);
}

static inline void
assert_floats (GstBuffer *buffer, const float *numbers, guint n)
{
  float made[8];

  g_assert_nonnull (buffer);
  g_assert_cmpuint (gst_buffer_get_size (buffer), ==, n * sizeof (float));
  gst_buffer_extract (buffer, 0, made, n * sizeof (float));
  for (guint i = 0; i < n; i++)
    g_assert_cmpfloat_with_epsilon (made[i], numbers[i] / 255, 1e-5f);
}
