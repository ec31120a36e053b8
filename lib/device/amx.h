/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* The tile unit of newer x86 processors (AMX): eight registers of 16 rows of 64 bytes, and
 * instructions that multiply two of them. */
typedef enum {
  GEN_AMX_BFLOAT16,
  GEN_AMX_INT8,
} GenAmxType;

/* Whether processor and system have it, with products of that type. */
gboolean gen_amx_multiplies (GenAmxType type);

/* Around all that uses tiles, on the thread that does; all tiles are of full size. Only where
 * gen_amx_multiplies says so. */
void gen_amx_begin (void);
void gen_amx_end (void);
