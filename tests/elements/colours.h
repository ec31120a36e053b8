/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Models that make, take and judge pictures in colour, and how much frames of any format differ. */
#pragma once

#include <generative/onnx.h>
#include <glib/gstdio.h>
#include <gst/video/video.h>

#include <math.h>

#include "player.h"

#define LENGTH 5

static inline char *
save (GenGraph *graph, const char *folder, const char *name)
{
  char *path = g_build_filename (folder, name, NULL);
  g_autoptr (GError) error = NULL;

  gen_onnx_save (graph, path, &error);
  g_assert_no_error (error);
  return path;
}

/* Latents [batch, 5] to colour pictures that are bright and dark in waves, beyond black and white
 * in places. */
static inline char *
save_latents (const char *folder, int width, int height, gint64 batch)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("latents");
  g_autoptr (GError) error = NULL;
  gint64 n = 3 * (gint64)width * height;
  float *values = g_new (float, LENGTH *n);
  GenTensor *z = gen_graph_add_input (graph, "z", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, LENGTH)), *w, *y;

  for (int k = 0; k < LENGTH; k++)
    for (int i = 0; i < n; i++)
      values[k * n + i] = sinf ((float)(i % width) * 0.3f * (float)(k + 1) +
                                (float)(i / width) * 0.17f * (float)(k + 2)) *
                          0.6f;
  w = gen_graph_add_constant (graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (LENGTH, n),
      g_bytes_new_take (values, LENGTH * n * sizeof *values));
  y = gen_graph_op (graph, "Gemm", (GenTensor *[]){ z, w }, 2, 1, &error, NULL);
  y = gen_binary (
      graph, "Reshape", y, gen_graph_ints (graph, (gint64[]){ -1, 3, height, width }, 4), &error);
  g_assert_no_error (error);
  gen_graph_add_output (graph, y);
  z->shape.dims[0] = y->shape.dims[0] = batch;
  g_hash_table_insert (graph->metadata, g_strdup ("generative.output-range"), g_strdup ("-1,1"));
  return save (graph, folder, "latents.onnx");
}

/* Colour pictures of any size to the same, or to how bright each is. */
static inline char *
save_pictures (const char *folder, gboolean scores)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("pictures");
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 3, 8, 8)),
            *y = x;

  if (scores)
    y = gen_graph_op (graph, "GlobalAveragePool", &y, 1, 1, &error, NULL);
  y = scores ? gen_graph_op (graph, "ReduceMean", &y, 1, 1, &error, NULL)
             : gen_graph_op (graph, "Relu", &y, 1, 1, &error, NULL);
  g_assert_no_error (error);
  gen_graph_add_output (graph, y);
  x->shape.dims[2] = x->shape.dims[3] = -1;
  if (!scores)
    y->shape.dims[2] = y->shape.dims[3] = -1;
  g_hash_table_insert (graph->metadata, g_strdup ("generative.input-range"), g_strdup ("0,1"));
  g_hash_table_insert (graph->metadata, g_strdup ("generative.output-range"), g_strdup ("0,1"));
  return save (graph, folder, scores ? "scores.onnx" : "pictures.onnx");
}

static inline void
remove_model (char *path)
{
  g_unlink (path);
  g_free (path);
}

/* --- frames --- */

static inline GstCaps *
sink_caps (Player *player)
{
  g_autoptr (GstElement) sink = gst_bin_get_by_name (GST_BIN (player->pipeline), "sink");
  g_autoptr (GstPad) pad = gst_element_get_static_pad (sink, "sink");

  return gst_pad_get_current_caps (pad);
}

/* Chroma that lies at columns is a mean of three pixels, of which videoconvert leaves out the last
 * one of an even row. */
static inline int
comparable_width (const GstVideoInfo *info, guint component)
{
  int width = GST_VIDEO_INFO_COMP_WIDTH (info, component);
  gboolean sited = (info->chroma_site & GST_VIDEO_CHROMA_SITE_H_COSITED) != 0;

  return component > 0 && sited && info->width % 2 == 0 ? width - 1 : width;
}

/* How much the visible bytes of the frames of two players differ. */
static inline void
assert_close (Player *a, Player *b, int most, double most_mean)
{
  g_autoptr (GstCaps) caps = sink_caps (a);
  double sum = 0, n = 0;
  int greatest = 0;
  GstVideoInfo info;

  g_assert_true (gst_video_info_from_caps (&info, caps));
  g_assert_cmpuint (a->buffers->len, >, 0);
  g_assert_cmpuint (a->buffers->len, ==, b->buffers->len);
  for (guint i = 0; i < a->buffers->len; i++) {
    GstVideoFrame x, y;

    g_assert_true (
        gst_video_frame_map (&x, &info, g_ptr_array_index (a->buffers, i), GST_MAP_READ));
    g_assert_true (
        gst_video_frame_map (&y, &info, g_ptr_array_index (b->buffers, i), GST_MAP_READ));
    for (guint c = 0; c < GST_VIDEO_INFO_N_COMPONENTS (&info); c++)
      for (int row = 0; row < GST_VIDEO_FRAME_COMP_HEIGHT (&x, c); row++)
        for (int k = 0; k < comparable_width (&info, c); k++) {
          gsize at = (gsize)k * (gsize)GST_VIDEO_FRAME_COMP_PSTRIDE (&x, c);
          const guint8 *p = GST_VIDEO_FRAME_COMP_DATA (&x, c);
          const guint8 *q = GST_VIDEO_FRAME_COMP_DATA (&y, c);
          int difference = ABS (p[row * GST_VIDEO_FRAME_COMP_STRIDE (&x, c) + at] -
                                q[row * GST_VIDEO_FRAME_COMP_STRIDE (&y, c) + at]);

          greatest = MAX (greatest, difference);
          sum += difference;
          n++;
        }
    gst_video_frame_unmap (&x);
    gst_video_frame_unmap (&y);
  }
  g_test_message ("at most %d, %.3f in the mean", greatest, sum / n);
  g_assert_cmpint (greatest, <=, most);
  g_assert_cmpfloat (sum / n, <=, most_mean);
}

static inline void
play (Player *player, const char *launch)
{
  g_autofree char *whole =
      g_strdup_printf ("%s ! fakesink name=sink signal-handoffs=true sync=false", launch);

  player_open (player, whole);
  player_play_to_end (player);
}

static inline void
assert_same (const char *a, const char *b, int most, double most_mean)
{
  Player one, other;

  play (&one, a);
  play (&other, b);
  assert_close (&one, &other, most, most_mean);
  player_close (&one);
  player_close (&other);
}
