/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* datasetsrc with texts: a buffer each, which takes over the bytes that were read. They have no
 * times of their own: text N stands at N / framerate where caps have one, and else nowhere. */
#include "datasetsrc.h"

GST_DEBUG_CATEGORY_EXTERN (dataset_src_debug);
#define GST_CAT_DEFAULT dataset_src_debug

static void
text_fixate (GstDatasetSrc *self, GstCaps *caps)
{
  GstStructure *structure = gst_caps_get_structure (caps, 0);

  if (gst_structure_has_field (structure, "framerate"))
    gst_structure_fixate_field_nearest_fraction (structure, "framerate", 1, 1);
}

static gboolean
text_accept (GstDatasetSrc *self, const GstCaps *caps, GenFormat *format, GError **error)
{
  self->rate_numerator = 0;
  self->rate_denominator = 1;
  gst_structure_get_fraction (gst_caps_get_structure (caps, 0), "framerate", &self->rate_numerator,
      &self->rate_denominator);
  *format = (GenFormat){ .medium = &gen_medium_text };
  gen_sample_clear (&self->sample);
  gen_sample_init (&self->sample, format);
  return TRUE;
}

static guint64
text_place (GstDatasetSrc *self, guint64 frame)
{
  return frame;
}

static gsize
text_count_bytes (GstDatasetSrc *self)
{
  return 0;
}

static GstFlowReturn
text_alloc (GstDatasetSrc *self, GstBuffer **buffer)
{
  const GenFormat format = { .medium = &gen_medium_text };
  GstFlowReturn flow =
      gst_dataset_src_load (self, &self->sample, &self->sample_frame, &self->sample_item);

  if (flow != GST_FLOW_OK)
    return flow;
  *buffer = gst_buffer_new_wrapped (self->sample.text.data, self->sample.text.length);
  self->sample.text.owned = FALSE;
  gen_sample_clear (&self->sample);
  gen_sample_init (&self->sample, &format);
  return GST_FLOW_OK;
}

static GstFlowReturn
text_fill (GstDatasetSrc *self, GstBuffer *buffer, guint64 *frame, guint32 *item)
{
  *frame = self->sample_frame;
  *item = self->sample_item;
  return GST_FLOW_OK;
}

const GstDatasetKind gst_dataset_text = {
  .medium = &gen_medium_text,
  .caps_name = "text/x-raw",
  .fixate = text_fixate,
  .accept = text_accept,
  .place = text_place,
  .frame_at = text_place,
  .count_bytes = text_count_bytes,
  .alloc = text_alloc,
  .fill = text_fill,
};
