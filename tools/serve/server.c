/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "server.h"

#include "generate.h"
#include "load.h"
#include "watch/watch.h"
#include "page.h"
#include "publish.h"

/* How often sessions are looked at, in seconds. */
#define LOOK_EVERY 1

/* A protocol that has been started. */
typedef struct {
  const ServeProtocol *protocol;
  gpointer state;
} Playing;

ServeServer *
serve_server_new (ServeConfiguration *configuration, GError **error)
{
  g_autoptr (ServeServer) server = g_new0 (ServeServer, 1);
  const ServeServerSettings *settings = configuration->server;

  server->configuration = configuration;
  server->models = g_hash_table_new (g_str_hash, g_str_equal);
  server->mounts = g_hash_table_new (g_str_hash, g_str_equal);
  server->sessions = g_hash_table_new (g_str_hash, g_str_equal);
  server->clients = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  server->counters = gen_counters_new ();
  server->playing = g_ptr_array_new_with_free_func (g_free);
  server->http = serve_http_new (server);
  server->started = g_get_monotonic_time ();
  if (settings->audit != NULL) {
    server->audit = gen_audit_log_open (settings->audit, settings->audit_key, error);
    if (server->audit == NULL)
      return NULL;
  }
  serve_routes_add (server);
  server->watch = serve_watch_new (server);
  serve_page_add (server->http);
  serve_publish_routes_add (server);
  return g_steal_pointer (&server);
}

void
serve_server_free (ServeServer *server)
{
  serve_server_stop (server);
  serve_http_free (server->http);
  g_clear_pointer (&server->watch, serve_watch_free);
  g_ptr_array_unref (server->playing);
  g_hash_table_unref (server->sessions);
  g_hash_table_unref (server->clients);
  g_hash_table_unref (server->mounts);
  g_hash_table_unref (server->models);
  gen_counters_unref (server->counters);
  g_clear_pointer (&server->audit, gen_audit_log_free);
  serve_configuration_unref (server->configuration);
  g_free (server);
}

/* --- models and mounts --- */

static void
take_loaded (ServeServer *server, ServeLoaded *loaded)
{
  g_hash_table_unref (server->mounts);
  g_hash_table_unref (server->models);
  server->models = g_steal_pointer (&loaded->models);
  server->mounts = g_steal_pointer (&loaded->mounts);
}

gboolean
serve_server_load (ServeServer *server, GError **error)
{
  g_auto (ServeLoaded) loaded = { 0 };

  if (!serve_load (server->configuration, NULL, &loaded, error) ||
      !serve_watch_load (server->watch, server->configuration, error))
    return FALSE;
  take_loaded (server, &loaded);
  server->publishing = serve_publishing_new (server, error);
  return server->publishing != NULL;
}

/* What a mount does not name in so many words it does without, where it has to. */
static gboolean
add_to (const Playing *playing, ServeMount *mount, GError **error)
{
  g_autoptr (GError) problem = NULL;

  if (!serve_mount_has_protocol (mount, playing->protocol->name) ||
      playing->protocol->add_mount (playing->state, mount, &problem))
    return TRUE;
  if (serve_record_has (mount->settings, "protocols")) {
    g_propagate_error (error, g_steal_pointer (&problem));
    return FALSE;
  }
  g_message (
      "mounts.%s is not watched by %s: %s", mount->name, playing->protocol->name, problem->message);
  return TRUE;
}

static gboolean
add_to_all (ServeServer *server, ServeMount *mount, GError **error)
{
  for (guint i = 0; i < server->playing->len; i++)
    if (!add_to (server->playing->pdata[i], mount, error))
      return FALSE;
  return TRUE;
}

static void
remove_from_all (ServeServer *server, ServeMount *mount)
{
  for (guint i = 0; i < server->playing->len; i++) {
    const Playing *playing = server->playing->pdata[i];

    if (serve_mount_has_protocol (mount, playing->protocol->name))
      playing->protocol->remove_mount (playing->state, mount);
  }
}

/* --- protocols --- */

/* Whether any mount names it in so many words: then it has to be there. */
static gboolean
is_asked_for (ServeServer *server, const char *name)
{
  GHashTableIter iter;
  gpointer mount;

  g_hash_table_iter_init (&iter, server->mounts);
  while (g_hash_table_iter_next (&iter, NULL, &mount))
    if (serve_record_has (((ServeMount *)mount)->settings, "protocols") &&
        serve_mount_has_protocol (mount, name))
      return TRUE;
  return FALSE;
}

static gboolean
start_protocol (ServeServer *server, const ServeProtocol *protocol, GError **error)
{
  g_autoptr (GError) problem = NULL;
  gpointer state = protocol->start (server, &problem);
  Playing *playing;
  GHashTableIter iter;
  gpointer mount;

  if (state == NULL && is_asked_for (server, protocol->name)) {
    g_propagate_prefixed_error (error, g_steal_pointer (&problem), "protocol %s: ", protocol->name);
    return FALSE;
  }
  if (state == NULL) {
    g_message ("nothing is watched by %s: %s", protocol->name, problem->message);
    return TRUE;
  }
  playing = g_new (Playing, 1);
  *playing = (Playing){ protocol, state };
  g_ptr_array_add (server->playing, playing);
  g_hash_table_iter_init (&iter, server->mounts);
  while (g_hash_table_iter_next (&iter, NULL, &mount))
    if (!add_to (playing, mount, error))
      return FALSE;
  return TRUE;
}

void
serve_server_describe (
    ServeServer *server, const ServeMount *mount, const char *host, JsonObject *object)
{
  for (guint i = 0; i < server->playing->len; i++) {
    const Playing *playing = server->playing->pdata[i];

    if (playing->protocol->describe != NULL &&
        (mount == NULL || serve_mount_has_protocol (mount, playing->protocol->name)))
      playing->protocol->describe (playing->state, mount, host, object);
  }
}

/* --- sessions --- */

static gboolean
is_over (const ServeServer *server, ServeSession *session, gint64 now)
{
  const ServeLimits *limits = server->configuration->limits;
  const gint64 age = now - serve_session_get_started (session);
  const gint64 idle = now - serve_session_get_touched (session);

  return idle > (gint64)limits->idle_seconds * G_USEC_PER_SEC ||
         (limits->session_seconds > 0 && age > (gint64)limits->session_seconds * G_USEC_PER_SEC);
}

/* Close those of which `now` says that they are over; all, where it is negative. */
static void
close_sessions (ServeServer *server, gint64 now)
{
  g_autoptr (GPtrArray) over = g_ptr_array_new_with_free_func ((GDestroyNotify)serve_session_unref);
  GHashTableIter iter;
  gpointer session;

  g_hash_table_iter_init (&iter, server->sessions);
  while (g_hash_table_iter_next (&iter, NULL, &session))
    if (now < 0 || is_over (server, session, now))
      g_ptr_array_add (over, serve_session_ref (session));
  for (guint i = 0; i < over->len; i++)
    serve_session_close (over->pdata[i]);
}

static void
quit (ServeServer *server)
{
  if (server->loop != NULL)
    g_main_loop_quit (server->loop);
}

/* Whether anybody would lose something if it ended now. */
static gboolean
is_busy (const ServeServer *server)
{
  return g_hash_table_size (server->sessions) > 0 ||
         (server->generate != NULL && serve_generate_count (server->generate) > 0);
}

static gboolean
look (gpointer data)
{
  ServeServer *server = data;

  close_sessions (server, g_get_monotonic_time ());
  if (server->draining && !is_busy (server))
    quit (server);
  return G_SOURCE_CONTINUE;
}

void
serve_server_turn_sessions (ServeServer *server, ServeModel *model)
{
  GHashTableIter iter;
  gpointer session;

  g_hash_table_iter_init (&iter, server->sessions);
  while (g_hash_table_iter_next (&iter, NULL, &session)) {
    GstElement *generator = serve_session_get_generator (session);

    if (generator != NULL && serve_session_get_mount (session)->model == model)
      g_object_set (generator, "model", model->current.path, NULL);
  }
}

/* --- from its start to its end --- */

gboolean
serve_server_start (ServeServer *server, GError **error)
{
  server->generate = serve_generate_new (server, error);
  if (server->generate == NULL || !serve_http_listen (server->http, error))
    return FALSE;
  for (int i = 0; serve_protocols[i] != NULL; i++)
    if (!start_protocol (server, serve_protocols[i], error))
      return FALSE;
  if (!serve_server_audit (server, "serve-started", NULL, NULL, error))
    return FALSE;
  server->timer = g_timeout_add_seconds (LOOK_EVERY, look, server);
  server->ready = TRUE;
  serve_watch_start (server->watch);
  return TRUE;
}

static gboolean
end_drain (gpointer data)
{
  ServeServer *server = data;

  server->drain_timer = 0;
  quit (server);
  return G_SOURCE_REMOVE;
}

void
serve_server_drain (ServeServer *server)
{
  const int seconds = server->configuration->limits->drain_seconds;

  if (server->draining || !is_busy (server) || seconds == 0) {
    server->draining = TRUE;
    quit (server);
    return;
  }
  server->draining = TRUE;
  g_message (
      "%u sessions play on for %d seconds at most, and end at once when it is told to end again",
      g_hash_table_size (server->sessions), seconds);
  server->drain_timer = g_timeout_add_seconds ((guint)seconds, end_drain, server);
}

void
serve_server_fail (ServeServer *server)
{
  if (server->failed)
    return;
  server->failed = TRUE;
  serve_server_drain (server);
}

void
serve_server_stop (ServeServer *server)
{
  const gboolean was_ready = server->ready;
  g_autoptr (GError) error = NULL;

  server->ready = FALSE;
  server->draining = TRUE;
  g_clear_handle_id (&server->timer, g_source_remove);
  g_clear_handle_id (&server->drain_timer, g_source_remove);
  if (server->watch != NULL)
    serve_watch_stop (server->watch);
  serve_http_close (server->http);
  close_sessions (server, -1);
  g_clear_pointer (&server->publishing, serve_publishing_free);
  while (server->playing->len > 0) {
    const Playing *playing = server->playing->pdata[server->playing->len - 1];

    playing->protocol->stop (playing->state);
    g_ptr_array_set_size (server->playing, (int)server->playing->len - 1);
  }
  g_clear_pointer (&server->generate, serve_generate_free);
  if (was_ready && !serve_server_audit (server, "serve-stopped", NULL, NULL, &error))
    g_warning ("%s", error->message);
}

/* --- again --- */

/* Mounts that are new are added to their protocols, those that are gone are taken away. */
static void
change_mounts (ServeServer *server, const ServeLoaded *loaded)
{
  GHashTableIter iter;
  gpointer name, mount;

  g_hash_table_iter_init (&iter, server->mounts);
  while (g_hash_table_iter_next (&iter, &name, &mount))
    if (g_hash_table_lookup (loaded->mounts, name) != mount)
      remove_from_all (server, mount);
  g_hash_table_iter_init (&iter, loaded->mounts);
  while (g_hash_table_iter_next (&iter, &name, &mount)) {
    g_autoptr (GError) error = NULL;

    if (g_hash_table_lookup (server->mounts, name) != mount && !add_to_all (server, mount, &error))
      g_warning ("%s", error->message);
  }
}

static void
reload_protocols (ServeServer *server)
{
  for (guint i = 0; i < server->playing->len; i++) {
    const Playing *playing = server->playing->pdata[i];

    if (playing->protocol->reload != NULL)
      playing->protocol->reload (playing->state);
  }
}

/* A file that is empty for a moment, as one that is written in place is, ends nobody's stream. */
static gboolean
check_serves (const ServeConfiguration *configuration, GError **error)
{
  if (configuration->models->len > 0 || configuration->mounts->len > 0)
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
      "%s: there is neither a [models.NAME] nor a [mounts.NAME] in it, so that nothing would be "
      "served",
      configuration->path);
  return FALSE;
}

static void
warn_of_restart (const ServeServerSettings *old, const ServeServerSettings *new)
{
  if (g_strcmp0 (old->address, new->address) != 0 || old->port != new->port ||
      old->rtsp_port != new->rtsp_port || g_strcmp0 (old->audit, new->audit) != 0)
    g_message ("server.address, ports, audit and [publish] are taken over at the next start");
}

gboolean
serve_server_reload (ServeServer *server, GError **error)
{
  const ServeLoaded old = { server->models, server->mounts };
  g_autoptr (ServeConfiguration) configuration =
      serve_configuration_load (server->configuration->path, error);
  ServeConfiguration *before = server->configuration;
  g_auto (ServeLoaded) loaded = { 0 };

  if (configuration == NULL || !check_serves (configuration, error) ||
      !serve_load (configuration, &old, &loaded, error) ||
      !serve_watch_check (server->watch, configuration, error))
    return FALSE;
  server->configuration = configuration;
  if (!serve_http_reload (server->http, error) ||
      !serve_watch_load (server->watch, configuration, error)) {
    server->configuration = before;
    return FALSE;
  }
  warn_of_restart (before->server, configuration->server);
  reload_protocols (server);
  change_mounts (server, &loaded);
  take_loaded (server, &loaded);
  serve_configuration_unref (before);
  g_steal_pointer (&configuration);
  return TRUE;
}

/* --- finding --- */

static gpointer
find (GHashTable *table, const char *kind, const char *name, GError **error)
{
  gpointer found = g_hash_table_lookup (table, name);

  if (found == NULL)
    g_set_error (
        error, SERVE_ERROR, SERVE_ERROR_NOT_FOUND, "there is no %s \"%s\" here", kind, name);
  return found;
}

ServeModel *
serve_server_find_model (ServeServer *server, const char *name, GError **error)
{
  return find (server->models, "model", name, error);
}

ServeMount *
serve_server_find_mount (ServeServer *server, const char *name, GError **error)
{
  return find (server->mounts, "mount", name, error);
}

ServeSession *
serve_server_find_session (ServeServer *server, const char *id, GError **error)
{
  return find (server->sessions, "session", id, error);
}

gboolean
serve_server_audit (
    ServeServer *server, const char *event, const char *by, JsonObject *details, GError **error)
{
  g_autoptr (JsonObject) taken = details;

  if (server->audit == NULL || (gen_audit_log_add (server->audit, event, by, taken, error) &&
                                   gen_audit_log_sign (server->audit, error)))
    return TRUE;
  serve_watch_write_failed (server->watch, "audit");
  return FALSE;
}
