/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What LSTM, GRU and RNN share: their extents and attributes, the walk along time, and the same
 * walk as nodes for gradients. A cell says what one row of the batch does in one step. */
#pragma once

#include <generative/operator.h>

#include "../../private-api.h"
#include "gates.h"

#define GEN_CELL_MAX_GATES 4
#define GEN_CELL_MAX_FUNCTIONS 3

typedef struct {
  const GenGate *gate;
  float alpha, beta;
} GenGateUse;

static inline void
gen_gate_run (const GenGateUse *use, float *x, gsize n)
{
  use->gate->run (x, n, use->alpha, use->beta);
}

typedef struct _GenCell GenCell;

/* A node's extents and attributes. */
typedef struct {
  const GenCell *cell;
  gint64 steps, batch, input, hidden;
  int directions;
  gboolean reverse;     /* the first direction runs from the end */
  gboolean batch_first; /* layout 1 */
  GenGateUse functions[2][GEN_CELL_MAX_FUNCTIONS];
  float clip; /* INFINITY for none */
  /* GRU: the reset gate is applied to the product by R instead of to the hidden state. */
  gboolean reset_after;
  gboolean input_forget; /* LSTM: the forget gate is 1 - the input gate */
} GenRecurrence;

/* One row of the batch in one step. */
typedef struct {
  const GenRecurrence *recurrence;
  const GenGateUse *functions;
  const float *projection; /* x W' with the biases: [gates, hidden] */
  float *product;          /* h R', the first of the products: may be written over */
  float *second;           /* the second product, where the cell has one: [hidden] */
  float *reset;            /* what is multiplied to give the second product: [hidden] */
  float *hidden, *state;   /* h and LSTM's c, replaced by those of this step */
  const float *late_bias;  /* GRU with reset_after: R's bias of the last gate */
  const float *peepholes;  /* LSTM: those of i, o and f; NULL for none */
} GenCellRow;

/* The same for the whole batch, as nodes. */
typedef struct {
  const GenRecurrence *recurrence;
  const GenGateUse *functions;
  GenTensor *projection, *weights, *late_bias, *peepholes, *hidden, *state;
} GenCellNodes;

struct _GenCell {
  int gates, functions;
  const char *const *defaults; /* names of the functions */
  gboolean has_state;
  gboolean quantized; /* weights are of 8 bits, constant, and [input, gates] instead */
  /* With two products, `first` prepares what the second is made of (row->reset). */
  gboolean (*has_two_products) (const GenRecurrence *recurrence);
  void (*first) (const GenCellRow *row);
  void (*last) (const GenCellRow *row);
  gboolean (*build) (GenGraph *graph, GenCellNodes *nodes, GError **error);
};

GEN_PRIVATE_API extern const GenCell gen_cell_gru;
GEN_PRIVATE_API extern const GenCell gen_cell_lstm;
GEN_PRIVATE_API extern const GenCell gen_cell_rnn;
extern const GenCell gen_cell_quantized_lstm;

/* The walk's parts that the files of this family share. */
GEN_PRIVATE_API gboolean gen_recurrence_read (
    const GenNode *node, const GenCell *cell, GenRecurrence *recurrence, GError **error);
gboolean gen_recurrence_infer (GenNode *node, const GenCell *cell, GError **error);
gboolean gen_recurrence_cpu (GenKernel *kernel, const GenCell *cell, GError **error);
gboolean gen_recurrence_gradient (GenGradient *gradient, const GenCell *cell, GError **error);
double gen_recurrence_flops (const GenNode *node, const GenCell *cell);

/* x += y, within [-clip, clip]: what goes into a gate. */
void gen_gate_add (float *x, const float *y, gsize n, float clip);
/* x = a b + (1 - a) c, the blend of old and new. */
void gen_gate_blend (float *x, const float *a, const float *b, const float *c, gsize n);
/* As nodes: column block `gate` of `gates` of a matrix. */
GenTensor *gen_gate_columns (GenGraph *graph, GenTensor *x, int gate, int gates, GError **error);
/* x within the clip, and then through the function. */
GenTensor *gen_gate_build (GenGraph *graph, const GenRecurrence *recurrence, const GenGateUse *use,
    GenTensor *x, GError **error);

/* The operator of gen_cell_ID; what follows is what it has of its own. */
#define GEN_RECURRENCE_OPERATOR(id, name_, summary_, ...)                                          \
  static gboolean infer (GenNode *node, GError **error)                                            \
  {                                                                                                \
    return gen_recurrence_infer (node, &gen_cell_##id, error);                                     \
  }                                                                                                \
                                                                                                   \
  static gboolean cpu (GenKernel *kernel, GError **error)                                          \
  {                                                                                                \
    return gen_recurrence_cpu (kernel, &gen_cell_##id, error);                                     \
  }                                                                                                \
                                                                                                   \
  static gboolean gradient (GenGradient *g, GError **error)                                        \
  {                                                                                                \
    return gen_recurrence_gradient (g, &gen_cell_##id, error);                                     \
  }                                                                                                \
                                                                                                   \
  static double flops (const GenNode *node)                                                        \
  {                                                                                                \
    return gen_recurrence_flops (node, &gen_cell_##id);                                            \
  }                                                                                                \
                                                                                                   \
  const GenOperator gen_operator_##id = { .name = name_,                                           \
    .summary = summary_,                                                                           \
    .since = 7,                                                                                    \
    .min_inputs = 3,                                                                               \
    .min_outputs = 0,                                                                              \
    .weights = 0xe,                                                                                \
    .layouts = GEN_LAYOUTS_PLAIN,                                                                  \
    .widens = 0xef,                                                                                \
    .infer = infer,                                                                                \
    .cpu = cpu,                                                                                    \
    .gradient = gradient,                                                                          \
    .flops = flops,                                                                                \
    __VA_ARGS__ };
