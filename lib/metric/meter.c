/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A meter: metrics over a stream. It does once what they share: a frame's luma, and a sample's
 * features. Metrics never learn of frames, tiles or intervals. */
#include "metrics.h"

#include <math.h>

#include "../simd.h"

typedef struct {
  const GenMetric *metric;
  gpointer state;
  int first_field;
} Instrument;

/* Samples whose features are computed at a time, where that does good, and where they take no
 * more than so many bytes. */
#define BATCH 16
#define BATCH_BYTES (64 * 1024 * 1024)

struct _GenMeter {
  GenMetricSettings settings;
  GenFeatures *features, *own_features; /* the settings', or our own */
  int length;                           /* floats of features; 0: not known yet */
  float *rows;                          /* BATCH of them */
  GArray *instruments;                  /* Instrument */
  GArray *fields;                       /* GenField */
  GenTally *tallies;                    /* a field each; used by those of frame metrics */
  int tile_width, tile_height;
  guint interval;
  char **class_names;
  gboolean measures_frames, takes_samples, wants_features, wants_reference;
  GenPicture luma; /* of a colour frame */
  guint64 frames, samples;
};

/* What `metric` misses, or NULL. */
static const char *
missing (const GenMetric *metric, const GenMeterSettings *settings)
{
  gboolean statistics = metric->takes_statistics && settings->statistics != NULL;
  gboolean collects = metric->statistics != NULL && settings->collects;

  if (metric->needs_reference && !settings->has_reference && !statistics && !collects)
    return settings->statistics != NULL ? "compares with pictures, and the reference is statistics"
                                        : "compares with a reference, and there is none";
  if (metric->needs_labels && !settings->has_labels)
    return "needs a reference with classes, and this one has none";
  return NULL;
}

/* Whether the statistics that a metric is to compare with are of our features. */
static gboolean
check_statistics (const GenMeter *meter, GError **error)
{
  const GenStatistics *statistics = meter->settings.reference;
  const char *name = gen_features_name (meter->features);

  if (statistics->features != NULL && !g_str_equal (statistics->features, name)) {
    g_set_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_REFERENCE,
        "its statistics are of the features \"%s\" (%d numbers), but \"%s\" are compared",
        statistics->features, statistics->length, name);
    return FALSE;
  }
  if (meter->length > 0 && meter->length != statistics->length) {
    g_set_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_REFERENCE,
        "its statistics are of %d numbers, but the features \"%s\" that are compared have %d",
        statistics->length, name, meter->length);
    return FALSE;
  }
  return TRUE;
}

static gboolean
add_instrument (
    GenMeter *meter, const GenMetric *metric, const GenMeterSettings *settings, GError **error)
{
  Instrument instrument = { metric, NULL, (int)meter->fields->len };

  for (guint i = 0; i < meter->instruments->len; i++)
    if (g_array_index (meter->instruments, Instrument, i).metric == metric)
      return TRUE;
  if (missing (metric, settings) != NULL) {
    g_set_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_REFERENCE, "metric %s %s", metric->name,
        missing (metric, settings));
    return FALSE;
  }
  if (metric->takes_statistics && settings->statistics != NULL && !check_statistics (meter, error))
    return FALSE;

  for (int i = 0; i < metric->n_fields; i++) {
    GenField field = metric->fields[i];

    if (field.type == GEN_FIELD_TEXT && field.text == NULL)
      field.text = gen_features_name (meter->features);
    g_array_append_val (meter->fields, field);
  }
  if (metric->open != NULL)
    instrument.state = metric->open (&meter->settings);
  g_array_append_val (meter->instruments, instrument);
  meter->measures_frames |= metric->measure != NULL;
  meter->takes_samples |= metric->take != NULL;
  meter->wants_features |= metric->needs_features;
  meter->wants_reference |= metric->refer != NULL && settings->has_reference;
  return TRUE;
}

/* Those that can be had without asking for more. */
static gboolean
add_automatic (GenMeter *meter, const GenMeterSettings *settings, GError **error)
{
  for (const GenMetric *const *m = gen_metric_list (); *m != NULL; m++) {
    if (missing (*m, settings) == NULL && !add_instrument (meter, *m, settings, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
add_named (GenMeter *meter, const GenMeterSettings *settings, GError **error)
{
  g_auto (GStrv) names = g_strsplit (settings->metrics, ",", -1);

  if (names[0] == NULL)
    return gen_metric_find ("", error) != NULL;
  for (char **name = names; *name != NULL; name++) {
    const GenMetric *metric = gen_metric_find (g_strstrip (*name), error);

    if (metric == NULL || !add_instrument (meter, metric, settings, error))
      return FALSE;
  }
  return TRUE;
}

/* Who knows the samples' statistics. */
static const Instrument *
find_collector (const GenMeter *meter)
{
  for (guint i = 0; i < meter->instruments->len; i++) {
    const Instrument *instrument = &g_array_index (meter->instruments, Instrument, i);

    if (instrument->metric->statistics != NULL)
      return instrument;
  }
  return NULL;
}

GenMeter *
gen_meter_new (const GenMeterSettings *settings, GError **error)
{
  g_autoptr (GenMeter) meter = g_new0 (GenMeter, 1);
  gboolean automatic = settings->metrics == NULL || g_str_equal (settings->metrics, "auto");

  meter->instruments = g_array_new (FALSE, FALSE, sizeof (Instrument));
  meter->fields = g_array_new (FALSE, FALSE, sizeof (GenField));
  meter->tile_width = settings->tile_width;
  meter->tile_height = settings->tile_height;
  meter->interval = settings->interval;
  meter->class_names = g_strdupv ((char **)settings->class_names);
  meter->settings.seed = settings->seed;
  meter->settings.reference = settings->statistics;
  if (settings->features == NULL)
    meter->own_features = gen_features_open (gen_embedder_list ()[0]->name, error);
  meter->features = settings->features != NULL ? settings->features : meter->own_features;
  if (!(automatic ? add_automatic (meter, settings, error) : add_named (meter, settings, error)))
    return NULL;
  if (settings->collects && find_collector (meter) == NULL) {
    g_set_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_UNKNOWN,
        "statistics come with the metric frechet, which is not measured");
    return NULL;
  }
  meter->tallies = g_new0 (GenTally, meter->fields->len);
  return g_steal_pointer (&meter);
}

void
gen_meter_free (GenMeter *meter)
{
  if (meter == NULL)
    return;
  for (guint i = 0; i < meter->instruments->len; i++) {
    Instrument *instrument = &g_array_index (meter->instruments, Instrument, i);

    if (instrument->metric->close != NULL)
      instrument->metric->close (instrument->state);
  }
  g_array_unref (meter->instruments);
  g_array_unref (meter->fields);
  g_free (meter->tallies);
  g_free (meter->rows);
  gen_features_free (meter->own_features);
  g_strfreev (meter->class_names);
  gen_picture_clear (&meter->luma);
  g_free (meter);
}

const GenField *
gen_meter_fields (const GenMeter *meter, guint *n)
{
  *n = meter->fields->len;
  return (const GenField *)meter->fields->data;
}

gboolean
gen_meter_wants_reference (const GenMeter *meter)
{
  return meter->wants_reference;
}

/* The samples' features, where any metric wants them. */
static gboolean
compute_features (GenMeter *meter, const GenPicture *pictures, int n, GError **error)
{
  if (!meter->wants_features)
    return TRUE;
  if (meter->length == 0) {
    meter->length = gen_features_length (meter->features, pictures[0].channels);
    meter->rows = g_new (float, (gsize)BATCH *(gsize)meter->length);
    if (meter->settings.reference != NULL && !check_statistics (meter, error))
      return FALSE;
  }
  return gen_features_compute (meter->features, pictures, n, meter->rows, error);
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
    GenSample sample = { .picture = &pictures[k], .label = labels != NULL ? labels[k] : -1 };

    if (meter->wants_features) {
      sample.features = meter->rows + (gsize)k * (gsize)meter->length;
      sample.n_features = meter->length;
    }
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
  guint64 referred = 0;
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
static gboolean
take_tiles (GenMeter *meter, const GenPicture *frame, GError **error)
{
  int width = meter->tile_width > 0 ? meter->tile_width : frame->width;
  int height = meter->tile_height > 0 ? meter->tile_height : frame->height;
  GenPicture tiles[BATCH];
  int n = 0;

  for (int y = 0; y + height <= frame->height; y += height)
    for (int x = 0; x + width <= frame->width; x += width) {
      GenPicture *tile = &tiles[n++];

      *tile = *frame;
      tile->data = frame->data + (gsize)y * frame->stride + (gsize)x * frame->channels;
      tile->width = width;
      tile->height = height;
      tile->owned = FALSE;
      meter->samples++;
      if (n < BATCH)
        continue;
      if (!distribute (meter, tiles, NULL, n, FALSE, error))
        return FALSE;
      n = 0;
    }
  return distribute (meter, tiles, NULL, n, FALSE, error);
}

/* ITU-R BT.601 in 16 bits of fraction, rounded to the nearest. */
GEN_CLONES static void
luma_row (const guint8 *restrict rgb, guint8 *restrict luma, int n)
{
  for (int x = 0; x < n; x++)
    luma[x] = (guint8)((19595u * rgb[3 * x] + 38470u * rgb[3 * x + 1] + 7471u * rgb[3 * x + 2] +
                           32768u) >>
                       16);
}

static const GenPicture *
frame_luma (GenMeter *meter, const GenPicture *frame)
{
  if (frame->channels == 1)
    return frame;
  if (meter->luma.width != frame->width || meter->luma.height != frame->height) {
    gen_picture_clear (&meter->luma);
    gen_picture_init (&meter->luma, frame->width, frame->height, 1);
  }
  for (int y = 0; y < frame->height; y++)
    luma_row (frame->data + (gsize)y * frame->stride,
        meter->luma.data + (gsize)y * meter->luma.stride, frame->width);
  return &meter->luma;
}

static gboolean
figure_distributions (GenMeter *meter, double *values, GError **error)
{
  for (guint i = 0; i < meter->instruments->len; i++) {
    Instrument *instrument = &g_array_index (meter->instruments, Instrument, i);

    if (instrument->metric->figure != NULL &&
        !instrument->metric->figure (instrument->state, values + instrument->first_field, error))
      return FALSE;
  }
  return TRUE;
}

gboolean
gen_meter_measure (GenMeter *meter, const GenPicture *frame, double *values, GError **error)
{
  const GenPicture *luma;

  g_return_val_if_fail (frame->channels == 1 || frame->channels == 3, FALSE);
  meter->frames++;
  for (guint i = 0; i < meter->fields->len; i++)
    values[i] = NAN;

  luma = meter->measures_frames ? frame_luma (meter, frame) : NULL;
  for (guint i = 0; i < meter->instruments->len; i++) {
    Instrument *instrument = &g_array_index (meter->instruments, Instrument, i);
    int first = instrument->first_field;

    if (instrument->metric->measure == NULL)
      continue;
    instrument->metric->measure (instrument->state, luma, values + first);
    for (int f = first; f < first + instrument->metric->n_fields; f++)
      gen_tally_add (&meter->tallies[f], values[f]);
  }

  if (meter->takes_samples && !take_tiles (meter, frame, error))
    return FALSE;
  if (meter->interval > 0 && meter->frames % meter->interval == 0)
    return figure_distributions (meter, values, error);
  return TRUE;
}

void
gen_meter_interrupt (GenMeter *meter)
{
  for (guint i = 0; i < meter->instruments->len; i++) {
    Instrument *instrument = &g_array_index (meter->instruments, Instrument, i);

    if (instrument->metric->interrupt != NULL)
      instrument->metric->interrupt (instrument->state);
  }
}

gboolean
gen_meter_statistics (GenMeter *meter, GenStatistics *statistics, GError **error)
{
  const Instrument *collector = find_collector (meter);

  g_return_val_if_fail (collector != NULL, FALSE);
  if (!collector->metric->statistics (collector->state, statistics)) {
    g_set_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_FAILED,
        "statistics need at least two samples, and there were %" G_GUINT64_FORMAT, meter->samples);
    return FALSE;
  }
  statistics->features = g_strdup (gen_features_name (meter->features));
  return TRUE;
}

static void
summarise_field (
    GenMeter *meter, const GenMetric *metric, guint f, double value, JsonObject *summary)
{
  const GenField *field = &g_array_index (meter->fields, GenField, f);

  if (!metric->distribution) {
    if (meter->tallies[f].count > 0)
      json_object_set_object_member (summary, field->name, gen_tally_to_json (&meter->tallies[f]));
  } else if (!isfinite (value)) {
    return;
  } else if (field->type == GEN_FIELD_TEXT) {
    json_object_set_string_member (summary, field->name, field->text);
  } else if (field->type == GEN_FIELD_COUNT) {
    json_object_set_int_member (summary, field->name, (gint64)value);
  } else {
    json_object_set_double_member (summary, field->name, value);
  }
}

JsonObject *
gen_meter_summarise (GenMeter *meter, GError **error)
{
  g_autoptr (JsonObject) summary = json_object_new ();
  g_autofree double *values = g_new (double, meter->fields->len);

  for (guint i = 0; i < meter->fields->len; i++)
    values[i] = NAN;
  if (!figure_distributions (meter, values, error))
    return NULL;
  json_object_set_int_member (summary, "frames", (gint64)meter->frames);
  if (meter->takes_samples)
    json_object_set_int_member (summary, "samples", (gint64)meter->samples);
  for (guint i = 0; i < meter->instruments->len; i++) {
    Instrument *instrument = &g_array_index (meter->instruments, Instrument, i);
    const GenMetric *metric = instrument->metric;

    for (int f = 0; f < metric->n_fields; f++)
      summarise_field (meter, metric, (guint)(instrument->first_field + f),
          values[instrument->first_field + f], summary);
    if (metric->describe != NULL)
      metric->describe (instrument->state, (const char *const *)meter->class_names, summary);
  }
  return g_steal_pointer (&summary);
}
