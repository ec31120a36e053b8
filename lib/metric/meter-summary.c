/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a meter has to say at the end: a tally or figure of each field, and why some are missing or
 * to be doubted. */
#include <math.h>

#include "classes.h"
#include "meter.h"

#define NOTHING_COMPARED "nothing was compared: no frame, or window, had its reference"

static void
tell_missing (const GenField *field, const char *lack, JsonObject *object)
{
  g_autofree char *name = g_strconcat (field->name, "-missing", NULL);

  json_object_set_null_member (object, field->name);
  json_object_set_string_member (object, name, lack != NULL ? lack : gen_field_missing (field));
}

void
gen_meter_tell_figure (const GenField *field, double value, const char *lack, JsonObject *object)
{
  if (isinf (value))
    tell_missing (field, lack, object);
  else if (isnan (value))
    return;
  else if (field->type == GEN_FIELD_TEXT)
    json_object_set_string_member (object, field->name, field->text);
  else if (field->type == GEN_FIELD_COUNT)
    json_object_set_int_member (object, field->name, (gint64)value);
  else
    json_object_set_double_member (object, field->name, value);
}

/* `tallied`: it has been measured of frames. */
static void
summarise_field (GenMeter *meter, gboolean tallied, guint f, double value, JsonObject *summary)
{
  const GenField *field = &g_array_index (meter->fields, GenField, f);
  const char *lack = meter->judges && meter->frames == 0 ? NOTHING_COMPARED : NULL;

  if (!tallied)
    gen_meter_tell_figure (field, value, lack, summary);
  else if (meter->tallies[f].count > 0)
    json_object_set_object_member (summary, field->name, gen_tally_to_json (&meter->tallies[f]));
  else
    tell_missing (field, lack, summary);
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
  if (!gen_meter_figure (meter, values, error))
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
  if (meter->classes != NULL && !gen_classes_summarise (meter->classes, summary, error))
    return NULL;
  return g_steal_pointer (&summary);
}
