/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* modeltrainer is judged by data that has only some of the classes that it trains on, others, or
 * those that nets keep: its pads know them by their names. */
#include <generative/picture.h>

#include "trainings.h"

#define SIDE 28
#define PICTURES "datasetsrc location=%s/%s %s ! video/x-raw,format=GRAY8,width=28,height=28 ! "
#define TRAIN                                                                                      \
  "modeltrainer name=t device=cpu silent=true threads=1 batch-size=8 learning-rate=%g "            \
  "max-steps=%d checkpoint=%s/%s %s "

typedef struct {
  char *folder;
} Fixture;

/* Of each of the classes `names`, 30 pictures of stripes: across for "bar", down for "column", both
 * for "arch". */
static void
save_classes (const char *folder, const char *data, const char *const *names)
{
  g_auto (GenPicture) picture = { 0 };

  gen_picture_init (&picture, SIDE, SIDE, 1);
  for (; *names != NULL; names++)
    for (int n = 0; n < 30; n++) {
      g_autofree char *path = g_strdup_printf ("%s/%s/%s/%02d.png", folder, data, *names, n);
      g_autofree char *around = g_path_get_dirname (path);
      const int across = **names != 'c' ? 60 : 0, down = **names != 'b' ? 60 : 0;

      g_assert_cmpint (g_mkdir_with_parents (around, 0700), ==, 0);
      for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++)
          picture.data[y * picture.stride + x] =
              (guint8)(60 + across * ((y + n) / 3 % 2) + down * ((x + n) / 3 % 2));
      g_assert_true (gen_picture_save_png (&picture, path, NULL));
    }
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->folder = scratch_new ();
  save_classes (fixture->folder, "all", (const char *const[]){ "arch", "bar", "column", NULL });
  save_classes (fixture->folder, "some", (const char *const[]){ "bar", "column", NULL });
  save_classes (fixture->folder, "others", (const char *const[]){ "bar", "arcade", NULL });
  save_classes (fixture->folder, "last", (const char *const[]){ "column", NULL });
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  scratch_remove (fixture->folder);
  g_free (fixture->folder);
}

/* What trains on `trained` and is judged by `judged`, by the pad `pad`. */
static char *
describe (const Fixture *fixture, const char *trained, const char *judged, const char *pad,
    double rate, int steps, const char *settings)
{
  return g_strdup_printf (PICTURES TRAIN PICTURES "t.%s", fixture->folder, trained, "", rate, steps,
      fixture->folder, judged, settings, fixture->folder, judged, "epochs=1", pad);
}

/* The accuracy of the last message of the pad `pad`. */
static double
play_accuracy (const char *description, const char *pad)
{
  g_autofree char *name = g_strconcat ("modeltrainer-", pad, NULL);
  g_autofree char *field = g_strconcat ("accuracy-on-", pad, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (description, &error);
  g_autoptr (GstBus) bus = NULL;
  gboolean ended = FALSE;
  double accuracy = -1;

  g_assert_no_error (error);
  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  while (!ended) {
    g_autoptr (GstMessage) message = gst_bus_timed_pop (bus, 60 * GST_SECOND);

    g_assert_nonnull (message);
    if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
      gst_message_parse_error (message, &error, NULL);
    g_assert_no_error (error);
    if (gst_message_has_name (message, name))
      g_assert_true (
          gst_structure_get_double (gst_message_get_structure (message), field, &accuracy));
    ended = GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS;
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
  return accuracy;
}

/* "bar" is class 1 of what is trained on, and class 0 of what is judged by. */
static void
test_some (Fixture *fixture, gconstpointer data)
{
  g_autofree char *description =
      describe (fixture, "all", "some", data, 3e-3, 60, "preset=classifier width=4");

  g_assert_cmpfloat (play_accuracy (description, data), >, 0.9);
}

static void
test_others (Fixture *fixture, gconstpointer data)
{
  const char *pad = data;
  g_autofree char *description =
      describe (fixture, "all", "others", pad, 3e-3, 1000000, "preset=classifier width=4");
  g_autofree char *words = g_strdup_printf (
      "%s: a sample is of class \"arcade\", of which there is none in what is trained on", pad);
  g_autofree char *text = play_to_error (description);

  g_assert_cmpstr (text, ==, words);
}

/* Who is told no classes is judged by any. */
static void
test_untold (Fixture *fixture, gconstpointer data)
{
  g_autofree char *description =
      describe (fixture, "all", "others", data, 3e-3, 2, "preset=autoencoder width=2");

  play (description, NULL);
}

/* Those that nets keep are judged by, whatever they learn now. */
static void
test_kept (Fixture *fixture, gconstpointer data)
{
  g_autofree char *first =
      describe (fixture, "all", "some", data, 3e-3, 60, "preset=classifier width=4");
  g_autofree char *settings = g_strdup_printf (
      "preset=classifier width=4 keep-classes=true weights=%s/some", fixture->folder);
  g_autofree char *second = describe (fixture, "last", "all", data, 1e-7, 1, settings);

  play (first, NULL);
  g_assert_cmpfloat (play_accuracy (second, data), >, 0.9);
}

#define ADD(name, test)                                                                            \
  g_test_add (                                                                                     \
      "/trainer-classes/" name "/validation", Fixture, "validation", set_up, test, tear_down);     \
  g_test_add ("/trainer-classes/" name "/test", Fixture, "test", set_up, test, tear_down)

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  ADD ("some", test_some);
  ADD ("others", test_others);
  ADD ("untold", test_untold);
  ADD ("kept", test_kept);
  return g_test_run ();
}
