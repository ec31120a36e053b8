/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pictures: each buffer is a file, and is signed for itself. */
#include "c2pasign.h"

static GBytes *
sign (GstC2paSign *self, GstBuffer *buffer, GError **error)
{
  g_autoptr (GBytes) file = NULL;
  GstMapInfo map;
  GBytes *made;

  if (!gst_buffer_map (buffer, &map, GST_MAP_READ)) {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, "a buffer cannot be read");
    return NULL;
  }
  file = g_bytes_new_static (map.data, map.size);
  made = gen_provenance_sign (file, &self->claim, self->signer, error);
  g_clear_pointer (&file, g_bytes_unref);
  gst_buffer_unmap (buffer, &map);
  return made;
}

static GstFlowReturn
chain (GstC2paSign *self, GstBuffer *buffer)
{
  g_autoptr (GError) error = NULL;
  GBytes *made = sign (self, buffer, &error);
  GstBuffer *out;

  if (made == NULL) {
    gst_buffer_unref (buffer);
    if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED) ||
        g_error_matches (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA))
      g_prefix_error_literal (&error, "each buffer is to be a whole picture: ");
    gst_c2pa_sign_post (self, error);
    return GST_FLOW_ERROR;
  }
  out = gst_buffer_new_wrapped_bytes (made);
  gst_buffer_copy_into (out, buffer, GST_BUFFER_COPY_METADATA, 0, -1);
  gst_buffer_unref (buffer);
  g_bytes_unref (made);
  return gst_pad_push (self->src, out);
}

const GstC2paWay gst_c2pa_way_pictures = {
  .name = "each buffer",
  .chain = chain,
};
