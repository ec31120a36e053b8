/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How far samples are apart by their spectra, and by what another net sees in them, against
 * PyTorch's numbers. */
#include <math.h>
#include <string.h>

#include <generative/onnx.h>

#include "../../lib/train/perceptual.h"
#include "../scratch.h"
#include "../trainers.h"

/* Numbers by a rule that another program can follow. */
static void
draw (float *numbers, gint64 n, double rate, double middle, double scale)
{
  for (gint64 i = 0; i < n; i++)
    numbers[i] = (float)(middle + scale * sin (rate * (double)i + rate));
}

/* The same with all frequencies in it. */
static void
draw_wide (float *numbers, gint64 n, double rate)
{
  for (gint64 i = 0; i < n; i++)
    numbers[i] = (float)(0.45 * sin (rate * (double)i + rate) + 0.2 * sin (rate * (double)(i * i)));
}

/* Distances of two samples, and the gradient of their sum at four places. */
typedef struct {
  double distances[2];
  gint64 places[4];
  double gradients[4];
} Expected;

/* Of inputs `made` and `wanted`. */
static void
check (GenGraph *graph, GenTensor *distances, const Expected *expected)
{
  GenTensor *made = g_ptr_array_index (graph->inputs, 0), *gradient = NULL;
  const gint64 n = gen_shape_elements (&made->shape);
  g_autoptr (GError) error = NULL;
  g_autoptr (GenPlan) plan = NULL;
  const float *values;

  g_assert_nonnull (distances);
  g_assert_true (gen_graph_gradients (graph, distances, &made, 1, &gradient, &error));
  gen_graph_add_output (graph, distances);
  gen_graph_add_output (graph, gradient);
  plan = gen_plan_new (graph, NULL, &error);
  g_assert_no_error (error);
  if (made->shape.rank == 3) {
    draw_wide (gen_plan_input (plan, 0)->data, n, 0.7);
    draw_wide (gen_plan_input (plan, 1)->data, n, 0.69);
  } else {
    draw (gen_plan_input (plan, 0)->data, n, 0.7, 0.5, 0.45);
    draw (gen_plan_input (plan, 1)->data, n, 0.69, 0.5, 0.45);
  }
  g_assert_true (gen_plan_run (plan, &error));
  g_assert_cmpuint (gen_plan_output (plan, 0)->size, ==, 2 * sizeof (float));
  values = gen_plan_output (plan, 0)->data;
  for (int i = 0; i < 2; i++)
    g_assert_cmpfloat_with_epsilon (values[i], expected->distances[i], 2e-5);
  values = gen_plan_output (plan, 1)->data;
  for (int i = 0; i < 4; i++)
    g_assert_cmpfloat_with_epsilon (
        values[expected->places[i]], expected->gradients[i], 2e-3 * fabs (expected->gradients[i]));
}

static GenTensor *
add_samples (GenGraph *graph, const GenShape *shape, GenTensor **wanted)
{
  GenTensor *made = gen_graph_add_input (graph, "made", GEN_TYPE_FLOAT32, shape);

  *wanted = gen_graph_add_input (graph, "wanted", GEN_TYPE_FLOAT32, shape);
  return made;
}

static void
check_reconstruction (
    const GenReconstruction *kind, const GenShape *shape, const Expected *expected)
{
  g_autoptr (GenGraph) graph = gen_graph_new (kind->name);
  g_autoptr (GError) error = NULL;
  GenTensor *wanted, *made = add_samples (graph, shape, &wanted);

  check (graph, kind->loss (graph, made, wanted, 1, &error), expected);
}

static void
test_focal_frequency (void)
{
  check_reconstruction (&gen_reconstruction_focal_frequency, &GEN_SHAPE (2, 1, 9, 9),
      &(Expected){ { 0.01801125, 0.13005187 }, { 0, 40, 81, 161 },
          { 0.00326314, -0.00441527, 0.01175905, 0.01174361 } });
}

/* In stereo: of 300 frames there is one resolution, of 1100 there are all three. */
static void
test_stft (void)
{
  check_reconstruction (&gen_reconstruction_stft, &GEN_SHAPE (2, 2, 300),
      &(Expected){ { 1.30713086, 1.29748480 }, { 0, 150, 300, 1199 },
          { 0.01181401, 0.01177317, 0.13432745, -0.02833722 } });
  check_reconstruction (&gen_reconstruction_stft, &GEN_SHAPE (2, 2, 1100),
      &(Expected){ { 1.44183642, 1.48512162 }, { 0, 550, 1100, 4399 },
          { 0.05126194, -0.00159063, 0.02683010, 0.00122412 } });
}

/* A sound in the place of silence is far from it, and no further than float32 can add up. */
static void
test_silence (void)
{
  const GenShape shape = GEN_SHAPE (1, 1, 1100);
  g_autoptr (GenGraph) graph = gen_graph_new ("silence");
  g_autoptr (GError) error = NULL;
  g_autoptr (GenPlan) plan = NULL;
  GenTensor *made = gen_graph_add_input (graph, "made", GEN_TYPE_FLOAT32, &shape);
  GenTensor *wanted = gen_graph_add_input (graph, "wanted", GEN_TYPE_FLOAT32, &shape);
  float distance;

  gen_graph_add_output (graph, gen_reconstruction_stft.loss (graph, made, wanted, 2, &error));
  plan = gen_plan_new (graph, NULL, &error);
  g_assert_no_error (error);
  for (int i = 0; i < 1100; i++)
    ((float *)gen_plan_input (plan, 0)->data)[i] = sinf (0.9f * (float)(i * i % 101));
  memset (gen_plan_input (plan, 1)->data, 0, gen_plan_input (plan, 1)->size);
  g_assert_true (gen_plan_run (plan, &error));
  distance = *(const float *)gen_plan_output (plan, 0)->data;
  g_test_message ("%g", (double)distance);
  g_assert_cmpfloat (distance, >, 100);
  g_assert_cmpfloat (distance, <, 2000);
}

static void
refuse (const GenReconstruction *kind, const GenShape *shape, const char *message)
{
  g_autoptr (GenGraph) graph = gen_graph_new (kind->name);
  g_autoptr (GError) error = NULL;
  GenTensor *wanted, *made = add_samples (graph, shape, &wanted);

  g_assert_null (kind->loss (graph, made, wanted, 1, &error));
  g_assert_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING);
  g_assert_cmpstr (error->message, ==, message);
}

static void
test_refused (void)
{
  refuse (&gen_reconstruction_stft, &GEN_SHAPE (2, 1, 256),
      "reconstruction=stft is for sounds of at least 257 frames, not for [2, 1, 256]");
  refuse (&gen_reconstruction_stft, &GEN_SHAPE (2, 1, 9, 9),
      "reconstruction=stft is for sounds of at least 257 frames, not for [2, 1, 9, 9]");
  refuse (&gen_reconstruction_focal_frequency, &GEN_SHAPE (2, 1, 300),
      "reconstruction=focal-frequency is for pictures, not for [2, 1, 300]; stft is for sounds");
}

/* --- what a net sees --- */

/* Of pictures of 7x7 in colour with numbers of their own, a map and its means. */
static void
save_net (const char *path, gint64 batch)
{
  g_autoptr (GenGraph) net = gen_graph_new ("features");
  g_autoptr (GError) error = NULL;
  GenTensor *x =
      gen_graph_add_input (net, "picture", GEN_TYPE_FLOAT32, &GEN_SHAPE (batch, 3, 7, 7));
  float *weights = g_new (float, 6 * 3 * 9);

  draw (weights, 6 * 3 * 9, 0.3, 0, 0.5);
  x = gen_graph_op (net, "Conv",
      (GenTensor *[]){
          x, gen_graph_add_constant (net, "weights", GEN_TYPE_FLOAT32, &GEN_SHAPE (6, 3, 3, 3),
                 g_bytes_new_take (weights, 6 * 3 * 9 * sizeof *weights)) },
      2, 1, &error, NULL);
  x = gen_unary (net, "Relu", x, &error);
  gen_graph_add_output (net, x);
  gen_graph_add_output (net, gen_unary (net, "GlobalAveragePool", x, &error));
  g_hash_table_insert (net->metadata, g_strdup ("generative.mean"), g_strdup ("0.4,0.5,0.6"));
  g_hash_table_insert (net->metadata, g_strdup ("generative.std"), g_strdup ("0.2,0.25,0.3"));
  g_assert_true (gen_onnx_save (net, path, &error));
}

static void
test_perceptual (void)
{
  g_autofree char *folder = scratch_new (), *path = g_build_filename (folder, "net.onnx", NULL);
  g_autoptr (GenGraph) graph = gen_graph_new ("perceptual");
  g_autoptr (GError) error = NULL;
  GenTensor *wanted, *made = add_samples (graph, &GEN_SHAPE (2, 1, 9, 9), &wanted), *distances;

  save_net (path, -1);
  distances = gen_perceptual_compare (graph, "perceptual-model", path, made, wanted, 0, 1, &error);
  g_assert_no_error (error);
  check (graph, distances,
      &(Expected){ { 0.32574402, 2.07102236 }, { 0, 40, 81, 161 },
          { 0.00341250, -0.31018172, 0.01830678, 0.01196882 } });
  scratch_remove (folder);
}

static void
refuse_net (const char *path, const GenShape *shape, const char *message)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("perceptual");
  g_autoptr (GError) error = NULL;
  GenTensor *wanted, *made = add_samples (graph, shape, &wanted);

  g_assert_null (
      gen_perceptual_compare (graph, "perceptual-model", path, made, wanted, 0, 1, &error));
  g_assert_nonnull (error);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, message));
}

static void
test_perceptual_refused (void)
{
  g_autofree char *folder = scratch_new (), *path = g_build_filename (folder, "net.onnx", NULL);

  refuse_net (path, &GEN_SHAPE (2, 1, 9, 9), "net.onnx");
  save_net (path, 4);
  refuse_net (path, &GEN_SHAPE (2, 1, 9, 9), "that takes pictures of [2, 1, 9, 9]");
  refuse_net (path, &GEN_SHAPE (4, 1, 900), "that takes sounds of [4, 1, 900]");
  refuse_net (path, &GEN_SHAPE (4, 2, 9, 9), "that takes pictures of [4, 2, 9, 9]");
  scratch_remove (folder);
}

/* A step adds the weighted distance to its loss, and leaves the other net as it is. */
static double
loss_with (char *model, double weight)
{
  const GenPresetOptions options = { GEN_PRESET_DEFAULTS, .format.width = 8, .format.height = 8,
    .width = 2 };
  const GenTrainerSettings settings = { GEN_TRAINER_DEFAULTS, .batch_size = 2, .threads = 1,
    .reconstruction = &gen_reconstruction_l1, .perceptual_model = model,
    .perceptual_weight = weight };
  g_autoptr (GError) error = NULL;
  g_autoptr (GenTrainer) trainer =
      preset_trainer_new (&gen_preset_cleaner, &options, &settings, &error);
  GenTrainerFigures figures;
  float samples[2 * 64];

  g_assert_no_error (error);
  for (guint i = 0; i < gen_trainer_n_states (trainer); i++)
    g_assert_false (g_str_has_prefix (gen_trainer_state (trainer, i)->name, "perceptual"));
  draw (samples, 2 * 64, 0.7, 0, 0.9);
  g_assert_true (gen_trainer_step (trainer, samples, NULL, &figures, &error));
  return figures.values[gen_recipe_figure (&gen_recipe_restoration, "loss")];
}

static void
test_step (void)
{
  g_autofree char *folder = scratch_new (), *path = g_build_filename (folder, "net.onnx", NULL);
  double none, some, more;

  save_net (path, -1);
  none = loss_with (NULL, 0.5);
  some = loss_with (path, 0.5);
  more = loss_with (path, 1);
  g_assert_cmpfloat (some, >, none);
  g_assert_cmpfloat_with_epsilon (more - none, 2 * (some - none), 1e-4 * more);
  scratch_remove (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/reconstructions/focal-frequency", test_focal_frequency);
  g_test_add_func ("/reconstructions/stft", test_stft);
  g_test_add_func ("/reconstructions/silence", test_silence);
  g_test_add_func ("/reconstructions/refused", test_refused);
  g_test_add_func ("/reconstructions/perceptual", test_perceptual);
  g_test_add_func ("/reconstructions/perceptual/refused", test_perceptual_refused);
  g_test_add_func ("/reconstructions/perceptual/step", test_step);
  return g_test_run ();
}
