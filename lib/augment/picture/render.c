/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Doing what was drawn. Steps are taken in passes: geometry, and then all that can be done to a row
 * alone while it is in the cache; what needs the whole picture is a pass of its own. */
#include "place.h"
#include "value.h"
#include "workspace.h"

/* What is done to each row, in order: stages of values, or a step. */
typedef struct {
  GenAugmentMap map;
  const GenAugmentPictureStep *steps[GEN_AUGMENT_MAX]; /* NULL: the next stages */
  int first_stages[GEN_AUGMENT_MAX + 1];
  int n_actions;
  GenValueStage *stages;
  int n_stages;
} Pass;

static gboolean
is_value (const GenAugmentPictureStep *step)
{
  return step->change->kind == GEN_CHANGE_MIX || step->change->kind == GEN_CHANGE_CURVE;
}

/* From step `i` on. Returns the first step that is not of the pass. */
static int
plan_pass (Pass *pass, const GenAugmentPictureDraw *draw, int i)
{
  i = gen_augment_map_init (&pass->map, draw, i);
  pass->n_actions = 0;
  pass->n_stages = 0;
  while (i < draw->n_steps) {
    const GenAugmentPictureStep *step = &draw->steps[i];
    GenValueStage *own = pass->stages + pass->n_stages;
    int n = 0;

    if (!is_value (step) && step->change->kind != GEN_CHANGE_ROW)
      break;
    pass->first_stages[pass->n_actions] = pass->n_stages;
    pass->steps[pass->n_actions++] = is_value (step) ? NULL : step;
    if (!is_value (step)) {
      i++;
      continue;
    }
    for (; i < draw->n_steps && is_value (&draw->steps[i]); i++)
      n = gen_value_stages_add (own, n, &draw->steps[i]);
    gen_value_stages_finish (own, n);
    pass->n_stages += n;
  }
  pass->first_stages[pass->n_actions] = pass->n_stages;
  return i;
}

/* `in` is what the row is before; it is `out` where it has been put there. */
static void
run_actions (const Pass *pass, const GenAugmentPictureDraw *draw, int row, const guint8 *in,
    guint8 *out, int channels)
{
  const gsize size = (gsize)draw->width * (gsize)channels;

  for (int i = 0; i < pass->n_actions; i++) {
    if (pass->steps[i] != NULL) {
      if (in != out)
        memcpy (out, in, size);
      pass->steps[i]->change->row (draw, pass->steps[i], row, out, draw->width, channels);
      in = out;
      continue;
    }
    for (int s = pass->first_stages[i]; s < pass->first_stages[i + 1]; s++, in = out)
      gen_value_stage_run (&pass->stages[s], in, out, draw->width, channels);
  }
  if (in != out)
    memcpy (out, in, size);
}

static GenPicture
copy_of (const GenPicture *picture, GenAugmentWorkspace *workspace)
{
  const int stride = picture->width * picture->channels;
  GenPicture copy = *picture;

  copy.stride = stride;
  copy.data =
      gen_augment_scratch (workspace, GEN_SCRATCH_PICTURE, (gsize)stride * (gsize)picture->height);
  for (int y = 0; y < picture->height; y++)
    memcpy (
        copy.data + (gssize)y * stride, picture->data + (gssize)y * picture->stride, (gsize)stride);
  return copy;
}

static void
run_pass (const Pass *pass, const GenAugmentPictureDraw *draw, GenAugmentWorkspace *workspace,
    const GenPicture *from, GenPicture *target)
{
  const double *matrix = gen_augment_map_matrix (&pass->map);
  const gboolean moves = pass->map.n > 0, mirrors = gen_augment_mirrors (matrix);
  const gboolean straight = !mirrors && gen_augment_is_straight (matrix);
  GenPicture source = *from;
  GenAugmentStraight lines;
  GenAugmentSource unpacked;

  if ((mirrors || straight) && source.data == target->data)
    source = copy_of (&source, workspace);
  if (straight)
    gen_augment_straight_init (&lines, &source, matrix, workspace);
  else if (moves && !mirrors)
    gen_augment_source_init (&unpacked, &source,
        gen_augment_scratch (workspace, GEN_SCRATCH_PICTURE,
            ((gsize)draw->width * (gsize)draw->height + 1) * sizeof (guint32)));
  for (int row = 0; row < draw->height; row++) {
    const guint8 *in = source.data + (gssize)row * source.stride;
    guint8 *out = target->data + (gssize)row * target->stride;

    if (mirrors)
      gen_augment_mirror_row (&source, matrix, row, out);
    else if (straight)
      gen_augment_straight_row (&lines, row, out);
    else if (moves)
      gen_augment_warp_row (&unpacked, &pass->map, row, out);
    run_actions (pass, draw, row, moves ? out : in, out, source.channels);
  }
}

void
gen_augment_render_picture (const GenAugmentPictureDraw *draw, GenAugmentWorkspace *workspace,
    const GenPicture *source, GenPicture *target)
{
  Pass pass;
  int i = 0;

  g_return_if_fail (source->width == draw->width && source->height == draw->height);
  g_return_if_fail (target->width == draw->width && target->height == draw->height);
  g_return_if_fail (source->channels == target->channels);

  pass.stages = gen_augment_scratch (
      workspace, GEN_SCRATCH_STAGES, (gsize)MAX (draw->n_steps, 1) * sizeof *pass.stages);
  do {
    const GenAugmentPictureStep *step = &draw->steps[i];

    if (i < draw->n_steps && step->change->kind == GEN_CHANGE_WHOLE && source == target) {
      step->change->whole (draw, step, workspace, target);
      i++;
      continue;
    }
    i = plan_pass (&pass, draw, i);
    if (source->data != target->data || pass.map.n > 0 || pass.n_actions > 0)
      run_pass (&pass, draw, workspace, source, target);
    source = target;
  } while (i < draw->n_steps);
}
