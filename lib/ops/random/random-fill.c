/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* RandomNormal, RandomUniform and their Like forms. What a run draws follows from the seed (the
 * plan's, or the node's own where it has one), the node and the number of the run, however the
 * work is cut. */
#include <generative/exchange.h>

#include <string.h>

#include "../build.h"
#include "random-fill.h"

#define CHUNK 1024

static gboolean
is_like (const GenNode *node)
{
  return node->op->min_inputs == 1;
}

static gboolean
find_shape (const GenNode *node, GenShape *shape, GError **error)
{
  int rank;
  const gint64 *dims = gen_node_ints (node, "shape", &rank);

  if (is_like (node)) {
    *shape = gen_node_input (node, 0)->shape;
    return TRUE;
  }
  if (rank > GEN_MAX_RANK || gen_node_attribute (node, "shape") == NULL)
    return gen_node_error (
        node, error, "its attribute shape must have up to %d extents", GEN_MAX_RANK);
  shape->rank = rank;
  for (int i = 0; i < rank; i++) {
    shape->dims[i] = dims[i];
    if (dims[i] < 0 || dims[i] > G_MAXINT32)
      return gen_node_error (
          node, error, "an extent of %" G_GINT64_FORMAT " is not allowed", dims[i]);
  }
  return TRUE;
}

/* Other types than float32 are converted from it. */
static gboolean
lower (GenNode *node, GenTensor **results, GError **error)
{
  GenDataType type = gen_node_int (
      node, "dtype", is_like (node) ? gen_node_input (node, 0)->type : GEN_TYPE_FLOAT32);
  GenTensor *x = gen_node_input (node, 0), *drawn;

  if (type == GEN_TYPE_FLOAT32)
    return TRUE;
  if (type != GEN_TYPE_FLOAT64 && type != GEN_TYPE_FLOAT16 && type != GEN_TYPE_BFLOAT16)
    return gen_node_error (
        node, error, "random numbers are floats, not %s", gen_data_type_name (type));
  /* The same in float32, and a conversion. */
  drawn = gen_build_like (node->graph, node->op->name, &x, is_like (node), node, error);
  if (drawn == NULL)
    return FALSE;
  gen_node_set_int (drawn->producer, "dtype", GEN_TYPE_FLOAT32);
  drawn->type = GEN_TYPE_FLOAT32;
  results[0] = gen_build_cast (node->graph, drawn, type, error);
  return results[0] != NULL;
}

static gboolean
infer (GenNode *node, GError **error)
{
  GenShape shape;

  if (!find_shape (node, &shape, error))
    return FALSE;
  gen_node_set_output (node, 0, GEN_TYPE_FLOAT32, &shape);
  return TRUE;
}

GenRandom
gen_random_of_node (const GenNode *node, guint64 seed)
{
  const GenAttribute *own = gen_node_attribute (node, "seed");
  guint32 bits;
  GenRandom random;

  if (own != NULL && own->type == GEN_INT)
    return gen_random_new ((guint64)own->i, GEN_STREAM_NODE, 0);
  if (own != NULL) {
    memcpy (&bits, &own->f, sizeof bits);
    return gen_random_new (bits, GEN_STREAM_NODE, 0);
  }
  random = gen_random_new (seed, node->stream != NULL ? node->stream : GEN_STREAM_NODE, node->id);
  if (node->draw.part == 0)
    return random;
  /* One of several nodes that stand for this one. */
  return gen_random_new (
      (guint64)random.key[1] << 32 | random.key[0], GEN_STREAM_NODE, node->draw.part);
}

guint64
gen_random_first (const GenKernel *kernel, gsize n)
{
  return (guint64)gen_exchange_rank (kernel->exchange) * n;
}

/* out = draws * factor + term, from element `first` on. */
static void
fill (const GenKernel *kernel, gboolean normal, float factor, float term, int part, int parts)
{
  GenRandom random = gen_random_of_node (kernel->node, kernel->seed);
  const gsize all = gen_shape_elements (&gen_node_output (kernel->node, 0)->shape);
  const guint64 origin = gen_random_first (kernel, all);
  float *out = kernel->outputs[0];
  gsize first, end;

  gen_kernel_share (all, 64, part, parts, &first, &end);
  for (; first < end; first += CHUNK) {
    gsize n = MIN (CHUNK, end - first);

    if (normal)
      gen_random_normal (&random, kernel->draw, origin + first, out + first, n);
    else
      gen_random_uniform (&random, kernel->draw, origin + first, out + first, n);
    for (gsize i = first; i < first + n; i++)
      out[i] = out[i] * factor + term;
  }
}

static void
run_normal (const GenKernel *kernel, int part, int parts)
{
  fill (kernel, TRUE, gen_node_float (kernel->node, "scale", 1),
      gen_node_float (kernel->node, "mean", 0), part, parts);
}

static void
run_uniform (const GenKernel *kernel, int part, int parts)
{
  float low = gen_node_float (kernel->node, "low", 0);

  fill (kernel, FALSE, gen_node_float (kernel->node, "high", 1) - low, low, part, parts);
}

static gboolean
cpu_normal (GenKernel *kernel, GError **error)
{
  gsize n = gen_shape_elements (&gen_node_output (kernel->node, 0)->shape);

  gen_kernel_add_step (kernel, run_normal, gen_kernel_parts (kernel, n, 10));
  return TRUE;
}

static gboolean
cpu_uniform (GenKernel *kernel, GError **error)
{
  gsize n = gen_shape_elements (&gen_node_output (kernel->node, 0)->shape);

  gen_kernel_add_step (kernel, run_uniform, gen_kernel_parts (kernel, n, 3));
  return TRUE;
}

#define RANDOM(id, name_, summary_, inputs_, cpu_)                                                 \
  const GenOperator gen_operator_##id = { .name = name_,                                           \
    .summary = summary_,                                                                           \
    .since = 1,                                                                                    \
    .min_inputs = inputs_,                                                                         \
    .max_inputs = inputs_,                                                                         \
    .min_outputs = 1,                                                                              \
    .max_outputs = 1,                                                                              \
    .layouts = GEN_LAYOUTS_PLAIN,                                                                  \
    .random = TRUE,                                                                                \
    .lower = lower,                                                                                \
    .infer = infer,                                                                                \
    .cpu = cpu_,                                                                                   \
    .gradient_is_zero = TRUE };

RANDOM (random_normal, "RandomNormal", "Random numbers of a normal distribution", 0, cpu_normal)
RANDOM (random_normal_like, "RandomNormalLike",
    "Random numbers of a normal distribution, in the shape of a tensor", 1, cpu_normal)
RANDOM (random_uniform, "RandomUniform", "Random numbers evenly spread", 0, cpu_uniform)
RANDOM (random_uniform_like, "RandomUniformLike",
    "Random numbers evenly spread, in the shape of a tensor", 1, cpu_uniform)
