/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A command of the user's: a program and its arguments, and no shell unless that is the program. It
 * reads a sentence and the notice as JSON, and has its parts in the environment: `mail -s alert
 * ops@example.org` is such a command. What takes too long is ended. */
#include <gio/gio.h>
#include <signal.h>

#include "notice.h"

typedef struct {
  GenCounters *counters;
  GSubprocess *process;
  char *alert;
  guint timer; /* until it has to have ended */
} Run;

static void
run_free (Run *run)
{
  g_clear_handle_id (&run->timer, g_source_remove);
  gen_counters_unref (run->counters);
  g_clear_object (&run->process);
  g_free (run->alert);
  g_free (run);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Run, run_free)

static gboolean
end (gpointer data)
{
  Run *run = data;

  run->timer = 0;
  g_warning ("alert %s: the command takes too long, and is ended", run->alert);
  g_subprocess_force_exit (run->process);
  return G_SOURCE_REMOVE;
}

static void
on_ended (GObject *object, GAsyncResult *result, gpointer data)
{
  g_autoptr (Run) run = data;
  g_autoptr (GError) error = NULL;
  const gboolean good =
      g_subprocess_communicate_utf8_finish (run->process, result, NULL, NULL, &error) &&
      g_subprocess_get_successful (run->process);

  if (!good && error != NULL)
    g_warning ("alert %s: command: %s", run->alert, error->message);
  else if (!good && g_subprocess_get_if_exited (run->process))
    g_warning ("alert %s: the command ended with status %d", run->alert,
        g_subprocess_get_exit_status (run->process));
  serve_notice_count (run->counters, &serve_notice_command, good);
}

static void
set_environment (GSubprocessLauncher *launcher, const ServeNotice *notice)
{
  g_autofree char *value = g_strdup_printf ("%.6g", notice->value);
  g_autofree char *bound = g_strdup_printf ("%.6g", notice->bound);
  const struct {
    const char *name, *value;
  } variables[] = {
    { "ALERT", notice->settings->record.name },
    { "ALERT_STATE", notice->state },
    { "ALERT_WHEN", notice->settings->when },
    { "ALERT_FIGURE", notice->figure },
    { "ALERT_VALUE", value },
    { "ALERT_BOUND", bound },
    { "ALERT_TIME", notice->time },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (variables); i++)
    g_subprocess_launcher_setenv (launcher, variables[i].name, variables[i].value, TRUE);
}

static gboolean
is_wanted (const ServeAlertSettings *settings)
{
  return settings->command[0] != NULL;
}

static void
send (const ServeNotice *notice, GenCounters *counters)
{
  g_autoptr (GSubprocessLauncher) launcher =
      g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_SILENCE);
  g_autofree char *text = serve_notice_to_text (notice), *json = serve_notice_to_json (notice);
  g_autofree char *input = g_strdup_printf ("%s\n\n%s\n", text, json);
  g_autoptr (GError) error = NULL;
  Run *run;

  set_environment (launcher, notice);
  run = g_new0 (Run, 1);
  run->counters = gen_counters_ref (counters);
  run->alert = g_strdup (notice->settings->record.name);
  run->process = g_subprocess_launcher_spawnv (
      launcher, (const char *const *)notice->settings->command, &error);
  if (run->process == NULL) {
    g_warning ("alert %s: command: %s", run->alert, error->message);
    serve_notice_count (counters, &serve_notice_command, FALSE);
    run_free (run);
    return;
  }
  run->timer = g_timeout_add_seconds ((guint)notice->settings->command_seconds, end, run);
  g_subprocess_communicate_utf8_async (run->process, input, NULL, on_ended, run);
}

const ServeNoticeWay serve_notice_command = { "command", is_wanted, send };
