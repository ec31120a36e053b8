/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What tests of frames in a GPU's memory share: small models, pipelines, comparisons. */
#pragma once

#include <generative/onnx.h>
#include <generative/plan.h>
#include <glib/gstdio.h>
#include <gst/video/video.h>

#include "../staged.h"
#include "player.h"

#define CUDA "video/x-raw(memory:CUDAMemory)"
/* Rows of 60 bytes, which no GPU would have. */
#define LENGTH 5
#define SIDE 20

typedef struct {
  char *folder, *latents, *single, *pictures, *judge, *single_judge, *staged, *staged_judge;
} Models;

static inline GenTensor *
add_weights (GenGraph *graph, const GenShape *shape)
{
  gsize n = (gsize)gen_shape_elements (shape);
  float *values = g_new (float, n);

  for (gsize i = 0; i < n; i++)
    values[i] = (float)(i * 7 % 11) / 16 - 0.3f;
  return gen_graph_add_constant (
      graph, NULL, GEN_TYPE_FLOAT32, shape, g_bytes_new_take (values, n * sizeof *values));
}

/* Let the node that made `y` read `x` by a shape that is not known before the model runs. */
static inline void
restage (GenGraph *graph, GenTensor *y, GenTensor *x)
{
  GenNode *node = y->producer;
  guint place;

  g_assert_true (g_ptr_array_find (graph->nodes, node, &place));
  node->inputs->pdata[0] = staged_same (graph, x);
  g_ptr_array_add (graph->nodes, g_ptr_array_steal_index (graph->nodes, place));
}

/* `graph`, of `x` and `y` whose first dimensions become `batch`, to a file. (transfer full) */
static inline char *
save (const char *folder, GenGraph *graph, GenTensor *x, GenTensor *y, gint64 batch)
{
  g_autofree char *name = g_strconcat (graph->name, ".onnx", NULL);
  char *path = g_build_filename (folder, name, NULL);
  g_autoptr (GError) error = NULL;

  gen_graph_add_output (graph, y);
  x->shape.dims[0] = y->shape.dims[0] = batch;
  gen_onnx_save (graph, path, &error);
  g_assert_no_error (error);
  return path;
}

/* Latents [batch, 5] to colour pictures of 20 x 20; where the shapes are `staged`, nobody knows
 * them before the model runs. */
static inline char *
save_latents (const char *folder, const char *name, gint64 batch, gboolean staged)
{
  g_autoptr (GenGraph) graph = gen_graph_new (name);
  g_autoptr (GError) error = NULL;
  GenTensor *z = gen_graph_add_input (graph, "z", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, LENGTH)), *y;
  GenTensor *w = add_weights (graph, &GEN_SHAPE (LENGTH, 3 * SIDE * SIDE));

  y = gen_graph_op (graph, "Gemm", (GenTensor *[]){ z, w }, 2, 1, &error, NULL);
  if (staged)
    restage (graph, y, z);
  y = gen_graph_op (graph, "Tanh", &y, 1, 1, &error, NULL);
  g_assert_no_error (error);
  return save (folder, graph, z, y, batch);
}

/* A number for each colour picture [batch, 3, 20, 20]. */
static inline char *
save_judge (const char *folder, const char *name, gint64 batch, gboolean staged)
{
  g_autoptr (GenGraph) graph = gen_graph_new (name);
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 3, SIDE, SIDE));
  GenTensor *w = add_weights (graph, &GEN_SHAPE (3 * SIDE * SIDE, 1)), *flat, *y;

  flat = gen_unary (graph, "Flatten", x, &error);
  y = gen_graph_op (graph, "Gemm", (GenTensor *[]){ flat, w }, 2, 1, &error, NULL);
  if (staged)
    restage (graph, y, flat);
  g_assert_no_error (error);
  /* Else it would be warned of. */
  g_hash_table_insert (graph->metadata, g_strdup ("generative.input-range"), g_strdup ("-1,1"));
  flat->shape.dims[0] = batch;
  return save (folder, graph, x, y, batch);
}

/* Colour pictures of any size to such of that size. */
static inline char *
save_pictures (const char *folder)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("pictures");
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 3, 8, 8)), *y;
  GenTensor *w = add_weights (graph, &GEN_SHAPE (3, 3, 3, 3));

  y = gen_graph_op (graph, "Conv", (GenTensor *[]){ x, w }, 2, 1, &error, "pads", GEN_INTS, 4,
      (const gint64[]){ 1, 1, 1, 1 }, NULL);
  g_assert_no_error (error);
  x->shape.dims[2] = x->shape.dims[3] = y->shape.dims[2] = y->shape.dims[3] = -1;
  return save (folder, graph, x, y, -1);
}

static inline void
models_open (Models *models)
{
  models->folder = g_dir_make_tmp ("cuda-frames-XXXXXX", NULL);
  models->latents = save_latents (models->folder, "latents", -1, FALSE);
  models->single = save_latents (models->folder, "single", 1, FALSE);
  models->staged = save_latents (models->folder, "staged", -1, TRUE);
  models->judge = save_judge (models->folder, "judge", -1, FALSE);
  models->single_judge = save_judge (models->folder, "single-judge", 1, FALSE);
  models->staged_judge = save_judge (models->folder, "staged-judge", -1, TRUE);
  models->pictures = save_pictures (models->folder);
}

static inline void
models_close (Models *models)
{
  char **paths[] = { &models->latents, &models->single, &models->pictures, &models->judge,
    &models->single_judge, &models->staged, &models->staged_judge };

  for (guint i = 0; i < G_N_ELEMENTS (paths); i++) {
    g_unlink (*paths[i]);
    g_free (*paths[i]);
  }
  g_rmdir (models->folder);
  g_free (models->folder);
}

/* --- pipelines --- */

/* Play SOURCE ! generator PROPERTIES ! BEHIND ! fakesink. */
static inline void
open_player (Player *player, const char *source, const char *properties, const char *behind)
{
  g_autofree char *launch =
      g_strdup_printf ("%s ! generator name=generator kernels=rules precision=fp32 %s ! %s ! "
                       "fakesink name=sink signal-handoffs=true sync=false",
          source, properties, behind);

  player_open (player, launch);
}

/* Whether the pad of an element speaks of CUDA memory. */
static inline gboolean
pad_has_cuda (Player *player, const char *element, const char *name)
{
  g_autoptr (GstElement) found = gst_bin_get_by_name (GST_BIN (player->pipeline), element);
  g_autoptr (GstPad) pad = gst_element_get_static_pad (found, name);
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);

  return gst_caps_features_contains (gst_caps_get_features (caps, 0), "memory:CUDAMemory");
}

/* The visible bytes of frames are the same, or differ by `tolerance`. */
static inline void
assert_same_frames (Player *a, Player *b, int width, int height, int bytes, int tolerance)
{
  GstVideoFormat format = bytes == 3 ? GST_VIDEO_FORMAT_RGB : GST_VIDEO_FORMAT_RGBA;
  GstVideoInfo info;

  gst_video_info_set_format (&info, format, (guint)width, (guint)height);
  g_assert_cmpuint (a->buffers->len, >, 0);
  g_assert_cmpuint (a->buffers->len, ==, b->buffers->len);
  for (guint i = 0; i < a->buffers->len; i++) {
    GstVideoFrame x, y;
    guint bright = 0;

    g_assert_true (
        gst_video_frame_map (&x, &info, g_ptr_array_index (a->buffers, i), GST_MAP_READ));
    g_assert_true (
        gst_video_frame_map (&y, &info, g_ptr_array_index (b->buffers, i), GST_MAP_READ));
    for (int row = 0; row < height; row++)
      for (int k = 0; k < width * bytes; k++) {
        const guint8 *p = (const guint8 *)x.data[0] + row * x.info.stride[0];
        const guint8 *q = (const guint8 *)y.data[0] + row * y.info.stride[0];

        g_assert_cmpint (ABS (p[k] - q[k]), <=, tolerance);
        bright += p[k] > 100;
      }
    g_assert_cmpuint (bright, >, 0);
    gst_video_frame_unmap (&x);
    gst_video_frame_unmap (&y);
  }
}

/* The scores of frames are there, and the same. */
static inline void
assert_same_scores (Player *a, Player *b)
{
  g_assert_cmpuint (a->buffers->len, >, 0);
  g_assert_cmpuint (a->buffers->len, ==, b->buffers->len);
  for (guint i = 0; i < a->buffers->len; i++) {
    GstCustomMeta *x =
        gst_buffer_get_custom_meta (g_ptr_array_index (a->buffers, i), "generative-score");
    GstCustomMeta *y =
        gst_buffer_get_custom_meta (g_ptr_array_index (b->buffers, i), "generative-score");
    double p, q;

    g_assert_true (x != NULL && y != NULL);
    g_assert_true (gst_structure_get_double (gst_custom_meta_get_structure (x), "score", &p));
    g_assert_true (gst_structure_get_double (gst_custom_meta_get_structure (y), "score", &q));
    g_assert_cmpfloat (q, !=, 0);
    g_assert_cmpfloat_with_epsilon (p, q, 1e-3 * ABS (q));
  }
}

/* What is missing to run, or NULL. (transfer full) */
static inline char *
what_is_missing (void)
{
  g_autoptr (GstElementFactory) factory = gst_element_factory_find ("cudaupload");
  g_autoptr (GError) error = NULL;

  if (!gen_device_cuda.available (&error))
    return g_strdup (error->message);
  return factory != NULL ? NULL
                         : g_strdup ("GStreamer's bad set, with cudaupload, is not installed");
}
