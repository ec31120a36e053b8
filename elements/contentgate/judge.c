/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a frame, a window or a text is judged to be. Whatever keeps it from being judged closes the
 * gate for it, unless somebody has asked for the opposite. */
#include "contentgate.h"

#include <math.h>
#include <string.h>

#include "../shared/debug.h"

GST_DEBUG_CATEGORY_EXTERN (content_gate_debug);
#define GST_CAT_DEFAULT content_gate_debug

#define MESSAGE "content-gate"

/* What is said where no score was to be had. */
#define FAILURE "failure"

/* --- scores --- */

static double
sigmoid (double x)
{
  return 1 / (1 + exp (-x));
}

/* The scores of the classes, of the numbers that the model makes. */
static void
convert (GstContentGate *self)
{
  const int n = self->n_classes;
  const gboolean is_probability = self->row[0] >= 0 && self->row[0] <= 1;
  int how = self->now.scores;

  if (how == GST_CONTENT_GATE_SCORES_AUTO && n == 1)
    how = is_probability ? GST_CONTENT_GATE_SCORES_NONE : GST_CONTENT_GATE_SCORES_SIGMOID;
  for (int i = 0; i < n; i++)
    self->scores[i] =
        how == GST_CONTENT_GATE_SCORES_SIGMOID ? sigmoid ((double)self->row[i]) : self->row[i];
  /* Of numbers that are none there are no probabilities, and the gate is to see that. */
  for (int i = 0; i < n; i++)
    if (!isfinite (self->row[i])) {
      for (int k = 0; k < n; k++)
        self->scores[k] = NAN;
      return;
    }
  if (how == GST_CONTENT_GATE_SCORES_AUTO || how == GST_CONTENT_GATE_SCORES_SOFTMAX)
    gen_features_to_probabilities (self->row, n, self->scores);
}

static double
least_score (const GstContentGate *self)
{
  double least = INFINITY;

  for (guint i = 0; i < gen_content_gate_n_rules (self->gate); i++)
    least = MIN (least, gen_content_gate_rule_threshold (self->gate, i));
  return MAX (least - self->now.hysteresis, 1e-6);
}

/* Boxes of labels without a rule are none of ours. A label's score is that of its best box. */
static gboolean
find_boxes (GstContentGate *self, const GenPicture *picture, GArray *found, GError **error)
{
  guint kept = 0;

  if (!gen_detector_find (self->detector, picture, least_score (self), found, error))
    return FALSE;
  for (int i = 0; i < self->n_classes; i++)
    self->scores[i] = 0;
  for (guint i = 0; i < found->len; i++) {
    GenDetection *detection = &g_array_index (found, GenDetection, i);
    const int label = MIN (detection->label, self->n_classes - 1);
    const int rule = gen_content_gate_find_rule (self->gate, label);

    self->scores[label] = MAX (self->scores[label], detection->score);
    if (rule >= 0 && detection->score >= gen_content_gate_rule_threshold (self->gate, (guint)rule) -
                                             self->now.hysteresis)
      g_array_index (found, GenDetection, kept++) = *detection;
  }
  g_array_set_size (found, kept);
  return TRUE;
}

/* A frame in which nothing is found while the gate is closed has it where it was. */
static gboolean
look_for_boxes (GstContentGate *self, const GenPicture *picture, GError **error)
{
  g_autoptr (GArray) found = g_array_new (FALSE, FALSE, sizeof (GenDetection));

  if (!find_boxes (self, picture, found, error))
    return FALSE;
  if (found->len > 0 || !self->closed) {
    g_array_set_size (self->detections, 0);
    g_array_append_vals (self->detections, found->data, found->len);
  }
  return TRUE;
}

static gboolean
score (GstContentGate *self, const GenSample *sample, GError **error)
{
  if (self->detector != NULL)
    return look_for_boxes (self, &sample->picture, error);
  if (!gen_features_compute (self->features, sample, 1, self->row, error))
    return FALSE;
  convert (self);
  return TRUE;
}

gboolean
gst_content_gate_try (GstContentGate *self, const GenFormat *format, GError **error)
{
  g_auto (GenSample) blank = { 0 };
  g_autoptr (GError) reason = NULL;

  gen_sample_init (&blank, format);
  if (score (self, &blank, &reason))
    return TRUE;
  /* What is wrong with numbers of a black picture may be right with those of others. */
  if (self->detector != NULL && g_str_has_suffix (reason->message, "is not of finite numbers"))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&reason));
  return FALSE;
}

/* --- what is looked at --- */

/* Memory for a window, and for what stands before one that is cut short. */
static void
make_room (GstContentGate *self, gsize window, gsize n)
{
  if (MAX (window, n) <= self->n_samples)
    return;
  self->n_samples = MAX (window, n);
  self->samples = g_renew (float, self->samples, self->n_samples);
}

/* The samples of the window that begins `hop` frames later than the one in `samples`, and ends with
 * the stream, where only its last `n` have come. It begins where a whole one would, so that no
 * silence is judged that nobody hears. Returns how many samples it has. */
static gsize
look_back (GstContentGate *self, gsize window, gsize hop, gsize n)
{
  const gsize missing = window - n;

  memmove (self->samples, self->samples + (hop - missing), missing * sizeof *self->samples);
  return missing;
}

static GenSound
sound_of (GstContentGate *self, const GstScoreFrame *frame, const GstAudioInfo *info)
{
  const gsize channels = (gsize)GST_AUDIO_INFO_CHANNELS (info);
  GenSound sound = { .frames = frame->mapped.map.size / (gsize)GST_AUDIO_INFO_BPF (info),
    .rate = GST_AUDIO_INFO_RATE (info),
    .channels = GST_AUDIO_INFO_CHANNELS (info) };
  const gsize n = sound.frames * channels;
  GenSound come = sound;
  guint64 window, hop;
  gsize before = 0;

  gst_content_gate_get_window (GST_SCORE_FILTER (self), &window, &hop);
  make_room (self, (gsize)window * channels, n);
  if (sound.frames < window && self->has_before)
    before = look_back (self, (gsize)window * channels, (gsize)hop * channels, n);
  self->has_before = sound.frames == window;
  come.data = self->samples + before;
  if (GST_AUDIO_INFO_FORMAT (info) == GST_AUDIO_FORMAT_S16)
    gen_sound_from_int16 (&come, (const gint16 *)(const void *)frame->mapped.map.data);
  else
    memcpy (come.data, frame->mapped.map.data, n * sizeof *come.data);
  sound.data = self->samples;
  sound.frames += before / channels;
  return sound;
}

/* --- the verdict --- */

/* Seconds from one frame or window to the next where they do not say when they are; INFINITY where
 * that is not known either, so that what is judged counts as it is. */
static double
get_nominal_step (GstContentGate *self)
{
  const GstScoreFormat *format = gst_score_filter_get_format (GST_SCORE_FILTER (self));
  guint64 window, hop;

  if (!format->is_sound)
    return format->video.fps_n > 0 ? (double)format->video.fps_d / format->video.fps_n : INFINITY;
  gst_content_gate_get_window (GST_SCORE_FILTER (self), &window, &hop);
  return (double)hop / GST_AUDIO_INFO_RATE (&format->sound);
}

/* Seconds since the frame before. */
static double
get_step (GstContentGate *self, GstClockTime pts)
{
  const GstClockTime before = self->pts;

  self->pts = pts;
  if (!GST_CLOCK_TIME_IS_VALID (pts) || !GST_CLOCK_TIME_IS_VALID (before))
    return get_nominal_step (self);
  return ABS (GST_CLOCK_DIFF (before, pts)) / (double)GST_SECOND;
}

static void
fail (GstContentGate *self, const char *reason)
{
  self->verdict = (GenContentVerdict){ .failed = TRUE, .label = -1, .score = NAN };
  self->closed = self->now.fail == GST_CONTENT_GATE_FAIL_CLOSED;
  self->label = FAILURE;
  self->failed_count++;
  g_free (self->reason);
  self->reason = g_strdup (reason);
  if (self->told_failed)
    return;
  self->told_failed = TRUE;
  GST_ELEMENT_WARNING (self, STREAM, FAILED,
      ("Number %" G_GUINT64_FORMAT " cannot be judged, and the gate is %s for it: %s. Further ones "
       "are not reported",
          self->judged, self->closed ? "closed" : "open", reason),
      (NULL));
}

static void
judge_sample (GstContentGate *self, const GenSample *sample, GstClockTime pts)
{
  const double step = get_step (self, pts);
  g_autoptr (GError) error = NULL;

  if (!score (self, sample, &error)) {
    fail (self, error->message);
    return;
  }
  gen_content_gate_judge (self->gate, self->scores, step, &self->verdict);
  if (self->verdict.failed) {
    fail (self, "the model's numbers are not finite");
    return;
  }
  self->closed = self->verdict.closed;
  self->label = gen_content_gate_rule_name (self->gate, self->verdict.rule);
}

static void
judge_text (GstContentGate *self, const GstMapInfo *map)
{
  g_autoptr (GError) error = NULL;

  g_array_set_size (self->matches, 0);
  if (!gen_deny_list_find (self->list, (const char *)map->data, map->size, self->matches, &error)) {
    fail (self, error->message);
    return;
  }
  self->verdict = (GenContentVerdict){ .label = -1, .score = 0 };
  self->closed = self->matches->len > 0;
  if (!self->closed)
    return;
  self->verdict.label = (int)g_array_index (self->matches, GenDenyMatch, 0).entry;
  self->verdict.score = 1;
  self->label = gen_deny_list_entry (self->list, (guint)self->verdict.label);
}

/* --- what is told --- */

static void
tell_change (GstContentGate *self)
{
  GstStructure *structure;

  if (self->closed == self->told_closed)
    return;
  self->told_closed = self->closed;
  structure = gst_structure_new (MESSAGE, "state", G_TYPE_STRING, self->closed ? "closed" : "open",
      "pts", G_TYPE_UINT64, self->pts, NULL);
  if (self->label != NULL)
    gst_structure_set (structure, "label", G_TYPE_STRING, self->label, NULL);
  if (isfinite (self->verdict.score))
    gst_structure_set (structure, "score", G_TYPE_DOUBLE, self->verdict.score, NULL);
  if (self->reason != NULL)
    gst_structure_set (structure, "reason", G_TYPE_STRING, self->reason, NULL);
  GST_DEBUG_OBJECT (self, "%" GST_PTR_FORMAT, structure);
  gst_content_gate_audit_state (self);
  gst_element_post_message (
      GST_ELEMENT (self), gst_message_new_element (GST_OBJECT (self), structure));
}

/* Boxes as every element of GStreamer reads them. */
static void
add_regions (GstContentGate *self, GstBuffer *buffer, const GenPicture *picture)
{
  for (guint i = 0; i < self->detections->len; i++) {
    const GenDetection *box = &g_array_index (self->detections, GenDetection, i);
    const int rule = gen_content_gate_find_rule (self->gate, MIN (box->label, self->n_classes - 1));
    const double left = CLAMP (box->x, 0, 1), top = CLAMP (box->y, 0, 1);
    const double right = CLAMP (box->x + box->width, left, 1);
    const double bottom = CLAMP (box->y + box->height, top, 1);
    GstVideoRegionOfInterestMeta *meta = gst_buffer_add_video_region_of_interest_meta (buffer,
        rule >= 0 ? gen_content_gate_rule_name (self->gate, (guint)rule) : "",
        (guint)lround (left * picture->width), (guint)lround (top * picture->height),
        (guint)lround ((right - left) * picture->width),
        (guint)lround ((bottom - top) * picture->height));

    gst_video_region_of_interest_meta_add_param (
        meta, gst_structure_new (MESSAGE, "score", G_TYPE_DOUBLE, box->score, NULL));
  }
}

static void
fill (GstContentGate *self, double *values)
{
  values[GST_CONTENT_GATE_CLOSED] = self->closed;
  values[GST_CONTENT_GATE_LABEL] = self->verdict.label >= 0 ? self->verdict.label : NAN;
  values[GST_CONTENT_GATE_SCORE] = self->verdict.failed ? GEN_MISSING : self->verdict.score;
  values[GST_CONTENT_GATE_BOXES] =
      self->detector != NULL && !self->verdict.failed ? (double)self->detections->len : NAN;
}

GstFlowReturn
gst_content_gate_measure (GstScoreFilter *filter, GstScoreFrame *frame, double *values)
{
  GstContentGate *self = GST_CONTENT_GATE (filter);
  const GstScoreFormat *format = gst_score_filter_get_format (filter);
  const gint64 began = gst_generative_log_clock (GST_CAT_DEFAULT);

  g_clear_pointer (&self->reason, g_free);
  if (format->is_text) {
    self->pts = frame->pts;
    judge_text (self, &frame->mapped.map);
  } else if (format->is_sound) {
    const GenSound sound = sound_of (self, frame, &format->sound);
    const GenSample sample = gen_sample_of_sound (&sound);

    judge_sample (self, &sample, frame->pts);
  } else {
    const GenPicture picture = gst_content_gate_look (self, &frame->mapped.video);
    const GenSample sample = gen_sample_of_picture (&picture);

    judge_sample (self, &sample, frame->pts);
    if (self->closed && self->detector != NULL && frame->buffer != NULL)
      add_regions (self, frame->buffer, &picture);
  }
  if (!self->closed)
    gst_content_gate_end_hold (self);
  self->judged++;
  self->closed_count += self->closed;
  fill (self, values);
  tell_change (self);
  GST_LOG_OBJECT (self,
      "number %" G_GUINT64_FORMAT ", pts %" GST_TIME_FORMAT ": %s, score %g in %.3f ms",
      self->judged - 1, GST_TIME_ARGS (frame->pts), self->closed ? "closed" : "open",
      self->verdict.score, gst_generative_since (began));
  return self->audit_failed ? GST_FLOW_ERROR : GST_FLOW_OK;
}

void
gst_content_gate_interrupt (GstScoreFilter *filter)
{
  GstContentGate *self = GST_CONTENT_GATE (filter);

  if (self->gate != NULL)
    gen_content_gate_reset (self->gate);
  if (self->features != NULL)
    gen_features_begin_stream (self->features);
  g_array_set_size (self->detections, 0);
  g_array_set_size (self->matches, 0);
  self->pts = GST_CLOCK_TIME_NONE;
  self->closed = self->has_before = FALSE;
  self->tone = 0;
  gst_content_gate_end_hold (self);
}
