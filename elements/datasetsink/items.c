/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What buffers become: pictures, whole or in tiles; sounds, as buffers hold them or in windows;
 * texts. */
#include "datasetsink.h"

#include "../shared/label-meta.h"
#include "../shared/origin-meta.h"

GST_DEBUG_CATEGORY_EXTERN (dataset_sink_debug);
#define GST_CAT_DEFAULT dataset_sink_debug

gboolean
gst_dataset_sink_add_item (GstDatasetSink *self, const GstDatasetPart *part,
    const GenSample *sample, int bits, GBytes *film)
{
  g_autoptr (JsonObject) facts = gst_dataset_sink_find_facts (self, part);
  GenDatasetItem item = { .sample = sample,
    .bits = bits,
    .facts = facts,
    .file = film,
    .extension = self->clip_encoding->extension };
  g_autoptr (GError) error = NULL;

  item.label = gst_dataset_part_find_class (part, &item.name);
  if (gen_dataset_writer_add (self->writer, &item, &error)) {
    gst_dataset_sink_tell (self);
    return TRUE;
  }
  gst_dataset_sink_tell (self);
  gst_dataset_sink_post_error (self, error);
  return FALSE;
}

/* How many things are side by side in a buffer that a model has made; 0: nobody says. */
static guint
count_pictures (GstBuffer *buffer)
{
  const GstStructure *origin = gst_generative_origin_get (buffer);
  guint pictures = 0;

  if (origin != NULL)
    gst_structure_get_uint (origin, "pictures", &pictures);
  return pictures;
}

/* --- pictures --- */

/* The size of tiles: what is not said is the whole. FALSE when an error was posted. */
static gboolean
find_tiles (GstDatasetSink *self, int *width, int *height)
{
  int tile_width, tile_height;

  GST_OBJECT_LOCK (self);
  tile_width = self->tile_width;
  tile_height = self->tile_height;
  GST_OBJECT_UNLOCK (self);
  *width = tile_width > 0 ? tile_width : self->video.width;
  *height = tile_height > 0 ? tile_height : self->video.height;
  if (*width <= self->video.width && *height <= self->video.height)
    return TRUE;
  GST_ELEMENT_ERROR (self, LIBRARY, SETTINGS,
      ("Properties tile-width and tile-height: a tile of %dx%d does not fit into a frame of "
       "%dx%d",
          *width, *height, self->video.width, self->video.height),
      (NULL));
  return FALSE;
}

static void
warn_of_rest (GstDatasetSink *self, int width, int height)
{
  if (self->video.width % width == 0 && self->video.height % height == 0)
    return;
  GST_ELEMENT_WARNING (self, LIBRARY, SETTINGS,
      ("Properties tile-width and tile-height: frames of %dx%d are no whole number of tiles of "
       "%dx%d; %d columns at the right and %d rows at the bottom are in no item",
          self->video.width, self->video.height, width, height, self->video.width % width,
          self->video.height % height),
      (NULL));
}

/* A frame of a clip, which tiles would cut out of all of its frames. */
static GstFlowReturn
take_frame (GstDatasetSink *self, GstBuffer *buffer, const GstVideoFrame *frame)
{
  const GenPicture picture = {
    .data = (guint8 *)GST_VIDEO_FRAME_PLANE_DATA (frame, 0),
    .width = self->video.width,
    .height = self->video.height,
    .channels = GST_VIDEO_INFO_N_COMPONENTS (&self->video),
    .stride = GST_VIDEO_FRAME_PLANE_STRIDE (frame, 0),
  };

  return gst_dataset_sink_take_frame (self, buffer, &picture);
}

static GstFlowReturn
take_tiles (GstDatasetSink *self, GstBuffer *buffer, const GstVideoFrame *frame)
{
  const int stride = GST_VIDEO_FRAME_PLANE_STRIDE (frame, 0);
  const int channels = GST_VIDEO_INFO_N_COMPONENTS (&self->video);
  int width, height, columns;
  GstDatasetPart part = { .buffer = buffer, .frame = self->frame };

  if (!find_tiles (self, &width, &height))
    return GST_FLOW_ERROR;
  columns = self->video.width / width;
  part.parts = (guint)(columns * (self->video.height / height));
  part.parts = gst_generative_origin_count (buffer, part.parts, (guint)columns);
  for (; part.part < part.parts; part.part++) {
    const int x = (int)part.part % columns * width, y = (int)part.part / columns * height;
    const GenPicture picture = {
      .data = (guint8 *)GST_VIDEO_FRAME_PLANE_DATA (frame, 0) + (gssize)y * stride + x * channels,
      .width = width,
      .height = height,
      .channels = channels,
      .stride = stride,
    };
    const GenSample sample = gen_sample_of_picture (&picture);

    if (!gst_dataset_sink_add_item (self, &part, &sample, 0, NULL))
      return GST_FLOW_ERROR;
  }
  return GST_FLOW_OK;
}

static GstFlowReturn
take_picture (GstDatasetSink *self, GstBuffer *buffer)
{
  GstVideoFrame frame;
  GstFlowReturn flow;

  if (!gst_video_frame_map (&frame, &self->video, buffer, GST_MAP_READ)) {
    GST_ELEMENT_ERROR (self, RESOURCE, READ, ("A frame cannot be mapped"),
        ("it has %" G_GSIZE_FORMAT " bytes", gst_buffer_get_size (buffer)));
    return GST_FLOW_ERROR;
  }
  flow = gst_dataset_sink_has_clips (self) ? take_frame (self, buffer, &frame)
                                           : take_tiles (self, buffer, &frame);
  gst_video_frame_unmap (&frame);
  return flow;
}

/* --- sounds --- */

/* `frames` frames become an item. */
static gboolean
add_sound (GstDatasetSink *self, const GstDatasetPart *part, const guint8 *data, gsize frames)
{
  const gboolean is_int16 = GST_AUDIO_INFO_FORMAT (&self->audio) == GST_AUDIO_FORMAT_S16;
  const int channels = GST_AUDIO_INFO_CHANNELS (&self->audio);
  const int rate = GST_AUDIO_INFO_RATE (&self->audio);
  g_auto (GenSound) own = { 0 };
  GenSound sound = {
    .data = (float *)(void *)data, .frames = frames, .rate = rate, .channels = channels
  };
  GenSample sample;

  if (frames == 0)
    return TRUE;
  if (is_int16) {
    gen_sound_init (&own, rate, channels, frames);
    gen_sound_from_int16 (&own, (const gint16 *)(const void *)data);
    sound.data = own.data;
  }
  sample = gen_sample_of_sound (&sound);
  return gst_dataset_sink_add_item (self, part, &sample, is_int16 ? 16 : 32, NULL);
}

static void
forget_sound (GstDatasetSink *self)
{
  gst_clear_buffer (&self->sound.begins);
  if (self->sound.bytes != NULL)
    g_byte_array_set_size (self->sound.bytes, 0);
}

static gboolean
end_sound (GstDatasetSink *self)
{
  const GstDatasetPart part = { self->sound.begins, self->sound.frame, 0, 1 };
  gboolean good;

  if (self->sound.begins == NULL)
    return TRUE;
  good = add_sound (self, &part, self->sound.bytes->data,
      self->sound.bytes->len / (gsize)GST_AUDIO_INFO_BPF (&self->audio));
  forget_sound (self);
  return good;
}

/* What there is of `buffer` is gathered. FALSE when an error was posted. */
static gboolean
gather (GstDatasetSink *self, GstBuffer *buffer, const GstMapInfo *map)
{
  if (self->sound.bytes == NULL)
    self->sound.bytes = g_byte_array_new ();
  if (map->size > (gsize)G_MAXINT - self->sound.bytes->len) {
    GST_ELEMENT_ERROR (self, STREAM, FAILED,
        ("An item is longer than 2 GiB of sound: property window cuts it"), (NULL));
    return FALSE;
  }
  g_byte_array_append (self->sound.bytes, map->data, (guint)map->size);
  if (self->sound.begins == NULL) {
    self->sound.begins = gst_buffer_ref (buffer);
    self->sound.frame = self->frame;
  }
  return TRUE;
}

/* All whole windows of what is gathered become items; what is left begins in `buffer`. */
static GstFlowReturn
take_windows (GstDatasetSink *self, GstBuffer *buffer, guint window)
{
  const gsize size = (gsize)window * (gsize)GST_AUDIO_INFO_BPF (&self->audio);
  GByteArray *bytes = self->sound.bytes;
  gsize done = 0;

  for (; bytes->len - done >= size; done += size) {
    const GstDatasetPart part = { self->sound.begins, self->sound.frame, 0, 1 };

    if (!add_sound (self, &part, bytes->data + done, window))
      return GST_FLOW_ERROR;
    gst_buffer_replace (&self->sound.begins, buffer);
    self->sound.frame = self->frame;
  }
  if (done > 0)
    g_byte_array_remove_range (bytes, 0, (guint)done);
  if (bytes->len == 0)
    gst_clear_buffer (&self->sound.begins);
  return GST_FLOW_OK;
}

/* A buffer that is whole by itself; one that a model has made of several latents holds as many
 * sounds. */
static GstFlowReturn
take_whole (GstDatasetSink *self, GstBuffer *buffer, const GstMapInfo *map)
{
  const gsize bpf = (gsize)GST_AUDIO_INFO_BPF (&self->audio);
  const guint made = MAX (count_pictures (buffer), 1);
  const gsize frames = map->size / bpf;
  GstDatasetPart part = { buffer, self->frame, 0, frames % made == 0 ? made : 1 };
  const gsize length = frames / part.parts;

  for (; part.part < part.parts; part.part++)
    if (!add_sound (self, &part, map->data + part.part * length * bpf, length))
      return GST_FLOW_ERROR;
  return GST_FLOW_OK;
}

static GstFlowReturn
take_mapped_sound (GstDatasetSink *self, GstBuffer *buffer, const GstMapInfo *map)
{
  const guint64 item = gst_generative_label_find_item (buffer);
  const gboolean follows = item == self->sound.item && !GST_BUFFER_IS_DISCONT (buffer);
  guint window;

  GST_OBJECT_LOCK (self);
  window = self->window;
  GST_OBJECT_UNLOCK (self);
  if (!follows && !end_sound (self))
    return GST_FLOW_ERROR;
  self->sound.item = item;
  if (window == 0 && item == GST_GENERATIVE_NO_ITEM)
    return take_whole (self, buffer, map);
  if (!gather (self, buffer, map))
    return GST_FLOW_ERROR;
  return window > 0 ? take_windows (self, buffer, window) : GST_FLOW_OK;
}

static GstFlowReturn
take_sound (GstDatasetSink *self, GstBuffer *buffer)
{
  GstFlowReturn flow;
  GstMapInfo map;

  if (!gst_buffer_map (buffer, &map, GST_MAP_READ)) {
    GST_ELEMENT_ERROR (self, RESOURCE, READ, ("A buffer cannot be mapped"), (NULL));
    return GST_FLOW_ERROR;
  }
  flow = take_mapped_sound (self, buffer, &map);
  gst_buffer_unmap (buffer, &map);
  return flow;
}

/* --- texts --- */

static GstFlowReturn
take_text (GstDatasetSink *self, GstBuffer *buffer)
{
  const GstDatasetPart part = { buffer, self->frame, 0, 1 };
  GenSample sample = { .medium = &gen_medium_text };
  gboolean good;
  GstMapInfo map;

  if (!gst_buffer_map (buffer, &map, GST_MAP_READ)) {
    GST_ELEMENT_ERROR (self, RESOURCE, READ, ("A buffer cannot be mapped"), (NULL));
    return GST_FLOW_ERROR;
  }
  sample.text = (GenText){ .data = (char *)map.data, .length = map.size };
  good = g_utf8_validate_len ((const char *)map.data, map.size, NULL);
  if (!good)
    GST_ELEMENT_ERROR (self, STREAM, DECODE,
        ("Text number %" G_GUINT64_FORMAT " is not UTF-8, or ends within a character; what comes "
         "as a stream of bytes, as from filesrc, has to be cut into texts first",
            self->frame),
        (NULL));
  else
    good = gst_dataset_sink_add_item (self, &part, &sample, 0, NULL);
  gst_buffer_unmap (buffer, &map);
  return good ? GST_FLOW_OK : GST_FLOW_ERROR;
}

/* --- all of them --- */

gboolean
gst_dataset_sink_end_item (GstDatasetSink *self)
{
  return end_sound (self) && gst_dataset_sink_end_clip (self);
}

void
gst_dataset_sink_forget_item (GstDatasetSink *self)
{
  forget_sound (self);
  gst_dataset_sink_forget_clip (self);
}

GstFlowReturn
gst_dataset_sink_take (GstDatasetSink *self, GstBuffer *buffer)
{
  GstFlowReturn flow;

  gst_dataset_sink_check_label (self, buffer);
  if (self->medium == &gen_medium_picture)
    flow = take_picture (self, buffer);
  else if (self->medium == &gen_medium_sound)
    flow = take_sound (self, buffer);
  else
    flow = take_text (self, buffer);
  self->frame++;
  return flow;
}

/* The rows of two moments would be taken for one. */
static gboolean
refuse_interlaced (GstDatasetSink *self)
{
  if (!GST_VIDEO_INFO_IS_INTERLACED (&self->video))
    return FALSE;
  GST_ELEMENT_ERROR (self, STREAM, FORMAT,
      ("Frames are interlaced, and a picture is of one moment: put deinterlace in front"), (NULL));
  return TRUE;
}

gboolean
gst_dataset_sink_set_format (GstDatasetSink *self, GstCaps *caps)
{
  const GstStructure *structure = gst_caps_get_structure (caps, 0);
  int width, height;

  if (!gst_dataset_sink_end_item (self))
    return FALSE;
  GST_INFO_OBJECT (self, "%" GST_PTR_FORMAT, (void *)caps);
  if (gst_structure_has_name (structure, "video/x-raw")) {
    self->medium = &gen_medium_picture;
    if (!gst_video_info_from_caps (&self->video, caps) || refuse_interlaced (self) ||
        !find_tiles (self, &width, &height))
      return FALSE;
    warn_of_rest (self, width, height);
    return TRUE;
  }
  if (gst_structure_has_name (structure, "audio/x-raw")) {
    self->medium = &gen_medium_sound;
    return gst_audio_info_from_caps (&self->audio, caps);
  }
  self->medium = &gen_medium_text;
  return TRUE;
}
