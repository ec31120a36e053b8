/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a muxer makes, brought to the main loop fragment by fragment. */
#pragma once

#include <gst/gst.h>

typedef struct _HlsFeed HlsFeed;

/* A fragment, or an initialization segment. In the main loop's thread. */
typedef void (*HlsFeedTake) (gpointer data, GBytes *bytes, gboolean init);

/* Of an appsink. `whole`: each buffer is one already; else they are cut. */
HlsFeed *hls_feed_new (GstElement *sink, gboolean whole, HlsFeedTake take, gpointer data);
/* Nothing is taken from it any more, not even what is on its way. */
void hls_feed_detach (HlsFeed *feed);
