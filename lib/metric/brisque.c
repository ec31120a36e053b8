/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* BRISQUE: what people would say of a picture's quality, as a support vector machine has learned it
 * from statistics of natural scenes at two sizes (Mittal, Moorthy and Bovik, "No-reference image
 * quality assessment in the spatial domain", IEEE TIP 2012). The machine is a file of OpenCV's,
 * which learned the LIVE database's opinions, and whose way of halving a picture this follows:
 * bicubic without a filter against aliases. */
#include "filter.h"
#include "metrics.h"
#include "opencv-storage.h"
#include "scene-statistics.h"

#include <math.h>

#define FOLDER "/usr/share/opencv4/quality/"
#define MODEL FOLDER "brisque_model_live.yml"
#define PACKAGE "opencv-data"

/* Between these are machines that have learned something: features go from -1 to 1, opinions from 0
 * to 100, and beyond them a vector is of all pictures, or of none. */
#define SMALLEST_GAMMA 1e-9
#define LARGEST_GAMMA 1e6
#define LARGEST 1e9

#define SCALES 2
#define FEATURES 36
/* Of a cubic that goes through points, of Keys' family as OpenCV has it. */
#define SHARPNESS (-0.75f)
#define TAPS 4

/* Where the taps of a place of the smaller picture lie, along one side. */
typedef struct {
  int places[TAPS];
  float weights[TAPS];
} Taps;

typedef struct {
  guint n_vectors;
  double *vectors, *weights; /* n_vectors rows of FEATURES; a number each */
  double offset, gamma;
  double lowest[FEATURES], highest[FEATURES]; /* what becomes -1 and 1 */
} Machine;

typedef struct {
  Machine machine;
  GenScene *scene;
  int width, height;
  float *levels, *half, *row; /* width * height; half of it each way; width */
  Taps *across;               /* of each column of the half */
} Brisque;

/* --- the machine --- */

static double *
steal (GArray *numbers)
{
  return (double *)(gpointer)g_array_free (numbers, FALSE);
}

/* What a file says beside its numbers is of them, where it says it. */
static gboolean
check_count (const GenStorage *storage, const char *key, double wanted, GError **error)
{
  g_autoptr (GArray) said = NULL;

  if (!gen_storage_has (storage, key))
    return TRUE;
  said = gen_storage_read (storage, key, 1, error);
  if (said == NULL)
    return FALSE;
  if (g_array_index (said, double, 0) == wanted)
    return TRUE;
  g_set_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_MODEL,
      "%s: %s is %g, where %g was expected", storage->path, key, g_array_index (said, double, 0),
      wanted);
  return FALSE;
}

static gboolean
check_bounds (const GenStorage *storage, const char *key, const GArray *numbers, double low,
    double high, GError **error)
{
  for (guint i = 0; i < numbers->len; i++) {
    const double number = g_array_index (numbers, double, i);

    if (number >= low && number <= high)
      continue;
    g_set_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_MODEL,
        "%s: number %u of %s is %g, which is not from %g to %g", storage->path, i, key, number, low,
        high);
    return FALSE;
  }
  return TRUE;
}

static gboolean
read_machine (Machine *machine, const char *path, GError **error)
{
  g_auto (GenStorage) storage = { 0 };
  g_autoptr (GArray) gamma = NULL, rho = NULL, vectors = NULL, alpha = NULL;

  if (!gen_storage_open (&storage, path, error) ||
      (gamma = gen_storage_read (&storage, "gamma", 1, error)) == NULL ||
      (rho = gen_storage_read (&storage, "rho", 1, error)) == NULL ||
      (alpha = gen_storage_read (&storage, "alpha", 0, error)) == NULL ||
      (vectors = gen_storage_read (&storage, "support_vectors", alpha->len * FEATURES, error)) ==
          NULL ||
      !check_bounds (&storage, "gamma", gamma, SMALLEST_GAMMA, LARGEST_GAMMA, error) ||
      !check_bounds (&storage, "rho", rho, -LARGEST, LARGEST, error) ||
      !check_bounds (&storage, "alpha", alpha, -LARGEST, LARGEST, error) ||
      !check_bounds (&storage, "support_vectors", vectors, -LARGEST, LARGEST, error) ||
      !check_count (&storage, "var_count", FEATURES, error) ||
      !check_count (&storage, "sv_total", alpha->len, error) ||
      !check_count (&storage, "sv_count", alpha->len, error))
    return FALSE;
  machine->gamma = g_array_index (gamma, double, 0);
  machine->offset = g_array_index (rho, double, 0);
  machine->n_vectors = alpha->len;
  machine->weights = steal (g_steal_pointer (&alpha));
  machine->vectors = steal (g_steal_pointer (&vectors));
  return TRUE;
}

/* The range's file has its model's name with "range" in the place of "model". */
static gboolean
read_range (Machine *machine, const char *model, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (model), *name = g_path_get_basename (model);
  g_auto (GStrv) parts = g_strsplit (name, "model", 2);
  g_autofree char *other = NULL, *path = NULL;
  g_auto (GenStorage) storage = { 0 };
  g_autoptr (GArray) data = NULL;

  if (parts[1] == NULL) {
    g_set_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_MODEL,
        "%s: a model's file has \"model\" in its name, in the place of which its range's file "
        "beside it has \"range\"",
        model);
    return FALSE;
  }
  other = g_strjoinv ("range", parts);
  path = g_build_filename (folder, other, NULL);
  if (!gen_storage_open (&storage, path, error) ||
      (data = gen_storage_read (&storage, "data", 2 * FEATURES, error)) == NULL ||
      !check_bounds (&storage, "data", data, -LARGEST, LARGEST, error) ||
      !check_count (&storage, "rows", 2, error) || !check_count (&storage, "cols", FEATURES, error))
    return FALSE;
  for (int i = 0; i < FEATURES; i++) {
    machine->lowest[i] = g_array_index (data, double, i);
    machine->highest[i] = g_array_index (data, double, FEATURES + i);
    if (machine->lowest[i] < machine->highest[i])
      continue;
    g_set_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_MODEL,
        "%s: feature %d reaches from %g to %g, which is no range", path, i, machine->lowest[i],
        machine->highest[i]);
    return FALSE;
  }
  return TRUE;
}

static double
judge (const Machine *machine, const double *features)
{
  double scaled[FEATURES], sum = -machine->offset;

  for (int i = 0; i < FEATURES; i++)
    scaled[i] =
        -1 + 2 * (features[i] - machine->lowest[i]) / (machine->highest[i] - machine->lowest[i]);
  for (guint v = 0; v < machine->n_vectors; v++) {
    const double *vector = machine->vectors + (gsize)v * FEATURES;
    double distance = 0;

    for (int i = 0; i < FEATURES; i++)
      distance += (vector[i] - scaled[i]) * (vector[i] - scaled[i]);
    sum += machine->weights[v] * exp (-machine->gamma * distance);
  }
  return CLAMP (sum, 0, 100);
}

/* --- half a picture --- */

static void
clear_room (Brisque *brisque)
{
  g_clear_pointer (&brisque->levels, g_free);
  g_clear_pointer (&brisque->half, g_free);
  g_clear_pointer (&brisque->row, g_free);
  g_clear_pointer (&brisque->across, g_free);
}

static float
weigh (float distance)
{
  const float a = SHARPNESS;

  return distance < 1 ? ((a + 2) * distance - (a + 3)) * distance * distance + 1
                      : ((a * distance - 5 * a) * distance + 8 * a) * distance - 4 * a;
}

/* Place `i` of the half of `n`, which lies between the middle two of its taps; beyond the border is
 * what is on it. */
static void
find_taps (Taps *taps, int i, int n)
{
  const double place = (i + 0.5) * n / (n / 2) - 0.5;
  const int first = (int)floor (place);
  const float past = (float)(place - first);

  for (int k = 0; k < TAPS; k++) {
    taps->places[k] = CLAMP (first + k - 1, 0, n - 1);
    taps->weights[k] = weigh (fabsf (past + 1 - (float)k));
  }
}

static void
make_room (Brisque *brisque, int width, int height)
{
  const gsize n = (gsize)width * (gsize)height;

  if (width == brisque->width && height == brisque->height)
    return;
  clear_room (brisque);
  brisque->width = width;
  brisque->height = height;
  brisque->levels = g_new (float, n);
  brisque->half = g_new (float, n / 4);
  brisque->row = g_new (float, width);
  brisque->across = g_new (Taps, width / 2);
  for (int x = 0; x < width / 2; x++)
    find_taps (&brisque->across[x], x, width);
}

static void
halve_places (const Brisque *brisque, float *out, int begin, int end)
{
  for (int x = begin; x < end; x++) {
    const Taps *taps = &brisque->across[x];

    out[x] = 0;
    for (int k = 0; k < TAPS; k++)
      out[x] += taps->weights[k] * brisque->row[taps->places[k]];
  }
}

/* Within an even row, all places lie alike. */
static void
halve_row (const Brisque *brisque, float *out)
{
  const int n = brisque->width / 2;

  if (n < 3 || brisque->width % 2 != 0) {
    halve_places (brisque, out, 0, n);
    return;
  }
  halve_places (brisque, out, 0, 1);
  gen_filter_row_by_two (brisque->row + 1, brisque->across[1].weights, TAPS, out + 1, n - 2);
  halve_places (brisque, out, n - 1, n);
}

static void
halve (Brisque *brisque)
{
  const int width = brisque->width, n = width / 2;

  for (int y = 0; y < brisque->height / 2; y++) {
    const float *rows[TAPS];
    float *out = brisque->half + (gsize)y * (gsize)n;
    Taps down;

    find_taps (&down, y, brisque->height);
    for (int k = 0; k < TAPS; k++)
      rows[k] = brisque->levels + (gsize)down.places[k] * (gsize)width;
    gen_filter_rows_any (rows, down.weights, TAPS, brisque->row, width);
    halve_row (brisque, out);
  }
}

/* --- the metric --- */

static void
brisque_close (gpointer metric)
{
  Brisque *brisque = metric;

  clear_room (brisque);
  gen_scene_free (brisque->scene);
  g_free (brisque->machine.vectors);
  g_free (brisque->machine.weights);
  g_free (brisque);
}

static gpointer
brisque_load (const GenMetricSettings *settings, GError **error)
{
  const char *model = settings->brisque_model != NULL ? settings->brisque_model : MODEL;
  Brisque *brisque = g_new0 (Brisque, 1);

  brisque->scene = gen_scene_new ();
  if (read_machine (&brisque->machine, model, error) &&
      read_range (&brisque->machine, model, error))
    return brisque;
  if (settings->brisque_model == NULL && !g_file_test (model, G_FILE_TEST_EXISTS)) {
    g_clear_error (error);
    g_set_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_MISSING,
        "its model %s is not there: Debian's package " PACKAGE " brings it", model);
  }
  brisque_close (brisque);
  return NULL;
}

/* The features of one size. FALSE where there are none. */
static gboolean
find_features (Brisque *brisque, const float *levels, int width, int height,
    double features[FEATURES / SCALES])
{
  GenSceneFit fits[GEN_SCENE_FITS];

  gen_scene_normalise (brisque->scene, levels, width, height, NULL);
  if (!gen_scene_fit (brisque->scene, 0, 0, width, height, FALSE, fits))
    return FALSE;
  *features++ = fits[0].shape;
  *features++ = (fits[0].left * fits[0].left + fits[0].right * fits[0].right) / 2;
  for (int i = 1; i < GEN_SCENE_FITS; i++) {
    const GenSceneFit *fit = &fits[i];

    *features++ = fit->shape;
    *features++ = (fit->right - fit->left) * gen_scene_mean_factor (fit->shape) *
                  gen_scene_scale_factor (fit->shape);
    *features++ = fit->left * fit->left;
    *features++ = fit->right * fit->right;
  }
  return TRUE;
}

static void
brisque_measure (gpointer metric, const GenSample *sample, double *values)
{
  const GenPicture *luma = &sample->picture;
  const int width = luma->width, height = luma->height;
  Brisque *brisque = metric;
  double features[FEATURES];

  if (MIN (width, height) < 2)
    return;
  make_room (brisque, width, height);
  gen_scene_read (luma, width, height, brisque->levels);
  halve (brisque);
  if (find_features (brisque, brisque->levels, width, height, features) &&
      find_features (brisque, brisque->half, width / 2, height / 2, features + FEATURES / SCALES))
    values[0] = judge (&brisque->machine, features);
}

const GenMetric gen_metric_brisque = {
  .name = "brisque",
  .medium = &gen_medium_picture,
  .summary = "What people would say of a picture's quality, by statistics of natural scenes and a "
             "model that learned it (Mittal et al. 2012)",
  .unit = "0 to 100; 0 is best",
  .fields = { { "brisque", GEN_FIELD_NUMBER, NULL,
      "it is flat, so that it has no statistics of a scene", .better = GEN_BETTER_LOWER } },
  .n_fields = 1,
  .load = brisque_load,
  .close = brisque_close,
  .measure = brisque_measure,
};
