/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The pairs of qualitycompare that its report shows: a frame, and what it should be below it, or to
 * the right of one that is upright. */
#include <generative/examples.h>
#include <string.h>

#include "qualitycompare.h"

/* Between both, in pixels and in grey. */
#define GAP 2
#define GAP_LEVEL 128

/* GenExampleFunc */
static gboolean
tell_example (JsonObject *example, gpointer data, GError **error)
{
  GstQualityCompare *self = data;

  return gst_generative_score_add_object (self->reporting.score, "example", example, error);
}

void
gst_quality_compare_save_examples (GstQualityCompare *self)
{
  g_autoptr (GError) error = NULL;

  if (self->examples != NULL && !gen_examples_tell (self->examples, tell_example, self, &error))
    GST_ELEMENT_ERROR (self, RESOURCE, WRITE, ("Property examples: %s", error->message), (NULL));
}

void
gst_quality_compare_close_examples (GstQualityCompare *self)
{
  g_clear_pointer (&self->examples, gen_examples_free);
  gen_picture_clear (&self->sheet);
  self->sheet = (GenPicture){ 0 };
}

void
gst_quality_compare_begin_examples (GstQualityCompare *self)
{
  g_autofree char *report = NULL;
  const GenField *fields;
  guint n, count;

  g_object_get (self, "report", &report, "examples", &count, NULL);
  gst_quality_compare_close_examples (self);
  if (count == 0)
    return;
  if (report == NULL)
    GST_ELEMENT_WARNING (self, LIBRARY, SETTINGS,
        ("Property examples: they are kept in the report, and there is none: set report, too"),
        (NULL));
  if (self->medium != &gen_medium_picture || self->reference_medium != self->medium) {
    GST_ELEMENT_WARNING (self, LIBRARY, SETTINGS,
        ("Property examples: they are kept of pictures that are judged by pictures alone"), (NULL));
    return;
  }
  fields = gen_meter_fields (self->meter, &n);
  self->examples = gen_examples_new (fields, n, count);
}

/* Room for both as large as the report keeps them. Returns where the second one begins. */
static GenPicture
prepare_sheet (GstQualityCompare *self, const GenPicture *frame, GenPicture *first)
{
  const gboolean upright = frame->height > frame->width;
  const double width = upright ? (GEN_EXAMPLES_EXTENT - GAP) / 2 : GEN_EXAMPLES_EXTENT;
  const double height = upright ? GEN_EXAMPLES_EXTENT : (GEN_EXAMPLES_EXTENT - GAP) / 2;
  const double scale = MIN (MIN (width / frame->width, height / frame->height), 1);
  GenPicture *sheet = &self->sheet, second;

  *first = (GenPicture){ .width = MAX ((int)(frame->width * scale), 1),
    .height = MAX ((int)(frame->height * scale), 1),
    .channels = frame->channels };
  if (sheet->width != (upright ? 2 * first->width + GAP : first->width) ||
      sheet->height != (upright ? first->height : 2 * first->height + GAP) ||
      sheet->channels != frame->channels) {
    gen_picture_clear (sheet);
    gen_picture_init (sheet, upright ? 2 * first->width + GAP : first->width,
        upright ? first->height : 2 * first->height + GAP, frame->channels);
    memset (sheet->data, GAP_LEVEL, (gsize)sheet->stride * (gsize)sheet->height);
  }
  first->data = sheet->data;
  first->stride = sheet->stride;
  second = *first;
  second.data += upright ? (gssize)(first->width + GAP) * first->channels
                         : (gssize)(first->height + GAP) * first->stride;
  return second;
}

void
gst_quality_compare_take_example (GstQualityCompare *self, const GenSample *sample,
    const GenSample *reference, gint64 time, const double *values)
{
  GenPicture first, second;
  GenSample both;

  if (self->examples == NULL)
    return;
  if (!gen_examples_want (self->examples, values)) {
    gen_examples_pass (self->examples);
    return;
  }
  second = prepare_sheet (self, &sample->picture, &first);
  if (!gen_picture_fit (&sample->picture, &first, GEN_FIT_STRETCH, NULL) ||
      !gen_picture_fit (&reference->picture, &second, GEN_FIT_STRETCH, NULL))
    return;
  both = gen_sample_of_picture (&self->sheet);
  gen_examples_take (self->examples, self->reporting.frame, (guint64)MAX (time, 0), &both, values);
}
