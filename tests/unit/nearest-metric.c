/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How near samples are to the reference, and the pairs that are shown. */
#include <generative/metric.h>

#include <string.h>

#include "../scratch.h"

/* Grey pictures of 16 by 16 pixels are their own features, by pixels-16x16: what is `value` in all
 * pixels is |a - b| / 255 from another. */
static GenSample
grey_sample (GenPicture *picture, guint8 value)
{
  gen_picture_init (picture, 16, 16, 1);
  memset (picture->data, value, (gsize)picture->stride * 16);
  return gen_sample_of_picture (picture);
}

/* GenMetricTell: each has the sample's picture, and without a dataset not the reference's. */
static gboolean
count_pair (const char *name, JsonObject *object, gpointer data, GError **error)
{
  guint *n = data;

  g_assert_cmpstr (name, ==, "nearest-pair");
  g_assert_true (json_object_has_member (object, "data"));
  g_assert_false (json_object_has_member (object, "reference-data"));
  (*n)++;
  if (*n < 3)
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "full");
  return FALSE;
}

/* The nearest first, and of those that lie nearest to one and the same only the nearest. */
static void
check_pairs (GenMeter *meter, JsonObject *summary)
{
  static const struct {
    int frame;
    double distance;
    const char *reference;
  } expected[] = { { 2, 0, "b.png" }, { 3, 5, "a.png" }, { 1, 10, "c.png" } };
  JsonArray *pairs = json_object_get_array_member (summary, "nearest-pairs");
  g_autoptr (GError) error = NULL;
  guint told = 0;

  g_assert_cmpuint (json_array_get_length (pairs), ==, G_N_ELEMENTS (expected));
  for (guint i = 0; i < G_N_ELEMENTS (expected); i++) {
    JsonObject *pair = json_array_get_object_element (pairs, i);

    g_assert_cmpint (json_object_get_int_member (pair, "frame"), ==, expected[i].frame);
    g_assert_cmpstr (json_object_get_string_member (pair, "reference"), ==, expected[i].reference);
    g_assert_cmpfloat_with_epsilon (
        json_object_get_double_member (pair, "distance"), expected[i].distance / 255, 1e-5);
  }
  g_assert_false (gen_meter_illustrate (meter, NULL, count_pair, &told, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
  g_assert_cmpuint (told, ==, 3);
}

static void
test_nearest (void)
{
  static const guint8 reference[] = { 0, 51, 255 }, made[] = { 10, 245, 51, 5 };
  static const char *const names[] = { "a.png", "b.png", "c.png" };
  g_autoptr (GenFeatures) features = gen_features_open ("pixels-16x16", &gen_medium_picture, NULL);
  GenMeterSettings settings = { .metrics = "nearest", .has_reference = TRUE, .features = features };
  g_autoptr (GError) error = NULL;
  g_autoptr (GenMeter) meter = gen_meter_new (&settings, &error);
  g_autoptr (JsonObject) summary = NULL;
  guint n_fields;

  g_assert_no_error (error);
  for (guint i = 0; i < G_N_ELEMENTS (reference); i++) {
    g_auto (GenPicture) picture = { 0 };
    const GenSample sample = grey_sample (&picture, reference[i]);

    gen_meter_name_next (meter, names[i]);
    g_assert_true (gen_meter_refer (meter, &sample, -1, &error));
  }
  gen_meter_fields (meter, &n_fields);
  for (guint i = 0; i < G_N_ELEMENTS (made); i++) {
    g_auto (GenPicture) picture = { 0 };
    const GenSample sample = grey_sample (&picture, made[i]);
    double values[16];

    g_assert_cmpuint (n_fields, <=, G_N_ELEMENTS (values));
    g_assert_true (gen_meter_measure (meter, &sample, values, &error));
  }
  summary = gen_meter_summarise (meter, &error);
  g_assert_no_error (error);
  /* 10, 10, 0 and 5 away; among themselves 51, 51 and 204. */
  g_assert_cmpfloat_with_epsilon (
      json_object_get_double_member (summary, "nearest"), 25.0 / 4 / 255, 1e-5);
  g_assert_cmpfloat_with_epsilon (
      json_object_get_double_member (summary, "nearest-least"), 0, 1e-6);
  g_assert_cmpfloat_with_epsilon (
      json_object_get_double_member (summary, "nearest-within-reference"),
      (51 + 51 + 204) / 3.0 / 255, 1e-5);
  g_assert_cmpint (json_object_get_int_member (summary, "nearest-samples"), ==, 4);
  /* Of three, the nearest ones are 51 away. */
  g_assert_cmpfloat (json_object_get_double_member (summary, "nearest-close"), ==, 1);
  g_assert_cmpstr (json_object_get_string_member (summary, "nearest-features"), ==, "pixels-16x16");
  check_pairs (meter, summary);
}

/* --- what is shown --- */

/* GenMetricTell: the reference's picture. */
static gboolean
keep_reference (const char *name, JsonObject *object, gpointer data, GError **error)
{
  g_autofree guint8 *png = NULL;
  g_autoptr (GBytes) bytes = NULL;
  gsize length;

  png = g_base64_decode (json_object_get_string_member (object, "reference-data"), &length);
  bytes = g_bytes_new (png, length);
  return gen_picture_load_bytes (data, bytes, "pair", 1, error);
}

/* Pictures of the reference are shown as they were measured: where they were cropped, without an
 * edge of black. */
static void
test_fit (void)
{
  static const GenFit fits[] = { GEN_FIT_PAD, GEN_FIT_CROP };
  const GenFormat format = { &gen_medium_picture, 16, 16, 1 };
  g_autofree char *folder = scratch_new ();
  g_autoptr (GenDataset) dataset = NULL;
  g_autoptr (GError) error = NULL;

  for (int i = 0; i < 2; i++) {
    g_autofree char *name = g_strdup_printf ("%d.png", i);
    g_autofree char *path = g_build_filename (folder, name, NULL);
    g_auto (GenPicture) wide = { 0 };

    gen_picture_init (&wide, 32, 16, 1);
    memset (wide.data, 100 + 100 * i, (gsize)wide.stride * 16);
    g_assert_true (gen_picture_save_png (&wide, path, &error));
  }
  dataset = gen_dataset_open (folder, &(GenDatasetSettings){ 0 }, &error);
  g_assert_no_error (error);
  for (gsize f = 0; f < G_N_ELEMENTS (fits); f++) {
    g_autoptr (GenFeatures) features =
        gen_features_open ("pixels-16x16", &gen_medium_picture, NULL);
    GenMeterSettings settings = {
      .metrics = "nearest", .has_reference = TRUE, .features = features
    };
    g_autoptr (GenMeter) meter = gen_meter_new (&settings, &error);
    g_auto (GenPicture) made = { 0 }, shown = { 0 };
    const GenSample sample = grey_sample (&made, 200);
    double values[16];

    g_assert_no_error (error);
    gen_meter_set_reference_fit (meter, fits[f]);
    g_assert_true (gen_meter_refer_dataset (meter, dataset, &format, 1, NULL, &error));
    g_assert_true (gen_meter_measure (meter, &sample, values, &error));
    g_assert_true (gen_meter_illustrate (meter, dataset, keep_reference, &shown, &error));
    g_assert_cmpint (shown.width, ==, 16);
    g_assert_cmpint (shown.data[8 * shown.stride + 8], ==, 200);
    g_assert_cmpint (shown.data[0], ==, fits[f] == GEN_FIT_CROP ? 200 : 0);
  }
  scratch_remove (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/metric/nearest", test_nearest);
  g_test_add_func ("/metric/nearest/fit", test_fit);
  return g_test_run ();
}
