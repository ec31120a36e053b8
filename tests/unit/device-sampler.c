/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Denoisers are sampled on a device as they are on the CPU, sample after sample. */
#include "denoisers.h"
#include "device-compare.h"

#define LARGEST_ERROR 1e-5f
#define SAMPLES 3
#define LARGEST (SAMPLES * CHANNELS * LENGTH)

static void
run (GenPlayer *player, const float *noise)
{
  g_autoptr (GError) error = NULL;

  gen_player_bind_numbers (player, 0, noise);
  gen_player_run (player, &error);
  g_assert_no_error (error);
}

static void
compare (GenGraph *graph, const GenSamplingHints *hints, int n, const float *condition)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenModel) model = load_with (graph, hints, &error);
  g_autoptr (GenPlayer) cpu = NULL, device = NULL;
  float noise[3 * LARGEST];

  g_assert_no_error (error);
  draw (noise, 3 * LARGEST);
  cpu = open_player (model, n, NULL);
  device = open_player (model, n, &gen_device_cuda);
  for (int k = 0; k < 3; k++) {
    const float *wanted, *made;

    if (condition != NULL) {
      gen_player_bind_numbers (cpu, 1, condition);
      gen_player_bind_numbers (device, 1, condition);
    }
    run (cpu, noise + k * LARGEST);
    run (device, noise + k * LARGEST);
    wanted = gen_player_output (cpu)->data;
    made = gen_player_output (device)->data;
    for (gsize i = 0; i < gen_player_output (cpu)->size / sizeof (float); i++)
      g_assert_cmpfloat (
          fabsf (made[i] - wanted[i]), <=, LARGEST_ERROR * fmaxf (1, fabsf (wanted[i])));
  }
}

static void
test_net (void)
{
  const GenSamplingHints hints = { .sampler = "euler", .steps = 7, .sigma_range = "0.01,20" };
  g_autoptr (GenGraph) graph = make_net ();
  float condition[CONDITIONS];

  draw (condition, CONDITIONS);
  compare (graph, &hints, 1, condition);
}

static void
test_times (void)
{
  static const char *const samplers[] = { "euler", "ddim", "consistency" };

  for (gsize s = 0; s < G_N_ELEMENTS (samplers); s++) {
    const GenSamplingHints hints = { .sampler = samplers[s], .steps = 5 };
    g_autoptr (GenGraph) graph = make_of_time (&gen_schedule_scaled_linear, "v");

    compare (graph, &hints, SAMPLES, NULL);
  }
}

/* Nothing of a step travels to the CPU and back. */
static void
test_whole (void)
{
  static const char *const samplers[] = { "euler", "ddim", "consistency" };

  for (gsize s = 0; s < G_N_ELEMENTS (samplers); s++) {
    const GenSamplingHints hints = { .sampler = samplers[s], .steps = 5 };
    g_autoptr (GenGraph) graph = make_of_time (&gen_schedule_linear, "epsilon"), loop = NULL;
    g_autoptr (GenPlan) plan = NULL;
    g_autoptr (GError) error = NULL;
    GenSamplerSettings settings;

    g_assert_true (gen_sampling_choose (graph, &hints, &settings, NULL));
    loop = gen_sampling_wrap (graph, &settings, &error);
    g_assert_no_error (error);
    gen_graph_set_free_dimensions (loop, NULL, 2);
    plan = gen_plan_new (loop, &(GenPlanOptions){ .device = &gen_device_cuda }, &error);
    g_assert_no_error (error);
    assert_on_device (samplers[s], plan);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  if (!has_device ())
    return 0;
  g_test_add_func ("/device/sampler/net", test_net);
  g_test_add_func ("/device/sampler/times", test_times);
  g_test_add_func ("/device/sampler/whole", test_whole);
  return g_test_run ();
}
