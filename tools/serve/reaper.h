/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pipelines that have to stop, which takes as long as it takes: in a thread of their own, so that
 * the main loop does not wait. */
#pragma once

#include <gst/gst.h>

typedef struct _ServeReaper ServeReaper;

ServeReaper *serve_reaper_new (void);
/* Once all that it was given have stopped. */
void serve_reaper_free (ServeReaper *reaper);
/* Stop `pipeline`, which is taken, after `milliseconds`: for last words that are on their way. */
void serve_reaper_take (ServeReaper *reaper, GstElement *pipeline, guint milliseconds);
