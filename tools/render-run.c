/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ranges are made, several at once, and those that fail once more. */
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <generative/terminal.h>
#include <gio/gio.h>
#include <glib-unix.h>

#include "child.h"
#include "command.h"
#include "render.h"

typedef struct _Work Work;

typedef struct {
  Work *work;
  guint slot;
  GenRange range;
  GPid pid; /* 0: it does nothing */
  int lock;
} Job;

struct _Work {
  const Render *render;
  const RenderRun *run;
  GMainLoop *loop;
  Job *jobs;
  GQueue waiting;       /* numbers of ranges, as pointers to guint64 */
  GHashTable *attempts; /* how many a range has had */
  guint running;
  guint64 made, before; /* ranges; those that were made before */
  gint64 began;
  GenTerminal terminal;
  gboolean failed, stopped;
};

static void start_jobs (Work *work);

/* --- what is said --- */

static void
tell_progress (Work *work, gboolean last)
{
  const guint64 count = render_count (work->render), here = work->made - work->before;
  const double seconds = (double)(g_get_monotonic_time () - work->began) / G_USEC_PER_SEC;
  g_autoptr (GString) line = g_string_new (NULL);

  g_string_printf (
      line, "%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " ranges", work->made, count);
  if (here > 0)
    g_string_append_printf (line, ", %.1f frames a second",
        (double)here * (double)work->render->length / MAX (seconds, 1e-3));
  if (here > 0 && work->made < count)
    g_string_append_printf (
        line, ", %.0f s left", seconds / (double)here * (double)(count - work->made));
  gen_terminal_print (&work->terminal, line->str, last);
}

/* What gst-launch-1.0 says went wrong, without what is for those who debug it. */
static char *
why_it_failed (const char *log)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  const char *found = NULL;

  if (!g_file_get_contents (log, &text, NULL, NULL))
    return g_strdup ("");
  lines = g_strsplit (g_strchomp (text), "\n", -1);
  for (char **line = lines; *line != NULL; line++)
    if (found == NULL && (line[1] == NULL || g_str_has_prefix (*line, "ERROR:") ||
                             strstr (*line, "erroneous pipeline") != NULL))
      found = *line;
  return g_utf8_make_valid (found != NULL ? found : "", -1);
}

/* --- a range --- */

static guint
count_attempt (Work *work, guint64 number)
{
  const guint attempts = GPOINTER_TO_UINT (g_hash_table_lookup (work->attempts, &number)) + 1;

  g_hash_table_insert (
      work->attempts, g_memdup2 (&number, sizeof number), GUINT_TO_POINTER (attempts));
  return attempts;
}

/* It goes to the end of the row, so that others are made meanwhile. */
static void
take_failure (Job *job, const GError *error)
{
  Work *work = job->work;
  g_autofree char *log = render_log_path (work->render, &job->range), *why = why_it_failed (log);
  const guint attempts = count_attempt (work, job->range.number);

  if (work->stopped)
    return;
  command_warn ("range %" G_GUINT64_FORMAT " failed (attempt %u of %u): %s%s%s; %s",
      job->range.number, attempts, work->run->retries + 1, error->message, *why != '\0' ? ": " : "",
      why, log);
  if (attempts > work->run->retries)
    work->failed = TRUE;
  else
    g_queue_push_tail (&work->waiting, g_memdup2 (&job->range.number, sizeof (guint64)));
}

static void
end_job (Job *job, const GError *error)
{
  Work *work = job->work;

  if (job->lock >= 0)
    close (job->lock);
  job->pid = 0;
  if (error == NULL) {
    work->made++;
    tell_progress (work, FALSE);
  } else {
    take_failure (job, error);
  }
}

static void
on_end (GPid pid, int status, gpointer data)
{
  Job *job = data;
  Work *work = job->work;
  g_autoptr (GError) error = NULL;

  g_spawn_close_pid (pid);
  work->running--;
  if (g_spawn_check_wait_status (status, &error))
    render_finish_range (work->render, &job->range, &error);
  end_job (job, error);
  start_jobs (work);
}

/* FALSE with `error` where its command cannot be run at all. */
static gboolean
start_job (Job *job, GError **error)
{
  Work *work = job->work;
  g_autoptr (GPtrArray) line = render_command (work->render, work->run, &job->range, job->slot);
  g_autofree char *log = render_log_path (work->render, &job->range);

  job->lock = render_lock_range (work->render, &job->range, error);
  if (job->lock < 0 || !render_clear_range (work->render, &job->range, error))
    return FALSE;
  job->pid = child_start (line, log, NULL, error);
  if (job->pid == 0)
    return FALSE;
  work->running++;
  g_child_watch_add (job->pid, on_end, job);
  return TRUE;
}

/* Give those that do nothing what waits. */
static void
start_jobs (Work *work)
{
  for (guint i = 0; i < work->run->jobs && !work->failed && !work->stopped; i++) {
    Job *job = &work->jobs[i];
    g_autoptr (GError) error = NULL;
    g_autofree guint64 *number = NULL;

    if (job->pid != 0)
      continue;
    number = g_queue_pop_head (&work->waiting);
    if (number == NULL)
      break;
    job->range = render_get (work->render, *number);
    if (start_job (job, &error))
      continue;
    command_warn ("range %" G_GUINT64_FORMAT ": %s", *number, error->message);
    if (job->lock >= 0)
      close (job->lock);
    work->failed = TRUE;
  }
  if (work->running == 0)
    g_main_loop_quit (work->loop);
}

static gboolean
on_signal (gpointer data)
{
  Work *work = data;

  work->stopped = TRUE;
  for (guint i = 0; i < work->run->jobs; i++)
    if (work->jobs[i].pid != 0)
      kill (-work->jobs[i].pid, SIGTERM);
  if (work->running == 0)
    g_main_loop_quit (work->loop);
  return G_SOURCE_CONTINUE;
}

/* --- all of them --- */

static void
gather (Work *work, gint64 only)
{
  for (guint64 i = 0; i < render_count (work->render); i++) {
    const GenRange range = render_get (work->render, i);

    if (only >= 0 && (guint64)only != i)
      continue;
    if (render_is_made (work->render, &range))
      work->made++;
    else
      g_queue_push_tail (&work->waiting, g_memdup2 (&i, sizeof i));
  }
  work->before = work->made;
}

static void
make (Work *work)
{
  const guint signals[] = { g_unix_signal_add (SIGINT, on_signal, work),
    g_unix_signal_add (SIGTERM, on_signal, work) };

  start_jobs (work);
  if (work->running > 0)
    g_main_loop_run (work->loop);
  for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
    g_source_remove (signals[i]);
}

int
render_run (const Render *render, const RenderRun *run, gint64 only)
{
  Work work = { .render = render, .run = run, .began = g_get_monotonic_time () };

  work.loop = g_main_loop_new (NULL, FALSE);
  work.attempts = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  work.jobs = g_new0 (Job, run->jobs);
  for (guint i = 0; i < run->jobs; i++)
    work.jobs[i] = (Job){ .work = &work, .slot = i, .lock = -1 };
  gen_terminal_begin (&work.terminal);
  gather (&work, only);
  make (&work);
  tell_progress (&work, TRUE);
  g_queue_clear_full (&work.waiting, g_free);
  g_hash_table_unref (work.attempts);
  g_free (work.jobs);
  g_main_loop_unref (work.loop);
  if (work.stopped)
    return STATUS_STOPPED;
  return work.failed ? STATUS_FAILED : STATUS_FINE;
}
