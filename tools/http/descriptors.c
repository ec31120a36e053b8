/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "descriptors.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

/* More than connections and sessions ever want. */
#define ENOUGH 65536

void
http_descriptors_raise (void)
{
  struct rlimit limit;

  if (getrlimit (RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= ENOUGH)
    return;
  limit.rlim_cur = MIN (limit.rlim_max, ENOUGH);
  if (setrlimit (RLIMIT_NOFILE, &limit) != 0)
    g_debug ("no more descriptors than there are: the system does not let it");
}

/* The system gives the least that is free. */
gboolean
http_descriptors_are_short (guint kept)
{
  struct rlimit limit;
  const int next = fcntl (STDERR_FILENO, F_DUPFD_CLOEXEC, 0);

  if (next < 0)
    return TRUE;
  close (next);
  return getrlimit (RLIMIT_NOFILE, &limit) == 0 && (rlim_t)next + kept >= limit.rlim_cur;
}
