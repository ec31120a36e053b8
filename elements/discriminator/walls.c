/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "walls.h"

#include "../shared/frames.h"

#include <math.h>

GST_DEBUG_CATEGORY_EXTERN (discriminator_debug);
#define GST_CAT_DEFAULT discriminator_debug

gboolean
gst_discriminator_walls_fit (
    GstDiscriminatorWalls *walls, GstCaps *caps, const GstVideoInfo *info, GError **error)
{
  const GstDiscriminatorPorts *ports = &walls->judge->ports;
  const GenPort *input = &ports->input;
  int width = input->width, height = input->height;
  GstVideoInfo expected = *info;
  GenModelUse use;

  width = width > 0 ? width : info->width;
  height = height > 0 ? height : info->height;
  if (info->width % width != 0 || info->height % height != 0) {
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
        "Frames are %d x %d, but the model takes %d x %d: put videoscale in front", info->width,
        info->height, width, height);
    return FALSE;
  }
  walls->columns = info->width / width;
  walls->tiles = walls->columns * (info->height / height);
  walls->single = input->batch == 1;
  walls->filled = walls->tiles;
  g_free (walls->scores);
  walls->scores = g_new (float, walls->tiles);
  if (ports->remembers && walls->tiles > 1) {
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
        "%s remembers what it has seen, and takes one picture of %d x %d at a time, but a frame of "
        "%d x %d is a wall of %d: put videoscale in front, or states=\"\" where it remembers "
        "nothing",
        ports->model->path, width, height, info->width, info->height, walls->tiles);
    return FALSE;
  }
  if (input->batch > 1 && input->batch != walls->tiles) {
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
        "%s: its input '%s' takes %" G_GINT64_FORMAT " pictures in a run, no more and no less, "
        "but a frame of %d x %d holds %d of %d x %d: give it walls of %" G_GINT64_FORMAT
        ", or export the model with a free batch",
        ports->model->path, input->name, input->batch, info->width, info->height, walls->tiles,
        width, height, input->batch);
    return FALSE;
  }
  use = (GenModelUse){ .input = *input,
    .output = ports->output,
    .frames = 1,
    .pictures = walls->single ? 1 : walls->tiles,
    .height = height,
    .width = width,
    .from_frames = TRUE };
  use.input.height = height;
  use.input.width = width;
  gst_generative_playing_fit_info (&walls->judge->playing, caps, &expected);
  if (!gst_generative_layout (
          &expected, input->channels, walls->single ? 1 : walls->columns, TRUE, &use.from)) {
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
        "The planes of a frame differ in their strides");
    return FALSE;
  }
  /* Pictures one by one would each wait for others. */
  walls->judge->sharing.possible = !walls->single || walls->tiles == 1;
  return gst_discriminator_judge_play (walls->judge, &use, walls->tiles, error);
}

void
gst_discriminator_walls_clear (GstDiscriminatorWalls *walls)
{
  g_clear_pointer (&walls->scores, g_free);
}

gboolean
gst_discriminator_walls_follow (
    GstDiscriminatorWalls *walls, const GstGenerativeFrame *frame, GError **error)
{
  const GenModelUse *now = gen_player_use (walls->judge->player);
  GenModelUse use = *now;

  if (!gst_generative_layout_of_frame (
          &frame->video, use.input.channels, use.from.columns, TRUE, &use.from)) {
    g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
        "The planes of a frame differ in their strides");
    return FALSE;
  }
  if (gen_frame_layout_equal (&use.from, &now->from))
    return TRUE;
  GST_DEBUG_OBJECT (walls->judge->element,
      "frames have a stride of %" G_GSIZE_FORMAT " bytes: compiling anew", use.from.stride);
  return gst_discriminator_judge_compile (walls->judge, &use, error);
}

gboolean
gst_discriminator_walls_score (
    GstDiscriminatorWalls *walls, const GstGenerativeFrame *frame, double *values, GError **error)
{
  const GenModelUse *use = gen_player_use (walls->judge->player);
  double sum = 0, probable = 0, least = INFINITY, greatest = -INFINITY;

  for (int first = 0; first < walls->filled; first += use->pictures) {
    const GenFrame tile =
        gst_generative_frame_part (frame, &use->from, first % walls->columns * use->width,
            first / walls->columns * use->height, use->pictures / use->from.columns * use->height);
    const float *scores = gst_discriminator_judge_run (walls->judge, &tile, use->pictures, error);

    if (scores == NULL)
      return FALSE;
    for (int i = 0; i < MIN (use->pictures, walls->filled - first); i++) {
      walls->scores[first + i] = scores[i];
      sum += (double)scores[i];
      probable += gst_discriminator_judge_probability (walls->judge, (double)scores[i]);
      least = MIN (least, scores[i]);
      greatest = MAX (greatest, scores[i]);
    }
  }
  values[GST_DISCRIMINATOR_SCORE] = sum / walls->filled;
  values[GST_DISCRIMINATOR_PROBABILITY] = probable / walls->filled;
  values[GST_DISCRIMINATOR_MINIMUM] = walls->tiles > 1 ? least : NAN;
  values[GST_DISCRIMINATOR_MAXIMUM] = walls->tiles > 1 ? greatest : NAN;
  values[GST_DISCRIMINATOR_TILES] = walls->tiles > 1 ? walls->filled : NAN;
  return TRUE;
}
