/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One stream of raw media for many pipelines: what comes into the sinks of a relay, in the pipeline
 * of who makes it, goes into each of its sources, in the pipelines of who sees it. Frames are
 * shared, not copied, and have the time that they have where they come from, since all pipelines go
 * by one clock. Nobody waits for anybody: a source that is not read keeps the last few frames. */
#pragma once

#include <gst/gst.h>

typedef struct _ServeRelay ServeRelay;

ServeRelay *serve_relay_new (void);
ServeRelay *serve_relay_ref (ServeRelay *relay);
void serve_relay_unref (ServeRelay *relay);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ServeRelay, serve_relay_unref)

/* The clock that pipelines with sinks or sources of a relay are to use. (transfer full) */
GstClock *serve_relay_get_clock (void);

/* A sink for "video" or "audio"; from now on sources have that. (transfer floating) From any
 * thread. */
GstElement *serve_relay_add_sink (ServeRelay *relay, const char *medium);
/* A bin with a pad "video", "audio" or both, of what the relay has by now; NULL: it has neither.
 * (transfer floating) */
GstElement *serve_relay_make_source (ServeRelay *relay);
/* There comes no more: sources end. */
void serve_relay_end (ServeRelay *relay);
