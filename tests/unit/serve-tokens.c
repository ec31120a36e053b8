/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files of tokens: who may do what, what is refused, and what others can read. */
#include <string.h>
#include <sys/stat.h>

#include <gio/gio.h>

#include "../../lib/serve/tokens.h"
#include "../scratch.h"

static const char *const scopes[] = { "watch", "generate", "publish", NULL };
static const GenTokensKind kind = {
  .whose = "a client", .hint = "token adds one", .scopes = scopes
};
static const GenTokensKind plain = { .whose = "a reviewer", .hint = "token adds one" };

typedef struct {
  char *folder, *path;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  f->folder = scratch_new ();
  f->path = g_build_filename (f->folder, "tokens", NULL);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  scratch_remove (f->folder);
  g_free (f->folder);
  g_free (f->path);
}

static void
write_file (const Fixture *f, const char *text)
{
  g_assert_true (
      g_file_set_contents_full (f->path, text, -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
}

static void
test_file (Fixture *f, gconstpointer data)
{
  g_autoptr (GenTokens) tokens = gen_tokens_new (&kind);
  g_autoptr (GError) error = NULL;
  g_autofree char *anna = gen_tokens_add_to_file (&kind, f->path, "anna", 3, &error);
  g_autofree char *ben = gen_tokens_add_to_file (&kind, f->path, "ben", 4, &error);
  g_autofree char *text = NULL;
  struct stat status;
  guint found = 99;

  g_assert_no_error (error);
  g_assert_cmpint (stat (f->path, &status), ==, 0);
  g_assert_cmpuint (status.st_mode & 0777, ==, 0600);
  g_assert_true (g_file_get_contents (f->path, &text, NULL, NULL));
  g_assert_true (g_str_has_prefix (text, "anna watch,generate "));
  g_assert_nonnull (strstr (text, "\nben publish "));
  /* The secret itself is nowhere. */
  g_assert_null (strstr (text, anna));
  g_assert_true (gen_tokens_load (tokens, f->path, &error));
  g_assert_cmpstr (gen_tokens_find (tokens, anna, &found), ==, "anna");
  g_assert_cmpuint (found, ==, 3);
  g_assert_cmpstr (gen_tokens_find (tokens, ben, &found), ==, "ben");
  g_assert_cmpuint (found, ==, 4);
  g_assert_null (gen_tokens_find (tokens, "", &found));
  g_assert_cmpuint (found, ==, 0);
  anna[0] ^= 1;
  g_assert_null (gen_tokens_find (tokens, anna, &found));
}

static void
test_no_scopes (Fixture *f, gconstpointer data)
{
  g_autoptr (GenTokens) tokens = gen_tokens_new (&plain);
  g_autoptr (GError) error = NULL;
  g_autofree char *anna = gen_tokens_add_to_file (&plain, f->path, "anna", 0, &error);
  g_autofree char *ben = gen_tokens_add (tokens, "ben", 0);

  g_assert_no_error (error);
  g_assert_true (gen_tokens_load (tokens, f->path, &error));
  g_assert_cmpstr (gen_tokens_find (tokens, anna, NULL), ==, "anna");
  g_assert_cmpstr (gen_tokens_find (tokens, ben, NULL), ==, "ben");
}

#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void
test_refused (Fixture *f, gconstpointer data)
{
  static const struct {
    const char *text, *says;
  } cases[] = {
    { "", "there is no token in it; token adds one" },
    { "# anna watch " HASH "\n\n", "there is no token in it" },
    { "anna\n", "line 1 is no name, scopes and SHA-256" },
    { "anna " HASH "\n", "line 1 is no name, scopes and SHA-256" },
    { "\nanna watch " HASH "0\n", "line 2 is no name" },
    { "anna watch " HASH "\nben wacth " HASH "\n", "line 2: there is no scope \"wacth\" (did you "
                                                   "mean \"watch\"?); there are watch, generate" },
    { "anna watch, " HASH "\n", "there is no scope \"\"" },
    { "anna watch " HASH " more\n", "line 1 is no name" },
    { "an\001na watch " HASH "\n", "a client's name is a word" },
    { "\377 watch " HASH "\n", "a client's name is a word" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GenTokens) tokens = gen_tokens_new (&kind);
    g_autoptr (GError) error = NULL;

    write_file (f, cases[i].text);
    g_assert_false (gen_tokens_load (tokens, f->path, &error));
    g_assert_nonnull (strstr (error->message, cases[i].says));
    g_assert_true (g_str_has_prefix (error->message, f->path));
  }
}

static void
test_readable (Fixture *f, gconstpointer data)
{
  g_autoptr (GenTokens) tokens = gen_tokens_new (&kind);
  g_autoptr (GError) error = NULL;

  write_file (f, "anna watch " HASH "\n");
  g_assert_cmpint (chmod (f->path, 0644), ==, 0);
  g_assert_false (gen_tokens_load (tokens, f->path, &error));
  g_assert_nonnull (strstr (error->message, "chmod 600"));
  g_clear_error (&error);
  g_assert_null (gen_tokens_add_to_file (&kind, f->path, "ben", 1, &error));
  g_assert_nonnull (strstr (error->message, "chmod 600"));
}

static void
test_names (void)
{
  static const char *const bad[] = { "", "#anna", "an na", "an\nna", "\xff",
    "0123456789012345678901234567890123456789012345678901234567890123456789" };

  g_assert_true (gen_tokens_check_name (&kind, "anna", NULL));
  g_assert_true (gen_tokens_check_name (&kind, "änna@example.org", NULL));
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_false (gen_tokens_check_name (&kind, bad[i], &error));
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  }
}

static void
test_secrets (void)
{
  g_autofree char *a = gen_secret_make (), *b = gen_secret_make ();
  g_autofree char *hash = gen_secret_hash ("abc");

  g_assert_cmpstr (a, !=, b);
  g_assert_cmpuint (strlen (a), ==, 43);
  g_assert_cmpuint (strspn (a, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "-_"), ==, 43);
  /* FIPS 180-2, appendix B.1. */
  g_assert_cmpstr (hash, ==, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  g_assert_true (gen_secret_equal (a, a));
  g_assert_false (gen_secret_equal (a, b));
  g_assert_false (gen_secret_equal (a, ""));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/serve/tokens/file", Fixture, NULL, set_up, test_file, tear_down);
  g_test_add ("/serve/tokens/no-scopes", Fixture, NULL, set_up, test_no_scopes, tear_down);
  g_test_add ("/serve/tokens/refused", Fixture, NULL, set_up, test_refused, tear_down);
  g_test_add ("/serve/tokens/readable", Fixture, NULL, set_up, test_readable, tear_down);
  g_test_add_func ("/serve/tokens/names", test_names);
  g_test_add_func ("/serve/tokens/secrets", test_secrets);
  return g_test_run ();
}
