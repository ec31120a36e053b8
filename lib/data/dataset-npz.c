/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An archive of numpy's arrays: the pictures are one of them, and their labels may be another. */
#include <string.h>

#include <generative/npz.h>

#include "dataset-array.h"

/* Archives promise much in few bytes. */
#define MAX_BYTES ((gsize)1 << 34)

/* The header of an archive's first file: its signature, where the length of the name is, and the
 * name. */
#define SIGNATURE "PK\x03\x04"
#define NAME_LENGTH 26
#define NAME 30
#define MAX_NAME 256

/* By its name, or by that of its first array. */
static gboolean
npz_recognise (const char *location, const GenDatasetSettings *settings)
{
  char start[NAME + MAX_NAME + 1] = "";
  gsize read = gen_dataset_read_start (location, (guint8 *)start, sizeof start - 1), length;

  if (gen_dataset_has_ending (location, ".npz"))
    return TRUE;
  if (read < NAME || memcmp (start, SIGNATURE, 4) != 0)
    return FALSE;
  length = (guint8)start[NAME_LENGTH] | (gsize)(guint8)start[NAME_LENGTH + 1] << 8;
  if (length > MAX_NAME || NAME + length > read)
    return FALSE;
  start[NAME + length] = '\0';
  return gen_dataset_has_ending (start + NAME, ".npy");
}

/* The first array that can be pictures; NULL with `error`, which lists what there is. */
static char *
choose_array (GenNpz *npz, const char *location, GError **error)
{
  g_auto (GStrv) names = gen_npz_list (npz);
  g_autoptr (GString) text = g_string_new (NULL);

  for (char **name = names; *name != NULL; name++) {
    g_autofree char *shape_text = NULL;
    GenDataType type;
    GenShape shape;

    if (!gen_npz_peek (npz, *name, &type, &shape, NULL))
      continue;
    if (gen_array_dataset_suits (type, &shape))
      return g_strdup (*name);
    shape_text = gen_shape_to_string (&shape);
    g_string_append_printf (text, "%s %s %s", text->len > 0 ? "," : "", *name, shape_text);
  }
  g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_NOT_FOUND,
      "%s: none of its arrays can be pictures:%s", location, text->len > 0 ? text->str : " none");
  return NULL;
}

/* The array of labels, or NULL where there is none. */
static char *
find_labels (GenNpz *npz, const char *array)
{
  static const char *const others[] = { "labels", "label", "y", "targets", NULL };
  g_auto (GStrv) names = gen_array_dataset_label_names (array);

  for (char **name = names; *name != NULL; name++)
    if (gen_npz_has (npz, *name))
      return g_strdup (*name);
  for (const char *const *name = others; *name != NULL; name++)
    if (!g_str_equal (*name, array) && gen_npz_has (npz, *name))
      return g_strdup (*name);
  return NULL;
}

static GBytes *
read_array (GenNpz *npz, const char *name, GenDataType *type, GenShape *shape, GError **error)
{
  g_autoptr (GError) reason = NULL;
  GBytes *elements = gen_npz_read (npz, name, MAX_BYTES, type, shape, &reason);

  if (elements == NULL)
    g_set_error_literal (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_READ, reason->message);
  return elements;
}

static gboolean
read_labels (GenArrayDataset *array, GenNpz *npz, const char *name, GError **error)
{
  g_autofree char *text = g_strdup_printf ("%s: array %s", array->dataset.location, name);
  GenDataType type;
  GenShape shape;
  g_autoptr (GBytes) labels = read_array (npz, name, &type, &shape, error);

  return labels != NULL && gen_array_dataset_take_labels (array, labels, type, &shape, text, error);
}

static gboolean
npz_open (GenDataset *dataset, const GenDatasetSettings *settings, GError **error)
{
  GenArrayDataset *array = (GenArrayDataset *)dataset;
  g_autoptr (GError) reason = NULL;
  g_autoptr (GenNpz) npz = gen_npz_open (dataset->location, &reason);
  g_autofree char *name = NULL, *labels = NULL, *text = NULL;
  g_autoptr (GBytes) elements = NULL;
  GenDataType type;
  GenShape shape;

  if (npz == NULL) {
    g_set_error_literal (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_READ, reason->message);
    return FALSE;
  }
  name = settings->array != NULL ? g_strdup (settings->array)
                                 : choose_array (npz, dataset->location, error);
  if (name == NULL)
    return FALSE;
  elements = read_array (npz, name, &type, &shape, error);
  text = g_strdup_printf ("%s: array %s", dataset->location, name);
  if (elements == NULL || !gen_array_dataset_take (array, elements, type, &shape, text, error))
    return FALSE;
  labels = find_labels (npz, name);
  return labels == NULL || read_labels (array, npz, labels, error);
}

const GenDatasetFormat gen_dataset_npz = {
  .name = "npz",
  .description = "An archive of numpy's arrays",
  .in_memory = TRUE,
  .medium = &gen_medium_picture,
  .recognise = npz_recognise,
  .create = gen_array_dataset_create,
  .open = npz_open,
  .load = gen_array_dataset_load,
  .describe = gen_array_dataset_describe,
  .free = gen_array_dataset_free,
};
