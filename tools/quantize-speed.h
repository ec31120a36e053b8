/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which layers are to stay as they are because bytes are no faster there: between other operators,
 * numbers are made bytes and bytes numbers again, which costs small layers more than they gain. */
#pragma once

#include "prepare.h"

/* The graph in which layers of these names, ended by NULL, stay as they are. (transfer full) */
typedef GenGraph *(*QuantizeMake) (gpointer data, const char *const *left, GError **error);

typedef struct {
  const GenGraph *graph; /* as it was */
  const Preparation *preparation;
  double seconds; /* that comparing it with another takes */
  QuantizeMake make;
  gpointer data;
} QuantizeSpeed;

/* Those of `names`, the layers that are quantised, without which the model is the fastest: none,
 * where it is faster with all of them. NULL with `error` where no choice is faster than it was.
 * (transfer full) */
GStrv quantize_speed_find_slow (const QuantizeSpeed *speed, const GPtrArray *names, GError **error);
