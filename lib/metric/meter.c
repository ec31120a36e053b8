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

struct _GenMeter {
  GenMetricSettings settings;
  GArray *instruments; /* Instrument */
  GArray *fields;      /* GenField */
  GenTally *tallies;   /* a field each; used by those of frame metrics */
  int tile_width, tile_height;
  guint interval;
  char **class_names;
  gboolean measures_frames, takes_samples, wants_features, wants_reference;
  GenPicture luma; /* of a colour frame */
  guint64 frames, samples;
};

static gboolean
add_instrument (
    GenMeter *meter, const GenMetric *metric, const GenMeterSettings *settings, GError **error)
{
  Instrument instrument = { metric, NULL, (int)meter->fields->len };

  for (guint i = 0; i < meter->instruments->len; i++)
    if (g_array_index (meter->instruments, Instrument, i).metric == metric)
      return TRUE;
  if (metric->needs_reference && !settings->has_reference) {
    g_set_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_REFERENCE,
        "metric %s compares with a reference, and there is none", metric->name);
    return FALSE;
  }
  if (metric->needs_labels && !settings->has_labels) {
    g_set_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_REFERENCE,
        "metric %s needs a reference with classes, and this one has none", metric->name);
    return FALSE;
  }

  for (int i = 0; i < metric->n_fields; i++) {
    GenField field = metric->fields[i];

    if (field.type == GEN_FIELD_TEXT && field.text == NULL)
      field.text = meter->settings.features->name;
    g_array_append_val (meter->fields, field);
  }
  if (metric->open != NULL)
    instrument.state = metric->open (&meter->settings);
  g_array_append_val (meter->instruments, instrument);
  meter->measures_frames |= metric->measure != NULL;
  meter->takes_samples |= metric->take != NULL;
  meter->wants_reference |= metric->refer != NULL;
  return TRUE;
}

/* Those that can be had without asking for more. */
static gboolean
add_automatic (GenMeter *meter, const GenMeterSettings *settings, GError **error)
{
  for (const GenMetric *const *m = gen_metric_list (); *m != NULL; m++) {
    if (((*m)->needs_reference && !settings->has_reference) ||
        ((*m)->needs_labels && !settings->has_labels))
      continue;
    if (!add_instrument (meter, *m, settings, error))
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
  meter->settings.features = settings->features == NULL
                                 ? gen_features_list ()[0]
                                 : gen_features_find (settings->features, error);
  if (meter->settings.features == NULL)
    return NULL;
  if (!(automatic ? add_automatic (meter, settings, error) : add_named (meter, settings, error)))
    return NULL;
  /* So far, the metrics that look at features are those that compare with a reference. */
  meter->wants_features = meter->wants_reference;
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

/* Hand a sample to all that take it, or to all that refer to it. */
static void
distribute (GenMeter *meter, const GenPicture *picture, int label, gboolean reference)
{
  float features[GEN_FEATURES_MAX];
  GenSample sample = { .picture = picture, .features = features, .label = label };

  if (meter->wants_features) {
    sample.n_features = meter->settings.features->length (picture->channels);
    meter->settings.features->compute (picture, features);
  }
  for (guint i = 0; i < meter->instruments->len; i++) {
    Instrument *instrument = &g_array_index (meter->instruments, Instrument, i);
    const GenMetric *metric = instrument->metric;

    if (reference ? metric->refer != NULL : metric->take != NULL)
      (reference ? metric->refer : metric->take) (instrument->state, &sample);
  }
}

void
gen_meter_refer (GenMeter *meter, const GenPicture *picture, int label)
{
  distribute (meter, picture, label, TRUE);
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
  g_auto (GenPicture) picture = { 0 };
  guint64 referred = 0;

  order.seed = meter->settings.seed;
  sequence = gen_sequence_new (dataset, &order, error);
  if (sequence == NULL)
    return FALSE;
  loading.frames = MIN (gen_sequence_get_length (sequence), GEN_METER_REFERENCE_MAX);
  loader = gen_loader_new (dataset, sequence, &loading);
  gen_picture_init (&picture, width, height, channels);
  for (;;) {
    guint64 frame;
    guint32 item;
    GenLoaderResult result = gen_loader_next (loader, &picture, &frame, &item, NULL);

    if (g_cancellable_set_error_if_cancelled (cancellable, error))
      return FALSE;
    if (result == GEN_LOADER_BAD)
      continue;
    if (result != GEN_LOADER_PICTURE)
      break;
    gen_meter_refer (meter, &picture, gen_dataset_get_label (dataset, item));
    referred++;
  }
  if (referred < 2) {
    g_set_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_REFERENCE,
        "a reference needs at least two pictures, and %" G_GUINT64_FORMAT " could be read",
        referred);
    return FALSE;
  }
  return TRUE;
}

/* Whole tiles only: what is left over at the right and below is no picture. */
static void
take_tiles (GenMeter *meter, const GenPicture *frame)
{
  int width = meter->tile_width > 0 ? meter->tile_width : frame->width;
  int height = meter->tile_height > 0 ? meter->tile_height : frame->height;

  for (int y = 0; y + height <= frame->height; y += height)
    for (int x = 0; x + width <= frame->width; x += width) {
      GenPicture tile = *frame;

      tile.data = frame->data + (gsize)y * frame->stride + (gsize)x * frame->channels;
      tile.width = width;
      tile.height = height;
      tile.owned = FALSE;
      distribute (meter, &tile, -1, FALSE);
      meter->samples++;
    }
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

  if (meter->takes_samples)
    take_tiles (meter, frame);
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
