/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Figures over the last seconds: what a meter would say that had seen no more; and figures as
 * they are drawn. */
#include <generative/metric.h>
#include <generative/panel.h>
#include <generative/recent.h>

#include <math.h>
#include <string.h>

#define MS G_GUINT64_CONSTANT (1000000)
#define EXTENT 24

static guint
field_of (const GenMeter *meter, const char *name)
{
  guint n;
  const GenField *fields = gen_meter_fields (meter, &n);

  for (guint i = 0; i < n; i++)
    if (g_str_equal (fields[i].name, name))
      return i;
  g_error ("there is no %s", name);
}

/* Picture `i` of a kind: noise about a level. */
static void
draw (GenPicture *picture, guint seed, guint i, guint base)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (seed * 1000 + i);

  for (int k = 0; k < picture->stride * picture->height; k++)
    picture->data[k] = (guint8)(base + g_rand_int_range (random, 0, 100));
}

static GenMeter *
new_meter (const char *metrics, double recent, gboolean refers)
{
  const GenMeterSettings settings = {
    .metrics = metrics, .interval = 5, .recent = recent, .has_reference = refers
  };
  g_autoptr (GError) error = NULL;
  GenMeter *meter = gen_meter_new (&settings, &error);

  g_assert_no_error (error);
  return meter;
}

static void
test_frames (void)
{
  g_autoptr (GenMeter) meter = new_meter ("brightness,temporal-ssim", 0.25, FALSE);
  const guint plain = field_of (meter, "brightness"),
              slides = field_of (meter, "brightness-recent");
  const guint ssim = field_of (meter, "temporal-ssim-recent");
  g_auto (GenPicture) picture = { 0 };
  double kept[60], values[16];

  gen_picture_init (&picture, EXTENT, EXTENT, 1);
  for (guint i = 0; i < 60; i++) {
    const guint n = MIN (i + 1, 3);
    const GenSample sample = gen_sample_of_picture (&picture);
    double sum = 0;

    draw (&picture, 1, i, i * 2);
    /* At the very beginning of the reach is past; then time goes back. */
    gen_meter_set_time (meter, (i < 40 ? i : i - 40) * 100 * MS);
    g_assert_true (gen_meter_measure (meter, &sample, values, NULL));
    kept[i] = values[plain];
    for (guint k = 0; k < (i < 40 ? n : MIN (i - 39, 3)); k++)
      sum += kept[i - k];
    g_assert_cmpfloat_with_epsilon (values[slides], sum / (i < 40 ? n : MIN (i - 39, 3)), 1e-12);
    g_assert_true (isinf (values[ssim]) == (i == 0));
  }
}

/* Means are those of a direct sum of what is within reach, whatever the times are like, with values
 * that are missing, and after numbers that would displace all others in a running sum. */
static void
test_sums (void)
{
  enum { N = 5000 };
  g_autoptr (GenMeter) meter = new_meter ("brightness,contrast", 0, FALSE);
  g_autoptr (GenRecent) recent = gen_recent_new (meter, 1.5);
  g_autoptr (GRand) random = g_rand_new_with_seed (5);
  g_autofree double *times = g_new (double, N), *kept = g_new (double, N);
  double time = 0, greatest = 0;

  for (int i = 0; i < N; i++) {
    double values[2], means[2], sum = 0, magnitude = 0;
    int known = 0;

    /* Some at once, some far apart: from one measurement in reach to hundreds. */
    time += i % 1000 < 500 ? 0.003 : g_rand_double (random) * (i % 7 == 0 ? 2 : 0.2);
    times[i] = time;
    kept[i] = i % 11 == 3 ? (double)NAN : g_rand_double (random) - 0.5;
    if (i % 401 == 7)
      kept[i] = 1e18;
    if (i % 12 > 9)
      kept[i] = INFINITY;
    values[0] = kept[i];
    values[1] = NAN;
    gen_recent_add (recent, time, values, means);
    for (int k = i; k >= 0 && times[k] > time - 1.5; k--)
      if (isfinite (kept[k])) {
        sum += kept[k];
        magnitude += fabs (kept[k]);
        known++;
      }
    g_assert_true (isinf (means[1]));
    g_assert_true (isinf (means[0]) == (known == 0));
    if (known > 0)
      greatest = fmax (greatest, fabs (means[0] - sum / known) / (magnitude / known));
    if (i == 3000) {
      gen_recent_forget (recent);
      for (int k = 0; k <= i; k++)
        kept[k] = NAN;
    }
  }
  g_test_message ("up to %g of the mean magnitude", greatest);
  g_assert_cmpfloat (greatest, <, 1e-13);
}

/* Sets: the same as of a meter that has seen the last ten samples alone. */
static void
compare_with_short (const char *metric)
{
  g_autoptr (GenMeter) meter = new_meter (metric, 1, TRUE), brief = new_meter (metric, 0, TRUE);
  g_autofree char *name = g_strconcat (metric, "-recent", NULL);
  const guint slides = field_of (meter, name), plain = field_of (brief, metric);
  g_auto (GenPicture) picture = { 0 };
  const GenSample sample =
      (gen_picture_init (&picture, EXTENT, EXTENT, 1), gen_sample_of_picture (&picture));
  double values[32], expected[32];

  for (guint i = 0; i < 30; i++) {
    draw (&picture, 2, i, 50);
    g_assert_true (gen_meter_refer (meter, &sample, -1, NULL));
    g_assert_true (gen_meter_refer (brief, &sample, -1, NULL));
  }
  for (guint i = 0; i < 40; i++) {
    draw (&picture, 3, i, i * 3);
    gen_meter_set_time (meter, i * 100 * MS);
    g_assert_true (gen_meter_measure (meter, &sample, values, NULL));
    g_assert_true (isnan (values[slides]) == (i % 5 != 4));
    if (i >= 30)
      g_assert_true (gen_meter_measure (brief, &sample, expected, NULL));
  }
  g_test_message ("%s: %g, %g over all", name, values[slides], values[field_of (meter, metric)]);
  g_assert_cmpfloat_with_epsilon (values[slides], expected[plain], 1e-6 * fabs (expected[plain]));
  /* And over all it is another one. */
  g_assert_true (fabs (values[field_of (meter, metric)] / expected[plain] - 1) > 1e-3);
}

static void
test_frechet (void)
{
  compare_with_short ("frechet");
}

static void
test_sets (void)
{
  compare_with_short ("sliced-wasserstein");
}

/* Directions are known of them, too. */
static void
test_fields (void)
{
  const GenMetric *metric = NULL;
  const GenField *field = gen_metric_find_field ("frechet-recent", &metric);

  g_assert_cmpstr (metric->name, ==, "frechet");
  g_assert_cmpint (field->better, ==, GEN_BETTER_LOWER);
  g_assert_null (gen_metric_find_field ("frechet-rec", NULL));
  g_assert_null (gen_metric_find_field ("freche", NULL));
  g_assert_cmpint (gen_metric_find_field ("recall", NULL)->better, ==, GEN_BETTER_HIGHER);
}

/* --- panels --- */

static guint
count_ink (const GenPicture *picture, int left, int right)
{
  guint n = 0;

  for (int y = 0; y < picture->height; y++)
    for (int x = left; x < right; x++)
      n += picture->data[(gssize)y * picture->stride + x] > 0;
  return n;
}

static void
test_panel (void)
{
  static const char *const names[] = { "b", "nothing", NULL };
  g_autoptr (GenPanel) panel = gen_panel_new (10);
  const GenPicture *picture = gen_panel_draw (panel, NULL, 2, 1000, 1000);
  int width, height;

  g_assert_cmpint (picture->width, ==, 0);
  for (guint i = 0; i < 10; i++) {
    gen_panel_put (panel, "sharpness", i);
    gen_panel_put (panel, "b", NAN);
  }
  g_assert_cmpuint (gen_panel_count (panel), ==, 2);
  picture = gen_panel_draw (panel, NULL, 2, 1000, 1000);
  width = picture->width;
  height = picture->height;
  /* The curve of the first at the right; the second, which is missing, has none. */
  g_assert_cmpuint (count_ink (picture, width - 2 * 64, width), >, 100);
  picture = gen_panel_draw (panel, names, 2, 1000, 1000);
  g_assert_cmpint (picture->height, <, height);
  g_assert_cmpuint (count_ink (picture, picture->width - 2 * 64, picture->width), ==, 0);
  g_assert_cmpuint (count_ink (picture, 0, picture->width), >, 0);
  /* Smaller where there is less room, then fewer, then nothing. */
  picture = gen_panel_draw (panel, NULL, 2, width - 1, 1000);
  g_assert_cmpint (picture->width, ==, width / 2);
  picture = gen_panel_draw (panel, NULL, 2, 1000, height / 2 - 1);
  g_assert_cmpint (picture->height, ==, height / 2 - 10);
  picture = gen_panel_draw (panel, NULL, 2, 1000, 17);
  g_assert_cmpint (picture->width, ==, 0);
}

/* A curve rises to the right where its figure does. */
static void
test_curve (void)
{
  g_autoptr (GenPanel) panel = gen_panel_new (60);
  const GenPicture *picture;
  int last = G_MAXINT;

  for (guint i = 0; i < 60; i++)
    gen_panel_put (panel, "a", i);
  picture = gen_panel_draw (panel, NULL, 1, 1000, 1000);
  for (int x = picture->width - 64; x < picture->width - 4; x++) {
    int y = 0;

    while (y < picture->height && picture->data[y * picture->stride + x] == 0)
      y++;
    g_assert_cmpint (y, <, picture->height);
    g_assert_cmpint (y, <=, last);
    last = y;
  }
  g_assert_cmpint (last, ==, 4);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/metric/recent/frames", test_frames);
  g_test_add_func ("/metric/recent/sums", test_sums);
  g_test_add_func ("/metric/recent/frechet", test_frechet);
  g_test_add_func ("/metric/recent/sets", test_sets);
  g_test_add_func ("/metric/recent/fields", test_fields);
  g_test_add_func ("/metric/panel", test_panel);
  g_test_add_func ("/metric/panel/curve", test_curve);
  return g_test_run ();
}
