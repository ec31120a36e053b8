/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How reductions walk. The operand is seen in the order of its memory as groups of merged
 * dimensions, each kept or reduced; the innermost group is one row. Work is cut along a kept
 * group, so that parts write disjoint results; where none is long enough (sums over a batch
 * into few numbers) it is cut along a reduced one into partial results, merged in order. */
#include "reduce.h"

#include "../device/half.h"

#define NANOSECONDS_PER_ELEMENT 0.15

typedef struct {
  const GenReducer *reducer;
  GenReduceGroup groups[GEN_MAX_RANK];
  int n_groups;
  int cut; /* the group that parts share */
  int parts;
  gboolean partial; /* the cut group is reduced: parts have results of their own */
  gboolean half;    /* accumulators are float32, and the results are narrowed at the end */
  GenDataType type;
  gint64 n, outputs;
  double count;
} Reduce;

gboolean
gen_reduce_infer (GenNode *node, GError **error)
{
  const GenTensor *x = gen_node_input (node, 0);
  gboolean keep = gen_node_int (node, "keepdims", 1) != 0, reduced[GEN_MAX_RANK];
  GenShape shape = GEN_SHAPE_SCALAR;

  if (!gen_reduce_axes (node, reduced, error))
    return FALSE;
  for (int i = 0; i < x->shape.rank; i++)
    if (!reduced[i] || keep)
      shape.dims[shape.rank++] = reduced[i] ? 1 : x->shape.dims[i];
  gen_node_set_output (node, 0, x->type, &shape);
  return TRUE;
}

/* One row, into an accumulator or along many. */
static void
take_row (const Reduce *reduce, char *out, gint64 stride, const char *x, gsize n)
{
  const GenReducer *reducer = reduce->reducer;
  gboolean across = reduce->groups[reduce->n_groups - 1].reduced;
  float wide[GEN_HALF_CHUNK];

  if (!reduce->half) {
    if (across)
      reducer->across (out, x, n);
    else
      reducer->along (out, stride, x, n);
    return;
  }
  for (gsize i = 0; i < n; i += GEN_HALF_CHUNK) {
    gsize count = MIN (GEN_HALF_CHUNK, n - i);

    gen_half_widen (reduce->type, x + i * sizeof (guint16), 1, wide, count);
    if (across)
      reducer->across (out, wide, count);
    else
      reducer->along (out + (gint64)i * stride * (gint64)reducer->size, stride, wide, count);
  }
}

/* Everything in [first, end) of the cut group, into `results`. */
static void
walk (const Reduce *reduce, const char *x, char *results, gint64 first, gint64 end)
{
  const GenReducer *reducer = reduce->reducer;
  const GenReduceGroup *inner = &reduce->groups[reduce->n_groups - 1];
  int n = reduce->n_groups - 1;
  gint64 starts[GEN_MAX_RANK] = { 0 }, ends[GEN_MAX_RANK], at[GEN_MAX_RANK];
  gint64 row_first = 0, row_n = inner->extent, rows = 1, stride = inner->to;

  for (int i = 0; i < n; i++) {
    starts[i] = i == reduce->cut ? first : 0;
    ends[i] = i == reduce->cut ? end : reduce->groups[i].extent;
    at[i] = starts[i];
    rows *= ends[i] - starts[i];
  }
  if (reduce->cut == n) {
    row_first = first;
    row_n = end - first;
  }
  if (row_n == 0)
    return;
  for (gint64 row = 0; row < rows; row++) {
    gint64 from = row_first * inner->from, to = inner->reduced ? 0 : row_first * stride;
    gboolean fresh = TRUE;
    char *out;

    for (int i = 0; i < n; i++) {
      from += at[i] * reduce->groups[i].from;
      to += at[i] * reduce->groups[i].to;
      fresh &= !reduce->groups[i].reduced || at[i] == starts[i];
    }
    out = results + to * reducer->size;
    if (fresh)
      reducer->start (out, stride, inner->reduced ? 1 : row_n);
    take_row (reduce, out, stride, x + from * (gint64)gen_data_type_size (reduce->type), row_n);
    for (int i = n - 1; i >= 0 && ++at[i] == ends[i]; i--)
      at[i] = starts[i];
  }
}

/* Where the accumulators of all results are. */
static void *
results_of (const GenKernel *kernel)
{
  const Reduce *reduce = kernel->state;

  return reduce->half ? kernel->scratch : kernel->outputs[0];
}

static void
run (const GenKernel *kernel, int part, int parts)
{
  const Reduce *reduce = kernel->state;
  char *results = results_of (kernel);
  gsize first, end;

  if (reduce->n == 0) {
    reduce->reducer->start (results, 1, reduce->outputs);
    return;
  }
  gen_kernel_share (reduce->groups[reduce->cut].extent,
      reduce->cut == reduce->n_groups - 1 ? 64 / reduce->reducer->size : 1, part, parts, &first,
      &end);
  if (reduce->partial)
    results = (char *)kernel->scratch + part * reduce->outputs * reduce->reducer->size;
  if (reduce->partial && first == end)
    reduce->reducer->start (results, 1, reduce->outputs);
  else if (first < end)
    walk (reduce, kernel->inputs[0], results, first, end);
}

static void
run_end (const GenKernel *kernel, int part, int parts)
{
  const Reduce *reduce = kernel->state;
  const GenReducer *reducer = reduce->reducer;
  gsize size = reduce->outputs * reducer->size;
  void *results = results_of (kernel);

  if (reduce->partial) {
    if (results != kernel->scratch)
      memcpy (results, kernel->scratch, size);
    for (int i = 1; i < reduce->parts; i++)
      reducer->merge (results, (const char *)kernel->scratch + i * size, reduce->outputs);
  }
  if (reducer->finish != NULL)
    reducer->finish (results, reduce->outputs, reduce->count);
  if (reduce->half)
    gen_half_narrow (reduce->type, results, kernel->outputs[0], reduce->outputs);
}

/* Cut the longest kept group, or, when it is short, the longest reduced one. */
static void
choose_cut (Reduce *reduce, GenKernel *kernel)
{
  int kept = -1, reduced = -1;

  reduce->parts = gen_kernel_parts (kernel, reduce->n, NANOSECONDS_PER_ELEMENT);
  for (int i = 0; i < reduce->n_groups; i++) {
    const GenReduceGroup *group = &reduce->groups[i];
    int *best = group->reduced ? &reduced : &kept;

    if (*best < 0 || group->extent > reduce->groups[*best].extent)
      *best = i;
  }
  reduce->cut = kept >= 0 ? kept : reduced;
  if (reduce->parts > 1 && reduced >= 0) {
    gint64 grain = kept == reduce->n_groups - 1 ? 64 / reduce->reducer->size : 1;

    if (kept < 0 || reduce->groups[kept].extent < 2 * grain * reduce->parts)
      reduce->cut = reduced;
  }
  reduce->partial = reduce->parts > 1 && reduce->groups[reduce->cut].reduced;
  if (!reduce->partial)
    return;
  /* Partial results must stay small beside the operand. */
  if (reduce->outputs * reduce->parts > reduce->n / 2) {
    reduce->parts = 1;
    reduce->partial = FALSE;
  } else {
    kernel->scratch_size = reduce->parts * reduce->outputs * reduce->reducer->size;
  }
}

gboolean
gen_reduce_cpu (GenKernel *kernel, const GenReducers *reducers, GError **error)
{
  const GenTensor *x = gen_node_input (kernel->node, 0);
  const GenReducer *by_type[] = {
    [GEN_TYPE_FLOAT32] = reducers->float32,
    [GEN_TYPE_FLOAT64] = reducers->float64,
    [GEN_TYPE_INT32] = reducers->int32,
    [GEN_TYPE_INT64] = reducers->int64,
    [GEN_TYPE_UINT32] = reducers->uint32,
    [GEN_TYPE_UINT64] = reducers->uint64,
    [GEN_TYPE_INT8] = reducers->int8,
    [GEN_TYPE_UINT8] = reducers->uint8,
    [GEN_TYPE_BOOL] = reducers->uint8,
  };
  GenDataType type = gen_type_computed (x->type);
  gboolean reduced[GEN_MAX_RANK];
  Reduce *reduce;

  if (type >= G_N_ELEMENTS (by_type) || by_type[type] == NULL)
    return gen_node_error (
        kernel->node, error, "not supported for elements of type %s", gen_data_type_name (x->type));
  if (!gen_reduce_axes (kernel->node, reduced, error))
    return FALSE;
  reduce = g_new0 (Reduce, 1);
  kernel->state = reduce;
  kernel->free_state = g_free;
  reduce->reducer = by_type[type];
  reduce->type = x->type;
  reduce->half = gen_type_is_half (x->type);
  reduce->n = gen_shape_elements (&x->shape);
  reduce->outputs = gen_shape_elements (&gen_node_output (kernel->node, 0)->shape);
  reduce->count = gen_reduce_count (kernel->node);
  reduce->n_groups = gen_reduce_groups (kernel->node, reduced, reduce->groups);
  choose_cut (reduce, kernel);
  if (reduce->half)
    kernel->scratch_size = MAX (kernel->scratch_size, reduce->outputs * sizeof (float));
  gen_kernel_add_step (kernel, run, reduce->n == 0 ? 1 : reduce->parts);
  if (reduce->partial || reduce->half || reduce->reducer->finish != NULL)
    gen_kernel_add_step (kernel, run_end, 1);
  return TRUE;
}

GenTensor *
gen_reduce_keep (GenGradient *g, GenTensor *tensor, GError **error)
{
  const GenShape *shape = &gen_node_input (g->node, 0)->shape;
  gboolean reduced[GEN_MAX_RANK];
  gint64 kept[GEN_MAX_RANK];

  if (tensor == NULL || tensor->shape.rank == shape->rank)
    return tensor;
  if (!gen_reduce_axes (g->node, reduced, error))
    return NULL;
  for (int i = 0; i < shape->rank; i++)
    kept[i] = reduced[i] ? 1 : shape->dims[i];
  return gen_binary (
      g->graph, "Reshape", tensor, gen_graph_ints (g->graph, kept, shape->rank), error);
}

GenTensor *
gen_reduce_spread (GenGradient *g, GenTensor *tensor, GError **error)
{
  const GenShape *shape = &gen_node_input (g->node, 0)->shape;

  tensor = gen_reduce_keep (g, tensor, error);
  if (tensor == NULL || gen_shape_equal (&tensor->shape, shape))
    return tensor;
  return gen_binary (
      g->graph, "Expand", tensor, gen_graph_ints (g->graph, shape->dims, shape->rank), error);
}
