/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Inputs that are sent ahead of the run which reads them, to a device and on the CPU. */
#include <generative/feed.h>

#include "device-compare.h"

#define LENGTH 96

typedef struct {
  GenFeed *feed;
  float value;
} Delivery;

static gpointer
deliver (gpointer data)
{
  const Delivery *delivery = data;
  float *numbers = gen_feed_data (delivery->feed);
  g_autoptr (GError) error = NULL;

  for (int i = 0; i < LENGTH; i++)
    numbers[i] = delivery->value + (float)i;
  g_assert_true (gen_feed_send (delivery->feed, &error));
  g_assert_no_error (error);
  return NULL;
}

/* What is sent for the next run, by another thread, arrives in it and not before; on the CPU the
 * same calls do the same. */
static void
test_feeds (gconstpointer device)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("feeds");
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, LENGTH));
  g_autoptr (GError) error = NULL;
  GenPlan *plan;
  GenFeed *feeds[2];
  GThread *thread;

  gen_graph_add_output (graph, gen_unary (graph, "Neg", x, &error));
  plan = gen_plan_new (graph, &(GenPlanOptions){ .device = device }, &error);
  g_assert_no_error (error);
  for (int i = 0; i < 2; i++)
    feeds[i] = gen_feed_new (plan, 0, &error);
  g_assert_no_error (error);
  deliver (&(Delivery){ feeds[0], 0 });
  for (int run = 0; run < 4; run++) {
    const float *y = gen_plan_output (plan, 0)->data;
    Delivery next = { feeds[(run + 1) % 2], (float)(100 * (run + 1)) };

    thread = g_thread_new ("deliver", deliver, &next);
    gen_plan_bind_feed (plan, feeds[run % 2]);
    g_assert_true (gen_plan_run (plan, &error));
    for (int i = 0; i < LENGTH; i++)
      g_assert_cmpfloat (y[i], ==, -(float)(100 * run + i));
    g_thread_join (thread);
  }
  /* The plan's own memory again. */
  gen_plan_bind_input (plan, 0, NULL);
  *(float *)gen_plan_input (plan, 0)->data = 7;
  g_assert_true (gen_plan_run (plan, &error));
  g_assert_cmpfloat (*(const float *)gen_plan_output (plan, 0)->data, ==, -7);
  for (int i = 0; i < 2; i++)
    gen_feed_free (feeds[i]);
  gen_plan_free (plan);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  if (!has_device ())
    return 0;
  g_test_add_data_func ("/device/feeds/cuda", &gen_device_cuda, test_feeds);
  g_test_add_data_func ("/device/feeds/cpu", &gen_device_cpu, test_feeds);
  return g_test_run ();
}
