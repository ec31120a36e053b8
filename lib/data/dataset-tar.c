/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* WebDataset: samples in tar archives, as the Python package of that name writes and reads them
 * (https://github.com/webdataset/webdataset). Members that follow each other and have the same name
 * up to the first dot of its last part are one sample: a picture or a sound, its class (.cls), its
 * caption (.txt), or both in an object (.json).
 *
 * Opening goes through the headers and reads classes and objects; the rest is read when it is asked
 * for, by its place. */
#include <string.h>

#include <json-glib/json-glib.h>

#include "../base/json-file.h"
#include "braces.h"
#include "dataset-private.h"
#include "origin.h"
#include "tar-file.h"

#define MAX_SHARDS (1 << 20)
static const GenTarPlace nowhere = { G_MAXUINT64, 0, 0 };
/* Classes, captions and objects that are longer are left alone. */
#define MAX_TEXT (1 << 20)

typedef struct {
  guint32 shard;
  GenTarPlace media, text; /* where they are in the shard, or nowhere */
  const char *name;        /* of the member that is the item */
  const char *caption;     /* of an object */
  const char *damage;      /* of an item that stands for what cannot be read behind it */
} Item;

typedef struct {
  GenDataset dataset;
  GPtrArray *shards; /* of GenTarFile */
  GArray *items;     /* of Item */
  GStringChunk *texts;
  GenOrigins origins;
} TarDataset;

/* A walk through the members of one shard after the other. */
typedef struct {
  TarDataset *tar;
  const GenMedium *medium;
  GRegex *pattern;
  GPtrArray *classes; /* of char *, one per item */
  GString *key;       /* of the sample that is being read */
  Item item;
  char *class;
  char *origin[GEN_ORIGIN_FIELDS]; /* as gen_origins_set takes it */
} Walk;

/* --- which files --- */

/* Whether a folder has shards, and nothing but them and lists of them. */
static gboolean
is_folder_of_shards (const char *location)
{
  g_autoptr (GDir) dir = g_dir_open (location, 0, NULL);
  const char *name;
  gboolean found = FALSE;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *path = g_build_filename (location, name, NULL);

    if (name[0] == '.')
      continue;
    if (gen_tar_file_is_named (name))
      found = TRUE;
    else if (g_file_test (path, G_FILE_TEST_IS_DIR) || gen_medium_picture.is_named (name) ||
             gen_medium_sound.is_named (name))
      return FALSE;
  }
  return found;
}

/* Whether a location, which is no file's name, stands for shards. */
static gboolean
is_pattern (const char *location)
{
  g_auto (GStrv) names =
      strchr (location, '{') != NULL ? gen_expand_braces (location, MAX_SHARDS) : NULL;

  return gen_tar_file_is_named (location) || (names != NULL && gen_tar_file_is_named (names[0]));
}

static gboolean
tar_recognise (const char *location, const GenDatasetSettings *settings)
{
  if (g_file_test (location, G_FILE_TEST_IS_DIR))
    return is_folder_of_shards (location);
  if (!g_file_test (location, G_FILE_TEST_EXISTS))
    return is_pattern (location);
  return gen_tar_file_is_named (location) || gen_tar_file_recognise (location);
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

/* The shards in a folder, sorted. */
static char **
list_folder (const char *location)
{
  g_autoptr (GDir) dir = g_dir_open (location, 0, NULL);
  g_autoptr (GPtrArray) paths = g_ptr_array_new ();
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    if (name[0] != '.' && gen_tar_file_is_named (name))
      g_ptr_array_add (paths, g_build_filename (location, name, NULL));
  g_ptr_array_sort (paths, compare_names);
  g_ptr_array_add (paths, NULL);
  return (char **)g_ptr_array_free (g_steal_pointer (&paths), FALSE);
}

static char **
list_shards (const char *location, GError **error)
{
  char **paths;

  if (g_file_test (location, G_FILE_TEST_IS_DIR))
    return list_folder (location);
  if (g_file_test (location, G_FILE_TEST_EXISTS))
    return g_strdupv ((char *[]){ (char *)location, NULL });
  paths = gen_expand_braces (location, MAX_SHARDS);
  if (paths == NULL)
    g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_SETTINGS,
        "%s: its braces stand for more than %d shards", location, MAX_SHARDS);
  return paths;
}

/* --- samples --- */

/* What follows the first dot in the last part of a name. */
static const char *
find_extension (const char *name)
{
  const char *slash = strrchr (name, '/');
  const char *dot = strchr (slash != NULL ? slash : name, '.');

  return dot != NULL ? dot + 1 : name + strlen (name);
}

static gboolean
is_nowhere (const GenTarPlace *place)
{
  return place->header == nowhere.header;
}

static void
clear_told (Walk *walk)
{
  g_clear_pointer (&walk->class, g_free);
  for (int i = 0; i < GEN_ORIGIN_FIELDS; i++)
    g_clear_pointer (&walk->origin[i], g_free);
}

static void
begin_sample (Walk *walk, guint32 shard)
{
  walk->item = (Item){ .shard = shard, .media = nowhere, .text = nowhere };
  clear_told (walk);
}

/* Of the item that comes next. A reservation that cannot be understood is one. */
static void
store_origin (Walk *walk)
{
  GenOrigins *origins = &walk->tar->origins;
  const guint32 index = walk->tar->items->len;

  if (gen_origins_set (origins, index, (const char *const *)walk->origin))
    return;
  g_free (walk->origin[GEN_ORIGIN_RESERVATION]);
  walk->origin[GEN_ORIGIN_RESERVATION] = g_strdup ("1");
  gen_origins_set (origins, index, (const char *const *)walk->origin);
}

/* A sample without a picture or a sound is none. */
static void
end_sample (Walk *walk)
{
  if (is_nowhere (&walk->item.media) && walk->item.damage == NULL)
    return;
  if (walk->pattern != NULL && walk->item.name != NULL) {
    g_free (walk->class);
    walk->class = gen_dataset_match_class (walk->pattern, walk->item.name);
  }
  store_origin (walk);
  g_array_append_val (walk->tar->items, walk->item);
  g_ptr_array_add (walk->classes, g_steal_pointer (&walk->class));
}

static void
take_damage (Walk *walk, guint32 shard, const GError *error)
{
  begin_sample (walk, shard);
  walk->item.damage = g_string_chunk_insert (walk->tar->texts, error->message);
  end_sample (walk);
}

/* A short text in the shard, without white space around it; NULL where it cannot be read. */
static char *
read_text (const GenTarFile *shard, const GenTarPlace *place)
{
  g_autoptr (GBytes) bytes = gen_tar_file_read (shard, place, NULL);
  gsize size;
  const char *data = bytes != NULL ? g_bytes_get_data (bytes, &size) : NULL;

  if (bytes == NULL || size > MAX_TEXT || !g_utf8_validate_len (data, size, NULL))
    return NULL;
  return g_strstrip (g_strndup (data, size));
}

/* A member of an object as text, by any of its names; NULL where it has none. */
static char *
get_member (JsonObject *object, const char *const *names)
{
  for (; *names != NULL; names++) {
    JsonNode *node = json_object_get_member (object, *names);
    GType type = node != NULL && JSON_NODE_HOLDS_VALUE (node) ? json_node_get_value_type (node)
                                                              : G_TYPE_INVALID;

    if (type == G_TYPE_STRING)
      return g_strdup (json_node_get_string (node));
    if (type == G_TYPE_INT64)
      return g_strdup_printf ("%" G_GINT64_FORMAT, json_node_get_int (node));
  }
  return NULL;
}

/* The class and the caption that an object tells, where nothing else has. */
static void
take_object (Walk *walk, const char *text)
{
  static const char *const classes[] = { "label", "class", "cls", "class_name", NULL };
  static const char *const captions[] = { "caption", "text", NULL };
  g_autoptr (JsonNode) root = gen_json_from_text (text, NULL);
  g_autofree char *caption = NULL;

  if (root == NULL || !JSON_NODE_HOLDS_OBJECT (root))
    return;
  for (int i = 0; i < GEN_ORIGIN_FIELDS; i++)
    g_free (walk->origin[i]);
  gen_origin_read_object (json_node_get_object (root), walk->origin);
  if (walk->class == NULL)
    walk->class = get_member (json_node_get_object (root), classes);
  caption = get_member (json_node_get_object (root), captions);
  if (caption != NULL)
    walk->item.caption = g_string_chunk_insert (walk->tar->texts, caption);
}

/* One member of a sample. */
static void
take_member (Walk *walk, const GenTarMember *member, const char *extension)
{
  const GenTarFile *shard = g_ptr_array_index (walk->tar->shards, walk->item.shard);
  g_autofree char *named = g_strconcat ("a.", extension, NULL);
  g_autofree char *text = NULL;

  if (walk->medium->is_named (named)) {
    if (is_nowhere (&walk->item.media) || strchr (extension, '.') == NULL) {
      walk->item.media = member->place;
      walk->item.name = g_string_chunk_insert (walk->tar->texts, member->name);
    }
  } else if (g_ascii_strcasecmp (extension, "txt") == 0) {
    walk->item.text = member->place;
  } else if (g_ascii_strcasecmp (extension, "cls") == 0) {
    text = read_text (shard, &member->place);
    if (text != NULL && *text != '\0') {
      g_free (walk->class);
      walk->class = g_steal_pointer (&text);
    }
  } else if (g_ascii_strcasecmp (extension, "json") == 0 && member->place.size <= MAX_TEXT) {
    text = read_text (shard, &member->place);
    if (text != NULL)
      take_object (walk, text);
  }
}

static void
visit (const GenTarMember *member, gpointer data)
{
  Walk *walk = data;
  const char *extension = find_extension (member->name);
  const gsize length = (gsize)(extension - member->name);

  /* Members of the archive itself, and what is hidden. */
  if (*extension == '\0' || member->name[length - 1] != '.' ||
      (length >= 2 ? member->name[length - 2] == '/' : TRUE))
    return;
  if (walk->key->len != length || memcmp (walk->key->str, member->name, length) != 0) {
    end_sample (walk);
    begin_sample (walk, walk->item.shard);
    g_string_truncate (walk->key, 0);
    g_string_append_len (walk->key, member->name, (gssize)length);
  }
  take_member (walk, member, extension);
}

/* The medium of the first member that is a picture or a sound. */
static void
look_for_medium (const GenTarMember *member, gpointer data)
{
  const GenMedium **medium = data;

  if (*medium != NULL)
    return;
  if (gen_medium_picture.is_named (member->name))
    *medium = &gen_medium_picture;
  else if (gen_medium_sound.is_named (member->name))
    *medium = &gen_medium_sound;
}

/* --- the dataset --- */

static GenDataset *
tar_create (void)
{
  TarDataset *tar = g_new0 (TarDataset, 1);

  tar->shards = g_ptr_array_new_with_free_func ((GDestroyNotify)gen_tar_file_free);
  tar->items = g_array_new (FALSE, FALSE, sizeof (Item));
  tar->texts = g_string_chunk_new (1 << 16);
  gen_origins_init (&tar->origins);
  return &tar->dataset;
}

static void
tar_free (GenDataset *dataset)
{
  TarDataset *tar = (TarDataset *)dataset;

  g_ptr_array_unref (tar->shards);
  g_array_unref (tar->items);
  g_string_chunk_free (tar->texts);
  gen_origins_clear (&tar->origins);
  g_free (tar);
}

static gboolean
open_shards (TarDataset *tar, GError **error)
{
  g_auto (GStrv) paths = list_shards (tar->dataset.location, error);

  if (paths == NULL)
    return FALSE;
  for (char **path = paths; *path != NULL; path++) {
    GenTarFile *shard = gen_tar_file_open (*path, error);

    if (shard == NULL)
      return FALSE;
    g_ptr_array_add (tar->shards, shard);
  }
  return TRUE;
}

/* NULL with `error` where no member tells one: by why the first shard that is damaged is so, if one
 * is. */
static const GenMedium *
find_medium (TarDataset *tar, GError **error)
{
  const GenMedium *medium = NULL;
  g_autoptr (GError) damage = NULL;

  for (guint i = 0; i < tar->shards->len && medium == NULL; i++)
    gen_tar_file_visit (g_ptr_array_index (tar->shards, i), look_for_medium, &medium,
        damage == NULL ? &damage : NULL);
  if (medium == NULL && damage != NULL)
    g_propagate_error (error, g_steal_pointer (&damage));
  else if (medium == NULL)
    g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_NOT_FOUND,
        "%s: no pictures or sounds in it", tar->dataset.location);
  return medium;
}

static void
walk_shards (Walk *walk)
{
  for (guint i = 0; i < walk->tar->shards->len; i++) {
    g_autoptr (GError) error = NULL;

    begin_sample (walk, i);
    g_string_truncate (walk->key, 0);
    gen_tar_file_visit (g_ptr_array_index (walk->tar->shards, i), visit, walk, &error);
    end_sample (walk);
    if (error != NULL)
      take_damage (walk, i, error);
  }
}

/* An item's content; NULL with `error`, which names shard and member. */
static GBytes *
read_item (const TarDataset *tar, const Item *item, GError **error)
{
  if (item->damage == NULL)
    return gen_tar_file_read (g_ptr_array_index (tar->shards, item->shard), &item->media, error);
  g_set_error_literal (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_READ, item->damage);
  return NULL;
}

static char *
tar_describe (const GenDataset *dataset, guint32 index)
{
  const TarDataset *tar = (const TarDataset *)dataset;
  const Item *item = &g_array_index (tar->items, Item, index);

  return g_strdup_printf ("%s: %s",
      gen_tar_file_get_path (g_ptr_array_index (tar->shards, item->shard)),
      item->name != NULL ? item->name : "what is behind its last sample");
}

static gboolean
tar_probe (const GenDataset *dataset, guint32 index, GenFormat *format, GError **error)
{
  const TarDataset *tar = (const TarDataset *)dataset;
  const Item *item = &g_array_index (tar->items, Item, index);
  g_autofree char *name = tar_describe (dataset, index);
  g_autoptr (GBytes) bytes = read_item (tar, item, error);

  return bytes != NULL && dataset->sample.medium->probe_bytes (bytes, name, format, error);
}

static gboolean
tar_load (const GenDataset *dataset, guint32 index, const GenFitting *fitting, GenSample *target,
    GError **error)
{
  const TarDataset *tar = (const TarDataset *)dataset;
  const Item *item = &g_array_index (tar->items, Item, index);
  g_autofree char *name = tar_describe (dataset, index);
  g_autoptr (GBytes) bytes = read_item (tar, item, error);

  return bytes != NULL && target->medium->load_bytes (bytes, name, fitting, target, error);
}

static GBytes *
tar_read_file (const GenDataset *dataset, guint32 index, GError **error)
{
  const TarDataset *tar = (const TarDataset *)dataset;

  return read_item (tar, &g_array_index (tar->items, Item, index), error);
}

static char *
tar_get_caption (const GenDataset *dataset, guint32 index)
{
  const TarDataset *tar = (const TarDataset *)dataset;
  const Item *item = &g_array_index (tar->items, Item, index);

  if (!is_nowhere (&item->text))
    return read_text (g_ptr_array_index (tar->shards, item->shard), &item->text);
  return g_strdup (item->caption);
}

static gboolean
tar_get_origin (const GenDataset *dataset, guint32 index, GenDatasetOrigin *origin)
{
  return gen_origins_get (&((const TarDataset *)dataset)->origins, index, origin);
}

static guint32
tar_get_shard (const GenDataset *dataset, guint32 index)
{
  return g_array_index (((const TarDataset *)dataset)->items, Item, index).shard;
}

static char *
tar_get_shard_path (const GenDataset *dataset, guint32 index)
{
  const TarDataset *tar = (const TarDataset *)dataset;

  return g_strdup (
      gen_tar_file_get_path (g_ptr_array_index (tar->shards, tar_get_shard (dataset, index))));
}

/* The first sample that can be decoded tells the format. Where a shard is damaged before its first
 * sample, that is what there is to say. */
static gboolean
probe_first (GenDataset *dataset, const GenMedium *medium, GError **error)
{
  g_autoptr (GError) first = NULL;

  dataset->sample.medium = medium;
  for (guint32 i = 0; i < dataset->count; i++) {
    GenFormat format;

    if (tar_probe (dataset, i, &format, first == NULL ? &first : NULL)) {
      dataset->sample = format;
      return TRUE;
    }
  }
  if (g_array_index (((TarDataset *)dataset)->items, Item, 0).damage != NULL)
    g_propagate_error (error, g_steal_pointer (&first));
  else
    g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_READ,
        "%s: none of its %u %s can be decoded; the first: %s", dataset->location, dataset->count,
        medium->plural, first->message);
  return FALSE;
}

/* Members tell the numbers of classes; a file beside the shards may tell their names. */
static void
name_classes (const TarDataset *tar)
{
  const GenTarFile *first = g_ptr_array_index (tar->shards, 0);
  g_autofree char *folder = g_path_get_dirname (gen_tar_file_get_path (first));

  gen_class_names_apply (folder, tar->dataset.label_names);
}

static gboolean
tar_open (GenDataset *dataset, const GenDatasetSettings *settings, GError **error)
{
  TarDataset *tar = (TarDataset *)dataset;
  g_autoptr (GPtrArray) classes = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GRegex) pattern = NULL;
  Walk walk = { .tar = tar, .classes = classes };

  if (!gen_dataset_compile_pattern (settings, &pattern, error) || !open_shards (tar, error))
    return FALSE;
  walk.medium = settings->medium != NULL ? settings->medium : find_medium (tar, error);
  if (walk.medium == NULL)
    return FALSE;
  if (walk.medium->is_named == NULL) {
    g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_SETTINGS,
        "%s: an archive cannot be read as %s", dataset->location, walk.medium->plural);
    return FALSE;
  }
  walk.pattern = pattern;
  walk.key = g_string_new (NULL);
  walk_shards (&walk);
  g_string_free (walk.key, TRUE);
  clear_told (&walk);
  dataset->count = tar->items->len;
  if (dataset->count == 0) {
    g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_NOT_FOUND, "%s: no %s in it",
        dataset->location, walk.medium->plural);
    return FALSE;
  }
  gen_dataset_name_labels (dataset, classes, TRUE);
  name_classes (tar);
  return probe_first (dataset, walk.medium, error);
}

const GenDatasetFormat gen_dataset_tar = {
  .name = "webdataset",
  .description = "Shards of WebDataset: samples in tar archives",
  .recognise = tar_recognise,
  .create = tar_create,
  .open = tar_open,
  .probe = tar_probe,
  .load = tar_load,
  .describe = tar_describe,
  .read_file = tar_read_file,
  .get_caption = tar_get_caption,
  .get_origin = tar_get_origin,
  .get_shard = tar_get_shard,
  .get_shard_path = tar_get_shard_path,
  .free = tar_free,
};
