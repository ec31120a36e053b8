/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Boxes of ISO/IEC 14496-12 (MP4, MOV). */
#pragma once

#include <string.h>

#include <gio/gio.h>

#include "../private-api.h"

#define GEN_BMFF_HEADER 8
#define GEN_BMFF_LARGE_HEADER 16
#define GEN_BMFF_UUID_SIZE 16

typedef struct {
  char type[5];
  guint64 start, size;
  guint header; /* 8, or 16 where the size has 64 bits */
} GenBmffBox;

/* Makes a box of a header's first bytes, of which there are `available`, 16 where the first four
 * say 1. `rest` is what is left of the file from its start; a box of size 0 goes as far. FALSE:
 * they are no header. */
gboolean gen_bmff_header (
    const guint8 *data, gsize available, guint64 start, guint64 rest, GenBmffBox *box);
/* The box at `at` of `size` bytes. FALSE with `error` where it does not fit. */
GEN_PRIVATE_API gboolean gen_bmff_read (
    const guint8 *data, gsize size, gsize at, GenBmffBox *box, GError **error);
static inline gboolean
gen_bmff_is (const GenBmffBox *box, const char *type)
{
  return memcmp (box->type, type, 4) == 0;
}

/* The UUID of C2PA's boxes, and whether a box of which `available` bytes are there is one. */
extern const guint8 gen_bmff_c2pa_uuid[GEN_BMFF_UUID_SIZE];
gboolean gen_bmff_is_c2pa (const guint8 *box, gsize available);
