/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* States and parameters of a model on a device: carried there from run to run, zeros again after a
 * reset, and handed on to another player. */
#include <math.h>

#include "recurrent-net.h"

#define LARGEST_ERROR 1e-5f

static void
assert_close (float (*made)[N], float (*wanted)[N])
{
  for (int i = 0; i < RUNS; i++)
    for (int k = 0; k < N; k++)
      g_assert_cmpfloat (fabsf (made[i][k] - wanted[i][k]), <=, LARGEST_ERROR);
}

static GenPlayer *
open_player (GenModel *model)
{
  const GenPlayerOptions options = { .plan = { .device = &gen_device_cuda } };
  GenPlayer *player = gen_player_new (model, &options);
  const GenModelUse use = use_of (model);
  g_autoptr (GError) error = NULL;

  gen_player_prepare (player, &use, NULL, &error);
  g_assert_no_error (error);
  return player;
}

static void
test_states (gconstpointer data)
{
  const gboolean halves = GPOINTER_TO_INT (data);
  g_autoptr (GenModel) model = make_recurrent (halves);
  g_autoptr (GenPlayer) player = open_player (model);
  float wanted[RUNS][N], made[RUNS][N];

  for (int round = 0; round < 3; round++) {
    const float strength = 0.5f + 0.2f * (float)round;

    set_strength (player, strength);
    play_by_hand (model, halves ? 2 : 1, strength, wanted);
    gen_player_reset (player);
    play (player, made);
    assert_close (made, wanted);
  }
}

static void
test_continued (void)
{
  g_autoptr (GenModel) model = make_recurrent (FALSE);
  g_autoptr (GenPlayer) first = open_player (model);
  g_autoptr (GenPlayer) second = open_player (model);
  float wanted[RUNS][N], made[RUNS][N];

  play_by_hand (model, 1, 0.75f, wanted);
  set_strength (first, 0.75f);
  set_strength (second, 0.75f);
  gen_player_warm_up (second);
  for (guint64 i = 0; i < RUNS; i++) {
    GenPlayer *player = i < 2 ? first : second;

    if (i == 2)
      gen_player_continue (second, first);
    fill (gen_player_numbers (player, 0), i);
    g_assert_true (gen_player_run (player, NULL));
    memcpy (made[i], gen_player_output (player)->data, sizeof made[i]);
  }
  assert_close (made, wanted);
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;

  g_test_init (&argc, &argv, NULL);
  if (!gen_device_cuda.available (&error)) {
    g_print ("1..0 # SKIP %s\n", error->message);
    return 0;
  }
  g_test_add_data_func ("/device/states/whole", GINT_TO_POINTER (FALSE), test_states);
  g_test_add_data_func ("/device/states/half", GINT_TO_POINTER (TRUE), test_states);
  g_test_add_func ("/device/states/continued", test_continued);

  return g_test_run ();
}
