/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Zhang et al., "AdaLoRA: adaptive budget allocation for parameter-efficient fine-tuning", 2023. A
 * difference is P Λ Q, as singular values and vectors are: P and Q are held orthogonal by a
 * penalty, and Λ is a factor for each rank. How much a triplet of one of Λ and what belongs to it
 * counts is the smoothed sensitivity of its numbers, |w ∇w|, times how uncertain that is. Of all
 * triplets of a net as many are kept as the budget has by now, which falls by a cubic law, and the
 * factors of the others become 0: from time to time, so that they can come back, and at the end for
 * good. All of it is in the graph of the step, and so in its states. P and Q begin as near to
 * orthogonal as random vectors of length 1 are, whatever the extents of a layer. It tells little
 * where all layers are alike. */
#include "part.h"

/* Of sensitivities and what they differ from their mean by, by a step. */
#define SMOOTHING 0.85
/* Updates from one choice to the next. */
#define INTERVAL 10

/* --- orthogonality --- */

/* ‖M Mᵀ - 1‖², of the ranks of `which`. */
static GenTensor *
distance (GenGraph *graph, const GenAdapterPart *part, GenPartTensor which, GError **error)
{
  const gint64 swapped[] = { 0, 2, 1 };
  const gint64 r = part->rank;
  g_autofree float *one = g_new0 (float, r *r);
  GenTensor *matrix, *turned, *unit;
  gboolean behind;

  for (gint64 i = 0; i < r; i++)
    one[i * r + i] = 1;
  unit = gen_graph_add_constant (graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (r, r),
      g_bytes_new (one, (gsize)(r * r) * sizeof *one));
  matrix = gen_adapter_part_matrix (graph, part, which, part->now[which], &behind, error);
  if (matrix == NULL)
    return NULL;
  turned =
      gen_graph_op (graph, "Transpose", &matrix, 1, 1, error, "perm", GEN_INTS, 3, swapped, NULL);
  matrix = behind ? gen_binary (graph, "MatMul", turned, matrix, error)
                  : gen_binary (graph, "MatMul", matrix, turned, error);
  matrix = gen_binary (graph, "Sub", matrix, unit, error);
  return matrix == NULL ? NULL
                        : gen_graph_op (graph, "ReduceSumSquare", &matrix, 1, 1, error, "keepdims",
                              GEN_INT, 0, NULL);
}

static GenTensor *
penalty (GenGraph *graph, const GenAdapterPart *parts, guint n, const GenAdapterSettings *settings,
    GError **error)
{
  g_autoptr (GPtrArray) terms = g_ptr_array_new ();
  GenTensor *sum;

  if (settings->orthogonality == 0)
    return gen_graph_float (graph, 0);
  for (guint i = 0; i < 2 * n; i++) {
    GenTensor *term =
        distance (graph, &parts[i / 2], i % 2 == 0 ? GEN_PART_DOWN : GEN_PART_UP, error);

    if (term == NULL)
      return NULL;
    g_ptr_array_add (terms, term);
  }
  sum = gen_graph_op (graph, "Sum", (GenTensor **)terms->pdata, (int)terms->len, 1, error, NULL);
  return gen_binary (
      graph, "Mul", sum, gen_graph_float (graph, (float)settings->orthogonality), error);
}

/* --- importance --- */

/* What updates have come to. */
typedef struct {
  GenTensor *over;   /* a float32: 1 once the budget is reached, else 0 */
  GenTensor *budget; /* an int64 [1]: the number, from 0, of the last triplet that stays */
  GenTensor *due;    /* a float32: 1 where triplets are chosen, else 0 */
} Schedule;

static GenTensor *
number (GenGraph *graph, double value)
{
  return gen_graph_float (graph, (float)value);
}

static GenTensor *
cast (GenGraph *graph, GenTensor *x, GenDataType type, GError **error)
{
  return x == NULL ? NULL
                   : gen_graph_op (graph, "Cast", &x, 1, 1, error, "to", GEN_INT, (int)type, NULL);
}

/* a + share * (b - a) */
static GenTensor *
mix (GenGraph *graph, GenTensor *a, GenTensor *b, GenTensor *share, GError **error)
{
  GenTensor *apart = gen_binary (graph, "Sub", b, a, error);

  return gen_binary (graph, "Add", a, gen_binary (graph, "Mul", apart, share, error), error);
}

/* A state that moves to `value` by 1 - SMOOTHING, while the budget is not reached. */
static GenTensor *
smooth (GenGraph *graph, const GenAdapterPart *part, GenPartTensor which, const char *what,
    GenTensor *value, const Schedule *schedule, GError **error)
{
  static const char *const names[] = { "down", "up", "ranks" };
  g_autofree char *name = g_strconcat (part->name, ".", names[which], ".", what, NULL);
  const gsize size = gen_tensor_size (part->now[which]);
  GenTensor *state = gen_graph_add_state (graph, name, GEN_TYPE_FLOAT32, &part->now[which]->shape,
      g_bytes_new_take (g_malloc0 (size), size));
  GenTensor *share = gen_binary (graph, "Sub", number (graph, 1), schedule->over, error), *next;

  share = gen_binary (graph, "Mul", share, number (graph, 1 - SMOOTHING), error);
  next = mix (graph, state, value, share, error);
  if (next != NULL)
    gen_graph_assign (graph, state, next);
  return next;
}

/* Of each number. */
static GenTensor *
importance (GenGraph *graph, const GenAdapterPart *part, GenPartTensor which,
    const Schedule *schedule, GError **error)
{
  GenTensor *sensitivity, *mean, *apart;

  sensitivity = gen_binary (graph, "Mul", part->now[which], part->gradients[which], error);
  sensitivity = gen_unary (graph, "Abs", sensitivity, error);
  if (sensitivity == NULL)
    return NULL;
  mean = smooth (graph, part, which, "sensitivity", sensitivity, schedule, error);
  apart = gen_unary (graph, "Abs", gen_binary (graph, "Sub", sensitivity, mean, error), error);
  if (apart == NULL)
    return NULL;
  apart = smooth (graph, part, which, "uncertainty", apart, schedule, error);
  return gen_binary (graph, "Mul", mean, apart, error);
}

/* The mean of each rank's numbers in `which`, [ranks]. */
static GenTensor *
mean_of (
    GenGraph *graph, const GenAdapterPart *part, GenPartTensor which, GenTensor *x, GError **error)
{
  const gint64 all[] = { -1 };
  gboolean behind = FALSE;

  if (x == NULL)
    return NULL;
  if (which != GEN_PART_RANKS) {
    x = gen_adapter_part_matrix (graph, part, which, x, &behind, error);
    if (x == NULL)
      return NULL;
    x = gen_graph_op (graph, "ReduceMean", &x, 1, 1, error, "axes", GEN_INTS, 1,
        behind ? (gint64[]){ 1 } : (gint64[]){ 2 }, "keepdims", GEN_INT, 0, NULL);
  }
  return gen_binary (graph, "Reshape", x, gen_graph_ints (graph, all, 1), error);
}

/* Of each triplet, [ranks]. */
static GenTensor *
score (GenGraph *graph, const GenAdapterPart *part, const Schedule *schedule, GError **error)
{
  GenTensor *sum = NULL;

  for (guint which = 0; which < GEN_PART_TENSORS; which++) {
    GenTensor *mean =
        mean_of (graph, part, which, importance (graph, part, which, schedule, error), error);

    sum = which == 0 ? mean : gen_binary (graph, "Add", sum, mean, error);
    if (sum == NULL)
      return NULL;
  }
  return sum;
}

/* --- the budget --- */

/* Triplets that there are. */
static gint64
count_triplets (const GenAdapterPart *parts, guint n)
{
  gint64 sum = 0;

  for (guint i = 0; i < n; i++)
    sum += parts[i].layer.groups * parts[i].rank;
  return sum;
}

/* Triplets that are left at the end: what is asked for of each, as far as it has that many. */
static double
count_left (const GenAdapterPart *parts, guint n, const GenAdapterSettings *settings)
{
  const double mean = settings->budget > 0 ? settings->budget : settings->rank / 2.0;
  double sum = 0;

  for (guint i = 0; i < n; i++)
    sum += (double)parts[i].layer.groups *
           MAX (mean * (double)parts[i].rank / (double)settings->rank, 0);
  return MAX (sum, 1);
}

/* budget = left + (all - left) * x³ of x, which falls from 1 at the warm-up's end to 0. */
static gboolean
make_schedule (GenGraph *graph, const GenAdapterPart *parts, guint n,
    const GenAdapterSettings *settings, GenTensor *count, Schedule *schedule, GError **error)
{
  const double all = (double)count_triplets (parts, n);
  const double left = MIN (count_left (parts, n, settings), all);
  const double length = (double)(settings->steps - settings->warm_up);
  const gint64 one[] = { 1 }, interval = INTERVAL, end = (gint64)settings->steps, zero = 0;
  const GenShape scalar = GEN_SHAPE_SCALAR;
  GenTensor *x = cast (graph, count, GEN_TYPE_FLOAT32, error), *place, *cube;

  x = gen_binary (graph, "Sub", number (graph, (double)settings->steps), x, error);
  x = gen_binary (graph, "Div", x, number (graph, length), error);
  x = gen_binary (graph, "Min", x, number (graph, 1), error);
  x = gen_binary (graph, "Max", x, number (graph, 0), error);
  cube = gen_binary (graph, "Mul", gen_binary (graph, "Mul", x, x, error), x, error);
  cube = gen_binary (graph, "Mul", cube, number (graph, all - left), error);
  cube = gen_binary (graph, "Add", cube, number (graph, left - 0.5), error);
  schedule->budget = gen_binary (graph, "Reshape", cast (graph, cube, GEN_TYPE_INT64, error),
      gen_graph_ints (graph, one, 1), error);
  place = gen_binary (graph, "Mod", count,
      gen_graph_add_constant (
          graph, NULL, GEN_TYPE_INT64, &scalar, g_bytes_new (&interval, sizeof interval)),
      error);
  place = gen_binary (graph, "Equal", place,
      gen_graph_add_constant (
          graph, NULL, GEN_TYPE_INT64, &scalar, g_bytes_new (&zero, sizeof zero)),
      error);
  schedule->over = cast (graph,
      gen_binary (graph, "GreaterOrEqual", count,
          gen_graph_add_constant (
              graph, NULL, GEN_TYPE_INT64, &scalar, g_bytes_new (&end, sizeof end)),
          error),
      GEN_TYPE_FLOAT32, error);
  schedule->due = gen_binary (
      graph, "Max", cast (graph, place, GEN_TYPE_FLOAT32, error), schedule->over, error);
  return schedule->budget != NULL && schedule->due != NULL;
}

/* The score of the last triplet that stays, [1]. */
static GenTensor *
find_least (GenGraph *graph, GPtrArray *scores, const Schedule *schedule, gint64 n, GError **error)
{
  GenTensor *all = gen_graph_op (graph, "Concat", (GenTensor **)scores->pdata, (int)scores->len, 1,
      error, "axis", GEN_INT, 0, NULL);
  GenTensor *sorted;

  if (all == NULL)
    return NULL;
  sorted = gen_graph_op (
      graph, "TopK", (GenTensor *[]){ all, gen_graph_ints (graph, &n, 1) }, 2, 2, error, NULL);
  return gen_binary (graph, "Gather", sorted, schedule->budget, error);
}

/* Let the factors of triplets below `least` become 0, where that is due. */
static gboolean
prune (GenGraph *graph, GenAdapterPart *part, GenTensor *score, GenTensor *least,
    const Schedule *schedule, GError **error)
{
  GenTensor **ranks = &part->next[GEN_PART_RANKS];
  const GenShape *shape = &part->now[GEN_PART_RANKS]->shape;
  GenTensor *stays = cast (
      graph, gen_binary (graph, "GreaterOrEqual", score, least, error), GEN_TYPE_FLOAT32, error);

  stays = gen_binary (
      graph, "Reshape", stays, gen_graph_ints (graph, shape->dims, (gsize)shape->rank), error);
  stays = mix (graph, number (graph, 1), stays, schedule->due, error);
  *ranks = gen_binary (graph, "Mul", *ranks, stays, error);
  return *ranks != NULL;
}

static gboolean
choose (GenGraph *graph, GenAdapterPart *parts, guint n, const GenAdapterSettings *settings,
    GenTensor *count, GError **error)
{
  g_autoptr (GPtrArray) scores = g_ptr_array_new ();
  GenTensor *least;
  Schedule schedule;

  if (!make_schedule (graph, parts, n, settings, count, &schedule, error))
    return FALSE;
  for (guint i = 0; i < n; i++) {
    GenTensor *of = score (graph, &parts[i], &schedule, error);

    if (of == NULL)
      return FALSE;
    g_ptr_array_add (scores, of);
  }
  least = find_least (graph, scores, &schedule, count_triplets (parts, n), error);
  if (least == NULL)
    return FALSE;
  for (guint i = 0; i < n; i++)
    if (!prune (graph, &parts[i], scores->pdata[i], least, &schedule, error))
      return FALSE;
  return TRUE;
}

const GenAdapter gen_adapter_adalora = {
  .name = "adalora",
  .description = "Differences that share a budget of ranks, which goes where it counts, "
                 "Zhang et al. 2023",
  .adapts = TRUE,
  .has_ranks = TRUE,
  .normal_down = 1,
  .normal_up = 1,
  .penalty = penalty,
  .choose = choose,
  .reads = (const char *const[]){ "adapter-rank", "adapter-alpha", "adapter-target",
      "adapter-budget", "adapter-warm-up", "adapter-budget-steps", "adapter-orthogonality", NULL },
};
