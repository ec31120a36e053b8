/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* DepthToSpace and SpaceToDepth: blocks of channels spread over the picture, and back. Both are a
 * transposition of the picture seen with more dimensions. */
#include <string.h>
#include <generative/operator.h>

/* `x` with the dimensions `split`, in the order `perm`, as `shape`. */
static GenTensor *
shuffle (GenTensor *x, GenGraph *graph, const gint64 split[6], const gint64 perm[6],
    const gint64 shape[4], GError **error)
{
  x = gen_binary (graph, "Reshape", x, gen_graph_ints (graph, split, 6), error);
  if (x == NULL)
    return NULL;
  x = gen_graph_op (graph, "Transpose", &x, 1, 1, error, "perm", GEN_INTS, 6, perm, NULL);
  return gen_binary (graph, "Reshape", x, gen_graph_ints (graph, shape, 4), error);
}

static gint64
block_size (const GenNode *node, GError **error)
{
  gint64 size = gen_node_int (node, "blocksize", 0);

  if (gen_node_input (node, 0)->shape.rank == 4 && size > 0 && size <= G_MAXINT16)
    return size;
  gen_node_error (
      node, error, "it takes [batch, channels, height, width] and a positive blocksize");
  return 0;
}

static GenTensor *
expand_depth_to_space (GenNode *node, GError **error)
{
  GenTensor *x = gen_node_input (node, 0);
  const gint64 *d = x->shape.dims;
  gint64 size = block_size (node, error);
  const char *mode = gen_node_string (node, "mode", "DCR");

  if (size == 0)
    return NULL;
  if (d[1] % (size * size) != 0 || (strcmp (mode, "DCR") != 0 && strcmp (mode, "CRD") != 0)) {
    gen_node_error (node, error,
        "its channels must be a multiple of the square of %" G_GINT64_FORMAT
        ", and mode '%s' be DCR or CRD",
        size, mode);
    return NULL;
  }
  if (*mode == 'D')
    return shuffle (x, node->graph,
        (gint64[]){ d[0], size, size, d[1] / (size * size), d[2], d[3] },
        (gint64[]){ 0, 3, 4, 1, 5, 2 },
        (gint64[]){ d[0], d[1] / (size * size), d[2] * size, d[3] * size }, error);
  return shuffle (x, node->graph, (gint64[]){ d[0], d[1] / (size * size), size, size, d[2], d[3] },
      (gint64[]){ 0, 1, 4, 2, 5, 3 },
      (gint64[]){ d[0], d[1] / (size * size), d[2] * size, d[3] * size }, error);
}

static gboolean
lower_depth_to_space (GenNode *node, GenTensor **results, GError **error)
{
  results[0] = expand_depth_to_space (node, error);
  return results[0] != NULL;
}

static GenTensor *
expand_space_to_depth (GenNode *node, GError **error)
{
  GenTensor *x = gen_node_input (node, 0);
  const gint64 *d = x->shape.dims;
  gint64 size = block_size (node, error);
  const char *mode = gen_node_string (node, "mode", "DCR");
  gboolean channels_first = strcmp (mode, "CRD") == 0;

  if (size == 0)
    return NULL;
  if (!channels_first && strcmp (mode, "DCR") != 0) {
    gen_node_error (node, error, "mode '%s' is neither DCR nor CRD", mode);
    return NULL;
  }
  if (d[2] % size != 0 || d[3] % size != 0) {
    gen_node_error (
        node, error, "its height and width must be multiples of %" G_GINT64_FORMAT, size);
    return NULL;
  }
  return shuffle (x, node->graph, (gint64[]){ d[0], d[1], d[2] / size, size, d[3] / size, size },
      channels_first ? (gint64[]){ 0, 1, 3, 5, 2, 4 } : (gint64[]){ 0, 3, 5, 1, 2, 4 },
      (gint64[]){ d[0], d[1] * size * size, d[2] / size, d[3] / size }, error);
}

static gboolean
lower_space_to_depth (GenNode *node, GenTensor **results, GError **error)
{
  results[0] = expand_space_to_depth (node, error);
  return results[0] != NULL;
}

const GenOperator gen_operator_depth_to_space = {
  .name = "DepthToSpace",
  .summary = "Blocks of channels spread over the picture",
  .since = 1,
  .min_inputs = 1,
  .max_inputs = 1,
  .min_outputs = 1,
  .max_outputs = 1,
  .results = GEN_RESULTS_MOVED,
  .lower = lower_depth_to_space,
};

const GenOperator gen_operator_space_to_depth = {
  .name = "SpaceToDepth",
  .summary = "Blocks of the picture gathered in channels",
  .since = 1,
  .min_inputs = 1,
  .max_inputs = 1,
  .min_outputs = 1,
  .max_outputs = 1,
  .results = GEN_RESULTS_MOVED,
  .lower = lower_space_to_depth,
};
