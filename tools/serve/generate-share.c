/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Kernels for other numbers of rows may sum in another order. Which of them a model meets is not
 * told by anything but trying: all numbers that it makes of latents that have nothing to do with
 * each other are compared. */
#include "generate-share.h"

#include <string.h>

#include <generative/latent.h>

#define TRIED 8
/* Beyond this, in microseconds, a run is long enough for what goes around it not to matter. */
#define LONG_RUN 50000

/* Tensor `i` of `n` latents from number `first` on: drawn, and of the first class. */
static GstMemory *
make_tensor (const GstGenerativeTensors *one, int i, guint first, guint n)
{
  const gsize length = (gsize)gen_shape_elements (&one->shapes[i]);
  const gsize size = length * gen_data_type_size (one->types[i]);
  GenLatent latent = GEN_LATENT_DEFAULTS;
  GstAllocationParams params = { .align = 63 };
  GstMemory *memory = gst_allocator_alloc (NULL, n * size, &params);
  GstMapInfo map;

  latent.length = length;
  latent.stream = (guint32)i;
  gst_memory_map (memory, &map, GST_MAP_WRITE);
  memset (map.data, 0, n * size);
  for (guint v = 0; one->types[i] == GEN_TYPE_FLOAT32 && v < n; v++)
    gen_latent_fill (&latent, first + v, 1, 1, (float *)(map.data + v * size));
  gst_memory_unmap (memory, &map);
  return memory;
}

static gboolean
keep (GstSample *sample, gpointer data)
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

/* All TRIED, `n` in a run, behind each other; `longest` becomes how long the longest run took but
 * for the first. */
static GByteArray *
make_all (ServePlayer *player, guint n, gint64 *longest)
{
  const GstGenerativeTensors *latents = serve_player_one (player);
  g_autoptr (GByteArray) made = g_byte_array_new ();

  for (guint first = 0; first < TRIED; first += n) {
    const gint64 began = g_get_monotonic_time ();
    GstBuffer *buffer = gst_buffer_new ();

    for (int i = 0; i < latents->n; i++)
      gst_buffer_append_memory (buffer, make_tensor (latents, i, first, n));
    if (!serve_player_play (player, buffer, NULL, 0, 1, keep, made, NULL))
      return NULL;
    if (first > 0)
      *longest = MAX (*longest, g_get_monotonic_time () - began);
  }
  return g_steal_pointer (&made);
}

static GByteArray *
make_in_runs_of (const ServePlayerSettings *settings, guint n, gint64 *longest)
{
  ServePlayerSettings said = *settings;
  g_autoptr (ServePlayer) player = NULL;

  said.numbers = TRUE;
  said.shared = FALSE;
  said.vectors = n;
  player = serve_player_new (&said, NULL);
  return player != NULL && !serve_player_input (player)->text ? make_all (player, n, longest)
                                                              : NULL;
}

static gboolean
is_same (const GByteArray *a, const GByteArray *b)
{
  return a->len == b->len && memcmp (a->data, b->data, a->len) == 0;
}

gboolean
serve_share_is_exact (const ServePlayerSettings *settings, guint most)
{
  gint64 longest = 0, other = 0;
  g_autoptr (GByteArray) alone = make_in_runs_of (settings, 1, &longest);

  if (alone == NULL || longest > LONG_RUN)
    return FALSE;
  for (guint n = 2; n <= MIN (most, TRIED); n *= 2) {
    g_autoptr (GByteArray) together = make_in_runs_of (settings, n, &other);

    if (together == NULL || !is_same (alone, together))
      return FALSE;
  }
  return most > 1;
}
