/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Compiling a graph, once, for a device whose executor runs it. */
#include <generative/plan.h>

#include <string.h>

#include "../device/shared.h"
#include "graph-private.h"
#include "kernel.h"
#include "plan-private.h"
#include "storage.h"

typedef struct {
  GenBinding binding;
  void *own; /* the executor's memory for it */
} Port;

struct _GenPlan {
  GenGraph *graph;
  GenPlanOptions options;
  GenStorages *storages;
  const GenExecutorClass *klass;
  GenExecutor *executor;
  gboolean states_ran;     /* on the device, since they were fetched */
  gboolean states_changed; /* by the user, since they were taken over */
  Port *inputs, *outputs, *states;
  guint64 draw;
};

/* --- compiling --- */

/* Where the device has no kernel for the gradient of attention, its nodes are written out. */
static void
write_out_gradients (GenGraph *graph)
{
  for (guint i = 0; i < graph->nodes->len; i++) {
    GenNode *node = g_ptr_array_index (graph->nodes, i);

    if (strcmp (node->op->name, "ScaledDotProductAttentionGradient") == 0)
      gen_node_set_int (node, "written_out", 1);
  }
}

/* What comes out of a run for a state must go into its bytes. */
static gboolean
check_states (const GenGraph *graph, GError **error)
{
  for (guint i = 0; i < graph->tensors->len; i++) {
    const GenTensor *state = g_ptr_array_index (graph->tensors, i), *next = state->next;

    if (next == NULL ||
        (state->type == next->type && gen_shape_equal (&state->shape, &next->shape)))
      continue;
    g_autofree char *before = gen_shape_to_string (&state->shape);
    g_autofree char *after = gen_shape_to_string (&next->shape);
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        "state '%s' goes into a run as %s %s and comes out as %s %s", state->name,
        gen_data_type_name (state->type), before, gen_data_type_name (next->type), after);
    return FALSE;
  }
  return TRUE;
}

/* `held`: what stands for 16-bit floats, of the type `*half` on a device that knows those. */
static gboolean
transform (GenPlan *plan, GHashTable *held, GenDataType *half, GError **error)
{
  const GenExecutorClass *klass = plan->klass;
  const gboolean fuses = !plan->options.no_fusion;
  GenGraph *graph = plan->graph;

  if (klass->writes_out_gradients)
    write_out_gradients (graph);
  if (!gen_graph_infer (graph, error) || !check_states (graph, error))
    return FALSE;
  gen_graph_flatten_outputs (graph);
  gen_graph_remove_dead (graph);
  /* What has no kernels for 16-bit floats lifts them whatever happens. */
  if (klass->narrows == NULL || fuses)
    *half = gen_graph_lift (graph, klass->lifts, held);
  if (klass->fuses_quantized && fuses && !gen_graph_fuse_quantized (graph, error))
    return FALSE;
  if (klass->fuses_quantized && fuses)
    gen_graph_fuse_blocks (graph);
  if (!gen_graph_fold_weights (graph, error))
    return FALSE;
  if (fuses && (!gen_graph_free_weights (graph, error) || !gen_graph_fuse (graph, error)))
    return FALSE;
  return gen_graph_choose_layouts (graph, error);
}

/* Nodes compute in 16 bits where that is asked for, or where the model does. */
static void
narrow (GenPlan *plan, GHashTable *held, GenDataType half)
{
  GenPrecision precision = plan->options.precision;

  if (precision >= GEN_PRECISION_BFLOAT16)
    gen_graph_narrow (plan->graph,
        precision == GEN_PRECISION_FLOAT16 ? GEN_TYPE_FLOAT16 : GEN_TYPE_BFLOAT16,
        plan->klass->narrows, NULL);
  else if (half != GEN_TYPE_UNDEFINED)
    gen_graph_narrow (plan->graph, half, plan->klass->narrows, held);
}

/* The executor has the memory. */
static Port *
make_ports (GenPlan *plan, GenBindingKind kind, GPtrArray *tensors)
{
  Port *ports = g_new0 (Port, tensors->len);

  for (guint i = 0; i < tensors->len; i++) {
    const GenTensor *tensor = kind == GEN_BINDING_STATE
                                  ? ((GenStorage *)g_ptr_array_index (tensors, i))->tensor
                                  : g_ptr_array_index (tensors, i);

    ports[i].own = plan->klass->host (plan->executor, kind, i);
    ports[i].binding = (GenBinding){ tensor->name, tensor->type, tensor->shape,
      gen_tensor_size (tensor), ports[i].own };
  }
  return ports;
}

static GenPlan *
compile (GenGraph *graph, const GenPlanOptions *options, GError **error)
{
  g_autoptr (GenPlan) plan = g_new0 (GenPlan, 1);
  g_autoptr (GHashTable) held = g_hash_table_new (NULL, NULL);
  GenDataType half = GEN_TYPE_UNDEFINED;

  if (options != NULL)
    plan->options = *options;
  if (plan->options.threads <= 0)
    plan->options.threads = gen_cpu_count ();
  if (plan->options.device == NULL)
    plan->options.device = &gen_device_cpu;
  plan->klass = gen_device_executor (plan->options.device, error);
  if (plan->klass == NULL)
    return NULL;
  plan->graph = gen_graph_copy (graph);
  if (!transform (plan, held, &half, error))
    return NULL;
  if (plan->klass->narrows != NULL)
    narrow (plan, held, half);
  plan->storages = gen_storages_new (plan->graph);
  plan->executor = plan->klass->create (plan->graph, plan->storages, &plan->options, error);
  if (plan->executor == NULL)
    return NULL;
  plan->inputs = make_ports (plan, GEN_BINDING_INPUT, plan->graph->inputs);
  plan->outputs = make_ports (plan, GEN_BINDING_OUTPUT, plan->graph->outputs);
  plan->states = make_ports (plan, GEN_BINDING_STATE, plan->storages->states);
  return g_steal_pointer (&plan);
}

GenPlan *
gen_plan_new (GenGraph *graph, const GenPlanOptions *options, GError **error)
{
  double start = gen_seconds_now ();
  GenPlan *plan = compile (graph, options, error);

  if (plan != NULL)
    g_debug ("graph %s: %u nodes became %u, compiled in %.1f ms for %s, %d threads; %.2f MiB of "
             "values, %.2f MiB of constants",
        graph->name != NULL ? graph->name : "without a name", graph->nodes->len,
        plan->graph->nodes->len, (gen_seconds_now () - start) * 1e3, plan->options.device->name,
        plan->options.threads, (double)gen_plan_arena_size (plan) / (1 << 20),
        (double)gen_plan_constant_size (plan) / (1 << 20));
  return plan;
}

void
gen_plan_free (GenPlan *plan)
{
  if (plan->executor != NULL)
    plan->klass->destroy (plan->executor);
  g_free (plan->inputs);
  g_free (plan->outputs);
  g_free (plan->states);
  g_clear_pointer (&plan->storages, gen_storages_free);
  g_clear_pointer (&plan->graph, gen_graph_unref);
  g_free (plan);
}

/* --- using --- */

guint
gen_plan_n_inputs (const GenPlan *plan)
{
  return plan->graph->inputs->len;
}

guint
gen_plan_n_outputs (const GenPlan *plan)
{
  return plan->graph->outputs->len;
}

const GenBinding *
gen_plan_input (const GenPlan *plan, guint i)
{
  return i < gen_plan_n_inputs (plan) ? &plan->inputs[i].binding : NULL;
}

const GenBinding *
gen_plan_output (const GenPlan *plan, guint i)
{
  return i < gen_plan_n_outputs (plan) ? &plan->outputs[i].binding : NULL;
}

static const GenBinding *
find_port (const Port *ports, guint n, const char *name)
{
  for (guint i = 0; i < n; i++)
    if (strcmp (ports[i].binding.name, name) == 0)
      return &ports[i].binding;
  return NULL;
}

const GenBinding *
gen_plan_find (const GenPlan *plan, const char *name)
{
  const GenBinding *found = find_port (plan->inputs, gen_plan_n_inputs (plan), name);

  if (found == NULL)
    found = find_port (plan->outputs, gen_plan_n_outputs (plan), name);
  if (found == NULL)
    found = find_port (plan->states, plan->storages->states->len, name);
  return found;
}

gboolean
gen_plan_fetch_states (GenPlan *plan, GError **error)
{
  if (!plan->states_ran)
    return TRUE;
  for (guint i = 0; i < plan->storages->states->len; i++)
    if (!plan->klass->download (plan->executor, i, error))
      return FALSE;
  plan->states_ran = FALSE;
  return TRUE;
}

void
gen_plan_states_changed (GenPlan *plan)
{
  plan->states_changed = plan->klass->upload != NULL;
}

guint
gen_plan_n_states (const GenPlan *plan)
{
  return plan->storages->states->len;
}

const GenBinding *
gen_plan_state (const GenPlan *plan, guint i)
{
  return i < gen_plan_n_states (plan) ? &plan->states[i].binding : NULL;
}

void
gen_plan_reset_states (GenPlan *plan)
{
  for (guint i = 0; i < plan->storages->states->len; i++) {
    const GenStorage *storage = g_ptr_array_index (plan->storages->states, i);
    gsize size;
    const void *first = g_bytes_get_data (storage->tensor->data, &size);

    memcpy (plan->states[i].binding.data, first, size);
  }
  gen_plan_states_changed (plan);
}

static gboolean
give_states (GenPlan *plan, GError **error)
{
  if (!plan->states_changed)
    return TRUE;
  for (guint i = 0; i < plan->storages->states->len; i++)
    if (!plan->klass->upload (plan->executor, i, error))
      return FALSE;
  plan->states_changed = FALSE;
  return TRUE;
}

static void
bind (GenPlan *plan, GenBindingKind kind, guint i, void *data)
{
  Port *port = kind == GEN_BINDING_INPUT ? &plan->inputs[i] : &plan->outputs[i];

  port->binding.data = data != NULL ? data : port->own;
  plan->klass->bind (plan->executor, kind, i, data, FALSE);
}

void
gen_plan_bind_input (GenPlan *plan, guint i, const void *data)
{
  bind (plan, GEN_BINDING_INPUT, i, (void *)data);
}

void
gen_plan_bind_output (GenPlan *plan, guint i, void *data)
{
  bind (plan, GEN_BINDING_OUTPUT, i, data);
}

void
gen_plan_bind_device_input (GenPlan *plan, guint i, const void *data)
{
  plan->klass->bind (plan->executor, GEN_BINDING_INPUT, i, (void *)data, TRUE);
}

void
gen_plan_bind_device_output (GenPlan *plan, guint i, void *data)
{
  plan->klass->bind (plan->executor, GEN_BINDING_OUTPUT, i, data, TRUE);
}

gboolean
gen_plan_wait (GenPlan *plan, GenFence *fence, GError **error)
{
  g_return_val_if_fail (plan->klass->wait != NULL, FALSE);

  return plan->klass->wait (plan->executor, fence, error);
}

GenExecutor *
gen_plan_executor (GenPlan *plan, const GenExecutorClass **klass)
{
  if (klass != NULL)
    *klass = plan->klass;
  return plan->executor;
}

const GenKernel *
gen_plan_find_kernel (const GenPlan *plan, const char *name)
{
  return plan->klass->find_kernel != NULL ? plan->klass->find_kernel (plan->executor, name) : NULL;
}

void
gen_plan_set_draw (GenPlan *plan, guint64 draw)
{
  plan->draw = draw;
}

guint64
gen_plan_get_draw (const GenPlan *plan)
{
  return plan->draw;
}

gboolean
gen_plan_run (GenPlan *plan, GError **error)
{
  if (!give_states (plan, error) || !plan->klass->run (plan->executor, plan->draw, error))
    return FALSE;
  plan->draw++;
  plan->states_ran = plan->klass->download != NULL;
  return TRUE;
}

static gsize
bytes_of (const GenNode *node)
{
  gsize bytes = 0;

  for (guint k = 0; k < node->inputs->len; k++)
    if (gen_node_input (node, k) != NULL)
      bytes += gen_tensor_size (gen_node_input (node, k));
  for (guint k = 0; k < node->outputs->len; k++)
    if (gen_node_output (node, k) != NULL)
      bytes += gen_tensor_size (gen_node_output (node, k));
  return bytes;
}

GArray *
gen_plan_steps (GenPlan *plan)
{
  GArray *infos = g_array_new (FALSE, FALSE, sizeof (GenStepInfo));

  for (guint i = 0; i < plan->graph->nodes->len; i++) {
    const GenNode *node = g_ptr_array_index (plan->graph->nodes, i);
    GenStepInfo info = { .node = node, .bytes = bytes_of (node) };

    if (!plan->klass->runs (plan->executor, i))
      continue;
    info.way = plan->klass->place (plan->executor, i);
    info.flops = node->op->flops != NULL ? node->op->flops (node) : 0;
    g_array_append_val (infos, info);
  }
  return infos;
}

GArray *
gen_plan_profile (GenPlan *plan, GError **error)
{
  g_autoptr (GArray) infos = gen_plan_steps (plan);
  g_autofree double *seconds = g_new0 (double, plan->graph->nodes->len);
  guint info = 0;

  if (!give_states (plan, error) ||
      !plan->klass->profile (plan->executor, plan->draw, seconds, error))
    return NULL;
  plan->draw++;
  plan->states_ran = plan->klass->download != NULL;
  for (guint i = 0; i < plan->graph->nodes->len; i++)
    if (plan->klass->runs (plan->executor, i))
      g_array_index (infos, GenStepInfo, info++).seconds = seconds[i];
  return g_steal_pointer (&infos);
}

gsize
gen_plan_arena_size (const GenPlan *plan)
{
  return plan->storages->arena_size;
}

gsize
gen_plan_constant_size (const GenPlan *plan)
{
  gsize size = 0;

  for (guint i = 0; i < plan->storages->storages->len; i++) {
    const GenStorage *storage = g_ptr_array_index (plan->storages->storages, i);

    if (storage->kind == GEN_STORAGE_CONSTANT)
      size += storage->size;
  }
  return size;
}

gsize
gen_plan_shared_size (void)
{
  return gen_shared_size ();
}
