/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <generative/setting.h>

#include <generative/nearest.h>
#include <gio/gio.h>
#include <math.h>
#include <string.h>

const GenSetting *
gen_setting_find (const GenSetting *list, guint n, const char *name, GError **error)
{
  g_autofree const char **names = g_new0 (const char *, n + 1);
  g_autofree char *meant = NULL, *all = NULL;

  for (guint i = 0; i < n; i++) {
    if (strcmp (list[i].name, name) == 0)
      return &list[i];
    names[i] = list[i].name;
  }
  meant = gen_nearest_hint (name, names);
  all = g_strjoinv (", ", (char **)names);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
      "there is no setting \"%s\"%s; there are %s", name, meant, all);
  return NULL;
}

void
gen_setting_clear_texts (gpointer record, const GenSetting *list, guint n)
{
  for (guint i = 0; i < n; i++)
    if (list[i].type == GEN_SETTING_TEXT)
      g_clear_pointer (&G_STRUCT_MEMBER (char *, record, list[i].offset), g_free);
}

void
gen_setting_copy_texts (gpointer record, const GenSetting *list, guint n)
{
  for (guint i = 0; i < n; i++)
    if (list[i].type == GEN_SETTING_TEXT) {
      char **text = &G_STRUCT_MEMBER (char *, record, list[i].offset);

      *text = g_strdup (*text);
    }
}

static gboolean
refuse (const char *wanted, GVariant *value, GError **error)
{
  g_autofree char *text = value != NULL ? g_variant_print (value, FALSE) : g_strdup ("nothing");

  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "%s is wanted, and there is %s",
      wanted, text);
  return FALSE;
}

/* The largest number that the type holds, as a double that is not beyond it. */
static double
reach (GenSettingType type)
{
  if (type == GEN_SETTING_UINT64)
    return INFINITY;
  return type == GEN_SETTING_UINT ? G_MAXUINT : G_MAXINT;
}

/* A whole number beyond 2^63, which files of JSON have as text. */
static gboolean
is_large (GVariant *value, guint64 *number)
{
  return g_variant_is_of_type (value, G_VARIANT_TYPE_STRING) &&
         g_ascii_string_to_unsigned (g_variant_get_string (value, NULL), 10,
             (guint64)G_MAXINT64 + 1, G_MAXUINT64, number, NULL);
}

/* A whole number of any of GVariant's types. */
static gboolean
whole (GVariant *value, gboolean *negative, guint64 *number)
{
  gint64 with_sign;

  *negative = FALSE;
  switch (g_variant_classify (value)) {
  case G_VARIANT_CLASS_UINT32:
    *number = g_variant_get_uint32 (value);
    return TRUE;
  case G_VARIANT_CLASS_UINT64:
    *number = g_variant_get_uint64 (value);
    return TRUE;
  case G_VARIANT_CLASS_INT32:
    with_sign = g_variant_get_int32 (value);
    break;
  case G_VARIANT_CLASS_INT64:
    with_sign = g_variant_get_int64 (value);
    break;
  default:
    return is_large (value, number);
  }
  *negative = with_sign < 0;
  *number = with_sign < 0 ? 0 : (guint64)with_sign;
  return TRUE;
}

static gboolean
set_whole (gpointer field, const GenSetting *setting, GVariant *value, GError **error)
{
  const double maximum = MIN (setting->maximum, reach (setting->type));
  g_autofree char *wanted =
      isfinite (maximum)
          ? g_strdup_printf ("a whole number from %.0f to %.0f", setting->minimum, maximum)
          : g_strdup_printf ("a whole number from %.0f on", setting->minimum);
  gboolean negative;
  guint64 number;

  /* No setting takes what is less than 0. */
  if (!whole (value, &negative, &number) || negative || (double)number < setting->minimum ||
      (double)number > maximum)
    return refuse (wanted, value, error);
  if (setting->type == GEN_SETTING_INT)
    *(int *)field = (int)number;
  else if (setting->type == GEN_SETTING_UINT)
    *(guint *)field = (guint)number;
  else
    *(guint64 *)field = number;
  return TRUE;
}

static gboolean
set_double (double *field, const GenSetting *setting, GVariant *value, GError **error)
{
  g_autofree char *wanted =
      g_strdup_printf ("a number from %g to %g", setting->minimum, setting->maximum);
  gboolean negative;
  guint64 number;
  double real;

  if (g_variant_is_of_type (value, G_VARIANT_TYPE_DOUBLE))
    real = g_variant_get_double (value);
  else if (g_variant_is_of_type (value, G_VARIANT_TYPE_INT64))
    real = (double)g_variant_get_int64 (value);
  else if (whole (value, &negative, &number) && !negative)
    real = (double)number;
  else
    return refuse (wanted, value, error);
  if (!(real >= setting->minimum && real <= setting->maximum))
    return refuse (wanted, value, error);
  *field = real;
  return TRUE;
}

static gboolean
set_choice (int *field, const GenSetting *setting, GVariant *value, GError **error)
{
  const char *name = g_variant_get_string (value, NULL);
  g_autofree char *names = NULL, *meant = NULL;

  for (int i = 0; setting->choices[i] != NULL; i++)
    if (strcmp (setting->choices[i], name) == 0) {
      *field = i;
      return TRUE;
    }
  names = g_strjoinv (", ", (char **)setting->choices);
  meant = gen_nearest_hint (name, setting->choices);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "there is no \"%s\"%s; there are %s",
      name, meant, names);
  return FALSE;
}

static gboolean
set_text (gpointer field, const GenSetting *setting, GVariant *value, GError **error)
{
  gconstpointer member;

  if (value == NULL && setting->type == GEN_SETTING_TEXT) {
    g_clear_pointer ((char **)field, g_free);
    return TRUE;
  }
  if (value == NULL || !g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    return refuse ("a text", value, error);
  if (setting->type == GEN_SETTING_CHOICE)
    return set_choice (field, setting, value, error);
  if (setting->type == GEN_SETTING_TEXT) {
    g_free (*(char **)field);
    *(char **)field = g_variant_dup_string (value, NULL);
    return TRUE;
  }
  member = setting->find (g_variant_get_string (value, NULL), error);
  if (member == NULL)
    return FALSE;
  *(gconstpointer *)field = member;
  return TRUE;
}

static gboolean
set_flag (gboolean *field, GVariant *value, GError **error)
{
  if (!g_variant_is_of_type (value, G_VARIANT_TYPE_BOOLEAN))
    return refuse ("true or false", value, error);
  *field = g_variant_get_boolean (value);
  return TRUE;
}

gboolean
gen_setting_set (gpointer record, const GenSetting *setting, GVariant *value, GError **error)
{
  g_autoptr (GVariant) sunk = value != NULL ? g_variant_ref_sink (value) : NULL;
  gpointer field = G_STRUCT_MEMBER_P (record, setting->offset);

  if (setting->type >= GEN_SETTING_TEXT)
    return set_text (field, setting, sunk, error);
  if (sunk == NULL)
    return refuse ("a value", NULL, error);
  switch (setting->type) {
  case GEN_SETTING_FLAG:
    return set_flag (field, sunk, error);
  case GEN_SETTING_DOUBLE:
    return set_double (field, setting, sunk, error);
  default:
    return set_whole (field, setting, sunk, error);
  }
}

/* A whole number that is written as 1e3, where one is wanted. (transfer full), else NULL. */
static char *
write_whole (GenSettingType type, const char *text)
{
  char *end;
  const double number = g_ascii_strtod (text, &end);

  if (type == GEN_SETTING_DOUBLE || type == GEN_SETTING_FLAG || end == text || *end != '\0' ||
      number < 0 || number != floor (number) || number > G_MAXUINT32)
    return NULL;
  return g_strdup_printf ("%.0f", number);
}

GVariant *
gen_setting_parse (const GenSetting *setting, const char *text, GError **error)
{
  /* Numbers of GVariant's text are octal with a zero in front. */
  const gsize zeros = strspn (text, "0");
  const char *digits = text + (g_ascii_isdigit (text[zeros]) ? zeros : 0);
  static const struct {
    const char *type, *wanted;
  } kinds[] = {
    [GEN_SETTING_FLAG] = { "b", "true or false" },
    [GEN_SETTING_INT] = { "x", "a whole number" },
    [GEN_SETTING_UINT] = { "x", "a whole number" },
    [GEN_SETTING_UINT64] = { "t", "a whole number from 0 on" },
    [GEN_SETTING_DOUBLE] = { "d", "a number" },
  };
  g_autoptr (GVariant) value = NULL;

  if (setting->type >= GEN_SETTING_TEXT && g_utf8_validate (text, -1, NULL))
    return g_variant_ref_sink (g_variant_new_string (text));
  if (setting->type >= GEN_SETTING_TEXT) {
    g_set_error_literal (
        error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "a text in UTF-8 is wanted");
    return NULL;
  }
  value =
      g_variant_parse ((const GVariantType *)kinds[setting->type].type, digits, NULL, NULL, NULL);
  if (value == NULL) {
    g_autofree char *meant = write_whole (setting->type, text);

    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
        "%s is wanted, and there is '%s'%s%s%s", kinds[setting->type].wanted, text,
        meant != NULL ? " (did you mean " : "", meant != NULL ? meant : "",
        meant != NULL ? "?)" : "");
  }
  return g_steal_pointer (&value);
}

GVariant *
gen_setting_get (gconstpointer record, const GenSetting *setting)
{
  gconstpointer field = G_STRUCT_MEMBER_P (record, setting->offset);
  const char *text;

  switch (setting->type) {
  case GEN_SETTING_FLAG:
    return g_variant_new_boolean (*(const gboolean *)field);
  case GEN_SETTING_INT:
    return g_variant_new_int32 (*(const int *)field);
  case GEN_SETTING_UINT:
    return g_variant_new_uint32 (*(const guint *)field);
  case GEN_SETTING_UINT64:
    return g_variant_new_uint64 (*(const guint64 *)field);
  case GEN_SETTING_DOUBLE:
    return g_variant_new_double (*(const double *)field);
  case GEN_SETTING_TEXT:
    text = *(char *const *)field;
    return text != NULL ? g_variant_new_string (text) : NULL;
  case GEN_SETTING_CHOICE:
    return g_variant_new_string (setting->choices[*(const int *)field]);
  case GEN_SETTING_FAMILY:
    return g_variant_new_string (**(const char *const *const *)field);
  }
  g_return_val_if_reached (NULL);
}
