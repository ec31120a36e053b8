/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/mark.h>

G_BEGIN_DECLS

/**
 * Marks in pictures: 64 bits (mark.h) in the luma of all of a picture, or of each frame of a film,
 * the same in all of them.
 *
 * The pattern is a tile that repeats itself, 128 by 128 where the picture's shorter side is 360:
 * it grows with the picture, and so stays where it was when that is scaled. A tile is a sum of some
 * 1,300 waves with 4.3 to 16 of these units to a period, of which the key says which carries what:
 * most a symbol of the code twice, as their cosine and their sine, and some, the pilots, nothing,
 * by whose places in the spectrum a reader finds how the picture was scaled, turned or mirrored,
 * and by whose phases how it was cut. How strong the pattern is anywhere follows from how busy the
 * picture is there: by as much as leaves structural similarity (SSIM) the same everywhere, which is
 * 0.985 or better, but no more than PSNR of 42 dB allows.
 *
 * A reader takes away what it foresees of the picture from its surroundings, adds up the frames of
 * two seconds, in which the pattern stands still, and reads these. Since: 0.2
 */

/* Pixels as they lie in memory: luma alone, or red, green and blue, to each of which the same is
 * added. */
typedef struct {
  int width, height;
  int n; /* 1: of luma; 3: red, green and blue */
  guint8 *samples[3];
  int stride[3];       /* bytes from row to row */
  int step;            /* bytes from sample to sample of a row: of 8 bits 1 to 4, of more 2 */
  int bits;            /* of a sample: 8, or 9 to 16 in 16 bits of the machine's order */
  int shift;           /* such a sample's lowest bit */
  gboolean full_range; /* black is 0 and white the largest; else of 8 bits 16 and 235 */
} GenMarkFrame;

/* --- marking --- */

typedef struct _GenPictureMark GenPictureMark;

#define GEN_PICTURE_MARK_STRENGTH_MAX 4.0

/* The mark of `key` that says `bits` (gen_mark_payload_pack). (transfer full) */
GEN_API GenPictureMark *gen_picture_mark_new (const GenMarkKey *key, guint64 bits);
GEN_API void gen_picture_mark_free (GenPictureMark *mark);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenPictureMark, gen_picture_mark_free)
/* Draw the pattern for frames of a size, which takes some hundredths of a second; what is drawn
 * already stays. */
GEN_API void gen_picture_mark_set_size (GenPictureMark *mark, int width, int height);
/* Add it to a frame, of the size that was set, in place. `strength`: 1, or how much stronger (or
 * weaker) it is to be, up to GEN_PICTURE_MARK_STRENGTH_MAX. Allocates nothing. */
GEN_API void gen_picture_mark_apply (
    GenPictureMark *mark, const GenMarkFrame *frame, double strength);

/* --- reading --- */

typedef struct _GenPictureMarkReader GenPictureMarkReader;

/* What was read of the frames of a window. */
typedef struct {
  gboolean found;    /* FALSE: none of the key; of what follows there are the times alone */
  gint64 begin, end; /* of the window: nanoseconds, as they were said of frames */
  guint64 bits;
  GenMarkPayload payload;
  /* How sure it is: how far the mark stands out, in standard deviations, of which noise has 5 to 8
   * in its best codeword; and the share of symbols that were read wrong, and have been corrected.
   * That a mark is told where there is none has a probability of less than 1e-10 in any case, by
   * its check (GEN_PICTURE_MARK_TRIALS times 2^-44, four of which are the version's). */
  double deviations, errors;
  /* What was done to the picture since: how much larger the pattern is than a picture of this size
   * would have it, across and down, negative across where it is mirrored, and how far it is turned,
   * in degrees. */
  double scale_across, scale_down, rotation;
  /* Where in the picture it stands, as shares of its sides, to a thirtieth or so: 0, 0, 1, 1 is all
   * of it; less where a marked picture was pasted into another one, or parts of it have been
   * painted over, or are black or white. */
  double left, top, right, bottom;
} GenPictureMarkReading;

/* Ways to lay the pattern that are decoded in a window at most. */
#define GEN_PICTURE_MARK_TRIALS 16

/* (transfer full) */
GEN_API GenPictureMarkReader *gen_picture_mark_reader_new (const GenMarkKey *key);
GEN_API void gen_picture_mark_reader_free (GenPictureMarkReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenPictureMarkReader, gen_picture_mark_reader_free)

/* Look at the next frame, shown from `begin` to `end`. TRUE where a window is full and `reading`
 * was filled: windows are of 2 s and end each half second, after the first. Frames of another size
 * than the last one begin anew. So does one from before the last half second, and what came before
 * it is told of then. */
GEN_API gboolean gen_picture_mark_reader_add (GenPictureMarkReader *reader,
    const GenMarkFrame *frame, gint64 begin, gint64 end, GenPictureMarkReading *reading);
/* The stream is over, or goes on elsewhere. TRUE where there were frames that no reading has told
 * of, and `reading` is of the last window, which may be short: of a single picture. */
GEN_API gboolean gen_picture_mark_reader_finish (
    GenPictureMarkReader *reader, GenPictureMarkReading *reading);

G_END_DECLS
