/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "shrink-quality.h"

#include <math.h>
#include <string.h>

#include <generative/features.h>

#include "feature-set.h"

struct _QualityMeter {
  const GenRunSet *set;
  GArray *first_outputs; /* of float */
  Quality first;
  /* Where there is a reference: */
  const GenPort *port; /* what makes the samples */
  guint output;
  GenFeatures *features;
  GenStatistics reference;
  GenFormat format;
  guint64 count;
};

void
quality_meter_free (QualityMeter *meter)
{
  if (meter == NULL)
    return;
  g_clear_pointer (&meter->first_outputs, g_array_unref);
  g_clear_pointer (&meter->features, gen_features_free);
  gen_statistics_clear (&meter->reference);
  g_free (meter);
}

const Quality *
quality_meter_first (const QualityMeter *meter)
{
  return &meter->first;
}

guint64
quality_meter_count (const QualityMeter *meter)
{
  return meter->count;
}

const char *
quality_meter_features (const QualityMeter *meter)
{
  return meter->features != NULL ? gen_features_name (meter->features) : NULL;
}

/* --- samples of what is made --- */

typedef struct {
  QualityMeter *meter;
  GenMoments moments;
  GenSample sample;
  float *planes, *row;
  gsize n; /* numbers of a sample */
} Making;

static void
making_clear (Making *making)
{
  gen_moments_clear (&making->moments);
  gen_sample_clear (&making->sample);
  g_free (making->planes);
  g_free (making->row);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Making, making_clear)

/* What the model makes becomes planes from 0 to 1, of a sound from -1 to 1. */
static void
to_planes (const GenPort *port, const float *from, gsize n, int channels, float *planes)
{
  const gsize plane = n / (gsize)channels;
  const gboolean is_picture = port->kind == GEN_PORT_PICTURE;

  for (int c = 0; c < channels; c++) {
    const int own = is_picture && port->bgr && c < 3 ? 2 - c : c;

    for (gsize i = 0; i < plane; i++) {
      const float number =
          from[port->channels_last ? i * (gsize)channels + (gsize)c : (gsize)c * plane + i];

      planes[(gsize)own * plane + i] = is_picture ? number * port->std[c] + port->mean[c] : number;
    }
  }
}

static gboolean
take (guint run, const GenBinding *const *outputs, guint n, gpointer data, GError **error)
{
  Making *making = data;
  QualityMeter *meter = making->meter;
  const GenBinding *made = outputs[meter->output];
  const gsize items = (gsize)gen_shape_elements (&made->shape) / making->n;

  for (gsize i = 0; i < items; i++) {
    to_planes (meter->port, (const float *)made->data + i * making->n, making->n,
        meter->format.channels, making->planes);
    meter->format.medium->from_numbers (
        &making->sample, meter->port->kind == GEN_PORT_SOUND ? -1 : 0, 1, making->planes);
    if (!gen_features_compute (meter->features, &making->sample, 1, making->row, error))
      return FALSE;
    gen_moments_add (&making->moments, making->row);
  }
  return TRUE;
}

static gboolean
find_distance (Making *making, const QualityMeter *meter, double *distance, GError **error)
{
  g_auto (GenStatistics) statistics = { 0 };

  if (!gen_moments_statistics (&making->moments, &statistics)) {
    g_set_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_UNKNOWN,
        "the Fréchet distance takes two samples at least");
    return FALSE;
  }
  return gen_frechet_distance (&statistics, &meter->reference, distance, error);
}

static gboolean
measure_frechet (QualityMeter *meter, const GenGraph *graph, double *distance, GError **error)
{
  g_auto (Making) making = { .meter = meter };
  const int length = gen_features_length (meter->features, &meter->format);

  gen_moments_init (&making.moments, length);
  gen_sample_init (&making.sample, &meter->format);
  making.n = meter->format.medium->count_numbers (&meter->format);
  making.planes = g_new (float, making.n);
  making.row = g_new (float, length);
  if (!gen_run_set_play (meter->set, graph, NULL, take, &making, error))
    return FALSE;
  meter->count = making.moments.count;
  return find_distance (&making, meter, distance, error);
}

gboolean
quality_meter_measure (QualityMeter *meter, const GenGraph *graph, Quality *quality, GError **error)
{
  GenRunDifference difference;

  *quality = (Quality){ .frechet = NAN };
  if (!gen_run_set_compare (meter->set, graph, meter->first_outputs, NULL, &difference, error))
    return FALSE;
  quality->sqnr = gen_run_difference_sqnr (&difference);
  quality->psnr = gen_run_difference_psnr (&difference);
  return meter->features == NULL || measure_frechet (meter, graph, &quality->frechet, error);
}

/* --- the reference --- */

static gboolean
find_port (QualityMeter *meter, const GenModel *model, GError **error)
{
  const GenPort *port = gen_model_find_output (model, GEN_PORT_PICTURE);

  if (port == NULL)
    port = gen_model_find_output (model, GEN_PORT_SOUND);
  if (port == NULL || port->type != GEN_TYPE_FLOAT32) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "--reference: what the model makes is neither pictures nor sounds of float32, which alone "
        "can be compared with samples");
    return FALSE;
  }
  meter->port = port;
  meter->output = (guint)(port - model->outputs);
  return TRUE;
}

/* What samples are like that the model makes: of the shape that its runs come to. */
static gboolean
find_format (QualityMeter *meter, const GenGraph *shaped, GError **error)
{
  const GenPort *port = meter->port;
  const GenTensor *output = g_ptr_array_index (shaped->outputs, meter->output);
  const gint64 *dims = output->shape.dims;
  const int first = port->channels_last ? 1 : 2;

  meter->format = (GenFormat){ .medium = &gen_medium_picture, .channels = port->channels };
  if (port->kind == GEN_PORT_SOUND) {
    meter->format.medium = &gen_medium_sound;
    meter->format.rate = port->sample_rate;
    meter->format.length = (gsize)dims[output->shape.rank == 2 ? 1 : first];
    return TRUE;
  }
  meter->format.height = (int)dims[first];
  meter->format.width = (int)dims[first + 1];
  return TRUE;
}

static gboolean
read_reference (QualityMeter *meter, const char *location, JsonObject *said, const char *embedder,
    GError **error)
{
  GenMoments moments = { 0 };
  const FeatureSetSettings settings = {
    .embedder = embedder, .said = said, .name = "reference", .moments = &moments
  };
  g_auto (FeatureSet) set = { 0 };
  gboolean read;

  if (g_str_has_suffix (location, ".npz"))
    return gen_statistics_load (&meter->reference, location, error);
  read = feature_set_read (&set, location, &settings, &meter->format, error);
  if (read && !gen_moments_statistics (&moments, &meter->reference)) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "--reference %s: two samples at least are wanted", location);
    read = FALSE;
  }
  gen_moments_clear (&moments);
  return read;
}

static gboolean
open_reference (QualityMeter *meter, const GenModel *model, const GenGraph *shaped,
    const char *location, JsonObject *said, const char *embedder, GError **error)
{
  if (!find_port (meter, model, error) || !find_format (meter, shaped, error) ||
      (meter->features = gen_features_open (embedder, meter->format.medium, error)) == NULL ||
      !read_reference (meter, location, said, embedder, error))
    return FALSE;
  if (meter->reference.length == gen_features_length (meter->features, &meter->format))
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "--reference %s: it has %d features, and what the model makes %d", location,
      meter->reference.length, gen_features_length (meter->features, &meter->format));
  return FALSE;
}

QualityMeter *
quality_meter_new (const GenModel *model, const GenGraph *graph, const GenRunSet *set,
    const char *reference, JsonObject *said, const char *embedder, GError **error)
{
  g_autoptr (QualityMeter) meter = g_new0 (QualityMeter, 1);
  g_autoptr (GenGraph) shaped = gen_graph_copy (model->graph);

  meter->set = set;
  meter->first = (Quality){ INFINITY, INFINITY, NAN };
  meter->first_outputs = gen_run_set_record (set, graph, NULL, error);
  if (meter->first_outputs == NULL || !gen_graph_infer (shaped, error))
    return NULL;
  if (reference != NULL &&
      (!open_reference (meter, model, shaped, reference, said, embedder, error) ||
          !measure_frechet (meter, graph, &meter->first.frechet, error)))
    return NULL;
  return g_steal_pointer (&meter);
}
