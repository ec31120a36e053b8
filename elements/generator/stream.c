/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is made of sound, or of a series, piece by piece. Samples queue until there are as many as a
 * piece and what follows it takes; it is made with its neighbours around it. Of sound their results
 * are left out, so that it comes out as it would of the whole; a picture or a tensor is made of all
 * of that window. Where a stream begins or ends there are no neighbours, as there are none for the
 * whole. A model that takes one length alone is given silence there. */
#include "generator.h"

#include <string.h>

GST_DEBUG_CATEGORY_EXTERN (generator_debug);
#define GST_CAT_DEFAULT generator_debug

/* A piece is no shorter than a 50th of a second, where nobody says how long it should be. */
#define PIECES_A_SECOND 50
#define ROUND_PIECE 1024

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

/* Whether all pieces are made of as many frames. */
static gboolean
is_of_one_length (const GstGenerator *self)
{
  return self->ports.input.length > 0 || self->ports.window > 0 || self->ports.overlap != 0;
}

/* How long so many frames of the input are. */
static GstClockTime
time_of (const GstGenerator *self, guint64 frames)
{
  if (self->ports.input.kind == GEN_PORT_SOUND)
    return gst_util_uint64_scale (
        frames, GST_SECOND, (guint64)GST_AUDIO_INFO_RATE (&self->in_sound));
  return gst_util_uint64_scale (
      to_output (self, frames), GST_SECOND, (guint64)GST_AUDIO_INFO_RATE (&self->out_sound));
}

/* As many as a piece has where nobody says it. */
static guint64
usual_piece (const GstGenerator *self)
{
  const GenContext *context = &self->ports.context;

  if (self->ports.input.kind == GEN_PORT_SOUND)
    return (guint64)GST_AUDIO_INFO_RATE (&self->in_sound) / PIECES_A_SECOND;
  return gst_util_uint64_scale ((guint64)GST_AUDIO_INFO_RATE (&self->out_sound) / PIECES_A_SECOND,
      (guint64)context->taken, (guint64)context->made);
}

/* The room that a model of one length leaves between a piece's neighbours. FALSE with `error` where
 * there is none. */
static gboolean
fit_piece (GstGenerator *self, guint64 length, GError **error)
{
  const GenContext *context = &self->ports.context;
  const guint64 step = (guint64)context->step, around = self->before + self->after;

  self->piece = length > around ? (length - around) / step * step : 0;
  self->after = length - self->piece - self->before;
  if (self->piece > 0)
    return TRUE;
  g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
      "%s: it takes %" G_GUINT64_FORMAT " samples at a time, but results hang on %" G_GINT64_FORMAT
      " before and %" G_GINT64_FORMAT " behind them: export it with a free length, or set "
      "property context to less",
      self->ports.model->path, length, context->before, context->after);
  return FALSE;
}

/* A length that the properties leave open. Where results hang on the whole, it is long, and a round
 * number, as nets like it that halve and double. */
static guint64
choose_piece (const GstGenerator *self)
{
  const guint64 least = self->before + self->after;

  if (!self->ports.endless || self->ports.overlap == 0)
    return MAX (usual_piece (self), least);
  return round_up (PIECES_A_SECOND * usual_piece (self),
      self->ports.input.kind == GEN_PORT_SOUND ? ROUND_PIECE : 1);
}

/* How much a piece shares with the next one. FALSE with `error` where it would share it with the
 * one behind that as well. */
static gboolean
choose_overlap (GstGenerator *self, GError **error)
{
  const guint64 step = (guint64)self->ports.context.step;

  self->overlap = self->ports.overlap < 0 ? self->piece / 2 / step * step
                                          : round_up ((guint64)self->ports.overlap, step);
  if (2 * self->overlap <= self->piece)
    return TRUE;
  g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
      "overlap is %" G_GUINT64_FORMAT
      " samples, more than half of a piece, which has %" G_GUINT64_FORMAT
      ": set property chunk-size to more",
      self->overlap, self->piece);
  return FALSE;
}

/* How long a piece is, what it shares, and its neighbours. */
static gboolean
choose_lengths (GstGenerator *self, GError **error)
{
  const GenContext *context = &self->ports.context;
  const guint64 step = (guint64)context->step;
  const guint64 length = (guint64)MAX (MAX (self->ports.window, self->ports.input.length), 0);
  guint64 wanted;

  GST_OBJECT_LOCK (self);
  wanted = (guint64)self->settings.hints.chunk_size;
  GST_OBJECT_UNLOCK (self);
  self->before = round_up ((guint64)context->before, step);
  self->after = round_up ((guint64)context->after, step);
  if (length == 0)
    self->piece = round_up (MAX (wanted > 0 ? wanted : choose_piece (self), 1), step);
  else if (!fit_piece (self, length, error))
    return FALSE;
  return choose_overlap (self, error);
}

gboolean
gst_generator_stream_negotiate (GstGenerator *self, GstCaps *sink, GenModelUse *use, GError **error)
{
  gst_audio_info_init (&self->in_sound);
  self->in_frame = (gsize)self->ports.input.channels * sizeof (float);
  if (self->ports.input.kind == GEN_PORT_SOUND) {
    if (!gst_audio_info_from_caps (&self->in_sound, sink)) {
      g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION, "the caps are no sound");
      return FALSE;
    }
    self->in_frame = (gsize)GST_AUDIO_INFO_BPF (&self->in_sound);
    use->from_sound.int16 = GST_AUDIO_INFO_FORMAT (&self->in_sound) == GST_AUDIO_FORMAT_S16;
  }
  if (!choose_lengths (self, error))
    return FALSE;
  use->from_frames = TRUE;
  use->length = (gint64)(self->before + self->piece + self->after);
  use->to_sound.skip = (gint64)to_output (self, self->before);
  use->to_sound.keep = (gint64)to_output (self, self->piece);
  if (self->ports.window > 0)
    gst_generator_join_clear (&self->join);
  else
    gst_generator_join_begin (
        &self->join, &self->out_sound, to_output (self, self->overlap), GST_GENERATOR_JOIN_SUM);
  GST_INFO_OBJECT (self,
      "pieces of %" G_GUINT64_FORMAT " frames, of which %" G_GUINT64_FORMAT
      " overlap, with %" G_GUINT64_FORMAT " before and %" G_GUINT64_FORMAT " behind them",
      self->piece, self->overlap, self->before, self->after);
  return TRUE;
}

GstClockTime
gst_generator_stream_latency (const GstGenerator *self)
{
  return time_of (self, self->piece + self->after) + 1;
}

void
gst_generator_stream_forget (GstGenerator *self)
{
  gst_generator_queue_clear (&self->queue);
  gst_generator_join_forget (&self->join);
  self->queued_from = 0;
  self->come = self->position = 0;
  self->origin = GST_CLOCK_TIME_NONE;
}

gboolean
gst_generator_stream_pending (const GstGenerator *self)
{
  return self->come > self->position;
}

/* Have the player make a piece of `keep` frames of the input of those up to `to`: of a model of one
 * length that is always the same. */
static gboolean
prepare_piece (GstGenerator *self, guint64 to, guint64 keep, GError **error)
{
  const GenModelUse *now = gen_player_use (self->player);
  GenModelUse use;

  if (is_of_one_length (self) || now == NULL)
    return now != NULL;
  const gint64 length =
      (gint64)round_up (to - (guint64)self->queued_from, (guint64)self->ports.context.step);
  const gint64 skip = (gint64)to_output (self, self->position - (guint64)self->queued_from);
  const gint64 kept = (gint64)to_output (self, keep);

  if (now->length == length && now->to_sound.skip == skip && now->to_sound.keep == kept)
    return TRUE;
  use = *now;
  use.length = length;
  use.to_sound.skip = skip;
  use.to_sound.keep = kept;
  return gst_generator_compile (self, &use, error);
}

static void
add_silence (GstGenerator *self, guint64 frames)
{
  const gsize size = (gsize)frames * self->in_frame;

  memset (gst_generator_queue_extend (&self->queue, size), 0, size);
}

/* As many frames as a run takes, with silence behind the last one. */
static guint8 *
fill_input (GstGenerator *self)
{
  const guint64 length = (guint64)gen_player_use (self->player)->length;
  const guint64 queued = gst_generator_queue_size (&self->queue) / self->in_frame;

  if (queued < length)
    add_silence (self, length - queued);
  return gst_generator_queue_first (&self->queue);
}

static void
finish_sound (GstGenerator *self, GstBuffer *buffer, guint64 frames)
{
  const guint64 rate = (guint64)GST_AUDIO_INFO_RATE (&self->out_sound);
  const guint64 first = (GST_CLOCK_TIME_IS_VALID (self->origin)
                                ? gst_util_uint64_scale_round (self->origin, rate, GST_SECOND)
                                : 0) +
                        to_output (self, self->position);

  gst_buffer_set_size (buffer, (gssize)frames * GST_AUDIO_INFO_BPF (&self->out_sound));
  GST_BUFFER_OFFSET (buffer) = first;
  GST_BUFFER_OFFSET_END (buffer) = first + frames;
  GST_BUFFER_PTS (buffer) = gst_util_uint64_scale (first, GST_SECOND, rate);
  GST_BUFFER_DURATION (buffer) =
      gst_util_uint64_scale (first + frames, GST_SECOND, rate) - GST_BUFFER_PTS (buffer);
}

static gboolean
run_on_samples (GstGenerator *self, guint8 *samples, GstBuffer *buffer, GError **error)
{
  GstMapInfo map;
  GenFrame in = { .planes = { samples } }, out = { 0 };
  gboolean good;

  gst_buffer_map (buffer, &map, GST_MAP_WRITE);
  out.planes[0] = map.data;
  gen_player_bind_input_frame (self->player, 0, &in);
  gen_player_bind_output_frame (self->player, 0, &out);
  good = gen_player_run (self->player, error);
  gst_buffer_unmap (buffer, &map);
  return good;
}

static gboolean
run_piece (GstGenerator *self, guint8 *samples, GstBuffer *buffer, GError **error)
{
  if (self->ports.window > 0)
    return gst_generator_window_run (self, samples, buffer, error);
  return run_on_samples (self, samples, buffer, error);
}

/* The CPU goes on where a device has failed, with this very piece. */
static gboolean
run_or_fall_back (GstGenerator *self, guint8 *samples, GstBuffer *buffer, GError **error)
{
  g_autoptr (GError) failure = NULL;
  GenModelUse use;

  if (run_piece (self, samples, buffer, &failure))
    return TRUE;
  use = *gen_player_use (self->player);
  if (gst_generator_fall_back (self, failure))
    return gst_generator_compile (self, &use, error) && run_piece (self, samples, buffer, error);
  g_propagate_error (error, g_steal_pointer (&failure));
  return FALSE;
}

static GstFlowReturn
allocate (GstGenerator *self, GstBuffer **buffer)
{
  const gint64 made = gen_player_use (self->player)->to_sound.keep;

  if (self->ports.window > 0)
    return gst_generator_window_allocate (self,
        (GST_CLOCK_TIME_IS_VALID (self->origin) ? self->origin : 0) +
            time_of (self, self->position),
        time_of (self, self->position + self->piece) - time_of (self, self->position), buffer);
  *buffer = gst_buffer_new_allocate (
      NULL, (gsize)made * (gsize)GST_AUDIO_INFO_BPF (&self->out_sound), NULL);
  return GST_FLOW_OK;
}

/* The samples that the next piece no longer needs leave the queue. */
static void
advance (GstGenerator *self, guint64 frames)
{
  gint64 first;

  self->position += frames;
  first = (gint64)self->position - (gint64)self->before;
  if (!is_of_one_length (self))
    first = MAX (first, 0);
  gst_generator_queue_drop (&self->queue, (gsize)(first - self->queued_from) * self->in_frame);
  self->queued_from = first;
}

/* How far it is from one piece to the next. */
static guint64
hop (const GstGenerator *self)
{
  return self->piece - self->overlap;
}

/* Join a piece to what was made before it. */
static void
join (GstGenerator *self, GstBuffer *buffer)
{
  GstMapInfo map;

  if (self->join.frames == 0 || !gst_buffer_map (buffer, &map, GST_MAP_READWRITE))
    return;
  gst_generator_join_mix (&self->join, map.data, to_output (self, self->piece));
  gst_buffer_unmap (buffer, &map);
}

/* Make the piece at the position, of which `keep` frames follow what has been made. */
static GstFlowReturn
make_piece (GstGenerator *self, guint64 keep, GstBuffer **output)
{
  const guint64 to = MIN (self->come, self->position + self->piece + self->after);
  GstClockTime start = gst_util_get_timestamp ();
  g_autoptr (GstBuffer) buffer = NULL;
  g_autoptr (GError) error = NULL;
  GstFlowReturn flow = GST_FLOW_OK;
  Slot slot = { 0 };
  gboolean good = prepare_piece (self, to, keep, &error);

  if (good)
    flow = allocate (self, &buffer);
  if (flow != GST_FLOW_OK)
    return flow;
  good = good && run_or_fall_back (self, fill_input (self), buffer, &error);
  if (!good) {
    gst_generative_post_error (GST_ELEMENT (self), error);
    return GST_FLOW_ERROR;
  }
  slot.input = buffer;
  gst_generator_notice_not_finite (self, &slot, 1);
  if (self->ports.window == 0) {
    join (self, buffer);
    finish_sound (self, buffer, to_output (self, keep));
  }
  if (self->position == 0)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
  advance (self, keep);
  self->frame++;
  gst_generator_note_run (self, start);
  *output = g_steal_pointer (&buffer);
  return GST_FLOW_OK;
}

/* Make what is left, or the next piece of it. */
static GstFlowReturn
make_rest (GstGenerator *self, GstBuffer **output)
{
  const guint64 left = self->come - self->position;

  if (left > self->overlap || !self->join.pending)
    return make_piece (self, MIN (hop (self), left), output);
  /* The last piece has made it already. */
  *output = gst_generator_join_take (&self->join);
  finish_sound (self, *output, to_output (self, left));
  advance (self, left);
  return GST_FLOW_OK;
}

/* Whether something is left of which something comes: fewer samples may go in than make one. */
static gboolean
makes_more (const GstGenerator *self)
{
  return gen_player_use (self->player) != NULL && gst_generator_stream_pending (self) &&
         (self->ports.window > 0 || to_output (self, self->come - self->position) > 0);
}

GstFlowReturn
gst_generator_stream_drain (GstGenerator *self)
{
  GstFlowReturn flow = GST_FLOW_OK;

  while (flow == GST_FLOW_OK && makes_more (self)) {
    GstBuffer *output = NULL;

    flow = make_rest (self, &output);
    if (flow == GST_FLOW_OK)
      flow = gst_pad_push (GST_BASE_TRANSFORM_SRC_PAD (self), output);
  }
  gst_generator_stream_forget (self);
  return flow;
}

/* The vectors of a buffer, of which the first numbers come first, one after another. */
static void
interleave (const GstGenerator *self, const guint8 *from, guint8 *to)
{
  const gsize vectors = (gsize)self->input.vectors, channels = (gsize)self->ports.input.channels;

  for (gsize c = 0; c < channels; c++)
    for (gsize i = 0; i < vectors; i++)
      memcpy (to + (i * channels + c) * sizeof (float), from + (c * vectors + i) * sizeof (float),
          sizeof (float));
}

/* Into the queue. */
static gboolean
enqueue (GstGenerator *self, GstBuffer *input)
{
  const gsize size = gst_buffer_get_size (input);
  const gboolean of_sound = self->ports.input.kind == GEN_PORT_SOUND;
  GstMapInfo map;

  if (of_sound ? size % self->in_frame != 0 : size != self->sizes[0]) {
    GST_ELEMENT_ERROR (self, STREAM, WRONG_TYPE,
        ("A buffer has %" G_GSIZE_FORMAT " bytes, which are not %s of %" G_GSIZE_FORMAT, size,
            of_sound ? "whole frames" : "the vectors", of_sound ? self->in_frame : self->sizes[0]),
        (NULL));
    return FALSE;
  }
  if (size == 0)
    return TRUE;
  if (self->come == 0) {
    self->origin = GST_BUFFER_PTS (input);
    self->queued_from = is_of_one_length (self) ? -(gint64)self->before : 0;
    add_silence (self, (guint64)-self->queued_from);
  }
  if (!gst_buffer_map (input, &map, GST_MAP_READ)) {
    GST_ELEMENT_ERROR (self, RESOURCE, READ, ("A buffer cannot be read"), (NULL));
    return FALSE;
  }
  if (self->input.planar && self->input.vectors > 1)
    interleave (self, map.data, gst_generator_queue_extend (&self->queue, size));
  else
    memcpy (gst_generator_queue_extend (&self->queue, size), map.data, size);
  gst_buffer_unmap (input, &map);
  self->come += size / self->in_frame;
  return TRUE;
}

GstFlowReturn
gst_generator_stream_output (GstGenerator *self, GstBuffer **output)
{
  GstBaseTransform *base = GST_BASE_TRANSFORM (self);
  g_autoptr (GstBuffer) input = g_steal_pointer (&base->queued_buf);
  GstFlowReturn flow = GST_FLOW_OK;

  *output = NULL;
  if (input != NULL && GST_BUFFER_IS_DISCONT (input) && self->come > 0)
    flow = gst_generator_stream_drain (self);
  if (flow != GST_FLOW_OK)
    return flow;
  if (input != NULL && !enqueue (self, input))
    return GST_FLOW_ERROR;
  if (self->come < self->position + self->piece + self->after)
    return GST_FLOW_OK;
  return make_piece (self, hop (self), output);
}
