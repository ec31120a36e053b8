/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is made of sound, or of a series, piece by piece. Samples queue until there are as many as a
 * piece and what follows it takes; it is made with its neighbours around it. Of sound their results
 * are left out, so that it comes out as it would of the whole; a picture or a tensor is made of all
 * of that window. Where a stream begins or ends there are no neighbours, as there are none for the
 * whole. A model that takes one length alone is given silence there. What a model of spectra makes
 * comes later than what it takes: what lies before the stream is left out, and silence behind it
 * brings out the rest, so that the sound is as long as it was and lies where it lay. */
#include "allocation.h"
#include "join.h"
#include "mode.h"
#include "sound.h"
#include "window.h"

#include "../shared/model-file.h"
#include "../shared/sample-queue.h"
#include "../shared/sound-jump.h"

#include <string.h>

GST_DEBUG_CATEGORY_EXTERN (generator_debug);
#define GST_CAT_DEFAULT generator_debug

/* A piece is no shorter than a 50th of a second, where nobody says how long it should be. */
#define PIECES_A_SECOND 50
#define ROUND_PIECE 1024
/* What is made in one run, which nothing interrupts: six minutes at 48 kHz. */
#define MAX_PIECE ((guint64)1 << 24)

/* Frames are those of the input since the stream began, samples of all channels or vectors. */
typedef struct {
  GstGeneratorPlay *play;
  GstGeneratorFormat *format;
  GstGeneratorLateness *lateness;
  GstAudioInfo in_sound, out_sound; /* where they are sound */
  gsize in_frame;                   /* bytes of one */
  GstGenerativeQueue queue;
  gint64 queued_from;           /* the first one in the queue; less than 0: silence before all */
  guint64 come;                 /* that have come */
  guint64 position;             /* where the next piece begins */
  guint64 before, piece, after; /* its length, and what it needs around it */
  guint64 overlap;              /* of it, with the next one */
  GstClockTime origin;          /* when the stream began */
  GstGeneratorJoin join;        /* of pieces that overlap */
} Stream;

static guint64
round_up (guint64 x, guint64 step)
{
  return (x + step - 1) / step * step;
}

/* `frames` of the input, in frames of the output. */
static guint64
to_output (const Stream *self, guint64 frames)
{
  const GenContext *context = &self->play->ports.context;

  return gst_util_uint64_scale (frames, (guint64)context->made, (guint64)context->taken);
}

/* By how many frames what comes out is late. */
static guint64
delay (const Stream *self)
{
  return (guint64)self->play->ports.context.delay;
}

/* Whether all pieces are made of as many frames. */
static gboolean
is_of_one_length (const Stream *self)
{
  return self->play->ports.input.length > 0 || self->play->ports.window > 0 ||
         self->play->ports.overlap != 0;
}

/* How long so many frames of the input are. */
static GstClockTime
time_of (const Stream *self, guint64 frames)
{
  if (self->play->ports.input.kind == GEN_PORT_SOUND)
    return gst_util_uint64_scale (
        frames, GST_SECOND, (guint64)GST_AUDIO_INFO_RATE (&self->in_sound));
  return gst_util_uint64_scale (
      to_output (self, frames), GST_SECOND, (guint64)GST_AUDIO_INFO_RATE (&self->out_sound));
}

/* As many as a piece has where nobody says it. */
static guint64
usual_piece (const Stream *self)
{
  const GenContext *context = &self->play->ports.context;

  if (self->play->ports.input.kind == GEN_PORT_SOUND)
    return (guint64)GST_AUDIO_INFO_RATE (&self->in_sound) / PIECES_A_SECOND;
  return gst_util_uint64_scale ((guint64)GST_AUDIO_INFO_RATE (&self->out_sound) / PIECES_A_SECOND,
      (guint64)context->taken, (guint64)context->made);
}

/* The room that a model of one length leaves between a piece's neighbours. FALSE with `error` where
 * there is none. */
static gboolean
fit_piece (Stream *self, guint64 length, GError **error)
{
  const GenContext *context = &self->play->ports.context;
  const guint64 step = (guint64)context->step, around = self->before + self->after;

  self->piece = length > around ? (length - around) / step * step : 0;
  self->after = length - self->piece - self->before;
  if (self->piece > 0)
    return TRUE;
  g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
      "%s: it takes %" G_GUINT64_FORMAT " samples at a time, but results hang on %" G_GINT64_FORMAT
      " before and %" G_GINT64_FORMAT " behind them: export it with a free length, or set "
      "property context to less",
      self->play->ports.model->path, length, context->before, context->after);
  return FALSE;
}

/* A length that the properties leave open. Where results hang on the whole, it is long, and a round
 * number, as nets like it that halve and double. */
static guint64
choose_piece (const Stream *self)
{
  const guint64 least = self->before + self->after;

  if (!self->play->ports.endless || self->play->ports.overlap == 0)
    return MAX (usual_piece (self), least);
  return round_up (PIECES_A_SECOND * usual_piece (self),
      self->play->ports.input.kind == GEN_PORT_SOUND ? ROUND_PIECE : 1);
}

/* How much a piece shares with the next one. FALSE with `error` where it would share it with the
 * one behind that as well. */
static gboolean
choose_overlap (Stream *self, GError **error)
{
  const guint64 step = (guint64)self->play->ports.context.step;

  self->overlap = self->play->ports.overlap < 0
                      ? self->piece / 2 / step * step
                      : round_up ((guint64)self->play->ports.overlap, step);
  if (2 * self->overlap <= self->piece)
    return TRUE;
  g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
      "overlap is %" G_GUINT64_FORMAT
      " samples, more than half of a piece, which has %" G_GUINT64_FORMAT
      ": set property chunk-size to more",
      self->overlap, self->piece);
  return FALSE;
}

static gboolean
check_length (const Stream *self, GError **error)
{
  const guint64 around = self->before + self->after;

  if (self->piece <= MAX_PIECE && around <= MAX_PIECE - self->piece)
    return TRUE;
  g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
      "a piece has %" G_GUINT64_FORMAT " samples, and %" G_GUINT64_FORMAT
      " around it, more than the %" G_GUINT64_FORMAT
      " that are made in one run: set property chunk-size or context to less",
      self->piece, around, MAX_PIECE);
  return FALSE;
}

/* How long a piece is, what it shares, and its neighbours. */
static gboolean
choose_lengths (Stream *self, GError **error)
{
  const GenContext *context = &self->play->ports.context;
  const guint64 step = (guint64)context->step;
  const guint64 length =
      (guint64)MAX (MAX (self->play->ports.window, self->play->ports.input.length), 0);
  const guint64 wanted = (guint64)self->play->ports.piece;

  self->before = round_up ((guint64)context->before, step);
  self->after = round_up ((guint64)context->after, step);
  if (length == 0)
    self->piece = round_up (MAX (wanted > 0 ? wanted : choose_piece (self), 1), step);
  else if (!fit_piece (self, length, error))
    return FALSE;
  return check_length (self, error) && choose_overlap (self, error);
}

/* What the sink caps `caps` say. */
static gboolean
read_input (Stream *self, GstCaps *caps, GenModelUse *use, GError **error)
{
  gst_audio_info_init (&self->in_sound);
  self->in_frame = (gsize)self->play->ports.input.channels * sizeof (float);
  if (self->play->ports.input.kind != GEN_PORT_SOUND)
    return TRUE;
  if (!gst_audio_info_from_caps (&self->in_sound, caps)) {
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION, "the caps are no sound");
    return FALSE;
  }
  self->in_frame = (gsize)GST_AUDIO_INFO_BPF (&self->in_sound);
  use->from_sound.int16 = GST_AUDIO_INFO_FORMAT (&self->in_sound) == GST_AUDIO_FORMAT_S16;
  return TRUE;
}

/* Where nothing says the model's rate, it is that of what comes. */
static void
warn_of_rate (Stream *self)
{
  const GenPort *input = &self->play->ports.input;

  if (input->kind == GEN_PORT_SOUND && input->sample_rate == 0)
    gst_generator_play_tell_rate (self->play, GST_AUDIO_INFO_RATE (&self->in_sound));
}

/* Have `use` make a piece. */
static void
use_piece (Stream *self, GenModelUse *use)
{
  use->from_frames = TRUE;
  use->length = (gint64)(self->before + self->piece + self->after);
  use->to_sound.skip = (gint64)to_output (self, self->before);
  use->to_sound.keep = (gint64)to_output (self, self->piece);
  if (self->play->ports.window > 0)
    gst_generator_join_clear (&self->join);
  else
    gst_generator_join_begin (
        &self->join, &self->out_sound, to_output (self, self->overlap), GST_GENERATOR_JOIN_SUM);
  GST_INFO_OBJECT (self->play->base,
      "pieces of %" G_GUINT64_FORMAT " frames, of which %" G_GUINT64_FORMAT
      " overlap, with %" G_GUINT64_FORMAT " before and %" G_GUINT64_FORMAT " behind them",
      self->piece, self->overlap, self->before, self->after);
}

/* Nothing has come. */
static void
forget (Stream *self)
{
  gst_generative_queue_clear (&self->queue);
  gst_generator_join_forget (&self->join);
  self->queued_from = 0;
  self->come = self->position = 0;
  self->origin = GST_CLOCK_TIME_NONE;
}

/* Whether frames have come of which nothing has been made yet. */
static gboolean
is_pending (const Stream *self)
{
  return self->come > self->position || (self->come > 0 && delay (self) > 0);
}

/* --- pieces --- */

/* Have the player make a piece of `keep` frames of the input of those up to `to`: of a model of one
 * length that is always the same. */
static gboolean
prepare_piece (Stream *self, guint64 to, guint64 keep, GError **error)
{
  const GenModelUse *now = gen_player_use (self->play->player);
  GenModelUse use;

  if (is_of_one_length (self) || now == NULL)
    return now != NULL;
  const gint64 length =
      (gint64)round_up (to - (guint64)self->queued_from, (guint64)self->play->ports.context.step);
  const gint64 skip = (gint64)to_output (self, self->position - (guint64)self->queued_from);
  const gint64 kept = (gint64)to_output (self, keep);

  if (now->length == length && now->to_sound.skip == skip && now->to_sound.keep == kept)
    return TRUE;
  use = *now;
  use.length = length;
  use.to_sound.skip = skip;
  use.to_sound.keep = kept;
  return gst_generator_play_compile (self->play, &use, error);
}

static void
add_silence (Stream *self, guint64 frames)
{
  const gsize size = (gsize)frames * self->in_frame;

  if (size > 0)
    memset (gst_generative_queue_extend (&self->queue, size), 0, size);
}

/* As many frames as a run takes, with silence behind the last one. */
static guint8 *
fill_input (Stream *self)
{
  const guint64 length = (guint64)gen_player_use (self->play->player)->length;
  const guint64 queued = gst_generative_queue_size (&self->queue) / self->in_frame;

  if (queued < length)
    add_silence (self, length - queued);
  return gst_generative_queue_first (&self->queue);
}

/* Let `buffer` have `frames` frames, at their place in the stream. Those before it are left out. */
static void
finish_sound (Stream *self, GstBuffer *buffer, guint64 frames)
{
  const guint64 rate = (guint64)GST_AUDIO_INFO_RATE (&self->out_sound);
  const gsize frame = (gsize)GST_AUDIO_INFO_BPF (&self->out_sound);
  const guint64 position = to_output (self, self->position), late = delay (self);
  const guint64 before = MIN (late > position ? late - position : 0, frames);
  const guint64 first = (GST_CLOCK_TIME_IS_VALID (self->origin)
                                ? gst_util_uint64_scale_round (self->origin, rate, GST_SECOND)
                                : 0) +
                        position + before - MIN (late, position + before);

  frames -= before;
  gst_buffer_resize (buffer, (gssize)(before * frame), (gssize)(frames * frame));
  if (position + before == late)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
  GST_BUFFER_OFFSET (buffer) = first;
  GST_BUFFER_OFFSET_END (buffer) = first + frames;
  GST_BUFFER_PTS (buffer) = gst_util_uint64_scale (first, GST_SECOND, rate);
  GST_BUFFER_DURATION (buffer) =
      gst_util_uint64_scale (first + frames, GST_SECOND, rate) - GST_BUFFER_PTS (buffer);
}

static gboolean
run_on_samples (Stream *self, guint8 *samples, GstBuffer *buffer, GError **error)
{
  GstMapInfo map;
  GenFrame in = { .planes = { samples } }, out = { 0 };
  gboolean good;

  gst_buffer_map (buffer, &map, GST_MAP_WRITE);
  out.planes[0] = map.data;
  gen_player_bind_input_frame (self->play->player, 0, &in);
  gen_player_bind_output_frame (self->play->player, 0, &out);
  good = gen_player_run (self->play->player, error);
  if (good)
    gst_generator_play_notice_loud (self->play, map.data, map.size);
  gst_buffer_unmap (buffer, &map);
  return good;
}

/* What a piece is made of, and where it leads. */
typedef struct {
  Stream *self;
  guint8 *samples;
  GstBuffer *buffer;
} Run;

static gboolean
run_piece (gpointer data, GError **error)
{
  const Run *of = data;
  Stream *self = of->self;

  if (self->play->ports.window > 0)
    return gst_generator_window_run (self->play, self->format, of->samples, of->buffer, error);
  return run_on_samples (self, of->samples, of->buffer, error);
}

static GstFlowReturn
allocate (Stream *self, GstBuffer **buffer)
{
  const gint64 made = gen_player_use (self->play->player)->to_sound.keep;

  if (self->play->ports.window > 0)
    return gst_generator_window_allocate (self->play,
        (GST_CLOCK_TIME_IS_VALID (self->origin) ? self->origin : 0) +
            time_of (self, self->position),
        time_of (self, self->position + self->piece) - time_of (self, self->position), buffer);
  return gst_generator_allocation_new (
      self->play, (gsize)made * (gsize)GST_AUDIO_INFO_BPF (&self->out_sound), buffer);
}

/* The samples that the next piece no longer needs leave the queue. */
static void
advance (Stream *self, guint64 frames)
{
  gint64 first;

  self->position += frames;
  first = (gint64)self->position - (gint64)self->before;
  if (!is_of_one_length (self))
    first = MAX (first, 0);
  gst_generative_queue_drop (&self->queue, (gsize)(first - self->queued_from) * self->in_frame);
  self->queued_from = first;
}

/* How far it is from one piece to the next. */
static guint64
hop (const Stream *self)
{
  return self->piece - self->overlap;
}

/* Join a piece to what was made before it. */
static void
join (Stream *self, GstBuffer *buffer)
{
  GstMapInfo map;

  if (self->join.frames == 0 || !gst_buffer_map (buffer, &map, GST_MAP_READWRITE))
    return;
  gst_generator_join_mix (&self->join, map.data, to_output (self, self->piece));
  gst_buffer_unmap (buffer, &map);
}

/* Make the piece at the position, of which `keep` frames follow what has been made. There is no
 * buffer of what lies before the stream. */
static GstFlowReturn
make_piece (Stream *self, guint64 keep, GstBuffer **output)
{
  const guint64 to = MIN (self->come, self->position + self->piece + self->after);
  GstClockTime start = gst_util_get_timestamp ();
  g_autoptr (GstBuffer) buffer = NULL;
  g_autoptr (GError) error = NULL;
  gboolean good = prepare_piece (self, to, keep, &error);
  const GstFlowReturn flow = good ? allocate (self, &buffer) : GST_FLOW_OK;
  Run run = { .self = self };

  if (flow != GST_FLOW_OK)
    return flow;
  run.samples = good ? fill_input (self) : NULL;
  run.buffer = buffer;
  if (!good || !gst_generator_play_run (self->play, run_piece, &run, &error)) {
    gst_generative_post_error (GST_ELEMENT (self->play->base), error);
    return GST_FLOW_ERROR;
  }
  gst_generator_play_notice_not_finite (self->play, &buffer, 1);
  if (self->play->ports.window == 0) {
    join (self, buffer);
    finish_sound (self, buffer, to_output (self, keep));
  } else if (self->position == 0)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
  advance (self, keep);
  self->play->frame++;
  gst_generator_lateness_note_run (self->lateness, start);
  if (gst_buffer_get_size (buffer) > 0)
    *output = g_steal_pointer (&buffer);
  return GST_FLOW_OK;
}

/* Make what is left, or the next piece of it. */
static GstFlowReturn
make_rest (Stream *self, GstBuffer **output)
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
makes_more (const Stream *self)
{
  return gen_player_use (self->play->player) != NULL && is_pending (self) &&
         (self->play->ports.window > 0 || to_output (self, self->come - self->position) > 0);
}

/* --- what comes --- */

/* The vectors of a buffer, of which the first numbers come first, one after another. */
static void
interleave (const Stream *self, const guint8 *from, guint8 *to)
{
  const gsize vectors = (gsize)self->format->input.vectors,
              channels = (gsize)self->play->ports.input.channels;

  for (gsize c = 0; c < channels; c++)
    for (gsize i = 0; i < vectors; i++)
      memcpy (to + (i * channels + c) * sizeof (float), from + (c * vectors + i) * sizeof (float),
          sizeof (float));
}

/* Into the queue. */
static gboolean
enqueue (Stream *self, GstBuffer *input)
{
  const gsize size = gst_buffer_get_size (input);
  GstMapInfo map;

  if (size == 0)
    return TRUE;
  if (self->come == 0) {
    self->origin = GST_BUFFER_PTS (input);
    self->queued_from = is_of_one_length (self) ? -(gint64)self->before : 0;
    add_silence (self, (guint64)-self->queued_from);
  }
  if (!gst_buffer_map (input, &map, GST_MAP_READ)) {
    GST_ELEMENT_ERROR (self->play->base, RESOURCE, READ, ("A buffer cannot be read"), (NULL));
    return FALSE;
  }
  if (self->format->input.planar && self->format->input.vectors > 1)
    interleave (self, map.data, gst_generative_queue_extend (&self->queue, size));
  else
    memcpy (gst_generative_queue_extend (&self->queue, size), map.data, size);
  gst_buffer_unmap (input, &map);
  self->come += size / self->in_frame;
  return TRUE;
}

/* --- the mode --- */

static gpointer
stream_new (const GstGeneratorContext *context)
{
  Stream *self = g_new0 (Stream, 1);

  self->play = context->play;
  self->format = context->format;
  self->lateness = context->lateness;
  forget (self);
  return self;
}

static void
stream_free (gpointer mode)
{
  Stream *self = mode;

  gst_generative_queue_free (&self->queue);
  gst_generator_join_clear (&self->join);
  g_free (self);
}

static gboolean
stream_negotiate (gpointer mode, GstCaps *sink, GstCaps *source, GenModelUse *use, GError **error)
{
  Stream *self = mode;
  GstGeneratorFormat *format = self->format;

  if (!gst_generator_format_read (format, self->play, sink, &format->input, use, error) ||
      !(self->play->ports.output.kind == GEN_PORT_SOUND
              ? gst_generator_use_sound (&self->out_sound, source, use, error)
              : gst_generator_window_negotiate (self->play, format, source, use, error)) ||
      !read_input (self, sink, use, error) || !choose_lengths (self, error))
    return FALSE;
  warn_of_rate (self);
  use_piece (self, use);
  if (self->play->ports.output.kind == GEN_PORT_SOUND)
    self->play->bytes = (gsize)use->to_sound.keep * (gsize)GST_AUDIO_INFO_BPF (&self->out_sound);
  return TRUE;
}

/* The first sample of a piece waits for it to be whole. */
static GstGeneratorTiming
stream_timing (gpointer mode)
{
  const Stream *self = mode;

  return (GstGeneratorTiming){
    .held = time_of (self, self->piece + self->after + delay (self)) + 1,
    .batch = 1,
    .runs = 1,
  };
}

static gboolean
stream_pending (gpointer mode)
{
  return is_pending (mode);
}

/* Make what is left of the stream, which ends, and push it. */
static GstFlowReturn
break_off (Stream *self)
{
  GstFlowReturn flow = GST_FLOW_OK;

  if (self->come > 0) {
    add_silence (self, delay (self));
    self->come += delay (self);
  }
  while (flow == GST_FLOW_OK && makes_more (self)) {
    GstBuffer *output = NULL;

    flow = make_rest (self, &output);
    if (flow == GST_FLOW_OK && output != NULL)
      flow = gst_generator_play_push (self->play, output);
  }
  forget (self);
  return flow;
}

static GstFlowReturn
stream_finish (gpointer mode)
{
  return is_pending (mode) ? break_off (mode) : GST_FLOW_OK;
}

/* The times of vectors need not be those of the sound that is made of them. */
static gboolean
stream_follows (gpointer mode, GstBuffer *input)
{
  const Stream *self = mode;

  return self->play->ports.input.kind != GEN_PORT_SOUND || self->come == 0 ||
         !GST_CLOCK_TIME_IS_VALID (self->origin) ||
         !gst_generative_sound_jumps (input, self->origin + time_of (self, self->come));
}

static GstFlowReturn
stream_output (gpointer mode, GstBuffer *buffer, GstBuffer **output)
{
  Stream *self = mode;
  g_autoptr (GstBuffer) input = buffer;
  GstFlowReturn flow = GST_FLOW_OK;

  *output = NULL;
  if (input != NULL && GST_BUFFER_IS_DISCONT (input) && self->come > 0)
    flow = break_off (self);
  if (flow != GST_FLOW_OK)
    return flow;
  if (input != NULL && !enqueue (self, input))
    return GST_FLOW_ERROR;
  while (flow == GST_FLOW_OK && *output == NULL &&
         self->come >= self->position + self->piece + self->after)
    flow = make_piece (self, hop (self), output);
  return flow;
}

static void
stream_flush (gpointer mode)
{
  forget (mode);
}

const GstGeneratorMode gst_generator_stream = {
  .name = "stream",
  .suits = gst_generator_streams,
  .new = stream_new,
  .free = stream_free,
  .negotiate = stream_negotiate,
  .timing = stream_timing,
  .follows = stream_follows,
  .output = stream_output,
  .pending = stream_pending,
  .finish = stream_finish,
  .flush = stream_flush,
};
