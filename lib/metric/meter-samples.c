/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The samples of a meter: tiles of frames, and the reference's pictures. Their features are
 * computed once for all metrics, a batch at a time, for which pictures of the reference wait;
 * those of the stream never do. */
#include "meter.h"

#include <math.h>

/* Samples whose features are computed at a time, where that does good, and where they take no
 * more than so many bytes. */
#define BATCH 16
#define BATCH_BYTES (64 * 1024 * 1024)

gboolean
gen_meter_check_statistics (const GenMeter *meter, int length, GError **error)
{
  const GenStatistics *statistics = meter->settings.reference;
  const char *name = gen_features_name (meter->features);

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

/* The samples' features, where any metric wants them. */
static gboolean
compute_features (GenMeter *meter, const GenPicture *pictures, int n, GError **error)
{
  int length;

  if (!meter->wants_features)
    return TRUE;
  if (meter->length == 0) {
    length = gen_features_length (meter->features, pictures[0].channels);
    if (meter->settings.reference != NULL && !gen_meter_check_statistics (meter, length, error))
      return FALSE;
    meter->length = length;
    meter->rows = g_new (float, (gsize)BATCH *(gsize)length);
  }
  return gen_features_compute (meter->features, pictures, n, meter->rows, error);
}

static gboolean
all_finite (const float *numbers, int n)
{
  for (int i = 0; i < n; i++)
    if (!isfinite (numbers[i]))
      return FALSE;
  return TRUE;
}

/* Hand up to BATCH samples to all that take them, or to all that refer to them. */
static gboolean
distribute (GenMeter *meter, const GenPicture *pictures, const int *labels, int n,
    gboolean reference, GError **error)
{
  if (n == 0)
    return TRUE;
  if (!compute_features (meter, pictures, n, error))
    return FALSE;
  for (int k = 0; k < n; k++) {
    GenMetricSample sample = { .picture = &pictures[k], .label = labels != NULL ? labels[k] : -1 };

    if (meter->wants_features) {
      sample.features = meter->rows + (gsize)k * (gsize)meter->length;
      sample.n_features = meter->length;
      /* It would make all figures NaN. */
      if (!all_finite (sample.features, sample.n_features)) {
        meter->left_out++;
        continue;
      }
    }
    meter->samples += !reference;
    for (guint i = 0; i < meter->instruments->len; i++) {
      Instrument *instrument = &g_array_index (meter->instruments, Instrument, i);
      const GenMetric *metric = instrument->metric;

      if (reference ? metric->refer != NULL : metric->take != NULL)
        (reference ? metric->refer : metric->take) (instrument->state, &sample);
    }
  }
  return TRUE;
}

gboolean
gen_meter_refer (GenMeter *meter, const GenPicture *picture, int label, GError **error)
{
  return distribute (meter, picture, &label, 1, TRUE, error);
}

/* How many pictures of that size to gather. */
static int
batch_of (const GenMeter *meter, int width, int height, int channels)
{
  guint64 room = BATCH_BYTES / ((guint64)width * (guint64)height * (guint64)channels);

  return (int)CLAMP (room, 1, (guint64)CLAMP (gen_features_batch (meter->features), 1, BATCH));
}

static gboolean
refer_all (GenMeter *meter, const GenDataset *dataset, GenLoader *loader, GenPicture *pictures,
    int batch, GCancellable *cancellable, GError **error)
{
  guint64 referred = 0, left_out = meter->left_out;
  int labels[BATCH], n = 0;

  for (;;) {
    guint64 frame;
    guint32 item;
    GenLoaderResult result = gen_loader_next (loader, &pictures[n], &frame, &item, NULL);

    if (g_cancellable_set_error_if_cancelled (cancellable, error))
      return FALSE;
    if (result == GEN_LOADER_BAD)
      continue;
    if (result == GEN_LOADER_PICTURE) {
      labels[n++] = gen_dataset_get_label (dataset, item);
      referred++;
      if (n < batch)
        continue;
    }
    if (!distribute (meter, pictures, labels, n, TRUE, error))
      return FALSE;
    n = 0;
    if (result != GEN_LOADER_PICTURE)
      break;
  }
  referred -= meter->left_out - left_out;
  if (referred >= 2)
    return TRUE;
  g_set_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_REFERENCE,
      "a reference needs at least two pictures, and %" G_GUINT64_FORMAT " could be read", referred);
  return FALSE;
}

gboolean
gen_meter_refer_dataset (GenMeter *meter, const GenDataset *dataset, int width, int height,
    int channels, int threads, GCancellable *cancellable, GError **error)
{
  GenSequenceSettings order = GEN_SEQUENCE_DEFAULTS;
  GenLoaderSettings loading = {
    .width = width, .height = height, .channels = channels, .fit = GEN_FIT_PAD, .threads = threads
  };
  g_autoptr (GenSequence) sequence = NULL;
  g_autoptr (GenLoader) loader = NULL;
  GenPicture pictures[BATCH] = { 0 };
  int batch = batch_of (meter, width, height, channels);
  gboolean done;

  order.seed = meter->settings.seed;
  sequence = gen_sequence_new (dataset, &order, error);
  if (sequence == NULL)
    return FALSE;
  loading.frames = MIN (gen_sequence_get_length (sequence), GEN_METER_REFERENCE_MAX);
  loader = gen_loader_new (dataset, sequence, &loading);
  for (int i = 0; i < batch; i++)
    gen_picture_init (&pictures[i], width, height, channels);
  done = refer_all (meter, dataset, loader, pictures, batch, cancellable, error);
  for (int i = 0; i < batch; i++)
    gen_picture_clear (&pictures[i]);
  return done;
}

/* Whole tiles only: what is left over at the right and below is no picture. */
gboolean
gen_meter_take_tiles (GenMeter *meter, const GenPicture *frame, GError **error)
{
  int width = meter->tile_width > 0 ? meter->tile_width : frame->width;
  int height = meter->tile_height > 0 ? meter->tile_height : frame->height;
  GenPicture tiles[BATCH];
  int n = 0;

  for (int y = 0; y + height <= frame->height; y += height)
    for (int x = 0; x + width <= frame->width; x += width) {
      GenPicture *tile = &tiles[n++];

      *tile = *frame;
      tile->data = frame->data + (gssize)y * frame->stride + (gsize)x * frame->channels;
      tile->width = width;
      tile->height = height;
      tile->owned = FALSE;
      if (n < BATCH)
        continue;
      if (!distribute (meter, tiles, NULL, n, FALSE, error))
        return FALSE;
      n = 0;
    }
  return distribute (meter, tiles, NULL, n, FALSE, error);
}
