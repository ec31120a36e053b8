/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* RTSP: who may see mounts, and what is made for those who do. Requests are answered in threads of
 * the RTSP server. */
#pragma once

#include <gst/rtsp-server/rtsp-server.h>

#include "server.h"
#include "stream-codecs.h"

/* The field of a token that says whose it is. */
#define RTSP_CLIENT "serve.client"
/* What those may who watch. */
#define RTSP_ROLE "watch"

/* Lets in whoever has a token that watches, as the password of Basic: what the server knows of
 * tokens are hashes, by which no other way can be checked. (transfer full) */
GstRTSPAuth *rtsp_auth_new (ServeServer *server);
/* Of connections from now on; NULL: they have no TLS. */
void rtsp_auth_set_certificate (GstRTSPAuth *auth, GTlsCertificate *certificate);

/* Makes sessions of a mount. NULL with `error`: nothing is installed that encodes it. (transfer
 * full) */
GstRTSPMediaFactory *rtsp_factory_new (ServeServer *server, ServeMount *mount, GError **error);

/* Connections are bounded in number by [limits]. */
void rtsp_clients_limit (GstRTSPServer *rtsp, ServeServer *server);
/* Close those that have set up nothing for request-seconds. */
void rtsp_clients_sweep (GstRTSPServer *rtsp, ServeServer *server);
