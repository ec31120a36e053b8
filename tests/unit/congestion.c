/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A rate follows what arrives, and stays within its bounds whatever is told. */
#include "../../lib/serve/congestion.h"

static void
test_steps (void)
{
  GenCongestion congestion;

  gen_congestion_init (&congestion, 1600000);
  g_assert_cmpuint (congestion.bitrate, ==, 1600000);
  g_assert_false (gen_congestion_update (&congestion, 0));
  g_assert_true (gen_congestion_update (&congestion, 0.5));
  g_assert_cmpuint (congestion.bitrate, ==, 1200000);
  g_assert_false (gen_congestion_update (&congestion, 0.05));
  g_assert_true (gen_congestion_update (&congestion, 0.01));
  g_assert_cmpuint (congestion.bitrate, ==, 1260000);
}

/* Somebody who loses all gets a sixteenth, and all of it again once nothing is lost. */
static void
test_ends (void)
{
  GenCongestion congestion;

  gen_congestion_init (&congestion, 1600000);
  for (int i = 0; i < 100; i++)
    gen_congestion_update (&congestion, 1);
  g_assert_cmpuint (congestion.bitrate, ==, 100000);
  for (int i = 0; i < 100; i++)
    gen_congestion_update (&congestion, 0);
  g_assert_cmpuint (congestion.bitrate, ==, 1600000);
}

/* A link that takes 700 kbit/s loses what is sent beyond: the rate stays around that. */
static void
test_link (void)
{
  GenCongestion congestion;
  double sum = 0;

  gen_congestion_init (&congestion, 4000000);
  for (int i = 0; i < 300; i++) {
    const double lost = congestion.bitrate > 700000 ? 1 - 700000.0 / congestion.bitrate : 0;

    gen_congestion_update (&congestion, lost);
    if (i >= 100)
      sum += congestion.bitrate / 200.0;
  }
  g_assert_cmpfloat (sum, >, 600000);
  g_assert_cmpfloat (sum, <, 800000);
}

static void
test_wrong (void)
{
  static const double told[] = { -1, 2, 1e300, -1e300 };
  GenCongestion congestion;

  gen_congestion_init (&congestion, 0);
  for (guint i = 0; i < 4 * G_N_ELEMENTS (told); i++) {
    gen_congestion_update (&congestion, told[i % G_N_ELEMENTS (told)]);
    g_assert_cmpuint (congestion.bitrate, >=, congestion.least);
    g_assert_cmpuint (congestion.bitrate, <=, congestion.most);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/congestion/steps", test_steps);
  g_test_add_func ("/congestion/ends", test_ends);
  g_test_add_func ("/congestion/link", test_link);
  g_test_add_func ("/congestion/wrong", test_wrong);
  return g_test_run ();
}
