/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Caps of streams of vectors. Dimensions are a string there, compared by its letters, although
 * "100" and "100:1:1:1" mean the same: caps that are not fixed yet therefore carry a list of
 * the spellings. */
#include "tensors.h"

#define USUAL_RANK 4
/* More would not be a tensor that anybody streams, and could overflow. */
#define MAX_ELEMENTS (G_GINT64_CONSTANT (1) << 28)

gboolean
gst_generative_dimensions_parse (const char *text, GenShape *shape, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (text, ":", -1);
  int n = (int)g_strv_length (parts);
  gint64 elements = 1;
  gint64 extents[GEN_MAX_RANK];

  while (n > 1 && g_str_equal (parts[n - 1], "1"))
    n--;
  if (n < 1 || n > GEN_MAX_RANK) {
    g_set_error (error, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
        "dimensions \"%s\" should be 1 to %d extents with colons between them, such as 100 or "
        "100:48",
        text, GEN_MAX_RANK);
    return FALSE;
  }
  for (int i = 0; i < n; i++) {
    guint64 extent;

    if (!g_ascii_string_to_unsigned (parts[i], 10, 1, MAX_ELEMENTS, &extent, NULL)) {
      g_set_error (error, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
          "dimensions \"%s\": \"%s\" should be a whole number from 1 on; extents have colons "
          "between them, such as 100 or 100:48",
          text, parts[i]);
      return FALSE;
    }
    extents[i] = (gint64)extent;
    elements *= extents[i];
    if (elements > MAX_ELEMENTS) {
      g_set_error (error, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
          "dimensions \"%s\" have more than %" G_GINT64_FORMAT " numbers in a buffer", text,
          MAX_ELEMENTS);
      return FALSE;
    }
  }
  shape->rank = n;
  for (int i = 0; i < n; i++)
    shape->dims[i] = extents[n - 1 - i];
  return TRUE;
}

/* `shape` with extents from innermost to outermost, and ones up to `rank`. */
static char *
spell (const GenShape *shape, int rank)
{
  GString *text = g_string_new (NULL);

  for (int i = 0; i < MAX (rank, shape->rank); i++)
    g_string_append_printf (text, "%s%" G_GINT64_FORMAT, i > 0 ? ":" : "",
        i < shape->rank ? shape->dims[shape->rank - 1 - i] : 1);
  return g_string_free (text, FALSE);
}

char *
gst_generative_dimensions_format (const GenShape *shape)
{
  return spell (shape, USUAL_RANK);
}

void
gst_generative_dimensions_set (GstStructure *structure, const GenShape *shape)
{
  GValue list = G_VALUE_INIT;

  g_value_init (&list, GST_TYPE_LIST);
  for (int i = 0, rank = USUAL_RANK; rank >= MAX (shape->rank, 1) || i == 0; i++, rank--) {
    GValue value = G_VALUE_INIT;

    g_value_init (&value, G_TYPE_STRING);
    g_value_take_string (&value, spell (shape, rank));
    gst_value_list_append_and_take_value (&list, &value);
  }
  gst_structure_take_value (structure, "dimensions", &list);
}
