/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether several results may be made in one run: only where that changes no bit of them, as the
 * same request always gets the same bytes. */
#pragma once

#include "generate-player.h"
#include "generate-sizes.h"

/* Tries a few latents alone, and together with others in runs of 2, 4, 8 … and `most`: `sizes` are
 * those of which nothing comes out differently, and how long they take. One alone as well where the
 * model takes text, or a run takes so long that company gains little. For any thread; takes as long
 * as loading and compiling the model some times. */
void serve_share_try (const ServePlayerSettings *settings, guint most, ServeSizes *sizes);
