/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* GenPlayer: what it plays is what the model computes, whichever sizes come and go, and a device
 * that fails gives way. */
#include <generative/player.h>
#include <generative/random.h>

#include <string.h>

/* y = relu (conv (x) + bias), [N, 1, H, W] of free extents. */
static GenModel *
make_model (void)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("net");
  g_autoptr (GError) error = NULL;
  const float weights[] = { 0, 0.1f, 0, 0.2f, 0.4f, -0.1f, 0, 0.3f, 0 };
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (-1, 1, -1, -1));
  GenTensor *inputs[] = { x, gen_graph_add_constant (graph, "w", GEN_TYPE_FLOAT32,
                                 &GEN_SHAPE (1, 1, 3, 3), g_bytes_new (weights, sizeof weights)) };
  const gint64 pads[] = { 1, 1, 1, 1 };
  GenTensor *y = gen_graph_add_value (graph, "y");
  GenNode *node =
      gen_graph_add_node (graph, "conv", NULL, "Conv", GEN_OPSET, inputs, 2, &y, 1, &error);
  GenModel *model;

  g_assert_no_error (error);
  gen_node_set_ints (node, "pads", pads, 4);
  gen_graph_add_output (graph, y);
  model = gen_model_new (graph, &error);
  g_assert_no_error (error);
  return model;
}

static GenModelUse
use_of (GenModel *model, int height, int width, int frames)
{
  GenModelUse use = { .input = *gen_model_find_input (model, GEN_PORT_PICTURE),
    .output = *gen_model_find_output (model, GEN_PORT_PICTURE),
    .frames = frames,
    .pictures = 1,
    .height = height,
    .width = width,
    .from_frames = TRUE,
    .to_frames = TRUE,
    .from = { .columns = 1, .bytes = 1, .n_order = 1, .stride = (gsize)width },
    .to = { .columns = 1, .bytes = 1, .n_order = 1, .stride = (gsize)width } };

  use.output.height = height;
  use.output.width = width;
  gen_port_set_range (&use.input, 0, 1);
  gen_port_set_range (&use.output, 0, 1);
  return use;
}

static void
fill (guint8 *bytes, gsize n, guint64 number)
{
  GenRandom random = gen_random_new (7, "frame", number);

  for (gsize i = 0; i < n; i++)
    bytes[i] = (guint8)gen_random_below (&random, 0, i, 256);
}

/* What a plan of its own makes of the frame. */
static void
reference (GenModel *model, const GenModelUse *use, const guint8 *in, guint8 *out)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenPlan) plan = gen_model_compile (model, use, &error);

  g_assert_no_error (error);
  gen_plan_bind_input (plan, 0, in);
  gen_plan_bind_output (plan, 0, out);
  g_assert_true (gen_plan_run (plan, NULL));
}

static void
play_and_compare (GenPlayer *player, GenModel *model, int height, int width, guint64 number)
{
  const GenModelUse use = use_of (model, height, width, 1);
  const gsize n = (gsize)height * (gsize)width;
  g_autofree guint8 *in = g_malloc (n), *out = g_malloc0 (n), *wanted = g_malloc0 (n);
  const GenFrame from = { .planes = { in } }, to = { .planes = { out } };
  g_autoptr (GError) error = NULL;

  fill (in, n, number);
  gen_player_prepare (player, &use, NULL, &error);
  g_assert_no_error (error);
  gen_player_bind_input_frame (player, 0, &from);
  gen_player_bind_output_frame (player, 0, &to);
  g_assert_true (gen_player_run (player, NULL));
  reference (model, &use, in, wanted);
  g_assert_cmpmem (out, n, wanted, n);
}

static void
test_sizes (void)
{
  g_autoptr (GenModel) model = make_model ();
  const GenPlayerOptions options = { 0 };
  g_autoptr (GenPlayer) player = gen_player_new (model, &options);
  GenModelUse use = use_of (model, 8, 9, 1);

  g_assert_null (gen_player_use (player));
  g_assert_false (gen_player_keeps (player, &use));
  play_and_compare (player, model, 8, 9, 0);
  play_and_compare (player, model, 5, 4, 1);
  g_assert_true (gen_player_keeps (player, &use));
  play_and_compare (player, model, 8, 9, 2);
  for (int i = 0; i < 4; i++)
    play_and_compare (player, model, 20 + i, 9, 3);
  /* It was played before the last four. */
  g_assert_false (gen_player_keeps (player, &use));
  use = use_of (model, 23, 9, 1);
  g_assert_true (gen_player_keeps (player, &use));
  gen_port_set_range (&use.output, -1, 1);
  g_assert_false (gen_player_keeps (player, &use));
  gen_player_forget (player);
  g_assert_null (gen_player_use (player));
}

static void
test_failing_use (void)
{
  g_autoptr (GenModel) model = make_model ();
  const GenPlayerOptions options = { 0 };
  g_autoptr (GenPlayer) player = gen_player_new (model, &options);
  GenModelUse use = use_of (model, 8, 9, 1);
  g_autoptr (GError) error = NULL;

  play_and_compare (player, model, 8, 9, 0);
  /* The output cannot be that size: what played before plays on. */
  use.output.height = 3;
  use.to.stride = 1;
  g_assert_false (gen_player_prepare (player, &use, NULL, &error));
  g_assert_nonnull (error);
  g_assert_nonnull (gen_player_use (player));
  play_and_compare (player, model, 8, 9, 1);
}

/* Numbers that no vector can be loaded from are copied. */
static void
test_numbers (void)
{
  g_autoptr (GenModel) model = make_model ();
  const GenPlayerOptions options = { 0 };
  g_autoptr (GenPlayer) player = gen_player_new (model, &options);
  GenModelUse use = use_of (model, 3, 5, 1);
  float numbers[16], results[2][15];
  g_autoptr (GError) error = NULL;

  use.from_frames = use.to_frames = FALSE;
  g_assert_true (gen_player_prepare (player, &use, NULL, &error));
  for (int shift = 0; shift < 2; shift++) {
    for (int i = 0; i < 15; i++)
      numbers[i + shift] = (float)i;
    gen_player_bind_numbers (player, 0, numbers + shift);
    g_assert_true (gen_player_run (player, NULL));
    memcpy (results[shift], gen_player_output (player)->data, sizeof results[shift]);
  }
  g_assert_cmpmem (results[0], sizeof results[0], results[1], sizeof results[1]);
  memcpy (gen_player_numbers (player, 0), numbers + 1, sizeof results[0]);
  g_assert_true (gen_player_run (player, NULL));
  g_assert_cmpmem (results[0], sizeof results[0], gen_player_output (player)->data,
      gen_player_output (player)->size);
  g_assert_cmpint (gen_player_warm_up (player), >, 0);
}

/* Where there is no such device, one that nobody insisted on gives way, and it is said why. */
static void
test_fall_back (void)
{
  g_autoptr (GenModel) model = make_model ();
  GenPlayerOptions options = { .plan = { .device = &gen_device_cuda } };
  g_autoptr (GenPlayer) insists = gen_player_new (model, &options), falls = NULL;
  const GenModelUse use = use_of (model, 8, 9, 1);
  g_autoptr (GError) error = NULL, announced = NULL;

  if (gen_device_cuda.available (NULL)) {
    g_test_skip ("there is such a device");
    return;
  }
  g_assert_false (gen_player_prepare (insists, &use, &announced, &error));
  g_assert_no_error (announced);
  g_assert_true (error->domain == GEN_DEVICE_ERROR);
  g_assert_false (gen_player_fall_back (insists, error));
  options.falls_back = TRUE;
  falls = gen_player_new (model, &options);
  g_clear_error (&error);
  g_assert_true (gen_player_prepare (falls, &use, &announced, &error));
  g_assert_true (announced->domain == GEN_DEVICE_ERROR);
  g_assert_true (gen_player_options (falls)->device == &gen_device_cpu);
  play_and_compare (falls, model, 8, 9, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/player/sizes", test_sizes);
  g_test_add_func ("/player/failing-use", test_failing_use);
  g_test_add_func ("/player/numbers", test_numbers);
  g_test_add_func ("/player/fall-back", test_fall_back);
  return g_test_run ();
}
