/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Length: words of a text (words.h), and characters, which are code points of Unicode. A generator
 * that stops too early, or never, shows here first. Bad at: all else. */
#include "words.h"

static void
length_measure (gpointer metric, const GenSample *sample, double *values)
{
  GenWords words;

  gen_words_init (&words, &sample->text);
  while (gen_words_next (&words))
    ;
  values[0] = (double)words.read;
  values[1] =
      (double)g_utf8_strlen (sample->text.data, (gssize)gen_text_count_bytes (&sample->text));
}

const GenMetric gen_metric_length = {
  .name = "length",
  .known_as = (const char *const[]){ "words", "characters", NULL },
  .medium = &gen_medium_text,
  .summary = "Length of a text in words, and in characters",
  .unit = "words; characters",
  .fields = { { "length", GEN_FIELD_NUMBER, NULL, GEN_WORDS_NO_TEXT },
      { "length-characters", GEN_FIELD_NUMBER, NULL, GEN_WORDS_NO_TEXT } },
  .n_fields = 2,
  .measure = length_measure,
};
