/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What tests of contentgate share: a model that knows how bright pictures are, and a stream of such
 * pictures. */
#pragma once

#include <generative/model.h>
#include <gst/check/gstharness.h>

#include "../scratch.h"
#include "models.h"

#define SIZE 8
#define PIXELS (SIZE * SIZE)
#define PICTURE "video/x-raw,format=GRAY8,width=8,height=8,framerate=10/1"

/* Of models, and of what is held. */
static char *folder;

/* Of a picture, how bright it is, from 0 to 1; the square root of less than nothing where it is
 * darker than a quarter of that, where it `fails`. */
static inline void
save_bright (const char *name, gboolean fails)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autoptr (GenGraph) graph = gen_graph_new ("bright");
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, SIZE, SIZE));

  x = gen_unary (graph, "GlobalAveragePool", x, &error);
  x = gen_unary (graph, "Flatten", x, &error);
  if (fails) {
    x = gen_binary (graph, "Sub", x, gen_graph_float (graph, 0.25), &error);
    x = gen_unary (graph, "Sqrt", x, &error);
  }
  g_assert_no_error (error);
  gen_graph_add_output (graph, x);
  g_hash_table_insert (graph->metadata, g_strdup ("generative.input-range"), g_strdup ("0,1"));
  gen_onnx_save (graph, path, &error);
  g_assert_no_error (error);
}

typedef struct {
  GstHarness *harness;
  GstBus *bus;
} Fixture;

/* `properties` may have %s for the folder. */
static inline void
open_fixture (Fixture *f, const char *properties, const char *caps)
{
  g_autofree char *launch = g_strdup_printf ("contentgate %s", properties);
  g_auto (GStrv) parts = g_strsplit (launch, "%s", -1);
  g_autofree char *whole = g_strjoinv (folder, parts);

  f->harness = gst_harness_new_parse (whole);
  f->bus = gst_bus_new ();
  gst_element_set_bus (f->harness->element, f->bus);
  gst_harness_set_src_caps_str (f->harness, caps);
}

static inline void
close_fixture (Fixture *f)
{
  gst_bus_set_flushing (f->bus, TRUE);
  gst_element_set_bus (f->harness->element, NULL);
  gst_object_unref (f->bus);
  gst_harness_teardown (f->harness);
}

static inline guint
count_messages (Fixture *f, const char *name)
{
  guint n = 0;

  for (;;) {
    g_autoptr (GstMessage) message = gst_bus_pop (f->bus);

    if (message == NULL)
      return n;
    n += GST_MESSAGE_TYPE (message) == GST_MESSAGE_WARNING   ? g_str_equal (name, "warning")
         : GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR   ? g_str_equal (name, "error")
         : GST_MESSAGE_TYPE (message) == GST_MESSAGE_ELEMENT ? gst_message_has_name (message, name)
                                                             : 0;
  }
}

/* A checkerboard around `level`. */
static inline GstBuffer *
make_picture (int level, guint number)
{
  guint8 pixels[PIXELS];
  GstBuffer *buffer;

  for (int i = 0; i < PIXELS; i++)
    pixels[i] = (guint8)(level + ((i + i / SIZE) % 2 ? 20 : -20));
  buffer = gst_buffer_new_memdup (pixels, PIXELS);
  GST_BUFFER_PTS (buffer) = number * GST_SECOND / 10;
  GST_BUFFER_DURATION (buffer) = GST_SECOND / 10;
  return buffer;
}

/* How many pixels are others than those of make_picture. */
static inline int
count_changed (GstBuffer *buffer, int level)
{
  g_autoptr (GstBuffer) before = make_picture (level, 0);
  GstMapInfo a, b;
  int n = 0;

  g_assert_cmpuint (gst_buffer_get_size (buffer), ==, PIXELS);
  gst_buffer_map (buffer, &a, GST_MAP_READ);
  gst_buffer_map (before, &b, GST_MAP_READ);
  for (int i = 0; i < PIXELS; i++)
    n += a.data[i] != b.data[i];
  gst_buffer_unmap (buffer, &a);
  gst_buffer_unmap (before, &b);
  return n;
}

static inline int
push_picture (Fixture *f, int level, guint number)
{
  g_autoptr (GstBuffer) buffer =
      gst_harness_push_and_pull (f->harness, make_picture (level, number));

  g_assert_nonnull (buffer);
  return count_changed (buffer, level);
}
