/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sessions come and go, each with threads and blocks of its own. glibc has up to eight arenas a
 * processor for them, and with each larger block that is freed it keeps larger ones in these, in
 * between others that stay: an hour of clients holds several times what is in use. So there are as
 * many arenas as threads can run at once, and what is large is mapped and given back by itself. */
#include "allocator.h"

#include <glib.h>

#ifdef __GLIBC__
#include <malloc.h>

#define LARGE (256 * 1024)

void
serve_allocator_settle (void)
{
  if (g_getenv ("GLIBC_TUNABLES") != NULL)
    return;
  if (g_getenv ("MALLOC_ARENA_MAX") == NULL)
    mallopt (M_ARENA_MAX, MAX (2, (int)g_get_num_processors ()));
  if (g_getenv ("MALLOC_MMAP_THRESHOLD_") == NULL)
    mallopt (M_MMAP_THRESHOLD, LARGE);
}

#else

void
serve_allocator_settle (void)
{
}

#endif
