/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A connection that libsoup before 3.4 keeps between two requests, and whose end it notices there.
 */
#pragma once

#include <gio/gio.h>

G_DECLARE_FINAL_TYPE (HttpKeptStream, http_kept_stream, HTTP, KEPT_STREAM, GIOStream)

GIOStream *http_kept_stream_new (GSocketConnection *connection);
/* Whether nothing of a next request has been read. */
void http_kept_stream_set_between (HttpKeptStream *stream, gboolean between);
