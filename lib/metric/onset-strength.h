/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/sound.h>

#include "../private-api.h"

/**
 * How much begins in a sound, hop by hop: the spectral flux of levels (S. Dixon, "Onset detection
 * revisited", DAFx 2006; librosa.onset.onset_strength has the same of its mel spectra). Each hop of
 * 10 ms ends a window of 40 ms under a Hann window, whose power is taken in 40 bands that are
 * evenly spaced on HTK's mel scale from 30 to 16000 Hz, those above half the rate left out, in
 * decibels of full scale and not below -80. What counts is by how much bands rise: the mean over
 * all of them, in decibels, where a fall is 0. A loud event is in the hop in which it comes.
 *
 * Before the sound there is silence, so that what begins at once does begin.
 */
typedef struct _GenOnsetStrength GenOnsetStrength;

GEN_PRIVATE_API GenOnsetStrength *gen_onset_strength_new (void);
GEN_PRIVATE_API void gen_onset_strength_free (GenOnsetStrength *strength);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenOnsetStrength, gen_onset_strength_free)

/* What comes next follows silence. */
GEN_PRIVATE_API void gen_onset_strength_interrupt (GenOnsetStrength *strength);
/* Take in what comes next, of any number of channels, which are averaged, and all finite: append
 * the strength of each hop that it completes to `hops`, of float. FALSE where the rate is too low
 * for any band, of a few hundred Hertz. */
GEN_PRIVATE_API gboolean gen_onset_strength_take (
    GenOnsetStrength *strength, const GenSound *sound, GArray *hops);
/* Frames from one hop to the next, at that rate. */
GEN_PRIVATE_API int gen_onset_strength_hop (int rate);
