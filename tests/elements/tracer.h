/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the tracer tells of pipelines that are played within a test. It is given counters of the
 * test's own, which all tests of a program share: each names its elements as no other. */
#pragma once

#define GST_USE_UNSTABLE_API
#include "../../lib/serve/counters.h"

#include <gst/check/gstharness.h>
#include <gst/gsttracer.h>
#include <gst/gsttracerfactory.h>
#include <math.h>

#include "models.h"
#include "player.h"

#define GREY "video/x-raw,format=GRAY8,width=8,height=8,framerate=10/1"

static GenCounters *counters;
static GstTracer *tracer;

static inline GType
tracer_type (void)
{
  GstRegistry *registry = gst_registry_get ();
  g_autoptr (GstPluginFeature) feature =
      gst_registry_find_feature (registry, "generative", GST_TYPE_TRACER_FACTORY);
  g_autoptr (GstPluginFeature) loaded = NULL;

  g_assert_nonnull (feature);
  loaded = gst_plugin_feature_load (feature);
  g_assert_nonnull (loaded);
  return gst_tracer_factory_get_tracer_type (GST_TRACER_FACTORY (loaded));
}

typedef struct {
  const char *name, *element, *third; /* of what is looked for; NULL: whatever it is */
  double value;
} Search;

static inline void
compare (const GenCounterFamily *family, const char *const *values, const GenCounter *counter,
    gpointer data)
{
  Search *search = data;

  if (g_str_equal (family->name, search->name) && g_str_equal (values[0], search->element) &&
      (search->third == NULL || g_str_equal (values[2], search->third)))
    search->value = gen_counter_get (counter);
}

/* -1 where there is none. */
static inline double
told (const char *name, const char *element, const char *third)
{
  Search search = { name, element, third, -1 };

  gen_counters_foreach (counters, compare, &search);
  return search.value;
}

static inline double
dropped (const char *element, const char *reason)
{
  return told ("generative_stage_dropped_total", element, reason);
}

static inline void
gather (void)
{
  g_signal_emit_by_name (tracer, "gather");
}

static inline char *
text (void)
{
  GString *string = g_string_new (NULL);

  gen_counters_append_text (counters, string);
  return g_string_free (string, FALSE);
}

/* Play to the end. */
static inline void
play (const char *launch)
{
  Player player;

  player_open (&player, launch);
  player_play_to_end (&player);
  player_close (&player);
}

/* A harness of an element of that name. */
static inline GstHarness *
harness_of (const char *launch, const char *caps)
{
  GstHarness *harness = gst_harness_new_parse (launch);

  gst_harness_set_src_caps_str (harness, caps);
  return harness;
}

static inline GstBuffer *
grey (guint8 level, guint ms)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, 64, NULL);

  gst_buffer_memset (buffer, 0, level, 64);
  GST_BUFFER_PTS (buffer) = ms * GST_MSECOND;
  GST_BUFFER_DURATION (buffer) = 100 * GST_MSECOND;
  return buffer;
}

static inline void
post (GstElement *element, GstStructure *structure)
{
  gst_element_post_message (element, gst_message_new_element (GST_OBJECT (element), structure));
}

/* Before tests are added, and to run them. */
static inline void
tracer_begin (int *argc, char ***argv)
{
  gst_init (argc, argv);
  g_test_init (argc, argv, NULL);
  counters = gen_counters_new ();
  tracer =
      g_object_new (tracer_type (), "params", "interval=1,window=2", "counters", counters, NULL);
}

static inline int
tracer_run (void)
{
  const int result = g_test_run ();

  gst_object_unref (tracer);
  gst_deinit ();
  gen_counters_unref (counters);
  return result;
}
