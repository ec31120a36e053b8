/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What gradients become before an optimiser takes them, and how its rate changes. */
#include <generative/rate-schedule.h>

#include <math.h>
#include <string.h>

#include <generative/random.h>

#include "../trainers.h"

#define BATCH 4
#define SIZE (BATCH * 64)

static const GenPresetOptions options = { GEN_PRESET_DEFAULTS, .format.width = 8,
  .format.height = 8 };

static GenTrainer *
trainer_new (int accumulate, double clip_norm)
{
  const GenTrainerSettings settings = { GEN_TRAINER_DEFAULTS, .batch_size = BATCH, .threads = 1,
    .optimizer = &gen_optimizer_sgd, .optimizer_settings = { GEN_OPTIMIZER_DEFAULTS, .beta1 = 0 },
    .learning_rate = 0.1, .ema = 0.5, .accumulate = accumulate, .clip_norm = clip_norm,
    .precision = GEN_PRECISION_FLOAT32 };
  g_autoptr (GError) error = NULL;
  GenTrainer *trainer = preset_trainer_new (&gen_preset_mlp, &options, &settings, &error);

  g_assert_no_error (error);
  return trainer;
}

static void
make_step (GenTrainer *trainer)
{
  const GenRandom random = gen_random_new (3, "test", 0);
  g_autoptr (GError) error = NULL;
  GenTrainerFigures figures;
  float samples[SIZE];

  gen_random_uniform (&random, gen_trainer_steps (trainer), 0, samples, SIZE);
  g_assert_true (gen_trainer_step (trainer, samples, NULL, &figures, &error));
  g_assert_no_error (error);
}

static const GenBinding *
find (GenTrainer *trainer, const char *name)
{
  for (guint i = 0; i < gen_trainer_n_states (trainer); i++)
    if (g_str_equal (gen_trainer_state (trainer, i)->name, name))
      return gen_trainer_state (trainer, i);
  g_assert_not_reached ();
}

/* The first weight of the discriminator, which its own update alone changes. */
static float *
copy_weight (GenTrainer *trainer, gsize *n)
{
  const GenBinding *weight = NULL;

  for (guint i = 0; i < gen_trainer_n_weights (trainer) && weight == NULL; i++)
    if (g_str_has_prefix (gen_trainer_weight (trainer, i)->name, "discriminator."))
      weight = gen_trainer_weight (trainer, i);
  *n = weight->size / sizeof (float);
  return g_memdup2 (weight->data, weight->size);
}

/* Two steps make one update by the mean of the gradients that each has at the same weights; what
 * has been added up is a state like all others. */
static void
test_accumulate (void)
{
  g_autoptr (GenTrainer) both = trainer_new (2, 0), first = trainer_new (1, 0),
                         second = trainer_new (1, 0);
  gsize n;
  g_autofree float *start = copy_weight (both, &n), *one = NULL, *two = NULL, *half = NULL,
                   *whole = NULL;
  double moved = 0;

  *(gint64 *)find (second, "step")->data = 1;
  gen_trainer_states_changed (second);
  make_step (first);
  make_step (second);
  one = copy_weight (first, &n);
  two = copy_weight (second, &n);
  make_step (both);
  half = copy_weight (both, &n);
  make_step (both);
  whole = copy_weight (both, &n);
  g_assert_cmpmem (half, n * sizeof (float), start, n * sizeof (float));
  for (gsize i = 0; i < n; i++) {
    const double expected = start[i] + (one[i] - start[i] + two[i] - start[i]) / 2.0;

    g_assert_cmpfloat_with_epsilon (whole[i], expected, 1e-6);
    moved = MAX (moved, fabs (whole[i] - start[i]));
  }
  g_assert_cmpfloat (moved, >, 1e-4);
  make_step (both);
  for (guint i = 0; i < gen_trainer_n_states (both); i++) {
    const GenBinding *state = gen_trainer_state (both, i);

    if (!g_str_has_suffix (state->name, ".gradient"))
      continue;
    moved = 0;
    for (gsize k = 0; k < state->size / sizeof (float); k++)
      moved += fabs (((const float *)state->data)[k]);
    g_assert_cmpfloat (moved, >, 0);
  }
}

/* Every third number of the matrices is zero. (transfer full) */
static GenGraph *
pruned_new (guint net)
{
  g_autoptr (GError) error = NULL;
  GenGraph *graph = gen_preset_mlp.nets[net](&options, &error);

  g_assert_no_error (error);
  for (guint i = 0; i < graph->tensors->len; i++) {
    GenTensor *tensor = g_ptr_array_index (graph->tensors, i);
    float *values;
    gsize size;

    if (tensor->role != GEN_ROLE_CONSTANT || tensor->type != GEN_TYPE_FLOAT32 ||
        tensor->shape.rank < 2)
      continue;
    size = gen_tensor_size (tensor);
    values = g_memdup2 (gen_tensor_constant (tensor), size);
    for (gsize k = 0; k < size / sizeof (float); k += 3)
      values[k] = 0;
    g_bytes_unref (tensor->data);
    tensor->data = g_bytes_new_take (values, size);
  }
  return graph;
}

static gboolean
is_pruned (const GenBinding *weight, gsize k)
{
  return weight->shape.rank >= 2 && k % 3 == 0;
}

/* By every optimiser, with a decay, over several steps; what was not zero is trained, biases that
 * begin at zero among it. Averages have the same zeros. */
static void
test_zeros (void)
{
  for (int o = 0; gen_optimizer_list ()[o] != NULL; o++)
    for (int keeps = 0; keeps < 2; keeps++) {
      const gboolean averages = gen_optimizer_list ()[o] == &gen_optimizer_schedule_free;
      const GenTrainerSettings settings = { GEN_TRAINER_DEFAULTS, .batch_size = BATCH, .threads = 1,
        .optimizer = gen_optimizer_list ()[o], .learning_rate = 0.01, .ema = averages ? 0 : 0.5,
        .optimizer_settings = { GEN_OPTIMIZER_DEFAULTS, .weight_decay = 0.01 }, .clip_norm = 1,
        .keep_zeros = keeps, .precision = GEN_PRECISION_FLOAT32, .recipe = gen_preset_mlp.recipe,
        .format = options.format };
      GenGraph *nets[2] = { pruned_new (0), pruned_new (1) };
      g_autoptr (GError) error = NULL;
      g_autoptr (GenTrainer) trainer = gen_trainer_new (nets, &settings, &error);
      gsize filled = 0, pruned = 0, others = 0, zeros = 0;

      g_assert_no_error (error);
      for (int step = 0; step < 3; step++)
        make_step (trainer);
      for (guint i = 0; i < gen_trainer_n_weights (trainer); i++) {
        const GenBinding *weight = gen_trainer_weight (trainer, i);
        const float *values = weight->data;

        for (gsize k = 0; k < weight->size / sizeof (float); k++) {
          pruned += is_pruned (weight, k);
          filled += is_pruned (weight, k) && values[k] != 0;
          others += !is_pruned (weight, k);
          zeros += !is_pruned (weight, k) && values[k] == 0;
        }
      }
      g_assert_cmpuint (pruned, >, 100);
      g_assert_cmpuint (zeros, <, others / 10);
      if (keeps)
        g_assert_cmpuint (filled, ==, 0);
      else
        g_assert_cmpuint (filled, >, pruned / 2);
      gen_graph_unref (nets[0]);
      gen_graph_unref (nets[1]);
    }
}

/* The norm of all of the discriminator's changes is at most that times the rate, and their
 * direction is as without. */
static void
test_clip (void)
{
  g_autoptr (GenTrainer) clipped = trainer_new (1, 0.01), free = trainer_new (1, 0);
  gsize n;
  g_autofree float *start = copy_weight (clipped, &n), *a = NULL, *b = NULL;
  double ratio = NAN, square = 0;

  g_autoptr (GPtrArray) before = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; i < gen_trainer_n_weights (clipped); i++) {
    const GenBinding *weight = gen_trainer_weight (clipped, i);

    g_ptr_array_add (before, g_memdup2 (weight->data, weight->size));
  }
  make_step (clipped);
  make_step (free);
  for (guint i = 0; i < gen_trainer_n_weights (clipped); i++) {
    const GenBinding *weight = gen_trainer_weight (clipped, i);
    const float *old = g_ptr_array_index (before, i), *now = weight->data;

    for (gsize k = 0; k < weight->size / sizeof (float); k++)
      if (g_str_has_prefix (weight->name, "discriminator."))
        square += pow ((double)now[k] - old[k], 2);
  }
  g_assert_cmpfloat_with_epsilon (sqrt (square), 0.01 * 0.1, 1e-5);
  a = copy_weight (clipped, &n);
  b = copy_weight (free, &n);
  for (gsize i = 0; i < n; i++) {
    if (fabs (b[i] - start[i]) < 1e-3)
      continue;
    if (isnan (ratio))
      ratio = (a[i] - start[i]) / (b[i] - start[i]);
    g_assert_cmpfloat_with_epsilon ((a[i] - start[i]) / (b[i] - start[i]), ratio, 1e-2);
  }
  g_assert_cmpfloat (ratio, <, 1);
}

/* Weights as they play are the mean of the bases of all updates so far (Defazio et al. 2024), each
 * as its squared rate counts; going on from the states is the same, bit for bit. */
static void
check_schedule_free (guint64 warm_up, const double shares[3])
{
  const GenTrainerSettings settings = { GEN_TRAINER_DEFAULTS, .batch_size = BATCH, .threads = 1,
    .optimizer = &gen_optimizer_schedule_free,
    .optimizer_settings = { GEN_OPTIMIZER_DEFAULTS, .beta1 = 0.9, .warm_up = warm_up },
    .precision = GEN_PRECISION_FLOAT32 };
  g_autoptr (GenTrainer) trainer = preset_trainer_new (&gen_preset_mlp, &options, &settings, NULL);
  g_autoptr (GenTrainer) other = preset_trainer_new (&gen_preset_mlp, &options, &settings, NULL);
  const char *weight = gen_trainer_weight (trainer, 0)->name;
  g_autofree char *name = g_strconcat (weight, ".base", NULL);
  const GenBinding *base = find (trainer, name);
  const gsize n = base->size / sizeof (float);
  g_autofree double *mean = g_new0 (double, n);

  for (int s = 0; s < 3; s++) {
    g_autoptr (GenGraph) net = NULL;
    const float *played, *bases = base->data;
    double moved = 0;

    if (s == 2) {
      for (guint i = 0; i < gen_trainer_n_states (trainer); i++)
        memcpy (gen_trainer_state (other, i)->data, gen_trainer_state (trainer, i)->data,
            gen_trainer_state (trainer, i)->size);
      gen_trainer_states_changed (other);
      make_step (other);
    }
    make_step (trainer);
    net = gen_trainer_export (trainer, GENERATOR, FALSE);
    played = gen_tensor_constant (gen_graph_find (net, weight + strlen ("generator.")));
    for (gsize i = 0; i < n; i++) {
      mean[i] += shares[s] * (bases[i] - mean[i]);
      g_assert_cmpfloat_with_epsilon (played[i], mean[i], 1e-6);
      moved = MAX (moved, fabs (played[i] - ((const float *)find (trainer, weight)->data)[i]));
    }
    g_assert_cmpfloat (moved, >, s == 0 ? -1 : 1e-7);
  }
  for (guint i = 0; i < gen_trainer_n_states (trainer); i++)
    g_assert_cmpmem (gen_trainer_state (trainer, i)->data, gen_trainer_state (trainer, i)->size,
        gen_trainer_state (other, i)->data, gen_trainer_state (other, i)->size);
}

static void
test_schedule_free (void)
{
  check_schedule_free (0, (double[]){ 1, 1 / 2.0, 1 / 3.0 });
  check_schedule_free (2, (double[]){ 1, 0.8, 1 / 2.25 });
}

static void
test_schedule_free_refused (void)
{
  g_autoptr (GError) ema = NULL, beta = NULL;

  g_assert_false (
      gen_trainer_settings_check (&(GenTrainerSettings){ GEN_TRAINER_DEFAULTS,
                                      .optimizer = &gen_optimizer_schedule_free, .ema = 0.9 },
          &ema));
  g_assert_cmpstr (ema->message, ==,
      "ema: optimizer=schedule-free averages weights by itself, and ema=0 is right");
  g_assert_false (gen_trainer_settings_check (
      &(GenTrainerSettings){ GEN_TRAINER_DEFAULTS, .optimizer = &gen_optimizer_schedule_free,
          .optimizer_settings = { GEN_OPTIMIZER_DEFAULTS, .beta1 = 0 } },
      &beta));
  g_assert_cmpstr (beta->message, ==, "beta1 must be above 0 and below 1, not 0");
}

static double
share (const GenRateSchedule *schedule, guint64 step, guint64 end, guint64 plateaus)
{
  const GenRateSettings settings = { GEN_RATE_DEFAULTS, .warm_up = 10, .final_rate = 0.1,
    .decay = 0.5, .decay_steps = 20 };

  return gen_rate_schedule_share (schedule, &settings, &(GenRatePlace){ step, end, plateaus });
}

/* As torch.optim.lr_scheduler has them: LinearLR, CosineAnnealingLR, StepLR, ReduceLROnPlateau. */
static void
test_schedules (void)
{
  for (int i = 0; gen_rate_schedule_list ()[i] != NULL; i++) {
    const GenRateSchedule *schedule = gen_rate_schedule_list ()[i];

    g_assert_true (gen_rate_schedule_find (schedule->name, NULL) == schedule);
    g_assert_cmpfloat_with_epsilon (share (schedule, 0, 110, 0), 0.1, 1e-12);
    g_assert_cmpfloat_with_epsilon (share (schedule, 9, 110, 0), 1, 1e-12);
    g_assert_cmpfloat_with_epsilon (share (schedule, 10, 110, 0), 1, 1e-12);
  }
  g_assert_cmpfloat (share (&gen_rate_schedule_constant, 1000, 0, 3), ==, 1);
  g_assert_cmpfloat_with_epsilon (share (&gen_rate_schedule_cosine, 60, 110, 0), 0.55, 1e-12);
  g_assert_cmpfloat_with_epsilon (
      share (&gen_rate_schedule_cosine, 35, 110, 0), 0.1 + 0.9 * 0.8535533905932737, 1e-12);
  g_assert_cmpfloat_with_epsilon (share (&gen_rate_schedule_cosine, 110, 110, 0), 0.1, 1e-12);
  g_assert_cmpfloat_with_epsilon (share (&gen_rate_schedule_linear, 60, 110, 0), 0.55, 1e-12);
  g_assert_cmpfloat_with_epsilon (share (&gen_rate_schedule_step, 29, 0, 0), 1, 1e-12);
  g_assert_cmpfloat_with_epsilon (share (&gen_rate_schedule_step, 50, 0, 0), 0.25, 1e-12);
  g_assert_cmpfloat_with_epsilon (share (&gen_rate_schedule_plateau, 500, 0, 3), 0.125, 1e-12);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/updates/accumulate", test_accumulate);
  g_test_add_func ("/updates/zeros", test_zeros);
  g_test_add_func ("/updates/clip", test_clip);
  g_test_add_func ("/updates/schedules", test_schedules);
  g_test_add_func ("/updates/schedule-free", test_schedule_free);
  g_test_add_func ("/updates/schedule-free/refused", test_schedule_free_refused);
  return g_test_run ();
}
