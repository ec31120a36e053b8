/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The walk along time on the CPU. What the inputs contribute to the gates of all steps is one
 * matrix product before the walk; the walk multiplies the hidden state by R, packed once. Its
 * parts are the directions and slices of the batch, which never wait for each other. */
#include "recurrence.h"

#include <math.h>
#include <string.h>

#include "../elementwise/activation.h"
#include "recurrence-product.h"

enum { X, W, R, B, LENGTHS, INITIAL_H, INITIAL_C, PEEPHOLES, W_SCALE };

typedef struct {
  GenRecurrence r;
  GenCellProduct *input[2];  /* of each direction, of all steps */
  GenCellProduct *first[2];  /* h R', by the gates of the first product */
  GenCellProduct *second[2]; /* where there is one */
  gint64 rows;               /* gates * hidden */
  gint64 first_rows;         /* of the first product */
  int slices;                /* of the batch */
  /* Where things lie in the scratch memory, in floats. */
  gsize projections, biases, products, seconds, resets, hiddens, states, gemm_scratch;
  gsize gemm_size; /* of each part */
} Walk;

static void
walk_free (gpointer data)
{
  Walk *walk = data;

  for (int d = 0; d < 2; d++) {
    g_clear_pointer (&walk->input[d], gen_cell_product_free);
    g_clear_pointer (&walk->first[d], gen_cell_product_free);
    g_clear_pointer (&walk->second[d], gen_cell_product_free);
  }
  g_free (walk);
}

static const float *
input (const GenKernel *kernel, guint i)
{
  return i < kernel->node->inputs->len ? kernel->inputs[i] : NULL;
}

/* Rows of W or R; NULL once they are packed. */
static const float *
weights_at (const GenKernel *kernel, guint i, gint64 offset)
{
  const float *weights = kernel->inputs[i];

  return weights != NULL ? weights + offset : NULL;
}

/* The biases of W and R are added to the projection together, but where the reset gate comes
 * between. */
static void
add_biases (const GenKernel *kernel, int part, int parts)
{
  const Walk *walk = kernel->state;
  const float *b = input (kernel, B);
  gint64 rows = walk->rows, late = walk->r.reset_after ? rows - walk->r.hidden : rows;

  for (int d = 0; d < walk->r.directions; d++) {
    float *to = (float *)kernel->scratch + walk->biases + d * rows;

    for (gint64 i = 0; i < rows; i++)
      to[i] = b == NULL ? 0 : b[2 * d * rows + i] + (i < late ? b[(2 * d + 1) * rows + i] : 0);
  }
}

static void
project (const GenKernel *kernel, int d, int part, int parts)
{
  const Walk *walk = kernel->state;
  const GenRecurrence *r = &walk->r;
  GenGemmTile tile = gen_cell_product_tile (walk->input[d], part, parts);
  float *scratch = kernel->scratch;
  float *out = scratch + walk->projections + d * r->steps * r->batch * walk->rows;

  gen_cell_product_run (walk->input[d], kernel->inputs[X],
      weights_at (kernel, W, d * walk->rows * r->input), out, scratch + walk->gemm_scratch, part,
      parts);
  gen_activation_apply (&(GenActivation){ GEN_ACTIVATION_NONE },
      out + tile.row * walk->rows + tile.column, tile.rows, tile.columns, walk->rows,
      scratch + walk->biases + d * walk->rows + tile.column);
}

static void
project_first (const GenKernel *kernel, int part, int parts)
{
  project (kernel, 0, part, parts);
}

static void
project_second (const GenKernel *kernel, int part, int parts)
{
  project (kernel, 1, part, parts);
}

/* Row `b` of the initial or last states of direction `d`. */
static gsize
state_row (const GenRecurrence *r, int d, gint64 b)
{
  return (r->batch_first ? b * r->directions + d : d * r->batch + b) * r->hidden;
}

static void
begin (const GenKernel *kernel, const Walk *walk, int d, gint64 b)
{
  const GenRecurrence *r = &walk->r;
  const float *h = input (kernel, INITIAL_H);
  const float *c = r->cell->has_state ? input (kernel, INITIAL_C) : NULL;
  gsize size = r->hidden * sizeof (float), at = (d * r->batch + b) * r->hidden;
  float *to_h = (float *)kernel->scratch + walk->hiddens + at;
  float *to_c = (float *)kernel->scratch + walk->states + at;

  memset (to_h, 0, size);
  memset (to_c, 0, size);
  if (h != NULL)
    memcpy (to_h, h + state_row (r, d, b), size);
  if (c != NULL)
    memcpy (to_c, c + state_row (r, d, b), size);
}

static void
finish (const GenKernel *kernel, const Walk *walk, int d, gint64 b)
{
  const GenRecurrence *r = &walk->r;
  guint n = kernel->node->outputs->len;
  gsize size = r->hidden * sizeof (float), at = (d * r->batch + b) * r->hidden;

  if (n > 1 && kernel->outputs[1] != NULL)
    memcpy ((float *)kernel->outputs[1] + state_row (r, d, b),
        (float *)kernel->scratch + walk->hiddens + at, size);
  if (n > 2 && kernel->outputs[2] != NULL)
    memcpy ((float *)kernel->outputs[2] + state_row (r, d, b),
        (float *)kernel->scratch + walk->states + at, size);
}

/* Row `b` of the walk's step: where it stands in time, and whether its sequence goes so far. */
static gboolean
find_time (
    const GenKernel *kernel, const GenRecurrence *r, int d, gint64 b, gint64 step, gint64 *time)
{
  const gint32 *lengths = kernel->node->inputs->len > LENGTHS ? kernel->inputs[LENGTHS] : NULL;
  gint64 length = lengths != NULL ? CLAMP (lengths[b], 0, r->steps) : r->steps;

  *time = step;
  if (step < length && (d == 1 || r->reverse))
    *time = length - 1 - step;
  return step < length;
}

static void
fill_row (const GenKernel *kernel, const Walk *walk, int d, gint64 b, gint64 time, GenCellRow *row)
{
  const GenRecurrence *r = &walk->r;
  const float *bias = input (kernel, B);
  const float *peepholes = r->cell->has_state ? input (kernel, PEEPHOLES) : NULL;
  float *scratch = kernel->scratch;
  gint64 at = r->batch_first ? b * r->steps + time : time * r->batch + b;
  gint64 of = d * r->batch + b;

  *row = (GenCellRow){
    .recurrence = r,
    .functions = r->functions[d],
    .projection = scratch + walk->projections + (d * r->steps * r->batch + at) * walk->rows,
    .product = scratch + walk->products + d * r->batch * walk->first_rows + b * walk->first_rows,
    .second = scratch + walk->seconds + of * r->hidden,
    .reset = scratch + walk->resets + of * r->hidden,
    .hidden = scratch + walk->hiddens + of * r->hidden,
    .state = scratch + walk->states + of * r->hidden,
    .late_bias =
        r->reset_after && bias != NULL ? bias + (2 * d + 2) * walk->rows - r->hidden : NULL,
    .peepholes = peepholes != NULL ? peepholes + d * 3 * r->hidden : NULL,
  };
}

static void
take_step (const GenKernel *kernel, const Walk *walk, int d, gint64 first, gint64 end, gint64 step,
    float *gemm_scratch)
{
  const GenRecurrence *r = &walk->r;
  const float *weights = weights_at (kernel, R, d * walk->rows * r->hidden);
  float *y = kernel->outputs[0];
  GenCellRow row, start;
  gint64 time;

  fill_row (kernel, walk, d, first, 0, &start);
  gen_cell_product_run (walk->first[d], start.hidden, weights, start.product, gemm_scratch, 0, 1);
  if (walk->second[d] != NULL) {
    for (gint64 b = first; b < end; b++) {
      find_time (kernel, r, d, b, step, &time);
      fill_row (kernel, walk, d, b, time, &row);
      r->cell->first (&row);
    }
    gen_cell_product_run (walk->second[d], start.reset,
        weights_at (kernel, R, (d * walk->rows + walk->first_rows) * r->hidden), start.second,
        gemm_scratch, 0, 1);
  }
  for (gint64 b = first; b < end; b++) {
    gboolean lives = find_time (kernel, r, d, b, step, &time);
    gsize at = (r->batch_first ? (b * r->steps + time) * r->directions + d
                               : (time * r->directions + d) * r->batch + b) *
               r->hidden;

    fill_row (kernel, walk, d, b, time, &row);
    if (lives)
      r->cell->last (&row);
    if (y != NULL && lives)
      memcpy (y + at, row.hidden, r->hidden * sizeof (float));
    else if (y != NULL)
      memset (y + at, 0, r->hidden * sizeof (float));
  }
}

static void
walk_part (const GenKernel *kernel, int part, int parts)
{
  const Walk *walk = kernel->state;
  const GenRecurrence *r = &walk->r;
  int d = part / walk->slices;
  gint64 rows = r->batch / walk->slices, first = part % walk->slices * rows;
  float *gemm_scratch = (float *)kernel->scratch + walk->gemm_scratch + part * walk->gemm_size;

  for (gint64 b = first; b < first + rows; b++)
    begin (kernel, walk, d, b);
  for (gint64 step = 0; step < r->steps; step++)
    take_step (kernel, walk, d, first, first + rows, step, gemm_scratch);
  for (gint64 b = first; b < first + rows; b++)
    finish (kernel, walk, d, b);
}

/* Direction `d` of the weights of 8 bits that are input `i`. */
static GenCellWeights
weights_of (const GenNode *node, guint i, gint64 n, gint64 k, int d)
{
  const GenTensor *weights = gen_node_input (node, i);
  guint scale = W_SCALE + 2 * (i - W);
  const GenTensor *scales = gen_node_input (node, scale);
  gboolean by_column = scales->shape.rank > 1;
  gint64 each = by_column ? n : 1;

  return (GenCellWeights){ .values = (const char *)gen_tensor_constant (weights) + d * n * k,
    .is_signed = weights->type == GEN_TYPE_INT8,
    .by_column = by_column,
    .scales = (const float *)gen_tensor_constant (scales) + d * each,
    .zeros = (const char *)gen_tensor_constant (gen_node_input (node, scale + 1)) + d * each };
}

static void
make_quantized_products (const GenKernel *kernel, Walk *walk)
{
  const GenRecurrence *r = &walk->r;

  for (int d = 0; d < r->directions; d++) {
    GenCellWeights w = weights_of (kernel->node, W, walk->rows, r->input, d);
    GenCellWeights recurrent = weights_of (kernel->node, R, walk->rows, r->hidden, d);

    walk->input[d] = gen_cell_product_new_quantized (
        r->steps * r->batch, walk->rows, r->input, &w, kernel->threads);
    walk->first[d] =
        gen_cell_product_new_quantized (r->batch, walk->rows, r->hidden, &recurrent, 1);
  }
}

static void
make_products (const GenKernel *kernel, Walk *walk)
{
  const GenRecurrence *r = &walk->r;
  const float *w = gen_tensor_constant (gen_node_input (kernel->node, W));
  const float *recurrent = gen_tensor_constant (gen_node_input (kernel->node, R));

  for (int d = 0; d < r->directions; d++) {
    GenGemmOptions options = { .m = r->steps * r->batch,
      .n = walk->rows,
      .k = r->input,
      .transpose_b = TRUE,
      .alpha = 1,
      .constant_b = w != NULL ? w + d * walk->rows * r->input : NULL,
      .threads = kernel->threads,
      .precision = kernel->precision,
      .sliced = TRUE };

    walk->input[d] = gen_cell_product_new (&options);
    options.m = r->batch / walk->slices;
    options.n = walk->first_rows;
    options.k = r->hidden;
    options.constant_b = recurrent != NULL ? recurrent + d * walk->rows * r->hidden : NULL;
    options.threads = 1;
    walk->first[d] = gen_cell_product_new (&options);
    if (walk->first_rows == walk->rows)
      continue;
    if (recurrent != NULL)
      options.constant_b += walk->first_rows * r->hidden;
    options.n = walk->rows - walk->first_rows;
    walk->second[d] = gen_cell_product_new (&options);
  }
}

/* Room for `n` floats behind `*end`. */
static gsize
reserve (gsize *end, gsize n)
{
  gsize at = *end;

  *end += (n + 15) & ~(gsize)15;
  return at;
}

static void
lay_out (GenKernel *kernel, Walk *walk)
{
  const GenRecurrence *r = &walk->r;
  gsize rows = r->directions * r->batch, end = 0, largest = 0, gemms;

  walk->projections = reserve (&end, rows * r->steps * walk->rows);
  walk->biases = reserve (&end, r->directions * walk->rows);
  walk->products = reserve (&end, rows * walk->first_rows);
  walk->seconds = reserve (&end, rows * r->hidden);
  walk->resets = reserve (&end, rows * r->hidden);
  walk->hiddens = reserve (&end, rows * r->hidden);
  walk->states = reserve (&end, rows * r->hidden);
  for (int d = 0; d < r->directions; d++) {
    walk->gemm_size = MAX (walk->gemm_size, gen_cell_product_scratch_size (walk->first[d]));
    if (walk->second[d] != NULL)
      walk->gemm_size = MAX (walk->gemm_size, gen_cell_product_scratch_size (walk->second[d]));
    largest = MAX (largest, gen_cell_product_scratch_size (walk->input[d]));
  }
  walk->gemm_size = (walk->gemm_size / sizeof (float) + 15) & ~(gsize)15;
  gemms = MAX (largest / sizeof (float), walk->gemm_size * r->directions * walk->slices);
  walk->gemm_scratch = reserve (&end, gemms);
  kernel->scratch_size = end * sizeof (float);
}

/* Slices of equal size, so that they share the packed weights. */
static int
choose_slices (const GenKernel *kernel, const GenRecurrence *r)
{
  int slices = MAX (kernel->threads / r->directions, 1);

  while (slices > 1 && r->batch % slices != 0)
    slices--;
  return slices;
}

gboolean
gen_recurrence_cpu (GenKernel *kernel, const GenCell *cell, GError **error)
{
  const GenNode *node = kernel->node;
  Walk *walk;

  if (gen_node_input (node, X)->type != GEN_TYPE_FLOAT32)
    return gen_node_error (node, error, "only float32 is supported");
  walk = g_new0 (Walk, 1);
  kernel->state = walk;
  kernel->free_state = walk_free;
  if (!gen_recurrence_read (node, cell, &walk->r, error))
    return FALSE;
  walk->rows = cell->gates * walk->r.hidden;
  walk->first_rows = walk->rows;
  if (cell->has_two_products != NULL && cell->has_two_products (&walk->r))
    walk->first_rows -= walk->r.hidden;
  if (walk->r.batch == 0)
    return TRUE;
  /* The range of what is quantised is that of the whole batch. */
  walk->slices = cell->quantized ? 1 : choose_slices (kernel, &walk->r);
  for (guint i = W; i <= R; i++)
    if (gen_node_input (node, i)->role == GEN_ROLE_CONSTANT)
      kernel->packed_inputs |= 1u << i;
  if (cell->quantized)
    make_quantized_products (kernel, walk);
  else
    make_products (kernel, walk);
  lay_out (kernel, walk);
  gen_kernel_add_step (kernel, add_biases, 1);
  gen_kernel_add_step (kernel, project_first, gen_cell_product_parts (walk->input[0]));
  if (walk->r.directions == 2)
    gen_kernel_add_step (kernel, project_second, gen_cell_product_parts (walk->input[1]));
  gen_kernel_add_step (kernel, walk_part, walk->r.directions * walk->slices);
  return TRUE;
}
