/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "scorers.h"

#include "debug.h"

#define GST_CAT_DEFAULT gst_generative_debug

void
gst_generative_scorers_install (GObjectClass *klass, guint id, const char *of)
{
  g_autofree char *blurb = g_strdup_printf (
      "ONNX files, with commas between, of models that make one number or a few of %s: each is a "
      "figure, by the name that the model has for it (unset: none)",
      of);

  g_object_class_install_property (klass, id,
      g_param_spec_string ("scorer", "Scorer", g_intern_string (blurb), NULL,
          G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY));
}

GPtrArray *
gst_generative_scorers_open (const char *files, const GenMedium *medium, GError **error)
{
  GPtrArray *scorers = gen_scorers_open (files, medium, error);

  if (scorers == NULL && error != NULL &&
      !g_error_matches (*error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_SCORER))
    g_prefix_error (error, "Property scorer: ");
  return scorers;
}

void
gst_generative_scorers_warn (GstElement *element, const GPtrArray *scorers)
{
  for (guint i = 0; i + 1 < scorers->len; i++) {
    const GenScorer *scorer = g_ptr_array_index (scorers, i);
    g_autofree char *assumption = gen_scorer_describe_assumption (scorer);

    GST_INFO_OBJECT (element, "scorer %s", gen_scorer_file (scorer));
    if (assumption != NULL)
      GST_ELEMENT_WARNING (element, LIBRARY, SETTINGS, ("Property scorer: %s", assumption), (NULL));
  }
}

const GenScorer *
gst_generative_scorers_find_colour (const GPtrArray *scorers)
{
  for (guint i = 0; i + 1 < scorers->len; i++)
    if (gen_scorer_channels (g_ptr_array_index (scorers, i)) > 1)
      return g_ptr_array_index (scorers, i);
  return NULL;
}
