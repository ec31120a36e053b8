/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <generative/picture.h>
#include <generative/sound.h>

G_BEGIN_DECLS

/**
 * GenEventFile: what TensorBoard shows of a training. Each call appends one record, which is
 * visible at once, to a file of TensorBoard's format (TFRecord framing, Event messages). Not
 * thread-safe. Errors are of G_FILE_ERROR and name the file; after one, the file ends with the
 * last record that was written whole.
 */
typedef struct _GenEventFile GenEventFile;

/* A new file in `folder`, which is made where it does not exist. Training goes on from
 * `first_step`: TensorBoard forgets what earlier files in the folder tell of that step and later
 * ones, so that a training from step 0 takes the place of the one before. (transfer full) */
GEN_API GenEventFile *gen_event_file_new (const char *folder, gint64 first_step, GError **error);
GEN_API const char *gen_event_file_get_path (const GenEventFile *file);
GEN_API void gen_event_file_free (GenEventFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenEventFile, gen_event_file_free)

/* A number, shown as a curve over the steps. */
GEN_API gboolean gen_event_file_scalar (
    GenEventFile *file, gint64 step, const char *tag, double value, GError **error);
/* A picture, stored as PNG. */
GEN_API gboolean gen_event_file_picture (
    GenEventFile *file, gint64 step, const char *tag, const GenPicture *picture, GError **error);
/* A sound to listen to, stored as WAV of 16 bits. */
GEN_API gboolean gen_event_file_sound (
    GenEventFile *file, gint64 step, const char *tag, const GenSound *sound, GError **error);
/* The distribution of `n` values in 30 buckets of equal width; those that are not finite are
 * left out. */
GEN_API gboolean gen_event_file_histogram (
    GenEventFile *file, gint64 step, const char *tag, const float *values, gsize n, GError **error);
/* Text, shown as Markdown. */
GEN_API gboolean gen_event_file_text (
    GenEventFile *file, gint64 step, const char *tag, const char *text, GError **error);

/* The settings of the training, for TensorBoard's table of runs: a dictionary (a{sv}) of
 * booleans, numbers and strings, floating or not, and the tags of the scalars that runs are
 * compared by, ended by NULL. To be called once, before the first scalar. */
GEN_API gboolean gen_event_file_hparams (
    GenEventFile *file, GVariant *settings, const char *const *metrics, GError **error);
/* The end of the training, for that table. */
GEN_API gboolean gen_event_file_end (GenEventFile *file, gboolean success, GError **error);

/* A number of a file, by its step. Since: 0.2 */
typedef void (*GenEventScalarFunc) (gint64 step, const char *tag, double value, gpointer data);
/* Read the numbers of the event file `path`, in its order; other records are passed over, and so is
 * one at the end that is not whole. `whole` (may be NULL) tells whether there are records, and no
 * such one at the end. FALSE with `error` (of G_IO_ERROR) where it cannot be read, or is no such
 * file. Since: 0.2 */
GEN_API gboolean gen_event_file_read_scalars (
    const char *path, GenEventScalarFunc take, gpointer data, gboolean *whole, GError **error);

G_END_DECLS
