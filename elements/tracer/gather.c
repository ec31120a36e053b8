/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Elements are asked while nothing is locked, since they lock themselves. An element that is held
 * keeps its stage. */
#include "gather.h"

#include "figures.h"
#include "losses.h"
#include "model-version.h"
#include "process.h"

static void
gather_levels (GstTraceStage *stage, GstElement *element)
{
  guint buffers, bytes;
  guint64 time;

  if (!stage->has_levels || stage->frames == NULL)
    return;
  g_object_get (element, "current-level-buffers", &buffers, NULL);
  g_object_get (element, "current-level-bytes", &bytes, NULL);
  g_object_get (element, "current-level-time", &time, NULL);
  gen_counter_set (gst_trace_stage_take (stage, &gst_trace_queue_buffers, NULL, NULL), buffers);
  gen_counter_set (gst_trace_stage_take (stage, &gst_trace_queue_bytes, NULL, NULL), bytes);
  gen_counter_set (gst_trace_stage_take (stage, &gst_trace_queue_seconds, NULL, NULL),
      (double)time / GST_SECOND);
}

/* Of all that share runs each tells the same. */
static void
gather_shared (GstTraceStage *stage, GstElement *element)
{
  g_autoptr (GstStructure) figures = NULL;
  guint64 runs, frames;
  guint members;

  if (!stage->shares)
    return;
  g_object_get (element, "shared-figures", &figures, NULL);
  if (figures == NULL || !gst_structure_get (figures, "members", G_TYPE_UINT, &members, "runs",
                             G_TYPE_UINT64, &runs, "frames", G_TYPE_UINT64, &frames, NULL))
    return;
  gen_counter_set (gst_trace_stage_take (stage, &gst_trace_shared_members, NULL, NULL), members);
  if (runs > stage->shared_runs)
    gen_counter_set (gst_trace_stage_take (stage, &gst_trace_shared_frames, NULL, NULL),
        (double)(frames - stage->shared_frames) / (double)(runs - stage->shared_runs));
  stage->shared_runs = runs;
  stage->shared_frames = frames;
}

/* (transfer full) */
static GPtrArray *
list_elements (GstTrace *trace)
{
  GPtrArray *elements = g_ptr_array_new_with_free_func (gst_object_unref);

  g_mutex_lock (&trace->lock);
  for (guint i = 0; i < trace->stages->len; i++) {
    GstTraceStage *stage = g_ptr_array_index (trace->stages, i);
    GstElement *element = g_weak_ref_get (&stage->element);

    if (element != NULL)
      g_ptr_array_add (elements, element);
  }
  g_mutex_unlock (&trace->lock);
  return elements;
}

static void
gather_stage (GstTraceStage *stage, GstElement *element)
{
  gather_levels (stage, element);
  gst_trace_figures_gather (stage);
  gather_shared (stage, element);
  gst_trace_model_gather (stage, element);
}

void
gst_trace_gather (GstTrace *trace)
{
  g_autoptr (GPtrArray) elements = list_elements (trace);

  g_mutex_lock (&trace->gathering);
  for (guint i = 0; i < elements->len; i++) {
    GstElement *element = g_ptr_array_index (elements, i);

    GstTraceStage *stage = gst_trace_stage_of (trace, element);

    gather_stage (stage, element);
    gst_trace_loss_gather (stage, element);
  }
  gst_trace_process_gather (trace);
  g_mutex_unlock (&trace->gathering);
}

void
gst_trace_gather_last (GstTrace *trace, GstElement *element)
{
  GstTraceStage *stage = gst_trace_stage_of (trace, element);

  g_mutex_lock (&trace->gathering);
  gather_stage (stage, element);
  g_mutex_unlock (&trace->gathering);
}
