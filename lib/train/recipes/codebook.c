/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The appendix of van den Oord et al., "Neural discrete representation learning", 2017: with d the
 * decay, n the number of vectors in the batch for which e is the nearest, and s their sum,
 *
 *   N = d N + (1 - d) n,   m = d m + (1 - d) s,   e = m / N,
 *
 * and where N is less than a small share of what it would be if all were used alike, e begins anew
 * as a vector of the batch, drawn at random, as after average use (Dhariwal et al., "Jukebox: a
 * generative model for music", 2020, do so where N is below 1). So N is never 0. In the beginning
 * all count as used alike, too. */
#include "codebook.h"

#include "../step-exchange.h"
#include "code-shares.h"

/* Of average use: vectors that are used less begin anew. */
#define RARE 0.03

/* --- of what it is made --- */

/* What the encoder makes as rows, [batch * places, length]. */
static GenTensor *
to_rows (GenGraph *graph, GenTensor *made, GError **error)
{
  const gint64 rows[] = { -1, made->shape.dims[1] };
  gint64 order[GEN_MAX_RANK] = { 0 };
  GenTensor *x;

  for (int i = 1; i < made->shape.rank; i++)
    order[i] = i + 1 < made->shape.rank ? i + 1 : 1;
  x = gen_graph_op (
      graph, "Transpose", &made, 1, 1, error, "perm", GEN_INTS, made->shape.rank, order, NULL);
  return gen_binary (graph, "Reshape", x, gen_graph_ints (graph, rows, 2), error);
}

/* The number of the weight that is the codebook, [n, length]; -1 where it is none that is trained.
 */
static int
find_codebook (const GenStepNet *net, gint64 n, gint64 length)
{
  const GenShape wanted = GEN_SHAPE (n, length);

  for (guint i = 0; i < net->weights->len; i++)
    if (gen_shape_equal (&((const GenTensor *)net->weights->pdata[i])->shape, &wanted))
      return (int)i;
  return -1;
}

static gboolean
check_codebook (const GenStepNet *net, gint64 n, const GenTensor *made, GError **error)
{
  const GenShape wanted = GEN_SHAPE (n, made->shape.dims[1]);

  for (guint i = 0; i < net->source->tensors->len; i++) {
    const GenTensor *tensor = g_ptr_array_index (net->source->tensors, i);

    if (tensor->role == GEN_ROLE_CONSTANT && gen_shape_equal (&tensor->shape, &wanted))
      return TRUE;
  }
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_MODEL,
      "codebook-decay: the %s has no weight [%" G_GINT64_FORMAT ", %" G_GINT64_FORMAT
      "], a vector for each code; codebook-decay=0 changes its weights by gradients",
      net->net->role->name, wanted.dims[0], wanted.dims[1]);
  return FALSE;
}

static gboolean
check_codes (const GenTensor *rows, const GenTensor *codes, GError **error)
{
  if (gen_shape_elements (&codes->shape) == rows->shape.dims[0])
    return TRUE;
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_MODEL,
      "codebook-decay: the quantizer takes %" G_GINT64_FORMAT " vectors and makes %" G_GINT64_FORMAT
      " codes; it must make one of each",
      rows->shape.dims[0], gen_shape_elements (&codes->shape));
  return FALSE;
}

/* --- states --- */

/* Numbers of `shape`, `scale` times those of `like`, or `scale` where that is NULL. */
static GenTensor *
add_state (GenStep *step, const GenTensor *codebook, const char *part, const GenShape *shape,
    const GenTensor *like, float scale)
{
  g_autofree char *name = g_strconcat (codebook->name, ".", part, NULL);
  const gsize n = (gsize)gen_shape_elements (shape);
  const float *from = like != NULL ? g_bytes_get_data (like->data, NULL) : NULL;
  float *values = g_new (float, n);

  for (gsize i = 0; i < n; i++)
    values[i] = from != NULL ? scale * from[i] : scale;
  return gen_graph_add_state (
      step->graph, name, GEN_TYPE_FLOAT32, shape, g_bytes_new_take (values, n * sizeof *values));
}

/* d state + (1 - d) now */
static GenTensor *
average (GenStep *step, GenTensor *state, GenTensor *now, GError **error)
{
  return now == NULL ? NULL
                     : gen_graph_op (step->graph, "MovingAverage", (GenTensor *[]){ state, now }, 2,
                           1, error, "decay", GEN_FLOAT, step->settings->codebook_decay, NULL);
}

/* --- vectors --- */

/* `n` of the rows, at random. */
static GenTensor *
draw_rows (GenGraph *graph, GenTensor *rows, gint64 n, GError **error)
{
  const float last = (float)(rows->shape.dims[0] - 1);
  GenTensor *places = gen_graph_op (graph, "RandomUniform", NULL, 0, 1, error, "shape", GEN_INTS, 1,
      &n, "high", GEN_FLOAT, (double)rows->shape.dims[0], NULL);

  places = gen_binary (graph, "Min", places, gen_graph_float (graph, last), error);
  places = gen_unary (graph, "Floor", places, error);
  if (places != NULL)
    places = gen_graph_op (
        graph, "Cast", &places, 1, 1, error, "to", GEN_INT, (gint64)GEN_TYPE_INT64, NULL);
  return gen_binary (graph, "Gather", rows, places, error);
}

typedef struct {
  GenTensor *uses, *sum; /* [n, 1] and [n, length] */
} Use;

/* How often each of `n` codes is in the batch, and the sum of the rows that it stands for. */
static gboolean
count (GenGraph *graph, GenTensor *rows, GenTensor *codes, gint64 n, Use *now, GError **error)
{
  GenTensor *marks = gen_code_marks (graph, codes, n, error);

  if (marks == NULL)
    return FALSE;
  now->sum = gen_graph_op (
      graph, "Gemm", (GenTensor *[]){ marks, rows }, 2, 1, error, "transA", GEN_INT, 1, NULL);
  now->uses = gen_graph_op (graph, "ReduceSum",
      (GenTensor *[]){ marks, gen_graph_ints (graph, (gint64[]){ 0 }, 1) }, 2, 1, error, "keepdims",
      GEN_INT, 0, NULL);
  now->uses = gen_binary (
      graph, "Reshape", now->uses, gen_graph_ints (graph, (gint64[]){ n, 1 }, 2), error);
  return now->sum != NULL && now->uses != NULL;
}

/* The same of the batches of all members. */
static gboolean
count_all (GenStep *step, GenTensor *rows, GenTensor *codes, gint64 n, Use *now, GError **error)
{
  GenTensor *counted[2];

  if (!count (step->graph, rows, codes, n, now, error))
    return FALSE;
  counted[0] = now->uses;
  counted[1] = now->sum;
  if (!gen_step_sum_over_members (step, counted, 2, 1, error))
    return FALSE;
  now->uses = counted[0];
  now->sum = counted[1];
  return TRUE;
}

/* `kept`, and `fresh` where vectors begin anew. */
static GenTensor *
choose (GenGraph *graph, GenTensor *is_used, GenTensor *kept, GenTensor *fresh, GError **error)
{
  if (is_used == NULL || kept == NULL || fresh == NULL)
    return NULL;
  return gen_graph_op (graph, "Where", (GenTensor *[]){ is_used, kept, fresh }, 3, 1, error, NULL);
}

/* What is hardly used begins anew, as after `alike` uses. */
static void
begin_anew (GenStep *step, GenTensor *rows, gint64 n, float alike, Use *use, GError **error)
{
  GenGraph *graph = step->graph;
  GenTensor *mean = gen_graph_float (graph, alike);
  GenTensor *least = gen_graph_float (graph, (float)(RARE * alike));
  GenTensor *is_used = gen_binary (graph, "GreaterOrEqual", use->uses, least, error);
  GenTensor *drawn = gen_step_take_of_first (step, draw_rows (graph, rows, n, error), error);
  GenTensor *fresh = gen_binary (graph, "Mul", drawn, mean, error);

  use->sum = choose (graph, is_used, use->sum, fresh, error);
  use->uses = choose (graph, is_used, use->uses, mean, error);
}

gboolean
gen_step_follow_codebook (
    GenStep *step, guint net, GenTensor *made, GenTensor *codes, gint64 n, GError **error)
{
  GenStepNet *applied = &step->nets[net];
  const int i = find_codebook (applied, n, made->shape.dims[1]);
  GenTensor *rows, *codebook, *next;
  Use state, now;
  float alike;

  if (!gen_step_trains (step))
    return TRUE;
  if (i < 0)
    return check_codebook (applied, n, made, error);
  made = gen_step_precise (step, gen_unary (step->graph, "StopGradient", made, error), error);
  rows = made != NULL ? to_rows (step->graph, made, error) : NULL;
  if (rows == NULL || !check_codes (rows, codes, error) ||
      !count_all (step, rows, codes, n, &now, error))
    return FALSE;
  codebook = applied->states->pdata[i];
  alike = (float)rows->shape.dims[0] * (float)gen_step_n_members (step) / (float)n;
  state.uses = add_state (step, codebook, "uses", &GEN_SHAPE (n, 1), NULL, alike);
  state.sum = add_state (step, codebook, "sum", &codebook->shape, codebook, alike);
  now.uses = average (step, state.uses, now.uses, error);
  now.sum = average (step, state.sum, now.sum, error);
  begin_anew (step, rows, n, alike, &now, error);
  next = gen_binary (step->graph, "Div", now.sum, now.uses, error);
  if (next == NULL)
    return FALSE;
  gen_graph_assign (step->graph, state.uses, now.uses);
  gen_graph_assign (step->graph, state.sum, now.sum);
  gen_graph_assign (step->graph, codebook, next);
  gen_step_net_change (applied, (guint)i, next);
  return TRUE;
}
