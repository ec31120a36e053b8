/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pieces of a sound, each with the context that is found, against the whole, on random nets; and
 * what has no end of context. */
#include <generative/player.h>
#include <generative/random.h>

#include <math.h>
#include <string.h>

enum { CHANNELS = 3, NETS = 60 };

typedef struct {
  GenRandom random;
  guint64 drawn;
  GenGraph *graph;
  gint64 up, down; /* elements for so many samples */
} Net;

static int
below (Net *net, int n)
{
  return (int)gen_random_below (&net->random, 0, net->drawn++, (guint32)n);
}

static GenTensor *
weights (Net *net, const GenShape *shape)
{
  const gsize n = (gsize)gen_shape_elements (shape);
  float *numbers = g_new (float, n);

  gen_random_normal (&net->random, 1, net->drawn++ * 4096, numbers, n);
  for (gsize i = 0; i < n; i++)
    numbers[i] *= 0.4f;
  return gen_graph_add_constant (
      net->graph, "w", GEN_TYPE_FLOAT32, shape, g_bytes_new_take (numbers, n * sizeof (float)));
}

static GenTensor *
add_convolution (Net *net, GenTensor *x)
{
  g_autoptr (GError) error = NULL;
  const gint64 kernel = 1 + below (net, 7), stride = 1 + below (net, 2);
  const gint64 dilation = stride == 1 ? 1 + below (net, 3) : 1;
  const gint64 reach = dilation * (kernel - 1), before = below (net, (int)reach + 1);
  /* As long as before, but for the stride. */
  const gint64 pads[] = { before, reach - before };
  GenTensor *operands[] = { x, weights (net, &GEN_SHAPE (CHANNELS, CHANNELS, kernel)) };
  GenTensor *y = gen_graph_op (net->graph, "Conv", operands, 2, 1, &error, "pads", GEN_INTS, 2,
      pads, "strides", GEN_INTS, 1, &stride, "dilations", GEN_INTS, 1, &dilation, NULL);

  g_assert_no_error (error);
  net->down *= stride;
  return y;
}

static GenTensor *
add_transposed (Net *net, GenTensor *x)
{
  g_autoptr (GError) error = NULL;
  const gint64 stride = 1 + below (net, 3), kernel = stride + below (net, 4);
  const gint64 cut = kernel - stride, before = below (net, (int)cut + 1);
  const gint64 pads[] = { before, cut - before };
  GenTensor *operands[] = { x, weights (net, &GEN_SHAPE (CHANNELS, CHANNELS, kernel)) };
  GenTensor *y = gen_graph_op (net->graph, "ConvTranspose", operands, 2, 1, &error, "pads",
      GEN_INTS, 2, pads, "strides", GEN_INTS, 1, &stride, NULL);

  g_assert_no_error (error);
  net->up *= stride;
  return y;
}

static GenTensor *
add_pool (Net *net, GenTensor *x)
{
  g_autoptr (GError) error = NULL;
  const gint64 stride = 2, kernel = 2 + below (net, 2), pads[] = { kernel - stride, 0 };
  GenTensor *y = gen_graph_op (net->graph, "MaxPool", &x, 1, 1, &error, "kernel_shape", GEN_INTS, 1,
      &kernel, "strides", GEN_INTS, 1, &stride, "pads", GEN_INTS, 2, pads, NULL);

  g_assert_no_error (error);
  net->down *= stride;
  return y;
}

/* A branch beside what there is. */
static GenTensor *
add_branch (Net *net, GenTensor *x)
{
  g_autoptr (GError) error = NULL;
  const gint64 kernel = 1 + 2 * below (net, 4), pads[] = { kernel / 2, kernel / 2 };
  GenTensor *operands[] = { x, weights (net, &GEN_SHAPE (CHANNELS, CHANNELS, kernel)) };
  GenTensor *branch =
      gen_graph_op (net->graph, "Conv", operands, 2, 1, &error, "pads", GEN_INTS, 2, pads, NULL);
  GenTensor *sum =
      gen_binary (net->graph, "Add", x, gen_unary (net->graph, "Tanh", branch, &error), &error);

  g_assert_no_error (error);
  return sum;
}

static GenModel *
draw_model (Net *net, guint64 number)
{
  GenTensor *(*const layers[]) (
      Net *, GenTensor *) = { add_convolution, add_transposed, add_pool, add_branch };
  g_autoptr (GError) error = NULL;
  const int n = 1 + (int)(number % 4);
  GenModel *model;
  GenTensor *x;

  *net = (Net){ gen_random_new (number, "context", 0), 0, gen_graph_new ("net"), 1, 1 };
  /* Shapes are worked out of some length, which is then forgotten. */
  x = gen_graph_add_input (net->graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, CHANNELS, 1024));
  for (int i = 0; i < n; i++) {
    x = layers[below (net, G_N_ELEMENTS (layers))](net, x);
    x = gen_unary (net->graph, i % 2 == 0 ? "Relu" : "Tanh", x, &error);
    g_assert_no_error (error);
  }
  gen_graph_add_output (net->graph, x);
  ((GenTensor *)g_ptr_array_index (net->graph->inputs, 0))->shape.dims[2] = -1;
  model = gen_model_new (net->graph, &error);
  g_assert_no_error (error);
  gen_graph_unref (net->graph);
  return model;
}

/* What the model makes of `length` frames, interleaved: `made` samples of each channel. */
static float *
play (GenModel *model, const float *samples, gint64 length, gint64 *made)
{
  const GenPlayerOptions options = { 0 };
  g_autoptr (GenPlayer) player = gen_player_new (model, &options);
  const GenModelUse use = { .input = model->inputs[0],
    .output = model->outputs[0],
    .frames = 1,
    .pictures = 1,
    .length = length,
    .from_frames = TRUE };
  const GenFrame frame = { .planes = { (gpointer)samples } };
  g_autoptr (GError) error = NULL;
  const GenBinding *output;

  gen_player_prepare (player, &use, NULL, &error);
  g_assert_no_error (error);
  gen_player_bind_input_frame (player, 0, &frame);
  g_assert_true (gen_player_run (player, NULL));
  output = gen_player_output (player);
  *made = output->shape.dims[2];
  return g_memdup2 (output->data, output->size);
}

/* The largest difference between the whole and pieces of `piece` frames with `before` and `after`
 * around them. */
static double
compare (GenModel *model, const GenContext *context, gint64 piece, gint64 before, gint64 after,
    gint64 length, const float *samples, const float *whole, gint64 n)
{
  double largest = 0;

  for (gint64 at = 0; at + piece <= length; at += piece) {
    const gint64 from = MAX (at - before, 0), to = MIN (at + piece + after, length);
    const gint64 skip = (at - from) * context->made / context->taken;
    const gint64 keep = piece * context->made / context->taken;
    const gint64 place = at * context->made / context->taken;
    gint64 made;
    g_autofree float *part = play (model, samples + from * CHANNELS, to - from, &made);

    g_assert_cmpint (skip + keep, <=, made);
    for (int c = 0; c < CHANNELS; c++)
      for (gint64 i = 0; i < keep && place + i < n; i++)
        largest = MAX (largest, fabs (part[c * made + skip + i] - whole[c * n + place + i]));
  }
  return largest;
}

static gint64
round_up (gint64 x, gint64 step)
{
  return (x + step - 1) / step * step;
}

static void
test_nets (void)
{
  int needed = 0;

  for (guint64 number = 0; number < NETS; number++) {
    Net net;
    g_autoptr (GenModel) model = draw_model (&net, number);
    g_autoptr (GError) error = NULL;
    GenContext context;
    gint64 n, length, piece;
    g_autofree float *samples = NULL, *whole = NULL;

    gen_model_find_context (model, &model->inputs[0], &model->outputs[0], &context, &error);
    g_assert_no_error (error);
    g_assert_cmpint (context.taken * net.up, ==, context.made * net.down);
    piece = round_up (60, context.step);
    length = 6 * piece;
    samples = g_new (float, length *CHANNELS);
    gen_random_normal (&net.random, 2, 0, samples, (gsize)length * CHANNELS);
    whole = play (model, samples, length, &n);
    g_assert_cmpint (n, ==, length * context.made / context.taken);
    g_assert_cmpfloat (compare (model, &context, piece, round_up (context.before, context.step),
                           round_up (context.after, context.step), length, samples, whole, n),
        <, 2e-5);
    needed += context.before > 0 &&
              compare (model, &context, piece, 0, round_up (context.after, context.step), length,
                  samples, whole, n) > 1e-3;
  }
  /* Without its context a piece is made otherwise, as a rule. */
  g_assert_cmpint (needed, >, NETS / 2);
}

static void
test_exact (void)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("exact");
  g_autoptr (GError) error = NULL;
  const gint64 pads[] = { 8, 0 }, dilation = 4;
  const float numbers[3] = { 1, 1, 1 };
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, 1024));
  GenTensor *operands[] = { x, gen_graph_add_constant (graph, "w", GEN_TYPE_FLOAT32,
                                   &GEN_SHAPE (1, 1, 3), g_bytes_new (numbers, sizeof numbers)) };
  GenTensor *y = gen_graph_op (graph, "Conv", operands, 2, 1, &error, "pads", GEN_INTS, 2, pads,
      "dilations", GEN_INTS, 1, &dilation, NULL);
  g_autoptr (GenModel) model = NULL;
  GenContext context;

  g_assert_no_error (error);
  gen_graph_add_output (graph, y);
  model = gen_model_new (graph, &error);
  g_assert_true (
      gen_model_find_context (model, &model->inputs[0], &model->outputs[0], &context, &error));
  g_assert_cmpint (context.before, ==, 8);
  g_assert_cmpint (context.after, ==, 0);
  g_assert_cmpint (context.step, ==, 1);
}

/* What is worked out of the whole sound has no end. */
static void
test_endless (void)
{
  const char *const names[] = { "GlobalAveragePool", "InstanceNormalization", "Softmax" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autoptr (GenGraph) graph = gen_graph_new ("endless");
    g_autoptr (GError) error = NULL;
    const float one = 1;
    GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, 2048));
    GenTensor *w = gen_graph_add_constant (
        graph, "w", GEN_TYPE_FLOAT32, &GEN_SHAPE (1), g_bytes_new (&one, sizeof one));
    GenTensor *y =
        gen_graph_op (graph, names[i], (GenTensor *[]){ x, w, w }, i == 1 ? 3 : 1, 1, &error, NULL);
    g_autoptr (GenModel) model = NULL;
    GenContext context;

    g_assert_no_error (error);
    y = gen_binary (graph, "Add", x, y, &error);
    gen_graph_add_output (graph, y);
    model = gen_model_new (graph, &error);
    g_assert_no_error (error);
    g_assert_false (
        gen_model_find_context (model, &model->inputs[0], &model->outputs[0], &context, &error));
    g_assert_nonnull (strstr (error->message, names[i]));
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/context/nets", test_nets);
  g_test_add_func ("/context/exact", test_exact);
  g_test_add_func ("/context/endless", test_endless);
  return g_test_run ();
}
