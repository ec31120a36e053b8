/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "generate-worker.h"

#include "generate-latents.h"

typedef enum {
  AS_MEDIA,
  AS_NUMBERS,
  N_KINDS,
} Kind;

struct _ServeWorker {
  const ServePlayerSettings *settings;
  const ServeSizes *sizes;
  ServePlayer *players[N_KINDS][SERVE_SIZES_MAX]; /* NULL: there has been no use for it */
};

ServeWorker *
serve_worker_new (const ServePlayerSettings *settings, const ServeSizes *sizes)
{
  ServeWorker *worker = g_new0 (ServeWorker, 1);

  worker->settings = settings;
  worker->sizes = sizes;
  return worker;
}

void
serve_worker_free (ServeWorker *worker)
{
  for (int kind = 0; kind < N_KINDS; kind++)
    for (guint i = 0; i < SERVE_SIZES_MAX; i++)
      g_clear_pointer (&worker->players[kind][i], serve_player_free);
  g_free (worker);
}

void
serve_worker_give (ServeWorker *worker, ServePlayer *player)
{
  worker->players[AS_MEDIA][0] = player;
}

static ServePlayer *
get_player (ServeWorker *worker, Kind kind, guint size, GError **error)
{
  ServePlayer **player = &worker->players[kind][size];
  ServePlayerSettings settings = *worker->settings;

  settings.numbers = kind == AS_NUMBERS;
  settings.frames = worker->sizes->results[size];
  if (*player == NULL)
    *player = serve_player_new (&settings, error);
  return *player;
}

ServeRun *
serve_worker_play (ServeWorker *worker, const ServeResult *results, guint *n)
{
  const Kind kind = serve_work_wants_numbers (results[0].work) ? AS_NUMBERS : AS_MEDIA;
  const guint size = serve_sizes_choose (worker->sizes, *n);
  GError *error = NULL;
  ServePlayer *player = get_player (worker, kind, size, &error);

  *n = MIN (*n, worker->sizes->results[size]);
  return player != NULL ? serve_run_play (results, *n, player)
                        : serve_run_fail (results, *n, error);
}

static gboolean
warm_up (ServePlayer *player, guint n)
{
  GstBuffer *inputs[GEN_BATCH_MAX];

  for (guint i = 0; i < n; i++)
    inputs[i] = serve_latents_sample (serve_player_input (player), i);
  return serve_player_play (player, inputs, n, NULL, 0, 1, NULL, NULL, NULL);
}

gboolean
serve_worker_prepare (ServeWorker *worker)
{
  for (int kind = 0; kind < N_KINDS; kind++)
    for (guint i = 0; i < worker->sizes->n; i++) {
      ServePlayer *player = get_player (worker, kind, i, NULL);

      if (player == NULL || !warm_up (player, worker->sizes->results[i]))
        return FALSE;
    }
  return TRUE;
}
