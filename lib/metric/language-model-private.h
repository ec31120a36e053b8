/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of GenLanguageModel share: language-model.c (judging) and language-model-file.c
 * (opening). */
#pragma once

#include <generative/language-model.h>
#include <generative/session.h>
#include <generative/vocabulary.h>

/* What an input holds. */
typedef enum {
  GEN_LANGUAGE_IDS,
  GEN_LANGUAGE_MASK,
  GEN_LANGUAGE_PLACES,
  GEN_LANGUAGE_ZEROS,
  GEN_LANGUAGE_PAST,
} GenLanguageRole;

struct _GenLanguageModel {
  char *path;
  GenSession *session;
  GenVocabulary *vocabulary;
  GenLanguageRole *roles; /* an input each */
  void **data;            /* likewise, room for a window */
  guint output;
  gint64 window, beginning, scores; /* beginning: -1: none; scores: 0: not known yet */
  gboolean fixed;                   /* the window is */
};

/* An error of the model. Returns FALSE. */
gboolean gen_language_model_fail (
    const GenLanguageModel *model, GError **error, const char *format, ...) G_GNUC_PRINTF (3, 4);
