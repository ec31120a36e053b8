/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How what comes becomes samples of a training, which may be several frames. It hangs on nothing
 * but what has come, so that a training that goes on has the samples that it would have had. */
#pragma once

#include <generative/trainer.h>

typedef struct {
  const GenTrainerSettings *settings;
  guint n;         /* frames of a sample */
  gsize size;      /* numbers in one */
  float low, high; /* numbers for black and white, silence being between them */
  float *numbers;  /* frames that are kept */
  guint run;       /* of a film: how many of them follow each other, the newest at the end */

  /* Of classes: frames that wait for one of the other class. */
  guint waiting, oldest; /* how many, and where in `numbers` they begin, which goes round */
  int waiting_class;
  guint partner;  /* the place of the one that makes a sample with what came last */
  guint64 met[2]; /* how many have come of each class */
} GenSampleFrames;

/* What a frame is like where what comes is like `format`, and both, where it is the frame already.
 * FALSE when no frames can be made of that. */
gboolean gen_sample_frames_fit (
    const GenTrainerSettings *settings, GenFormat *format, GError **error);

void gen_sample_frames_init (GenSampleFrames *self, const GenTrainer *trainer);
void gen_sample_frames_clear (GenSampleFrames *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (GenSampleFrames, gen_sample_frames_clear)
/* Something has come, of class `label`, -1 for none: whether it makes a sample `whole`. */
gboolean gen_sample_frames_add (
    GenSampleFrames *self, const GenSample *sample, int label, gboolean *whole, GError **error);
/* The sample that was made whole by `sample`, which was the last to come. */
void gen_sample_frames_write (const GenSampleFrames *self, const GenSample *sample, float *numbers);
/* What comes next does not follow what came before. */
void gen_sample_frames_break (GenSampleFrames *self);
