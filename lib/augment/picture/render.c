/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Doing what was drawn. Steps are taken in passes: geometry, and then all that can be done to a row
 * alone while it is in the cache; what needs the whole picture is a pass of its own. */
#include "render.h"

#include "pixel-order.h"

static gboolean
is_value (const GenAugmentPictureStep *step)
{
  return step->change->kind == GEN_CHANGE_MIX || step->change->kind == GEN_CHANGE_CURVE;
}

int
gen_augment_pass_plan (
    GenAugmentPass *pass, const GenAugmentPictureDraw *draw, int i, GenAugmentWorkspace *workspace)
{
  pass->stages = gen_augment_scratch (
      workspace, GEN_SCRATCH_STAGES, (gsize)MAX (draw->n_steps, 1) * sizeof *pass->stages);
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

void
gen_augment_pass_row (const GenAugmentPass *pass, const GenAugmentPictureDraw *draw, int row,
    const guint8 *in, guint8 *out, int n, int channels)
{
  const gsize size = (gsize)n * (gsize)channels;

  for (int i = 0; i < pass->n_actions; i++) {
    if (pass->steps[i] != NULL) {
      if (in != out)
        memcpy (out, in, size);
      pass->steps[i]->change->row (draw, pass->steps[i], row, out, n, channels);
      in = out;
      continue;
    }
    for (int s = pass->first_stages[i]; s < pass->first_stages[i + 1]; s++, in = out)
      gen_value_stage_run (&pass->stages[s], in, out, n, channels);
  }
  if (in != out)
    memcpy (out, in, size);
}

/* --- geometry --- */

/* What makes rows of a picture of another. */
typedef struct {
  enum { STILL, MIRRORED, STRAIGHT, WARPED } kind;
  const GenAugmentMap *map;
  const double *matrix;
  GenPicture source;
  GenAugmentStraight lines;
  GenAugmentSource unpacked;
  gboolean in_row; /* each row is mirrored by itself, in place, by way of: */
  guint8 *row;
} Mover;

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
mover_init (Mover *mover, const GenAugmentMap *map, gboolean nearest,
    GenAugmentWorkspace *workspace, const GenPicture *source, const GenPicture *target)
{
  const double *matrix = gen_augment_map_matrix (map);

  mover->map = map;
  mover->matrix = matrix;
  mover->source = *source;
  mover->kind = map->n == 0                                    ? STILL
                : gen_augment_mirrors (matrix)                 ? MIRRORED
                : !nearest && gen_augment_is_straight (matrix) ? STRAIGHT
                                                               : WARPED;
  mover->in_row = mover->kind == MIRRORED && matrix[4] > 0 && source->data == target->data;
  if (mover->in_row)
    mover->row = gen_augment_scratch (
        workspace, GEN_SCRATCH_PICTURE, (gsize)(source->width * source->channels));
  else if ((mover->kind == MIRRORED || mover->kind == STRAIGHT) && source->data == target->data)
    mover->source = copy_of (source, workspace);
  if (mover->kind == STRAIGHT)
    gen_augment_straight_init (&mover->lines, &mover->source, matrix, workspace);
  if (mover->kind == WARPED)
    gen_augment_source_init (&mover->unpacked, source,
        gen_augment_scratch (workspace, GEN_SCRATCH_PICTURE,
            ((gsize)source->width * (gsize)source->height + 1) * sizeof (guint32)));
  mover->unpacked.nearest = nearest;
}

static void
mover_row (Mover *mover, int row, guint8 *out)
{
  if (mover->in_row) {
    GenPicture only = mover->source;

    memcpy (mover->row, out, (gsize)(only.width * only.channels));
    only.data = mover->row;
    only.height = 1;
    gen_augment_mirror_row (&only, mover->matrix, 0, out);
    return;
  }
  if (mover->kind == MIRRORED)
    gen_augment_mirror_row (&mover->source, mover->matrix, row, out);
  else if (mover->kind == STRAIGHT)
    gen_augment_straight_row (&mover->lines, row, out);
  else if (mover->kind == WARPED)
    gen_augment_warp_row (&mover->unpacked, mover->map, row, out);
}

void
gen_augment_move_picture (
    const GenAugmentMap *map, gboolean nearest, GenAugmentWorkspace *workspace, GenPicture *picture)
{
  Mover mover;

  mover_init (&mover, map, nearest, workspace, picture, picture);
  for (int row = 0; row < picture->height; row++)
    mover_row (&mover, row, picture->data + (gssize)row * picture->stride);
}

/* --- passes --- */

static gboolean
needs_order (GenAugmentOrder order, const GenPicture *picture)
{
  return order != GEN_AUGMENT_RGB && picture->channels >= 3;
}

static void
run_pass (const GenAugmentPass *pass, const GenAugmentPictureDraw *draw, GenAugmentOrder order,
    GenAugmentWorkspace *workspace, const GenPicture *source, GenPicture *target)
{
  const gboolean orders = pass->n_actions > 0 && needs_order (order, source);
  const int n = source->width, channels = source->channels;
  Mover mover;

  mover_init (&mover, &pass->map, FALSE, workspace, source, target);
  for (int row = 0; row < source->height; row++) {
    const guint8 *in = source->data + (gssize)row * source->stride;
    guint8 *out = target->data + (gssize)row * target->stride;

    mover_row (&mover, row, out);
    if (mover.kind != STILL)
      in = out;
    if (orders) {
      gen_augment_order_to_rgb (order, in, out, n, channels);
      in = out;
    }
    gen_augment_pass_row (pass, draw, row, in, out, n, channels);
    if (orders)
      gen_augment_order_from_rgb (order, out, out, n, channels);
  }
}

static void
run_whole (const GenAugmentPictureDraw *draw, const GenAugmentPictureStep *step,
    GenAugmentOrder order, GenAugmentWorkspace *workspace, GenPicture *picture)
{
  const gboolean orders = needs_order (order, picture);
  const int n = picture->width, channels = picture->channels;

  for (int y = 0; orders && y < picture->height; y++) {
    guint8 *row = picture->data + (gssize)y * picture->stride;

    gen_augment_order_to_rgb (order, row, row, n, channels);
  }
  step->change->whole (draw, step, workspace, picture);
  for (int y = 0; orders && y < picture->height; y++) {
    guint8 *row = picture->data + (gssize)y * picture->stride;

    gen_augment_order_from_rgb (order, row, row, n, channels);
  }
}

void
gen_augment_render_steps (const GenAugmentPictureDraw *draw, int first, int last,
    GenAugmentOrder order, GenAugmentWorkspace *workspace, const GenPicture *source,
    GenPicture *target)
{
  GenAugmentPass pass;
  int i = first;

  do {
    const GenAugmentPictureStep *step = &draw->steps[i];

    if (i < last && step->change->kind == GEN_CHANGE_WHOLE && source == target) {
      run_whole (draw, step, order, workspace, target);
      i++;
      continue;
    }
    i = gen_augment_pass_plan (&pass, draw, i, workspace);
    if (source->data != target->data || pass.map.n > 0 || pass.n_actions > 0)
      run_pass (&pass, draw, order, workspace, source, target);
    source = target;
  } while (i < last);
}

void
gen_augment_render_picture (const GenAugmentPictureDraw *draw, GenAugmentWorkspace *workspace,
    const GenPicture *source, GenPicture *target)
{
  g_return_if_fail (source->width == draw->width && source->height == draw->height);
  g_return_if_fail (target->width == draw->width && target->height == draw->height);
  g_return_if_fail (source->channels == target->channels);

  gen_augment_render_steps (draw, 0, draw->n_steps, GEN_AUGMENT_RGB, workspace, source, target);
}

void
gen_augment_render_mask (
    const GenAugmentPictureDraw *draw, GenAugmentWorkspace *workspace, GenPicture *mask)
{
  GenAugmentMap map;

  g_return_if_fail (mask->width == draw->width && mask->height == draw->height);
  for (int i = 0; i < draw->n_steps;) {
    i = gen_augment_map_init (&map, draw, i);
    if (map.n > 0)
      gen_augment_move_picture (&map, TRUE, workspace, mask);
    else
      i++;
  }
}
