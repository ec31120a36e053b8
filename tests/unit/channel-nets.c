/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel-nets.h"

#define EXTENT 8
#define LEAST_STEPS 3
#define MOST_STEPS 9

typedef struct {
  GenGraph *graph;
  GRand *random;
  GenTensor *x; /* [n, channels, height, width] */
  GError **error;
} Net;

static gint64
channels_of (const Net *net)
{
  return net->x->shape.dims[1];
}

/* --- constants --- */

static GenTensor *
drawn (Net *net, const GenShape *shape, double low, double high)
{
  const gint64 n = gen_shape_elements (shape);
  float *values = g_new (float, n);

  for (gint64 i = 0; i < n; i++)
    values[i] = (float)g_rand_double_range (net->random, low, high);
  return gen_graph_add_constant (net->graph, NULL, GEN_TYPE_FLOAT32, shape,
      g_bytes_new_take (values, (gsize)n * sizeof *values));
}

static GenTensor *
weights (Net *net, const GenShape *shape)
{
  return drawn (net, shape, -0.6, 0.6);
}

static GenTensor *
ints (Net *net, int n, const gint64 *values)
{
  return gen_graph_ints (net->graph, values, (gsize)n);
}
#define INTS(NET, ...)                                                                             \
  ints (NET, sizeof ((gint64[]){ __VA_ARGS__ }) / sizeof (gint64), (gint64[]){ __VA_ARGS__ })

/* A node as files have it, which gen_graph_op would write out in others where its operator is made
 * of such. What it makes is of `shape`. */
static GenTensor *
add_whole (Net *net, const char *op, GenTensor *const *inputs, int n, const GenShape *shape)
{
  GenTensor *made = gen_graph_add_value (net->graph, NULL);

  made->type = GEN_TYPE_FLOAT32;
  made->shape = *shape;
  return gen_graph_add_node (
             net->graph, op, NULL, op, GEN_OPSET_MAX, inputs, n, &made, 1, net->error) != NULL
             ? made
             : NULL;
}

/* --- layers --- */

static GenTensor *
convolve (Net *net, GenTensor *x, gint64 made, gint64 group)
{
  const gint64 read = x->shape.dims[1] / group;
  const int kernel = g_rand_boolean (net->random) ? 3 : 1;
  GenTensor *inputs[] = { x, weights (net, &GEN_SHAPE (made, read, kernel, kernel)),
    weights (net, &GEN_SHAPE (made)) };

  return gen_graph_op (net->graph, "Conv", inputs, g_rand_boolean (net->random) ? 3 : 2, 1,
      net->error, "group", GEN_INT, (int)group, "pads", GEN_INTS, 4,
      (gint64[]){ kernel / 2, kernel / 2, kernel / 2, kernel / 2 }, NULL);
}

static GenTensor *
step_convolution (Net *net)
{
  return convolve (net, net->x, 2 * g_rand_int_range (net->random, 1, 6), 1);
}

static GenTensor *
step_depthwise (Net *net)
{
  return convolve (
      net, net->x, channels_of (net) * g_rand_int_range (net->random, 1, 3), channels_of (net));
}

static GenTensor *
step_grouped (Net *net)
{
  return channels_of (net) % 2 == 0
             ? convolve (net, net->x, 2 * g_rand_int_range (net->random, 1, 5), 2)
             : net->x;
}

static GenTensor *
step_transposed (Net *net)
{
  const gint64 n = channels_of (net);
  const gint64 group = n % 2 == 0 && g_rand_boolean (net->random) ? 2 : 1;
  const gint64 made = g_rand_int_range (net->random, 1, 5);

  return gen_graph_op (net->graph, "ConvTranspose",
      (GenTensor *[]){ net->x, weights (net, &GEN_SHAPE (n, made, 3, 3)),
          weights (net, &GEN_SHAPE (made * group)) },
      3, 1, net->error, "group", GEN_INT, (int)group, "pads", GEN_INTS, 4, (gint64[]){ 1, 1, 1, 1 },
      NULL);
}

static GenTensor *
step_batch_norm (Net *net)
{
  const GenShape shape = GEN_SHAPE (channels_of (net));

  return gen_graph_op (net->graph, "BatchNormalization",
      (GenTensor *[]){ net->x, drawn (net, &shape, 0.5, 1.5), weights (net, &shape),
          weights (net, &shape), drawn (net, &shape, 0.5, 2) },
      5, 1, net->error, NULL);
}

static GenTensor *
step_instance_norm (Net *net)
{
  const GenShape shape = GEN_SHAPE (channels_of (net));

  return gen_graph_op (net->graph, "InstanceNormalization",
      (GenTensor *[]){ net->x, drawn (net, &shape, 0.5, 1.5), weights (net, &shape) }, 3, 1,
      net->error, NULL);
}

static GenTensor *
step_group_norm (Net *net)
{
  const gint64 n = channels_of (net);
  GenTensor *x;

  if (n % 2 != 0)
    return net->x;
  x = add_whole (net, "GroupNormalization",
      (GenTensor *[]){
          net->x, drawn (net, &GEN_SHAPE (n), 0.5, 1.5), weights (net, &GEN_SHAPE (n)) },
      3, &net->x->shape);
  if (x != NULL)
    gen_node_set_int (x->producer, "num_groups", n / 2);
  return x;
}

static GenTensor *
reshape (Net *net, GenTensor *x, GenTensor *shape)
{
  return gen_binary (net->graph, "Reshape", x, shape, net->error);
}

/* As opset 17 has to have it. */
static GenTensor *
step_group_norm_written (Net *net)
{
  const GenShape *shape = &net->x->shape;
  const gint64 n = shape->dims[1], groups = n / 2;
  GenTensor *x;

  if (n % 2 != 0)
    return net->x;
  x = reshape (net, net->x, INTS (net, 0, groups, -1));
  x = gen_graph_op (net->graph, "InstanceNormalization",
      (GenTensor *[]){ x, drawn (net, &GEN_SHAPE (groups), 1, 1.0001),
          drawn (net, &GEN_SHAPE (groups), 0, 0.0001) },
      3, 1, net->error, NULL);
  x = reshape (net, x, ints (net, 4, (gint64[]){ -1, n, shape->dims[2], shape->dims[3] }));
  return gen_binary (net->graph, "Mul", x, drawn (net, &GEN_SHAPE (n, 1, 1), 0.5, 1.5), net->error);
}

static GenTensor *
step_activation (Net *net)
{
  static const char *const names[] = { "Relu", "Tanh", "Sigmoid", "LeakyRelu", "Identity" };

  return gen_unary (net->graph, names[g_rand_int_range (net->random, 0, G_N_ELEMENTS (names))],
      net->x, net->error);
}

static GenTensor *
step_prelu (Net *net)
{
  return gen_binary (net->graph, "PRelu", net->x,
      drawn (net, &GEN_SHAPE (channels_of (net), 1, 1), 0.1, 0.4), net->error);
}

static GenTensor *
step_shift (Net *net)
{
  return gen_binary (net->graph, "Add", net->x,
      weights (net, &GEN_SHAPE (1, channels_of (net), 1, 1)), net->error);
}

/* --- branches --- */

static GenTensor *
step_residual (Net *net)
{
  GenTensor *hidden = convolve (net, net->x, g_rand_int_range (net->random, 2, 9), 1);

  hidden = gen_unary (net->graph, "Relu", hidden, net->error);
  if (hidden == NULL)
    return NULL;
  return gen_binary (
      net->graph, "Add", net->x, convolve (net, hidden, channels_of (net), 1), net->error);
}

static GenTensor *
step_concat (Net *net)
{
  GenTensor *other = convolve (net, net->x, g_rand_int_range (net->random, 2, 6), 1);

  return gen_graph_op (net->graph, "Concat", (GenTensor *[]){ net->x, other }, 2, 1, net->error,
      "axis", GEN_INT, 1, NULL);
}

/* A gated linear unit. */
static GenTensor *
step_gate (Net *net)
{
  GenTensor *half = convolve (net, net->x, 2 * g_rand_int_range (net->random, 2, 6), 1), *gate;
  GenNode *split;

  half = gen_graph_op (net->graph, "Split", &half, 1, 2, net->error, "axis", GEN_INT, 1, NULL);
  if (half == NULL)
    return NULL;
  split = half->producer;
  gate = gen_unary (net->graph, "Sigmoid", gen_node_output (split, 1), net->error);
  return gen_binary (net->graph, "Mul", half, gate, net->error);
}

static GenTensor *
step_slice (Net *net)
{
  const gint64 n = channels_of (net);

  return n < 3 ? net->x
               : gen_graph_op (net->graph, "Slice",
                     (GenTensor *[]){ net->x, INTS (net, 1), INTS (net, -1), INTS (net, 1) }, 4, 1,
                     net->error, NULL);
}

/* Squeeze and excitation. */
static GenTensor *
step_excite (Net *net)
{
  GenTensor *mean = gen_unary (net->graph, "GlobalAveragePool", net->x, net->error), *scale;

  scale = mean == NULL ? NULL : convolve (net, mean, g_rand_int_range (net->random, 2, 5), 1);
  scale = gen_unary (net->graph, "Relu", scale, net->error);
  scale = scale == NULL ? NULL : convolve (net, scale, channels_of (net), 1);
  scale = gen_unary (net->graph, "Sigmoid", scale, net->error);
  return gen_binary (net->graph, "Mul", net->x, scale, net->error);
}

/* Channels of two groups in turn. */
static GenTensor *
step_shuffle (Net *net)
{
  const GenShape *shape = &net->x->shape;
  const gint64 n = shape->dims[1];
  GenTensor *x;

  if (n % 2 != 0)
    return net->x;
  x = reshape (
      net, net->x, ints (net, 5, (gint64[]){ 0, 2, n / 2, shape->dims[2], shape->dims[3] }));
  x = gen_graph_op (net->graph, "Transpose", &x, 1, 1, net->error, "perm", GEN_INTS, 5,
      (gint64[]){ 0, 2, 1, 3, 4 }, NULL);
  return reshape (net, x, ints (net, 4, (gint64[]){ 0, n, shape->dims[2], shape->dims[3] }));
}

static GenTensor *
step_unpack (Net *net)
{
  const GenShape shape = net->x->shape;
  const gint64 n = g_rand_int_range (net->random, 1, 5);
  GenTensor *x = convolve (net, net->x, 4 * n, 1);

  if (x == NULL)
    return NULL;
  x = add_whole (net, "DepthToSpace", &x, 1,
      &GEN_SHAPE (shape.dims[0], n, 2 * shape.dims[2], 2 * shape.dims[3]));
  gen_node_set_int (x->producer, "blocksize", 2);
  if (g_rand_boolean (net->random))
    gen_node_set_string (x->producer, "mode", "CRD");
  x = convolve (net, x, n, 1);
  x = gen_unary (net->graph, "Relu", x, net->error);
  if (x == NULL)
    return NULL;
  x = add_whole (
      net, "SpaceToDepth", &x, 1, &GEN_SHAPE (shape.dims[0], 4 * n, shape.dims[2], shape.dims[3]));
  gen_node_set_int (x->producer, "blocksize", 2);
  return x;
}

static GenTensor *
step_pool (Net *net)
{
  return gen_graph_op (net->graph, "MaxPool", &net->x, 1, 1, net->error, "kernel_shape", GEN_INTS,
      2, (gint64[]){ 3, 3 }, "pads", GEN_INTS, 4, (gint64[]){ 1, 1, 1, 1 }, NULL);
}

static GenTensor *
step_softmax (Net *net)
{
  return gen_graph_op (net->graph, "Softmax", &net->x, 1, 1, net->error, "axis", GEN_INT, 1, NULL);
}

/* --- without pictures --- */

/* Through a dense layer and back. */
static GenTensor *
step_dense (Net *net)
{
  const GenShape *shape = &net->x->shape;
  const gint64 n = gen_shape_product (shape, 1, 4), made = g_rand_int_range (net->random, 2, 6),
               places = shape->dims[2] * shape->dims[3];
  GenTensor *x = gen_unary (net->graph, "Flatten", net->x, net->error);

  x = gen_graph_op (net->graph, "Gemm",
      (GenTensor *[]){ x, weights (net, &GEN_SHAPE (6, n)), weights (net, &GEN_SHAPE (6)) }, 3, 1,
      net->error, "transB", GEN_INT, 1, NULL);
  x = gen_unary (net->graph, "Relu", x, net->error);
  x = gen_binary (
      net->graph, "MatMul", x, weights (net, &GEN_SHAPE (6, made * places)), net->error);
  return x == NULL ? NULL
                   : reshape (net, x,
                         ints (net, 4, (gint64[]){ -1, made, shape->dims[2], shape->dims[3] }));
}

static GenTensor *
transpose (Net *net, GenTensor *x, int n, const gint64 *order)
{
  return x == NULL ? NULL
                   : gen_graph_op (net->graph, "Transpose", &x, 1, 1, net->error, "perm", GEN_INTS,
                         n, order, NULL);
}

/* A perceptron at each place, channels last. */
static GenTensor *
step_places (Net *net)
{
  const gint64 n = channels_of (net), hidden = g_rand_int_range (net->random, 2, 7);
  GenTensor *x = transpose (net, net->x, 4, (gint64[]){ 0, 2, 3, 1 });

  x = gen_binary (net->graph, "MatMul", x, weights (net, &GEN_SHAPE (n, hidden)), net->error);
  x = gen_binary (net->graph, "Add", x, weights (net, &GEN_SHAPE (hidden)), net->error);
  x = gen_unary (net->graph, "Gelu", x, net->error);
  x = gen_binary (net->graph, "MatMul", x, weights (net, &GEN_SHAPE (hidden, n)), net->error);
  return transpose (net, x, 4, (gint64[]){ 0, 3, 1, 2 });
}

/* What one of queries, keys and values are, [n, heads, places, width] or its last two turned. */
static GenTensor *
project (Net *net, GenTensor *x, gint64 heads, gint64 width, const gint64 *order)
{
  const GenShape *shape = &x->shape;
  GenTensor *y = gen_binary (net->graph, "MatMul", x,
      weights (net, &GEN_SHAPE (shape->dims[2], heads * width)), net->error);

  y = y == NULL ? NULL
                : reshape (net, y, ints (net, 4, (gint64[]){ 0, shape->dims[1], heads, width }));
  return transpose (net, y, 4, order);
}

static GenTensor *
step_attention (Net *net)
{
  const GenShape shape = net->x->shape;
  const gint64 n = shape.dims[1], places = shape.dims[2] * shape.dims[3], heads = 3, width = 2;
  GenTensor *x = reshape (net, net->x, ints (net, 3, (gint64[]){ 0, n, places })), *q, *k, *v;

  x = transpose (net, x, 3, (gint64[]){ 0, 2, 1 });
  if (x == NULL)
    return NULL;
  q = project (net, x, heads, width, (gint64[]){ 0, 2, 1, 3 });
  k = project (net, x, heads, width, (gint64[]){ 0, 2, 3, 1 });
  v = project (net, x, heads, width, (gint64[]){ 0, 2, 1, 3 });
  q = gen_binary (net->graph, "MatMul", q, k, net->error);
  if (q == NULL)
    return NULL;
  q = gen_graph_op (net->graph, "Softmax", &q, 1, 1, net->error, "axis", GEN_INT, -1, NULL);
  q = gen_binary (net->graph, "MatMul", q, v, net->error);
  q = transpose (net, q, 4, (gint64[]){ 0, 2, 1, 3 });
  q = q == NULL ? NULL : reshape (net, q, ints (net, 3, (gint64[]){ 0, places, heads * width }));
  q = gen_binary (
      net->graph, "MatMul", q, weights (net, &GEN_SHAPE (heads * width, n)), net->error);
  q = transpose (net, q, 3, (gint64[]){ 0, 2, 1 });
  return q == NULL
             ? NULL
             : reshape (net, q, ints (net, 4, (gint64[]){ 0, n, shape.dims[2], shape.dims[3] }));
}

static const struct {
  const char *name;
  GenTensor *(*make) (Net *);
} all[] = {
  { "convolution", step_convolution },
  { "convolution", step_convolution },
  { "depthwise", step_depthwise },
  { "grouped", step_grouped },
  { "transposed", step_transposed },
  { "batch-norm", step_batch_norm },
  { "instance-norm", step_instance_norm },
  { "group-norm", step_group_norm },
  { "group-norm-written", step_group_norm_written },
  { "activation", step_activation },
  { "prelu", step_prelu },
  { "shift", step_shift },
  { "residual", step_residual },
  { "concat", step_concat },
  { "gate", step_gate },
  { "slice", step_slice },
  { "excite", step_excite },
  { "shuffle", step_shuffle },
  { "unpack", step_unpack },
  { "pool", step_pool },
  { "softmax", step_softmax },
  { "dense", step_dense },
  { "places", step_places },
  { "attention", step_attention },
};

GenGraph *
channel_net_new (guint seed, GPtrArray *steps, GError **error)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (seed);
  g_autoptr (GenGraph) graph = gen_graph_new ("net");
  Net net = { graph, random, NULL, error };
  int n;

  net.x =
      gen_graph_add_input (graph, "picture", GEN_TYPE_FLOAT32, &GEN_SHAPE (2, 3, EXTENT, EXTENT));
  net.x = step_convolution (&net);
  n = g_rand_int_range (random, LEAST_STEPS, MOST_STEPS);
  for (int i = 0; i < n && net.x != NULL; i++) {
    const guint number = (guint)g_rand_int_range (random, 0, G_N_ELEMENTS (all));

    g_ptr_array_add (steps, (gpointer)all[number].name);
    net.x = all[number].make (&net);
  }
  if (net.x != NULL)
    net.x = convolve (&net, net.x, 2, 1);
  if (net.x == NULL)
    return NULL;
  gen_graph_add_output (graph, net.x);
  return g_steal_pointer (&graph);
}
