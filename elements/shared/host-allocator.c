/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Locked memory is plain memory to everybody else: what is made is GStreamer's own kind, which
 * gives it back to the device when it is freed. */
#include "host-allocator.h"

typedef struct {
  GstAllocator parent;
  const GenDevice *device;
} HostAllocator;

typedef struct {
  GstAllocatorClass parent_class;
} HostAllocatorClass;

typedef struct {
  const GenDevice *device;
  void *data;
} Piece;

static GType host_allocator_get_type (void);
G_DEFINE_TYPE (HostAllocator, host_allocator, GST_TYPE_ALLOCATOR)

static void
free_piece (gpointer data)
{
  Piece *piece = data;

  piece->device->free_host (piece->data);
  g_free (piece);
}

static GstMemory *
host_allocator_alloc (GstAllocator *allocator, gsize size, GstAllocationParams *params)
{
  HostAllocator *self = (HostAllocator *)allocator;
  gsize whole = params->prefix + size + params->padding;
  void *data = self->device->take_host (whole);
  Piece *piece;

  if (data == NULL)
    return gst_allocator_alloc (NULL, size, params);
  piece = g_new (Piece, 1);
  *piece = (Piece){ self->device, data };
  return gst_memory_new_wrapped (
      params->flags, data, whole, params->prefix, size, piece, free_piece);
}

static void
host_allocator_class_init (HostAllocatorClass *klass)
{
  GST_ALLOCATOR_CLASS (klass)->alloc = host_allocator_alloc;
}

static void
host_allocator_init (HostAllocator *self)
{
  GST_OBJECT_FLAG_SET (self, GST_ALLOCATOR_FLAG_CUSTOM_ALLOC);
}

GstAllocator *
gst_generative_host_allocator_new (const GenDevice *device)
{
  HostAllocator *self = g_object_new (host_allocator_get_type (), NULL);

  self->device = device;
  return gst_object_ref_sink (self);
}
