/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Features "hashed-words-256": which words and pairs of words a text has, each added to one of 256
 * numbers or taken from it, as a hash of it says (Weinberger et al., "Feature hashing for large
 * scale multitask learning", ICML 2009; of words and pairs, as Xie et al., "Data selection for
 * language models via importance resampling", NeurIPS 2023, have them), brought to unit length. So
 * the square of the distance between two texts is twice what their cosine lacks of 1. A text
 * without words has zeros. */
#include "features.h"
#include "words.h"

#include <math.h>
#include <string.h>

#define LENGTH 256
#define LONGEST_ROW 2

static int
words_length (gpointer state, const GenFormat *format)
{
  return LENGTH;
}

static void
describe (const GenText *text, float *out)
{
  double sums[LENGTH] = { 0 }, norm = 0;
  GenWords words;

  gen_words_init (&words, text);
  while (gen_words_next (&words))
    for (guint n = 0; n < MIN (words.read, LONGEST_ROW); n++)
      sums[words.rows[n] % LENGTH] += words.rows[n] >> 63 ? 1 : -1;
  for (int i = 0; i < LENGTH; i++)
    norm += sums[i] * sums[i];
  norm = sqrt (norm);
  for (int i = 0; i < LENGTH; i++)
    out[i] = norm > 0 ? (float)(sums[i] / norm) : 0;
}

static gboolean
words_compute (gpointer state, const GenSample *samples, int n, float *out, GError **error)
{
  for (int i = 0; i < n; i++)
    describe (&samples[i].text, out + i * LENGTH);
  return TRUE;
}

const GenEmbedder gen_embedder_hashed_words = {
  .name = "hashed-words-256",
  .medium = &gen_medium_text,
  .summary = "Words and pairs of words, hashed into 256 numbers of unit length (Weinberger et al. "
             "2009): sees which words are used, not what they mean",
  .batch = 1,
  .length = words_length,
  .compute = words_compute,
};
