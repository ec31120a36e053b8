/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Dropout: in training, each element is zeroed with probability `ratio` and the others are
 * scaled so that the mean stays; in inference the operand itself. The mask of a run follows
 * from the plan's seed, the node and the number of the run: it is the same however the work
 * is cut. Its gradient reads the mask. */
#include <generative/random.h>

#include <string.h>

#include "dropout.h"
#include "../number.h"
#include "../random/random-fill.h"

#define CHUNK 1024

gboolean
gen_dropout_settings (const GenNode *node, GenDropout *s, GError **error)
{
  const GenTensor *ratio = gen_node_input (node, 1), *mode = gen_node_input (node, 2);
  const guint8 *training = gen_tensor_constant (mode);
  const void *value = gen_tensor_constant (ratio);

  s->ratio = gen_node_float (node, "ratio", 0.5f);
  s->training = training != NULL && *training != 0;
  if ((ratio != NULL && value == NULL) || (mode != NULL && training == NULL))
    return gen_node_error (node, error, "its ratio and training_mode must be constant");
  if (ratio != NULL)
    s->ratio = (float)gen_number_get (ratio->type, value, 0);
  if (!(s->ratio >= 0 && s->ratio < 1)) {
    if (s->training)
      return gen_node_error (node, error, "its ratio %g is not in [0, 1)", s->ratio);
    s->ratio = 0;
  }
  return TRUE;
}

static gboolean
infer (GenNode *node, GError **error)
{
  const GenTensor *x = gen_node_input (node, 0);
  GenDropout s;

  if (!gen_dropout_settings (node, &s, error))
    return FALSE;
  gen_node_set_output (node, 0, x->type, &x->shape);
  gen_node_set_output (node, 1, node->opset < 10 ? x->type : GEN_TYPE_BOOL, &x->shape);
  return TRUE;
}

/* Inference moves elements as they are. */
static GenDataType
computes_in (const GenNode *node, GenDataType type)
{
  GenDropout s;

  return gen_dropout_settings (node, &s, NULL) && s.training ? GEN_TYPE_FLOAT32 : type;
}

static void
run_training (const GenKernel *kernel, int part, int parts)
{
  const GenDropout *s = kernel->state;
  GenRandom random = gen_random_of_node (kernel->node, kernel->seed);
  const float *x = kernel->inputs[0];
  float *out = kernel->outputs[0], draws[CHUNK], scale = 1 / (1 - s->ratio);
  guint8 *mask = kernel->node->outputs->len > 1 ? kernel->outputs[1] : NULL;
  const gsize all = gen_shape_elements (&gen_node_input (kernel->node, 0)->shape);
  const guint64 origin = gen_random_first (kernel, all);
  gsize first, end;

  gen_kernel_share (all, 64, part, parts, &first, &end);
  for (; first < end; first += CHUNK) {
    gsize n = MIN (CHUNK, end - first);

    gen_random_uniform (&random, kernel->draw, origin + first, draws, n);
    if (mask != NULL)
      for (gsize i = 0; i < n; i++)
        mask[first + i] = draws[i] >= s->ratio;
    for (gsize i = 0; i < n; i++)
      out[first + i] = draws[i] >= s->ratio ? x[first + i] * scale : 0;
  }
}

static void
run_inference (const GenKernel *kernel, int part, int parts)
{
  const GenNode *node = kernel->node;
  gsize n = gen_shape_elements (&gen_node_input (node, 0)->shape), first, end;
  gsize size = gen_data_type_size (gen_node_input (node, 0)->type);

  gen_kernel_share (n, 64, part, parts, &first, &end);
  if (kernel->outputs[0] != kernel->inputs[0] && end > first)
    memcpy ((char *)kernel->outputs[0] + first * size,
        (const char *)kernel->inputs[0] + first * size, (end - first) * size);
  if (node->outputs->len > 1 && kernel->outputs[1] != NULL &&
      gen_node_output (node, 1)->type == GEN_TYPE_BOOL)
    memset ((char *)kernel->outputs[1] + first, TRUE, end - first);
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  const GenTensor *x = gen_node_input (kernel->node, 0), *mask = gen_node_output (kernel->node, 1);
  GenDropout *s = g_new0 (GenDropout, 1);
  gsize n = gen_shape_elements (&x->shape);

  kernel->state = s;
  kernel->free_state = g_free;
  if (!gen_dropout_settings (kernel->node, s, error))
    return FALSE;
  if (mask != NULL && mask->type != GEN_TYPE_BOOL)
    return gen_node_error (kernel->node, error, "its mask is supported from opset 10 on only");
  if (s->training)
    gen_kernel_add_step (kernel, run_training, gen_kernel_parts (kernel, n, 3));
  else
    gen_kernel_add_step (kernel, run_inference, gen_kernel_parts (kernel, n, 0.2));
  return TRUE;
}

/* dy / (1 - ratio) where the mask is set. The node is asked for its mask if it was not. */
static gboolean
gradient (GenGradient *g, GError **error)
{
  GenNode *node = g->node;
  GenTensor *scaled, *mask = gen_node_output (node, 1);
  GenDropout s;

  if (!gen_dropout_settings (node, &s, error))
    return FALSE;
  if (!s.training) {
    g->inputs[0] = g->outputs[0];
    return TRUE;
  }
  if (mask == NULL) {
    mask = gen_graph_add_value (g->graph, NULL);
    mask->producer = node;
    g_ptr_array_set_size (node->outputs, 2);
    node->outputs->pdata[1] = mask;
    if (!infer (node, error))
      return FALSE;
  }
  scaled = gen_binary (
      g->graph, "Mul", g->outputs[0], gen_graph_float (g->graph, 1 / (1 - s.ratio)), error);
  if (scaled == NULL)
    return FALSE;
  g->inputs[0] = gen_graph_op (g->graph, "Where",
      (GenTensor *[]){ mask, scaled, gen_graph_float (g->graph, 0) }, 3, 1, error, NULL);
  return g->inputs[0] != NULL;
}

const GenOperator gen_operator_dropout = {
  .name = "Dropout",
  .summary = "Zero a random part of the elements in training",
  .since = 7,
  .min_inputs = 1,
  .max_inputs = 3,
  .min_outputs = 1,
  .max_outputs = 2,
  .results = GEN_RESULTS_MOVED,
  .keeps_channels = TRUE,
  .layouts = GEN_LAYOUTS_SAME,
  .elementwise = TRUE,
  .random = TRUE,
  .widens = 0x1,
  .computes_in = computes_in,
  .infer = infer,
  .cpu = cpu,
  .gradient = gradient,
};
