/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The samples of a meter: frames or their tiles, and the reference's. Their features are computed
 * once for all metrics, a batch at a time, for which samples of the reference wait;
 * those of the stream never do. */
#include "classes.h"

#include <math.h>
#include <string.h>

/* Samples whose features are computed at a time, where that does good, and where they take no
 * more than so many bytes. */
#define BATCH 16
#define BATCH_BYTES (64 * 1024 * 1024)

gboolean
gen_meter_check_statistics (const GenMeter *meter, int length, GError **error)
{
  const GenStatistics *statistics = meter->settings.reference;
  const char *name = meter->features_name;

  if (statistics->features != NULL && !g_str_equal (statistics->features, name)) {
    g_set_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_REFERENCE,
        "its statistics are of the features \"%s\" (%d numbers), but \"%s\" are compared",
        statistics->features, statistics->length, name);
    return FALSE;
  }
  if (length > 0 && length != statistics->length) {
    g_set_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_REFERENCE,
        "its statistics are of %d numbers, but the features \"%s\" that are compared have %d",
        statistics->length, name, length);
    return FALSE;
  }
  return TRUE;
}

/* Rows that are kept of each set. */
static guint
limit_rows (int length)
{
  return (guint)MIN (GEN_METRIC_ROWS, GEN_METRIC_ROWS_BYTES / ((gsize)length * sizeof (float)));
}

/* Make ready for features of `length` numbers, unless it was done. */
static gboolean
open_rows (GenMeter *meter, int length, GError **error)
{
  static const char *const streams[] = { "samples", "reference" };

  if (meter->length > 0)
    return TRUE;
  if (meter->settings.reference != NULL && !gen_meter_check_statistics (meter, length, error))
    return FALSE;
  meter->length = length;
  meter->rows = g_new (float, (gsize)BATCH *(gsize)length);
  for (int i = 0; i < 2; i++)
    gen_feature_rows_init (&meter->sets[i], limit_rows (length), meter->settings.seed, streams[i]);
  return TRUE;
}

/* The samples' features, where any metric wants them. */
static gboolean
compute_features (GenMeter *meter, const GenSample *samples, int n, GError **error)
{
  GenFormat format;

  if (!meter->wants_features)
    return TRUE;
  format = gen_sample_format (&samples[0]);
  return open_rows (meter,
             meter->length > 0 ? meter->length : gen_features_length (meter->features, &format),
             error) &&
         gen_features_compute (meter->features, samples, n, meter->rows, error);
}

static gboolean
all_finite (const float *numbers, int n)
{
  for (int i = 0; i < n; i++)
    if (!isfinite (numbers[i]))
      return FALSE;
  return TRUE;
}

static void
keep (GenFeatureRows *rows, const GenMetricSample *sample)
{
  float *row = gen_feature_rows_next (rows, sample->n_features);

  if (row != NULL)
    memcpy (row, sample->features, (gsize)sample->n_features * sizeof *row);
}

/* To all that take it, or to all that refer to it. */
static void
hand_out (GenMeter *meter, const GenMetricSample *given, gboolean reference)
{
  g_autofree char *name = g_steal_pointer (&meter->next_name);
  GenMetricSample named = *given;
  const GenMetricSample *sample = &named;

  if (named.name == NULL)
    named.name = name;
  named.frame = MAX (meter->frames, 1) - 1;
  /* It would make all figures NaN. */
  if ((sample->sample != NULL && !gen_meter_is_valid (sample->sample)) ||
      (meter->wants_features && !all_finite (sample->features, sample->n_features))) {
    meter->left_out++;
    return;
  }
  meter->samples += !reference;
  if (meter->wants_sets)
    keep (&meter->sets[reference], sample);
  if (meter->recent_sets != NULL && meter->wants_features)
    gen_recent_sets_take (
        meter->recent_sets, meter, sample->features, sample->n_features, reference);
  if (meter->classes != NULL)
    gen_classes_take (meter->classes, sample, reference);
  for (guint i = 0; i < meter->instruments->len; i++) {
    Instrument *instrument = &g_array_index (meter->instruments, Instrument, i);
    const GenMetric *metric = instrument->metric;

    if (reference ? metric->refer != NULL : metric->take != NULL)
      (reference ? metric->refer : metric->take) (instrument->state, sample);
  }
}

/* Where samples of a reference come from. */
typedef struct {
  int label;
  guint32 item;
  char *name; /* NULL: not known */
} Origin;

/* Up to BATCH samples; `origins` is NULL where they are the stream's. */
static gboolean
distribute (GenMeter *meter, const GenSample *samples, const Origin *origins, int n,
    gboolean reference, GError **error)
{
  if (n == 0)
    return TRUE;
  if (!compute_features (meter, samples, n, error))
    return FALSE;
  for (int k = 0; k < n; k++) {
    GenMetricSample sample = { .sample = &samples[k], .label = -1, .item = G_MAXUINT32 };

    if (origins != NULL) {
      sample.label = origins[k].label;
      sample.item = origins[k].item;
      sample.name = origins[k].name;
    }
    if (meter->wants_features) {
      sample.features = meter->rows + (gsize)k * (gsize)meter->length;
      sample.n_features = meter->length;
    }
    hand_out (meter, &sample, reference);
  }
  return TRUE;
}

/* A metric that looks at more of samples than their features. */
static const GenMetric *
find_looker (const GenMeter *meter)
{
  for (guint i = 0; i < meter->instruments->len; i++) {
    const GenMetric *metric = g_array_index (meter->instruments, Instrument, i).metric;

    if (!metric->needs_features)
      return metric;
  }
  return NULL;
}

gboolean
gen_meter_take_features (GenMeter *meter, const float *features, int length, int label,
    gboolean reference, GError **error)
{
  const GenMetric *looker = find_looker (meter);
  const GenMetricSample sample = {
    .features = features, .n_features = length, .label = label, .item = G_MAXUINT32
  };

  if (looker != NULL) {
    g_set_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_UNKNOWN,
        "metric %s looks at samples themselves, of which there are only features", looker->name);
    return FALSE;
  }
  if (!open_rows (meter, length, error))
    return FALSE;
  if (length != meter->length) {
    g_set_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_REFERENCE,
        "features of %d numbers cannot be compared with those of %d", length, meter->length);
    return FALSE;
  }
  hand_out (meter, &sample, reference);
  return TRUE;
}

gboolean
gen_meter_refer (GenMeter *meter, const GenSample *sample, int label, GError **error)
{
  const Origin origin = { .label = label, .item = G_MAXUINT32 };

  return distribute (meter, sample, &origin, 1, TRUE, error);
}

/* How many samples of that format to gather. */
static int
batch_of (const GenMeter *meter, const GenFormat *format)
{
  guint64 room = BATCH_BYTES / MAX (gen_meter_count_numbers (format), 1);

  return (int)CLAMP (room, 1, (guint64)CLAMP (gen_features_batch (meter->features), 1, BATCH));
}

static void
forget_origins (Origin *origins, int n)
{
  for (int i = 0; i < n; i++)
    g_clear_pointer (&origins[i].name, g_free);
}

static gboolean
refer_all (GenMeter *meter, const GenDataset *dataset, GenLoader *loader, GenSample *samples,
    int batch, GCancellable *cancellable, GError **error)
{
  guint64 referred = 0, left_out = meter->left_out;
  Origin origins[BATCH] = { 0 };
  int n = 0;

  for (;;) {
    g_autoptr (GError) why = NULL;
    guint64 frame;
    guint32 item;
    GenLoaderResult result = gen_loader_next (loader, &samples[n], &frame, &item, &why);
    gboolean done;

    if (g_cancellable_set_error_if_cancelled (cancellable, error)) {
      forget_origins (origins, n);
      return FALSE;
    }
    if (result == GEN_LOADER_BAD) {
      if (why != NULL && meter->tell_left_out != NULL)
        meter->tell_left_out (why, meter->data);
      continue;
    }
    if (result == GEN_LOADER_SAMPLE) {
      origins[n++] = (Origin){ gen_dataset_get_label (dataset, item),
        gen_dataset_get_source (dataset, item), gen_dataset_describe_item (dataset, item) };
      referred++;
      if (n < batch)
        continue;
    }
    done = distribute (meter, samples, origins, n, TRUE, error);
    forget_origins (origins, n);
    if (!done)
      return FALSE;
    n = 0;
    if (result != GEN_LOADER_SAMPLE)
      break;
  }
  referred -= meter->left_out - left_out;
  if (referred >= 2)
    return TRUE;
  g_set_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_REFERENCE,
      "a reference needs at least two %s, and %" G_GUINT64_FORMAT " could be read",
      meter->medium->plural, referred);
  return FALSE;
}

void
gen_meter_set_reference_fit (GenMeter *meter, GenFit fit)
{
  meter->reference_fit = fit;
}

gboolean
gen_meter_refer_dataset (GenMeter *meter, const GenDataset *dataset, const GenFormat *format,
    int threads, GCancellable *cancellable, GError **error)
{
  GenSequenceSettings order = GEN_SEQUENCE_DEFAULTS;
  GenLoaderSettings loading = {
    .format = *format, .fitting = { .fit = meter->reference_fit }, .threads = threads
  };
  const GenDatasetCut windows = {
    .rate = format->rate, .window = format->length, .threads = threads, .cancellable = cancellable
  };
  g_autoptr (GenDataset) cut = NULL;
  g_autoptr (GenSequence) sequence = NULL;
  g_autoptr (GenLoader) loader = NULL;
  GenSample samples[BATCH] = { 0 };
  int batch = batch_of (meter, format);
  gboolean done;

  if (format->medium == &gen_medium_sound && gen_dataset_get_length (dataset, 0) == 0) {
    cut = gen_dataset_cut (dataset, &windows, error);
    if (cut == NULL)
      return FALSE;
    dataset = cut;
  }
  loading.fitting.keeps_size = format->medium == &gen_medium_picture && meter->features != NULL &&
                               gen_features_resize (meter->features);
  order.seed = meter->settings.seed;
  sequence = gen_sequence_new (dataset, &order, error);
  if (sequence == NULL)
    return FALSE;
  loading.frames = MIN (gen_sequence_get_length (sequence), GEN_METER_REFERENCE_MAX);
  loader = gen_loader_new (dataset, sequence, &loading);
  for (int i = 0; i < batch; i++)
    gen_sample_init (&samples[i], format);
  done = refer_all (meter, dataset, loader, samples, batch, cancellable, error);
  for (int i = 0; i < batch; i++)
    gen_sample_clear (&samples[i]);
  return done;
}

/* Whole tiles only: what is left over at the right and below is no picture. */
static gboolean
take_pictures (GenMeter *meter, const GenPicture *frame, GError **error)
{
  int width = meter->tile_width > 0 ? meter->tile_width : frame->width;
  int height = meter->tile_height > 0 ? meter->tile_height : frame->height;
  GenSample tiles[BATCH];
  int n = 0;

  for (int y = 0; y + height <= frame->height; y += height)
    for (int x = 0; x + width <= frame->width; x += width) {
      GenPicture tile = *frame;

      tile.data += (gssize)y * frame->stride + (gsize)x * frame->channels;
      tile.width = width;
      tile.height = height;
      tiles[n++] = gen_sample_of_picture (&tile);
      if (n < BATCH)
        continue;
      if (!distribute (meter, tiles, NULL, n, FALSE, error))
        return FALSE;
      n = 0;
    }
  return distribute (meter, tiles, NULL, n, FALSE, error);
}

gboolean
gen_meter_take_samples (GenMeter *meter, const GenSample *frame, GError **error)
{
  if (frame->medium == &gen_medium_picture)
    return take_pictures (meter, &frame->picture, error);
  return distribute (meter, frame, NULL, 1, FALSE, error);
}
