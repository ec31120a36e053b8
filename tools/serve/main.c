/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generative-serve: models and pipelines for whoever watches, by RTSP, WebRTC, HLS and HTTP, from
 * one process. */
#include <stdio.h>
#include <string.h>

#include <glib-unix.h>

#include <generative/version.h>

#include "../../lib/base/json-file.h"
#include "../http/descriptors.h"
#include "allocator.h"
#include "command.h"
#include "quick.h"
#include "server.h"
#include "systemd.h"
#include "watch/log.h"

typedef struct {
  char *config;
  int port, rtsp_port; /* -1: as the studio file says */
  gboolean check, print_example, version;
} Options;

static void
options_clear (Options *options)
{
  g_free (options->config);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

/* --- what it is to do --- */

static int
print_example (void)
{
  g_autoptr (GBytes) bytes =
      g_resources_lookup_data ("/serve/studio.toml", G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
  gsize size;
  const char *text = g_bytes_get_data (bytes, &size);

  fwrite (text, 1, size, stdout);
  return fflush (stdout) == 0 ? SERVE_STATUS_FINE : SERVE_STATUS_FAILED;
}

static ServeConfiguration *
load (const Options *options, const char *const *models, GError **error)
{
  g_autofree char *path = options->config != NULL ? g_strdup (options->config)
                          : models[0] == NULL     ? serve_command_find_file ()
                                                  : NULL;
  ServeConfiguration *configuration;

  if (path == NULL && models[0] == NULL) {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
        "--config=FILE says what is served, or the names of models do; --print-example shows such "
        "a file");
    return NULL;
  }
  if (path != NULL && models[0] != NULL) {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
        "a studio file says which models are served: there is nothing to be said besides");
    return NULL;
  }
  configuration = path != NULL ? serve_configuration_load (path, error)
                               : serve_quick_configuration (models, error);
  if (configuration != NULL)
    serve_configuration_set_ports (configuration, options->port, options->rtsp_port);
  return configuration;
}

/* --- running --- */

static gboolean
on_end (gpointer data)
{
  serve_systemd_notify ("STOPPING=1");
  serve_server_drain (data);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_reload (gpointer data)
{
  g_autoptr (GError) error = NULL;

  serve_systemd_notify ("RELOADING=1");
  if (serve_server_reload (data, &error))
    g_message ("the studio file has been read again");
  else
    g_warning ("all stays as it was: %s", error->message);
  serve_systemd_notify ("READY=1");
  return G_SOURCE_CONTINUE;
}

/* A line of JSON for whoever has started it: where it is. */
static void
tell_ready (ServeServer *server)
{
  const char *scheme = serve_http_get_certificate (server->http) != NULL ? "https" : "http";
  const char *address = server->configuration->server->address;
  const guint port = serve_http_get_port (server->http);
  g_autofree char *url = g_strdup_printf (
      strchr (address, ':') != NULL ? "%s://[%s]:%u/" : "%s://%s:%u/", scheme, address, port);
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  g_autofree char *text = NULL;
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "url", url);
  json_object_set_int_member (object, "port", port);
  serve_server_describe (server, NULL, NULL, object);
  json_node_take_object (node, object);
  text = gen_json_to_text (node, FALSE);
  g_print ("%s\n", text);
  fflush (stdout);
  serve_systemd_notify ("READY=1");
}

static gboolean
serve (ServeServer *server, GError **error)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  guint sources[4] = { 0 };

  if (!serve_server_start (server, error))
    return FALSE;
  server->loop = loop;
  sources[0] = g_unix_signal_add (SIGTERM, on_end, server);
  sources[1] = g_unix_signal_add (SIGINT, on_end, server);
  sources[2] = g_unix_signal_add (SIGHUP, on_reload, server);
  sources[3] = serve_systemd_watch ();
  tell_ready (server);
  g_main_loop_run (loop);
  for (gsize i = 0; i < G_N_ELEMENTS (sources); i++)
    g_clear_handle_id (&sources[i], g_source_remove);
  server->loop = NULL;
  serve_server_stop (server);
  return TRUE;
}

static void
tell_checked (const ServeServer *server)
{
  const guint models = g_hash_table_size (server->models);
  const guint mounts = g_hash_table_size (server->mounts);

  g_print ("%s: %u model%s, %u mount%s%s\n", server->configuration->path, models,
      models == 1 ? "" : "s", mounts, mounts == 1 ? "" : "s",
      mounts == 0 ? ": nothing can be watched" : "");
}

static int
run (const Options *options, const char *const *models)
{
  GError *error = NULL;
  ServeConfiguration *configuration = load (options, models, &error);
  g_autoptr (ServeServer) server = NULL;

  if (configuration == NULL)
    return serve_command_fail (error);
  serve_log_begin (configuration->server->log);
  server = serve_server_new (configuration, &error);
  if (server == NULL || !serve_server_load (server, &error))
    return serve_command_fail (error);
  if (options->check) {
    if (!serve_http_reload (server->http, &error))
      return serve_command_fail (error);
    tell_checked (server);
    return SERVE_STATUS_FINE;
  }
  if (!serve (server, &error))
    return serve_command_fail (error);
  return server->failed ? SERVE_STATUS_ENDED : SERVE_STATUS_FINE;
}

/* --- the command line --- */

static char *
make_description (void)
{
  g_autoptr (GString) text = g_string_new ("Commands:\n");

  for (int i = 0; serve_commands[i] != NULL; i++) {
    g_autofree char *call =
        g_strconcat (serve_commands[i]->name, " ", serve_commands[i]->arguments, NULL);

    g_string_append_printf (text, "  %-24s  %s\n", call, serve_commands[i]->summary);
  }
  g_string_append (text, "\nSIGTERM ends it once nobody watches any more, at once when it comes "
                         "again; SIGHUP reads the studio file\nagain. docs/serving.md tells more.");
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static const ServeCommand *
find_command (const char *name)
{
  for (int i = 0; serve_commands[i] != NULL; i++)
    if (strcmp (serve_commands[i]->name, name) == 0)
      return serve_commands[i];
  return NULL;
}

int
main (int argc, char **argv)
{
  g_auto (Options) options = { .port = -1, .rtsp_port = -1 };
  g_autoptr (GOptionContext) context = g_option_context_new ("[MODEL…]");
  g_autofree char *description = make_description ();
  g_autoptr (GError) error = NULL;
  const ServeCommand *command = argc > 1 ? find_command (argv[1]) : NULL;
  const GOptionEntry entries[] = {
    { "config", 'c', 0, G_OPTION_ARG_FILENAME, &options.config,
        "The studio file, which says what is served (studio.toml, or the system's)", "FILE" },
    { "check", 0, 0, G_OPTION_ARG_NONE, &options.check,
        "Look at the studio file and the models, and end", NULL },
    { "print-example", 0, 0, G_OPTION_ARG_NONE, &options.print_example,
        "Print a studio file with all that it can say, and end", NULL },
    { "port", 'p', 0, G_OPTION_ARG_INT, &options.port,
        "The port of HTTP, in place of the file's; 0: one that is free", "N" },
    { "rtsp-port", 0, 0, G_OPTION_ARG_INT, &options.rtsp_port,
        "The port of RTSP, in place of the file's; 0: one that is free", "N" },
    { "version", 0, 0, G_OPTION_ARG_NONE, &options.version, "Print the version, and end", NULL },
    { NULL },
  };

  serve_allocator_settle ();
  g_set_prgname ("generative-serve");
  if (command != NULL) {
    g_autofree char *name = g_strconcat (g_get_prgname (), " ", command->name, NULL);

    g_set_prgname (name);
    return command->run (argc - 1, argv + 1);
  }
  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_set_summary (context, "Serve models and pipelines, on this machine alone until "
                                         "the studio file says otherwise.");
  g_option_context_set_description (context, description);
  if (!g_option_context_parse (context, &argc, &argv, &error)) {
    g_printerr ("%s: %s\n", g_get_prgname (), error->message);
    return SERVE_STATUS_USAGE;
  }
  if (options.port > G_MAXUINT16 || options.rtsp_port > G_MAXUINT16) {
    g_printerr ("%s: a port is a number up to %d\n", g_get_prgname (), G_MAXUINT16);
    return SERVE_STATUS_USAGE;
  }
  if (options.version) {
    g_print ("generative-serve %s\n", GEN_VERSION);
    return SERVE_STATUS_FINE;
  }
  if (options.print_example)
    return print_example ();
  http_descriptors_raise ();
  gst_init (NULL, NULL);
  return run (&options, (const char *const *)argv + 1);
}
