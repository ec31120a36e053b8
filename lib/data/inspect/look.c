/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "look.h"

#include <generative/file-bytes.h>
#include <glib/gstdio.h>
#include <string.h>

#include "../../medium/picture-private.h"

void
gen_look_clear (GenLook *look)
{
  gen_sample_clear (&look->sample);
  gen_sample_clear (&look->luma);
  g_free (look->traits.source_type);
  *look = (GenLook){ 0 };
}

static void
take_digest (GenLook *look, GChecksum *sum)
{
  gsize length = GEN_DATA_DIGEST;

  g_checksum_get_digest (sum, look->digest, &length);
  look->has_digest = TRUE;
}

/* What the bytes of a file tell, wherever it lies. */
static void
look_at_bytes (GenLook *look, GBytes *bytes)
{
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA256);
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  for (gsize at = 0; at < size; at += MIN (size - at, G_MAXINT))
    g_checksum_update (sum, data + at, (gssize)MIN (size - at, G_MAXINT));
  take_digest (look, sum);
  gen_file_traits_read (&look->traits, bytes);
}

/* What is no file is known by its numbers. */
static void
look_at_numbers (GenLook *look)
{
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA256);
  const GenSample *sample = &look->sample;
  const GenPicture *picture = &sample->picture;

  if (sample->medium == &gen_medium_sound)
    g_checksum_update (sum, (const guchar *)sample->sound.data,
        (gssize)(sample->sound.frames * (gsize)sample->sound.channels * sizeof (float)));
  if (sample->medium == &gen_medium_text && sample->text.data != NULL)
    g_checksum_update (sum, (const guchar *)sample->text.data,
        (gssize)strnlen (sample->text.data, sample->text.length));
  for (int y = 0; sample->medium == &gen_medium_picture && y < picture->height; y++)
    g_checksum_update (sum, picture->data + (gssize)y * picture->stride,
        (gssize)picture->width * picture->channels);
  take_digest (look, sum);
}

/* The item as the dataset makes it, of its own size. */
static gboolean
load (GenLook *look, const GenDataset *dataset, guint32 index, GError **error)
{
  const GenFitting fitting = { .fit = GEN_FIT_CROP };
  GenFormat *format = &look->inspected.format;

  format->medium = dataset->sample.medium;
  if (gen_dataset_has_lengths (dataset))
    format->length = gen_dataset_get_length (dataset, index);
  gen_sample_init (&look->sample, format);
  return gen_dataset_load (dataset, index, &fitting, &look->sample, error);
}

/* Whether the item has to be asked what it is like. */
static gboolean
needs_format (guint needs)
{
  return (needs & (GEN_NEED_EXTENT | GEN_NEED_FORMAT)) != 0;
}

/* What it is like, no closer than is needed; `bytes` are its content, or NULL where it is a file.
 */
static gboolean
look_at_format (GenLook *look, const GenDataset *dataset, guint32 index, const char *path,
    GBytes *bytes, guint needs, GError **error)
{
  GenFormat *format = &look->inspected.format;

  if (format->medium == &gen_medium_picture && (needs & GEN_NEED_FORMAT) == 0 &&
      gen_picture_find_size (path, bytes, &format->width, &format->height))
    return TRUE;
  return gen_dataset_probe (dataset, index, format, error);
}

static gboolean
look_at_file (GenLook *look, const GenDataset *dataset, guint32 index, const char *path,
    guint needs, GError **error)
{
  GenFormat *format = &look->inspected.format;

  if ((needs & GEN_NEED_FILE) != 0) {
    g_autoptr (GBytes) bytes = gen_file_bytes (path, error);

    if (bytes == NULL)
      return FALSE;
    look_at_bytes (look, bytes);
  }
  if ((needs & GEN_NEED_ITEM) == 0)
    return !needs_format (needs) || look_at_format (look, dataset, index, path, NULL, needs, error);
  if (format->medium == &gen_medium_text)
    return gen_dataset_probe (dataset, index, format, error) && load (look, dataset, index, error);
  if (gen_inspect_load_file (path, format, &look->sample, error))
    return TRUE;
  /* A sample that was not filled is nobody's. */
  look->sample = (GenSample){ 0 };
  return FALSE;
}

/* What has no file of its own may be one within another. */
static gboolean
look_within (GenLook *look, const GenDataset *dataset, guint32 index, const char *name, guint needs,
    GError **error)
{
  const gboolean is_file = dataset->format->read_file != NULL;
  const gboolean of_numbers = (needs & GEN_NEED_FILE) != 0 && !is_file;
  g_autoptr (GBytes) bytes = NULL;

  if (is_file) {
    bytes = dataset->format->read_file (dataset, index, error);
    if (bytes == NULL)
      return FALSE;
    look->inspected.bytes = g_bytes_get_size (bytes);
    if ((needs & GEN_NEED_FILE) != 0)
      look_at_bytes (look, bytes);
  }
  if ((needs & GEN_NEED_ITEM) == 0 && !of_numbers) {
    if (!needs_format (needs) || dataset->format->probe == NULL)
      return TRUE;
    return is_file ? look_at_format (look, dataset, index, name, bytes, needs, error)
                   : gen_dataset_probe (dataset, index, &look->inspected.format, error);
  }
  if (dataset->format->probe != NULL &&
      !gen_dataset_probe (dataset, index, &look->inspected.format, error))
    return FALSE;
  if (!load (look, dataset, index, error))
    return FALSE;
  if (of_numbers)
    look_at_numbers (look);
  return TRUE;
}

gboolean
gen_look_at (GenLook *look, const GenDataset *dataset, guint32 index, guint needs, GError **error)
{
  g_autofree char *path = gen_dataset_describe_item (dataset, index);
  GenInspected *inspected = &look->inspected;
  GStatBuf status;
  const gboolean is_file = g_stat (path, &status) == 0 && S_ISREG (status.st_mode);

  *look = (GenLook){ .inspected = { .format = *gen_dataset_get_format (dataset),
                         .frames = gen_dataset_get_film_length (dataset, index) } };
  if (is_file)
    inspected->bytes = (guint64)status.st_size;
  if (is_file ? !look_at_file (look, dataset, index, path, needs, error)
              : !look_within (look, dataset, index, path, needs, error))
    return FALSE;
  if ((needs & GEN_NEED_ITEM) == 0)
    return TRUE;
  inspected->sample = &look->sample;
  if (look->sample.medium != &gen_medium_picture)
    return TRUE;
  if (!gen_inspect_take_luma (&look->sample, &look->luma, error))
    return FALSE;
  inspected->luma = &look->luma;
  return TRUE;
}
