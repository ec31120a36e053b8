/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A word a pixel, red in its lowest byte, so that loops over pixels of any channels are alike, and
 * vectorise. */
#pragma once

#include <glib.h>

#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 12 || defined(__clang__)
#define SHUFFLE(v, ...) __builtin_shufflevector (v, v, __VA_ARGS__)
typedef guint8 Bytes __attribute__ ((vector_size (16)));
#define HAS_SHUFFLE 1
#else
#define HAS_SHUFFLE 0
#endif

void gen_augment_unpack (const guint8 *in, guint32 *words, int n, int channels);
void gen_augment_pack (const guint32 *words, guint8 *out, int n, int channels);
/* `words` [n] are `pixels` at `first` [n]. */
void gen_augment_gather (const guint32 *pixels, const gint32 *first, guint32 *words, int n);
/* `words` [n] are the four bytes that begin at `first` [n] of `bytes`: of one channel or two a
 * pixel and its right neighbour at once. */
void gen_augment_gather_bytes (const guint8 *bytes, const gint32 *first, guint32 *words, int n);
