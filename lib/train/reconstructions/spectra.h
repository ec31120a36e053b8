/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Spectra of sounds in windows that overlap, as what compares sounds takes them. */
#pragma once

#include <generative/graph.h>

/* Frames: of a transform, from one to the next, and under Hann's window in the middle of it. */
typedef struct {
  gint64 transform, hop, window;
} GenResolution;

/* What transforms of sounds of one length have in common. */
typedef struct {
  GenTensor *places; /* in the sound, which is mirrored at its ends: [windows, transform] */
  GenTensor *window;
} GenSpectra;

/* Sounds of at most half a transform cannot be mirrored. */
gboolean gen_spectra_possible (const GenResolution *resolution, gint64 length);
/* The first window is centred at the first frame of sounds of `length` frames. */
GenSpectra gen_spectra_new (GenGraph *graph, const GenResolution *resolution, gint64 length);
/* Powers of sounds [batch, channels, length], at least `least`: [batch, channels, windows, bins].
 * NULL of NULL. */
GenTensor *gen_spectra_powers (
    const GenSpectra *spectra, GenGraph *graph, GenTensor *x, float least, GError **error);
