/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether results of several requests may be made in common runs: only where that changes no bit of
 * them, as the same request always gets the same bytes. */
#pragma once

#include "generate-player.h"

/* Tries a few latents alone, and together with others in the sizes that runs have, up to `most`.
 * FALSE as well where the model takes text, or a run takes so long that company gains little. For
 * any thread; takes as long as loading and compiling the model some times. */
gboolean serve_share_is_exact (const ServePlayerSettings *settings, guint most);
