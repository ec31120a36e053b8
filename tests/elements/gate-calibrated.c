/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* discriminator as a gate: what a calibration makes of scores, and rejection sampling by them. */
#include "gate.h"

/* What passes is what the library says of the same log odds. */
static void
test_rejection (void)
{
  static const char *const calibrations[] = { NULL, "platt,slope=3,intercept=-1",
    "platt,maximum=2.5,slope=3,intercept=-1" };

  for (gsize i = 0; i < G_N_ELEMENTS (calibrations); i++) {
    g_autofree char *model = save_judge (&GEN_SHAPE (1, 1, 8, 8), FALSE, calibrations[i]);
    g_autoptr (GenCalibration) calibration =
        calibrations[i] != NULL ? gen_calibration_parse (calibrations[i], NULL) : NULL;
    GenRejectionSettings settings = GEN_REJECTION_DEFAULTS;
    g_autoptr (GenRejection) rejection = NULL;
    guint passed = 0;
    Fixture f;

    settings.gamma = -1;
    settings.seed = 9;
    settings.burn_in = i == 2 ? 0 : 100;
    if (calibration != NULL)
      settings.maximum = calibration->maximum;
    rejection = gen_rejection_new (&settings);
    open_of (&f, model, "action=drop select=rejection gamma=-1 seed=9", PICTURE_CAPS);
    for (guint k = 0; k < 400; k++) {
      const guint8 value = (guint8)(k * 37);
      const double score = (double)((float)value / 255);
      const gboolean wanted = gen_rejection_take (rejection,
          calibration != NULL ? gen_log_odds (gen_calibration_apply (calibration, score)) : score);

      PUSH (&f, value);
      if (wanted)
        gst_buffer_unref (pull (&f, value, k));
      else
        expect_nothing (&f);
      passed += wanted;
    }
    g_assert_cmpuint (passed, >, 20);
    g_assert_cmpuint (passed, <, 380);
    g_assert_cmpfloat_with_epsilon (accept_rate (&f), passed / (400. - settings.burn_in), 1e-12);
    close_fixture (&f);
  }
}

static double
number_of (GstBuffer *buffer, const char *name)
{
  double value = NAN;

  g_assert_true (gst_structure_get_double (score_of (buffer), name, &value));
  return value;
}

static void
test_calibrated (void)
{
  /* A half at 0.8. */
  const char *calibration = "platt,slope=10,intercept=-8";
  g_autofree char *model = save_judge (&GEN_SHAPE (-1, 1, 8, 8), FALSE, calibration);
  g_autoptr (GstStructure) summary = NULL;
  GstBuffer *buffer, *wall;
  Fixture f;

  open_of (&f, model, "action=drop threshold=0.5", PICTURE_CAPS);
  PUSH (&f, 190, 210);
  buffer = pull (&f, 210, 1);
  g_assert_cmpfloat_with_epsilon (number_of (buffer, "score"), 210 / 255., 1e-5);
  g_assert_cmpfloat_with_epsilon (
      number_of (buffer, "probability"), 1 / (1 + exp (8 - 10 * 210 / 255.)), 1e-4);
  gst_buffer_unref (buffer);
  expect_nothing (&f);
  gst_harness_push_event (f.harness, gst_event_new_eos ());
  summary = find_summary (&f);
  g_assert_true (gst_structure_has_field_typed (summary, "probability", GST_TYPE_STRUCTURE));
  close_fixture (&f);

  open_of (&f, model, "action=drop threshold=0.5 calibration=none", PICTURE_CAPS);
  PUSH (&f, 120, 190);
  buffer = pull (&f, 190, 1);
  g_assert_false (gst_structure_has_field (score_of (buffer), "probability"));
  gst_buffer_unref (buffer);
  close_fixture (&f);

  /* Of a wall the mean of the probabilities, not that of the mean score. */
  open_of (&f, model, "", "video/x-raw,format=GRAY8,width=8,height=16,framerate=25/1");
  wall = gst_buffer_new_allocate (NULL, 128, NULL);
  gst_buffer_memset (wall, 0, 255, 64);
  gst_buffer_memset (wall, 64, 51, 64);
  buffer = gst_harness_push_and_pull (f.harness, wall);
  g_assert_cmpfloat_with_epsilon (
      number_of (buffer, "probability"), (1 / (1 + exp (-2)) + 1 / (1 + exp (6))) / 2, 1e-5);
  gst_buffer_unref (buffer);
  close_fixture (&f);
}

int
main (int argc, char **argv)
{
  int status;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  folder = scratch_new ();
  g_test_add_func ("/gate-calibrated/rejection", test_rejection);
  g_test_add_func ("/gate-calibrated/calibrated", test_calibrated);
  status = g_test_run ();
  scratch_remove (folder);
  g_free (folder);
  return status;
}
