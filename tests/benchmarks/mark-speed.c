/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What marking a frame costs, in processor time of one core: 1920 x 1080 pixels of noise, slopes
 * and edges, in the layouts that frames have, beside copying the same bytes. All are timed in turn,
 * round after round; medians. A library of another build, as that of a commit before, is timed by
 * LD_LIBRARY_PATH, in turn with this one.
 *
 *   mark-speed [FRAMES [ROUNDS]]
 */
#include <generative/picture-mark.h>
#include <generative/random.h>

#include <string.h>

#include "overhead.h"

enum { WIDTH = 1920, HEIGHT = 1080, PIXELS = WIDTH * HEIGHT, POOL = 4, MOST_BYTES = PIXELS * 4 };

typedef struct {
  const char *name;
  int n, step, bits, planes, shift;
  int offset[3]; /* of a colour: bytes, or planes */
} Layout;

static const Layout layouts[] = {
  { "GRAY8, luma of I420 and NV12", 1, 1, 8, 1, 0, { 0 } },
  { "luma of P010_10LE", 1, 2, 10, 1, 6, { 0 } },
  { "luma of YUY2", 1, 2, 8, 1, 0, { 0 } },
  { "RGB", 3, 3, 8, 1, 0, { 0, 1, 2 } },
  { "BGRx", 3, 4, 8, 1, 0, { 2, 1, 0 } },
  { "xRGB", 3, 4, 8, 1, 0, { 1, 2, 3 } },
  { "GBR, in planes", 3, 1, 8, 3, 0, { 2, 0, 1 } },
};

static gsize
size_of (const Layout *layout)
{
  return (gsize)PIXELS * (gsize)(layout->step * layout->planes);
}

static GenMarkFrame
frame_in (const Layout *layout, guint8 *bytes)
{
  GenMarkFrame frame = { .width = WIDTH,
    .height = HEIGHT,
    .n = layout->n,
    .step = layout->step,
    .bits = layout->bits,
    .shift = layout->shift,
    .full_range = layout->n == 3 };

  for (int i = 0; i < layout->n; i++) {
    frame.samples[i] = bytes + layout->offset[i] * (layout->planes == 3 ? PIXELS : 1);
    frame.stride[i] = WIDTH * layout->step;
  }
  return frame;
}

/* Slopes, edges of 60 levels each 100 bytes, and noise on the right half. */
static void
draw (guint8 *bytes)
{
  g_autofree float *noise = g_new (float, MOST_BYTES);
  GenRandom random = gen_random_new (7, "noise", MOST_BYTES);

  gen_random_normal (&random, 0, 0, noise, MOST_BYTES);
  for (int i = 0; i < MOST_BYTES; i++) {
    const int column = i % (WIDTH * 4);
    const double value = 60 + 60.0 * i / MOST_BYTES + (column / 100 % 2) * 60 +
                         (column > WIDTH * 2 ? 8 * (double)noise[i] : 0);

    bytes[i] = (guint8)CLAMP (value, 0, 255);
  }
}

/* Frames come from a pool, as those of a decoder do, so that the processor has forgotten them. */
static void
time_layout (GenPictureMark *mark, const Layout *layout, const guint8 *drawn, guint8 *pool[POOL],
    int frames, double *marked, double *copied)
{
  const gsize size = size_of (layout);
  double start;

  *marked = *copied = 0;
  for (int i = 0; i < frames; i++) {
    guint8 *bytes = pool[i % POOL];
    GenMarkFrame frame = frame_in (layout, bytes);

    start = now ();
    memcpy (bytes, drawn, size);
    *copied += (now () - start) / 1e3 / frames;
    memset (pool[(i + 1) % POOL], 0, MOST_BYTES);
    start = now ();
    gen_picture_mark_apply (mark, &frame, 1);
    *marked += (now () - start) / 1e3 / frames;
  }
}

int
main (int argc, char **argv)
{
  const int frames = MAX (argc > 1 ? atoi (argv[1]) : 10, 1);
  const int rounds = MAX (argc > 2 ? atoi (argv[2]) : 9, 1);
  const guint8 secret[32] = { 1, 2, 3 };
  g_autoptr (GenMarkKey) key = gen_mark_key_new (secret, sizeof secret, NULL);
  g_autoptr (GenPictureMark) mark = gen_picture_mark_new (key, 0x1007babcde0003e8u);
  g_autofree double *marked = g_new (double, rounds *G_N_ELEMENTS (layouts));
  g_autofree double *copied = g_new (double, rounds *G_N_ELEMENTS (layouts));
  g_autofree guint8 *drawn = g_malloc (MOST_BYTES);
  guint8 *pool[POOL];

  draw (drawn);
  for (int i = 0; i < POOL; i++)
    pool[i] = g_malloc0 (MOST_BYTES);
  gen_picture_mark_set_size (mark, WIDTH, HEIGHT);
  for (int round = 0; round < rounds; round++)
    for (guint i = 0; i < G_N_ELEMENTS (layouts); i++)
      time_layout (mark, &layouts[i], drawn, pool, frames, &marked[(int)i * rounds + round],
          &copied[(int)i * rounds + round]);
  g_print (
      "milliseconds of processor time a frame of %d x %d, medians of %d rounds of %d frames:\n",
      WIDTH, HEIGHT, rounds, frames);
  g_print ("  %-30s %8s %8s\n", "", "marking", "copying");
  for (guint i = 0; i < G_N_ELEMENTS (layouts); i++)
    g_print ("  %-30s %8.2f %8.2f\n", layouts[i].name, median (&marked[(int)i * rounds], rounds),
        median (&copied[(int)i * rounds], rounds));
  for (int i = 0; i < POOL; i++)
    g_free (pool[i]);
  return 0;
}
