/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Caps of streams of vectors. Dimensions and types are strings there, compared by their letters,
 * although "100" and "100:1:1:1" mean the same, and so do "float32,int64" and "float32.int64"
 * (NNStreamer writes commas and reads both, since a comma ends a field on a command line): caps
 * that are not fixed yet therefore carry lists of the spellings. */
#include "tensors.h"

#include <string.h>

#define USUAL_RANK 4
/* More would not be a tensor that anybody streams, and could overflow. */
#define MAX_ELEMENTS (G_GINT64_CONSTANT (1) << 28)
#define SEPARATORS ",."

static gboolean
parse_shape (const char *text, GenShape *shape, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (text, ":", -1);
  int n = (int)g_strv_length (parts);
  gint64 elements = 1;

  while (n > 1 && g_str_equal (parts[n - 1], "1"))
    n--;
  if (n < 1 || n > GEN_MAX_RANK) {
    g_set_error (error, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
        "dimensions \"%s\" should be 1 to %d extents with colons between them, such as 100 or "
        "100:48",
        text, GEN_MAX_RANK);
    return FALSE;
  }
  shape->rank = n;
  for (int i = 0; i < n; i++) {
    guint64 extent;

    if (!g_ascii_string_to_unsigned (parts[i], 10, 1, MAX_ELEMENTS, &extent, NULL)) {
      g_set_error (error, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
          "dimensions \"%s\": \"%s\" should be a whole number from 1 on; extents have colons "
          "between them, such as 100 or 100:48",
          text, parts[i]);
      return FALSE;
    }
    shape->dims[n - 1 - i] = (gint64)extent;
    elements *= (gint64)extent;
    if (elements > MAX_ELEMENTS) {
      g_set_error (error, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
          "dimensions \"%s\" have more than %" G_GINT64_FORMAT " numbers in a buffer", text,
          MAX_ELEMENTS);
      return FALSE;
    }
  }
  return TRUE;
}

gboolean
gst_generative_dimensions_parse (const char *text, GstGenerativeTensors *tensors, GError **error)
{
  g_auto (GStrv) parts = g_strsplit_set (text, SEPARATORS, -1);

  tensors->n = (int)g_strv_length (parts);
  if (tensors->n > GST_GENERATIVE_MAX_TENSORS) {
    g_set_error (error, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
        "dimensions \"%s\" are of %d tensors; a latent and one that it is conditioned on can be "
        "streamed, such as 100,10",
        text, tensors->n);
    return FALSE;
  }
  if (tensors->n == 0)
    return parse_shape (text, &tensors->shapes[0], error);
  for (int i = 0; i < tensors->n; i++)
    if (!parse_shape (g_strstrip (parts[i]), &tensors->shapes[i], error))
      return FALSE;
  return TRUE;
}

/* `shape` with extents from innermost to outermost, and ones up to `rank`. */
static void
spell_shape (GString *text, const GenShape *shape, int rank)
{
  for (int i = 0; i < MAX (rank, shape->rank); i++)
    g_string_append_printf (text, "%s%" G_GINT64_FORMAT, i > 0 ? ":" : "",
        i < shape->rank ? shape->dims[shape->rank - 1 - i] : 1);
}

static char *
spell_dimensions (const GstGenerativeTensors *tensors, char separator, int rank)
{
  GString *text = g_string_new (NULL);

  for (int i = 0; i < tensors->n; i++) {
    if (i > 0)
      g_string_append_c (text, separator);
    spell_shape (text, &tensors->shapes[i], rank);
  }
  return g_string_free (text, FALSE);
}

static char *
spell_types (const GstGenerativeTensors *tensors, char separator)
{
  GString *text = g_string_new (gen_data_type_name (tensors->types[0]));

  for (int i = 1; i < tensors->n; i++) {
    g_string_append_c (text, separator);
    g_string_append (text, gen_data_type_name (tensors->types[i]));
  }
  return g_string_free (text, FALSE);
}

char *
gst_generative_dimensions_format (const GstGenerativeTensors *tensors)
{
  return spell_dimensions (tensors, SEPARATORS[0], USUAL_RANK);
}

/* The text of a field, or the first of a list; NULL where it is neither. */
static const char *
first_text (const GstStructure *structure, const char *field)
{
  const GValue *value = gst_structure_get_value (structure, field);

  if (value != NULL && GST_VALUE_HOLDS_LIST (value) && gst_value_list_get_size (value) > 0)
    value = gst_value_list_get_value (value, 0);
  return value != NULL && G_VALUE_HOLDS_STRING (value) ? g_value_get_string (value) : NULL;
}

static gboolean
parse_types (const char *text, GstGenerativeTensors *tensors)
{
  static const GenDataType known[] = { GEN_TYPE_FLOAT32, GEN_TYPE_INT64, GEN_TYPE_INT32 };
  g_auto (GStrv) parts = g_strsplit_set (text, SEPARATORS, -1);

  if ((int)g_strv_length (parts) != tensors->n)
    return FALSE;
  for (int i = 0; i < tensors->n; i++) {
    tensors->types[i] = GEN_TYPE_UNDEFINED;
    for (gsize k = 0; k < G_N_ELEMENTS (known); k++)
      if (g_str_equal (g_strstrip (parts[i]), gen_data_type_name (known[k])))
        tensors->types[i] = known[k];
    if (tensors->types[i] == GEN_TYPE_UNDEFINED)
      return FALSE;
  }
  return TRUE;
}

gboolean
gst_generative_tensors_read (
    const GstStructure *structure, GstGenerativeTensors *tensors, GError **error)
{
  const char *dimensions = first_text (structure, "dimensions");
  const char *types = first_text (structure, "types");
  int n = 0;

  if (dimensions == NULL || types == NULL) {
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
        "there are no %s, or they are no text, such as %s",
        dimensions == NULL ? "dimensions" : "types",
        dimensions == NULL ? "(string)100:1:1:1" : "(string)float32");
    return FALSE;
  }
  if (!gst_generative_dimensions_parse (dimensions, tensors, error))
    return FALSE;
  if (!gst_structure_get_int (structure, "num_tensors", &n) || n != tensors->n ||
      !parse_types (types, tensors)) {
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
        "num_tensors is %d, types are %s and dimensions %s, which do not fit each other", n, types,
        dimensions);
    return FALSE;
  }
  return TRUE;
}

static void
append_text (GValue *list, char *text)
{
  GValue value = G_VALUE_INIT;

  g_value_init (&value, G_TYPE_STRING);
  g_value_take_string (&value, text);
  gst_value_list_append_and_take_value (list, &value);
}

GstStructure *
gst_generative_tensors_to_structure (const GstGenerativeTensors *tensors)
{
  GstStructure *structure = gst_structure_from_string (
      "other/tensors, format=(string)static, " GST_GENERATIVE_TENSORS_RATE, NULL);
  int separators = tensors->n > 1 ? (int)strlen (SEPARATORS) : 1, least = 1;
  GValue types = G_VALUE_INIT, dimensions = G_VALUE_INIT;

  for (int i = 0; i < tensors->n; i++)
    least = MAX (least, tensors->shapes[i].rank);
  g_value_init (&types, GST_TYPE_LIST);
  g_value_init (&dimensions, GST_TYPE_LIST);
  for (int s = 0; s < separators; s++) {
    append_text (&types, spell_types (tensors, SEPARATORS[s]));
    for (int rank = MAX (USUAL_RANK, least); rank >= least; rank--)
      append_text (&dimensions, spell_dimensions (tensors, SEPARATORS[s], rank));
  }
  gst_structure_set (structure, "num_tensors", G_TYPE_INT, tensors->n, NULL);
  if (separators == 1)
    gst_structure_set (
        structure, "types", G_TYPE_STRING, gen_data_type_name (tensors->types[0]), NULL);
  else
    gst_structure_set_value (structure, "types", &types);
  if (tensors->shapes[0].rank > 0)
    gst_structure_set_value (structure, "dimensions", &dimensions);
  g_value_unset (&types);
  g_value_unset (&dimensions);
  return structure;
}
