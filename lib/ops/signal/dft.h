/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/operator.h>

#include "../../private-api.h"

/* A node of DFT. */
typedef struct {
  int axis;
  gsize outer, inner;        /* transforms */
  gsize in, n, out;          /* extents: given, transformed, kept */
  gsize parts_in, parts_out; /* 1 real, 2 complex */
  gboolean inverse, onesided;
} GenDft;

GEN_PRIVATE_API gboolean gen_dft_init (GenDft *dft, const GenNode *node, GError **error);
