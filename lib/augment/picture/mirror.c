/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is only mirrored needs no arithmetic. */
#include <string.h>

#include "../../device/features.h"
#include "place.h"
#include "words.h"

#if defined(__x86_64__) && !defined(__clang__)
#include <immintrin.h>
#endif

#define VBMI_PIXELS 21 /* of three bytes, in 64 */

gboolean
gen_augment_mirrors (const double *m)
{
  return m != NULL && ABS (m[0]) == 1 && m[1] == 0 && m[2] == 0 && m[3] == 0 && ABS (m[4]) == 1 &&
         m[5] == 0 && m[6] == 0 && m[7] == 0 && m[8] == 1;
}

GEN_CLONES (void, reverse_one, (const guint8 *in, guint8 *out, int n), (in, out, n))
{
  for (int i = 0; i < n; i++)
    out[i] = in[n - 1 - i];
}

GEN_CLONES (void, reverse_two, (const guint8 *in, guint8 *out, int n), (in, out, n))
{
  for (int i = 0; i < n; i++)
    memcpy (out + 2 * i, in + 2 * (n - 1 - i), 2);
}

GEN_CLONES (void, reverse_in_fives, (const guint8 *in, guint8 *out, int n), (in, out, n))
{
  int i = 0;

#if HAS_SHUFFLE
  /* Five pixels of sixteen bytes; the byte before them goes last, and is overwritten. */
  for (; i + 6 <= n; i += 5) {
    Bytes v;

    memcpy (&v, in + 3 * (n - i - 5) - 1, sizeof v);
    v = SHUFFLE (v, 13, 14, 15, 10, 11, 12, 7, 8, 9, 4, 5, 6, 1, 2, 3, 0);
    memcpy (out + 3 * i, &v, sizeof v);
  }
#endif
  for (; i < n; i++)
    for (int c = 0; c < 3; c++)
      out[3 * i + c] = in[3 * (n - 1 - i) + c];
}

#if defined(__x86_64__) && !defined(__clang__)
/* A register of bytes is put in any order at once: 21 pixels and the byte before them, which goes
 * last and is overwritten. Returns how many pixels are done. */
static __attribute__ ((target ("arch=x86-64-v4,avx512vbmi"))) int
reverse_vbmi (const guint8 *in, guint8 *out, int n)
{
  guint8 order[64] = { 0 };
  __m512i from;
  int i = 0;

  for (int k = 0; k < 3 * VBMI_PIXELS; k++)
    order[k] = (guint8)(1 + 3 * (VBMI_PIXELS - 1 - k / 3) + k % 3);
  from = _mm512_loadu_si512 (order);
  for (; i + VBMI_PIXELS < n; i += VBMI_PIXELS)
    _mm512_storeu_si512 (out + 3 * i,
        _mm512_permutexvar_epi8 (from, _mm512_loadu_si512 (in + 3 * (n - i - VBMI_PIXELS) - 1)));
  return i;
}
#endif

static void
reverse_three (const guint8 *in, guint8 *out, int n)
{
  int done = 0;

#if defined(__x86_64__) && !defined(__clang__)
  if (gen_cpu_has (GEN_CPU_VBMI))
    done = reverse_vbmi (in, out, n);
#endif
  reverse_in_fives (in, out + 3 * done, n - done);
}

GEN_CLONES (void, reverse_four, (const guint8 *in, guint8 *out, int n), (in, out, n))
{
  for (int i = 0; i < n; i++)
    memcpy (out + 4 * i, in + 4 * (n - 1 - i), 4);
}

void
gen_augment_mirror_row (const GenPicture *source, const double *matrix, int row, guint8 *out)
{
  const int from = matrix[4] < 0 ? source->height - 1 - row : row;
  const guint8 *in = source->data + (gssize)from * source->stride;

  if (matrix[0] > 0)
    memcpy (out, in, (gsize)source->width * (gsize)source->channels);
  else if (source->channels == 1)
    reverse_one (in, out, source->width);
  else if (source->channels == 2)
    reverse_two (in, out, source->width);
  else if (source->channels == 3)
    reverse_three (in, out, source->width);
  else
    reverse_four (in, out, source->width);
}
