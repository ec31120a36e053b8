/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The gradient of a convolution's weights, each way of computing it, over drawn shapes, against the
 * sums in double; and that it does not hang on the number of threads. */
#include <generative/plan.h>
#include <generative/random.h>

#include <math.h>
#include <string.h>

#include "../scratch.h"

#define SHAPES 16
#define MAX_RANK 3

typedef struct {
  int rank;
  gint64 batch, in, out, groups; /* channels */
  gint64 large[MAX_RANK], small[MAX_RANK], kernel[MAX_RANK], stride[MAX_RANK], dilation[MAX_RANK];
  gint64 pads[2 * MAX_RANK];
} Shape;

/* Numbers of a stream, one after the other. */
typedef struct {
  GenRandom random;
  guint64 drawn;
} Stream;

static gint64
draw (Stream *stream, gint64 least, gint64 most)
{
  return least + gen_random_below (&stream->random, 0, stream->drawn++, most - least + 1);
}

static Shape
draw_shape (guint number)
{
  static const gint64 channels[] = { 1, 3, 4, 5, 7, 12, 13, 17, 30, 33, 40 };
  Stream random = { gen_random_new (11, "test", number), 0 };
  Shape s = { .rank = draw (&random, 1, MAX_RANK), .batch = draw (&random, 1, 5) };

  s.groups = draw (&random, 0, 3) == 0 ? draw (&random, 2, 3) : 1;
  s.in = s.groups * channels[draw (&random, 0, G_N_ELEMENTS (channels) - 1)];
  s.out = s.groups * channels[draw (&random, 0, G_N_ELEMENTS (channels) - 1)];
  for (int i = 0; i < s.rank; i++) {
    s.kernel[i] = draw (&random, 1, s.rank == 1 ? 9 : s.rank == 2 ? 4 : 3);
    s.stride[i] = draw (&random, 1, 3);
    s.dilation[i] = draw (&random, 1, 3);
    s.large[i] = (s.kernel[i] - 1) * s.dilation[i] + 1 +
                 draw (&random, 0,
                     s.rank == 1   ? 900
                     : s.rank == 2 ? 30
                                   : 9);
    s.pads[i] = draw (&random, 0, 3);
    s.pads[s.rank + i] = draw (&random, 0, 3);
    s.small[i] =
        (s.large[i] + s.pads[i] + s.pads[s.rank + i] - (s.kernel[i] - 1) * s.dilation[i] - 1) /
            s.stride[i] +
        1;
  }
  return s;
}

static gint64
product (const gint64 *extents, int n)
{
  gint64 result = 1;

  for (int i = 0; i < n; i++)
    result *= extents[i];
  return result;
}

/* Kernels are measured where there are a million at least; and the sums in double take their time.
 */
static gboolean
is_of_good_size (const Shape *s)
{
  gint64 flops = 2 * s->batch * s->out * s->in / s->groups * product (s->kernel, s->rank) *
                 product (s->small, s->rank);

  return flops > 1000000 && flops < 5000000;
}

/* Where the tap `tap` of the pixel `pixel` reads, or -1. */
static gint64
place (const Shape *s, gint64 pixel, gint64 tap)
{
  gint64 at = 0, scale = 1;

  for (int i = s->rank - 1; i >= 0; i--) {
    gint64 x =
        pixel % s->small[i] * s->stride[i] + tap % s->kernel[i] * s->dilation[i] - s->pads[i];

    if (x < 0 || x >= s->large[i])
      return -1;
    at += x * scale;
    scale *= s->large[i];
    pixel /= s->small[i];
    tap /= s->kernel[i];
  }
  return at;
}

/* The largest difference to the sums in double, over the largest sum of magnitudes. */
static double
find_error (const Shape *s, const float *x, const float *dy, const float *made)
{
  const gint64 taps = product (s->kernel, s->rank), pixels = product (s->small, s->rank);
  const gint64 size = product (s->large, s->rank), in = s->in / s->groups;
  g_autofree gint64 *places = g_new (gint64, taps * pixels);
  double worst = 0, scale = 0;

  for (gint64 i = 0; i < taps * pixels; i++)
    places[i] = place (s, i % pixels, i / pixels);
  for (gint64 o = 0; o < s->out; o++)
    for (gint64 c = 0; c < in; c++)
      for (gint64 tap = 0; tap < taps; tap++) {
        gint64 channel = o / (s->out / s->groups) * in + c;
        double sum = 0, magnitude = 0;

        for (gint64 n = 0; n < s->batch; n++)
          for (gint64 pixel = 0; pixel < pixels; pixel++) {
            gint64 at = places[tap * pixels + pixel];
            double term = at < 0 ? 0
                                 : (double)x[(n * s->in + channel) * size + at] *
                                       dy[(n * s->out + o) * pixels + pixel];

            sum += term;
            magnitude += fabs (term);
          }
        worst = fmax (worst, fabs (made[(o * in + c) * taps + tap] - sum));
        scale = fmax (scale, magnitude);
      }
  return worst / scale;
}

static GenPlan *
compile (const Shape *s, int threads, GenChoice choice, const char *file)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("gradient");
  GenShape large = { .rank = 2 + s->rank, .dims = { s->batch, s->in } };
  GenShape small = { .rank = 2 + s->rank, .dims = { s->batch, s->out } };
  GenPlanOptions options = { .threads = threads, .choice = choice, .choices = file };
  g_autoptr (GError) error = NULL;
  GenTensor *inputs[2], *weights;
  GenPlan *plan;

  memcpy (large.dims + 2, s->large, s->rank * sizeof *s->large);
  memcpy (small.dims + 2, s->small, s->rank * sizeof *s->small);
  inputs[0] = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &large);
  inputs[1] = gen_graph_add_input (graph, "dy", GEN_TYPE_FLOAT32, &small);
  weights = gen_graph_op (graph, "ConvWeightGradient", inputs, 2, 1, &error, "kernel_shape",
      GEN_INTS, s->rank, s->kernel, "strides", GEN_INTS, s->rank, s->stride, "dilations", GEN_INTS,
      s->rank, s->dilation, "pads", GEN_INTS, 2 * s->rank, s->pads, "group", GEN_INT,
      (int)s->groups, NULL);
  g_assert_no_error (error);
  gen_graph_add_output (graph, weights);
  plan = gen_plan_new (graph, &options, &error);
  g_assert_no_error (error);
  return plan;
}

static GBytes *
run (const Shape *s, int threads, GenChoice choice, const char *file)
{
  g_autoptr (GenPlan) plan = compile (s, threads, choice, file);
  const GenBinding *made = gen_plan_output (plan, 0);
  double error;

  for (int i = 0; i < 2; i++) {
    const GenBinding *input = gen_plan_input (plan, i);
    GenRandom random = gen_random_new (3, "test", i);

    gen_random_normal (&random, 0, 0, input->data, input->size / sizeof (float));
  }
  /* Twice: what the first run leaves in memory must not matter. */
  g_assert_true (gen_plan_run (plan, NULL));
  g_assert_true (gen_plan_run (plan, NULL));
  error =
      find_error (s, gen_plan_input (plan, 0)->data, gen_plan_input (plan, 1)->data, made->data);
  g_assert_cmpfloat (error, <, 2e-6);
  return g_bytes_new (made->data, made->size);
}

/* The other way than that of the rules, where the file has an entry with both. */
static gboolean
force_other (const char *file)
{
  g_autoptr (GKeyFile) choices = g_key_file_new ();
  g_autofree char *way = NULL;
  g_auto (GStrv) groups = NULL;
  g_auto (GStrv) keys = NULL;

  if (!g_key_file_load_from_file (choices, file, 0, NULL))
    return FALSE;
  groups = g_key_file_get_groups (choices, NULL);
  keys = g_key_file_get_keys (choices, groups[0], NULL, NULL);
  way = g_key_file_get_string (choices, groups[0], keys[0], NULL);
  g_key_file_set_string (
      choices, groups[0], keys[0], strcmp (way, "product") == 0 ? "onednn" : "product");
  g_assert_true (g_key_file_save_to_file (choices, file, NULL));
  return TRUE;
}

static void
test_shapes (void)
{
  g_autofree char *folder = scratch_new ();
  int shapes = 0, others = 0;

  for (guint i = 0; shapes < SHAPES; i++) {
    const Shape s = draw_shape (i);
    g_autofree char *name = g_strdup_printf ("choices-%u", i);
    g_autofree char *file = g_build_filename (folder, name, NULL);
    g_autoptr (GBytes) rules = NULL;
    g_autoptr (GBytes) other = NULL;

    if (!is_of_good_size (&s))
      continue;

    g_test_message ("shape %u: rank %d, %d items, %d to %d channels in %d groups", i, s.rank,
        (int)s.batch, (int)s.in, (int)s.out, (int)s.groups);
    shapes++;
    rules = run (&s, 1, GEN_CHOICE_RULES, NULL);
    /* On a busy machine a first trial may be in doubt. Little work is not measured at all. */
    for (int trial = 0; trial < 2; trial++)
      gen_plan_free (compile (&s, 1, GEN_CHOICE_MEASURE, file));
    if (!force_other (file))
      continue;
    other = run (&s, 1, GEN_CHOICE_REMEMBERED, file);
    others++;
  }
  g_assert_cmpint (others, >, SHAPES / 3);
  scratch_remove (folder);
}

static void
test_threads (void)
{
  const Shape s = { .rank = 2,
    .batch = 4,
    .in = 128,
    .out = 128,
    .groups = 1,
    .large = { 16, 16 },
    .small = { 16, 16 },
    .kernel = { 3, 3 },
    .stride = { 1, 1 },
    .dilation = { 1, 1 },
    .pads = { 1, 1, 1, 1 } };
  g_autoptr (GBytes) one = run (&s, 1, GEN_CHOICE_RULES, NULL);
  g_autoptr (GBytes) three = run (&s, 3, GEN_CHOICE_RULES, NULL);

  g_assert_true (g_bytes_equal (one, three));
}

static gboolean
goes (const GArray *steps, const char *way)
{
  for (guint i = 0; i < steps->len; i++)
    if (g_strcmp0 (g_array_index (steps, GenStepInfo, i).way, way) == 0)
      return TRUE;
  return FALSE;
}

/* Shapes that go Winograd's way, with squares that reach over each edge: parts share the channels
 * of x, or those of dy, of which the last panel is not full. */
static void
test_squares (void)
{
  static const Shape shapes[] = {
    { .rank = 2, .batch = 3, .in = 48, .out = 70, .large = { 15, 14 }, .pads = { 1, 1, 1, 1 } },
    { .rank = 2, .batch = 5, .in = 32, .out = 33, .large = { 13, 18 }, .pads = { 0, 2, 3, 1 } },
    { .rank = 2, .batch = 4, .in = 24, .out = 16, .large = { 14, 15 }, .pads = { 1, 0, 1, 2 } },
    { .rank = 2, .batch = 9, .in = 32, .out = 200, .large = { 9, 10 }, .pads = { 0, 0, 1, 0 } },
  };

  for (guint i = 0; i < G_N_ELEMENTS (shapes); i++) {
    g_autoptr (GBytes) one = NULL;
    g_autoptr (GBytes) three = NULL;
    g_autoptr (GenPlan) plan = NULL;
    g_autoptr (GArray) steps = NULL;
    Shape s = shapes[i];

    s.groups = 1;
    for (int axis = 0; axis < s.rank; axis++) {
      s.kernel[axis] = 3;
      s.stride[axis] = s.dilation[axis] = 1;
      s.small[axis] = s.large[axis] + s.pads[axis] + s.pads[s.rank + axis] - 2;
    }
    plan = compile (&s, 1, GEN_CHOICE_RULES, NULL);
    steps = gen_plan_steps (plan);
    g_assert_true (goes (steps, "winograd"));
    one = run (&s, 1, GEN_CHOICE_RULES, NULL);
    three = run (&s, 3, GEN_CHOICE_RULES, NULL);
    g_assert_true (g_bytes_equal (one, three));
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/weight-gradient/shapes", test_shapes);
  g_test_add_func ("/weight-gradient/threads", test_threads);
  g_test_add_func ("/weight-gradient/squares", test_squares);
  return g_test_run ();
}
