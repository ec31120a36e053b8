/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <generative/random.h>

G_BEGIN_DECLS

/**
 * GenFeatureRows: the features of a set of samples, which metrics of whole sets look at. All are
 * kept while they are not more than `most`, and from then on as many, chosen by chance: each has
 * the same chance to be among them (Vitter 1985, algorithm R), and with the same seed the same are.
 * Since: 0.2
 */
typedef struct {
  int length; /* numbers in a row; 0: none has come yet */
  int stride; /* from one row to the next: length, and zeros up to a multiple of 16 */
  guint most; /* rows, at most */
  guint n;    /* rows that there are */
  guint room; /* that there is memory for */
  guint64 seen;
  GenRandom random;
  float *data;
} GenFeatureRows;

/* None yet. `stream` names the random numbers that choose. */
GEN_API void gen_feature_rows_init (
    GenFeatureRows *rows, guint most, guint64 seed, const char *stream);
GEN_API void gen_feature_rows_clear (GenFeatureRows *rows);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (GenFeatureRows, gen_feature_rows_clear)

/* Where the features of the next sample go, `length` of them; NULL where it is not to be kept. A
 * row that is overwritten is of an earlier one. */
GEN_API float *gen_feature_rows_next (GenFeatureRows *rows, int length);

/* Keep `most` rows at most from now on, chosen by chance of those that there are; the memory of
 * others is given back. 0: none is kept. Since: 0.2 */
GEN_API void gen_feature_rows_thin (GenFeatureRows *rows, guint most);
/* The memory that they take, in bytes. Since: 0.2 */
GEN_API gsize gen_feature_rows_bytes (const GenFeatureRows *rows);

static inline float *
gen_feature_rows_at (const GenFeatureRows *rows, guint i)
{
  return rows->data + (gsize)i * (gsize)rows->stride;
}

/* The squared distance between two rows. */
GEN_API float gen_feature_rows_distance (
    const GenFeatureRows *rows, const float *a, const float *b);

G_END_DECLS
