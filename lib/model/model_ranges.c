/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where a model says which numbers black and white are. See model.h for the order in which the
 * sources are asked. */
#include <math.h>
#include <string.h>

#include <generative/operator.h>

#include "model-private.h"

/* "a,b,…" as numbers; commas, semicolons, colons and blanks separate. -1 for anything else. */
static int
parse_numbers (const char *text, float *numbers, int max)
{
  int n = 0;

  while (*text != '\0') {
    char *end;
    double value = g_ascii_strtod (text, &end);

    if (end == text || n == max || !isfinite (value))
      return -1;
    numbers[n++] = (float)value;
    text = end + strspn (end, ",;: \t");
  }
  return n;
}

static gboolean
invalid (
    const GenModel *model, const char *key, const char *text, const char *wanted, GError **error)
{
  g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
      "%s: %s is \"%s\", which should be %s", model->path != NULL ? model->path : "model", key,
      text, wanted);
  return FALSE;
}

/* Pairs of bounds, one for all channels or one for each. */
static gboolean
apply_ranges (GenPort *port, const float *bounds, int n)
{
  if (n != 2 && n != 2 * port->channels)
    return FALSE;
  for (int c = 0; c < port->channels; c++) {
    const float *pair = bounds + (n == 2 ? 0 : 2 * c);

    if (pair[0] == pair[1])
      return FALSE;
    port->std[c] = 1 / (pair[1] - pair[0]);
    port->mean[c] = -pair[0] / (pair[1] - pair[0]);
  }
  return TRUE;
}

static gboolean
read_metadata (
    GenModel *model, GenPort *port, const char *range_key, gboolean *found, GError **error)
{
  const char *range = g_hash_table_lookup (model->graph->metadata, range_key);
  const char *mean = g_hash_table_lookup (model->graph->metadata, "generative.mean");
  const char *std = g_hash_table_lookup (model->graph->metadata, "generative.std");
  float numbers[2 * GEN_PORT_MAX_CHANNELS];
  int n;

  *found = TRUE;
  if (range != NULL) {
    n = parse_numbers (range, numbers, G_N_ELEMENTS (numbers));
    return apply_ranges (port, numbers, n) ||
           invalid (model, range_key, range, "two different numbers, such as -1,1", error);
  }
  *found = mean != NULL && std != NULL;
  if (!*found)
    return TRUE;
  n = parse_numbers (mean, numbers, GEN_PORT_MAX_CHANNELS);
  /* Numbers for each channel are of the pictures, not of the classes or features beside them. */
  if (n > 1 && port->kind != GEN_PORT_PICTURE &&
      (gen_model_find_input (model, GEN_PORT_PICTURE) != NULL ||
          gen_model_find_output (model, GEN_PORT_PICTURE) != NULL)) {
    *found = FALSE;
    return TRUE;
  }
  if (n != 1 && n != port->channels)
    return invalid (model, "generative.mean", mean, "a number for each channel", error);
  for (int c = 0; c < port->channels; c++)
    port->mean[c] = numbers[n == 1 ? 0 : c];
  n = parse_numbers (std, numbers, GEN_PORT_MAX_CHANNELS);
  if (n != 1 && n != port->channels)
    return invalid (model, "generative.std", std, "a number for each channel", error);
  for (int c = 0; c < port->channels; c++) {
    port->std[c] = numbers[n == 1 ? 0 : c];
    if (port->std[c] == 0)
      return invalid (model, "generative.std", std, "without zeros", error);
  }
  return TRUE;
}

static gboolean
read_sidecar (GenModel *model, GKeyFile *sidecar, GenPort *port, gboolean *found, GError **error)
{
  g_autofree char *ranges = NULL;
  float numbers[2 * GEN_PORT_MAX_CHANNELS];
  int n;

  *found = FALSE;
  if (sidecar == NULL)
    return TRUE;
  ranges = g_key_file_get_value (sidecar, port->name, "ranges", NULL);
  if (ranges == NULL)
    return TRUE;
  n = parse_numbers (ranges, numbers, G_N_ELEMENTS (numbers));
  if (n < 0 || !apply_ranges (port, numbers, n)) {
    g_autofree char *key = g_strdup_printf ("ranges of %s in the .modelinfo file", port->name);

    return invalid (model, key, ranges, "pairs such as -1.0,1.0 with semicolons between", error);
  }
  *found = TRUE;
  return TRUE;
}

/* The activation that bounds an output, seen through operators that only move numbers. */
static gboolean
range_by_activation (const GenTensor *tensor, float bounds[2])
{
  static const char *const moves[] = { "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Identity",
    "Transpose", "Slice", "Concat", NULL };

  while (tensor != NULL && tensor->producer != NULL) {
    const GenNode *node = tensor->producer;

    if (g_str_equal (node->op->name, "Tanh")) {
      bounds[0] = -1;
      bounds[1] = 1;
      return TRUE;
    }
    if (g_str_equal (node->op->name, "Sigmoid")) {
      bounds[0] = 0;
      bounds[1] = 1;
      return TRUE;
    }
    if (g_str_equal (node->op->name, "Clip")) {
      const float *low = gen_tensor_constant (gen_node_input (node, 1));
      const float *high = gen_tensor_constant (gen_node_input (node, 2));

      if (tensor->type != GEN_TYPE_FLOAT32)
        return FALSE;
      bounds[0] = low != NULL ? *low : gen_node_float (node, "min", -INFINITY);
      bounds[1] = high != NULL ? *high : gen_node_float (node, "max", INFINITY);
      return isfinite (bounds[0]) && isfinite (bounds[1]) && bounds[0] < bounds[1];
    }
    if (!g_strv_contains (moves, node->op->name))
      return FALSE;
    tensor = gen_node_input (node, 0);
  }
  return FALSE;
}

static gboolean
read_range (GenModel *model, GKeyFile *sidecar, GenPort *port, const GenTensor *tensor,
    const char *key, GError **error)
{
  float bounds[2] = { -1, 1 };
  gboolean found = FALSE;
  GenPort scratch = *port;

  /* A vector may be made a picture later: one range for all channels then. */
  if (port->kind != GEN_PORT_PICTURE)
    scratch.channels = 1;
  if (!read_metadata (model, &scratch, key, &found, error) ||
      (!found && !read_sidecar (model, sidecar, &scratch, &found, error)))
    return FALSE;
  if (!found) {
    range_by_activation (tensor, bounds);
    apply_ranges (&scratch, bounds, 2);
  }
  for (int c = 0; c < GEN_PORT_MAX_CHANNELS; c++) {
    port->mean[c] = scratch.mean[MIN (c, scratch.channels - 1)];
    port->std[c] = scratch.std[MIN (c, scratch.channels - 1)];
  }
  return TRUE;
}

static gboolean
read_rate (GenModel *model, GError **error)
{
  const char *rate = g_hash_table_lookup (model->graph->metadata, "generative.frame-rate");
  g_auto (GStrv) parts = NULL;
  guint64 numerator = 0, denominator = 1;

  model->rate_denominator = 1;
  if (rate == NULL)
    return TRUE;
  parts = g_strsplit (rate, "/", 2);
  if (!g_ascii_string_to_unsigned (parts[0], 10, 1, G_MAXINT, &numerator, NULL) ||
      (parts[1] != NULL &&
          !g_ascii_string_to_unsigned (parts[1], 10, 1, G_MAXINT, &denominator, NULL)))
    return invalid (model, "generative.frame-rate", rate, "such as 30 or 30000/1001", error);
  model->rate_numerator = (int)numerator;
  model->rate_denominator = (int)denominator;
  return TRUE;
}

gboolean
gen_model_read_ranges (GenModel *model, GError **error)
{
  g_autoptr (GKeyFile) sidecar = NULL;

  if (model->path != NULL) {
    g_autofree char *path = g_strconcat (model->path, ".modelinfo", NULL);

    if (g_file_test (path, G_FILE_TEST_EXISTS)) {
      sidecar = g_key_file_new ();
      if (!g_key_file_load_from_file (sidecar, path, G_KEY_FILE_NONE, error)) {
        g_prefix_error (error, "%s: ", path);
        return FALSE;
      }
    }
  }
  for (guint i = 0; i < model->graph->inputs->len; i++)
    if (!read_range (model, sidecar, &model->inputs[i], NULL, "generative.input-range", error))
      return FALSE;
  for (guint i = 0; i < model->graph->outputs->len; i++)
    if (!read_range (model, sidecar, &model->outputs[i],
            g_ptr_array_index (model->graph->outputs, i), "generative.output-range", error))
      return FALSE;
  return read_rate (model, error);
}
