/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "edited-samples.h"

#include <gio/gio.h>
#include <string.h>

#include "training-data.h"

/* Pixels of a sheet, at most. */
#define MOST_PIXELS ((gint64)GEN_PICTURE_MAX_PIXELS)

float
edited_samples_black (const GenFormat *format)
{
  return format->medium == &gen_medium_picture ? 0 : -1;
}

void
edited_samples_init (EditedSamples *samples, const GenFormat *format)
{
  samples->format = *format;
  samples->numbers = format->medium->count_numbers (format);
  samples->all = g_array_new (FALSE, FALSE, sizeof (float));
  samples->names = g_ptr_array_new_with_free_func (g_free);
}

void
edited_samples_clear (EditedSamples *samples)
{
  g_clear_pointer (&samples->all, g_array_unref);
  g_clear_pointer (&samples->names, g_ptr_array_unref);
}

/* Put `sample` at place `i`, of those that there are by then. */
static void
put (EditedSamples *samples, guint i, const GenSample *sample, char *name)
{
  if (i >= samples->names->len) {
    g_array_set_size (samples->all, (guint)((i + 1) * samples->numbers));
    g_ptr_array_set_size (samples->names, (int)i + 1);
  }
  g_free (samples->names->pdata[i]);
  samples->names->pdata[i] = name;
  samples->format.medium->to_numbers (sample, edited_samples_black (&samples->format), 1,
      &g_array_index (samples->all, float, i * samples->numbers));
}

/* --- one file --- */

static gboolean
add_file (EditedSamples *samples, const char *path, GError **error)
{
  const GenFitting fitting = { .fit = GEN_FIT_CROP };
  g_auto (GenSample) sample = { 0 };

  gen_sample_init (&sample, &samples->format);
  if (!samples->format.medium->load (path, &fitting, &sample, error))
    return FALSE;
  put (samples, samples->names->len, &sample, g_strdup (path));
  return TRUE;
}

/* --- a dataset --- */

typedef struct {
  EditedSamples *samples;
  TrainingData *data;
  GArray *items; /* of guint32: of those that have been added, in their order */
  guint first;
} Taken;

static gboolean
take (const GenSample *samples, const guint32 *items, int n, gpointer user_data, GError **error)
{
  Taken *taken = user_data;

  for (int i = 0; i < n; i++) {
    put (taken->samples, taken->samples->names->len, &samples[i],
        training_data_describe_item (taken->data, items[i]));
    g_array_append_val (taken->items, items[i]);
  }
  return TRUE;
}

static gint
compare_items (gconstpointer a, gconstpointer b, gpointer user_data)
{
  const GArray *items = user_data;
  const guint32 one = g_array_index (items, guint32, *(const guint *)a);
  const guint32 two = g_array_index (items, guint32, *(const guint *)b);

  return one < two ? -1 : one > two;
}

/* As they are numbered, in whatever order they came. */
static void
sort (const Taken *taken)
{
  EditedSamples *samples = taken->samples;
  const guint n = taken->items->len;
  const gsize numbers = samples->numbers;
  g_autofree guint *order = g_new (guint, MAX (n, 1));
  g_autofree float *sorted = g_new (float, n *numbers + 1);
  g_autofree gpointer *names = g_new (gpointer, MAX (n, 1));
  float *all = &g_array_index (samples->all, float, taken->first *numbers);

  for (guint i = 0; i < n; i++)
    order[i] = i;
  g_qsort_with_data (order, (int)n, sizeof *order, compare_items, taken->items);
  for (guint i = 0; i < n; i++) {
    memcpy (sorted + i * numbers, all + order[i] * numbers, numbers * sizeof *all);
    names[i] = samples->names->pdata[taken->first + order[i]];
  }
  memcpy (all, sorted, n * numbers * sizeof *all);
  memcpy (samples->names->pdata + taken->first, names, n * sizeof *names);
}

static JsonObject *
say_format (JsonObject *said, const char *path, const GenFormat *format)
{
  JsonObject *object = json_object_new ();
  g_autoptr (GList) members = json_object_get_members (said);
  const struct {
    const char *name;
    gint64 number;
  } all[] = { { "width", format->width }, { "height", format->height },
    { "channels", format->channels }, { "rate", format->rate },
    { "length", (gint64)format->length } };

  for (const GList *item = members; item != NULL; item = item->next)
    json_object_set_member (object, item->data, json_object_dup_member (said, item->data));
  json_object_set_string_member (object, "location", path);
  json_object_set_string_member (object, "medium", format->medium->name);
  for (gsize i = 0; i < G_N_ELEMENTS (all); i++)
    if (all[i].number > 0)
      json_object_set_int_member (object, all[i].name, all[i].number);
  return object;
}

static gboolean
add_dataset (EditedSamples *samples, const char *path, JsonObject *said, GError **error)
{
  g_autoptr (JsonObject) object = say_format (said, path, &samples->format);
  g_autoptr (TrainingData) data = training_data_open (object, NULL, NULL, "data", error);
  g_autoptr (GArray) items = g_array_new (FALSE, FALSE, sizeof (guint32));
  Taken taken = { samples, data, items, samples->names->len };

  if (data == NULL)
    return FALSE;
  if (training_data_get_format (data)->medium != samples->format.medium) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "there are %s, where %s are wanted",
        training_data_get_format (data)->medium->plural, samples->format.medium->plural);
    return FALSE;
  }
  if (!training_data_read (data, &samples->format, take, &taken, error))
    return FALSE;
  sort (&taken);
  return TRUE;
}

gboolean
edited_samples_add (EditedSamples *samples, const char *path, JsonObject *said, GError **error)
{
  if (json_object_get_size (said) == 0 && !g_file_test (path, G_FILE_TEST_IS_DIR))
    return add_file (samples, path, error);
  if (add_dataset (samples, path, said, error))
    return TRUE;
  g_prefix_error (error, "%s: ", path);
  return FALSE;
}

/* --- sheets --- */

gboolean
edited_samples_draw (const GenFormat *format, const float *numbers, guint n, guint columns,
    const char *path, GError **error)
{
  const guint rows = (n + columns - 1) / columns;
  const gsize each = format->medium->count_numbers (format);
  g_auto (GenPicture) wall = { 0 };
  GenSample *samples;
  int width, height, channels;

  if (!gen_format_measure_wall (format, (int)columns, (int)rows, &width, &height, &channels) ||
      (gint64)width * height > MOST_PIXELS) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "%s: a sheet of %u by %u samples is larger than a picture may be", path, columns, rows);
    return FALSE;
  }
  gen_picture_init (&wall, width, height, channels);
  samples = g_new0 (GenSample, columns * rows);
  for (guint i = 0; i < columns * rows; i++) {
    gen_sample_init (&samples[i], format);
    if (i < n)
      format->medium->from_numbers (
          &samples[i], edited_samples_black (format), 1, numbers + i * each);
  }
  gen_sample_draw_wall (samples, (int)columns, (int)rows, &wall);
  for (guint i = 0; i < columns * rows; i++)
    gen_sample_clear (&samples[i]);
  g_free (samples);
  return gen_picture_save_png (&wall, path, error);
}
