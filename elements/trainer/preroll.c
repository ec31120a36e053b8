/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The state goes on under the state lock, which may be that of somebody who waits for the streaming
 * thread: so a thread of its own takes it. */
#include "preroll.h"

GST_DEBUG_CATEGORY_EXTERN (trainer_debug);
#define GST_CAT_DEFAULT trainer_debug

typedef struct {
  GstTrainerPreroll *preroll;
  guint number;
} Wait;

void
gst_trainer_preroll_init (GstTrainerPreroll *preroll, GstElement *element)
{
  *preroll = (GstTrainerPreroll){ .element = element };
}

void
gst_trainer_preroll_begin (GstTrainerPreroll *preroll)
{
  GST_OBJECT_LOCK (preroll->element);
  preroll->waiting = TRUE;
  preroll->ending = FALSE;
  preroll->number++;
  GST_OBJECT_UNLOCK (preroll->element);
  gst_element_post_message (
      preroll->element, gst_message_new_async_start (GST_OBJECT (preroll->element)));
}

static void
post_done (GstTrainerPreroll *preroll)
{
  gst_element_post_message (preroll->element,
      gst_message_new_async_done (GST_OBJECT (preroll->element), GST_CLOCK_TIME_NONE));
}

/* Whether wait `number` is the one that goes on, which it does no longer. */
static gboolean
take (GstTrainerPreroll *preroll, guint number)
{
  gboolean taken;

  GST_OBJECT_LOCK (preroll->element);
  taken = preroll->waiting && preroll->number == number;
  if (taken)
    preroll->waiting = FALSE;
  GST_OBJECT_UNLOCK (preroll->element);
  return taken;
}

/* The element may have gone to READY and come back since. */
static void
go_on (GstElement *element, gpointer data)
{
  const Wait *wait = data;

  GST_STATE_LOCK (element);
  if (take (wait->preroll, wait->number)) {
    GST_DEBUG_OBJECT (element, "data has come: the state goes on");
    gst_element_continue_state (element, GST_STATE_CHANGE_SUCCESS);
    post_done (wait->preroll);
  }
  GST_STATE_UNLOCK (element);
}

void
gst_trainer_preroll_end (GstTrainerPreroll *preroll)
{
  Wait *wait = NULL;

  GST_OBJECT_LOCK (preroll->element);
  if (preroll->waiting && !preroll->ending) {
    wait = g_new (Wait, 1);
    *wait = (Wait){ preroll, preroll->number };
    preroll->ending = TRUE;
  }
  GST_OBJECT_UNLOCK (preroll->element);
  if (wait != NULL)
    gst_element_call_async (preroll->element, go_on, wait, g_free);
}

void
gst_trainer_preroll_cancel (GstTrainerPreroll *preroll)
{
  gboolean waiting;

  GST_OBJECT_LOCK (preroll->element);
  waiting = preroll->waiting;
  preroll->waiting = FALSE;
  GST_OBJECT_UNLOCK (preroll->element);
  if (waiting)
    post_done (preroll);
}
