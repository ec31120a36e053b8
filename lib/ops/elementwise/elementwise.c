/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ElementWise: several operators that work element by element, as one pass over memory. A program
 * (elementwise.h) runs chunk after chunk; results between instructions stay in the first cache.
 * ElementWiseOfParts also reads operands of which a Slice takes a part, and so is not run in place.
 * Fusion alone makes both, after gradients have been built. */
#include "elementwise.h"

#include <math.h>
#include <string.h>

#include "../../graph/graph-private.h"
#include "../../simd.h"
#include "mathematics.h"
#include "../shape/slice.h"

#define CHUNK 512
#define REGISTERS GEN_ELEMENT_INSTRUCTIONS /* no program runs out of them */

/* out = function (x, y), which advance by 0 or 1 nearly always. */
typedef void (*Row) (
    const GenElement *e, const float *x, gint64 xs, const float *y, gint64 ys, float *out, gsize n);

#define UNARY(name, expression)                                                                    \
  GEN_CLONES (void, name,                                                                          \
      (const GenElement *e, const float *from, gint64 xs, const float *py, gint64 ys, float *out,  \
          gsize n),                                                                                \
      (e, from, xs, py, ys, out, n))                                                               \
  {                                                                                                \
    const float alpha = e->alpha, beta = e->beta;                                                  \
                                                                                                   \
    if (xs == 1)                                                                                   \
      for (gsize i = 0; i < n; i++) {                                                              \
        const float x = from[i];                                                                   \
        out[i] = (expression);                                                                     \
      }                                                                                            \
    else                                                                                           \
      for (gsize i = 0; i < n; i++) {                                                              \
        const float x = from[(gint64)i * xs];                                                      \
        out[i] = (expression);                                                                     \
      }                                                                                            \
    (void)alpha, (void)beta;                                                                       \
  }

#define BINARY(name, expression)                                                                   \
  GEN_CLONES (void, name,                                                                          \
      (const GenElement *e, const float *a, gint64 as, const float *b, gint64 bs, float *out,      \
          gsize n),                                                                                \
      (e, a, as, b, bs, out, n))                                                                   \
  {                                                                                                \
    if (as == 1 && bs == 1)                                                                        \
      for (gsize i = 0; i < n; i++) {                                                              \
        const float x = a[i], y = b[i];                                                            \
        out[i] = (expression);                                                                     \
      }                                                                                            \
    else if (as == 1 && bs == 0) {                                                                 \
      const float y = *b;                                                                          \
      for (gsize i = 0; i < n; i++) {                                                              \
        const float x = a[i];                                                                      \
        out[i] = (expression);                                                                     \
      }                                                                                            \
    } else if (as == 0 && bs == 1) {                                                               \
      const float x = *a;                                                                          \
      for (gsize i = 0; i < n; i++) {                                                              \
        const float y = b[i];                                                                      \
        out[i] = (expression);                                                                     \
      }                                                                                            \
    } else                                                                                         \
      for (gsize i = 0; i < n; i++) {                                                              \
        const float x = a[(gint64)i * as], y = b[(gint64)i * bs];                                  \
        out[i] = (expression);                                                                     \
      }                                                                                            \
  }

BINARY (add, x + y)
BINARY (sub, x - y)
BINARY (mul, x *y)
BINARY (divide, x / y)
BINARY (prelu, x < 0 ? x * y : x)
UNARY (neg, -x)
UNARY (absolute, fabsf (x))
UNARY (root, sqrtf (x))
UNARY (square, x *x)
UNARY (reciprocal, 1 / x)
UNARY (exponential, gen_exp (x))
UNARY (logarithm, gen_log (x))
UNARY (error_function, gen_erf (x))
UNARY (sigmoid, gen_sigmoid (x))
UNARY (tanh_of, gen_tanh (x))
UNARY (relu, x < 0 ? 0 : x)
UNARY (leaky_relu, x < 0 ? x * alpha : x)
UNARY (clip, x<alpha ? alpha : x> beta ? beta : x)
UNARY (gelu, gen_gelu (x))
UNARY (gelu_tanh, gen_gelu_tanh (x))
UNARY (silu, x *gen_sigmoid (x))
UNARY (hard_sigmoid, MAX (0, MIN (1, alpha *x + beta)))
UNARY (hard_swish, x *MAX (0, MIN (1, x / 6 + 0.5f)))
UNARY (elu, x < 0 ? alpha * (gen_exp (x) - 1) : x)

/* The operators that are instructions, by name. */
static const struct {
  const char *name;
  Row row;
  int operands;
  double cost; /* nanoseconds an element */
  const char *alpha, *beta;
  float missing[2]; /* alpha and beta where the node has no such attributes */
} functions[] = {
  [GEN_ELEMENT_ADD] = { "Add", add, 2, 0.1 },
  [GEN_ELEMENT_SUB] = { "Sub", sub, 2, 0.1 },
  [GEN_ELEMENT_MUL] = { "Mul", mul, 2, 0.1 },
  [GEN_ELEMENT_DIV] = { "Div", divide, 2, 0.15 },
  [GEN_ELEMENT_PRELU] = { "PRelu", prelu, 2, 0.1 },
  [GEN_ELEMENT_NEG] = { "Neg", neg, 1, 0.1 },
  [GEN_ELEMENT_ABS] = { "Abs", absolute, 1, 0.1 },
  [GEN_ELEMENT_SQRT] = { "Sqrt", root, 1, 0.2 },
  [GEN_ELEMENT_SQUARE] = { "Pow", square, 1, 0.1 },
  [GEN_ELEMENT_RECIPROCAL] = { "Reciprocal", reciprocal, 1, 0.15 },
  [GEN_ELEMENT_EXP] = { "Exp", exponential, 1, 0.4 },
  [GEN_ELEMENT_LOG] = { "Log", logarithm, 1, 0.4 },
  [GEN_ELEMENT_ERF] = { "Erf", error_function, 1, 0.7 },
  [GEN_ELEMENT_SIGMOID] = { "Sigmoid", sigmoid, 1, 0.5 },
  [GEN_ELEMENT_TANH] = { "Tanh", tanh_of, 1, 0.6 },
  [GEN_ELEMENT_RELU] = { "Relu", relu, 1, 0.1 },
  [GEN_ELEMENT_LEAKY_RELU] = { "LeakyRelu", leaky_relu, 1, 0.1, "alpha", NULL, { 0.01f } },
  [GEN_ELEMENT_CLIP] = { "Clip", clip, 1, 0.1, "min", "max", { -INFINITY, INFINITY } },
  [GEN_ELEMENT_GELU] = { "Gelu", gelu, 1, 0.8 },
  [GEN_ELEMENT_SILU] = { "Silu", silu, 1, 0.5 },
  [GEN_ELEMENT_HARD_SIGMOID] = { "HardSigmoid", hard_sigmoid, 1, 0.15, "alpha", "beta",
      { 0.2f, 0.5f } },
  [GEN_ELEMENT_HARD_SWISH] = { "HardSwish", hard_swish, 1, 0.15 },
  [GEN_ELEMENT_ELU] = { "Elu", elu, 1, 0.5, "alpha", NULL, { 1 } },
};
/* Behind those that have a name of their own. */
#define GELU_TANH ((int)GEN_ELEMENT_GELU_TANH)
G_STATIC_ASSERT (GELU_TANH == G_N_ELEMENTS (functions));

static Row
row_of (const GenElement *e)
{
  return e->function == GELU_TANH ? gelu_tanh : functions[e->function].row;
}

/* The bounds that Clip has as inputs from opset 11 on. */
static gboolean
read_bounds (const GenNode *node, GenElement *e)
{
  const GenTensor *bounds[] = { gen_node_input (node, 1), gen_node_input (node, 2) };

  for (int i = 0; i < 2; i++)
    if (bounds[i] != NULL && gen_tensor_constant (bounds[i]) == NULL)
      return FALSE;
  if (bounds[0] != NULL)
    e->alpha = *(const float *)gen_tensor_constant (bounds[0]);
  if (bounds[1] != NULL)
    e->beta = *(const float *)gen_tensor_constant (bounds[1]);
  return e->alpha <= e->beta;
}

static gboolean
is_square (const GenNode *node)
{
  const GenTensor *exponent = gen_node_input (node, 1);
  const float *value;

  if (exponent->type != GEN_TYPE_FLOAT32 || gen_shape_elements (&exponent->shape) != 1)
    return FALSE;
  value = gen_tensor_constant (exponent);
  return value != NULL && *value == 2;
}

gboolean
gen_element_of (const GenNode *node, GenElement *element, int *n)
{
  const char *name = node->op->name;
  guint i = 0;

  if (gen_node_output (node, 0) == NULL || node->outputs->len != 1 ||
      (node->op->domain != NULL && strcmp (name, "Silu") != 0) || !gen_node_is_plain (node) ||
      !node->op->elementwise)
    return FALSE;
  while (i < G_N_ELEMENTS (functions) && strcmp (name, functions[i].name) != 0)
    i++;
  if (i == G_N_ELEMENTS (functions))
    return FALSE;
  for (guint k = 0; k < node->inputs->len; k++)
    if (gen_node_input (node, k) != NULL && gen_node_input (node, k)->type != GEN_TYPE_FLOAT32)
      return FALSE;
  *element = (GenElement){
    .function = i, .alpha = functions[i].missing[0], .beta = functions[i].missing[1]
  };
  *n = functions[i].operands;
  if (functions[i].alpha != NULL)
    element->alpha = gen_node_float (node, functions[i].alpha, element->alpha);
  if (functions[i].beta != NULL)
    element->beta = gen_node_float (node, functions[i].beta, element->beta);
  if (strcmp (name, "Gelu") == 0 &&
      strcmp (gen_node_string (node, "approximate", "none"), "tanh") == 0)
    element->function = GELU_TANH;
  if (strcmp (name, "Clip") == 0)
    return read_bounds (node, element);
  return strcmp (name, "Pow") != 0 || is_square (node);
}

/* --- the program as attributes: five integers an instruction, floats by their bits --- */

#define WORDS 5

void
gen_element_write (GenNode *node, const GenElement *program, int n)
{
  gint64 words[GEN_ELEMENT_INSTRUCTIONS * WORDS];

  for (int i = 0; i < n; i++) {
    gint32 bits[2];

    memcpy (&bits[0], &program[i].alpha, sizeof bits[0]);
    memcpy (&bits[1], &program[i].beta, sizeof bits[1]);
    memcpy (words + i * WORDS,
        ((gint64[WORDS]){ program[i].function, program[i].a, program[i].b, bits[0], bits[1] }),
        WORDS * sizeof *words);
  }
  gen_node_set_ints (node, "program", words, n * WORDS);
}

static int
read_program (const GenNode *node, GenElement *program)
{
  int n;
  const gint64 *words = gen_node_ints (node, "program", &n);

  n = MIN (n / WORDS, GEN_ELEMENT_INSTRUCTIONS);
  for (int i = 0; i < n; i++, words += WORDS) {
    gint32 bits[2] = { words[3], words[4] };

    program[i] = (GenElement){ .function = words[0], .a = words[1], .b = words[2] };
    memcpy (&program[i].alpha, &bits[0], sizeof bits[0]);
    memcpy (&program[i].beta, &bits[1], sizeof bits[1]);
    if (program[i].function < 0 || program[i].function > GELU_TANH)
      return 0;
  }
  return n;
}

/* --- running --- */

typedef struct {
  GenElement element;
  Row row;
  int to; /* the register that its result goes to */
} Instruction;

/* How the rows of an operand lie. */
typedef enum { ANYHOW, AS_RESULT, SAME_ROWS } Lies;

typedef struct {
  GenBroadcast walk;
  Lies lies[GEN_ELEMENT_OPERANDS];
  int operands, n;
  gint64 offsets[GEN_ELEMENT_OPERANDS]; /* in elements */
  Instruction program[GEN_ELEMENT_INSTRUCTIONS];
} Program;

/* A chunk of at most CHUNK elements, whose operands begin at `from`. */
static void
run_chunk (const Program *p, const float *const *from, const gint64 *strides, float *out, gsize n,
    float (*registers)[CHUNK])
{
  for (int i = 0; i < p->n; i++) {
    const Instruction *in = &p->program[i];
    const int a = in->element.a, b = in->element.b;
    const gboolean own_a = a < GEN_ELEMENT_OPERANDS, own_b = b < GEN_ELEMENT_OPERANDS;

    in->row (&in->element, own_a ? from[a] : registers[a - GEN_ELEMENT_OPERANDS],
        own_a ? strides[a] : 1, own_b ? from[b] : registers[b - GEN_ELEMENT_OPERANDS],
        own_b ? strides[b] : 1, i == p->n - 1 ? out : registers[in->to], n);
  }
}

static void
run_row (const Program *p, const float *const *rows, float *out, gsize first, gsize end)
{
  float registers[REGISTERS][CHUNK] __attribute__ ((aligned (64)));
  const float *from[GEN_ELEMENT_OPERANDS] = { NULL };
  gint64 strides[GEN_ELEMENT_OPERANDS] = { 0 };

  for (int k = 0; k < p->operands; k++)
    strides[k] = p->walk.strides[k][p->walk.rank - 1];
  for (gsize n; first < end; first += n) {
    n = MIN (CHUNK, end - first);
    for (int k = 0; k < p->operands; k++)
      from[k] = rows[k] + (gint64)first * strides[k];
    run_chunk (p, from, strides, out + first, n, registers);
  }
}

GEN_CLONES (void, spread_row, (const float *from, gint64 stride, float *to, gint64 n),
    (from, stride, to, n))
{
  if (stride == 0)
    for (gint64 i = 0; i < n; i++)
      to[i] = *from;
  else if (stride == 1)
    for (gint64 i = 0; i < n; i++)
      to[i] = from[i];
  else
    for (gint64 i = 0; i < n; i++)
      to[i] = from[i * stride];
}

/* `n` rows of operand `k` from number `row` on, one behind the other. */
static void
spread_rows (
    const GenBroadcast *walk, int operands, int k, const float *from, gsize row, gsize n, float *to)
{
  const int outer = walk->rank - 2;
  const gint64 size = walk->dims[outer + 1], stride = walk->strides[k][outer + 1];
  gint64 at[GEN_ELEMENT_OPERANDS];

  for (gsize r = 0; r < n; r++, row++, to += size) {
    if (r == 0 || row % walk->dims[outer] == 0)
      gen_broadcast_seek (walk, row, operands, at);
    else
      at[k] += walk->strides[k][outer];
    spread_row (from + at[k], stride, to, size);
  }
}

/* Rows much shorter than a chunk: as many as fill one at a time. Operands that do not lie as the
 * result does are spread out for that, those of which all rows are the same but once. */
static void
run_short_rows (const Program *p, const float *const *from, float *out, gsize first, gsize end)
{
  const GenBroadcast *walk = &p->walk;
  const gint64 size = walk->dims[walk->rank - 1];
  const gsize at_once = CHUNK / size;
  float registers[REGISTERS][CHUNK] __attribute__ ((aligned (64)));
  float spread[GEN_ELEMENT_OPERANDS][CHUNK] __attribute__ ((aligned (64)));
  const float *rows[GEN_ELEMENT_OPERANDS] = { NULL };
  gint64 strides[GEN_ELEMENT_OPERANDS];

  for (int k = 0; k < p->operands; k++) {
    strides[k] = 1;
    rows[k] = spread[k];
    if (p->lies[k] == SAME_ROWS)
      spread_rows (walk, p->operands, k, from[k], first, MIN (at_once, end - first), spread[k]);
  }
  for (gsize n; first < end; first += n) {
    n = MIN (at_once, end - first);
    for (int k = 0; k < p->operands; k++) {
      if (p->lies[k] == AS_RESULT)
        rows[k] = from[k] + first * size;
      else if (p->lies[k] == ANYHOW)
        spread_rows (walk, p->operands, k, from[k], first, n, spread[k]);
    }
    run_chunk (p, rows, strides, out + first * size, n * size, registers);
  }
}

static void
run (const GenKernel *kernel, int part, int parts)
{
  const Program *p = kernel->state;
  const GenBroadcast *walk = &p->walk;
  const float *from[GEN_ELEMENT_OPERANDS], *rows[GEN_ELEMENT_OPERANDS];
  float *out = kernel->outputs[0];
  gint64 n = walk->dims[walk->rank - 1], at[GEN_ELEMENT_OPERANDS];
  gsize first, end;

  for (int k = 0; k < p->operands; k++)
    from[k] = (const float *)kernel->inputs[k] + p->offsets[k];
  if (walk->rows == 1) {
    gen_kernel_share (n, 64, part, parts, &first, &end);
    run_row (p, from, out, first, end);
    return;
  }
  gen_kernel_share (walk->rows, 1, part, parts, &first, &end);
  if (2 * n <= CHUNK) {
    run_short_rows (p, from, out, first, end);
    return;
  }
  for (gsize row = first; row < end; row++) {
    gen_broadcast_seek (walk, row, p->operands, at);
    for (int k = 0; k < p->operands; k++)
      rows[k] = from[k] + at[k];
    run_row (p, rows, out + row * n, 0, n);
  }
}

/* --- preparing --- */

/* For each result of an instruction a register that nobody needs any more. */
static void
give_registers (Program *p, const GenElement *program)
{
  int last[GEN_ELEMENT_INSTRUCTIONS], holds[GEN_ELEMENT_INSTRUCTIONS] = { 0 };
  guint used = 0;

  for (int i = 0; i < p->n; i++) {
    last[i] = i;
    for (int k = 0; k < 2; k++) {
      int from = (k == 0 ? program[i].a : program[i].b) - GEN_ELEMENT_OPERANDS;

      if (from >= 0)
        last[from] = i;
    }
  }
  for (int i = 0; i < p->n; i++) {
    Instruction *in = &p->program[i];

    *in = (Instruction){ program[i], row_of (&program[i]), 0 };
    if (in->element.a >= GEN_ELEMENT_OPERANDS)
      in->element.a = GEN_ELEMENT_OPERANDS + holds[program[i].a - GEN_ELEMENT_OPERANDS];
    if (in->element.b >= GEN_ELEMENT_OPERANDS)
      in->element.b = GEN_ELEMENT_OPERANDS + holds[program[i].b - GEN_ELEMENT_OPERANDS];
    for (int k = 0; k < i; k++)
      if (last[k] == i)
        used &= ~(1u << holds[k]);
    while (in->to < REGISTERS && (used >> in->to & 1))
      in->to++;
    holds[i] = in->to;
    used |= 1u << in->to;
  }
}

/* Start, step and extent of each dimension of what is taken of input `k`; NULL: all of it. */
static const gint64 *
box_of (const GenNode *node, guint k)
{
  g_autofree char *name = g_strdup_printf ("box_%u", k);
  int n;

  return gen_node_ints (node, name, &n);
}

void
gen_element_write_box (GenNode *node, guint k, const GenNode *slice)
{
  g_autofree char *name = g_strdup_printf ("box_%u", k);
  gint64 words[3 * GEN_MAX_RANK];
  GenBox box;

  if (!gen_slice_find (slice, &box, NULL))
    g_return_if_reached ();
  for (int i = 0; i < box.shape.rank; i++) {
    words[3 * i] = box.start[i];
    words[3 * i + 1] = box.step[i];
    words[3 * i + 2] = box.shape.dims[i];
  }
  gen_node_set_ints (node, name, words, 3 * box.shape.rank);
}

/* How input `k` is read beside the output. */
static void
find_strides (const GenNode *node, guint k, gint64 strides[GEN_MAX_RANK], gint64 *offset)
{
  const GenTensor *x = gen_node_input (node, k);
  const GenShape *to = &gen_node_output (node, 0)->shape;
  const gint64 *box = box_of (node, k);
  gint64 own[GEN_MAX_RANK];
  int missing = to->rank - x->shape.rank;

  *offset = 0;
  if (box == NULL) {
    gen_tensor_broadcast_strides (x, to, strides);
    return;
  }
  gen_tensor_strides (x, own);
  for (int i = 0; i < to->rank; i++)
    strides[i] = 0;
  for (int i = 0; i < x->shape.rank; i++, box += 3) {
    *offset += box[0] * own[i];
    if (box[2] != 1)
      strides[missing + i] = box[1] * own[i];
  }
}

static Lies
find_lies (const GenBroadcast *walk, int k)
{
  gboolean as_result = TRUE, same = TRUE;
  gint64 size = 1;

  for (int i = walk->rank - 1; i >= 0; size *= walk->dims[i], i--) {
    as_result &= walk->strides[k][i] == size;
    same &= i == walk->rank - 1 || walk->strides[k][i] == 0;
  }
  return as_result ? AS_RESULT : same ? SAME_ROWS : ANYHOW;
}

/* Whether each instruction reads what is there before it. */
static gboolean
is_sound (const GenElementProgram *program)
{
  for (int i = 0; i < program->n; i++)
    for (int k = 0; k < 2; k++) {
      int from = k == 0 ? program->elements[i].a : program->elements[i].b;

      if (from < 0 || from >= GEN_ELEMENT_OPERANDS + i ||
          (from < GEN_ELEMENT_OPERANDS && from >= program->operands))
        return FALSE;
    }
  return program->n > 0;
}

gboolean
gen_element_read (const GenNode *node, GenElementProgram *program, GError **error)
{
  gint64 strides[GEN_ELEMENT_OPERANDS][GEN_MAX_RANK];

  program->n = read_program (node, program->elements);
  program->operands = MIN (node->inputs->len, GEN_ELEMENT_OPERANDS);
  if (!is_sound (program))
    return gen_node_error (node, error, "its program cannot be run");
  for (int k = 0; k < program->operands; k++)
    find_strides (node, k, strides[k], &program->offsets[k]);
  gen_broadcast_merge (&program->walk, gen_node_output (node, 0), program->operands,
      (const gint64 (*)[GEN_MAX_RANK])strides);
  return TRUE;
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  gint64 n = gen_shape_elements (&gen_node_output (kernel->node, 0)->shape);
  GenElementProgram program;
  Program *p = g_new0 (Program, 1);
  double cost = 0.1;

  kernel->state = p;
  kernel->free_state = g_free;
  if (!gen_element_read (kernel->node, &program, error))
    return FALSE;
  p->n = program.n;
  p->operands = program.operands;
  p->walk = program.walk;
  memcpy (p->offsets, program.offsets, sizeof p->offsets);
  give_registers (p, program.elements);
  for (int k = 0; k < p->operands; k++)
    p->lies[k] = find_lies (&p->walk, k);
  for (int i = 0; i < p->n; i++)
    cost += functions[MIN (program.elements[i].function, GELU_TANH - 1)].cost;
  if (n > 0)
    gen_kernel_add_step (kernel, run, gen_kernel_parts (kernel, n, cost));
  return TRUE;
}

/* Fusion knows the shape already. */
static gboolean
infer (GenNode *node, GError **error)
{
  return gen_node_error (node, error, "only fusion makes it");
}

const GenOperator gen_operator_element_wise = {
  .name = "ElementWise",
  .domain = "generative",
  .summary = "Several operators, element by element, in one pass",
  .min_inputs = 1,
  .max_inputs = GEN_ELEMENT_OPERANDS,
  .min_outputs = 1,
  .max_outputs = 1,
  .layouts = GEN_LAYOUTS_SAME,
  .elementwise = TRUE,
  .infer = infer,
  .cpu = cpu,
};

const GenOperator gen_operator_element_wise_of_parts = {
  .name = "ElementWiseOfParts",
  .domain = "generative",
  .summary = "ElementWise, of operands that are sliced",
  .min_inputs = 1,
  .max_inputs = GEN_ELEMENT_OPERANDS,
  .min_outputs = 1,
  .max_outputs = 1,
  .layouts = GEN_LAYOUTS_ANY,
  .infer = infer,
  .cpu = cpu,
};
