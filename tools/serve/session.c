/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "session.h"

#include "../../lib/base/json-members.h"
#include "../http/descriptors.h"
#include "publish.h"
#include "server.h"
#include "session-bin.h"
#include "session-parameters.h"
#include "watch/watch.h"
#include "../../elements/tracer/group.h"

/* Of an id: 128 random bits are enough for not being guessed. */
#define ID_DIGITS 32

/* Descriptors that are wanted for one to begin: it opens some, and so do those that ask. */
#define DESCRIPTORS 32

struct _ServeSession {
  ServeServer *server; /* NULL: it is closed */
  ServeMount *mount;
  char *id, *owner;
  const char *protocol;
  GstElement *bin;
  GHashTable *numbers; /* what has been said of the model's parameters */
  gint64 started;
  gint64 touched; /* under `lock`, as others threads touch it, too */
  GMutex lock;
  ServeSessionClosed closed;
  gpointer data;
  gint ref_count;
};

/* --- how many there are --- */

static guint
count_of (const ServeServer *server, const char *owner)
{
  return GPOINTER_TO_UINT (g_hash_table_lookup (server->clients, owner));
}

static gboolean
check_limits (const ServeServer *server, const char *owner, GError **error)
{
  const ServeLimits *limits = server->configuration->limits;

  if (server->draining) {
    g_set_error_literal (
        error, SERVE_ERROR, SERVE_ERROR_DRAINING, "the server is about to end: it begins nothing");
    return FALSE;
  }
  if (g_hash_table_size (server->sessions) >= (guint)limits->sessions) {
    g_set_error (error, SERVE_ERROR, SERVE_ERROR_BUSY,
        "%d sessions play, as many as limits.sessions allows", limits->sessions);
    return FALSE;
  }
  if (owner != NULL && count_of (server, owner) >= (guint)limits->sessions_per_client) {
    g_set_error (error, SERVE_ERROR, SERVE_ERROR_TOO_MANY,
        "you have %d sessions, as many as limits.sessions-per-client allows",
        limits->sessions_per_client);
    return FALSE;
  }
  if (http_descriptors_are_short (DESCRIPTORS)) {
    g_set_error_literal (error, SERVE_ERROR, SERVE_ERROR_BUSY,
        "the server has as many files and connections open as the system lets it (ulimit -n)");
    return FALSE;
  }
  return TRUE;
}

/* Sessions that play have the model, and go on. */
static gboolean
check_file (const ServeMount *mount, GError **error)
{
  const ServeModel *model = mount->model;

  if (model == NULL || g_file_test (model->current.path, G_FILE_TEST_EXISTS))
    return TRUE;
  g_warning ("mounts.%s: there is no %s any more", mount->name, model->current.path);
  g_set_error (error, SERVE_ERROR, SERVE_ERROR_BUSY,
      "version %s of model %s has been removed, so that nothing begins with it",
      model->current.name, model->name);
  return FALSE;
}

static void
change_count (ServeServer *server, const char *owner, int by)
{
  const int n = owner != NULL ? (int)count_of (server, owner) + by : 0;

  if (owner != NULL && n > 0)
    g_hash_table_replace (server->clients, g_strdup (owner), GINT_TO_POINTER (n));
  else if (owner != NULL)
    g_hash_table_remove (server->clients, owner);
}

/* --- one --- */

static char *
make_id (void)
{
  g_autofree char *secret = gen_secret_make ();
  char *id = gen_secret_hash (secret);

  id[ID_DIGITS] = '\0';
  return id;
}

ServeSession *
serve_session_new (
    ServeServer *server, ServeMount *mount, const char *owner, const char *protocol, GError **error)
{
  ServeSession *session;
  GstElement *bin;

  if (!check_limits (server, owner, error) || !check_file (mount, error))
    return NULL;
  bin = serve_session_bin_new (mount, error);
  if (bin == NULL)
    return NULL;
  g_object_set_data_full (G_OBJECT (bin), GST_TRACE_GROUP, g_strdup (mount->name), g_free);
  session = g_new0 (ServeSession, 1);
  session->ref_count = 1;
  session->server = server;
  session->mount = serve_mount_ref (mount);
  session->id = make_id ();
  session->owner = g_strdup (owner);
  session->protocol = protocol;
  session->bin = bin;
  session->numbers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  session->started = session->touched = g_get_monotonic_time ();
  g_mutex_init (&session->lock);
  g_hash_table_insert (server->sessions, session->id, serve_session_ref (session));
  change_count (server, owner, 1);
  serve_watch_session (server->watch, session, TRUE);
  if (server->publishing != NULL)
    serve_publishing_add (server->publishing, session);
  return session;
}

ServeSession *
serve_session_ref (ServeSession *session)
{
  g_atomic_int_inc (&session->ref_count);
  return session;
}

void
serve_session_unref (ServeSession *session)
{
  if (!g_atomic_int_dec_and_test (&session->ref_count))
    return;
  gst_object_unref (session->bin);
  serve_mount_unref (session->mount);
  g_hash_table_unref (session->numbers);
  g_mutex_clear (&session->lock);
  g_free (session->id);
  g_free (session->owner);
  g_free (session);
}

void
serve_session_set_closed (ServeSession *session, ServeSessionClosed closed, gpointer data)
{
  session->closed = closed;
  session->data = data;
}

void
serve_session_close (ServeSession *session)
{
  ServeServer *server = session->server;
  g_autoptr (ServeSession) kept = serve_session_ref (session);
  const ServeSessionClosed closed = session->closed;

  if (server == NULL)
    return;
  if (server->publishing != NULL)
    serve_publishing_remove (server->publishing, session);
  session->server = NULL;
  session->closed = NULL;
  g_hash_table_steal (server->sessions, session->id);
  change_count (server, session->owner, -1);
  serve_watch_session (server->watch, session, FALSE);
  if (closed != NULL)
    closed (session, session->data);
  /* The table's. */
  serve_session_unref (session);
}

gboolean
serve_session_is_closed (const ServeSession *session)
{
  return session->server == NULL;
}

/* --- when somebody has watched it --- */

void
serve_session_touch (ServeSession *session)
{
  g_mutex_lock (&session->lock);
  session->touched = g_get_monotonic_time ();
  g_mutex_unlock (&session->lock);
}

gint64
serve_session_get_touched (ServeSession *session)
{
  gint64 touched;

  g_mutex_lock (&session->lock);
  touched = session->touched;
  g_mutex_unlock (&session->lock);
  return touched;
}

gint64
serve_session_get_started (const ServeSession *session)
{
  return session->started;
}

/* --- what it is --- */

const char *
serve_session_get_id (const ServeSession *session)
{
  return session->id;
}

const char *
serve_session_get_owner (const ServeSession *session)
{
  return session->owner;
}

const char *
serve_session_get_protocol (const ServeSession *session)
{
  return session->protocol;
}

ServeMount *
serve_session_get_mount (const ServeSession *session)
{
  return session->mount;
}

GstElement *
serve_session_get_bin (ServeSession *session)
{
  return session->bin;
}

GstElement *
serve_session_get_generator (ServeSession *session)
{
  return serve_session_bin_get_generator (session->bin);
}

/* --- parameters --- */

gboolean
serve_session_set (ServeSession *session, const char *name, const char *value, GError **error)
{
  return serve_parameters_set (
      session->mount, session->bin, session->numbers, name, value, FALSE, error);
}

/* A number, a text, or an array of numbers, as one text. NULL: it is something else. */
static char *
make_text (JsonNode *node)
{
  char number[G_ASCII_DTOSTR_BUF_SIZE];

  if (json_node_get_value_type (node) == G_TYPE_STRING)
    return g_strdup (json_node_get_string (node));
  if (json_node_get_value_type (node) == G_TYPE_INT64)
    return g_strdup_printf ("%" G_GINT64_FORMAT, json_node_get_int (node));
  if (gen_json_is_number (node))
    return g_strdup (g_ascii_dtostr (number, sizeof number, json_node_get_double (node)));
  if (!JSON_NODE_HOLDS_ARRAY (node))
    return NULL;
  g_autoptr (GString) text = g_string_new (NULL);
  JsonArray *array = json_node_get_array (node);

  for (guint i = 0; i < json_array_get_length (array); i++) {
    JsonNode *element = json_array_get_element (array, i);

    if (!gen_json_is_number (element))
      return NULL;
    g_string_append_printf (text, "%s%s", i > 0 ? ":" : "",
        g_ascii_dtostr (number, sizeof number, json_node_get_double (element)));
  }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

gboolean
serve_session_set_all (ServeSession *session, JsonObject *values, GError **error)
{
  g_autoptr (GList) names = json_object_get_members (values);

  for (int check = 1; check >= 0; check--)
    for (const GList *name = names; name != NULL; name = name->next) {
      g_autofree char *text = make_text (json_object_get_member (values, name->data));

      if (text == NULL) {
        g_set_error (error, SERVE_ERROR, SERVE_ERROR_INVALID,
            "%s: a number, a text or an array of numbers is wanted", (const char *)name->data);
        return FALSE;
      }
      if (!serve_parameters_set (
              session->mount, session->bin, session->numbers, name->data, text, check, error))
        return FALSE;
    }
  return TRUE;
}

JsonObject *
serve_session_describe (ServeSession *session)
{
  const gint64 now = g_get_monotonic_time ();
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "id", session->id);
  json_object_set_string_member (object, "mount", session->mount->name);
  json_object_set_string_member (object, "protocol", session->protocol);
  if (session->owner != NULL)
    json_object_set_string_member (object, "owner", session->owner);
  json_object_set_double_member (
      object, "seconds", (double)(now - session->started) / G_USEC_PER_SEC);
  json_object_set_double_member (
      object, "idle", (double)(now - serve_session_get_touched (session)) / G_USEC_PER_SEC);
  json_object_set_object_member (
      object, "parameters", serve_parameters_get (session->mount, session->bin, session->numbers));
  return object;
}
