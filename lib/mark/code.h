/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How 64 bits get through a medium that has drowned them in noise: a keyed check and a code that
 * corrects errors, the same for pictures and for sounds.
 *
 * A message is the 64 bits and 40 of a check (HMAC-SHA-256 of the 64 by a key of the medium, cut
 * off): noise, other keys' marks and those of another medium pass it once in 2^40 tries. It is
 * coded by the convolutional code of rate 1/6 and constraint length 15 that Cassini talked to Earth
 * with (CCSDS; generators 046321, 051271, 070535, 063667, 073277, 076513), ended by zeros, to
 * GEN_MARK_SYMBOLS symbols of -1 and 1. Whoever hides them in a medium orders, signs and repeats
 * them by the key. */
#pragma once

#include <generative/mark.h>

#include "../private-api.h"

#define GEN_MARK_CHECK_BITS 40
#define GEN_MARK_TAIL 14
#define GEN_MARK_RATE 6
#define GEN_MARK_MESSAGE (64 + GEN_MARK_CHECK_BITS)
#define GEN_MARK_SYMBOLS ((GEN_MARK_MESSAGE + GEN_MARK_TAIL) * GEN_MARK_RATE)

typedef struct _GenMarkCode GenMarkCode;

/* The code of marks of `key` in `medium`, a word, with memory for decoding: one thread at a time.
 */
GEN_PRIVATE_API GenMarkCode *gen_mark_code_new (const GenMarkKey *key, const char *medium);
GEN_PRIVATE_API void gen_mark_code_free (GenMarkCode *code);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenMarkCode, gen_mark_code_free)

GEN_PRIVATE_API void gen_mark_encode (
    const GenMarkCode *code, guint64 bits, gint8 symbols[GEN_MARK_SYMBOLS]);

/* What was read. */
typedef struct {
  guint64 bits;
  double errors; /* the share of symbols that had the wrong sign, 0 to 0.5 */
  /* How far what was read stands out: the sum over symbols of what was read times what was
   * written, in standard deviations of what it would be of noise. */
  double deviations;
} GenMarkRead;

/* The most likely message of what was read of each symbol: numbers whose sign is the symbol's and
 * whose magnitude grows with how sure that is (log odds, times anything), 0 where nothing is known.
 * TRUE where the check passes and the version is known. What is not finite counts as 0. About 2 ms.
 */
GEN_PRIVATE_API gboolean gen_mark_decode (
    GenMarkCode *code, const float symbols[GEN_MARK_SYMBOLS], GenMarkRead *read);
