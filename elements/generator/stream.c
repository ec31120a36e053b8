/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sound that is made of sound, piece by piece. Samples queue until there are as many as a piece and
 * what follows it takes; it is made with its neighbours around it, of which the results are left
 * out, and so comes out as it would of the whole. Where a stream begins or ends there are no
 * neighbours, as there are none for the whole. A model that takes one length alone is given silence
 * there. */
#include "generator.h"

#include <string.h>

GST_DEBUG_CATEGORY_EXTERN (generator_debug);
#define GST_CAT_DEFAULT generator_debug

/* A piece is no shorter than a 50th of a second, where nobody says how long it should be. */
#define PIECES_A_SECOND 50

static guint64
round_up (guint64 x, guint64 step)
{
  return (x + step - 1) / step * step;
}

/* `frames` of the input, in frames of the output. */
static guint64
to_output (const GstGenerator *self, guint64 frames)
{
  const GenContext *context = &self->ports.context;

  return gst_util_uint64_scale (frames, (guint64)context->made, (guint64)context->taken);
}

/* How long a piece is, and its neighbours. FALSE with `error` where a model of one length has no
 * room for them. */
static gboolean
choose_lengths (GstGenerator *self, GError **error)
{
  const GenContext *context = &self->ports.context;
  const guint64 step = (guint64)context->step;
  guint64 wanted;

  GST_OBJECT_LOCK (self);
  wanted = self->settings.chunk_size;
  GST_OBJECT_UNLOCK (self);
  self->before = round_up ((guint64)context->before, step);
  self->after = round_up ((guint64)context->after, step);
  if (self->ports.input.length > 0) {
    const guint64 length = (guint64)self->ports.input.length;

    self->piece = length > self->before + self->after
                      ? (length - self->before - self->after) / step * step
                      : 0;
    self->after = length - self->piece - self->before;
    if (self->piece > 0)
      return TRUE;
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        "%s: it takes %" G_GUINT64_FORMAT
        " samples at a time, but results hang on %" G_GINT64_FORMAT " before and %" G_GINT64_FORMAT
        " behind them: export it with a free length, or set "
        "property context to less",
        self->ports.model->path, length, context->before, context->after);
    return FALSE;
  }
  if (wanted == 0)
    wanted = MAX ((guint64)GST_AUDIO_INFO_RATE (&self->in_sound) / PIECES_A_SECOND,
        self->before + self->after);
  self->piece = round_up (MAX (wanted, 1), step);
  return TRUE;
}

gboolean
gst_generator_stream_negotiate (GstGenerator *self, GenModelUse *use, GError **error)
{
  if (!choose_lengths (self, error))
    return FALSE;
  use->from_frames = TRUE;
  use->from_sound.int16 = GST_AUDIO_INFO_FORMAT (&self->in_sound) == GST_AUDIO_FORMAT_S16;
  use->length = (gint64)(self->before + self->piece + self->after);
  use->to_sound.skip = (gint64)to_output (self, self->before);
  use->to_sound.keep = (gint64)to_output (self, self->piece);
  GST_INFO_OBJECT (self,
      "pieces of %" G_GUINT64_FORMAT " frames, with %" G_GUINT64_FORMAT
      " before and %" G_GUINT64_FORMAT " behind them",
      self->piece, self->before, self->after);
  return TRUE;
}

GstClockTime
gst_generator_stream_latency (const GstGenerator *self)
{
  return gst_util_uint64_scale_ceil (
      self->piece + self->after, GST_SECOND, (guint64)GST_AUDIO_INFO_RATE (&self->in_sound));
}

void
gst_generator_stream_forget (GstGenerator *self)
{
  gst_adapter_clear (self->queue);
  self->queued_from = self->position = 0;
  self->origin = GST_CLOCK_TIME_NONE;
}

/* Frames that have come since the stream began. */
static guint64
frames_come (const GstGenerator *self)
{
  return self->queued_from +
         gst_adapter_available (self->queue) / (gsize)GST_AUDIO_INFO_BPF (&self->in_sound);
}

gboolean
gst_generator_stream_pending (const GstGenerator *self)
{
  return self->queue != NULL && self->in_sound.bpf > 0 && frames_come (self) > self->position;
}

/* The use for a piece of `keep` frames of the input, from `from` to `to`: of a model of one length
 * always the same. */
static GenModelUse
use_for (const GstGenerator *self, guint64 from, guint64 to, guint64 keep)
{
  GenModelUse use;

  use = *gen_player_use (self->player);
  if (self->ports.input.length > 0)
    return use;
  use.length = (gint64)round_up (to - from, (guint64)self->ports.context.step);
  use.to_sound.skip = (gint64)to_output (self, self->position - from);
  use.to_sound.keep = (gint64)to_output (self, keep);
  return use;
}

/* The frames from `from` to `to` as the player takes them, with silence where there are none. */
static void
fill_input (GstGenerator *self, const GenModelUse *use, guint64 from, guint64 to)
{
  const gsize frame = (gsize)GST_AUDIO_INFO_BPF (&self->in_sound);
  const guint64 missing = self->ports.input.length > 0 ? self->before - (self->position - from) : 0;
  const gsize size = (gsize)use->length * frame;

  if (self->input_size < size) {
    g_free (self->samples);
    self->samples = g_malloc (size);
    self->input_size = size;
  }
  memset (self->samples, 0, (gsize)missing * frame);
  gst_adapter_copy (self->queue, self->samples + (gsize)missing * frame,
      (gsize)(from - self->queued_from) * frame, (gsize)(to - from) * frame);
  memset (self->samples + (gsize)(missing + to - from) * frame, 0,
      size - (gsize)(missing + to - from) * frame);
}

static void
stamp (GstGenerator *self, GstBuffer *buffer, guint64 frames)
{
  const guint64 rate = (guint64)GST_AUDIO_INFO_RATE (&self->out_sound);
  const guint64 first = (GST_CLOCK_TIME_IS_VALID (self->origin)
                                ? gst_util_uint64_scale_round (self->origin, rate, GST_SECOND)
                                : 0) +
                        to_output (self, self->position);

  GST_BUFFER_OFFSET (buffer) = first;
  GST_BUFFER_OFFSET_END (buffer) = first + frames;
  GST_BUFFER_PTS (buffer) = gst_util_uint64_scale (first, GST_SECOND, rate);
  GST_BUFFER_DURATION (buffer) =
      gst_util_uint64_scale (first + frames, GST_SECOND, rate) - GST_BUFFER_PTS (buffer);
  if (self->position == 0)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
}

static gboolean
run_piece (GstGenerator *self, const GenModelUse *use, GstBuffer *buffer, GError **error)
{
  GstMapInfo map;
  GenFrame in = { .planes = { self->samples } }, out = { 0 };
  gboolean good;

  if ((gen_player_use (self->player) == NULL ||
          !gen_model_use_equal (use, gen_player_use (self->player))) &&
      !gst_generator_compile (self, use, error))
    return FALSE;
  gst_buffer_map (buffer, &map, GST_MAP_WRITE);
  out.planes[0] = map.data;
  gen_player_bind_input_frame (self->player, 0, &in);
  gen_player_bind_output_frame (self->player, 0, &out);
  good = gen_player_run (self->player, error);
  gst_buffer_unmap (buffer, &map);
  return good;
}

/* The samples that the next piece no longer needs leave the queue. */
static void
advance (GstGenerator *self, guint64 frames)
{
  guint64 first;

  self->position += frames;
  first = self->position > self->before ? self->position - self->before : 0;
  gst_adapter_flush (self->queue,
      (gsize)(first - self->queued_from) * (gsize)GST_AUDIO_INFO_BPF (&self->in_sound));
  self->queued_from = first;
}

/* Make the piece of `keep` frames at the position. */
static GstFlowReturn
make_piece (GstGenerator *self, guint64 keep, GstBuffer **output)
{
  const gsize out_frame = (gsize)GST_AUDIO_INFO_BPF (&self->out_sound);
  const guint64 from = self->queued_from;
  const guint64 to = MIN (frames_come (self), self->position + self->piece + self->after);
  const GenModelUse use = use_for (self, from, to, keep);
  const gsize made = (gsize)use.to_sound.keep * out_frame;
  GstClockTime start = gst_util_get_timestamp ();
  g_autoptr (GstBuffer) buffer = gst_buffer_new_allocate (NULL, made, NULL);
  const Slot slot = { .input = buffer };
  g_autoptr (GError) error = NULL;
  gboolean good;

  fill_input (self, &use, from, to);
  good = run_piece (self, &use, buffer, &error);
  if (!good && gst_generator_fall_back (self, error)) {
    g_clear_error (&error);
    good = run_piece (self, &use, buffer, &error);
  }
  if (!good) {
    gst_generative_post_error (GST_ELEMENT (self), error);
    return GST_FLOW_ERROR;
  }
  gst_generator_notice_not_finite (self, &slot, 1);
  gst_buffer_set_size (buffer, (gssize)(to_output (self, keep) * out_frame));
  stamp (self, buffer, to_output (self, keep));
  advance (self, keep);
  self->frame++;
  gst_generator_note_run (self, start);
  *output = g_steal_pointer (&buffer);
  return GST_FLOW_OK;
}

/* Whether `buffer` does not follow what has come. */
static gboolean
jumps (const GstGenerator *self, const GstBuffer *buffer)
{
  return GST_BUFFER_IS_DISCONT (buffer) && frames_come (self) > 0;
}

GstFlowReturn
gst_generator_stream_drain (GstGenerator *self)
{
  GstFlowReturn flow = GST_FLOW_OK;

  while (flow == GST_FLOW_OK && gst_generator_stream_pending (self) &&
         gen_player_use (self->player) != NULL) {
    GstBuffer *output = NULL;

    flow = make_piece (self, MIN (self->piece, frames_come (self) - self->position), &output);
    if (flow == GST_FLOW_OK)
      flow = gst_pad_push (GST_BASE_TRANSFORM_SRC_PAD (self), output);
  }
  gst_generator_stream_forget (self);
  return flow;
}

GstFlowReturn
gst_generator_stream_output (GstGenerator *self, GstBuffer **output)
{
  GstBaseTransform *base = GST_BASE_TRANSFORM (self);
  GstBuffer *input = g_steal_pointer (&base->queued_buf);
  GstFlowReturn flow;

  *output = NULL;
  if (input != NULL && jumps (self, input)) {
    flow = gst_generator_stream_drain (self);
    if (flow != GST_FLOW_OK) {
      gst_buffer_unref (input);
      return flow;
    }
  }
  if (input != NULL && frames_come (self) == 0)
    self->origin = GST_BUFFER_PTS (input);
  if (input != NULL)
    gst_adapter_push (self->queue, input);
  if (frames_come (self) < self->position + self->piece + self->after)
    return GST_FLOW_OK;
  return make_piece (self, self->piece, output);
}
