/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How the CPU runs a compiled graph: kernels are prepared, their steps written down as one flat
 * list whose addresses are already in place, and a run walks it with a team of threads. */
#include "cpu-executor.h"

#include <string.h>

#include "../graph/choose.h"
#include "../graph/constants.h"
#include "../graph/graph-private.h"
#include "../graph/kernel.h"
#include "../graph/memory.h"
#include "team.h"

/* A line of the cache, and the widest vector. */
#define ALIGNMENT 64

typedef struct {
  GenKernel *kernel;
  GenStepFunc run;
} FlatStep;

typedef struct {
  void *data;        /* what it is bound to */
  void *own;         /* the executor's memory for it */
  GPtrArray *places; /* void **: where kernels keep its address */
} Port;

struct _GenExecutor {
  GenGraph *graph;
  GenStorages *storages;
  GenPlanOptions options;
  GenKernel *kernels; /* one a node */
  guint n_kernels;
  FlatStep *steps;
  guint8 *parts; /* of each step */
  guint n_steps;
  gboolean wants_team; /* some step has more than one part */
  Port *inputs, *outputs, *states;
  char *arena;
};

static void
run_step (gpointer data, int step, int part, int parts)
{
  const FlatStep *flat = &((GenExecutor *)data)->steps[step];

  flat->run (flat->kernel, part, parts);
}

/* --- addresses --- */

static Port *
port_of (GenExecutor *executor, const GenStorage *storage)
{
  switch (storage->kind) {
  case GEN_STORAGE_INPUT:
    return &executor->inputs[storage->number];
  case GEN_STORAGE_OUTPUT:
    return &executor->outputs[storage->number];
  case GEN_STORAGE_STATE:
    return &executor->states[storage->number];
  default:
    return NULL;
  }
}

static void *
address_of (GenExecutor *executor, const GenStorage *storage)
{
  Port *port = port_of (executor, storage);

  if (port != NULL)
    return port->data;
  if (storage->kind == GEN_STORAGE_CONSTANT)
    return (void *)gen_tensor_constant (storage->tensor);
  return executor->arena + storage->offset;
}

static void
fill_place (GenExecutor *executor, GenTensor *tensor, void **place)
{
  GenStorage *storage;
  Port *port;

  if (tensor == NULL)
    return;
  storage = executor->storages->by_tensor[tensor->index];
  port = port_of (executor, storage);
  *place = address_of (executor, storage);
  if (port != NULL)
    g_ptr_array_add (port->places, place);
}

static void
init_port (Port *port, const GenTensor *tensor)
{
  gsize size = gen_tensor_size (tensor);

  port->data = port->own = gen_aligned_alloc (MAX (size, 1));
  memset (port->own, 0, size);
  if (tensor->data != NULL && size > 0)
    memcpy (port->own, g_bytes_get_data (tensor->data, NULL), size);
  port->places = g_ptr_array_new ();
}

static void
clear_ports (Port *ports, guint n)
{
  for (guint i = 0; ports != NULL && i < n; i++) {
    gen_aligned_free (ports[i].own);
    g_ptr_array_unref (ports[i].places);
  }
  g_free (ports);
}

/* --- making --- */

static gboolean
prepare_kernels (
    GenExecutor *executor, GenChooser *chooser, GenConstants *constants, GError **error)
{
  GPtrArray *nodes = executor->graph->nodes;

  executor->kernels = g_new0 (GenKernel, nodes->len);
  for (guint i = 0; i < nodes->len; i++) {
    const GenNode *node = g_ptr_array_index (nodes, i);
    GenKernel *kernel = &executor->kernels[i];

    gen_kernel_init (kernel, node, executor->options.threads);
    executor->n_kernels = i + 1;
    kernel->seed = executor->options.seed;
    kernel->exchange = executor->options.exchange;
    kernel->precision = executor->options.precision;
    kernel->inputs = g_new0 (const void *, node->inputs->len);
    kernel->outputs = g_new0 (void *, node->outputs->len);
    if (executor->storages->is_view[i])
      continue;
    if (!gen_chooser_prepare (chooser, kernel, error))
      return FALSE;
    gen_constants_packed (constants, node, kernel->packed_inputs);
  }
  return TRUE;
}

/* A model whose values the machine cannot hold is an error, not the end of the process. */
static gboolean
check_memory (const GenExecutor *executor, GError **error)
{
  const double machine = gen_memory_of_machine ();
  const GPtrArray *ports[] = { executor->graph->inputs, executor->graph->outputs };
  double wanted = executor->storages->arena_size;

  for (guint k = 0; k < G_N_ELEMENTS (ports); k++)
    for (guint i = 0; i < ports[k]->len; i++)
      wanted += gen_tensor_size (g_ptr_array_index (ports[k], i));
  for (guint i = 0; i < executor->storages->states->len; i++)
    wanted += ((const GenStorage *)g_ptr_array_index (executor->storages->states, i))->size;
  if (wanted <= machine)
    return TRUE;
  g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_TOO_LARGE,
      "the graph's values take %.1f GB, and this machine has %.1f", wanted * 1e-9, machine * 1e-9);
  return FALSE;
}

static gboolean
lay_out (GenExecutor *executor, GError **error)
{
  GenGraph *graph = executor->graph;
  GenStorages *storages = executor->storages;
  g_autofree gsize *scratch = g_new0 (gsize, executor->n_kernels);
  g_autofree gsize *offsets = g_new0 (gsize, executor->n_kernels);

  for (guint i = 0; i < executor->n_kernels; i++)
    scratch[i] = executor->kernels[i].scratch_size;
  gen_storages_plan_arena (storages, graph, scratch, offsets, ALIGNMENT);
  if (!check_memory (executor, error))
    return FALSE;
  executor->inputs = g_new0 (Port, graph->inputs->len);
  executor->outputs = g_new0 (Port, graph->outputs->len);
  executor->states = g_new0 (Port, storages->states->len);
  for (guint i = 0; i < graph->inputs->len; i++)
    init_port (&executor->inputs[i], g_ptr_array_index (graph->inputs, i));
  for (guint i = 0; i < graph->outputs->len; i++)
    init_port (&executor->outputs[i], g_ptr_array_index (graph->outputs, i));
  for (guint i = 0; i < storages->states->len; i++)
    init_port (
        &executor->states[i], ((GenStorage *)g_ptr_array_index (storages->states, i))->tensor);
  executor->arena = gen_aligned_alloc (MAX (storages->arena_size, 1));

  for (guint i = 0; i < executor->n_kernels; i++) {
    GenKernel *kernel = &executor->kernels[i];

    if (scratch[i] > 0)
      kernel->scratch = executor->arena + offsets[i];
    for (guint k = 0; k < kernel->node->inputs->len; k++)
      fill_place (executor, gen_node_input (kernel->node, k), (void **)&kernel->inputs[k]);
    for (guint k = 0; k < kernel->node->outputs->len; k++)
      fill_place (executor, gen_node_output (kernel->node, k), &kernel->outputs[k]);
  }
  return TRUE;
}

static void
flatten (GenExecutor *executor)
{
  for (guint i = 0; i < executor->n_kernels; i++)
    executor->n_steps += executor->kernels[i].steps->len;
  executor->steps = g_new (FlatStep, executor->n_steps);
  executor->parts = g_new (guint8, executor->n_steps);
  executor->n_steps = 0;
  for (guint i = 0; i < executor->n_kernels; i++)
    for (guint k = 0; k < executor->kernels[i].steps->len; k++) {
      const GenStep *step = &g_array_index (executor->kernels[i].steps, GenStep, k);

      executor->steps[executor->n_steps] = (FlatStep){ &executor->kernels[i], step->run };
      executor->parts[executor->n_steps++] = step->parts;
      executor->wants_team |= step->parts > 1;
    }
}

static void
destroy (GenExecutor *executor)
{
  for (guint i = 0; i < executor->n_kernels; i++) {
    g_free (executor->kernels[i].inputs);
    g_free (executor->kernels[i].outputs);
    gen_kernel_clear (&executor->kernels[i]);
  }
  g_free (executor->kernels);
  g_free (executor->steps);
  g_free (executor->parts);
  clear_ports (executor->inputs, executor->graph->inputs->len);
  clear_ports (executor->outputs, executor->graph->outputs->len);
  clear_ports (executor->states, executor->storages->states->len);
  gen_aligned_free (executor->arena);
  g_free (executor);
}

static gboolean
prepare (GenExecutor *executor, GError **error)
{
  const int saved = gen_team_enter ();
  GenConstants constants;
  GenChooser *chooser;
  gboolean prepared;

  gen_constants_init (&constants, executor->graph);
  chooser = gen_chooser_new (executor->graph, &executor->options);
  prepared = prepare_kernels (executor, chooser, &constants, error);
  gen_chooser_free (chooser);
  gen_team_leave (saved);
  gen_constants_finish (&constants);
  return prepared && lay_out (executor, error);
}

static GenExecutor *
create (GenGraph *graph, GenStorages *storages, const GenPlanOptions *options, GError **error)
{
  GenExecutor *executor = g_new0 (GenExecutor, 1);

  executor->graph = graph;
  executor->storages = storages;
  executor->options = *options;
  if (!prepare (executor, error)) {
    destroy (executor);
    return NULL;
  }
  flatten (executor);
  return executor;
}

/* --- ports --- */

static Port *
find_port (const GenExecutor *executor, GenBindingKind kind, guint number)
{
  switch (kind) {
  case GEN_BINDING_INPUT:
    return &executor->inputs[number];
  case GEN_BINDING_OUTPUT:
    return &executor->outputs[number];
  default:
    return &executor->states[number];
  }
}

static void *
host (GenExecutor *executor, GenBindingKind kind, guint number)
{
  return find_port (executor, kind, number)->own;
}

static void
bind (GenExecutor *executor, GenBindingKind kind, guint number, void *data, gboolean on_device)
{
  Port *port = find_port (executor, kind, number);

  port->data = data != NULL ? data : port->own;
  for (guint i = 0; i < port->places->len; i++)
    *(void **)g_ptr_array_index (port->places, i) = port->data;
}

/* --- running --- */

static void
begin_run (GenExecutor *executor, guint64 draw)
{
  for (guint i = 0; i < executor->n_kernels; i++)
    executor->kernels[i].draw = gen_draw_of (&executor->kernels[i].node->draw, draw);
}

static void
end_run (GenExecutor *executor)
{
  const GenStorages *storages = executor->storages;

  for (guint i = 0; i < storages->copies->len; i++) {
    const GenCopy *copy = &g_array_index (storages->copies, GenCopy, i);

    if (copy->to->size > 0)
      memcpy (address_of (executor, copy->to),
          address_of (executor, storages->by_tensor[copy->from->index]), copy->to->size);
  }
}

static gboolean
run (GenExecutor *executor, guint64 draw, GError **error)
{
  GenJob job = { run_step, executor, executor->parts, executor->n_steps };

  begin_run (executor, draw);
  gen_team_run (&job, executor->wants_team ? executor->options.threads : 1);
  end_run (executor);
  return TRUE;
}

static gboolean
profile (GenExecutor *executor, guint64 draw, double *seconds, GError **error)
{
  guint step = 0;

  begin_run (executor, draw);
  for (guint i = 0; i < executor->n_kernels; i++) {
    guint n = executor->kernels[i].steps->len;
    GenExecutor part = { .steps = executor->steps + step };
    GenJob job = { run_step, &part, executor->parts + step, n };
    double start = gen_seconds_now ();

    if (n > 0)
      gen_team_run (&job, executor->options.threads);
    seconds[i] = gen_seconds_now () - start;
    step += n;
  }
  end_run (executor);
  return TRUE;
}

static gboolean
runs (const GenExecutor *executor, guint node)
{
  return executor->kernels[node].steps->len > 0;
}

static const char *
place (const GenExecutor *executor, guint node)
{
  return executor->kernels[node].way;
}

static const GenKernel *
find_kernel (const GenExecutor *executor, const char *name)
{
  for (guint i = 0; i < executor->n_kernels; i++)
    if (strcmp (executor->kernels[i].node->op->name, name) == 0)
      return &executor->kernels[i];
  return NULL;
}

const GenExecutorClass gen_cpu_executor_class = {
  .lifts = gen_node_lifts_on_cpu,
  .fuses_quantized = TRUE,
  .create = create,
  .destroy = destroy,
  .host = host,
  .bind = bind,
  .run = run,
  .profile = profile,
  .runs = runs,
  .place = place,
  .find_kernel = find_kernel,
};
