/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What contentgate costs on frames as decoders give them, beside RGB, in processor time a frame of
 * 1920 x 1080 pixels: looking at them by a model of 224 x 224 that costs next to nothing, and
 * changing all of each; and what a videoconvert to RGB in front, and one back behind, cost in its
 * place. Less what the film itself takes. All are timed in turn, round after round; medians.
 *
 *   gate-formats [FRAMES [ROUNDS]]
 */
#include <generative/graph.h>
#include <generative/onnx.h>
#include <glib/gstdio.h>

#include "overhead.h"

static const struct {
  const char *name, *format, *before, *behind;
} rows[] = {
  { "RGB", "RGB", "", "" },
  { "I420", "I420", "", "" },
  { "NV12", "NV12", "", "" },
  { "Y42B", "Y42B", "", "" },
  { "BGRx", "BGRx", "", "" },
  { "I420, by videoconvert", "I420", "videoconvert ! video/x-raw,format=RGB ! ",
      "! videoconvert ! video/x-raw,format=I420" },
};
static const char *const actions[] = { NULL, "tag", "blur", "pixelate", "replace" };

enum { N_ROWS = G_N_ELEMENTS (rows), N_ACTIONS = G_N_ELEMENTS (actions), MOST_ROUNDS = 99 };

/* How red, green and blue a picture is. */
static void
save_model (const char *path)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("colours");
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 3, 224, 224));

  x = gen_unary (graph, "GlobalAveragePool", x, &error);
  require (x != NULL, error, "a model");
  x = gen_unary (graph, "Flatten", x, &error);
  require (x != NULL, error, "a model");
  gen_graph_add_output (graph, x);
  g_hash_table_insert (graph->metadata, g_strdup ("generative.input-range"), g_strdup ("0,1"));
  gen_onnx_save (graph, path, &error);
  require (TRUE, error, path);
}

static double
time_row (guint row, const char *action, const char *model, int frames)
{
  g_autofree char *gate =
      action == NULL ? g_strdup ("identity")
                     : g_strdup_printf ("%s contentgate model=%s labels=0=0.001 scores=none "
                                        "action=%s %s",
                           rows[row].before, model, action, rows[row].behind);
  g_autofree char *launch = g_strdup_printf ("videotestsrc num-buffers=%d pattern=white ! "
                                             "video/x-raw,format=%s,width=1920,height=1080 ! %s ! "
                                             "fakesink name=sink",
      frames, rows[row].format, gate);

  return time_pipeline (launch, frames);
}

int
main (int argc, char **argv)
{
  static double times[N_ROWS][N_ACTIONS][MOST_ROUNDS];
  const int frames = argc > 1 ? atoi (argv[1]) : 30;
  const int rounds = argc > 2 ? CLAMP (atoi (argv[2]), 1, MOST_ROUNDS) : 7;
  g_autofree char *folder = g_dir_make_tmp ("gate-XXXXXX", NULL);
  g_autofree char *model = g_build_filename (folder, "colours.onnx", NULL);

  gst_init (&argc, &argv);
  save_model (model);
  for (int round = 0; round < rounds; round++)
    for (guint i = 0; i < N_ROWS; i++)
      for (guint k = 0; k < N_ACTIONS; k++)
        times[i][k][round] = time_row (i, actions[k], model, frames);
  g_print ("milliseconds a frame\n%-24s", "");
  for (guint k = 1; k < N_ACTIONS; k++)
    g_print ("%12s", actions[k]);
  for (guint i = 0; i < N_ROWS; i++) {
    const double film = median (times[i][0], rounds);

    g_print ("\n%-24s", rows[i].name);
    for (guint k = 1; k < N_ACTIONS; k++)
      g_print ("%12.2f", (median (times[i][k], rounds) - film) / 1000);
  }
  g_print ("\n");
  g_unlink (model);
  g_rmdir (folder);
  return 0;
}
