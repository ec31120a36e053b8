/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Models that make figures of frames and of pairs, of which every eye can tell what they make. */
#pragma once

#include <generative/graph.h>
#include <generative/onnx.h>

#define SCORER_SIZE 8 /* of pictures, where it is not free */

static inline void
scorer_say (GenGraph *graph, const char *key, const char *text)
{
  if (text != NULL)
    g_hash_table_insert (graph->metadata, g_strdup (key), g_strdup (text));
}

static inline char *
scorer_save (GenGraph *graph, const char *folder, const char *name)
{
  char *path = g_build_filename (folder, name, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (gen_onnx_save (graph, path, &error));
  g_assert_no_error (error);
  return path;
}

/* The means of each channel, or with `pairs` of how much more a frame has than what it should be,
 * `of_all` channels: [1, 3] or [1, 1]. */
typedef struct {
  const char *first, *second; /* what inputs are called; `second` NULL: there is one */
  const char *output;
  gint64 size; /* -1: any */
  gboolean of_all, logarithm;
  const char *scores, *range, *order;
} ScorerKind;

static inline char *
scorer_save_means (const char *folder, const ScorerKind *kind)
{
  static const float thirds[] = { 1 / 3.f, 1 / 3.f, 1 / 3.f };
  g_autoptr (GenGraph) graph = gen_graph_new ("means");
  g_autoptr (GError) error = NULL;
  GenTensor *inputs[2] = { NULL, NULL }, *x, *y;

  for (int i = 0; i < (kind->second != NULL ? 2 : 1); i++)
    inputs[i] = gen_graph_add_input (graph, i == 0 ? kind->first : kind->second, GEN_TYPE_FLOAT32,
        &GEN_SHAPE (1, 3, SCORER_SIZE, SCORER_SIZE));
  x = inputs[1] != NULL ? gen_binary (graph, "Sub", inputs[0], inputs[1], &error) : inputs[0];
  y = gen_unary (graph, "Flatten", gen_unary (graph, "GlobalAveragePool", x, &error), &error);
  if (kind->of_all)
    y = gen_binary (graph, "MatMul", y,
        gen_graph_add_constant (graph, "w", GEN_TYPE_FLOAT32, &GEN_SHAPE (3, 1),
            g_bytes_new_static (thirds, sizeof thirds)),
        &error);
  if (kind->logarithm)
    y = gen_unary (graph, "Log", y, &error);
  g_assert_no_error (error);
  g_free (y->name);
  y->name = g_strdup (kind->output);
  gen_graph_add_output (graph, y);
  for (int i = 0; i < 2 && kind->size < 0; i++)
    if (inputs[i] != NULL)
      inputs[i]->shape.dims[2] = inputs[i]->shape.dims[3] = -1;
  scorer_say (graph, "generative.input-range", kind->range != NULL ? kind->range : "0,1");
  scorer_say (graph, "generative.scores", kind->scores);
  scorer_say (graph, "generative.channel-order", kind->order);
  return scorer_save (graph, folder, "means.onnx");
}

/* The mean magnitude, and the mean, of `samples` frames. */
static inline char *
scorer_save_sound (
    const char *folder, gint64 samples, gint64 channels, const char *rate, const char *scores)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("loudness");
  g_autoptr (GError) error = NULL;
  GenTensor *x, *levels[2];

  x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, channels, samples));
  levels[0] = gen_unary (graph, "GlobalAveragePool", gen_unary (graph, "Abs", x, &error), &error);
  levels[1] = gen_unary (graph, "GlobalAveragePool", x, &error);
  for (int i = 0; i < 2; i++)
    gen_graph_add_output (graph, gen_unary (graph, "Flatten", levels[i], &error));
  g_assert_no_error (error);
  scorer_say (graph, "generative.sample-rate", rate);
  scorer_say (graph, "generative.scores", scores);
  return scorer_save (graph, folder, "sound.onnx");
}
