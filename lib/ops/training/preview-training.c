/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Adagrad, Adam and Momentum of the domain ai.onnx.preview.training: inputs are the learning rate,
 * the number of updates made before, then n weights, their n gradients, and n of each state;
 * outputs the new weights and states. (What gantrainer trains with are operators of domain
 * `generative`, which do each update in one pass.) */
#include <string.h>

#include "../build.h"

#define DOMAIN "ai.onnx.preview.training"

typedef struct {
  GenNode *node;
  GenGraph *graph;
  GError **error;
  GenTensor *rate, *count, *starts; /* `starts`: whether this is the first update */
  guint n;                          /* weights */
} Update;

static GenTensor *
times (const Update *u, GenTensor *x, double factor)
{
  return gen_build_times (u->graph, x, factor, u->error);
}

static GenTensor *
binary (const Update *u, const char *op, GenTensor *a, GenTensor *b)
{
  return gen_binary (u->graph, op, a, b, u->error);
}

/* Tensor `i` of group `group`: weights, gradients, states. */
static GenTensor *
input (const Update *u, guint group, guint i)
{
  return gen_node_input (u->node, 2 + group * u->n + i);
}

static gboolean
begin (Update *u, GenNode *node, guint groups, GError **error)
{
  const GenTensor *rate = gen_node_input (node, 0), *count = gen_node_input (node, 1);
  guint n = (node->inputs->len - 2) / groups;

  *u = (Update){ .node = node, .graph = node->graph, .error = error, .n = n };
  if (node->inputs->len != 2 + n * groups || node->outputs->len != n * (groups - 1))
    return gen_node_error (node, error,
        "%u inputs and %u outputs are no rate, count and groups of %u for each of some weights",
        node->inputs->len, node->outputs->len, groups);
  if (rate == NULL || count == NULL || gen_shape_elements (&rate->shape) != 1 ||
      gen_shape_elements (&count->shape) != 1)
    return gen_node_error (node, error, "its rate and count must be one number each");
  for (guint i = 2; i < node->inputs->len; i++) {
    const GenTensor *tensor = gen_node_input (node, i),
                    *like = gen_node_input (node, 2 + (i - 2) % n);

    if (tensor == NULL || tensor->type != rate->type ||
        !gen_shape_equal (&tensor->shape, &like->shape))
      return gen_node_error (
          node, error, "input %u is not of the type of the rate and the shape of its weights", i);
  }
  u->rate = gen_build_reshape (u->graph, gen_node_input (node, 0), &GEN_SHAPE_SCALAR, error);
  u->count = gen_build_cast (u->graph, gen_node_input (node, 1), rate->type, error);
  u->count = gen_build_reshape (u->graph, u->count, &GEN_SHAPE_SCALAR, error);
  u->starts = u->count != NULL ? binary (u, "Equal", u->count, times (u, u->count, 0)) : NULL;
  return u->rate != NULL && u->starts != NULL;
}

/* `first` at the first update, else `later`. */
static GenTensor *
choose (const Update *u, GenTensor *first, GenTensor *later)
{
  if (first == NULL || later == NULL)
    return NULL;
  return gen_graph_op (
      u->graph, "Where", (GenTensor *[]){ u->starts, first, later }, 3, 1, u->error, NULL);
}

/* The gradient with what pulls the weights to zero. */
static GenTensor *
regularised (const Update *u, guint i)
{
  double norm = gen_node_float (u->node, "norm_coefficient", 0);

  if (norm == 0)
    return input (u, 1, i);
  return binary (u, "Add", times (u, input (u, 0, i), norm), input (u, 1, i));
}

/* keep * state + take * new */
static GenTensor *
blend (const Update *u, GenTensor *state, double keep, GenTensor *new, double take)
{
  return binary (u, "Add", times (u, state, keep), times (u, new, take));
}

/* weights - rate * direction / (sqrt (squares) + epsilon) */
static GenTensor *
step (const Update *u, guint i, GenTensor *rate, GenTensor *direction, GenTensor *squares)
{
  GenTensor *size = gen_build_plus (u->graph, gen_unary (u->graph, "Sqrt", squares, u->error),
      gen_node_float (u->node, "epsilon", 1e-6f), u->error);

  return binary (
      u, "Sub", input (u, 0, i), binary (u, "Div", binary (u, "Mul", direction, rate), size));
}

static gboolean
lower_adagrad (GenNode *node, GenTensor **results, GError **error)
{
  double decay = gen_node_float (node, "decay_factor", 0);
  GenTensor *rate;
  Update u;

  if (!begin (&u, node, 3, error))
    return FALSE;
  rate = binary (&u, "Div", u.rate, gen_build_plus (u.graph, times (&u, u.count, decay), 1, error));
  for (guint i = 0; i < u.n; i++) {
    GenTensor *g = regularised (&u, i);
    GenTensor *squares = binary (&u, "Add", input (&u, 2, i), binary (&u, "Mul", g, g));

    results[i] = step (&u, i, rate, g, squares);
    results[u.n + i] = squares;
    if (results[i] == NULL)
      return FALSE;
  }
  return TRUE;
}

/* rate * sqrt (1 - beta^count) / (1 - alpha^count); the rate itself at the first update. */
static GenTensor *
adam_rate (const Update *u, double alpha, double beta)
{
  GenTensor *biases[2];

  for (int i = 0; i < 2; i++) {
    GenTensor *base = gen_build_plus (u->graph, times (u, u->count, 0), i ? beta : alpha, u->error);

    biases[i] =
        gen_build_plus (u->graph, times (u, binary (u, "Pow", base, u->count), -1), 1, u->error);
  }
  return choose (u, u->rate,
      binary (u, "Div",
          binary (u, "Mul", u->rate, gen_unary (u->graph, "Sqrt", biases[1], u->error)),
          biases[0]));
}

static gboolean
lower_adam (GenNode *node, GenTensor **results, GError **error)
{
  double alpha = gen_node_float (node, "alpha", 0.9f), beta = gen_node_float (node, "beta", 0.999f);
  double after = gen_node_float (node, "norm_coefficient_post", 0);
  GenTensor *rate;
  Update u;

  if (!begin (&u, node, 4, error))
    return FALSE;
  rate = adam_rate (&u, alpha, beta);
  for (guint i = 0; i < u.n; i++) {
    GenTensor *g = regularised (&u, i), *weights;
    GenTensor *first = blend (&u, input (&u, 2, i), alpha, g, 1 - alpha);
    GenTensor *second = blend (&u, input (&u, 3, i), beta, binary (&u, "Mul", g, g), 1 - beta);

    weights = step (&u, i, rate, first, second);
    results[i] = times (&u, weights, 1 - after);
    results[u.n + i] = first;
    results[2 * u.n + i] = second;
    if (results[i] == NULL)
      return FALSE;
  }
  return TRUE;
}

static gboolean
lower_momentum (GenNode *node, GenTensor **results, GError **error)
{
  double alpha = gen_node_float (node, "alpha", 0), beta = gen_node_float (node, "beta", 0);
  const char *mode = gen_node_string (node, "mode", "standard");
  gboolean nesterov = strcmp (mode, "nesterov") == 0;
  Update u;

  if (!nesterov && strcmp (mode, "standard") != 0)
    return gen_node_error (node, error, "its mode should be standard or nesterov, not '%s'", mode);
  if (!begin (&u, node, 3, error))
    return FALSE;
  for (guint i = 0; i < u.n; i++) {
    GenTensor *g = regularised (&u, i), *velocity, *direction;

    velocity = blend (&u, input (&u, 2, i), alpha, choose (&u, g, times (&u, g, beta)), 1);
    direction = nesterov ? binary (&u, "Add", g, times (&u, velocity, alpha)) : velocity;
    results[i] = binary (&u, "Sub", input (&u, 0, i), binary (&u, "Mul", direction, u.rate));
    results[u.n + i] = velocity;
    if (results[i] == NULL)
      return FALSE;
  }
  return TRUE;
}

#define OPTIMIZER(id, name_, min_, lower_)                                                         \
  const GenOperator gen_operator_##id = { .name = name_,                                           \
    .domain = DOMAIN,                                                                              \
    .summary = "New weights and states from gradients",                                            \
    .min_inputs = min_,                                                                            \
    .max_inputs = -1,                                                                              \
    .min_outputs = 1,                                                                              \
    .max_outputs = -1,                                                                             \
    .lower = lower_,                                                                               \
    .gradient_is_zero = TRUE };

OPTIMIZER (preview_adagrad, "Adagrad", 5, lower_adagrad)
OPTIMIZER (preview_adam, "Adam", 6, lower_adam)
OPTIMIZER (preview_momentum, "Momentum", 5, lower_momentum)
