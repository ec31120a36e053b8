/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* gantrainer keeps what was learned: whatever ends a training, its last step is in the checkpoint;
 * nothing trained is replaced unasked, or by what has diverged; and an epoch has the pictures that
 * there are. */
#include <generative/checkpoint.h>
#include <generative/dataset.h>
#include <generative/onnx.h>
#include <gst/gst.h>

#include <string.h>
#include <unistd.h>

#include "../scratch.h"

/* Each another. (A ball would be larger than the picture, and videotestsrc writes beyond it.) */
#define PICTURES                                                                                   \
  "videotestsrc pattern=zone-plate kx2=20 ky2=20 kt=1 ! "                                          \
  "video/x-raw,format=GRAY8,width=8,height=8 ! "
#define TRAINER "gantrainer name=t batch-size=8 silent=true checkpoint-interval=0 "

typedef struct {
  GstElement *pipeline;
  GstBus *bus;
} Training;

static Training
begin (const char *format, ...)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *description = NULL;
  Training training;
  va_list arguments;

  va_start (arguments, format);
  description = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  training.pipeline = gst_parse_launch (description, &error);
  g_assert_no_error (error);
  training.bus = gst_element_get_bus (training.pipeline);
  gst_element_set_state (training.pipeline, GST_STATE_PLAYING);
  return training;
}

/* The next message of these types. */
static GstMessage *
next (const Training *training, GstMessageType types)
{
  GstMessage *message = gst_bus_timed_pop_filtered (training->bus, 60 * GST_SECOND, types);

  g_assert_nonnull (message);
  return message;
}

static void
end (Training *training)
{
  gst_element_set_state (training->pipeline, GST_STATE_NULL);
  gst_object_unref (training->bus);
  gst_object_unref (training->pipeline);
}

/* To the end; the error's text, or NULL after EOS. */
static char *
finish (Training training)
{
  g_autoptr (GstMessage) message = next (&training, GST_MESSAGE_ERROR | GST_MESSAGE_EOS);
  g_autoptr (GError) error = NULL;

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
    gst_message_parse_error (message, &error, NULL);
  end (&training);
  return error != NULL ? g_strdup (error->message) : NULL;
}

/* Wait until some steps have been made. */
static void
wait_for_steps (const Training *training)
{
  g_autoptr (GstMessage) message = NULL;

  do {
    gst_clear_message (&message);
    message = next (training, GST_MESSAGE_ELEMENT | GST_MESSAGE_ERROR);
    g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_ELEMENT);
  } while (!gst_message_has_name (message, "gantrainer-progress"));
}

/* The step that the generator in `folder` is of; 0 where there is none. */
static guint64
saved_step (const char *folder)
{
  g_autofree char *path = g_build_filename (folder, "generator.onnx", NULL);
  g_autoptr (GenGraph) graph = gen_onnx_load (path, NULL);
  const char *step =
      graph != NULL ? g_hash_table_lookup (graph->metadata, "generative.step") : NULL;

  return step != NULL ? g_ascii_strtoull (step, NULL, 10) : 0;
}

static GBytes *
read_state (const char *folder)
{
  g_autofree char *path = g_build_filename (folder, GEN_CHECKPOINT_STATE, NULL);
  char *data;
  gsize size;

  g_assert_true (g_file_get_contents (path, &data, &size, NULL));
  return g_bytes_new_take (data, size);
}

static gboolean
exists (const char *folder, const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);

  return g_file_test (path, G_FILE_TEST_EXISTS);
}

/* Stopped somewhere, and gone on from there: the same bits as a training that nobody stopped. */
static void
test_stopped (void)
{
  g_autofree char *folder = scratch_new (), *whole = scratch_new ();
  Training training = begin (PICTURES TRAINER "checkpoint=%s", folder);
  g_autoptr (GBytes) parts = NULL, once = NULL;
  guint64 step;

  wait_for_steps (&training);
  end (&training);
  step = saved_step (folder);
  g_assert_cmpuint (step, >, 0);
  g_assert_false (exists (folder, ".lock"));
  g_assert_null (finish (
      begin (PICTURES TRAINER "checkpoint=%s resume=true max-steps=%d", folder, (int)step + 3)));
  g_assert_null (
      finish (begin (PICTURES TRAINER "checkpoint=%s max-steps=%d", whole, (int)step + 3)));
  parts = read_state (folder);
  once = read_state (whole);
  g_assert_true (g_bytes_equal (parts, once));
  scratch_remove (folder);
  scratch_remove (whole);
}

/* An error of somebody else's ends it as well, and one of its own that says nothing of the nets. */
static void
test_failed_elsewhere (void)
{
  static const char *const failures[] = {
    "videotestsrc is-live=true ! video/x-raw,framerate=30/1 ! identity error-after=40 ! fakesink",
    "videotestsrc num-buffers=9 ! video/x-raw,format=RGB,width=8,height=8 ! t.validation",
  };

  for (guint i = 0; i < G_N_ELEMENTS (failures); i++) {
    g_autofree char *folder = scratch_new ();
    g_autofree char *text = finish (
        begin (PICTURES TRAINER "validation-interval=5 checkpoint=%s %s", folder, failures[i]));

    g_assert_nonnull (text);
    g_assert_cmpuint (saved_step (folder), >, 0);
    g_assert_true (gen_checkpoint_exists (folder));
    scratch_remove (folder);
  }
}

/* A checkpoint is not replaced but by resume or on demand; what is replaced leaves nothing behind
 * but its curves. */
static void
test_overwrite (void)
{
  g_autofree char *folder = scratch_new (), *text = NULL, *both = NULL;
  g_autoptr (GBytes) first = NULL, refused = NULL, second = NULL;

  g_assert_null (finish (begin (PICTURES TRAINER "checkpoint=%s max-steps=2 ema=0.9", folder)));
  first = read_state (folder);
  text = finish (begin (PICTURES TRAINER "checkpoint=%s max-steps=3", folder));
  g_assert_nonnull (text);
  g_assert_nonnull (strstr (text, folder));
  g_assert_nonnull (strstr (text, "resume=true"));
  g_assert_nonnull (strstr (text, "overwrite=true"));
  refused = read_state (folder);
  g_assert_true (g_bytes_equal (first, refused));
  both = finish (
      begin (PICTURES TRAINER "checkpoint=%s max-steps=3 resume=true overwrite=true", folder));
  g_assert_nonnull (strstr (both, "only one"));

  g_assert_null (
      finish (begin (PICTURES TRAINER "checkpoint=%s max-steps=3 overwrite=true", folder)));
  g_assert_cmpuint (saved_step (folder), ==, 3);
  g_assert_false (exists (folder, "ema.onnx"));
  g_assert_true (exists (folder, "logs/run-1"));
  g_assert_true (exists (folder, "logs/run-2"));
  g_assert_null (finish (begin (PICTURES TRAINER "checkpoint=%s max-steps=5 resume=true", folder)));
  g_assert_false (exists (folder, "logs/run-3"));
  g_assert_cmpuint (saved_step (folder), ==, 5);
  scratch_remove (folder);
}

/* Models without a state cannot be gone on from, and are no less worth keeping. */
static void
test_models_alone (void)
{
  g_autofree char *folder = scratch_new (), *text = NULL;
  g_autofree char *model = g_build_filename (folder, "generator.onnx", NULL);

  g_assert_true (g_file_set_contents (model, "somebody's", -1, NULL));
  text = finish (begin (PICTURES TRAINER "checkpoint=%s max-steps=1", folder));
  g_assert_nonnull (strstr (text, "overwrite=true"));
  g_assert_null (strstr (text, "resume=true"));
  scratch_remove (folder);
}

/* Of two trainers in one folder the second is told of the first, which goes on. */
static void
test_two (void)
{
  g_autofree char *folder = scratch_new (), *text = NULL;
  g_autofree char *process = g_strdup_printf ("process %d", (int)getpid ());
  Training training = begin (PICTURES TRAINER "checkpoint=%s", folder);

  text = finish (begin (PICTURES TRAINER "checkpoint=%s overwrite=true max-steps=1", folder));
  g_assert_nonnull (text);
  g_assert_nonnull (strstr (text, folder));
  g_assert_nonnull (strstr (text, process));
  wait_for_steps (&training);
  end (&training);
  g_assert_cmpuint (saved_step (folder), >, 0);
  scratch_remove (folder);
}

/* What diverges says so, whenever it ends, and leaves the checkpoint as it was. */
static void
test_diverged (void)
{
  static const char *const settings[] = { "max-steps=3", "max-steps=20",
    "max-steps=20 checkpoint-interval=1" };
  g_autofree char *folder = scratch_new ();
  g_autoptr (GBytes) before = NULL;

  g_assert_null (finish (begin (PICTURES TRAINER "checkpoint=%s max-steps=2", folder)));
  before = read_state (folder);
  for (guint i = 0; i < G_N_ELEMENTS (settings); i++) {
    g_autofree char *text = finish (begin (
        PICTURES TRAINER "checkpoint=%s resume=true learning-rate=1e6 %s", folder, settings[i]));
    g_autoptr (GBytes) after = read_state (folder);

    g_assert_nonnull (text);
    g_assert_nonnull (strstr (text, "diverged"));
    g_assert_nonnull (strstr (text, "smaller learning-rate than 1e+06"));
    g_assert_true (g_bytes_equal (before, after));
  }
  scratch_remove (folder);
}

static gboolean
warns (Training training, const char *part)
{
  gboolean warned = FALSE, ended = FALSE;

  while (!ended) {
    g_autoptr (GstMessage) message =
        next (&training, GST_MESSAGE_WARNING | GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
    g_autoptr (GError) error = NULL;

    ended = GST_MESSAGE_TYPE (message) != GST_MESSAGE_WARNING;
    g_assert_cmpint (GST_MESSAGE_TYPE (message), !=, GST_MESSAGE_ERROR);
    if (!ended)
      gst_message_parse_warning (message, &error, NULL);
    warned |= error != NULL && strstr (error->message, part) != NULL;
  }
  end (&training);
  return warned;
}

/* Other settings are named at a resume, and so is the reason where nothing is left to do, which
 * writes nothing either. */
static void
test_resumed_otherwise (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, GEN_CHECKPOINT_STATE, NULL);
  GStatBuf before, after;

  g_assert_null (finish (begin (PICTURES TRAINER "checkpoint=%s max-steps=2", folder)));
  g_assert_true (warns (
      begin (PICTURES TRAINER "checkpoint=%s max-steps=4 resume=true learning-rate=0.001", folder),
      "learning-rate is 0.001 and was 0.0002"));
  g_assert_cmpuint (saved_step (folder), ==, 4);
  g_assert_false (warns (
      begin (PICTURES TRAINER "checkpoint=%s max-steps=5 resume=true learning-rate=0.001", folder),
      "other settings"));
  g_assert_cmpint (g_stat (path, &before), ==, 0);
  g_assert_true (warns (begin (PICTURES TRAINER "checkpoint=%s max-steps=3 resume=true", folder),
      "nothing was trained"));
  g_assert_cmpint (g_stat (path, &after), ==, 0);
  g_assert_cmpuint (before.st_ino, ==, after.st_ino);
  scratch_remove (folder);
}

/* The state knows of the best models as soon as they are there, or a resume from before would put
 * worse ones in their place. */
static void
test_best (void)
{
  g_autofree char *folder = scratch_new (), *best = g_build_filename (folder, "best", NULL);
  Training training = begin (PICTURES TRAINER
      "checkpoint=%s validation-interval=2 validation-samples=20 videotestsrc "
      "num-buffers=20 ! video/x-raw,format=GRAY8,width=8,height=8 ! t.validation",
      folder);

  /* It is written before the next step's report, and long before any interval. */
  wait_for_steps (&training);
  g_assert_true (gen_checkpoint_exists (folder));
  end (&training);
  g_assert_cmpuint (saved_step (best), >, 0);
  scratch_remove (folder);
}

/* With a preview a pipeline plays, rather than to wait for the end of the training before it does.
 */
static void
test_plays (void)
{
  g_autofree char *folder = scratch_new ();
  Training training =
      begin (PICTURES TRAINER "preview-interval=1 checkpoint=%s ! fakesink", folder);
  gboolean playing = FALSE, told = FALSE;

  while (!told) {
    g_autoptr (GstMessage) message =
        next (&training, GST_MESSAGE_PROGRESS | GST_MESSAGE_STATE_CHANGED | GST_MESSAGE_ERROR);
    GstProgressType type;
    GstState state;

    g_assert_cmpint (GST_MESSAGE_TYPE (message), !=, GST_MESSAGE_ERROR);
    if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_PROGRESS) {
      gst_message_parse_progress (message, &type, NULL, NULL);
      g_assert_cmpint (type, ==, GST_PROGRESS_TYPE_START);
      g_assert_true (playing);
      told = TRUE;
    } else if (GST_MESSAGE_SRC (message) == GST_OBJECT (training.pipeline)) {
      gst_message_parse_state_changed (message, NULL, &state, NULL);
      playing |= state == GST_STATE_PLAYING;
    }
  }
  end (&training);
  scratch_remove (folder);
}

enum { ITEMS = 12 };

static void
save_picture (const char *folder, guint i, gboolean broken)
{
  g_autofree char *path = g_strdup_printf ("%s/%02u.png", folder, i);
  g_auto (GenPicture) picture = { 0 };

  gen_picture_init (&picture, 8, 8, 1);
  memset (picture.data, (int)(20 * i), (gsize)picture.stride * 8);
  g_assert_true (gen_picture_save_png (&picture, path, NULL));
  if (broken)
    g_assert_cmpint (truncate (path, 50), ==, 0);
}

/* Three of twelve pictures are damaged: three epochs of the other nine are nine steps of three,
 * wherever they stand in an epoch, and however the source's own epochs are counted. */
static void
test_epochs (void)
{
  static const char *const epochs[] = { "epochs=0", "epochs=3" };
  g_autofree char *pictures = scratch_new ();

  for (guint i = 0; i < ITEMS; i++)
    save_picture (pictures, i, i == 2 || i == 3 || i == 11);
  for (guint seed = 0; seed < 4; seed++) {
    g_autofree char *folder = scratch_new ();

    g_assert_null (finish (begin ("datasetsrc location=%s seed=%u shuffle=%s %s ! "
                                  "video/x-raw,format=GRAY8,width=8,height=8 ! gantrainer "
                                  "batch-size=3 epochs=3 silent=true checkpoint=%s",
        pictures, seed, seed == 0 ? "false" : "true", epochs[seed % 2], folder)));
    g_assert_cmpuint (saved_step (folder), ==, 9);
    scratch_remove (folder);
  }
  scratch_remove (pictures);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/gantrainer/keeps/stopped", test_stopped);
  g_test_add_func ("/gantrainer/keeps/failed-elsewhere", test_failed_elsewhere);
  g_test_add_func ("/gantrainer/keeps/overwrite", test_overwrite);
  g_test_add_func ("/gantrainer/keeps/models-alone", test_models_alone);
  g_test_add_func ("/gantrainer/keeps/two", test_two);
  g_test_add_func ("/gantrainer/keeps/diverged", test_diverged);
  g_test_add_func ("/gantrainer/keeps/resumed-otherwise", test_resumed_otherwise);
  g_test_add_func ("/gantrainer/keeps/best", test_best);
  g_test_add_func ("/gantrainer/keeps/plays", test_plays);
  g_test_add_func ("/gantrainer/keeps/epochs", test_epochs);
  return g_test_run ();
}
