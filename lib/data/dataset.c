/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Datasets: which kind a location is, and what all kinds have in common. */
#include <generative/dataset.h>

#include <glib/gstdio.h>

#include "dataset-private.h"

G_DEFINE_QUARK (gen - dataset - error - quark, gen_dataset_error)

/* In the order in which they are asked; the last takes whatever is left. */
static const GenDatasetFormat *const formats[] = {
  &gen_dataset_folder,
  &gen_dataset_idx,
  &gen_dataset_sound,
  &gen_dataset_sheet,
  NULL,
};

/* Whether there is something at `location` that can be looked into: a pipe would be waited for. */
static gboolean
check_location (const char *location, GError **error)
{
  GStatBuf info;

  if (g_stat (location, &info) != 0) {
    g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_NOT_FOUND,
        "%s: no such file or folder", location);
    return FALSE;
  }
  if (S_ISREG (info.st_mode) || S_ISDIR (info.st_mode))
    return TRUE;
  g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_READ,
      "%s: a device or pipe, not a file or folder", location);
  return FALSE;
}

GenDataset *
gen_dataset_open (const char *location, const GenDatasetSettings *settings, GError **error)
{
  const GenDatasetFormat *const *format = formats;
  GenDataset *dataset;

  if (!check_location (location, error))
    return NULL;
  while (!(*format)->recognise (location))
    format++;
  if (settings->medium != NULL && (*format)->medium != NULL &&
      (*format)->medium != settings->medium) {
    g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_SETTINGS, "%s: holds %s, not %s",
        location, (*format)->medium->plural, settings->medium->plural);
    return NULL;
  }
  dataset = (*format)->create ();
  dataset->format = *format;
  dataset->location = g_strdup (location);
  dataset->label_names = g_ptr_array_new_with_free_func (g_free);
  if (!(*format)->open (dataset, settings, error)) {
    gen_dataset_free (dataset);
    return NULL;
  }
  return dataset;
}

void
gen_dataset_free (GenDataset *dataset)
{
  if (dataset == NULL)
    return;
  g_free (dataset->location);
  g_free (dataset->labels);
  g_ptr_array_unref (dataset->label_names);
  dataset->format->free (dataset);
}

guint32
gen_dataset_get_count (const GenDataset *dataset)
{
  return dataset->count;
}

const GenFormat *
gen_dataset_get_format (const GenDataset *dataset)
{
  return &dataset->sample;
}

gboolean
gen_dataset_is_in_memory (const GenDataset *dataset)
{
  return dataset->format->in_memory;
}

gsize
gen_dataset_get_length (const GenDataset *dataset, guint32 index)
{
  g_return_val_if_fail (index < dataset->count, 0);
  return dataset->format->get_length != NULL ? dataset->format->get_length (dataset, index) : 0;
}

guint32
gen_dataset_get_source (const GenDataset *dataset, guint32 index)
{
  g_return_val_if_fail (index < dataset->count, 0);
  return dataset->format->get_source != NULL ? dataset->format->get_source (dataset, index) : index;
}

int
gen_dataset_get_label_count (const GenDataset *dataset)
{
  return (int)dataset->label_names->len;
}

int
gen_dataset_get_label (const GenDataset *dataset, guint32 index)
{
  g_return_val_if_fail (index < dataset->count, -1);
  return dataset->labels == NULL ? -1 : dataset->labels[index];
}

const char *
gen_dataset_get_label_name (const GenDataset *dataset, int label)
{
  g_return_val_if_fail (label >= 0 && (guint)label < dataset->label_names->len, NULL);
  return g_ptr_array_index (dataset->label_names, label);
}

char *
gen_dataset_describe_item (const GenDataset *dataset, guint32 index)
{
  g_return_val_if_fail (index < dataset->count, NULL);
  return dataset->format->describe (dataset, index);
}

gboolean
gen_dataset_load (const GenDataset *dataset, guint32 index, const GenFitting *fitting,
    GenSample *target, GError **error)
{
  g_return_val_if_fail (index < dataset->count, FALSE);
  g_return_val_if_fail (target->medium == dataset->sample.medium, FALSE);
  return dataset->format->load (dataset, index, fitting, target, error);
}

void
gen_dataset_number_labels (GenDataset *dataset, int count)
{
  for (int i = 0; i < count; i++)
    g_ptr_array_add (dataset->label_names, g_strdup_printf ("%d", i));
}
