/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A decoder of blocks that normalise first: what a block adds is made by attention to the places
 * before, or by two dense layers, with dropout behind each. Codes and places are embedded in as
 * many numbers as the net is wide. A beginning, or one for each class, is a code more. What blocks
 * add begins small, so that their sum is of the size of one. */
#include "condition.h"

#include <math.h>

#include <generative/trainer.h>

#include "../../graph/graph-private.h"

#define WIDTH 128
#define BLOCKS 4
/* Numbers that a head of attention has, or as many as the width where that is less. */
#define HEAD 32
#define HIDDEN 4 /* times the width */
#define ATTENTION_OPSET 23

typedef struct {
  GenLayers layers;
  gint64 width;
  double dropout;
  GError **error;
} Net;

/* Weights of embeddings are of this deviation at first. */
#define EMBEDDED 0.1f

static GenTensor *
embed (Net *net, const char *name, GenTensor *numbers, gint64 n)
{
  GenTensor *table;

  net->layers.spread = EMBEDDED;
  table = gen_layers_drawn (&net->layers, name, "weight", &GEN_SHAPE (n, net->width), n, 0);
  net->layers.spread = 0;
  return gen_binary (net->layers.graph, "Gather", table, numbers, net->error);
}

/* x [batch, places, inputs] W + b. */
static GenTensor *
dense (Net *net, const char *block, const char *part, GenTensor *x, gint64 outputs)
{
  g_autofree char *name = g_strconcat (block, ".", part, NULL);
  GenTensor *weight;
  gint64 inputs;

  if (x == NULL)
    return NULL;
  inputs = x->shape.dims[2];
  weight = gen_layers_drawn (&net->layers, name, "weight", &GEN_SHAPE (inputs, outputs), inputs, 0);
  return gen_binary (net->layers.graph, "Add",
      gen_binary (net->layers.graph, "MatMul", x, weight, net->error),
      gen_layers_filled (&net->layers, name, "bias", outputs, 0), net->error);
}

static GenTensor *
normalize (Net *net, const char *block, const char *part, GenTensor *x)
{
  g_autofree char *name = g_strconcat (block, ".", part, NULL);

  return x == NULL ? NULL
                   : gen_graph_op (net->layers.graph, "LayerNormalization",
                         (GenTensor *[]){ x,
                             gen_layers_filled (&net->layers, name, "scale", net->width, 1),
                             gen_layers_filled (&net->layers, name, "bias", net->width, 0) },
                         3, 1, net->error, NULL);
}

/* x times the share of normal numbers below it, which older programs know by its parts alone. */
static GenTensor *
bend (Net *net, GenTensor *x)
{
  GenGraph *graph = net->layers.graph;
  GenTensor *y = gen_binary (graph, "Div", x, gen_graph_float (graph, (float)G_SQRT2), net->error);

  y = gen_binary (graph, "Add", gen_unary (graph, "Erf", y, net->error), gen_graph_float (graph, 1),
      net->error);
  y = gen_binary (graph, "Mul", x, y, net->error);
  return gen_binary (graph, "Mul", y, gen_graph_float (graph, 0.5f), net->error);
}

/* What a block adds to `x`. */
static GenTensor *
add (Net *net, const char *block, const char *part, GenTensor *x, GenTensor *y)
{
  net->layers.gain = (float)(1 / sqrt (2 * BLOCKS));
  y = dense (net, block, part, y, net->width);
  net->layers.gain = 1;
  y = gen_layers_dropout (&net->layers, y, net->dropout, net->error);
  return gen_binary (net->layers.graph, "Add", x, y, net->error);
}

/* The node stays what it is: gen_graph_op would write it out. */
static GenTensor *
attend (Net *net, const char *block, GenTensor *const *asked)
{
  const gint64 heads = net->width / MIN (net->width, HEAD);
  g_autofree char *name = g_strconcat (block, ".attention", NULL);
  GenTensor *made = gen_graph_add_value (net->layers.graph, NULL);
  GenNode *node = gen_graph_add_node (
      net->layers.graph, "", NULL, "Attention", ATTENTION_OPSET, asked, 3, &made, 1, net->error);

  if (node == NULL)
    return NULL;
  gen_node_set_int (node, "is_causal", 1);
  gen_node_set_int (node, "q_num_heads", heads);
  gen_node_set_int (node, "kv_num_heads", heads);
  gen_node_set_output (node, 0, GEN_TYPE_FLOAT32, &asked[0]->shape);
  return made;
}

static GenTensor *
look_back (Net *net, const char *block, GenTensor *x)
{
  const gint64 parts[] = { net->width, net->width, net->width };
  GenGraph *graph = net->layers.graph;
  GenTensor *y = normalize (net, block, "normalize1", x), *asked[3];

  y = dense (net, block, "ask", y, 3 * net->width);
  if (y == NULL)
    return NULL;
  y = gen_graph_op (graph, "Split", (GenTensor *[]){ y, gen_graph_ints (graph, parts, 3) }, 2, 3,
      net->error, "axis", GEN_INT, 2, NULL);
  for (guint i = 0; y != NULL && i < 3; i++)
    asked[i] = gen_node_output (y->producer, i);
  return y == NULL ? NULL : add (net, block, "answer", x, attend (net, block, asked));
}

static GenTensor *
think (Net *net, const char *block, GenTensor *x)
{
  GenTensor *y = normalize (net, block, "normalize2", x);

  y = dense (net, block, "dense1", y, HIDDEN * net->width);
  return add (net, block, "dense2", x, bend (net, y));
}

/* --- the net --- */

static gboolean
check (const GenPresetOptions *options, GError **error)
{
  const int width = options->width > 0 ? options->width : WIDTH;

  if (options->tokens < 1 || options->codes < 2) {
    g_set_error_literal (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING,
        "preset transformer wants to know how many codes there are, and how many a sample has, as "
        "a "
        "tokenizer says");
    return FALSE;
  }
  if (width % MIN (width, HEAD) == 0)
    return TRUE;
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING,
      "width: that of preset transformer is below %d or a multiple of it, not %d", HEAD, width);
  return FALSE;
}

static gboolean
note_classes (Net *net, const GenPresetOptions *options, gint64 *beginnings, GError **error)
{
  *beginnings = 1;
  if (!options->conditional)
    return TRUE;
  if (!gen_condition_check (options, error))
    return FALSE;
  *beginnings = options->classes;
  g_hash_table_insert (net->layers.graph->metadata, g_strdup ("generative.classes"),
      g_strdup_printf ("%d", options->classes));
  return TRUE;
}

static GenGraph *
predictor (const GenPresetOptions *options, GError **error)
{
  const GenShape row = GEN_SHAPE (1, options->tokens);
  Net net = { .width = options->width > 0 ? options->width : WIDTH,
    .dropout = options->dropout,
    .error = error };
  GenTensor *codes, *positions, *x;
  gint64 beginnings;

  if (!check (options, error))
    return NULL;
  net.layers = gen_layers_begin ("transformer predictor", options->seed, 0);
  if (!note_classes (&net, options, &beginnings, error))
    return gen_layers_end (&net.layers, NULL, NULL);
  codes = gen_graph_add_input (net.layers.graph, "codes", GEN_TYPE_INT64, &row);
  positions = gen_graph_add_input (net.layers.graph, "positions", GEN_TYPE_INT64, &row);
  x = embed (&net, "code", codes, options->codes + beginnings);
  x = gen_binary (
      net.layers.graph, "Add", x, embed (&net, "position", positions, options->tokens), error);
  for (int i = 1; i <= BLOCKS; i++) {
    g_autofree char *block = g_strdup_printf ("block%d", i);

    x = look_back (&net, block, x);
    x = think (&net, block, x);
  }
  x = normalize (&net, "last", "normalize", x);
  x = dense (&net, "last", "dense", x, options->codes);
  return gen_layers_end_all (&net.layers, &x, (const char *const[]){ "scores" }, 1, NULL);
}

static const GenPresetSetting settings[] = {
  { "dropout", "0.1" },
  { "learning-rate", "0.001" },
  { "beta1", "0.9" },
  { "warm-up-steps", "100" },
  { "ema", "0.998" },
  { "batch-size", "32" },
  { NULL },
};

const GenPreset gen_preset_transformer = {
  .name = "transformer",
  .description = "A causal transformer of 4 blocks, 128 wide, over the codes of a tokenizer",
  .recipe = &gen_recipe_language,
  .medium = &gen_medium_picture,
  .conditional = TRUE,
  .nets = { predictor },
  .reads = (const char *const[]){ "dropout", NULL },
  .settings = settings,
  .width = WIDTH,
};
