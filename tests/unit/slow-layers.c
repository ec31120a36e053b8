/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which layers stay as they are because bytes are no faster there: chains of layers whose times are
 * made up, with a price for each change from numbers to bytes or back. */
#include <generative/quantize.h>

#include <string.h>

#define MOST_LAYERS 40

typedef struct {
  guint n;
  double before[MOST_LAYERS], after[MOST_LAYERS]; /* of each layer, in numbers and in bytes */
  double change;
  guint asked, fails_at; /* `fails_at` 0: never */
} Chain;

static char *
name_of (guint i)
{
  return g_strdup_printf ("layer-%u", i);
}

static gboolean
is_left (const char *const *left, guint i)
{
  g_autofree char *name = name_of (i);

  return g_strv_contains (left, name);
}

static double
time_of (const Chain *chain, const char *const *left)
{
  gboolean bytes = FALSE;
  double time = 0;

  for (guint i = 0; i < chain->n; i++) {
    const gboolean own = !is_left (left, i);

    time += own ? chain->after[i] : chain->before[i];
    time += own != bytes ? chain->change : 0;
    bytes = own;
  }
  return time + (bytes ? chain->change : 0);
}

static gboolean
find_share (const char *const *left, double *share, gpointer data, GError **error)
{
  Chain *chain = data;
  double before = 0;

  if (++chain->asked == chain->fails_at) {
    g_set_error (error, GEN_QUANTIZE_ERROR, GEN_QUANTIZE_ERROR_RUNS, "no time");
    return FALSE;
  }
  for (guint i = 0; i < chain->n; i++)
    before += chain->before[i];
  *share = time_of (chain, left) / before;
  return TRUE;
}

static GStrv
find (Chain *chain, GError **error)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < chain->n; i++)
    g_ptr_array_add (names, name_of (i));
  return gen_quantize_find_slow (names, find_share, chain, error);
}

/* Where all together are faster, nothing more is asked, whatever each is by itself. */
static void
test_none (void)
{
  Chain chain = { .n = 3, .before = { 4, 4, 4 }, .after = { 1, 1, 1 }, .change = 2 };
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) slow = find (&chain, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (g_strv_length (slow), ==, 0);
  g_assert_cmpuint (chain.asked, ==, 1);
}

static void
test_some (void)
{
  Chain chain = { .n = 4, .before = { 1, 9, 9, 1 }, .after = { 9, 2, 2, 8 }, .change = 0.5 };
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) slow = find (&chain, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (g_strv_length (slow), ==, 2);
  g_assert_true (is_left ((const char *const *)slow, 0));
  g_assert_true (is_left ((const char *const *)slow, 3));
}

/* Neither of two neighbours gains without the other. */
static void
test_neighbours (void)
{
  Chain chain = { .n = 3, .before = { 1, 5, 5 }, .after = { 20, 2, 2 }, .change = 2 };
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) slow = find (&chain, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (g_strv_length (slow), ==, 1);
  g_assert_cmpstr (slow[0], ==, "layer-0");
}

/* As many choices are tried as there are patience for, and the fastest of them is faster. */
static void
test_many (void)
{
  Chain chain = { .n = MOST_LAYERS };
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) slow = NULL;
  double share;

  for (guint i = 0; i < MOST_LAYERS; i++) {
    chain.before[i] = i % 2 == 0 ? 4 : 1;
    chain.after[i] = i % 2 == 0 ? 1 : 5;
  }
  slow = find (&chain, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (chain.asked, <, 2 * MOST_LAYERS);
  g_assert_true (find_share ((const char *const *)slow, &share, &chain, &error));
  g_assert_cmpfloat (share, <, 0.5);
}

static void
test_refused (void)
{
  Chain chain = { .n = 3, .before = { 1, 1, 1 }, .after = { 1, 2, 1 }, .change = 1 };
  g_autoptr (GError) error = NULL;

  g_assert_null (find (&chain, &error));
  g_assert_error (error, GEN_QUANTIZE_ERROR, GEN_QUANTIZE_ERROR_MODEL);
  g_assert_nonnull (strstr (error->message, "0.50 times as fast"));
}

static void
test_fails (void)
{
  for (guint at = 1; at < 7; at++) {
    Chain chain = { .n = 3, .before = { 1, 1, 1 }, .after = { 1, 2, 1 }, .fails_at = at };
    g_autoptr (GError) error = NULL;

    g_assert_null (find (&chain, &error));
    g_assert_error (error, GEN_QUANTIZE_ERROR, GEN_QUANTIZE_ERROR_RUNS);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/slow-layers/none", test_none);
  g_test_add_func ("/slow-layers/some", test_some);
  g_test_add_func ("/slow-layers/neighbours", test_neighbours);
  g_test_add_func ("/slow-layers/many", test_many);
  g_test_add_func ("/slow-layers/refused", test_refused);
  g_test_add_func ("/slow-layers/fails", test_fails);
  return g_test_run ();
}
