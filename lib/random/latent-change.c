/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is done to latents that have been made. */
#include <generative/latent-change.h>

#include <math.h>
#include <string.h>

#include "directions-private.h"
#include "latent-private.h"

/* Push vector `v`. */
static void
push (const GenLatent *latent, const GenDirections *directions, const double *amounts, guint n,
    gsize v, float *vector)
{
  const gsize row = directions->vectors > 1 ? v : 0;

  for (guint k = 0; k < MIN (n, directions->count); k++)
    if (amounts[k] != 0)
      gen_latent_weigh (vector, 1,
          directions->numbers + (k * directions->vectors + row) * directions->length,
          (float)amounts[k], latent->length);
}

void
gen_latent_push (const GenLatent *latent, const GenDirections *directions, const double *amounts,
    guint n, float *latents)
{
  g_return_if_fail (gen_directions_fit (directions, latent->length, latent->count, NULL));
  for (gsize v = 0; v < latent->count; v++)
    push (latent, directions, amounts, n, v, latents + v * latent->length);
}

void
gen_latent_turn (const GenLatent *latent, const GenDirections *directions, const double *amounts,
    guint n, float *latents)
{
  const gboolean round = latent->distribution == GEN_DISTRIBUTION_NORMAL ||
                         latent->distribution == GEN_DISTRIBUTION_SPHERICAL;

  g_return_if_fail (gen_directions_fit (directions, latent->length, latent->count, NULL));
  for (gsize v = 0; v < latent->count; v++) {
    float *vector = latents + v * latent->length;
    const double before = gen_latent_product (vector, vector, latent->length);
    double after;

    push (latent, directions, amounts, n, v, vector);
    gen_latent_clip (latent, vector, latent->length);
    after = round ? gen_latent_product (vector, vector, latent->length) : 0;
    if (after > 0)
      gen_latent_weigh (vector, (float)sqrt (before / after), vector, 0, latent->length);
  }
}

static void
mix_numbers (const GenLatent *latent, const float *others, double amount, gsize n, float *numbers)
{
  double weight_a, weight_b;
  GenLatent way = *latent;

  if (amount >= 1) {
    memcpy (numbers, others, n * sizeof (float));
    return;
  }
  /* Parts of a vector on the sphere have lengths of their own. */
  if (way.distribution == GEN_DISTRIBUTION_SPHERICAL)
    way.distribution = GEN_DISTRIBUTION_NORMAL;
  gen_latent_walk_weights (&way, amount, gen_latent_product (numbers, numbers, n),
      gen_latent_product (numbers, others, n), gen_latent_product (others, others, n), &weight_a,
      &weight_b);
  gen_latent_weigh (numbers, (float)weight_a, others, (float)weight_b, n);
  gen_latent_clip (latent, numbers, n);
}

void
gen_latent_mix (const GenLatent *latent, const float *others, double amount, gsize first,
    gsize last, float *latents)
{
  const gsize length = latent->length;

  if (amount <= 0 || first > last)
    return;
  if (latent->count == 1) {
    if (first < length)
      mix_numbers (
          latent, others + first, amount, MIN (last, length - 1) - first + 1, latents + first);
    return;
  }
  for (gsize v = first; v < latent->count && v <= last; v++)
    mix_numbers (latent, others + v * length, amount, length, latents + v * length);
}

void
gen_latent_scale (const GenLatent *latent, double factor, float *latents)
{
  gen_latent_weigh (latents, (float)factor, latents, 0, latent->length * latent->count);
}
