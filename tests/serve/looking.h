/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is published is looked at as often as a test wants to know, and not each second. */
#pragma once

#include "../../tools/serve/publish-private.h"

static inline gboolean
wake (gpointer woken)
{
  *(gboolean *)woken = TRUE;
  return G_SOURCE_REMOVE;
}

/* A turn of the main loop, and a look. */
static inline void
turn (ServePublishing *publishing)
{
  gboolean woken = FALSE;
  const guint timer = g_timeout_add (20, wake, &woken);

  g_main_context_iteration (NULL, TRUE);
  if (!woken)
    g_source_remove (timer);
  publish_look (publishing);
}
