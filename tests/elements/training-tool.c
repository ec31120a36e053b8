/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generative-model train beside the pipeline that does the same: the same bits; and what it says of
 * settings that do not do. */
#include <generative/checkpoint.h>
#include <generative/onnx.h>
#include <generative/picture.h>
#include <generative/sound.h>
#include <generative/training-settings.h>
#include <gst/gst.h>
#include <json-glib/json-glib.h>

#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "../launch.h"
#include "../scratch.h"

#define N_PICTURES 60
#define N_SOUNDS 9

typedef struct {
  char *folder;
  char *err; /* of the last run */
} Fixture;

static char *
path_in (const Fixture *fixture, const char *name)
{
  return g_build_filename (fixture->folder, name, NULL);
}

/* Pictures, larger than what is trained on and in colour, and a file that is none. */
static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autofree char *pictures = NULL, *broken = NULL;
  g_auto (GenPicture) picture = { 0 };
  g_autoptr (GError) error = NULL;

  fixture->folder = scratch_new ();
  pictures = path_in (fixture, "pictures");
  g_assert_cmpint (g_mkdir (pictures, 0700), ==, 0);
  gen_picture_init (&picture, 12, 10, 3);
  for (int n = 0; n < N_PICTURES; n++) {
    g_autofree char *name = g_strdup_printf ("pictures/%02d.png", n);
    g_autofree char *path = path_in (fixture, name);

    for (int i = 0; i < picture.height * picture.stride; i++)
      picture.data[i] = (guint8)(n * 41 + i * (n % 7 + 2));
    g_assert_true (gen_picture_save_png (&picture, path, &error));
    g_assert_no_error (error);
  }
  broken = path_in (fixture, "pictures/broken.png");
  g_assert_true (g_file_set_contents (broken, "none", -1, NULL));
}

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
tear_down (Fixture *fixture, gconstpointer data)
{
  scratch_remove (fixture->folder);
  g_free (fixture->folder);
  g_free (fixture->err);
}

static void
write_settings (const Fixture *fixture, const char *text)
{
  g_autofree char *path = path_in (fixture, "settings.json");

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

static GPtrArray *
command_line (const char *option)
{
  GPtrArray *line = launch_line (g_getenv ("GENERATIVE_MODEL"));

  g_ptr_array_add (line, g_strdup ("train"));
  g_ptr_array_add (line, g_strdup ("settings.json"));
  if (option != NULL)
    g_ptr_array_add (line, g_strdup (option));
  g_ptr_array_add (line, NULL);
  return line;
}

/* The tool's exit status. */
static int
train (Fixture *fixture, const char *option)
{
  g_autoptr (GPtrArray) line = command_line (option);
  g_autoptr (GError) error = NULL;
  int status;

  g_clear_pointer (&fixture->err, g_free);
  g_spawn_sync (fixture->folder, (char **)line->pdata, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL,
      &fixture->err, &status, &error);
  g_assert_no_error (error);
  g_test_message ("%s", fixture->err);
  g_assert_true (WIFEXITED (status));
  return WEXITSTATUS (status);
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

static void
assert_same_files (const char *one, const char *other)
{
  g_autofree char *in_one = NULL, *in_other = NULL;
  gsize size_of_one, size_of_other;

  g_assert_true (g_file_get_contents (one, &in_one, &size_of_one, NULL));
  g_assert_true (g_file_get_contents (other, &in_other, &size_of_other, NULL));
  g_assert_cmpmem (in_one, size_of_one, in_other, size_of_other);
}

static void
assert_same (const Fixture *fixture, const char *one, const char *other, const char *name)
{
  g_autofree char *path_of_one = g_build_filename (fixture->folder, one, name, NULL);
  g_autofree char *path_of_other = g_build_filename (fixture->folder, other, name, NULL);

  assert_same_files (path_of_one, path_of_other);
}

/* An object of JSON. (transfer full) */
static JsonObject *
read_json (const Fixture *fixture, const char *checkpoint, const char *name)
{
  g_autofree char *path = g_build_filename (fixture->folder, checkpoint, name, NULL);
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (GError) error = NULL;

  json_parser_load_from_file (parser, path, &error);
  g_assert_no_error (error);
  return json_object_ref (json_node_get_object (json_parser_get_root (parser)));
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

/* Of a sheet of two classes. */
static void
write_sheet_settings (const Fixture *fixture, const char *more)
{
  g_autofree char *text = g_strdup_printf (
      "{\"data\":{\"location\":\"pictures/00.png\",\"tile-width\":4,\"tile-height\":5,"
      "\"rows-per-label\":1,\"width\":28,\"height\":28,\"channels\":1},\"width\":2,"
      "\"batch-size\":2,%s}",
      more);

  write_settings (fixture, text);
}

/* A head on what an encoder has learned without labels: what was taken is told, and what stays is
 * in the checkpoint, so that training goes on where the encoder is no more. */
static void
test_fine_tuned (Fixture *fixture, gconstpointer data)
{
  static const char *const judged =
      "\"preset\":\"classifier\",\"weights\":\"whole\",\"max-steps\":2,"
      "\"validation\":{\"split\":\"all\"},\"checkpoint\":\"judged\"";
  g_autofree char *path = path_in (fixture, "judged/comparison/report.md"), *report = NULL;
  static const char *const taught = "\"preset\":\"classifier\",\"weights\":\"features\","
                                    "\"trainable\":\"head\",\"max-steps\":%d,"
                                    "\"checkpoint\":\"%s\"";
  g_autofree char *whole = g_strdup_printf (taught, 4, "whole");
  g_autofree char *begun = g_strdup_printf (taught, 2, "parts");
  g_autofree char *gone_on = g_strdup_printf (taught, 4, "parts");
  g_autofree char *features = path_in (fixture, "features");

  write_sheet_settings (
      fixture, "\"preset\":\"masked-autoencoder\",\"max-steps\":2,\"checkpoint\":\"features\"");
  g_assert_cmpint (train (fixture, NULL), ==, 0);
  write_sheet_settings (fixture, whole);
  g_assert_cmpint (train (fixture, NULL), ==, 0);
  g_assert_nonnull (strstr (fixture->err, "weights: the classifier begins with "));
  g_assert_nonnull (strstr (fixture->err, "head.weight, head.bias, of which that has none"));
  write_sheet_settings (fixture, begun);
  g_assert_cmpint (train (fixture, NULL), ==, 0);
  scratch_remove (features);
  write_sheet_settings (fixture, gone_on);
  g_assert_cmpint (train (fixture, "--resume"), ==, 0);
  assert_same (fixture, "parts", "whole", "classifier.onnx");
  assert_same (fixture, "parts", "whole", GEN_CHECKPOINT_STATE);

  write_sheet_settings (fixture, "\"preset\":\"classifier\",\"weights\":\"whole/logs\"");
  g_assert_cmpint (train (fixture, NULL), ==, 1);
  g_assert_nonnull (strstr (fixture->err, "weights: 'whole/logs' has no model of a training"));
  write_sheet_settings (fixture, "\"preset\":\"classifier\",\"classes\":1");
  g_assert_cmpint (train (fixture, NULL), ==, 1);
  g_assert_nonnull (strstr (fixture->err, "classes: a classifier tells two or more apart"));
  /* Shares change by points, and other figures by a share of what they were. */
  write_sheet_settings (fixture, judged);
  g_assert_cmpint (train (fixture, NULL), ==, 0);
  g_assert_true (g_file_get_contents (path, &report, NULL, NULL));
  g_assert_true (g_regex_match_simple (
      "\\| accuracy \\| [0-9.]+ \\| [0-9.]+ \\| [-+][0-9.]+ percentage points \\|", report, 0, 0));
  g_assert_true (g_regex_match_simple ("\\| loss \\|.* % \\|", report, 0, 0));
}

/* The figures of a training's comparison, "before" or "after". (transfer full) */
static JsonObject *
read_figures (const Fixture *fixture, const char *checkpoint, const char *when)
{
  g_autoptr (JsonObject) report = read_json (fixture, checkpoint, "comparison/report.json");

  return json_object_ref (json_object_get_object_member (report, when));
}

/* What one training ends with the next one begins with; and one that was interrupted compares with
 * what was there before its first step. */
static void
test_compared (Fixture *fixture, gconstpointer data)
{
  static const char *const settings =
      "{\"data\":{\"location\":\"pictures\",\"width\":28,\"height\":28,\"channels\":1},"
      "\"validation\":{\"split\":\"validation\",\"validation-fraction\":0.2},"
      "\"preset\":\"autoencoder\",\"width\":2,\"batch-size\":6,\"max-steps\":%d,"
      "\"checkpoint\":\"%s\"%s}";
  static const struct {
    const char *checkpoint, *option, *weights;
    int steps;
  } trainings[] = {
    { "fresh", NULL, "", 2 },
    { "second", NULL, ",\"weights\":\"fresh\"", 3 },
    { "third", NULL, ",\"weights\":\"second\"", 2 },
    { "parts", NULL, ",\"weights\":\"fresh\"", 1 },
    { "parts", "--resume", ",\"weights\":\"fresh\"", 3 },
  };
  static const char *const files[] = { "report.json", "report.md", "before.png", "after.png" };
  g_autofree char *fresh = path_in (fixture, "fresh/comparison");
  g_autofree char *second = path_in (fixture, "second/comparison/after.png");
  g_autofree char *third = path_in (fixture, "third/comparison/before.png");
  g_autofree char *parts = path_in (fixture, "parts/comparison"), *overwritten = NULL;
  g_autoptr (JsonObject) ended = NULL, begun = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (trainings); i++) {
    g_autofree char *text = g_strdup_printf (
        settings, trainings[i].steps, trainings[i].checkpoint, trainings[i].weights);

    write_settings (fixture, text);
    g_assert_cmpint (train (fixture, trainings[i].option), ==, 0);
  }
  g_assert_nonnull (strstr (fixture->err, "before training and "));
  g_assert_false (g_file_test (fresh, G_FILE_TEST_EXISTS));
  ended = read_figures (fixture, "second", "after");
  begun = read_figures (fixture, "third", "before");
  g_assert_cmpint (json_object_get_int_member (ended, "step"), ==, 3);
  g_assert_cmpint (json_object_get_int_member (begun, "step"), ==, 0);
  g_assert_cmpint (json_object_get_int_member (begun, "samples"), >, 1);
  g_assert_cmpfloat (json_object_get_double_member (begun, "loss"), ==,
      json_object_get_double_member (ended, "loss"));
  assert_same_files (second, third);
  for (guint i = 0; i < G_N_ELEMENTS (files); i++) {
    g_autofree char *name = g_build_filename ("comparison", files[i], NULL);

    assert_same (fixture, "parts", "second", name);
  }
  /* One that begins with fresh nets leaves nothing of it. */
  overwritten = g_strdup_printf (settings, 1, "parts", "");
  write_settings (fixture, overwritten);
  g_assert_cmpint (train (fixture, "--overwrite"), ==, 0);
  g_assert_false (g_file_test (parts, G_FILE_TEST_EXISTS));
}

/* What the nets are judged by at the end: of the best ones, as their files have them, it is what
 * the validation found when the samples are those of the validation. */
static void
test_tested (Fixture *fixture, gconstpointer data)
{
  static const char *const settings =
      "{\"data\":{\"location\":\"pictures\",\"width\":28,\"height\":28,\"channels\":1},"
      "\"validation\":{\"split\":\"validation\",\"validation-fraction\":0.2},"
      "\"test\":{\"split\":\"validation\",\"validation-fraction\":0.2},"
      "\"preset\":\"autoencoder\",\"width\":2,\"batch-size\":6,"
      "\"validation-interval\":1,\"learning-rate\":%g,\"max-steps\":%d,"
      "\"checkpoint\":\"%s\"%s}";
  g_autofree char *fresh = g_strdup_printf (settings, 1e-3, 2, "fresh", "");
  g_autofree char *worse = g_strdup_printf (settings, 0.3, 4, "worse", ",\"weights\":\"fresh\"");
  g_autofree char *elsewhere =
      g_strdup_printf (settings, 1e-3, 1, "elsewhere", ",\"test\":{\"location\":\"nowhere\"}");
  g_autoptr (JsonObject) training = NULL, before = NULL, after = NULL, best = NULL;
  g_autofree char *path = path_in (fixture, "worse/comparison/report.md"), *report = NULL;
  JsonObject *test, *last;

  write_settings (fixture, fresh);
  g_assert_cmpint (train (fixture, NULL), ==, 0);
  g_assert_nonnull (strstr (fixture->err, " have loss "));
  training = read_json (fixture, "fresh", "training.json");
  test = json_object_get_object_member (training, "test");
  last = json_object_get_object_member (test, "last");
  g_assert_cmpfloat (json_object_get_double_member (last, "loss"), ==,
      json_object_get_double_member (training, "best-loss"));
  g_assert_false (json_object_has_member (test, "best"));

  write_settings (fixture, worse);
  g_assert_cmpint (train (fixture, NULL), ==, 0);
  before = read_figures (fixture, "worse", "before");
  after = read_figures (fixture, "worse", "after");
  best = read_figures (fixture, "worse", "best");
  g_assert_cmpstr (json_object_get_string_member (before, "split"), ==, "test");
  g_assert_cmpstr (json_object_get_string_member (after, "split"), ==, "test");
  g_assert_cmpfloat (json_object_get_double_member (before, "loss"), ==,
      json_object_get_double_member (last, "loss"));
  g_assert_cmpfloat (json_object_get_double_member (best, "loss"), <,
      json_object_get_double_member (after, "loss"));
  g_clear_pointer (&training, json_object_unref);
  training = read_json (fixture, "worse", "training.json");
  g_assert_cmpfloat (json_object_get_double_member (best, "loss"), ==,
      json_object_get_double_member (training, "best-loss"));
  g_assert_cmpint (json_object_get_int_member (best, "step"), ==,
      json_object_get_int_member (training, "best-step"));
  g_assert_true (g_file_get_contents (path, &report, NULL, NULL));
  g_assert_nonnull (strstr (report, "| before | after | change | best validation |"));
  g_assert_nonnull (strstr (report, "those of the test"));

  write_settings (fixture, elsewhere);
  g_assert_cmpint (train (fixture, NULL), ==, 1);
  g_assert_nonnull (strstr (fixture->err, "settings.json: test.location: "));
}

/* What `generative-model test` prints, of arguments with spaces between; its exit status. */
static int
judge (Fixture *fixture, const char *arguments, char **out)
{
  g_autoptr (GPtrArray) line = launch_line (g_getenv ("GENERATIVE_MODEL"));
  g_auto (GStrv) all = g_strsplit (arguments, " ", -1);
  g_autoptr (GError) error = NULL;
  int status;

  g_ptr_array_add (line, g_strdup ("test"));
  for (char **argument = all; *argument != NULL; argument++)
    g_ptr_array_add (line, g_strdup (*argument));
  g_ptr_array_add (line, NULL);
  g_clear_pointer (&fixture->err, g_free);
  g_spawn_sync (fixture->folder, (char **)line->pdata, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, out,
      &fixture->err, &status, &error);
  g_assert_no_error (error);
  g_test_message ("%s%s", *out, fixture->err);
  g_assert_true (WIFEXITED (status));
  return WEXITSTATUS (status);
}

/* A folder whose description says that fewer than no steps were made. */
static void
write_odd_step (const Fixture *fixture, const char *description)
{
  g_autofree char *folder = path_in (fixture, "odd"),
                  *path = path_in (fixture, "odd/training.json");
  g_auto (GStrv) parts = g_strsplit (description, "\"step\" : 3", -1);
  g_autofree char *text = g_strjoinv ("\"step\" : -1", parts);

  g_assert_cmpstr (text, !=, description);
  g_assert_cmpint (g_mkdir (folder, 0700), ==, 0);
  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

/* Nets of a folder are judged as their training judged them at its end, and nothing is written. */
static void
test_judged (Fixture *fixture, gconstpointer data)
{
  static const struct {
    const char *arguments, *text;
  } cases[] = {
    { "pictures pictures", "pictures: there is no training.json beside it" },
    { "fresh nowhere", "data.location: nowhere: no such" },
    { "fresh pictures splt=all",
        "splt=all: there is no setting \"splt\" (did you mean \"split\"?)" },
    { "fresh pictures width=20", "the encoder takes pictures of 28 x 28 pixels, grey" },
    { "fresh pictures --samples 1", "--samples is 1" },
    { "fresh pictures --samples 0", "--samples is 0, which should be from 2 to 65536" },
    { "fresh pictures --samples -3", "--samples is -3" },
    { "odd pictures", "odd/training.json: step is -1, and should be how many steps were made" },
  };
  g_autofree char *path = path_in (fixture, "fresh/training.json"), *out = NULL, *same = NULL,
                  *before = NULL, *after = NULL, *one = NULL;
  g_autoptr (JsonObject) training = NULL;
  g_autoptr (JsonNode) figures = NULL;
  JsonObject *last, *made;

  /* What is said of "data" there holds here. */
  write_settings (fixture,
      "{\"data\":{\"location\":\"pictures\",\"width\":28,\"height\":28,\"channels\":1,"
      "\"fit\":\"pad\",\"seed\":4,\"validation-fraction\":0.2},"
      "\"test\":{\"split\":\"validation\"},"
      "\"preset\":\"autoencoder\",\"width\":2,\"batch-size\":6,\"max-steps\":3,"
      "\"checkpoint\":\"fresh\"}");
  g_assert_cmpint (train (fixture, NULL), ==, 0);
  training = read_json (fixture, "fresh", "training.json");
  last = json_object_get_object_member (json_object_get_object_member (training, "test"), "last");
  g_assert_true (g_file_get_contents (path, &before, NULL, NULL));
  g_assert_cmpint (judge (fixture, "fresh pictures data.split=validation --json", &out), ==, 0);
  figures = json_from_string (out, NULL);
  made = json_node_get_object (figures);
  g_assert_cmpint (json_object_get_int_member (made, "step"), ==, 3);
  g_assert_cmpint (json_object_get_int_member (made, "samples"), ==,
      json_object_get_int_member (last, "samples"));
  g_assert_cmpfloat (json_object_get_double_member (made, "loss-on-test"), ==,
      json_object_get_double_member (last, "loss"));
  g_assert_cmpint (judge (fixture, "fresh/encoder.onnx pictures split=validation", &same), ==, 0);
  g_assert_nonnull (strstr (same, "loss-on-test "));
  g_assert_nonnull (strstr (same, "test: of "));
  g_assert_true (g_file_get_contents (path, &after, NULL, NULL));
  g_assert_cmpstr (after, ==, before);
  write_odd_step (fixture, before);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_clear_pointer (&one, g_free);
    g_assert_cmpint (judge (fixture, cases[i].arguments, &one), ==, 1);
    if (strstr (fixture->err, cases[i].text) == NULL)
      g_error ("'%s' does not say '%s'", fixture->err, cases[i].text);
  }
}

/* What takes codes is asked about pictures as its tokenizer takes them. */
static void
test_judged_codes (Fixture *fixture, gconstpointer data)
{
  static const char *const format =
      "{\"data\":{\"location\":\"pictures\",\"width\":28,\"height\":28,\"channels\":1},"
      "\"width\":4,\"batch-size\":4,\"max-steps\":2,\"checkpoint\":\"%s\",%s}";
  g_autofree char *codes = g_strdup_printf (format, "codes", "\"preset\":\"vq-vae\"");
  g_autofree char *prior =
      g_strdup_printf (format, "prior", "\"preset\":\"transformer\",\"tokenizer\":\"codes\"");
  g_autofree char *out = NULL;

  write_settings (fixture, codes);
  g_assert_cmpint (train (fixture, NULL), ==, 0);
  write_settings (fixture, prior);
  g_assert_cmpint (train (fixture, NULL), ==, 0);
  g_assert_cmpint (judge (fixture, "prior pictures", &out), ==, 0);
  g_assert_nonnull (strstr (out, "perplexity-on-test "));
}

static double
judge_loss (Fixture *fixture, const char *model)
{
  g_autofree char *arguments = g_strconcat (model, " pictures --json", NULL), *out = NULL;
  g_autoptr (JsonNode) figures = NULL;

  g_assert_cmpint (judge (fixture, arguments, &out), ==, 0);
  figures = json_from_string (out, NULL);
  return json_object_get_double_member (json_node_get_object (figures), "loss-on-test");
}

/* A folder is judged by the average of its nets, and a net by itself. */
static void
test_judged_average (Fixture *fixture, gconstpointer data)
{
  double average;

  write_settings (fixture,
      "{\"data\":{\"location\":\"pictures\",\"width\":28,\"height\":28,\"channels\":1},"
      "\"preset\":\"vae\",\"width\":2,\"latent-size\":4,\"batch-size\":6,\"ema\":0.9,"
      "\"learning-rate\":0.01,\"max-steps\":5,\"checkpoint\":\"averaged\"}");
  g_assert_cmpint (train (fixture, NULL), ==, 0);
  average = judge_loss (fixture, "averaged");
  g_assert_cmpfloat (judge_loss (fixture, "averaged/ema.onnx"), ==, average);
  g_assert_cmpfloat (judge_loss (fixture, "averaged/encoder.onnx"), ==, average);
  g_assert_cmpfloat (judge_loss (fixture, "averaged/decoder.onnx"), !=, average);
}

/* Samples to validate by may be named later than the nets: then there is nothing to compare them
 * with, and what is made is compared. */
static void
test_compared_later (Fixture *fixture, gconstpointer data)
{
  static const char *const settings =
      "{\"data\":{\"location\":\"pictures\",\"width\":28,\"height\":28,\"channels\":1},"
      "\"preset\":\"autoencoder\",\"width\":2,\"batch-size\":6,\"max-steps\":%d,"
      "\"checkpoint\":\"%s\"%s}";
  g_autofree char *fresh = g_strdup_printf (settings, 1, "fresh", "");
  g_autofree char *begun = g_strdup_printf (settings, 1, "later", ",\"weights\":\"fresh\"");
  g_autofree char *gone_on = g_strdup_printf (settings, 2, "later",
      ",\"weights\":\"fresh\",\"validation\":{\"split\":\"validation\","
      "\"validation-fraction\":0.2}");
  g_autoptr (JsonObject) before = NULL, after = NULL;

  write_settings (fixture, fresh);
  g_assert_cmpint (train (fixture, NULL), ==, 0);
  write_settings (fixture, begun);
  g_assert_cmpint (train (fixture, NULL), ==, 0);
  write_settings (fixture, gone_on);
  g_assert_cmpint (train (fixture, "--resume"), ==, 0);
  g_assert_nonnull (strstr (fixture->err, "what the nets made before training and after it"));
  before = read_figures (fixture, "later", "before");
  after = read_figures (fixture, "later", "after");
  g_assert_false (json_object_has_member (before, "loss"));
  g_assert_true (json_object_has_member (after, "loss"));
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
  g_test_add ("/training-tool/fine-tuned", Fixture, NULL, set_up, test_fine_tuned, tear_down);
  g_test_add ("/training-tool/compared", Fixture, NULL, set_up, test_compared, tear_down);
  g_test_add ("/training-tool/tested", Fixture, NULL, set_up, test_tested, tear_down);
  g_test_add ("/training-tool/judged", Fixture, NULL, set_up, test_judged, tear_down);
  g_test_add ("/training-tool/judged-codes", Fixture, NULL, set_up, test_judged_codes, tear_down);
  g_test_add (
      "/training-tool/judged-average", Fixture, NULL, set_up, test_judged_average, tear_down);
  g_test_add (
      "/training-tool/compared-later", Fixture, NULL, set_up, test_compared_later, tear_down);
  return g_test_run ();
}
