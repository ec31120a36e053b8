/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The list of methods that find directions, each in a file of its own. */
#include "direction-methods.h"

#include <lapacke.h>
#include <math.h>
#include <string.h>

#include "../base/family.h"

#define MOST_NUMBERS 8192
#define MOST_ALL ((gsize)1 << 28)

const GenDirectionMethod *const *
gen_direction_method_list (void)
{
  static const GenDirectionMethod *const list[] = {
    &gen_direction_method_pca,
    &gen_direction_method_sefa,
    &gen_direction_method_mean,
    &gen_direction_method_logistic,
    NULL,
  };

  return list;
}

const GenDirectionMethod *
gen_direction_method_find (const char *name, GError **error)
{
  return GEN_FAMILY_FIND (gen_direction_method_list (), name, "method", GEN_LATENT_SPACE_ERROR,
      GEN_LATENT_SPACE_ERROR_SETTING, error);
}

static gboolean
check_count (const char *name, int value, int least, int most, GError **error)
{
  if (value >= least && value <= most)
    return TRUE;
  g_set_error (error, GEN_LATENT_SPACE_ERROR, GEN_LATENT_SPACE_ERROR_SETTING,
      "%s is %d, and should be from %d to %d", name, value, least, most);
  return FALSE;
}

/* Methods hold the square of a place's numbers, and all samples. */
static gboolean
check_size (const GenLatentSpace *space, const GenDirectionSettings *settings, GError **error)
{
  const gsize length = gen_direction_length (space);

  if (length > MOST_NUMBERS) {
    g_set_error (error, GEN_LATENT_SPACE_ERROR, GEN_LATENT_SPACE_ERROR_MODEL,
        "a place has %" G_GSIZE_FORMAT " numbers; directions are found of up to %d", length,
        MOST_NUMBERS);
    return FALSE;
  }
  return gen_direction_check_samples ((gsize)settings->samples,
      gen_latent_space_length (space) * gen_latent_space_vectors (space), error);
}

gboolean
gen_direction_check_samples (gsize samples, gsize each, GError **error)
{
  if (samples <= MOST_ALL / MAX (each, 1))
    return TRUE;
  g_set_error (error, GEN_LATENT_SPACE_ERROR, GEN_LATENT_SPACE_ERROR_SETTING,
      "samples is %" G_GSIZE_FORMAT ", of %" G_GSIZE_FORMAT
      " numbers each, which are more than %" G_GSIZE_FORMAT " in all",
      samples, each, MOST_ALL);
  return FALSE;
}

GenDirections *
gen_directions_find_by (const GenDirectionMethod *method, GenLatentSpace *space,
    const GenDirectionSettings *settings, GArray *shares, GError **error)
{
  g_autoptr (GArray) own = g_array_new (FALSE, FALSE, sizeof (double));

  if (!check_count ("count", settings->count, 1, GEN_DIRECTION_MAX_COUNT, error) ||
      !check_count ("samples", settings->samples, 2, GEN_DIRECTION_MAX_SAMPLES, error))
    return NULL;
  if (!check_size (space, settings, error))
    return NULL;
  if (method->is_labelled && settings->classifier == NULL && settings->labels == NULL) {
    g_set_error (error, GEN_LATENT_SPACE_ERROR, GEN_LATENT_SPACE_ERROR_SETTING,
        "method %s needs labels: a classifier of samples, or latents and the label of each",
        method->name);
    return NULL;
  }
  return method->find (space, settings, shares != NULL ? shares : own, error);
}

/* --- what they have in common --- */

gsize
gen_direction_length (const GenLatentSpace *space)
{
  const gsize length = gen_latent_space_length (space);

  return gen_latent_space_kind (space) == GEN_SPACE_STYLES
             ? length
             : length * gen_latent_space_vectors (space);
}

float *
gen_direction_draw (GenLatentSpace *space, guint n, GError **error)
{
  const gsize length = gen_direction_length (space);
  const gsize place = gen_latent_space_length (space) * gen_latent_space_vectors (space);
  g_autofree float *places = g_new (float, n *place), *first = NULL;

  if (!gen_latent_space_draw (space, 0, n, places, error))
    return NULL;
  if (place == length)
    return g_steal_pointer (&places);
  /* Drawn styles are the same in all layers. */
  first = g_new (float, n *length);
  for (guint i = 0; i < n; i++)
    memcpy (first + i * length, places + i * place, length * sizeof *first);
  return g_steal_pointer (&first);
}

gboolean
gen_direction_eigen (double *matrix, gsize size, gsize n, double *values, GError **error)
{
  g_autofree double *all = g_new (double, size);
  const lapack_int info =
      LAPACKE_dsyevd (LAPACK_COL_MAJOR, 'V', 'L', (lapack_int)size, matrix, (lapack_int)size, all);

  if (info != 0) {
    g_set_error (error, GEN_LATENT_SPACE_ERROR, GEN_LATENT_SPACE_ERROR_NOT_FINITE,
        "no eigenvectors were found (LAPACK says %d)", (int)info);
    return FALSE;
  }
  /* They come from the least eigenvalue on. */
  for (gsize k = 0; k < size / 2; k++)
    for (gsize i = 0; i < size; i++) {
      const double kept = matrix[k * size + i];

      matrix[k * size + i] = matrix[(size - 1 - k) * size + i];
      matrix[(size - 1 - k) * size + i] = kept;
    }
  for (gsize k = 0; k < MIN (n, size); k++)
    values[k] = all[size - 1 - k];
  return TRUE;
}

/* The deviation of `places` along a row of length 1. */
static double
deviate (const float *places, guint n, gsize length, const double *row)
{
  double sum = 0, squares = 0;

  for (guint i = 0; i < n; i++) {
    double along = 0;

    for (gsize k = 0; k < length; k++)
      along += row[k] * places[i * length + k];
    sum += along;
    squares += along * along;
  }
  return sqrt (MAX (squares / n - (sum / n) * (sum / n), 0));
}

/* Of length 1, and where nothing says which way it goes, its greatest number positive. FALSE where
 * it has no length. */
static gboolean
normalise (double *row, gsize length, gboolean is_named)
{
  double square = 0, greatest = 0, scale;

  for (gsize k = 0; k < length; k++) {
    square += row[k] * row[k];
    if (fabs (row[k]) > fabs (greatest))
      greatest = row[k];
  }
  if (!(square > 0) || !isfinite (square))
    return FALSE;
  scale = (!is_named && greatest < 0 ? -1 : 1) / sqrt (square);
  for (gsize k = 0; k < length; k++)
    row[k] *= scale;
  return TRUE;
}

GenDirections *
gen_direction_scale (GenLatentSpace *space, const float *places, guint n_places, double *rows,
    guint n, const char *const *names, const char *prefix, GError **error)
{
  const gsize length = gen_direction_length (space);
  const gboolean is_one = gen_latent_space_kind (space) == GEN_SPACE_STYLES;
  const gsize vectors = is_one ? 1 : gen_latent_space_vectors (space);
  g_autofree float *numbers = g_new (float, n *length);
  g_auto (GStrv) own = g_new0 (char *, n + 1);

  for (guint i = 0; i < n; i++) {
    double *row = rows + i * length;
    double deviation;

    own[i] = names != NULL ? g_strdup (names[i]) : g_strdup_printf ("%s-%u", prefix, i + 1);
    if (!normalise (row, length, names != NULL)) {
      g_set_error (error, GEN_LATENT_SPACE_ERROR, GEN_LATENT_SPACE_ERROR_NOT_FINITE,
          "direction %s: nothing changes along it, or numbers are not finite", own[i]);
      return NULL;
    }
    deviation = deviate (places, n_places, length, row);
    for (gsize k = 0; k < length; k++)
      numbers[i * length + k] = (float)(row[k] * deviation);
  }
  return gen_directions_new ((const char *const *)own, n, vectors, length / vectors, numbers);
}
