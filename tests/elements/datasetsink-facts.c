/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* datasetsink: what is said of each item, and by whom it was made. */
#include <generative/dataset.h>
#include <glib/gstdio.h>

#include "datasetsink.h"
#include "matting.h"
#include "models.h"

/* What was said of an item is said of it where it is read again, in a shard and by a manifest. */
static void
test_captions (void)
{
  static const struct {
    const char *format, *read_from;
  } cases[] = { { "folder", "data/metadata.jsonl" }, { "webdataset", "data/shard-000000.tar" } };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *folder = scratch_new ();
    g_autofree char *properties =
        g_strdup_printf ("location=%s/data format=%s", folder, cases[i].format);
    g_autofree char *written = g_build_filename (folder, cases[i].read_from, NULL);
    g_autofree char *caption = NULL, *none = NULL;
    g_autoptr (GenDataset) dataset = NULL;
    g_autoptr (GError) error = NULL;
    GenDatasetSettings settings = { 0 };
    GstBuffer *buffer = make_buffer (32, 0);
    Sink sink;

    sink_open (&sink, properties);
    gst_harness_set_src_caps_str (sink.harness, GREY);
    gst_structure_set (
        add_meta (buffer, "generative-caption"), "text", G_TYPE_STRING, "a \"dog\", running", NULL);
    push (&sink, buffer);
    push (&sink, make_buffer (32, 9));
    finish (&sink);
    sink_close (&sink);
    dataset = gen_dataset_open (written, &settings, &error);
    g_assert_no_error (error);
    g_assert_cmpuint (gen_dataset_get_count (dataset), ==, 2);
    caption = gen_dataset_get_caption (dataset, 0);
    none = gen_dataset_get_caption (dataset, 1);
    g_assert_cmpstr (caption, ==, "a \"dog\", running");
    g_assert_null (none);
    scratch_remove (folder);
  }
}

static void
test_facts (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *properties =
      g_strdup_printf ("location=%s/data digital-source-type=\"\"", folder);
  GstBuffer *buffer = make_buffer (32, 0);
  g_auto (GStrv) lines = NULL;
  Sink sink;

  sink_open (&sink, properties);
  gst_harness_set_src_caps_str (sink.harness, GREY);
  gst_structure_set (add_meta (buffer, "generative-label"), "label", G_TYPE_INT, 3, "name",
      G_TYPE_STRING, "a dog", "index", G_TYPE_UINT, 17, "item", G_TYPE_UINT64, (guint64)2, NULL);
  gst_structure_set (add_meta (buffer, "generative-score"), "score", G_TYPE_DOUBLE, 0.5, "passed",
      G_TYPE_INT64, (gint64)1, "features", G_TYPE_STRING, "mine", NULL);
  GST_BUFFER_PTS (buffer) = GST_SECOND;
  push (&sink, buffer);
  buffer = make_buffer (32, 0);
  for (int i = 0; i < 2; i++)
    gst_structure_set (
        add_meta (buffer, "generative-score"), "loudness", G_TYPE_DOUBLE, -20.0 - i, NULL);
  push (&sink, buffer);
  finish (&sink);
  sink_close (&sink);
  lines = read_lines (folder, "data");
  g_assert_cmpstr (lines[0], ==,
      "{\"file_name\":\"a dog/00000000.png\",\"item\":0,\"class\":\"a dog\",\"label\":3,"
      "\"frame\":0,\"pts\":1000000000,\"of_item\":17,"
      "\"scores\":{\"score\":0.5,\"passed\":1,\"features\":\"mine\"}}");
  g_assert_cmpstr (lines[1], ==,
      "{\"file_name\":\"00000001.png\",\"item\":1,\"frame\":1,"
      "\"scores\":[{\"loudness\":-20.0},{\"loudness\":-21.0}]}");
  scratch_remove (folder);
}

/* What comes from a data set says where it lay there, also where something has sorted it anew. */
static void
test_source (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *line = g_strdup_printf ("datasetsrc location=%s/first shuffle=false epochs=1 ! "
                                           "datasetsink location=%s/second",
      folder, folder);
  g_autofree char *wanted = g_strdup_printf ("\"source\":\"%s/first/b.png\"", folder);
  g_autofree char *first = in (folder, "first");
  g_auto (GStrv) lines = NULL;
  g_auto (GenPicture) picture = { 0 };

  gen_picture_init (&picture, 4, 4, 1);
  g_assert_cmpint (g_mkdir (first, 0755), ==, 0);
  for (int i = 0; i < 2; i++) {
    g_autofree char *path = in (folder, i == 0 ? "first/a.png" : "first/b.png");

    g_assert_true (gen_picture_save_png (&picture, path, NULL));
  }
  run (line);
  lines = read_lines (folder, "second");
  g_assert_cmpuint (g_strv_length (lines), ==, 2);
  g_assert_nonnull (strstr (lines[1], wanted));
  scratch_remove (folder);
}

/* A label that cannot be read is told of, once, and none. */
static void
test_odd_label (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *properties = g_strdup_printf ("location=%s/data", folder);
  g_autoptr (GstMessage) warning = NULL, second = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) lines = NULL;
  Sink sink;

  sink_open (&sink, properties);
  gst_harness_set_src_caps_str (sink.harness, GREY);
  for (int i = 0; i < 2; i++) {
    GstBuffer *buffer = make_buffer (32, 0);

    gst_structure_set (
        add_meta (buffer, "generative-label"), "label", G_TYPE_STRING, "a dog", NULL);
    push (&sink, buffer);
  }
  warning = pop (&sink, GST_MESSAGE_WARNING);
  second = pop (&sink, GST_MESSAGE_WARNING);
  finish (&sink);
  sink_close (&sink);
  g_assert_nonnull (warning);
  g_assert_null (second);
  gst_message_parse_warning (warning, &error, NULL);
  g_assert_nonnull (strstr (error->message, "Buffer 0: meta generative-label: label has a "));
  lines = read_lines (folder, "data");
  g_assert_null (strstr (lines[0], "label"));
  scratch_remove (folder);
}

/* What is generated says of what, by what, and that it is; and so does what is made of it. */
static void
test_generated (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *model = in (folder, "made.onnx");
  g_autofree char *filter = in (folder, "filter.onnx");
  g_autofree char *judge = in (folder, "judge.onnx");
  g_autofree char *first = g_strdup_printf (
      "latentsrc seed=5 dimensions=10:3 num-buffers=4 ! generator model=%s columns=2 device=cpu ! "
      "generator model=%s device=cpu ! discriminator model=%s device=cpu ! "
      "datasetsink location=%s/wall tile-width=6 tile-height=6",
      model, filter, judge, folder);
  g_autofree char *second =
      g_strdup_printf ("videotestsrc num-buffers=2 ! video/x-raw,format=GRAY8,width=12,height=12 ! "
                       "generator model=%s device=cpu ! datasetsink location=%s/film",
          filter, folder);
  g_autofree char *bytes = NULL, *hash = NULL, *wanted = NULL;
  g_auto (GStrv) lines = NULL, film = NULL;
  gsize size;

  save_generator (model, -1, 10, 6, 100);
  save_filter (filter, -1, 0.5f, 1);
  save_discriminator (judge, 6, 0.75f);
  run (first);
  run (second);
  g_assert_true (g_file_get_contents (model, &bytes, &size, NULL));
  hash = g_compute_checksum_for_data (G_CHECKSUM_SHA256, (guint8 *)bytes, size);
  wanted = g_strdup_printf ("\"part\":2,\"pts\":100000000,\"seed\":5,\"latent\":3,\"vector\":2,"
                            "\"models\":[{\"file\":\"made.onnx\",\"sha256\":\"%s\"},"
                            "{\"file\":\"filter.onnx\",",
      hash);
  lines = read_lines (folder, "wall");
  g_assert_nonnull (strstr (lines[0], "digitalsourcetype/trainedAlgorithmicMedia\""));
  /* The fourth place of the wall is empty, and stays so whatever is made of the wall. */
  g_assert_cmpuint (g_strv_length (lines), ==, 12);
  g_assert_nonnull (strstr (lines[11], wanted));
  /* Nor is it judged. */
  g_assert_nonnull (strstr (lines[11], "\"scores\":{\"score\":0.75},"
                                       "\"frame_scores\":{\"score\":0.75,"));
  g_assert_nonnull (strstr (lines[11], "\"tiles\":3,"));
  film = read_lines (folder, "film");
  g_assert_cmpuint (g_strv_length (film), ==, 2);
  g_assert_nonnull (strstr (film[0], "digitalsourcetype/compositeWithTrainedAlgorithmicMedia\""));
  g_assert_null (strstr (film[0], "seed"));
  scratch_remove (folder);
}

/* What a model makes on a pad of its own says the same of itself as what it makes beside it. */
static void
test_branches (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *model = in (folder, "matting.onnx");
  g_autofree char *line =
      g_strdup_printf ("videotestsrc num-buffers=3 ! video/x-raw," CAPS " ! generator name=g "
                       "model=%s outputs=fgr device=cpu ! queue ! datasetsink location=%s/colours "
                       "g.src_pha ! queue ! datasetsink location=%s/masks",
          model, folder, folder);
  g_auto (GStrv) colours = NULL, masks = NULL;

  save_matting (model, 1, 0.5f);
  run (line);
  colours = read_lines (folder, "colours");
  masks = read_lines (folder, "masks");
  g_assert_cmpuint (g_strv_length (masks), ==, 3);
  for (guint i = 0; i < 3; i++) {
    g_assert_nonnull (strstr (masks[i], "compositeWithTrainedAlgorithmicMedia"));
    g_assert_nonnull (strstr (masks[i], "\"models\":[{\"file\":\"matting.onnx\",\"sha256\":"));
    g_assert_cmpstr (masks[i], ==, colours[i]);
  }
  scratch_remove (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  g_test_add_func ("/datasetsink-facts/captions", test_captions);
  g_test_add_func ("/datasetsink-facts/facts", test_facts);
  g_test_add_func ("/datasetsink-facts/source", test_source);
  g_test_add_func ("/datasetsink-facts/odd-label", test_odd_label);
  g_test_add_func ("/datasetsink-facts/generated", test_generated);
  g_test_add_func ("/datasetsink-facts/branches", test_branches);
  return g_test_run ();
}
