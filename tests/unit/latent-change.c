/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keyframes and directions from files, and what is done to latents, against numpy and the promises
 * of keyframes.h and latent-change.h. */
#include <generative/latent-change.h>
#include <generative/npz.h>
#include <generative/random.h>

#include <math.h>
#include <string.h>

#include "../scratch.h"

static char *
save_text (const char *folder, const char *name, const char *text)
{
  char *path = g_build_filename (folder, name, NULL);
  g_autoptr (GError) error = NULL;

  g_file_set_contents (path, text, -1, &error);
  g_assert_no_error (error);
  return path;
}

static char *
save_array (
    const char *folder, const char *name, GenDataType type, GenShape shape, const void *data)
{
  char *path = g_build_filename (folder, name, NULL);
  g_autoptr (GError) error = NULL;

  gen_npy_save (path, type, &shape, data, &error);
  g_assert_no_error (error);
  return path;
}

static double
norm (const float *x, gsize n)
{
  double sum = 0;

  for (gsize i = 0; i < n; i++)
    sum += (double)x[i] * x[i];
  return sqrt (sum);
}

static void
assert_near (const float *x, const double *expected, gsize n)
{
  for (gsize i = 0; i < n; i++)
    g_assert_cmpfloat_with_epsilon (x[i], expected[i], 1e-6);
}

/* What a path makes of its times. Between keyframes as numpy computes it: the great circle from one
 * direction to the other by sines, times the length between the two. */
static void
test_path (void)
{
  static const char text[] = "{\"time\": 1, \"latent\": [3, 0, 4]}\n"
                             "\n"
                             "{\"latent\": [0, 5.0, 12e0], \"time\": 3.0}\r\n"
                             "{\"time\": 4, \"seed\": 7, \"frame\": 31}\n"
                             "{\"time\": 6, \"frame\": 2}";
  static const struct {
    double time;
    GenWalk walk;
    double expected[3];
  } cases[] = {
    { 0, GEN_WALK_SLERP, { 3, 0, 4 } },
    { 1, GEN_WALK_SLERP, { 3, 0, 4 } },
    { 1.5, GEN_WALK_SLERP, { 3.28222479, 0.73446654, 6.13901941 } },
    { 2, GEN_WALK_SLERP, { 2.8959844, 1.85640026, 8.31667316 } },
    { 1.5, GEN_WALK_LINEAR, { 2.25, 1.25, 6 } },
    { 2.5, GEN_WALK_NONE, { 3, 0, 4 } },
    { 3, GEN_WALK_NONE, { 0, 5, 12 } },
    { 0.5, GEN_WALK_LOOP, { 3, 0, 4 } },
    /* From 6 s the loop takes 2 s back to the first. */
    { 8, GEN_WALK_LOOP, { 3, 0, 4 } },
    { 8.5, GEN_WALK_LOOP, { 3.28222479, 0.73446654, 6.13901941 } },
    { 17, GEN_WALK_LOOP, { 0, 5, 12 } },
  };
  g_autofree char *folder = scratch_new (), *path = save_text (folder, "walk.jsonl", text);
  g_autoptr (GError) error = NULL;
  g_autoptr (GenKeyframes) keyframes = gen_keyframes_load (path, &error);
  GenLatent latent = GEN_LATENT_DEFAULTS, own = GEN_LATENT_DEFAULTS;
  float out[6], drawn[6];

  g_assert_no_error (error);
  g_assert_cmpuint (gen_keyframes_count (keyframes), ==, 4);
  g_assert_true (gen_keyframes_fit (keyframes, 3, 1, NULL));
  g_assert_true (gen_keyframes_fit (keyframes, 3, 2, NULL));
  latent.length = own.length = 3;
  latent.path = keyframes;
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    latent.walk = cases[i].walk;
    gen_latent_fill (&latent, (guint64)(cases[i].time * 30), 30, 1, out);
    assert_near (out, cases[i].expected, 3);
    /* The same at another speed, or further by an advance. */
    latent.speed = 0.5;
    gen_latent_fill (&latent, (guint64)(cases[i].time * 60), 30, 1, out);
    assert_near (out, cases[i].expected, 3);
    latent.speed = 0;
    latent.advance = cases[i].time;
    gen_latent_fill (&latent, 12345, 30, 1, out);
    assert_near (out, cases[i].expected, 3);
    latent.speed = 1;
    latent.advance = 0;
  }

  /* Draws: of the seed that is named, and of the walk's own; both vectors of a frame. */
  latent.walk = GEN_WALK_SLERP;
  latent.count = own.count = 2;
  latent.seed = 99;
  own.seed = 7;
  gen_latent_fill (&latent, 4 * 30, 30, 1, out);
  gen_latent_fill (&own, 31, 30, 1, drawn);
  g_assert_cmpmem (out, sizeof out, drawn, sizeof drawn);
  own.seed = 99;
  gen_latent_fill (&own, 2, 30, 1, drawn);
  for (guint64 second = 6; second < 9; second++) {
    gen_latent_fill (&latent, second * 30, 30, 1, out);
    g_assert_cmpmem (out, sizeof out, drawn, sizeof drawn);
  }
  /* A vector stands for each of a frame. */
  gen_latent_fill (&latent, 30, 30, 1, out);
  g_assert_cmpmem (out, 3 * sizeof (float), out + 3, 3 * sizeof (float));
  scratch_remove (folder);
}

/* numpy's files: each type, a vector or all vectors for a keyframe; keyframe k at k seconds. */
static void
test_arrays (void)
{
  static const float singles[12] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 };
  static const double doubles[6] = { 1, 2, 3, 4, 5, 6 };
  static const guint16 halves[6] = { 0x3c00, 0x4000, 0x4200, 0x4400, 0x4500, 0x4600 };
  g_autofree char *folder = scratch_new ();
  g_autofree char *paths[] = {
    save_array (folder, "a.npy", GEN_TYPE_FLOAT64, GEN_SHAPE (2, 3), doubles),
    save_array (folder, "b", GEN_TYPE_FLOAT16, GEN_SHAPE (2, 3), halves),
  };
  g_autofree char *all =
      save_array (folder, "c.npy", GEN_TYPE_FLOAT32, GEN_SHAPE (2, 2, 3), singles);
  g_autoptr (GenKeyframes) keyframes = gen_keyframes_load (all, NULL);
  g_autoptr (GError) error = NULL;
  GenLatent latent = GEN_LATENT_DEFAULTS;
  float out[6];

  latent.length = 3;
  for (gsize i = 0; i < G_N_ELEMENTS (paths); i++) {
    g_autoptr (GenKeyframes) vectors = gen_keyframes_load (paths[i], &error);

    g_assert_no_error (error);
    latent.path = vectors;
    gen_latent_fill (&latent, 25, 25, 1, out);
    assert_near (out, doubles + 3, 3);
    g_free (g_steal_pointer (&paths[i]));
  }
  latent.count = 2;
  latent.path = keyframes;
  g_assert_true (gen_keyframes_fit (keyframes, 3, 2, NULL));
  g_assert_true (gen_keyframes_fit (keyframes, 6, 1, NULL));
  gen_latent_fill (&latent, 25, 25, 1, out);
  g_assert_cmpmem (out, sizeof out, singles + 6, sizeof out);
  g_assert_false (gen_keyframes_fit (keyframes, 4, 2, &error));
  g_assert_error (error, GEN_KEYFRAMES_ERROR, GEN_KEYFRAMES_ERROR_SHAPE);
  g_assert_nonnull (strstr (error->message, "c.npy: shape [2, 2, 3]: a keyframe has 6 numbers"));
  scratch_remove (folder);
}

/* Each error names the file and its line. */
static void
test_bad_lines (void)
{
  static const struct {
    const char *text, *words;
  } cases[] = {
    { "", "there are no keyframes" },
    { "\n\n", "there are no keyframes" },
    { "{\"time\": 0, \"seed\": 1}\nseed 7\n", "line 2: a keyframe should stand there" },
    { "[0, 1]\n", "line 1: a keyframe should stand there" },
    { "{\"time\": 0, \"latent\": [[1]]}", "line 1: a keyframe should stand there" },
    { "\n{\"seed\": 1}", "line 2: there is no \"time\"" },
    { "{\"time\": 0}", "line 1: there is neither" },
    { "{\"time\": -1, \"seed\": 1}", "\"time\" should be a number of seconds, from 0 on" },
    { "{\"time\": 1e999, \"seed\": 1}", "line 1: " },
    { "{\"time\": \"0\", \"seed\": 1}", "\"time\" should be" },
    { "{\"time\": 0, \"seed\": 1.5}", "\"seed\" should be a whole number" },
    { "{\"time\": 0, \"seed\": -1}", "\"seed\" should be a whole number" },
    { "{\"time\": 0, \"seed\": 18446744073709551615}", "from 0 to 2^63 - 1" },
    { "{\"time\": 0, \"frame\": null}", "\"frame\" should be a whole number" },
    { "{\"time\": 0, \"latent\": []}", "\"latent\" should be an array of numbers" },
    { "{\"time\": 0, \"latent\": [1, \"2\"]}", "\"latent\" should be an array of numbers" },
    { "{\"time\": 0, \"latent\": [1], \"seed\": 2}", "goes without" },
    { "{\"time\": 0, \"sead\": 1}", "\"sead\" should be \"time\", \"seed\"" },
    { "{\"time\": 1, \"seed\": 1}\n{\"time\": 1, \"seed\": 2}", "line 2: its time is not behind" },
  };
  g_autofree char *folder = scratch_new ();

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *path = save_text (folder, "bad.jsonl", cases[i].text);
    g_autoptr (GError) error = NULL;

    g_assert_null (gen_keyframes_load (path, &error));
    g_assert_error (error, GEN_KEYFRAMES_ERROR, GEN_KEYFRAMES_ERROR_INVALID);
    g_assert_true (g_str_has_prefix (error->message, path));
    if (strstr (error->message, cases[i].words) == NULL)
      g_error ("\"%s\" lacks \"%s\"", error->message, cases[i].words);
  }
  scratch_remove (folder);
}

/* Arrays of other shapes and types, for keyframes and for directions. */
static void
test_bad_arrays (void)
{
  static const float numbers[16] = { 1, 2, 3, 4, 5, NAN };
  static const gint32 integers[4] = { 1, 2, 3, 4 };
  g_autofree char *folder = scratch_new ();
  g_autofree char *flat = save_array (folder, "flat.npy", GEN_TYPE_FLOAT32, GEN_SHAPE (4), numbers);
  g_autofree char *deep =
      save_array (folder, "deep.npy", GEN_TYPE_FLOAT32, GEN_SHAPE (1, 2, 1, 2), numbers);
  g_autofree char *empty =
      save_array (folder, "empty.npy", GEN_TYPE_FLOAT32, GEN_SHAPE (0, 4), numbers);
  g_autofree char *nan =
      save_array (folder, "nan.npy", GEN_TYPE_FLOAT32, GEN_SHAPE (2, 3), numbers);
  g_autofree char *whole =
      save_array (folder, "whole.npy", GEN_TYPE_INT32, GEN_SHAPE (2, 2), integers);
  g_autofree char *none = save_text (folder, "none.npy", "nothing");
  const struct {
    const char *path, *words;
    gboolean of_both;
  } cases[] = {
    { flat, "flat.npy: its shape is [4], but should be [keyframes, numbers]", FALSE },
    { empty, "empty.npy: an array of the shape [0, 4] holds no vectors", TRUE },
    { nan, "nan.npy, [2, 3]: element 5 is not finite", TRUE },
    { whole, "whole.npy: its elements are int32", TRUE },
    { none, "none.npy", TRUE },
    { "/nonexistent/x.npy", "/nonexistent/x.npy", TRUE },
  };
  g_autoptr (GError) deep_error = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) of_keyframes = NULL, of_directions = NULL;

    g_assert_null (gen_keyframes_load (cases[i].path, &of_keyframes));
    if (strstr (of_keyframes->message, cases[i].words) == NULL)
      g_error ("\"%s\" lacks \"%s\"", of_keyframes->message, cases[i].words);
    if (!cases[i].of_both)
      continue;
    g_assert_null (gen_directions_load (cases[i].path, &of_directions));
    if (strstr (of_directions->message, cases[i].words) == NULL)
      g_error ("\"%s\" lacks \"%s\"", of_directions->message, cases[i].words);
  }
  g_assert_null (gen_directions_load (deep, &deep_error));
  g_assert_error (deep_error, GEN_DIRECTIONS_ERROR, GEN_DIRECTIONS_ERROR_INVALID);
  scratch_remove (folder);
}

static void
test_push (void)
{
  static const float file[12] = { 1, 0, 0, 0, 2, 0, 0, 0, 4, 8, 0, 0 };
  g_autofree char *folder = scratch_new ();
  g_autofree char *one = save_array (folder, "one.npy", GEN_TYPE_FLOAT32, GEN_SHAPE (3), file);
  g_autofree char *two = save_array (folder, "two.npy", GEN_TYPE_FLOAT32, GEN_SHAPE (2, 3), file);
  g_autofree char *rows =
      save_array (folder, "rows.npy", GEN_TYPE_FLOAT32, GEN_SHAPE (2, 2, 3), file);
  g_autoptr (GenDirections) single = gen_directions_load (one, NULL);
  g_autoptr (GenDirections) pair = gen_directions_load (two, NULL);
  g_autoptr (GenDirections) layers = gen_directions_load (rows, NULL);
  g_autoptr (GError) error = NULL;
  const double amounts[] = { 0.5, -2 };
  GenLatent latent = GEN_LATENT_DEFAULTS;
  float out[6] = { 1, 1, 1, 2, 2, 2 };

  latent.length = 3;
  latent.count = 2;
  g_assert_cmpuint (gen_directions_count (single), ==, 1);
  g_assert_cmpuint (gen_directions_count (layers), ==, 2);
  gen_latent_push (&latent, single, amounts, 2, out);
  assert_near (out, (const double[]){ 1.5, 1, 1, 2.5, 2, 2 }, 6);
  gen_latent_push (&latent, pair, amounts, 2, out);
  assert_near (out, (const double[]){ 2, -3, 1, 3, -2, 2 }, 6);
  gen_latent_push (&latent, layers, amounts, 2, out);
  assert_near (out, (const double[]){ 2.5, -3, -7, -13, -1, 2 }, 6);

  g_assert_true (gen_directions_fit (single, 3, 7, NULL));
  g_assert_false (gen_directions_fit (layers, 3, 7, &error));
  g_assert_error (error, GEN_DIRECTIONS_ERROR, GEN_DIRECTIONS_ERROR_SHAPE);
  g_assert_nonnull (
      strstr (error->message, "rows.npy: its shape is [2, 2, 3], but a frame has 7 vectors of 3"));
  scratch_remove (folder);
}

/* An archive has them by their names, in one file that numpy reads. */
static void
test_names (void)
{
  static const float numbers[12] = { 1, 0, 0, 0, 2, 0, 0, 0, 4, 8, 0, 0 };
  static const char *const names[] = { "smile", "age" };
  g_autofree char *folder = scratch_new (), *path = g_build_filename (folder, "d.npz", NULL);
  g_autoptr (GenDirections) made = gen_directions_new (names, 2, 2, 3, numbers);
  g_autoptr (GenDirections) read = NULL;
  g_autoptr (GError) error = NULL;
  const double amounts[] = { 0, 3 };
  GenLatent latent = GEN_LATENT_DEFAULTS;
  float out[6] = { 0 };
  gsize vectors, length;

  g_assert_true (gen_directions_save (made, path, &error));
  read = gen_directions_load (path, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (gen_directions_count (read), ==, 2);
  for (guint i = 0; i < 2; i++) {
    g_autofree char *name = gen_directions_name (read, i);

    g_assert_cmpstr (name, ==, names[i]);
    g_assert_cmpint (gen_directions_find (read, names[i], &error), ==, i);
    g_assert_cmpmem (gen_directions_numbers (read, i, &vectors, &length), sizeof out,
        numbers + 6 * i, sizeof out);
  }
  g_assert_cmpint (gen_directions_find (read, "sm", &error), ==, -1);
  g_assert_error (error, GEN_DIRECTIONS_ERROR, GEN_DIRECTIONS_ERROR_NOT_FOUND);
  g_assert_nonnull (strstr (error->message, "there are smile, age"));
  latent.length = 3;
  latent.count = 2;
  gen_latent_push (&latent, read, amounts, 2, out);
  assert_near (out, (const double[]){ 0, 0, 12, 24, 0, 0 }, 6);
  scratch_remove (folder);
}

static void
assert_archive_refused (const char *path, const char *words)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (gen_directions_load (path, &error));
  g_assert_nonnull (error);
  if (strstr (error->message, words) == NULL)
    g_error ("\"%s\" lacks \"%s\"", error->message, words);
}

/* Archives of arrays that are no directions, that differ, and that end too soon. */
static void
test_archives (void)
{
  static const float numbers[] = { 1, 2, 3, 4 };
  static const float odd[] = { 1, NAN };
  static const gint64 whole[] = { 1, 2 };
  const GenNpzArray differ[] = { { "a", GEN_TYPE_FLOAT32, GEN_SHAPE (2), numbers },
    { "b", GEN_TYPE_FLOAT32, GEN_SHAPE (3), numbers } };
  const GenNpzArray deep = { "a", GEN_TYPE_FLOAT32, GEN_SHAPE (1, 2, 2), numbers };
  const GenNpzArray not_finite = { "a", GEN_TYPE_FLOAT32, GEN_SHAPE (2), odd };
  const GenNpzArray integers = { "a", GEN_TYPE_INT64, GEN_SHAPE (2), whole };
  const GenNpzArray none = { "a", GEN_TYPE_FLOAT32, GEN_SHAPE (0), numbers };
  g_autofree char *folder = scratch_new (), *path = g_build_filename (folder, "d.npz", NULL);
  g_autofree char *content = NULL;
  gsize size;

  g_assert_true (gen_npz_save (path, differ, 2, NULL));
  assert_archive_refused (path, "d.npz: array \"b\" has the shape [3]");
  g_assert_true (gen_npz_save (path, &deep, 1, NULL));
  assert_archive_refused (path, "has the shape [1, 2, 2]");
  g_assert_true (gen_npz_save (path, &not_finite, 1, NULL));
  assert_archive_refused (path, "element 1 is not finite");
  g_assert_true (gen_npz_save (path, &integers, 1, NULL));
  assert_archive_refused (path, "its elements are int64");
  g_assert_true (gen_npz_save (path, &none, 1, NULL));
  assert_archive_refused (path, "holds no vectors");
  g_assert_true (gen_npz_save (path, NULL, 0, NULL));
  assert_archive_refused (path, "d.npz");
  g_assert_true (gen_npz_save (path, differ, 1, NULL));
  g_assert_true (g_file_get_contents (path, &content, &size, NULL));
  for (gsize n = 0; n < size; n += 7) {
    g_assert_true (g_file_set_contents (path, content, (gssize)n, NULL));
    assert_archive_refused (path, "d.npz");
  }
  scratch_remove (folder);
}

/* Drawn directions: of a length, of the seed, each another; turning keeps what a distribution
 * promises. */
static void
test_turn (void)
{
  g_autoptr (GenDirections) directions = gen_directions_draw (5, 3, 64);
  g_autoptr (GenDirections) fewer = gen_directions_draw (5, 1, 64);
  const double amounts[] = { 1, -0.5, 2 }, first[] = { 1, 0, 0 };
  GenLatent latent = GEN_LATENT_DEFAULTS;
  float zero[64] = { 0 }, again[64] = { 0 }, before[128], after[128];

  latent.length = 64;
  gen_latent_push (&latent, directions, first, 3, zero);
  gen_latent_push (&latent, fewer, first, 1, again);
  g_assert_cmpmem (zero, sizeof zero, again, sizeof again);
  g_assert_cmpfloat_with_epsilon (norm (zero, 64), 8, 1e-5);
  gen_latent_push (&latent, directions, (const double[]){ 0, 1 }, 2, again);
  g_assert_cmpfloat (norm (again, 64), <, 15);

  latent.count = 2;
  for (int d = 0; d < 4; d++) {
    latent.distribution = (GenDistribution)d;
    gen_latent_fill (&latent, 3, 30, 1, before);
    memcpy (after, before, sizeof after);
    gen_latent_turn (&latent, directions, amounts, 3, after);
    for (gsize v = 0; v < 2; v++) {
      const double length = norm (before + v * 64, 64);

      if (d == GEN_DISTRIBUTION_NORMAL || d == GEN_DISTRIBUTION_SPHERICAL)
        g_assert_cmpfloat_with_epsilon (norm (after + v * 64, 64), length, 1e-5);
      for (gsize i = 0; i < 64; i++)
        if (d == GEN_DISTRIBUTION_UNIFORM || d == GEN_DISTRIBUTION_TRUNCATED)
          g_assert_cmpfloat (fabsf (after[v * 64 + i]), <=, d == GEN_DISTRIBUTION_UNIFORM ? 1 : 2);
    }
    g_assert_cmpint (memcmp (before, after, sizeof after), !=, 0);
  }
}

/* Whole vectors where there are several, numbers of one; all the way is the other bit for bit. */
static void
test_mix (void)
{
  GenLatent latent = GEN_LATENT_DEFAULTS;
  float mine[40], others[40], out[40];

  latent.length = 10;
  latent.count = 4;
  gen_latent_fill (&latent, 0, 30, 1, mine);
  gen_latent_fill (&latent, 1, 30, 1, others);
  memcpy (out, mine, sizeof out);
  gen_latent_mix (&latent, others, 0, 0, G_MAXSIZE, out);
  g_assert_cmpmem (out, sizeof out, mine, sizeof mine);
  gen_latent_mix (&latent, others, 1, 1, 2, out);
  g_assert_cmpmem (out, 40, mine, 40);
  g_assert_cmpmem (out + 10, 80, others + 10, 80);
  g_assert_cmpmem (out + 30, 40, mine + 30, 40);
  gen_latent_mix (&latent, others, 1, 4, G_MAXSIZE, out);
  g_assert_cmpmem (out + 30, 40, mine + 30, 40);

  latent.length = 40;
  latent.count = 1;
  memcpy (out, mine, sizeof out);
  gen_latent_mix (&latent, others, 1, 30, G_MAXSIZE, out);
  g_assert_cmpmem (out, 120, mine, 120);
  g_assert_cmpmem (out + 30, 40, others + 30, 40);
  gen_latent_mix (&latent, others, 1, 40, 50, out);
  gen_latent_mix (&latent, others, 1, 5, 4, out);
  g_assert_cmpmem (out, 120, mine, 120);

  /* Part of the way, on the circle of test_path. */
  latent.length = 3;
  memcpy (out, (const float[]){ 3, 0, 4 }, 12);
  gen_latent_mix (&latent, (const float[]){ 0, 5, 12 }, 0.25, 0, 2, out);
  assert_near (out, (const double[]){ 3.28222479, 0.73446654, 6.13901941 }, 3);
  gen_latent_scale (&latent, 2, out);
  assert_near (out, (const double[]){ 6.56444958, 1.46893308, 12.27803882 }, 3);
}

/* All vectors the first one; an advance is as good as time. */
static void
test_repeat_and_advance (void)
{
  GenLatent latent = GEN_LATENT_DEFAULTS;
  float one[100], out[300], later[300];

  latent.walk = GEN_WALK_SLERP;
  gen_latent_fill (&latent, 40, 30, 1, one);
  latent.count = 3;
  latent.repeat = TRUE;
  gen_latent_fill (&latent, 40, 30, 1, out);
  for (gsize v = 0; v < 3; v++)
    g_assert_cmpmem (out + v * 100, sizeof one, one, sizeof one);
  for (gsize v = 0; v < 3; v++)
    g_assert_cmpuint (gen_latent_class (&latent, 40, 30, 1, v, 1000), ==,
        gen_latent_class (&latent, 40, 30, 1, 0, 1000));

  gen_latent_fill (&latent, 100, 32, 1, later);
  latent.advance = 2.5;
  gen_latent_fill (&latent, 20, 32, 1, out);
  g_assert_cmpmem (out, sizeof out, later, sizeof later);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/latent-change/path", test_path);
  g_test_add_func ("/latent-change/arrays", test_arrays);
  g_test_add_func ("/latent-change/bad-lines", test_bad_lines);
  g_test_add_func ("/latent-change/bad-arrays", test_bad_arrays);
  g_test_add_func ("/latent-change/push", test_push);
  g_test_add_func ("/latent-change/names", test_names);
  g_test_add_func ("/latent-change/archives", test_archives);
  g_test_add_func ("/latent-change/turn", test_turn);
  g_test_add_func ("/latent-change/mix", test_mix);
  g_test_add_func ("/latent-change/repeat-and-advance", test_repeat_and_advance);
  return g_test_run ();
}
