/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Figures of each class: what a meter would say that had seen nothing else; the gaps between them;
 * and what is said where a class has none. */
#include <generative/metric.h>

#include <math.h>
#include <string.h>

#define LENGTH 12
#define CLASSES 3
#define MOST 120

/* `n` samples of a class, and as many of the reference; the class's own are moved by `shift`. */
typedef struct {
  int n[2];
  float rows[2][MOST][LENGTH];
} Class;

static void
draw (Class *class, int samples, int reference, guint64 seed, float shift)
{
  const GenRandom random = gen_random_new (seed, "test", 0);

  class->n[0] = samples;
  class->n[1] = reference;
  gen_random_normal (&random, 0, 0, &class->rows[0][0][0], 2 * MOST * LENGTH);
  for (int i = 0; i < samples; i++)
    for (int k = 0; k < LENGTH; k++)
      class->rows[0][i][k] += shift;
}

static GenMeter *
new_meter (const char *metrics, gboolean classes, const char *const *names)
{
  g_autoptr (GError) error = NULL;
  GenMeter *meter = gen_meter_new (&(GenMeterSettings){ .metrics = metrics,
                                       .features_name = "test",
                                       .has_reference = TRUE,
                                       .classes = classes,
                                       .class_names = names },
      &error);

  g_assert_no_error (error);
  return meter;
}

static void
take (GenMeter *meter, const Class *class, int label)
{
  g_autoptr (GError) error = NULL;

  for (int side = 1; side >= 0; side--)
    for (int i = 0; i < class->n[side]; i++)
      gen_meter_take_features (meter, class->rows[side][i], LENGTH, label, side == 1, &error);
  g_assert_no_error (error);
}

static JsonObject *
summarise (GenMeter *meter)
{
  g_autoptr (GError) error = NULL;
  JsonObject *summary = gen_meter_summarise (meter, &error);

  g_assert_no_error (error);
  return summary;
}

static JsonObject *
inner (JsonObject *object, const char *first, const char *second, const char *third)
{
  object = json_object_get_object_member (object, first);
  object = json_object_get_object_member (object, second);
  return third != NULL ? json_object_get_object_member (object, third) : object;
}

#define METRICS "frechet,kernel-distance,precision,nearest,sliced-wasserstein,vendi-score,cmmd"

/* All figures of a class are to the bit those of a meter that has seen that class alone; and those
 * of the whole are what they are without classes. */
static void
test_alone (void)
{
  static const char *const names[] = { "a", "b", "c", NULL };
  g_autoptr (GenMeter) meter = new_meter (METRICS, TRUE, names);
  g_autoptr (GenMeter) plain = new_meter (METRICS, FALSE, names);
  g_autoptr (JsonObject) summary = NULL, whole = NULL;
  g_autofree Class *classes = g_new (Class, CLASSES);
  const GenField *fields;
  guint n, compared = 0;

  for (int c = 0; c < CLASSES; c++) {
    draw (&classes[c], 60 + 30 * c, 90, (guint64)c, 0.2f * (float)c);
    take (meter, &classes[c], c);
    take (plain, &classes[c], c);
  }
  summary = summarise (meter);
  whole = summarise (plain);
  fields = gen_meter_fields (meter, &n);
  for (int c = 0; c < CLASSES; c++) {
    g_autoptr (GenMeter) alone = new_meter (METRICS, FALSE, NULL);
    g_autoptr (JsonObject) expected = NULL;
    JsonObject *found = inner (summary, "classes", "of", names[c]);

    take (alone, &classes[c], -1);
    expected = summarise (alone);
    g_assert_cmpint (json_object_get_int_member (found, "samples"), ==, 60 + 30 * c);
    g_assert_cmpint (json_object_get_int_member (found, "reference-samples"), ==, 90);
    for (guint f = 0; f < n; f++) {
      if (fields[f].type != GEN_FIELD_NUMBER)
        continue;
      g_assert_cmpfloat (json_object_get_double_member (found, fields[f].name), ==,
          json_object_get_double_member (expected, fields[f].name));
      g_assert_cmpfloat (json_object_get_double_member (summary, fields[f].name), ==,
          json_object_get_double_member (whole, fields[f].name));
      compared++;
    }
  }
  g_assert_cmpuint (compared, >=, 3 * 12);
  g_assert_false (json_object_has_member (whole, "classes"));
}

/* The class that was moved farthest is the worst by what is better when low. */
static void
test_gaps (void)
{
  static const char *const names[] = { "near", "far", NULL };
  g_autoptr (GenMeter) meter = new_meter (METRICS, TRUE, names);
  g_autoptr (JsonObject) summary = NULL;
  g_autofree Class *class = g_new (Class, 1);
  JsonObject *gap;

  draw (class, 100, 100, 1, 0);
  take (meter, class, 0);
  draw (class, 100, 100, 2, 2);
  take (meter, class, 1);
  summary = summarise (meter);
  gap = inner (summary, "classes", "gaps", "frechet");
  g_assert_cmpstr (json_object_get_string_member (gap, "best"), ==, "near");
  g_assert_cmpstr (json_object_get_string_member (gap, "worst"), ==, "far");
  g_assert_cmpfloat (json_object_get_double_member (gap, "gap"), ==,
      json_object_get_double_member (inner (summary, "classes", "of", "far"), "frechet") -
          json_object_get_double_member (inner (summary, "classes", "of", "near"), "frechet"));
  g_assert_cmpint (json_object_get_int_member (gap, "classes"), ==, 2);
  gap = inner (summary, "classes", "gaps", "density");
  g_assert_cmpstr (json_object_get_string_member (gap, "worst"), ==, "far");
  g_assert_cmpstr (json_object_get_string_member (gap, "lowest"), ==, "far");
  /* Nobody knows which diversity is better. */
  gap = inner (summary, "classes", "gaps", "vendi-score");
  g_assert_false (json_object_has_member (gap, "best"));
  g_assert_true (json_object_has_member (gap, "highest"));
  g_assert_false (json_object_has_member (inner (summary, "classes", "of", "far"), "doubt"));
}

static void
assert_missing (JsonObject *class, const char *figure, const char *why)
{
  g_autofree char *name = g_strconcat (figure, "-missing", NULL);

  g_assert_true (json_object_get_null_member (class, figure));
  g_assert_nonnull (strstr (json_object_get_string_member (class, name), why));
}

/* Too few, none of the reference, none at all, and no class: all is said. */
static void
test_missing (void)
{
  static const char *const names[] = { "many", "few", "made", "real", NULL };
  g_autoptr (GenMeter) meter = new_meter ("frechet,frechet-infinity,kernel-distance", TRUE, names);
  g_autoptr (JsonObject) summary = NULL;
  g_autofree Class *class = g_new (Class, 1);
  JsonObject *classes, *few;

  draw (class, 100, 100, 1, 0);
  take (meter, class, 0);
  draw (class, LENGTH, 40, 2, 0);
  take (meter, class, 1);
  draw (class, 30, 0, 3, 0);
  take (meter, class, 2);
  draw (class, 0, 20, 4, 0);
  take (meter, class, 3);
  draw (class, 5, 6, 5, 0);
  take (meter, class, -1);
  summary = summarise (meter);
  classes = json_object_get_object_member (summary, "classes");
  few = inner (summary, "classes", "of", "few");
  assert_missing (few, "frechet", "the covariance of 12 samples is singular");
  assert_missing (few, "frechet-infinity", "singular");
  g_assert_true (isfinite (json_object_get_double_member (few, "kernel-distance")));
  assert_missing (
      inner (summary, "classes", "of", "made"), "frechet", "the reference has none of this class");
  assert_missing (
      inner (summary, "classes", "of", "real"), "kernel-distance", "no sample is of this class");
  g_assert_cmpint (
      json_object_get_int_member (json_object_get_object_member (classes, "without"), "samples"),
      ==, 5);
  g_assert_cmpint (json_object_get_int_member (
                       json_object_get_object_member (classes, "without"), "reference-samples"),
      ==, 6);
  g_assert_nonnull (strstr (json_object_get_string_member (classes, "doubt"),
      "classes have from 12 (few) to 100 samples (many)"));
  /* One class alone has no gap. */
  g_assert_false (
      json_object_has_member (json_object_get_object_member (classes, "gaps"), "frechet"));
  g_assert_true (
      json_object_has_member (json_object_get_object_member (classes, "gaps"), "kernel-distance"));
  g_assert_false (json_object_has_member (classes, "too-many"));
}

static void
test_no_classes_in_reference (void)
{
  g_autoptr (GenMeter) meter = new_meter ("kernel-distance", TRUE, NULL);
  g_autoptr (JsonObject) summary = NULL;
  g_autofree Class *class = g_new (Class, 1);

  draw (class, 0, 50, 1, 0);
  take (meter, class, -1);
  draw (class, 50, 0, 2, 0);
  take (meter, class, 4);
  summary = summarise (meter);
  assert_missing (
      inner (summary, "classes", "of", "4"), "kernel-distance", "the reference has no classes");
}

/* More classes, and rows, than are kept. */
static void
test_many (void)
{
  g_autoptr (GenMeter) meter = new_meter ("vendi-score", TRUE, NULL);
  g_autoptr (JsonObject) summary = NULL;
  JsonObject *classes, *of;
  float row[LENGTH] = { 0 };

  for (int i = 0; i < GEN_METRIC_ROWS + 20000; i++) {
    row[i % LENGTH] = (float)(i % 7);
    g_assert_true (
        gen_meter_take_features (meter, row, LENGTH, i % (GEN_METRIC_CLASSES + 20), FALSE, NULL));
  }
  summary = summarise (meter);
  classes = json_object_get_object_member (summary, "classes");
  of = json_object_get_object_member (classes, "of");
  g_assert_cmpuint (json_object_get_size (of), ==, GEN_METRIC_CLASSES);
  g_assert_cmpint (
      json_object_get_int_member (json_object_get_object_member (of, "999"), "samples"), ==, 68);
  g_assert_cmpint (
      json_object_get_int_member (json_object_get_object_member (classes, "too-many"), "samples"),
      ==, 20 * 68);
}

/* --- rows that are left out --- */

/* Each of 64 numbers is as likely to be kept as any other, before and after. */
static void
test_thin (void)
{
  enum { N = 64, KEPT = 16, TRIALS = 4000 };
  guint counts[2 * N] = { 0 };

  for (guint64 trial = 0; trial < TRIALS; trial++) {
    g_auto (GenFeatureRows) rows = { 0 };

    gen_feature_rows_init (&rows, 1000, trial, "test");
    for (int i = 0; i < 2 * N; i++) {
      float *row;

      if (i == N)
        gen_feature_rows_thin (&rows, KEPT);
      row = gen_feature_rows_next (&rows, 1);
      if (row != NULL)
        *row = (float)i;
    }
    g_assert_cmpuint (rows.n, ==, KEPT);
    g_assert_cmpuint (rows.seen, ==, 2 * N);
    for (guint r = 0; r < rows.n; r++)
      counts[(int)*gen_feature_rows_at (&rows, r)]++;
  }
  /* 500 of each are expected, and the deviation of a binomial is 21. */
  for (int i = 0; i < 2 * N; i++) {
    g_assert_cmpuint (counts[i], >, 400);
    g_assert_cmpuint (counts[i], <, 600);
  }
}

/* --- frames --- */

/* Pictures of two levels; a class is told by its name, and one that is no UTF-8 is made such. */
static void
test_frames (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenMeter) meter = gen_meter_new (
      &(GenMeterSettings){ .metrics = "brightness,diversity", .classes = TRUE }, &error);
  g_auto (GenPicture) picture = { 0 };
  const GenSample sample = (gen_picture_init (&picture, 8, 8, 1), gen_sample_of_picture (&picture));
  g_autoptr (JsonObject) summary = NULL;
  JsonObject *dark, *gap;
  double values[8];

  g_assert_no_error (error);
  for (int i = 0; i < 12; i++) {
    memset (picture.data, i % 3 == 0 ? 51 : i % 3 == 1 ? 204 : 102 + i, (gsize)picture.stride * 8);
    gen_meter_set_class (meter, i % 3 == 2 ? -1 : 5,
        i % 3 == 0   ? "dark"
        : i % 3 == 1 ? "b\xff"
                     : NULL);
    g_assert_true (gen_meter_measure (meter, &sample, values, &error));
  }
  summary = summarise (meter);
  dark = inner (summary, "classes", "of", "dark");
  g_assert_cmpint (json_object_get_int_member (dark, "frames"), ==, 4);
  g_assert_cmpfloat_with_epsilon (
      json_object_get_double_member (json_object_get_object_member (dark, "brightness"), "mean"),
      0.2, 1e-12);
  g_assert_cmpfloat (json_object_get_double_member (dark, "diversity"), ==, 0);
  gap = inner (summary, "classes", "gaps", "brightness");
  g_assert_cmpfloat_with_epsilon (json_object_get_double_member (gap, "gap"), 0.6, 1e-12);
  g_assert_cmpstr (json_object_get_string_member (gap, "highest"), ==, "b\xef\xbf\xbd");
  g_assert_cmpint (json_object_get_int_member (
                       json_object_get_object_member (
                           json_object_get_object_member (summary, "classes"), "without"),
                       "frames"),
      ==, 4);
}

/* --- what metrics keep that look at samples themselves --- */

static void
take_text (const GenMetric *metric, gpointer state, const char *text)
{
  const GenSample sample = { .medium = &gen_medium_text,
    .text = { .data = (char *)text, .length = strlen (text) } };

  metric->take (state, &(GenMetricSample){ .sample = &sample, .label = -1 });
}

/* 60,000 words in 60 texts, of which each comes twice, and one a third of the time. */
static void
take_words (const GenMetric *metric, gpointer state)
{
  for (int t = 0; t < 60; t++) {
    g_autoptr (GString) text = g_string_new (NULL);

    for (int w = 0; w < 1000; w++)
      g_string_append_printf (text, w % 3 == 0 ? "the " : "w%d ", t / 2 * 1000 + w);
    take_text (metric, state, text->str);
  }
}

/* What is let go of is half and half again; what is left tells about the same. */
static void
test_thin_counts (gconstpointer name)
{
  g_autoptr (GError) error = NULL;
  const GenMetric *metric = gen_metric_find (name, &error);
  const GenMetricSettings settings = { 0 };
  gpointer state;
  double all[GEN_METRIC_MAX_FIELDS], some[GEN_METRIC_MAX_FIELDS];
  gsize bytes;

  g_assert_no_error (error);
  state = metric->open (&settings);
  take_words (metric, state);
  g_assert_true (metric->figure (state, all, &error));
  bytes = metric->kept (state);
  for (int i = 0; i < 8; i++)
    metric->thin (state);
  g_assert_cmpuint (metric->kept (state), <, bytes / 8);
  g_assert_true (metric->figure (state, some, &error));
  for (int f = 0; f < 3; f++)
    g_assert_cmpfloat_with_epsilon (some[f], all[f], 0.1 * all[f]);
  g_assert_cmpfloat (some[3], ==, 60000);
  /* It goes on, within what may be kept. */
  take_words (metric, state);
  g_assert_cmpuint (metric->kept (state), <, bytes / 8);
  metric->close (state);
}

static void
test_thin_texts (void)
{
  const GenMetricSettings settings = { 0 };
  const GenMetric *metric = gen_metric_find ("self-bleu", NULL);
  gpointer state = metric->open (&settings);
  g_autoptr (GError) error = NULL;
  double figures[2];
  gsize bytes;

  for (int t = 0; t < 300; t++) {
    g_autofree char *text = g_strdup_printf ("one two three four five %d", t);

    take_text (metric, state, text);
  }
  bytes = metric->kept (state);
  /* Rows of one to four words: six, five, four and three. */
  g_assert_cmpuint (bytes, ==, 256 * 18 * sizeof (guint64));
  for (int i = 1; i <= 10; i++) {
    metric->thin (state);
    g_assert_cmpuint (metric->kept (state), ==, MAX (bytes >> i, 2 * 18 * sizeof (guint64)));
  }
  g_assert_true (metric->figure (state, figures, &error));
  /* (5/6 · 4/5 · 3/4 · 2/3)^¼ */
  g_assert_cmpfloat_with_epsilon (figures[0], pow (1 / 3.0, 0.25), 1e-12);
  g_assert_cmpfloat (figures[1], ==, 300);
  metric->close (state);
}

/* Classes whose pictures would take more than what there is for all. */
static void
test_bounded (void)
{
  enum { N = 20, EACH = 4, SIDE = 1024 };
  g_autoptr (GError) error = NULL;
  g_autoptr (GenMeter) meter = gen_meter_new (
      &(GenMeterSettings){
          .medium = &gen_medium_picture, .metrics = "pairwise-ms-ssim,diversity", .classes = TRUE },
      &error);
  g_auto (GenPicture) picture = { 0 };
  const GenSample sample =
      (gen_picture_init (&picture, SIDE, SIDE, 1), gen_sample_of_picture (&picture));
  g_autoptr (JsonObject) summary = NULL;
  JsonObject *shares;
  double values[16];

  g_assert_no_error (error);
  G_STATIC_ASSERT ((gsize)N * EACH * SIDE * SIDE * sizeof (float) > GEN_METRIC_CLASSES_BYTES);
  for (int i = 0; i < N * EACH; i++) {
    for (int y = 0; y < SIDE; y++)
      memset (picture.data + (gssize)y * picture.stride, (y / 16 + i % N * 8) & 255, SIDE);
    gen_meter_set_class (meter, i % N, NULL);
    g_assert_true (gen_meter_measure (meter, &sample, values, &error));
  }
  summary = summarise (meter);
  shares = inner (summary, "classes", "kept-shares", NULL);
  /* Of 16 that 64 MiB hold, two. */
  g_assert_cmpfloat (json_object_get_double_member (shares, "pairwise-ms-ssim"), ==, 0.125);
  g_assert_false (json_object_has_member (shares, "diversity"));
  for (int c = 0; c < N; c++) {
    g_autofree char *name = g_strdup_printf ("%d", c);
    JsonObject *class = inner (summary, "classes", "of", name);

    g_assert_cmpint (json_object_get_int_member (class, "pairwise-ms-ssim-samples"), ==, EACH);
    g_assert_cmpfloat_with_epsilon (
        json_object_get_double_member (class, "pairwise-ms-ssim"), 1, 1e-6);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/metric/classes/alone", test_alone);
  g_test_add_func ("/metric/classes/gaps", test_gaps);
  g_test_add_func ("/metric/classes/missing", test_missing);
  g_test_add_func ("/metric/classes/no-classes-in-reference", test_no_classes_in_reference);
  g_test_add_func ("/metric/classes/many", test_many);
  g_test_add_func ("/metric/classes/thin/rows", test_thin);
  g_test_add_func ("/metric/classes/frames", test_frames);
  g_test_add_data_func ("/metric/classes/thin/distinct", "distinct-1", test_thin_counts);
  g_test_add_data_func ("/metric/classes/thin/entropy", "entropy", test_thin_counts);
  g_test_add_func ("/metric/classes/thin/self-bleu", test_thin_texts);
  g_test_add_func ("/metric/classes/bounded", test_bounded);
  return g_test_run ();
}
