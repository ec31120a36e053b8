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

/* All get what `data` has of a label's meta. */
static GstPadProbeReturn
put_label (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  const GstStructure *put = data;
  GstBuffer *buffer = gst_buffer_make_writable (GST_PAD_PROBE_INFO_BUFFER (info));
  GstCustomMeta *meta = gst_buffer_get_custom_meta (buffer, "generative-label");
  GstStructure *structure = gst_custom_meta_get_structure (meta);

  for (int i = 0; i < gst_structure_n_fields (put); i++) {
    const char *name = gst_structure_nth_field_name (put, (guint)i);

    gst_structure_set_value (structure, name, gst_structure_get_value (put, name));
  }
  GST_PAD_PROBE_INFO_DATA (info) = buffer;
  return GST_PAD_PROBE_OK;
}

/* A classifier of two classes learns from samples whose label has `fields`: the error, or NULL and
 * the last step's accuracy. */
static char *
learn_label (const char *fields, double *accuracy)
{
  g_autofree char *folder = classes_new ();
  g_autofree char *text = g_strdup_printf ("label, %s", fields);
  g_autofree char *launch = g_strdup_printf (PICTURES
      "identity name=labels ! modeltrainer name=t preset=classifier width=2 device=cpu "
      "silent=true batch-size=3 max-steps=4 checkpoint=%s/trained",
      folder, folder);
  g_autoptr (GstStructure) put = gst_structure_from_string (text, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (launch, &error);
  g_autoptr (GstElement) labels = gst_bin_get_by_name (GST_BIN (pipeline), "labels");
  g_autoptr (GstPad) pad = gst_element_get_static_pad (labels, "src");
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  gboolean ended = FALSE;

  g_assert_no_error (error);
  g_assert_nonnull (put);
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, put_label, put, NULL);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  while (!ended && error == NULL) {
    g_autoptr (GstMessage) message = gst_bus_timed_pop (bus, 60 * GST_SECOND);

    g_assert_nonnull (message);
    if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
      gst_message_parse_error (message, &error, NULL);
    if (gst_message_has_name (message, "modeltrainer-progress"))
      gst_structure_get_double (gst_message_get_structure (message), "accuracy", accuracy);
    ended = GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS;
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
  scratch_remove (folder);
  return error != NULL ? g_strdup (error->message) : NULL;
}

/* The class that is the more probable one is half of each: accuracies are that, and not of one
 * label. Programs that write int64 and float mean the same. */
static void
test_mixtures (void)
{
  static const char *const halves[] = {
    "labels=(int)<0, 1>, weights=(double)<0.5, 0.5>",
    "label=(gint64)1, labels=(gint64)<0, 1>, weights=(float)<0.5, 0.5>",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (halves); i++) {
    double accuracy = 0;
    g_autofree char *text = learn_label (halves[i], &accuracy);

    g_assert_cmpstr (text, ==, NULL);
    g_assert_cmpfloat (accuracy, ==, 0.5);
  }
}

/* Metas that are not what they have to be are no class 0, but errors. */
static void
test_malformed (void)
{
  static const struct {
    const char *fields, *words;
  } malformed[] = {
    { "label=(string)cat", "label has a gchararray where an int or int64 is wanted" },
    { "label=(gint64)3000000000", "label has 3000000000; classes are counted from 0 to" },
    { "label=(int)-2", "label has -2; classes are counted from 0 to" },
    { "label=(int)2", "know it with classes=3 or more" },
    { "label=(int)2147483647", "a preset makes know 65536 at most" },
    { "labels=(int)<0, 1, 0>, weights=(double)<1>", "there are 3 labels and 1 weights" },
    { "labels=(int)< >, weights=(double)< >", "there are 0 labels and 0 weights" },
    { "labels=(string)<a, b>, weights=(double)<0.5, 0.5>", "labels has a gchararray where an int" },
    { "labels=(int)<0, 1>, weights=(string)<a, b>", "weights has a gchararray where a double" },
    { "labels=(int)1, weights=(double)1", "labels is a gint; an array" },
    { "labels=(int)<1>, weights=(double)1", "weights is a gdouble; an array" },
    { "labels=(int)<0, 1>", "it has labels without weights" },
    { "weights=(double)<0.5, 0.5>", "it has weights without labels" },
    { "labels=(int)<0, 1, 1>, weights=(double)<-1, 2, 0>", "weights has -1; they are finite" },
    { "labels=(int)<0, 1>, weights=(double)<inf, 1>", "weights has inf; they are finite" },
    { "labels=(int)<0, 1>, weights=(double)<0, 0>", "the weights are together 0" },
    { "labels=(int)<0, 1>, weights=(double)<1, 1>", "are together 2; they have to be 1" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (malformed); i++) {
    double accuracy;
    g_autofree char *text = learn_label (malformed[i].fields, &accuracy);

    g_test_message ("%s: %s", malformed[i].fields, text);
    g_assert_nonnull (text);
    g_assert_nonnull (strstr (text, malformed[i].words));
  }
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
  g_test_add_func ("/trainer-data/malformed", test_malformed);
  g_test_add_func ("/trainer-data/mixer", test_mixer);
  return g_test_run ();
}
