/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Kernels for other numbers of rows may sum in another order. Which of them a model meets is not
 * told by anything but trying: all numbers that it makes of latents that have nothing to do with
 * each other are compared. */
#include "generate-share.h"

#include <string.h>

#include "generate-latents.h"

/* That are tried at least, */
#define TRIED 8
/* and runs whose shortest tells how long they take, within so many microseconds. */
#define TIMED 20
#define TIMED_FOR 50000
/* Beyond this, in microseconds, a run is long enough for what goes around it not to matter. */
#define LONG_RUN 50000

static gboolean
keep (GstSample *sample, guint number, gpointer data)
{
  GstBuffer *buffer = gst_sample_get_buffer (sample);
  GByteArray *made = data;
  GstMapInfo map;

  if (!gst_buffer_map (buffer, &map, GST_MAP_READ))
    return FALSE;
  g_byte_array_append (made, map.data, (guint)map.size);
  gst_buffer_unmap (buffer, &map);
  return TRUE;
}

/* A run of `n` latents from number `first` on, behind what has been made; -1: it fails. */
static gint64
make_run (ServePlayer *player, guint first, guint n, GByteArray *made)
{
  const gint64 began = g_get_monotonic_time ();
  GstBuffer *buffers[GEN_BATCH_MAX];

  for (guint i = 0; i < n; i++)
    buffers[i] = serve_latents_sample (serve_player_input (player), first + i);
  if (!serve_player_play (player, buffers, n, NULL, 0, 1, keep, made, NULL))
    return -1;
  return g_get_monotonic_time () - began;
}

/* The first compiles. 0: it takes too long, or fails. */
static double
time_run (ServePlayer *player, guint n)
{
  gint64 shortest = G_MAXINT64, all = 0;

  for (guint i = 0; i <= TIMED && all < TIMED_FOR; i++) {
    g_autoptr (GByteArray) made = g_byte_array_new ();
    const gint64 took = make_run (player, 0, n, made);

    if (took < 0)
      return 0;
    if (i > 0)
      shortest = MIN (shortest, took);
    all += i > 0 ? took : 0;
  }
  return shortest > LONG_RUN * (gint64)n ? 0 : (double)MAX (shortest, 1);
}

/* `all` latents, `n` in a run, behind each other; NULL: they are not to be made so. */
static GByteArray *
make_all (const ServePlayerSettings *settings, guint all, guint n, GenRunTimes *times)
{
  ServePlayerSettings said = *settings;
  g_autoptr (GByteArray) made = g_byte_array_new ();
  g_autoptr (ServePlayer) player = NULL;
  double took;

  said.numbers = TRUE;
  said.frames = n;
  player = serve_player_new (&said, NULL);
  if (player == NULL || serve_player_input (player)->text)
    return NULL;
  took = time_run (player, n);
  if (took <= 0)
    return NULL;
  gen_run_times_note (times, n, took);
  for (guint first = 0; first < all; first += n)
    if (make_run (player, first, MIN (n, all - first), made) < 0)
      return NULL;
  return g_steal_pointer (&made);
}

static gboolean
is_same (const GByteArray *a, const GByteArray *b)
{
  return a->len == b->len && memcmp (a->data, b->data, a->len) == 0;
}

void
serve_share_try (const ServePlayerSettings *settings, guint most, ServeSizes *sizes)
{
  const guint all = MAX (most, TRIED);
  g_autoptr (GByteArray) alone = NULL;
  guint n = 1;

  serve_sizes_init (sizes);
  alone = make_all (settings, all, 1, &sizes->times);
  while (alone != NULL && n < most) {
    g_autoptr (GByteArray) together = NULL;

    n = MIN (2 * n, most);
    together = make_all (settings, all, n, &sizes->times);
    if (together == NULL || !is_same (alone, together))
      return;
    serve_sizes_add (sizes, n);
  }
}
