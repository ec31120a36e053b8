/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/sound.h>
#include <generative/tensor.h>

/* Whether a model's input of `type` is met with its own numbers, as integers are, and not with
 * float32, as all floats are (gen_model_compile). */
gboolean gen_model_numbers_are_integers (GenDataType type);
/* Write `n` numbers as integers of `type`: the nearest that there are. */
void gen_model_numbers_write (GenDataType type, const float *numbers, gsize n, void *data);
/* A sample of a sound for a model of so many channels: where the sound has others, the mean of
 * them all. */
float gen_model_numbers_of_sound (const GenSound *sound, gsize frame, int channel, int channels);
