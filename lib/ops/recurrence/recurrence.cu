/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The device's halves of LSTM, GRU and RNN. What the inputs contribute to the gates is one product
 * of all steps and directions; each step is a product of the hidden states by R and a kernel that
 * does the rest, a thread for each element of the hidden state. */
#include "../../device/cuda/product.h"
#include "../../device/cuda/types.h"
#include "../../device/cuda/walk.h"

G_BEGIN_DECLS
#include "recurrence.h"
G_END_DECLS

enum { X, W, R, B, LENGTHS, INITIAL_H, INITIAL_C, PEEPHOLES };

typedef enum { CELL_LSTM, CELL_GRU, CELL_RNN } Cell;

typedef enum {
  GATE_SIGMOID,
  GATE_TANH,
  GATE_RELU,
  GATE_AFFINE,
  GATE_LEAKY_RELU,
  GATE_THRESHOLDED_RELU,
  GATE_SCALED_TANH,
  GATE_HARD_SIGMOID,
  GATE_ELU,
  GATE_SOFTSIGN,
  GATE_SOFTPLUS,
} GateKind;

struct Gate {
  GateKind kind;
  float alpha, beta;

  __device__ inline float operator() (float x) const
  {
    switch (kind) {
    case GATE_SIGMOID:
      return 1 / (1 + expf (-x));
    case GATE_TANH:
      return tanhf (x);
    case GATE_RELU:
      return x < 0 ? 0 : x;
    case GATE_AFFINE:
      return alpha * x + beta;
    case GATE_LEAKY_RELU:
      return x < 0 ? alpha * x : x;
    case GATE_THRESHOLDED_RELU:
      return x > alpha ? x : 0;
    case GATE_SCALED_TANH:
      return alpha * tanhf (beta * x);
    case GATE_HARD_SIGMOID:
      return fminf (fmaxf (alpha * x + beta, 0), 1);
    case GATE_ELU:
      return x < 0 ? alpha * expm1f (x) : x;
    case GATE_SOFTSIGN:
      return x / (1 + fabsf (x));
    default:
      return fmaxf (x, 0) + log1pf (expf (-fabsf (x)));
    }
  }
};

struct Walk {
  Cell cell;
  Gate gates[2][GEN_CELL_MAX_FUNCTIONS]; /* of each direction */
  GenDivider batch, hidden;
  int steps, directions, rows, first_rows; /* rows of R: all, and of the first product */
  int batch_first, reverse, reset_after, input_forget;
  float clip;
};

/* Addresses: what the node has, NULL where it has none, and the room to work in. */
struct Places {
  const float *biases, *peepholes, *initial_h, *initial_c;
  const int32_t *lengths;
  float *y, *last_h, *last_c;
  float *projections;                         /* [directions, steps and batch, rows] */
  float *products;                            /* [directions, batch, first_rows] */
  float *seconds, *resets, *hiddens, *states; /* [directions, batch, hidden] */
};

/* An element of the hidden state. */
struct Element {
  uint32_t d, b, j;

  __device__ inline Element (const Walk &w, uint32_t i)
  {
    const uint32_t row = w.hidden.divide (i);

    j = i - row * w.hidden.divisor;
    d = w.batch.divide (row);
    b = row - d * w.batch.divisor;
  }

  /* Where it lies among initial and last states. */
  __device__ inline size_t outside (const Walk &w) const
  {
    const size_t row =
        w.batch_first ? (size_t)b * w.directions + d : (size_t)d * w.batch.divisor + b;

    return row * w.hidden.divisor + j;
  }
};

__global__ void
begin (Walk w, Places p, size_t n)
{
  for (GEN_CUDA_EACH (i, n)) {
    const size_t outside = Element (w, (uint32_t)i).outside (w);

    p.hiddens[i] = p.initial_h != NULL ? p.initial_h[outside] : 0;
    p.states[i] = p.initial_c != NULL ? p.initial_c[outside] : 0;
  }
}

__global__ void
finish (Walk w, Places p, size_t n)
{
  for (GEN_CUDA_EACH (i, n)) {
    const size_t outside = Element (w, (uint32_t)i).outside (w);

    if (p.last_h != NULL)
      p.last_h[outside] = p.hiddens[i];
    if (p.last_c != NULL)
      p.last_c[outside] = p.states[i];
  }
}

/* What goes into the gates of an element in a step. */
struct Sums {
  const Walk &w;
  const Places &p;
  Element e;
  const float *projection, *product;

  __device__ inline Sums (const Walk &walk, const Places &places, Element element, int time)
      : w (walk), p (places), e (element)
  {
    const size_t batch = w.batch.divisor;
    const size_t at = w.batch_first ? (size_t)e.b * w.steps + time : time * batch + e.b;

    projection = p.projections + (e.d * w.steps * batch + at) * w.rows;
    product = p.products + (e.d * batch + e.b) * w.first_rows;
  }

  __device__ inline uint32_t row (int gate) const
  {
    return gate * w.hidden.divisor + e.j;
  }

  /* Biases stand [directions, W and R, rows]. */
  __device__ inline float bias (int gate, int of_r) const
  {
    return p.biases != NULL ? p.biases[(size_t)(2 * e.d + of_r) * w.rows + row (gate)] : 0;
  }

  __device__ inline float input (int gate) const
  {
    return projection[row (gate)] + bias (gate, 0);
  }

  __device__ inline float clipped (float x) const
  {
    return x > w.clip ? w.clip : x < -w.clip ? -w.clip : x;
  }

  /* All of an ordinary gate; `more` is added to it. */
  __device__ inline float of (int gate, float more = 0) const
  {
    return clipped (product[row (gate)] + more + input (gate) + bias (gate, 1));
  }

  __device__ inline float peephole (int i) const
  {
    return p.peepholes != NULL ? p.peepholes[((size_t)e.d * 3 + i) * w.hidden.divisor + e.j] : 0;
  }
};

/* Gates stand in the order input, output, forget, candidate. */
static __device__ inline float
step_lstm (const Sums &s, const Gate *gates, float *state)
{
  const float in = gates[0](s.of (0, s.peephole (0) * *state));
  const float forget = s.w.input_forget ? 1 - in : gates[0](s.of (2, s.peephole (2) * *state));

  *state = forget * *state + in * gates[1](s.of (3));
  return gates[0](s.of (1, s.peephole (1) * *state)) * gates[2](*state);
}

/* Gates stand in the order update, reset, candidate. */
static __device__ inline float
step_gru (const Sums &s, const Gate *gates, float second, float hidden)
{
  const float update = gates[0](s.of (0));
  const float seen = s.w.reset_after ? (s.product[s.row (2)] + s.bias (2, 1)) * gates[0](s.of (1))
                                     : second + s.bias (2, 1);
  const float candidate = gates[1](s.clipped (seen + s.input (2)));

  return update * hidden + (1 - update) * candidate;
}

/* Where step number `step` of item `b` stands in time; -1 where its sequence does not go so far. */
static __device__ inline int
find_time (const Walk &w, const Places &p, uint32_t d, uint32_t b, int step)
{
  int length = p.lengths != NULL ? p.lengths[b] : w.steps;

  length = length < 0 ? 0 : length < w.steps ? length : w.steps;
  if (step >= length)
    return -1;
  return d == 1 || w.reverse ? length - 1 - step : step;
}

__global__ void
take_step (Walk w, Places p, int step, size_t n)
{
  for (GEN_CUDA_EACH (i, n)) {
    const Element e (w, (uint32_t)i);
    const int found = find_time (w, p, e.d, e.b, step), time = found < 0 ? step : found;
    const size_t batch = w.batch.divisor;
    const size_t row = w.batch_first ? ((size_t)e.b * w.steps + time) * w.directions + e.d
                                     : ((size_t)time * w.directions + e.d) * batch + e.b;

    if (found >= 0) {
      const Sums sums (w, p, e, time);
      const Gate *gates = w.gates[e.d];

      p.hiddens[i] = w.cell == CELL_LSTM  ? step_lstm (sums, gates, &p.states[i])
                     : w.cell == CELL_GRU ? step_gru (sums, gates, p.seconds[i], p.hiddens[i])
                                          : gates[0](sums.of (0));
    }
    if (p.y != NULL)
      p.y[row * w.hidden.divisor + e.j] = found >= 0 ? p.hiddens[i] : 0;
  }
}

/* What the second product of a GRU is made of. */
__global__ void
reset (Walk w, Places p, int step, size_t n)
{
  for (GEN_CUDA_EACH (i, n)) {
    const Element e (w, (uint32_t)i);
    const int time = find_time (w, p, e.d, e.b, step);

    p.resets[i] = time < 0 ? 0 : w.gates[e.d][0](Sums (w, p, e, time).of (1)) * p.hiddens[i];
  }
}

/* --- preparing --- */

static Gate
gate_of (const GenGateUse *use)
{
  /* In the order of GateKind. */
  static const char *const names[] = { "Sigmoid", "Tanh", "Relu", "Affine", "LeakyRelu",
    "ThresholdedRelu", "ScaledTanh", "HardSigmoid", "Elu", "Softsign", "Softplus" };
  int kind = 0;

  while (g_ascii_strcasecmp (names[kind], use->gate->name) != 0)
    kind++;
  return { (GateKind)kind, use->alpha, use->beta };
}

static Walk
walk_of (const GenRecurrence *r, Cell cell)
{
  Walk w = {};

  w.cell = cell;
  for (int d = 0; d < r->directions; d++)
    for (int i = 0; i < r->cell->functions; i++)
      w.gates[d][i] = gate_of (&r->functions[d][i]);
  w.batch = GenDivider ((uint32_t)r->batch);
  w.hidden = GenDivider ((uint32_t)r->hidden);
  w.steps = (int)r->steps;
  w.directions = r->directions;
  w.rows = (int)(r->cell->gates * r->hidden);
  w.first_rows = cell == CELL_GRU && !r->reset_after ? 2 * (int)r->hidden : w.rows;
  w.batch_first = r->batch_first;
  w.reverse = r->reverse;
  w.reset_after = r->reset_after;
  w.input_forget = r->input_forget;
  w.clip = r->clip;
  return w;
}

/* Room in scratch memory, in bytes. */
struct Room {
  gsize projections, products, seconds, resets, hiddens, states;
};

static Room
reserve (GenCudaKernel *kernel, const Walk &w)
{
  const gsize rows = (gsize)w.directions * w.batch.divisor, size = sizeof (float);
  const gsize states = rows * w.hidden.divisor * size;
  Room room;

  room.projections = kernel->reserve (rows * w.steps * w.rows * size);
  room.products = kernel->reserve (rows * w.first_rows * size);
  room.seconds = kernel->reserve (states);
  room.resets = kernel->reserve (states);
  room.hiddens = kernel->reserve (states);
  room.states = kernel->reserve (states);
  return room;
}

static float *
output_or_null (const GenCudaKernel &k, guint i)
{
  return k.outputs.size () > i ? (float *)k.outputs[i] : NULL;
}

static const float *
input_or_null (const GenCudaKernel &k, guint i)
{
  return k.inputs.size () > i ? (const float *)k.inputs[i] : NULL;
}

static Places
find_places (const GenCudaKernel &k, const Room &room, Cell cell)
{
  char *scratch = (char *)k.scratch;
  Places p = {};

  p.biases = input_or_null (k, B);
  p.lengths = (const int32_t *)input_or_null (k, LENGTHS);
  p.initial_h = input_or_null (k, INITIAL_H);
  p.initial_c = cell == CELL_LSTM ? input_or_null (k, INITIAL_C) : NULL;
  p.peepholes = cell == CELL_LSTM ? input_or_null (k, PEEPHOLES) : NULL;
  p.y = output_or_null (k, 0);
  p.last_h = output_or_null (k, 1);
  p.last_c = output_or_null (k, 2);
  p.projections = (float *)(scratch + room.projections);
  p.products = (float *)(scratch + room.products);
  p.seconds = (float *)(scratch + room.seconds);
  p.resets = (float *)(scratch + room.resets);
  p.hiddens = (float *)(scratch + room.hiddens);
  p.states = (float *)(scratch + room.states);
  return p;
}

/* The launch of a product, taken out of the kernel's list to be used more than once. */
static gboolean
take_product (GenCudaKernel *kernel, const GenCudaProduct *product, GenCudaFindOperands find,
    GenCudaKernel::Launch *launch, GError **error)
{
  if (!gen_cuda_product_add (kernel, product, find, error))
    return FALSE;
  *launch = kernel->launches.back ();
  kernel->launches.pop_back ();
  return TRUE;
}

struct Launches {
  GenCudaKernel::Launch projection, first, second;
};

static gboolean
take_products (GenCudaKernel *kernel, const GenRecurrence *r, const Walk &w, const Room &room,
    Launches *launches, GError **error)
{
  const gint64 first = w.first_rows, all = w.rows, hidden = r->hidden, input = r->input;
  GenCudaProduct product = {};

  product.m = r->steps * r->batch;
  product.n = all;
  product.k = input;
  product.transpose_b = TRUE;
  product.batch = r->directions;
  product.b_step = all * input;
  product.c_step = product.m * all;
  product.type = GEN_TYPE_FLOAT32;
  product.precision = kernel->precision;
  product.alpha = 1;
  if (!take_product (
          kernel, &product,
          [room] (const GenCudaKernel &k) -> GenCudaOperands {
            return { k.inputs[X], k.inputs[W], NULL, (char *)k.scratch + room.projections };
          },
          &launches->projection, error))
    return FALSE;
  product.m = r->batch;
  product.n = first;
  product.k = hidden;
  product.a_step = r->batch * hidden;
  product.b_step = all * hidden;
  product.c_step = r->batch * first;
  if (!take_product (
          kernel, &product,
          [room] (const GenCudaKernel &k) -> GenCudaOperands {
            return { (char *)k.scratch + room.hiddens, k.inputs[R], NULL,
              (char *)k.scratch + room.products };
          },
          &launches->first, error))
    return FALSE;
  if (first == all)
    return TRUE;
  product.n = all - first;
  product.c_step = r->batch * product.n;
  return take_product (
      kernel, &product,
      [=] (const GenCudaKernel &k) -> GenCudaOperands {
        return { (char *)k.scratch + room.resets, k.in<float> (R) + first * hidden, NULL,
          (char *)k.scratch + room.seconds };
      },
      &launches->second, error);
}

static gboolean
recurrence (GenCudaKernel *kernel, const GenCell *cell, Cell kind, GError **error)
{
  GenRecurrence r;
  Launches launches;

  if (!gen_recurrence_read (kernel->node, cell, &r, error))
    return FALSE;
  const gint64 projected = r.directions * r.steps * r.batch * cell->gates * r.hidden;
  if (kernel->input (X)->type != GEN_TYPE_FLOAT32 || projected > GEN_WALK_MAX || projected == 0 ||
      r.input == 0)
    return FALSE;
  const Walk w = walk_of (&r, kind);
  const Room room = reserve (kernel, w);
  const gsize n = (gsize)r.directions * r.batch * r.hidden;
  if (!take_products (kernel, &r, w, room, &launches, error))
    return FALSE;
  kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
    const Places p = find_places (k, room, kind);
    const dim3 grid = gen_cuda_grid (n);

    gen_cuda_launch (begin, grid, GEN_CUDA_BLOCK, stream, w, p, n);
    launches.projection (k, stream);
    for (int step = 0; step < w.steps; step++) {
      launches.first (k, stream);
      if (launches.second) {
        gen_cuda_launch (reset, grid, GEN_CUDA_BLOCK, stream, w, p, step, n);
        launches.second (k, stream);
      }
      gen_cuda_launch (take_step, grid, GEN_CUDA_BLOCK, stream, w, p, step, n);
    }
    gen_cuda_launch (finish, grid, GEN_CUDA_BLOCK, stream, w, p, n);
  });
  return TRUE;
}

static gboolean
lstm (GenCudaKernel *kernel, GError **error)
{
  return recurrence (kernel, &gen_cell_lstm, CELL_LSTM, error);
}

static gboolean
gru (GenCudaKernel *kernel, GError **error)
{
  return recurrence (kernel, &gen_cell_gru, CELL_GRU, error);
}

static gboolean
rnn (GenCudaKernel *kernel, GError **error)
{
  return recurrence (kernel, &gen_cell_rnn, CELL_RNN, error);
}

extern const GenCudaOperator gen_cuda_recurrence_operators[] = {
  { "GRU", NULL, gru },
  { "LSTM", NULL, lstm },
  { "RNN", NULL, rnn },
  {},
};
