/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames as video has them. Of YUV, steps are taken in runs of one kind: geometry and linear
 * filters plane by plane, matrices of colour as matrices of YUV, and the rest as colours, a row of
 * chroma at a time where no step needs the whole picture. */
#include "render.h"
#include "yuv.h"

typedef enum {
  RUN_PLACE,
  RUN_MIX,
  RUN_FILTER, /* one step */
  RUN_ROWS,   /* of colours */
  RUN_WHOLE,  /* the same, and some step needs the picture */
} RunKind;

typedef struct {
  RunKind kind;
  int last; /* the first step that is not of it */
} Run;

static gboolean
is_place (const GenAugmentPictureStep *step)
{
  return step->change->kind == GEN_CHANGE_MATRIX || step->change->kind == GEN_CHANGE_WARP;
}

static gboolean
is_filter (const GenAugmentPictureStep *step, const GenAugmentFrame *frame)
{
  return step->change->by_channel && frame->across == frame->down;
}

/* The run that begins with step `first`. */
static Run
find_run (const GenAugmentPictureDraw *draw, int first, const GenAugmentFrame *frame)
{
  Run run = { .kind = RUN_MIX, .last = first };

  if (is_filter (&draw->steps[first], frame))
    return (Run){ RUN_FILTER, first + 1 };
  if (is_place (&draw->steps[first])) {
    while (run.last < draw->n_steps && is_place (&draw->steps[run.last]))
      run.last++;
    run.kind = RUN_PLACE;
    return run;
  }
  for (; run.last < draw->n_steps; run.last++) {
    const GenAugmentPictureStep *step = &draw->steps[run.last];

    if (is_place (step) || is_filter (step, frame))
      break;
    if (step->change->kind == GEN_CHANGE_WHOLE)
      run.kind = RUN_WHOLE;
    else if (step->change->kind != GEN_CHANGE_MIX && run.kind == RUN_MIX)
      run.kind = RUN_ROWS;
  }
  return run;
}

/* --- geometry and filters --- */

static void
move_planes (const GenAugmentPictureDraw *draw, int first, GenAugmentWorkspace *workspace,
    GenAugmentFrame *frame)
{
  GenAugmentMap map, scaled;

  gen_augment_map_init (&map, draw, first);
  gen_augment_move_picture (&map, FALSE, workspace, &frame->planes[0]);
  gen_augment_map_to_chroma (&scaled, &map, frame);
  for (int p = 1; p < frame->n_planes; p++)
    gen_augment_move_picture (&scaled, FALSE, workspace, &frame->planes[p]);
}

static void
filter_planes (const GenAugmentPictureDraw *draw, const GenAugmentPictureStep *step,
    GenAugmentWorkspace *workspace, GenAugmentFrame *frame)
{
  GenAugmentPictureStep smaller = *step;

  step->change->whole (draw, step, workspace, &frame->planes[0]);
  smaller.values[0] /= frame->across;
  for (int p = 1; p < frame->n_planes; p++)
    step->change->whole (draw, &smaller, workspace, &frame->planes[p]);
}

/* --- colours --- */

/* Beside the pixels: rows of chroma, and of sums. */
static guint8 *
take_memory (
    const GenAugmentFrame *frame, int rows, GenAugmentWorkspace *workspace, guint8 **chroma)
{
  const gsize width = (gsize)frame->width + 1;
  float *sums = gen_augment_scratch (workspace, GEN_SCRATCH_COLOURS,
      2 * width * sizeof *sums + 2 * width + 3 * width * (gsize)rows);

  *chroma = (guint8 *)(sums + 2 * width);
  return *chroma + 2 * width;
}

static float *
sums_of (const GenAugmentFrame *frame, guint8 *chroma)
{
  return (float *)(gpointer)chroma - 2 * (frame->width + 1);
}

static void
mix_planes (const GenAugmentPictureDraw *draw, int first, int last, GenAugmentWorkspace *workspace,
    GenAugmentFrame *frame)
{
  GenColourMatrix matrix;
  guint8 *chroma;

  gen_yuv_find_mix (draw, first, last, frame, matrix);
  take_memory (frame, 0, workspace, &chroma);
  gen_yuv_mix (frame, (const double (*)[4])matrix, chroma, sums_of (frame, chroma));
}

static void
change_rows (const GenAugmentPictureDraw *draw, int first, GenAugmentWorkspace *workspace,
    GenAugmentFrame *frame)
{
  const gsize stride = 3 * (gsize)frame->width;
  GenColourMatrix to_rgb, to_yuv;
  GenAugmentPass pass;
  guint8 *chroma, *pixels = take_memory (frame, frame->down, workspace, &chroma);

  gen_yuv_find_matrices (frame, to_rgb, to_yuv);
  gen_augment_pass_plan (&pass, draw, first, workspace);
  for (int row = 0; row < frame->height; row += frame->down) {
    gen_yuv_read_rows (frame, (const double (*)[4])to_rgb, row, chroma, pixels);
    for (int k = 0; k < frame->down && row + k < frame->height; k++) {
      guint8 *own = pixels + (gsize)k * stride;

      gen_augment_pass_row (&pass, draw, row + k, own, own, frame->width, 3);
    }
    gen_yuv_write_rows (frame, (const double (*)[4])to_yuv, row, pixels, sums_of (frame, chroma));
  }
}

static void
change_whole (const GenAugmentPictureDraw *draw, int first, int last,
    GenAugmentWorkspace *workspace, GenAugmentFrame *frame)
{
  const int stride = 3 * frame->width;
  GenColourMatrix to_rgb, to_yuv;
  guint8 *chroma, *pixels = take_memory (frame, frame->height, workspace, &chroma);
  GenPicture picture = { pixels, frame->width, frame->height, 3, stride, FALSE };

  gen_yuv_find_matrices (frame, to_rgb, to_yuv);
  for (int row = 0; row < frame->height; row += frame->down)
    gen_yuv_read_rows (
        frame, (const double (*)[4])to_rgb, row, chroma, pixels + (gssize)row * stride);
  gen_augment_render_steps (draw, first, last, GEN_AUGMENT_RGB, workspace, &picture, &picture);
  for (int row = 0; row < frame->height; row += frame->down)
    gen_yuv_write_rows (frame, (const double (*)[4])to_yuv, row, pixels + (gssize)row * stride,
        sums_of (frame, chroma));
}

void
gen_augment_render_frame (
    const GenAugmentPictureDraw *draw, GenAugmentWorkspace *workspace, GenAugmentFrame *frame)
{
  GenPicture *picture = &frame->planes[0];
  Run run;

  g_return_if_fail (frame->width == draw->width && frame->height == draw->height);
  if (draw->n_steps == 0)
    return;
  if (frame->n_planes == 1) {
    gen_augment_render_steps (draw, 0, draw->n_steps, frame->order, workspace, picture, picture);
    return;
  }
  for (int i = 0; i < draw->n_steps; i = run.last) {
    run = find_run (draw, i, frame);
    switch (run.kind) {
    case RUN_PLACE:
      move_planes (draw, i, workspace, frame);
      break;
    case RUN_MIX:
      mix_planes (draw, i, run.last, workspace, frame);
      break;
    case RUN_FILTER:
      filter_planes (draw, &draw->steps[i], workspace, frame);
      break;
    case RUN_ROWS:
      change_rows (draw, i, workspace, frame);
      break;
    case RUN_WHOLE:
      change_whole (draw, i, run.last, workspace, frame);
      break;
    }
  }
}
