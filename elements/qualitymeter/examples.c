/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The frames of qualitymeter that its report shows. */
#include "qualitymeter.h"

#include <generative/encoding.h>

/* GenExampleFunc */
static gboolean
tell_example (JsonObject *example, gpointer data, GError **error)
{
  return gst_score_filter_add_object (data, "example", example, error);
}

/* GenMetricTell */
static gboolean
tell_object (const char *name, JsonObject *object, gpointer data, GError **error)
{
  return gst_score_filter_add_object (data, name, object, error);
}

void
gst_quality_meter_save_examples (GstQualityMeter *self)
{
  g_autoptr (GError) error = NULL;

  if (self->examples != NULL &&
      (!gen_examples_tell (self->examples, tell_example, self, &error) ||
          !gen_meter_illustrate (self->meter, self->dataset, tell_object, self, &error)))
    GST_ELEMENT_ERROR (self, RESOURCE, WRITE, ("Property examples: %s", error->message), (NULL));
}

/* Whether sounds of the format can be kept, which is known before any has passed. */
static gboolean
check_sound (GstQualityMeter *self)
{
  const GenEncodingOptions options = GEN_ENCODING_DEFAULTS;
  g_auto (GenSample) silence = { 0 };
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;
  GenFormat format = self->format;

  if (format.medium != &gen_medium_sound)
    return TRUE;
  format.length = 64;
  gen_sample_init (&silence, &format);
  bytes = gen_encoding_flac.encode (&silence, &options, &error);
  if (bytes != NULL)
    return TRUE;
  GST_ELEMENT_WARNING (self, STREAM, ENCODE,
      ("Property examples: none are kept of this sound: %s", error->message), (NULL));
  return FALSE;
}

void
gst_quality_meter_begin_examples (GstQualityMeter *self)
{
  const GenField *fields;
  guint n, count;

  GST_OBJECT_LOCK (self);
  count = self->n_examples;
  GST_OBJECT_UNLOCK (self);
  g_clear_pointer (&self->examples, gen_examples_free);
  if (count == 0 || !check_sound (self))
    return;
  fields = gen_meter_fields (self->meter, &n);
  self->examples = gen_examples_new (fields, n, count);
}

void
gst_quality_meter_check_examples (GstQualityMeter *self)
{
  g_autofree char *report = NULL;
  guint count;

  g_object_get (self, "report", &report, "examples", &count, NULL);
  if (count > 0 && report == NULL)
    GST_ELEMENT_WARNING (self, LIBRARY, SETTINGS,
        ("Property examples: they are kept in the report, and there is none: set report, too"),
        (NULL));
}
