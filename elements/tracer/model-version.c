/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Two replicas play the same model where its bytes are the same, whatever its name and time are.
 * A file is looked at when an element begins to play it, or says that it plays a new one, and read
 * where it is not the one that was read before: sessions of a server come and go, and their model
 * stays. */
#include "model-version.h"

#include <glib/gstdio.h>
#include <string.h>

#include "../shared/file-hash.h"

/* Of 64 digits as many as nobody has to compare by eye for long. */
#define DIGITS 12

/* What tells whether a file is the same. */
typedef struct {
  guint64 words[7];
} Stamp;

typedef struct {
  Stamp stamp;
  char digits[DIGITS + 1]; /* "": it cannot be read */
} Version;

GHashTable *
gst_trace_versions_new (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
}

static Stamp
stamp_of (const char *path)
{
  GStatBuf info;

  if (g_stat (path, &info) != 0)
    return (Stamp){ 0 };
  return (Stamp){ { info.st_dev, info.st_ino, (guint64)info.st_size, (guint64)info.st_mtim.tv_sec,
      (guint64)info.st_mtim.tv_nsec, (guint64)info.st_ctim.tv_sec,
      (guint64)info.st_ctim.tv_nsec } };
}

static const char *
find_version (GHashTable *versions, const char *path)
{
  const Stamp stamp = stamp_of (path);
  Version *version = g_hash_table_lookup (versions, path);
  g_autofree char *hash = NULL;

  if (version != NULL && memcmp (&version->stamp, &stamp, sizeof stamp) == 0)
    return version->digits;
  version = g_new0 (Version, 1);
  version->stamp = stamp;
  hash = gst_generative_hash_file (path);
  if (hash != NULL)
    g_strlcpy (version->digits, hash, sizeof version->digits);
  g_hash_table_replace (versions, g_strdup (path), version);
  return version->digits;
}

void
gst_trace_model_gather (GstTraceStage *stage, GstElement *element)
{
  g_autofree char *path = NULL;
  GenCounter *model;

  if (!stage->has_model || !stage->model_is_new || stage->frames == NULL)
    return;
  g_object_get (element, "model", &path, NULL);
  if (path == NULL)
    return;
  stage->model_is_new = FALSE;
  model = gst_trace_stage_take (
      stage, &gst_trace_model, path, find_version (stage->trace->versions, path));
  gen_counter_set (model, 1);
  if (stage->model != NULL && stage->model != model)
    gst_trace_stage_release (stage, stage->model);
  stage->model = model;
}
