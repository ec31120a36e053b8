/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* By how much one sound comes later than another: cross-correlation by Fourier transforms, divided
 * by how loud both are where they overlap, so that a loud place does not outweigh likeness. */
#include <generative/alignment.h>

#include <math.h>

#include "../ops/signal/fourier.h"

/* Of equally good shifts, the smaller one stands where another is not better by this. */
#define MARGIN 1e-6
/* Samples above it, 200 dB over full scale, are no sound, and beside them a double could not hold
 * what is: they count as silence, as those do that are no numbers. */
#define LOUDEST 1e10f
/* Of all of a sound's energy so much is in an overlap at least, or nothing is known of it: less is
 * what is left of rounding. */
#define LEAST_SHARE 1e-10

typedef struct {
  gsize n, m, size;
  double *re, *im, *scratch;
  double *energy[2]; /* of the frames before each, n + 1 and m + 1 */
} Search;

static void
search_init (Search *search, gsize n, gsize m)
{
  *search = (Search){ .n = n, .m = m, .size = 1 };
  while (search->size < n + m)
    search->size *= 2;
  search->re = g_new0 (double, search->size);
  search->im = g_new0 (double, search->size);
  search->energy[0] = g_new0 (double, n + 1);
  search->energy[1] = g_new0 (double, m + 1);
}

static void
search_clear (Search *search)
{
  g_free (search->re);
  g_free (search->im);
  g_free (search->scratch);
  g_free (search->energy[0]);
  g_free (search->energy[1]);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Search, search_clear)

static void
read_sound (const float *sound, gsize n, double *to, double *energy)
{
  for (gsize i = 0; i < n; i++) {
    to[i] = fabsf (sound[i]) <= LOUDEST ? (double)sound[i] : 0;
    energy[i + 1] = energy[i] + to[i] * to[i];
  }
}

/* `re` becomes the correlation at each shift, those below 0 from the end on. Both sounds are
 * transformed at once, as real and imaginary part. */
static void
correlate (Search *search)
{
  const gsize size = search->size;
  GenFourier *fourier = gen_fourier_new (size);
  double *re = search->re, *im = search->im;

  search->scratch = g_new (double, gen_fourier_scratch_size (fourier));
  gen_fourier_run (fourier, re, im, search->scratch);
  for (gsize k = 0; k <= size / 2; k++) {
    const gsize l = (size - k) % size;
    const double a_re = (re[k] + re[l]) / 2, a_im = (im[k] - im[l]) / 2;
    const double b_re = (im[k] + im[l]) / 2, b_im = (re[l] - re[k]) / 2;

    re[k] = re[l] = (a_re * b_re + a_im * b_im) / (double)size;
    im[k] = (a_im * b_re - a_re * b_im) / (double)size;
    im[l] = -im[k];
  }
  /* The other way round, the transform is its inverse. */
  gen_fourier_run (fourier, im, re, search->scratch);
  gen_fourier_free (fourier);
}

/* The correlation where the sound comes `offset` frames later; 0 where too little is left. */
static double
find_likeness (const Search *search, gint64 offset)
{
  const gint64 begin = MAX (0, -offset);
  const gint64 end = MIN ((gint64)search->m, (gint64)search->n - offset);
  double a, b;

  if (2 * (end - begin) < (gint64)MIN (search->n, search->m))
    return 0;
  a = search->energy[0][end + offset] - search->energy[0][begin + offset];
  b = search->energy[1][end] - search->energy[1][begin];
  if (a <= LEAST_SHARE * search->energy[0][search->n] ||
      b <= LEAST_SHARE * search->energy[1][search->m])
    return 0;
  return MIN (
      fabs (search->re[offset >= 0 ? offset : (gint64)search->size + offset]) / sqrt (a * b), 1);
}

gboolean
gen_align_sounds (const float *sound, gsize n, const float *reference, gsize m, gsize search,
    GenAlignment *alignment)
{
  g_auto (Search) state = { 0 };

  *alignment = (GenAlignment){ 0 };
  n = MIN (n, (gsize)GEN_FOURIER_MAX / 2);
  m = MIN (m, (gsize)GEN_FOURIER_MAX / 2);
  if (n == 0 || m == 0)
    return FALSE;
  search_init (&state, n, m);
  read_sound (sound, n, state.re, state.energy[0]);
  read_sound (reference, m, state.im, state.energy[1]);
  correlate (&state);
  for (gint64 distance = 0; distance <= (gint64)MIN (search, MAX (n, m)); distance++)
    for (gint64 offset = -distance; offset <= distance; offset += MAX (2 * distance, 1)) {
      const double likeness = find_likeness (&state, offset);

      if (likeness > alignment->likeness + MARGIN)
        *alignment = (GenAlignment){ offset, likeness };
    }
  return alignment->likeness >= GEN_ALIGNMENT_LEAST;
}
