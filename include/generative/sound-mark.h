/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/mark.h>

G_BEGIN_DECLS

/**
 * Marks in sounds: 64 bits (mark.h) every 8 seconds, the same in all of them.
 *
 * From 300 to 6800 Hz the sound is made a little louder here and quieter there, by at most 2 dB, in
 * a pattern of 70 bands and of slots of 80 ms that the key draws. All channels are changed alike,
 * so that mixing them leaves the mark. How much follows from the sound: below what it masks
 * (thresholds of Bark bands, spread over their neighbours), no more than makes a symbol readable,
 * and in the whole 36 dB or more below its loudness (EBU R 128). In silence there is no mark.
 *
 * A reader compares how loud neighbouring bands and slots are, finds when the pattern begins and
 * how fast it goes by the part of it that it knows, and reads the last 16 seconds together: as a
 * rule 8 of them are enough. Where they are not, as in sounds that mask little, it reads up to 56
 * together, which takes 13 MB. Since: 0.2
 */

/* Less is no rate for marks: what carries them would not be there. */
#define GEN_SOUND_MARK_RATE_LEAST 16000
/* More is no rate of sound, and a file or a stream that says so is not to decide how much memory
 * is taken. */
#define GEN_SOUND_MARK_RATE_MOST 768000
#define GEN_SOUND_MARK_STRENGTH_MAX 4.0

/* --- marking --- */

/* Sound goes in and what is to be added to it comes out, later: how strong a slot can be marked is
 * known when it is over. What comes out hangs on the samples alone, not on how they were cut. */
typedef struct _GenSoundMark GenSoundMark;

/* The mark of `key` that says `bits` (gen_mark_payload_pack). (transfer full) */
GEN_API GenSoundMark *gen_sound_mark_new (const GenMarkKey *key, guint64 bits);
GEN_API void gen_sound_mark_free (GenSoundMark *mark);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenSoundMark, gen_sound_mark_free)
/* What comes is of `rate` frames a second (GEN_SOUND_MARK_RATE_LEAST to GEN_SOUND_MARK_RATE_MOST)
 * of `channels` samples, and the beginning of a sound. */
GEN_API void gen_sound_mark_set_format (GenSoundMark *mark, int rate, int channels);
/* What comes is the beginning of another sound. */
GEN_API void gen_sound_mark_restart (GenSoundMark *mark);
/* How many frames have to be heard before the first one is ready, at most. */
GEN_API gsize gen_sound_mark_latency (const GenSoundMark *mark);
/* The next `n` frames, interleaved, full scale being -1 to 1; what is not finite is silence. NULL:
 * silence. `strength`: 1, or how much stronger (or weaker) the mark is to be, up to
 * GEN_SOUND_MARK_STRENGTH_MAX. */
GEN_API void gen_sound_mark_hear (
    GenSoundMark *mark, const float *samples, gsize n, double strength);
/* Nothing follows: all that was heard is ready. gen_sound_mark_restart is next. */
GEN_API void gen_sound_mark_finish (GenSoundMark *mark);
/* Frames that can be taken. */
GEN_API gsize gen_sound_mark_ready (const GenSoundMark *mark);
/* What is to be added to the next `n` frames, interleaved; no more than are ready. */
GEN_API void gen_sound_mark_take (GenSoundMark *mark, float *difference, gsize n);

/* --- reading --- */

typedef struct _GenSoundMarkReader GenSoundMarkReader;

/* What was read of a window. */
typedef struct {
  gboolean found;    /* FALSE: none of the key; of what follows there are the times alone */
  gboolean silent;   /* nothing but silence was heard, in which there is no mark */
  gint64 begin, end; /* nanoseconds: where in the window the mark is; or the window */
  guint64 bits;
  GenMarkPayload payload;
  /* How far the mark stands out, in standard deviations, of which noise has 5 to 8 in its best
   * codeword; and the share of symbols that were read wrong, and have been corrected. That a mark
   * is told where there is none has a probability of GEN_SOUND_MARK_TRIALS times 2^-44. */
  double deviations, errors;
  double speed; /* how much faster the sound goes than when it was marked */
} GenSoundMarkReading;

/* Ways to lay the pattern that are decoded in a window at most: half of them of all that is kept.
 */
#define GEN_SOUND_MARK_TRIALS 16

/* (transfer full) */
GEN_API GenSoundMarkReader *gen_sound_mark_reader_new (const GenMarkKey *key);
/* One that tells how well a mark of `bits` can be read from a sound that begins as it did when it
 * was marked: `deviations` are filled where it is not found, too. (transfer full) */
GEN_API GenSoundMarkReader *gen_sound_mark_reader_new_for (const GenMarkKey *key, guint64 bits);
GEN_API void gen_sound_mark_reader_free (GenSoundMarkReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenSoundMarkReader, gen_sound_mark_reader_free)
/* As for marking. */
GEN_API void gen_sound_mark_reader_set_format (GenSoundMarkReader *reader, int rate, int channels);
/* What comes begins at `time` (nanoseconds), and follows nothing. */
GEN_API void gen_sound_mark_reader_restart (GenSoundMarkReader *reader, gint64 time);
/* Hear some of the next `n` frames (NULL: of silence), up to where a window is full. `taken`
 * becomes how many. TRUE where it is, and `reading` was filled: windows end each second, are of
 * what the last 16 s were, and of 8 s at least. Where these say nothing what was before them is
 * heard, too; a mark that is found so reaches into them. */
GEN_API gboolean gen_sound_mark_reader_hear (GenSoundMarkReader *reader, const float *samples,
    gsize n, gsize *taken, GenSoundMarkReading *reading);
/* How many seconds of all that it has heard since it was made were silence. */
GEN_API double gen_sound_mark_reader_silence (const GenSoundMarkReader *reader);
/* The sound is over, or goes on elsewhere (gen_sound_mark_reader_restart is next). TRUE where there
 * was some that no reading has told of, and `reading` is of the last window, which may be short. */
GEN_API gboolean gen_sound_mark_reader_finish (
    GenSoundMarkReader *reader, GenSoundMarkReading *reading);

G_END_DECLS
