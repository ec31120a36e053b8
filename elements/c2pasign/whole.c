/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files whose hash begins with what is only known at their end, as the header of a WAV file, are
 * kept in a file without a name until then. So are films where downstream cannot seek. */
#include "c2pasign.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>
#include <glib/gstdio.h>

#define PUSHED_AT_ONCE (1024 * 1024)

static gboolean
open_spool (GstC2paSign *self)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;

  if (self->spool >= 0)
    return TRUE;
  self->spool = g_file_open_tmp ("c2pasign-XXXXXX", &path, &error);
  if (self->spool < 0) {
    GST_ELEMENT_ERROR (self, RESOURCE, OPEN_WRITE, (NULL), ("%s", error->message));
    return FALSE;
  }
  g_unlink (path);
  return TRUE;
}

static gboolean
write_all (int fd, const guint8 *data, gsize size, guint64 at)
{
  while (size > 0) {
    gssize n = pwrite (fd, data, size, (off_t)at);

    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return FALSE;
    data += n;
    at += (guint64)n;
    size -= (gsize)n;
  }
  return TRUE;
}

static GstFlowReturn
chain (GstC2paSign *self, GstBuffer *buffer)
{
  GstMapInfo map;
  gboolean good;

  if (!open_spool (self) || !gst_buffer_map (buffer, &map, GST_MAP_READ)) {
    gst_buffer_unref (buffer);
    return GST_FLOW_ERROR;
  }
  good = write_all (self->spool, map.data, map.size, self->at);
  if (!good)
    GST_ELEMENT_ERROR (
        self, RESOURCE, WRITE, (NULL), ("the stream cannot be kept: %s", g_strerror (errno)));
  self->at += map.size;
  gst_buffer_unmap (buffer, &map);
  gst_buffer_unref (buffer);
  return good ? GST_FLOW_OK : GST_FLOW_ERROR;
}

static gboolean
segment (GstC2paSign *self, guint64 start)
{
  self->at = start;
  return TRUE;
}

static GBytes *
sign (GstC2paSign *self, GError **error)
{
  GMappedFile *mapped = g_mapped_file_new_from_fd (self->spool, FALSE, error);
  g_autoptr (GBytes) file = NULL;

  if (mapped == NULL)
    return NULL;
  file = g_mapped_file_get_bytes (mapped);
  g_mapped_file_unref (mapped);
  return gen_provenance_sign (file, &self->claim, self->signer, error);
}

static gboolean
push (GstC2paSign *self, GBytes *made)
{
  g_autoptr (GstBuffer) all = gst_buffer_new_wrapped_bytes (made);
  gsize size = g_bytes_get_size (made);
  GstFlowReturn flow = GST_FLOW_OK;

  gst_c2pa_sign_push_segment (self, 0);
  for (gsize at = 0; at < size && flow == GST_FLOW_OK; at += PUSHED_AT_ONCE) {
    gsize n = MIN (size - at, PUSHED_AT_ONCE);
    GstBuffer *part = gst_buffer_copy_region (all, GST_BUFFER_COPY_MEMORY, at, n);

    GST_BUFFER_OFFSET (part) = at;
    GST_BUFFER_OFFSET_END (part) = at + n;
    flow = gst_pad_push (self->src, part);
  }
  /* Whoever refused has said why. */
  return flow == GST_FLOW_OK || flow == GST_FLOW_FLUSHING || flow == GST_FLOW_EOS;
}

static gboolean
finish (GstC2paSign *self)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) made = NULL;

  if (!open_spool (self))
    return FALSE;
  made = sign (self, &error);
  if (made != NULL)
    return push (self, made);
  gst_c2pa_sign_post (self, error);
  return FALSE;
}

const GstC2paWay gst_c2pa_way_whole = {
  .name = "as a whole at its end",
  .chain = chain,
  .segment = segment,
  .finish = finish,
};
