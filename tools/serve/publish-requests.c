/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Requests have their part in a trial, as sessions have: a share of them, by a hash, is made by the
 * version that is tried, and each is a value of what is measured. What meters tell of frames is
 * left to sessions: a few pictures of a request are no window of them. */
#include "publish-private.h"

const ServeVersion *
serve_publishing_find_candidate (ServePublishing *publishing, const ServeModel *model)
{
  const Publication *publication = publish_find (publishing, model);

  return publication != NULL && publication->phase == PUBLISH_CANARY ? &publication->candidate
                                                                     : NULL;
}

gboolean
serve_publishing_tries (ServePublishing *publishing, const ServeModel *model, const char *request)
{
  const Publication *publication = publish_find (publishing, model);

  return publication != NULL && publication->phase == PUBLISH_CANARY &&
         gen_rollout_choose (publication->settings->share, request, publication->candidate.name) ==
             GEN_ROLLOUT_CANDIDATE;
}

/* On which side of the trial a version is; FALSE where it has none. */
static gboolean
find_side (const Publication *publication, const char *version, GenRolloutSide *side)
{
  if (publication->phase != PUBLISH_CANARY)
    return FALSE;
  *side = g_strcmp0 (version, publication->candidate.name) == 0 ? GEN_ROLLOUT_CANDIDATE
                                                                : GEN_ROLLOUT_STABLE;
  return *side == GEN_ROLLOUT_CANDIDATE ||
         g_strcmp0 (version, publication->model->current.name) == 0;
}

void
serve_publishing_note (ServePublishing *publishing, const ServeModel *model, const char *version,
    gboolean failed, double latency)
{
  Publication *publication = publish_find (publishing, model);
  g_autofree double *values = NULL;
  GenRolloutSide side;

  if (publication == NULL || !find_side (publication, version, &side))
    return;
  values = serve_measure_request (publication->figures->len, failed, latency);
  for (guint i = 0; i < publication->figures->len; i++)
    gen_rollout_add (publication->rollout, side, i, values[i]);
  if (side == GEN_ROLLOUT_CANDIDATE)
    gen_rollout_note (publication->rollout, failed);
}
