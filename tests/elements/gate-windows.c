/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* discriminator as a gate: which windows of a sound are selected. */
#include "gate.h"

enum { LENGTH = 128, RATE = 8000 };

static GstBuffer *
make_window (guint number, float value)
{
  float samples[LENGTH];
  GstBuffer *buffer;

  for (guint i = 0; i < LENGTH; i++)
    samples[i] = value;
  buffer = gst_buffer_new_memdup (samples, sizeof samples);
  GST_BUFFER_PTS (buffer) = number * GST_SECOND * LENGTH / RATE;
  GST_BUFFER_DURATION (buffer) = GST_SECOND * LENGTH / RATE;
  return buffer;
}

static void
expect_window (Fixture *f, float value, guint number, gsize frames)
{
  g_autoptr (GstBuffer) buffer = gst_harness_try_pull (f->harness);
  float first;

  g_assert_nonnull (buffer);
  gst_buffer_extract (buffer, 0, &first, sizeof first);
  g_assert_cmpfloat (first, ==, value);
  g_assert_cmpuint (gst_buffer_get_size (buffer), ==, frames * sizeof (float));
  g_assert_cmpuint (GST_BUFFER_PTS (buffer), ==, number * GST_SECOND * LENGTH / RATE);
}

/* Windows are chosen among as frames are; the rest of the sound, less than half a window, goes with
 * the last one. */
static void
test_sound (void)
{
  static const float values[] = { 0.1f, 0.3f, 0.2f, 0.6f, 0.5f, 0.4f, 0.7f };
  static const struct {
    const char *properties;
    guint first, second, third; /* where in time they are */
  } cases[] = { { "", 1, 3, 6 }, { "restamp=true", 0, 1, 2 } };
  g_autofree char *model = save_judge (&GEN_SHAPE (1, 1, LENGTH), FALSE, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *properties =
        g_strdup_printf ("action=drop select=best candidates=3 %s", cases[i].properties);
    GstBuffer *rest;
    Fixture f;

    open_of (&f, model, properties, SOUND_CAPS);
    for (guint k = 0; k < G_N_ELEMENTS (values); k++)
      gst_harness_push (f.harness, make_window (k, values[k]));
    rest = make_window (7, 0.8f);
    gst_buffer_set_size (rest, 40 * sizeof (float));
    gst_harness_push (f.harness, rest);
    expect_window (&f, 0.3f, cases[i].first, LENGTH);
    expect_window (&f, 0.6f, cases[i].second, LENGTH);
    expect_nothing (&f);
    gst_harness_push_event (f.harness, gst_event_new_eos ());
    expect_window (&f, 0.7f, cases[i].third, LENGTH);
    expect_window (&f, 0.8f, cases[i].third + 1, 40);
    expect_nothing (&f);
    close_fixture (&f);
  }
}

/* With action=tag each window is told whether it is the best one, and all sound passes. */
static void
test_sound_tagged (void)
{
  g_autofree char *model = save_judge (&GEN_SHAPE (1, 1, LENGTH), FALSE, NULL);
  Fixture f;

  open_of (&f, model, "select=best candidates=2", SOUND_CAPS);
  for (guint i = 0; i < 4; i++)
    gst_harness_push (f.harness, make_window (i, 0.1f * (float)(i + 1)));
  for (guint i = 0; i < 4; i++) {
    g_autoptr (GstBuffer) buffer = gst_harness_try_pull (f.harness);
    gint64 passed = -1;

    g_assert_nonnull (buffer);
    g_assert_true (gst_structure_get_int64 (score_of (buffer), "passed", &passed));
    g_assert_cmpint (passed, ==, i % 2);
  }
  close_fixture (&f);
}

int
main (int argc, char **argv)
{
  int status;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  folder = scratch_new ();
  g_test_add_func ("/gate-windows/sound", test_sound);
  g_test_add_func ("/gate-windows/sound-tagged", test_sound_tagged);
  status = g_test_run ();
  scratch_remove (folder);
  g_free (folder);
  return status;
}
