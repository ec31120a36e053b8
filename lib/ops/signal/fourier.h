/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/**
 * The discrete Fourier transform of any length, in O(n log n):
 *   X[k] = sum over j of x[j] e^(-2 pi i j k / n).
 * Real and imaginary parts are arrays of their own; exchange them for the inverse (times n).
 */
typedef struct _GenFourier GenFourier;

#define GEN_FOURIER_MAX ((gint64)1 << 24)

/* e^(-2 pi i j / n) for each j < `count`, real and imaginary part by turns; `count` is n at most.
 */
void gen_fourier_fill_roots (gsize n, gsize count, double *roots);
/* `n` is 1 to GEN_FOURIER_MAX. */
GenFourier *gen_fourier_new (gsize n);
void gen_fourier_free (GenFourier *fourier);
/* Numbers of memory for one run at a time. */
gsize gen_fourier_scratch_size (const GenFourier *fourier);
/* In place. Different threads may run one transform, each with scratch of its own. */
void gen_fourier_run (const GenFourier *fourier, double *re, double *im, double *scratch);
