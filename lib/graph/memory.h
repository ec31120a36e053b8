/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "../private-api.h"

/* Bytes of memory that the machine has. */
double gen_memory_of_machine (void);

/* A piece of memory that is needed from step `first` to step `last`, both included. */
typedef struct {
  gsize size;
  int first, last;
  gsize offset; /* result */
} GenBlock;

/* Give each block an offset so that no two that live at the same time overlap; returns the
 * size of the whole. Offsets are multiples of `alignment`, a power of two. */
GEN_PRIVATE_API gsize gen_memory_plan (GenBlock *blocks, guint n, gsize alignment);
