/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* gantrainer's sink pads: "sink" gathers batches and blocks while training has enough of them;
 * "validation" keeps its pictures. What is common to both comes first. */
#include "gantrainer.h"

#include "../shared/interlaced.h"

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
  sizes = self->settings.generator_model == NULL ? self->settings.preset->extents : NULL;
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
is_same_kind (const GstVideoInfo *a, const GstVideoInfo *b)
{
  return GST_VIDEO_INFO_WIDTH (a) == GST_VIDEO_INFO_WIDTH (b) &&
         GST_VIDEO_INFO_HEIGHT (a) == GST_VIDEO_INFO_HEIGHT (b) &&
         GST_VIDEO_INFO_FORMAT (a) == GST_VIDEO_INFO_FORMAT (b);
}

static gboolean
sink_caps (GstGanTrainer *self, GstCaps *caps)
{
  const gboolean begun = gen_training_queue (self->training) != NULL;
  GstVideoInfo info;

  if (!gst_video_info_from_caps (&info, caps)) {
    GST_ELEMENT_ERROR (self, CORE, NEGOTIATION, ("The caps are no video"),
        ("caps %" GST_PTR_FORMAT, (void *)caps));
    return FALSE;
  }
  if (begun && !is_same_kind (&info, &self->info)) {
    GST_ELEMENT_ERROR (self, STREAM, FORMAT,
        ("the size and format of the pictures cannot change while training runs"), (NULL));
    return FALSE;
  }
  self->info = info;
  if (begun)
    return TRUE;
  GST_INFO_OBJECT (self, "trains on %" GST_PTR_FORMAT, (void *)caps);
  return gst_gan_trainer_begin (self);
}

static void
take_dataset (GstGanTrainer *self, const GstStructure *structure)
{
  guint length;

  if (gst_structure_has_name (structure, "generative-dataset") &&
      gst_structure_get_uint (structure, "length", &length)) {
    GST_INFO_OBJECT (self, "an epoch has %u pictures", length);
    gen_training_set_epoch (self->training, length);
  }
}

static void
flush (GstGanTrainer *self, gboolean flushing)
{
  GenBatchQueue *queue = gen_training_queue (self->training);

  if (queue == NULL)
    return;
  if (!flushing)
    GST_DEBUG_OBJECT (self, "a flush: %u pictures of a batch and what waited are dropped",
        gen_batch_queue_get_rest (queue));
  gen_batch_queue_set_flushing (queue, flushing);
}

static void
end_data (GstGanTrainer *self)
{
  GenBatchQueue *queue = gen_training_queue (self->training);

  if (queue != NULL)
    gen_batch_queue_end (queue);
  else
    GST_ELEMENT_ERROR (
        self, STREAM, WRONG_TYPE, ("the data ended before any picture came"), (NULL));
}

static void
take_event (GstGanTrainer *self, GstEvent *event, gboolean *handled)
{
  GstCaps *caps;

  switch (GST_EVENT_TYPE (event)) {
  case GST_EVENT_CAPS:
    gst_event_parse_caps (event, &caps);
    *handled = sink_caps (self, caps);
    break;
  case GST_EVENT_CUSTOM_DOWNSTREAM_STICKY:
    take_dataset (self, gst_event_get_structure (event));
    break;
  case GST_EVENT_FLUSH_START:
  case GST_EVENT_FLUSH_STOP:
    flush (self, GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_START);
    break;
  case GST_EVENT_EOS:
    end_data (self);
    break;
  default:
    break; /* segments and tags of the data say nothing about the preview */
  }
}

static gboolean
sink_event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  GstGanTrainer *self = GST_GAN_TRAINER (parent);
  gboolean handled = TRUE;

  /* Without a training, the element is not started. */
  if (self->training != NULL)
    take_event (self, event, &handled);
  gst_event_unref (event);
  return handled;
}

/* What the next buffer gets when nothing is wanted any more. */
static GstFlowReturn
flow_of_end (GstGanTrainer *self)
{
  switch (gen_training_outcome (self->training)) {
  case GEN_TRAINING_DONE:
  case GEN_TRAINING_IDLE:
    return GST_FLOW_EOS;
  case GEN_TRAINING_FAILED:
    return GST_FLOW_ERROR;
  default:
    return GST_FLOW_FLUSHING; /* it was stopped */
  }
}

static GstFlowReturn
sink_take (GstGanTrainer *self, GenBatchQueue *queue, GstBuffer *buffer)
{
  g_autoptr (GError) error = NULL;
  GenBatchQueueResult result;
  GstVideoFrame frame;
  GenSample sample;

  if (!map_frame (self, &frame, &self->info, buffer))
    return GST_FLOW_ERROR;
  sample = frame_sample (&frame);
  result = gen_batch_queue_add (queue, &sample, &error);
  gst_video_frame_unmap (&frame);
  switch (result) {
  case GEN_BATCH_QUEUE_ADDED:
    return GST_FLOW_OK;
  case GEN_BATCH_QUEUE_FLUSHING:
    return GST_FLOW_FLUSHING;
  case GEN_BATCH_QUEUE_CLOSED:
    return flow_of_end (self);
  case GEN_BATCH_QUEUE_FAILED:
    GST_ELEMENT_ERROR (self, STREAM, FAILED, ("%s", error->message), (NULL));
  }
  return GST_FLOW_ERROR;
}

static GstFlowReturn
sink_chain (GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
  GstGanTrainer *self = GST_GAN_TRAINER (parent);
  GenBatchQueue *queue = gen_training_queue (self->training);
  GstFlowReturn flow = GST_FLOW_NOT_NEGOTIATED;

  if (queue != NULL)
    flow = sink_take (self, queue, buffer);
  gst_buffer_unref (buffer);
  return flow;
}

/* --- validation --- */

static gboolean
validation_event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  GstGanTrainer *self = GST_GAN_TRAINER (parent);
  gboolean handled = TRUE;
  GstCaps *caps;

  if (GST_EVENT_TYPE (event) == GST_EVENT_CAPS) {
    gst_event_parse_caps (event, &caps);
    handled = gst_video_info_from_caps (&self->validation_info, caps);
  } else if (GST_EVENT_TYPE (event) == GST_EVENT_EOS && self->training != NULL) {
    gen_training_end_validation (self->training);
  }
  gst_event_unref (event);
  return handled;
}

static GstFlowReturn
validation_take (GstGanTrainer *self, GstBuffer *buffer)
{
  GstVideoFrame frame;
  GenSample sample;
  gboolean wanted;

  if (!map_frame (self, &frame, &self->validation_info, buffer))
    return GST_FLOW_ERROR;
  sample = frame_sample (&frame);
  wanted = gen_training_add_validation (self->training, &sample);
  gst_video_frame_unmap (&frame);
  return wanted ? GST_FLOW_OK : GST_FLOW_EOS;
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
gst_gan_trainer_new_sink (GstPadTemplate *pad_template)
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
