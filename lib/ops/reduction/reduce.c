/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How reductions walk. The operand is seen in the order of its memory as groups of merged
 * dimensions, each kept or reduced; the innermost group is one row. Work is cut along a kept
 * group, so that parts write disjoint results; where none is long enough (sums over a batch
 * into few numbers) it is cut along a reduced one into partial results, merged in order. */
#include "reduce.h"

#include "../../device/half.h"

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

/* The accumulators of a block of rows. */
static void
start_rows (const Reduce *reduce, char *out, const GenReduceRows *rows)
{
  const GenReducer *reducer = reduce->reducer;
  const gsize n = reduce->groups[reduce->n_groups - 1].reduced ? 1 : rows->n;

  if (n == 1 && rows->to != 0) {
    reducer->start (out, rows->to, rows->rows);
    return;
  }
  for (gsize r = 0; r < (rows->to == 0 ? 1 : rows->rows); r++)
    reducer->start (out + (gint64)r * rows->to * (gint64)reducer->size, rows->stride, n);
}

/* A block of rows whose accumulators are at `out`. */
static void
take_rows (const Reduce *reduce, char *out, const char *x, const GenReduceRows *rows)
{
  const GenReducer *reducer = reduce->reducer;
  const gboolean across = reduce->groups[reduce->n_groups - 1].reduced;
  const gint64 size = gen_data_type_size (reduce->type), wide_size = reducer->size;
  float wide[GEN_HALF_CHUNK];

  if (!reduce->half && (across || rows->to == 0)) {
    (across ? reducer->across : reducer->along) (out, x, rows);
    return;
  }
  for (gsize r = 0; r < rows->rows; r++, x += rows->from * size, out += rows->to * wide_size) {
    GenReduceRows one = { .rows = 1, .n = rows->n, .stride = rows->stride };

    if (!reduce->half) {
      reducer->along (out, x, &one);
      continue;
    }
    for (gsize i = 0; i < rows->n; i += one.n) {
      one.n = MIN (GEN_HALF_CHUNK, rows->n - i);
      gen_half_widen (reduce->type, x + i * size, 1, wide, one.n);
      if (across)
        reducer->across (out, wide, &one);
      else
        reducer->along (out + (gint64)i * rows->stride * wide_size, wide, &one);
    }
  }
}

/* Everything in [first, end) of the cut group, into `results`: the innermost two groups are a
 * block of rows, the others are walked. */
static void
walk (const Reduce *reduce, const char *x, char *results, gint64 first, gint64 end)
{
  const GenReducer *reducer = reduce->reducer;
  const gint64 size = gen_data_type_size (reduce->type);
  const int inner = reduce->n_groups - 1, outer = inner - 1;
  gint64 starts[GEN_MAX_RANK] = { 0 }, ends[GEN_MAX_RANK] = { 0 }, at[GEN_MAX_RANK] = { 0 };
  const GenReduceGroup *group = &reduce->groups[inner];
  GenReduceRows rows = { .rows = 1, .stride = group->to };
  gint64 blocks = 1;

  for (int i = 0; i < reduce->n_groups; i++) {
    at[i] = starts[i] = i == reduce->cut ? first : 0;
    ends[i] = i == reduce->cut ? end : reduce->groups[i].extent;
    if (i < outer)
      blocks *= ends[i] - starts[i];
  }
  rows.n = ends[inner] - starts[inner];
  if (outer >= 0) {
    rows.rows = ends[outer] - starts[outer];
    rows.from = reduce->groups[outer].from;
    rows.to = reduce->groups[outer].to;
  }
  if (rows.n == 0 || rows.rows == 0)
    return;
  for (gint64 block = 0; block < blocks; block++) {
    gboolean fresh = TRUE;
    gint64 from = 0, to = 0;
    char *out;

    for (int i = 0; i < reduce->n_groups; i++) {
      from += at[i] * reduce->groups[i].from;
      to += at[i] * reduce->groups[i].to;
      fresh &= !reduce->groups[i].reduced || at[i] == starts[i];
    }
    out = results + to * (gint64)reducer->size;
    if (fresh)
      start_rows (reduce, out, &rows);
    take_rows (reduce, out, x + from * size, &rows);
    for (int i = outer - 1; i >= 0 && ++at[i] == ends[i]; i--)
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
gen_reduce_cpu_over (GenKernel *kernel, const GenReducers *reducers,
    const gboolean reduced[GEN_MAX_RANK], GError **error)
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
  Reduce *reduce;

  if (type >= G_N_ELEMENTS (by_type) || by_type[type] == NULL)
    return gen_node_error (
        kernel->node, error, "not supported for elements of type %s", gen_data_type_name (x->type));
  reduce = g_new0 (Reduce, 1);
  kernel->state = reduce;
  kernel->free_state = g_free;
  reduce->reducer = by_type[type];
  reduce->type = x->type;
  reduce->half = gen_type_is_half (x->type);
  reduce->n = gen_shape_elements (&x->shape);
  reduce->outputs = gen_shape_elements (&gen_node_output (kernel->node, 0)->shape);
  reduce->count = 1;
  for (int i = 0; i < x->shape.rank; i++)
    reduce->count *= reduced[i] ? x->shape.dims[i] : 1;
  reduce->n_groups = gen_reduce_groups (kernel->node, reduced, reduce->groups);
  choose_cut (reduce, kernel);
  if (reduce->half)
    kernel->scratch_size = MAX (kernel->scratch_size, reduce->outputs * sizeof (float));
  gen_kernel_add_step (kernel, run, reduce->n == 0 ? 1 : reduce->parts);
  if (reduce->partial || reduce->half || reduce->reducer->finish != NULL)
    gen_kernel_add_step (kernel, run_end, 1);
  return TRUE;
}

gboolean
gen_reduce_cpu (GenKernel *kernel, const GenReducers *reducers, GError **error)
{
  gboolean reduced[GEN_MAX_RANK];

  return gen_reduce_axes (kernel->node, reduced, error) &&
         gen_reduce_cpu_over (kernel, reducers, reduced, error);
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
