/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What generator costs tile by tile: the processor time of a pipeline, less that of the pipeline
 * without it, against a plan of the whole frame run bare, and how much of its arithmetic is done
 * twice. 1920 x 1080 pixels by tiles of 256 x 256, or what property `tile` may say besides. All are
 * timed in turn, round after round, in one process; medians over the rounds. The nets are
 * convolutions of 3 x 3, the last one of which may make four pixels of one.
 *
 *   tiles [FRAMES [ROUNDS [THREADS [TILE]]]]
 */
#include <generative/onnx.h>
#include <generative/player.h>
#include <generative/random.h>
#include <generative/tiles.h>

#include <glib/gstdio.h>

#include "overhead.h"

enum { WIDTH = 1920, HEIGHT = 1080 };

#define SOURCE                                                                                     \
  "videotestsrc pattern=black num-buffers=%d ! "                                                   \
  "video/x-raw,format=RGB,width=%d,height=%d,framerate=30/1 "
#define SINK "! fakesink name=sink sync=false qos=false"

static const struct {
  int layers, width, scale;
} rows[] = {
  { 4, 16, 1 },
  { 8, 16, 1 },
  { 8, 16, 2 },
  { 16, 16, 2 },
};

static GenTensor *
convolve (GenGraph *graph, GenTensor *x, int from, int to)
{
  const gint64 pads[] = { 1, 1, 1, 1 };
  const gsize n = (gsize)(from * to * 9);
  GenRandom random = gen_random_new (7, "weights", n);
  float *weights = g_new (float, n);
  GenTensor *operands[2] = { x };

  gen_random_normal (&random, 0, 0, weights, n);
  for (gsize i = 0; i < n; i++)
    weights[i] *= 0.1f;
  operands[1] = gen_graph_add_constant (graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (to, from, 3, 3),
      g_bytes_new_take (weights, n * sizeof (float)));
  return gen_graph_op (graph, "Conv", operands, 2, 1, NULL, "pads", GEN_INTS, 4, pads, NULL);
}

static void
save_net (const char *path, gsize r)
{
  const int width = rows[r].width, scale = rows[r].scale;
  g_autoptr (GenGraph) graph = gen_graph_new ("net");
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 3, 64, 64)), *y;
  GenNode *node;

  y = x;
  for (int i = 0; i < rows[r].layers - 1; i++)
    y = gen_unary (graph, "Relu", convolve (graph, y, i == 0 ? 3 : width, width), NULL);
  y = convolve (graph, y, width, 3 * scale * scale);
  if (scale > 1) {
    GenTensor *shuffled = gen_graph_add_value (graph, NULL);

    node = gen_graph_add_node (
        graph, NULL, NULL, "DepthToSpace", GEN_OPSET, &y, 1, &shuffled, 1, NULL);
    gen_node_set_int (node, "blocksize", scale);
    shuffled->type = GEN_TYPE_FLOAT32;
    shuffled->shape = GEN_SHAPE (1, 3, 64, 64);
    y = shuffled;
  }
  for (int d = 2; d < 4; d++)
    x->shape.dims[d] = y->shape.dims[d] = -1;
  gen_graph_add_output (graph, y);
  g_hash_table_insert (graph->metadata, g_strdup ("generative.input-range"), g_strdup ("0,1"));
  g_hash_table_insert (graph->metadata, g_strdup ("generative.output-range"), g_strdup ("0,1"));
  require (gen_onnx_save (graph, path, &error), error, path);
}

static GenModel *
load (const char *path)
{
  g_autoptr (GError) error = NULL;
  GenModel *model = gen_model_load (path, &error);

  require (model != NULL, error, path);
  return model;
}

/* The plan of the whole frame. */
static GenPlayer *
open_bare (GenModel *model, int scale, int threads)
{
  const GenPlayerOptions options = { .plan = { .threads = threads } };
  const GenFrameLayout layout = { .columns = 1, .bytes = 3, .n_order = 3, .order = { 0, 1, 2 } };
  g_autoptr (GError) error = NULL;
  GenModelUse use = { .input = model->inputs[0],
    .output = model->outputs[0],
    .frames = 1,
    .pictures = 1,
    .height = HEIGHT,
    .width = WIDTH,
    .from_frames = TRUE,
    .to_frames = TRUE,
    .from = layout,
    .to = layout };
  GenPlayer *player = gen_player_new (model, &options);

  use.from.stride = WIDTH * 3;
  use.to.stride = (gsize)WIDTH * (gsize)scale * 3;
  use.output.height = HEIGHT * scale;
  use.output.width = WIDTH * scale;
  require (gen_player_prepare (player, &use, NULL, &error), error, "the whole frame");
  return player;
}

static double
time_bare (GenPlayer *player, int scale, int frames)
{
  g_autofree guint8 *in = g_malloc0 (WIDTH * HEIGHT * 3);
  g_autofree guint8 *out = g_malloc0 ((gsize)(WIDTH * HEIGHT * 3 * scale * scale));
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

/* Pixels of all tiles for a pixel of the frame. */
static double
count_pixels (GenModel *model, const char *tile)
{
  GenTileRequest request = { .height = HEIGHT, .width = WIDTH, .overlap = -1 };
  const GenPort *input = &model->inputs[0], *output = &model->outputs[0];
  g_autoptr (GError) error = NULL;
  GenTileContext context;
  GenTiles tiles;

  sscanf (tile, "%dx%d", &request.tile_width, &request.tile_height);
  require (gen_model_find_tile_context (model, input, output, &context, &error) &&
               gen_tiles_plan (&tiles, model, input, output, &context, &request, &error),
      error, "tiles");
  return (double)gen_tiles_count (&tiles) * tiles.rows.tile_in * tiles.columns.tile_in /
         (WIDTH * HEIGHT);
}

static void
time_row (gsize r, const char *path, int frames, int rounds, int threads, const char *tile)
{
  g_autofree char *idle = g_strdup_printf (SOURCE SINK, frames + 1, WIDTH, HEIGHT);
  g_autofree char *piped = g_strdup_printf (SOURCE
      "! generator model=%s tile=%s threads=%d kernels=rules precision=fp32 reload=false " SINK,
      frames + 1, WIDTH, HEIGHT, path, tile, threads);
  g_autofree double *bare_times = g_new (double, rounds), *differences = g_new (double, rounds);
  g_autoptr (GenModel) model = NULL;
  g_autoptr (GenPlayer) player = NULL;
  double bare, element, pixels;

  save_net (path, r);
  model = load (path);
  player = open_bare (model, rows[r].scale, threads);
  pixels = count_pixels (model, tile);
  for (int i = 0; i < rounds; i++) {
    bare_times[i] = time_bare (player, rows[r].scale, frames);
    differences[i] = time_pipeline (piped, frames) - time_pipeline (idle, frames);
  }
  bare = median (bare_times, rounds);
  element = median (differences, rounds);
  g_print ("  %2d layers, %2d wide, x%d %10.1f %10.1f %8.3f %8.3f\n", rows[r].layers, rows[r].width,
      rows[r].scale, bare / 1e3, element / 1e3, element / bare, pixels);
}

int
main (int argc, char **argv)
{
  g_autofree char *folder = g_dir_make_tmp ("tiles-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "net.onnx", NULL);
  const int frames = MAX (argc > 1 ? atoi (argv[1]) : 3, 1);
  const int rounds = MAX (argc > 2 ? atoi (argv[2]) : 7, 1);
  const int threads = argc > 3 ? atoi (argv[3]) : 1;
  const char *tile = argc > 4 ? argv[4] : "256x256";

  gst_init (&argc, &argv);
  g_print (
      "milliseconds of processor time a frame of %d x %d, medians of %d rounds of %d frames:\n",
      WIDTH, HEIGHT, rounds, frames);
  g_print ("  %-22s %10s %10s %8s %8s\n", "", "whole", "tiles", "ratio", "pixels");
  for (gsize r = 0; r < G_N_ELEMENTS (rows); r++)
    time_row (r, path, frames, rounds, threads, tile);
  g_unlink (path);
  g_rmdir (folder);
  return 0;
}
