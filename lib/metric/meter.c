/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A meter: metrics over a stream. It does once what they share: a frame's luma here, a sample's
 * features in meter-samples.c. Metrics never learn of frames, tiles or intervals. */
#include "meter.h"

#include <generative/device.h>
#include <math.h>

#include "../device/team.h"
#include "../simd.h"

static gboolean
is_of_medium (const GenMeter *meter, const GenMetric *metric)
{
  return metric->medium == NULL || metric->medium == meter->medium;
}

/* What `metric` misses, or NULL. */
static const char *
missing (const GenMeter *meter, const GenMetric *metric, const GenMeterSettings *settings)
{
  gboolean statistics = metric->takes_statistics && settings->statistics != NULL;
  gboolean collects = metric->statistics != NULL && settings->collects;

  if (!is_of_medium (meter, metric))
    return "is of another medium";
  if (metric->judge != NULL && !settings->judges)
    return "compares a frame with what it should be, of which this knows nothing";
  if (metric->judge == NULL && settings->judges)
    return "does not compare a frame with what it should be";
  if (metric->needs_reference && !settings->has_reference && !statistics && !collects)
    return settings->statistics != NULL ? "compares with samples, and the reference is statistics"
                                        : "compares with a reference, and there is none";
  if (metric->needs_classifier && meter->features != NULL &&
      gen_features_are_built_in (meter->features))
    return "looks at a model's scores of classes: name the model as the embedder";
  if (metric->needs_labels && !settings->has_labels)
    return "needs a reference with classes, and this one has none";
  return NULL;
}

static gboolean
add_instrument (
    GenMeter *meter, const GenMetric *metric, const GenMeterSettings *settings, GError **error)
{
  Instrument instrument = { .metric = metric, .first_field = (int)meter->fields->len };

  for (guint i = 0; i < meter->instruments->len; i++)
    if (g_array_index (meter->instruments, Instrument, i).metric == metric)
      return TRUE;
  if (!is_of_medium (meter, metric)) {
    g_set_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_UNKNOWN,
        "metric %s is of %s, and these are %s", metric->name, metric->medium->plural,
        meter->medium->plural);
    return FALSE;
  }
  if (missing (meter, metric, settings) != NULL) {
    g_set_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_REFERENCE, "metric %s %s", metric->name,
        missing (meter, metric, settings));
    return FALSE;
  }
  if (metric->takes_statistics && settings->statistics != NULL &&
      !gen_meter_check_statistics (meter, 0, error))
    return FALSE;

  for (int i = 0; i < metric->n_fields; i++) {
    GenField field = metric->fields[i];

    if (field.type == GEN_FIELD_TEXT && field.text == NULL)
      field.text = meter->features_name;
    g_array_append_val (meter->fields, field);
  }
  if (metric->open != NULL)
    instrument.state = metric->open (&meter->settings);
  g_array_append_val (meter->instruments, instrument);
  meter->measures_frames |= metric->measure != NULL;
  meter->takes_samples |= metric->take != NULL || metric->compare != NULL;
  meter->wants_features |= metric->needs_features;
  meter->wants_sets |= metric->compare != NULL;
  meter->wants_reference |=
      (metric->refer != NULL || (metric->compare != NULL && metric->needs_reference)) &&
      settings->has_reference;
  return TRUE;
}

/* Those that can be had without asking for more. */
static gboolean
add_automatic (GenMeter *meter, const GenMeterSettings *settings, GError **error)
{
  for (const GenMetric *const *m = gen_metric_list (); *m != NULL; m++) {
    if (!(*m)->takes_long && missing (meter, *m, settings) == NULL &&
        !add_instrument (meter, *m, settings, error))
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
  gboolean automatic = settings->metrics == NULL || g_str_equal (settings->metrics, "auto");

  meter->instruments = g_array_new (FALSE, FALSE, sizeof (Instrument));
  meter->fields = g_array_new (FALSE, FALSE, sizeof (GenField));
  meter->medium = settings->medium != NULL ? settings->medium : &gen_medium_picture;
  meter->tile_width = settings->tile_width;
  meter->tile_height = settings->tile_height;
  meter->interval = settings->interval;
  meter->follows = settings->follows;
  meter->judges = settings->judges;
  meter->class_names = g_strdupv ((char **)settings->class_names);
  meter->tell_left_out = settings->left_out;
  meter->data = settings->data;
  meter->settings.seed = settings->seed;
  meter->settings.reference = settings->statistics;
  if (!open_features (meter, settings, error))
    return NULL;
  if (!(automatic ? add_automatic (meter, settings, error) : add_named (meter, settings, error)))
    return NULL;
  if (settings->collects && find_collector (meter) == NULL) {
    g_set_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_UNKNOWN,
        "statistics come with the metric frechet, which is not measured");
    return NULL;
  }
  meter->time = G_MAXUINT64;
  if (settings->recent > 0)
    open_recent (meter, settings->recent);
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
  for (guint i = 0; i < meter->instruments->len; i++) {
    Instrument *instrument = &g_array_index (meter->instruments, Instrument, i);

    if (instrument->metric->close != NULL)
      instrument->metric->close (instrument->state);
  }
  gen_recent_free (meter->recent);
  gen_recent_sets_free (meter->recent_sets);
  g_array_unref (meter->instruments);
  g_array_unref (meter->fields);
  g_free (meter->tallies);
  g_free (meter->order);
  g_free (meter->rows);
  g_free (meter->features_name);
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

/* ITU-R BT.601 in 16 bits of fraction, rounded to the nearest. */
GEN_CLONES (
    void, luma_row, (const guint8 *restrict rgb, guint8 *restrict luma, int n), (rgb, luma, n))
{
  for (int x = 0; x < n; x++)
    luma[x] = (guint8)((19595u * rgb[3 * x] + 38470u * rgb[3 * x + 1] + 7471u * rgb[3 * x + 2] +
                           32768u) >>
                       16);
}

/* Its luma, in one of two places. */
static const GenSample *
reduce_frame (GenMeter *meter, const GenSample *frame, int place)
{
  const GenPicture *picture = &frame->picture;
  GenPicture *luma = &meter->luma[place].picture;

  if (frame->medium != &gen_medium_picture || picture->channels == 1)
    return frame;
  if (luma->width != picture->width || luma->height != picture->height) {
    gen_sample_clear (&meter->luma[place]);
    gen_sample_init (&meter->luma[place],
        &(GenFormat){ &gen_medium_picture, picture->width, picture->height, 1 });
  }
  for (int y = 0; y < picture->height; y++)
    luma_row (picture->data + (gssize)y * picture->stride, luma->data + (gsize)y * luma->stride,
        picture->width);
  return &meter->luma[place];
}

/* `values` from a metric's first field on. */
static gboolean
figure (GenMeter *meter, double *values, GError **error)
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
gen_meter_is_finite (const GenSample *frame)
{
  const GenSound *sound = &frame->sound;

  if (frame->medium != &gen_medium_sound)
    return TRUE;
  for (gsize i = 0; i < sound->frames * (gsize)sound->channels; i++)
    if (!isfinite (sound->data[i]))
      return FALSE;
  return TRUE;
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
  const GenSample heard = gen_meter_is_finite (piece) ? *piece : clean (meter, piece);

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
  gboolean finite; /* of one that is not, there is nothing to say */
  double *values;
} Look;

static void
look_by (const Look *look, Instrument *instrument)
{
  const GenMetric *metric = instrument->metric;
  double *values = look->values + instrument->first_field;
  const gint64 began = g_get_monotonic_time ();

  if (look->reference == NULL && metric->measure == NULL)
    return;
  for (int f = 0; f < gen_metric_count_measured (metric); f++)
    values[f] = GEN_MISSING;
  if (!look->finite)
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

/* Fill the values of all metrics that look at frames. They know nothing of each other, and work at
 * the same time. */
static void
look_at (const Look *look)
{
  GenMeter *meter = look->meter;
  const GenFormat format = gen_sample_format (look->frame);
  const guint8 parts = (guint8)CLAMP (meter->instruments->len, 1, GEN_TEAM_MAX_PARTS);
  const GenJob job = { look_part, (gpointer)look, &parts, 1 };

  gen_team_run (
      &job, format.medium->count_numbers (&format) >= WORTH_A_TEAM ? gen_cpu_count () : 1);
  sort_order (meter);
  for (guint i = 0; i < meter->instruments->len; i++) {
    const Instrument *instrument = &g_array_index (meter->instruments, Instrument, i);
    const int first = instrument->first_field;

    if (look->reference == NULL && instrument->metric->measure == NULL)
      continue;
    for (int f = first; f < first + gen_metric_count_measured (instrument->metric); f++)
      gen_tally_add (&meter->tallies[f], look->values[f]);
  }
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
  if (meter->recent != NULL && meter->time == G_MAXUINT64)
    gen_recent_forget (meter->recent);
  if (meter->recent != NULL)
    gen_recent_add (meter->recent, (double)meter->time / 1e9, values, values + meter->first_recent);
  if (meter->interval == 0 || meter->frames % meter->interval != 0)
    return TRUE;
  return figure (meter, values, error) &&
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

gboolean
gen_meter_judge (GenMeter *meter, const GenSample *frame, const GenSample *reference,
    double *values, GError **error)
{
  const GenFormat format = gen_sample_format (frame), other = gen_sample_format (reference);

  g_return_val_if_fail (gen_format_equal (&format, &other), FALSE);
  if (!begin_frame (meter, frame, values))
    return FALSE;
  look_at (&(Look){ meter, frame, reduce_frame (meter, frame, 0), reference,
      reduce_frame (meter, reference, 1),
      gen_meter_is_finite (frame) && gen_meter_is_finite (reference), values });
  return end_frame (meter, values, error);
}

gboolean
gen_meter_measure (GenMeter *meter, const GenSample *frame, double *values, GError **error)
{
  if (!begin_frame (meter, frame, values))
    return FALSE;
  if (!meter->follows)
    follow (meter, frame);
  if (meter->measures_frames)
    look_at (&(Look){ .meter = meter,
        .frame = frame,
        .reduced = reduce_frame (meter, frame, 0),
        .finite = gen_meter_is_finite (frame),
        .values = values });
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

#define NOTHING_COMPARED "nothing was compared: no frame, or window, had its reference"

/* `tallied`: it has been measured of frames. */
static void
summarise_field (GenMeter *meter, gboolean tallied, guint f, double value, JsonObject *summary)
{
  const GenField *field = &g_array_index (meter->fields, GenField, f);
  const gboolean alone = meter->judges && meter->frames == 0;

  if (tallied && meter->tallies[f].count > 0) {
    json_object_set_object_member (summary, field->name, gen_tally_to_json (&meter->tallies[f]));
  } else if (tallied || isinf (value)) {
    g_autofree char *name = g_strconcat (field->name, "-missing", NULL);

    json_object_set_null_member (summary, field->name);
    json_object_set_string_member (
        summary, name, alone ? NOTHING_COMPARED : gen_field_missing (field));
  } else if (isnan (value)) {
    return;
  } else if (field->type == GEN_FIELD_TEXT) {
    json_object_set_string_member (summary, field->name, field->text);
  } else if (field->type == GEN_FIELD_COUNT) {
    json_object_set_int_member (summary, field->name, (gint64)value);
  } else {
    json_object_set_double_member (summary, field->name, value);
  }
}

static char *
describe_doubt (const Instrument *instrument)
{
  const GenMetric *metric = instrument->metric;

  return metric->doubt != NULL ? metric->doubt (instrument->state) : NULL;
}

char *
gen_meter_describe_doubts (const GenMeter *meter)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < meter->instruments->len; i++) {
    const Instrument *instrument = &g_array_index (meter->instruments, Instrument, i);
    g_autofree char *doubt = describe_doubt (instrument);

    if (doubt != NULL)
      g_string_append_printf (
          text, "%s%s: %s", text->len > 0 ? "; " : "", instrument->metric->name, doubt);
  }
  return text->len > 0 ? g_string_free (g_steal_pointer (&text), FALSE) : NULL;
}

static void
summarise_doubt (const Instrument *instrument, JsonObject *summary)
{
  g_autofree char *doubt = describe_doubt (instrument);
  g_autofree char *name = g_strconcat (instrument->metric->name, "-doubt", NULL);

  if (doubt != NULL)
    json_object_set_string_member (summary, name, doubt);
}

JsonObject *
gen_meter_summarise (GenMeter *meter, GError **error)
{
  g_autoptr (JsonObject) summary = json_object_new ();
  g_autofree double *values = g_new (double, meter->fields->len);

  for (guint i = 0; i < meter->fields->len; i++)
    values[i] = NAN;
  if (!figure (meter, values, error))
    return NULL;
  json_object_set_int_member (summary, "frames", (gint64)meter->frames);
  if (meter->takes_samples)
    json_object_set_int_member (summary, "samples", (gint64)meter->samples);
  if (meter->left_out > 0)
    json_object_set_int_member (summary, "left-out", (gint64)meter->left_out);
  for (guint i = 0; i < meter->instruments->len; i++) {
    Instrument *instrument = &g_array_index (meter->instruments, Instrument, i);
    const GenMetric *metric = instrument->metric;

    for (int f = 0; f < metric->n_fields; f++)
      summarise_field (meter, f < gen_metric_count_measured (metric),
          (guint)(instrument->first_field + f), values[instrument->first_field + f], summary);
    if (metric->describe != NULL)
      metric->describe (instrument->state, (const char *const *)meter->class_names, summary);
    summarise_doubt (instrument, summary);
  }
  return g_steal_pointer (&summary);
}
