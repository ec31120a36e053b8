/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How many replicas of this server its load wants, and how runs are shared, as counters. */
#pragma once

#include "../../../lib/serve/scale-policy.h"
#include "../server.h"

typedef struct {
  GenScalePolicy policy;
  gint64 last;      /* when it was looked at last, in microseconds; 0: never */
  double processor; /* seconds of the processor's time that the process had used then */
} ServeScale;

void serve_scale_init (ServeScale *scale, const ServeServer *server);
/* A second or so is over, at `now` (microseconds of a clock that only goes on). */
void serve_scale_look (ServeScale *scale, const ServeServer *server, gint64 now);
