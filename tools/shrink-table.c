/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "shrink-table.h"

#include <math.h>
#include <string.h>

#include <generative/atomic-file.h>

#include "../lib/base/json-file.h"
#include "../lib/base/json-members.h"

void
shrink_table_init (ShrinkTable *table)
{
  *table = (ShrinkTable){ .figures = g_array_new (FALSE, FALSE, sizeof (ShrinkFigure)),
    .layers = g_ptr_array_new_with_free_func ((GDestroyNotify)gen_shrunk_layer_free) };
}

void
shrink_table_clear (ShrinkTable *table)
{
  g_clear_pointer (&table->figures, g_array_unref);
  g_clear_pointer (&table->layers, g_ptr_array_unref);
}

void
shrink_table_add (
    ShrinkTable *table, const char *name, const char *unit, double before, double after)
{
  const ShrinkFigure figure = { name, unit, before, after };

  g_array_append_val (table->figures, figure);
}

/* --- as text --- */

/* Figures end below each other, whatever letters they have. */
static void
print_cell (const char *text, int width)
{
  g_print ("%*s%s", MAX (width - (int)g_utf8_strlen (text, -1), 0), "", text);
}

static void
print_row (const char *name, const char *before, const char *after, const char *change)
{
  g_print ("%-18s", name);
  print_cell (before, 14);
  print_cell (after, 14);
  g_print ("   %s\n", change);
}

/* "0.26 of it" */
static char *
describe_share (double before, double after)
{
  return before > 0 ? g_strdup_printf ("%.3g of it", after / before) : g_strdup ("");
}

static void
print_bytes (const char *name, guint64 before, guint64 after)
{
  g_autofree char *was = g_format_size (before), *is = g_format_size (after);
  g_autofree char *change = describe_share ((double)before, (double)after);

  print_row (name, was, is, change);
}

static void
print_seconds (const char *name, double before, double after, const char *change)
{
  g_autofree char *was = g_strdup_printf ("%.3f ms", before * 1e3);
  g_autofree char *is = g_strdup_printf ("%.3f ms", after * 1e3);

  print_row (name, was, is, change);
}

static void
print_costs (const ShrinkTable *table)
{
  const ShrinkCost *before = &table->before, *after = &table->after;
  g_autofree char *speed = NULL;

  if (after->run > 0)
    speed = g_strdup_printf ("%.2f times as fast", before->run / after->run);
  print_bytes ("size", (guint64)before->size, (guint64)after->size);
  print_seconds ("load", before->load, after->load, "");
  print_seconds ("run", before->run, after->run, speed != NULL ? speed : "");
  print_bytes ("memory", before->memory, after->memory);
}

static char *
describe_figure (double value)
{
  if (isnan (value))
    return g_strdup ("");
  return isinf (value) ? g_strdup ("equal") : g_strdup_printf ("%.4g", value);
}

static void
print_figure (const ShrinkFigure *figure)
{
  g_autofree char *before = describe_figure (figure->before);
  g_autofree char *after = describe_figure (figure->after);
  g_autofree char *change = NULL;

  if (isfinite (figure->before) && isfinite (figure->after) && figure->before != 0)
    change = g_strdup_printf ("%+.2f %% %s",
        100 * (figure->after - figure->before) / fabs (figure->before), figure->unit);
  print_row (figure->name, before, after, change != NULL ? change : figure->unit);
}

static void
print_layers (const GPtrArray *layers)
{
  g_print ("\n%-28s %-14s %10s %10s %9s  %s\n", "layer", "operator", "bytes", "now", "SQNR dB",
      "what was done");
  for (guint i = 0; i < layers->len; i++) {
    const GenShrunkLayer *layer = g_ptr_array_index (layers, i);
    g_autofree char *sqnr = isfinite (layer->sqnr) ? g_strdup_printf ("%.1f", layer->sqnr) : NULL;

    g_print ("%-28s %-14s %10" G_GSIZE_FORMAT " %10" G_GSIZE_FORMAT " %9s  %s\n", layer->name,
        layer->op, layer->before, layer->after, sqnr != NULL ? sqnr : "", layer->done);
  }
}

void
shrink_table_print (const ShrinkTable *table, const Preparation *preparation)
{
  g_autofree char *on = preparation_describe (preparation);

  if (table->before.run > 0)
    g_print (
        "on %s; %g item%s a run\n", on, table->before.items, table->before.items == 1 ? "" : "s");
  print_row ("", "before", "after", "");
  print_costs (table);
  for (guint i = 0; i < table->figures->len; i++)
    print_figure (&g_array_index (table->figures, ShrinkFigure, i));
  if (table->layers->len > 0)
    print_layers (table->layers);
}

/* --- as JSON --- */

static JsonObject *
tell_cost (const ShrinkCost *cost)
{
  JsonObject *object = json_object_new ();

  json_object_set_int_member (object, "size", cost->size);
  gen_json_set_finite (object, "load", cost->load);
  gen_json_set_finite (object, "run", cost->run);
  gen_json_set_finite (object, "items", cost->items);
  json_object_set_int_member (object, "memory", (gint64)cost->memory);
  return object;
}

static JsonObject *
tell_layer (const GenShrunkLayer *layer)
{
  JsonObject *object = json_object_new ();

  gen_json_set_text (object, "name", layer->name);
  gen_json_set_text (object, "operator", layer->op);
  json_object_set_boolean_member (object, "changed", layer->changed);
  json_object_set_int_member (object, "before", (gint64)layer->before);
  json_object_set_int_member (object, "after", (gint64)layer->after);
  gen_json_set_finite (object, "sqnr", layer->sqnr);
  gen_json_set_text (object, "done", layer->done);
  return object;
}

JsonObject *
shrink_table_to_json (const ShrinkTable *table, const Preparation *preparation)
{
  g_autofree char *on = preparation_describe (preparation);
  JsonObject *object = json_object_new (), *before = tell_cost (&table->before);
  JsonObject *after = tell_cost (&table->after);
  JsonArray *layers = json_array_new ();

  for (guint i = 0; i < table->figures->len; i++) {
    const ShrinkFigure *figure = &g_array_index (table->figures, ShrinkFigure, i);

    gen_json_set_finite (before, figure->name, figure->before);
    gen_json_set_finite (after, figure->name, figure->after);
  }
  for (guint i = 0; i < table->layers->len; i++)
    json_array_add_object_element (layers, tell_layer (g_ptr_array_index (table->layers, i)));
  json_object_set_string_member (object, "on", on);
  json_object_set_object_member (object, "before", before);
  json_object_set_object_member (object, "after", after);
  json_object_set_array_member (object, "layers", layers);
  return object;
}

gboolean
shrink_table_save (JsonObject *object, const char *path, GError **error)
{
  g_autoptr (JsonNode) root = json_node_init_object (json_node_alloc (), object);
  g_autofree char *text = gen_json_to_text (root, TRUE);
  g_autofree char *line = g_strconcat (text, "\n", NULL);
  g_autoptr (GBytes) bytes = g_bytes_new (line, strlen (line));

  return gen_atomic_write (path, bytes, error);
}
