/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generative-model inspect of an adapter: how it was learned, beside what, and what is in it. */
#include <generative/adapter-file.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>

#include "../lib/base/json-file.h"
#include "command.h"
#include "inspect.h"

static const char *
said (const GenAdapterFile *file, const char *key)
{
  const char *text = gen_adapter_file_metadata (file, key);

  return text != NULL ? text : "?";
}

static gint64
size_of (const char *path)
{
  GStatBuf status;

  return g_stat (path, &status) == 0 ? (gint64)status.st_size : 0;
}

static void
print_weights (const GenAdapterFile *file)
{
  for (guint i = 0; i < gen_adapter_file_n_weights (file); i++) {
    const GenAdapterWeight weight = gen_adapter_file_weight (file, i);

    g_print ("%-11s %s  ", i == 0 ? "weights" : "", weight.weight);
    if (weight.rank > 0)
      g_print ("rank %" G_GINT64_FORMAT ", ", weight.rank);
    else
      g_print ("difference, ");
    g_print ("%" G_GINT64_FORMAT " numbers\n", weight.numbers);
  }
}

static gint64
count_numbers (const GenAdapterFile *file)
{
  gint64 n = 0;

  for (guint i = 0; i < gen_adapter_file_n_weights (file); i++)
    n += gen_adapter_file_weight (file, i).numbers;
  return n;
}

static void
print_facts (const GenAdapterFile *file, const char *path)
{
  g_print ("%s: an adapter, %s, of a %s\n", path, said (file, "kind"), said (file, "net"));
  g_print ("%-11s %s, SHA-256 of its weights %s\n", "base", said (file, "base"),
      said (file, "base-sha256"));
  g_print ("%-11s %s, alpha %s: it counts %g times\n", "rank", said (file, "rank"),
      said (file, "alpha"), gen_adapter_file_scaling (file));
  g_print ("%-11s %s steps\n", "trained", said (file, "step"));
  g_print ("%-11s %" G_GINT64_FORMAT " numbers, %" G_GINT64_FORMAT " bytes\n", "size",
      count_numbers (file), size_of (path));
  print_weights (file);
}

static void
print_json (const GenAdapterFile *file, const char *path)
{
  static const char *const keys[] = { "kind", "net", "base", "base-sha256", "rank", "alpha",
    "step" };
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;
  g_autofree char *text = NULL;

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "adapter");
  json_builder_add_string_value (builder, path);
  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++) {
    json_builder_set_member_name (builder, keys[i]);
    json_builder_add_string_value (builder, said (file, keys[i]));
  }
  json_builder_set_member_name (builder, "scaling");
  json_builder_add_double_value (builder, gen_adapter_file_scaling (file));
  json_builder_set_member_name (builder, "bytes");
  json_builder_add_int_value (builder, size_of (path));
  json_builder_set_member_name (builder, "weights");
  json_builder_begin_array (builder);
  for (guint i = 0; i < gen_adapter_file_n_weights (file); i++) {
    const GenAdapterWeight weight = gen_adapter_file_weight (file, i);

    json_builder_begin_object (builder);
    json_builder_set_member_name (builder, "name");
    json_builder_add_string_value (builder, weight.weight);
    json_builder_set_member_name (builder, "rank");
    json_builder_add_int_value (builder, weight.rank);
    json_builder_set_member_name (builder, "numbers");
    json_builder_add_int_value (builder, weight.numbers);
    json_builder_end_object (builder);
  }
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  text = gen_json_to_text (root, TRUE);
  g_print ("%s\n", text);
}

int
inspect_adapter (const char *path, gboolean json)
{
  GError *error = NULL;
  g_autoptr (GenAdapterFile) file = gen_adapter_file_load (path, &error);

  if (file == NULL)
    return command_fail (error);
  if (json)
    print_json (file, path);
  else
    print_facts (file, path);
  return STATUS_FINE;
}
