/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Properties of elements that augment, made of the library's lists. */
#include "augment.h"

#include "choices.h"

enum {
  PROBABILITY,
  SEED,
  FIRST_AUGMENTATION,
};

#define DEFAULT_PROBABILITY 1.0
#define DEFAULT_SEED 0
#define DEFAULT_AMOUNT 0.0

/* The enumeration of an augmentation whose amount is a choice. */
static GType
choices_type (const GenAugmentation *augmentation, const char *type_name)
{
  g_autofree char *name = g_strdup_printf (
      "%s%c%s", type_name, g_ascii_toupper (augmentation->name[0]), augmentation->name + 1);
  GArray *values = g_array_new (TRUE, TRUE, sizeof (GEnumValue));

  for (guint i = 0; augmentation->choices[i] != NULL; i++)
    gst_generative_choices_add (values, augmentation->choices[i], augmentation->choices[i]);
  return gst_generative_choices_register (name, values);
}

/* With what is said of frames that are elsewhere. */
static const char *
describe (const GenAugmentation *augmentation)
{
  static const char *const devices[] = {
    [GEN_AUGMENT_NONE_ON_DEVICE] = "",
    [GEN_AUGMENT_COLOURS_ON_DEVICE] = " (in CUDA memory: of RGB)",
    [GEN_AUGMENT_ALL_ON_DEVICE] = " (in CUDA memory, too)",
  };
  g_autofree char *text =
      g_strconcat (augmentation->description, devices[augmentation->on_device], NULL);

  return g_intern_string (text);
}

static GParamSpec *
spec_of (const GenAugmentation *augmentation, const char *type_name, GParamFlags flags)
{
  if (augmentation->choices != NULL)
    return g_param_spec_enum (augmentation->name, augmentation->name, describe (augmentation),
        choices_type (augmentation, type_name), (int)DEFAULT_AMOUNT, flags);
  return g_param_spec_double (augmentation->name, augmentation->name, describe (augmentation), 0,
      augmentation->maximum, DEFAULT_AMOUNT, flags);
}

/* An augmentation has its amount, and then its parameters. */
#define EACH (1 + GEN_AUGMENT_PARAMETERS)

static void
install_parameter (GObjectClass *class, guint id, const GenAugmentation *augmentation,
    const GenAugmentParameter *parameter, GParamFlags flags)
{
  g_autofree char *name = g_strconcat (augmentation->name, "-", parameter->name, NULL);
  const char *interned = g_intern_string (name);

  g_object_class_install_property (class, id,
      g_param_spec_double (interned, interned, parameter->description, parameter->minimum,
          parameter->maximum, parameter->standard, flags));
}

void
gst_generative_augment_install (GObjectClass *class, guint first, const GenMedium *medium,
    const char *type_name, const char *frequency)
{
  const GenAugmentation *const *list = gen_augmentation_list (medium);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_CONTROLLABLE |
                            GST_PARAM_MUTABLE_PLAYING;

  g_object_class_install_property (class, first + PROBABILITY,
      g_param_spec_double (
          "probability", "Probability", frequency, 0, 1, DEFAULT_PROBABILITY, flags));
  g_object_class_install_property (class, first + SEED,
      g_param_spec_uint64 (
          "seed", "Seed", "Same seed, same changes", 0, G_MAXUINT64, DEFAULT_SEED, flags));
  for (guint i = 0; list[i] != NULL; i++) {
    const guint id = first + FIRST_AUGMENTATION + i * EACH;

    g_object_class_install_property (class, id, spec_of (list[i], type_name, flags));
    for (guint p = 0; p < GEN_AUGMENT_PARAMETERS; p++)
      if (list[i]->parameters[p].name != NULL)
        install_parameter (class, id + 1 + p, list[i], &list[i]->parameters[p], flags);
  }
}

GenAugmentSettings
gst_generative_augment_defaults (const GenMedium *medium)
{
  GenAugmentSettings settings;

  gen_augment_settings_init (&settings, medium);
  settings.probability = DEFAULT_PROBABILITY;
  settings.seed = DEFAULT_SEED;
  return settings;
}

/* Where the number of an augmentation's property stands. */
static double *
number_of (GenAugmentSettings *settings, guint index)
{
  const guint i = (index - FIRST_AUGMENTATION) / EACH, which = (index - FIRST_AUGMENTATION) % EACH;

  return which == 0 ? &settings->amounts[i] : &settings->parameters[i][which - 1];
}

void
gst_generative_augment_set (GenAugmentSettings *settings, guint index, const GValue *value)
{
  if (index == PROBABILITY)
    settings->probability = g_value_get_double (value);
  else if (index == SEED)
    settings->seed = g_value_get_uint64 (value);
  else
    *number_of (settings, index) =
        G_VALUE_HOLDS_ENUM (value) ? g_value_get_enum (value) : g_value_get_double (value);
}

void
gst_generative_augment_get (GenAugmentSettings *settings, guint index, GValue *value)
{
  if (index == PROBABILITY)
    g_value_set_double (value, settings->probability);
  else if (index == SEED)
    g_value_set_uint64 (value, settings->seed);
  else if (G_VALUE_HOLDS_ENUM (value))
    g_value_set_enum (value, (int)*number_of (settings, index));
  else
    g_value_set_double (value, *number_of (settings, index));
}
