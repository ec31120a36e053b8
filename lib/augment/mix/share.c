/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shares by the Beta and the Dirichlet distribution: of two numbers and more of the Gamma
 * distribution (Marsaglia and Tsang 2000), as many uniform numbers being taken as that asks for. */
#include <math.h>

#include "mix-private.h"

typedef struct {
  const GenRandom *random;
  guint64 number, next;
} Numbers;

static double
take (Numbers *numbers)
{
  float uniform;

  gen_random_uniform (numbers->random, numbers->number, numbers->next++, &uniform, 1);
  return (double)uniform;
}

static double
take_normal (Numbers *numbers)
{
  const double radius = sqrt (-2 * log (take (numbers)));

  return radius * cos (2 * G_PI * take (numbers));
}

/* The logarithm of it, as of a small concentration numbers are too small for any other form. */
static double
take_gamma (Numbers *numbers, double concentration)
{
  const double above = concentration < 1 ? concentration + 1 : concentration;
  const double d = above - 1 / 3.0, c = 1 / sqrt (9 * d);
  const double less = concentration < 1 ? log (take (numbers)) / concentration : 0;

  for (;;) {
    const double x = take_normal (numbers), root = 1 + c * x, v = root * root * root;

    if (root > 0 && log (take (numbers)) < 0.5 * x * x + d - d * v + d * log (v))
      return log (d * v) + less;
  }
}

double
gen_augment_draw_share (
    const GenRandom *random, guint64 number, guint64 first, double concentration)
{
  Numbers numbers = { random, number, first };
  const double a = take_gamma (&numbers, concentration), b = take_gamma (&numbers, concentration);

  return 1 / (1 + exp (b - a));
}

void
gen_augment_draw_shares (const GenRandom *random, guint64 number, guint64 first,
    double concentration, double *shares, int n)
{
  Numbers numbers = { random, number, first };
  double most = -G_MAXDOUBLE, sum = 0;

  for (int i = 0; i < n; i++) {
    shares[i] = take_gamma (&numbers, concentration);
    most = MAX (most, shares[i]);
  }
  for (int i = 0; i < n; i++) {
    shares[i] = exp (shares[i] - most);
    sum += shares[i];
  }
  for (int i = 0; i < n; i++)
    shares[i] /= sum;
}
