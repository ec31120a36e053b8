/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Compiling a graph and running it. Everything is decided here, once: a run walks a flat list
 * of steps whose addresses are already in place. */
#include <generative/plan.h>

#include <string.h>
#include <unistd.h>

#include "../device/shared.h"
#include "../device/team.h"
#include "choose.h"
#include "constants.h"
#include "graph-private.h"
#include "kernel.h"
#include "plan-private.h"
#include "storage.h"

/* A line of the cache, and the widest vector. */
#define ALIGNMENT 64

typedef struct {
  GenKernel *kernel;
  GenStepFunc run;
} FlatStep;

typedef struct {
  GenBinding binding;
  void *own;         /* the plan's memory for it */
  GPtrArray *places; /* void **: where kernels keep its address */
} Port;

struct _GenPlan {
  GenGraph *graph;
  GenPlanOptions options;
  GenStorages *storages;
  const GenExecutorClass *device; /* NULL: the CPU, and all that follows is used */
  GenExecutor *executor;
  gboolean states_ran;     /* on the device, since they were fetched */
  gboolean states_changed; /* by the user, since they were taken over */
  GenKernel *kernels;
  guint n_kernels;
  FlatStep *steps;
  guint8 *parts; /* of each step */
  guint n_steps;
  gboolean wants_team; /* some step has more than one part */
  Port *inputs, *outputs, *states;
  char *arena;
  guint64 draw;
};

static void
run_step (gpointer data, int step, int part, int parts)
{
  const FlatStep *flat = &((GenPlan *)data)->steps[step];

  flat->run (flat->kernel, part, parts);
}

/* --- addresses --- */

static Port *
port_of (GenPlan *plan, const GenStorage *storage)
{
  switch (storage->kind) {
  case GEN_STORAGE_INPUT:
    return &plan->inputs[storage->number];
  case GEN_STORAGE_OUTPUT:
    return &plan->outputs[storage->number];
  case GEN_STORAGE_STATE:
    return &plan->states[storage->number];
  default:
    return NULL;
  }
}

static void *
address_of (GenPlan *plan, const GenStorage *storage)
{
  Port *port = port_of (plan, storage);

  if (port != NULL)
    return port->binding.data;
  if (storage->kind == GEN_STORAGE_CONSTANT)
    return (void *)gen_tensor_constant (storage->tensor);
  return plan->arena + storage->offset;
}

static void
fill_place (GenPlan *plan, GenTensor *tensor, void **place)
{
  GenStorage *storage;
  Port *port;

  if (tensor == NULL)
    return;
  storage = plan->storages->by_tensor[tensor->index];
  port = port_of (plan, storage);
  *place = address_of (plan, storage);
  if (port != NULL)
    g_ptr_array_add (port->places, place);
}

static void
bind (Port *port, void *data)
{
  port->binding.data = data != NULL ? data : port->own;
  if (port->places == NULL)
    return;
  for (guint i = 0; i < port->places->len; i++)
    *(void **)g_ptr_array_index (port->places, i) = port->binding.data;
}

static void
init_port (Port *port, const GenTensor *tensor)
{
  gsize size = gen_tensor_size (tensor);

  port->own = gen_aligned_alloc (MAX (size, 1));
  memset (port->own, 0, size);
  if (tensor->data != NULL && size > 0)
    memcpy (port->own, g_bytes_get_data (tensor->data, NULL), size);
  port->places = g_ptr_array_new ();
  port->binding = (GenBinding){ tensor->name, tensor->type, tensor->shape, size, port->own };
}

static void
clear_ports (Port *ports, guint n)
{
  for (guint i = 0; ports != NULL && i < n; i++) {
    if (ports[i].places != NULL)
      gen_aligned_free (ports[i].own);
    g_clear_pointer (&ports[i].places, g_ptr_array_unref);
  }
  g_free (ports);
}

/* --- compiling --- */

/* Devices have no kernel for the gradient of attention: its nodes are written out there. */
static void
write_out_gradients (GenGraph *graph)
{
  for (guint i = 0; i < graph->nodes->len; i++) {
    GenNode *node = g_ptr_array_index (graph->nodes, i);

    if (strcmp (node->op->name, "ScaledDotProductAttentionGradient") == 0)
      gen_node_set_int (node, "written_out", 1);
  }
}

/* `held`: what stands for 16-bit floats, of the type `*half` on a device that knows those. */
static gboolean
transform (GenPlan *plan, GHashTable *held, GenDataType *half, GError **error)
{
  GenGraph *graph = plan->graph;

  if (plan->device != NULL)
    write_out_gradients (graph);
  if (!gen_graph_infer (graph, error))
    return FALSE;
  gen_graph_flatten_outputs (graph);
  gen_graph_remove_dead (graph);
  if (plan->device == NULL)
    gen_graph_lift (graph, gen_node_lifts_on_cpu, held);
  else if (!plan->options.no_fusion)
    *half = gen_graph_lift (graph, plan->device->narrows, held);
  if (plan->device == NULL && !plan->options.no_fusion && !gen_graph_fuse_quantized (graph, error))
    return FALSE;
  if (!gen_graph_fold_weights (graph, error))
    return FALSE;
  if (!plan->options.no_fusion &&
      (!gen_graph_free_weights (graph, error) || !gen_graph_fuse (graph, error)))
    return FALSE;
  return gen_graph_choose_layouts (graph, error);
}

static gboolean
prepare_kernels (GenPlan *plan, GenChooser *chooser, GenConstants *constants, GError **error)
{
  GPtrArray *nodes = plan->graph->nodes;

  plan->kernels = g_new0 (GenKernel, nodes->len);
  for (guint i = 0; i < nodes->len; i++) {
    const GenNode *node = g_ptr_array_index (nodes, i);
    GenKernel *kernel = &plan->kernels[i];

    gen_kernel_init (kernel, node, plan->options.threads);
    plan->n_kernels = i + 1;
    kernel->seed = plan->options.seed;
    kernel->precision = plan->options.precision;
    kernel->inputs = g_new0 (const void *, node->inputs->len);
    kernel->outputs = g_new0 (void *, node->outputs->len);
    if (plan->storages->is_view[i])
      continue;
    if (!gen_chooser_prepare (chooser, kernel, error))
      return FALSE;
    gen_constants_packed (constants, node, kernel->packed_inputs);
  }
  return TRUE;
}

/* A model whose values the machine cannot hold is an error, not the end of the process. */
static gboolean
check_memory (const GenPlan *plan, GError **error)
{
  const double machine = (double)sysconf (_SC_PHYS_PAGES) * sysconf (_SC_PAGESIZE);
  const GPtrArray *ports[] = { plan->graph->inputs, plan->graph->outputs };
  double wanted = plan->storages->arena_size;

  for (guint k = 0; k < G_N_ELEMENTS (ports); k++)
    for (guint i = 0; i < ports[k]->len; i++)
      wanted += gen_tensor_size (g_ptr_array_index (ports[k], i));
  if (wanted <= machine)
    return TRUE;
  g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_TOO_LARGE,
      "the graph's values take %.1f GB, and this machine has %.1f", wanted * 1e-9, machine * 1e-9);
  return FALSE;
}

static gboolean
lay_out (GenPlan *plan, GError **error)
{
  GenGraph *graph = plan->graph;
  GenStorages *storages = plan->storages;
  g_autofree gsize *scratch = g_new0 (gsize, plan->n_kernels);
  g_autofree gsize *offsets = g_new0 (gsize, plan->n_kernels);

  for (guint i = 0; i < plan->n_kernels; i++)
    scratch[i] = plan->kernels[i].scratch_size;
  gen_storages_plan_arena (storages, graph, scratch, offsets, ALIGNMENT);
  if (!check_memory (plan, error))
    return FALSE;
  plan->inputs = g_new0 (Port, graph->inputs->len);
  plan->outputs = g_new0 (Port, graph->outputs->len);
  plan->states = g_new0 (Port, storages->states->len);
  for (guint i = 0; i < graph->inputs->len; i++)
    init_port (&plan->inputs[i], g_ptr_array_index (graph->inputs, i));
  for (guint i = 0; i < graph->outputs->len; i++)
    init_port (&plan->outputs[i], g_ptr_array_index (graph->outputs, i));
  for (guint i = 0; i < storages->states->len; i++)
    init_port (&plan->states[i], ((GenStorage *)g_ptr_array_index (storages->states, i))->tensor);
  plan->arena = gen_aligned_alloc (MAX (storages->arena_size, 1));

  for (guint i = 0; i < plan->n_kernels; i++) {
    GenKernel *kernel = &plan->kernels[i];

    if (scratch[i] > 0)
      kernel->scratch = plan->arena + offsets[i];
    for (guint k = 0; k < kernel->node->inputs->len; k++)
      fill_place (plan, gen_node_input (kernel->node, k), (void **)&kernel->inputs[k]);
    for (guint k = 0; k < kernel->node->outputs->len; k++)
      fill_place (plan, gen_node_output (kernel->node, k), &kernel->outputs[k]);
  }
  return TRUE;
}

static void
flatten (GenPlan *plan)
{
  for (guint i = 0; i < plan->n_kernels; i++)
    plan->n_steps += plan->kernels[i].steps->len;
  plan->steps = g_new (FlatStep, plan->n_steps);
  plan->parts = g_new (guint8, plan->n_steps);
  plan->n_steps = 0;
  for (guint i = 0; i < plan->n_kernels; i++)
    for (guint k = 0; k < plan->kernels[i].steps->len; k++) {
      const GenStep *step = &g_array_index (plan->kernels[i].steps, GenStep, k);

      plan->steps[plan->n_steps] = (FlatStep){ &plan->kernels[i], step->run };
      plan->parts[plan->n_steps++] = step->parts;
      plan->wants_team |= step->parts > 1;
    }
}

/* --- on a device --- */

/* The device has the memory; what the CPU sees of it is the device's, too. */
static Port *
device_ports (GenPlan *plan, GenBindingKind kind, GPtrArray *tensors)
{
  Port *ports = g_new0 (Port, tensors->len);

  for (guint i = 0; i < tensors->len; i++) {
    const GenTensor *tensor = kind == GEN_BINDING_STATE
                                  ? ((GenStorage *)g_ptr_array_index (tensors, i))->tensor
                                  : g_ptr_array_index (tensors, i);

    ports[i].own = plan->device->host (plan->executor, kind, i);
    ports[i].binding = (GenBinding){ tensor->name, tensor->type, tensor->shape,
      gen_tensor_size (tensor), ports[i].own };
  }
  return ports;
}

/* Nodes compute in 16 bits where that is asked for, or where the model does. */
static void
narrow (GenPlan *plan, GHashTable *held, GenDataType half)
{
  GenPrecision precision = plan->options.precision;

  if (precision >= GEN_PRECISION_BFLOAT16)
    gen_graph_narrow (plan->graph,
        precision == GEN_PRECISION_FLOAT16 ? GEN_TYPE_FLOAT16 : GEN_TYPE_BFLOAT16,
        plan->device->narrows, NULL);
  else if (half != GEN_TYPE_UNDEFINED)
    gen_graph_narrow (plan->graph, half, plan->device->narrows, held);
}

static gboolean
prepare_device (GenPlan *plan, GError **error)
{
  plan->executor = plan->device->create (plan->graph, plan->storages, &plan->options, error);
  if (plan->executor == NULL)
    return FALSE;
  plan->inputs = device_ports (plan, GEN_BINDING_INPUT, plan->graph->inputs);
  plan->outputs = device_ports (plan, GEN_BINDING_OUTPUT, plan->graph->outputs);
  plan->states = device_ports (plan, GEN_BINDING_STATE, plan->storages->states);
  return TRUE;
}

static GenPlan *
compile (GenGraph *graph, const GenPlanOptions *options, GError **error)
{
  g_autoptr (GenPlan) plan = g_new0 (GenPlan, 1);
  g_autoptr (GHashTable) held = g_hash_table_new (NULL, NULL);
  GenDataType half = GEN_TYPE_UNDEFINED;
  GenConstants constants;
  GenChooser *chooser;
  gboolean prepared;
  int saved;

  if (options != NULL)
    plan->options = *options;
  if (plan->options.threads <= 0)
    plan->options.threads = gen_cpu_count ();
  if (plan->options.device == &gen_device_cuda &&
      (plan->device = gen_cuda_executor_class (error)) == NULL)
    return NULL;
  plan->graph = gen_graph_copy (graph);
  if (!transform (plan, held, &half, error))
    return NULL;
  if (plan->device != NULL)
    narrow (plan, held, half);
  plan->storages = gen_storages_new (plan->graph);
  if (plan->device != NULL)
    return prepare_device (plan, error) ? g_steal_pointer (&plan) : NULL;
  gen_constants_init (&constants, plan->graph);
  saved = gen_team_enter ();
  chooser = gen_chooser_new (plan->graph, &plan->options);
  prepared = prepare_kernels (plan, chooser, &constants, error);
  gen_chooser_free (chooser);
  gen_team_leave (saved);
  gen_constants_finish (&constants);
  if (!prepared)
    return NULL;
  if (!lay_out (plan, error))
    return NULL;
  flatten (plan);
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
        plan->graph->nodes->len, (gen_seconds_now () - start) * 1e3,
        plan->options.device != NULL ? plan->options.device->name : gen_device_cpu.name,
        plan->options.threads, (double)gen_plan_arena_size (plan) / (1 << 20),
        (double)gen_plan_constant_size (plan) / (1 << 20));
  return plan;
}

void
gen_plan_free (GenPlan *plan)
{
  for (guint i = 0; i < plan->n_kernels; i++) {
    g_free (plan->kernels[i].inputs);
    g_free (plan->kernels[i].outputs);
    gen_kernel_clear (&plan->kernels[i]);
  }
  if (plan->executor != NULL)
    plan->device->destroy (plan->executor);
  g_free (plan->kernels);
  g_free (plan->steps);
  g_free (plan->parts);
  if (plan->storages != NULL) {
    clear_ports (plan->inputs, plan->graph->inputs->len);
    clear_ports (plan->outputs, plan->graph->outputs->len);
    clear_ports (plan->states, plan->storages->states->len);
    gen_storages_free (plan->storages);
  }
  gen_aligned_free (plan->arena);
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
    if (!plan->device->download (plan->executor, i, error))
      return FALSE;
  plan->states_ran = FALSE;
  return TRUE;
}

void
gen_plan_states_changed (GenPlan *plan)
{
  plan->states_changed = plan->device != NULL;
}

static gboolean
give_states (GenPlan *plan, GError **error)
{
  if (!plan->states_changed)
    return TRUE;
  for (guint i = 0; i < plan->storages->states->len; i++)
    if (!plan->device->upload (plan->executor, i, error))
      return FALSE;
  plan->states_changed = FALSE;
  return TRUE;
}

void
gen_plan_bind_input (GenPlan *plan, guint i, const void *data)
{
  bind (&plan->inputs[i], (void *)data);
  if (plan->device != NULL)
    plan->device->bind (plan->executor, GEN_BINDING_INPUT, i, (void *)data, FALSE);
}

void
gen_plan_bind_output (GenPlan *plan, guint i, void *data)
{
  bind (&plan->outputs[i], data);
  if (plan->device != NULL)
    plan->device->bind (plan->executor, GEN_BINDING_OUTPUT, i, data, FALSE);
}

void
gen_plan_bind_device_input (GenPlan *plan, guint i, const void *data)
{
  g_return_if_fail (plan->device != NULL);

  plan->device->bind (plan->executor, GEN_BINDING_INPUT, i, (void *)data, TRUE);
}

void
gen_plan_bind_device_output (GenPlan *plan, guint i, void *data)
{
  g_return_if_fail (plan->device != NULL);

  plan->device->bind (plan->executor, GEN_BINDING_OUTPUT, i, data, TRUE);
}

gboolean
gen_plan_wait_stream (GenPlan *plan, void *stream, GError **error)
{
  g_return_val_if_fail (plan->device != NULL, FALSE);

  return plan->device->wait (plan->executor, stream, error);
}

GenExecutor *
gen_plan_executor (GenPlan *plan, const GenExecutorClass **klass)
{
  if (klass != NULL)
    *klass = plan->device;
  return plan->executor;
}

const GenKernel *
gen_plan_find_kernel (const GenPlan *plan, const char *name)
{
  for (guint i = 0; i < plan->n_kernels; i++)
    if (strcmp (plan->kernels[i].node->op->name, name) == 0)
      return &plan->kernels[i];
  return NULL;
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

static void
begin_run (GenPlan *plan)
{
  for (guint i = 0; i < plan->n_kernels; i++)
    plan->kernels[i].draw = gen_draw_of (&plan->kernels[i].node->draw, plan->draw);
}

static void
end_run (GenPlan *plan)
{
  for (guint i = 0; i < plan->storages->copies->len; i++) {
    const GenCopy *copy = &g_array_index (plan->storages->copies, GenCopy, i);

    if (copy->to->size == 0)
      continue;
    memcpy (address_of (plan, copy->to),
        address_of (plan, plan->storages->by_tensor[copy->from->index]), copy->to->size);
  }
  plan->draw++;
}

static gboolean
run_device (GenPlan *plan, GError **error)
{
  if (!give_states (plan, error) || !plan->device->run (plan->executor, plan->draw, error))
    return FALSE;
  plan->draw++;
  plan->states_ran = TRUE;
  return TRUE;
}

gboolean
gen_plan_run (GenPlan *plan, GError **error)
{
  GenJob job = { run_step, plan, plan->parts, plan->n_steps };

  if (plan->device != NULL)
    return run_device (plan, error);
  begin_run (plan);
  gen_team_run (&job, plan->wants_team ? plan->options.threads : 1);
  end_run (plan);
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

/* Whether there is anything to do for node `i`. */
static gboolean
is_run (const GenPlan *plan, guint i)
{
  return plan->device != NULL ? !plan->storages->is_view[i] : plan->kernels[i].steps->len > 0;
}

GArray *
gen_plan_steps (GenPlan *plan)
{
  GArray *infos = g_array_new (FALSE, FALSE, sizeof (GenStepInfo));

  for (guint i = 0; i < plan->graph->nodes->len; i++) {
    const GenNode *node = g_ptr_array_index (plan->graph->nodes, i);
    GenStepInfo info = { .node = node, .bytes = bytes_of (node) };

    if (!is_run (plan, i))
      continue;
    info.way =
        plan->device != NULL ? plan->device->place (plan->executor, i) : plan->kernels[i].way;
    info.flops = node->op->flops != NULL ? node->op->flops (node) : 0;
    g_array_append_val (infos, info);
  }
  return infos;
}

static gboolean
profile_device (GenPlan *plan, GArray *infos, GError **error)
{
  g_autofree double *seconds = g_new0 (double, plan->graph->nodes->len);
  guint info = 0;

  if (!give_states (plan, error) ||
      !plan->device->profile (plan->executor, plan->draw++, seconds, error))
    return FALSE;
  plan->states_ran = TRUE;
  for (guint i = 0; i < plan->graph->nodes->len; i++)
    if (is_run (plan, i))
      g_array_index (infos, GenStepInfo, info++).seconds = seconds[i];
  return TRUE;
}

GArray *
gen_plan_profile (GenPlan *plan, GError **error)
{
  g_autoptr (GArray) infos = gen_plan_steps (plan);
  guint step = 0, info = 0;

  if (plan->device != NULL)
    return profile_device (plan, infos, error) ? g_steal_pointer (&infos) : NULL;
  begin_run (plan);
  for (guint i = 0; i < plan->n_kernels; i++) {
    guint n = plan->kernels[i].steps->len;
    GenPlan part = { .steps = plan->steps + step };
    GenJob job = { run_step, &part, plan->parts + step, n };
    double start = gen_seconds_now ();

    if (n == 0)
      continue;
    gen_team_run (&job, plan->options.threads);
    g_array_index (infos, GenStepInfo, info++).seconds = gen_seconds_now () - start;
    step += n;
  }
  end_run (plan);
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
