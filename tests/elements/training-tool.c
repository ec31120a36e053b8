/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generative-model train beside the pipeline that does the same: the same bits; and what it says of
 * what is wrong. */
#include <generative/checkpoint.h>
#include <generative/onnx.h>
#include <generative/sound.h>
#include <generative/training-settings.h>
#include <gst/gst.h>

#include <signal.h>

#include "training-tool.h"

#define N_SOUNDS 9

/* Sounds, longer than what is trained on and of another rate, and a file that is none. */
static void
set_up_sounds (Fixture *fixture, gconstpointer data)
{
  g_autofree char *sounds = NULL, *broken = NULL;
  g_auto (GenSound) sound = { 0 };
  g_autoptr (GError) error = NULL;

  fixture->folder = scratch_new ();
  sounds = path_in (fixture, "sounds");
  g_assert_cmpint (g_mkdir (sounds, 0700), ==, 0);
  gen_sound_init (&sound, 22050, 2, 13000);
  for (int n = 0; n < N_SOUNDS; n++) {
    g_autofree char *name = g_strdup_printf ("sounds/%d.wav", n);
    g_autofree char *path = path_in (fixture, name);

    for (gsize i = 0; i < 2 * sound.frames; i++)
      sound.data[i] = (float)((i * (gsize)(n + 3)) % 200) / 200 - 0.5f;
    g_assert_true (gen_sound_save_wav (&sound, path, GEN_SOUND_WAV_S16, &error));
    g_assert_no_error (error);
  }
  broken = path_in (fixture, "sounds/broken.wav");
  g_assert_true (g_file_set_contents (broken, "none", -1, NULL));
}

static void
play (const char *description)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (description, &error);
  g_autoptr (GstBus) bus = NULL;
  g_autoptr (GstMessage) message = NULL;

  g_assert_no_error (error);
  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, 120 * GST_SECOND, GST_MESSAGE_ERROR | GST_MESSAGE_EOS);
  g_assert_nonnull (message);
  g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_EOS);
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

/* By epochs of what can be decoded, with a test, validation, a moving average and the best models.
 */
static void
test_same_as_pipeline (Fixture *fixture, gconstpointer data)
{
  static const char *const files[] = { "generator.onnx", "discriminator.onnx", "ema.onnx",
    "best/generator.onnx", GEN_CHECKPOINT_STATE };
  g_autofree char *launch = g_strdup_printf (
      "gantrainer name=t silent=true epochs=3 batch-size=8 ema=0.9 validation-interval=5 seed=4 "
      "loss=hinge learning-rate=0.001 checkpoint=%s/element "
      "datasetsrc location=%s/pictures split=train seed=7 ! "
      "video/x-raw,format=GRAY8,width=8,height=8 ! t.sink "
      "datasetsrc location=%s/pictures split=validation seed=7 epochs=1 ! "
      "video/x-raw,format=GRAY8,width=8,height=8 ! t.validation "
      "datasetsrc location=%s/pictures split=test seed=7 epochs=1 ! "
      "video/x-raw,format=GRAY8,width=8,height=8 ! t.test",
      fixture->folder, fixture->folder, fixture->folder, fixture->folder);
  g_autoptr (JsonObject) by_tool = NULL, by_element = NULL;

  write_settings (fixture,
      "{ \"data\": { \"location\": \"pictures\", \"split\": \"train\", \"seed\": 7, \"width\": 8, "
      "\"height\": 8, \"channels\": 1 },\n"
      "  \"validation\": { \"split\": \"validation\" }, \"test\": { \"split\": \"test\" },\n"
      "  \"epochs\": 3, \"batch-size\": 8, \"ema\": 0.9, \"validation-interval\": 5, \"seed\": 4,\n"
      "  \"loss\": \"hinge\", \"learning-rate\": 1e-3, \"checkpoint\": \"tool\" }");
  g_assert_cmpint (train (fixture, NULL), ==, 0);
  g_assert_nonnull (strstr (fixture->err, "epoch 3, "));
  g_assert_nonnull (strstr (fixture->err, ", Frechet "));
  play (launch);
  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    assert_same (fixture, "tool", "element", files[i]);
  by_tool = read_json (fixture, "tool", "training.json");
  by_element = read_json (fixture, "element", "training.json");
  g_assert_true (json_object_has_member (by_tool, "test"));
  g_assert_true (json_node_equal (
      json_object_get_member (by_tool, "test"), json_object_get_member (by_element, "test")));
}

/* The same of sounds, in windows that overlap, resampled, mixed and made as loud as can be. */
static void
test_sounds_same_as_pipeline (Fixture *fixture, gconstpointer data)
{
  static const char *const files[] = { "generator.onnx", "discriminator.onnx",
    "best/generator.onnx", GEN_CHECKPOINT_STATE };
  g_autofree char *launch = g_strdup_printf (
      "gantrainer name=t silent=true preset=wavegan width=1 epochs=1 batch-size=4 "
      "validation-interval=2 seed=4 checkpoint=%s/element "
      "datasetsrc location=%s/sounds split=train seed=7 validation-fraction=0.3 window=4096 "
      "hop=3000 normalize=peak ! audio/x-raw,format=F32LE,rate=16000,channels=1 ! t.sink "
      "datasetsrc location=%s/sounds split=validation seed=7 validation-fraction=0.3 window=4096 "
      "hop=3000 normalize=peak epochs=1 ! audio/x-raw,format=F32LE,rate=16000,channels=1 ! "
      "t.validation",
      fixture->folder, fixture->folder, fixture->folder);

  write_settings (fixture,
      "{ \"data\": { \"location\": \"sounds\", \"medium\": \"sound\", \"split\": \"train\", "
      "\"seed\": 7, \"validation-fraction\": 0.3, \"window\": 4096, \"hop\": 3000, "
      "\"normalize\": \"peak\", \"rate\": 16000, \"channels\": 1 },\n"
      "  \"validation\": { \"split\": \"validation\" },\n"
      "  \"preset\": \"wavegan\", \"width\": 1, \"epochs\": 1, \"batch-size\": 4,\n"
      "  \"validation-interval\": 2, \"seed\": 4, \"checkpoint\": \"tool\" }");
  g_assert_cmpint (train (fixture, NULL), ==, 0);
  g_assert_nonnull (strstr (fixture->err, "left out: "));
  g_assert_nonnull (strstr (fixture->err, ", Frechet "));
  g_assert_nonnull (strstr (fixture->err, "warning: validation: frechet: the covariance of "));
  play (launch);
  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    assert_same (fixture, "tool", "element", files[i]);
}

/* Stopped by Ctrl-C once there is something to keep; it goes on as if nobody had. */
static void
test_stopped (Fixture *fixture, gconstpointer data)
{
  const char *settings =
      "{ \"data\": { \"location\": \"pictures\", \"width\": 8, \"height\": 8 }, "
      "\"batch-size\": 8, \"checkpoint-interval\": 1, \"max-steps\": %d, \"checkpoint\": \"%s\" }";
  g_autoptr (GPtrArray) line = command_line (NULL);
  g_autofree char *endless = g_strdup_printf (settings, 100000000, "parts"), *more = NULL,
                  *whole = NULL;
  g_autofree char *state = path_in (fixture, "parts/" GEN_CHECKPOINT_STATE);
  g_autofree char *model = path_in (fixture, "parts/generator.onnx");
  g_autoptr (GenGraph) graph = NULL;
  g_autoptr (GError) error = NULL;
  GPid process;
  int status, step;

  write_settings (fixture, endless);
  g_spawn_async (fixture->folder, (char **)line->pdata, NULL,
      G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL,
      &process, &error);
  g_assert_no_error (error);
  while (!g_file_test (state, G_FILE_TEST_EXISTS)) {
    g_assert_cmpint (waitpid (process, &status, WNOHANG), ==, 0); /* it is there */
    g_usleep (10000);
  }
  kill (process, SIGINT);
  g_assert_cmpint (waitpid (process, &status, 0), ==, process);
  g_assert_true (WIFEXITED (status));
  g_assert_cmpint (WEXITSTATUS (status), ==, 130);

  graph = gen_onnx_load (model, &error);
  g_assert_no_error (error);
  step = atoi (g_hash_table_lookup (graph->metadata, "generative.step"));
  g_assert_cmpint (step, >, 0);
  more = g_strdup_printf (settings, step + 3, "parts");
  write_settings (fixture, more);
  g_assert_cmpint (train (fixture, NULL), ==, 1);
  g_assert_nonnull (strstr (fixture->err, "settings.json: checkpoint: the folder 'parts' has"));
  g_assert_nonnull (strstr (fixture->err, "--resume goes on with them, --overwrite begins anew"));
  g_assert_cmpint (train (fixture, "--resume"), ==, 0);
  whole = g_strdup_printf (settings, step + 3, "whole");
  write_settings (fixture, whole);
  g_assert_cmpint (train (fixture, NULL), ==, 0);
  assert_same (fixture, "parts", "whole", GEN_CHECKPOINT_STATE);
  g_assert_cmpint (train (fixture, "--resume"), ==, 0);
  g_assert_nonnull (strstr (fixture->err, "warning: resume: nothing was trained"));
}

/* Whatever is wrong is said with the file and the member. */
static void
test_refused (Fixture *fixture, gconstpointer data)
{
  static const struct {
    const char *settings, *text;
  } cases[] = {
    { "{", "settings.json:1:" },
    { "[]", "settings.json: an object is wanted" },
    { "{}", "settings.json: data: nothing says what to train on" },
    { "{\"data\":3}", "settings.json: data: an object is wanted" },
    { "{\"data\":{}}", "settings.json: data.location: " },
    { "{\"data\":{\"location\":\"nowhere\"}}", "settings.json: data.location: nowhere: no such" },
    { "{\"data\":{\"location\":\"pictures\",\"split\":\"half\"}}",
        "settings.json: data.split: there is no \"half\"; there are all, train, validation, test" },
    { "{\"data\":{\"location\":\"pictures\",\"channels\":2}}", "settings.json: data.channels: " },
    { "{\"data\":{\"location\":\"pictures\",\"worker-count\":2,\"worker-index\":2}}",
        "settings.json: data.split: worker-index is 2, and worker-count 2" },
    { "{\"data\":{\"location\":\"pictures\",\"balance\":\"class\"}}",
        "settings.json: data.balance: there is no \"class\"; there are none, oversample" },
    { "{\"data\":{\"location\":\"pictures\",\"medium\":\"smell\"}}",
        "settings.json: data.medium: there is no \"smell\"; there are auto, picture, sound, "
        "text\n" },
    { "{\"data\":{\"location\":\"pictures\",\"medium\":\"text\"}}",
        "settings.json: data.location: pictures: no texts in this folder" },
    { "{\"data\":{\"location\":\"pictures\",\"rate\":2147483647}}",
        "settings.json: data.rate: a whole number from 0 to 3072000 is wanted" },
    { "{\"data\":{\"location\":\"pictures\"},\"resume\":true,\"overwrite\":true}",
        "--resume goes on from the checkpoint, and --overwrite begins anew" },
    { "{\"data\":{\"location\":\"pictures\",\"validation-fraction\":1,\"test-fraction\":1}}",
        "settings.json: data.split: " },
    { "{\"data\":{\"location\":\"pictures\"},\"validation\":{\"tile-width\":-1}}",
        "settings.json: validation.tile-width: " },
    { "{\"data\":{\"location\":\"pictures\",\"width\":8,\"height\":8},"
      "\"validation\":{\"width\":12}}",
        "settings.json: validation.width: 12 was said, but samples to judge by are made like those "
        "that are trained on, pictures of 8 x 8 pixels" },
    { "{\"data\":{\"location\":\"pictures\"},\"test\":{\"channels\":1}}",
        "settings.json: test.channels: 1 was said, but samples" },
    { "{\"data\":{\"location\":\"pictures\"},\"test\":{\"length\":9}}",
        "settings.json: test.length: 9 was said, but samples" },
    { "{\"lerning-rate\":1}", "settings.json: lerning-rate: there is no setting" },
    { "{\"batch-size\":0}", "settings.json: batch-size: a whole number from 1 to 65536" },
    { "{\"resume\":[true]}", "settings.json: resume: " },
    { "{\"data\":{\"location\":\"pictures\"},\"early-stopping\":1}",
        "settings.json: early-stopping: " },
    { "{\"data\":{\"location\":\"pictures\"},\"beta1\":1}", "settings.json: beta1" },
    { "{\"data\":{\"location\":\"pictures\"},\"preset\":\"dcgan\"}",
        "settings.json: preset dcgan takes pictures of " },
    { "{\"data\":{\"location\":\"pictures\"},\"generator-model\":\"x.onnx\"}",
        "settings.json: discriminator-model: recipe adversarial wants" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    write_settings (fixture, cases[i].settings);
    g_assert_cmpint (train (fixture, NULL), ==, 1);
    if (strstr (fixture->err, cases[i].text) == NULL) {
      g_test_message ("says nothing of %s", cases[i].text);
      g_test_fail ();
    }
  }
}

/* A checkpoint of which a file is damaged is named, whatever else is well. */
static void
test_damaged (Fixture *fixture, gconstpointer data)
{
  static const char *const texts[] = { "", "{\n  \"step\" : 2,\n  \"set", "[1]" };
  g_autofree char *path = path_in (fixture, "model/training.json");

  write_settings (fixture, "{\"data\":{\"location\":\"pictures\",\"width\":8,\"height\":8},"
                           "\"batch-size\":2,\"max-steps\":2,\"checkpoint\":\"model\"}");
  g_assert_cmpint (train (fixture, NULL), ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_assert_true (g_file_set_contents (path, texts[i], -1, NULL));
    g_assert_cmpint (train (fixture, "--resume"), ==, 1);
    g_assert_nonnull (strstr (fixture->err, "settings.json: resume: 'model/training.json' "));
  }
  g_assert_cmpint (g_unlink (path), ==, 0);
  g_assert_cmpint (train (fixture, "--resume"), ==, 0);
}

static int
train_saying (Fixture *fixture, const char *first, const char *second, const char *third)
{
  g_autoptr (GPtrArray) line = command_line (NULL);
  g_autoptr (GError) error = NULL;
  int status;

  g_ptr_array_set_size (line, (int)line->len - 1);
  g_ptr_array_add (line, g_strdup (first));
  g_ptr_array_add (line, g_strdup (second));
  g_ptr_array_add (line, g_strdup (third));
  g_ptr_array_add (line, NULL);
  g_clear_pointer (&fixture->err, g_free);
  g_spawn_sync (fixture->folder, (char **)line->pdata, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL,
      &fixture->err, &status, &error);
  g_assert_no_error (error);
  g_assert_true (WIFEXITED (status));
  return WEXITSTATUS (status);
}

/* What the command line says comes before what the file says, and trains the same. */
static void
test_said (Fixture *fixture, gconstpointer data)
{
  static const struct {
    const char *said, *text;
  } cases[] = {
    { "lerning-rate=1", "lerning-rate: there is no setting \"lerning-rate\" (did you mean "
                        "\"learning-rate\"?)" },
    { "max-steps=many", "max-steps: a whole number from 0 on is wanted, and there is 'many'" },
    { "max-steps", "max-steps: a setting is wanted as NAME=VALUE" },
    { "batch-size=1e3", "batch-size: a whole number is wanted, and there is '1e3' (did you mean "
                        "1000?)" },
    { "data=3", "data=3: it has members, which are said one by one, such as data.location=" },
    { "data.location=", "data.location: a folder, a sheet or an IDX file must be named" },
    { "data.splt=all", "data.splt: there is no setting \"splt\" (did you mean \"split\"?)" },
    { "dta.split=all", "dta.split: there is no \"dta\" (did you mean \"data\"?)" },
    { "preset=mpl", "settings.json: preset: there is no preset \"mpl\" (did you mean \"mlp\"?)" },
    { "seed=18446744073709551616", "seed: a whole number from 0 on is wanted" },
  };

  write_settings (fixture, "{\"data\":{\"location\":\"pictures\",\"width\":8,\"height\":8},"
                           "\"batch-size\":4,\"max-steps\":2,\"learning-rate\":0.001,"
                           "\"ema\":0.5,\"checkpoint\":\"written\"}");
  g_assert_cmpint (train (fixture, NULL), ==, 0);
  write_settings (fixture, "{\"data\":{\"width\":8,\"height\":8},\"learning-rate\":0.001,"
                           "\"batch-size\":4,\"max-steps\":100,\"checkpoint\":\"said\"}");
  g_assert_cmpint (
      train_saying (fixture, "max-steps=2", "data.location=pictures", "ema=5e-1"), ==, 0);
  assert_same (fixture, "said", "written", GEN_CHECKPOINT_STATE);
  /* A seed that JSON's numbers do not hold. */
  write_settings (fixture, "{\"data\":{\"location\":\"pictures\",\"width\":8,\"height\":8},"
                           "\"batch-size\":4,\"max-steps\":2,\"seed\":18446744073709551615,"
                           "\"checkpoint\":\"large\"}");
  g_assert_cmpint (train (fixture, NULL), ==, 0);
  write_settings (fixture, "{\"data\":{\"location\":\"pictures\",\"width\":8,\"height\":8},"
                           "\"batch-size\":4,\"max-steps\":2,\"checkpoint\":\"large-said\"}");
  g_assert_cmpint (train_saying (fixture, "seed=18446744073709551615", NULL, NULL), ==, 0);
  assert_same (fixture, "large-said", "large", GEN_CHECKPOINT_STATE);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_assert_cmpint (train_saying (fixture, cases[i].said, "checkpoint=none", NULL), ==, 1);
    if (strstr (fixture->err, cases[i].text) == NULL)
      g_error ("'%s' does not say '%s'", fixture->err, cases[i].text);
  }
  write_settings (fixture, "{\"data\":{\"location\":\"pictures\",\"width\":8,\"height\":8}}");
  g_assert_cmpint (
      train_saying (fixture, "recipe=language", "tokenizer=settings.json", "checkpoint=none"), ==,
      1);
  g_assert_nonnull (strstr (fixture->err, "tokenizer: 'settings.json' is a file; the folder is "));
}

/* What fails as it goes on. */
static void
test_failures (Fixture *fixture, gconstpointer data)
{
  write_settings (fixture, "{\"data\":{\"location\":\"pictures\",\"width\":8,\"height\":8},"
                           "\"learning-rate\":1e30,\"max-steps\":50,\"checkpoint\":\"diverged\"}");
  g_assert_cmpint (train (fixture, NULL), ==, 1);
  g_assert_nonnull (strstr (fixture->err, "learning-rate"));
  g_assert_nonnull (strstr (fixture->err, "there is no checkpoint yet in 'diverged'"));

  write_settings (fixture, "{\"data\":{\"location\":\"pictures\",\"split\":\"test\",\"seed\":3,"
                           "\"test-fraction\":0.02},\"max-steps\":2,\"batch-size\":2,"
                           "\"validation\":{\"split\":\"validation\",\"validation-fraction\":0.02},"
                           "\"validation-interval\":1,\"checkpoint\":\"few\"}");
  g_assert_cmpint (train (fixture, NULL), ==, 1);
  g_assert_nonnull (strstr (fixture->err, "validation takes at least two pictures"));
}

/* What `recipes` prints; fixture->err has what went wrong. (transfer full) */
static char *
list_recipes (Fixture *fixture, const char *recipe, const char *preset, int wanted)
{
  g_autoptr (GPtrArray) line = launch_line (g_getenv ("GENERATIVE_MODEL"));
  g_autoptr (GError) error = NULL;
  char *out = NULL;
  int status;

  g_ptr_array_add (line, g_strdup ("recipes"));
  g_ptr_array_add (line, g_strdup (recipe));
  g_ptr_array_add (line, g_strdup (preset));
  g_ptr_array_add (line, NULL);
  g_clear_pointer (&fixture->err, g_free);
  g_spawn_sync (fixture->folder, (char **)line->pdata, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &out,
      &fixture->err, &status, &error);
  g_assert_no_error (error);
  g_assert_cmpint (WEXITSTATUS (status), ==, wanted);
  return out;
}

/* Each recipe is listed with what it reads, and with nothing that is for others. */
static void
test_recipes (Fixture *fixture, gconstpointer data)
{
  g_autofree char *all = list_recipes (fixture, NULL, NULL, 0);
  g_autofree char *brought = list_recipes (fixture, "adversarial", "r3gan-lite", 0);
  g_autofree char *wrong = list_recipes (fixture, "diffusion", "vae", 1);
  guint n;
  const GenSetting *list = gen_training_setting_list (&n);

  g_assert_nonnull (strstr (fixture->err, "preset vae is of recipe variational, not diffusion"));
  g_assert_nonnull (strstr (brought, "; \"relativistic\""));
  g_assert_null (strstr (brought, "  conditional "));
  for (const GenRecipe *const *recipe = gen_recipe_list () + 1; *recipe != NULL; recipe++) {
    g_autofree char *row = g_strdup_printf ("| %s | %s |", (*recipe)->name, (*recipe)->description);
    g_autofree char *text = list_recipes (fixture, (*recipe)->name, NULL, 0);

    g_assert_nonnull (strstr (all, row));
    for (guint i = 0; i < n; i++) {
      g_autofree char *name = g_strdup_printf ("\n  %s ", list[i].name);

      if ((strstr (text, name) != NULL) != gen_training_setting_is_of (&list[i], *recipe))
        g_error ("recipes %s, %s: %s", (*recipe)->name, list[i].name, text);
    }
  }
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add (
      "/training-tool/same-as-pipeline", Fixture, NULL, set_up, test_same_as_pipeline, tear_down);
  g_test_add ("/training-tool/sounds-same-as-pipeline", Fixture, NULL, set_up_sounds,
      test_sounds_same_as_pipeline, tear_down);
  g_test_add ("/training-tool/stopped", Fixture, NULL, set_up, test_stopped, tear_down);
  g_test_add ("/training-tool/refused", Fixture, NULL, set_up, test_refused, tear_down);
  g_test_add ("/training-tool/recipes", Fixture, NULL, set_up, test_recipes, tear_down);
  g_test_add ("/training-tool/said", Fixture, NULL, set_up, test_said, tear_down);
  g_test_add ("/training-tool/failures", Fixture, NULL, set_up, test_failures, tear_down);
  g_test_add ("/training-tool/damaged", Fixture, NULL, set_up, test_damaged, tear_down);
  return g_test_run ();
}
