/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Items that are files. Opening reads only until the first whole one, which tells the format: what
 * is wrong with the others shows when they are loaded. */
#include <string.h>

#include <generative/file-bytes.h>

#include "../medium/fitting.h"
#include "dataset-files.h"

/* Longer texts are no captions. */
#define MAX_CAPTION (1 << 20)

GenDataset *
gen_file_dataset_create (void)
{
  GenFileDataset *files = g_new0 (GenFileDataset, 1);

  files->paths = g_ptr_array_new_with_free_func (g_free);
  files->captions = g_ptr_array_new_with_free_func (g_free);
  gen_origins_init (&files->origins);
  files->boxes = g_array_new (FALSE, FALSE, sizeof (GenBox));
  return &files->dataset;
}

void
gen_file_dataset_free (GenDataset *dataset)
{
  GenFileDataset *files = (GenFileDataset *)dataset;

  g_ptr_array_unref (files->paths);
  g_ptr_array_unref (files->captions);
  gen_origins_clear (&files->origins);
  g_array_unref (files->boxes);
  g_free (files);
}

void
gen_file_dataset_add (GenFileDataset *files, char *path, char *caption)
{
  g_ptr_array_add (files->paths, path);
  g_ptr_array_add (files->captions, caption);
  files->dataset.count++;
}

/* Where an item is a part of its picture, that says how large it is. */
static void
take_size (GenFileDataset *files, guint index)
{
  const GenBox *box = files->boxes->len > 0 ? &g_array_index (files->boxes, GenBox, index) : NULL;

  if (box == NULL || box->width == 0 || files->dataset.sample.medium != &gen_medium_picture)
    return;
  files->dataset.sample.width = box->width;
  files->dataset.sample.height = box->height;
}

gboolean
gen_file_dataset_probe (GenFileDataset *files, const GenMedium *medium, GError **error)
{
  g_autoptr (GError) first = NULL;

  for (guint i = 0; i < files->paths->len; i++) {
    if (medium->probe (g_ptr_array_index (files->paths, i), &files->dataset.sample,
            first == NULL ? &first : NULL)) {
      take_size (files, i);
      return TRUE;
    }
  }
  g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_READ,
      "%s: none of its %u %s can be decoded; the first: %s", files->dataset.location,
      files->paths->len, medium->plural, first->message);
  return FALSE;
}

/* What lies in a box. */
static gboolean
load_box (const char *path, const GenBox *box, const GenFitting *fitting, GenSample *target,
    GError **error)
{
  g_auto (GenPicture) picture = { 0 };
  GenPicture part;

  if (!gen_picture_load (&picture, path, 0, error))
    return FALSE;
  if (box->x < 0 || box->y < 0 || box->width > picture.width - box->x ||
      box->height > picture.height - box->y) {
    g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_READ,
        "%s: the box of %d x %d at %d, %d is not within its %d x %d pixels", path, box->width,
        box->height, box->x, box->y, picture.width, picture.height);
    return FALSE;
  }
  part = picture;
  part.data += (gsize)box->y * (gsize)picture.stride + (gsize)box->x * (gsize)picture.channels;
  part.width = box->width;
  part.height = box->height;
  part.owned = FALSE;
  return gen_fitting_apply (fitting, &part, &target->picture, error);
}

gboolean
gen_file_dataset_load (const GenDataset *dataset, guint32 index, const GenFitting *fitting,
    GenSample *target, GError **error)
{
  const GenFileDataset *files = (const GenFileDataset *)dataset;
  const char *path = g_ptr_array_index (files->paths, index);
  const GenBox *box =
      files->boxes->len > 0 ? &g_array_index (files->boxes, GenBox, index) : &(GenBox){ 0 };

  if (box->width > 0 && target->medium == &gen_medium_picture)
    return load_box (path, box, fitting, target, error);
  return target->medium->load (path, fitting, target, error);
}

char *
gen_file_dataset_describe (const GenDataset *dataset, guint32 index)
{
  return g_strdup (g_ptr_array_index (((const GenFileDataset *)dataset)->paths, index));
}

gboolean
gen_file_dataset_get_origin (const GenDataset *dataset, guint32 index, GenDatasetOrigin *origin)
{
  return gen_origins_get (&((const GenFileDataset *)dataset)->origins, index, origin);
}

char *
gen_file_read_caption (const char *path)
{
  const char *dot = strrchr (path, '.'), *slash = strrchr (path, '/');
  const gsize stem = dot != NULL && dot > slash ? (gsize)(dot - path) : strlen (path);
  g_autofree char *beside = g_strdup_printf ("%.*s.txt", (int)stem, path);
  /* A pipe or a device is no caption, and must not be waited for. */
  g_autoptr (GBytes) bytes = g_str_equal (beside, path) ? NULL : gen_file_bytes (beside, NULL);
  const char *text;
  gsize length;

  if (bytes == NULL)
    return NULL;
  text = g_bytes_get_data (bytes, &length);
  if (length > MAX_CAPTION || !g_utf8_validate_len (text, length, NULL))
    return NULL;
  return length == 0 ? g_strdup ("") : g_strstrip (g_strndup (text, length));
}

char *
gen_file_dataset_get_caption (const GenDataset *dataset, guint32 index)
{
  const GenFileDataset *files = (const GenFileDataset *)dataset;
  const char *caption = g_ptr_array_index (files->captions, index);

  if (caption != NULL)
    return g_strdup (caption);
  return files->has_captions ? gen_file_read_caption (g_ptr_array_index (files->paths, index))
                             : NULL;
}
