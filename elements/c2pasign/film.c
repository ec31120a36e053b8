/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Films: what the muxer writes goes on at once, moved by the room for the manifest. Where the muxer
 * seeks, the library is told; where the library writes at another place, downstream gets a segment
 * that begins there, as it would from the muxer. */
#include "c2pasign.h"

#define GST_CAT_DEFAULT c2pa_sign_debug

/* Bytes of the buffer that is being written go on without a copy. */
static GstBuffer *
make_buffer (GstC2paSign *self, const guint8 *data, gsize size)
{
  if (self->current != NULL && data >= self->map.data &&
      data + size <= self->map.data + self->map.size)
    return gst_buffer_copy_region (
        self->current, GST_BUFFER_COPY_ALL, (gsize)(data - self->map.data), size);
  return gst_buffer_new_memdup (data, size);
}

static gboolean
write_film (guint64 offset, const guint8 *data, gsize size, gpointer user_data, GError **error)
{
  GstC2paSign *self = user_data;
  GstBuffer *buffer;

  if ((!self->has_segment || offset != self->next) && !gst_c2pa_sign_push_segment (self, offset)) {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, "downstream does not seek");
    return FALSE;
  }
  buffer = make_buffer (self, data, size);
  GST_BUFFER_OFFSET (buffer) = offset;
  GST_BUFFER_OFFSET_END (buffer) = offset + size;
  self->next = offset + size;
  self->flow = gst_pad_push (self->src, buffer);
  if (self->flow == GST_FLOW_OK)
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "downstream says %s",
      gst_flow_get_name (self->flow));
  return FALSE;
}

static gboolean
open_film (GstC2paSign *self, GError **error)
{
  if (self->film == NULL)
    self->film = gen_provenance_stream_new (
        &self->claim, self->signer, self->reserve, write_film, self, error);
  return self->film != NULL;
}

/* What downstream said is told by its return alone. */
static void
post (GstC2paSign *self, GError *error)
{
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE))
    g_prefix_error (&error, "more is to be reserved (property reserve): ");
  if (self->flow == GST_FLOW_OK)
    gst_c2pa_sign_post (self, error);
  g_error_free (error);
}

static GstFlowReturn
chain (GstC2paSign *self, GstBuffer *buffer)
{
  GError *error = NULL;
  gboolean good;

  if (!gst_buffer_map (buffer, &self->map, GST_MAP_READ)) {
    gst_buffer_unref (buffer);
    GST_ELEMENT_ERROR (self, STREAM, FAILED, (NULL), ("a buffer cannot be read"));
    return GST_FLOW_ERROR;
  }
  self->current = buffer;
  good = open_film (self, &error) &&
         gen_provenance_stream_write (self->film, self->map.data, self->map.size, &error);
  self->current = NULL;
  gst_buffer_unmap (buffer, &self->map);
  gst_buffer_unref (buffer);
  if (good)
    return GST_FLOW_OK;
  post (self, error);
  return self->flow != GST_FLOW_OK ? self->flow : GST_FLOW_ERROR;
}

static gboolean
segment (GstC2paSign *self, guint64 start)
{
  GError *error = NULL;

  GST_LOG_OBJECT (self, "the muxer goes to byte %" G_GUINT64_FORMAT, start);
  if (open_film (self, &error) && gen_provenance_stream_seek (self->film, start, &error))
    return TRUE;
  post (self, error);
  return FALSE;
}

static gboolean
finish (GstC2paSign *self)
{
  GError *error = NULL;

  if (open_film (self, &error) && gen_provenance_stream_finish (self->film, &error))
    return TRUE;
  post (self, error);
  return FALSE;
}

const GstC2paWay gst_c2pa_way_film = {
  .name = "as it is written",
  .chain = chain,
  .segment = segment,
  .finish = finish,
};
