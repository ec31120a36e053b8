/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs that graphs are looked at by. What goes into them is kept as it is: a few dozen runs are
 * enough, and no more than a player's inputs each. */
#include <generative/run-set.h>

#include <math.h>
#include <string.h>

#include <generative/quantize.h>

#include "../device/half.h"

struct _GenRunSet {
  GenBinding *inputs; /* of no data */
  guint n_inputs;
  GPtrArray *runs; /* gpointer *, the bytes of each input one after the other */
  gsize size;      /* of a run */
};

/* --- the set --- */

static gboolean
check_input (const GenTensor *input, GError **error)
{
  if (input->kind == GEN_KIND_TENSOR && gen_shape_is_known (&input->shape) &&
      gen_data_type_size (input->type) > 0)
    return TRUE;
  g_set_error (error, GEN_QUANTIZE_ERROR, GEN_QUANTIZE_ERROR_RUNS,
      "input '%s' should be a tensor of a known shape, and be numbers", input->name);
  return FALSE;
}

GenRunSet *
gen_run_set_new (const GenGraph *graph, GError **error)
{
  g_autoptr (GenRunSet) set = g_new0 (GenRunSet, 1);

  set->runs = g_ptr_array_new_with_free_func (g_free);
  set->inputs = g_new0 (GenBinding, graph->inputs->len);
  for (guint i = 0; i < graph->inputs->len; i++) {
    const GenTensor *input = g_ptr_array_index (graph->inputs, i);

    if (!check_input (input, error))
      return NULL;
    set->inputs[set->n_inputs++] = (GenBinding){ .name = g_strdup (input->name),
      .type = input->type,
      .shape = input->shape,
      .size = gen_tensor_size (input) };
    set->size += gen_tensor_size (input);
  }
  return g_steal_pointer (&set);
}

void
gen_run_set_free (GenRunSet *set)
{
  if (set == NULL)
    return;
  for (guint i = 0; i < set->n_inputs; i++)
    g_free ((char *)set->inputs[i].name);
  g_free (set->inputs);
  g_ptr_array_unref (set->runs);
  g_free (set);
}

guint
gen_run_set_n_inputs (const GenRunSet *set)
{
  return set->n_inputs;
}

const GenBinding *
gen_run_set_input (const GenRunSet *set, guint i)
{
  return &set->inputs[i];
}

guint
gen_run_set_n_runs (const GenRunSet *set)
{
  return set->runs->len;
}

void
gen_run_set_add (GenRunSet *set, const void *const *inputs)
{
  guint8 *run = g_malloc (MAX (set->size, 1));
  gsize at = 0;

  for (guint i = 0; i < set->n_inputs; i++) {
    memcpy (run + at, inputs[i], set->inputs[i].size);
    at += set->inputs[i].size;
  }
  g_ptr_array_add (set->runs, run);
}

/* --- playing --- */

/* Let the inputs of `graph`, a copy, have the shapes of the set's. */
static gboolean
fix_shapes (const GenRunSet *set, GenGraph *graph, GError **error)
{
  for (guint i = 0; i < set->n_inputs; i++) {
    const GenBinding *own = &set->inputs[i];
    GenTensor *input = gen_graph_find (graph, own->name);

    if (input == NULL || input->role != GEN_ROLE_INPUT || input->type != own->type) {
      g_set_error (error, GEN_QUANTIZE_ERROR, GEN_QUANTIZE_ERROR_RUNS,
          "runs have an input '%s' of %s, which the graph does not have", own->name,
          gen_data_type_name (own->type));
      return FALSE;
    }
    if (!gen_graph_set_input_shape (graph, input, &own->shape, error))
      return FALSE;
  }
  return TRUE;
}

/* What input number `i` of `plan` is called in the set. */
static guint
find_input (const GenRunSet *set, const GenPlan *plan, guint i)
{
  const char *name = gen_plan_input ((GenPlan *)plan, i)->name;
  guint k = 0;

  while (k + 1 < set->n_inputs && strcmp (set->inputs[k].name, name) != 0)
    k++;
  return k;
}

static void
fill (const GenRunSet *set, GenPlan *plan, const guint8 *run)
{
  for (guint i = 0; i < gen_plan_n_inputs (plan); i++) {
    const guint own = find_input (set, plan, i);
    gsize at = 0;

    for (guint k = 0; k < own; k++)
      at += set->inputs[k].size;
    memcpy (gen_plan_input (plan, i)->data, run + at, gen_plan_input (plan, i)->size);
  }
}

gboolean
gen_run_set_play (const GenRunSet *set, const GenGraph *graph, const GenPlanOptions *options,
    GenRunFunc func, gpointer data, GError **error)
{
  g_autoptr (GenGraph) shaped = gen_graph_copy (graph);
  g_autoptr (GenPlan) plan = NULL;
  g_autofree const GenBinding **outputs = NULL;

  if (set->runs->len == 0) {
    g_set_error (error, GEN_QUANTIZE_ERROR, GEN_QUANTIZE_ERROR_RUNS, "there are no runs");
    return FALSE;
  }
  if (!fix_shapes (set, shaped, error) || (plan = gen_plan_new (shaped, options, error)) == NULL)
    return FALSE;
  outputs = g_new (const GenBinding *, gen_plan_n_outputs (plan) + 1);
  for (guint i = 0; i < gen_plan_n_outputs (plan); i++)
    outputs[i] = gen_plan_output (plan, i);
  for (guint run = 0; run < set->runs->len; run++) {
    gen_plan_reset_states (plan);
    fill (set, plan, g_ptr_array_index (set->runs, run));
    if (!gen_plan_run (plan, error) || !func (run, outputs, gen_plan_n_outputs (plan), data, error))
      return FALSE;
  }
  return TRUE;
}

/* --- comparing --- */

double
gen_run_difference_sqnr (const GenRunDifference *difference)
{
  return difference->noise > 0 ? 10 * log10 (difference->signal / difference->noise) : INFINITY;
}

double
gen_run_difference_psnr (const GenRunDifference *difference)
{
  const double peak = difference->high - difference->low;

  return difference->noise > 0 ? 10 * log10 (peak * peak / difference->noise) : INFINITY;
}

/* The numbers of `binding` as float32, where it is of floats: at `buffer` where they have to be
 * converted. NULL else. */
static const float *
read_floats (const GenBinding *binding, GArray *buffer)
{
  const gsize n = (gsize)gen_shape_elements (&binding->shape);

  if (binding->type == GEN_TYPE_FLOAT32)
    return binding->data;
  if (!gen_type_is_half (binding->type))
    return NULL;
  g_array_set_size (buffer, (guint)n);
  gen_half_widen (binding->type, binding->data, 1, (float *)buffer->data, n);
  return (const float *)buffer->data;
}

typedef struct {
  GArray *buffer;
  GArray *recorded;        /* to append to, */
  const GArray *reference; /* or to compare with, from `at` on */
  gsize at;
  GenRunDifference difference;
} Walk;

static gboolean
record (guint run, const GenBinding *const *outputs, guint n, gpointer data, GError **error)
{
  Walk *walk = data;

  for (guint i = 0; i < n; i++) {
    const float *numbers = read_floats (outputs[i], walk->buffer);

    if (numbers != NULL)
      g_array_append_vals (walk->recorded, numbers, (guint)gen_shape_elements (&outputs[i]->shape));
  }
  return TRUE;
}

static void
add_difference (GenRunDifference *d, double is, double was)
{
  const double apart = is - was;

  d->signal += was * was;
  d->noise += apart * apart;
  /* What is no number is as far away as can be. */
  d->greatest = isnan (apart) ? INFINITY : MAX (d->greatest, fabs (apart));
  d->low = MIN (d->low, was);
  d->high = MAX (d->high, was);
}

static gboolean
compare (guint run, const GenBinding *const *outputs, guint n, gpointer data, GError **error)
{
  Walk *walk = data;

  for (guint i = 0; i < n; i++) {
    const float *numbers = read_floats (outputs[i], walk->buffer);
    const gsize count = (gsize)gen_shape_elements (&outputs[i]->shape);

    if (numbers == NULL)
      continue;
    if (walk->at + count > walk->reference->len) {
      g_set_error (error, GEN_QUANTIZE_ERROR, GEN_QUANTIZE_ERROR_RUNS,
          "output '%s' has more numbers than what it is compared with", outputs[i]->name);
      return FALSE;
    }
    for (gsize k = 0; k < count; k++)
      add_difference (&walk->difference, (double)numbers[k],
          (double)g_array_index (walk->reference, float, walk->at + k));
    walk->at += count;
  }
  return TRUE;
}

GArray *
gen_run_set_record (
    const GenRunSet *set, const GenGraph *graph, const GenPlanOptions *options, GError **error)
{
  g_autoptr (GArray) buffer = g_array_new (FALSE, FALSE, sizeof (float));
  g_autoptr (GArray) recorded = g_array_new (FALSE, FALSE, sizeof (float));
  Walk walk = { .buffer = buffer, .recorded = recorded };

  if (!gen_run_set_play (set, graph, options, record, &walk, error))
    return NULL;
  if (recorded->len > 0)
    return g_steal_pointer (&recorded);
  g_set_error (error, GEN_QUANTIZE_ERROR, GEN_QUANTIZE_ERROR_RUNS,
      "the model makes nothing of floats, by which what it loses could be told");
  return NULL;
}

gboolean
gen_run_set_compare (const GenRunSet *set, const GenGraph *graph, const GArray *reference,
    const GenPlanOptions *options, GenRunDifference *difference, GError **error)
{
  g_autoptr (GArray) buffer = g_array_new (FALSE, FALSE, sizeof (float));
  Walk walk = {
    .buffer = buffer, .reference = reference, .difference = { .low = INFINITY, .high = -INFINITY }
  };

  if (!gen_run_set_play (set, graph, options, compare, &walk, error))
    return FALSE;
  *difference = walk.difference;
  difference->signal /= (double)MAX (walk.at, 1);
  difference->noise /= (double)MAX (walk.at, 1);
  return TRUE;
}
