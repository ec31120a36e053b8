/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The numbers themselves, as numpy has them: an array of all results, [N, …] as the model makes
 * them, or of one sound [frames, channels]. */
#include <generative/npy.h>
#include <gst/audio/audio.h>

#include "../../elements/shared/tensors.h"
#include "../../lib/serve/generate-error.h"
#include "encode.h"

typedef struct {
  const ServeEncodeOptions *options;
  ServeEncodeFunc made;
  gpointer data;
  GenDataType type;
  GenShape shape; /* of one; rank 0 before the first */
  guint samples;
} Array;

static gpointer
open_array (const ServeEncodeOptions *options, ServeEncodeFunc made, gpointer data, GError **error)
{
  Array *array = g_new0 (Array, 1);

  *array = (Array){ .options = options, .made = made, .data = data };
  return array;
}

/* Sounds are of one length, but for those of a text, of which there is one. */
static gboolean
read_sound (const GstCaps *caps, gsize size, GenDataType *type, GenShape *shape)
{
  GstAudioInfo info;

  if (!gst_audio_info_from_caps (&info, caps))
    return FALSE;
  *type = GEN_TYPE_FLOAT32;
  *shape = GEN_SHAPE (
      (gint64)(size / (gsize)GST_AUDIO_INFO_BPF (&info)), GST_AUDIO_INFO_CHANNELS (&info));
  return TRUE;
}

static gboolean
read_shape (GstSample *sample, GenDataType *type, GenShape *shape, GError **error)
{
  GstCaps *caps = gst_sample_get_caps (sample);
  GstGenerativeTensors tensors;

  if (read_sound (caps, gst_buffer_get_size (gst_sample_get_buffer (sample)), type, shape))
    return TRUE;
  if (!gst_generative_tensors_read (gst_caps_get_structure (caps, 0), &tensors, error))
    return FALSE;
  *type = tensors.types[0];
  *shape = tensors.shapes[0];
  return TRUE;
}

static gboolean
begin (Array *array, GError **error)
{
  GenShape all = array->shape;
  g_autoptr (GBytes) header = NULL;

  if (all.rank >= GEN_MAX_RANK)
    return gen_serve_refuse (
        error, GEN_SERVE_FAILED, NULL, "what was made has too many extents for an array");
  all.rank++;
  for (int d = all.rank - 1; d > 0; d--)
    all.dims[d] = all.dims[d - 1];
  all.dims[0] = array->options->count;
  header = gen_npy_header (array->type, &all, error);
  if (header == NULL)
    return FALSE;
  array->made (header, array->data);
  return TRUE;
}

typedef struct {
  GstBuffer *buffer;
  GstMapInfo map;
} Mapped;

static void
unmap (gpointer data)
{
  Mapped *mapped = data;

  gst_buffer_unmap (mapped->buffer, &mapped->map);
  gst_buffer_unref (mapped->buffer);
  g_free (mapped);
}

/* Where they lie. NULL with `error`. */
static GBytes *
map_bytes (GstBuffer *buffer, GError **error)
{
  Mapped *mapped = g_new0 (Mapped, 1);

  if (!gst_buffer_map (buffer, &mapped->map, GST_MAP_READ)) {
    g_free (mapped);
    gen_serve_refuse (error, GEN_SERVE_FAILED, NULL, "what was made cannot be read");
    return NULL;
  }
  mapped->buffer = gst_buffer_ref (buffer);
  return g_bytes_new_with_free_func (mapped->map.data, mapped->map.size, unmap, mapped);
}

static gboolean
add_array (gpointer file, GstSample *sample, GError **error)
{
  Array *array = file;
  g_autoptr (GBytes) bytes = NULL;
  GenDataType type;
  GenShape shape;

  if (!read_shape (sample, &type, &shape, error))
    return FALSE;
  if (array->samples > 0 && !gen_shape_equal (&shape, &array->shape))
    return gen_serve_refuse (error, GEN_SERVE_FAILED, NULL,
        "the model makes one thing of this shape, and another of that: ask for one at a time");
  array->type = type;
  array->shape = shape;
  if (array->samples++ == 0 && !begin (array, error))
    return FALSE;
  bytes = map_bytes (gst_sample_get_buffer (sample), error);
  if (bytes == NULL)
    return FALSE;
  array->made (bytes, array->data);
  return TRUE;
}

static gboolean
finish_array (gpointer file, GError **error)
{
  return TRUE;
}

const ServeEncoder serve_encoder_npy = {
  .format = { .name = "npy",
      .media_type = "application/x-npy",
      .extension = "npy",
      .pictures = TRUE,
      .sounds = TRUE,
      .numbers = TRUE,
      .joins = TRUE },
  .open = open_array,
  .add = add_array,
  .finish = finish_array,
  .free = g_free,
  .unhurried = TRUE,
  .quick = TRUE,
};
