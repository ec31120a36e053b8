/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* RotaryEmbedding (Su et al. 2021): pairs of numbers turned by an angle that grows with their
 * position, written out in ordinary nodes. */
#include <generative/operator.h>

enum { X, COSINES, SINES, POSITIONS };

static GenTensor *
slice (GenGraph *graph, GenTensor *x, gint64 first, gint64 end, gint64 step, GError **error)
{
  if (x == NULL)
    return NULL;
  return gen_graph_op (graph, "Slice",
      (GenTensor *[]){ x, gen_graph_ints (graph, &first, 1), gen_graph_ints (graph, &end, 1),
          gen_graph_ints (graph, (gint64[]){ x->shape.rank - 1 }, 1),
          gen_graph_ints (graph, &step, 1) },
      5, 1, error, NULL);
}

static GenTensor *
unsqueeze (GenGraph *graph, GenTensor *x, gint64 axis, GError **error)
{
  return gen_binary (graph, "Unsqueeze", x, gen_graph_ints (graph, &axis, 1), error);
}

static GenTensor *
join (GenGraph *graph, GenTensor *a, GenTensor *b, GError **error)
{
  if (a == NULL || b == NULL)
    return NULL;
  return gen_graph_op (
      graph, "Concat", (GenTensor *[]){ a, b }, 2, 1, error, "axis", GEN_INT, -1, NULL);
}

/* The cosines or sines of each position: [batch, length, 1, pairs]. */
static GenTensor *
look_up (GenGraph *graph, GenTensor *cache, GenTensor *positions, GError **error)
{
  if (positions != NULL)
    cache = gen_binary (graph, "Gather", cache, positions, error);
  return unsqueeze (graph, cache, 2, error);
}

/* `x`, of 2 * pairs numbers each, turned. */
static GenTensor *
turn (GenGraph *graph, GenTensor *x, GenTensor *cosines, GenTensor *sines, gint64 pairs,
    gboolean interleaved, GError **error)
{
  GenTensor *a =
      interleaved ? slice (graph, x, 0, 2 * pairs, 2, error) : slice (graph, x, 0, pairs, 1, error);
  GenTensor *b = interleaved ? slice (graph, x, 1, 2 * pairs, 2, error)
                             : slice (graph, x, pairs, 2 * pairs, 1, error);
  GenTensor *real = gen_binary (graph, "Sub", gen_binary (graph, "Mul", a, cosines, error),
      gen_binary (graph, "Mul", b, sines, error), error);
  GenTensor *imaginary = gen_binary (graph, "Add", gen_binary (graph, "Mul", a, sines, error),
      gen_binary (graph, "Mul", b, cosines, error), error);

  if (!interleaved)
    return join (graph, real, imaginary, error);
  x = join (
      graph, unsqueeze (graph, real, 4, error), unsqueeze (graph, imaginary, 4, error), error);
  return gen_binary (
      graph, "Reshape", x, gen_graph_ints (graph, (gint64[]){ 0, 0, 0, 2 * pairs }, 4), error);
}

/* [batch, heads, length, depth] as [batch, length, heads, depth], or back. */
static GenTensor *
swap (GenGraph *graph, GenTensor *x, GError **error)
{
  if (x == NULL)
    return NULL;
  return gen_graph_op (
      graph, "Transpose", &x, 1, 1, error, "perm", GEN_INTS, 4, (gint64[]){ 0, 2, 1, 3 }, NULL);
}

static GenTensor *
write_out (GenGraph *graph, const GenNode *node, GenTensor *const *inputs, GError **error)
{
  GenTensor *x = inputs[X], *cosines, *sines, *turned;
  gboolean flat = x->shape.rank == 3;
  gint64 heads = gen_node_int (node, "num_heads", 0), depth, part;

  if (x->shape.rank != 4 && (!flat || heads < 1 || x->shape.dims[2] % heads != 0)) {
    gen_node_error (node, error,
        "its input must have 4 dimensions, or 3 of which the last holds num_heads heads");
    return NULL;
  }
  if (inputs[COSINES]->shape.rank != (inputs[POSITIONS] != NULL ? 2 : 3) ||
      !gen_shape_equal (&inputs[COSINES]->shape, &inputs[SINES]->shape)) {
    gen_node_error (node, error, "its cosines and sines have wrong shapes");
    return NULL;
  }
  x = flat ? gen_binary (graph, "Reshape", x,
                 gen_graph_ints (graph, (gint64[]){ 0, 0, heads, -1 }, 4), error)
           : swap (graph, x, error);
  if (x == NULL)
    return NULL;
  depth = x->shape.dims[3];
  part = gen_node_int (node, "rotary_embedding_dim", 0);
  part = part > 0 ? part : depth;
  if (part > depth || part % 2 != 0 ||
      inputs[COSINES]->shape.dims[inputs[COSINES]->shape.rank - 1] != part / 2) {
    gen_node_error (node, error,
        "%" G_GINT64_FORMAT " of %" G_GINT64_FORMAT
        " numbers cannot be turned by its cosines and sines",
        part, depth);
    return NULL;
  }
  cosines = look_up (graph, inputs[COSINES], inputs[POSITIONS], error);
  sines = look_up (graph, inputs[SINES], inputs[POSITIONS], error);
  turned = turn (graph, slice (graph, x, 0, part, 1, error), cosines, sines, part / 2,
      gen_node_int (node, "interleaved", 0) != 0, error);
  if (part < depth)
    turned = join (graph, turned, slice (graph, x, part, depth, 1, error), error);
  turned = flat && turned != NULL ? gen_binary (graph, "Reshape", turned,
                                        gen_graph_ints (graph, (gint64[]){ 0, 0, -1 }, 3), error)
                                  : swap (graph, turned, error);
  return turned;
}

static gboolean
lower (GenNode *node, GenTensor **results, GError **error)
{
  GenTensor *inputs[4] = { NULL };

  for (guint i = 0; i < node->inputs->len; i++)
    inputs[i] = gen_node_input (node, i);
  results[0] = write_out (node->graph, node, inputs, error);
  return results[0] != NULL;
}

const GenOperator gen_operator_rotary_embedding = {
  .name = "RotaryEmbedding",
  .summary = "Positions as angles by which pairs of numbers are turned",
  .since = 23,
  .min_inputs = 3,
  .max_inputs = 4,
  .min_outputs = 1,
  .max_outputs = 1,
  .layouts = GEN_LAYOUTS_PLAIN,
  .lower = lower,
};
