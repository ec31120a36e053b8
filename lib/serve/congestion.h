/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How many bits a second are worth sending to somebody who tells how much of it is lost: the part
 * of Google's congestion control that goes by losses (draft-ietf-rmcat-gcc-02, section 6). Few
 * losses raise the rate slowly, many lower it at once, and what is between leaves it. It sees no
 * delays: a queue on the way is noticed when it is full. */
#pragma once

#include <glib.h>

#include "../private-api.h"

typedef struct {
  guint bitrate; /* bits a second */
  guint least, most;
} GenCongestion;

/* Begins with the most. */
GEN_PRIVATE_API void gen_congestion_init (GenCongestion *congestion, guint most);
/* A report: the share that was lost, 0 to 1. Whether the rate is another now. */
GEN_PRIVATE_API gboolean gen_congestion_update (GenCongestion *congestion, double lost);
