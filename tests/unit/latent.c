/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Latents: the walks against numbers that numpy computed from its own Philox, and the
 * promises of latent.h. */
#include <generative/latent.h>
#include <generative/random.h>

#include <math.h>

static double
norm (const float *x, gsize n)
{
  double sum = 0;

  for (gsize i = 0; i < n; i++)
    sum += (double)x[i] * x[i];
  return sqrt (sum);
}

static double
angle (const float *a, const float *b, gsize n)
{
  double sum = 0;

  for (gsize i = 0; i < n; i++)
    sum += (double)a[i] * b[i];
  return acos (sum / norm (a, n) / norm (b, n));
}

static void
test_keyframes (void)
{
  GenLatent latent = GEN_LATENT_DEFAULTS;
  GenRandom random = gen_random_new (9, GEN_STREAM_LATENT, 0);
  float out[300], expected[300];

  latent.seed = 9;
  latent.count = 3;
  gen_latent_fill (&latent, 1234567, 30, 1, out);
  gen_random_normal (&random, 1234567, 0, expected, 300);
  g_assert_cmpmem (out, sizeof out, expected, sizeof expected);

  /* One vector is the first of three. */
  latent.count = 1;
  gen_latent_fill (&latent, 1234567, 30, 1, out);
  g_assert_cmpmem (out, 100 * sizeof (float), expected, 100 * sizeof (float));

  /* A walk stands on keyframe 6 after 90 frames of 1/30 s at two keyframes a second. */
  latent.walk = GEN_WALK_SLERP;
  latent.speed = 2;
  gen_latent_fill (&latent, 90, 30, 1, out);
  gen_random_normal (&random, 6, 0, expected, 100);
  g_assert_cmpmem (out, 100 * sizeof (float), expected, 100 * sizeof (float));
}

static void
test_walks (void)
{
  static const struct {
    GenWalk walk;
    GenDistribution distribution;
    guint64 frame;
    double expected[4];
  } cases[] = {
    { GEN_WALK_SLERP, GEN_DISTRIBUTION_NORMAL, 77,
        { -2.14347362381494, -1.403607816940801, 0.6492437238299088, 0.5669636769807073 } },
    { GEN_WALK_LINEAR, GEN_DISTRIBUTION_NORMAL, 77,
        { -1.6325059176805894, -1.1091634708074571, 0.5128144631829892, 0.41772318116976004 } },
    { GEN_WALK_SLERP, GEN_DISTRIBUTION_SPHERICAL, 77,
        { -2.170666150125502, -1.4214142606813787, 0.6574801569010053, 0.574156289258339 } },
    /* From the third keyframe back to the first. */
    { GEN_WALK_LOOP, GEN_DISTRIBUTION_NORMAL, 170,
        { 0.11185291172170551, -0.6110139988633526, 0.0014813112518278807, -1.4545353395843148 } },
  };

  for (gsize c = 0; c < G_N_ELEMENTS (cases); c++) {
    GenLatent latent = GEN_LATENT_DEFAULTS;
    float out[200];

    latent.seed = 5;
    latent.count = 2;
    latent.speed = 0.5;
    latent.keyframes = 3;
    latent.walk = cases[c].walk;
    latent.distribution = cases[c].distribution;
    gen_latent_fill (&latent, cases[c].frame, 30, 1, out);
    for (int i = 0; i < 4; i++)
      g_assert_cmpfloat_with_epsilon (out[100 + i], cases[c].expected[i], 2e-6);
  }
}

/* Along a slerp the length goes evenly from one keyframe's to the next one's, and so does the
 * angle; with vectors that need more than one piece, too. */
static void
test_slerp_is_even (gconstpointer data)
{
  gsize n = GPOINTER_TO_SIZE (data);
  GenLatent latent = GEN_LATENT_DEFAULTS;
  g_autofree float *from = g_new (float, n), *to = g_new (float, n), *out = g_new (float, n);
  double whole;

  latent.length = n;
  latent.walk = GEN_WALK_SLERP;
  gen_latent_fill (&latent, 0, 30, 1, from);
  gen_latent_fill (&latent, 30, 30, 1, to);
  whole = angle (from, to, n);
  for (int frame = 1; frame < 30; frame++) {
    double t = frame / 30.0;

    gen_latent_fill (&latent, frame, 30, 1, out);
    g_assert_cmpfloat_with_epsilon (
        norm (out, n) / ((1 - t) * norm (from, n) + t * norm (to, n)), 1, 1e-6);
    g_assert_cmpfloat_with_epsilon (angle (from, out, n), t * whole, 1e-5);
  }
}

static void
test_spherical (void)
{
  GenLatent latent = GEN_LATENT_DEFAULTS;
  float out[512];

  latent.length = 512;
  latent.distribution = GEN_DISTRIBUTION_SPHERICAL;
  for (int walk = GEN_WALK_NONE; walk <= GEN_WALK_LOOP; walk++) {
    latent.walk = walk;
    for (int frame = 0; frame < 60; frame++) {
      if (walk == GEN_WALK_LINEAR && frame % 30 != 0)
        continue;
      gen_latent_fill (&latent, frame, 30, 1, out);
      g_assert_cmpfloat_with_epsilon (norm (out, 512), sqrt (512), 1e-5);
    }
  }
}

/* Bounds are never left, walking or not, and the variances are those of the textbook within
 * five standard errors of 200,000 numbers. */
static void
test_bounds (void)
{
  static const struct {
    GenDistribution distribution;
    double truncation, bound, variance;
  } cases[] = {
    { GEN_DISTRIBUTION_UNIFORM, 0, 1, 1.0 / 3 },
    { GEN_DISTRIBUTION_TRUNCATED, 2, 2, 0.7737413035499232 },
    { GEN_DISTRIBUTION_TRUNCATED, 0.05, 0.05, 0.05 * 0.05 / 3 },
  };

  for (gsize c = 0; c < G_N_ELEMENTS (cases); c++) {
    GenLatent latent = GEN_LATENT_DEFAULTS;
    float out[1000];
    double sum = 0;

    latent.length = 500;
    latent.count = 2;
    latent.distribution = cases[c].distribution;
    latent.truncation = cases[c].truncation;
    for (int walk = GEN_WALK_NONE; walk <= GEN_WALK_LOOP; walk++) {
      latent.walk = walk;
      for (int frame = 0; frame < 200; frame++) {
        gen_latent_fill (&latent, frame, 30, 1, out);
        for (int i = 0; i < 1000; i++) {
          g_assert_cmpfloat (fabsf (out[i]), <=, (float)cases[c].bound);
          if (walk == GEN_WALK_NONE)
            sum += (double)out[i] * out[i] / 200000;
        }
      }
    }
    g_assert_cmpfloat_with_epsilon (sum / cases[c].variance, 1, 5 * sqrt (2.0 / 200000));
  }
}

static void
test_loop_closes (void)
{
  GenLatent latent = GEN_LATENT_DEFAULTS;
  float out[100], later[100];

  latent.walk = GEN_WALK_LOOP;
  latent.keyframes = 4;
  latent.speed = 0.5;
  for (guint64 frame = 0; frame < 240; frame++) {
    gen_latent_fill (&latent, frame, 30, 1, out);
    gen_latent_fill (&latent, frame + 240, 30, 1, later);
    g_assert_cmpmem (out, sizeof out, later, sizeof later);
    gen_latent_fill (&latent, frame + 240 * G_GUINT64_CONSTANT (1000000), 30, 1, later);
    g_assert_cmpmem (out, sizeof out, later, sizeof later);
  }
  /* A loop of one keyframe stands still. */
  latent.keyframes = 1;
  gen_latent_fill (&latent, 0, 30, 1, out);
  gen_latent_fill (&latent, 17, 30, 1, later);
  for (int i = 0; i < 100; i++)
    g_assert_cmpfloat_with_epsilon (out[i], later[i], 1e-6);
}

/* Vectors of one number have no direction to turn. */
static void
test_extremes (void)
{
  GenLatent latent = GEN_LATENT_DEFAULTS;
  float out[1];

  latent.length = 1;
  for (int distribution = 0; distribution <= GEN_DISTRIBUTION_SPHERICAL; distribution++) {
    latent.distribution = distribution;
    for (int walk = 0; walk <= GEN_WALK_LOOP; walk++) {
      latent.walk = walk;
      latent.speed = 1000;
      for (guint64 frame = 0; frame < 500; frame++) {
        gen_latent_fill (&latent, frame * G_GUINT64_CONSTANT (36893488147419103), 7, 3, out);
        g_assert_true (isfinite (out[0]));
      }
    }
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/latent/keyframes", test_keyframes);
  g_test_add_func ("/latent/walks", test_walks);
  g_test_add_data_func ("/latent/slerp-is-even/512", GSIZE_TO_POINTER (512), test_slerp_is_even);
  g_test_add_data_func ("/latent/slerp-is-even/5003", GSIZE_TO_POINTER (5003), test_slerp_is_even);
  g_test_add_func ("/latent/spherical", test_spherical);
  g_test_add_func ("/latent/bounds", test_bounds);
  g_test_add_func ("/latent/loop-closes", test_loop_closes);
  g_test_add_func ("/latent/extremes", test_extremes);
  return g_test_run ();
}
