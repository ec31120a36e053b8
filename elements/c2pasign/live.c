/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Live streams: each signed segment goes on in a buffer of its own, the initialization segment in
 * front of them, so that a sink may write a file for each, or all into one. Nothing is gone back
 * to, and a muxer that asks is told so. */
#include "c2pasign.h"

static gboolean
write_segment (GBytes *segment, gboolean init, gpointer user_data, GError **error)
{
  GstC2paSign *self = user_data;
  GstBuffer *buffer = gst_buffer_new_wrapped_bytes (segment);

  if (init)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_HEADER);
  else
    GST_BUFFER_PTS (buffer) = self->segment_time;
  GST_BUFFER_OFFSET (buffer) = self->at;
  self->at += gst_buffer_get_size (buffer);
  GST_BUFFER_OFFSET_END (buffer) = self->at;
  if (!init)
    self->segment_time = GST_CLOCK_TIME_NONE;
  self->flow = gst_pad_push (self->src, buffer);
  if (self->flow == GST_FLOW_OK)
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "downstream says %s",
      gst_flow_get_name (self->flow));
  return FALSE;
}

static void
open_live (GstC2paSign *self)
{
  if (self->live == NULL)
    self->live = gen_provenance_live_new (&self->claim, self->signer,
        self->taken_live == GST_C2PA_LIVE_MANIFEST ? GEN_PROVENANCE_LIVE_MANIFEST
                                                   : GEN_PROVENANCE_LIVE_INFO,
        self->key_period, write_segment, self);
}

/* What downstream said is told by its return alone. */
static GstFlowReturn
post (GstC2paSign *self, const GError *error)
{
  if (self->flow != GST_FLOW_OK)
    return self->flow;
  gst_c2pa_sign_post (self, error);
  return GST_FLOW_ERROR;
}

static GstFlowReturn
chain (GstC2paSign *self, GstBuffer *buffer)
{
  g_autoptr (GError) error = NULL;
  GstMapInfo map;
  gboolean good;

  if (!gst_buffer_map (buffer, &map, GST_MAP_READ)) {
    gst_buffer_unref (buffer);
    GST_ELEMENT_ERROR (self, STREAM, FAILED, (NULL), ("a buffer cannot be read"));
    return GST_FLOW_ERROR;
  }
  open_live (self);
  if (!GST_CLOCK_TIME_IS_VALID (self->segment_time))
    self->segment_time = GST_BUFFER_PTS (buffer);
  good = gen_provenance_live_write (self->live, map.data, map.size, &error);
  gst_buffer_unmap (buffer, &map);
  gst_buffer_unref (buffer);
  return good ? GST_FLOW_OK : post (self, error);
}

static gboolean
finish (GstC2paSign *self)
{
  g_autoptr (GError) error = NULL;

  open_live (self);
  return gen_provenance_live_finish (self->live, &error) || post (self, error) == GST_FLOW_OK;
}

const GstC2paWay gst_c2pa_way_live = {
  .name = "segment by segment",
  .goes_on = TRUE,
  .chain = chain,
  .finish = finish,
};
