/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is not to pass in texts. Words are looked for one after the other in the folded text, and
 * patterns by PCRE2 without its just-in-time compiler, whose steps have no limit. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <generative/deny-list.h>

#include <pcre2.h>
#include <string.h>

#include "fold-text.h"

/* Steps of a pattern on one text, a fraction of a second; and KiB of its heap. */
#define MATCH_LIMIT 1000000
#define DEPTH_LIMIT 100000
#define HEAP_LIMIT 65536

typedef struct {
  char *said;
  pcre2_code *code; /* of a pattern; else */
  char *word;       /* folded */
  gboolean bound_before, bound_behind;
} Entry;

struct _GenDenyList {
  GArray *entries; /* of Entry */
};

static void
clear_entry (gpointer data)
{
  Entry *entry = data;

  g_free (entry->said);
  g_free (entry->word);
  g_clear_pointer (&entry->code, pcre2_code_free);
}

void
gen_deny_list_free (GenDenyList *list)
{
  if (list == NULL)
    return;
  g_array_unref (list->entries);
  g_free (list);
}

static const Entry *
get_entry (const GenDenyList *list, guint entry)
{
  return &g_array_index (list->entries, Entry, entry);
}

guint
gen_deny_list_n_entries (const GenDenyList *list)
{
  return list->entries->len;
}

const char *
gen_deny_list_entry (const GenDenyList *list, guint entry)
{
  return get_entry (list, entry)->said;
}

/* --- reading --- */

/* `line` is "/…/". */
static gboolean
read_pattern (Entry *entry, const char *line, GError **error)
{
  const gsize length = strlen (line) - 2;
  int code;
  PCRE2_SIZE offset;

  entry->code = pcre2_compile ((PCRE2_SPTR)line + 1, length,
      PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C, &code, &offset, NULL);
  if (entry->code == NULL) {
    PCRE2_UCHAR reason[256] = "";

    pcre2_get_error_message (code, reason, sizeof reason);
    g_set_error (error, GEN_DENY_LIST_ERROR, GEN_DENY_LIST_ERROR_ENTRY,
        "no regular expression, at its character %" G_GSIZE_FORMAT ": %s", offset + 1, reason);
    return FALSE;
  }
  return TRUE;
}

static gboolean
read_word (Entry *entry, const char *line, GError **error)
{
  const gsize length = strlen (line);
  const gsize before = line[0] == '*', behind = length > 1 && line[length - 1] == '*';
  g_auto (GenFoldedText) folded = { 0 };

  if (gen_folded_text_init (&folded, line + before, length - before - behind) &&
      folded.text->len > 0 && !g_str_equal (folded.text->str, " ")) {
    entry->word = g_strdup (folded.text->str);
    entry->bound_before = !before;
    entry->bound_behind = !behind;
    return TRUE;
  }
  g_set_error_literal (error, GEN_DENY_LIST_ERROR, GEN_DENY_LIST_ERROR_ENTRY,
      "nothing is left of it without marks and what is invisible: it would be found everywhere");
  return FALSE;
}

static gboolean
read_entry (GenDenyList *list, const char *line, GError **error)
{
  const gsize length = strlen (line);
  Entry entry = { .said = g_strdup (line) };
  const gboolean read = length > 2 && line[0] == '/' && line[length - 1] == '/'
                            ? read_pattern (&entry, line, error)
                            : read_word (&entry, line, error);

  g_array_append_val (list->entries, entry);
  return read;
}

GenDenyList *
gen_deny_list_new (const char *text, const char *name, GError **error)
{
  g_autoptr (GenDenyList) list = g_new0 (GenDenyList, 1);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  list->entries = g_array_new (FALSE, FALSE, sizeof (Entry));
  g_array_set_clear_func (list->entries, clear_entry);
  for (guint i = 0; lines[i] != NULL; i++) {
    const char *line = g_strstrip (lines[i]);

    if (*line == '\0' || *line == '#')
      continue;
    if (!g_utf8_validate (line, -1, NULL)) {
      g_set_error (error, GEN_DENY_LIST_ERROR, GEN_DENY_LIST_ERROR_ENTRY,
          "%s: line %u is not UTF-8", name, i + 1);
      return NULL;
    }
    if (!read_entry (list, line, error)) {
      g_prefix_error (error, "%s: line %u, \"%s\": ", name, i + 1, line);
      return NULL;
    }
  }
  if (list->entries->len > 0)
    return g_steal_pointer (&list);
  g_set_error (error, GEN_DENY_LIST_ERROR, GEN_DENY_LIST_ERROR_ENTRY,
      "%s: there is nothing in it; a word, a phrase or a /pattern/ a line is wanted", name);
  return NULL;
}

/* --- finding --- */

/* Bytes `begin` to `end` of the folded text, which are not none. */
static void
add_match (const GenFoldedText *folded, guint entry, gsize begin, gsize end, GArray *matches)
{
  const GenDenyMatch match = { .begin = g_array_index (folded->begins, gsize, begin),
    .end = g_array_index (folded->ends, gsize, end - 1),
    .entry = entry };

  g_array_append_val (matches, match);
}

static void
find_word (const Entry *entry, guint number, const GenFoldedText *folded, GArray *matches)
{
  const char *text = folded->text->str, *found = text;
  const gsize length = folded->text->len, n = strlen (entry->word);

  while ((found = memmem (found, length - (gsize)(found - text), entry->word, n)) != NULL) {
    const gsize begin = (gsize)(found - text), end = begin + n;

    if (!(entry->bound_before && gen_text_word_ends (text, begin)) &&
        !(entry->bound_behind && gen_text_word_begins (text, length, end)))
      add_match (folded, number, begin, end, matches);
    found = g_utf8_next_char (found);
  }
}

static gboolean
fail_pattern (const Entry *entry, int code, GError **error)
{
  PCRE2_UCHAR reason[256] = "";

  pcre2_get_error_message (code, reason, sizeof reason);
  g_set_error (error, GEN_DENY_LIST_ERROR, GEN_DENY_LIST_ERROR_LIMIT,
      "the pattern %s has not come to an end on a text (%s): it may have to be written so that "
      "fewer ways of matching are tried",
      entry->said, reason);
  return FALSE;
}

static gboolean
find_pattern (const Entry *entry, guint number, const GenFoldedText *folded,
    pcre2_match_context *limits, GArray *matches, GError **error)
{
  pcre2_match_data *data = pcre2_match_data_create_from_pattern (entry->code, NULL);
  const PCRE2_SIZE *bounds = pcre2_get_ovector_pointer (data);
  gsize at = 0;
  int code = 0;

  while (at <= folded->text->len) {
    code = pcre2_match (entry->code, (PCRE2_SPTR)folded->text->str, folded->text->len, at,
        PCRE2_NO_UTF_CHECK, data, limits);
    if (code < 0)
      break;
    if (bounds[1] > bounds[0])
      add_match (folded, number, bounds[0], bounds[1], matches);
    at = bounds[1];
    /* What matches nothing, or, by \K, goes back, is not found again in the same place. */
    if (bounds[1] <= bounds[0])
      at = at < folded->text->len
               ? (gsize)(g_utf8_next_char (folded->text->str + at) - folded->text->str)
               : at + 1;
  }
  pcre2_match_data_free (data);
  return code >= 0 || code == PCRE2_ERROR_NOMATCH || fail_pattern (entry, code, error);
}

static gboolean
find_all (const GenDenyList *list, const GenFoldedText *folded, GArray *matches, GError **error)
{
  pcre2_match_context *limits = pcre2_match_context_create (NULL);
  gboolean judged = TRUE;

  pcre2_set_match_limit (limits, MATCH_LIMIT);
  pcre2_set_depth_limit (limits, DEPTH_LIMIT);
  pcre2_set_heap_limit (limits, HEAP_LIMIT);
  for (guint i = 0; judged && i < list->entries->len; i++) {
    const Entry *entry = get_entry (list, i);

    if (entry->code != NULL)
      judged = find_pattern (entry, i, folded, limits, matches, error);
    else
      find_word (entry, i, folded, matches);
  }
  pcre2_match_context_free (limits);
  return judged;
}

static int
compare_matches (gconstpointer a, gconstpointer b)
{
  const GenDenyMatch *first = a, *second = b;

  if (first->begin != second->begin)
    return first->begin < second->begin ? -1 : 1;
  return (first->entry > second->entry) - (first->entry < second->entry);
}

gboolean
gen_deny_list_find (
    const GenDenyList *list, const char *text, gsize length, GArray *matches, GError **error)
{
  g_autoptr (GArray) found = g_array_new (FALSE, FALSE, sizeof (GenDenyMatch));
  g_auto (GenFoldedText) folded = { 0 };

  if (!gen_folded_text_init (&folded, text, length)) {
    g_set_error_literal (
        error, GEN_DENY_LIST_ERROR, GEN_DENY_LIST_ERROR_TEXT, "a text is not UTF-8");
    return FALSE;
  }
  if (!find_all (list, &folded, found, error))
    return FALSE;
  g_array_sort (found, compare_matches);
  g_array_append_vals (matches, found->data, found->len);
  return TRUE;
}
