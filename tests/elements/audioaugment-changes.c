/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* audioaugment whose properties change while it plays. */
#include <gst/controller/gstdirectcontrolbinding.h>
#include <gst/controller/gstinterpolationcontrolsource.h>

#include "audioaugment.h"

/* A window keeps what properties are at its beginning, from idle to work and back. */
static void
test_live_change (void)
{
  GstHarness *harness = harness_new ("length=1000 seed=6", &kinds[0]);
  g_autoptr (GstElement) element = gst_harness_find_element (harness, "audioaugment");
  GenAugmentSettings idle = settings_of ("seed=6"), loud = settings_of ("gain=12 seed=6");

  for (guint64 window = 0; window < 6; window++) {
    const gboolean active = window % 2 == 1;
    g_autoptr (GByteArray) bytes = NULL;

    /* Set half a window before it counts. */
    push_frames (harness, &kinds[0], window * LENGTH, window * LENGTH + 500, 250);
    g_object_set (element, "gain", active ? 0.0 : 12.0, NULL);
    push_frames (harness, &kinds[0], window * LENGTH + 500, (window + 1) * LENGTH, 250);
    bytes = pull_all (harness, &kinds[0], window * LENGTH);
    assert_expected (
        bytes, &kinds[0], active ? &loud : &idle, window * LENGTH, (window + 1) * LENGTH, LENGTH);
  }
  gst_harness_teardown (harness);
}

/* A window that is begun anew, by a jump or a seek, takes what properties are then. */
static void
test_change_and_jump (void)
{
  const GenAugmentSettings loud = settings_of ("gain=12 seed=6");

  for (int flush = 0; flush < 2; flush++) {
    GstHarness *harness = harness_new ("length=1000 seed=6", &kinds[0]);
    g_autoptr (GstElement) element = gst_harness_find_element (harness, "audioaugment");
    g_autoptr (GByteArray) bytes = NULL;

    push_frames (harness, &kinds[0], 0, 900, 900);
    gst_buffer_unref (gst_harness_pull (harness));
    g_object_set (element, "gain", 12.0, NULL);
    if (flush)
      seek_to (harness, 0);
    push_frames (harness, &kinds[0], 0, LENGTH, 250);
    bytes = pull_all (harness, &kinds[0], 0);
    assert_expected (bytes, &kinds[0], &loud, 0, LENGTH, LENGTH);
    gst_harness_teardown (harness);
  }
}

/* What a controlled property makes of a stream is the same however it is cut, where it begins in
 * the middle of a buffer, too. */
static void
test_controlled (void)
{
  static const gsize chunks[] = { 7, 480, 2500, 10000 };
  const guint64 end = 10 * LENGTH;
  g_autoptr (GByteArray) first = NULL;

  for (gsize c = 0; c < G_N_ELEMENTS (chunks); c++) {
    GstHarness *harness = harness_new ("length=1000 seed=6", &kinds[0]);
    g_autoptr (GstElement) element = gst_harness_find_element (harness, "audioaugment");
    GstControlSource *source = gst_interpolation_control_source_new ();
    GstTimedValueControlSource *values = GST_TIMED_VALUE_CONTROL_SOURCE (source);
    g_autoptr (GByteArray) bytes = NULL, plain = NULL;

    /* Nothing up to window 3, then more and more, and nothing again from 8 on. */
    g_object_set (source, "mode", GST_INTERPOLATION_MODE_LINEAR, NULL);
    gst_timed_value_control_source_set (values, 0, 0);
    gst_timed_value_control_source_set (values, time_of (3 * LENGTH), 0);
    gst_timed_value_control_source_set (values, time_of (7 * LENGTH), 0.5);
    gst_timed_value_control_source_set (values, time_of (8 * LENGTH), 0);
    g_assert_true (gst_object_add_control_binding (GST_OBJECT (element),
        gst_direct_control_binding_new (GST_OBJECT (element), "gain", source)));
    push_frames (harness, &kinds[0], 0, end, chunks[c]);
    bytes = pull_all (harness, &kinds[0], 0);
    plain = g_byte_array_new ();
    g_byte_array_set_size (plain, (guint)(end * sizeof (float)));
    fill_samples (&kinds[0], 0, end, plain->data);
    g_assert_cmpuint (bytes->len, ==, plain->len);
    for (guint64 window = 0; window < 10; window++)
      g_assert_true ((memcmp (bytes->data + window * LENGTH * sizeof (float),
                          plain->data + window * LENGTH * sizeof (float),
                          LENGTH * sizeof (float)) != 0) == (window > 3 && window < 8));
    if (first == NULL)
      first = g_steal_pointer (&bytes);
    else
      g_assert_cmpmem (first->data, first->len, bytes->data, bytes->len);
    gst_object_unref (source);
    gst_harness_teardown (harness);
  }
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/audioaugment/live-change", test_live_change);
  g_test_add_func ("/audioaugment/change-and-jump", test_change_and_jump);
  g_test_add_func ("/audioaugment/controlled", test_controlled);
  return g_test_run ();
}
