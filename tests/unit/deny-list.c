/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists of what is not to pass: words and their bounds, what looks like them, patterns and their
 * limits, bytes that are no text. And folders of what is held. */
#include <generative/deny-list.h>
#include <generative/hold-folder.h>

#include <math.h>
#include <string.h>

#include "../scratch.h"

static GenDenyList *
make (const char *text)
{
  g_autoptr (GError) error = NULL;
  GenDenyList *list = gen_deny_list_new (text, "list", &error);

  g_assert_no_error (error);
  return list;
}

/* What is left of a text with what is found in it replaced by "_". */
static void
check_bytes (const GenDenyList *list, const char *text, gsize length, const char *expected)
{
  g_autoptr (GArray) matches = g_array_new (FALSE, FALSE, sizeof (GenDenyMatch));
  g_autoptr (GError) error = NULL;
  g_autofree char *made = NULL;

  g_assert_true (gen_deny_list_find (list, text, length, matches, &error));
  g_assert_no_error (error);
  made = gen_deny_list_replace (text, length, matches, "_");
  g_assert_cmpstr (made, ==, expected);
}

static void
check (const GenDenyList *list, const char *text, const char *expected)
{
  check_bytes (list, text, strlen (text), expected);
}

static void
test_words (void)
{
  g_autoptr (GenDenyList) list =
      make ("# a comment\n\n bad \r\nvery wrong\n*inner*\nfore*\n*hind\n");

  g_assert_cmpuint (gen_deny_list_n_entries (list), ==, 5);
  g_assert_cmpstr (gen_deny_list_entry (list, 1), ==, "very wrong");
  check (list, "", "");
  check (list, "good", "good");
  check (list, "bad", "_");
  check (list, "a bad, Bad and BAD one", "a _, _ and _ one");
  check (list, "badly bad_ sbad 1bad", "badly bad_ sbad 1bad");
  check (list, "very \n\t wrong", "_");
  check (list, "very, wrong", "very, wrong");
  check (list, "dinners", "d_s");
  check (list, "forehead unforeseen", "_head unforeseen");
  check (list, "behind hinder", "be_ hinder");
  check (list, "bad bad", "_ _");
}

/* The same to the eye is the same. */
static void
test_disguises (void)
{
  g_autoptr (GenDenyList) list = make ("bad\nSTRASSE\nカ\n");

  check (list,
      "B\xc3\x81"
      "D",
      "_"); /* an accent */
  check (list,
      "ba\xcc\x81\xcc\xa7"
      "d!",
      "_!"); /* marks that combine */
  check (list,
      "b\xe2\x80\x8b"
      "a\xc2\xad"
      "d",
      "_");                                                              /* nothing to be seen */
  check (list, "\xef\xbd\x82\xef\xbd\x81\xef\xbd\x84", "_");             /* full width */
  check (list, "\xf0\x9d\x92\x83\xf0\x9d\x92\x82\xf0\x9d\x92\x85", "_"); /* mathematical */
  check (list,
      "Stra\xc3\x9f"
      "e",
      "_");
  check (list, "\xef\xbd\xb6", "_"); /* half width */
  check (list,
      "b\xc3\xa4"
      "d hair",
      "_ hair");
  check (list, "\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9 bad",
      "\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9 _");
}

static void
test_patterns (void)
{
  g_autoptr (GenDenyList) list = make ("/\\b\\d{3}-\\d{4}\\b/\n/x*/\n/(?=y)/\n/a\\Kb/\n");

  check (list, "call 555-1234 now", "call _ now");
  check (list, "5555-1234", "5555-1234");
  check (list, "axxb", "a_b");
  check (list, "AXXb", "A_b");
  check (list, "yyy", "yyy");
  check (list, "ab", "a_");
}

static void
check_failure (const GenDenyList *list, const char *text, gsize length, int code)
{
  g_autoptr (GArray) matches = g_array_new (FALSE, FALSE, sizeof (GenDenyMatch));
  g_autoptr (GError) error = NULL;

  g_assert_false (gen_deny_list_find (list, text, length, matches, &error));
  g_assert_error (error, GEN_DENY_LIST_ERROR, code);
  g_assert_cmpuint (matches->len, ==, 0);
}

/* A pattern that tries all ways of cutting a row of letters in two. */
static void
test_limits (void)
{
  g_autoptr (GenDenyList) list = make ("bad\n/^(a+)+$/\n");
  g_autofree char *row = g_strnfill (60, 'a');
  g_autofree char *text = g_strconcat ("bad ", row, NULL);
  g_autofree char *expected = g_strconcat ("_ ", row, NULL);

  check (list, "aaa", "_");
  row[59] = '!';
  check_failure (list, row, 60, GEN_DENY_LIST_ERROR_LIMIT);
  check (list, text, expected);
}

static void
test_no_text (void)
{
  g_autoptr (GenDenyList) list = make ("bad\n");

  check_failure (list, "\xff", 1, GEN_DENY_LIST_ERROR_TEXT);
  check_failure (list, "bad \xc3", 5, GEN_DENY_LIST_ERROR_TEXT);
  check_failure (list, "\xed\xa0\x80", 3, GEN_DENY_LIST_ERROR_TEXT);
  check_failure (list, "\0\xf8", 2, GEN_DENY_LIST_ERROR_TEXT);
  check_bytes (list, "bad\0", 4, "_");
}

static void
check_refused (const char *text, const char *message)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (gen_deny_list_new (text, "list", &error));
  g_assert_error (error, GEN_DENY_LIST_ERROR, GEN_DENY_LIST_ERROR_ENTRY);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, message));
}

static void
test_refused (void)
{
  check_refused ("", "nothing in it");
  check_refused ("# only this\n", "nothing in it");
  check_refused ("bad\n/(/\n", "line 2");
  check_refused ("**\n", "line 1");
  check_refused ("*\n", "line 1");
  check_refused ("\xe2\x80\x8b\n", "line 1");
  check_refused ("bad\n\xff\n", "line 2 is not UTF-8");
}

/* --- what is held --- */

static guint64
add (GenHoldFolder *folder, double score)
{
  g_autoptr (GBytes) media = g_bytes_new_static ("text", 4);
  g_autoptr (GError) error = NULL;
  const GenHeldItem item = { .label = "a \"label\" \xff",
    .score = score,
    .time = 1500000000,
    .caps = "text/x-raw",
    .media = media,
    .extension = "txt" };
  guint64 number;

  g_assert_true (gen_hold_folder_add (folder, &item, &number, &error));
  g_assert_no_error (error);
  return number;
}

/* -1: it cannot be read. */
static int
ask (const char *path, guint64 number)
{
  g_auto (GenHoldDecision) decision = { 0 };
  g_autoptr (GError) error = NULL;

  return gen_hold_get_decision (path, number, &decision, &error) ? (int)decision.decision : -1;
}

static void
test_hold (void)
{
  g_autofree char *root = scratch_new (), *path = g_build_filename (root, "held", NULL);
  g_autofree char *told = g_build_filename (path, "000001.json", NULL);
  g_autofree char *broken = g_build_filename (path, "000002.decision.json", NULL);
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  GenHoldFolder *folder = gen_hold_folder_open (path, &error);
  const GenHoldDecision yes = { GEN_DECISION_APPROVE, (char *)"fine", (char *)"me" };
  const GenHoldDecision no = { GEN_DECISION_REJECT };

  g_assert_no_error (error);
  g_assert_null (gen_hold_folder_open (path, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_BUSY);
  g_clear_error (&error);
  g_assert_cmpuint (add (folder, 0.5), ==, 1);
  g_assert_cmpuint (add (folder, NAN), ==, 2);
  g_assert_true (g_file_get_contents (told, &text, NULL, NULL));
  g_assert_nonnull (strstr (text, "\"score\":0.5"));
  g_assert_nonnull (strstr (text, "\"time\":1.5"));
  g_assert_nonnull (strstr (text, "\"media\":\"000001.txt\""));
  g_assert_cmpint (ask (path, 1), ==, GEN_DECISION_NONE);
  g_assert_true (gen_hold_decide (path, 1, &yes, &error));
  g_assert_no_error (error);
  g_assert_cmpint (ask (path, 1), ==, GEN_DECISION_APPROVE);
  /* The first one stands. */
  g_assert_false (gen_hold_decide (path, 1, &no, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS);
  g_assert_cmpint (ask (path, 1), ==, GEN_DECISION_APPROVE);
  for (const char *const *bad = (const char *const[]){ "", "{", "[]", "{\"decision\":1}",
           "{\"decision\":\"approved\"}", "null", NULL };
       *bad != NULL; bad++) {
    g_assert_true (g_file_set_contents (broken, *bad, -1, NULL));
    g_assert_cmpint (ask (path, 2), ==, -1);
  }
  gen_hold_folder_free (folder);
  /* Numbers go on. */
  folder = gen_hold_folder_open (path, NULL);
  g_assert_cmpuint (add (folder, 0.5), ==, 3);
  gen_hold_folder_free (folder);
  scratch_remove (root);
}

int
main (int argc, char **argv)
{
  g_autoptr (GenDenyList) list = NULL;
  g_autoptr (GError) error = NULL;

  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/hold-folder/decisions", test_hold);
  list = gen_deny_list_new ("bad", "list", &error);
  if (g_error_matches (error, GEN_DENY_LIST_ERROR, GEN_DENY_LIST_ERROR_UNSUPPORTED))
    return g_test_run ();
  g_test_add_func ("/deny-list/words", test_words);
  g_test_add_func ("/deny-list/disguises", test_disguises);
  g_test_add_func ("/deny-list/patterns", test_patterns);
  g_test_add_func ("/deny-list/limits", test_limits);
  g_test_add_func ("/deny-list/no-text", test_no_text);
  g_test_add_func ("/deny-list/refused", test_refused);
  return g_test_run ();
}
