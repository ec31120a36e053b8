/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "partner.h"

/* More wait in the stream's own queues. */
#define MAX_WAITING 4

struct _GstVideoAugmentPartner {
  GstPad *pad;
  GstPad *own;

  GMutex lock; /* of all below */
  GCond changed;
  GQueue waiting; /* of GstBuffer */
  GstVideoInfo info;
  gboolean flushing, ended, interrupted;
};

static void
set_flushing (GstVideoAugmentPartner *partner, gboolean flushing)
{
  g_mutex_lock (&partner->lock);
  partner->flushing = flushing;
  partner->ended = FALSE;
  g_queue_clear_full (&partner->waiting, (GDestroyNotify)gst_buffer_unref);
  g_cond_broadcast (&partner->changed);
  g_mutex_unlock (&partner->lock);
}

static void
set_ended (GstVideoAugmentPartner *partner)
{
  g_mutex_lock (&partner->lock);
  partner->ended = TRUE;
  g_cond_broadcast (&partner->changed);
  g_mutex_unlock (&partner->lock);
}

/* Until fewer than `n` frames wait; under the lock. FALSE when flushing. */
static gboolean
wait_for_room (GstVideoAugmentPartner *partner, guint n)
{
  while (!partner->flushing && partner->waiting.length >= n)
    g_cond_wait (&partner->changed, &partner->lock);
  return !partner->flushing;
}

static GstFlowReturn
partner_chain (GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
  GstVideoAugmentPartner *partner = gst_pad_get_element_private (pad);
  GstFlowReturn flow = GST_FLOW_OK;

  g_mutex_lock (&partner->lock);
  if (!wait_for_room (partner, MAX_WAITING)) {
    flow = GST_FLOW_FLUSHING;
  } else if (partner->info.finfo == NULL) {
    flow = GST_FLOW_NOT_NEGOTIATED;
  } else {
    g_queue_push_tail (&partner->waiting, g_steal_pointer (&buffer));
    g_cond_broadcast (&partner->changed);
  }
  g_mutex_unlock (&partner->lock);
  gst_clear_buffer (&buffer);
  return flow;
}

/* Frames of other caps come when those before them have been taken. */
static gboolean
take_caps (GstVideoAugmentPartner *partner, GstCaps *caps)
{
  GstVideoInfo info;
  gboolean taken = gst_video_info_from_caps (&info, caps);

  g_mutex_lock (&partner->lock);
  taken = taken && wait_for_room (partner, 1);
  if (taken)
    partner->info = info;
  g_mutex_unlock (&partner->lock);
  return taken;
}

static gboolean
partner_event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  GstVideoAugmentPartner *partner = gst_pad_get_element_private (pad);
  gboolean taken = TRUE;
  GstCaps *caps;

  switch (GST_EVENT_TYPE (event)) {
  case GST_EVENT_CAPS:
    gst_event_parse_caps (event, &caps);
    taken = take_caps (partner, caps);
    break;
  case GST_EVENT_FLUSH_START:
    set_flushing (partner, TRUE);
    break;
  case GST_EVENT_FLUSH_STOP:
    set_flushing (partner, FALSE);
    break;
  case GST_EVENT_EOS:
    set_ended (partner);
    break;
  default:
    break;
  }
  gst_event_unref (event);
  return taken;
}

/* What frames of the own stream are like, or may come to be like as long as there are none. */
static GstCaps *
find_caps (GstVideoAugmentPartner *partner)
{
  GstCaps *caps = gst_pad_get_current_caps (partner->own);

  if (caps == NULL)
    caps = gst_pad_peer_query_caps (partner->own, NULL);
  caps = gst_caps_make_writable (caps);
  /* How many there are is of no matter. */
  for (guint i = 0; i < gst_caps_get_size (caps); i++)
    gst_structure_remove_field (gst_caps_get_structure (caps, i), "framerate");
  return caps;
}

static gboolean
partner_query (GstPad *pad, GstObject *parent, GstQuery *query)
{
  GstVideoAugmentPartner *partner = gst_pad_get_element_private (pad);
  g_autoptr (GstCaps) caps = NULL, of_template = NULL;
  GstCaps *filter;

  if (GST_QUERY_TYPE (query) != GST_QUERY_CAPS)
    return gst_pad_query_default (pad, parent, query);
  caps = find_caps (partner);
  of_template = gst_pad_get_pad_template_caps (pad);
  gst_caps_take (&caps, gst_caps_intersect (caps, of_template));
  gst_query_parse_caps (query, &filter);
  if (filter != NULL)
    gst_caps_take (&caps, gst_caps_intersect_full (filter, caps, GST_CAPS_INTERSECT_FIRST));
  gst_query_set_caps_result (query, caps);
  return TRUE;
}

static gboolean
partner_activate (GstPad *pad, GstObject *parent, GstPadMode mode, gboolean active)
{
  GstVideoAugmentPartner *partner = gst_pad_get_element_private (pad);

  if (mode != GST_PAD_MODE_PUSH)
    return FALSE;
  set_flushing (partner, !active);
  if (!active)
    set_ended (partner);
  return TRUE;
}

/* The frames go nowhere of their own. */
static GstIterator *
partner_links (GstPad *pad, GstObject *parent)
{
  return NULL;
}

GstVideoAugmentPartner *
gst_video_augment_partner_new (GstPadTemplate *pad_template, GstPad *own)
{
  GstVideoAugmentPartner *partner = g_new0 (GstVideoAugmentPartner, 1);

  g_mutex_init (&partner->lock);
  g_cond_init (&partner->changed);
  g_queue_init (&partner->waiting);
  partner->flushing = TRUE;
  partner->own = own;
  partner->pad = gst_object_ref_sink (gst_pad_new_from_template (pad_template, NULL));
  gst_pad_set_element_private (partner->pad, partner);
  gst_pad_set_chain_function (partner->pad, partner_chain);
  gst_pad_set_event_function (partner->pad, partner_event);
  gst_pad_set_query_function (partner->pad, partner_query);
  gst_pad_set_activatemode_function (partner->pad, partner_activate);
  gst_pad_set_iterate_internal_links_function (partner->pad, partner_links);
  return partner;
}

void
gst_video_augment_partner_free (GstVideoAugmentPartner *partner)
{
  g_queue_clear_full (&partner->waiting, (GDestroyNotify)gst_buffer_unref);
  gst_object_unref (partner->pad);
  g_mutex_clear (&partner->lock);
  g_cond_clear (&partner->changed);
  g_free (partner);
}

GstPad *
gst_video_augment_partner_get_pad (GstVideoAugmentPartner *partner)
{
  return partner->pad;
}

void
gst_video_augment_partner_interrupt (GstVideoAugmentPartner *partner, gboolean interrupted)
{
  g_mutex_lock (&partner->lock);
  partner->interrupted = interrupted;
  g_cond_broadcast (&partner->changed);
  g_mutex_unlock (&partner->lock);
}

GstFlowReturn
gst_video_augment_partner_take (
    GstVideoAugmentPartner *partner, GstBuffer **frames, guint n, GstVideoInfo *info)
{
  GstFlowReturn flow = GST_FLOW_OK;

  g_mutex_lock (&partner->lock);
  while (partner->waiting.length < n && !partner->interrupted && !partner->ended)
    g_cond_wait (&partner->changed, &partner->lock);
  if (partner->interrupted)
    flow = GST_FLOW_FLUSHING;
  else if (partner->waiting.length < n)
    flow = GST_FLOW_EOS;
  for (guint i = 0; flow == GST_FLOW_OK && i < n; i++)
    frames[i] = g_queue_pop_head (&partner->waiting);
  *info = partner->info;
  g_cond_broadcast (&partner->changed);
  g_mutex_unlock (&partner->lock);
  return flow;
}
