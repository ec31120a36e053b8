/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "systemd.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define FIRST_DESCRIPTOR 3

void
serve_systemd_notify (const char *state)
{
  const char *path = g_getenv ("NOTIFY_SOCKET");
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  socklen_t size;
  int fd;

  if (path == NULL || (*path != '/' && *path != '@') || strlen (path) >= sizeof address.sun_path)
    return;
  strcpy (address.sun_path, path);
  size = (socklen_t)(G_STRUCT_OFFSET (struct sockaddr_un, sun_path) + strlen (path));
  /* A name of no file. */
  if (*path == '@')
    address.sun_path[0] = '\0';
  fd = socket (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return;
  if (sendto (fd, state, strlen (state), MSG_NOSIGNAL, (struct sockaddr *)&address, size) < 0)
    g_debug ("%s is not told %s", path, state);
  close (fd);
}

static gboolean
tell_alive (gpointer data)
{
  serve_systemd_notify ("WATCHDOG=1");
  return G_SOURCE_CONTINUE;
}

/* Whether a variable says that it is for this process. */
static gboolean
is_for_us (const char *variable)
{
  const char *text = g_getenv (variable);

  return text != NULL && g_ascii_strtoull (text, NULL, 10) == (guint64)getpid ();
}

guint
serve_systemd_watch (void)
{
  const char *text = g_getenv ("WATCHDOG_USEC");
  const guint64 period = text != NULL ? g_ascii_strtoull (text, NULL, 10) : 0;

  if (period == 0 || (g_getenv ("WATCHDOG_PID") != NULL && !is_for_us ("WATCHDOG_PID")))
    return 0;
  return g_timeout_add ((guint)MAX (MIN (period / 2000, G_MAXUINT), 1), tell_alive, NULL);
}

int
serve_systemd_take_socket (const char *name)
{
  const char *count = g_getenv ("LISTEN_FDS"), *said = g_getenv ("LISTEN_FDNAMES");
  const int n = count != NULL ? (int)g_ascii_strtoull (count, NULL, 10) : 0;
  g_auto (GStrv) names = g_strsplit (said != NULL ? said : "", ":", -1);

  if (!is_for_us ("LISTEN_PID"))
    return -1;
  for (int i = 0; i < n; i++) {
    const char *called = i < (int)g_strv_length (names) ? names[i] : "";
    const gboolean is_it = strcmp (called, name) == 0 || (n == 1 && strcmp (name, "http") == 0);
    const int fd = FIRST_DESCRIPTOR + i;

    /* What has been handed out is closed for children; what has not, is not. */
    if (!is_it || (fcntl (fd, F_GETFD) & FD_CLOEXEC) != 0 || fcntl (fd, F_GETFD) < 0)
      continue;
    fcntl (fd, F_SETFD, FD_CLOEXEC);
    return fd;
  }
  return -1;
}
