/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generative-serve promote and rollback: what a server that runs is told of its versions. */
#include <string.h>

#include <libsoup/soup.h>

#include "../../lib/base/json-file.h"
#include "../../lib/base/json-members.h"
#include "command.h"

#define DEFAULT_URL "http://127.0.0.1:8080/"
#define TOKEN "GENERATIVE_SERVE_TOKEN"

static gboolean
fail (GError **error, const char *url, const char *text)
{
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: %s", url, text);
  return FALSE;
}

/* What the server says: the version that is played, or what is wrong. */
static gboolean
read_answer (SoupMessage *message, GBytes *bytes, const char *url, GError **error)
{
  g_autofree char *text = g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  g_autoptr (JsonNode) node = gen_json_from_text (text, NULL);
  JsonObject *object =
      node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
  const char *problem = gen_json_text_in (gen_json_object_in (object, "error"), "message");

  if (soup_message_get_status (message) != SOUP_STATUS_OK)
    return fail (error, url, problem != NULL ? problem : soup_message_get_reason_phrase (message));
  if (gen_json_text_in (object, "stable") == NULL)
    return fail (error, url, "the answer is none of generative-serve's");
  g_print (
      "%s plays %s\n", gen_json_text_in (object, "model"), gen_json_text_in (object, "stable"));
  return TRUE;
}

/* One that trusts whom `authority` has, or else whom the system does. */
static SoupSession *
make_session (const char *authority, GError **error)
{
  g_autoptr (GTlsDatabase) database = NULL;
  g_autofree char *path = NULL;

  if (authority == NULL)
    return soup_session_new_with_options ("timeout", 150, NULL);
  path = g_canonicalize_filename (authority, NULL);
  database = g_tls_file_database_new (path, error);
  if (database == NULL) {
    g_prefix_error (error, "--authority: ");
    return NULL;
  }
  return soup_session_new_with_options ("timeout", 150, "tls-database", database, NULL);
}

/* Post to the model's path. */
static gboolean
post (SoupSession *session, const char *base, const char *model, const char *verb,
    const char *version, GError **error)
{
  g_autofree char *escaped = g_uri_escape_string (model, NULL, FALSE);
  g_autofree char *path = g_strdup_printf ("v1/models/%s/%s", escaped, verb);
  g_autofree char *url = g_uri_resolve_relative (base, path, G_URI_FLAGS_NONE, error);
  g_autoptr (SoupMessage) message = url != NULL ? soup_message_new ("POST", url) : NULL;
  g_autoptr (GBytes) answer = NULL;

  if (message == NULL)
    return url == NULL ? FALSE : fail (error, url, "it is no address of a server");
  if (g_getenv (TOKEN) != NULL) {
    g_autofree char *authorization = g_strconcat ("Bearer ", g_getenv (TOKEN), NULL);

    soup_message_headers_replace (
        soup_message_get_request_headers (message), "Authorization", authorization);
  }
  if (version != NULL) {
    g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
    g_autofree char *text = NULL;
    g_autoptr (GBytes) body = NULL;

    json_node_take_object (node, json_object_new ());
    json_object_set_string_member (json_node_get_object (node), "version", version);
    text = gen_json_to_text (node, FALSE);
    body = g_bytes_new (text, strlen (text));
    soup_message_set_request_body_from_bytes (message, "application/json", body);
  }
  answer = soup_session_send_and_read (session, message, NULL, error);
  if (answer != NULL)
    return read_answer (message, answer, url, error);
  g_prefix_error (error, "%s: ", url);
  return FALSE;
}

static int
run (int argc, char **argv, const char *arguments, const char *summary, int most)
{
  g_autofree char *url = NULL, *authority = NULL, *verb = g_strdup (argv[0]);
  g_autoptr (GOptionContext) context = g_option_context_new (arguments);
  g_autoptr (SoupSession) session = NULL;
  GError *error = NULL;
  const GOptionEntry entries[] = {
    { "url", 'u', 0, G_OPTION_ARG_STRING, &url, "Where the server is (" DEFAULT_URL ")", "URL" },
    { "authority", 'a', 0, G_OPTION_ARG_FILENAME, &authority,
        "Who vouches for its certificate, or that itself (PEM), in place of the system's", "FILE" },
    { NULL },
  };

  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_set_summary (context, summary);
  g_option_context_set_description (
      context, "A token, where the server wants one, is taken from " TOKEN " in the environment.");
  if (!g_option_context_parse (context, &argc, &argv, &error))
    return serve_command_fail (error);
  if (argc < 2 || argc > most) {
    g_printerr ("usage: %s %s\n", g_get_prgname (), arguments);
    return SERVE_STATUS_USAGE;
  }
  session = make_session (authority, &error);
  if (session == NULL || !post (session, url != NULL ? url : DEFAULT_URL, argv[1], verb,
                             argc > 2 ? argv[2] : NULL, &error))
    return serve_command_fail (error);
  return SERVE_STATUS_FINE;
}

static int
run_promote (int argc, char **argv)
{
  return run (argc, argv, serve_command_promote.arguments, serve_command_promote.summary, 3);
}

static int
run_rollback (int argc, char **argv)
{
  return run (argc, argv, serve_command_rollback.arguments, serve_command_rollback.summary, 2);
}

const ServeCommand serve_command_promote = { "promote", "MODEL [VERSION]",
  "Let a server play the version that it tries, or another one, at once", run_promote };
const ServeCommand serve_command_rollback = { "rollback", "MODEL",
  "Let a server end a trial, or play the version before", run_rollback };
