/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/picture-mark.h>

G_BEGIN_DECLS

/**
 * Marks in films that two nets have learned to write and to read, as those of RivaGAN (Zhang et
 * al., 2019; files in the package invisible-watermark): an encoder, which takes a picture and some
 * bits and makes a picture that looks the same, and a decoder, which takes a picture and makes a
 * number for each bit, greater where it is 1. Nets of 16 to 512 bits will do; that of an encoder
 * which leaves it free is told GEN_LEARNED_MARK_BITS.
 *
 * What is carried is what marks of pictures carry (mark.h): 64 bits under a keyed check and a code
 * that corrects errors, spread over slots of a 15th of a second, each of as many bits as the nets
 * have room for. Of 32 bits all of it takes two seconds, so that films carry it, and single
 * pictures do not. A reader may begin anywhere.
 *
 * Pixels of a net are red, green and blue, from what its file says of its range, and from -1 to 1
 * where it says nothing. It sees frames as large as they are, and takes as long as it takes: of
 * RivaGAN's 0.16 million multiplications a pixel. Since: 0.2
 */
#define GEN_LEARNED_MARK_BITS 32

/* --- marking --- */

typedef struct _GenLearnedMark GenLearnedMark;

/* The mark of `key` that says `bits`, by the ONNX model `path`. NULL with `error` where that cannot
 * be read, or is no encoder. (transfer full) */
GEN_API GenLearnedMark *gen_learned_mark_new (
    const char *path, const GenMarkKey *key, guint64 bits, GError **error);
GEN_API void gen_learned_mark_free (GenLearnedMark *mark);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenLearnedMark, gen_learned_mark_free)
/* Compile the net for frames of a size. */
GEN_API gboolean gen_learned_mark_set_size (
    GenLearnedMark *mark, int width, int height, GError **error);
/* Mark a frame, in place, of the size that was set, of red, green and blue with 8 bits each, that
 * is shown at `time` (nanoseconds). What the net changes is multiplied by `strength`. */
GEN_API gboolean gen_learned_mark_apply (
    GenLearnedMark *mark, const GenMarkFrame *frame, gint64 time, double strength, GError **error);

/* --- reading --- */

typedef struct _GenLearnedMarkReader GenLearnedMarkReader;

/* By the decoder `path`, as above. (transfer full) */
GEN_API GenLearnedMarkReader *gen_learned_mark_reader_new (
    const char *path, const GenMarkKey *key, GError **error);
GEN_API void gen_learned_mark_reader_free (GenLearnedMarkReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenLearnedMarkReader, gen_learned_mark_reader_free)
/* Compile the net for frames of a size. */
GEN_API gboolean gen_learned_mark_reader_set_size (
    GenLearnedMarkReader *reader, int width, int height, GError **error);
/* Look at the next frame, of the size that was set, shown from `begin` to `end`. `reading->end` is
 * 0, or a window is full and it was filled (picture-mark.h; nothing is known of how the picture
 * lies: scales are 1): windows are as long as all slots, 2 s at least, and end each half second.
 * FALSE with `error` where the net fails. */
GEN_API gboolean gen_learned_mark_reader_add (GenLearnedMarkReader *reader,
    const GenMarkFrame *frame, gint64 begin, gint64 end, GenPictureMarkReading *reading,
    GError **error);
/* The stream is over, or goes on elsewhere. TRUE where there were frames that no reading has told
 * of. */
GEN_API gboolean gen_learned_mark_reader_finish (
    GenLearnedMarkReader *reader, GenPictureMarkReading *reading);

G_END_DECLS
