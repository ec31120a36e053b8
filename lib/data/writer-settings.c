/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The list of what can be said of a dataset that is written. */
#include <generative/dataset-writer.h>

#include <math.h>

G_STATIC_ASSERT (sizeof (GenManifestKind) == sizeof (int));

static gconstpointer
find_format (const char *name, GError **error)
{
  return gen_dataset_format_find (name, error);
}

static gconstpointer
find_picture_encoding (const char *name, GError **error)
{
  return gen_encoding_find (&gen_medium_picture, name, error);
}

static gconstpointer
find_sound_encoding (const char *name, GError **error)
{
  return gen_encoding_find (&gen_medium_sound, name, error);
}

static const char *const manifest_names[] = {
  [GEN_MANIFEST_JSON_LINES] = "jsonl", [GEN_MANIFEST_CSV] = "csv", NULL
};
static const char *const manifest_texts[] = {
  [GEN_MANIFEST_JSON_LINES] = "metadata.jsonl, a JSON object a line",
  [GEN_MANIFEST_CSV] = "metadata.csv, whose columns are what is known of the first item",
};

#define FIELD(field) .offset = G_STRUCT_OFFSET (GenDatasetWriterSettings, field)

/* Defaults are those of gen_dataset_writer_settings_init. */
static const GenSetting list[] = {
  { .name = "location",
      .nick = "Location",
      .description = "Folder for the dataset, which is made where it is missing (unset: an error)",
      .type = GEN_SETTING_TEXT,
      FIELD (location) },
  { .name = "format",
      .nick = "Format",
      .description = "How items lie in it",
      .type = GEN_SETTING_FAMILY,
      FIELD (format),
      .find = find_format },
  { .name = "picture-format",
      .nick = "Picture format",
      .description = "The kind of file that a picture becomes",
      .type = GEN_SETTING_FAMILY,
      FIELD (picture_encoding),
      .find = find_picture_encoding },
  { .name = "sound-format",
      .nick = "Sound format",
      .description = "The kind of file that a sound becomes",
      .type = GEN_SETTING_FAMILY,
      FIELD (sound_encoding),
      .find = find_sound_encoding },
  { .name = "quality",
      .nick = "Quality",
      .description = "Of pictures in formats that lose something (100: the best)",
      .type = GEN_SETTING_INT,
      FIELD (quality),
      .minimum = 0,
      .maximum = 100 },
  { .name = "manifest",
      .nick = "Manifest",
      .description = "How what is known of each item is told beside the items",
      .type = GEN_SETTING_CHOICE,
      FIELD (manifest),
      .choices = manifest_names,
      .choice_texts = manifest_texts },
  { .name = "class",
      .nick = "Class",
      .description = "Name of the class of items that bring none along (unset: they lie beside the "
                     "classes)",
      .type = GEN_SETTING_TEXT,
      FIELD (class_name) },
  { .name = "digital-source-type",
      .nick = "Digital source type",
      .description = "Where all items come from, as a code of the IPTC's Digital Source Type such "
                     "as digitalCapture, or its address (unset: what generator says of what it "
                     "makes, else nothing)",
      .type = GEN_SETTING_TEXT,
      FIELD (digital_source_type) },
  { .name = "overwrite",
      .nick = "Overwrite",
      .description = "Remove the dataset that is there first; other files stay",
      .type = GEN_SETTING_FLAG,
      FIELD (overwrite) },
  { .name = "resume",
      .nick = "Resume",
      .description = "Go on with the dataset that is there, of the same stream: as many items as "
                     "it has are passed over",
      .type = GEN_SETTING_FLAG,
      FIELD (resume) },
  { .name = "append",
      .nick = "Append",
      .description = "Add to the dataset that is there",
      .type = GEN_SETTING_FLAG,
      FIELD (append) },
  { .name = "commit-size",
      .nick = "Commit size",
      .description = "Items that are synced to the disk, and acknowledged, at a time (a shard is "
                     "as a whole)",
      .type = GEN_SETTING_UINT,
      FIELD (commit_size),
      .minimum = 1,
      .maximum = 1024 },
  { .name = "shard-items",
      .nick = "Shard items",
      .description = "Items in a shard, at most",
      .type = GEN_SETTING_UINT,
      FIELD (shard_items),
      .minimum = 1,
      .maximum = INFINITY },
  { .name = "shard-size",
      .nick = "Shard size",
      .description = "Bytes in a shard, at most; an item that is larger has one of its own",
      .type = GEN_SETTING_UINT64,
      FIELD (shard_size),
      .minimum = 1,
      .maximum = INFINITY },
  { .name = "threads",
      .nick = "Threads",
      .description = "Threads that encode files, which keep their order; as many items again are "
                     "held in memory (0: one for each processor)",
      .type = GEN_SETTING_INT,
      FIELD (threads),
      .minimum = 0,
      .maximum = 256 },
};

const GenSetting *
gen_dataset_writer_setting_list (guint *n)
{
  *n = G_N_ELEMENTS (list);
  return list;
}

/* Shards of a size that is read from a disk or over a network in one go, but is not lost with much
 * work where a process is killed. */
void
gen_dataset_writer_settings_init (GenDatasetWriterSettings *settings)
{
  *settings = (GenDatasetWriterSettings){
    .format = &gen_dataset_format_folder,
    .picture_encoding = &gen_encoding_png,
    .sound_encoding = &gen_encoding_flac,
    .quality = GEN_ENCODING_DEFAULTS.quality,
    .manifest = GEN_MANIFEST_JSON_LINES,
    .commit_size = 32,
    .shard_items = 10000,
    .shard_size = (guint64)256 << 20,
  };
}

void
gen_dataset_writer_settings_clear (GenDatasetWriterSettings *settings)
{
  gen_setting_clear_texts (settings, list, G_N_ELEMENTS (list));
}

void
gen_dataset_writer_settings_copy (
    const GenDatasetWriterSettings *settings, GenDatasetWriterSettings *copy)
{
  *copy = *settings;
  gen_setting_copy_texts (copy, list, G_N_ELEMENTS (list));
}
