/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* gantrainer's sink pads: "sink" gathers batches and blocks while training has enough of them;
 * "validation" keeps its pictures. What is common to both comes first. */
#include "gantrainer.h"

GST_DEBUG_CATEGORY_EXTERN (gan_trainer_debug);
#define GST_CAT_DEFAULT gan_trainer_debug

static GstCaps *
picture_caps (GstGanTrainer *self, GstPad *pad)
{
  GstCaps *caps = gst_pad_get_pad_template_caps (pad);
  const int *sizes;

  caps = gst_caps_make_writable (caps);
  if (GST_PAD_IS_ACTIVE (pad))
    gst_caps_set_simple (caps, "interlace-mode", G_TYPE_STRING, "progressive", NULL);
  sizes = self->generator_model == NULL ? gen_preset_list ()[self->preset]->extents : NULL;
  for (guint i = 0; sizes != NULL && sizes[i] != 0; i++) {
    if (i > 0)
      gst_caps_append_structure (caps, gst_structure_copy (gst_caps_get_structure (caps, 0)));
    gst_structure_set (gst_caps_get_structure (caps, i), "width", G_TYPE_INT, sizes[i], "height",
        G_TYPE_INT, sizes[i], NULL);
  }
  return caps;
}

/* Negotiation fails elsewhere and says little: tell which pictures are taken. */
static void
explain_caps (GstGanTrainer *self, GstCaps *taken, GstCaps *offered)
{
  g_autofree char *text = gst_caps_to_string (taken);

  GST_ELEMENT_ERROR (self, CORE, NEGOTIATION,
      ("The pictures are not of a kind that is trained on, which is %s: put videoconvert and "
       "videoscale in front",
          text),
      ("offered %" GST_PTR_FORMAT, (void *)offered));
}

static gboolean
query (GstPad *pad, GstObject *parent, GstQuery *query)
{
  g_autoptr (GstCaps) caps = NULL;
  GstCaps *filter;

  if (GST_QUERY_TYPE (query) != GST_QUERY_CAPS) {
    gboolean answered = gst_pad_query_default (pad, parent, query);

    gst_generative_explain_interlaced (GST_ELEMENT (parent), query);
    return answered;
  }
  caps = picture_caps (GST_GAN_TRAINER (parent), pad);
  gst_query_parse_caps (query, &filter);
  if (filter != NULL) {
    g_autoptr (GstCaps) both = gst_caps_intersect_full (filter, caps, GST_CAPS_INTERSECT_FIRST);

    gst_query_set_caps_result (query, both);
    gst_generative_explain_interlaced (GST_ELEMENT (parent), query);
    if (gst_caps_is_empty (both) && !gst_caps_is_empty (filter) && GST_PAD_IS_ACTIVE (pad) &&
        !gst_pad_has_current_caps (pad) && !gst_generative_are_interlaced (filter))
      explain_caps (GST_GAN_TRAINER (parent), caps, filter);
    return TRUE;
  }
  gst_query_set_caps_result (query, caps);
  return TRUE;
}

static gboolean
map_frame (GstGanTrainer *self, GstVideoFrame *frame, const GstVideoInfo *info, GstBuffer *buffer)
{
  if (gst_video_frame_map (frame, info, buffer, GST_MAP_READ))
    return TRUE;
  GST_ELEMENT_ERROR (self, STREAM, FORMAT, ("a buffer is smaller than its caps say"), (NULL));
  return FALSE;
}

static GenSample
frame_sample (const GstVideoFrame *frame)
{
  const GenPicture picture = { .data = GST_VIDEO_FRAME_PLANE_DATA (frame, 0),
    .width = GST_VIDEO_FRAME_WIDTH (frame),
    .height = GST_VIDEO_FRAME_HEIGHT (frame),
    .channels = GST_VIDEO_FRAME_N_COMPONENTS (frame),
    .stride = GST_VIDEO_FRAME_PLANE_STRIDE (frame, 0) };

  return gen_sample_of_picture (&picture);
}

/* --- sink --- */

static gboolean
sink_caps (GstGanTrainer *self, GstCaps *caps)
{
  g_autoptr (GError) error = NULL;
  GstVideoInfo info;

  if (!gst_video_info_from_caps (&info, caps)) {
    GST_ELEMENT_ERROR (self, CORE, NEGOTIATION, ("The caps are no video"),
        ("caps %" GST_PTR_FORMAT, (void *)caps));
    return FALSE;
  }
  if (self->trainer != NULL) {
    if (info.width == self->info.width && info.height == self->info.height &&
        GST_VIDEO_INFO_FORMAT (&info) == GST_VIDEO_INFO_FORMAT (&self->info)) {
      self->info = info;
      return TRUE;
    }
    GST_ELEMENT_ERROR (self, STREAM, FORMAT,
        ("the size and format of the pictures cannot change while training runs"), (NULL));
    return FALSE;
  }
  GST_INFO_OBJECT (self, "trains on %" GST_PTR_FORMAT, (void *)caps);
  self->info = info;
  if (!gst_gan_trainer_open (self, &error)) {
    GST_ELEMENT_ERROR (self, LIBRARY, INIT, ("%s", error->message), (NULL));
    gst_gan_trainer_close (self);
    return FALSE;
  }
  gst_gan_trainer_start_training (self);
  return TRUE;
}

/* Pictures that training does not have yet are thrown away. */
static void
empty_queue (GstGanTrainer *self)
{
  GST_DEBUG_OBJECT (
      self, "a flush: %u pictures of a batch and what waited are dropped", self->slot);
  self->write = self->read + (self->busy ? 1 : 0);
  self->slot = 0;
}

static void
take_dataset (GstGanTrainer *self, const GstStructure *structure)
{
  guint length;

  if (gst_structure_has_name (structure, "generative-dataset") &&
      gst_structure_get_uint (structure, "length", &length)) {
    GST_INFO_OBJECT (self, "an epoch has %u pictures", length);
    g_mutex_lock (&self->mutex);
    self->dataset_length = length;
    g_cond_broadcast (&self->cond);
    g_mutex_unlock (&self->mutex);
  }
}

static gboolean
sink_event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  GstGanTrainer *self = GST_GAN_TRAINER (parent);
  gboolean handled = TRUE;
  GstCaps *caps;

  switch (GST_EVENT_TYPE (event)) {
  case GST_EVENT_CAPS:
    gst_event_parse_caps (event, &caps);
    handled = sink_caps (self, caps);
    break;
  case GST_EVENT_CUSTOM_DOWNSTREAM_STICKY:
    take_dataset (self, gst_event_get_structure (event));
    break;
  case GST_EVENT_FLUSH_START:
    g_mutex_lock (&self->mutex);
    self->flushing = TRUE;
    g_cond_broadcast (&self->cond);
    g_mutex_unlock (&self->mutex);
    break;
  case GST_EVENT_FLUSH_STOP:
    g_mutex_lock (&self->mutex);
    self->flushing = FALSE;
    self->data_ended = FALSE;
    empty_queue (self);
    g_mutex_unlock (&self->mutex);
    break;
  case GST_EVENT_EOS:
    g_mutex_lock (&self->mutex);
    self->data_ended = TRUE;
    g_cond_broadcast (&self->cond);
    g_mutex_unlock (&self->mutex);
    if (self->trainer == NULL)
      GST_ELEMENT_ERROR (
          self, STREAM, WRONG_TYPE, ("the data ended before any picture came"), (NULL));
    break;
  default:
    break; /* segments and tags of the data say nothing about the preview */
  }
  gst_event_unref (event);
  return handled;
}

/* Wait until the batch being filled has a place. Under the mutex. */
static GstFlowReturn
wait_for_place (GstGanTrainer *self)
{
  while (!self->flushing && self->flow == GST_FLOW_OK &&
         self->write - self->read >= GST_GAN_TRAINER_BATCHES)
    g_cond_wait (&self->cond, &self->mutex);
  return self->flushing ? GST_FLOW_FLUSHING : self->flow;
}

static GstFlowReturn
sink_take (GstGanTrainer *self, GstBuffer *buffer)
{
  gsize sample_floats = self->batch_floats / self->settings.batch_size;
  g_autoptr (GError) error = NULL;
  GstVideoFrame frame;
  GstFlowReturn flow;
  GenSample sample;
  GenFeed *batch;

  g_mutex_lock (&self->mutex);
  flow = wait_for_place (self);
  batch = self->batches[self->write % GST_GAN_TRAINER_BATCHES];
  g_mutex_unlock (&self->mutex);
  if (flow != GST_FLOW_OK)
    return flow;
  if (!map_frame (self, &frame, &self->info, buffer))
    return GST_FLOW_ERROR;
  sample = frame_sample (&frame);
  sample.medium->to_numbers (
      &sample, self->low, self->high, (float *)gen_feed_data (batch) + self->slot * sample_floats);
  gst_video_frame_unmap (&frame);
  if (++self->slot < (guint)self->settings.batch_size)
    return GST_FLOW_OK;
  if (!gen_feed_send (batch, &error)) {
    GST_ELEMENT_ERROR (self, STREAM, FAILED, ("%s", error->message), (NULL));
    return GST_FLOW_ERROR;
  }
  g_mutex_lock (&self->mutex);
  self->slot = 0;
  self->write++;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->mutex);
  return GST_FLOW_OK;
}

static GstFlowReturn
sink_chain (GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
  GstGanTrainer *self = GST_GAN_TRAINER (parent);
  GstFlowReturn flow = GST_FLOW_OK;

  if (self->trainer == NULL)
    flow = GST_FLOW_NOT_NEGOTIATED;
  else if (self->skip > 0) /* an earlier run has seen it already */
    self->skip--;
  else
    flow = sink_take (self, buffer);
  gst_buffer_unref (buffer);
  return flow;
}

/* --- validation --- */

static void
end_validation_data (GstGanTrainer *self)
{
  g_mutex_lock (&self->mutex);
  self->validation_ended = TRUE;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->mutex);
}

static gboolean
validation_event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  GstGanTrainer *self = GST_GAN_TRAINER (parent);
  gboolean handled = TRUE;
  GstCaps *caps;

  if (GST_EVENT_TYPE (event) == GST_EVENT_CAPS) {
    gst_event_parse_caps (event, &caps);
    handled = gst_video_info_from_caps (&self->validation_info, caps);
  } else if (GST_EVENT_TYPE (event) == GST_EVENT_EOS) {
    end_validation_data (self);
  }
  gst_event_unref (event);
  return handled;
}

static GstFlowReturn
validation_take (GstGanTrainer *self, GstBuffer *buffer)
{
  GstVideoFrame frame;
  GenSample sample;
  gboolean ended;

  g_mutex_lock (&self->mutex);
  ended = self->validation_ended;
  g_mutex_unlock (&self->mutex);
  if (ended)
    return GST_FLOW_EOS;
  if (!map_frame (self, &frame, &self->validation_info, buffer))
    return GST_FLOW_ERROR;
  sample = frame_sample (&frame);
  gen_validation_add (self->validation, &sample);
  gst_video_frame_unmap (&frame);
  if (gen_validation_count (self->validation) < self->validation_samples)
    return GST_FLOW_OK;
  end_validation_data (self);
  return GST_FLOW_EOS;
}

static GstFlowReturn
validation_chain (GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
  GstGanTrainer *self = GST_GAN_TRAINER (parent);
  GstFlowReturn flow = GST_FLOW_NOT_NEGOTIATED;

  if (gst_pad_has_current_caps (pad))
    flow = validation_take (self, buffer);
  gst_buffer_unref (buffer);
  return flow;
}

GstPad *
gst_gan_trainer_new_sink (GstGanTrainer *self, GstPadTemplate *pad_template)
{
  gboolean validation = GST_PAD_TEMPLATE_PRESENCE (pad_template) == GST_PAD_REQUEST;
  GstPad *pad =
      gst_pad_new_from_template (pad_template, GST_PAD_TEMPLATE_NAME_TEMPLATE (pad_template));

  /* Caps that do not mention fields of ours fit. */
  GST_PAD_SET_ACCEPT_INTERSECT (pad);
  gst_pad_set_chain_function (pad, validation ? validation_chain : sink_chain);
  gst_pad_set_event_function (pad, validation ? validation_event : sink_event);
  gst_pad_set_query_function (pad, query);
  return pad;
}
