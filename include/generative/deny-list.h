/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include <generative/api.h>

G_BEGIN_DECLS

/**
 * GenDenyList: words, phrases and patterns that are not to pass in a text. A file of UTF-8 has an
 * entry a line; what begins with `#`, and empty lines, are none:
 *
 *     badword          a word, or a phrase: matched where no letter or digit stands on either side
 *     *badword*        the same without that bound on the side of an asterisk
 *     /b[aå]d+ly/      a regular expression (PCRE2), anywhere
 *
 * Texts and words are compared as Unicode's compatibility composition (NFKC) has them, with case
 * folded and marks (accents) and invisible characters left out: "BÄDword", "bad\u200bword" and
 * "ｂａｄword" are "badword". Runs of spaces and line ends are one space. Patterns see the text as
 * it is then, in small letters. What a match stands for is told in bytes of the text that was
 * given, whole characters.
 *
 * A pattern may take as long as it likes on some texts: it is stopped by limits on its steps and
 * memory, which is an error (GEN_DENY_LIST_ERROR_LIMIT): the text has not been judged. Where the
 * library was built without utf8proc and PCRE2 there are no deny lists, and an error says so. One
 * list may be used by several threads at a time. Since: 0.2
 */
typedef struct _GenDenyList GenDenyList;

#define GEN_DENY_LIST_ERROR (gen_deny_list_error_quark ())
GEN_API GQuark gen_deny_list_error_quark (void);
typedef enum {
  GEN_DENY_LIST_ERROR_ENTRY,       /* an entry of the file makes no sense */
  GEN_DENY_LIST_ERROR_TEXT,        /* what is to be judged is not UTF-8 */
  GEN_DENY_LIST_ERROR_LIMIT,       /* a pattern takes too many steps on it */
  GEN_DENY_LIST_ERROR_UNSUPPORTED, /* the library was built without them */
} GenDenyListError;

typedef struct {
  gsize begin, end; /* bytes of the text */
  guint entry;      /* from 0 on */
} GenDenyMatch;

/* Read the file `path`. NULL with `error`, which names file and line. (transfer full) */
GEN_API GenDenyList *gen_deny_list_load (const char *path, GError **error);
/* The same of a text; `name` stands for the file in errors. (transfer full) */
GEN_API GenDenyList *gen_deny_list_new (const char *text, const char *name, GError **error);
GEN_API void gen_deny_list_free (GenDenyList *list);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenDenyList, gen_deny_list_free)

GEN_API guint gen_deny_list_n_entries (const GenDenyList *list);
/* An entry as the file has it. */
GEN_API const char *gen_deny_list_entry (const GenDenyList *list, guint entry);

/* Append what is found in `length` bytes of `text` to `matches` (of GenDenyMatch), by where it
 * begins; matches may lie over each other. FALSE with `error` when it could not be judged: then
 * nothing is appended. */
GEN_API gboolean gen_deny_list_find (
    const GenDenyList *list, const char *text, gsize length, GArray *matches, GError **error);
/* `text` with each stretch of `matches`, as they were found, replaced by `replacement`, those that
 * touch or overlap by one. (transfer full) */
GEN_API char *gen_deny_list_replace (
    const char *text, gsize length, const GArray *matches, const char *replacement);

G_END_DECLS
