/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Several adapters beside one net, as elements play them. */
#include "adapter-private.h"

#include <math.h>

#define METADATA "generative.adapters"

gboolean
gen_adapters_read_scales (const char *text, double *scales, guint n, GError **error)
{
  g_auto (GStrv) words = text != NULL && *text != '\0' ? g_strsplit (text, ",", -1) : NULL;
  const guint n_words = words != NULL ? g_strv_length (words) : 0;

  for (guint i = 0; i < n; i++)
    scales[i] = 1;
  for (guint i = 0; i < n_words; i++) {
    char *end;
    const char *word = g_strstrip (words[i]);
    const double scale = g_ascii_strtod (word, &end);

    if (end == word || *end != '\0' || !isfinite ((float)scale)) {
      g_set_error (error, GEN_ADAPTER_ERROR, GEN_ADAPTER_ERROR_SETTING,
          "\"%s\" should be a number for each adapter, with commas between, such as 0.7,0.3", text);
      return FALSE;
    }
    if (i >= n) {
      g_set_error (error, GEN_ADAPTER_ERROR, GEN_ADAPTER_ERROR_SETTING,
          "\"%s\" has %u scales, and there %s %u adapter%s", text, n_words, n == 1 ? "is" : "are",
          n, n == 1 ? "" : "s");
      return FALSE;
    }
    scales[i] = scale;
  }
  return TRUE;
}

static gboolean
attach (GenGraph *graph, const GPtrArray *files, const double *scales, GError **error)
{
  g_autoptr (GString) parameters = g_string_new (NULL);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) inputs = NULL;
  char number[G_ASCII_DTOSTR_BUF_SIZE];

  for (guint i = 0; i < files->len; i++) {
    g_autofree char *input = g_strdup_printf ("adapter-%u", i + 1);

    g_strv_builder_add (builder, input);
    g_string_append_printf (parameters, "%s%s=%s", i > 0 ? "," : "", input,
        g_ascii_dtostr (number, sizeof number, scales[i]));
  }
  inputs = g_strv_builder_end (builder);
  if (!gen_adapter_files_attach (files, graph, (const char *const *)inputs, error))
    return FALSE;
  g_hash_table_insert (graph->metadata, g_strdup (METADATA), g_strdup (parameters->str));
  return TRUE;
}

/* All of them, checked. (transfer full), or NULL. */
static GPtrArray *
load (GenGraph *graph, const char *files, const char *name, const char *hash, GError **error)
{
  g_auto (GStrv) paths = g_strsplit (files, ",", -1);
  g_autoptr (GPtrArray) list =
      g_ptr_array_new_with_free_func ((GDestroyNotify)gen_adapter_file_unref);

  for (guint i = 0; paths[i] != NULL; i++) {
    GenAdapterFile *file = gen_adapter_file_load (g_strstrip (paths[i]), error);

    if (file == NULL)
      return NULL;
    g_ptr_array_add (list, file);
    if (!gen_adapter_file_check (file, graph, hash, name, error))
      return NULL;
  }
  if (list->len <= GEN_ADAPTERS_MOST)
    return g_steal_pointer (&list);
  g_set_error (error, GEN_ADAPTER_ERROR, GEN_ADAPTER_ERROR_SETTING,
      "%u adapters are more than the %d that can be played at once", list->len, GEN_ADAPTERS_MOST);
  return NULL;
}

gboolean
gen_adapters_attach_to (GenGraph *graph, const char *files, const char *scales, const char *name,
    GBytes **hash, GError **error)
{
  g_autoptr (GPtrArray) list = NULL;
  double numbers[GEN_ADAPTERS_MOST];

  *hash = NULL;
  if (files == NULL || *files == '\0')
    return TRUE;
  *hash = gen_adapter_hash_of_files (graph);
  list = load (graph, files, name, g_bytes_get_data (*hash, NULL), error);
  if (list == NULL)
    return FALSE;
  if (!gen_adapters_read_scales (scales, numbers, list->len, error)) {
    g_prefix_error_literal (error, "adapter-scale: ");
    return FALSE;
  }
  return attach (graph, list, numbers, error);
}

gboolean
gen_adapters_attach (
    GenGraph *graph, const char *files, const char *scales, const char *name, GError **error)
{
  g_autoptr (GBytes) hash = NULL;

  return gen_adapters_attach_to (graph, files, scales, name, &hash, error);
}
