/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Clip: between two bounds, which are attributes up to opset 10 and inputs from 11 on; either may
 * be left out. */
#include <math.h>

#include "arithmetic.h"
#include "../../device/half.h"

/* Elements that go through both bounds while they are in the first cache. */
#define CHUNK 1024

typedef struct {
  GenBinaryRow raise, cut;
  /* What attributes say, as elements of the operand's type; NULL where there is none. */
  const void *low, *high;
  double bounds[2];
} Clip;

static void
run (const GenKernel *kernel, int part, int parts)
{
  const Clip *clip = kernel->state;
  const GenTensor *x = gen_node_input (kernel->node, 0);
  const GenDataType types[3] = { x->type, x->type, x->type };
  const void *low = gen_node_input (kernel->node, 1) != NULL ? kernel->inputs[1] : clip->low;
  const void *high = gen_node_input (kernel->node, 2) != NULL ? kernel->inputs[2] : clip->high;
  gsize size = gen_data_type_size (x->type), first, end;

  gen_kernel_share (gen_shape_elements (&x->shape), 64, part, parts, &first, &end);
  for (gsize n; first < end; first += n) {
    const char *from = (const char *)kernel->inputs[0] + first * size;
    char *to = (char *)kernel->outputs[0] + first * size;

    n = MIN (CHUNK, end - first);
    if (low != NULL) {
      gen_binary_row_run (clip->raise, types, from, 1, low, 0, to, n);
      from = to;
    }
    if (high != NULL)
      gen_binary_row_run (clip->cut, types, from, 1, high, 0, to, n);
    else if (from != to)
      memcpy (to, from, n * size);
  }
}

static gboolean
infer (GenNode *node, GError **error)
{
  for (guint i = 1; i < node->inputs->len; i++) {
    const GenTensor *bound = gen_node_input (node, i);

    if (bound != NULL &&
        (bound->type != gen_node_input (node, 0)->type || gen_shape_elements (&bound->shape) != 1))
      return gen_node_error (node, error, "its bounds must be scalars of its operand's type");
  }
  return gen_infer_same (node, error);
}

/* An attribute as an element of the operand's type, which is a float up to opset 10. */
static const void *
bound (const GenNode *node, const char *name, double *value)
{
  const GenTensor *x = gen_node_input (node, 0);
  float number = gen_node_float (node, name, NAN);

  if (isnan (number))
    return NULL;
  if (gen_type_is_half (x->type))
    gen_half_narrow (x->type, &number, value, 1);
  else if (x->type == GEN_TYPE_FLOAT32)
    memcpy (value, &number, sizeof number);
  else
    *value = number;
  return value;
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  const GenTensor *x = gen_node_input (kernel->node, 0);
  Clip *clip = g_new0 (Clip, 1);

  kernel->state = clip;
  kernel->free_state = g_free;
  clip->raise = gen_binary_rows_find (&gen_max_rows, x->type);
  clip->cut = gen_binary_rows_find (&gen_min_rows, x->type);
  if (x->type == GEN_TYPE_FLOAT32 || x->type == GEN_TYPE_FLOAT64 || gen_type_is_half (x->type)) {
    clip->low = bound (kernel->node, "min", &clip->bounds[0]);
    clip->high = bound (kernel->node, "max", &clip->bounds[1]);
  }
  if (clip->raise == NULL)
    return gen_node_error (
        kernel->node, error, "not supported for elements of type %s", gen_data_type_name (x->type));
  gen_kernel_add_step (kernel, run, gen_kernel_parts (kernel, gen_shape_elements (&x->shape), 0.2));
  return TRUE;
}

/* dy where nothing was cut off: where the result is the operand. */
static gboolean
gradient (GenGradient *g, GError **error)
{
  GenTensor *kept = gen_binary (
      g->graph, "Equal", gen_node_input (g->node, 0), gen_node_output (g->node, 0), error);

  if (!g->needed[0])
    return TRUE;
  if (kept == NULL)
    return FALSE;
  g->inputs[0] = gen_graph_op (g->graph, "Where",
      (GenTensor *[]){ kept, g->outputs[0], gen_graph_float (g->graph, 0) }, 3, 1, error, NULL);
  return g->inputs[0] != NULL;
}

const GenOperator gen_operator_clip = {
  .name = "Clip",
  .summary = "Cut off below and above",
  .since = 1,
  .min_inputs = 1,
  .max_inputs = 3,
  .min_outputs = 1,
  .max_outputs = 1,
  .layouts = GEN_LAYOUTS_SAME,
  .elementwise = TRUE,
  .activation = GEN_ACTIVATION_CLIP,
  .infer = infer,
  .cpu = cpu,
  .gradient = gradient,
};
