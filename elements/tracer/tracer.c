/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * The tracer `generative`: what goes on in any pipeline, in Prometheus' text format, in a file that
 * is replaced as a whole every few seconds, for node_exporter's textfile collector or any web
 * server:
 *
 *   GST_TRACERS="generative(file=metrics.prom,interval=1)" gst-launch-1.0 videotestsrc \
 *     num-buffers=100 ! queue ! qualitymeter ! fakesink
 *
 * `file`: where to. `interval`: seconds between two files, and between two looks at queues and
 * figures (1). `window`: seconds over which means of figures of quality are (10). `by`: `element`
 * tells each element by its name, `factory` all of a kind together, for programs that make and end
 * pipelines all the time (element).
 *
 * Who makes one in a program of its own gives it the counters that it shall count by (property
 * `counters`), and has it look around by the signal `gather`; there is no file then, and no thread.
 * Of bins that it calls by GST_TRACE_GROUP (group.h), `by=factory` tells each by itself.
 */
#ifndef GST_USE_UNSTABLE_API
#define GST_USE_UNSTABLE_API
#endif
#include "tracer.h"

#include <generative/atomic-file.h>
#include <gst/gsttracer.h>

#include "../shared/debug.h"
#include "gather.h"
#include "messages.h"
#include "stage.h"

#define DEFAULT_INTERVAL 1.0
#define DEFAULT_WINDOW 10.0

#define GST_CAT_DEFAULT gst_generative_debug

typedef struct {
  GstTracer parent;

  GenCounters *counters; /* somebody else's, until it is constructed; or NULL */
  GstTrace *trace;       /* NULL where the parameters make no sense */

  char *file;
  double interval, window;
  gboolean by_factory;

  GThread *thread;
  GMutex lock;
  GCond changed;
  gboolean closing; /* under the lock */
  gboolean failed;  /* the thread's: that the file cannot be written was told */
} GstGenerativeTracer;

typedef struct {
  GstTracerClass parent_class;
} GstGenerativeTracerClass;

enum {
  PROP_0,
  PROP_COUNTERS,
};

G_DEFINE_TYPE (GstGenerativeTracer, gst_generative_tracer, GST_TYPE_TRACER)
#define GST_GENERATIVE_TRACER(object) ((GstGenerativeTracer *)(object))

/* --- hooks --- */

static void
on_push (GstGenerativeTracer *self, guint64 now, GstPad *pad, GstBuffer *buffer)
{
  gst_trace_leave (self->trace, pad, buffer, now);
}

static void
on_push_list (GstGenerativeTracer *self, guint64 now, GstPad *pad, GstBufferList *list)
{
  for (guint i = 0; i < gst_buffer_list_length (list); i++)
    gst_trace_leave (self->trace, pad, gst_buffer_list_get (list, i), now);
}

static void
on_chain (GstGenerativeTracer *self, guint64 now, GstPad *pad, GstBuffer *buffer)
{
  gst_trace_enter (self->trace, pad, buffer, now);
}

static void
on_chain_list (GstGenerativeTracer *self, guint64 now, GstPad *pad, GstBufferList *list)
{
  for (guint i = 0; i < gst_buffer_list_length (list); i++)
    gst_trace_enter (self->trace, pad, gst_buffer_list_get (list, i), now);
}

static void
on_event (GstGenerativeTracer *self, guint64 now, GstPad *pad, GstEvent *event)
{
  gst_trace_event (self->trace, pad, event);
}

static void
on_message (GstGenerativeTracer *self, guint64 now, GstElement *element, GstMessage *message)
{
  gst_trace_message (self->trace, element, message);
}

static void
on_change_state (GstGenerativeTracer *self, guint64 now, GstElement *element, GstStateChange change)
{
  if (change == GST_STATE_CHANGE_PAUSED_TO_READY && !GST_IS_BIN (element))
    gst_trace_gather_last (self->trace, element);
}

static void
on_changed_state (GstGenerativeTracer *self, guint64 now, GstElement *element,
    GstStateChange change, GstStateChangeReturn result)
{
  if (change == GST_STATE_CHANGE_PAUSED_TO_READY && !GST_IS_BIN (element))
    gst_trace_stage_stopped (gst_trace_stage_of (self->trace, element));
}

static void
hook (GstGenerativeTracer *self)
{
  static const struct {
    const char *name;
    GCallback function;
  } hooks[] = {
    { "pad-push-pre", G_CALLBACK (on_push) },
    { "pad-push-list-pre", G_CALLBACK (on_push_list) },
    { "pad-chain-pre", G_CALLBACK (on_chain) },
    { "pad-chain-list-pre", G_CALLBACK (on_chain_list) },
    { "pad-push-event-pre", G_CALLBACK (on_event) },
    { "element-change-state-pre", G_CALLBACK (on_change_state) },
    { "element-change-state-post", G_CALLBACK (on_changed_state) },
    { "element-post-message-pre", G_CALLBACK (on_message) },
  };

  for (guint i = 0; i < G_N_ELEMENTS (hooks); i++)
    gst_tracing_register_hook (GST_TRACER (self), hooks[i].name, hooks[i].function);
}

/* --- the file --- */

static void
write_file (GstGenerativeTracer *self)
{
  GString *text = g_string_new (NULL);
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;

  gst_trace_gather (self->trace);
  gen_counters_append_text (self->trace->counters, text);
  bytes = g_string_free_to_bytes (text);
  if (gen_atomic_write (self->file, bytes, &error)) {
    self->failed = FALSE;
    return;
  }
  if (!self->failed)
    g_warning ("the tracer generative: %s", error->message);
  self->failed = TRUE;
}

static gpointer
write_files (gpointer data)
{
  GstGenerativeTracer *self = data;
  const gint64 interval = (gint64)(self->interval * G_USEC_PER_SEC);
  gint64 due = g_get_monotonic_time () + interval;

  g_mutex_lock (&self->lock);
  while (!self->closing) {
    if (g_cond_wait_until (&self->changed, &self->lock, due))
      continue;
    g_mutex_unlock (&self->lock);
    write_file (self);
    due = MAX (due + interval, g_get_monotonic_time ());
    g_mutex_lock (&self->lock);
  }
  g_mutex_unlock (&self->lock);
  return NULL;
}

/* --- parameters --- */

static gboolean
take_seconds (const GValue *value, double *seconds)
{
  GValue number = G_VALUE_INIT;

  g_value_init (&number, G_TYPE_DOUBLE);
  if (!g_value_transform (value, &number))
    return FALSE;
  *seconds = g_value_get_double (&number);
  return *seconds >= 0.1 && *seconds <= 3600;
}

/* GstStructureForeachFunc; FALSE where the parameter makes no sense. */
static gboolean
take_parameter (GQuark quark, const GValue *value, gpointer data)
{
  GstGenerativeTracer *self = data;
  const char *name = g_quark_to_string (quark);
  const char *text = G_VALUE_HOLDS_STRING (value) ? g_value_get_string (value) : NULL;

  if (g_str_equal (name, "file") && text != NULL) {
    self->file = g_strdup (text);
    return TRUE;
  }
  if (g_str_equal (name, "by") &&
      (g_strcmp0 (text, "element") == 0 || g_strcmp0 (text, "factory") == 0)) {
    self->by_factory = g_str_equal (text, "factory");
    return TRUE;
  }
  if (g_str_equal (name, "interval") && take_seconds (value, &self->interval))
    return TRUE;
  if (g_str_equal (name, "window") && take_seconds (value, &self->window))
    return TRUE;
  g_warning ("the tracer generative: parameter %s: there are file (a path), interval and window "
             "(seconds, 0.1 to 3600) and by (element or factory)",
      name);
  return FALSE;
}

static gboolean
read_parameters (GstGenerativeTracer *self)
{
  g_autofree char *parameters = NULL, *text = NULL;
  GstStructure *structure;
  gboolean good;

  g_object_get (self, "params", &parameters, NULL);
  if (parameters == NULL || *parameters == '\0')
    return TRUE;
  text = g_strconcat ("generative,", parameters, NULL);
  structure = gst_structure_from_string (text, NULL);
  if (structure == NULL) {
    g_warning ("the tracer generative: \"%s\" are no parameters, as file=metrics.prom,interval=1 "
               "are",
        parameters);
    return FALSE;
  }
  good = gst_structure_foreach (structure, take_parameter, self);
  gst_structure_free (structure);
  return good;
}

/* --- the object --- */

static void
gst_generative_tracer_constructed (GObject *object)
{
  GstGenerativeTracer *self = GST_GENERATIVE_TRACER (object);

  G_OBJECT_CLASS (gst_generative_tracer_parent_class)->constructed (object);
  if (!read_parameters (self))
    return;
  if (self->file == NULL && self->counters == NULL) {
    g_warning ("the tracer generative: where its figures go is not said: "
               "GST_TRACERS=\"generative(file=metrics.prom)\"");
    return;
  }
  self->trace = gst_trace_new (self->counters);
  self->trace->by_factory = self->by_factory;
  self->trace->intervals =
      (guint)CLAMP (self->window / self->interval + 0.5, 1, GST_TRACE_MOST_INTERVALS);
  hook (self);
  if (self->file == NULL)
    return;
  GST_INFO_OBJECT (self, "figures are written to %s every %g s", self->file, self->interval);
  write_file (self);
  self->thread = g_thread_new ("tracer", write_files, self);
}

static void
gst_generative_tracer_finalize (GObject *object)
{
  GstGenerativeTracer *self = GST_GENERATIVE_TRACER (object);

  g_mutex_lock (&self->lock);
  self->closing = TRUE;
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
  if (self->thread != NULL) {
    g_thread_join (self->thread);
    write_file (self);
  }
  g_clear_pointer (&self->trace, gst_trace_unref);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->changed);
  g_free (self->file);
  G_OBJECT_CLASS (gst_generative_tracer_parent_class)->finalize (object);
}

static void
gst_generative_tracer_set_property (
    GObject *object, guint id, const GValue *value, GParamSpec *spec)
{
  GstGenerativeTracer *self = GST_GENERATIVE_TRACER (object);

  switch (id) {
  case PROP_COUNTERS:
    self->counters = g_value_get_pointer (value);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, spec);
  }
}

static void
gst_generative_tracer_gather (GstGenerativeTracer *self)
{
  if (self->trace != NULL)
    gst_trace_gather (self->trace);
}

static void
gst_generative_tracer_class_init (GstGenerativeTracerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->constructed = gst_generative_tracer_constructed;
  object_class->finalize = gst_generative_tracer_finalize;
  object_class->set_property = gst_generative_tracer_set_property;
  g_object_class_install_property (object_class, PROP_COUNTERS,
      g_param_spec_pointer ("counters", "Counters",
          "Counters of a program of the same build, to count by",
          G_PARAM_WRITABLE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS));
  g_signal_new_class_handler ("gather", G_TYPE_FROM_CLASS (klass),
      G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION, G_CALLBACK (gst_generative_tracer_gather), NULL, NULL,
      NULL, G_TYPE_NONE, 0);
}

static void
gst_generative_tracer_init (GstGenerativeTracer *self)
{
  self->interval = DEFAULT_INTERVAL;
  self->window = DEFAULT_WINDOW;
  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
}

gboolean
gst_generative_tracer_register (GstPlugin *plugin)
{
  return gst_tracer_register (plugin, "generative", gst_generative_tracer_get_type ());
}
