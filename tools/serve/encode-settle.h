/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What muxers make up anew for each file is made the same for all: the same request is answered by
 * the same bytes. */
#pragma once

#include <glib.h>

/* Of an MP4 the dates, which are left unsaid (ISO/IEC 14496-12, 8.2.2). `data` begins with a box.
 */
void serve_settle_mp4 (guint8 *data, gsize size);
/* Of pages of Ogg (RFC 3533) the serial number. */
void serve_settle_ogg (guint8 *data, gsize size);
