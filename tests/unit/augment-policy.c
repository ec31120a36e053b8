/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Policies: what files say is drawn, in their order and with their numbers, and what is wrong with
 * a file is told by its place. */
#include <generative/augment-policy.h>

#include <gio/gio.h>
#include <math.h>
#include <string.h>

#include "../scratch.h"

enum { FRAMES = 4000 };

static GenAugmentPolicy *
load_text (const char *text, GError **error)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "policy.json", NULL);
  GenAugmentPolicy *policy;

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  policy = gen_augment_policy_load (path, error);
  scratch_remove (folder);
  return policy;
}

static GenAugmentPolicy *
must_load (const char *text)
{
  g_autoptr (GError) error = NULL;
  GenAugmentPolicy *policy = load_text (text, &error);

  g_assert_no_error (error);
  return policy;
}

static void
draw_frame (const GenAugmentPolicy *policy, guint64 frame, GenAugmentPictureDraw *draw)
{
  GenAugmentSettings settings;

  gen_augment_settings_init (&settings, &gen_medium_picture);
  settings.policy = policy;
  g_assert_false (gen_augment_settings_are_idle (&settings));
  gen_augment_draw_picture (&settings, frame, 200, 100, draw);
}

/* Whether the draw is of these steps, "a, b". */
static gboolean
is_of (const GenAugmentPictureDraw *draw, const char *names)
{
  g_auto (GStrv) wanted = g_strsplit (names, ", ", -1);

  if ((int)g_strv_length (wanted) != draw->n_steps)
    return FALSE;
  for (int i = 0; i < draw->n_steps; i++)
    if (!g_str_equal (wanted[i], draw->steps[i].augmentation->name))
      return FALSE;
  return TRUE;
}

/* In the file's order, the same one twice with draws of their own, parameters by their names. */
static void
test_order (void)
{
  g_autoptr (GenAugmentPolicy) policy = must_load (
      "{\"steps\": [{\"transform\": \"noise\", \"amount\": 0.1},"
      " {\"transform\": \"rotate\", \"amount\": 20}, {\"transform\": \"rotate\", \"amount\": 20},"
      " {\"transform\": \"cutout\", \"amount\": 0.3, \"holes\": 5, \"level\": 1}]}");

  for (guint64 frame = 0; frame < 50; frame++) {
    GenAugmentPictureDraw draw, again;

    draw_frame (policy, frame, &draw);
    draw_frame (policy, frame, &again);
    g_assert_true (is_of (&draw, "noise, rotate, rotate, cutout"));
    g_assert_cmpfloat (draw.steps[1].values[0], !=, draw.steps[2].values[0]);
    g_assert_cmpfloat (acos (draw.steps[1].values[0]) * 180 / G_PI, <=, 20);
    g_assert_cmpfloat (draw.steps[3].values[0], ==, 1);
    g_assert_cmpfloat (draw.steps[3].values[1], ==, 5);
    for (int i = 0; i < draw.n_steps; i++)
      g_assert_cmpmem (draw.steps[i].values, sizeof draw.steps[i].values, again.steps[i].values,
          sizeof again.steps[i].values);
  }
}

/* The amount of one step is nothing to the draw of another. */
static void
test_own_draws (void)
{
  g_autoptr (GenAugmentPolicy) a =
      must_load ("{\"steps\": [{\"transform\": \"gamma\", \"amount\": 1},"
                 " {\"transform\": \"blur\", \"amount\": 3}]}");
  g_autoptr (GenAugmentPolicy) b =
      must_load ("{\"steps\": [{\"transform\": \"gamma\", \"amount\": 2},"
                 " {\"transform\": \"blur\", \"amount\": 3}]}");

  for (guint64 frame = 0; frame < 50; frame++) {
    GenAugmentPictureDraw first, second;

    draw_frame (a, frame, &first);
    draw_frame (b, frame, &second);
    g_assert_cmpfloat (first.steps[1].values[0], ==, second.steps[1].values[0]);
    g_assert_cmpfloat (first.steps[0].values[0], !=, second.steps[0].values[0]);
  }
}

/* Probabilities, and that of one-of all are as likely, one within another, too. */
static void
test_probability (void)
{
  g_autoptr (GenAugmentPolicy) policy =
      must_load ("{\"steps\": [{\"transform\": \"blur\", \"amount\": 2, \"probability\": 0.25},"
                 " {\"probability\": 0.8, \"one-of\": [{\"transform\": \"sharpen\", \"amount\": 1},"
                 "  {\"one-of\": [{\"transform\": \"jpeg\", \"amount\": 50},"
                 "   {\"transform\": \"flip\", \"amount\": \"both\"}]}]}]}");
  int blur = 0, sharpen = 0, jpeg = 0;

  for (guint64 frame = 0; frame < FRAMES; frame++) {
    GenAugmentPictureDraw draw;

    draw_frame (policy, frame, &draw);
    g_assert_cmpint (draw.n_steps, <=, 2);
    for (int i = 0; i < draw.n_steps; i++) {
      blur += g_str_equal (draw.steps[i].augmentation->name, "blur");
      sharpen += g_str_equal (draw.steps[i].augmentation->name, "sharpen");
      jpeg += g_str_equal (draw.steps[i].augmentation->name, "jpeg");
    }
  }
  /* Five standard errors. */
  g_assert_cmpfloat_with_epsilon (blur / (double)FRAMES, 0.25, 0.035);
  g_assert_cmpfloat_with_epsilon (sharpen / (double)FRAMES, 0.4, 0.039);
  g_assert_cmpfloat_with_epsilon (jpeg / (double)FRAMES, 0.2, 0.032);
}

static void
test_program (void)
{
  g_autoptr (GenAugmentPolicy) policy = must_load (
      "{\"steps\": [{\"program\": \"randaugment\", \"operations\": 16, \"magnitude\": 30}]}");
  gboolean turned = FALSE;

  for (guint64 frame = 0; frame < 100; frame++) {
    GenAugmentPictureDraw draw;

    draw_frame (policy, frame, &draw);
    g_assert_cmpint (draw.n_steps, <=, 16);
    for (int i = 0; i < draw.n_steps; i++)
      if (g_str_equal (draw.steps[i].augmentation->name, "rotate")) {
        g_assert_cmpfloat_with_epsilon (acos (draw.steps[i].values[0]) * 180 / G_PI, 30, 1e-6);
        turned = TRUE;
      }
  }
  g_assert_true (turned);
}

/* Chains are no steps of the draw, which is told with them, and moves nothing that hangs on places.
 */
static void
test_chains (void)
{
  g_autoptr (GenAugmentPolicy) policy =
      must_load ("{\"steps\": [{\"transform\": \"rotate\", \"amount\": 20},"
                 " {\"program\": \"augmix\", \"chains\": 5, \"length\": 2},"
                 " {\"transform\": \"blur\", \"amount\": 2}]}");

  for (guint64 frame = 0; frame < 50; frame++) {
    GenAugmentPictureDraw draw, turned;
    double x = 31, y = 17, turned_x = x, turned_y = y;
    g_autofree char *text = NULL;

    draw_frame (policy, frame, &draw);
    g_assert_true (is_of (&draw, "rotate, augmix, blur"));
    g_assert_cmpint (draw.n_chained, ==, 10);
    text = gen_augment_picture_describe (&draw);
    g_assert_true (g_regex_match_simple (
        "^rotate [^(]*, augmix [^(]* \\(([^;]*; ){4}[^;]*\\), blur [0-9.]*$", text, 0, 0));
    turned = draw;
    turned.n_steps = 1;
    gen_augment_picture_follow (&draw, &x, &y);
    gen_augment_picture_follow (&turned, &turned_x, &turned_y);
    g_assert_cmpfloat (x, ==, turned_x);
    g_assert_cmpfloat (y, ==, turned_y);
  }
}

static void
test_wrong (void)
{
  static const struct {
    const char *text, *said;
  } cases[] = {
    { "nothing", "JSON" },
    { "[]", "steps: there should be an array" },
    { "{\"steps\": 3}", "steps: there should be an array" },
    { "{\"steps\": [3]}", "steps[0]: a step should stand there" },
    { "{\"steps\": [{}]}", "steps[0]: there is no \"transform\"" },
    { "{\"steps\": [{\"transform\": \"warp\", \"amount\": 1}]}", "there are flip, crop" },
    { "{\"steps\": [{\"transform\": \"blur\"}]}", "there is no \"amount\" of blur" },
    { "{\"steps\": [{\"transform\": 3}]}", "steps[0]: there is no augmentation" },
    { "{\"steps\": [{\"transform\": \"blur\", \"amount\": 99}]}", "from 0 to 20" },
    { "{\"steps\": [{\"transform\": \"blur\", \"amount\": \"much\"}]}", "from 0 to 20" },
    { "{\"steps\": [{\"transform\": \"flip\", \"amount\": \"up\"}]}", "none, horizontal" },
    { "{\"steps\": [{\"transform\": \"blur\", \"amount\": 1, \"probability\": 2}]}",
        "\"probability\" should be a number from 0 to 1" },
    { "{\"steps\": [{\"transform\": \"blur\", \"amount\": 1, \"holes\": 2}]}",
        "there is no \"holes\" of such a step; there are transform, amount, probability" },
    { "{\"steps\": [{\"transform\": \"cutout\", \"amount\": 1, \"holes\": 99}]}", "from 1 to 16" },
    { "{\"steps\": [{\"one-of\": []}]}", "steps[0]: \"one-of\" should be an array" },
    { "{\"steps\": [{\"one-of\": 3}]}", "steps[0]: \"one-of\" should be an array" },
    { "{\"steps\": [{\"one-of\": [{\"transform\": \"x\"}]}]}", "steps[0].one-of[0]: " },
    { "{\"steps\": [{\"program\": \"fastaugment\"}]}",
        "there are autoaugment, autoaugment-cifar10" },
    { "{\"steps\": [{\"program\": \"augmix\", \"chains\": 9}]}", "from 1 to 8" },
    { "{\"steps\": [{\"program\": \"augmix\", \"concentration\": 0}]}", "from 0.01 to 100" },
    { "{\"steps\": [{\"program\": \"augmix\", \"operations\": 2}]}",
        "there are program, chains, length, magnitude, concentration, probability" },
    { "{\"steps\": [{\"program\": \"augmix\"}, {\"program\": \"augmix\"}]}",
        "steps[1]: more than 16 transforms" },
    { "{\"steps\": [{\"program\": \"augmix\", \"chains\": 5, \"length\": 4}]}",
        "more than 16 transforms" },
    { "{\"steps\": [{\"program\": \"randaugment\", \"magnitude\": 31}]}", "from 0 to 30" },
    { "{\"steps\": [{\"program\": \"trivialaugment\", \"magnitude\": 3}]}",
        "there is no \"magnitude\"" },
    { "{\"steps\": [{\"program\": \"randaugment\", \"operations\": 16},"
      " {\"transform\": \"blur\", \"amount\": 1}]}",
        "steps[1]: more than 16 transforms" },
    { "{\"steps\": [[[[[[[[[[]]]]]]]]]]}", "brackets are deeper" },
    /* In strings and comments they are none. */
    { "{\"a\": \"]]]]\\\"]]]]\", \"steps\": [[[[[[[[[[]]]]]]]]]]}", "brackets are deeper" },
    { "{/* \" */ \"a\": \"]]]]]]]]\", // \"\n \"steps\": [[[[[[[[[[]]]]]]]]]]}",
        "brackets are deeper" },
    { "{\"steps\": \"[[[[[[[[[[\"}", "there should be an array of that name" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (load_text (cases[i].text, &error));
    g_assert_error (error, GEN_AUGMENT_POLICY_ERROR, GEN_AUGMENT_POLICY_ERROR_INVALID);
    if (strstr (error->message, cases[i].said) == NULL)
      g_error ("%s: %s", cases[i].text, error->message);
  }
}

static void
test_names (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (gen_augment_policy_load ("fastaugment", &error));
  g_assert_error (error, GEN_AUGMENT_POLICY_ERROR, GEN_AUGMENT_POLICY_ERROR_INVALID);
  g_assert_nonnull (
      strstr (error->message, "autoaugment-svhn, randaugment, trivialaugment, augmix"));
  for (int i = 0; gen_augment_program_list ()[i] != NULL; i++) {
    g_autoptr (GenAugmentPolicy) policy =
        gen_augment_policy_load (gen_augment_program_list ()[i]->name, NULL);

    g_assert_nonnull (policy);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/augment-policy/order", test_order);
  g_test_add_func ("/augment-policy/own-draws", test_own_draws);
  g_test_add_func ("/augment-policy/probability", test_probability);
  g_test_add_func ("/augment-policy/program", test_program);
  g_test_add_func ("/augment-policy/chains", test_chains);
  g_test_add_func ("/augment-policy/wrong", test_wrong);
  g_test_add_func ("/augment-policy/names", test_names);
  return g_test_run ();
}
