/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generative-model review: a page on which people decide on what contentgate holds. */
#include <stdio.h>
#include <string.h>

#include <glib-unix.h>

#include "../command.h"
#include "server.h"

#define LOOPBACK "127.0.0.1"
#define DEFAULT_PORT 8765

typedef struct {
  char *address, *certificate, *key, *token_file, *new_token, *name, *audit_log, *audit_key;
  char **hosts;
  int port;
  gboolean without_tls;
} Options;

static void
options_clear (Options *options)
{
  g_free (options->address);
  g_free (options->certificate);
  g_free (options->key);
  g_free (options->token_file);
  g_free (options->new_token);
  g_free (options->name);
  g_free (options->audit_log);
  g_free (options->audit_key);
  g_strfreev (options->hosts);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

/* --- how it can be reached --- */

/* Whoever is between sees all that is held, and the tokens. */
static gboolean
check_reach (const Options *options, GError **error)
{
  if (http_address_is_loopback (options->address) || options->certificate != NULL)
    return TRUE;
  if (!options->without_tls) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
        "%s can be reached by others: --certificate and --key are wanted, or --without-tls where "
        "something in front has them",
        options->address);
    return FALSE;
  }
  command_warn ("what is held, and the tokens, go over the network WITHOUT ENCRYPTION: whoever is "
                "between can read them and decide");
  return TRUE;
}

static gboolean
load_certificate (const Options *options, GTlsCertificate **certificate, GError **error)
{
  if (options->certificate == NULL && options->key == NULL)
    return TRUE;
  if (options->certificate == NULL || options->key == NULL) {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
        "--certificate and --key go together: a certificate and its private key in PEM");
    return FALSE;
  }
  *certificate = http_certificate_load (options->certificate, options->key, error);
  return *certificate != NULL;
}

static void
add_host (GPtrArray *hosts, const char *name, guint port, gboolean is_default)
{
  g_ptr_array_add (hosts, g_strdup_printf ("%s:%u", name, port));
  if (is_default)
    g_ptr_array_add (hosts, g_strdup (name));
}

/* The names that browsers know the page by. */
static GPtrArray *
list_hosts (const Options *options, guint port)
{
  GPtrArray *hosts = g_ptr_array_new_with_free_func (g_free);
  const gboolean is_default = port == (options->certificate != NULL ? 443 : 80);
  const gboolean is_v6 = strchr (options->address, ':') != NULL;
  g_autofree char *literal = g_strdup_printf (is_v6 ? "[%s]" : "%s", options->address);

  add_host (hosts, literal, port, is_default);
  if (http_address_is_loopback (options->address))
    add_host (hosts, "localhost", port, is_default);
  for (int i = 0; options->hosts != NULL && options->hosts[i] != NULL; i++)
    g_ptr_array_add (hosts, g_strdup (options->hosts[i]));
  return hosts;
}

/* --- who may --- */

static gboolean
load_tokens (const Options *options, ReviewAccess *access, char **token, GError **error)
{
  if (options->token_file != NULL)
    return review_access_load (access, options->token_file, error);
  if (!review_access_check_name (options->name, error))
    return FALSE;
  *token = review_access_add (access, options->name);
  return TRUE;
}

static int
make_token (const Options *options)
{
  GError *error = NULL;
  g_autofree char *token = NULL;

  if (options->token_file == NULL) {
    g_printerr ("%s: --token-file=FILE says where the token's hash goes\n", g_get_prgname ());
    return STATUS_USAGE;
  }
  token = review_access_add_to_file (options->token_file, options->new_token, &error);
  if (token == NULL)
    return command_fail (error);
  g_print ("%s\n", token);
  return STATUS_FINE;
}

/* --- running --- */

static void
tell_start (const Options *options, const char *folder, const char *host, const char *token)
{
  const char *scheme = options->certificate != NULL ? "https" : "http";
  g_autofree char *escaped = command_escape (folder);

  g_print ("What is held in %s is at %s://%s/\n", escaped, scheme, host);
  if (token != NULL)
    g_print (
        "%s's token is %s\nBoth in one: %s://%s/#%s\n", options->name, token, scheme, host, token);
  fflush (stdout);
}

static gboolean
stop (gpointer loop)
{
  g_main_loop_quit (loop);
  return G_SOURCE_CONTINUE;
}

static gboolean
open_audit (const Options *options, ReviewServer *server, GError **error)
{
  if (options->audit_log == NULL && options->audit_key != NULL) {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
        "--audit-key signs what --audit-log is, which is missing");
    return FALSE;
  }
  if (options->audit_log == NULL)
    return TRUE;
  server->audit = gen_audit_log_open (options->audit_log, options->audit_key, error);
  return server->audit != NULL;
}

static JsonObject *
describe (const char *folder, const char *host)
{
  JsonObject *details = json_object_new ();

  json_object_set_string_member (details, "location", folder);
  json_object_set_string_member (details, "address", host);
  return details;
}

static gboolean
serve (const Options *options, ReviewServer *server, const char *token, GError **error)
{
  /* As many as a few people need. */
  const HttpConnectionsLimits limits = { .most = 64, .patience = 60 };
  g_autoptr (SoupServer) soup = soup_server_new ("raw-paths", TRUE, NULL);
  g_autoptr (GTlsCertificate) certificate = NULL;
  g_autoptr (HttpConnections) connections = NULL;
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  guint signals[2], port;

  if (!check_reach (options, error) || !load_certificate (options, &certificate, error) ||
      !review_items_look (server->items, 0, error))
    return FALSE;
  review_server_attach (server, soup);
  connections = http_connections_new (soup, certificate, &limits);
  if (!http_connections_listen (connections, options->address, (guint)options->port, error))
    return FALSE;
  server->secure = certificate != NULL;
  port = http_connections_get_port (connections);
  server->hosts = list_hosts (options, port);
  /* Browsers have one room of cookies for all ports of a host. */
  server->cookie = g_strdup_printf ("review-session-%u", port);
  if (!review_server_audit (
          server, "review-started", NULL, describe (server->path, server->hosts->pdata[0]), error))
    return FALSE;
  signals[0] = g_unix_signal_add (SIGINT, stop, loop);
  signals[1] = g_unix_signal_add (SIGTERM, stop, loop);
  tell_start (options, server->path, server->hosts->pdata[0], token);
  g_main_loop_run (loop);
  for (int i = 0; i < 2; i++)
    g_source_remove (signals[i]);
  soup_server_disconnect (soup);
  return review_server_audit (server, "review-stopped", NULL, NULL, error);
}

static int
review (const Options *options, const char *folder)
{
  g_autoptr (ReviewAccess) access = review_access_new ();
  g_autoptr (ReviewItems) items = review_items_new (folder);
  ReviewServer server = { .access = access, .items = items, .path = folder };
  g_autofree char *token = NULL;
  GError *error = NULL;
  const gboolean done = load_tokens (options, access, &token, &error) &&
                        open_audit (options, &server, &error) &&
                        serve (options, &server, token, &error);

  g_clear_pointer (&server.hosts, g_ptr_array_unref);
  g_clear_pointer (&server.cookie, g_free);
  g_clear_pointer (&server.audit, gen_audit_log_free);
  return done ? STATUS_FINE : command_fail (error);
}

static int
run (int argc, char **argv)
{
  g_auto (Options) options = { .port = DEFAULT_PORT };
  const GOptionEntry entries[] = {
    { "address", 'a', 0, G_OPTION_ARG_STRING, &options.address,
        "The address to listen on (" LOOPBACK ")", "ADDRESS" },
    { "port", 'p', 0, G_OPTION_ARG_INT, &options.port, "The port (8765); 0: one that is free",
        "N" },
    { "host", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options.hosts,
        "A name, with its port, that browsers know the page by as well; may be said several times",
        "NAME" },
    { "certificate", 'c', 0, G_OPTION_ARG_FILENAME, &options.certificate,
        "The certificate for TLS (PEM)", "FILE" },
    { "key", 'k', 0, G_OPTION_ARG_FILENAME, &options.key,
        "Its private key (PEM), which nobody else may read", "FILE" },
    { "without-tls", 0, 0, G_OPTION_ARG_NONE, &options.without_tls,
        "Listen on another address than this machine's own without TLS", NULL },
    { "name", 'n', 0, G_OPTION_ARG_STRING, &options.name,
        "Who decides, without a file of tokens (you)", "NAME" },
    { "token-file", 't', 0, G_OPTION_ARG_FILENAME, &options.token_file,
        "File of who may decide, and the hashes of their tokens, which nobody else may read",
        "FILE" },
    { "new-token", 0, 0, G_OPTION_ARG_STRING, &options.new_token,
        "Print a new token of NAME, put its hash into the file of tokens, and end", "NAME" },
    { "audit-log", 0, 0, G_OPTION_ARG_FILENAME, &options.audit_log,
        "File that all that is decided is appended to", "FILE" },
    { "audit-key", 0, 0, G_OPTION_ARG_FILENAME, &options.audit_key,
        "The private key (Ed25519, PEM) that it is signed by", "FILE" },
    { NULL },
  };

  if (!command_parse (&command_review, entries,
          "FOLDER is contentgate's hold-location. Without --token-file a token is made, and "
          "printed.\ndocs/reviewing.md tells more.",
          0, 1, &argc, &argv))
    return STATUS_USAGE;
  if (options.address == NULL)
    options.address = g_strdup (LOOPBACK);
  if (options.name == NULL)
    options.name = g_strdup (g_get_user_name ());
  if (options.new_token != NULL)
    return make_token (&options);
  if (argc < 2 || options.port < 0 || options.port > G_MAXUINT16) {
    g_printerr ("usage: %s %s (--help tells more)\n", g_get_prgname (), command_review.arguments);
    return STATUS_USAGE;
  }
  return review (&options, argv[1]);
}

const Command command_review = { "review", "FOLDER", "Decide on what is held, in a browser", run };
