/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* datasetsrc with sounds: a buffer each, one joined to the other to the sample. How many there are
 * hangs on the rate that is agreed on, and how long a buffer is on the sound: it is made once the
 * sound is there. */
#include "datasetsrc.h"

GST_DEBUG_CATEGORY_EXTERN (dataset_src_debug);
#define GST_CAT_DEFAULT dataset_src_debug

static void
sound_fixate (GstDatasetSrc *self, GstCaps *caps)
{
  GstStructure *structure = gst_caps_get_structure (caps, 0);
  const GenFormat *format = gen_dataset_get_format (self->dataset);
  int channels = format->channels;

  gst_structure_fixate_field_string (structure, "format", GST_AUDIO_NE (F32));
  gst_structure_fixate_field_nearest_int (structure, "rate", format->rate);
  gst_structure_fixate_field_nearest_int (structure, "channels", channels);
  gst_structure_get_int (structure, "channels", &channels);
  if (channels > 2 && !gst_structure_has_field (structure, "channel-mask"))
    gst_structure_set (structure, "channel-mask", GST_TYPE_BITMASK,
        gst_audio_channel_get_fallback_mask (channels), NULL);
}

/* Cut the dataset for a rate, and deal out what it is cut into. */
static gboolean
cut (GstDatasetSrc *self, GError **error)
{
  g_autoptr (GenDataset) windows = NULL;
  g_autoptr (GenSequence) sequence = NULL, places = NULL;
  g_auto (GenDataSettings) all = { 0 };
  GenDatasetCut settings;

  GST_OBJECT_LOCK (self);
  gen_data_settings_copy (&self->settings, &all);
  GST_OBJECT_UNLOCK (self);
  settings = gen_data_settings_cut (&all, GST_AUDIO_INFO_RATE (&self->audio));
  settings.cancellable = self->cancellable;
  windows = gen_dataset_cut (self->dataset, &settings, error);
  if (windows == NULL)
    return FALSE;
  sequence = gst_dataset_src_deal (self, windows, &all, error);
  places = sequence != NULL ? gst_dataset_src_deal (self, windows, &all, error) : NULL;
  if (places == NULL)
    return FALSE;
  gst_dataset_src_set_loader (self, NULL);
  gst_dataset_timeline_init (&self->timeline, windows, g_steal_pointer (&places), settings.window);
  g_clear_pointer (&self->cut, gen_dataset_free);
  self->cut = g_steal_pointer (&windows);
  gst_dataset_src_set_sequence (self, g_steal_pointer (&sequence));
  self->gap = self->negotiated; /* at another rate everything stands elsewhere */
  GST_INFO_OBJECT (self, "%u sounds are %u items at %d Hz, %u of them in the split",
      gen_dataset_get_count (self->dataset), gen_dataset_get_count (self->cut), settings.rate,
      self->length);
  return TRUE;
}

static gboolean
check_rate (GstDatasetSrc *self, GError **error)
{
  const int rate = GST_AUDIO_INFO_RATE (&self->audio);

  if (rate <= GEN_SOUND_MAX_RATE)
    return TRUE;
  g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
      "The caps ask for rate=%d; sounds are made of at most %d frames a second", rate,
      GEN_SOUND_MAX_RATE);
  return FALSE;
}

/* Whether there is room for windows, several of which are decoded ahead. */
static gboolean
check_window (GstDatasetSrc *self, GError **error)
{
  const guint channels = (guint)GST_AUDIO_INFO_CHANNELS (&self->audio);
  guint window;

  GST_OBJECT_LOCK (self);
  window = self->settings.window;
  GST_OBJECT_UNLOCK (self);
  if ((guint64)window * channels <= GEN_SOUND_MAX_FRAMES)
    return TRUE;
  g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_SETTINGS,
      "Property window is %u frames, of %u channels; a buffer holds at most %u of them", window,
      channels, GEN_SOUND_MAX_FRAMES / channels);
  return FALSE;
}

static gboolean
sound_accept (GstDatasetSrc *self, const GstCaps *caps, GenFormat *format, GError **error)
{
  int rate = self->negotiated ? GST_AUDIO_INFO_RATE (&self->audio) : 0;

  if (!gst_audio_info_from_caps (&self->audio, caps)) {
    g_set_error_literal (
        error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION, "The next element's caps are no audio");
    return FALSE;
  }
  if (!check_rate (self, error) || !check_window (self, error))
    return FALSE;
  if (GST_AUDIO_INFO_RATE (&self->audio) != rate && !cut (self, error))
    return FALSE;
  self->rate_numerator = GST_AUDIO_INFO_RATE (&self->audio);
  self->rate_denominator = 1;
  *format = (GenFormat){ .medium = &gen_medium_sound,
    .rate = GST_AUDIO_INFO_RATE (&self->audio),
    .channels = GST_AUDIO_INFO_CHANNELS (&self->audio),
    .length = self->timeline.window };
  gen_sample_clear (&self->sample);
  gen_sample_init (&self->sample, format);
  return TRUE;
}

static guint64
sound_place (GstDatasetSrc *self, guint64 frame)
{
  return gst_dataset_timeline_place (&self->timeline, frame);
}

static guint64
sound_frame_at (GstDatasetSrc *self, guint64 place)
{
  return gst_dataset_timeline_item (&self->timeline, place);
}

static gsize
sound_count_bytes (GstDatasetSrc *self)
{
  return (gsize)GST_AUDIO_INFO_BPF (&self->audio);
}

static GstFlowReturn
sound_alloc (GstDatasetSrc *self, GstBuffer **buffer)
{
  GstAllocator *allocator;
  GstAllocationParams params;
  GstFlowReturn flow =
      gst_dataset_src_load (self, &self->sample, &self->sample_frame, &self->sample_item);

  if (flow != GST_FLOW_OK)
    return flow;
  gst_base_src_get_allocator (GST_BASE_SRC (self), &allocator, &params);
  *buffer = gst_buffer_new_allocate (
      allocator, self->sample.sound.frames * (gsize)GST_AUDIO_INFO_BPF (&self->audio), &params);
  g_clear_pointer (&allocator, gst_object_unref);
  return *buffer != NULL ? GST_FLOW_OK : GST_FLOW_ERROR;
}

static GstFlowReturn
sound_fill (GstDatasetSrc *self, GstBuffer *buffer, guint64 *frame, guint32 *item)
{
  const GenSound *sound = &self->sample.sound;
  GstMapInfo map;

  if (!gst_buffer_map (buffer, &map, GST_MAP_WRITE)) {
    GST_ELEMENT_ERROR (
        self, RESOURCE, WRITE, ("The next element's buffer cannot be written"), (NULL));
    return GST_FLOW_ERROR;
  }
  if (GST_AUDIO_INFO_FORMAT (&self->audio) == GST_AUDIO_FORMAT_F32)
    memcpy (map.data, sound->data, map.size);
  else
    gen_sound_to_int16 (sound, (gint16 *)(void *)map.data);
  gst_buffer_unmap (buffer, &map);
  *frame = self->sample_frame;
  *item = self->sample_item;
  if (self->gap)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
  self->gap = FALSE;
  return GST_FLOW_OK;
}

const GstDatasetKind gst_dataset_sound = {
  .medium = &gen_medium_sound,
  .caps_name = "audio/x-raw",
  .fixate = sound_fixate,
  .accept = sound_accept,
  .place = sound_place,
  .frame_at = sound_frame_at,
  .count_bytes = sound_count_bytes,
  .alloc = sound_alloc,
  .fill = sound_fill,
};
