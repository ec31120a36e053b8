/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What metas say of an item, as JSON. */
#include <generative/report.h>
#include <glib/gstdio.h>

#include "datasetsink.h"

#include "../shared/caption-meta.h"
#include "../shared/file-hash.h"
#include "../shared/label-meta.h"
#include "../shared/origin-meta.h"
#include "../shared/score.h"

GST_DEBUG_CATEGORY_EXTERN (dataset_sink_debug);
#define GST_CAT_DEFAULT dataset_sink_debug

/* --- classes --- */

/* The class of the latent that became the part. */
static int
find_drawn_class (const GstDatasetPart *part)
{
  const GstStructure *origin = gst_generative_origin_get (part->buffer);
  const GValue *classes = origin != NULL ? gst_structure_get_value (origin, "classes") : NULL;

  if (classes == NULL || gst_value_array_get_size (classes) != part->parts)
    return -1;
  return g_value_get_int (gst_value_array_get_value (classes, part->part));
}

int
gst_dataset_part_find_class (const GstDatasetPart *part, const char **name)
{
  const int label = gst_generative_label_find (part->buffer);

  *name = NULL;
  if (label < 0)
    return find_drawn_class (part);
  *name = gst_generative_label_find_name (part->buffer);
  return label;
}

void
gst_dataset_sink_check_label (GstDatasetSink *self, GstBuffer *buffer)
{
  g_autoptr (GError) error = NULL;
  const char *name;
  int label;

  if (self->told_odd_label || gst_generative_label_get (buffer, &label, &name, &error))
    return;
  self->told_odd_label = TRUE;
  GST_ELEMENT_WARNING (self, STREAM, FORMAT,
      ("Buffer %" G_GUINT64_FORMAT ": %s. Such a buffer is of no class; further ones are not "
       "reported",
          self->frame, error->message),
      (NULL));
}

/* --- models --- */

typedef struct {
  char *hash;
  gint64 size, changed;
} Hash;

static void
hash_free (gpointer data)
{
  Hash *hash = data;

  g_free (hash->hash);
  g_free (hash);
}

/* A model is read once, and again when its file has changed. */
static const char *
find_hash (GstDatasetSink *self, const char *path)
{
  Hash *hash = self->hashes != NULL ? g_hash_table_lookup (self->hashes, path) : NULL;
  GStatBuf status;

  if (g_stat (path, &status) < 0)
    return hash != NULL ? hash->hash : NULL;
  if (hash != NULL && hash->size == status.st_size && hash->changed == status.st_mtime)
    return hash->hash;
  if (self->hashes == NULL)
    self->hashes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, hash_free);
  hash = g_new0 (Hash, 1);
  *hash = (Hash){ gst_generative_hash_file (path), status.st_size, status.st_mtime };
  GST_INFO_OBJECT (self, "%s: SHA-256 %s", path, hash->hash != NULL ? hash->hash : "unknown");
  g_hash_table_replace (self->hashes, g_strdup (path), hash);
  return hash->hash;
}

/* [{"file": "generator.onnx", "sha256": "…"}] */
static void
add_models (GstDatasetSink *self, const GstStructure *origin, JsonObject *facts)
{
  const GValue *models = gst_structure_get_value (origin, "models");
  JsonArray *array = models != NULL ? json_array_new () : NULL;

  for (guint i = 0; array != NULL && i < gst_value_array_get_size (models); i++) {
    const char *path = g_value_get_string (gst_value_array_get_value (models, i));
    const char *hash = find_hash (self, path);
    g_autofree char *name = g_path_get_basename (path);
    JsonObject *model = json_object_new ();

    json_object_set_string_member (model, "file", name);
    if (hash != NULL)
      json_object_set_string_member (model, "sha256", hash);
    json_array_add_object_element (array, model);
  }
  if (array != NULL)
    json_object_set_array_member (facts, "models", array);
}

/* --- numbers --- */

/* json-glib has no numbers beyond those of gint64: these are digits in a text. */
static void
set_number (JsonObject *object, const char *name, guint64 number)
{
  g_autofree char *digits = NULL;

  if (number <= G_MAXINT64) {
    json_object_set_int_member (object, name, (gint64)number);
    return;
  }
  digits = g_strdup_printf ("%" G_GUINT64_FORMAT, number);
  json_object_set_string_member (object, name, digits);
}

static void
add_latents (const GstStructure *origin, const GstDatasetPart *part, JsonObject *facts)
{
  guint64 seed, frame;
  guint vectors;

  if (!gst_structure_get (origin, "seed", G_TYPE_UINT64, &seed, "frame", G_TYPE_UINT64, &frame,
          "vectors", G_TYPE_UINT, &vectors, NULL))
    return;
  set_number (facts, "seed", seed);
  set_number (facts, "latent", frame);
  if (vectors > 1 && vectors == part->parts)
    set_number (facts, "vector", part->part);
}

static gboolean
add_score (GQuark field, const GValue *value, gpointer data)
{
  JsonObject *scores = data;
  const char *name = g_quark_to_string (field);

  if (G_VALUE_HOLDS_DOUBLE (value))
    gen_json_set_number (scores, name, g_value_get_double (value));
  else if (G_VALUE_HOLDS_INT64 (value))
    json_object_set_int_member (scores, name, g_value_get_int64 (value));
  else if (G_VALUE_HOLDS_STRING (value))
    json_object_set_string_member (scores, name, g_value_get_string (value));
  return TRUE;
}

/* Of a buffer that has become several items, scores are those of the whole, but for what its parts
 * were given each. */
static void
add_scores (const GstDatasetPart *part, JsonObject *facts)
{
  const GstMetaInfo *info = gst_meta_get_info (GST_GENERATIVE_SCORE);
  const char *name = part->parts > 1 ? "frame_scores" : "scores";
  double of_part;
  g_autoptr (JsonArray) all = json_array_new ();
  gpointer state = NULL;
  GstMeta *meta;

  if (gst_generative_score_get_part (part->buffer, part->part, part->parts, &of_part)) {
    JsonObject *scores = json_object_new ();

    gen_json_set_number (scores, "score", of_part);
    json_object_set_object_member (facts, "scores", scores);
  }
  while (info != NULL && (meta = gst_buffer_iterate_meta (part->buffer, &state)) != NULL) {
    JsonObject *scores;

    if (meta->info != info)
      continue;
    scores = json_object_new ();
    gst_structure_foreach (
        gst_custom_meta_get_structure ((GstCustomMeta *)meta), add_score, scores);
    json_array_add_object_element (all, scores);
  }
  if (json_array_get_length (all) == 1)
    json_object_set_object_member (
        facts, name, json_object_ref (json_array_get_object_element (all, 0)));
  else if (json_array_get_length (all) > 1)
    json_object_set_array_member (facts, name, g_steal_pointer (&all));
}

JsonObject *
gst_dataset_sink_find_facts (GstDatasetSink *self, const GstDatasetPart *part)
{
  const GstStructure *origin = gst_generative_origin_get (part->buffer);
  GstCustomMeta *label = gst_buffer_get_custom_meta (part->buffer, GST_GENERATIVE_LABEL);
  const char *caption = gst_generative_caption_find (part->buffer);
  JsonObject *facts = json_object_new ();
  const char *source;
  guint index;

  if (caption != NULL)
    json_object_set_string_member (facts, GEN_DATASET_ITEM_CAPTION, caption);
  set_number (facts, "frame", part->frame);
  if (part->parts > 1)
    set_number (facts, "part", part->part);
  if (part->frames > 0)
    set_number (facts, "frames", part->frames);
  if (GST_BUFFER_PTS_IS_VALID (part->buffer))
    set_number (facts, "pts", GST_BUFFER_PTS (part->buffer));
  if (label != NULL &&
      gst_structure_get_uint (gst_custom_meta_get_structure (label), "index", &index))
    set_number (facts, "of_item", index);
  source = gst_generative_label_find_source (part->buffer);
  if (source != NULL)
    json_object_set_string_member (facts, "source", source);
  if (origin != NULL) {
    add_latents (origin, part, facts);
    add_models (self, origin, facts);
    source = gst_structure_get_string (origin, "digital-source-type");
    if (source != NULL)
      json_object_set_string_member (facts, "digital_source_type", source);
  }
  add_scores (part, facts);
  return facts;
}
