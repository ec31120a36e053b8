/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Captions and labels on pads of their own.
 *
 * A probe on the source's pad sees all that goes out there, and puts what goes with it into the
 * queues of these pads, whose tasks push it. So a branch that is blocked, that prerolls, or that
 * leads nowhere holds up no other before its queue is full, which takes thousands of items. Where
 * nothing but words is linked, the items themselves are dropped.
 *
 * Stream start and segment are those of the source's pad at that moment, so that a pad that is
 * asked for in the middle of a stream gets them as well. */
#include "datasetsrc.h"

#include <string.h>

#include "../shared/caption-meta.h"
#include "../shared/label-meta.h"

GST_DEBUG_CATEGORY_EXTERN (dataset_src_debug);
#define GST_CAT_DEFAULT dataset_src_debug

/* How much waits at most. */
#define MAX_ITEMS 16384
#define MAX_BYTES ((gsize)1 << 26)

#define WORDS_CAPS "text/x-raw, format = (string) utf8"

/* What a pad tells of a buffer; NULL: nothing. */
typedef struct {
  const char *name;
  const char *(*tell) (GstBuffer *buffer);
} Words;

static const Words kinds[GST_DATASET_N_WORDS] = {
  { "caption", gst_generative_caption_find },
  { "label", gst_generative_label_find_name },
};

typedef struct {
  GstPad parent;

  const Words *words;
  GMutex lock; /* of all below */
  GCond changed;
  GQueue queue; /* of GstMiniObject: events and buffers */
  gsize bytes;  /* of the buffers */
  gboolean flushing, interrupted;
  gboolean failed; /* was told of */
  /* The source's, of which ours were made. */
  GstEvent *stream_start, *segment;
} GstDatasetWordsPad;

typedef GstPadClass GstDatasetWordsPadClass;

GType gst_dataset_words_pad_get_type (void);
G_DEFINE_TYPE (GstDatasetWordsPad, gst_dataset_words_pad, GST_TYPE_PAD)

/* --- the queue; its lock is held --- */

static void
clear_queue (GstDatasetWordsPad *pad)
{
  g_queue_clear_full (&pad->queue, (GDestroyNotify)gst_mini_object_unref);
  pad->bytes = 0;
}

static void
forget (GstDatasetWordsPad *pad)
{
  clear_queue (pad);
  gst_clear_event (&pad->stream_start);
  gst_clear_event (&pad->segment);
}

static gsize
size_of (GstMiniObject *object)
{
  return GST_IS_BUFFER (object) ? gst_buffer_get_size (GST_BUFFER_CAST (object)) : 0;
}

static void
enqueue (GstDatasetWordsPad *pad, gpointer object)
{
  pad->bytes += size_of (object);
  g_queue_push_tail (&pad->queue, object);
  g_cond_broadcast (&pad->changed);
}

static gboolean
is_full (const GstDatasetWordsPad *pad)
{
  return pad->queue.length >= MAX_ITEMS || pad->bytes >= MAX_BYTES;
}

/* --- what goes out on the source's pad --- */

static void
begin_stream (GstDatasetWordsPad *pad, GstEvent *source)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (WORDS_CAPS);
  g_autofree char *id = NULL;
  const char *name;
  GstEvent *event;
  guint group;

  gst_event_parse_stream_start (source, &name);
  id = g_strdup_printf ("%s/%s", name, pad->words->name);
  event = gst_event_new_stream_start (id);
  if (gst_event_parse_group_id (source, &group))
    gst_event_set_group_id (event, group);
  gst_event_set_stream_flags (event, GST_STREAM_FLAG_SPARSE);
  enqueue (pad, event);
  enqueue (pad, gst_event_new_caps (caps));
}

/* Whether the source's pad has another event than `last`, which it becomes. */
static gboolean
has_changed (GstPad *source, GstEventType type, GstEvent **last)
{
  g_autoptr (GstEvent) event = gst_pad_get_sticky_event (source, type, 0);

  return event != NULL && gst_event_replace (last, event);
}

static void
follow_events (GstDatasetWordsPad *pad, GstPad *source)
{
  if (has_changed (source, GST_EVENT_STREAM_START, &pad->stream_start))
    begin_stream (pad, pad->stream_start);
  if (has_changed (source, GST_EVENT_SEGMENT, &pad->segment))
    enqueue (pad, gst_event_ref (pad->segment));
}

/* The words of a buffer, or a gap; where there are no times, that goes to the beginning, so that
 * sinks know that there is a stream. (transfer full) */
static gpointer
make_words (const Words *words, GstBuffer *source)
{
  const char *text = words->tell (source);
  const GstClockTime time = GST_BUFFER_PTS (source);
  GstBuffer *buffer;

  if (text == NULL || *text == '\0')
    return gst_event_new_gap (
        GST_CLOCK_TIME_IS_VALID (time) ? time : 0, GST_BUFFER_DURATION (source));
  buffer = gst_buffer_new_memdup (text, strlen (text));
  GST_BUFFER_PTS (buffer) = time;
  GST_BUFFER_DURATION (buffer) = GST_BUFFER_DURATION (source);
  GST_BUFFER_OFFSET (buffer) = GST_BUFFER_OFFSET (source);
  GST_BUFFER_OFFSET_END (buffer) = GST_BUFFER_OFFSET_END (source);
  if (GST_BUFFER_IS_DISCONT (source))
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
  return buffer;
}

/* Put what goes with something on the source's pad into the queue, when there is room. */
static void
take (GstDatasetWordsPad *pad, GstPad *source, gpointer object)
{
  g_mutex_lock (&pad->lock);
  while (is_full (pad) && !pad->flushing && !pad->interrupted)
    g_cond_wait (&pad->changed, &pad->lock);
  if (!pad->flushing) {
    follow_events (pad, source);
    enqueue (pad, object);
    object = NULL;
  }
  g_mutex_unlock (&pad->lock);
  g_clear_pointer (&object, gst_mini_object_unref);
}

static void
flush_start (GstDatasetWordsPad *pad, GstEvent *event)
{
  gst_pad_push_event (GST_PAD_CAST (pad), gst_event_ref (event));
  g_mutex_lock (&pad->lock);
  pad->flushing = TRUE;
  g_cond_broadcast (&pad->changed);
  g_mutex_unlock (&pad->lock);
  gst_pad_pause_task (GST_PAD_CAST (pad));
}

static void loop (gpointer data);

static void
flush_stop (GstDatasetWordsPad *pad, GstEvent *event)
{
  gst_pad_push_event (GST_PAD_CAST (pad), gst_event_ref (event));
  g_mutex_lock (&pad->lock);
  clear_queue (pad);
  gst_clear_event (&pad->segment); /* which the next one begins with again */
  pad->flushing = FALSE;
  pad->failed = FALSE;
  g_mutex_unlock (&pad->lock);
  gst_pad_start_task (GST_PAD_CAST (pad), loop, pad, NULL);
}

static void
follow_event (GstDatasetWordsPad *pad, GstPad *source, GstEvent *event)
{
  switch (GST_EVENT_TYPE (event)) {
  case GST_EVENT_FLUSH_START:
    flush_start (pad, event);
    break;
  case GST_EVENT_FLUSH_STOP:
    flush_stop (pad, event);
    break;
  case GST_EVENT_EOS:
  case GST_EVENT_SEGMENT_DONE:
    take (pad, source, gst_event_ref (event));
    break;
  default:
    break;
  }
}

/* One of the pads; NULL where nobody has asked for it. (transfer full) */
static GstDatasetWordsPad *
get_pad (GstDatasetSrc *self, guint kind)
{
  GstDatasetWordsPad *pad;

  GST_OBJECT_LOCK (self);
  pad = (GstDatasetWordsPad *)self->words[kind];
  if (pad != NULL)
    gst_object_ref (pad);
  GST_OBJECT_UNLOCK (self);
  return pad;
}

static GstPadProbeReturn
follow (GstPad *source, GstPadProbeInfo *info, gpointer data)
{
  GstDatasetSrc *self = data;
  const gboolean is_buffer = (info->type & GST_PAD_PROBE_TYPE_BUFFER) != 0;
  gboolean is_linked = FALSE;

  for (guint i = 0; i < GST_DATASET_N_WORDS; i++) {
    GstDatasetWordsPad *pad = get_pad (self, i);

    if (pad == NULL)
      continue;
    if (is_buffer)
      take (pad, source, make_words (pad->words, GST_PAD_PROBE_INFO_BUFFER (info)));
    else
      follow_event (pad, source, GST_PAD_PROBE_INFO_EVENT (info));
    is_linked |= gst_pad_is_linked (GST_PAD_CAST (pad));
    gst_object_unref (pad);
  }
  return is_buffer && is_linked && !gst_pad_is_linked (source) ? GST_PAD_PROBE_DROP
                                                               : GST_PAD_PROBE_OK;
}

/* --- the pads' own threads --- */

/* What comes next; NULL while flushing. (transfer full) */
static gpointer
wait_for_next (GstDatasetWordsPad *pad)
{
  GstMiniObject *next = NULL;

  g_mutex_lock (&pad->lock);
  while (g_queue_is_empty (&pad->queue) && !pad->flushing)
    g_cond_wait (&pad->changed, &pad->lock);
  if (!pad->flushing) {
    next = g_queue_pop_head (&pad->queue);
    pad->bytes -= size_of (next);
    g_cond_broadcast (&pad->changed);
  }
  g_mutex_unlock (&pad->lock);
  return next;
}

/* A branch that leads nowhere, or wants nothing more, is no error: the others go on. */
static void
check_flow (GstDatasetWordsPad *pad, GstFlowReturn flow)
{
  g_autoptr (GstElement) element = NULL;

  if (flow >= GST_FLOW_OK || flow == GST_FLOW_NOT_LINKED || flow == GST_FLOW_FLUSHING ||
      flow == GST_FLOW_EOS || pad->failed)
    return;
  pad->failed = TRUE;
  element = gst_pad_get_parent_element (GST_PAD_CAST (pad));
  if (element != NULL)
    GST_ELEMENT_FLOW_ERROR (element, flow);
}

static void
loop (gpointer data)
{
  GstDatasetWordsPad *pad = data;
  gpointer next = wait_for_next (pad);

  if (next == NULL)
    gst_pad_pause_task (GST_PAD_CAST (pad));
  else if (GST_IS_EVENT (next))
    gst_pad_push_event (GST_PAD_CAST (pad), next);
  else
    check_flow (pad, gst_pad_push (GST_PAD_CAST (pad), next));
}

static gboolean
activate_mode (GstPad *base, GstObject *parent, GstPadMode mode, gboolean active)
{
  GstDatasetWordsPad *pad = (GstDatasetWordsPad *)base;
  gboolean stopped = TRUE;

  if (mode != GST_PAD_MODE_PUSH)
    return FALSE;
  g_mutex_lock (&pad->lock);
  pad->flushing = !active;
  pad->failed = FALSE;
  g_cond_broadcast (&pad->changed);
  g_mutex_unlock (&pad->lock);
  if (active)
    return gst_pad_start_task (base, loop, pad, NULL);
  stopped = gst_pad_stop_task (base);
  g_mutex_lock (&pad->lock);
  forget (pad);
  g_mutex_unlock (&pad->lock);
  return stopped;
}

/* --- what comes from behind --- */

static gboolean
answer_query (GstPad *pad, GstObject *parent, GstQuery *query)
{
  switch (GST_QUERY_TYPE (query)) {
  case GST_QUERY_LATENCY:
  case GST_QUERY_DURATION:
  case GST_QUERY_POSITION:
  case GST_QUERY_SEEKING:
  case GST_QUERY_SEGMENT:
  case GST_QUERY_CONVERT:
    return gst_pad_query (GST_BASE_SRC_PAD (parent), query);
  default:
    return gst_pad_query_default (pad, parent, query);
  }
}

/* Seeks are the whole source's; what else is said concerns words alone. */
static gboolean
take_event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  if (GST_EVENT_TYPE (event) == GST_EVENT_SEEK)
    return gst_pad_send_event (GST_BASE_SRC_PAD (parent), event);
  gst_event_unref (event);
  return TRUE;
}

/* --- asking for pads --- */

static void
gst_dataset_words_pad_finalize (GObject *object)
{
  GstDatasetWordsPad *pad = (GstDatasetWordsPad *)object;

  forget (pad);
  g_cond_clear (&pad->changed);
  g_mutex_clear (&pad->lock);
  G_OBJECT_CLASS (gst_dataset_words_pad_parent_class)->finalize (object);
}

static void
gst_dataset_words_pad_class_init (GstDatasetWordsPadClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = gst_dataset_words_pad_finalize;
}

static void
gst_dataset_words_pad_init (GstDatasetWordsPad *pad)
{
  g_mutex_init (&pad->lock);
  g_cond_init (&pad->changed);
  g_queue_init (&pad->queue);
  pad->flushing = TRUE;
}

void
gst_dataset_words_add_templates (GstElementClass *element_class)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (WORDS_CAPS);

  for (guint i = 0; i < GST_DATASET_N_WORDS; i++)
    gst_element_class_add_pad_template (
        element_class, gst_pad_template_new (kinds[i].name, GST_PAD_SRC, GST_PAD_REQUEST, caps));
}

/* GstBaseSrc gives its pad a stream identifier that names no pad, which GStreamer refuses where an
 * element counts several source pads. Ours name theirs: they need not be counted. */
static void
count_source_pads (GstElement *element, int more)
{
  GST_OBJECT_LOCK (element);
  element->numsrcpads = (guint16)(element->numsrcpads + more);
  GST_OBJECT_UNLOCK (element);
}

GstPad *
gst_dataset_words_request (
    GstElement *element, GstPadTemplate *template, const char *name, const GstCaps *caps)
{
  GstDatasetSrc *self = GST_DATASET_SRC (element);
  GstDatasetWordsPad *pad;
  guint kind = 0;
  gboolean is_there;

  while (!g_str_equal (kinds[kind].name, GST_PAD_TEMPLATE_NAME_TEMPLATE (template)))
    kind++;
  pad = g_object_new (gst_dataset_words_pad_get_type (), "name", kinds[kind].name, "direction",
      GST_PAD_SRC, "template", template, NULL);
  pad->words = &kinds[kind];
  gst_pad_set_activatemode_function (GST_PAD_CAST (pad), activate_mode);
  gst_pad_set_query_function (GST_PAD_CAST (pad), answer_query);
  gst_pad_set_event_function (GST_PAD_CAST (pad), take_event);
  GST_OBJECT_LOCK (self);
  is_there = self->words[kind] != NULL;
  if (!is_there)
    self->words[kind] = gst_object_ref_sink (pad);
  GST_OBJECT_UNLOCK (self);
  if (is_there) {
    gst_object_unref (gst_object_ref_sink (pad));
    return NULL;
  }
  if (self->words_probe == 0)
    self->words_probe = gst_pad_add_probe (GST_BASE_SRC_PAD (self),
        GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM |
            GST_PAD_PROBE_TYPE_EVENT_FLUSH,
        follow, self, NULL);
  gst_element_add_pad (element, GST_PAD_CAST (pad));
  count_source_pads (element, -1);
  return GST_PAD_CAST (pad);
}

void
gst_dataset_words_release (GstElement *element, GstPad *pad)
{
  GstDatasetSrc *self = GST_DATASET_SRC (element);

  gst_pad_set_active (pad, FALSE);
  GST_OBJECT_LOCK (self);
  for (guint i = 0; i < GST_DATASET_N_WORDS; i++)
    if (self->words[i] == pad)
      self->words[i] = NULL;
  GST_OBJECT_UNLOCK (self);
  count_source_pads (element, 1);
  gst_element_remove_pad (element, pad);
  gst_object_unref (pad);
}

void
gst_dataset_words_activate (GstDatasetSrc *self)
{
  for (guint i = 0; i < GST_DATASET_N_WORDS; i++) {
    GstDatasetWordsPad *pad = get_pad (self, i);

    if (pad == NULL)
      continue;
    gst_pad_set_active (GST_PAD_CAST (pad), TRUE);
    gst_object_unref (pad);
  }
}

void
gst_dataset_words_interrupt (GstDatasetSrc *self, gboolean interrupted)
{
  for (guint i = 0; i < GST_DATASET_N_WORDS; i++) {
    GstDatasetWordsPad *pad = get_pad (self, i);

    if (pad == NULL)
      continue;
    g_mutex_lock (&pad->lock);
    pad->interrupted = interrupted;
    g_cond_broadcast (&pad->changed);
    g_mutex_unlock (&pad->lock);
    gst_object_unref (pad);
  }
}
