/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A single file of sound: one item, which gen_dataset_cut makes many of. */
#include "dataset-private.h"

static gboolean
sound_recognise (const char *location, const GenDatasetSettings *settings)
{
  return gen_sound_recognise (location);
}

static GenDataset *
sound_create (void)
{
  return g_new0 (GenDataset, 1);
}

static gboolean
sound_open (GenDataset *dataset, const GenDatasetSettings *settings, GError **error)
{
  g_autoptr (GError) reason = NULL;

  dataset->count = 1;
  if (gen_medium_sound.probe (dataset->location, &dataset->sample, &reason))
    return TRUE;
  g_set_error_literal (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_READ, reason->message);
  return FALSE;
}

static gboolean
sound_load (const GenDataset *dataset, guint32 index, const GenFitting *fitting, GenSample *target,
    GError **error)
{
  return gen_medium_sound.load (dataset->location, fitting, target, error);
}

static char *
sound_describe (const GenDataset *dataset, guint32 index)
{
  return g_strdup (dataset->location);
}

static void
sound_free (GenDataset *dataset)
{
  g_free (dataset);
}

const GenDatasetFormat gen_dataset_sound = {
  .name = "sound",
  .description = "A file of sound",
  .medium = &gen_medium_sound,
  .recognise = sound_recognise,
  .create = sound_create,
  .open = sound_open,
  .load = sound_load,
  .describe = sound_describe,
  .free = sound_free,
};
