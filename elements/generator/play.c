/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What plays a model: which of its ports, on which device. */
#include "play.h"

#include <math.h>

#include "../shared/origin-meta.h"

GST_DEBUG_CATEGORY_EXTERN (generator_debug);
#define GST_CAT_DEFAULT generator_debug

/* Sound this many times full scale is not meant to be. */
#define LOUD 4.0f

void
gst_generator_successor_free (GstGeneratorSuccessor *successor)
{
  g_clear_pointer (&successor->player, gen_player_free);
  g_free (successor);
}

/* --- which model --- */

void
gst_generator_play_begin (GstGeneratorPlay *play, const GstGeneratorPorts *ports, guint batch)
{
  GST_OBJECT_LOCK (play->base);
  play->ports = *ports;
  play->use = (GenModelUse){ 0 };
  GST_OBJECT_UNLOCK (play->base);
  play->player = gst_generator_play_new_player (play, ports->model);
  play->batch = batch;
  play->frame = 0;
  play->told_not_finite = play->told_rate = play->told_loud = FALSE;
}

void
gst_generator_play_end (GstGeneratorPlay *play)
{
  GenModel *model;

  gst_generative_sharing_leave (&play->sharing, GST_ELEMENT (play->base));
  g_clear_pointer (&play->player, gen_player_free);
  GST_OBJECT_LOCK (play->base);
  model = g_steal_pointer (&play->ports.model);
  play->use.frames = 0;
  GST_OBJECT_UNLOCK (play->base);
  g_clear_pointer (&model, gen_model_unref);
}

void
gst_generator_play_adopt (GstGeneratorPlay *play, GstGeneratorSuccessor *next)
{
  GstGeneratorPorts *ports = &play->ports;
  GenPlayer *old_player = play->player;
  GstGeneratorPorts old;

  gst_generative_sharing_leave (&play->sharing, GST_ELEMENT (play->base));
  GST_OBJECT_LOCK (play->base);
  old = *ports;
  /* The use is of the caps until now: nothing is prepared for it any more. */
  if (gen_player_use (next->player) == NULL || !gst_generator_ports_agree (&next->ports, &old))
    play->use.frames = 0;
  play->player = g_steal_pointer (&next->player);
  gen_player_continue (play->player, old_player);
  *ports = next->ports;
  ports->model = gen_model_ref (gen_player_model (play->player));
  ports->shares_device = old.shares_device && !next->ports.staged &&
                         !gst_generator_tiling_may_fade (&next->ports.tiling);
  ports->prefers_device = old.prefers_device && ports->shares_device;
  GST_OBJECT_UNLOCK (play->base);
  play->batch = next->batch;
  play->told_not_finite = play->told_rate = play->told_loud = FALSE;
  gst_generator_successor_free (next);
  gen_player_free (old_player);
  gen_model_unref (old.model);
}

gboolean
gst_generator_play_get_ports (GstGeneratorPlay *play, GstGeneratorPorts *ports)
{
  GST_OBJECT_LOCK (play->base);
  *ports = play->ports;
  if (ports->model != NULL)
    gen_model_ref (ports->model);
  GST_OBJECT_UNLOCK (play->base);
  return ports->model != NULL;
}

gboolean
gst_generator_play_makes_frames (const GstGeneratorPlay *play)
{
  return play->ports.output.kind == GEN_PORT_PICTURE &&
         (play->ports.staged || play->use.frames == 0 || play->use.to_frames);
}

GenModelUse
gst_generator_play_get_use (GstGeneratorPlay *play)
{
  GenModelUse use;

  GST_OBJECT_LOCK (play->base);
  use = play->use;
  GST_OBJECT_UNLOCK (play->base);
  return use;
}

/* --- on which device --- */

GenPlayer *
gst_generator_play_new_player (GstGeneratorPlay *play, GenModel *model)
{
  const GenPlayerOptions options =
      gst_generative_playing_options (&play->playing, GST_ELEMENT (play->base));

  return gen_player_new (model, &options);
}

/* Once the CPU plays, frames are better the system's. */
static void
follow_device (GstGeneratorPlay *play)
{
  GST_OBJECT_LOCK (play->base);
  play->ports.prefers_device &= gst_generative_playing_has_device (&play->playing);
  GST_OBJECT_UNLOCK (play->base);
}

gboolean
gst_generator_play_prepare (
    GstGeneratorPlay *play, GenPlayer *player, const GenModelUse *use, GError **error)
{
  g_autofree char *what = g_strdup_printf ("%d frames of %d pictures", use->frames, use->pictures);
  gboolean prepared = gst_generative_playing_prepare (
      &play->playing, GST_ELEMENT (play->base), GST_CAT_DEFAULT, player, use, what, error);

  follow_device (play);
  return prepared;
}

gboolean
gst_generator_play_compile (GstGeneratorPlay *play, const GenModelUse *use, GError **error)
{
  gst_generative_sharing_leave (&play->sharing, GST_ELEMENT (play->base));
  if (!gst_generator_play_prepare (play, play->player, use, error))
    return FALSE;
  GST_OBJECT_LOCK (play->base);
  play->use = *gen_player_use (play->player);
  GST_OBJECT_UNLOCK (play->base);
  gst_generative_sharing_join (&play->sharing, GST_ELEMENT (play->base), play->player);
  return TRUE;
}

gboolean
gst_generator_play_run (GstGeneratorPlay *play, GstGeneratorRun run, gpointer data, GError **error)
{
  const GenModelUse use = *gen_player_use (play->player);
  g_autoptr (GError) failure = NULL;

  if (run (data, &failure))
    return TRUE;
  if (failure == NULL)
    return FALSE;
  if (!gen_player_fall_back (play->player, failure)) {
    g_propagate_error (error, g_steal_pointer (&failure));
    return FALSE;
  }
  gst_generative_playing_fall_back (&play->playing, GST_ELEMENT (play->base), failure);
  follow_device (play);
  /* Buffers may lie elsewhere from now on. */
  gst_pad_mark_reconfigure (GST_BASE_TRANSFORM_SRC_PAD (play->base));
  return gst_generator_play_compile (play, &use, error) && run (data, error);
}

/* --- what it makes --- */

/* What becomes of numbers that are not finite. */
static const char *
describe_fate (const GenModelUse *use)
{
  if (!use->to_frames)
    return "go on as they are";
  return use->output.kind == GEN_PORT_SOUND ? "are silent" : "show as black or white";
}

static void
tell_not_finite (GstGeneratorPlay *play, guint64 frame)
{
  const GenModelUse *use = gen_player_use (play->player);

  play->told_not_finite = TRUE;
  GST_ELEMENT_WARNING (play->base, STREAM, FAILED,
      ("%s: in frame %" G_GUINT64_FORMAT " its output '%s' has numbers that are not finite (NaN or "
       "infinite), which %s. Further frames are not reported",
          gen_player_model (play->player)->path, frame, use->output.name, describe_fate (use)),
      (NULL));
}

/* Of a batch that was not filled, the rest is what lay there. */
static guint64
take_not_finite (GstGeneratorPlay *play, guint n)
{
  return gen_player_take_not_finite (play->player) & (G_MAXUINT64 >> (GST_GENERATOR_MAX_BATCH - n));
}

void
gst_generator_play_notice_not_finite_tiles (GstGeneratorPlay *play, guint n)
{
  if (take_not_finite (play, n) != 0 && !play->told_not_finite)
    tell_not_finite (play, play->frame);
}

void
gst_generator_play_notice_not_finite (GstGeneratorPlay *play, GstBuffer *const *inputs, guint n)
{
  const guint64 frames = take_not_finite (play, n);
  int first;

  if (frames == 0 || play->told_not_finite)
    return;
  first = __builtin_ctzll (frames);
  /* A latent knows its number. */
  if (gen_player_use (play->player)->from_frames || !GST_BUFFER_OFFSET_IS_VALID (inputs[first]))
    tell_not_finite (play, play->frame + (guint64)first);
  else
    tell_not_finite (play, GST_BUFFER_OFFSET (inputs[first]));
}

void
gst_generator_play_notice_numbers (GstGeneratorPlay *play, const float *numbers, gsize n)
{
  for (gsize i = 0; i < n && !play->told_not_finite; i++)
    if (!isfinite (numbers[i]))
      tell_not_finite (play, play->frame);
}

/* Counted, as a sum of whole numbers may be taken in any order, of several at a time. */
static gboolean
are_loud (const float *samples, gsize n)
{
  guint loud = 0;

  for (gsize i = 0; i < n; i++)
    loud += fabsf (samples[i]) > LOUD;
  return loud > 0;
}

static float
find_peak (const float *samples, gsize n)
{
  float peak = 0.0f;

  for (gsize i = 0; i < n; i++)
    peak = MAX (peak, fabsf (samples[i]));
  return peak;
}

/* Whether more than half of them may have been clipped. */
static gboolean
are_clipped (const gint16 *samples, gsize n)
{
  gsize clipped = 0;

  for (gsize i = 0; i < n; i++)
    clipped += samples[i] == G_MAXINT16 || samples[i] == G_MININT16;
  return 2 * clipped > n;
}

static void
tell_loud (GstGeneratorPlay *play, const char *how)
{
  play->told_loud = TRUE;
  GST_ELEMENT_WARNING (play->base, STREAM, FAILED,
      ("%s: the sound that it makes in its output '%s' %s, so that what is heard is clipped. "
       "Property output-range says which numbers are full scale, such as "
       "output-range=-32768,32768, as would metadata generative.output-range in the model. Further "
       "sound is not reported",
          play->ports.model->path, play->ports.output.name, how),
      (NULL));
}

void
gst_generator_play_notice_loud (GstGeneratorPlay *play, const void *samples, gsize size)
{
  g_autofree char *how = NULL;

  if (play->told_loud)
    return;
  if (gen_player_use (play->player)->to_sound.int16) {
    if (are_clipped (samples, size / sizeof (gint16)))
      tell_loud (play, "is beyond full scale for more than half of a piece");
    return;
  }
  if (!are_loud (samples, size / sizeof (float)))
    return;
  how = g_strdup_printf (
      "reaches %g times full scale", (double)find_peak (samples, size / sizeof (float)));
  tell_loud (play, how);
}

void
gst_generator_play_tell_rate (GstGeneratorPlay *play, int rate)
{
  if (play->told_rate)
    return;
  play->told_rate = TRUE;
  GST_ELEMENT_WARNING (play->base, LIBRARY, SETTINGS,
      ("%s: nothing tells of how many samples a second its input '%s' is; it plays at the %d that "
       "come. Property sample-rate sets it, as would metadata generative.sample-rate in the model",
          play->ports.model->path, play->ports.input.name, rate),
      (NULL));
}

GstFlowReturn
gst_generator_play_allocate (GstGeneratorPlay *play, GstBuffer *like, GstBuffer **buffer)
{
  GstBaseTransformClass *klass = g_type_class_peek (GST_TYPE_BASE_TRANSFORM);

  return klass->prepare_output_buffer (play->base, like, buffer);
}

const char *
gst_generator_play_source (const GstGeneratorPlay *play)
{
  const GenPortKind of = play->ports.input.kind;

  return of == GEN_PORT_PICTURE || of == GEN_PORT_SOUND ? GST_GENERATIVE_SOURCE_COMPOSITE
                                                        : GST_GENERATIVE_SOURCE_TRAINED;
}

GstBuffer *
gst_generator_play_mark (GstGeneratorPlay *play, GstBuffer *buffer)
{
  buffer = gst_buffer_make_writable (buffer);
  gst_generative_origin_add_model (
      buffer, play->ports.model->path, play->pictures, gst_generator_play_source (play));
  return buffer;
}

GstFlowReturn
gst_generator_play_push (GstGeneratorPlay *play, GstBuffer *buffer)
{
  return gst_generator_branches_push (&play->branches, GST_BASE_TRANSFORM_SRC_PAD (play->base),
      gst_generator_play_mark (play, buffer));
}
