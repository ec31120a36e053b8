/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The discriminator at work: a frame in, its score, and the very frame out. */
#include "discriminator.h"

#include "../shared/debug.h"
#include "../shared/frames.h"
#include "../shared/stream-time.h"

#include <math.h>

GST_DEBUG_CATEGORY_EXTERN (discriminator_debug);
#define GST_CAT_DEFAULT discriminator_debug

gboolean
gst_discriminator_map (GstScoreFilter *filter, GstVideoFrame *frame, GstBuffer *buffer)
{
  GstDiscriminator *self = GST_DISCRIMINATOR (filter);

  if (self->player == NULL || !gst_generative_frame_map (&self->frame, &self->playing, self->player,
                                  &GST_VIDEO_FILTER (filter)->in_info, buffer,
                                  GST_MAP_READ | GST_VIDEO_FRAME_MAP_FLAG_NO_REF))
    return FALSE;
  *frame = self->frame.video;
  return TRUE;
}

/* The scores of the pictures in `tile`, which hold until the next run. */
static const float *
run_tile (GstDiscriminator *self, const GenFrame *tile, GError **error)
{
  const int pictures = gen_player_use (self->player)->pictures;
  const GenBinding *made;

  gen_player_bind_input_frame (self->player, 0, tile);
  if (!gen_player_run (self->player, error))
    return NULL;
  made = gen_player_output (self->player);
  if (made->type == GEN_TYPE_FLOAT32 && gen_shape_elements (&made->shape) == pictures)
    return made->data;
  g_autofree char *shape = gen_shape_to_string (&made->shape);
  g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
      "the model makes %s of %d pictures, where a score of each was expected", shape, pictures);
  return NULL;
}

/* Compile anew when the frame does not lie as caps said: pools may pad it. */
static gboolean
follow_layout (GstDiscriminator *self, GError **error)
{
  const GenModelUse *now = gen_player_use (self->player);
  GenModelUse use = *now;

  if (!gst_generative_layout_of_frame (
          &self->frame.video, use.input.channels, use.from.columns, TRUE, &use.from)) {
    g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
        "The planes of a frame differ in their strides");
    return FALSE;
  }
  if (gen_frame_layout_equal (&use.from, &now->from))
    return TRUE;
  GST_DEBUG_OBJECT (
      self, "frames have a stride of %" G_GSIZE_FORMAT " bytes: compiling anew", use.from.stride);
  return gst_discriminator_prepare (self, self->player, &use, error);
}

/* A score that is no number is none. */
static void
notice_not_finite (GstDiscriminator *self, double score)
{
  if (self->told_not_finite || isfinite (score))
    return;
  self->told_not_finite = TRUE;
  GST_ELEMENT_WARNING (self, STREAM, FAILED,
      ("%s: of frame %" G_GUINT64_FORMAT " its output '%s' is %s, which is no score: such frames "
       "have none, and count as below the threshold. Further ones are not reported",
          self->model->path, self->measured, self->output.name, isnan (score) ? "NaN" : "infinite"),
      (NULL));
}

static gboolean
run_model (GstDiscriminator *self, double *values, GError **error)
{
  const GenModelUse *use = gen_player_use (self->player);
  double sum = 0, least = INFINITY, greatest = -INFINITY;

  for (int first = 0; first < self->tiles; first += use->pictures) {
    const GenFrame tile =
        gst_generative_frame_part (&self->frame, &use->from, first % self->columns * use->width,
            first / self->columns * use->height, use->pictures / use->from.columns * use->height);
    const float *scores = run_tile (self, &tile, error);

    if (scores == NULL)
      return FALSE;
    for (int i = 0; i < use->pictures; i++) {
      sum += scores[i];
      least = MIN (least, scores[i]);
      greatest = MAX (greatest, scores[i]);
    }
  }
  values[GST_DISCRIMINATOR_SCORE] = sum / self->tiles;
  values[GST_DISCRIMINATOR_MINIMUM] = self->tiles > 1 ? least : NAN;
  values[GST_DISCRIMINATOR_MAXIMUM] = self->tiles > 1 ? greatest : NAN;
  values[GST_DISCRIMINATOR_TILES] = self->tiles > 1 ? self->tiles : NAN;
  return TRUE;
}

/* The device has given way: the same frame, where the CPU reads it. */
static gboolean
run_without_device (GstDiscriminator *self, GstBuffer *buffer, double *values, GError **error)
{
  const GstGenerativeFrame there = self->frame;
  GstVideoFrame mapped;
  gboolean good;

  if (!gst_discriminator_map (GST_SCORE_FILTER (self), &mapped, buffer)) {
    g_set_error (error, GEN_DEVICE_ERROR, GEN_DEVICE_ERROR_FAILED,
        "the frame on which it failed cannot be brought to the CPU");
    return FALSE;
  }
  good = run_model (self, values, error);
  gst_video_frame_unmap (&mapped);
  self->frame = there;
  return good;
}

/* Score the mapped frame; `values` receives the fields. */
static gboolean
score (GstDiscriminator *self, GstBuffer *buffer, double *values, GError **error)
{
  g_autoptr (GError) failure = NULL;
  GenModelUse use;

  if (!follow_layout (self, error))
    return FALSE;
  if (self->frame.on_device && !gen_player_shares_context (self->player))
    return run_without_device (self, buffer, values, error);
  if (run_model (self, values, &failure))
    return TRUE;
  use = *gen_player_use (self->player);
  if (gen_player_fall_back (self->player, failure)) {
    gst_generative_playing_fall_back (&self->playing, GST_ELEMENT (self), failure);
    return gst_discriminator_prepare (self, self->player, &use, error) &&
           run_without_device (self, buffer, values, error);
  }
  g_propagate_error (error, g_steal_pointer (&failure));
  return FALSE;
}

GstFlowReturn
gst_discriminator_measure (GstScoreFilter *filter, const GstVideoFrame *frame, double *values)
{
  GstDiscriminator *self = GST_DISCRIMINATOR (filter);
  gint64 began = gst_generative_log_clock (GST_CAT_DEFAULT);
  GstDiscriminatorAction action;
  g_autoptr (GError) error = NULL;
  double threshold;

  if (gen_player_use (self->player) == NULL)
    return GST_FLOW_ERROR; /* which has been posted */
  if (!score (self, frame->buffer, values, &error)) {
    if (error->domain == GST_STREAM_ERROR)
      GST_ELEMENT_ERROR (self, STREAM, FORMAT, ("%s", error->message), (NULL));
    else
      gst_generative_post_error (GST_ELEMENT (self), error);
    return GST_FLOW_ERROR;
  }
  gst_generative_sync_values (
      self, &GST_BASE_TRANSFORM (self)->segment, GST_BUFFER_PTS (frame->buffer));
  GST_OBJECT_LOCK (self);
  threshold = self->threshold;
  action = self->action;
  GST_OBJECT_UNLOCK (self);
  notice_not_finite (self, values[GST_DISCRIMINATOR_SCORE]);
  if (!isfinite (values[GST_DISCRIMINATOR_SCORE]))
    values[GST_DISCRIMINATOR_SCORE] = GEN_MISSING;
  values[GST_DISCRIMINATOR_PASSED] =
      isfinite (values[GST_DISCRIMINATOR_SCORE]) && values[GST_DISCRIMINATOR_SCORE] >= threshold;
  gen_tally_add (&self->tally, values[GST_DISCRIMINATOR_SCORE]);
  self->measured++;
  GST_LOG_OBJECT (self, GST_GENERATIVE_FRAME_FORMAT ": score %g in %.3f ms",
      GST_GENERATIVE_FRAME_ARGS (frame->buffer), values[GST_DISCRIMINATOR_SCORE],
      gst_generative_since (began));
  if (action == GST_DISCRIMINATOR_TAG || values[GST_DISCRIMINATOR_PASSED] != 0)
    return GST_FLOW_OK;
  self->dropped++;
  GST_DEBUG_OBJECT (self,
      GST_GENERATIVE_FRAME_FORMAT ": dropped, its score %g is below the threshold %g",
      GST_GENERATIVE_FRAME_ARGS (frame->buffer), values[GST_DISCRIMINATOR_SCORE], threshold);
  return GST_BASE_TRANSFORM_FLOW_DROPPED;
}

JsonObject *
gst_discriminator_summarise (GstScoreFilter *filter)
{
  GstDiscriminator *self = GST_DISCRIMINATOR (filter);
  JsonObject *summary = json_object_new ();

  json_object_set_int_member (summary, "frames", (gint64)self->measured);
  json_object_set_int_member (summary, "dropped", (gint64)self->dropped);
  if (self->tally.count > 0) {
    json_object_set_object_member (summary, "score", gen_tally_to_json (&self->tally));
  } else {
    json_object_set_null_member (summary, "score");
    json_object_set_string_member (summary, "score-missing",
        gen_field_missing (&gst_discriminator_fields[GST_DISCRIMINATOR_SCORE]));
  }
  return summary;
}
