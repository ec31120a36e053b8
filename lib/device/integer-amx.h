/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "amx.h"

/**
 * The innermost part of an integer product on AMX tiles, which hold 16 rows of 64 bytes.
 */

#define GEN_INTEGER_AMX_ROWS 32
#define GEN_INTEGER_AMX_PANEL 32
/* Groups of four bytes along k come in multiples of this. */
#define GEN_INTEGER_AMX_GROUPS 16

/* Between gen_amx_begin and gen_amx_end. */
/* `rows` by 32 sums over the groups, to `out` without gaps. `a` has rows of `groups` words of
 * unsigned bytes and room for 32 of them, `panel` has `groups` rows of 32 words of signed bytes. */
void gen_integer_amx_tile (
    int rows, const gint32 *a, const gint32 *panel, gint64 groups, gint32 *out);
