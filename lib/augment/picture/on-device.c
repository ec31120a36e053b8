/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames in the memory of a device, by a plan that is compiled once for frames of a kind: a node
 * for each plane, which moves its pixels, and one for the colours of all. What is to be done is an
 * input of the plan. A draw whose geometry comes again after colours takes several runs. */
#include <generative/augment-device.h>
#include <generative/plan.h>

#include "../../ops/picture/move-picture.h"
#include "place.h"
#include "value.h"
#include "yuv.h"

struct _GenAugmentDevice {
  gboolean resident;
  GenAugmentFrame like;
  GenPlan *plan;
  GenPictureWork work;
  GenValueStage stages[GEN_PICTURE_STAGES];
};

/* --- what there are kernels for --- */

static gboolean
is_colour (const GenAugmentPictureStep *step, const GenAugmentFrame *frame)
{
  return step->change->kind == GEN_CHANGE_MIX ||
         (step->change->kind == GEN_CHANGE_CURVE && frame->n_planes == 1);
}

gboolean
gen_augment_device_can (
    const GenAugmentPictureDraw *draw, const GenAugmentFrame *frame, const char **step)
{
  for (int i = 0; i < draw->n_steps; i++) {
    if (draw->steps[i].change->kind == GEN_CHANGE_MATRIX || is_colour (&draw->steps[i], frame))
      continue;
    if (step != NULL)
      *step = draw->steps[i].augmentation->name;
    return FALSE;
  }
  return TRUE;
}

/* --- the plan --- */

/* What of one row to the next one's begins there. */
static gint64
plane_size (const GenPicture *plane)
{
  return (gint64)plane->stride * (plane->height - 1) + (gint64)plane->width * plane->channels;
}

static GenTensor *
add_move (GenGraph *graph, const GenPicture *plane, int number, GenTensor *work, GError **error)
{
  g_autofree char *name = g_strdup_printf ("plane %d", number);
  GenTensor *moved = gen_graph_add_value (graph, NULL);
  GenTensor *inputs[2] = { NULL, work };
  GenNode *node;

  inputs[0] = gen_graph_add_input (graph, name, GEN_TYPE_UINT8, &GEN_SHAPE (plane_size (plane)));
  node = gen_graph_add_node (
      graph, NULL, "generative", "MovePicture", GEN_OPSET, inputs, 2, &moved, 1, error);
  if (node == NULL)
    return NULL;
  gen_node_set_int (node, "height", plane->height);
  gen_node_set_int (node, "width", plane->width);
  gen_node_set_int (node, "channels", plane->channels);
  gen_node_set_int (node, "stride", plane->stride);
  gen_node_set_int (node, "plane", number);
  return moved;
}

static gboolean
add_colour (GenGraph *graph, const GenAugmentFrame *frame, GenTensor **inputs, GError **error)
{
  const gboolean blue_first = frame->order == GEN_AUGMENT_BGR || frame->order == GEN_AUGMENT_ABGR;
  const gboolean alpha_first = frame->order == GEN_AUGMENT_ARGB || frame->order == GEN_AUGMENT_ABGR;
  gint64 order[3], strides[GEN_PICTURE_PLANES] = { 0 };
  GenTensor *outputs[GEN_PICTURE_PLANES];
  GenNode *node;

  for (int c = 0; c < 3; c++)
    order[c] = (blue_first ? 2 - c : c) + alpha_first;
  for (int p = 0; p < frame->n_planes; p++) {
    strides[p] = frame->planes[p].stride;
    outputs[p] = gen_graph_add_value (graph, NULL);
  }
  node = gen_graph_add_node (graph, NULL, "generative", "ColourPicture", GEN_OPSET, inputs,
      frame->n_planes + 1, outputs, frame->n_planes, error);
  if (node == NULL)
    return FALSE;
  gen_node_set_ints (node, "strides", strides, frame->n_planes);
  gen_node_set_ints (node, "order", order, 3);
  gen_node_set_int (node, "v_first", frame->v_first);
  gen_node_set_int (node, "full_range", frame->full_range);
  for (int p = 0; p < frame->n_planes; p++)
    gen_graph_add_output (graph, outputs[p]);
  return TRUE;
}

static GenPlan *
compile (const GenDevice *device, const GenAugmentFrame *frame, GError **error)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("augmentation");
  const GenPlanOptions options = { .device = device, .threads = 1 };
  GenTensor *inputs[GEN_PICTURE_PLANES + 1];
  GenTensor *work = gen_graph_add_input (
      graph, "work", GEN_TYPE_UINT8, &GEN_SHAPE ((gint64)sizeof (GenPictureWork)));

  for (int p = 0; p < frame->n_planes; p++)
    if ((inputs[p] = add_move (graph, &frame->planes[p], p, work, error)) == NULL)
      return NULL;
  inputs[frame->n_planes] = work;
  return add_colour (graph, frame, inputs, error) ? gen_plan_new (graph, &options, error) : NULL;
}

GenAugmentDevice *
gen_augment_device_new (
    const GenDevice *device, const GenAugmentFrame *frame, gboolean resident, GError **error)
{
  GenPlan *plan = compile (device, frame, error);
  GenAugmentDevice *made;

  if (plan == NULL)
    return NULL;
  made = g_new0 (GenAugmentDevice, 1);
  made->resident = resident && device != NULL && device != &gen_device_cpu;
  made->like = *frame;
  made->plan = plan;
  gen_plan_bind_input (plan, 0, &made->work);
  return made;
}

void
gen_augment_device_free (GenAugmentDevice *device)
{
  if (device == NULL)
    return;
  gen_plan_free (device->plan);
  g_free (device);
}

gboolean
gen_augment_device_fits (const GenAugmentDevice *device, const GenAugmentFrame *frame)
{
  const GenAugmentFrame *like = &device->like;

  for (int p = 0; p < MIN (like->n_planes, frame->n_planes); p++)
    if (like->planes[p].width != frame->planes[p].width ||
        like->planes[p].height != frame->planes[p].height ||
        like->planes[p].channels != frame->planes[p].channels ||
        like->planes[p].stride != frame->planes[p].stride)
      return FALSE;
  return like->n_planes == frame->n_planes && like->order == frame->order &&
         like->v_first == frame->v_first && like->full_range == frame->full_range;
}

/* --- what is to be done --- */

static void
set_move (GenPictureMove *move, const GenAugmentMap *map)
{
  const double *m = gen_augment_map_matrix (map);

  move->kind = m == NULL                             ? GEN_MOVE_STILL
               : m[6] == 0 && m[7] == 0 && m[8] == 1 ? GEN_MOVE_AFFINE
                                                     : GEN_MOVE_PROJECTIVE;
  if (m != NULL)
    memcpy (move->matrix, m, sizeof move->matrix);
}

/* Geometry from step `first` on; returns the first step that is none. */
static int
set_moves (GenPictureWork *work, const GenAugmentPictureDraw *draw, int first,
    const GenAugmentFrame *frame)
{
  GenAugmentMap map, scaled;
  const int next = gen_augment_map_init (&map, draw, first);

  set_move (&work->moves[0], &map);
  if (frame->n_planes > 1 && map.n > 0) {
    gen_augment_map_to_chroma (&scaled, &map, frame);
    set_move (&work->moves[1], &scaled);
  } else {
    work->moves[1].kind = GEN_MOVE_STILL;
  }
  work->moves[2] = work->moves[1];
  return next;
}

static void
set_stage (GenColourStage *stage, const GenValueStage *value, int channels)
{
  const double *row = value->rows[0];

  stage->is_table = value->kind != GEN_STAGE_MIX || channels < 3;
  for (int r = 0; r < 3; r++)
    for (int c = 0; c < 4; c++)
      stage->rows[r][c] = (float)(value->rows[r][c] + (c == 3 ? 0.5 : 0));
  if (value->kind != GEN_STAGE_MIX) {
    memcpy (stage->table, value->table, sizeof stage->table);
    return;
  }
  /* Grey is the same in all three. */
  for (int v = 0; v < 256 && channels < 3; v++) {
    const float level = (float)v * (float)(row[0] + row[1] + row[2]) + (float)(row[3] + 0.5);

    stage->table[v] = (guint8)(int)CLAMP (level, 0.0f, 255.0f);
  }
}

/* Values of a frame of one plane; returns the first step that is not of this run. */
static int
set_stages (GenAugmentDevice *device, const GenAugmentPictureDraw *draw, int first)
{
  GenPictureWork *work = &device->work;
  int i = first, n = 0;

  for (; i < draw->n_steps && n < GEN_PICTURE_STAGES && is_colour (&draw->steps[i], &device->like);
       i++)
    n = gen_value_stages_add (device->stages, n, &draw->steps[i]);
  gen_value_stages_finish (device->stages, n);
  for (int s = 0; s < n; s++)
    set_stage (&work->stages[s], &device->stages[s], device->like.planes[0].channels);
  work->n_stages = n;
  return i;
}

/* The same of YUV. */
static int
set_mix (GenPictureWork *work, const GenAugmentPictureDraw *draw, int first,
    const GenAugmentFrame *frame)
{
  GenColourMatrix matrix;
  int last = first;

  while (last < draw->n_steps && is_colour (&draw->steps[last], frame))
    last++;
  work->mixes[0] = work->mixes[1] = FALSE;
  if (last == first)
    return last;
  gen_yuv_find_mix (draw, first, last, frame, matrix);
  work->mixes[0] = !gen_yuv_stays ((const double (*)[4])matrix, FALSE);
  work->mixes[1] = !gen_yuv_stays ((const double (*)[4])matrix, TRUE);
  for (int r = 0; r < 3; r++)
    for (int c = 0; c < 4; c++)
      work->yuv[r][c] = (float)matrix[r][c];
  return last;
}

static void
bind (GenAugmentDevice *device, GenAugmentFrame *frame)
{
  for (int p = 0; p < frame->n_planes; p++) {
    guint8 *data = frame->planes[p].data;

    if (!device->resident) {
      gen_plan_bind_input (device->plan, (guint)p + 1, data);
      gen_plan_bind_output (device->plan, (guint)p, data);
    } else {
      gen_plan_bind_device_input (device->plan, (guint)p + 1, data);
      gen_plan_bind_device_output (device->plan, (guint)p, data);
    }
  }
}

gboolean
gen_augment_device_render (GenAugmentDevice *device, const GenAugmentPictureDraw *draw,
    GenAugmentFrame *frame, GenFence *fence, GError **error)
{
  g_return_val_if_fail (gen_augment_device_can (draw, frame, NULL), FALSE);
  g_return_val_if_fail (frame->width == draw->width && frame->height == draw->height, FALSE);
  g_return_val_if_fail (gen_augment_device_fits (device, frame), FALSE);

  bind (device, frame);
  if (draw->n_steps > 0 && fence != NULL && !gen_plan_wait (device->plan, fence, error))
    return FALSE;
  for (int i = 0; i < draw->n_steps;) {
    i = set_moves (&device->work, draw, i, frame);
    i = frame->n_planes == 1 ? set_stages (device, draw, i)
                             : set_mix (&device->work, draw, i, frame);
    if (!gen_plan_run (device->plan, error))
      return FALSE;
  }
  return TRUE;
}
