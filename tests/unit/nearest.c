/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which name was meant. */
#include <generative/nearest.h>
#include <generative/preset.h>
#include <generative/training-settings.h>

static void
test_names (void)
{
  static const char *const names[] = { "hinge", "minimax", "least-squares", "wasserstein",
    "learning-rate", "learning-rate-schedule", "l1", "l2", NULL };
  static const struct {
    const char *wanted, *meant;
  } cases[] = {
    { "hinge", "hinge" },
    { "hing", "hinge" },
    { "hinges", "hinge" },
    { "hnige", "hinge" },
    { "HINGE", "hinge" },
    { "least_squares", "least-squares" },
    { "lerning-rate", "learning-rate" },
    { "learning-rate-shedule", "learning-rate-schedule" },
    { "waserstien", "wasserstein" },
    { "l3", "l1" },
    { "l", NULL },
    { "", NULL },
    { "logistic", NULL },
    { "maximum", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_cmpstr (gen_nearest_name (cases[i].wanted, names), ==, cases[i].meant);
}

static void
assert_says (GError *error, const char *text)
{
  g_assert_nonnull (error);
  if (g_strstr_len (error->message, -1, text) == NULL)
    g_error ("'%s' does not say '%s'", error->message, text);
}

/* Families, settings and choices all say it. */
static void
test_errors (void)
{
  guint n;
  const GenSetting *list = gen_training_setting_list (&n);
  const GenSetting *precision = gen_setting_find (list, n, "precision", NULL);
  g_auto (GenTrainingSettings) settings = { 0 };
  g_autoptr (GError) family = NULL, setting = NULL, choice = NULL, none = NULL;

  gen_training_settings_init (&settings);
  g_assert_null (gen_preset_find ("dcgna", &family));
  assert_says (family, "there is no preset \"dcgna\" (did you mean \"dcgan\"?); there are auto, ");
  g_assert_null (gen_setting_find (list, n, "batchsize", &setting));
  assert_says (setting, "there is no setting \"batchsize\" (did you mean \"batch-size\"?); there");
  g_assert_false (gen_setting_set (&settings, precision, g_variant_new_string ("tf23"), &choice));
  assert_says (choice, "there is no \"tf23\" (did you mean \"tf32\"?); there are auto, ");
  g_assert_null (gen_preset_find ("nothing-like-it", &none));
  assert_says (none, "there is no preset \"nothing-like-it\"; there are auto, ");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/nearest/names", test_names);
  g_test_add_func ("/nearest/errors", test_errors);
  return g_test_run ();
}
