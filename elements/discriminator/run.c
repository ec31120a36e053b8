/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The discriminator at work: a frame in, its score, and the very frame out. */
#include "discriminator.h"

#include "../shared/debug.h"
#include "../shared/origin-meta.h"
#include "../shared/score.h"
#include "../shared/stream-time.h"

#include <math.h>

GST_DEBUG_CATEGORY_EXTERN (discriminator_debug);
#define GST_CAT_DEFAULT discriminator_debug

gboolean
gst_discriminator_map (GstScoreFilter *filter, GstGenerativeFrame *mapped, GstBuffer *buffer)
{
  GstDiscriminator *self = GST_DISCRIMINATOR (filter);

  return self->judge.player != NULL &&
         gst_generative_frame_map (mapped, &self->judge.playing, self->judge.player,
             &gst_score_filter_get_format (filter)->video, buffer,
             GST_MAP_READ | GST_VIDEO_FRAME_MAP_FLAG_NO_REF);
}

/* What is scored, for people. */
static const char *
name_of (const GstDiscriminator *self)
{
  return self->judge.ports.input.kind == GEN_PORT_SOUND ? "window" : "frame";
}

/* A score that is no number is none. */
static void
notice_not_finite (GstDiscriminator *self, double score)
{
  if (self->told_not_finite || isfinite (score))
    return;
  self->told_not_finite = TRUE;
  GST_ELEMENT_WARNING (self, STREAM, FAILED,
      ("%s: of %s %" G_GUINT64_FORMAT " its output '%s' is %s, which is no score: such %ss "
       "have none, and count as below the threshold. Further ones are not reported",
          self->judge.ports.model->path, name_of (self), self->measured,
          self->judge.ports.output.name, isnan (score) ? "NaN" : "infinite", name_of (self)),
      (NULL));
}

/* The device has given way: the same frame, where the CPU reads it. */
static gboolean
run_without_device (GstDiscriminator *self, GstBuffer *buffer, double *values, GError **error)
{
  GstGenerativeFrame here;
  gboolean good;

  if (!gst_discriminator_map (GST_SCORE_FILTER (self), &here, buffer)) {
    g_set_error (error, GEN_DEVICE_ERROR, GEN_DEVICE_ERROR_FAILED,
        "the frame on which it failed cannot be brought to the CPU");
    return FALSE;
  }
  good = gst_discriminator_walls_score (&self->walls, &here, values, error);
  gst_generative_frame_unmap (&here);
  return good;
}

/* Whether what failed is to be done again: on the CPU, which takes over from the device. */
static gboolean
score_window (
    GstDiscriminator *self, const GstGenerativeFrame *window, double *values, GError **error)
{
  g_autoptr (GError) failure = NULL;

  if (gst_discriminator_windows_score (&self->windows, window, values, &failure))
    return TRUE;
  return gst_discriminator_judge_fall_back (&self->judge, failure, error) &&
         gst_discriminator_windows_score (&self->windows, window, values, error);
}

static gboolean
score_frame (GstDiscriminator *self, const GstScoreFrame *frame, double *values, GError **error)
{
  g_autoptr (GError) failure = NULL;

  if (!gst_discriminator_walls_follow (&self->walls, &frame->mapped, error))
    return FALSE;
  if (frame->mapped.on_device && !gen_player_shares_context (self->judge.player))
    return run_without_device (self, frame->buffer, values, error);
  if (gst_discriminator_walls_score (&self->walls, &frame->mapped, values, &failure))
    return TRUE;
  return gst_discriminator_judge_fall_back (&self->judge, failure, error) &&
         run_without_device (self, frame->buffer, values, error);
}

/* Of a wall, each picture has a score of its own as well; places without one have none. */
static gboolean
score_picture (GstDiscriminator *self, const GstScoreFrame *frame, double *values, GError **error)
{
  GstDiscriminatorWalls *walls = &self->walls;

  walls->filled =
      (int)gst_generative_origin_count (frame->buffer, (guint)walls->tiles, (guint)walls->columns);
  if (!score_frame (self, frame, values, error))
    return FALSE;
  if (walls->tiles > 1)
    gst_generative_score_set_parts (frame->buffer, walls->scores, (guint)walls->filled);
  return TRUE;
}

/* Score what is mapped; `values` receives the fields. */
static gboolean
score (GstDiscriminator *self, const GstScoreFrame *frame, double *values, GError **error)
{
  return frame->mapped.is_sound ? score_window (self, &frame->mapped, values, error)
                                : score_picture (self, frame, values, error);
}

GstFlowReturn
gst_discriminator_measure (GstScoreFilter *filter, GstScoreFrame *frame, double *values)
{
  GstDiscriminator *self = GST_DISCRIMINATOR (filter);
  gint64 began = gst_generative_log_clock (GST_CAT_DEFAULT);
  g_autoptr (GError) error = NULL;

  if (gen_player_use (self->judge.player) == NULL)
    return GST_FLOW_ERROR; /* which has been posted */
  gst_discriminator_set_parameters (self, frame->pts);
  if (!score (self, frame, values, &error)) {
    /* Nobody wants it any more. */
    if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
      return GST_FLOW_FLUSHING;
    if (error->domain == GST_STREAM_ERROR)
      GST_ELEMENT_ERROR (self, STREAM, FORMAT, ("%s", error->message), (NULL));
    else
      gst_generative_post_error (GST_ELEMENT (self), error);
    return GST_FLOW_ERROR;
  }
  gst_generative_sync_values (self, &GST_BASE_TRANSFORM (self)->segment, frame->pts);
  notice_not_finite (self, values[GST_DISCRIMINATOR_SCORE]);
  if (!isfinite (values[GST_DISCRIMINATOR_SCORE])) {
    values[GST_DISCRIMINATOR_SCORE] = GEN_MISSING;
    values[GST_DISCRIMINATOR_PROBABILITY] =
        self->judge.ports.calibration != NULL ? GEN_MISSING : NAN;
  }
  gen_tally_add (&self->tally, values[GST_DISCRIMINATOR_SCORE]);
  gen_tally_add (&self->probabilities, values[GST_DISCRIMINATOR_PROBABILITY]);
  self->measured++;
  GST_LOG_OBJECT (self,
      "%s %" G_GUINT64_FORMAT ", pts %" GST_TIME_FORMAT ": score %g, probability %g in %.3f ms",
      name_of (self), self->measured - 1, GST_TIME_ARGS (frame->pts),
      values[GST_DISCRIMINATOR_SCORE], values[GST_DISCRIMINATOR_PROBABILITY],
      gst_generative_since (began));
  return GST_FLOW_OK;
}

void
gst_discriminator_get_gate (GstScoreFilter *filter, GstScoreGateSettings *settings)
{
  *settings = gst_discriminator_gate_settings (&GST_DISCRIMINATOR (filter)->gate);
}

void
gst_discriminator_decide (GstScoreFilter *filter, GstScoreJudged *judged, guint n)
{
  GstDiscriminator *self = GST_DISCRIMINATOR (filter);

  gst_discriminator_gate_decide (&self->gate, &self->judge.ports, judged, n);
}

/* Who gets nothing is to know why: a threshold may be of another scale than the model's scores. */
static void
warn_of_nothing (GstDiscriminator *self)
{
  const gboolean calibrated = self->judge.ports.calibration != NULL;
  const GenTally *tally = calibrated ? &self->probabilities : &self->tally;
  g_autofree char *best = NULL;
  double threshold;
  int select;

  if (self->gate.judged == 0 || self->gate.dropped < self->gate.judged)
    return;
  GST_OBJECT_LOCK (self);
  threshold = self->gate.threshold;
  select = self->gate.select;
  GST_OBJECT_UNLOCK (self);
  best = tally->count > 0 ? g_strdup_printf ("the best one is %g", tally->maximum)
                          : g_strdup ("none has a score that is a number");
  if (select == 0)
    GST_ELEMENT_WARNING (self, STREAM, FAILED,
        ("Nothing passed: none of the %" G_GUINT64_FORMAT " %ss has a %s of at least %g, the "
         "threshold; %s. Property threshold says what is good enough",
            self->gate.judged, name_of (self), calibrated ? "probability" : "score", threshold,
            best),
        (NULL));
  else
    GST_ELEMENT_WARNING (self, STREAM, FAILED,
        ("Nothing passed: select=%s took none of the %" G_GUINT64_FORMAT " %ss; %s. Properties "
         "burn-in and gamma say how strict rejection is",
            gst_discriminator_selector_list ()[select]->name, self->gate.judged, name_of (self),
            best),
        (NULL));
}

/* `tally` as `name`, or why there is none. */
static void
set_tally (JsonObject *summary, int field, const GenTally *tally)
{
  const char *name = gst_discriminator_fields[field].name;
  g_autofree char *missing = g_strconcat (name, "-missing", NULL);

  if (tally->count > 0) {
    json_object_set_object_member (summary, name, gen_tally_to_json (tally));
    return;
  }
  json_object_set_null_member (summary, name);
  json_object_set_string_member (
      summary, missing, gen_field_missing (&gst_discriminator_fields[field]));
}

JsonObject *
gst_discriminator_summarise (GstScoreFilter *filter)
{
  GstDiscriminator *self = GST_DISCRIMINATOR (filter);
  JsonObject *summary = json_object_new ();
  const guint64 repeated = gst_score_filter_count_repeated (filter);
  guint64 passed;
  double rate;

  warn_of_nothing (self);
  GST_OBJECT_LOCK (self);
  passed = self->gate.passed;
  rate = gst_discriminator_gate_accept_rate (&self->gate);
  GST_OBJECT_UNLOCK (self);
  json_object_set_int_member (summary, "frames", (gint64)self->measured);
  json_object_set_int_member (summary, "dropped", (gint64)(self->gate.dropped - repeated));
  set_tally (summary, GST_DISCRIMINATOR_SCORE, &self->tally);
  if (self->judge.ports.calibration != NULL)
    set_tally (summary, GST_DISCRIMINATOR_PROBABILITY, &self->probabilities);
  json_object_set_int_member (summary, "passed", (gint64)passed);
  if (repeated > 0)
    json_object_set_int_member (summary, "repeated", (gint64)repeated);
  if (isfinite (rate))
    json_object_set_double_member (summary, "accept-rate", rate);
  return summary;
}
