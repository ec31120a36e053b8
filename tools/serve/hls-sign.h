/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fragments of HLS that say, signed, where they come from (C2PA), as [provenance] has it. */
#pragma once

#include "server.h"

/* Whether what the server streams is signed. */
gboolean hls_sign_is_on (const ServeServer *server);
/* Let `signer`, a c2pasign, claim what is true of `mount`. */
void hls_sign_configure (const ServeServer *server, const ServeMount *mount, GstElement *signer);
