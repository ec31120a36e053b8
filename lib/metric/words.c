/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "words.h"

#include <string.h>

typedef enum {
  BETWEEN,
  LETTER,
  ALONE, /* a word by itself */
  MARK,
  APOSTROPHE,
} Kind;

#define RIGHT_QUOTE 0x2019
#define JOINER 0x200d
#define NON_JOINER 0x200c
/* Before it come no scripts that have no spaces. */
#define FIRST_ALONE 0x0e00

static gboolean
has_no_spaces (gunichar c)
{
  switch (g_unichar_get_script (c)) {
  case G_UNICODE_SCRIPT_HAN:
  case G_UNICODE_SCRIPT_HIRAGANA:
  case G_UNICODE_SCRIPT_THAI:
  case G_UNICODE_SCRIPT_LAO:
  case G_UNICODE_SCRIPT_KHMER:
  case G_UNICODE_SCRIPT_MYANMAR:
    return TRUE;
  default:
    return FALSE;
  }
}

static Kind
kind_of (gunichar c)
{
  if (c < 0x80)
    return g_ascii_isalnum (c) ? LETTER : c == '\'' ? APOSTROPHE : BETWEEN;
  if (c == RIGHT_QUOTE)
    return APOSTROPHE;
  if (c == JOINER || c == NON_JOINER || g_unichar_ismark (c))
    return MARK;
  if (!g_unichar_isalnum (c))
    return BETWEEN;
  return c >= FIRST_ALONE && has_no_spaces (c) ? ALONE : LETTER;
}

/* The finalizer of SplitMix64 (Steele, Lea and Flood 2014). */
static guint64
mix (guint64 x)
{
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

static guint64
append (guint64 hash, guint64 next)
{
  return mix (hash * 3 + next + 0x9e3779b97f4a7c15);
}

void
gen_words_init (GenWords *words, const GenText *text)
{
  *words = (GenWords){ .at = text->data };
  words->end = text->data != NULL ? text->data + gen_text_count_bytes (text) : NULL;
}

/* The kind of the character at `at`, BETWEEN at the end. */
static Kind
peek (const GenWords *words, const char *at)
{
  return at < words->end ? kind_of (g_utf8_get_char (at)) : BETWEEN;
}

/* Whether a word of `kind` goes on at `at`. */
static gboolean
goes_on (const GenWords *words, const char *at, Kind kind)
{
  const Kind next = peek (words, at);

  if (next == MARK)
    return TRUE;
  if (kind == ALONE)
    return FALSE;
  return next == LETTER || (next == APOSTROPHE && peek (words, g_utf8_next_char (at)) == LETTER);
}

static guint64
read_word (GenWords *words, Kind kind)
{
  guint64 hash = 0;

  do {
    gunichar c = g_utf8_get_char (words->at);

    hash = append (hash, c == RIGHT_QUOTE ? '\'' : g_unichar_tolower (c));
    words->at = g_utf8_next_char (words->at);
  } while (goes_on (words, words->at, kind));
  return hash;
}

gboolean
gen_words_next (GenWords *words)
{
  Kind kind = BETWEEN;
  guint64 word;

  while (words->at < words->end) {
    kind = kind_of (g_utf8_get_char (words->at));
    if (kind == LETTER || kind == ALONE)
      break;
    words->at = g_utf8_next_char (words->at);
  }
  if (words->at >= words->end)
    return FALSE;
  word = read_word (words, kind);
  for (guint64 n = MIN (words->read, GEN_WORDS_IN_ROW - 1); n > 0; n--)
    words->rows[n] = append (words->rows[n - 1], word);
  words->rows[0] = word;
  words->read++;
  return TRUE;
}
