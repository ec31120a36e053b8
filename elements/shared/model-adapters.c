/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model-adapters.h"

#include <generative/adapter-file.h>

void
gst_generative_adapters_install (GObjectClass *klass, guint first, GParamFlags files)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS;
  const gboolean live = files == GST_PARAM_MUTABLE_PLAYING;

  g_object_class_install_property (klass, first + GST_GENERATIVE_ADAPTERS_FILES,
      g_param_spec_string ("adapter", "Adapter",
          live ? "Files of adapters beside the model's weights, which training with adapter=lora "
                 "writes, with commas between; they are summed. Set while others play, they follow "
                 "as soon as they are ready (unset: none)"
               : "Files of adapters beside the model's weights, which training with adapter=lora "
                 "writes, with commas between; they are summed (unset: none)",
          NULL, flags | files));
  g_object_class_install_property (klass, first + GST_GENERATIVE_ADAPTERS_SCALES,
      g_param_spec_string ("adapter-scale", "Adapter scale",
          live ? "How much each adapter counts, such as 0.7,0.3, from the next frame on; the "
                 "children adapter-1, adapter-2 and so on are the same one by one, and can be "
                 "controlled (unset: 1)"
               : "How much each adapter counts, such as 0.7,0.3, from the next frame on (unset: 1)",
          NULL, flags | GST_PARAM_MUTABLE_PLAYING));
}

gboolean
gst_generative_adapters_set (GstGenerativeAdapters *adapters, guint number, const GValue *value)
{
  if (number >= GST_GENERATIVE_ADAPTERS_N_PROPERTIES)
    return FALSE;
  g_free (adapters->texts[number]);
  adapters->texts[number] = g_value_dup_string (value);
  return TRUE;
}

gboolean
gst_generative_adapters_get (const GstGenerativeAdapters *adapters, guint number, GValue *value)
{
  if (number >= GST_GENERATIVE_ADAPTERS_N_PROPERTIES)
    return FALSE;
  g_value_set_string (value, adapters->texts[number]);
  return TRUE;
}

void
gst_generative_adapters_copy (const GstGenerativeAdapters *adapters, GstGenerativeAdapters *to)
{
  for (guint i = 0; i < GST_GENERATIVE_ADAPTERS_N_PROPERTIES; i++)
    to->texts[i] = g_strdup (adapters->texts[i]);
}

void
gst_generative_adapters_clear (GstGenerativeAdapters *adapters)
{
  for (guint i = 0; i < GST_GENERATIVE_ADAPTERS_N_PROPERTIES; i++)
    g_clear_pointer (&adapters->texts[i], g_free);
}

void
gst_generative_adapters_hint (const GstGenerativeAdapters *adapters, GenModelHints *hints)
{
  hints->adapters = adapters->texts[GST_GENERATIVE_ADAPTERS_FILES];
  hints->adapter_scales = adapters->texts[GST_GENERATIVE_ADAPTERS_SCALES];
}

/* How many adapters are beside the model's weights. */
static guint
count_adapters (const GenModel *model)
{
  guint n = 0;

  for (guint i = 0; i < model->graph->inputs->len; i++)
    n += model->inputs[i].part == GEN_PART_PARAMETER &&
         g_str_has_prefix (model->inputs[i].name, "adapter-");
  return n;
}

void
gst_generative_adapters_say (
    GstElement *element, const GenModel *model, const char *scales, GString *said)
{
  const guint n = count_adapters (model);
  double numbers[GEN_ADAPTERS_MOST];
  char number[G_ASCII_DTOSTR_BUF_SIZE];
  g_autoptr (GError) error = NULL;

  if (!gen_adapters_read_scales (scales, numbers, GEN_ADAPTERS_MOST, &error)) {
    GST_ELEMENT_WARNING (element, LIBRARY, SETTINGS,
        ("Property adapter-scale: %s. Adapters count as before", error->message), (NULL));
    return;
  }
  for (guint i = 0; i < n; i++)
    g_string_append_printf (said, "%sadapter-%u=%s", said->len > 0 ? "," : "", i + 1,
        g_ascii_dtostr (number, sizeof number, numbers[i]));
}
