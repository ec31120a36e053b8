/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The frames of qualitymeter that its report shows. */
#include "qualitymeter.h"

/* GenExampleFunc */
static gboolean
tell_example (JsonObject *example, gpointer data, GError **error)
{
  return gst_score_filter_add_object (data, "example", example, error);
}

void
gst_quality_meter_save_examples (GstQualityMeter *self)
{
  g_autoptr (GError) error = NULL;

  if (self->examples != NULL && !gen_examples_tell (self->examples, tell_example, self, &error))
    GST_ELEMENT_ERROR (self, RESOURCE, WRITE, ("Property examples: %s", error->message), (NULL));
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
  if (count == 0)
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
