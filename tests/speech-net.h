/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A voice that is a ramp: as many samples as its ids come to, times the second of its scales, and
 * one more for each id; sample n is n times the first of its scales. Nobody knows how many these
 * are before it runs. */
#pragma once

#include <generative/onnx.h>

#include "scratch.h"
#include "staged.h"

/* What the ids of "ab" come to: '^' 1, 'a' 10, 'b' 20, '$' 2, and '_' 0 between. */
#define SPEECH_JSON                                                                                \
  "{\"audio\": {\"sample_rate\": 8000}, \"num_speakers\": 1, \"phoneme_type\": \"espeak\","        \
  " \"inference\": {\"noise_scale\": 0.001, \"length_scale\": 1, \"noise_w\": 0},"                 \
  " \"phoneme_id_map\": {\"_\": [0], \"^\": [1], \"$\": [2], \" \": [3], \"a\": [10],"             \
  " \"b\": [20], \"\xcb\x90\": [5]}}"

static inline GenTensor *
speech_cast (GenGraph *graph, GenTensor *x, GenDataType type)
{
  GenTensor *y = staged_node (graph, "Cast", &x, 1);

  gen_node_set_int (y->producer, "to", type);
  return y;
}

static inline GenTensor *
speech_number (GenGraph *graph, gint64 value)
{
  GenShape scalar = { 0 };

  return gen_graph_add_constant (
      graph, NULL, GEN_TYPE_INT64, &scalar, g_bytes_new (&value, sizeof value));
}

/* Element `i` of `x`, [n], as a number of no extents. */
static inline GenTensor *
speech_take (GenGraph *graph, GenTensor *x, gint64 i)
{
  return staged_node (graph, "Gather", (GenTensor *[]){ x, speech_number (graph, i) }, 2);
}

/* The ramp, whose ids are of `type`, and how many there are told by an input of `length`'s name and
 * rank: 1, a length of each in the batch, 0, one of all, or 2, a mask. */
static inline GenGraph *
speech_net (GenDataType type, const char *length, int rank)
{
  GenGraph *graph = gen_graph_new ("ramp");
  GenTensor *ids = gen_graph_add_input (graph, "input", type, &GEN_SHAPE (-1, -1));
  const GenShape shape = { .rank = rank, .dims = { -1, -1 } };
  GenTensor *lengths = gen_graph_add_input (graph, length, type, &shape);
  GenTensor *scales = gen_graph_add_input (graph, "scales", GEN_TYPE_FLOAT32, &GEN_SHAPE (3));
  GenTensor *numbers[] = { speech_cast (graph, ids, GEN_TYPE_FLOAT32),
    speech_cast (graph, lengths, GEN_TYPE_FLOAT32) };
  GenTensor *operands[2], *n, *y;

  for (int i = 0; i < 2; i++) {
    numbers[i] = staged_node (graph, "ReduceSum", &numbers[i], 1);
    gen_node_set_int (numbers[i]->producer, "keepdims", 0);
  }
  n = staged_node (graph, "Mul", (GenTensor *[]){ numbers[0], speech_take (graph, scales, 1) }, 2);
  n = staged_node (graph, "Add", (GenTensor *[]){ n, numbers[1] }, 2);
  n = speech_cast (graph, n, GEN_TYPE_INT64);
  y = staged_node (
      graph, "Range", (GenTensor *[]){ speech_number (graph, 0), n, speech_number (graph, 1) }, 3);
  y = speech_cast (graph, y, GEN_TYPE_FLOAT32);
  operands[0] = staged_node (graph, "Mul", (GenTensor *[]){ y, speech_take (graph, scales, 0) }, 2);
  operands[1] = gen_graph_ints (graph, (gint64[]){ 0, 1, 2 }, 3);
  y = gen_graph_add_value (graph, "output");
  gen_graph_add_node (graph, "", NULL, "Unsqueeze", GEN_OPSET, operands, 2, &y, 1, NULL);
  y->type = GEN_TYPE_FLOAT32;
  y->shape = GEN_SHAPE (-1, -1, 1, -1);
  gen_graph_add_output (graph, y);
  return graph;
}

/* In a folder, with what is beside it, where `json` is not NULL. (transfer full) the model's path.
 */
static inline char *
speech_save (const char *folder, const char *json)
{
  g_autoptr (GenGraph) graph = speech_net (GEN_TYPE_INT64, "input_lengths", 1);
  char *path = g_build_filename (folder, "voice.onnx", NULL);
  g_autofree char *beside = g_strconcat (path, ".json", NULL);
  g_autoptr (GError) error = NULL;

  gen_onnx_save (graph, path, &error);
  g_assert_no_error (error);
  if (json != NULL)
    g_file_set_contents (beside, json, -1, &error);
  g_assert_no_error (error);
  return path;
}
