/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/sound.h>

/* Fill `to` with `from` played `speed` times as fast at the same pitch, from its beginning on;
 * where `from` has ended there is silence. Both have the same channels and rate. */
void gen_augment_stretch (const GenSound *from, double speed, GenSound *to);
