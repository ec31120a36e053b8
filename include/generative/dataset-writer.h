/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include <generative/api.h>
#include <generative/encoding.h>
#include <generative/setting.h>

G_BEGIN_DECLS

/**
 * GenDatasetWriter: makes a dataset of samples that come one after another, in a folder, beside a
 * manifest that says of each item what is known of it.
 *
 * The line of the manifest is a promise: it is written, and synced to the disk, when what it tells
 * of is there, whole, and synced as well. A kill, a power cut or a full disk at any moment leaves
 * whole items only, and all that were promised; what else there may be has a hidden name
 * or none in the manifest, and goes when the dataset is opened again.
 *
 * The manifest is `metadata.jsonl`, a JSON object a line, or `metadata.csv`, as Hugging Face's
 * folders of pictures and sounds have them. Its fields:
 *
 *   file_name   where the item is, below the folder (in the shard, with `shard`)
 *   shard       the archive that it is in (webdataset)
 *   item        its number, from 0 on
 *   class, label  the name of its class, and its number, where it has them
 *
 * Shards and IDX files have room for the number of a class alone. One that has a name and no number
 * gets the number that the name says in digits, else the next one; `classes.txt` beside the
 * data has the names, a line each from number 0 on, where they are not the numbers themselves.
 *
 * and behind them whatever the item brings along (GenDatasetItem.facts).
 */
typedef struct _GenDatasetWriter GenDatasetWriter;

/* How items lie in the folder: a file a format, lib/data/write-*.c. */
typedef struct {
  const char *name, *description;
  gboolean only_grey; /* takes pictures of one channel and one size, and nothing else */
  const struct GenDatasetFormatFunctions *functions;
} GenDatasetFormat;

GEN_API extern const GenDatasetFormat gen_dataset_format_folder;
GEN_API extern const GenDatasetFormat gen_dataset_format_webdataset;
GEN_API extern const GenDatasetFormat gen_dataset_format_idx;

/* All of them, ended by NULL. */
GEN_API const GenDatasetFormat *const *gen_dataset_format_list (void);
/* The one of that name, or NULL with `error` (G_IO_ERROR), which lists them. */
GEN_API const GenDatasetFormat *gen_dataset_format_find (const char *name, GError **error);

typedef enum {
  GEN_MANIFEST_JSON_LINES,
  GEN_MANIFEST_CSV, /* what the first item does not have is in the last column, as JSON */
} GenManifestKind;

typedef struct {
  char *location;
  const GenDatasetFormat *format;
  const GenEncoding *picture_encoding, *sound_encoding;
  int quality; /* of encodings that lose something */
  GenManifestKind manifest;
  char *class_name;          /* of items that have none; NULL: they lie beside the classes */
  char *digital_source_type; /* of all; NULL: what each brings along */
  gboolean overwrite, resume, append;
  guint commit_size;  /* items that become safe at a time; shards do so one by one */
  guint shard_items;  /* in a shard, at most */
  guint64 shard_size; /* of it, in bytes; an item that is larger has one of its own */
  int threads;        /* that encode; 0: as many as there are processors */
} GenDatasetWriterSettings;

/* The list of the settings, which properties follow from; it and its texts are static. */
GEN_API const GenSetting *gen_dataset_writer_setting_list (guint *n);
GEN_API void gen_dataset_writer_settings_init (GenDatasetWriterSettings *settings);
GEN_API void gen_dataset_writer_settings_clear (GenDatasetWriterSettings *settings);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (GenDatasetWriterSettings, gen_dataset_writer_settings_clear)
GEN_API void gen_dataset_writer_settings_copy (
    const GenDatasetWriterSettings *settings, GenDatasetWriterSettings *copy);

/* Errors of files are of G_FILE_ERROR and name them, those of encodings of their medium. */
#define GEN_DATASET_WRITER_ERROR (gen_dataset_writer_error_quark ())
GEN_API GQuark gen_dataset_writer_error_quark (void);
typedef enum {
  GEN_DATASET_WRITER_ERROR_SETTINGS, /* they contradict each other, or what is there */
  GEN_DATASET_WRITER_ERROR_EXISTS,   /* there is something that is not to be touched */
  GEN_DATASET_WRITER_ERROR_BUSY,     /* somebody else writes there */
  GEN_DATASET_WRITER_ERROR_DAMAGED,  /* what is there is not what its manifest says */
  GEN_DATASET_WRITER_ERROR_ITEM,     /* an item that the format has no place for */
} GenDatasetWriterError;

/* What is said of an item in words. Since: 0.2 */
#define GEN_DATASET_ITEM_CAPTION "caption"

typedef struct {
  const GenSample *sample;
  int bits;              /* of sounds (GenEncodingOptions) */
  int label;             /* the number of its class, or -1 */
  const char *name;      /* of the class; NULL: the number in digits, where there is one */
  JsonObject *facts;     /* what else is known of it; "digital_source_type" among them is
                            embedded into pictures, too, and GEN_DATASET_ITEM_CAPTION is the text
                            of an item in a shard; it is not changed any more; NULL: nothing */
  GBytes *file;          /* the item, where it is a file already, as a clip is: `sample`, its first
                            frame, says what it is of; NULL: `sample` is encoded */
  const char *extension; /* of that file's name */
} GenDatasetItem;

/**
 * gen_dataset_writer_new: a folder that is missing is made. One that has anything in it is refused,
 * unless the settings say what is to become of a dataset that is there:
 *
 *   overwrite   it is removed, as far as its manifest tells of it
 *   append      items are added to it
 *   resume      the same items come again: as many as are there are passed over
 *
 * The last two want the same format and manifest. One writer at a time writes to a folder; the lock
 * is the kernel's, and goes with the process.
 */
GEN_API GenDatasetWriter *gen_dataset_writer_new (
    const GenDatasetWriterSettings *settings, GError **error);
/* Gives up what is not safe; its hidden files are removed. */
GEN_API void gen_dataset_writer_free (GenDatasetWriter *writer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenDatasetWriter, gen_dataset_writer_free)

/* Add an item. FALSE with `error` when that fails; what came before it can still be finished. With
 * more than one thread the sample is copied and encoded later, so that an error may be that of an
 * item before; what was added behind that one is given up. */
GEN_API gboolean gen_dataset_writer_add (
    GenDatasetWriter *writer, const GenDatasetItem *item, GError **error);
/* Make all of it safe, and the files those that other tools read. More may come. */
GEN_API gboolean gen_dataset_writer_finish (GenDatasetWriter *writer, GError **error);

/* How many items are safe, those that were there before among them; how many have been passed over;
 * and the last file that became whole, or NULL. */
GEN_API guint64 gen_dataset_writer_get_safe (const GenDatasetWriter *writer);
GEN_API guint64 gen_dataset_writer_get_passed_over (const GenDatasetWriter *writer);
GEN_API const char *gen_dataset_writer_get_last_file (const GenDatasetWriter *writer);

G_END_DECLS
