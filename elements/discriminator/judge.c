/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "judge.h"

#include <math.h>

GST_DEBUG_CATEGORY_EXTERN (discriminator_debug);
#define GST_CAT_DEFAULT discriminator_debug

void
gst_discriminator_judge_set_ports (GstDiscriminatorJudge *judge, const GstDiscriminatorPorts *ports)
{
  GST_OBJECT_LOCK (judge->element);
  judge->ports = *ports;
  GST_OBJECT_UNLOCK (judge->element);
}

/* Let `player` score as `use` says; on the CPU where a device that was chosen by itself fails. */
static gboolean
prepare (GstDiscriminatorJudge *judge, GenPlayer *player, const GenModelUse *use, GError **error)
{
  g_autofree char *what =
      use->input.kind == GEN_PORT_SOUND
          ? g_strdup_printf ("%" G_GINT64_FORMAT " frames of sound", use->length)
          : g_strdup_printf ("%d pictures of %d x %d, of %d in a frame,", use->pictures, use->width,
                use->height, judge->in_frame);

  return gst_generative_playing_prepare (
      &judge->playing, judge->element, GST_CAT_DEFAULT, player, use, what, error);
}

/* Whatever plays now does so with others, if it is to. */
static void
share (GstDiscriminatorJudge *judge)
{
  if (judge->player != NULL && gen_player_use (judge->player) != NULL)
    gst_generative_sharing_join (&judge->sharing, judge->element, judge->player);
}

gboolean
gst_discriminator_judge_compile (
    GstDiscriminatorJudge *judge, const GenModelUse *use, GError **error)
{
  gboolean good;

  gst_generative_sharing_leave (&judge->sharing, judge->element);
  good = prepare (judge, judge->player, use, error);
  share (judge);
  return good;
}

gboolean
gst_discriminator_judge_play (
    GstDiscriminatorJudge *judge, const GenModelUse *use, int in_frame, GError **error)
{
  g_autoptr (GenPlayer) player = NULL;
  GenPlayerOptions options;

  judge->in_frame = in_frame;
  if (judge->player != NULL && gen_player_model (judge->player) == judge->ports.model)
    return gst_discriminator_judge_compile (judge, use, error);
  options = gst_generative_playing_options (&judge->playing, judge->element);
  player = gen_player_new (judge->ports.model, &options);
  if (!prepare (judge, player, use, error))
    return FALSE;
  if (judge->player != NULL)
    gen_player_continue (player, judge->player);
  gst_discriminator_judge_stop (judge);
  judge->player = g_steal_pointer (&player);
  share (judge);
  return TRUE;
}

void
gst_discriminator_judge_stop (GstDiscriminatorJudge *judge)
{
  gst_generative_sharing_leave (&judge->sharing, judge->element);
  g_clear_pointer (&judge->player, gen_player_free);
}

double
gst_discriminator_judge_probability (const GstDiscriminatorJudge *judge, double score)
{
  return judge->ports.calibration != NULL ? gen_calibration_apply (judge->ports.calibration, score)
                                          : NAN;
}

gboolean
gst_discriminator_judge_fall_back (
    GstDiscriminatorJudge *judge, const GError *failure, GError **error)
{
  const GenModelUse use = *gen_player_use (judge->player);

  if (!gen_player_fall_back (judge->player, failure)) {
    g_propagate_error (error, g_error_copy (failure));
    return FALSE;
  }
  gst_generative_playing_fall_back (&judge->playing, judge->element, failure);
  return gst_discriminator_judge_compile (judge, &use, error);
}

const float *
gst_discriminator_judge_run (
    GstDiscriminatorJudge *judge, const GenFrame *frame, int n, GError **error)
{
  const GenBinding *made;

  gen_player_bind_input_frame (judge->player, 0, frame);
  if (!gst_generative_sharing_run (&judge->sharing, judge->element, judge->player, error))
    return NULL;
  made = gen_player_output (judge->player);
  if (made->type == GEN_TYPE_FLOAT32 && gen_shape_elements (&made->shape) == n)
    return made->data;
  g_autofree char *shape = gen_shape_to_string (&made->shape);
  g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
      "the model makes %s of %d %s, where a score of each was expected", shape, n,
      judge->ports.input.kind == GEN_PORT_SOUND ? "sounds" : "pictures");
  return NULL;
}
