/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Extents that a model leaves free: those of what is played, of parameters, and of states, which
 * follow from the others. */
#include <string.h>

#include "../graph/memory.h"
#include "parts.h"

/* Sizes of a picture to one of the states that are made of it, the first of them at that. */
#define MAX_STATE_SCALE 32
/* How often states are made of what they came to before, until they stay as they are. */
#define MAX_STATE_ROUNDS 4

/* Whether the first extent of a parameter is called as that of what flows, so that it has a number
 * for each of the batch. */
static gboolean
is_of_batch (const GenModel *model, guint parameter)
{
  const GPtrArray *inputs = model->graph->inputs;
  const GenTensor *input = g_ptr_array_index (inputs, parameter);

  if (input->shape.rank == 0 || input->shape.dims[0] >= 0 || input->dim_names[0] == NULL)
    return FALSE;
  for (guint i = 0; i < inputs->len; i++)
    if (model->inputs[i].part == GEN_PART_FLOW && model->inputs[i].batch < 0 &&
        g_strcmp0 (((const GenTensor *)inputs->pdata[i])->dim_names[0], input->dim_names[0]) == 0)
      return TRUE;
  return FALSE;
}

/* The shape of input `i` where states are of `states`. */
static GenShape
fix_shape (const GenModel *model, const GenTensor *input, guint i, const GenExtents *extents,
    const GenShape *states)
{
  const GenPort *port = &model->inputs[i];
  GenShape shape = input->shape;

  if (port->part == GEN_PART_STATE && states != NULL)
    return states[i];
  for (int d = 0; d < shape.rank; d++)
    if (shape.dims[d] < 0)
      shape.dims[d] = 1;
  if (port->part == GEN_PART_STATE)
    return shape;
  if (port->part == GEN_PART_PARAMETER && !gen_port_is_picture (port)) {
    if (is_of_batch (model, i))
      shape.dims[0] = extents->batch;
    else
      gen_parts_fit (model, i, &shape);
    return shape;
  }
  if (shape.rank > 0 && port->batch < 0)
    shape.dims[0] = extents->batch;
  if (gen_port_is_picture (port)) {
    const int first = gen_port_height_axis (port);

    if (port->height < 0)
      shape.dims[first] = extents->height;
    if (port->width < 0)
      shape.dims[first + 1] = extents->width;
  }
  if (gen_port_is_timed (port) && port->length < 0)
    shape.dims[gen_port_time_axis (port)] = extents->length;
  /* As many in each run as come. */
  if (port->kind == GEN_PORT_TOKENS && port->length < 0)
    shape.dims[1] = extents->length > 0 ? extents->length : -1;
  return shape;
}

/* Nobody has more memory than the machine. */
static gboolean
check_size (const GenTensor *input, const GenShape *shape, GError **error)
{
  const double machine = gen_memory_of_machine ();
  double bytes = (double)gen_data_type_size (input->type);

  for (int d = 0; d < shape->rank; d++)
    bytes *= (double)shape->dims[d];
  if (bytes <= machine)
    return TRUE;
  g_autofree char *text = gen_shape_to_string (shape);
  g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_TOO_LARGE,
      "input '%s', %s %s, takes %.1f GB, and this machine has %.1f", input->name,
      gen_data_type_name (input->type), text, bytes * 1e-9, machine * 1e-9);
  return FALSE;
}

static gboolean
fix_shapes (const GenModel *model, GenGraph *graph, const GenExtents *extents,
    const GenShape *states, GError **error)
{
  for (guint i = 0; i < graph->inputs->len; i++) {
    GenTensor *input = g_ptr_array_index (graph->inputs, i);
    const GenShape shape = fix_shape (model, input, i, extents, states);

    if (model->inputs[i].kind == GEN_PORT_TOKENS && !gen_shape_is_known (&shape))
      continue;
    if (!check_size (input, &shape, error) ||
        !gen_graph_set_input_shape (graph, input, &shape, error))
      return FALSE;
  }
  return TRUE;
}

/* What states begin as: free extents are 1, or of the last two of a picture's four those of the
 * picture divided by `scale`, which the next state doubles where there is a `pyramid`. */
static void
begin_states (
    const GenModel *model, const GenExtents *extents, int scale, gboolean pyramid, GenShape *states)
{
  for (guint i = 0; i < model->graph->inputs->len; i++) {
    const GenTensor *input = g_ptr_array_index (model->graph->inputs, i);

    if (model->inputs[i].part != GEN_PART_STATE)
      continue;
    states[i] = input->shape;
    for (int d = 0; d < states[i].rank; d++)
      if (states[i].dims[d] < 0)
        states[i].dims[d] = scale > 0 && states[i].rank == 4 && d == 2   ? extents->height / scale
                            : scale > 0 && states[i].rank == 4 && d == 3 ? extents->width / scale
                                                                         : 1;
    if (pyramid)
      scale *= 2;
  }
}

gboolean
gen_model_refuse_growth (
    const GenModel *model, guint i, const GenShape *before, const GenShape *after, GError **error)
{
  g_autofree char *had = gen_shape_to_string (before), *has = gen_shape_to_string (after);

  g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
      "state '%s' goes into a run as %s and comes out of output '%s' as %s, and one that grows is "
      "not played; property states says which inputs are states",
      model->inputs[i].name, had, model->outputs[model->inputs[i].partner].name, has);
  return FALSE;
}

/* Have states come out of a run as they went in, whose shapes are then in `states`. FALSE with
 * `failed` where shapes are not known, and with `grown` where a state is of another one each time:
 * the first reason of each stays. */
static gboolean
settle_states (const GenModel *model, const GenExtents *extents, GenShape *states, GError **failed,
    GError **grown)
{
  for (int round = 0; round < MAX_STATE_ROUNDS; round++) {
    g_autoptr (GenGraph) copy = gen_graph_copy (model->graph);
    const gboolean is_last = round == MAX_STATE_ROUNDS - 1;
    GError **reason = *failed == NULL ? failed : NULL;
    gboolean settled = TRUE;

    if (!fix_shapes (model, copy, extents, states, reason) || !gen_graph_infer (copy, reason))
      return FALSE;
    for (guint i = 0; i < copy->inputs->len; i++) {
      const GenPort *port = &model->inputs[i];
      const GenTensor *next;

      if (port->part != GEN_PART_STATE)
        continue;
      next = g_ptr_array_index (copy->outputs, port->partner);
      if (gen_shape_equal (&states[i], &next->shape))
        continue;
      settled = FALSE;
      if (is_last && *grown == NULL)
        gen_model_refuse_growth (model, i, &states[i], &next->shape, grown);
      states[i] = next->shape;
    }
    if (settled)
      return TRUE;
  }
  return FALSE;
}

static gboolean
has_free_states (const GenModel *model)
{
  for (guint i = 0; i < model->graph->inputs->len; i++)
    if (model->inputs[i].part == GEN_PART_STATE && !gen_shape_is_known (&model->inputs[i].shape))
      return TRUE;
  return FALSE;
}

/* Shapes of states that follow the picture: what the model makes of the smallest ones, and where it
 * takes none but those of their size, of sizes that are usual. (transfer full) */
static GenShape *
find_states (const GenModel *model, const GenExtents *extents, GError **failed, GError **grown)
{
  g_autofree GenShape *states = g_new0 (GenShape, model->graph->inputs->len);

  begin_states (model, extents, 0, FALSE, states);
  if (settle_states (model, extents, states, failed, grown))
    return g_steal_pointer (&states);
  for (int pyramid = 0; pyramid < 2; pyramid++)
    for (int scale = 1; scale <= MAX_STATE_SCALE; scale *= 2) {
      begin_states (model, extents, scale, pyramid, states);
      if (settle_states (model, extents, states, failed, grown))
        return g_steal_pointer (&states);
    }
  return NULL;
}

gboolean
gen_model_fix_inputs (
    const GenModel *model, GenGraph *graph, const GenExtents *extents, GError **error)
{
  g_autoptr (GError) failed = NULL, grown = NULL;
  g_autofree GenShape *states = NULL;

  if (has_free_states (model))
    states = find_states (model, extents, &failed, &grown);
  /* Shapes that are not known before a run may well be those of states. */
  if (has_free_states (model) && states == NULL && (grown != NULL || !model->staged)) {
    g_propagate_error (error, grown != NULL ? g_steal_pointer (&grown) : g_steal_pointer (&failed));
    return FALSE;
  }
  return fix_shapes (model, graph, extents, states, error);
}
