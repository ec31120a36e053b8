/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "losses.h"

static guint64
load (const _Atomic guint64 *number)
{
  return atomic_load_explicit (number, memory_order_relaxed);
}

/* What went is read first: what goes meanwhile is not taken for lost. */
static guint64
count_balance (GstTraceStage *stage, GstElement *element)
{
  const guint64 went = load (&stage->went);
  guint waiting = 0;
  guint64 came;

  if (stage->has_levels)
    g_object_get (element, "current-level-buffers", &waiting, NULL);
  came = load (&stage->came);
  return came > went + waiting ? came - went - waiting : 0;
}

/* A queue that does not leak loses nothing but what it throws away when the stream stops. */
static guint64
count_leaked (GstTraceStage *stage, GstElement *element)
{
  int leaky = 0;

  g_object_get (element, "leaky", &leaky, NULL);
  return leaky != 0 ? count_balance (stage, element) : 0;
}

/* A gap for each. */
static guint64
count_gaps (GstTraceStage *stage, GstElement *element)
{
  const gint64 gaps = (gint64)load (&stage->gaps);

  return (guint64)MAX (gaps, 0);
}

static guint64
count_said (GstTraceStage *stage, GstElement *element)
{
  guint64 dropped = 0;

  g_object_get (element, "drop", &dropped, NULL);
  return dropped;
}

static const GstTraceLoss *const losses[] = {
  &(const GstTraceLoss){ "contentgate", "gate", FALSE, count_gaps },
  &(const GstTraceLoss){ "discriminator", "gate", FALSE, count_gaps },
  &(const GstTraceLoss){ "queue", "leaky", TRUE, count_leaked },
  &(const GstTraceLoss){ "valve", "valve", TRUE, count_balance },
  &(const GstTraceLoss){ "videorate", "rate", FALSE, count_said },
  NULL,
};

const GstTraceLoss *
gst_trace_loss_find (const char *factory)
{
  for (guint i = 0; losses[i] != NULL; i++)
    if (g_str_equal (losses[i]->factory, factory))
      return losses[i];
  return NULL;
}

void
gst_trace_loss_gather_last (GstTraceStage *stage)
{
  g_autoptr (GstElement) element = NULL;

  if (stage->loss == NULL)
    return;
  element = g_weak_ref_get (&stage->element);
  for (guint i = 0; element != NULL && i < 2; i++)
    gst_trace_loss_gather (stage, element);
}

void
gst_trace_loss_gather (GstTraceStage *stage, GstElement *element)
{
  guint64 lost, sure, told = 0;

  if (stage->loss == NULL)
    return;
  lost = stage->loss->count (stage, element);
  g_mutex_lock (&stage->trace->lock);
  /* One that is just on its way out of a queue is in neither number: what is lost stays so. */
  sure = stage->loss->of_balance ? MIN (lost, stage->lost) : lost;
  stage->lost = lost;
  if (lost < stage->told_lost) /* it began anew */
    stage->told_lost = 0;
  if (sure > stage->told_lost) {
    told = sure - stage->told_lost;
    stage->told_lost = sure;
  }
  g_mutex_unlock (&stage->trace->lock);
  if (told > 0)
    gen_counter_add (
        gst_trace_stage_take (stage, &gst_trace_dropped, stage->loss->reason, NULL), told);
}
