/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What bias compares: the lines of a report, what compare has printed, or what a classifier makes
 * of data. */
#include "bias-data.h"

#include <math.h>
#include <string.h>

#include "../lib/base/json-file.h"
#include "../lib/base/json-members.h"
#include "lines.h"

/* --- lines --- */

/* Members of lines that tell which sample it is, and no figure of it. */
static gboolean
is_figure (const char *name, const char *by)
{
  static const char *const others[] = { "frame", "pts", "frames", "class", "label", "gate-label",
    "item", "seed", NULL };

  return g_strcmp0 (name, by) != 0 && !g_strv_contains (others, name);
}

static double
figure_of (JsonNode *node)
{
  if (JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_BOOLEAN)
    return json_node_get_boolean (node);
  return gen_json_is_number (node) ? json_node_get_double (node) : (double)NAN;
}

/* The member as text. (transfer full) */
static char *
member_text (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);
  GType type = node != NULL && JSON_NODE_HOLDS_VALUE (node) ? json_node_get_value_type (node)
                                                            : G_TYPE_INVALID;

  if (type == G_TYPE_STRING)
    return g_strdup (json_node_get_string (node));
  if (type == G_TYPE_INT64)
    return g_strdup_printf ("%" G_GINT64_FORMAT, json_node_get_int (node));
  return NULL;
}

typedef struct {
  BiasSet *set;
  const BiasSource *source;
  TrainingData *data; /* NULL: lines tell their groups */
  char **classes;
} Reading;

static char *
group_of_line (const Reading *reading, JsonObject *object)
{
  const char *by = reading->source->by != NULL ? reading->source->by : "class";
  double frame;

  if (reading->data == NULL)
    return member_text (object, by);
  frame = gen_json_number_in (object, "frame");
  return frame >= 0 ? bias_group_of (reading->data, reading->classes, by,
                          training_data_get_item (reading->data, (guint64)frame))
                    : NULL;
}

static void
take_line (const Reading *reading, JsonObject *object)
{
  const char *by =
      reading->data == NULL && reading->source->by == NULL ? "class" : reading->source->by;
  g_autofree char *group = group_of_line (reading, object);
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;

  /* The summary, alerts and examples are objects within theirs. */
  if (json_object_get_size (object) == 1 &&
      (json_object_has_member (object, "summary") || json_object_has_member (object, "alert") ||
          json_object_has_member (object, "example") ||
          json_object_has_member (object, "nearest-pair")))
    return;
  /* What is empty says nothing. */
  if (group == NULL || *group == '\0') {
    reading->set->ungrouped++;
    return;
  }
  json_object_iter_init_ordered (&iter, object);
  while (json_object_iter_next_ordered (&iter, &name, &node)) {
    const double value = figure_of (node);

    if (is_figure (name, by) && isfinite (value))
      bias_set_add (reading->set, name, group, value);
  }
}

static gboolean
read_lines (const Reading *reading, Lines *lines, GError **error)
{
  GError *reason = NULL;
  char *line;

  while ((line = lines_next (lines, &reason)) != NULL) {
    g_autoptr (JsonNode) node = NULL;

    if (*g_strstrip (line) == '\0')
      continue;
    node = gen_json_from_figures (line, &reason);
    if (node != NULL && JSON_NODE_HOLDS_OBJECT (node)) {
      take_line (reading, json_node_get_object (node));
      continue;
    }
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "%s, line %u: an object of JSON is wanted%s%s", reading->source->path, lines_number (lines),
        reason != NULL ? ": " : "", reason != NULL ? reason->message : "");
    g_clear_error (&reason);
    return FALSE;
  }
  if (reason == NULL)
    return TRUE;
  g_propagate_error (error, reason);
  return FALSE;
}

gboolean
bias_read_lines (BiasSet *set, const BiasSource *source, GError **error)
{
  g_autoptr (JsonObject) said = json_object_new ();
  g_autoptr (TrainingData) data = NULL;
  g_auto (GStrv) classes = NULL;
  g_autoptr (Lines) lines = NULL;
  Reading reading = { .set = set, .source = source };

  if (*source->data != NULL) {
    if (!bias_check_by (source, error) || (data = bias_open_data (source, said, error)) == NULL)
      return FALSE;
    reading.classes = classes = training_data_get_classes (data);
    reading.data = data;
  }
  lines = lines_open (source->path, error);
  return lines != NULL && read_lines (&reading, lines, error) &&
         bias_check_groups (set, source, error);
}

/* --- a comparison --- */

static void
take_class (BiasSet *set, const char *class, JsonObject *figures, guint degrees)
{
  const double samples = gen_json_number_in (figures, "samples");
  g_autoptr (GList) names = json_object_get_members (figures);

  for (GList *name = names; name != NULL; name = name->next) {
    g_autofree char *error_name = g_strconcat (name->data, "-standard-error", NULL);
    const BiasMean mean = { gen_json_number_in (figures, name->data),
      gen_json_number_in (figures, error_name), samples > 0 ? (guint)samples : 0, degrees };

    if (isfinite (mean.mean) && isfinite (mean.standard_error))
      bias_set_add_mean (set, name->data, class, &mean);
  }
}

gboolean
bias_read_comparison (BiasSet *set, const BiasSource *source, GError **error)
{
  g_autofree char *text = NULL;
  g_autoptr (JsonNode) node = NULL;
  JsonObject *of = NULL;
  JsonObjectIter iter;
  const char *class;
  guint degrees = 1;
  JsonNode *figures;

  if (!g_file_get_contents (source->path, &text, NULL, error) ||
      (node = gen_json_from_figures (text, error)) == NULL)
    return FALSE;
  if (JSON_NODE_HOLDS_OBJECT (node)) {
    const double halves = gen_json_number_in (json_node_get_object (node), "halves");

    of = gen_json_object_in (gen_json_object_in (json_node_get_object (node), "classes"), "of");
    degrees = halves >= 2 ? (guint)halves - 1 : 1;
  }
  if (of != NULL) {
    json_object_iter_init_ordered (&iter, of);
    while (json_object_iter_next_ordered (&iter, &class, &figures))
      if (JSON_NODE_HOLDS_OBJECT (figures))
        take_class (set, class, json_node_get_object (figures), degrees);
  }
  if (set->figures->len > 0)
    return bias_check_groups (set, source, error);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
      "%s: it has no figures of classes with their errors, which compare --classes --halves=N "
      "--json prints",
      source->path);
  return FALSE;
}
