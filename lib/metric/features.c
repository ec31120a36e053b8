/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The list of embedders, opening one, and the reduction by area that the built-in ones begin with.
 * That is our own, and not a scaler's, because a figure is worth something only while its
 * features stay the same. */
#include <generative/features.h>

#include <generative/metric.h>
#include <generative/model.h>

#include <math.h>

#include "../base/family.h"
#include "features.h"
#include "resizing.h"

#define AREA_MAX 64

/* The span [first, end) of pixels that cell `i` of `cells` over `n` pixels touches, and how much
 * of the first and the last it covers. */
typedef struct {
  int first, end;
  float first_weight, last_weight;
} Span;

static Span
span_of (int i, int cells, int n)
{
  double begin = (double)i * n / cells, end = (double)(i + 1) * n / cells;
  Span span = { .first = MIN ((int)begin, n - 1), .end = MIN ((int)ceil (end), n) };

  span.first_weight = (float)(MIN (span.first + 1, end) - begin);
  span.last_weight = (float)(end - (span.end - 1));
  return span;
}

void
gen_features_area (const GenPicture *picture, int channel, int size, float *out)
{
  int step = picture->channels;
  float scale = (float)size / (float)picture->width * (float)size / (float)picture->height;
  Span columns[AREA_MAX];

  g_return_if_fail (size > 0 && size <= AREA_MAX);
  for (int j = 0; j < size; j++)
    columns[j] = span_of (j, size, picture->width);
  for (int i = 0; i < size; i++) {
    Span rows = span_of (i, size, picture->height);
    float *cells = out + i * size;

    for (int j = 0; j < size; j++)
      cells[j] = 0;
    for (int y = rows.first; y < rows.end; y++) {
      const guint8 *row = picture->data + (gssize)y * picture->stride + channel;
      float weight = y == rows.first ? rows.first_weight : y == rows.end - 1 ? rows.last_weight : 1;

      for (int j = 0; j < size; j++) {
        const Span *span = &columns[j];
        float sum = span->first_weight * row[span->first * step];
        guint32 inner = 0;

        for (int x = span->first + 1; x < span->end - 1; x++)
          inner += row[x * step];
        if (span->end - 1 > span->first)
          sum += (float)inner + span->last_weight * row[(span->end - 1) * step];
        cells[j] += weight * sum;
      }
    }
    for (int j = 0; j < size; j++)
      cells[j] *= scale;
  }
}

struct _GenFeatures {
  const GenEmbedder *embedder;
  gpointer state;
  char *name, *file;
  gboolean resizes;
};

const GenEmbedder *const *
gen_embedder_list (void)
{
  static const GenEmbedder *const list[] = {
    &gen_embedder_hog,
    &gen_embedder_pixels,
    &gen_embedder_log_mel,
    &gen_embedder_hashed_words,
    NULL,
  };

  return list;
}

static const GenEmbedder *
find_embedder (const char *name, const GenMedium *medium, GError **error)
{
  g_autoptr (GString) names = g_string_new (NULL);

  for (const GenEmbedder *const *e = gen_embedder_list (); *e != NULL; e++) {
    if ((*e)->medium != medium)
      continue;
    if (name == NULL || g_str_equal ((*e)->name, name))
      return *e;
    g_string_append_printf (names, "%s, ", (*e)->name);
  }
  if (name != NULL && g_file_test (name, G_FILE_TEST_EXISTS))
    return &gen_embedder_onnx;
  g_set_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_UNKNOWN,
      "there are no features \"%s\" of a %s and no file of that name; there are %sand any ONNX "
      "file "
      "that makes a vector of one",
      name != NULL ? name : "", medium->name, names->str);
  return NULL;
}

GenFeatures *
gen_features_open (const char *embedder, const GenMedium *medium, GError **error)
{
  g_autoptr (GenFeatures) features = g_new0 (GenFeatures, 1);

  features->embedder = find_embedder (embedder, medium, error);
  if (features->embedder == NULL)
    return NULL;
  if (features->embedder->open == NULL) {
    features->name = g_strdup (features->embedder->name);
    return g_steal_pointer (&features);
  }
  if (features->embedder->name == NULL)
    features->file = g_strdup (embedder);
  features->state = features->embedder->open (embedder, medium, &features->name, error);
  return features->state != NULL ? g_steal_pointer (&features) : NULL;
}

void
gen_features_free (GenFeatures *features)
{
  if (features == NULL)
    return;
  if (features->state != NULL)
    features->embedder->close (features->state);
  g_free (features->name);
  g_free (features->file);
  g_free (features);
}

gboolean
gen_features_adapt (GenFeatures *features, const char *files, const char *scales, GError **error)
{
  if (features->embedder->adapt != NULL)
    return features->embedder->adapt (features->state, files, scales, &features->name, error);
  g_set_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_UNKNOWN,
      "%s is no file, beside whose weights adapters could be", features->name);
  return FALSE;
}

gboolean
gen_features_scale_adapters (GenFeatures *features, const char *scales, GError **error)
{
  return features->embedder->scale_adapters == NULL ||
         features->embedder->scale_adapters (features->state, scales, error);
}

void
gen_features_begin_stream (GenFeatures *features)
{
  if (features->embedder->begin_stream != NULL)
    features->embedder->begin_stream (features->state);
}

char *
gen_features_describe_assumption (const GenFeatures *features)
{
  const GenEmbedder *embedder = features->embedder;

  return embedder->describe_assumption != NULL ? embedder->describe_assumption (features->state)
                                               : NULL;
}

char **
gen_features_get_class_names (const GenFeatures *features)
{
  const GenEmbedder *embedder = features->embedder;

  return embedder->get_class_names != NULL ? embedder->get_class_names (features->state) : NULL;
}

int
gen_features_find (
    const GenFeatures *features, const GenFormat *format, const char *wanted, GError **error)
{
  const int n = gen_features_length (features, format);
  g_auto (GStrv) names = gen_features_get_class_names (features);
  int found;

  if (wanted == NULL)
    return 0;
  found = gen_class_find ((const char *const *)names, (guint)MAX (n, 0), wanted, error);
  if (found < 0)
    g_prefix_error (error, "%s: ", gen_features_file (features));
  return found;
}

void
gen_features_to_probabilities (const float *row, int n, double *probabilities)
{
  double sum = 0, most = -INFINITY;
  gboolean is_share = TRUE;

  for (int i = 0; i < n; i++) {
    is_share = is_share && row[i] >= 0 && row[i] <= 1;
    sum += row[i];
    most = MAX (most, row[i]);
  }
  is_share = is_share && fabs (sum - 1) < 1e-3;
  if (!is_share)
    sum = 0;
  for (int i = 0; i < n; i++) {
    probabilities[i] = is_share ? row[i] : exp (row[i] - most);
    sum += is_share ? 0 : probabilities[i];
  }
  for (int i = 0; i < n; i++)
    probabilities[i] /= sum;
}

gboolean
gen_features_set_resizing (GenFeatures *features, const char *resizing, GError **error)
{
  g_autofree char *name = g_strconcat (features->name, "/", resizing, NULL);

  if (features->embedder->resize == NULL) {
    g_set_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_UNKNOWN,
        "the features %s look at pictures of any size as they are: a resizing (here \"%s\") is of "
        "an ONNX file's",
        features->name, resizing);
    return FALSE;
  }
  if (!features->embedder->resize (features->state, resizing, error))
    return FALSE;
  g_free (features->name);
  features->name = g_steal_pointer (&name);
  features->resizes = TRUE;
  return TRUE;
}

gboolean
gen_features_resize (const GenFeatures *features)
{
  return features->resizes;
}

char *
gen_features_list_resizings (void)
{
  return GEN_FAMILY_NAMES (gen_resizing_list ());
}

const char *
gen_features_name (const GenFeatures *features)
{
  return features->name;
}

const char *
gen_features_file (const GenFeatures *features)
{
  return features->file != NULL ? features->file : features->name;
}

gboolean
gen_features_are_built_in (const GenFeatures *features)
{
  return features->embedder->name != NULL;
}

int
gen_features_batch (const GenFeatures *features)
{
  return features->embedder->batch;
}

int
gen_features_length (const GenFeatures *features, const GenFormat *format)
{
  return features->embedder->length (features->state, format);
}

gboolean
gen_features_compute (
    GenFeatures *features, const GenSample *samples, int n, float *out, GError **error)
{
  return features->embedder->compute (features->state, samples, n, out, error);
}
