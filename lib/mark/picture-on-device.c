/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames in the memory of a device, by a plan that is compiled once for frames of a kind. The
 * pattern is a constant of it, which is there from then on; the gains of blocks, which follow from
 * the strength, are an input. */
#include <generative/mark-device.h>
#include <generative/plan.h>

#include "picture-mask.h"
#include "picture-pattern.h"

struct _GenPictureMarkDevice {
  gboolean resident;
  GenMarkFrame like;
  GenPictureMask mask;
  GenPlan *plan;
};

/* --- frames --- */

/* The first byte of a pixel's colours. */
static guint8 *
samples_of (const GenMarkFrame *frame)
{
  return frame->n == 1 ? frame->samples[0] : MIN (frame->samples[0], frame->samples[2]);
}

gboolean
gen_picture_mark_device_can (const GenMarkFrame *frame)
{
  const guint8 *first = samples_of (frame);

  if (frame->bits != 8)
    return FALSE;
  if (frame->n == 1)
    return frame->step == 1;
  return (frame->step == 3 || frame->step == 4) && frame->samples[1] == first + 1 &&
         MAX (frame->samples[0], frame->samples[2]) == first + 2;
}

gboolean
gen_picture_mark_device_fits (const GenPictureMarkDevice *device, const GenMarkFrame *frame)
{
  const GenMarkFrame *like = &device->like;

  return gen_picture_mark_device_can (frame) && like->width == frame->width &&
         like->height == frame->height && like->n == frame->n && like->step == frame->step &&
         like->stride[0] == frame->stride[0] && like->full_range == frame->full_range;
}

/* --- the plan --- */

static GenNode *
add_look (GenGraph *graph, const GenMarkFrame *frame, const GenPictureMask *mask,
    GenTensor *seen[2], GError **error)
{
  const gint64 size = (gint64)frame->stride[0] * (frame->height - 1) + frame->width * frame->step;
  GenTensor *inputs[2];
  GenNode *node;

  inputs[1] = gen_graph_add_input (
      graph, "gains", GEN_TYPE_INT16, &GEN_SHAPE (gen_mark_most (mask->block) + 1));
  inputs[0] = gen_graph_add_input (graph, "frame", GEN_TYPE_UINT8, &GEN_SHAPE (size));
  seen[0] = gen_graph_add_value (graph, NULL);
  seen[1] = gen_graph_add_value (graph, NULL);
  node = gen_graph_add_node (
      graph, NULL, "generative", "MaskPicture", GEN_OPSET, inputs, 2, seen, 2, error);
  if (node == NULL)
    return NULL;
  gen_node_set_int (node, "height", frame->height);
  gen_node_set_int (node, "width", frame->width);
  gen_node_set_int (node, "channels", frame->step);
  gen_node_set_int (node, "stride", frame->stride[0]);
  gen_node_set_int (node, "block", mask->block);
  return node;
}

static GenNode *
add_mark (GenGraph *graph, const GenMarkFrame *frame, const GenPictureMask *mask,
    const gint8 *pattern, GenTensor *seen[2], GError **error)
{
  const gsize n = (gsize)frame->width * (gsize)frame->height;
  GenTensor *marked = gen_graph_add_value (graph, NULL);
  GenTensor *inputs[3] = { seen[0], seen[1],
    gen_graph_add_constant (graph, NULL, GEN_TYPE_INT8, &GEN_SHAPE (frame->height, frame->width),
        g_bytes_new (pattern, n)) };
  GenNode *node = gen_graph_add_node (
      graph, NULL, "generative", "MarkPicture", GEN_OPSET, inputs, 3, &marked, 1, error);

  if (node == NULL)
    return NULL;
  gen_node_set_int (node, "stride", frame->stride[0]);
  gen_node_set_int (node, "block", mask->block);
  gen_node_set_int (node, "full_range", frame->full_range);
  gen_graph_add_output (graph, marked);
  return node;
}

static GenPlan *
compile (const GenDevice *device, const GenMarkFrame *frame, const GenPictureMask *mask,
    const gint8 *pattern, GError **error)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("mark");
  const GenPlanOptions options = { .device = device, .threads = 1 };
  GenTensor *seen[2];

  if (add_look (graph, frame, mask, seen, error) == NULL ||
      add_mark (graph, frame, mask, pattern, seen, error) == NULL)
    return NULL;
  return gen_plan_new (graph, &options, error);
}

GenPictureMarkDevice *
gen_picture_mark_device_new (const GenDevice *device, const GenPictureMark *mark,
    const GenMarkFrame *frame, gboolean resident, GError **error)
{
  g_autoptr (GenPictureMarkDevice) made = g_new0 (GenPictureMarkDevice, 1);

  g_return_val_if_fail (gen_picture_mark_device_can (frame), NULL);
  gen_picture_mask_set_size (&made->mask, frame->width, frame->height);
  made->plan = compile (device, frame, &made->mask, gen_picture_mark_pattern (mark), error);
  if (made->plan == NULL)
    return NULL;
  made->resident = resident && device != NULL && device != &gen_device_cpu;
  made->like = *frame;
  gen_plan_bind_input (made->plan, 0, made->mask.table);
  return g_steal_pointer (&made);
}

void
gen_picture_mark_device_free (GenPictureMarkDevice *device)
{
  if (device == NULL)
    return;
  gen_plan_free (device->plan);
  gen_picture_mask_clear (&device->mask);
  g_free (device);
}

gboolean
gen_picture_mark_device_apply (GenPictureMarkDevice *device, const GenMarkFrame *frame,
    double strength, GenFence *fence, GError **error)
{
  guint8 *samples = samples_of (frame);

  g_return_val_if_fail (gen_picture_mark_device_fits (device, frame), FALSE);
  gen_picture_mask_set_strength (&device->mask, CLAMP (strength, 0, GEN_PICTURE_MARK_STRENGTH_MAX));
  if (device->resident) {
    gen_plan_bind_device_input (device->plan, 1, samples);
    gen_plan_bind_device_output (device->plan, 0, samples);
  } else {
    gen_plan_bind_input (device->plan, 1, samples);
    gen_plan_bind_output (device->plan, 0, samples);
  }
  return (fence == NULL || gen_plan_wait (device->plan, fence, error)) &&
         gen_plan_run (device->plan, error);
}
