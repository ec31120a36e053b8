/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What trainers make of data that ends too soon, or never, or has nothing in it. */
#include "trainings.h"

#include <generative/model.h>
#include <generative/onnx.h>
#include <generative/picture.h>

#define N_PICTURES 5
#define PICTURES                                                                                   \
  "datasetsrc location=%s/pictures shuffle=false ! "                                               \
  "video/x-raw,format=GRAY8,width=28,height=28 ! "

static char *
pictures_new (void)
{
  char *folder = scratch_new ();
  g_autofree char *pictures = g_build_filename (folder, "pictures", NULL);
  g_auto (GenPicture) picture = { 0 };

  g_assert_cmpint (g_mkdir (pictures, 0700), ==, 0);
  gen_picture_init (&picture, 28, 28, 1);
  for (int n = 0; n < N_PICTURES; n++) {
    g_autofree char *path = g_strdup_printf ("%s/%d.png", pictures, n);
    g_autoptr (GError) error = NULL;

    for (int i = 0; i < 28 * 28; i++)
      picture.data[i] = (guint8)((n + 1) * i);
    g_assert_true (gen_picture_save_png (&picture, path, &error));
  }
  return folder;
}

/* How many samples the messages named `name` tell of; the text of the first warning. */
typedef struct {
  const char *name;
  guint64 samples;
  guint n;
  char *warning;
} Seen;

static void
look (GstMessage *message, Seen *seen)
{
  g_autoptr (GError) error = NULL;

  if (gst_message_has_name (message, seen->name)) {
    g_assert_true (
        gst_structure_get_uint64 (gst_message_get_structure (message), "samples", &seen->samples));
    seen->n++;
  }
  if (GST_MESSAGE_TYPE (message) != GST_MESSAGE_WARNING || seen->warning != NULL)
    return;
  gst_message_parse_warning (message, &error, NULL);
  seen->warning = g_strdup (error->message);
}

static void
play_and_see (const char *description, Seen *seen)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (description, &error);
  g_autoptr (GstBus) bus = NULL;
  GstMessageType type = GST_MESSAGE_UNKNOWN;

  g_assert_no_error (error);
  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  while (type != GST_MESSAGE_EOS && type != GST_MESSAGE_ERROR) {
    g_autoptr (GstMessage) message = gst_bus_timed_pop (bus, 60 * GST_SECOND);

    g_assert_nonnull (message);
    type = GST_MESSAGE_TYPE (message);
    look (message, seen);
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

/* A data set that goes round for ever is measured on once, and so it is when it comes again. */
static void
test_endless (gconstpointer data)
{
  const char *pad = data;
  g_autofree char *folder = pictures_new (), *name = g_strconcat ("modeltrainer-", pad, NULL);
  g_autofree char *launch = g_strdup_printf (PICTURES
      "modeltrainer name=t preset=autoencoder width=2 device=cpu silent=true batch-size=2 "
      "max-steps=3 overwrite=true checkpoint=%s/trained " PICTURES "t.%s",
      folder, folder, folder, pad);
  Seen seen = { name };

  for (guint n = 1; n <= 2; n++) {
    play_and_see (launch, &seen);
    g_assert_cmpuint (seen.n, ==, n);
    g_assert_cmpuint (seen.samples, ==, N_PICTURES);
  }
  g_free (seen.warning);
  scratch_remove (folder);
}

/* Frames that are too few to follow each other are told of as such. */
static void
test_few_frames (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *launch = g_strdup_printf (SOURCE
      "modeltrainer preset=frame-predictor width=2 device=cpu silent=true batch-size=4 "
      "checkpoint=%s",
      2, folder);
  g_autofree char *text = play_to_error (launch);

  g_assert_cmpstr (text, ==,
      "the data ended after 0 samples of 3 frames that follow each other, which are fewer than "
      "the batch-size 4; a film of at least 6 frames without a cut is wanted");
  scratch_remove (folder);
}

static void
test_silence (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *launch = g_strdup_printf (
      "audiotestsrc wave=silence num-buffers=100 ! audio/x-raw,format=F32LE,rate=16000,channels=1 "
      "! modeltrainer preset=sound-vae width=2 device=cpu silent=true batch-size=2 max-steps=1 "
      "checkpoint=%s",
      folder);
  Seen seen = { "none" };

  play_and_see (launch, &seen);
  g_assert_nonnull (seen.warning);
  g_assert_nonnull (strstr (seen.warning, "the first 2 sounds are digital silence"));
  g_free (seen.warning);
  scratch_remove (folder);
}

/* --- mixtures --- */

/* Pictures of two classes, in a folder each. */
static char *
classes_new (void)
{
  char *folder = pictures_new ();

  for (int n = 0; n < N_PICTURES; n++) {
    g_autofree char *of_class = g_strdup_printf ("%s/pictures/%c", folder, n % 2 ? 'b' : 'a');
    g_autofree char *from = g_strdup_printf ("%s/pictures/%d.png", folder, n);
    g_autofree char *to = g_strdup_printf ("%s/%d.png", of_class, n);

    g_mkdir_with_parents (of_class, 0700);
    g_assert_cmpint (g_rename (from, to), ==, 0);
  }
  return folder;
}

#define MIXED                                                                                      \
  "videoaugment name=mixer mix=mixup mix-probability=1 ! t.%s "                                    \
  "datasetsrc location=%s/pictures seed=1 ! video/x-raw,format=GRAY8,width=28,height=28 ! "        \
  "mixer.partner "

/* All are half of one class and half of the other, whatever their label is. */
static GstPadProbeReturn
halve (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  GstBuffer *buffer = gst_buffer_make_writable (GST_PAD_PROBE_INFO_BUFFER (info));
  GstCustomMeta *meta = gst_buffer_get_custom_meta (buffer, "generative-label");
  GstStructure *structure = gst_custom_meta_get_structure (meta);
  g_autoptr (GstStructure) shares =
      gst_structure_from_string ("shares, labels=(int)<0, 1>, weights=(double)<0.5, 0.5>", NULL);

  gst_structure_set_value (structure, "labels", gst_structure_get_value (shares, "labels"));
  gst_structure_set_value (structure, "weights", gst_structure_get_value (shares, "weights"));
  GST_PAD_PROBE_INFO_DATA (info) = buffer;
  return GST_PAD_PROBE_OK;
}

/* The class that is the more probable one is half of each: accuracies are that, and not of one
 * label. */
static void
test_mixtures (void)
{
  g_autofree char *folder = classes_new ();
  g_autofree char *launch = g_strdup_printf (PICTURES
      "identity name=halves ! modeltrainer name=t preset=classifier width=2 device=cpu "
      "silent=true batch-size=3 max-steps=4 checkpoint=%s/trained",
      folder, folder);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (launch, &error);
  g_autoptr (GstElement) halves = gst_bin_get_by_name (GST_BIN (pipeline), "halves");
  g_autoptr (GstPad) pad = gst_element_get_static_pad (halves, "src");
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  gboolean ended = FALSE;
  double accuracy = 0;

  g_assert_no_error (error);
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, halve, NULL, NULL);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  while (!ended) {
    g_autoptr (GstMessage) message = gst_bus_timed_pop (bus, 60 * GST_SECOND);

    g_assert_nonnull (message);
    if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
      gst_message_parse_error (message, &error, NULL);
    g_assert_no_error (error);
    if (gst_message_has_name (message, "modeltrainer-progress"))
      gst_structure_get_double (gst_message_get_structure (message), "accuracy", &accuracy);
    ended = GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS;
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
  g_assert_cmpfloat (accuracy, ==, 0.5);
  scratch_remove (folder);
}

/* The model knows what the folders are called. */
static void
check_names (const char *folder)
{
  g_autofree char *path = g_build_filename (folder, "trained", "classifier.onnx", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) graph = gen_onnx_load (path, &error);
  g_auto (GStrv) names = NULL;

  g_assert_no_error (error);
  names = gen_model_get_class_names (graph);
  g_assert_cmpuint (g_strv_length (names), ==, 2);
  g_assert_cmpstr (names[0], ==, "a");
  g_assert_cmpstr (names[1], ==, "b");
}

/* A real mixer in front: what learns from mixtures does, and what cannot says so. */
static void
test_mixer (void)
{
  g_autofree char *folder = classes_new ();
  g_autofree char *learns = g_strdup_printf (PICTURES MIXED
      "modeltrainer name=t preset=classifier width=2 device=cpu silent=true batch-size=2 "
      "max-steps=4 checkpoint=%s/trained",
      folder, "sink", folder, folder);
  g_autofree char *told = g_strdup_printf (PICTURES MIXED
      "modeltrainer name=t preset=mlp conditional=true device=cpu silent=true batch-size=2 "
      "max-steps=4 checkpoint=%s/made",
      folder, "sink", folder, folder);
  g_autofree char *judged = g_strdup_printf (PICTURES MIXED PICTURES
      "modeltrainer name=t preset=classifier width=2 device=cpu silent=true batch-size=2 "
      "max-steps=4 checkpoint=%s/judged",
      folder, "validation", folder, folder, folder);
  char *text;

  play (learns, NULL);
  check_names (folder);
  text = play_to_error (told);
  g_assert_nonnull (strstr (text, "adversarial is told one class a sample"));
  g_free (text);
  text = play_to_error (judged);
  g_assert_nonnull (strstr (text, "validation: a sample is a mixture of 2 classes"));
  g_free (text);
  scratch_remove (folder);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/trainer-data/endless/validation", "validation", test_endless);
  g_test_add_data_func ("/trainer-data/endless/test", "test", test_endless);
  g_test_add_func ("/trainer-data/few-frames", test_few_frames);
  g_test_add_func ("/trainer-data/silence", test_silence);
  g_test_add_func ("/trainer-data/mixtures", test_mixtures);
  g_test_add_func ("/trainer-data/mixer", test_mixer);
  return g_test_run ();
}
