/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The words of a text, as all metrics of texts see them. */
#pragma once

#include "metrics.h"

/* Why figures of a text are missing. */
#define GEN_WORDS_NO_TEXT "it is no UTF-8, or has a byte of 0"
#define GEN_WORDS_NONE "there is no word"

/* The longest row of words that is looked at. */
#define GEN_WORDS_IN_ROW 4

/**
 * A word is a run of letters and digits, with the marks on them, in small letters (Unicode's simple
 * mapping, character by character); an apostrophe between two letters is part of it. Of scripts
 * that put no space between words (Han, Hiragana, Thai, Lao, Khmer, Myanmar) each letter is a word.
 * All else is between words. What is canonically equivalent is not made equal.
 *
 * Words are known by hashes of 64 bits, which are the same on each machine, and so are rows of
 * words that follow each other.
 */
typedef struct {
  const char *at, *end;
  guint64 read;                   /* words so far */
  guint64 rows[GEN_WORDS_IN_ROW]; /* the last word, the last two, …, as far as there are as many */
} GenWords;

/* The words of `text`, which is UTF-8 without 0. */
void gen_words_init (GenWords *words, const GenText *text);
/* Read the next one; FALSE where there is none. */
gboolean gen_words_next (GenWords *words);
