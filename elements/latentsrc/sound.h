/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The sound that latents follow: a pad that hears it, and what of it belongs to a frame. */
#pragma once

#include <generative/sound-follower.h>
#include <gst/audio/audio.h>
#include <gst/base/gstbasesrc.h>

/* How the source makes a frame of what was heard: frames in a second. */
typedef struct {
  int numerator, denominator;
} GstLatentRate;

typedef struct {
  GstBaseSrc *source; /* whose frames follow */

  /* Held while a flush restarts the source, which must not happen while it stops. */
  GMutex restarting;

  int asking; /* atomic: threads that wait for the lock while sound is heard */

  /* Under the lock, and told of by the condition. */
  GMutex lock;
  GCond changed;
  GstPad *pad;        /* NULL when nothing is to be followed */
  gboolean followed;  /* there was a pad when the source started */
  gboolean closed;    /* the source stops */
  gboolean unlocked;  /* its thread is not to wait */
  gboolean flushing;  /* nothing is to be heard */
  gboolean ended;     /* nothing more will be */
  gboolean finished;  /* no more frames will be made */
  gboolean leaving;   /* what was heard is to become frames, before something else is */
  gboolean begun;     /* something was heard since that or a flush */
  gboolean moved;     /* and is not what the last frame's sound goes on with */
  GstSegment segment; /* of what is heard */
  GstAudioInfo info;
  GenSoundFollower *follower; /* NULL until there are caps */
  guint64 first;              /* where what was heard begins, in its frames */
  guint64 wanted;             /* up to where the next frame's sound goes */
  GenSoundMoment now;         /* the last one that a frame was made of */
  guint64 followed_to;        /* up to where the walk went with the sound */
  double attack, release;     /* seconds */
} GstLatentSound;

void gst_latent_sound_init (GstLatentSound *sound, GstBaseSrc *source);
void gst_latent_sound_clear (GstLatentSound *sound);

/* Add and remove the pad. NULL when there is one, or the source plays already. */
GstPad *gst_latent_sound_request (GstLatentSound *sound, GstPadTemplate *template);
void gst_latent_sound_release (GstLatentSound *sound, GstPad *pad);
/* The pad while there is one. (transfer full) */
GstPad *gst_latent_sound_get_pad (GstLatentSound *sound);

/* The source starts, and stops: this is to be said before its pads are. */
void gst_latent_sound_open (GstLatentSound *sound, double attack, double release);
void gst_latent_sound_close (GstLatentSound *sound);
/* Whether frames follow a sound since the source started. */
gboolean gst_latent_sound_is_followed (GstLatentSound *sound);

/* The source's thread is not to wait, or may again. */
void gst_latent_sound_set_unlocked (GstLatentSound *sound, gboolean unlocked);
/* The source begins anew, after what it was flushed for. */
void gst_latent_sound_restart (GstLatentSound *sound);

/* Wait until all that belongs to frame number `frame` was heard. Where what is heard has jumped,
 * `frame` becomes the one that it begins in, `segment` where it lies, and `moved` TRUE.
 * GST_FLOW_EOS when there is no sound for it. */
GstFlowReturn gst_latent_sound_wait (GstLatentSound *sound, const GstLatentRate *rate,
    guint64 *frame, GstSegment *segment, gboolean *moved);
/* How fast a walk goes, in keyframes a second: by itself, and how much more at full volume of a
 * value of the sound; never back. */
typedef struct {
  double own, more;
  GenSoundValue follows;
} GstLatentSpeed;

/* Add to `advance` what the sound adds to the walk from where this was last asked for to the end of
 * frame number `frame`; `values` become those at that end. */
void gst_latent_sound_follow (GstLatentSound *sound, const GstLatentRate *rate, guint64 frame,
    const GstLatentSpeed *speed, double *advance, double values[GEN_SOUND_VALUES]);
