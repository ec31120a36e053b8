/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* At which moment the picture lies that is made of two. */
#include <string.h>

#include "../graph/graph-private.h"
#include "parts.h"

/* Channels of two pictures in colour, and the plane of the moment behind them. */
#define TWO_PICTURES 6

/* How far between two pictures the one lies that is made of them, as interpolating models call it.
 */
static gboolean
names_moment (const char *name)
{
  static const char *const moments[] = { "timestep", "time_step", "time", NULL };
  g_autofree char *lower = g_ascii_strdown (name, -1);

  return g_strv_contains (moments, lower);
}

void
gen_moment_find (GenModel *model)
{
  for (guint i = 0; i < model->graph->inputs->len; i++) {
    GenPort *port = &model->inputs[i];
    const GenPort before = *port;

    /* Diffusion counts its steps in integers. */
    if (!names_moment (port->name) || port->type == GEN_TYPE_INT64 ||
        port->type == GEN_TYPE_INT32 || port->part == GEN_PART_STATE ||
        (port->kind == GEN_PORT_PICTURE && port->channels != 1))
      continue;
    if (port->part == GEN_PART_FLOW)
      port->part_source = GEN_PART_NAMED;
    port->part = GEN_PART_PARAMETER;
    if (gen_model_window (model, NULL) != 2)
      *port = before;
    else if (model->parameters[i] == NULL)
      model->parameters[i] = gen_numbers_parse ("0.5");
  }
}

static gboolean
is_large (gint64 extent)
{
  return extent < 0 || extent >= GEN_PORT_SMALLEST_PICTURE;
}

/* Whether `x` is two pictures and a plane, of which a picture is made. */
static gboolean
holds_moment (const GenGraph *graph, const GenTensor *x)
{
  const GenTensor *made = g_ptr_array_index (graph->outputs, 0);

  return x->kind == GEN_KIND_TENSOR &&
         (x->type == GEN_TYPE_FLOAT32 || x->type == GEN_TYPE_FLOAT16) && x->shape.rank == 4 &&
         x->shape.dims[1] == TWO_PICTURES + 1 && is_large (x->shape.dims[2]) &&
         is_large (x->shape.dims[3]) && (made->shape.rank < 0 || made->shape.rank == 4) &&
         (made->shape.rank < 0 || made->shape.dims[1] < 0 || made->shape.dims[1] == 3);
}

GenGraph *
gen_moment_split (GenGraph *graph)
{
  g_autoptr (GenGraph) split = NULL;
  GenTensor *x, *moment, *whole, *parts[2];
  GenNode *join;

  if (graph->inputs->len != 1 || graph->outputs->len == 0 ||
      !holds_moment (graph, g_ptr_array_index (graph->inputs, 0)))
    return gen_graph_ref (graph);
  split = gen_graph_copy (graph);
  x = g_ptr_array_index (split->inputs, 0);
  moment = gen_graph_add_input (split, "timestep", x->type, &GEN_SHAPE (1, 1, 1, 1));
  whole = gen_graph_add_value (split, "frames_and_timestep");
  gen_graph_replace (split, x, whole);
  moment->shape = x->shape;
  moment->shape.dims[1] = 1;
  x->shape.dims[1] = TWO_PICTURES;
  for (int d = 0; d < 4; d++)
    moment->dim_names[d] = g_strdup (x->dim_names[d]);
  parts[0] = x;
  parts[1] = moment;
  join = gen_graph_add_node (split, "join", NULL, "Concat", GEN_OPSET, parts, 2, &whole, 1, NULL);
  gen_node_set_int (join, "axis", 1);
  gen_graph_sort (split);
  return g_steal_pointer (&split);
}
