/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The options of commands on data are the settings of data, but for those of how samples are made.
 */
#include <gio/gio.h>
#include <string.h>

#include "data.h"

/* Of the settings that are listed before those of filters. */
static const char *const shared[] = { "medium", "tile-width", "tile-height", "rows-per-label",
  "class-pattern", "array", "frame-step", "clip-length", "scene-threshold", "animation", "lines",
  "leave-out", "split-by", "split-distance", "validation-fraction", "test-fraction", "seed",
  "threads", NULL };
/* Of those of filters, what examining takes. */
static const char *const gates[] = { "gate", "gate-output", NULL };
/* What has options of their own there. */
static const char *const elsewhere[] = { "report", "without", NULL };

static gboolean
is_of_filters (const GenSetting *setting)
{
  return setting->offset >= G_STRUCT_OFFSET (GenDataSettings, filter) &&
         setting->offset <
             G_STRUCT_OFFSET (GenDataSettings, filter) + sizeof (GenDataFilterSettings);
}

static gboolean
is_wanted (const GenSetting *setting, gboolean filters)
{
  if (!is_of_filters (setting))
    return g_strv_contains (shared, setting->name);
  return filters ? !g_strv_contains (elsewhere, setting->name)
                 : g_strv_contains (gates, setting->name);
}

static const char *
placeholder (const GenSetting *setting)
{
  switch (setting->type) {
  case GEN_SETTING_TEXT:
    return "TEXT";
  case GEN_SETTING_CHOICE:
  case GEN_SETTING_FAMILY:
    return "NAME";
  case GEN_SETTING_FLAG:
    return NULL;
  default:
    return "NUMBER";
  }
}

void
data_options_add (DataOptions *options, GArray *entries, gboolean filters)
{
  guint n;
  const GenSetting *list = gen_data_setting_list (&n);

  gen_data_settings_init (&options->settings);
  options->said = g_new0 (char *, n);
  options->flags = g_new0 (gboolean, n);
  for (guint i = 0; i < n; i++) {
    const gboolean is_flag = list[i].type == GEN_SETTING_FLAG;
    const GOptionEntry entry = { .long_name = list[i].name,
      .arg = is_flag ? G_OPTION_ARG_NONE : G_OPTION_ARG_STRING,
      .arg_data = is_flag ? (gpointer)&options->flags[i] : (gpointer)&options->said[i],
      .description = list[i].description,
      .arg_description = placeholder (&list[i]) };

    if (is_wanted (&list[i], filters))
      g_array_append_val (entries, entry);
  }
}

static gboolean
take (DataOptions *options, const GenSetting *setting, const char *said, GError **error)
{
  GVariant *value = gen_setting_parse (setting, said, error);

  if (value != NULL && gen_setting_set (&options->settings, setting, value, error))
    return TRUE;
  g_prefix_error (error, "--%s: ", setting->name);
  return FALSE;
}

/* Of the whole, and not a number is of nothing. */
static gboolean
check_fractions (const GenSequenceSettings *order, GError **error)
{
  if (order->validation_fraction + order->test_fraction <= 1)
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
      "--validation-fraction is %g and --test-fraction %g: they are not more than 1 together",
      order->validation_fraction, order->test_fraction);
  return FALSE;
}

gboolean
data_options_take (DataOptions *options, GError **error)
{
  guint n;
  const GenSetting *list = gen_data_setting_list (&n);

  for (guint i = 0; i < n; i++) {
    const char *said = options->flags[i] ? "true" : options->said[i];

    if (said != NULL && !take (options, &list[i], said, error))
      return FALSE;
  }
  return check_fractions (&options->settings.order, error);
}

gboolean
data_options_say (DataOptions *options, const char *name, const char *said, GError **error)
{
  guint n;
  const GenSetting *list = gen_data_setting_list (&n);
  const GenSetting *setting = gen_setting_find (list, n, name, error);

  return setting != NULL && take (options, setting, said, error);
}

void
data_options_clear (DataOptions *options)
{
  guint n;

  gen_data_setting_list (&n);
  for (guint i = 0; options->said != NULL && i < n; i++)
    g_free (options->said[i]);
  g_free (options->said);
  g_free (options->flags);
  gen_data_settings_clear (&options->settings);
}
