/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include <generative/api.h>

G_BEGIN_DECLS

/**
 * GenSoundFollower: how loud a sound is from moment to moment, as a whole and in three bands, for
 * whatever is to move with it.
 *
 * A hundred times a second the last 40 ms, under a Hann window, are transformed (Fourier), and the
 * energies of the bands summed. A value is an amplitude: a sine of full scale has 1, which is the
 * most that anything has. The squares of the bands' values add up to the square of the level, but
 * for a constant. Each channel counts alike. From moment to moment a value approaches what was
 * measured exponentially, upwards in the time `attack`, downwards in the time `release`.
 *
 * Moments lie at multiples of gen_sound_follower_step frames of the stream, counted from its
 * beginning, and hang on nothing but the samples heard since gen_sound_follower_begin: not on how
 * these were cut into pieces. Nothing is known of what comes behind a moment; a click shows 20 ms
 * after it most.
 *
 * Since: 0.2
 */
typedef enum {
  GEN_SOUND_LEVEL,  /* everything */
  GEN_SOUND_BASS,   /* up to 250 Hz: drums, bass lines */
  GEN_SOUND_MIDDLE, /* 250 to 4000 Hz: voices, most instruments */
  GEN_SOUND_TREBLE, /* from 4000 Hz on: cymbals, consonants */
} GenSoundValue;

#define GEN_SOUND_VALUES 4

typedef struct {
  guint64 end; /* the frame behind the last one that it hangs on */
  double values[GEN_SOUND_VALUES];
} GenSoundMoment;

typedef struct _GenSoundFollower GenSoundFollower;

#define GEN_SOUND_MAX_CHANNELS 64

/* For sound of `rate` frames a second (at least 1) of `channels` samples (1 to
 * GEN_SOUND_MAX_CHANNELS); `attack` and `release` in seconds, 0 for at once. */
GEN_API GenSoundFollower *gen_sound_follower_new (
    guint rate, guint channels, double attack, double release);
GEN_API void gen_sound_follower_free (GenSoundFollower *follower);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenSoundFollower, gen_sound_follower_free)

/* Frames from moment to moment. */
GEN_API guint gen_sound_follower_step (const GenSoundFollower *follower);
/* Forget what was heard, and go on at the frame `position` of the stream after silence. */
GEN_API void gen_sound_follower_begin (GenSoundFollower *follower, guint64 position);
/* The next `n` frames, interleaved; full scale is -1 to 1, and what is not finite is silence. NULL:
 * `n` frames of silence. */
GEN_API void gen_sound_follower_hear (GenSoundFollower *follower, const float *samples, gsize n);
/* The frame that is to be heard next. */
GEN_API guint64 gen_sound_follower_position (const GenSoundFollower *follower);
/* Take the oldest moment that ends at the frame `end` or before; FALSE when there is none. */
GEN_API gboolean gen_sound_follower_take (
    GenSoundFollower *follower, guint64 end, GenSoundMoment *moment);

G_END_DECLS
