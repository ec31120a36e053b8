/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What elements measured, as their reports and their messages tell it. */
#pragma once

#include "player.h"

#include <json-glib/json-glib.h>
#include <unistd.h>

#define SCORE "generative-score"
#define SUMMARY "generative-summary"

static inline char *
temporary_path (const char *pattern)
{
  g_autoptr (GError) error = NULL;
  char *path = NULL;
  int fd = g_file_open_tmp (pattern, &path, &error);

  g_assert_no_error (error);
  g_assert_cmpint (close (fd), ==, 0);
  return path;
}

static inline GPtrArray *
read_report (const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  GPtrArray *objects = g_ptr_array_new_with_free_func ((GDestroyNotify)json_node_unref);

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  lines = g_strsplit (g_strchomp (text), "\n", -1);
  for (char **line = lines; *line != NULL; line++) {
    g_ptr_array_add (objects, json_from_string (*line, &error));
    g_assert_no_error (error);
  }
  return objects;
}

static inline JsonObject *
object_at (GPtrArray *lines, guint i)
{
  g_assert_cmpuint (i, <, lines->len);
  return json_node_get_object (lines->pdata[i]);
}

/* Members that are null: a structure has none. */
static inline int
count_null (JsonObject *object)
{
  g_autoptr (GList) values = json_object_get_values (object);
  int n = 0;

  for (GList *value = values; value != NULL; value = value->next)
    n += JSON_NODE_HOLDS_NULL ((JsonNode *)value->data);
  return n;
}

/* Each number, whole number and text of `structure` stands in `object`, and the other way round
 * but for `extra` fields of the object, and those that are null. */
static inline void
assert_agree (const GstStructure *structure, JsonObject *object, int extra)
{
  g_assert_cmpint (gst_structure_n_fields (structure), ==,
      (int)json_object_get_size (object) - count_null (object) - extra);
  for (int i = 0; i < gst_structure_n_fields (structure); i++) {
    const char *name = gst_structure_nth_field_name (structure, i);
    const GValue *value = gst_structure_get_value (structure, name);

    g_assert_true (json_object_has_member (object, name));
    if (G_VALUE_HOLDS_DOUBLE (value))
      g_assert_cmpfloat (
          g_value_get_double (value), ==, json_object_get_double_member (object, name));
    else if (G_VALUE_HOLDS_INT64 (value))
      g_assert_cmpint (g_value_get_int64 (value), ==, json_object_get_int_member (object, name));
    else if (G_VALUE_HOLDS_UINT64 (value))
      g_assert_cmpuint (
          g_value_get_uint64 (value), ==, (guint64)json_object_get_int_member (object, name));
    else if (G_VALUE_HOLDS_STRING (value))
      g_assert_cmpstr (
          g_value_get_string (value), ==, json_object_get_string_member (object, name));
    else if (GST_VALUE_HOLDS_STRUCTURE (value))
      assert_agree (
          gst_value_get_structure (value), json_object_get_object_member (object, name), 0);
    else
      g_error ("field %s has the type %s", name, G_VALUE_TYPE_NAME (value));
  }
}

/* The structures of the element messages of that name (NULL: of any), up to the end of the stream.
 */
static inline GPtrArray *
collect (GstElement *pipeline, const char *name)
{
  GPtrArray *structures = g_ptr_array_new_with_free_func ((GDestroyNotify)gst_structure_free);
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);

  for (;;) {
    g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (
        bus, 20 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR | GST_MESSAGE_ELEMENT);

    g_assert_nonnull (message);
    g_assert_cmpint (GST_MESSAGE_TYPE (message), !=, GST_MESSAGE_ERROR);
    if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS)
      return structures;
    if (name == NULL || gst_message_has_name (message, name))
      g_ptr_array_add (structures, gst_structure_copy (gst_message_get_structure (message)));
  }
}
