/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The hash of a segment: each box that is not left out, with its place in front of it (18.6.2). */
#include "live-private.h"

static gboolean
is_hashed (const guint8 *data, const GenBmffBox *box, gboolean message)
{
  if (message)
    return !gen_live_is_message (data + box->start, box->size);
  return !gen_bmff_is_c2pa (data + box->start, box->size) && !gen_bmff_is (box, "ftyp");
}

GenDigestValue
gen_live_hash (const guint8 *data, gsize size, gboolean message)
{
  g_autoptr (GenDigest) digest = gen_digest_new (GEN_DIGEST_NAME);
  GenBmffBox box;

  for (gsize at = 0; at < size && gen_bmff_read (data, size, at, &box, NULL); at += box.size) {
    if (!is_hashed (data, &box, message))
      continue;
    gen_digest_add_number (digest, at);
    gen_digest_add (digest, data + at, box.size);
  }
  return gen_digest_take (digest);
}
