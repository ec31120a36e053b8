/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Texts as they are compared: what looks the same is the same. */
#pragma once

#include <glib.h>

#include "../private-api.h"

typedef struct {
  GString *text;  /* folded */
  GArray *begins; /* of gsize: where the character begins that a byte of it was made of, */
  GArray *ends;   /* and where it ends, in bytes of the original */
} GenFoldedText;

/* Fold `length` bytes of UTF-8. FALSE where they are not. Also where it is FALSE to be cleared. */
gboolean gen_folded_text_init (GenFoldedText *folded, const char *text, gsize length);
void gen_folded_text_clear (GenFoldedText *folded);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (GenFoldedText, gen_folded_text_clear)

/* Whether a letter, a digit or an underscore begins at `at`, or ends before it. */
gboolean gen_text_word_begins (const char *text, gsize length, gsize at);
gboolean gen_text_word_ends (const char *text, gsize at);
