/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sounds that are made of latents, or of pictures. They follow each other to the sample, whatever
 * the times of the latents: where these begin, or jump, says where the next one lies. With a
 * crossfade each begins before the one before it has ended; what is left of a sound then waits for
 * the next one. */
#pragma once

#include "caps.h"
#include "join.h"

typedef struct {
  GstAudioInfo info;
  gint64 length;       /* frames of the sound of a latent or a picture */
  int pictures;        /* of which a buffer has sounds */
  guint64 next_sample; /* of the stream; NONE: the next latent tells */
  GstGeneratorJoin join;
} GstGeneratorSounds;

/* Have `use` make samples as the source caps `caps` say, which become `info`. */
gboolean gst_generator_use_sound (
    GstAudioInfo *info, GstCaps *caps, GenModelUse *use, GError **error);

/* Have `use` make sounds of what is `input`, as the source caps `caps` say. */
gboolean gst_generator_sounds_negotiate (GstGeneratorSounds *sounds, const GstGeneratorPorts *ports,
    const GstGeneratorInput *input, GstCaps *caps, GenModelUse *use, GError **error);
void gst_generator_sounds_clear (GstGeneratorSounds *sounds);
/* The stream has jumped. */
void gst_generator_sounds_forget (GstGeneratorSounds *sounds);

/* How long the sounds of a buffer are. */
GstClockTime gst_generator_sounds_duration (const GstGeneratorSounds *sounds);
/* Where that of latent or picture `picture` of a buffer begins, in bytes. */
gsize gst_generator_sounds_offset (const GstGeneratorSounds *sounds, int picture);
/* How many bytes those of a buffer have before they are joined. */
gsize gst_generator_sounds_size (const GstGeneratorSounds *sounds);
/* Those of `input` go into `output`: say where they lie in time. */
void gst_generator_sounds_stamp (
    GstGeneratorSounds *sounds, const GstBuffer *input, GstBuffer *output);
/* What has been made in `output`, and follows what was made before, is joined to it. */
void gst_generator_sounds_finish (GstGeneratorSounds *sounds, GstBuffer *output);
/* The end of the last sound, which nothing follows, or NULL. (transfer full) */
GstBuffer *gst_generator_sounds_take_end (GstGeneratorSounds *sounds);
