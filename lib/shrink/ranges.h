/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/quantize.h>

/* A copy of the graph that was observed, whose shapes are known. */
const GenGraph *gen_ranges_shapes (const GenRanges *ranges);

/* What a byte stands for: (byte - zero) * scale. */
typedef struct {
  float scale;
  int zero;
} GenByteUnits;

/* The units by which a byte (or a signed one, around 0, where it is `symmetric`) reaches from `low`
 * to `high`, widened so that 0 is one of its numbers. */
GenByteUnits gen_byte_units (double low, double high, gboolean symmetric);
