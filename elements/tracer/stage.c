/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Stages, and the pads by which buffers come to them and leave. */
#include "stage.h"

#include "figures.h"
#include "losses.h"
#include "model-version.h"

#define NO_TIME GST_TRACE_NO_TIME

/* What a pad keeps. */
typedef struct {
  GstTraceStage *stage;  /* NULL: a pad that only hands through, of a bin */
  _Atomic gint64 offset; /* from a buffer's time to running time */
} PadNote;

/* --- the trace --- */

GstTrace *
gst_trace_new (GenCounters *counters)
{
  GstTrace *trace = g_new0 (GstTrace, 1);
  g_autofree char *key = g_strdup_printf ("generative-trace-%p", (void *)trace);

  g_atomic_ref_count_init (&trace->references);
  trace->owned = counters == NULL;
  trace->counters = counters != NULL ? gen_counters_ref (counters) : gen_counters_new ();
  trace->intervals = 1;
  trace->quark = g_quark_from_string (key);
  trace->stages = g_ptr_array_new ();
  trace->versions = gst_trace_versions_new ();
  g_mutex_init (&trace->lock);
  g_mutex_init (&trace->gathering);
  return trace;
}

GstTrace *
gst_trace_ref (GstTrace *trace)
{
  g_atomic_ref_count_inc (&trace->references);
  return trace;
}

void
gst_trace_unref (GstTrace *trace)
{
  if (!g_atomic_ref_count_dec (&trace->references))
    return;
  if (trace->memory != NULL) {
    gen_counters_release (trace->counters, trace->memory);
    gen_counters_release (trace->counters, trace->processor);
  }
  gen_counters_unref (trace->counters);
  g_ptr_array_unref (trace->stages);
  g_hash_table_unref (trace->versions);
  g_mutex_clear (&trace->lock);
  g_mutex_clear (&trace->gathering);
  g_free (trace);
}

/* --- stages --- */

GstTraceStage *
gst_trace_stage_ref (GstTraceStage *stage)
{
  g_atomic_ref_count_inc (&stage->references);
  return stage;
}

void
gst_trace_stage_unref (GstTraceStage *stage)
{
  GstTrace *trace = stage->trace;

  if (!g_atomic_ref_count_dec (&stage->references))
    return;
  g_mutex_lock (&trace->lock);
  g_ptr_array_remove_fast (trace->stages, stage);
  for (guint i = 0; i < stage->gauges->len; i++)
    gen_counters_release (trace->counters, g_ptr_array_index (stage->gauges, i));
  g_mutex_unlock (&trace->lock);
  gst_trace_figures_clear (stage);
  g_ptr_array_unref (stage->gauges);
  g_weak_ref_clear (&stage->element);
  g_free (stage->name);
  g_free (stage->factory);
  g_free (stage);
  gst_trace_unref (trace);
}

static gboolean
has_template (GstElement *element, GstPadDirection direction)
{
  const GList *templates =
      gst_element_class_get_pad_template_list (GST_ELEMENT_GET_CLASS (element));

  for (; templates != NULL; templates = templates->next)
    if (GST_PAD_TEMPLATE_DIRECTION (templates->data) == direction)
      return TRUE;
  return FALSE;
}

/* What the element, or a bin around it, says that it belongs to; else nothing. (transfer full) */
static char *
find_group (GstElement *element)
{
  GstObject *object = gst_object_ref (GST_OBJECT (element));
  char *group = NULL;

  while (object != NULL && group == NULL) {
    GstObject *parent = gst_object_get_parent (object);

    group = g_strdup (g_object_get_data (G_OBJECT (object), GST_TRACE_GROUP));
    gst_object_unref (object);
    object = parent;
  }
  gst_clear_object (&object);
  return group != NULL ? group : g_strdup ("");
}

static GstTraceStage *
new_stage (GstTrace *trace, GstElement *element)
{
  GstTraceStage *stage = g_new0 (GstTraceStage, 1);
  GstElementFactory *factory = gst_element_get_factory (element);
  const char *plugin =
      factory != NULL ? gst_plugin_feature_get_plugin_name (GST_PLUGIN_FEATURE (factory)) : NULL;
  const gboolean takes = has_template (element, GST_PAD_SINK);
  const gboolean gives = has_template (element, GST_PAD_SRC);

  g_atomic_ref_count_init (&stage->references);
  stage->trace = gst_trace_ref (trace);
  g_weak_ref_init (&stage->element, element);
  stage->factory =
      g_strdup (factory != NULL ? GST_OBJECT_NAME (factory) : G_OBJECT_TYPE_NAME (element));
  stage->name =
      trace->by_factory ? find_group (element) : gst_object_get_name (GST_OBJECT (element));
  stage->is_sink = takes && !gives;
  stage->passes = takes && gives;
  stage->measures = gives && g_strcmp0 (plugin, "generative") == 0;
  stage->has_model = stage->model_is_new =
      g_strcmp0 (plugin, "generative") == 0 &&
      g_object_class_find_property (G_OBJECT_GET_CLASS (element), "model") != NULL;
  stage->shares =
      g_object_class_find_property (G_OBJECT_GET_CLASS (element), "shared-figures") != NULL;
  stage->has_levels =
      g_object_class_find_property (G_OBJECT_GET_CLASS (element), "current-level-buffers") != NULL;
  stage->loss = gst_trace_loss_find (stage->factory);
  stage->gauges = g_ptr_array_new ();
  gst_trace_passages_init (&stage->passages);
  return stage;
}

GstTraceStage *
gst_trace_stage_of (GstTrace *trace, GstElement *element)
{
  GstTraceStage *stage;

  g_mutex_lock (&trace->lock);
  stage = g_object_get_qdata (G_OBJECT (element), trace->quark);
  if (stage == NULL) {
    stage = new_stage (trace, element);
    g_ptr_array_add (trace->stages, stage);
    g_object_set_qdata_full (
        G_OBJECT (element), trace->quark, stage, (GDestroyNotify)gst_trace_stage_unref);
  }
  g_mutex_unlock (&trace->lock);
  return stage;
}

/* Under the lock. */
static GenCounter *
take (GstTraceStage *stage, const GenCounterFamily *family, const char *one, const char *two)
{
  const char *const values[] = { stage->name, stage->factory, one, two };
  GenCounter *counter = gen_counters_take (stage->trace->counters, family, values);

  if (g_ptr_array_find (stage->gauges, counter, NULL))
    gen_counters_release (stage->trace->counters, counter); /* once is enough */
  else if (family->type == GEN_COUNTER_GAUGE && !stage->trace->owned)
    g_ptr_array_add (stage->gauges, counter);
  return counter;
}

GenCounter *
gst_trace_stage_take (
    GstTraceStage *stage, const GenCounterFamily *family, const char *one, const char *two)
{
  GenCounter *counter;

  g_mutex_lock (&stage->trace->lock);
  counter = take (stage, family, one, two);
  g_mutex_unlock (&stage->trace->lock);
  return counter;
}

void
gst_trace_stage_release (GstTraceStage *stage, GenCounter *counter)
{
  g_mutex_lock (&stage->trace->lock);
  g_ptr_array_remove_fast (stage->gauges, counter);
  gen_counters_release (stage->trace->counters, counter);
  g_mutex_unlock (&stage->trace->lock);
}

/* A stage through which buffers go. */
static void
begin_stream (GstTraceStage *stage)
{
  g_mutex_lock (&stage->trace->lock);
  if (stage->frames == NULL) {
    stage->bytes = take (stage, &gst_trace_bytes, NULL, NULL);
    if (stage->passes)
      stage->seconds = take (stage, &gst_trace_seconds, NULL, NULL);
    stage->frames = take (stage, &gst_trace_frames, NULL, NULL);
  }
  g_mutex_unlock (&stage->trace->lock);
}

/* --- pads --- */

static void
free_note (gpointer data)
{
  PadNote *note = data;

  g_clear_pointer (&note->stage, gst_trace_stage_unref);
  g_free (note);
}

/* How often a pad is found locked until it is this thread that has locked it. */
#define TRIES 200

/* Whether the pad is locked by this thread, as while events are told in some versions of GStreamer
 * and on some of its ways: others keep a pad locked for moments only. */
static gboolean
is_locked (GstPad *pad)
{
  for (int i = 0; i < TRIES; i++) {
    if (GST_OBJECT_TRYLOCK (pad)) {
      GST_OBJECT_UNLOCK (pad);
      return FALSE;
    }
    g_thread_yield ();
  }
  return TRUE;
}

/* (transfer full) */
static GstElement *
element_of (GstPad *pad, gboolean locked)
{
  GstObject *parent = locked ? GST_OBJECT_PARENT (pad) : NULL;

  if (!locked)
    return gst_pad_get_parent_element (pad);
  return parent != NULL && GST_IS_ELEMENT (parent) ? gst_object_ref (GST_ELEMENT (parent)) : NULL;
}

/* (transfer full) */
static GstPad *
peer_of (GstPad *pad, gboolean locked)
{
  if (!locked)
    return gst_pad_get_peer (pad);
  return GST_PAD_PEER (pad) != NULL ? gst_object_ref (GST_PAD_PEER (pad)) : NULL;
}

static PadNote *
add_note (GstTrace *trace, GstPad *pad, gboolean locked)
{
  g_autoptr (GstElement) element = element_of (pad, locked);
  PadNote *note = g_new0 (PadNote, 1);

  if (element != NULL && !GST_IS_BIN (element)) {
    note->stage = gst_trace_stage_ref (gst_trace_stage_of (trace, element));
    begin_stream (note->stage);
  }
  /* Of two threads one comes first. */
  if (g_object_replace_qdata (G_OBJECT (pad), trace->quark, NULL, note, free_note, NULL))
    return note;
  free_note (note);
  return g_object_get_qdata (G_OBJECT (pad), trace->quark);
}

static PadNote *
note_of (GstTrace *trace, GstPad *pad, gboolean locked)
{
  PadNote *note = g_object_get_qdata (G_OBJECT (pad), trace->quark);

  return note != NULL ? note : add_note (trace, pad, locked);
}

/* --- buffers --- */

static gint64
running_time (const PadNote *note, GstBuffer *buffer)
{
  if (!GST_BUFFER_PTS_IS_VALID (buffer))
    return NO_TIME;
  return (gint64)GST_BUFFER_PTS (buffer) +
         atomic_load_explicit (&note->offset, memory_order_relaxed);
}

static void
count (GstTraceStage *stage, GstBuffer *buffer)
{
  gen_counter_add (stage->frames, 1);
  gen_counter_add (stage->bytes, gst_buffer_get_size (buffer));
}

void
gst_trace_enter (GstTrace *trace, GstPad *pad, GstBuffer *buffer, guint64 now)
{
  PadNote *note = note_of (trace, pad, FALSE);
  GstTraceStage *stage = note->stage;

  if (stage == NULL)
    return;
  atomic_fetch_add_explicit (&stage->came, 1, memory_order_relaxed);
  if (stage->is_sink)
    count (stage, buffer);
  if (stage->passes && GST_BUFFER_PTS_IS_VALID (buffer))
    gst_trace_passages_add (&stage->passages, running_time (note, buffer), now);
  if (stage->measures)
    gst_trace_figures_enter (stage, buffer);
}

void
gst_trace_leave (GstTrace *trace, GstPad *pad, GstBuffer *buffer, guint64 now)
{
  PadNote *note = note_of (trace, pad, FALSE);
  GstTraceStage *stage = note->stage;
  const gint64 time = running_time (note, buffer);
  guint64 entered;

  if (stage == NULL)
    return;
  atomic_fetch_add_explicit (&stage->went, 1, memory_order_relaxed);
  count (stage, buffer);
  if (stage->measures)
    gst_trace_figures_leave (stage, buffer);
  if (!stage->passes || time == NO_TIME)
    return;
  entered = gst_trace_passages_find (&stage->passages, time);
  if (entered != 0 && now >= entered)
    gen_counter_observe (stage->seconds, (double)(now - entered) / GST_SECOND);
}

/* --- events --- */

static void
set_offset (PadNote *note, GstEvent *event)
{
  const GstSegment *segment;
  gint64 offset = 0;

  gst_event_parse_segment (event, &segment);
  if (segment->format == GST_FORMAT_TIME && segment->rate > 0)
    offset = (gint64)segment->base - (gint64)segment->start;
  atomic_store_explicit (&note->offset, offset, memory_order_relaxed);
}

/* Begin the balance anew; how many had come and neither gone nor been told as lost. */
static guint64
forget (GstTraceStage *stage)
{
  guint64 came, went, lost;

  if (stage->loss == NULL || !stage->loss->of_balance)
    return 0;
  g_mutex_lock (&stage->trace->lock);
  came = atomic_exchange_explicit (&stage->came, 0, memory_order_relaxed);
  went = atomic_exchange_explicit (&stage->went, 0, memory_order_relaxed);
  lost = stage->told_lost;
  stage->lost = stage->told_lost = 0;
  g_mutex_unlock (&stage->trace->lock);
  return came > went + lost ? came - went - lost : 0;
}

void
gst_trace_stage_stopped (GstTraceStage *stage)
{
  forget (stage);
}

/* What lay in the element is gone with a flush, which is no loss of a full queue. */
static void
count_flushed (GstTraceStage *stage)
{
  const guint64 flushed = forget (stage);

  if (flushed > 0)
    gen_counter_add (gst_trace_stage_take (stage, &gst_trace_dropped, "flush", NULL), flushed);
}

static gboolean
is_followed (GstEvent *event)
{
  return GST_EVENT_TYPE (event) == GST_EVENT_SEGMENT || GST_EVENT_TYPE (event) == GST_EVENT_GAP ||
         GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_STOP || GST_EVENT_TYPE (event) == GST_EVENT_EOS;
}

void
gst_trace_event (GstTrace *trace, GstPad *pad, GstEvent *event)
{
  g_autoptr (GstPad) peer = NULL;
  PadNote *from, *to;
  gboolean locked;

  if (!is_followed (event) || !GST_PAD_IS_SRC (pad))
    return;
  locked = is_locked (pad);
  peer = peer_of (pad, locked);
  from = note_of (trace, pad, locked);
  to = peer != NULL ? note_of (trace, peer, FALSE) : NULL;
  switch (GST_EVENT_TYPE (event)) {
  case GST_EVENT_SEGMENT:
    set_offset (from, event);
    if (to != NULL)
      set_offset (to, event);
    break;
  case GST_EVENT_GAP:
    if (from->stage != NULL)
      atomic_fetch_add_explicit (&from->stage->gaps, 1, memory_order_relaxed);
    if (to != NULL && to->stage != NULL)
      atomic_fetch_sub_explicit (&to->stage->gaps, 1, memory_order_relaxed);
    break;
  case GST_EVENT_EOS:
    if (from->stage != NULL)
      gst_trace_loss_gather_last (from->stage);
    break;
  default:
    if (from->stage != NULL)
      count_flushed (from->stage);
  }
}
