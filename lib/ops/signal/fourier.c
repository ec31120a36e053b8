/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Stockham's form of the fast transform, which needs no reordering: a stage of radix p makes, of
 * s interleaved transforms of length p * m, p * s of length m. Innermost loops are over the s
 * transforms. All is in double, so that a result is right to the last place of float32 even where
 * large terms cancel. A length with a large prime factor is a convolution with a chirp (Bluestein,
 * 1970), by transforms of a power of two. */
#include "fourier.h"

#include <math.h>
#include <string.h>

#include "../../simd.h"

/* Primes up to this have stages, of p^2 steps for p results. */
#define MAX_RADIX 31
/* 4 divides at most half as often as 2. */
#define MAX_STAGES 24

typedef struct {
  gsize radix, m, s;
  double *twiddles; /* of each q < m: e^(-2 pi i q t / (radix m)) for t from 1 to radix - 1 */
  double *roots;    /* e^(-2 pi i t / radix) */
  double *planar;   /* of a stage of radix 4 with s = 1: twiddles [t][real, imaginary][q] */
} Stage;

struct _GenFourier {
  gsize n;
  int n_stages;
  Stage stages[MAX_STAGES];
  /* Bluestein's: a transform of twice the length at least, the chirp, and its own transform */
  GenFourier *convolution;
  double *chirp, *filter;
};

/* e^(-2 pi i j / n) */
static void
root (guint64 j, guint64 n, double *out)
{
  double angle = -2 * G_PI * (double)(j % n) / (double)n;

  out[0] = cos (angle);
  out[1] = sin (angle);
}

/* Of each eighth of the circle sine and cosine are those of the first one. */
void
gen_fourier_fill_roots (gsize n, gsize count, double *roots)
{
  for (gsize j = 0; j < count && (n % 8 != 0 || j <= n / 8); j++)
    root (j, n, roots + 2 * j);
  if (n % 8 != 0)
    return;
  for (gsize j = n / 8 + 1; j < count; j++) {
    const gsize eighth = 8 * j / n, within = j - eighth * (n / 8);
    const gsize near = eighth % 2 == 0 ? within : n / 8 - within;
    const double c = roots[2 * near], s = -roots[2 * near + 1];
    /* Whether the angle is nearer to an axis across, and the signs of its quarter. */
    const gboolean across = eighth % 4 == 1 || eighth % 4 == 2;
    const double x = across ? s : c, y = across ? c : s;

    roots[2 * j] = j > n / 4 && j < n - n / 4 ? -x : x;
    roots[2 * j + 1] = j > n / 2 ? y : -y;
  }
}

static gsize
next_radix (gsize n)
{
  if (n % 4 == 0)
    return 4;
  for (gsize p = 2; p <= MAX_RADIX; p++)
    if (n % p == 0)
      return p;
  return 0;
}

static void
add_stage (GenFourier *fourier, const double *roots, gsize radix, gsize m, gsize s)
{
  Stage *stage = &fourier->stages[fourier->n_stages++];

  *stage = (Stage){ radix, m, s, g_new (double, 2 * (radix - 1) * m), g_new (double, 2 * radix) };
  for (gsize q = 0; q < m; q++)
    for (gsize t = 1; t < radix; t++)
      /* Of the first stage's roots, every s-th. */
      memcpy (stage->twiddles + 2 * (q * (radix - 1) + t - 1),
          roots + 2 * (q * t % (radix * m) * s), 2 * sizeof *roots);
  for (gsize t = 0; t < radix; t++)
    root (t, radix, stage->roots + 2 * t);
  if (radix != 4 || s != 1)
    return;
  stage->planar = g_new (double, 6 * m);
  for (gsize q = 0; q < m; q++)
    for (gsize i = 0; i < 6; i++)
      stage->planar[i * m + q] = stage->twiddles[6 * q + i];
}

static void
make_chirp (GenFourier *fourier)
{
  gsize n = fourier->n, m = 1;
  g_autofree double *re = NULL, *im = NULL, *scratch = NULL;

  while (m < 2 * n - 1)
    m *= 2;
  fourier->convolution = gen_fourier_new (m);
  fourier->chirp = g_new (double, 2 * n);
  fourier->filter = g_new (double, 2 * m);
  re = g_new0 (double, m);
  im = g_new0 (double, m);
  scratch = g_new (double, gen_fourier_scratch_size (fourier->convolution));
  for (gsize j = 0; j < n; j++) {
    root ((guint64)j * j, 2 * n, fourier->chirp + 2 * j);
    re[j] = fourier->chirp[2 * j];
    im[j] = -fourier->chirp[2 * j + 1];
    if (j > 0) {
      re[m - j] = re[j];
      im[m - j] = im[j];
    }
  }
  gen_fourier_run (fourier->convolution, re, im, scratch);
  for (gsize j = 0; j < m; j++) {
    fourier->filter[2 * j] = re[j] / m;
    fourier->filter[2 * j + 1] = im[j] / m;
  }
}

GenFourier *
gen_fourier_new (gsize n)
{
  GenFourier *fourier = g_new0 (GenFourier, 1);
  g_autofree double *roots = NULL;
  gsize left = n, s = 1, radix;

  fourier->n = n;
  for (gsize rest = n; rest > 1; rest /= radix) {
    radix = next_radix (rest);
    if (radix == 0) {
      make_chirp (fourier);
      return fourier;
    }
  }
  roots = g_new (double, 2 * n);
  gen_fourier_fill_roots (n, n, roots);
  while (left > 1) {
    radix = next_radix (left);
    left /= radix;
    add_stage (fourier, roots, radix, left, s);
    s *= radix;
  }
  return fourier;
}

void
gen_fourier_free (GenFourier *fourier)
{
  if (fourier == NULL)
    return;
  for (int i = 0; i < fourier->n_stages; i++) {
    g_free (fourier->stages[i].twiddles);
    g_free (fourier->stages[i].roots);
    g_free (fourier->stages[i].planar);
  }
  gen_fourier_free (fourier->convolution);
  g_free (fourier->chirp);
  g_free (fourier->filter);
  g_free (fourier);
}

gsize
gen_fourier_scratch_size (const GenFourier *fourier)
{
  if (fourier->convolution != NULL)
    return 2 * fourier->convolution->n + gen_fourier_scratch_size (fourier->convolution);
  return 2 * fourier->n;
}

/* --- stages --- */

typedef struct {
  const double *re, *im;
} From;

typedef struct {
  double *re, *im;
} To;

GEN_CLONES (void, radix_2, (const Stage *stage, From x, To y), (stage, x, y))
{
  gsize m = stage->m, s = stage->s;

  for (gsize q = 0; q < m; q++) {
    const double wr = stage->twiddles[2 * q], wi = stage->twiddles[2 * q + 1];
    const double *ar = x.re + s * q, *ai = x.im + s * q, *br = ar + s * m, *bi = ai + s * m;
    double *yr = y.re + 2 * s * q, *yi = y.im + 2 * s * q;

#pragma GCC ivdep
    for (gsize j = 0; j < s; j++) {
      const double dr = ar[j] - br[j], di = ai[j] - bi[j];

      yr[j] = ar[j] + br[j];
      yi[j] = ai[j] + bi[j];
      yr[s + j] = dr * wr - di * wi;
      yi[s + j] = dr * wi + di * wr;
    }
  }
}

GEN_CLONES (void, radix_4, (const Stage *stage, From x, To y), (stage, x, y))
{
  gsize m = stage->m, s = stage->s;

  for (gsize q = 0; q < m; q++) {
    const double *w = stage->twiddles + 6 * q;
    const double w1r = w[0], w1i = w[1], w2r = w[2], w2i = w[3], w3r = w[4], w3i = w[5];
    const double *ar = x.re + s * q, *ai = x.im + s * q;
    double *yr = y.re + 4 * s * q, *yi = y.im + 4 * s * q;

#pragma GCC ivdep
    for (gsize j = 0; j < s; j++) {
      const double pr = ar[j] + ar[j + 2 * s * m], pi = ai[j] + ai[j + 2 * s * m];
      const double mr = ar[j] - ar[j + 2 * s * m], mi = ai[j] - ai[j + 2 * s * m];
      const double qr = ar[j + s * m] + ar[j + 3 * s * m], qi = ai[j + s * m] + ai[j + 3 * s * m];
      const double nr = ar[j + s * m] - ar[j + 3 * s * m], ni = ai[j + s * m] - ai[j + 3 * s * m];
      const double b1r = mr + ni, b1i = mi - nr, b2r = pr - qr, b2i = pi - qi;
      const double b3r = mr - ni, b3i = mi + nr;

      yr[j] = pr + qr;
      yi[j] = pi + qi;
      yr[s + j] = b1r * w1r - b1i * w1i;
      yi[s + j] = b1r * w1i + b1i * w1r;
      yr[2 * s + j] = b2r * w2r - b2i * w2i;
      yi[2 * s + j] = b2r * w2i + b2i * w2r;
      yr[3 * s + j] = b3r * w3r - b3i * w3i;
      yi[3 * s + j] = b3r * w3i + b3i * w3r;
    }
  }
}

/* With s = 1, as the first stage has: over all q at once. */
GEN_CLONES (void, radix_4_first, (const Stage *stage, From x, To y), (stage, x, y))
{
  const gsize m = stage->m;
  const double *w = stage->planar;

#pragma GCC ivdep
  for (gsize q = 0; q < m; q++) {
    const double pr = x.re[q] + x.re[q + 2 * m], pi = x.im[q] + x.im[q + 2 * m];
    const double mr = x.re[q] - x.re[q + 2 * m], mi = x.im[q] - x.im[q + 2 * m];
    const double qr = x.re[q + m] + x.re[q + 3 * m], qi = x.im[q + m] + x.im[q + 3 * m];
    const double nr = x.re[q + m] - x.re[q + 3 * m], ni = x.im[q + m] - x.im[q + 3 * m];
    const double b1r = mr + ni, b1i = mi - nr, b2r = pr - qr, b2i = pi - qi;
    const double b3r = mr - ni, b3i = mi + nr;

    y.re[4 * q] = pr + qr;
    y.im[4 * q] = pi + qi;
    y.re[4 * q + 1] = b1r * w[q] - b1i * w[m + q];
    y.im[4 * q + 1] = b1r * w[m + q] + b1i * w[q];
    y.re[4 * q + 2] = b2r * w[2 * m + q] - b2i * w[3 * m + q];
    y.im[4 * q + 2] = b2r * w[3 * m + q] + b2i * w[2 * m + q];
    y.re[4 * q + 3] = b3r * w[4 * m + q] - b3i * w[5 * m + q];
    y.im[4 * q + 3] = b3r * w[5 * m + q] + b3i * w[4 * m + q];
  }
}

GEN_CLONES (void, radix_any, (const Stage *stage, From x, To y), (stage, x, y))
{
  gsize p = stage->radix, m = stage->m, s = stage->s;

  for (gsize q = 0; q < m; q++)
    for (gsize t = 0; t < p; t++) {
      const double *w = t > 0 ? stage->twiddles + 2 * (q * (p - 1) + t - 1) : NULL;
      const double wr = t > 0 ? w[0] : 1, wi = t > 0 ? w[1] : 0;
      double *yr = y.re + s * (p * q + t), *yi = y.im + s * (p * q + t);

      for (gsize j = 0; j < s; j++)
        yr[j] = yi[j] = 0;
      for (gsize k = 0; k < p; k++) {
        const double *e = stage->roots + 2 * (k * t % p);
        const double er = e[0] * wr - e[1] * wi, ei = e[0] * wi + e[1] * wr;
        const double *ar = x.re + s * (q + m * k), *ai = x.im + s * (q + m * k);

#pragma GCC ivdep
        for (gsize j = 0; j < s; j++) {
          yr[j] += ar[j] * er - ai[j] * ei;
          yi[j] += ar[j] * ei + ai[j] * er;
        }
      }
    }
}

static void
run_stages (const GenFourier *fourier, double *re, double *im, double *scratch)
{
  To here = { re, im }, there = { scratch, scratch + fourier->n };

  for (int i = 0; i < fourier->n_stages; i++) {
    const Stage *stage = &fourier->stages[i];
    From from = { here.re, here.im };
    To next = there;

    if (stage->radix == 2)
      radix_2 (stage, from, there);
    else if (stage->planar != NULL)
      radix_4_first (stage, from, there);
    else if (stage->radix == 4)
      radix_4 (stage, from, there);
    else
      radix_any (stage, from, there);
    there = here;
    here = next;
  }
  if (here.re != re) {
    memcpy (re, here.re, fourier->n * sizeof *re);
    memcpy (im, here.im, fourier->n * sizeof *im);
  }
}

/* out = a * b, complex; b is interleaved. */
GEN_CLONES (void, multiply,
    (const double *ar, const double *ai, const double *b, double *re, double *im, gsize n),
    (ar, ai, b, re, im, n))
{
  for (gsize i = 0; i < n; i++) {
    const double x = ar[i], y = ai[i];

    re[i] = x * b[2 * i] - y * b[2 * i + 1];
    im[i] = x * b[2 * i + 1] + y * b[2 * i];
  }
}

/* X = chirp * (x chirp convolved with its inverse), since 2 j k = j^2 + k^2 - (j - k)^2. */
static void
run_chirp (const GenFourier *fourier, double *re, double *im, double *scratch)
{
  gsize n = fourier->n, m = fourier->convolution->n;
  double *cr = scratch, *ci = scratch + m;

  multiply (re, im, fourier->chirp, cr, ci, n);
  memset (cr + n, 0, (m - n) * sizeof *cr);
  memset (ci + n, 0, (m - n) * sizeof *ci);
  gen_fourier_run (fourier->convolution, cr, ci, scratch + 2 * m);
  multiply (cr, ci, fourier->filter, cr, ci, m);
  gen_fourier_run (fourier->convolution, ci, cr, scratch + 2 * m);
  multiply (cr, ci, fourier->chirp, re, im, n);
}

void
gen_fourier_run (const GenFourier *fourier, double *re, double *im, double *scratch)
{
  if (fourier->convolution != NULL)
    run_chirp (fourier, re, im, scratch);
  else
    run_stages (fourier, re, im, scratch);
}
