/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What phases of a transposed convolution are as dense convolutions, along one axis at a time. */
#pragma once

#include "../../private-api.h"
#include "window.h"

/* A dense convolution of stride 1, whose window w makes the results at
 * stride * (first + w) + phase + r - cut of the axis, for each r in [0, phases). Its last tap is
 * the first one of the phase. */
typedef struct {
  gint64 phase, phases;
  gint64 taps, first, windows;
  gint64 before, after; /* padding */
} GenPhase;

/* `phased` becomes the window whose strides are the numbers of phases. FALSE when it is none that
 * phases can do. */
GEN_PRIVATE_API gboolean gen_phases_window (
    GenWindow *phased, const GenWindow *window, gint64 groups);

/* Phases [phase, phase + phases) of an axis. FALSE where inputs would have to be left out. */
GEN_PRIVATE_API gboolean gen_phase_init (
    GenPhase *result, const GenWindowAxis *axis, gint64 phase, gint64 phases);
