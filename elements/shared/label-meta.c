/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The label meta has no tags: whatever an element does to the picture, it stays what it shows. */
#include "label-meta.h"

void
gst_generative_label_register (void)
{
  static const gchar *tags[] = { NULL };
  static gsize registered = 0;

  if (g_once_init_enter (&registered)) {
    gst_meta_register_custom (GST_GENERATIVE_LABEL, tags, NULL, NULL, NULL);
    g_once_init_leave (&registered, 1);
  }
}

void
gst_generative_label_add (GstBuffer *buffer, int label, const char *name, guint index, guint64 item)
{
  GstCustomMeta *meta = gst_buffer_add_custom_meta (buffer, GST_GENERATIVE_LABEL);
  GstStructure *structure = gst_custom_meta_get_structure (meta);

  gst_structure_set (structure, "label", G_TYPE_INT, label, "index", G_TYPE_UINT, index, "item",
      G_TYPE_UINT64, item, NULL);
  if (name != NULL)
    gst_structure_set (structure, "name", G_TYPE_STRING, name, NULL);
}

void
gst_generative_label_set (GstBuffer *buffer, int label, const char *name, gboolean replaces)
{
  GstCustomMeta *meta = gst_buffer_get_custom_meta (buffer, GST_GENERATIVE_LABEL);
  GstStructure *structure;

  if (meta != NULL && !replaces && gst_generative_label_find (buffer) >= 0)
    return;
  if (meta == NULL)
    meta = gst_buffer_add_custom_meta (buffer, GST_GENERATIVE_LABEL);
  structure = gst_custom_meta_get_structure (meta);
  gst_structure_remove_fields (structure, "name", "labels", "weights", NULL);
  gst_structure_set (structure, "label", G_TYPE_INT, label, NULL);
  if (name != NULL)
    gst_structure_set (structure, "name", G_TYPE_STRING, name, NULL);
}

guint64
gst_generative_label_find_item (GstBuffer *buffer)
{
  GstCustomMeta *meta = gst_buffer_get_custom_meta (buffer, GST_GENERATIVE_LABEL);
  guint64 item = GST_GENERATIVE_NO_ITEM;

  if (meta != NULL)
    gst_structure_get_uint64 (gst_custom_meta_get_structure (meta), "item", &item);
  return item;
}

int
gst_generative_label_find (GstBuffer *buffer)
{
  GstCustomMeta *meta = gst_buffer_get_custom_meta (buffer, GST_GENERATIVE_LABEL);
  int label = -1;

  if (meta != NULL)
    gst_structure_get_int (gst_custom_meta_get_structure (meta), "label", &label);
  return label;
}

const char *
gst_generative_label_find_name (GstBuffer *buffer)
{
  GstCustomMeta *meta = gst_buffer_get_custom_meta (buffer, GST_GENERATIVE_LABEL);

  return meta == NULL ? NULL
                      : gst_structure_get_string (gst_custom_meta_get_structure (meta), "name");
}

/* --- mixtures --- */

static GstStructure *
structure_of (GstBuffer *buffer)
{
  GstCustomMeta *meta = gst_buffer_get_custom_meta (buffer, GST_GENERATIVE_LABEL);

  return meta != NULL ? gst_custom_meta_get_structure (meta) : NULL;
}

static void
add_share (GArray *shares, int label, double weight)
{
  const GenClassShare share = { label, weight };

  for (guint i = 0; i < shares->len; i++)
    if (g_array_index (shares, GenClassShare, i).label == label) {
      g_array_index (shares, GenClassShare, i).weight += weight;
      return;
    }
  g_array_append_val (shares, share);
}

/* What a buffer is of may be a mixture by itself. */
static void
add_shares (GArray *shares, GstBuffer *buffer, double weight)
{
  const GstStructure *structure = structure_of (buffer);
  const GValue *labels = structure != NULL ? gst_structure_get_value (structure, "labels") : NULL;
  const GValue *weights = structure != NULL ? gst_structure_get_value (structure, "weights") : NULL;

  if (weight <= 0)
    return;
  if (labels == NULL || weights == NULL) {
    add_share (shares, gst_generative_label_find (buffer), weight);
    return;
  }
  for (guint i = 0; i < gst_value_array_get_size (labels); i++)
    add_share (shares, g_value_get_int (gst_value_array_get_value (labels, i)),
        weight * g_value_get_double (gst_value_array_get_value (weights, i)));
}

void
gst_generative_label_get_shares (GstBuffer *buffer, GArray *shares)
{
  g_array_set_size (shares, 0);
  add_shares (shares, buffer, 1);
}

static void
set_shares (GstStructure *structure, const GArray *shares)
{
  GValue labels = G_VALUE_INIT, weights = G_VALUE_INIT;

  g_value_init (&labels, GST_TYPE_ARRAY);
  g_value_init (&weights, GST_TYPE_ARRAY);
  for (guint i = 0; i < shares->len; i++) {
    const GenClassShare *share = &g_array_index (shares, GenClassShare, i);
    GValue label = G_VALUE_INIT, weight = G_VALUE_INIT;

    g_value_init (&label, G_TYPE_INT);
    g_value_init (&weight, G_TYPE_DOUBLE);
    g_value_set_int (&label, share->label);
    g_value_set_double (&weight, share->weight);
    gst_value_array_append_and_take_value (&labels, &label);
    gst_value_array_append_and_take_value (&weights, &weight);
  }
  gst_structure_take_value (structure, "labels", &labels);
  gst_structure_take_value (structure, "weights", &weights);
}

void
gst_generative_label_mix (
    GstBuffer *buffer, GstBuffer *const *others, guint n, const double *weights, guint chosen)
{
  GstStructure *structure = structure_of (buffer);
  g_autoptr (GArray) shares = g_array_new (FALSE, FALSE, sizeof (GenClassShare));
  const GstStructure *of_chosen;

  if (structure == NULL)
    return;
  add_shares (shares, buffer, weights[0]);
  for (guint i = 0; i < n; i++)
    add_shares (shares, others[i], weights[i + 1]);
  set_shares (structure, shares);
  if (chosen == 0)
    return;
  of_chosen = structure_of (others[chosen - 1]);
  gst_structure_set (
      structure, "label", G_TYPE_INT, gst_generative_label_find (others[chosen - 1]), NULL);
  if (of_chosen != NULL && gst_structure_has_field (of_chosen, "name"))
    gst_structure_set_value (structure, "name", gst_structure_get_value (of_chosen, "name"));
  else
    gst_structure_remove_field (structure, "name");
}

/* --- which there are --- */

#define CLASSES_QUERY "generative-classes"

char **
gst_generative_query_classes (GstPad *pad)
{
  g_autoptr (GstQuery) query =
      gst_query_new_custom (GST_QUERY_CUSTOM, gst_structure_new_empty (CLASSES_QUERY));
  char **names = NULL;

  if (gst_pad_peer_query (pad, query))
    gst_structure_get (gst_query_get_structure (query), "names", G_TYPE_STRV, &names, NULL);
  return names != NULL ? names : g_new0 (char *, 1);
}

gboolean
gst_generative_is_classes_query (GstQuery *query)
{
  const GstStructure *structure = gst_query_get_structure (query);

  return GST_QUERY_TYPE (query) == GST_QUERY_CUSTOM && structure != NULL &&
         gst_structure_has_name (structure, CLASSES_QUERY);
}

void
gst_generative_answer_classes (GstQuery *query, const char *const *names)
{
  gst_structure_set (gst_query_writable_structure (query), "names", G_TYPE_STRV, names, NULL);
}
