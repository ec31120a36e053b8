/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* compare --classes: which class of samples is farther from its reference than others. */
#include "compare-classes.h"

#include <math.h>
#include <string.h>

#include "command.h"
#include "interval.h"

/* Figures that stand beside each other in the table of classes. */
#define COLUMNS 4
/* Classes that are named where something is missing. */
#define NAMED 3

#define STANDARD_ERROR "-standard-error"

/* --- which there are --- */

static guint
find_name (GPtrArray *names, const char *name)
{
  for (guint i = 0; i < names->len; i++)
    if (g_str_equal (names->pdata[i], name))
      return i;
  g_ptr_array_add (names, g_strdup (name));
  return names->len - 1;
}

static guint *
map_classes (GPtrArray *names, const FeatureSet *set)
{
  const guint n = g_strv_length (set->classes);
  guint *of = g_new (guint, n);

  for (guint i = 0; i < n; i++)
    of[i] = find_name (names, set->classes[i]);
  return of;
}

gboolean
classes_join (Classes *classes, const FeatureSet *samples, const FeatureSet *reference,
    const char *const *locations, GError **error)
{
  const FeatureSet *sets[] = { samples, reference };

  for (int i = 0; i < 2; i++) {
    if (sets[i]->classes != NULL && sets[i]->classes[0] != NULL)
      continue;
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
        "--classes: %s has no classes: they are sub-folders, rows of a sheet, or labels of a file",
        locations[i]);
    return FALSE;
  }
  classes->names = g_ptr_array_new_with_free_func (g_free);
  classes->of[1] = map_classes (classes->names, reference);
  classes->of[0] = map_classes (classes->names, samples);
  g_ptr_array_add (classes->names, NULL);
  return TRUE;
}

void
classes_clear (Classes *classes)
{
  g_clear_pointer (&classes->names, g_ptr_array_unref);
  for (int i = 0; i < 2; i++)
    g_clear_pointer (&classes->of[i], g_free);
}

int
classes_find (const Classes *classes, const FeatureSet *set, gboolean reference, guint row)
{
  const int label = set->labels != NULL ? g_array_index (set->labels, int, row) : -1;

  return label >= 0 && classes->names != NULL ? (int)classes->of[reference ? 1 : 0][label] : -1;
}

/* --- how sure it is --- */

struct _ClassSpread {
  GHashTable *tallies; /* by "figure\nclass", or "figure\n" of a gap */
};

ClassSpread *
class_spread_new (void)
{
  ClassSpread *spread = g_new (ClassSpread, 1);

  spread->tallies = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  return spread;
}

void
class_spread_free (ClassSpread *spread)
{
  if (spread == NULL)
    return;
  g_hash_table_unref (spread->tallies);
  g_free (spread);
}

static void
add_number (ClassSpread *spread, const char *figure, const char *class, double number)
{
  char *key = g_strconcat (figure, "\n", class, NULL);
  GenTally *tally = g_hash_table_lookup (spread->tallies, key);

  if (tally == NULL) {
    tally = g_new0 (GenTally, 1);
    g_hash_table_insert (spread->tallies, key, tally);
  } else {
    g_free (key);
  }
  gen_tally_add (tally, number);
}

/* By the delete-half jackknife, as of all; NaN where it is not known. */
static double
find_standard_error (const ClassSpread *spread, const char *figure, const char *class)
{
  g_autofree char *key = g_strconcat (figure, "\n", class, NULL);
  const GenTally *tally = g_hash_table_lookup (spread->tallies, key);

  return tally != NULL && tally->count > 1 ? sqrt (tally->squares / (double)(tally->count - 1))
                                           : (double)NAN;
}

static gboolean
is_number (JsonNode *node)
{
  return JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_DOUBLE;
}

void
class_spread_add (ClassSpread *spread, JsonObject *summary)
{
  JsonObject *classes = json_object_get_object_member (summary, "classes");
  JsonObject *of = json_object_get_object_member (classes, "of");
  JsonObject *gaps = json_object_get_object_member (classes, "gaps");
  JsonObjectIter iter, figures;
  const char *name, *figure;
  JsonNode *node, *value;

  json_object_iter_init_ordered (&iter, of);
  while (json_object_iter_next_ordered (&iter, &name, &node)) {
    json_object_iter_init_ordered (&figures, json_node_get_object (node));
    while (json_object_iter_next_ordered (&figures, &figure, &value))
      if (is_number (value))
        add_number (spread, figure, name, json_node_get_double (value));
  }
  json_object_iter_init_ordered (&iter, gaps);
  while (json_object_iter_next_ordered (&iter, &name, &node))
    add_number (
        spread, name, "", json_object_get_double_member (json_node_get_object (node), "gap"));
}

static void
tell_error (JsonObject *object, const char *figure, double error)
{
  g_autofree char *name = g_strconcat (figure, STANDARD_ERROR, NULL);

  if (isfinite (error))
    json_object_set_double_member (object, name, error);
}

/* (transfer container) */
static GList *
names_in (JsonObject *object)
{
  return json_object_get_members (object);
}

static void
tell_class_errors (const ClassSpread *spread, JsonObject *of, const char *class)
{
  JsonObject *object = json_object_get_object_member (of, class);
  g_autoptr (GList) figures = names_in (object);

  for (GList *f = figures; f != NULL; f = f->next)
    tell_error (object, f->data, find_standard_error (spread, f->data, class));
}

/* Whether what lies between the lowest and the highest may be chance. */
static void
tell_gap_error (const ClassSpread *spread, JsonObject *gap, const char *figure)
{
  const double low =
      find_standard_error (spread, figure, json_object_get_string_member (gap, "lowest"));
  const double high =
      find_standard_error (spread, figure, json_object_get_string_member (gap, "highest"));

  tell_error (gap, "gap", find_standard_error (spread, figure, ""));
  if (isfinite (low) && isfinite (high))
    json_object_set_boolean_member (gap, "intervals-overlap",
        json_object_get_double_member (gap, "gap") <= INTERVAL * (low + high));
}

void
class_spread_tell (const ClassSpread *spread, JsonObject *summary)
{
  JsonObject *classes = json_object_get_object_member (summary, "classes");
  JsonObject *of = json_object_get_object_member (classes, "of");
  JsonObject *gaps = json_object_get_object_member (classes, "gaps");
  g_autoptr (GList) names = names_in (of), figures = names_in (gaps);

  for (GList *n = names; n != NULL; n = n->next)
    tell_class_errors (spread, of, n->data);
  for (GList *f = figures; f != NULL; f = f->next)
    tell_gap_error (spread, json_object_get_object_member (gaps, f->data), f->data);
}

/* --- what is printed --- */

/* A figure, and where it is known its interval. (transfer full) */
static char *
describe_number (JsonObject *object, const char *name)
{
  g_autofree char *error_name = g_strconcat (name, STANDARD_ERROR, NULL);
  JsonNode *node = json_object_get_member (object, name);
  const double error = json_object_get_double_member_with_default (object, error_name, NAN);

  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node))
    return g_strdup ("-");
  return isnan (error)
             ? g_strdup_printf ("%.4g", json_node_get_double (node))
             : g_strdup_printf ("%.4g ± %.2g", json_node_get_double (node), INTERVAL * error);
}

static void
print_column (const char *text, int width)
{
  g_print ("  %s%*s", text, MAX (width - (int)g_utf8_strlen (text, -1), 0), "");
}

/* Figures that are told of classes: those that are what a metric is for. */
static gboolean
is_shown (const GenField *field)
{
  const GenMetric *metric = NULL;
  const GenField *known = gen_metric_find_field (field->name, &metric);

  return field->type == GEN_FIELD_NUMBER && known != NULL &&
         (known == &metric->fields[0] || field->better != GEN_BETTER_NEITHER);
}

/* A class, and its figure; nothing where all have the same. */
static void
print_end (JsonObject *of, JsonObject *gap, const char *class, const char *figure)
{
  g_autofree char *number = describe_number (json_object_get_object_member (of, class), figure);
  g_autofree char *name = command_escape (class);
  g_autofree char *text = g_strdup_printf ("%s %s", name, number);

  print_column (json_object_get_double_member (gap, "gap") > 0 ? text : "-", 30);
}

static void
print_gap (JsonObject *of, JsonObject *gap, const GenField *field)
{
  const char *best = json_object_get_string_member_with_default (gap, "best", NULL);
  g_autofree char *number = describe_number (gap, "gap");

  g_print ("%-28s %-7s", field->name, gen_better_name (field->better));
  print_column (number, 22);
  print_end (
      of, gap, json_object_get_string_member (gap, best != NULL ? "worst" : "lowest"), field->name);
  print_end (
      of, gap, json_object_get_string_member (gap, best != NULL ? "best" : "highest"), field->name);
  if (json_object_get_boolean_member_with_default (gap, "intervals-overlap", FALSE))
    g_print (" ~");
  g_print ("\n");
}

static void
print_gaps (JsonObject *classes, const GenField *fields, guint n)
{
  JsonObject *of = json_object_get_object_member (classes, "of");
  JsonObject *gaps = json_object_get_object_member (classes, "gaps");
  gboolean chance = FALSE;

  g_print ("\nGaps between classes\n%-28s %-7s", "figure", "better");
  print_column ("gap", 22);
  print_column ("worst, or lowest", 30);
  print_column ("best, or highest", 30);
  g_print ("\n");
  for (guint f = 0; f < n; f++) {
    JsonObject *gap;

    if (!is_shown (&fields[f]) || !json_object_has_member (gaps, fields[f].name))
      continue;
    gap = json_object_get_object_member (gaps, fields[f].name);
    print_gap (of, gap, &fields[f]);
    chance |= json_object_get_boolean_member_with_default (gap, "intervals-overlap", FALSE);
  }
  if (chance)
    g_print ("~ the intervals of both overlap: this may be chance\n");
}

static void
print_cell (JsonObject *gaps, const char *class, JsonObject *figures, const char *figure)
{
  g_autofree char *number = describe_number (figures, figure);
  g_autofree char *text = NULL;
  JsonObject *gap =
      json_object_has_member (gaps, figure) ? json_object_get_object_member (gaps, figure) : NULL;
  const char *mark = "";

  if (gap != NULL &&
      g_strcmp0 (json_object_get_string_member_with_default (gap, "best", NULL), class) == 0)
    mark = " best";
  if (gap != NULL &&
      g_strcmp0 (json_object_get_string_member_with_default (gap, "worst", NULL), class) == 0)
    mark = " worst";
  text = g_strconcat (number, mark, NULL);
  print_column (text, 24);
}

static void
print_block (JsonObject *classes, const GenField *const *fields, guint n)
{
  JsonObject *of = json_object_get_object_member (classes, "of");
  JsonObject *gaps = json_object_get_object_member (classes, "gaps");
  JsonObjectIter iter;
  const char *class;
  JsonNode *node;

  g_print ("\n%-20s %9s %9s", "class", "samples", "reference");
  for (guint f = 0; f < n; f++)
    print_column (fields[f]->name, 24);
  g_print ("\n");
  json_object_iter_init_ordered (&iter, of);
  while (json_object_iter_next_ordered (&iter, &class, &node)) {
    JsonObject *figures = json_node_get_object (node);
    g_autofree char *name = command_escape (class);

    g_print ("%s%*s %9" G_GINT64_FORMAT " %9" G_GINT64_FORMAT, name,
        MAX (20 - (int)g_utf8_strlen (name, -1), 0), "",
        json_object_get_int_member_with_default (figures, "samples", 0),
        json_object_get_int_member_with_default (figures, "reference-samples", 0));
    for (guint f = 0; f < n; f++)
      print_cell (gaps, class, figures, fields[f]->name);
    g_print ("\n");
  }
}

/* Of which classes a figure is missing, and why: each reason once. */
static void
print_lack (JsonObject *of, const GenField *field)
{
  g_autofree char *missing = g_strconcat (field->name, "-missing", NULL);
  g_autoptr (GString) names = g_string_new (NULL);
  const char *reason = NULL, *class;
  JsonObjectIter iter;
  JsonNode *node;
  guint n = 0;

  json_object_iter_init_ordered (&iter, of);
  while (json_object_iter_next_ordered (&iter, &class, &node)) {
    const char *why =
        json_object_get_string_member_with_default (json_node_get_object (node), missing, NULL);
    g_autofree char *name = command_escape (class);

    if (why == NULL)
      continue;
    reason = reason != NULL ? reason : why;
    if (n++ < NAMED)
      g_string_append_printf (names, "%s%s", n > 1 ? ", " : "", name);
  }
  if (n > 0)
    g_print ("%s has no figure of %u (%s%s): %s\n", field->name, n, names->str,
        n > NAMED ? ", …" : "", reason);
}

void
print_classes (JsonObject *summary, const GenField *fields, guint n)
{
  JsonObject *classes = json_object_get_object_member (summary, "classes");
  g_autofree const GenField **shown = g_new (const GenField *, n);
  const char *doubt = json_object_get_string_member_with_default (classes, "doubt", NULL);
  guint n_shown = 0;

  for (guint f = 0; f < n; f++)
    if (is_shown (&fields[f]))
      shown[n_shown++] = &fields[f];
  print_gaps (classes, fields, n);
  for (guint f = 0; f < n_shown; f += COLUMNS)
    print_block (classes, shown + f, MIN (n_shown - f, COLUMNS));
  g_print ("\n");
  for (guint f = 0; f < n_shown; f++)
    print_lack (json_object_get_object_member (classes, "of"), shown[f]);
  if (doubt != NULL)
    command_warn ("%s", doubt);
}
