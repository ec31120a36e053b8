/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sums over members in the graph of a step. Nodes run in the order in which they stand there: what
 * begins a sum is moved up to behind what makes the last of its operands, and what waits for it
 * stands where it is wanted. */
#include "step-exchange.h"

#include <generative/exchange.h>

#include "../graph/graph-private.h"

/* Numbers from which on a tensor is summed by itself, and up to about which small ones are
 * collected: enough that a network is busy with them for longer than it takes to say so. */
#define BUCKET ((gsize)1 << 18)

typedef struct {
  guint number; /* of the tensor in the list */
  guint made;   /* the place behind the node that makes it */
} Operand;

static int
compare_operands (gconstpointer a, gconstpointer b)
{
  const Operand *one = a, *other = b;

  if (one->made != other->made)
    return one->made < other->made ? -1 : 1;
  return one->number < other->number ? -1 : one->number > other->number;
}

/* Those that are there, in the order in which they are made. */
static GArray *
find_operands (const GenGraph *graph, GenTensor *const *tensors, guint n)
{
  g_autoptr (GHashTable) places = g_hash_table_new (NULL, NULL);
  GArray *operands = g_array_new (FALSE, FALSE, sizeof (Operand));

  for (guint i = 0; i < graph->nodes->len; i++)
    g_hash_table_insert (places, graph->nodes->pdata[i], GUINT_TO_POINTER (i + 1));
  for (guint i = 0; i < n; i++) {
    Operand operand = { .number = i };

    if (tensors[i] == NULL)
      continue;
    if (tensors[i]->producer != NULL)
      operand.made = GPOINTER_TO_UINT (g_hash_table_lookup (places, tensors[i]->producer));
    g_array_append_val (operands, operand);
  }
  g_array_sort (operands, compare_operands);
  return operands;
}

static gsize
count (const GenTensor *tensor)
{
  return (gsize)gen_shape_elements (&tensor->shape);
}

/* How many operands from `first` on are summed together. */
static guint
bucket_length (const GArray *operands, guint first, GenTensor *const *tensors)
{
  gsize numbers = 0;
  guint i;

  for (i = first; i < operands->len; i++) {
    const gsize n = count (tensors[g_array_index (operands, Operand, i).number]);

    if (i > first && n >= BUCKET)
      break;
    numbers += n;
    if (numbers >= BUCKET)
      return i + 1 - first;
  }
  return i - first;
}

/* A sum that is begun. */
typedef struct {
  GenTensor *operand, *begun;
  const Operand *operands;
  guint n;
} Bucket;

static GenTensor *
flatten (GenGraph *graph, GenTensor *x, GError **error)
{
  return gen_binary (graph, "Reshape", x, gen_graph_ints (graph, (gint64[]){ -1 }, 1), error);
}

static GenTensor *
join (GenGraph *graph, const Bucket *bucket, GenTensor *const *tensors, GError **error)
{
  g_autofree GenTensor **flat = g_new (GenTensor *, bucket->n);

  if (bucket->n == 1)
    return tensors[bucket->operands->number];
  for (guint i = 0; i < bucket->n; i++)
    if ((flat[i] = flatten (graph, tensors[bucket->operands[i].number], error)) == NULL)
      return NULL;
  return gen_graph_op (graph, "Concat", flat, (int)bucket->n, 1, error, "axis", GEN_INT, 0, NULL);
}

/* Move the nodes from `first` on to `place`, in front of what is there. */
static void
move_nodes (GenGraph *graph, guint first, guint place)
{
  gpointer *nodes = graph->nodes->pdata;
  const guint n = graph->nodes->len - first;
  g_autofree gpointer *moved = g_memdup2 (nodes + first, n * sizeof *moved);

  memmove (nodes + place + n, nodes + place, (first - place) * sizeof *moved);
  memcpy (nodes + place, moved, n * sizeof *moved);
}

static gboolean
begin (GenStep *step, Bucket *bucket, GenTensor *const *tensors, double factor, guint *moved,
    GError **error)
{
  GenGraph *graph = step->graph;
  const guint first = graph->nodes->len;

  bucket->operand = join (graph, bucket, tensors, error);
  if (bucket->operand == NULL)
    return FALSE;
  bucket->begun = gen_graph_op (
      graph, "AllReduceBegin", &bucket->operand, 1, 1, error, "factor", GEN_FLOAT, factor, NULL);
  if (bucket->begun == NULL)
    return FALSE;
  /* What has been moved before stands in front. */
  move_nodes (graph, first, bucket->operands[bucket->n - 1].made + *moved);
  *moved += graph->nodes->len - first;
  return TRUE;
}

/* The sums take the places of the tensors. */
static gboolean
end (GenStep *step, const Bucket *bucket, GenTensor **tensors, GError **error)
{
  GenGraph *graph = step->graph;
  GenTensor *sum = gen_binary (graph, "AllReduceEnd", bucket->begun, bucket->operand, error);
  g_autofree gint64 *lengths = g_new (gint64, bucket->n);
  GenTensor *parts;

  if (sum == NULL)
    return FALSE;
  if (bucket->n == 1) {
    tensors[bucket->operands->number] = sum;
    return TRUE;
  }
  for (guint i = 0; i < bucket->n; i++)
    lengths[i] = (gint64)count (tensors[bucket->operands[i].number]);
  parts = gen_graph_op (graph, "Split",
      (GenTensor *[]){ sum, gen_graph_ints (graph, lengths, (int)bucket->n) }, 2, (int)bucket->n,
      error, "axis", GEN_INT, 0, NULL);
  if (parts == NULL)
    return FALSE;
  for (guint i = 0; i < bucket->n; i++) {
    GenTensor **tensor = &tensors[bucket->operands[i].number];
    const GenShape *shape = &(*tensor)->shape;

    *tensor = gen_binary (graph, "Reshape", gen_node_output (parts->producer, i),
        gen_graph_ints (graph, shape->dims, shape->rank), error);
    if (*tensor == NULL)
      return FALSE;
  }
  return TRUE;
}

guint
gen_step_n_members (const GenStep *step)
{
  return gen_step_trains (step) ? gen_exchange_size (step->settings->exchange) : 1;
}

gboolean
gen_step_sum_over_members (
    GenStep *step, GenTensor **tensors, guint n, double factor, GError **error)
{
  /* What other nodes draw is not to hang on how many these are. */
  const guint next_id = step->graph->next_id;
  g_autoptr (GArray) buckets = g_array_new (FALSE, FALSE, sizeof (Bucket));
  g_autoptr (GArray) operands = NULL;
  guint moved = 0;

  if (gen_step_n_members (step) == 1)
    return TRUE;
  operands = find_operands (step->graph, tensors, n);
  for (guint i = 0; i < operands->len;) {
    Bucket bucket = { .operands = &g_array_index (operands, Operand, i),
      .n = bucket_length (operands, i, tensors) };

    if (!begin (step, &bucket, tensors, factor, &moved, error))
      return FALSE;
    g_array_append_val (buckets, bucket);
    i += bucket.n;
  }
  for (guint i = 0; i < buckets->len; i++)
    if (!end (step, &g_array_index (buckets, Bucket, i), tensors, error))
      return FALSE;
  step->graph->next_id = next_id;
  return TRUE;
}

gboolean
gen_step_average_over_members (GenStep *step, GenTensor **tensors, guint n, GError **error)
{
  return gen_step_sum_over_members (step, tensors, n, 1.0 / gen_step_n_members (step), error);
}

GenTensor *
gen_step_take_of_first (GenStep *step, GenTensor *x, GError **error)
{
  const gboolean is_first = gen_exchange_rank (step->settings->exchange) == 0;

  if (gen_step_n_members (step) == 1 || x == NULL)
    return x;
  x = gen_binary (step->graph, "Mul", x, gen_graph_float (step->graph, is_first), error);
  return x != NULL && gen_step_sum_over_members (step, &x, 1, 1, error) ? x : NULL;
}
