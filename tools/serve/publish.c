/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "publish-private.h"
#include "watch/watch.h"

/* How often folders and windows are looked at, in seconds. */
#define LOOK_EVERY 1

/* Why a version is not tried for long. */
#define LOST "there is no file of the version before any more"

static const GenRolloutDecision at_limit[] = {
  [SERVE_UNDECIDED_ROLL_BACK] = GEN_ROLLOUT_ROLL_BACK,
  [SERVE_UNDECIDED_PROMOTE] = GEN_ROLLOUT_PROMOTE,
  [SERVE_UNDECIDED_KEEP] = GEN_ROLLOUT_WAIT,
};

static void
version_clear (ServeVersion *version)
{
  g_clear_pointer (&version->name, g_free);
  g_clear_pointer (&version->path, g_free);
}

Publication *
publish_find (ServePublishing *publishing, const ServeModel *model)
{
  Publication *publication = g_hash_table_lookup (publishing->publications, model->name);

  /* A studio file that was read again may have made another one of that name. */
  return publication != NULL && publication->model == model ? publication : NULL;
}

/* --- decisions --- */

/* What cannot be saved now, as on a disk that is full, is tried again at each look. */
static void
save_state (Publication *publication)
{
  const gboolean again = publication->unsaved;
  g_autoptr (GError) error = NULL;

  if (publication->settings->state == NULL)
    return;
  publication->unsaved =
      !serve_publish_state_save (&publication->state, publication->settings->state, &error);
  if (publication->unsaved)
    serve_watch_write_failed (publication->server->watch, "state");
  if (publication->unsaved && !again)
    g_warning (
        "what is published of %s is not remembered: %s", publication->model->name, error->message);
  else if (!publication->unsaved && again)
    g_message ("what is published of %s is remembered again", publication->model->name);
}

gboolean
publish_note (Publication *publication, const char *event, const char *version, const char *by,
    const char *reason, GError **error)
{
  JsonObject *details = json_object_new ();

  json_object_set_string_member (details, "model", publication->model->name);
  json_object_set_string_member (details, "version", version);
  if (reason != NULL)
    json_object_set_string_member (details, "reason", reason);
  if (!serve_server_audit (publication->server, event, by, details, error))
    return FALSE;
  g_message ("%s of %s: %s%s%s", version, publication->model->name, event,
      reason != NULL ? ": " : "", reason != NULL ? reason : "");
  g_free (publication->reason);
  publication->reason = g_strdup (reason != NULL ? reason : event);
  return TRUE;
}

/* A session plays the version of its side. */
static void
play_side (const PublishedSession *published, GenRolloutSide side)
{
  const Publication *publication = published->publication;
  const ServeVersion *version =
      side == GEN_ROLLOUT_CANDIDATE ? &publication->candidate : &publication->model->current;

  g_object_set (serve_session_get_generator (published->session), "model", version->path, NULL);
  serve_measure_restart (published->measure);
}

static GenRolloutSide
choose_side (const Publication *publication, const ServeSession *session)
{
  return publication->phase == PUBLISH_CANARY
             ? gen_rollout_choose (publication->settings->share, serve_session_get_id (session),
                   publication->candidate.name)
             : GEN_ROLLOUT_STABLE;
}

/* Sessions that see another version than they are to. */
static void
choose_sides (ServePublishing *publishing, const Publication *publication)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, publishing->sessions);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    PublishedSession *published = value;
    const GenRolloutSide side = choose_side (publication, published->session);

    if (published->publication != publication || side == published->side)
      continue;
    published->side = side;
    play_side (published, side);
  }
}

static void
end_trial (ServePublishing *publishing, Publication *publication)
{
  publication->phase = PUBLISH_IDLE;
  g_cancellable_cancel (publication->warming);
  g_clear_object (&publication->warming);
  choose_sides (publishing, publication);
}

void
publish_refuse (ServePublishing *publishing, Publication *publication, const char *event,
    const char *by, const char *reason)
{
  g_autoptr (GError) error = NULL;

  if (!publish_note (publication, event, publication->candidate.name, by, reason, &error))
    g_warning ("%s", error->message);
  g_hash_table_insert (
      publication->state.refused, g_strdup (publication->candidate.name), g_strdup (reason));
  save_state (publication);
  end_trial (publishing, publication);
  version_clear (&publication->candidate);
}

gboolean
publish_turn (ServePublishing *publishing, Publication *publication, const ServeVersion *version,
    GError **error)
{
  ServePublishState *state = &publication->state;
  g_autofree char *previous = g_strdup (publication->model->current.name);

  if (!serve_model_turn_to (publication->model, version, error))
    return FALSE;
  if (!g_str_equal (previous, version->name)) {
    g_free (state->previous);
    state->previous = g_steal_pointer (&previous);
  }
  g_free (state->stable);
  state->stable = g_strdup (version->name);
  g_hash_table_remove (state->refused, version->name);
  save_state (publication);
  end_trial (publishing, publication);
  version_clear (&publication->candidate);
  serve_server_turn_sessions (publication->server, publication->model);
  return TRUE;
}

static void
promote (ServePublishing *publishing, Publication *publication, const char *reason)
{
  g_autoptr (GError) error = NULL;

  if (!publish_note (
          publication, "version-promoted", publication->candidate.name, NULL, reason, &error))
    g_warning ("%s stays as it is: %s", publication->model->name, error->message);
  else if (!publish_turn (publishing, publication, &publication->candidate, &error))
    publish_refuse (publishing, publication, "version-refused", NULL, error->message);
}

/* --- a trial --- */

static void
begin_trial (ServePublishing *publishing, Publication *publication)
{
  const ServePublishSettings *settings = publication->settings;
  const GenRolloutRules rules = { .share = settings->share,
    .least = (guint)settings->least,
    .confidence = settings->confidence,
    .limit = (gint64)(settings->minutes * 60 * G_USEC_PER_SEC),
    .at_limit = at_limit[settings->undecided],
    .failures = (guint)settings->failures };

  g_clear_pointer (&publication->rollout, gen_rollout_free);
  publication->rollout =
      gen_rollout_new (&rules, (const GenRolloutFigure *)(gpointer)publication->figures->data,
          publication->figures->len, g_get_monotonic_time ());
  publication->phase = PUBLISH_CANARY;
  choose_sides (publishing, publication);
}

static void
on_warmed (const GError *problem, gpointer data)
{
  Publication *publication = data;
  g_autoptr (GError) error = NULL;

  if (problem != NULL) {
    publish_refuse (
        publication->publishing, publication, "version-refused", NULL, problem->message);
    return;
  }
  if (publish_has_lost_current (publication)) {
    promote (publication->publishing, publication, LOST);
    return;
  }
  if (!publish_note (
          publication, "version-tried", publication->candidate.name, NULL, NULL, &error)) {
    g_warning ("%s", error->message);
    end_trial (publication->publishing, publication);
    return;
  }
  begin_trial (publication->publishing, publication);
}

static void
begin_warming (Publication *publication, const ServeVersion *version)
{
  g_autoptr (GError) error = NULL;

  version_clear (&publication->candidate);
  publication->candidate = (ServeVersion){ g_strdup (version->name), g_strdup (version->path) };
  publication->phase = PUBLISH_WARMING;
  publication->warming = g_cancellable_new ();
  if (!serve_model_check_version (publication->model, version, &error)) {
    on_warmed (error, publication);
    return;
  }
  serve_publish_warm (publication->model, version, publication->warming, on_warmed, publication);
}

/* What a session has seen since the last look. */
static void
take_values (PublishedSession *published, gint64 now)
{
  Publication *publication = published->publication;
  g_autofree double *values = g_new (double, publication->figures->len);

  if (!serve_measure_take (published->measure, now, values) || publication->phase != PUBLISH_CANARY)
    return;
  for (guint i = 0; i < publication->figures->len; i++)
    gen_rollout_add (publication->rollout, published->side, i, values[i]);
  if (published->side == GEN_ROLLOUT_CANDIDATE)
    gen_rollout_note (publication->rollout, values[0] > 0);
}

static void
decide (ServePublishing *publishing, Publication *publication, gint64 now)
{
  g_autofree char *reason = NULL;
  const GenRolloutDecision decision = publish_has_lost_current (publication)
                                          ? GEN_ROLLOUT_PROMOTE
                                          : gen_rollout_decide (publication->rollout, now, &reason);

  if (reason == NULL && decision == GEN_ROLLOUT_PROMOTE)
    reason = g_strdup (LOST);
  if (decision == GEN_ROLLOUT_PROMOTE) {
    promote (publishing, publication, reason);
  } else if (decision == GEN_ROLLOUT_ROLL_BACK) {
    publish_refuse (publishing, publication, "version-rolled-back", NULL, reason);
  } else {
    g_free (publication->reason);
    publication->reason = g_steal_pointer (&reason);
  }
}

/* --- looking --- */

/* A newer version takes the place of one that is tried. */
static void
look_for_version (ServePublishing *publishing, Publication *publication)
{
  ServeVersion *found = publish_find_version (publication);

  if (found != NULL && (publication->phase == PUBLISH_IDLE ||
                           !g_str_equal (found->name, publication->candidate.name))) {
    if (publication->phase != PUBLISH_IDLE)
      end_trial (publishing, publication);
    begin_warming (publication, found);
  }
  g_clear_pointer (&found, serve_version_free);
}

gboolean
publish_look (gpointer data)
{
  ServePublishing *publishing = data;
  const gint64 now = g_get_monotonic_time ();
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, publishing->sessions);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    take_values (value, now);
  g_hash_table_iter_init (&iter, publishing->publications);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    Publication *publication = value;

    if (publication->unsaved)
      save_state (publication);
    if (publication->phase == PUBLISH_CANARY)
      decide (publishing, publication, now);
    look_for_version (publishing, publication);
  }
  return G_SOURCE_CONTINUE;
}

/* --- sessions --- */

void
serve_publishing_add (ServePublishing *publishing, ServeSession *session)
{
  const ServeModel *model = serve_session_get_mount (session)->model;
  Publication *publication = model != NULL ? publish_find (publishing, model) : NULL;
  PublishedSession *published;

  if (publication == NULL)
    return;
  published = g_new0 (PublishedSession, 1);
  published->session = session;
  published->publication = publication;
  published->measure = serve_measure_new (session, publication->settings);
  published->side = choose_side (publication, session);
  if (published->side == GEN_ROLLOUT_CANDIDATE)
    play_side (published, published->side);
  g_hash_table_insert (publishing->sessions, session, published);
}

void
serve_publishing_remove (ServePublishing *publishing, ServeSession *session)
{
  PublishedSession *published = g_hash_table_lookup (publishing->sessions, session);

  if (published == NULL)
    return;
  /* What it ended of counts. */
  take_values (published, g_get_monotonic_time ());
  g_hash_table_remove (publishing->sessions, session);
}

/* --- from beginning to end --- */

static void
publication_free (gpointer data)
{
  Publication *publication = data;

  g_cancellable_cancel (publication->warming);
  g_clear_object (&publication->warming);
  g_clear_pointer (&publication->rollout, gen_rollout_free);
  g_array_unref (publication->figures);
  g_hash_table_unref (publication->stamps);
  serve_publish_state_clear (&publication->state);
  version_clear (&publication->candidate);
  serve_model_unref (publication->model);
  g_free (publication->reason);
  g_free (publication);
}

/* Play the version that was played when the server ended. */
static gboolean
restore (Publication *publication, GError **error)
{
  g_autoptr (GPtrArray) versions = NULL;

  if (publication->settings->state == NULL)
    return TRUE;
  if (!serve_publish_state_load (&publication->state, publication->settings->state, error))
    return FALSE;
  versions = serve_model_list_versions (publication->model->settings, error);
  for (guint i = 0; versions != NULL && i < versions->len; i++) {
    const ServeVersion *version = versions->pdata[i];

    if (g_strcmp0 (version->name, publication->state.stable) == 0 &&
        !publish_is_current (publication, version))
      return serve_model_turn_to (publication->model, version, error);
  }
  return versions != NULL;
}

static gboolean
add_publication (ServePublishing *publishing, const ServePublishSettings *settings, GError **error)
{
  const char *name = settings->record.name;
  ServeModel *model = g_hash_table_lookup (publishing->server->models, name);
  Publication *publication;

  if (!g_file_test (model->settings->location, G_FILE_TEST_IS_DIR))
    return serve_record_fail (settings, NULL, error,
        "no version can come to models.%s.location, which is a file: it should be a folder", name);
  publication = g_new0 (Publication, 1);
  publication->publishing = publishing;
  publication->server = publishing->server;
  publication->model = serve_model_ref (model);
  publication->settings = settings;
  publication->figures = serve_measure_figures (settings);
  publication->state.refused = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  publication->stamps = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_hash_table_insert (publishing->publications, (char *)name, publication);
  if (!restore (publication, error))
    return FALSE;
  if (publication->state.stable == NULL)
    publication->state.stable = g_strdup (publication->model->current.name);
  return TRUE;
}

ServePublishing *
serve_publishing_new (ServeServer *server, GError **error)
{
  const GPtrArray *records =
      serve_configuration_list (server->configuration, &serve_section_publish);
  ServePublishing *publishing = g_new0 (ServePublishing, 1);

  publishing->server = server;
  publishing->configuration = serve_configuration_ref (server->configuration);
  publishing->publications =
      g_hash_table_new_full (g_str_hash, g_str_equal, NULL, publication_free);
  publishing->sessions = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  for (guint i = 0; i < records->len; i++)
    if (!add_publication (publishing, records->pdata[i], error)) {
      serve_publishing_free (publishing);
      return NULL;
    }
  if (records->len > 0)
    publishing->timer = g_timeout_add_seconds (LOOK_EVERY, publish_look, publishing);
  return publishing;
}

void
serve_publishing_free (ServePublishing *publishing)
{
  if (publishing == NULL)
    return;
  g_clear_handle_id (&publishing->timer, g_source_remove);
  g_hash_table_unref (publishing->sessions);
  g_hash_table_unref (publishing->publications);
  serve_configuration_unref (publishing->configuration);
  g_free (publishing);
}
