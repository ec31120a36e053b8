/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A meter: metrics over a stream. It does once what they share: a frame's luma here, a sample's
 * features in meter-samples.c. Metrics never learn of frames, tiles or intervals. */
#include "meter.h"

#include <generative/device.h>
#include <math.h>

#include "../device/team.h"
#include "classes.h"
#include "metrics.h"

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

static gboolean
open_features (GenMeter *meter, const GenMeterSettings *settings, GError **error)
{
  if (settings->features_name != NULL) {
    meter->features_name = g_strdup (settings->features_name);
    return TRUE;
  }
  if (settings->features == NULL)
    meter->own_features = gen_features_open (NULL, meter->medium, error);
  meter->features = settings->features != NULL ? settings->features : meter->own_features;
  if (meter->features == NULL)
    return FALSE;
  meter->features_name = g_strdup (gen_features_name (meter->features));
  return TRUE;
}

/* Figures over the last seconds have fields behind all others. */
static void
open_recent (GenMeter *meter, double seconds)
{
  const GenField *fields;
  guint n;

  meter->recent = gen_recent_new (meter, seconds);
  meter->first_recent = meter->fields->len;
  fields = gen_recent_fields (meter->recent, &n);
  g_array_append_vals (meter->fields, fields, n);
  meter->recent_sets = gen_recent_sets_new (meter, seconds);
}

GenMeter *
gen_meter_new (const GenMeterSettings *settings, GError **error)
{
  g_autoptr (GenMeter) meter = g_new0 (GenMeter, 1);

  meter->instruments = g_array_new (FALSE, FALSE, sizeof (Instrument));
  meter->fields = g_array_new (FALSE, FALSE, sizeof (GenField));
  meter->unavailable = g_string_new (NULL);
  meter->medium = settings->medium != NULL ? settings->medium : &gen_medium_picture;
  meter->tile_width = settings->tile_width;
  meter->tile_height = settings->tile_height;
  meter->interval = settings->interval;
  meter->follows = settings->follows;
  meter->judges = settings->judges;
  meter->reference_medium =
      settings->reference_medium != NULL ? settings->reference_medium : meter->medium;
  meter->class_names = g_strdupv ((char **)settings->class_names);
  meter->reference_fit = GEN_FIT_PAD;
  meter->tell_left_out = settings->left_out;
  meter->data = settings->data;
  meter->settings.seed = settings->seed;
  meter->settings.reference = settings->statistics;
  meter->settings.brisque_model = settings->brisque_model;
  meter->settings.niqe_model = settings->niqe_model;
  meter->settings.language_model = settings->language_model;
  if (!open_features (meter, settings, error) ||
      !gen_meter_add_instruments (meter, settings, error))
    return NULL;
  if (settings->collects && find_collector (meter) == NULL) {
    g_set_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_UNKNOWN,
        "statistics come with the metric frechet, which is not measured");
    return NULL;
  }
  meter->time = G_MAXUINT64;
  if (settings->recent > 0)
    open_recent (meter, settings->recent);
  if (settings->classes)
    meter->classes = gen_classes_new (meter);
  meter->tallies = g_new0 (GenTally, meter->fields->len);
  meter->order = g_new (guint, meter->instruments->len);
  for (guint i = 0; i < meter->instruments->len; i++)
    meter->order[i] = i;
  return g_steal_pointer (&meter);
}

void
gen_meter_free (GenMeter *meter)
{
  if (meter == NULL)
    return;
  gen_classes_free (meter->classes);
  for (guint i = 0; i < meter->instruments->len; i++) {
    Instrument *instrument = &g_array_index (meter->instruments, Instrument, i);

    if (instrument->metric->close != NULL)
      instrument->metric->close (instrument->state);
  }
  gen_recent_free (meter->recent);
  gen_recent_sets_free (meter->recent_sets);
  g_array_unref (meter->instruments);
  g_array_unref (meter->fields);
  g_string_free (meter->unavailable, TRUE);
  g_free (meter->tallies);
  g_free (meter->order);
  g_free (meter->rows);
  g_free (meter->features_name);
  g_free (meter->next_name);
  for (int i = 0; i < 2; i++)
    gen_feature_rows_clear (&meter->sets[i]);
  gen_features_free (meter->own_features);
  g_strfreev (meter->class_names);
  for (int i = 0; i < 2; i++)
    gen_sample_clear (&meter->luma[i]);
  g_free (meter->clean);
  g_free (meter);
}

const GenField *
gen_meter_fields (const GenMeter *meter, guint *n)
{
  *n = meter->fields->len;
  return (const GenField *)meter->fields->data;
}

char *
gen_meter_describe_unavailable (const GenMeter *meter)
{
  return meter->unavailable->len > 0 ? g_strdup (meter->unavailable->str) : NULL;
}

gboolean
gen_meter_is_of_frames (const GenMeter *meter, guint field)
{
  for (guint i = 0; i < meter->instruments->len; i++) {
    const Instrument *instrument = &g_array_index (meter->instruments, Instrument, i);
    const int place = (int)field - instrument->first_field;

    if (place >= 0 && place < gen_metric_count_measured (instrument->metric))
      return TRUE;
  }
  return FALSE;
}

gboolean
gen_meter_wants_reference (const GenMeter *meter)
{
  return meter->wants_reference;
}

/* Its luma, in one of two places, where anybody looks at it. */
static const GenSample *
reduce_frame (GenMeter *meter, const GenSample *frame, int place)
{
  const GenPicture *picture = &frame->picture;
  GenPicture *luma = &meter->luma[place].picture;

  if (frame->medium != &gen_medium_picture || picture->channels == 1 || !meter->wants_luma)
    return frame;
  if (luma->width != picture->width || luma->height != picture->height) {
    gen_sample_clear (&meter->luma[place]);
    gen_sample_init (&meter->luma[place],
        &(GenFormat){ &gen_medium_picture, picture->width, picture->height, 1 });
  }
  gen_metric_luma (picture, luma);
  return &meter->luma[place];
}

/* `values` from a metric's first field on. */
gboolean
gen_meter_figure (GenMeter *meter, double *values, GError **error)
{
  const GenMetricSets sets = { &meter->sets[0], &meter->sets[1], meter->settings.seed };

  for (guint i = 0; i < meter->instruments->len; i++) {
    const Instrument *instrument = &g_array_index (meter->instruments, Instrument, i);
    const GenMetric *metric = instrument->metric;

    if (metric->figure != NULL &&
        !metric->figure (instrument->state,
            values + instrument->first_field + gen_metric_count_measured (metric), error))
      return FALSE;
    if (metric->compare != NULL &&
        !metric->compare (&sets, values + instrument->first_field, error))
      return FALSE;
  }
  return TRUE;
}

gboolean
gen_meter_is_valid (const GenSample *frame)
{
  const GenSound *sound = &frame->sound;

  if (frame->medium == &gen_medium_text)
    return gen_text_is_valid (&frame->text);
  if (frame->medium != &gen_medium_sound)
    return TRUE;
  for (gsize i = 0; i < sound->frames * (gsize)sound->channels; i++)
    if (!isfinite (sound->data[i]))
      return FALSE;
  return TRUE;
}

gsize
gen_meter_count_numbers (const GenFormat *format)
{
  return format->medium->count_numbers != NULL ? format->medium->count_numbers (format)
                                               : format->length;
}

/* Filters that remember would never forget what is no number. */
static GenSample
clean (GenMeter *meter, const GenSample *piece)
{
  const gsize n = piece->sound.frames * (gsize)piece->sound.channels;
  GenSample result = *piece;

  if (meter->n_clean < n) {
    g_free (meter->clean);
    meter->clean = g_new (float, n);
    meter->n_clean = n;
  }
  for (gsize i = 0; i < n; i++)
    meter->clean[i] = isfinite (piece->sound.data[i]) ? piece->sound.data[i] : 0;
  result.sound.data = meter->clean;
  return result;
}

static void
follow (GenMeter *meter, const GenSample *piece)
{
  const GenSample heard = gen_meter_is_valid (piece) ? *piece : clean (meter, piece);

  for (guint i = 0; i < meter->instruments->len; i++) {
    const Instrument *instrument = &g_array_index (meter->instruments, Instrument, i);

    if (instrument->metric->follow != NULL)
      instrument->metric->follow (instrument->state, &heard);
  }
}

void
gen_meter_follow (GenMeter *meter, const GenSample *piece)
{
  g_return_if_fail (piece->medium == meter->medium && meter->follows);
  follow (meter, piece);
}

/* A frame that metrics look at, and what it should be, or NULL. */
typedef struct {
  GenMeter *meter;
  const GenSample *frame, *reduced, *reference, *reduced_reference;
  gboolean valid; /* of one that is not, there is nothing to say */
  double *values;
} Look;

static gboolean
looks_at_frames (const Look *look, const GenMetric *metric)
{
  return metric->score != NULL || look->reference != NULL || metric->measure != NULL;
}

/* Its figures, of which none is known yet. */
static double *
begin_values (const Look *look, const Instrument *instrument)
{
  double *values = look->values + instrument->first_field;

  for (int f = 0; f < gen_metric_count_measured (instrument->metric); f++)
    values[f] = GEN_MISSING;
  return values;
}

static void
look_by (const Look *look, Instrument *instrument)
{
  const GenMetric *metric = instrument->metric;
  const gint64 began = g_get_monotonic_time ();
  double *values;

  if (metric->score != NULL || !looks_at_frames (look, metric))
    return;
  values = begin_values (look, instrument);
  if (!look->valid)
    return;
  if (look->reference != NULL)
    metric->judge (instrument->state, metric->in_colour ? look->frame : look->reduced,
        metric->in_colour ? look->reference : look->reduced_reference, values);
  else
    metric->measure (instrument->state, metric->in_colour ? look->frame : look->reduced, values);
  instrument->spent = g_get_monotonic_time () - began;
}

/* A part of a team's job. */
static void
look_part (gpointer data, int step, int part, int parts)
{
  const Look *look = data;
  const GArray *instruments = look->meter->instruments;

  for (guint i = (guint)part; i < instruments->len; i += (guint)parts)
    look_by (look, &g_array_index (instruments, Instrument, look->meter->order[i]));
}

/* Who takes longest begins first, so that nobody waits for it in the end. */
static void
sort_order (GenMeter *meter)
{
  const Instrument *instruments = (const Instrument *)meter->instruments->data;

  for (guint i = 1; i < meter->instruments->len; i++) {
    const guint moved = meter->order[i];
    guint k = i;

    for (; k > 0 && instruments[meter->order[k - 1]].spent < instruments[moved].spent; k--)
      meter->order[k] = meter->order[k - 1];
    meter->order[k] = moved;
  }
}

/* Below it, a frame is looked at before anybody else is awake. */
#define WORTH_A_TEAM (1 << 17)

/* Models come one after another, since each works on all threads. */
static gboolean
score (const Look *look, GError **error)
{
  const GArray *instruments = look->meter->instruments;

  for (guint i = 0; i < instruments->len; i++) {
    const Instrument *instrument = &g_array_index (instruments, Instrument, i);
    double *values;

    if (instrument->metric->score == NULL)
      continue;
    values = begin_values (look, instrument);
    if (look->valid &&
        !instrument->metric->score (instrument->state, look->frame, look->reference, values, error))
      return FALSE;
  }
  return TRUE;
}

/* Fill the values of all metrics that look at frames. They know nothing of each other, and work at
 * the same time, but for models. */
static gboolean
look_at (const Look *look, GError **error)
{
  GenMeter *meter = look->meter;
  const GenFormat format = gen_sample_format (look->frame);
  const guint8 parts = (guint8)CLAMP (meter->instruments->len, 1, GEN_TEAM_MAX_PARTS);
  const GenJob job = { look_part, (gpointer)look, &parts, 1 };

  gen_team_run (&job, gen_meter_count_numbers (&format) >= WORTH_A_TEAM ? gen_cpu_count () : 1);
  sort_order (meter);
  if (!score (look, error))
    return FALSE;
  for (guint i = 0; i < meter->instruments->len; i++) {
    const Instrument *instrument = &g_array_index (meter->instruments, Instrument, i);
    const int first = instrument->first_field;

    if (!looks_at_frames (look, instrument->metric))
      continue;
    for (int f = first; f < first + gen_metric_count_measured (instrument->metric); f++)
      gen_tally_add (&meter->tallies[f], look->values[f]);
  }
  return TRUE;
}

/* A frame begins, of which no figure is known. FALSE where it is of no use. */
static gboolean
begin_frame (GenMeter *meter, const GenSample *frame, double *values)
{
  g_return_val_if_fail (frame->medium == meter->medium, FALSE);
  g_return_val_if_fail (
      frame->medium != &gen_medium_picture || frame->picture.channels != 4, FALSE);
  meter->frames++;
  for (guint i = 0; i < meter->fields->len; i++)
    values[i] = NAN;
  return TRUE;
}

/* Figures over the last seconds, and over all so far where they are due. */
static gboolean
end_frame (GenMeter *meter, double *values, GError **error)
{
  if (meter->classes != NULL)
    gen_classes_add_frame (meter->classes, values);
  if (meter->recent != NULL && meter->time == G_MAXUINT64)
    gen_recent_forget (meter->recent);
  if (meter->recent != NULL)
    gen_recent_add (meter->recent, (double)meter->time / 1e9, values, values + meter->first_recent);
  if (meter->interval == 0 || meter->frames % meter->interval != 0)
    return TRUE;
  return gen_meter_figure (meter, values, error) &&
         (meter->recent_sets == NULL ||
             gen_recent_sets_figure (meter->recent_sets, meter, values, error));
}

void
gen_meter_set_time (GenMeter *meter, guint64 time)
{
  if (meter->recent != NULL &&
      (time == G_MAXUINT64 || (meter->time != G_MAXUINT64 && time < meter->time))) {
    gen_recent_forget (meter->recent);
    gen_recent_sets_forget (meter->recent_sets);
  }
  meter->time = time;
}

void
gen_meter_set_class (GenMeter *meter, int label, const char *name)
{
  if (meter->classes != NULL)
    gen_classes_set (meter->classes, label, name);
}

gboolean
gen_meter_judge (GenMeter *meter, const GenSample *frame, const GenSample *reference,
    double *values, GError **error)
{
  const GenFormat format = gen_sample_format (frame), other = gen_sample_format (reference);
  const gboolean alike = meter->reference_medium == meter->medium;
  GenSample cleaned = { 0 };

  g_return_val_if_fail (reference->medium == meter->reference_medium, FALSE);
  g_return_val_if_fail (!alike || gen_format_equal (&format, &other), FALSE);
  if (!begin_frame (meter, frame, values))
    return FALSE;
  /* What accompanies frames is a stream, of which nothing may be left out. */
  if (!alike && !gen_meter_is_valid (reference)) {
    cleaned = clean (meter, reference);
    reference = &cleaned;
  }
  return look_at (&(Look){ meter, frame, reduce_frame (meter, frame, 0), reference,
                      reduce_frame (meter, reference, 1),
                      gen_meter_is_valid (frame) && gen_meter_is_valid (reference), values },
             error) &&
         end_frame (meter, values, error);
}

gboolean
gen_meter_measure (GenMeter *meter, const GenSample *frame, double *values, GError **error)
{
  if (!begin_frame (meter, frame, values))
    return FALSE;
  if (!meter->follows)
    follow (meter, frame);
  if (meter->measures_frames && !look_at (&(Look){ .meter = meter,
                                              .frame = frame,
                                              .reduced = reduce_frame (meter, frame, 0),
                                              .valid = gen_meter_is_valid (frame),
                                              .values = values },
                                    error))
    return FALSE;
  if (meter->takes_samples && !gen_meter_take_samples (meter, frame, error))
    return FALSE;
  return end_frame (meter, values, error);
}

guint64
gen_meter_left_out (const GenMeter *meter)
{
  return meter->left_out;
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

void
gen_meter_name_next (GenMeter *meter, const char *name)
{
  g_free (meter->next_name);
  meter->next_name = g_strdup (name);
}

gboolean
gen_meter_illustrate (
    GenMeter *meter, const GenDataset *reference, GenMetricTell tell, gpointer data, GError **error)
{
  for (guint i = 0; i < meter->instruments->len; i++) {
    const Instrument *instrument = &g_array_index (meter->instruments, Instrument, i);
    const GenMetric *metric = instrument->metric;

    if (metric->illustrate != NULL &&
        !metric->illustrate (instrument->state, reference, meter->reference_fit, tell, data, error))
      return FALSE;
  }
  return TRUE;
}
