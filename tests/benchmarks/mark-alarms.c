/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How often a mark is told where there is none: windows of unmarked films are read by random keys,
 * each with the pattern lying somehow.
 *
 *   ffmpeg -i FILM -vf scale=320:180 -f rawvideo -pix_fmt gray - | mark-alarms 320 180 [TRIALS]
 *
 * All that a key might find is decoded, however little its pilots stand out, so that there are more
 * tries than a reader makes. */
#include <stdio.h>
#include <stdlib.h>

#include <generative/random.h>

#include "../../lib/mark/picture-fold.h"
#include "../../lib/mark/picture-look.h"

#define WINDOW 60 /* frames */

/* Sums of what is seen in each WINDOW frames. */
static GPtrArray *
read_windows (GenPictureLook *look, int width, int height)
{
  GPtrArray *windows = g_ptr_array_new_with_free_func (g_free);
  const gsize size = (gsize)width * (gsize)height;
  g_autofree guint8 *bytes = g_malloc (size);
  const GenMarkFrame frame = { .width = width,
    .height = height,
    .n = 1,
    .samples = { bytes },
    .stride = { width },
    .step = 1,
    .bits = 8 };

  for (guint n = 0; fread (bytes, 1, size, stdin) == size; n++) {
    if (n % WINDOW == 0)
      g_ptr_array_add (windows, g_new0 (float, (gsize)look->width *(gsize)look->height));
    gen_picture_look_add (look, &frame, windows->pdata[windows->len - 1]);
  }
  return windows;
}

int
main (int argc, char **argv)
{
  const int width = argc > 2 ? atoi (argv[1]) : 0, height = argc > 2 ? atoi (argv[2]) : 0;
  const int trials = argc > 3 ? atoi (argv[3]) : 100000;
  g_autofree GenPictureTile *tile = g_new (GenPictureTile, 1);
  const GenRandom random = gen_random_new (1, "mark-alarms", 0);
  GenPictureLook look = { 0 };
  g_autoptr (GPtrArray) windows = NULL;
  double highest = 0, farthest = 0, sum = 0;
  int alarms = 0;

  if (width < 1 || height < 1 || trials < 1) {
    g_printerr ("usage: mark-alarms WIDTH HEIGHT [TRIALS] <frames of 8-bit grey\n");
    return 2;
  }
  gen_picture_look_set_size (&look, width, height);
  windows = read_windows (&look, width, height);
  if (windows->len == 0) {
    g_printerr ("mark-alarms: there is no frame\n");
    return 1;
  }
  for (int i = 0; i < trials; i++) {
    const double scale = 1 / (gen_picture_tile_unit (width, height) * look.factor);
    g_autoptr (GenMarkKey) key = NULL;
    g_autoptr (GenMarkCode) code = NULL;
    g_autoptr (GenPictureFold) fold = NULL;
    float symbols[GEN_MARK_SYMBOLS], drawn[3];
    guint32 secret[8];
    GenPictureLie lie;
    GenMarkRead read;
    double peak;

    gen_random_block (&random, (guint64)i, 0, secret);
    gen_random_block (&random, (guint64)i, 1, secret + 4);
    gen_random_uniform (&random, (guint64)i, 8, drawn, G_N_ELEMENTS (drawn));
    key = gen_mark_key_new ((const guint8 *)secret, sizeof secret, NULL);
    gen_picture_tile_init (tile, key);
    code = gen_mark_code_new (key, "picture");
    fold = gen_picture_fold_new (tile);
    lie.down = i % 4 == 0 ? scale : scale * (0.48 + 2.1 * (double)drawn[0]);
    lie.across = (i % 8 == 1 ? -1 : 1) * lie.down;
    lie.rotation = i % 4 == 0 ? 0 : 0.112 * (double)(2 * drawn[1] - 1);
    peak = gen_picture_fold_read (
        fold, windows->pdata[(guint)i % windows->len], look.width, look.height, &lie, symbols);
    alarms += gen_mark_decode (code, symbols, &read);
    highest = MAX (highest, peak);
    farthest = MAX (farthest, read.deviations);
    sum += read.deviations;
  }
  printf ("%d alarms in %d trials on %u windows; pilots stand out by %.2f deviations at most, best "
          "messages by %.2f in the mean and %.2f at most\n",
      alarms, trials, windows->len, highest, sum / trials, farthest);
  gen_picture_look_clear (&look);
  return alarms > 0;
}
