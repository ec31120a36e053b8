/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generative-model: looks at models, runs, checks, times, trains and tests them, without a
 * pipeline. */
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include <generative/graph.h>
#include <generative/nearest.h>
#include <generative/version.h>

#include "command.h"

static const Command *const commands[] = {
  &command_inspect,
  &command_run,
  &command_check,
  &command_bench,
  &command_train,
  &command_search,
  &command_watch,
  &command_test,
  &command_data,
  &command_compare,
  &command_report,
  &command_render,
  &command_card,
  &command_bias,
  &command_calibrate,
  &command_robustness,
  &command_invert,
  &command_directions,
  &command_statistics,
  &command_mark,
  &command_review,
  &command_audit,
  &command_merge,
  &command_quantize,
  &command_prune,
  &command_convert,
  &command_c2pa,
  &command_operators,
  &command_recipes,
};

gboolean
command_parse (const Command *command, const GOptionEntry *entries, const char *details, int least,
    int most, int *argc, char ***argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new (command->arguments);
  g_autoptr (GError) error = NULL;

  g_option_context_set_summary (context, command->summary);
  g_option_context_set_description (context, details);
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, argc, argv, &error)) {
    g_printerr ("%s: %s\n", g_get_prgname (), error->message);
    return FALSE;
  }
  if (*argc - 1 < least || (most >= 0 && *argc - 1 > most)) {
    g_printerr ("usage: %s %s (--help tells more)\n", g_get_prgname (), command->arguments);
    return FALSE;
  }
  return TRUE;
}

void
command_warn (const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_printerr ("%s: warning: %s\n", g_get_prgname (), text);
}

char *
command_escape (const char *name)
{
  char others[G_MAXUINT8 - 0x80 + 4] = "\"\\";

  for (int c = 0x80; c <= G_MAXUINT8; c++)
    others[c - 0x80 + 2] = (char)c;
  return g_strescape (name, others);
}

int
command_fail (GError *error)
{
  g_autofree char *text = g_utf8_make_valid (error->message, -1); /* names of files may be none */

  g_printerr ("%s: %s\n", g_get_prgname (), text);
  g_error_free (error);
  return STATUS_FAILED;
}

int
command_fail_of (const char *path, GError *error)
{
  if (error->domain == GEN_GRAPH_ERROR && !g_str_has_prefix (error->message, path))
    g_prefix_error (&error, "%s: ", path);
  return command_fail (error);
}

/* What was written counts only when it has arrived: a disk may be full. */
static int
finish (int status)
{
  errno = 0;
  if (fflush (stdout) == 0 && !ferror (stdout))
    return status;
  g_printerr ("%s: the standard output cannot be written: %s\n", g_get_prgname (),
      errno != 0 ? g_strerror (errno) : "not all of it has arrived");
  return status == STATUS_FINE ? STATUS_FAILED : status;
}

static void
print_help (void)
{
  g_print ("generative-model %s: looks at models, runs, checks, times, trains and tests them\n\n",
      GEN_VERSION);
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    g_print ("  generative-model %-9s %-18s %s\n", commands[i]->name, commands[i]->arguments,
        commands[i]->summary);
  g_print ("\nEach takes --help.\n");
}

static void
tell_unknown (const char *name)
{
  const char *names[G_N_ELEMENTS (commands) + 1] = { NULL };
  g_autofree char *meant = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    names[i] = commands[i]->name;
  meant = gen_nearest_hint (name, names);
  g_printerr ("generative-model: no command '%s'%s\n", name, meant);
}

int
main (int argc, char **argv)
{
  const char *name = argc > 1 ? argv[1] : "";

  setlocale (LC_ALL, "");
  if (strcmp (name, "--help") == 0 || strcmp (name, "-h") == 0 || strcmp (name, "help") == 0) {
    print_help ();
    return STATUS_FINE;
  }
  if (strcmp (name, "--version") == 0) {
    g_print ("generative-model %s\n", GEN_VERSION);
    return STATUS_FINE;
  }
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++) {
    g_autofree char *program = NULL;

    if (strcmp (commands[i]->name, name) != 0)
      continue;
    program = g_strdup_printf ("generative-model %s", name);
    g_set_prgname (program);
    return finish (commands[i]->run (argc - 1, argv + 1));
  }
  if (*name != '\0')
    tell_unknown (name);
  print_help ();
  return STATUS_USAGE;
}
