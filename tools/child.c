/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <generative/checkpoint.h>

/* How long it is waited for a training of a program that was killed to be gone. */
#define PATIENCE (5 * G_USEC_PER_SEC)

void
child_add (GPtrArray *line, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  g_ptr_array_add (line, g_strdup_vprintf (format, arguments));
  va_end (arguments);
}

typedef struct {
  int log, out;
  pid_t parent;
} Child;

/* In the child, where nothing may be allocated. */
static void
set_up (gpointer user_data)
{
  const Child *child = user_data;

  setpgid (0, 0);
  prctl (PR_SET_PDEATHSIG, SIGKILL);
  if (getppid () != child->parent)
    _exit (1);
  dup2 (child->out, STDOUT_FILENO);
  dup2 (child->log, STDERR_FILENO);
}

static int
open_file (const char *path, int how, GError **error)
{
  const int fd = open (path, O_WRONLY | O_CREAT | O_CLOEXEC | how, 0666);
  const int number = errno;

  if (fd < 0)
    g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (number), "cannot write '%s': %s",
        path, g_strerror (number));
  return fd;
}

GPid
child_start (GPtrArray *line, const char *log, const char *out, GError **error)
{
  Child child = { open_file (log, O_APPEND, error), -1, getpid () };
  GPid pid = 0;

  if (child.log < 0)
    return 0;
  child.out = out != NULL ? open_file (out, O_TRUNC, error) : child.log;
  if (child.out >= 0)
    g_spawn_async (NULL, (char **)line->pdata, NULL,
        G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_SEARCH_PATH, set_up, &child, &pid, error);
  if (child.out >= 0 && child.out != child.log)
    close (child.out);
  close (child.log);
  return pid;
}

void
child_wait_for_folder (const char *folder)
{
  for (gint64 waited = 0; waited < PATIENCE; waited += G_USEC_PER_SEC / 20) {
    g_autoptr (GenCheckpointLock) lock = gen_checkpoint_lock (folder, NULL);

    if (lock != NULL)
      return;
    g_usleep (G_USEC_PER_SEC / 20);
  }
}

gboolean
child_has_state (const char *folder)
{
  g_autofree char *path = g_build_filename (folder, GEN_CHECKPOINT_STATE, NULL);

  return g_file_test (path, G_FILE_TEST_EXISTS);
}

char *
child_last_words (const char *log, const char *command)
{
  g_autofree char *text = NULL, *name = g_strdup_printf ("generative-model %s: ", command);
  const char *last;

  if (!g_file_get_contents (log, &text, NULL, NULL))
    return g_strdup ("");
  g_strchomp (text);
  last = strrchr (text, '\n');
  last = last != NULL ? last + 1 : text;
  if (g_str_has_prefix (last, name))
    last += strlen (name);
  return g_utf8_make_valid (last, -1);
}
