/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What generator costs beyond its arithmetic where it makes sound of sound, in chunks of 10 ms: the
 * time of a pipeline, less that of the pipeline without it, against the same plan run bare on the
 * same samples. All are timed in turn, round after round, in one process; medians over the rounds.
 * The nets are convolutions of 9 taps with 1, 16 or 48 channels between two Tanh.
 *
 *   sound-overhead [CHUNKS [ROUNDS [THREADS]]]
 */
#include <generative/onnx.h>
#include <generative/player.h>
#include <generative/random.h>

#include <glib/gstdio.h>

#include "overhead.h"

enum { RATE = 48000, CHUNK = RATE / 100, TAPS = 9 };

#define SOURCE                                                                                     \
  "audiotestsrc wave=white-noise samplesperbuffer=%d num-buffers=%d ! "                            \
  "audio/x-raw,format=%s,rate=%d,channels=%d "
#define SINK "! fakesink name=sink sync=false qos=false"

static const struct {
  const char *format;
  int channels, width; /* of sound, and between its ends */
} rows[] = {
  { "F32LE", 1, 1 },
  { "F32LE", 2, 16 },
  { "S16LE", 2, 16 },
  { "S16LE", 2, 48 },
};

static GenTensor *
convolve (GenGraph *graph, GenTensor *x, int from, int to)
{
  const gint64 pads[] = { TAPS / 2, TAPS / 2 };
  const gsize n = (gsize)(from * to * TAPS);
  GenRandom random = gen_random_new (7, "weights", n);
  float *weights = g_new (float, n);
  GenTensor *operands[2] = { x };

  gen_random_normal (&random, 0, 0, weights, n);
  for (gsize i = 0; i < n; i++)
    weights[i] *= 0.2f;
  operands[1] = gen_graph_add_constant (graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (to, from, TAPS),
      g_bytes_new_take (weights, n * sizeof (float)));
  x = gen_graph_op (graph, "Conv", operands, 2, 1, NULL, "pads", GEN_INTS, 2, pads, NULL);
  return gen_unary (graph, "Tanh", x, NULL);
}

static void
save_net (const char *path, int channels, int width)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("net");
  g_autoptr (GError) error = NULL;
  GenTensor *x =
      gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, channels, CHUNK));
  GenTensor *y = convolve (graph, convolve (graph, x, channels, width), width, channels);

  x->shape.dims[2] = y->shape.dims[2] = -1;
  gen_graph_add_output (graph, y);
  require (gen_onnx_save (graph, path, &error), error, path);
}

/* The plan that the element runs once it is under way. */
static GenPlayer *
open_bare (const char *path, gboolean int16, int threads)
{
  const GenPlayerOptions options = { .plan = { .threads = threads } };
  g_autoptr (GError) error = NULL;
  g_autoptr (GenModel) model = gen_model_load (path, &error);
  GenModelUse use = { .frames = 1,
    .pictures = 1,
    .from_frames = TRUE,
    .to_frames = TRUE,
    .from_sound = { .int16 = int16 },
    .to_sound = { .int16 = int16, .keep = CHUNK } };
  GenContext context;
  GenPlayer *player;

  require (model != NULL, error, path);
  use.input = model->inputs[0];
  use.output = model->outputs[0];
  require (gen_model_find_context (model, &use.input, &use.output, &context, &error), error, path);
  use.length = context.before + CHUNK + context.after;
  use.to_sound.skip = context.before;
  player = gen_player_new (model, &options);
  require (gen_player_prepare (player, &use, NULL, &error), error, path);
  return player;
}

static double
time_bare (GenPlayer *player, int channels, int chunks)
{
  g_autofree float *in = g_new (float, 2 * CHUNK * channels);
  g_autofree float *out = g_new0 (float, CHUNK *channels);
  const GenFrame from = { .planes = { in } }, to = { .planes = { out } };
  double start;

  for (int i = 0; i < 2 * CHUNK * channels; i++)
    in[i] = (float)(i * 7919 % 2000) / 1000 - 1;
  start = now ();
  for (int i = 0; i < chunks; i++) {
    gen_player_bind_input_frame (player, 0, &from);
    gen_player_bind_output_frame (player, 0, &to);
    g_assert_true (gen_player_run (player, NULL));
  }
  return (now () - start) / chunks;
}

static void
time_row (gsize r, const char *path, int chunks, int rounds, int threads)
{
  const int channels = rows[r].channels;
  g_autofree char *idle =
      g_strdup_printf (SOURCE SINK, CHUNK, chunks + 1, rows[r].format, RATE, channels);
  g_autofree char *piped = g_strdup_printf (SOURCE
      "! generator model=%s chunk-size=%d threads=%d kernels=rules precision=fp32 "
      "reload=false " SINK,
      CHUNK, chunks + 1, rows[r].format, RATE, channels, path, CHUNK, threads);
  g_autofree double *bare_times = g_new (double, rounds), *differences = g_new (double, rounds);
  g_autoptr (GenPlayer) player = NULL;
  double bare, element;

  save_net (path, channels, rows[r].width);
  player = open_bare (path, rows[r].format[0] == 'S', threads);
  for (int i = 0; i < rounds; i++) {
    bare_times[i] = time_bare (player, channels, chunks);
    differences[i] = time_pipeline (piped, chunks) - time_pipeline (idle, chunks);
  }
  bare = median (bare_times, rounds);
  element = median (differences, rounds);
  g_print ("  %s %d ch, %2d wide %10.2f %10.2f %+10.2f  (%+.1f%%)\n", rows[r].format, channels,
      rows[r].width, bare, element, element - bare, (element - bare) / bare * 100);
}

int
main (int argc, char **argv)
{
  g_autofree char *folder = g_dir_make_tmp ("sound-overhead-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "net.onnx", NULL);
  const int chunks = MAX (argc > 1 ? atoi (argv[1]) : 2000, 1);
  const int rounds = MAX (argc > 2 ? atoi (argv[2]) : 21, 1);
  const int threads = argc > 3 ? atoi (argv[3]) : 1;

  gst_init (&argc, &argv);
  g_print ("microseconds of processor time a chunk of 10 ms, medians of %d rounds of %d chunks:\n",
      rounds, chunks);
  g_print ("  %-19s %10s %10s %10s\n", "", "bare", "element", "beyond");
  for (gsize r = 0; r < G_N_ELEMENTS (rows); r++)
    time_row (r, path, chunks, rounds, threads);
  g_unlink (path);
  g_rmdir (folder);
  return 0;
}
