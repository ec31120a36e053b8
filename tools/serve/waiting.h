/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What waits in front of encoders for being taken. */
#pragma once

#include <gst/gst.h>

#include "configuration.h"

/* Let `queue` lose what is not taken in time, the oldest first, and nothing else. `rate` is that of
 * frames; of sound its numerator is 0. */
void serve_waiting_limit (GstElement *queue, ServeRate rate);
