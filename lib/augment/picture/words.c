/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "words.h"

#include <string.h>

#include "../../simd.h"

GEN_CLONES (void, unpack_three, (const guint8 *in, guint32 *out, int n), (in, out, n))
{
  int i = 0;

#if HAS_SHUFFLE
  for (; i + 6 <= n; i += 4) {
    Bytes v;

    memcpy (&v, in + 3 * i, sizeof v);
    v = SHUFFLE (v, 0, 1, 2, 2, 3, 4, 5, 5, 6, 7, 8, 8, 9, 10, 11, 11);
    memcpy (out + i, &v, sizeof v);
  }
#endif
  for (; i < n; i++)
    out[i] = in[3 * i] | (guint32)in[3 * i + 1] << 8 | (guint32)in[3 * i + 2] << 16;
}

GEN_CLONES (void, pack_three, (const guint32 *in, guint8 *out, int n), (in, out, n))
{
  int i = 0;

#if HAS_SHUFFLE
  for (; i + 6 <= n; i += 4) {
    Bytes v;

    memcpy (&v, in + i, sizeof v);
    v = SHUFFLE (v, 0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 14, 14, 14, 14);
    memcpy (out + 3 * i, &v, sizeof v);
  }
#endif
  for (; i < n; i++) {
    out[3 * i] = (guint8)in[i];
    out[3 * i + 1] = (guint8)(in[i] >> 8);
    out[3 * i + 2] = (guint8)(in[i] >> 16);
  }
}

GEN_CLONES (void, unpack_one, (const guint8 *in, guint32 *out, int n), (in, out, n))
{
  for (int i = 0; i < n; i++)
    out[i] = in[i];
}

GEN_CLONES (void, pack_one, (const guint32 *in, guint8 *out, int n), (in, out, n))
{
  for (int i = 0; i < n; i++)
    out[i] = (guint8)in[i];
}

void
gen_augment_unpack (const guint8 *in, guint32 *words, int n, int channels)
{
  if (channels == 1)
    unpack_one (in, words, n);
  else if (channels == 3)
    unpack_three (in, words, n);
  else
    memcpy (words, in, (gsize)n * sizeof *words);
}

void
gen_augment_pack (const guint32 *words, guint8 *out, int n, int channels)
{
  if (channels == 1)
    pack_one (words, out, n);
  else if (channels == 3)
    pack_three (words, out, n);
  else
    memcpy (out, words, (gsize)n * sizeof *words);
}
