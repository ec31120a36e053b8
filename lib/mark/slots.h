/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A message in a medium that has room for few bits at a time: its symbols (code.h) are spread, in
 * an order and with signs that the key says, over slots of time that come again and again, with as
 * many bits each as there is room for. What is left of the places are pilots, which carry nothing,
 * and by which a reader who has come in somewhere finds which slot is when. */
#pragma once

#include "code.h"

#define GEN_SLOTS_A_SECOND 15
#define GEN_SLOT_LEAST_BITS 16
#define GEN_SLOT_MOST_BITS 512

typedef struct {
  int n_bits; /* of a slot */
  int n_slots;
  gint16 *symbols; /* [slot][bit]: which of the symbols, or -1: a pilot */
  gint8 *signs;    /* [slot][bit] */
} GenMarkSlots;

/* For slots of GEN_SLOT_LEAST_BITS to GEN_SLOT_MOST_BITS. */
GEN_PRIVATE_API void gen_mark_slots_init (GenMarkSlots *slots, const GenMarkKey *key, int n_bits);
GEN_PRIVATE_API void gen_mark_slots_clear (GenMarkSlots *slots);
/* The slot of a time in nanoseconds, which may be before 0. */
GEN_PRIVATE_API int gen_mark_slots_at (const GenMarkSlots *slots, gint64 time);
/* How long all of them take: nanoseconds. */
GEN_PRIVATE_API gint64 gen_mark_slots_length (const GenMarkSlots *slots);
/* The bits, of -1 and 1, of a slot. */
GEN_PRIVATE_API void gen_mark_slots_write (
    const GenMarkSlots *slots, int slot, const gint8 symbols[GEN_MARK_SYMBOLS], float *bits);

/* Tries of gen_mark_slots_read at most. */
#define GEN_SLOT_TRIALS 4

/* What `n` rows of `n_bits` numbers say, which were read at `times`: of each bit those above the
 * mean are more likely 1. TRUE where the check passes. `scratch` has room for as many numbers as
 * the rows have. */
GEN_PRIVATE_API gboolean gen_mark_slots_read (const GenMarkSlots *slots, GenMarkCode *code,
    const float *rows, const gint64 *times, int n, float *scratch, GenMarkRead *read);
