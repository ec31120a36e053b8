/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which results of which requests go into a run, and how many. */
#include "../../tools/serve/generate-share.h"
#include "../../tools/serve/generate-turns.h"
#include "serving.h"

/* --- sizes --- */

/* Of 1, 2, 4 and 8 that take so long each. */
static void
make_sizes (ServeSizes *sizes, const double times[4])
{
  serve_sizes_init (sizes);
  for (guint i = 1; i < 4; i++)
    serve_sizes_add (sizes, 1u << i);
  for (guint i = 0; i < 4; i++)
    gen_run_times_note (&sizes->times, 1u << i, times[i]);
}

/* Where a run of eight takes hardly longer than one of one, places are left empty. */
static void
test_dense (void)
{
  static const double times[] = { 100, 105, 110, 120 };
  static const guint chosen[] = { 1, 2, 4, 4, 8, 8, 8, 8, 8 };
  ServeSizes sizes;

  make_sizes (&sizes, times);
  g_assert_cmpuint (serve_sizes_largest (&sizes), ==, 8);
  for (guint n = 1; n <= G_N_ELEMENTS (chosen); n++)
    g_assert_cmpuint (sizes.results[serve_sizes_choose (&sizes, n)], ==, chosen[n - 1]);
}

/* Where it takes eight times as long, none is. */
static void
test_convolutional (void)
{
  static const double times[] = { 1000, 1900, 3700, 7200 };
  static const guint chosen[] = { 1, 2, 2, 4, 4, 4, 4, 8, 8 };
  ServeSizes sizes;

  make_sizes (&sizes, times);
  for (guint n = 1; n <= G_N_ELEMENTS (chosen); n++)
    g_assert_cmpuint (sizes.results[serve_sizes_choose (&sizes, n)], ==, chosen[n - 1]);
}

static void
test_alone (void)
{
  ServeSizes sizes;

  serve_sizes_init (&sizes);
  g_assert_cmpuint (serve_sizes_largest (&sizes), ==, 1);
  g_assert_cmpuint (serve_sizes_choose (&sizes, 5), ==, 0);
}

/* Nobody knows how long runs take before one was made. */
static void
test_within (void)
{
  static const double times[] = { 100, 105, 110, 120 };
  ServeSizes sizes;

  serve_sizes_init (&sizes);
  g_assert_false (serve_sizes_are_within (&sizes, 1000));
  make_sizes (&sizes, times);
  g_assert_true (serve_sizes_are_within (&sizes, 120));
  g_assert_false (serve_sizes_are_within (&sizes, 119));
}

static guint
try_model (const char *folder, const char *name, guint most)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  const ServePlayerSettings settings = { .model = path };
  ServeSizes sizes;

  serve_share_try (&settings, most, &sizes);
  return serve_sizes_largest (&sizes);
}

/* Results share runs where none comes out differently. */
static void
test_try (void)
{
  Serving s = { 0 };

  serving_open (&s);
  serving_save_noisy (s.folder);
  g_assert_cmpuint (try_model (s.folder, "classes.onnx", 8), ==, 8);
  g_assert_cmpuint (try_model (s.folder, "classes.onnx", 5), ==, 5);
  g_assert_cmpuint (try_model (s.folder, "classes.onnx", 1), ==, 1);
  g_assert_cmpuint (try_model (s.folder, "noisy.onnx", 8), ==, 1);
  g_assert_cmpuint (try_model (s.folder, "dimmer.onnx", 8), ==, 1);
  g_assert_cmpuint (try_model (s.folder, "none.onnx", 8), ==, 1);
  serving_close (&s);
}

/* --- turns --- */

typedef struct {
  GenServeFacts *facts;
  ServeSigning *signing;
  GQueue works;
} Waiting;

static void
waiting_init (Waiting *waiting)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ServeConfiguration) configuration =
      serve_configuration_parse ("", 0, "studio.toml", &error);

  g_assert_no_error (error);
  *waiting = (Waiting){ .facts = gen_serve_facts_new ("net"),
    .signing = serve_signing_new (configuration, &error) };
  g_assert_no_error (error);
  waiting->facts->formats = serve_encoder_formats (&gen_medium_picture);
}

static void
waiting_clear (Waiting *waiting)
{
  g_queue_clear_full (&waiting->works, (GDestroyNotify)serve_work_unref);
  serve_signing_unref (waiting->signing);
  gen_serve_facts_unref (waiting->facts);
}

static void
on_ready (ServeWork *work, gpointer data)
{
}

/* Somebody wants `count`. */
static ServeWork *
add (Waiting *waiting, const ServeEncoder *encoder, guint count)
{
  GenServeRequest *request = g_new0 (GenServeRequest, 1);
  ServeWork *work;

  request->facts = gen_serve_facts_ref (waiting->facts);
  request->parameters = g_hash_table_new (g_str_hash, g_str_equal);
  request->format = &encoder->format;
  request->count = count;
  work = serve_work_new (request, "net.onnx", NULL, waiting->signing, on_ready, NULL);
  g_queue_push_tail (&waiting->works, work);
  return work;
}

/* The next run of up to `most` has these, and that many of each. */
static void
expect (Waiting *waiting, guint most, ServeWork *const *works, const guint *numbers, guint n)
{
  ServeResult results[GEN_BATCH_MAX];

  g_assert_cmpuint (serve_turns_take (&waiting->works, most, results), ==, n);
  for (guint i = 0; i < n; i++) {
    g_assert_true (results[i].work == works[i]);
    g_assert_cmpuint (results[i].number, ==, numbers[i]);
    serve_work_unref (results[i].work);
  }
}

/* A large request does not hold up small ones. */
static void
test_fair (void)
{
  Waiting waiting;
  ServeWork *a, *b, *c;

  waiting_init (&waiting);
  a = add (&waiting, &serve_encoder_png, 9);
  b = add (&waiting, &serve_encoder_png, 1);
  c = add (&waiting, &serve_encoder_png, 2);
  expect (&waiting, 8, (ServeWork *[]){ a, b, c, a, c, a, a, a },
      (guint[]){ 0, 0, 0, 1, 1, 2, 3, 4 }, 8);
  b = add (&waiting, &serve_encoder_png, 1);
  expect (&waiting, 4, (ServeWork *[]){ a, b, a, a }, (guint[]){ 5, 0, 6, 7 }, 4);
  expect (&waiting, 4, (ServeWork *[]){ a }, (guint[]){ 8 }, 1);
  expect (&waiting, 4, NULL, NULL, 0);
  g_assert_cmpuint (waiting.works.length, ==, 0);
  waiting_clear (&waiting);
}

/* Whoever does not agree with the first is the next one. */
static void
test_kinds (void)
{
  Waiting waiting;
  ServeWork *a, *b, *c;

  waiting_init (&waiting);
  a = add (&waiting, &serve_encoder_png, 2);
  b = add (&waiting, &serve_encoder_npy, 2);
  c = add (&waiting, &serve_encoder_jpeg, 1);
  expect (&waiting, 2, (ServeWork *[]){ a, c }, (guint[]){ 0, 0 }, 2);
  expect (&waiting, 4, (ServeWork *[]){ b, b }, (guint[]){ 0, 1 }, 2);
  expect (&waiting, 4, (ServeWork *[]){ a }, (guint[]){ 1 }, 1);
  waiting_clear (&waiting);
}

/* Of what nobody wants any more nothing is made. */
static void
test_cancelled (void)
{
  Waiting waiting;
  ServeWork *a, *b;

  waiting_init (&waiting);
  a = add (&waiting, &serve_encoder_png, 3);
  b = add (&waiting, &serve_encoder_png, 1);
  serve_work_cancel (a);
  expect (&waiting, 8, (ServeWork *[]){ b }, (guint[]){ 0 }, 1);
  g_assert_cmpuint (waiting.works.length, ==, 0);
  waiting_clear (&waiting);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/serve-runs/dense", test_dense);
  g_test_add_func ("/serve-runs/convolutional", test_convolutional);
  g_test_add_func ("/serve-runs/alone", test_alone);
  g_test_add_func ("/serve-runs/within", test_within);
  g_test_add_func ("/serve-runs/try", test_try);
  g_test_add_func ("/serve-runs/fair", test_fair);
  g_test_add_func ("/serve-runs/kinds", test_kinds);
  g_test_add_func ("/serve-runs/cancelled", test_cancelled);
  return g_test_run ();
}
