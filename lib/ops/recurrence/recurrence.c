/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Extents and attributes of LSTM, GRU and RNN, checked once for shapes, kernels and gradients. */
#include "recurrence.h"

#include <math.h>
#include <string.h>

#include "../../simd.h"

/* Where the inputs stand. */
enum { X, W, R, B, LENGTHS, INITIAL_H, INITIAL_C, PEEPHOLES };

static gboolean
read_directions (const GenNode *node, GenRecurrence *r, GError **error)
{
  const char *direction = gen_node_string (node, "direction", "forward");

  r->directions = strcmp (direction, "bidirectional") == 0 ? 2 : 1;
  r->reverse = strcmp (direction, "reverse") == 0;
  return r->directions == 2 || r->reverse || strcmp (direction, "forward") == 0 ||
         gen_node_error (
             node, error, "direction '%s' should be forward, reverse or bidirectional", direction);
}

static gboolean
read_functions (const GenNode *node, GenRecurrence *r, GError **error)
{
  const GenAttribute *names = gen_node_attribute (node, "activations");
  const GenCell *cell = r->cell;
  int n_alphas, n_betas, alpha = 0, beta = 0;
  const float *alphas = gen_node_floats (node, "activation_alpha", &n_alphas);
  const float *betas = gen_node_floats (node, "activation_beta", &n_betas);
  guint wanted = r->directions * cell->functions;

  if (names != NULL && (names->strings == NULL || g_strv_length (names->strings) != wanted))
    return gen_node_error (node, error, "it takes %u activations", wanted);
  for (guint i = 0; i < wanted; i++) {
    GenGateUse *use = &r->functions[i / cell->functions][i % cell->functions];
    const char *name = names != NULL ? names->strings[i] : cell->defaults[i % cell->functions];

    use->gate = gen_gate_find (name);
    if (use->gate == NULL)
      return gen_node_error (node, error, "there is no activation '%s'", name);
    use->alpha = use->gate->alpha;
    use->beta = use->gate->beta;
    if (use->gate->parameters > 0 && alpha < n_alphas)
      use->alpha = alphas[alpha++];
    if (use->gate->parameters > 1 && beta < n_betas)
      use->beta = betas[beta++];
  }
  return TRUE;
}

static gboolean
check (const GenNode *node, guint i, GenShape wanted, GError **error)
{
  const GenTensor *input = gen_node_input (node, i);

  if (input == NULL || gen_shape_equal (&input->shape, &wanted))
    return TRUE;
  g_autofree char *is = gen_shape_to_string (&input->shape);
  g_autofree char *should = gen_shape_to_string (&wanted);
  return gen_node_error (node, error, "input %u has shape %s, should have %s", i, is, should);
}

static GenShape
weights_shape (const GenRecurrence *r, gint64 d, gint64 rows, gint64 k)
{
  return r->cell->quantized ? GEN_SHAPE (d, k, rows) : GEN_SHAPE (d, rows, k);
}

static gboolean
check_inputs (const GenNode *node, const GenRecurrence *r, GError **error)
{
  gint64 d = r->directions, rows = r->cell->gates * r->hidden;
  GenShape initial =
      r->batch_first ? GEN_SHAPE (r->batch, d, r->hidden) : GEN_SHAPE (d, r->batch, r->hidden);
  const GenTensor *lengths = gen_node_input (node, LENGTHS);

  if (lengths != NULL && lengths->type != GEN_TYPE_INT32)
    return gen_node_error (node, error, "sequence_lens must be of type int32");
  return check (node, W, weights_shape (r, d, rows, r->input), error) &&
         check (node, R, weights_shape (r, d, rows, r->hidden), error) &&
         check (node, B, GEN_SHAPE (d, 2 * rows), error) &&
         check (node, LENGTHS, GEN_SHAPE (r->batch), error) &&
         check (node, INITIAL_H, initial, error) &&
         (!r->cell->has_state || (check (node, INITIAL_C, initial, error) &&
                                     check (node, PEEPHOLES, GEN_SHAPE (d, 3 * r->hidden), error)));
}

gboolean
gen_recurrence_read (const GenNode *node, const GenCell *cell, GenRecurrence *r, GError **error)
{
  const GenShape *x = &gen_node_input (node, X)->shape, *w = &gen_node_input (node, R)->shape;
  gint64 hidden;

  *r = (GenRecurrence){ .cell = cell };
  if (x->rank != 3 || w->rank != 3)
    return gen_node_error (node, error, "X, W and R must have three dimensions");
  r->batch_first = gen_node_int (node, "layout", 0) != 0;
  r->steps = x->dims[r->batch_first];
  r->batch = x->dims[!r->batch_first];
  r->input = x->dims[2];
  r->hidden = w->dims[cell->quantized ? 1 : 2];
  hidden = gen_node_int (node, "hidden_size", r->hidden);
  if (hidden != r->hidden || hidden < 1)
    return gen_node_error (node, error,
        "hidden_size is %" G_GINT64_FORMAT ", but R is made for %" G_GINT64_FORMAT, hidden,
        r->hidden);
  r->clip = gen_node_float (node, "clip", 0);
  if (!(r->clip > 0))
    r->clip = INFINITY;
  r->reset_after =
      cell->has_two_products != NULL && gen_node_int (node, "linear_before_reset", 0) != 0;
  r->input_forget = cell->has_state && gen_node_int (node, "input_forget", 0) != 0;
  return read_directions (node, r, error) && read_functions (node, r, error) &&
         check_inputs (node, r, error);
}

gboolean
gen_recurrence_infer (GenNode *node, const GenCell *cell, GError **error)
{
  GenDataType type = gen_node_input (node, X)->type;
  GenRecurrence r;
  GenShape y, last;

  for (guint i = 0; i <= PEEPHOLES; i++)
    if (i != LENGTHS && !(cell->quantized && (i == W || i == R)) &&
        gen_node_input (node, i) != NULL && gen_node_input (node, i)->type != type)
      return gen_node_error (node, error, "input %u is of another type than input 0", i);
  if (!gen_recurrence_read (node, cell, &r, error))
    return FALSE;
  y = r.batch_first ? GEN_SHAPE (r.batch, r.steps, r.directions, r.hidden)
                    : GEN_SHAPE (r.steps, r.directions, r.batch, r.hidden);
  last = r.batch_first ? GEN_SHAPE (r.batch, r.directions, r.hidden)
                       : GEN_SHAPE (r.directions, r.batch, r.hidden);
  gen_node_set_output (node, 0, type, &y);
  gen_node_set_output (node, 1, type, &last);
  gen_node_set_output (node, 2, type, &last);
  return TRUE;
}

double
gen_recurrence_flops (const GenNode *node, const GenCell *cell)
{
  GenRecurrence r;

  if (!gen_recurrence_read (node, cell, &r, NULL))
    return 0;
  return 2.0 * r.directions * r.steps * r.batch * cell->gates * r.hidden * (r.input + r.hidden);
}

GEN_CLONES (void, gate_add, (float *x, const float *y, gsize n, float clip), (x, y, n, clip))
{
  for (gsize i = 0; i < n; i++) {
    const float sum = x[i] + y[i];

    x[i] = sum > clip ? clip : sum < -clip ? -clip : sum;
  }
}

GEN_CLONES (void, gate_blend, (float *x, const float *a, const float *b, const float *c, gsize n),
    (x, a, b, c, n))
{
  for (gsize i = 0; i < n; i++)
    x[i] = a[i] * b[i] + (1 - a[i]) * c[i];
}

void
gen_gate_add (float *x, const float *y, gsize n, float clip)
{
  gate_add (x, y, n, clip);
}

void
gen_gate_blend (float *x, const float *a, const float *b, const float *c, gsize n)
{
  gate_blend (x, a, b, c, n);
}
