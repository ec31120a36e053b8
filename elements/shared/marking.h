/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The one switch of all that says of media that a model made them: marks, tags and signatures. */
#pragma once

#include <glib.h>

#define GST_GENERATIVE_MARKING_SWITCH "GENERATIVE_MARK"

/* Whether the environment says no to all of them. */
static inline gboolean
gst_generative_marking_is_off (void)
{
  return g_strcmp0 (g_getenv (GST_GENERATIVE_MARKING_SWITCH), "off") == 0;
}
