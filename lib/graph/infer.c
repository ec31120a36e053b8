/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One pass through the nodes that makes every type and shape known. A node whose inputs
 * are all constant is computed on the spot, since the shapes of later nodes may hang on its
 * value; that is constant folding, and it needs no pass of its own. */
#include <string.h>

#include <generative/operator.h>

#include "../device/shared.h"
#include "constants.h"
#include "graph-private.h"
#include "kernel.h"

/* A single tensor larger than this is taken for a hostile or broken model. */
#define MAX_TENSOR_BYTES ((gint64)1 << 36)
/* Constants are folded up to this size, and all together up to that; what is more is left to the
 * plan. It is all that reading and shaping a model allocates beyond its own size. */
#define MAX_FOLDED_BYTES ((gsize)1 << 28)
#define MAX_FOLDED_TOTAL ((gsize)1 << 30)
/* What has been folded into something else is given up from this size on. */
#define LEAST_GIVEN_UP ((gsize)1 << 20)
/* Bytes that a byte of weights may become. */
#define UNPACKED 4

gboolean
gen_node_error (const GenNode *node, GError **error, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID, "node '%s' (%s, opset %d): %s",
      node->name, node->op->name, node->opset, text);
  return FALSE;
}

void
gen_node_set_output (GenNode *node, guint i, GenDataType type, const GenShape *shape)
{
  GenTensor *output = gen_node_output (node, i);

  if (output == NULL)
    return;
  output->type = type;
  output->shape = *shape;
}

void
gen_node_set_constant (GenNode *node, guint i, GBytes *data)
{
  GenTensor *output = gen_node_output (node, i);

  output->role = GEN_ROLE_CONSTANT;
  output->producer = NULL;
  g_clear_pointer (&output->data, g_bytes_unref);
  output->data = data;
}

gboolean
gen_node_same_type (const GenNode *node, guint first, guint last, GError **error)
{
  GenDataType type = gen_node_input (node, 0)->type;

  for (guint i = first; i <= last; i++) {
    const GenTensor *input = gen_node_input (node, i);

    if (input != NULL && input->type != type)
      return gen_node_error (node, error, "input %u is of type %s, but input 0 of type %s", i,
          gen_data_type_name (input->type), gen_data_type_name (type));
  }
  return TRUE;
}

gboolean
gen_infer_same (GenNode *node, GError **error)
{
  const GenTensor *x = gen_node_input (node, 0);

  gen_node_set_output (node, 0, x->type, &x->shape);
  return TRUE;
}

gboolean
gen_infer_broadcast (GenNode *node, GError **error)
{
  const GenTensor *a = gen_node_input (node, 0), *b = gen_node_input (node, 1);
  GenShape shape;

  if (a->type != b->type)
    return gen_node_error (node, error, "its inputs are of different types, %s and %s",
        gen_data_type_name (a->type), gen_data_type_name (b->type));
  if (!gen_shape_broadcast (&a->shape, &b->shape, &shape)) {
    g_autofree char *sa = gen_shape_to_string (&a->shape);
    g_autofree char *sb = gen_shape_to_string (&b->shape);

    return gen_node_error (node, error, "shapes %s and %s cannot be broadcast together", sa, sb);
  }
  gen_node_set_output (node, 0, a->type, &shape);
  return TRUE;
}

int
gen_axis (gint64 axis, int rank)
{
  if (axis < -rank || axis >= rank)
    return -1;
  return axis < 0 ? axis + rank : axis;
}

void
gen_tensor_strides (const GenTensor *tensor, gint64 strides[GEN_MAX_RANK])
{
  const GenShape *shape = &tensor->shape;
  gint64 stride = 1;

  if (tensor->layout == GEN_LAYOUT_CHANNELS_LAST && shape->rank >= 3) {
    strides[1] = 1;
    stride = shape->dims[1];
    for (int i = shape->rank - 1; i >= 2; i--) {
      strides[i] = stride;
      stride *= shape->dims[i];
    }
    strides[0] = stride;
    return;
  }
  for (int i = shape->rank - 1; i >= 0; i--) {
    strides[i] = stride;
    stride *= shape->dims[i];
  }
}

void
gen_tensor_broadcast_strides (
    const GenTensor *tensor, const GenShape *to, gint64 strides[GEN_MAX_RANK])
{
  gint64 own[GEN_MAX_RANK];
  int skip = to->rank - tensor->shape.rank;

  gen_tensor_strides (tensor, own);
  for (int i = 0; i < to->rank; i++)
    strides[i] = i < skip || tensor->shape.dims[i - skip] == 1 ? 0 : own[i - skip];
}

gboolean
gen_node_check_inputs (const GenNode *node, GError **error)
{
  for (guint i = 0; i < node->inputs->len; i++) {
    const GenTensor *input = g_ptr_array_index (node->inputs, i);

    if (input == NULL) {
      /* Of any number of inputs all must be there, but control flow has optional ones. */
      if (node->op->max_inputs < 0 ? !node->op->has_graphs : (int)i < node->op->min_inputs)
        return gen_node_error (node, error, "input %u is missing", i);
      continue;
    }
    if (input->kind != GEN_KIND_TENSOR) {
      if (!node->op->takes_items)
        return gen_node_error (
            node, error, "its input '%s' is a sequence or optional, not a tensor", input->name);
      if (input->items == NULL)
        return gen_node_error (node, error,
            "what its input '%s', a sequence or optional, holds is not known before it runs",
            input->name);
      continue;
    }
    if (input->type == GEN_TYPE_UNDEFINED || !gen_shape_is_known (&input->shape))
      return gen_node_error (node, error,
          "the type or shape of its input '%s' is not known before it runs", input->name);
  }
  return TRUE;
}

static gboolean
check_outputs (const GenNode *node, GError **error)
{
  for (guint i = 0; i < node->outputs->len; i++) {
    const GenTensor *output = g_ptr_array_index (node->outputs, i);
    gint64 n;

    if (output == NULL)
      continue;
    n = gen_shape_elements (&output->shape);
    if (n < 0 || output->type == GEN_TYPE_UNDEFINED)
      return gen_node_error (
          node, error, "the shape of its output '%s' cannot be known", output->name);
    if (n > MAX_TENSOR_BYTES / 8) {
      g_autofree char *shape = gen_shape_to_string (&output->shape);

      g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_TOO_LARGE,
          "node '%s' (%s): its output '%s' of shape %s is too large", node->name, node->op->name,
          output->name, shape);
      return FALSE;
    }
  }
  return TRUE;
}

gboolean
gen_node_is_random (const GenNode *node)
{
  if (node->op->random)
    return TRUE;
  for (guint i = 0; i < node->attributes->len; i++) {
    const GenAttribute *attribute = g_ptr_array_index (node->attributes, i);

    for (guint k = 0; attribute->graph != NULL && k < attribute->graph->nodes->len; k++)
      if (gen_node_is_random (g_ptr_array_index (attribute->graph->nodes, k)))
        return TRUE;
  }
  return FALSE;
}

/* A node can be folded when all that it reads is known, and something is to be won: a
 * view of a constant or a fill of megabytes is better left to the plan. */
static gboolean
can_fold (const GenNode *node)
{
  gsize bytes = 0;

  if (gen_node_is_random (node) || node->op->cpu == NULL)
    return FALSE;
  for (guint i = 0; i < node->inputs->len; i++) {
    const GenTensor *input = g_ptr_array_index (node->inputs, i);

    if (input != NULL && input->role != GEN_ROLE_CONSTANT)
      return FALSE;
  }
  for (guint i = 0; i < node->outputs->len; i++) {
    const GenTensor *output = g_ptr_array_index (node->outputs, i);

    if (output != NULL && output->role == GEN_ROLE_VALUE)
      bytes += gen_tensor_size (output);
  }
  return bytes <= MAX_FOLDED_BYTES && bytes <= MAX_FOLDED_TOTAL - node->graph->folded;
}

static gboolean
refers_to (const GPtrArray *tensors, const GenTensor *tensor)
{
  return tensors != NULL && g_ptr_array_find ((GPtrArray *)tensors, tensor, NULL);
}

/* Whether the node makes numbers of integers that layers alone read, as their weights or bias: of
 * those fusion can make layers of integers, and the plan folds what it has not. */
static gboolean
is_for_layers (const GenNode *node)
{
  static const char *const layers[] = { "Conv", "ConvTranspose", "Gemm", "MatMul", NULL };
  const GenTensor *result = gen_node_output (node, 0);
  const GPtrArray *nodes = node->graph->nodes;
  gboolean read = FALSE;
  GenDataType type;

  if (strcmp (node->op->name, "DequantizeLinear") != 0 &&
      strcmp (node->op->name, "UnpackBits") != 0)
    return FALSE;
  type = gen_node_input (node, 0)->type;
  if ((type != GEN_TYPE_UINT8 && type != GEN_TYPE_INT8 && type != GEN_TYPE_INT32) ||
      refers_to (node->graph->outputs, result))
    return FALSE;
  for (guint i = 0; i < nodes->len; i++) {
    const GenNode *reader = g_ptr_array_index (nodes, i);
    guint k;

    if (!g_ptr_array_find (reader->inputs, result, &k))
      continue;
    if (k == 0 || reader->op->domain != NULL || !g_strv_contains (layers, reader->op->name))
      return FALSE;
    read = TRUE;
  }
  return read;
}

gboolean
gen_node_check_attributes (const GenNode *node, GError **error)
{
  static const char *const names[] = { "a float", "an int", "a string", "a tensor",
    "a list of floats", "a list of ints", "a list of strings", "a graph" };

  for (guint i = 0; i < node->attributes->len; i++) {
    const GenAttribute *attribute = g_ptr_array_index (node->attributes, i);

    if (attribute->misread)
      return gen_node_error (node, error, "its attribute '%s' is %s, but should be %s",
          attribute->name, names[attribute->type], names[attribute->asked]);
  }
  return TRUE;
}

gboolean
gen_node_infer (GenNode *node, GError **error)
{
  g_autoptr (GError) reason = NULL;
  gboolean inferred = node->op->compute != NULL ? gen_node_compute (node, &reason)
                                                : node->op->infer (node, &reason);

  /* First: what went wrong with an attribute's default in its place would mislead. */
  if (!gen_node_check_attributes (node, error))
    return FALSE;
  if (!inferred)
    g_propagate_error (error, g_steal_pointer (&reason));
  return inferred;
}

gboolean
gen_graph_fold_node (GenNode *node, GError **error)
{
  const GenTensor *first = node->inputs->len > 0 ? gen_node_input (node, 0) : NULL;
  g_autofree const void **inputs = g_new0 (const void *, node->inputs->len);
  g_autofree void **outputs = g_new0 (void *, node->outputs->len);
  GenKernel kernel;

  if (node->op->view && node->outputs->len == 1 && first != NULL &&
      first->role == GEN_ROLE_CONSTANT) {
    gen_node_set_constant (node, 0, g_bytes_ref (first->data));
    return TRUE;
  }
  gen_kernel_init (&kernel, node, 1);
  if (!gen_kernel_prepare (&kernel, error)) {
    gen_kernel_clear (&kernel);
    return FALSE;
  }
  for (guint i = 0; i < node->inputs->len; i++)
    inputs[i] = gen_tensor_constant (g_ptr_array_index (node->inputs, i));
  for (guint i = 0; i < node->outputs->len; i++) {
    GenTensor *output = g_ptr_array_index (node->outputs, i);

    if (output != NULL)
      outputs[i] = gen_shared_alloc (gen_tensor_size (output));
  }
  kernel.inputs = inputs;
  kernel.outputs = outputs;
  kernel.scratch = gen_shared_alloc (kernel.scratch_size);
  gen_kernel_run (&kernel);
  gen_shared_free (kernel.scratch, kernel.scratch_size);
  gen_kernel_clear (&kernel);
  for (guint i = 0; i < node->outputs->len; i++) {
    GenTensor *output = g_ptr_array_index (node->outputs, i);

    if (output == NULL)
      continue;
    node->graph->folded += gen_tensor_size (output);
    gen_node_set_constant (node, i, gen_shared_keep (outputs[i], gen_tensor_size (output)));
  }
  return TRUE;
}

/* Whether any output is still to be made by the node. */
static gboolean
makes_something (const GenNode *node)
{
  for (guint i = 0; i < node->outputs->len; i++) {
    const GenTensor *output = g_ptr_array_index (node->outputs, i);

    if (output != NULL && output->producer == node)
      return TRUE;
  }
  return FALSE;
}

/* Whether anything but nodes that have been folded reads the tensor. */
static gboolean
is_wanted (const GenGraph *graph, const GenTensor *tensor)
{
  if (refers_to (graph->outputs, tensor))
    return TRUE;
  for (guint i = 0; i < graph->tensors->len; i++) {
    const GenTensor *other = g_ptr_array_index (graph->tensors, i);

    if (other->next == tensor || refers_to (other->items, tensor))
      return TRUE;
  }
  for (guint i = 0; i < graph->nodes->len; i++) {
    const GenNode *node = g_ptr_array_index (graph->nodes, i);

    if (refers_to (node->inputs, tensor) && (makes_something (node) || node->op->compute != NULL))
      return TRUE;
  }
  return FALSE;
}

/* Whether folding has made the tensor. */
static gboolean
is_folded (const GenGraph *graph, const GenTensor *tensor)
{
  for (guint i = 0; i < graph->nodes->len; i++)
    if (refers_to (((GenNode *)g_ptr_array_index (graph->nodes, i))->outputs, tensor))
      return TRUE;
  return FALSE;
}

/* Weights that are unpacked in several steps would be in memory once for each. A model's own
 * weights make room for what they become, as float32 perhaps, so that its size limits it. */
static void
give_up_operands (const GenNode *node)
{
  GenGraph *graph = node->graph;

  for (guint i = 0; i < node->inputs->len; i++) {
    GenTensor *input = g_ptr_array_index (node->inputs, i);
    gsize size = input != NULL ? gen_tensor_size (input) : 0;

    if (size < LEAST_GIVEN_UP || is_wanted (graph, input))
      continue;
    graph->folded -= MIN (graph->folded, is_folded (graph, input) ? size : UNPACKED * size);
    gen_tensor_give_up (input);
  }
}

/* Infer node number `at`, or what comes in its place, from there on. */
static gboolean
infer_node (GenGraph *graph, guint at, GError **error)
{
  gboolean replaced = TRUE;
  GenNode *node;

  while (replaced) {
    if (at == graph->nodes->len)
      return TRUE;
    node = g_ptr_array_index (graph->nodes, at);
    if (!gen_node_check_inputs (node, error))
      return FALSE;
    replaced = gen_node_is_widened (node);
    if (replaced ? !gen_graph_widen_node (graph, at, error)
                 : !gen_graph_lower_node (graph, at, &replaced, error))
      return FALSE;
  }
  node = g_ptr_array_index (graph->nodes, at);
  if (!gen_node_infer (node, error) || !check_outputs (node, error))
    return FALSE;
  if (!makes_something (node) || !can_fold (node) || is_for_layers (node))
    return TRUE;
  if (!gen_graph_fold_node (node, error))
    return FALSE;
  give_up_operands (node);
  return TRUE;
}

/* Nodes [first, end) without those that have been folded: a copy of the graph would fold them
 * again, of operands that may have been given up. How many stay. */
static guint
remove_folded (GenGraph *graph, guint first, guint end)
{
  guint stay = end - first;

  for (guint i = end; i > first; i--) {
    if (makes_something (g_ptr_array_index (graph->nodes, i - 1)))
      continue;
    g_ptr_array_remove_index (graph->nodes, i - 1);
    stay--;
  }
  return stay;
}

gboolean
gen_graph_infer_until (GenGraph *graph, guint *at, GError **error)
{
  gboolean inferred;
  guint i = 0;

  while (i < graph->nodes->len && infer_node (graph, i, error))
    i++;
  inferred = i >= graph->nodes->len; /* beyond, where nothing has come in place of the last node */
  *at = remove_folded (graph, 0, inferred ? graph->nodes->len : i);
  return inferred;
}

gboolean
gen_graph_infer_from (GenGraph *graph, guint first, GError **error)
{
  for (guint i = first; i < graph->nodes->len; i++)
    if (!infer_node (graph, i, error))
      return FALSE;
  remove_folded (graph, first, graph->nodes->len);
  return TRUE;
}

gboolean
gen_graph_fold_weights (GenGraph *graph, GError **error)
{
  for (guint i = 0; i < graph->nodes->len; i++) {
    GenNode *node = g_ptr_array_index (graph->nodes, i);

    if (!is_for_layers (node) || !makes_something (node) || !can_fold (node))
      continue;
    if (!gen_graph_fold_node (node, error))
      return FALSE;
    give_up_operands (node);
  }
  remove_folded (graph, 0, graph->nodes->len);
  return TRUE;
}

gboolean
gen_graph_infer (GenGraph *graph, GError **error)
{
  for (guint i = 0; i < graph->inputs->len; i++) {
    const GenTensor *input = g_ptr_array_index (graph->inputs, i);

    if (input->kind != GEN_KIND_TENSOR) {
      g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
          "input '%s' is a sequence or optional; how much it holds must be fixed first",
          input->name);
      return FALSE;
    }
    if (gen_shape_is_known (&input->shape))
      continue;
    g_autofree char *shape = gen_shape_to_string (&input->shape);
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        "the shape %s of input '%s' has free extents; they must be fixed first", shape,
        input->name);
    return FALSE;
  }
  return gen_graph_infer_from (graph, 0, error);
}

gboolean
gen_graph_set_input_shape (GenGraph *graph, GenTensor *input, const GenShape *shape, GError **error)
{
  gboolean fits = input->kind == GEN_KIND_TENSOR;

  if (!fits) {
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        "input '%s' is a sequence or optional, which has no shape", input->name);
    return FALSE;
  }
  fits = input->shape.rank < 0 || input->shape.rank == shape->rank;

  for (int i = 0; fits && i < input->shape.rank; i++)
    fits = input->shape.dims[i] < 0 || input->shape.dims[i] == shape->dims[i];
  if (!fits || !gen_shape_is_known (shape)) {
    g_autofree char *wanted = gen_shape_to_string (shape);
    g_autofree char *has = gen_shape_to_string (&input->shape);

    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        "input '%s' of shape %s cannot take the shape %s", input->name, has, wanted);
    return FALSE;
  }
  input->shape = *shape;
  return TRUE;
}

void
gen_graph_set_free_dimensions (GenGraph *graph, const char *name, gint64 value)
{
  for (guint i = 0; i < graph->inputs->len; i++) {
    GenTensor *input = g_ptr_array_index (graph->inputs, i);

    for (int d = 0; d < input->shape.rank; d++) {
      gboolean chosen = name == NULL ? d == 0 : g_strcmp0 (input->dim_names[d], name) == 0;

      if (input->shape.dims[d] < 0)
        input->shape.dims[d] = chosen ? value : 1;
    }
  }
}
