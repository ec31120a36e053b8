/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plan that plays a model on frames: UnpackPicture, the model, PackPicture, as one graph, so
 * that the frames' own memory is all that is read and written at its ends. */
#include "ends.h"

#include <string.h>

#include "../graph/graph-private.h"
#include "../graph/kernel.h"
#include "../ops/pack.h"
#include "../ops/sound/sound.h"

/* Plans for texts of different lengths, each of which has memory for all that it computes. */
#define KEPT_LENGTHS 2

static int
find_port (const GPtrArray *tensors, const GenPort *port)
{
  for (guint i = 0; i < tensors->len; i++)
    if (strcmp (((GenTensor *)g_ptr_array_index (tensors, i))->name, port->name) == 0)
      return (int)i;
  return -1;
}

GenExtents
gen_model_extents (const GenModelUse *use)
{
  return (GenExtents){ (gint64)use->frames * use->pictures, use->height + use->padding.height,
    use->width + use->padding.width, use->length };
}

int
gen_model_use_side (const GenModel *model, const GenModelUse *use, guint i)
{
  for (guint k = 0; k < use->n_inputs; k++)
    if (strcmp (use->inputs[k].port.name, model->inputs[i].name) == 0)
      return (int)k;
  return -1;
}

gboolean
gen_model_use_feeds (const GenModel *model, const GenModelUse *use, guint i)
{
  const GenPort *port = &model->inputs[i];

  if (strcmp (port->name, use->input.name) == 0)
    return TRUE;
  return gen_model_use_side (model, use, i) < 0 && use->window > 1 && use->input.frames <= 1 &&
         port->part == GEN_PART_FLOW && port->kind == GEN_PORT_PICTURE;
}

/* Let the inputs that frames go into be what comes of them. These come before all others. */
static gboolean
feed_frames (const GenModel *model, const GenModelUse *use, const GenGraph *source, GenGraph *graph,
    GenTensor **inputs, GError **error)
{
  GenTensor *x = gen_ends_unpack (graph, use, error);
  const gboolean apart = use->window > 1 && use->input.frames <= 1;
  GenTensor *pictures[GEN_MODEL_MAX_WINDOW];
  int n = 0;

  if (x == NULL)
    return FALSE;
  if (apart && !gen_ends_split (graph, x, use->window, pictures, error))
    return FALSE;
  for (guint i = 0; i < source->inputs->len && (!apart || n < use->window); i++) {
    const GenTensor *input = g_ptr_array_index (source->inputs, i);

    if (!gen_model_use_feeds (model, use, i))
      continue;
    inputs[i] = gen_ends_fit (graph, apart ? pictures[n] : x, &input->shape, error);
    inputs[i] = gen_ends_to_type (graph, inputs[i], &use->input, input->type, error);
    if (inputs[i] == NULL)
      return FALSE;
    n++;
  }
  return TRUE;
}

/* And the pictures that go in beside them, which come next. */
static gboolean
feed_sides (const GenModelUse *use, const GenGraph *source, GenGraph *graph, GenTensor **inputs,
    GError **error)
{
  for (guint k = 0; k < use->n_inputs; k++) {
    const GenModelSide *side = &use->inputs[k];
    const int i = find_port (source->inputs, &side->port);
    GenTensor *x =
        gen_ends_unpack_frames (graph, use, &side->port, &side->layout, use->frames, FALSE, error);
    const GenTensor *input;

    g_return_val_if_fail (i >= 0, FALSE);
    input = g_ptr_array_index (source->inputs, i);
    inputs[i] = gen_ends_fit (graph, x, &input->shape, error);
    inputs[i] = gen_ends_to_type (graph, inputs[i], &side->port, input->type, error);
    if (inputs[i] == NULL)
      return FALSE;
  }
  return TRUE;
}

/* A state, zeros at first. */
static GenTensor *
add_state (GenGraph *graph, const GenTensor *input)
{
  const gsize size = gen_tensor_size (input);

  return gen_graph_add_state (
      graph, input->name, input->type, &input->shape, g_bytes_new_take (g_malloc0 (size), size));
}

/* Let states take what comes out. */
static gboolean
carry_states (const GenModel *model, GenGraph *graph, GenTensor *const *inputs,
    GenTensor *const *outputs, GError **error)
{
  for (guint i = 0; i < model->graph->inputs->len; i++) {
    GenTensor *next;

    if (model->inputs[i].part != GEN_PART_STATE)
      continue;
    next = outputs[model->inputs[i].partner];
    /* What is no result of a node may be overwritten before it is read. */
    if (next->role != GEN_ROLE_VALUE)
      next = gen_unary (graph, "Identity", next, error);
    if (next == NULL)
      return FALSE;
    gen_graph_assign (graph, inputs[i], next);
  }
  return TRUE;
}

gboolean
gen_model_opens (const GenModel *model, const GenModelUse *use)
{
  return model->staged || use->input.kind == GEN_PORT_TOKENS;
}

/* What tells how many tokens go in follows from these. */
static gboolean
make_lengths (const GenModel *model, const GenGraph *source, GenGraph *graph, GenTensor **inputs,
    GError **error)
{
  for (guint i = 0; i < source->inputs->len; i++) {
    if (model->inputs[i].part != GEN_PART_LENGTH)
      continue;
    inputs[i] = gen_lengths_make (
        graph, inputs[model->inputs[i].partner], g_ptr_array_index (source->inputs, i), error);
    if (inputs[i] == NULL)
      return FALSE;
  }
  return TRUE;
}

/* The model's graph for the extents of `use`, and in `graph` what it reads. (transfer full) */
static GenGraph *
prepare_source (
    GenModel *model, const GenModelUse *use, GenGraph *graph, GenTensor ***inputs, GError **error)
{
  const GenExtents extents = gen_model_extents (use);
  const gint64 batch = extents.batch;
  g_autoptr (GenGraph) source = gen_graph_copy (model->graph);
  int from = find_port (source->inputs, &use->input);

  g_return_val_if_fail (from >= 0, NULL);
  *inputs = g_new0 (GenTensor *, source->inputs->len + 1);
  if (use->input.batch > 0 && use->input.batch != batch) {
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        "input '%s' takes batches of %" G_GINT64_FORMAT " alone, not of %" G_GINT64_FORMAT
        "; export the model with a free batch",
        use->input.name, use->input.batch, batch);
    return NULL;
  }
  if (!gen_model_fix_inputs (model, source, &extents, error))
    return NULL;
  if ((use->from_frames && !feed_frames (model, use, source, graph, *inputs, error)) ||
      !feed_sides (use, source, graph, *inputs, error))
    return NULL;
  for (guint i = 0; i < source->inputs->len; i++) {
    const GenTensor *input = g_ptr_array_index (source->inputs, i);

    if ((*inputs)[i] != NULL || model->inputs[i].part == GEN_PART_LENGTH)
      continue;
    if (model->inputs[i].part == GEN_PART_STATE && !gen_model_opens (model, use))
      (*inputs)[i] = add_state (graph, input);
    else
      (*inputs)[i] = gen_ends_cast (graph,
          gen_graph_add_input (
              graph, input->name, gen_ends_outer_type (input->type), &input->shape),
          input->type, error);
    if ((*inputs)[i] == NULL)
      return NULL;
  }
  if (!make_lengths (model, source, graph, *inputs, error))
    return NULL;
  return g_steal_pointer (&source);
}

static GenPlan *
compile (GenModel *model, const GenModelUse *use, GError **error)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("play");
  g_autofree GenTensor **inputs = NULL;
  g_autofree GenTensor **outputs = g_new0 (GenTensor *, model->graph->outputs->len + 1);
  g_autoptr (GenGraph) source = prepare_source (model, use, graph, &inputs, error);
  int to = find_port (model->graph->outputs, &use->output);
  GenTensor *mask = NULL;

  g_return_val_if_fail (to >= 0, NULL);
  if (source == NULL)
    return NULL;
  if (!gen_graph_append (graph, source, NULL, inputs, outputs, NULL, error) ||
      !carry_states (model, graph, inputs, outputs, error))
    return NULL;
  if (use->mask.name != NULL)
    mask = outputs[find_port (model->graph->outputs, &use->mask)];
  if (!(use->to_frames ? gen_ends_pack (graph, use, outputs[to], mask, error)
                       : gen_ends_give_numbers (graph, outputs[to], error)))
    return NULL;
  for (guint k = 0; k < use->n_outputs; k++) {
    const int i = find_port (model->graph->outputs, &use->outputs[k].port);

    if (!gen_ends_give_side (graph, use, &use->outputs[k], outputs[i], error))
      return NULL;
  }
  return gen_plan_new (graph, &use->plan, error);
}

GenPlan *
gen_model_compile (GenModel *model, const GenModelUse *use, GError **error)
{
  const GenExtents extents = gen_model_extents (use);
  GenPlan *plan = compile (model, use, error);

  if (plan == NULL)
    gen_model_explain (model, &extents, error);
  return plan;
}

/* `x`, of which nothing but the type is known, as float32. */
static GenTensor *
cast_unknown (GenGraph *graph, GenTensor *x, GError **error)
{
  GenTensor *made;
  GenNode *node;

  if (x->type == GEN_TYPE_FLOAT32)
    return x;
  made = gen_graph_add_value (graph, NULL);
  made->type = GEN_TYPE_FLOAT32;
  node = gen_graph_add_node (graph, "", NULL, "Cast", GEN_OPSET, &x, 1, &made, 1, error);
  if (node == NULL)
    return NULL;
  gen_node_set_int (node, "to", GEN_TYPE_FLOAT32);
  return made;
}

static GenSession *
open_session (GenModel *model, const GenModelUse *use, GError **error)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("play");
  g_autofree GenTensor **inputs = NULL;
  g_autofree GenTensor **outputs = g_new0 (GenTensor *, model->graph->outputs->len + 1);
  g_autoptr (GenGraph) source = prepare_source (model, use, graph, &inputs, error);
  int to = find_port (model->graph->outputs, &use->output);
  GenPlanOptions options = use->plan;
  GenSession *session;
  GenTensor *numbers;

  g_return_val_if_fail (to >= 0, NULL);
  if (source == NULL)
    return NULL;
  gen_graph_bring (graph, source, NULL, inputs, outputs, NULL);
  numbers = cast_unknown (graph, outputs[to], error);
  if (numbers == NULL)
    return NULL;
  gen_graph_add_output (graph, numbers);
  for (guint i = 0; i < source->inputs->len; i++)
    if (model->inputs[i].part == GEN_PART_STATE)
      gen_graph_add_output (graph, outputs[model->inputs[i].partner]);
  gen_graph_remove_dead (graph);
  if (use->input.kind != GEN_PORT_TOKENS)
    return gen_session_new (graph, &options);
  /* What is measured is of one length, which rarely comes back. */
  options.choice = GEN_CHOICE_RULES;
  session = gen_session_new (graph, &options);
  gen_session_keep (session, KEPT_LENGTHS);
  return session;
}

GenSession *
gen_model_open (GenModel *model, const GenModelUse *use, GError **error)
{
  const GenExtents extents = gen_model_extents (use);
  GenSession *session = open_session (model, use, error);

  if (session == NULL)
    gen_model_explain (model, &extents, error);
  return session;
}

GenPlan *
gen_model_compile_frame (const GenModelUse *use, const GenShape *shape, GError **error)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("frame");
  GenTensor *numbers = gen_graph_add_input (graph, "numbers", GEN_TYPE_FLOAT32, shape);

  return gen_ends_pack (graph, use, numbers, NULL, error) ? gen_plan_new (graph, &use->plan, error)
                                                          : NULL;
}

GenPacks
gen_packs_find (const GenPlan *plan)
{
  return (GenPacks){ gen_plan_find_kernel (plan, "PackPicture"),
    gen_plan_find_kernel (plan, "PackSound") };
}

guint64
gen_packs_take_not_finite (const GenPacks *packs)
{
  if (packs->pictures != NULL)
    return gen_pack_take_not_finite (packs->pictures);
  return packs->sounds != NULL ? gen_pack_sound_take_not_finite (packs->sounds) : 0;
}

guint64
gen_model_take_not_finite (GenPlan *plan)
{
  const GenPacks packs = gen_packs_find (plan);

  return gen_packs_take_not_finite (&packs);
}

gboolean
gen_model_output_shape (GenModel *model, const GenPort *port, gint64 batch, int height, int width,
    gint64 length, GenShape *shape, GError **error)
{
  const GenExtents extents = { batch, height, width, length };
  g_autoptr (GenGraph) copy = gen_graph_copy (model->graph);
  int number = find_port (copy->outputs, port);

  g_return_val_if_fail (number >= 0, FALSE);
  if (!gen_model_fix_inputs (model, copy, &extents, error) || !gen_graph_infer (copy, error)) {
    gen_model_explain (model, &extents, error);
    return FALSE;
  }
  *shape = ((GenTensor *)g_ptr_array_index (copy->outputs, number))->shape;
  return TRUE;
}
