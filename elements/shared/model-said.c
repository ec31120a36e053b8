/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model-said.h"

static const struct {
  const char *name, *nick, *blurb;
  GParamFlags mutable;
} properties[GST_GENERATIVE_SAID_N_PROPERTIES] = {
  [GST_GENERATIVE_SAID_STATES] = { "states", "States",
      "Which inputs of the model take what which outputs made in the run before, such as "
      "r1i=r1o,r2i=r2o; empty for none (unset: as the model says, or its names tell)",
      GST_PARAM_MUTABLE_READY },
  [GST_GENERATIVE_SAID_PARAMETERS] = { "parameters", "Parameters",
      "The numbers that inputs of the model stand at which take no frames, such as "
      "strength=0.6,bits=1:0:1 (unset: as the model says)",
      GST_PARAM_MUTABLE_PLAYING },
  [GST_GENERATIVE_SAID_SHAPES] = { "shapes", "Shapes",
      "Extents that inputs of the model leave free, such as 1:3:-1:-1 of the first one, or "
      "x=1:3:-1:-1,y=1:8; -1 stays free (unset: as the model says)",
      GST_PARAM_MUTABLE_READY },
};

void
gst_generative_said_install (GObjectClass *klass, guint first)
{
  for (guint i = 0; i < GST_GENERATIVE_SAID_N_PROPERTIES; i++)
    g_object_class_install_property (klass, first + i,
        g_param_spec_string (properties[i].name, properties[i].nick, properties[i].blurb, NULL,
            G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | properties[i].mutable));
}

gboolean
gst_generative_said_set (GstGenerativeSaid *said, guint number, const GValue *value)
{
  if (number >= GST_GENERATIVE_SAID_N_PROPERTIES)
    return FALSE;
  g_free (said->texts[number]);
  said->texts[number] = g_value_dup_string (value);
  return TRUE;
}

gboolean
gst_generative_said_get (const GstGenerativeSaid *said, guint number, GValue *value)
{
  if (number >= GST_GENERATIVE_SAID_N_PROPERTIES)
    return FALSE;
  g_value_set_string (value, said->texts[number]);
  return TRUE;
}

void
gst_generative_said_copy (const GstGenerativeSaid *said, GstGenerativeSaid *to)
{
  for (guint i = 0; i < GST_GENERATIVE_SAID_N_PROPERTIES; i++)
    to->texts[i] = g_strdup (said->texts[i]);
}

void
gst_generative_said_clear (GstGenerativeSaid *said)
{
  for (guint i = 0; i < GST_GENERATIVE_SAID_N_PROPERTIES; i++)
    g_clear_pointer (&said->texts[i], g_free);
}

GenModelHints
gst_generative_said_hint (const GstGenerativeSaid *said)
{
  return (GenModelHints){ .states = said->texts[GST_GENERATIVE_SAID_STATES],
    .parameters = said->texts[GST_GENERATIVE_SAID_PARAMETERS],
    .shapes = said->texts[GST_GENERATIVE_SAID_SHAPES] };
}
