/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "picture-numbers.h"

GType
gst_generative_channel_order_get_type (void)
{
  static const GEnumValue values[] = {
    { GST_GENERATIVE_CHANNEL_ORDER_AUTO, "As the model says, else red first", "auto" },
    { GST_GENERATIVE_CHANNEL_ORDER_RGB, "Red, green, blue", "rgb" },
    { GST_GENERATIVE_CHANNEL_ORDER_BGR, "Blue, green, red, as OpenCV has them", "bgr" },
    { 0, NULL, NULL },
  };
  static gsize type = 0;

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("GstGenerativeChannelOrder", values));
  return type;
}

/* --- properties --- */

static const struct {
  const char *name, *nick, *blurb;
} texts[] = {
  [GST_GENERATIVE_NUMBERS_INPUT_RANGE] = { "input-range", "Input range",
      "The numbers that the model takes for black and white, such as -1,1, or such a pair for each "
      "channel (unset: what the model says)" },
  [GST_GENERATIVE_NUMBERS_INPUT_MEAN] = { "input-mean", "Input mean",
      "What is subtracted from pictures that the model takes, of each channel or all, before they "
      "are divided by input-std: 0.485,0.456,0.406 where white is 1, or 123.675,116.28,103.53 "
      "where it is 255, as numbers above 1 in either tell (unset: what the model says, or 0 where "
      "input-std is set)" },
  [GST_GENERATIVE_NUMBERS_INPUT_STD] = { "input-std", "Input deviation",
      "What pictures that the model takes are divided by, of each channel or all, behind "
      "input-mean: 0.229,0.224,0.225 or 58.395,57.12,57.375 (unset: what the model says, or 1 "
      "where input-mean is set)" },
  [GST_GENERATIVE_NUMBERS_OUTPUT_RANGE] = { "output-range", "Output range",
      "The numbers that the model makes for black and white, such as -1,1, or such a pair for each "
      "channel (unset: what the model says)" },
  [GST_GENERATIVE_NUMBERS_OUTPUT_MEAN] = { "output-mean", "Output mean",
      "What is added to the numbers that the model makes, of each channel or all, once they are "
      "multiplied by output-std; as input-mean (unset: what the model says, or 0 where output-std "
      "is set)" },
  [GST_GENERATIVE_NUMBERS_OUTPUT_STD] = { "output-std", "Output deviation",
      "What the numbers that the model makes are multiplied by, of each channel or all, before "
      "output-mean is added; as input-std (unset: what the model says, or 1 where output-mean is "
      "set)" },
};

void
gst_generative_numbers_install (GObjectClass *klass, guint first, guint n)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY;

  g_object_class_install_property (klass, first + GST_GENERATIVE_NUMBERS_CHANNEL_ORDER,
      g_param_spec_enum ("channel-order", "Channel order",
          "In which order the model has the channels of pictures in colour",
          GST_TYPE_GENERATIVE_CHANNEL_ORDER, GST_GENERATIVE_CHANNEL_ORDER_AUTO, flags));
  for (guint i = GST_GENERATIVE_NUMBERS_CHANNEL_ORDER + 1; i < n; i++)
    g_object_class_install_property (klass, first + i,
        g_param_spec_string (texts[i].name, texts[i].nick, texts[i].blurb, NULL, flags));
  gst_type_mark_as_plugin_api (GST_TYPE_GENERATIVE_CHANNEL_ORDER, 0);
}

/* Where a text is kept, or NULL where there is none of that number. */
static char **
find_text (const GstGenerativeNumbers *numbers, guint number)
{
  GstGenerativeNumbers *kept = (GstGenerativeNumbers *)numbers;

  switch (number) {
  case GST_GENERATIVE_NUMBERS_INPUT_RANGE:
    return &kept->range[0];
  case GST_GENERATIVE_NUMBERS_INPUT_MEAN:
    return &kept->mean[0];
  case GST_GENERATIVE_NUMBERS_INPUT_STD:
    return &kept->std[0];
  case GST_GENERATIVE_NUMBERS_OUTPUT_RANGE:
    return &kept->range[1];
  case GST_GENERATIVE_NUMBERS_OUTPUT_MEAN:
    return &kept->mean[1];
  case GST_GENERATIVE_NUMBERS_OUTPUT_STD:
    return &kept->std[1];
  default:
    return NULL;
  }
}

gboolean
gst_generative_numbers_set (GstGenerativeNumbers *numbers, guint number, const GValue *value)
{
  char **text = find_text (numbers, number);

  if (number == GST_GENERATIVE_NUMBERS_CHANNEL_ORDER) {
    numbers->order = g_value_get_enum (value);
    return TRUE;
  }
  if (text == NULL)
    return FALSE;
  g_free (*text);
  *text = g_value_dup_string (value);
  return TRUE;
}

gboolean
gst_generative_numbers_get (const GstGenerativeNumbers *numbers, guint number, GValue *value)
{
  char **text = find_text (numbers, number);

  if (number == GST_GENERATIVE_NUMBERS_CHANNEL_ORDER)
    g_value_set_enum (value, numbers->order);
  else if (text != NULL)
    g_value_set_string (value, *text);
  else
    return FALSE;
  return TRUE;
}

void
gst_generative_numbers_copy (const GstGenerativeNumbers *numbers, GstGenerativeNumbers *to)
{
  to->order = numbers->order;
  for (int i = 0; i < 2; i++) {
    to->range[i] = g_strdup (numbers->range[i]);
    to->mean[i] = g_strdup (numbers->mean[i]);
    to->std[i] = g_strdup (numbers->std[i]);
  }
}

void
gst_generative_numbers_clear (GstGenerativeNumbers *numbers)
{
  for (int i = 0; i < 2; i++) {
    g_clear_pointer (&numbers->range[i], g_free);
    g_clear_pointer (&numbers->mean[i], g_free);
    g_clear_pointer (&numbers->std[i], g_free);
  }
}

/* --- of a port --- */

static const char *
said (const char *text)
{
  return text != NULL && *text != '\0' ? text : NULL;
}

/* That of `side` a property is `wrong`. Returns FALSE. */
static gboolean
refuse (const char *side, const char *property, const char *wrong, GError **error)
{
  g_set_error (error, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS, "Property %s-%s is %s", side,
      property, wrong);
  return FALSE;
}

gboolean
gst_generative_numbers_apply (
    const GstGenerativeNumbers *numbers, GenPort *port, gboolean is_output, GError **error)
{
  const char *side = is_output ? "output" : "input", *range = said (numbers->range[is_output]);
  const char *mean = said (numbers->mean[is_output]), *std = said (numbers->std[is_output]);
  g_autoptr (GError) wrong = NULL;

  if (numbers->order != GST_GENERATIVE_CHANNEL_ORDER_AUTO && port->kind == GEN_PORT_PICTURE)
    port->bgr = numbers->order == GST_GENERATIVE_CHANNEL_ORDER_BGR && port->channels >= 3;
  if (range != NULL && !gen_port_read_range (port, range, &wrong))
    return refuse (side, "range", wrong->message, error);
  if (mean == NULL && std == NULL)
    return TRUE;
  if (range != NULL)
    return refuse (side, mean != NULL ? "mean" : "std",
        "set, and so is the range, which says the same: unset one of them", error);
  if (port->kind != GEN_PORT_PICTURE)
    return refuse (side, mean != NULL ? "mean" : "std",
        "set, but the model has no picture there, of which alone it could be said", error);
  if (!gen_port_read_moments (port, mean, NULL, &wrong))
    return refuse (side, "mean", wrong->message, error);
  return gen_port_read_moments (port, mean, std, &wrong) ||
         refuse (side, "std", wrong->message, error);
}
