/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is searched, as the command line says it: NAME=A,B,C are values, NAME=A..B is a range. Which
 * type a setting is of, and what it may be, its list knows. */
#include <math.h>
#include <string.h>

#include "search.h"
#include "settings-file.h"
#include "train.h"

/* They are the search's own. */
static const char *const not_searched[] = { "checkpoint", "log-dir", "resume", "overwrite",
  "silent", "max-steps", "validation-metric", "validation-interval", "threads", NULL };

static void
dimension_free (gpointer data)
{
  SearchDimension *dimension = data;

  g_free (dimension->name);
  g_strfreev (dimension->values);
  g_free (dimension);
}

/* Of a training itself; NULL where it is of data, or there is none. */
static const GenSetting *
find_setting (const char *name)
{
  guint n;
  const GenSetting *list = gen_training_setting_list (&n);

  return gen_setting_find (list, n, name, NULL);
}

/* Whether `setting` takes it; with the error of `train`. */
static gboolean
check_value (const char *name, const char *value, GError **error)
{
  static const char *const others[] = { TRAIN_DATA_MEMBERS };
  g_autoptr (JsonObject) settings = json_object_new ();
  g_autofree char *text = g_strconcat (name, "=", value, NULL);
  g_auto (GenTrainingSettings) record = { 0 };
  const GenSetting *list;
  guint n;

  gen_training_settings_init (&record);
  list = gen_training_setting_list (&n);
  return train_say (settings, text, error) &&
         settings_file_apply (settings, "", &record, list, n, others, error);
}

static gboolean
is_number (const GenSetting *setting)
{
  return setting != NULL && setting->type >= GEN_SETTING_INT && setting->type <= GEN_SETTING_DOUBLE;
}

static gboolean
set_error (GError **error, const char *name, const char *text)
{
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "%s: %s", name, text);
  return FALSE;
}

/* A number of a range as it is said, within the range whatever its digits are. (transfer full) */
static char *
write_number (const GenSearchDimension *range, double number)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];
  double near;

  if (range->whole)
    return g_strdup_printf ("%.0f", number);
  g_ascii_formatd (text, sizeof text, "%.4g", number);
  near = g_ascii_strtod (text, NULL);
  if (near < range->least || near > range->greatest)
    g_ascii_dtostr (text, sizeof text, CLAMP (near, range->least, range->greatest));
  return g_strdup (text);
}

/* So many numbers of a range, its ends among them; whole ones that would come twice come once. */
static void
spread (SearchDimension *dimension, guint n)
{
  const GenSearchDimension *range = &dimension->range;
  g_autoptr (GPtrArray) values = g_ptr_array_new ();

  for (guint i = 0; i < n; i++) {
    const double share = i / (double)(n - 1);
    const double number = range->logarithmic
                              ? range->least * pow (range->greatest / range->least, share)
                              : range->least + share * (range->greatest - range->least);
    char *text = write_number (range, range->whole ? floor (number + 0.5) : number);

    if (values->len > 0 && strcmp (values->pdata[values->len - 1], text) == 0)
      g_free (text);
    else
      g_ptr_array_add (values, text);
  }
  dimension->range.n_values = values->len;
  g_ptr_array_add (values, NULL);
  dimension->values = (char **)g_ptr_array_free (g_steal_pointer (&values), FALSE);
}

/* "1e-4..1e-2", and behind it ":log", ":linear" or ":5". */
static gboolean
read_range (SearchDimension *dimension, const GenSetting *setting, const char *text, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (text, ":", -1);
  g_auto (GStrv) ends = g_strsplit (parts[0], "..", 2);
  GenSearchDimension *range = &dimension->range;
  guint64 n = 0;

  if (!check_value (dimension->name, ends[0], error) ||
      !check_value (dimension->name, ends[1], error))
    return FALSE;
  range->least = g_ascii_strtod (ends[0], NULL);
  range->greatest = g_ascii_strtod (ends[1], NULL);
  range->whole = setting->type != GEN_SETTING_DOUBLE;
  range->logarithmic = range->least > 0 && range->greatest >= 10 * range->least;
  if (!(range->least < range->greatest))
    return set_error (error, dimension->name,
        "the range is empty: its first number should be the smaller one, as in 1e-4..1e-2");
  for (char **part = parts + 1; *part != NULL; part++)
    if (strcmp (*part, "log") == 0 && range->least > 0)
      range->logarithmic = TRUE;
    else if (strcmp (*part, "linear") == 0)
      range->logarithmic = FALSE;
    else if (!g_ascii_string_to_unsigned (*part, 10, 2, 10000, &n, NULL))
      return set_error (error, dimension->name,
          "behind a range :linear is wanted, :log where it begins above 0, or how many numbers of "
          "it, from 2 to 10000, as in 1e-4..1e-2:log:5");
  if (n > 0)
    spread (dimension, (guint)n);
  return TRUE;
}

static gboolean
read_values (SearchDimension *dimension, const char *text, const char *between, GError **error)
{
  dimension->values = g_strsplit (text, between, -1);
  dimension->range.n_values = g_strv_length (dimension->values);
  for (char **value = dimension->values; *value != NULL; value++) {
    if (**value == '\0')
      return set_error (error, dimension->name, "one of the values is empty");
    if (!check_value (dimension->name, *value, error))
      return FALSE;
    if (g_strv_contains ((const char *const *)value + 1, *value))
      return set_error (error, dimension->name, "one of the values is there twice");
  }
  return TRUE;
}

static gboolean
read_one (Search *search, GPtrArray *fixed, const char *text, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (text, "=", 2);
  const GenSetting *setting = find_setting (parts[0]);
  /* Of texts a comma is a part. */
  const gboolean is_text = setting == NULL || setting->type == GEN_SETTING_TEXT;
  const char *between = is_text ? "|" : ",";
  const gboolean is_range =
      parts[1] != NULL && is_number (setting) && strstr (parts[1], "..") != NULL;
  SearchDimension *dimension;

  if (parts[1] == NULL || (!is_range && strstr (parts[1], between) == NULL)) {
    g_ptr_array_add (fixed, g_strdup (text));
    return parts[1] == NULL ? check_value (text, "", error)
                            : check_value (parts[0], parts[1], error);
  }
  if (g_strv_contains (not_searched, parts[0]))
    return set_error (error, parts[0], "it cannot be searched; trials have one value of it");
  for (guint i = 0; i < search->dimensions->len; i++)
    if (strcmp (((SearchDimension *)search->dimensions->pdata[i])->name, parts[0]) == 0)
      return set_error (error, parts[0], "it is said twice");
  dimension = g_new0 (SearchDimension, 1);
  dimension->name = g_strdup (parts[0]);
  g_ptr_array_add (search->dimensions, dimension);
  return is_range ? read_range (dimension, setting, parts[1], error)
                  : read_values (dimension, parts[1], between, error);
}

gboolean
search_read_space (Search *search, char **arguments, GError **error)
{
  g_autoptr (GPtrArray) fixed = g_ptr_array_new_with_free_func (g_free);

  search->dimensions = g_ptr_array_new_with_free_func (dimension_free);
  for (char **text = arguments; *text != NULL; text++)
    if (!read_one (search, fixed, *text, error))
      return FALSE;
  g_ptr_array_add (fixed, NULL);
  search->fixed = (char **)g_ptr_array_steal (fixed, NULL);
  if (search->dimensions->len > 0)
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "nothing is searched: say several values of a setting, batch-size=32,64, or a range, "
      "learning-rate=1e-4..1e-2");
  return FALSE;
}

/* --- trials --- */

static GenSearchDimension *
list_dimensions (const Search *search)
{
  GenSearchDimension *list = g_new (GenSearchDimension, search->dimensions->len + 1);

  for (guint i = 0; i < search->dimensions->len; i++)
    list[i] = ((const SearchDimension *)search->dimensions->pdata[i])->range;
  return list;
}

SearchTrial *
search_add_trial (Search *search, guint i)
{
  const guint n = search->dimensions->len;
  g_autofree GenSearchDimension *list = list_dimensions (search);
  g_autofree double *drawn = g_new (double, n + 1);
  SearchTrial *trial = g_new0 (SearchTrial, 1);

  if (strcmp (search->method, "grid") == 0)
    gen_search_place_in_grid (list, n, i, drawn);
  else
    gen_search_draw (list, n, search->seed, i, drawn);
  trial->name = g_strdup_printf ("trial-%03u", i + 1);
  trial->values = g_new0 (char *, n + 1);
  for (guint d = 0; d < n; d++) {
    const SearchDimension *dimension = search->dimensions->pdata[d];

    trial->values[d] = dimension->values != NULL ? g_strdup (dimension->values[(guint)drawn[d]])
                                                 : write_number (&dimension->range, drawn[d]);
  }
  g_ptr_array_add (search->trials, trial);
  return trial;
}
