/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* XMP (ISO 16684-1) that says what a claim does, for tools that look no further. */
#pragma once

#include <generative/provenance.h>

#include "format.h"

/* What `claim` says as a packet; `edited`: of what was there before. `before` is the packet that
 * the file has (NULL: none): what that says stays, and only what it does not say is added.
 * (transfer full) */
char *gen_xmp_packet (const GenProvenanceClaim *claim, gboolean edited, const char *before);

/* Take from a packet of more than `most` bytes as much of the spaces at its end, which are there to
 * be used up, as makes it that long. */
void gen_xmp_use_padding (char *packet, gsize most);

/* `file` with such a packet in it, in the place of the one that it has; the same file where the
 * claim discloses nothing, or its format has no place for it. (transfer full) */
GBytes *gen_xmp_label (const GenProvenanceFormat *format, GBytes *file,
    const GenProvenanceClaim *claim, gboolean edited, GError **error);

/* The packet of a film, in a box of its own beside the others; NULL: none. (transfer full) */
char *gen_xmp_find_in_film (GBytes *file);
/* That box. (transfer full) */
GBytes *gen_xmp_box (const char *packet);
gboolean gen_xmp_is_box (const guint8 *box, gsize size);
