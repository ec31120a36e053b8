/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generative-serve token: a new token, whose hash goes into the file of tokens. */
#include <gio/gio.h>

#include "command.h"
#include "configuration.h"
#include "scopes.h"

typedef struct {
  char *config, *file, *scopes;
} Options;

static void
options_clear (Options *options)
{
  g_free (options->config);
  g_free (options->file);
  g_free (options->scopes);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

/* The file that is said, or that of the studio file. NULL with `error`. (transfer full) */
static char *
find_file (const Options *options, GError **error)
{
  g_autofree char *path =
      options->config != NULL ? g_strdup (options->config) : serve_command_find_file ();
  g_autoptr (ServeConfiguration) configuration = NULL;

  if (options->file != NULL)
    return g_strdup (options->file);
  if (path == NULL) {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
        "--file=FILE says where the token's hash goes, or --config=FILE which studio file does");
    return NULL;
  }
  configuration = serve_configuration_load (path, error);
  if (configuration == NULL)
    return NULL;
  if (configuration->server->tokens != NULL)
    return g_strdup (configuration->server->tokens);
  serve_record_fail (configuration->server, "tokens", error,
      "the file has no such key: tokens = \"tokens\" would say where the token's hash goes");
  return NULL;
}

static int
add (const Options *options, const char *name)
{
  GError *error = NULL;
  g_autofree char *file = find_file (options, &error), *token = NULL;
  guint scopes;

  if (file == NULL)
    return serve_command_fail (error);
  scopes = gen_tokens_parse_scopes (
      &serve_tokens_kind, options->scopes != NULL ? options->scopes : "watch", &error);
  if (scopes == 0)
    return serve_command_fail (error);
  token = gen_tokens_add_to_file (&serve_tokens_kind, file, name, scopes, &error);
  if (token == NULL)
    return serve_command_fail (error);
  g_print ("%s\n", token);
  return SERVE_STATUS_FINE;
}

static int
run (int argc, char **argv)
{
  g_auto (Options) options = { 0 };
  g_autoptr (GOptionContext) context = g_option_context_new ("NAME");
  g_autoptr (GError) error = NULL;
  const GOptionEntry entries[] = {
    { "config", 'c', 0, G_OPTION_ARG_FILENAME, &options.config,
        "The studio file, which says where tokens are", "FILE" },
    { "file", 'f', 0, G_OPTION_ARG_FILENAME, &options.file, "The file of tokens", "FILE" },
    { "scope", 's', 0, G_OPTION_ARG_STRING, &options.scopes,
        "What it is for: watch, generate, publish, administrate, with commas between them (watch)",
        "SCOPES" },
    { NULL },
  };

  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_set_summary (context,
      "Print a new token of NAME, and put its hash into the file of tokens. A running server takes "
      "it over by SIGHUP.");
  if (!g_option_context_parse (context, &argc, &argv, &error)) {
    g_printerr ("%s: %s\n", g_get_prgname (), error->message);
    return SERVE_STATUS_USAGE;
  }
  if (argc != 2) {
    g_printerr ("usage: generative-serve token NAME --scope=SCOPES (--help tells more)\n");
    return SERVE_STATUS_USAGE;
  }
  return add (&options, argv[1]);
}

const ServeCommand serve_command_token = { "token", "NAME", "Make a token", run };
