/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Losses against the numbers of torch.nn.functional. */
#include <math.h>
#include <string.h>

#include "../trainers.h"

static void
check_loss (const GenLoss *loss, double smoothing, double discriminator, double generator)
{
  static const float real[4] = { 2, -1, 0.5, 30 }, fake[4] = { -3, 1, 0.25, -40 };
  g_autoptr (GenGraph) graph = gen_graph_new ("loss");
  g_autoptr (GenPlan) plan = NULL;
  g_autoptr (GError) error = NULL;
  GenTensor *r = gen_graph_add_input (graph, "r", GEN_TYPE_FLOAT32, &GEN_SHAPE (4, 1));
  GenTensor *f = gen_graph_add_input (graph, "f", GEN_TYPE_FLOAT32, &GEN_SHAPE (4, 1));

  gen_graph_add_output (graph, loss->discriminator (graph, r, f, smoothing, &error));
  gen_graph_add_output (graph, loss->generator (graph, r, f, &error));
  g_assert_no_error (error);
  plan = gen_plan_new (graph, NULL, &error);
  g_assert_no_error (error);
  memcpy (gen_plan_input (plan, 0)->data, real, sizeof real);
  memcpy (gen_plan_input (plan, 1)->data, fake, sizeof fake);
  g_assert_true (gen_plan_run (plan, NULL));
  g_assert_cmpfloat_with_epsilon (
      *(const float *)gen_plan_output (plan, 0)->data, discriminator, 1e-6 * fabs (discriminator));
  g_assert_cmpfloat_with_epsilon (
      *(const float *)gen_plan_output (plan, 1)->data, generator, 1e-6 * fabs (generator));
}

static void
test_losses (void)
{
  check_loss (&gen_loss_minimax, 0, 1.025513768, -0.546947122);
  check_loss (&gen_loss_non_saturating, 0.1, 1.813013911, 10.98444748);
  check_loss (&gen_loss_hinge, 0, 1.4375, 10.4375);
  check_loss (&gen_loss_least_squares, 0, 307.0390625, 212.1953125);
  check_loss (&gen_loss_relativistic, 0, 0.67739570, 18.98989487);
  check_loss (&gen_loss_relativistic, 0.1, 2.50864553, 18.98989487);
  check_loss (&gen_loss_wasserstein, 0, -18.3125, 10.4375);
  for (int i = 0; gen_loss_list ()[i] != NULL; i++)
    g_assert_true (gen_loss_find (gen_loss_list ()[i]->name, NULL) == gen_loss_list ()[i]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/losses/losses", test_losses);
  return g_test_run ();
}
