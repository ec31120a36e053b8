/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Training on a device: the numbers of the CPU, states that come back and go on, 16-bit floats.
 * GEN_CUDA_MODULE says which module stands for the device; without a GPU it is the emulation. */
#include <generative/operator.h>
#include <generative/plan.h>
#include <generative/preset.h>
#include <generative/random.h>
#include <generative/trainer.h>

#include <math.h>
#include <string.h>

#include "../preset-options.h"
#include "../scratch.h"
#include "../small-nets.h"
#include "../trainers.h"

#define BATCH 4
#define STEPS 2

static GenPresetOptions
options_of (const GenPreset *preset, int extent)
{
  GenPresetOptions options = preset_options (preset);

  if (preset->medium == &gen_medium_picture)
    options.format.width = options.format.height = extent;
  options.dropout = 0.3;
  return options;
}

static gboolean
smooths_labels (const GenRecipe *recipe)
{
  for (guint i = 0; i < recipe->n_settings; i++)
    if (g_str_equal (recipe->settings[i].name, "label-smoothing"))
      return TRUE;
  return FALSE;
}

static GenTrainer *
trainer_with (const GenPreset *preset, int extent, const GenLoss *loss,
    const GenOptimizer *optimizer, const GenDevice *device, GenPrecision precision)
{
  g_autoptr (GError) error = NULL;
  const GenPresetOptions options = options_of (preset, extent);
  GenTrainerSettings settings = { GEN_TRAINER_DEFAULTS, .batch_size = BATCH,
    .ema = optimizer->average != NULL ? 0 : 0.9, .threads = 2, .device = device,
    .precision = precision };
  GenTrainer *trainer;

  settings.loss = loss;
  settings.optimizer = optimizer;
  settings.label_smoothing = smooths_labels (preset->recipe) ? 0.1 : 0;
  trainer = preset_trainer_new (preset, &options, &settings, &error);
  g_assert_no_error (error);
  return trainer;
}

static GenTrainer *
trainer_new (const GenPreset *preset, const GenDevice *device, GenPrecision precision)
{
  return trainer_with (
      preset, 28, &gen_loss_non_saturating, &gen_optimizer_adam, device, precision);
}

/* Of mlp for small pictures, which have half of its weights. */
static GenTrainer *
small_mlp_new (const GenDevice *device)
{
  return trainer_with (&gen_preset_mlp, SMALL_EXTENT, &gen_loss_non_saturating, &gen_optimizer_adam,
      device, GEN_PRECISION_FLOAT32);
}

static GenTrainerFigures
make_steps (GenTrainer *trainer, int n)
{
  gsize size = gen_trainer_settings (trainer)->batch_size * gen_trainer_sample_size (trainer);
  g_autofree float *batch = g_new (float, size);
  GenTrainerFigures figures = { 0 };
  GenRandom random = gen_random_new (9, "test", 0);
  g_autoptr (GError) error = NULL;

  for (int i = 0; i < n; i++) {
    gen_random_uniform (&random, gen_trainer_steps (trainer), 0, batch, size);
    g_assert_true (gen_trainer_step (trainer, batch, NULL, &figures, &error));
    g_assert_no_error (error);
  }
  g_assert_true (gen_trainer_fetch_states (trainer, &error));
  return figures;
}

/* The largest difference of the weights, against the largest that the first has gone from zero. */
static double
difference (GenTrainer *one, GenTrainer *other)
{
  double most = 0, largest = 0;

  for (guint i = 0; i < gen_trainer_n_weights (one); i++) {
    const GenBinding *a = gen_trainer_weight (one, i), *b = gen_trainer_weight (other, i);
    const float *x = a->data, *y = b->data;

    for (gsize k = 0; k < a->size / sizeof (float); k++) {
      g_assert_true (isfinite (x[k]) && isfinite (y[k]));
      most = fmax (most, fabs (x[k] - y[k]));
      largest = fmax (largest, fabs (x[k]));
    }
  }
  return most / largest;
}

/* Adam makes steps of the size of the learning rate whatever the gradient's, so that rounding tells
 * most where gradients vanish: a few steps apart is what can be asked of weights. */
static void
check_figures (const GenPreset *preset, GenPrecision precision, double loss, double weights)
{
  g_autoptr (GenTrainer) cpu = trainer_new (preset, NULL, GEN_PRECISION_FLOAT32);
  g_autoptr (GenTrainer) device = trainer_new (preset, &gen_device_cuda, precision);
  GenTrainerFigures expected = make_steps (cpu, STEPS), got = make_steps (device, STEPS);

  g_test_message ("%s: losses %g %g and %g %g, weights %g apart", preset->name,
      adversarial_figure (&expected, "discriminator-loss"),
      adversarial_figure (&expected, "generator-loss"),
      adversarial_figure (&got, "discriminator-loss"), adversarial_figure (&got, "generator-loss"),
      difference (cpu, device));
  g_assert_cmpfloat_with_epsilon (adversarial_figure (&got, "discriminator-loss"),
      adversarial_figure (&expected, "discriminator-loss"), loss);
  g_assert_cmpfloat_with_epsilon (adversarial_figure (&got, "generator-loss"),
      adversarial_figure (&expected, "generator-loss"), loss);
  g_assert_cmpfloat (difference (cpu, device), <, weights);
  g_assert_cmpuint (gen_trainer_steps (device), ==, STEPS);
}

static void
test_float32 (void)
{
  check_figures (&gen_preset_mlp, GEN_PRECISION_FLOAT32, 1e-4, 2e-3);
  check_figures (&gen_preset_dcgan, GEN_PRECISION_FLOAT32, 1e-3, 2e-2);
  check_figures (&gen_preset_wavegan, GEN_PRECISION_FLOAT32, 1e-3, 2e-2);
}

static void
test_bfloat16 (void)
{
  check_figures (&gen_preset_mlp, GEN_PRECISION_BFLOAT16, 5e-2, 2e-2);
  check_figures (&gen_preset_dcgan, GEN_PRECISION_BFLOAT16, 5e-2, 2e-2);
}

/* By kernels as `choice` and the file say. */
static GenTrainer *
chosen_mlp_new (GenChoice choice, const char *file)
{
  const GenPresetOptions options = { GEN_PRESET_DEFAULTS, .format.width = SMALL_EXTENT,
    .format.height = SMALL_EXTENT };
  const GenTrainerSettings settings = { GEN_TRAINER_DEFAULTS, .batch_size = 4,
    .device = &gen_device_cuda, .choice = choice, .choices = file };
  g_autoptr (GError) error = NULL;
  GenTrainer *trainer = preset_trainer_new (&gen_preset_mlp, &options, &settings, &error);

  g_assert_no_error (error);
  return trainer;
}

/* Measured and remembered choices make the same bits, whoever comes later. */
static void
test_choices (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *file = g_build_filename (folder, "choices", NULL);
  g_autoptr (GenTrainer) first = chosen_mlp_new (GEN_CHOICE_MEASURE, file);
  g_autofree char *measured = NULL, *kept = NULL;
  GenTrainer *others[2];

  g_assert_true (g_file_get_contents (file, &measured, NULL, NULL));
  g_assert_nonnull (strstr (measured, "product"));
  others[0] = chosen_mlp_new (GEN_CHOICE_MEASURE, file);
  others[1] = chosen_mlp_new (GEN_CHOICE_REMEMBERED, file);
  g_assert_true (g_file_get_contents (file, &kept, NULL, NULL));
  g_assert_cmpstr (kept, ==, measured);
  make_steps (first, 2);
  for (guint k = 0; k < G_N_ELEMENTS (others); k++) {
    make_steps (others[k], 2);
    for (guint i = 0; i < gen_trainer_n_states (first); i++) {
      const GenBinding *a = gen_trainer_state (first, i), *b = gen_trainer_state (others[k], i);

      g_assert_cmpmem (a->data, a->size, b->data, b->size);
    }
    gen_trainer_free (others[k]);
  }
  scratch_remove (folder);
}

/* A step, the states carried to another trainer, and one more are the same bits as two. */
static void
test_resume (void)
{
  g_autoptr (GenTrainer) whole = small_mlp_new (&gen_device_cuda);
  g_autoptr (GenTrainer) first = small_mlp_new (&gen_device_cuda);
  g_autoptr (GenTrainer) second = small_mlp_new (&gen_device_cuda);

  make_steps (whole, 2);
  make_steps (first, 1);
  for (guint i = 0; i < gen_trainer_n_states (first); i++) {
    const GenBinding *from = gen_trainer_state (first, i), *to = gen_trainer_state (second, i);

    memcpy (to->data, from->data, from->size);
  }
  gen_trainer_states_changed (second);
  make_steps (second, 1);
  for (guint i = 0; i < gen_trainer_n_states (whole); i++) {
    const GenBinding *a = gen_trainer_state (whole, i), *b = gen_trainer_state (second, i);

    if (memcmp (a->data, b->data, a->size) != 0)
      g_error ("state %s differs after the training was interrupted", a->name);
  }
}

/* The nets play with the weights that they have on the device. */
static void
test_plays (void)
{
  g_autoptr (GenTrainer) cpu = small_mlp_new (NULL);
  g_autoptr (GenTrainer) device = small_mlp_new (&gen_device_cuda);
  const gsize n = 3 * gen_trainer_sample_size (cpu);
  g_autofree float *latents = g_new (float, 3 * 100);
  g_autofree float *a = g_new (float, n), *b = g_new (float, n);
  GenRandom random = gen_random_new (1, "test", 0);
  g_autoptr (GError) error = NULL;

  gen_random_normal (&random, 0, 0, latents, 3 * 100);
  for (int round = 0; round < 2; round++) {
    make_steps (cpu, 1);
    make_steps (device, 1);
    for (int average = 0; average < 2; average++) {
      g_assert_true (gen_trainer_play (cpu, average, latents, 3, a, &error));
      g_assert_true (gen_trainer_play (device, average, latents, 3, b, &error));
      for (gsize i = 0; i < n; i++)
        g_assert_cmpfloat_with_epsilon (a[i], b[i], 1e-3);
    }
  }
}

/* Whatever is trained, and however: nothing of a step runs on the CPU, where its values would
 * travel to. */
static void
check_places (const GenPreset *preset, const GenLoss *loss, const GenOptimizer *optimizer,
    GenPrecision precision)
{
  g_autoptr (GenTrainer) trainer =
      trainer_with (preset, 28, loss, optimizer, &gen_device_cuda, precision);
  g_autoptr (GArray) steps = NULL;

  steps = gen_plan_steps (gen_trainer_plan (trainer));
  g_assert_cmpuint (steps->len, >, 0);
  for (guint i = 0; i < steps->len; i++) {
    const GenStepInfo *step = &g_array_index (steps, GenStepInfo, i);

    if (g_strcmp0 (step->way, "cuda") != 0) {
      g_test_message ("%s, %s, %s: %s, a %s, runs on %s", preset->name, loss->name, optimizer->name,
          step->node->name, step->node->op->name, step->way != NULL ? step->way : "nothing");
      g_test_fail ();
    }
  }
}

static void
test_places (void)
{
  for (const GenPreset *const *preset = gen_preset_list () + 1; *preset != NULL; preset++) {
    for (GenPrecision k = GEN_PRECISION_FLOAT32; k <= GEN_PRECISION_FLOAT16; k++)
      check_places (*preset, gen_loss_list ()[0], gen_optimizer_list ()[0], k);
  }
  for (GenPrecision k = GEN_PRECISION_FLOAT32; k <= GEN_PRECISION_FLOAT16; k++) {
    for (const GenLoss *const *loss = gen_loss_list (); *loss != NULL; loss++)
      check_places (&gen_preset_mlp, *loss, gen_optimizer_list ()[0], k);
    for (const GenOptimizer *const *each = gen_optimizer_list (); *each != NULL; each++)
      check_places (&gen_preset_mlp, gen_loss_list ()[0], *each, k);
  }
}

/* Sums in another order are all that lies between the losses: plain steps do not divide by small
 * gradients, which would make more of it. */
static void
test_losses (void)
{
  static const char *const names[] = { "discriminator-loss", "generator-loss" };

  for (const GenLoss *const *loss = gen_loss_list (); *loss != NULL; loss++) {
    GenTrainerFigures figures[2];

    for (int k = 0; k < 2; k++) {
      g_autoptr (GenTrainer) trainer = small_trainer (&(GenTrainerSettings){ GEN_TRAINER_DEFAULTS,
          .loss = *loss, .optimizer = &gen_optimizer_sgd, .label_smoothing = 0.1,
          .device = k == 0 ? NULL : &gen_device_cuda, .precision = GEN_PRECISION_FLOAT32 });

      figures[k] = make_steps (trainer, STEPS);
    }
    for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
      const double cpu = adversarial_figure (&figures[0], names[i]);
      const double device = adversarial_figure (&figures[1], names[i]);

      g_test_message ("%s: %s %g and %g", (*loss)->name, names[i], cpu, device);
      g_assert_cmpfloat_with_epsilon (device, cpu, 1e-5 * (1 + fabs (cpu)));
    }
  }
}

/* The loss of classes and its gradient. `reduction` is ONNX's; labels of 3 count for nothing. */
static void
test_class_loss (gconstpointer reduction)
{
  enum { BATCHES = 37, CLASSES = 11, INNER = 29 };
  g_autoptr (GenGraph) graph = gen_graph_new ("loss");
  g_autoptr (GenPlan) cpu = NULL, device = NULL;
  g_autoptr (GError) error = NULL;
  gint64 *labels = g_new (gint64, BATCHES * INNER);
  GenTensor *x, *y, *dx;

  for (int i = 0; i < BATCHES * INNER; i++)
    labels[i] = i * 7 % CLASSES;
  x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (BATCHES, CLASSES, INNER));
  y = gen_graph_op (graph, "SoftmaxCrossEntropyLoss",
      (GenTensor *[]){
          x, gen_graph_add_constant (graph, NULL, GEN_TYPE_INT64, &GEN_SHAPE (BATCHES, INNER),
                 g_bytes_new_take (labels, BATCHES * INNER * sizeof *labels)) },
      2, 1, &error, "reduction", GEN_STRING, reduction, "ignore_index", GEN_INT, 3, NULL);
  g_assert_no_error (error);
  gen_graph_add_output (graph, y);
  if (gen_shape_elements (&y->shape) > 1)
    y = gen_unary (graph, "ReduceSum", y, &error);
  g_assert_true (gen_graph_gradients (graph, y, &x, 1, &dx, &error));
  gen_graph_add_output (graph, dx);
  cpu = gen_plan_new (graph, NULL, &error);
  device = gen_plan_new (graph, &(GenPlanOptions){ .device = &gen_device_cuda }, &error);
  g_assert_no_error (error);
  for (int k = 0; k < 2; k++) {
    const GenBinding *input = gen_plan_input (k == 0 ? cpu : device, 0);
    GenRandom random = gen_random_new (3, "test", 0);

    gen_random_normal (&random, 0, 0, input->data, input->size / sizeof (float));
    g_assert_true (gen_plan_run (k == 0 ? cpu : device, &error));
  }
  for (guint i = 0; i < 2; i++) {
    const GenBinding *a = gen_plan_output (cpu, i), *b = gen_plan_output (device, i);

    for (gsize k = 0; k < a->size / sizeof (float); k++)
      g_assert_true (fabsf (((float *)a->data)[k] - ((float *)b->data)[k]) <=
                     1e-5f * (1 + fabsf (((float *)a->data)[k])));
  }
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
  g_test_add_func ("/device/training/float32", test_float32);
  g_test_add_func ("/device/training/bfloat16", test_bfloat16);
  g_test_add_func ("/device/training/choices", test_choices);
  g_test_add_func ("/device/training/resume", test_resume);
  g_test_add_func ("/device/training/places", test_places);
  g_test_add_func ("/device/training/losses", test_losses);
  g_test_add_func ("/device/training/plays", test_plays);
  g_test_add_data_func ("/device/training/class-loss/mean", "mean", test_class_loss);
  g_test_add_data_func ("/device/training/class-loss/sum", "sum", test_class_loss);
  g_test_add_data_func ("/device/training/class-loss/none", "none", test_class_loss);
  return g_test_run ();
}
