/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Translations by modeltrainer and by generative-model train: pairs that a pipeline puts together,
 * classes of a data set, what is told and shown, resuming, and generator playing what was learned
 * on a film of another size. */
#include <generative/checkpoint.h>
#include <generative/picture.h>
#include <gst/gst.h>

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../launch.h"
#include "../scratch.h"

#define N_PICTURES 10
#define EXTENT 16

/* Each frame beside its own grey. */
#define LIVE_PAIRS                                                                                 \
  "compositor name=pairs sink_0::xpos=0 sink_1::xpos=16 ! "                                        \
  "video/x-raw,format=RGB,width=32,height=16 ! t.sink "                                            \
  "videotestsrc pattern=smpte num-buffers=40 ! video/x-raw,format=RGB,width=16,height=16 ! "       \
  "tee name=film ! queue ! videoconvert ! video/x-raw,format=GRAY8 ! videoconvert ! pairs.sink_0 " \
  "film. ! queue ! pairs.sink_1 "

typedef struct {
  char *folder;
} Fixture;

/* kinds/a and kinds/b have pictures of one class each; kinds/a alone is a folder of one. */
static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_auto (GenPicture) picture = { 0 };

  fixture->folder = scratch_new ();
  gen_picture_init (&picture, EXTENT, EXTENT, 1);
  for (int i = 0; i < 2 * N_PICTURES; i++) {
    g_autofree char *kind =
        g_strdup_printf ("%s/kinds/%c", fixture->folder, i % 2 == 0 ? 'a' : 'b');
    g_autofree char *path = g_strdup_printf ("%s/%02d.png", kind, i);

    g_assert_cmpint (g_mkdir_with_parents (kind, 0700), ==, 0);
    for (int k = 0; k < EXTENT * picture.stride; k++)
      picture.data[k] = (guint8)(i % 2 == 0 ? i * 9 + k : 255 - k * (i + 1));
    g_assert_true (gen_picture_save_png (&picture, path, NULL));
  }
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  scratch_remove (fixture->folder);
  g_free (fixture->folder);
}

/* Messages of a name, which have `fields`, numbers, all of them. */
typedef struct {
  const char *name;
  const char *const *fields;
  guint n;
} Told;

static void
note (GstMessage *message, Told *told)
{
  double value;

  if (told == NULL || !gst_message_has_name (message, told->name))
    return;
  for (const char *const *field = told->fields; *field != NULL; field++)
    g_assert_true (gst_structure_get_double (gst_message_get_structure (message), *field, &value));
  told->n++;
}

/* Run a pipeline to its end; the error that it ends with, or NULL. (transfer full) */
static GError *
play (const char *description, Told *told)
{
  GError *error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (description, &error);
  g_autoptr (GstBus) bus = NULL;
  gboolean ended = FALSE;

  g_assert_no_error (error);
  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  while (!ended) {
    g_autoptr (GstMessage) message = gst_bus_timed_pop (bus, 60 * GST_SECOND);

    g_assert_nonnull (message);
    note (message, told);
    if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
      gst_message_parse_error (message, &error, NULL);
    ended = error != NULL || GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS;
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
  return error;
}

static char *
read_file (const Fixture *fixture, const char *name, gsize *size)
{
  g_autofree char *path = g_build_filename (fixture->folder, name, NULL);
  g_autoptr (GError) error = NULL;
  char *data;

  g_file_get_contents (path, &data, size, &error);
  g_assert_no_error (error);
  return data;
}

static void
assert_same (const Fixture *fixture, const char *one, const char *other, const char *name)
{
  g_autofree char *of_one = g_build_filename (one, name, NULL);
  g_autofree char *of_other = g_build_filename (other, name, NULL);
  gsize n, m;
  g_autofree char *a = read_file (fixture, of_one, &n), *b = read_file (fixture, of_other, &m);

  g_assert_cmpmem (a, n, b, m);
}

/* --- by pairs --- */

/* What is made for a film of another size comes back in that size. */
static void
check_plays (const Fixture *fixture, const char *model)
{
  g_autofree char *launch =
      g_strdup_printf ("videotestsrc num-buffers=3 ! video/x-raw,format=RGB,width=48,height=32 ! "
                       "generator model=%s/%s ! video/x-raw,format=RGB,width=48,height=32 ! "
                       "filesink location=%s/played",
          fixture->folder, model, fixture->folder);
  gsize size;

  g_assert_no_error (play (launch, NULL));
  g_free (read_file (fixture, "played", &size));
  g_assert_cmpuint (size, ==, 3 * 48 * 32 * 3);
}

static void
test_live_pairs (Fixture *fixture, gconstpointer data)
{
  static const char *const figures[] = { "loss", "psnr", "discriminator-loss", "generator-loss",
    "accuracy-on-real", "accuracy-on-fake", NULL };
  Told told = { "modeltrainer-progress", figures };
  g_autofree char *launch = g_strdup_printf (
      "modeltrainer name=t preset=pix2pix width=4 device=cpu batch-size=4 silent=true ema=0.9 "
      "preview-columns=3 preview-rows=1 checkpoint=%s/live ! filesink location=%s/wall " LIVE_PAIRS,
      fixture->folder, fixture->folder);
  g_autofree char *wall = NULL;
  gsize size;

  g_assert_no_error (play (launch, &told));
  g_assert_cmpuint (told.n, >=, 1);
  wall = read_file (fixture, "wall", &size);
  g_assert_cmpuint (size, >, 0);
  g_assert_cmpuint (size % (3 * EXTENT * EXTENT * 3), ==, 0);
  check_plays (fixture, "live/generator.onnx");
  check_plays (fixture, "live/ema.onnx");
}

static void
test_resumed_pairs (Fixture *fixture, gconstpointer data)
{
  const char *format =
      "datasetsrc location=%s/kinds ! video/x-raw,format=GRAY8,width=16,height=32 ! "
      "modeltrainer preset=pix2pix pair=stacked direction=b-to-a width=4 device=cpu batch-size=4 "
      "silent=true seed=3 ema=0.9 max-steps=%d checkpoint=%s/%s %s";
  g_autofree char *whole =
      g_strdup_printf (format, fixture->folder, 5, fixture->folder, "whole", "");
  g_autofree char *first =
      g_strdup_printf (format, fixture->folder, 2, fixture->folder, "parts", "");
  g_autofree char *second =
      g_strdup_printf (format, fixture->folder, 5, fixture->folder, "parts", "resume=true");

  g_assert_no_error (play (whole, NULL));
  g_assert_no_error (play (first, NULL));
  g_assert_no_error (play (second, NULL));
  assert_same (fixture, "whole", "parts", GEN_CHECKPOINT_STATE);
  assert_same (fixture, "whole", "parts", "generator.onnx");
}

static void
test_odd_pairs (Fixture *fixture, gconstpointer data)
{
  g_autofree char *launch = g_strdup_printf (
      "datasetsrc location=%s/kinds ! video/x-raw,format=GRAY8,width=33,height=16 ! "
      "modeltrainer preset=pix2pix device=cpu checkpoint=%s/odd",
      fixture->folder, fixture->folder);
  g_autoptr (GError) error = play (launch, NULL);

  g_assert_error (error, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_INIT);
  g_assert_cmpstr (error->message, ==,
      "pair: recipe translation takes pairs that lie side by side in one picture, whose width is "
      "even, and the data is pictures of 33 x 16 pixels, grey");
}

/* --- by classes --- */

/* The tool's exit status. */
static int
train_by_tool (const Fixture *fixture, const char *settings, const char *option)
{
  g_autofree char *path = g_build_filename (fixture->folder, "settings.json", NULL);
  g_autoptr (GPtrArray) line = launch_line (g_getenv ("GENERATIVE_MODEL"));
  g_autofree char *err = NULL;
  g_autoptr (GError) error = NULL;
  int status;

  g_assert_true (g_file_set_contents (path, settings, -1, NULL));
  g_ptr_array_add (line, g_strdup ("train"));
  g_ptr_array_add (line, g_strdup ("settings.json"));
  if (option != NULL)
    g_ptr_array_add (line, g_strdup (option));
  g_ptr_array_add (line, NULL);
  g_spawn_sync (fixture->folder, (char **)line->pdata, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL,
      &err, &status, &error);
  g_assert_no_error (error);
  g_test_message ("%s", err);
  g_assert_true (WIFEXITED (status));
  return WEXITSTATUS (status);
}

/* Six steps of the pipeline, which validates the last, and three and three of the tool are the same
 * bits. Two epochs of twenty pictures are twenty samples, one of each class: six batches of three.
 */
static void
test_classes (Fixture *fixture, gconstpointer data)
{
  static const char *const files[] = { "generator.onnx", "discriminator.onnx",
    "back-generator.onnx", "back-discriminator.onnx", "ema.onnx", "best/back-generator.onnx" };
  static const char *const validated[] = { "cycle-loss-on-validation", "accuracy-on-validation",
    NULL };
  Told told = { "modeltrainer-validation", validated };
  const char *settings =
      "{ \"data\": { \"location\": \"kinds\", \"width\": 16, \"height\": 16 },\n"
      "  %s\n"
      "  \"preset\": \"cyclegan\", \"width\": 2, \"batch-size\": 3, \"ema\": 0.9, \"seed\": 4,\n"
      "  \"device\": \"cpu\", \"validation-interval\": 6, %s, \"checkpoint\": \"tool\" }";
  g_autofree char *first = g_strdup_printf (settings, "", "\"max-steps\": 3");
  g_autofree char *second = g_strdup_printf (settings, "\"validation\": {},", "\"epochs\": 2");
  g_autofree char *launch = g_strdup_printf (
      "modeltrainer name=t preset=cyclegan width=2 device=cpu batch-size=3 ema=0.9 seed=4 epochs=2 "
      "validation-interval=6 silent=true checkpoint=%s/element "
      "datasetsrc location=%s/kinds ! video/x-raw,format=GRAY8,width=16,height=16 ! t.sink "
      "datasetsrc location=%s/kinds epochs=1 ! video/x-raw,format=GRAY8,width=16,height=16 ! "
      "t.validation",
      fixture->folder, fixture->folder, fixture->folder);

  g_assert_no_error (play (launch, &told));
  g_assert_cmpuint (told.n, ==, 1);
  g_assert_cmpint (train_by_tool (fixture, first, NULL), ==, 0);
  g_assert_cmpint (train_by_tool (fixture, second, "--resume"), ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    assert_same (fixture, "tool", "element", files[i]);
}

static void
refuse (const Fixture *fixture, const char *location, const char *message)
{
  g_autofree char *launch =
      g_strdup_printf ("datasetsrc location=%s/%s ! video/x-raw,format=GRAY8,width=16,height=16 ! "
                       "modeltrainer preset=cyclegan width=2 device=cpu checkpoint=%s/none",
          fixture->folder, location, fixture->folder);
  g_autoptr (GError) error = play (launch, NULL);

  g_assert_nonnull (error);
  g_assert_cmpstr (error->message, ==, message);
}

static void
test_one_class (Fixture *fixture, gconstpointer data)
{
  g_autofree char *alone = g_build_filename (fixture->folder, "alone", NULL);
  g_autofree char *inside = g_build_filename (alone, "a", NULL);
  g_autofree char *from = g_build_filename (fixture->folder, "kinds", "a", NULL);

  g_assert_cmpint (g_mkdir_with_parents (alone, 0700), ==, 0);
  g_assert_cmpint (symlink (from, inside), ==, 0);
  refuse (fixture, "alone",
      "classes: recipe unpaired-translation is taught by samples of two classes, and the data has "
      "1; a folder of two folders is wanted");
  refuse (fixture, "kinds/a",
      "recipe: unpaired-translation is taught by samples of two classes, 0 and 1, and one has "
      "none; "
      "datasetsrc gives each sample the class that its folder is, so that a folder of two folders "
      "is wanted");
}

#define ADD(name, test) g_test_add (name, Fixture, NULL, set_up, test, tear_down)

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  ADD ("/translation/live-pairs", test_live_pairs);
  ADD ("/translation/resumed-pairs", test_resumed_pairs);
  ADD ("/translation/odd-pairs", test_odd_pairs);
  ADD ("/translation/classes", test_classes);
  ADD ("/translation/one-class", test_one_class);
  return g_test_run ();
}
