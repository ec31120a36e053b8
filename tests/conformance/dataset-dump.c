/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What there is in a dataset, for a program that knows what should be there (datasets.py):
 *
 *     dataset-dump LOCATION FILE [SETTING=VALUE …]
 *
 * writes the items to FILE, one behind the other, and a line for each: its label, the name of that
 * and its caption; or, of one that cannot be loaded, why. An error ends with status 1.
 */
#include <stdio.h>

#include <generative/data-settings.h>

static gboolean
set (GenDataSettings *settings, const char *argument, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (argument, "=", 2);
  guint n;
  const GenSetting *list = gen_data_setting_list (&n);
  const GenSetting *setting = gen_setting_find (list, n, parts[0], error);
  g_autoptr (GVariant) value = NULL;

  if (setting == NULL)
    return FALSE;
  if (setting->type == GEN_SETTING_TEXT || setting->type == GEN_SETTING_CHOICE)
    value = g_variant_ref_sink (g_variant_new_string (parts[1]));
  else
    value = g_variant_parse (NULL, parts[1], NULL, NULL, error);
  return value != NULL && gen_setting_set (settings, setting, value, error);
}

static void
write_sample (const GenSample *sample, FILE *file)
{
  const GenPicture *picture = &sample->picture;

  if (sample->medium == &gen_medium_text) {
    fwrite (sample->text.data, 1, sample->text.length + 1, file);
  } else if (sample->medium == &gen_medium_sound) {
    fwrite (sample->sound.data, sizeof (float),
        sample->sound.frames * (gsize)sample->sound.channels, file);
  } else {
    for (int y = 0; y < picture->height; y++)
      fwrite (picture->data + (gsize)y * (gsize)picture->stride, (gsize)picture->channels,
          (gsize)picture->width, file);
  }
}

/* The item as the first one is, but for texts, which are as long as they are and end on 0. */
static void
dump_item (const GenDataset *dataset, guint32 item, const GenFitting *fitting, FILE *file)
{
  const int label = gen_dataset_get_label (dataset, item);
  g_autofree char *caption = gen_dataset_get_caption (dataset, item);
  g_autofree char *escaped = g_strescape (caption != NULL ? caption : "", NULL);
  GenFormat format = *gen_dataset_get_format (dataset);
  g_auto (GenSample) sample = { 0 };
  g_autoptr (GError) error = NULL;

  if (format.medium == &gen_medium_text)
    format.length = 0;
  gen_sample_init (&sample, &format);
  if (!gen_dataset_load (dataset, item, fitting, &sample, &error)) {
    printf ("bad\t%s\n", error->message);
    return;
  }
  write_sample (&sample, file);
  printf (
      "%d\t%s\t%s\n", label, label < 0 ? "" : gen_dataset_get_label_name (dataset, label), escaped);
}

int
main (int argc, char **argv)
{
  g_auto (GenDataSettings) settings = { 0 };
  g_autoptr (GError) error = NULL;
  g_autoptr (GenDataset) dataset = NULL;
  GenDatasetSettings opening;
  GenFitting fitting;
  g_autofree char *text = NULL;
  FILE *file;

  gen_data_settings_init (&settings);
  for (int i = 3; i < argc && error == NULL; i++)
    set (&settings, argv[i], &error);
  opening = gen_data_settings_dataset (&settings);
  fitting = gen_data_settings_fitting (&settings);
  if (error == NULL)
    dataset = gen_dataset_open (argv[1], &opening, &error);
  if (dataset == NULL) {
    fprintf (stderr, "%s\n", error->message);
    return 1;
  }
  file = fopen (argv[2], "wb");
  text = gen_format_describe (gen_dataset_get_format (dataset));
  printf ("%s\n", text);
  for (guint32 i = 0; i < gen_dataset_get_count (dataset); i++)
    dump_item (dataset, i, &fitting, file);
  fclose (file);
  return 0;
}
