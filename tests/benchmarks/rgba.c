/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a mask in alpha costs: plans of a model that makes a picture and its mask, into frames in
 * RGBA against those in RGBx, which leave the mask out of the frame, as a model makes both in any
 * case. 1920 x 1080 pixels; both are timed in turn, round after round, in one process; medians.
 *
 *   rgba [FRAMES [ROUNDS [THREADS]]]
 */
#include <generative/player.h>
#include <generative/random.h>

#include "overhead.h"

enum { WIDTH = 1920, HEIGHT = 1080, N_NETS = 2 };

static const char *const names[N_NETS] = { "Clip, ReduceMean", "two convolutions, Clip" };

static GenTensor *
convolve (GenGraph *graph, GenTensor *x, int from, int to)
{
  const gint64 pads[] = { 1, 1, 1, 1 };
  const gsize n = (gsize)(from * to * 9);
  GenRandom random = gen_random_new (7, "weights", n);
  float *weights = g_new (float, n);
  GenTensor *w;

  gen_random_normal (&random, 0, 0, weights, n);
  w = gen_graph_add_constant (graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (to, from, 3, 3),
      g_bytes_new_take (weights, n * sizeof (float)));
  return gen_graph_op (
      graph, "Conv", (GenTensor *[]){ x, w }, 2, 1, NULL, "pads", GEN_INTS, 4, pads, NULL);
}

static GenTensor *
clip (GenGraph *graph, GenTensor *x)
{
  return gen_graph_op (graph, "Clip",
      (GenTensor *[]){ x, gen_graph_float (graph, 0), gen_graph_float (graph, 1) }, 3, 1, NULL,
      NULL);
}

static GenModel *
make_model (int net)
{
  GenGraph *graph = gen_graph_new ("net");
  g_autoptr (GError) error = NULL;
  GenTensor *x =
      gen_graph_add_input (graph, "src", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 3, HEIGHT, WIDTH));
  GenTensor *colours, *mask;
  GenModel *model;

  if (net == 0) {
    colours = clip (graph, x);
    mask = gen_graph_op (graph, "ReduceMean",
        (GenTensor *[]){ x, gen_graph_ints (graph, (gint64[]){ 1 }, 1) }, 2, 1, NULL, NULL);
  } else {
    colours = clip (graph, convolve (graph, x, 3, 3));
    mask = clip (graph, convolve (graph, x, 3, 1));
  }
  gen_graph_add_output (graph, colours);
  gen_graph_add_output (graph, mask);
  model = gen_model_new (graph, &error);
  require (model != NULL, error, "the model");
  return model;
}

/* Into frames of four bytes. */
static GenPlayer *
open_player (GenModel *model, gboolean alpha, int threads)
{
  const GenPlayerOptions options = { .plan = { .threads = threads } };
  const GenFrameLayout from = {
    .columns = 1, .bytes = 3, .n_order = 3, .order = { 0, 1, 2 }, .stride = WIDTH * 3
  };
  g_autoptr (GError) error = NULL;
  GenModelUse use = { .input = model->inputs[0],
    .output = model->outputs[0],
    .frames = 1,
    .pictures = 1,
    .from_frames = TRUE,
    .to_frames = TRUE,
    .from = from };
  GenPlayer *player = gen_player_new (model, &options);

  use.to = (GenFrameLayout){ .columns = 1,
    .bytes = 4,
    .n_order = 4,
    .order = { 0, 1, 2, alpha ? 3 : -1 },
    .stride = WIDTH * 4 };
  gen_port_set_range (&use.input, 0, 1);
  gen_port_set_range (&use.output, 0, 1);
  if (alpha) {
    use.mask = model->outputs[1];
    use.output.channels = 4;
  }
  require (gen_player_prepare (player, &use, NULL, &error), error, "the plan");
  return player;
}

static double
time_player (GenPlayer *player, int frames)
{
  g_autofree guint8 *in = g_malloc0 (WIDTH * HEIGHT * 3), *out = g_malloc0 (WIDTH * HEIGHT * 4);
  const GenFrame from = { .planes = { in } }, to = { .planes = { out } };
  double start;

  gen_player_bind_input_frame (player, 0, &from);
  gen_player_bind_output_frame (player, 0, &to);
  g_assert_true (gen_player_run (player, NULL));
  start = now ();
  for (int i = 0; i < frames; i++)
    g_assert_true (gen_player_run (player, NULL));
  return (now () - start) / frames;
}

static void
time_net (int net, int frames, int rounds, int threads)
{
  g_autoptr (GenModel) model = make_model (net);
  g_autoptr (GenPlayer) with = open_player (model, TRUE, threads);
  g_autoptr (GenPlayer) without = open_player (model, FALSE, threads);
  g_autofree double *rgba = g_new (double, rounds), *rgbx = g_new (double, rounds);
  double one, other;

  for (int i = 0; i < rounds; i++) {
    rgba[i] = time_player (with, frames);
    rgbx[i] = time_player (without, frames);
  }
  one = median (rgba, rounds);
  other = median (rgbx, rounds);
  g_print ("  %-24s %8.2f %8.2f %8.2f\n", names[net], other / 1e3, one / 1e3, (one - other) / 1e3);
}

int
main (int argc, char **argv)
{
  const int frames = MAX (argc > 1 ? atoi (argv[1]) : 10, 1);
  const int rounds = MAX (argc > 2 ? atoi (argv[2]) : 9, 1);
  const int threads = argc > 3 ? atoi (argv[3]) : 1;

  g_print (
      "milliseconds of processor time a frame of %d x %d, medians of %d rounds of %d frames:\n",
      WIDTH, HEIGHT, rounds, frames);
  g_print ("  %-24s %8s %8s %8s\n", "", "RGBx", "RGBA", "more");
  for (int net = 0; net < N_NETS; net++)
    time_net (net, frames, rounds, threads);
  return 0;
}
