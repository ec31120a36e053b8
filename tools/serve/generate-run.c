/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "generate-run.h"

#include "../../lib/serve/batch-policy.h"
#include "generate-latents.h"
#include "generate-work-private.h"

struct _ServeRun {
  gint ref_count;
  ServeResult results[GEN_BATCH_MAX];
  GstSample *samples[GEN_BATCH_MAX]; /* what has come; of one alone it goes on as it comes */
  guint n;
  gint64 began;
  GstTagList *tags;
  GError *error; /* of all of them */
  gint n_begun;  /* atomic: that are being encoded, or have been */
  /* Of one alone, while it is played. */
  ServePlayer *player;
  gboolean any;
};

/* --- playing --- */

/* Of one alone it goes on at once, as what is spoken does piece by piece. Of several, none is held
 * up by what becomes of another. */
static gboolean
take_sample (GstSample *sample, guint number, gpointer data)
{
  ServeRun *run = data;
  const ServeResult *result = &run->results[number];

  if (run->n > 1) {
    run->samples[number] = gst_sample_ref (sample);
    return TRUE;
  }
  if (!serve_work_is_wanted (result->work))
    return FALSE;
  if (!run->any) {
    g_autoptr (GstTagList) tags = serve_player_get_tags (run->player);

    serve_work_note (result->work, tags, run->began);
  }
  run->any = TRUE;
  return serve_work_accept (result->work, result->number, sample, &run->error);
}

static void
play (ServeRun *run)
{
  const ServePlayerInput *input = serve_player_input (run->player);
  const GenServeRequest *request = serve_work_request (run->results[0].work);
  g_autoptr (GError) error = NULL;
  GstBuffer *inputs[GEN_BATCH_MAX];

  for (guint i = 0; i < run->n; i++)
    inputs[i] = serve_latents_make (
        serve_work_request (run->results[i].work), input, run->results[i].number);
  if (!serve_player_play (run->player, inputs, run->n, serve_work_parameters (run->results[0].work),
          request->rate_numerator, request->rate_denominator, take_sample, run, &error) &&
      run->error == NULL)
    run->error = g_steal_pointer (&error);
  run->tags = serve_player_get_tags (run->player);
}

static ServeRun *
run_new (const ServeResult *results, guint n)
{
  ServeRun *run = g_new0 (ServeRun, 1);

  run->ref_count = 1;
  run->n = n;
  for (guint i = 0; i < n; i++)
    run->results[i] = results[i];
  return run;
}

ServeRun *
serve_run_play (const ServeResult *results, guint n, ServePlayer *player)
{
  ServeRun *run = run_new (results, n);

  run->began = g_get_monotonic_time ();
  run->player = player;
  if (n > 1 || serve_work_is_wanted (results[0].work))
    play (run);
  run->player = NULL;
  return run;
}

ServeRun *
serve_run_fail (const ServeResult *results, guint n, GError *error)
{
  ServeRun *run = run_new (results, n);

  run->error = error;
  return run;
}

ServeRun *
serve_run_ref (ServeRun *run)
{
  g_atomic_int_inc (&run->ref_count);
  return run;
}

void
serve_run_unref (ServeRun *run)
{
  if (!g_atomic_int_dec_and_test (&run->ref_count))
    return;
  for (guint i = 0; i < run->n; i++) {
    g_clear_pointer (&run->samples[i], gst_sample_unref);
    serve_work_unref (run->results[i].work);
  }
  gst_clear_tag_list (&run->tags);
  g_clear_error (&run->error);
  g_free (run);
}

/* --- encoding --- */

static gboolean
encode (const ServeRun *run, guint i, GError **error)
{
  const ServeResult *result = &run->results[i];

  if (run->samples[i] != NULL) {
    serve_work_note (result->work, run->tags, run->began);
    if (!serve_work_accept (result->work, result->number, run->samples[i], error))
      return FALSE;
  }
  return serve_work_finish (result->work, result->number, error);
}

static void
finish_one (const ServeRun *run, guint i)
{
  ServeWork *work = run->results[i].work;
  g_autoptr (GError) error = NULL;

  if (run->error != NULL)
    serve_work_fail (work, g_error_copy (run->error));
  else if (serve_work_is_wanted (work) && !encode (run, i, &error))
    serve_work_fail (work, g_steal_pointer (&error));
}

gboolean
serve_run_finish_next (ServeRun *run)
{
  const guint i = (guint)g_atomic_int_add (&run->n_begun, 1);

  if (i >= run->n)
    return FALSE;
  finish_one (run, i);
  return TRUE;
}

guint
serve_run_left (ServeRun *run)
{
  const guint begun = (guint)g_atomic_int_get (&run->n_begun);

  return begun < run->n ? run->n - begun : 0;
}
