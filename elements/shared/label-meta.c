/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The label meta has no tags: whatever an element does to the picture, it stays what it shows. */
#include "label-meta.h"

#include <math.h>

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
gst_generative_label_add (
    GstBuffer *buffer, int label, const char *name, guint index, const char *source, guint64 item)
{
  GstCustomMeta *meta = gst_buffer_add_custom_meta (buffer, GST_GENERATIVE_LABEL);
  GstStructure *structure = gst_custom_meta_get_structure (meta);
  g_autofree char *valid = g_utf8_make_valid (source, -1);

  gst_structure_set (structure, "label", G_TYPE_INT, label, "index", G_TYPE_UINT, index, "source",
      G_TYPE_STRING, valid, "item", G_TYPE_UINT64, item, NULL);
  if (name != NULL)
    gst_structure_set (structure, "name", G_TYPE_STRING, name, NULL);
}

gboolean
gst_generative_label_set (GstBuffer *buffer, int label, const char *name, gboolean replaces)
{
  GstCustomMeta *meta = gst_buffer_get_custom_meta (buffer, GST_GENERATIVE_LABEL);
  GstStructure *structure;

  if (meta != NULL && !replaces && gst_generative_label_find (buffer) >= 0)
    return FALSE;
  if (meta == NULL)
    meta = gst_buffer_add_custom_meta (buffer, GST_GENERATIVE_LABEL);
  structure = gst_custom_meta_get_structure (meta);
  gst_structure_remove_fields (structure, "name", "labels", "weights", NULL);
  gst_structure_set (structure, "label", G_TYPE_INT, label, NULL);
  if (name != NULL)
    gst_structure_set (structure, "name", G_TYPE_STRING, name, NULL);
  return TRUE;
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

/* What may stand for a class is an int or an int64 from -1 on. `field` is what it is part of. */
static gboolean
read_number (const GValue *value, const char *field, int *label, GError **error)
{
  gint64 number;

  if (!G_VALUE_HOLDS_INT (value) && !G_VALUE_HOLDS_INT64 (value)) {
    g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
        "meta " GST_GENERATIVE_LABEL ": %s has a %s where an int or int64 is wanted, the number of "
        "a class",
        field, G_VALUE_TYPE_NAME (value));
    return FALSE;
  }
  number = G_VALUE_HOLDS_INT (value) ? g_value_get_int (value) : g_value_get_int64 (value);
  if (number < -1 || number > G_MAXINT) {
    g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
        "meta " GST_GENERATIVE_LABEL ": %s has %" G_GINT64_FORMAT
        "; classes are counted from 0 to %d, and -1 is none",
        field, number, G_MAXINT);
    return FALSE;
  }
  *label = (int)number;
  return TRUE;
}

static gboolean
read_label (GstBuffer *buffer, int *label, GError **error)
{
  GstCustomMeta *meta = gst_buffer_get_custom_meta (buffer, GST_GENERATIVE_LABEL);
  const GValue *value =
      meta != NULL ? gst_structure_get_value (gst_custom_meta_get_structure (meta), "label") : NULL;

  *label = -1;
  return value == NULL || read_number (value, "label", label, error);
}

int
gst_generative_label_find (GstBuffer *buffer)
{
  int label;

  return read_label (buffer, &label, NULL) ? label : -1;
}

const char *
gst_generative_label_find_name (GstBuffer *buffer)
{
  GstCustomMeta *meta = gst_buffer_get_custom_meta (buffer, GST_GENERATIVE_LABEL);

  return meta == NULL ? NULL
                      : gst_structure_get_string (gst_custom_meta_get_structure (meta), "name");
}

const char *
gst_generative_label_find_source (GstBuffer *buffer)
{
  GstCustomMeta *meta = gst_buffer_get_custom_meta (buffer, GST_GENERATIVE_LABEL);

  return meta == NULL ? NULL
                      : gst_structure_get_string (gst_custom_meta_get_structure (meta), "source");
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

static gboolean
read_weight (const GValue *value, double *weight, GError **error)
{
  if (!G_VALUE_HOLDS_DOUBLE (value) && !G_VALUE_HOLDS_FLOAT (value)) {
    g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
        "meta " GST_GENERATIVE_LABEL ": weights has a %s where a double or float is wanted",
        G_VALUE_TYPE_NAME (value));
    return FALSE;
  }
  *weight = G_VALUE_HOLDS_DOUBLE (value) ? g_value_get_double (value) : g_value_get_float (value);
  if (isfinite (*weight) && *weight >= 0)
    return TRUE;
  g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
      "meta " GST_GENERATIVE_LABEL
      ": weights has %g; they are finite numbers from 0 on, together 1",
      *weight);
  return FALSE;
}

/* Both are there, and arrays that are as long as each other. */
static gboolean
check_mixture (const GValue *labels, const GValue *weights, GError **error)
{
  const GValue *odd = labels == NULL || !GST_VALUE_HOLDS_ARRAY (labels) ? labels : weights;
  guint n_labels, n_weights;

  if (labels == NULL || weights == NULL) {
    g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
        "meta " GST_GENERATIVE_LABEL ": it has %s without %s; a mixture has both",
        labels != NULL ? "labels" : "weights", labels != NULL ? "weights" : "labels");
    return FALSE;
  }
  if (!GST_VALUE_HOLDS_ARRAY (odd)) {
    g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
        "meta " GST_GENERATIVE_LABEL ": %s is a %s; an array (GstValueArray) is wanted",
        odd == labels ? "labels" : "weights", G_VALUE_TYPE_NAME (odd));
    return FALSE;
  }
  n_labels = gst_value_array_get_size (labels);
  n_weights = gst_value_array_get_size (weights);
  if (n_labels == n_weights && n_labels > 0)
    return TRUE;
  g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
      "meta " GST_GENERATIVE_LABEL
      ": there are %u labels and %u weights; there is a weight for each "
      "label, and one at least",
      n_labels, n_weights);
  return FALSE;
}

static gboolean
add_mixture (
    GArray *shares, const GValue *labels, const GValue *weights, double of_all, GError **error)
{
  double sum = 0;

  if (!check_mixture (labels, weights, error))
    return FALSE;
  for (guint i = 0; i < gst_value_array_get_size (labels); i++) {
    double weight;
    int label;

    if (!read_number (gst_value_array_get_value (labels, i), "labels", &label, error) ||
        !read_weight (gst_value_array_get_value (weights, i), &weight, error))
      return FALSE;
    add_share (shares, label, of_all * weight);
    sum += weight;
  }
  if (isfinite (sum) && sum > 0)
    return TRUE;
  g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
      "meta " GST_GENERATIVE_LABEL ": the weights are together %g; they have to be 1", sum);
  return FALSE;
}

/* What a buffer is of may be a mixture by itself; that is `weight` of all. */
static gboolean
add_shares (GArray *shares, GstBuffer *buffer, double weight, GError **error)
{
  const GstStructure *structure = structure_of (buffer);
  const GValue *labels = structure != NULL ? gst_structure_get_value (structure, "labels") : NULL;
  const GValue *weights = structure != NULL ? gst_structure_get_value (structure, "weights") : NULL;
  int label;

  if (!read_label (buffer, &label, error))
    return FALSE;
  if (weight <= 0)
    return TRUE;
  if (labels != NULL || weights != NULL)
    return add_mixture (shares, labels, weights, weight, error);
  add_share (shares, label, weight);
  return TRUE;
}

gboolean
gst_generative_label_get_shares (GstBuffer *buffer, GArray *shares, GError **error)
{
  g_array_set_size (shares, 0);
  return add_shares (shares, buffer, 1, error);
}

gboolean
gst_generative_label_get (GstBuffer *buffer, int *label, const char **name, GError **error)
{
  const GstStructure *structure = structure_of (buffer);

  *name = NULL;
  if (!read_label (buffer, label, error)) {
    *label = -1;
    return FALSE;
  }
  if (structure != NULL && gst_structure_has_field (structure, "weights"))
    *label = -1;
  if (*label >= 0)
    *name = gst_structure_get_string (structure, "name");
  return TRUE;
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

gboolean
gst_generative_label_mix (GstBuffer *buffer, GstBuffer *const *others, guint n,
    const double *weights, guint chosen, GError **error)
{
  GstStructure *structure = structure_of (buffer);
  g_autoptr (GArray) shares = g_array_new (FALSE, FALSE, sizeof (GenClassShare));
  const GstStructure *of_chosen;

  if (structure == NULL)
    return TRUE;
  if (!add_shares (shares, buffer, weights[0], error))
    return FALSE;
  for (guint i = 0; i < n; i++)
    if (!add_shares (shares, others[i], weights[i + 1], error))
      return FALSE;
  set_shares (structure, shares);
  if (chosen == 0)
    return TRUE;
  of_chosen = structure_of (others[chosen - 1]);
  gst_structure_set (
      structure, "label", G_TYPE_INT, gst_generative_label_find (others[chosen - 1]), NULL);
  if (of_chosen != NULL && gst_structure_has_field (of_chosen, "name"))
    gst_structure_set_value (structure, "name", gst_structure_get_value (of_chosen, "name"));
  else
    gst_structure_remove_field (structure, "name");
  return TRUE;
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
