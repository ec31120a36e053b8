/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What becomes of what the gate is closed for; pictures are changed in picture.c. */
#include "contentgate.h"

#include <math.h>
#include <string.h>

GST_DEBUG_CATEGORY_EXTERN (content_gate_debug);
#define GST_CAT_DEFAULT content_gate_debug

/* What broadcasters put in the place of words. */
#define TONE_FREQUENCY 1000.0
#define TONE_LEVEL 0.1

/* --- which actions there are --- */

gboolean
gst_content_gate_check_action (GstContentGate *self, const GstScoreFormat *format, int action)
{
  const gboolean is_picture = !format->is_sound && !format->is_text;

  if ((action == GST_CONTENT_GATE_BLUR || action == GST_CONTENT_GATE_PIXELATE) && !is_picture) {
    GST_ELEMENT_ERROR (self, LIBRARY, SETTINGS,
        ("Property action: %s is for pictures; %s can be tagged, replaced, muted, dropped and held",
            action == GST_CONTENT_GATE_BLUR ? "blur" : "pixelate",
            format->is_sound ? "sounds" : "texts"),
        (NULL));
    return FALSE;
  }
  if (action == GST_CONTENT_GATE_MUTE && is_picture) {
    GST_ELEMENT_ERROR (self, LIBRARY, SETTINGS,
        ("Property action: mute is for sounds and texts; pictures can be tagged, blurred, "
         "pixelated, replaced, dropped and held"),
        (NULL));
    return FALSE;
  }
  return TRUE;
}

/* --- sounds --- */

gboolean
gst_content_gate_fail_map (GstContentGate *self)
{
  GST_ELEMENT_ERROR (self, RESOURCE, WRITE, ("What is to be changed cannot be mapped"), (NULL));
  return FALSE;
}

static void
write_tone (GstContentGate *self, const GstAudioInfo *info, guint8 *data, gsize frames)
{
  const gboolean int16 = GST_AUDIO_INFO_FORMAT (info) == GST_AUDIO_FORMAT_S16;
  const int channels = GST_AUDIO_INFO_CHANNELS (info);

  for (gsize i = 0; i < frames; i++, self->tone++) {
    const double turns = TONE_FREQUENCY * (double)self->tone / GST_AUDIO_INFO_RATE (info);
    const float value = (float)(TONE_LEVEL * sin (2 * G_PI * (turns - floor (turns))));

    for (gsize c = 0; c < (gsize)channels; c++)
      if (int16)
        ((gint16 *)(void *)data)[i * (gsize)channels + c] = (gint16)lrintf (value * 32767);
      else
        ((float *)(void *)data)[i * (gsize)channels + c] = value;
  }
}

static gboolean
change_sound (GstContentGate *self, GstBuffer **buffer, gboolean slated)
{
  const GstAudioInfo *info = &gst_score_filter_get_format (GST_SCORE_FILTER (self))->sound;
  GstMapInfo map;

  *buffer = gst_buffer_make_writable (*buffer);
  if (!gst_buffer_map (*buffer, &map, GST_MAP_WRITE))
    return gst_content_gate_fail_map (self);
  if (self->now.action == GST_CONTENT_GATE_REPLACE && !slated)
    write_tone (self, info, map.data, map.size / (gsize)GST_AUDIO_INFO_BPF (info));
  else
    memset (map.data, 0, map.size);
  gst_buffer_unmap (*buffer, &map);
  if (self->now.action != GST_CONTENT_GATE_REPLACE)
    GST_BUFFER_FLAG_SET (*buffer, GST_BUFFER_FLAG_GAP);
  return TRUE;
}

/* --- texts --- */

static char *
replace_text (GstContentGate *self, const GstMapInfo *map)
{
  const char *replacement = self->now.replacement != NULL ? self->now.replacement : "";

  /* Of a text that could not be judged nothing passes. */
  if (self->verdict.failed)
    return g_strdup (replacement);
  return gen_deny_list_replace ((const char *)map->data, map->size, self->matches, replacement);
}

static gboolean
change_text (GstContentGate *self, GstBuffer **buffer, gboolean slated)
{
  GstMapInfo map;
  char *text = NULL;

  if (!gst_buffer_map (*buffer, &map, GST_MAP_READ))
    return gst_content_gate_fail_map (self);
  if (self->now.action == GST_CONTENT_GATE_REPLACE && !slated)
    text = replace_text (self, &map);
  gst_buffer_unmap (*buffer, &map);
  *buffer = gst_buffer_make_writable (*buffer);
  gst_buffer_remove_all_memory (*buffer);
  if (text != NULL)
    gst_buffer_append_memory (*buffer,
        gst_memory_new_wrapped (0, text, strlen (text) + 1, 0, strlen (text), text, g_free));
  return TRUE;
}

/* --- what passes --- */

static gboolean
change (GstContentGate *self, GstBuffer **buffer, gboolean slated)
{
  const GstScoreFormat *format = gst_score_filter_get_format (GST_SCORE_FILTER (self));

  if (format->is_text)
    return change_text (self, buffer, slated);
  return format->is_sound ? change_sound (self, buffer, slated)
                          : gst_content_gate_change_picture (self, buffer, slated);
}

gboolean
gst_content_gate_put_slate (GstContentGate *self, GstBuffer **buffer)
{
  return change (self, buffer, TRUE);
}

/* What may change while frames pass. */
static gboolean
follow_settings (GstContentGate *self)
{
  int action;

  GST_OBJECT_LOCK (self);
  action = self->settings.action;
  self->now.strength = self->settings.strength;
  self->now.margin = self->settings.margin;
  self->now.colour = self->settings.colour;
  GST_OBJECT_UNLOCK (self);
  if (action != self->now.action &&
      !gst_content_gate_check_action (
          self, gst_score_filter_get_format (GST_SCORE_FILTER (self)), action))
    return FALSE;
  if (action != self->now.action)
    gst_content_gate_audit_action (self);
  self->now.action = action;
  return !self->audit_failed;
}

GstFlowReturn
gst_content_gate_change (GstScoreFilter *filter, GstBuffer **buffer, gboolean *passes)
{
  GstContentGate *self = GST_CONTENT_GATE (filter);

  if (!follow_settings (self))
    return GST_FLOW_ERROR;
  if (!self->closed || self->now.action == GST_CONTENT_GATE_TAG)
    return GST_FLOW_OK;
  if (self->now.action == GST_CONTENT_GATE_HOLD)
    return gst_content_gate_hold (self, buffer, passes);
  if (self->now.action != GST_CONTENT_GATE_DROP)
    return change (self, buffer, FALSE) ? GST_FLOW_OK : GST_FLOW_ERROR;
  *passes = FALSE;
  return GST_FLOW_OK;
}
