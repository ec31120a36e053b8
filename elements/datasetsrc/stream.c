/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The stream of datasetsrc: which item stands at which time, what happens at the end of an
 * epoch, and what to those that cannot be decoded. */
#include "datasetsrc.h"

#include "../shared/caption-meta.h"
#include "../shared/debug.h"
#include "../shared/frame-time.h"
#include "../shared/frame-answers.h"
#include "../shared/label-meta.h"

GST_DEBUG_CATEGORY_EXTERN (dataset_src_debug);
#define GST_CAT_DEFAULT dataset_src_debug

void
gst_dataset_src_set_loader (GstDatasetSrc *self, GenLoader *loader)
{
  GenLoader *old;

  GST_OBJECT_LOCK (self);
  old = self->loader;
  self->loader = loader;
  if (loader != NULL)
    gen_loader_set_flushing (loader, self->flushing);
  GST_OBJECT_UNLOCK (self);
  gen_loader_free (old);
}

static gboolean
gst_dataset_src_set_flushing (GstDatasetSrc *self, gboolean flushing)
{
  if (flushing)
    g_cancellable_cancel (self->cancellable);
  else
    g_cancellable_reset (self->cancellable);
  GST_OBJECT_LOCK (self);
  self->flushing = flushing;
  if (self->loader != NULL)
    gen_loader_set_flushing (self->loader, flushing);
  GST_OBJECT_UNLOCK (self);
  gst_dataset_words_interrupt (self, flushing);
  return TRUE;
}

gboolean
gst_dataset_src_unlock (GstBaseSrc *base)
{
  return gst_dataset_src_set_flushing (GST_DATASET_SRC (base), TRUE);
}

gboolean
gst_dataset_src_unlock_stop (GstBaseSrc *base)
{
  return gst_dataset_src_set_flushing (GST_DATASET_SRC (base), FALSE);
}

static GstClockTime
gst_dataset_src_frame_time (GstDatasetSrc *self, guint64 frame)
{
  return gst_generative_frame_time (
      self->kind->place (self, frame), self->rate_numerator, self->rate_denominator);
}

static GstFrameAnswers
get_answers (GstDatasetSrc *self)
{
  const GstDatasetKind *kind = self->kind;
  guint64 frames = self->frames;
  int num_buffers;

  g_object_get (self, "num-buffers", &num_buffers, NULL);
  if (num_buffers >= 0)
    frames = frames == 0 ? (guint64)num_buffers : MIN (frames, (guint64)num_buffers);
  if (kind == NULL || !self->negotiated)
    return (GstFrameAnswers){ .count = frames };
  return (GstFrameAnswers){ .numerator = self->rate_numerator,
    .denominator = self->rate_denominator,
    .size = kind->count_bytes (self),
    .count = kind->place (self, frames) };
}

/* The dataset may be replaced by one without what filters leave out. FALSE where there is none. */
static gboolean
answer_classes (GstDatasetSrc *self, GstQuery *query)
{
  g_auto (GStrv) names = NULL;

  GST_OBJECT_LOCK (self);
  if (self->dataset != NULL)
    names = gen_dataset_get_label_names (self->dataset);
  GST_OBJECT_UNLOCK (self);
  if (names == NULL)
    return FALSE;
  gst_generative_answer_classes (query, (const char *const *)names);
  return TRUE;
}

gboolean
gst_dataset_src_query (GstBaseSrc *base, GstQuery *query)
{
  GstDatasetSrc *self = GST_DATASET_SRC (base);
  const GstFrameAnswers answers = get_answers (self);
  gboolean handled, result;

  if (gst_generative_is_classes_query (query) && answer_classes (self, query))
    return TRUE;
  result = gst_frame_answers_query (&answers, base, query, &handled);

  return handled ? result : gst_dataset_src_get_parent_class ()->query (base, query);
}

/* A seek comes once by each pad that a sink hangs on. TRUE where it is followed already. */
static gboolean
is_followed (GstDatasetSrc *self, GstEvent *event)
{
  gboolean followed, has_words = FALSE;

  GST_OBJECT_LOCK (self);
  for (guint i = 0; i < GST_DATASET_N_WORDS; i++)
    has_words |= self->words[i] != NULL;
  followed = has_words && self->seek == gst_event_get_seqnum (event);
  GST_OBJECT_UNLOCK (self);
  return followed;
}

/* Seeks that cannot be followed are refused here, where nothing has been flushed yet. */
static gboolean
gst_dataset_src_seek (GstDatasetSrc *self, GstEvent *event)
{
  GstBaseSrc *base = GST_BASE_SRC (self);
  const GstFrameAnswers answers = get_answers (self);

  if (is_followed (self, event))
    return TRUE;
  if (!gst_frame_answers_can_seek (&answers, base, event) ||
      !gst_dataset_src_get_parent_class ()->event (base, event))
    return FALSE;
  GST_OBJECT_LOCK (self);
  self->seek = gst_event_get_seqnum (event);
  GST_OBJECT_UNLOCK (self);
  return TRUE;
}

gboolean
gst_dataset_src_event (GstBaseSrc *base, GstEvent *event)
{
  if (GST_EVENT_TYPE (event) == GST_EVENT_SEEK)
    return gst_dataset_src_seek (GST_DATASET_SRC (base), event);
  return gst_dataset_src_get_parent_class ()->event (base, event);
}

/* Frames without times have no places. */
gboolean
gst_dataset_src_is_seekable (GstBaseSrc *base)
{
  GstDatasetSrc *self = GST_DATASET_SRC (base);

  return !self->negotiated || self->rate_numerator > 0;
}

gboolean
gst_dataset_src_do_seek (GstBaseSrc *base, GstSegment *segment)
{
  GstDatasetSrc *self = GST_DATASET_SRC (base);
  const GstFrameAnswers answers = get_answers (self);

  self->reverse = segment->rate < 0;
  self->position = gst_frame_answers_begin (&answers, segment);
  self->moved = TRUE;
  /* Elements behind are not asked for allocation before there are caps. */
  if (!self->negotiated && !gst_dataset_src_is_prepared (self))
    gst_pad_check_reconfigure (GST_BASE_SRC_PAD (self));
  return TRUE;
}

void
gst_dataset_src_place_loader (GstDatasetSrc *self)
{
  if (self->reverse)
    gen_loader_seek_backwards (self->loader, self->frame);
  else
    gen_loader_seek (self->loader, self->frame);
}

/* Follow the last seek: to the frame that is shown at its place or, backwards, just before it. */
static void
gst_dataset_src_move (GstDatasetSrc *self)
{
  GstClockTime time = self->reverse && self->position > 0 ? self->position - 1 : self->position;

  self->moved = FALSE;
  self->epoch_ended = FALSE;
  self->ended = self->reverse && self->position == 0;
  self->frame = 0;
  if (self->rate_numerator > 0)
    self->frame = self->kind->frame_at (
        self, gst_generative_time_frame (time, self->rate_numerator, self->rate_denominator));
  gst_dataset_src_place_loader (self);
}

/* Items in an epoch, as far as is known: those that cannot be decoded are found as they come. Where
 * an epoch has not each item once, as many as there are on the average. */
static guint
gst_dataset_src_epoch_items (GstDatasetSrc *self)
{
  const guint items = gen_sequence_count_items (self->sequence);

  return self->length - (guint)((guint64)self->skipped * self->length / items);
}

static void
gst_dataset_src_tell_epoch (GstDatasetSrc *self)
{
  self->epoch_ended = FALSE;
  GST_INFO_OBJECT (self, "epoch %" G_GUINT64_FORMAT " has ended; %u items left out so far",
      self->frame / self->length - 1, self->skipped);
  gst_element_post_message (GST_ELEMENT (self),
      gst_message_new_element (GST_OBJECT (self),
          gst_structure_new ("generative-epoch", "epoch", G_TYPE_UINT64,
              self->frame / self->length - 1, "frames", G_TYPE_UINT,
              gst_dataset_src_epoch_items (self), "skipped", G_TYPE_UINT, self->skipped, NULL)));
}

static gboolean
is_dealt_by_place (GstDatasetSrc *self)
{
  gboolean is;

  GST_OBJECT_LOCK (self);
  is = self->settings.order.split != GEN_SPLIT_ALL &&
       self->settings.order.split_by == GEN_SPLIT_BY_INDEX;
  GST_OBJECT_UNLOCK (self);
  return is;
}

static void
gst_dataset_src_tell_length (GstDatasetSrc *self)
{
  self->length_told = TRUE;
  gst_pad_push_event (
      GST_BASE_SRC_PAD (self), gst_event_new_custom (GST_EVENT_CUSTOM_DOWNSTREAM_STICKY,
                                   gst_structure_new ("generative-dataset", "length", G_TYPE_UINT,
                                       gst_dataset_src_epoch_items (self), "dealt-by-place",
                                       G_TYPE_BOOLEAN, is_dealt_by_place (self), NULL)));
}

/* On to the next frame. An epoch that is played backwards does not end: it has been told of. */
static void
gst_dataset_src_step (GstDatasetSrc *self, guint64 frame)
{
  if (self->reverse) {
    self->ended = frame == 0;
    self->frame = frame - 1;
    return;
  }
  self->frame = frame + 1;
  self->epoch_ended = self->frame % self->length == 0;
}

static gboolean
gst_dataset_src_is_strict (GstDatasetSrc *self)
{
  gboolean strict;

  GST_OBJECT_LOCK (self);
  strict = self->settings.strict;
  GST_OBJECT_UNLOCK (self);
  return strict;
}

/* A frame that cannot be decoded: count it and tell of it. */
static GstFlowReturn
gst_dataset_src_leave_out (GstDatasetSrc *self, guint64 frame, const GError *error)
{
  if (error != NULL && gst_dataset_src_is_strict (self)) {
    GST_ELEMENT_ERROR (self, RESOURCE, READ, ("%s", error->message),
        ("Property strict is true: nothing may be left out"));
    return GST_FLOW_ERROR;
  }
  gst_dataset_src_step (self, frame);
  self->gap = TRUE;
  GST_INFO_OBJECT (self, "frame %" G_GUINT64_FORMAT " is left out: %s", frame,
      error != NULL ? error->message : "it could not be decoded before");
  if (error != NULL) {
    guint skipped = gen_loader_get_skipped (self->loader);

    /* After a change of the caps, a new loader meets the same ones again. */
    GST_OBJECT_LOCK (self);
    self->skipped = MAX (self->skipped, skipped);
    GST_OBJECT_UNLOCK (self);
    self->length_told = FALSE;
    GST_ELEMENT_WARNING (
        self, RESOURCE, READ, ("Left out: %s", error->message), ("%u left out so far", skipped));
  }
  if (gen_loader_get_skipped (self->loader) < gen_sequence_count_items (self->sequence))
    return GST_FLOW_OK;
  GST_ELEMENT_ERROR (self, RESOURCE, READ,
      ("None of the %u %s of the split can be decoded", gen_sequence_count_items (self->sequence),
          self->kind->medium->plural),
      (NULL));
  return GST_FLOW_ERROR;
}

GstFlowReturn
gst_dataset_src_load (GstDatasetSrc *self, GenSample *target, guint64 *frame, guint32 *item)
{
  for (;;) {
    g_autoptr (GError) error = NULL;
    GstFlowReturn flow;

    if (!self->length_told)
      gst_dataset_src_tell_length (self);
    if (self->epoch_ended)
      gst_dataset_src_tell_epoch (self);
    switch (gen_loader_next (self->loader, target, frame, item, &error)) {
    case GEN_LOADER_SAMPLE:
      return GST_FLOW_OK;
    case GEN_LOADER_BAD:
      flow = gst_dataset_src_leave_out (self, *frame, error);
      if (flow != GST_FLOW_OK)
        return flow;
      break;
    case GEN_LOADER_END:
      return GST_FLOW_EOS;
    case GEN_LOADER_FLUSHING:
      return GST_FLOW_FLUSHING;
    }
  }
}

/* Times, where there is a rate. */
static void
gst_dataset_src_stamp (GstDatasetSrc *self, guint64 frame, GstBuffer *buffer)
{
  if (self->rate_numerator == 0)
    return;
  GST_BUFFER_PTS (buffer) = gst_dataset_src_frame_time (self, frame);
  GST_BUFFER_DURATION (buffer) =
      gst_dataset_src_frame_time (self, frame + 1) - GST_BUFFER_PTS (buffer);
}

/* Where playing goes on after a seek; at the end there is nothing. */
static GstFlowReturn
gst_dataset_src_begin (GstDatasetSrc *self)
{
  const GstFlowReturn flow = gst_dataset_src_agree (self);

  if (flow != GST_FLOW_OK)
    return flow;
  if (self->moved)
    gst_dataset_src_move (self);
  return self->ended ? GST_FLOW_EOS : GST_FLOW_OK;
}

GstFlowReturn
gst_dataset_src_alloc (GstBaseSrc *base, guint64 offset, guint size, GstBuffer **buffer)
{
  GstDatasetSrc *self = GST_DATASET_SRC (base);
  GstFlowReturn flow = gst_dataset_src_begin (self);

  if (flow != GST_FLOW_OK)
    return flow;
  if (self->kind->alloc != NULL)
    return self->kind->alloc (self, buffer);
  return gst_dataset_src_get_parent_class ()->alloc (base, offset, size, buffer);
}

GstFlowReturn
gst_dataset_src_fill (GstPushSrc *push, GstBuffer *buffer)
{
  GstDatasetSrc *self = GST_DATASET_SRC (push);
  const GenDataset *items = gst_dataset_src_get_items (self);
  const guint32 run = gen_dataset_get_run (items);
  g_autofree char *caption = NULL, *source = NULL;
  GstFlowReturn flow;
  guint64 frame;
  guint32 item;
  int label;
  gint64 began = gst_generative_log_clock (GST_CAT_DEFAULT);

  flow = self->kind->fill (self, buffer, &frame, &item);
  if (flow != GST_FLOW_OK)
    return flow;

  gst_dataset_src_stamp (self, frame, buffer);
  GST_BUFFER_OFFSET (buffer) = self->kind->place (self, frame);
  GST_BUFFER_OFFSET_END (buffer) = self->kind->place (self, frame + 1);
  label = gen_dataset_get_label (items, item);
  source = gen_dataset_describe_item (items, item);
  gst_generative_label_add (buffer, label,
      label < 0 ? NULL : gen_dataset_get_label_name (items, label), item, source, frame);
  caption = gen_dataset_get_caption (items, item);
  if (caption != NULL)
    gst_generative_caption_add (buffer, caption);
  GST_LOG_OBJECT (self, GST_GENERATIVE_FRAME_FORMAT ": %s %u, class %d, had after %.3f ms",
      GST_GENERATIVE_FRAME_ARGS (buffer), self->kind->medium->name, item, label,
      gst_generative_since (began));
  if (run > 1 && item % run == (self->reverse ? run - 1 : 0))
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
  gst_dataset_src_step (self, frame);
  return GST_FLOW_OK;
}
