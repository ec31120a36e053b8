/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Training in float16 on a device: scaled losses, steps that overflow and are left out, scales that
 * fall and grow, all of it in checkpoints. GEN_CUDA_MODULE says which module stands for the device;
 * without a GPU it is the emulation. */
#include <generative/checkpoint.h>
#include <generative/operator.h>
#include <generative/plan.h>
#include <generative/preset.h>

#include <math.h>

#include "../preset-options.h"
#include "../scratch.h"
#include "../small-nets.h"
#include "../trainers.h"

static GenTrainer *
trainer_with (const GenLoss *loss, const GenOptimizer *optimizer, const GenDevice *device,
    GenPrecision precision)
{
  return small_trainer (
      &(GenTrainerSettings){ GEN_TRAINER_DEFAULTS, .ema = optimizer->average != NULL ? 0 : 0.9,
          .loss = loss, .optimizer = optimizer, .device = device, .precision = precision });
}

static GenTrainer *
trainer_new (void)
{
  return trainer_with (
      &gen_loss_non_saturating, &gen_optimizer_adam, &gen_device_cuda, GEN_PRECISION_FLOAT16);
}

static GenTrainerFigures
make_steps (GenTrainer *trainer, int n)
{
  GenTrainerFigures figures = { 0 };
  g_autoptr (GError) error = NULL;

  for (int i = 0; i < n; i++) {
    g_assert_true (small_step_once (trainer, &figures, &error));
    g_assert_no_error (error);
  }
  g_assert_true (gen_trainer_fetch_states (trainer, &error));
  return figures;
}

static const GenBinding *
find (GenTrainer *trainer, const char *name)
{
  const GenBinding *state = gen_plan_find (gen_trainer_plan (trainer), name);

  g_assert_nonnull (state);
  return state;
}

static void
set_scales (GenTrainer *trainer, float discriminator, float generator)
{
  *(float *)find (trainer, "loss-scale.discriminator")->data = discriminator;
  *(float *)find (trainer, "loss-scale.generator")->data = generator;
  gen_trainer_states_changed (trainer);
}

/* Of all losses, whatever the recipe. */
static void
set_all_scales (GenTrainer *trainer, float scale)
{
  for (guint i = 0; i < gen_trainer_n_states (trainer); i++)
    if (g_str_has_prefix (gen_trainer_state (trainer, i)->name, "loss-scale."))
      *(float *)gen_trainer_state (trainer, i)->data = scale;
  gen_trainer_states_changed (trainer);
}

static gint64
number (GenTrainer *trainer, const char *name)
{
  return *(const gint64 *)find (trainer, name)->data;
}

/* --- which states a step changes --- */

/* Copies of the states' bytes, by name. */
static GHashTable *
snapshot (GenTrainer *trainer)
{
  GHashTable *table =
      g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify)g_bytes_unref);

  for (guint i = 0; i < gen_trainer_n_states (trainer); i++) {
    const GenBinding *state = gen_trainer_state (trainer, i);

    g_hash_table_insert (table, (char *)state->name, g_bytes_new (state->data, state->size));
  }
  return table;
}

static gboolean
is_counter (const char *name)
{
  return g_str_has_prefix (name, "loss-scale") || g_str_has_prefix (name, "updates.") ||
         strcmp (name, "step") == 0;
}

/* Each state of a net, moments, averages and statistics too, has changed or not as is said. A
 * discriminator's statistics come from both steps, and move when both are made. */
static void
check_changes (GenTrainer *trainer, GHashTable *before, gboolean discriminator, gboolean generator)
{
  for (guint i = 0; i < gen_trainer_n_states (trainer); i++) {
    const GenBinding *state = gen_trainer_state (trainer, i);
    gboolean is_statistic =
        strstr (state->name, ".mean") != NULL || strstr (state->name, ".variance") != NULL;
    gboolean of_discriminator = strstr (state->name, "discriminator.") != NULL, changed, expected;
    g_autoptr (GBytes) now = g_bytes_new (state->data, state->size);

    if (is_counter (state->name))
      continue;
    expected = of_discriminator ? discriminator : generator;
    /* Adam's moment has the same ending as a normalisation's mean, but behind a weight. */
    if (of_discriminator && is_statistic && g_str_has_prefix (state->name, "discriminator.") &&
        strchr (state->name + strlen ("discriminator."), '.') == NULL)
      expected = discriminator && generator;
    changed = !g_bytes_equal (now, g_hash_table_lookup (before, state->name));
    if (changed != expected)
      g_error ("state %s %s", state->name, changed ? "has changed" : "has not changed");
  }
}

static void
test_overflow (void)
{
  static const struct {
    float discriminator, generator;
  } cases[] = { { 0x1p+100f, 1024 }, { 1024, 0x1p+100f }, { 0x1p+100f, 0x1p+100f } };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GenTrainer) trainer = trainer_new ();
    const gboolean d = cases[i].discriminator == 1024, g = cases[i].generator == 1024;
    g_autoptr (GHashTable) before = NULL;
    GenTrainerFigures figures;

    set_scales (trainer, 1024, 1024);
    g_assert_cmpuint (make_steps (trainer, 2).skipped, ==, 0);
    set_scales (trainer, cases[i].discriminator, cases[i].generator);
    before = snapshot (trainer);
    figures = make_steps (trainer, 1);
    check_changes (trainer, before, d, g);
    g_assert_cmpuint (figures.skipped, ==, !d + !g);
    g_assert_cmpfloat (figures.scales[DISCRIMINATOR], ==, d ? 1024 : 0x1p+99);
    g_assert_cmpfloat (figures.scales[GENERATOR], ==, g ? 1024 : 0x1p+99);
    g_assert_true (isfinite (adversarial_figure (&figures, "discriminator-loss")) &&
                   isfinite (adversarial_figure (&figures, "generator-loss")));
    g_assert_cmpint (number (trainer, "updates.discriminator"), ==, d ? 3 : 2);
    g_assert_cmpint (number (trainer, "updates.generator"), ==, g ? 3 : 2);
    g_assert_cmpint (number (trainer, "loss-scale-steps.discriminator"), ==, d ? 3 : 0);
    g_assert_cmpint (number (trainer, "loss-scale-steps.generator"), ==, g ? 3 : 0);
    g_assert_cmpint (number (trainer, "step"), ==, 3);
    g_assert_cmpuint (gen_trainer_steps (trainer), ==, 3);
  }
}

/* Sums and norms of gradients are of those that are not scaled. */
static void
test_refused (void)
{
  const GenTrainerSettings settings[] = {
    { GEN_TRAINER_DEFAULTS, .clip_norm = 1, .device = &gen_device_cuda,
        .precision = GEN_PRECISION_FLOAT16 },
    { GEN_TRAINER_DEFAULTS, .accumulate = 2, .device = &gen_device_cuda,
        .precision = GEN_PRECISION_FLOAT16 },
  };
  static const char *const names[] = { "gradient-norm", "accumulate" };

  for (guint i = 0; i < G_N_ELEMENTS (settings); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_false (gen_trainer_settings_check (&settings[i], &error));
    g_assert_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING);
    g_assert_true (g_str_has_prefix (error->message, names[i]));
    g_assert_nonnull (strstr (error->message, "bf16"));
  }
}

/* The scale falls until gradients fit again, and training goes on. */
static void
test_recovery (void)
{
  g_autoptr (GenTrainer) trainer = trainer_new ();
  g_autoptr (GHashTable) before = NULL;
  GenTrainerFigures figures;
  guint64 skipped = 0;
  int steps = 0;

  make_steps (trainer, 1);
  set_scales (trainer, 0x1p+24f, 0x1p+24f);
  before = snapshot (trainer);
  do {
    skipped = steps == 0 ? 0 : figures.skipped;
    figures = make_steps (trainer, 1);
    g_assert_cmpint (++steps, <, 24);
  } while (figures.skipped > skipped);
  g_assert_cmpint (steps, >, 2);
  g_assert_cmpfloat (figures.scales[DISCRIMINATOR], <, 0x1p+24);
  g_assert_cmpfloat (figures.scales[GENERATOR], <, 0x1p+24);
  g_assert_cmpint (number (trainer, "updates.discriminator") +
                       number (trainer, "updates.generator") + figures.skipped,
      ==, 2 * gen_trainer_steps (trainer));
  check_changes (trainer, before, TRUE, TRUE);
}

/* After many good steps in a row it doubles. */
static void
test_growth (void)
{
  g_autoptr (GenTrainer) trainer = trainer_new ();
  GenTrainerFigures figures;

  *(gint64 *)find (trainer, "loss-scale-steps.discriminator")->data = 1999;
  *(gint64 *)find (trainer, "loss-scale-steps.generator")->data = 1998;
  set_scales (trainer, 64, 32);
  figures = make_steps (trainer, 1);
  g_assert_cmpfloat (figures.scales[DISCRIMINATOR], ==, 128);
  g_assert_cmpfloat (figures.scales[GENERATOR], ==, 32);
  g_assert_cmpint (number (trainer, "loss-scale-steps.discriminator"), ==, 0);
  figures = make_steps (trainer, 1);
  g_assert_cmpfloat (figures.scales[DISCRIMINATOR], ==, 128);
  g_assert_cmpfloat (figures.scales[GENERATOR], ==, 64);
  g_assert_cmpint (number (trainer, "loss-scale-steps.discriminator"), ==, 1);
}

/* Where no scale helps, training ends, with the weights that it had. */
static void
test_divergence (void)
{
  g_autoptr (GenTrainer) trainer = trainer_new ();
  g_autofree float *pictures = g_new (float, SMALL_BATCH *SMALL_EXTENT *SMALL_EXTENT);
  g_autoptr (GHashTable) before = NULL;
  g_autoptr (GError) error = NULL;
  GenTrainerFigures figures;

  for (int i = 0; i < SMALL_BATCH * SMALL_EXTENT * SMALL_EXTENT; i++)
    pictures[i] = INFINITY;
  set_scales (trainer, 2, 1024);
  make_steps (trainer, 1);
  before = snapshot (trainer);
  g_assert_true (gen_trainer_step (trainer, pictures, NULL, &figures, &error));
  g_assert_cmpfloat (figures.scales[DISCRIMINATOR], ==, 1);
  g_assert_false (gen_trainer_step (trainer, pictures, NULL, &figures, &error));
  g_assert_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_DIVERGED);
  g_assert_nonnull (strstr (error->message, "discriminator"));
  g_assert_nonnull (strstr (error->message, "bf16"));
  g_clear_error (&error);
  g_assert_true (gen_trainer_fetch_states (trainer, &error));
  for (guint i = 0; i < gen_trainer_n_weights (trainer); i++) {
    const GenBinding *weight = gen_trainer_weight (trainer, i);
    g_autoptr (GBytes) now = g_bytes_new (weight->data, weight->size);

    if (g_str_has_prefix (weight->name, "discriminator."))
      g_assert_true (g_bytes_equal (now, g_hash_table_lookup (before, weight->name)));
  }
}

/* A checkpoint amid steps that are left out is gone on from as if nothing had been. */
static void
test_resume (void)
{
  g_autofree char *folder = scratch_new ();
  g_autoptr (GenTrainer) whole = trainer_new (), first = trainer_new (), second = trainer_new ();
  GenTrainingProgress progress = GEN_TRAINING_PROGRESS_START;
  GenTrainerFigures figures, again;
  g_autoptr (GError) error = NULL;

  set_scales (whole, 0x1p+19f, 0x1p+17f);
  set_scales (first, 0x1p+19f, 0x1p+17f);
  figures = make_steps (whole, 7);
  g_assert_cmpuint (figures.skipped, >, 1);
  g_assert_cmpuint (make_steps (first, 2).skipped, >, 0);
  g_assert_true (gen_checkpoint_save (first, folder, NULL, &progress, &error));
  g_assert_true (gen_checkpoint_load (second, folder, &progress, &error));
  g_assert_no_error (error);
  again = make_steps (second, 5);
  g_assert_cmpmem (&figures, sizeof figures, &again, sizeof again);
  for (guint i = 0; i < gen_trainer_n_states (whole); i++) {
    const GenBinding *a = gen_trainer_state (whole, i), *b = gen_trainer_state (second, i);

    if (memcmp (a->data, b->data, a->size) != 0)
      g_error ("state %s differs after the training was interrupted", a->name);
  }
  scratch_remove (folder);
}

/* --- against float32 --- */

/* Steps in float32 and in float16, from scales at which none is left out. `bound` is relative to
 * the losses, of one and more. */
static void
check_follows (
    GenTrainer *cpu, GenTrainer *device, const char *name, float scale, int steps, double bound)
{
  const GenRecipe *recipe = gen_trainer_settings (cpu)->recipe;

  set_all_scales (device, scale);
  for (int i = 0; i < steps; i++) {
    GenTrainerFigures expected = make_steps (cpu, 1), got = make_steps (device, 1);

    g_assert_cmpuint (got.skipped, ==, 0);
    for (guint k = 0; k < recipe->n_figures; k++) {
      const char *curve = recipe->figures[k].figure.curve;

      if (curve == NULL || !g_str_has_prefix (curve, "loss/"))
        continue;
      g_test_message ("%s, step %d: %s %g and %g", name, i, recipe->figures[k].figure.field.name,
          expected.values[k], got.values[k]);
      g_assert_cmpfloat_with_epsilon (
          got.values[k], expected.values[k], bound * (1 + fabs (expected.values[k])));
    }
  }
}

static void
test_losses (void)
{
  for (const GenLoss *const *loss = gen_loss_list (); *loss != NULL; loss++)
    for (const GenOptimizer *const *each = gen_optimizer_list (); *each != NULL; each++) {
      g_autoptr (GenTrainer) cpu = trainer_with (*loss, *each, NULL, GEN_PRECISION_FLOAT32);
      g_autoptr (GenTrainer) device =
          trainer_with (*loss, *each, &gen_device_cuda, GEN_PRECISION_FLOAT16);
      g_autofree char *name = g_strdup_printf ("%s, %s", (*loss)->name, (*each)->name);

      check_follows (cpu, device, name, 512, 3, 1e-2);
    }
}

static GenTrainer *
preset_trainer (const GenPreset *preset, const GenDevice *device, GenPrecision precision)
{
  const GenPresetOptions options = preset_options (preset);
  const GenTrainerSettings settings = { GEN_TRAINER_DEFAULTS, .batch_size = 4, .threads = 2,
    .device = device, .precision = precision };
  g_autoptr (GError) error = NULL;
  GenTrainer *trainer = preset_trainer_new (preset, &options, &settings, &error);

  g_assert_no_error (error);
  return trainer;
}

/* Codes are whole numbers: one that rounding makes another is no small difference. */
static void
test_presets (void)
{
  for (const GenPreset *const *preset = gen_preset_list () + 1; *preset != NULL; preset++) {
    if ((*preset)->recipe->coded)
      continue;
    g_autoptr (GenTrainer) cpu = preset_trainer (*preset, NULL, GEN_PRECISION_FLOAT32);
    g_autoptr (GenTrainer) device =
        preset_trainer (*preset, &gen_device_cuda, GEN_PRECISION_FLOAT16);

    /* The loss of sound-vae is a sum over a sound. */
    check_follows (
        cpu, device, (*preset)->name, *preset == &gen_preset_sound_vae ? 4 : 512, 2, 1e-2);
  }
}

/* Only float16 has scales: what others do is not touched. */
static void
test_others (void)
{
  static const GenPrecision precisions[] = { GEN_PRECISION_FLOAT32, GEN_PRECISION_BFLOAT16 };

  for (guint i = 0; i < G_N_ELEMENTS (precisions); i++) {
    g_autoptr (GenTrainer) trainer =
        trainer_with (&gen_loss_hinge, &gen_optimizer_sgd, &gen_device_cuda, precisions[i]);
    g_autoptr (GArray) steps = gen_plan_steps (gen_trainer_plan (trainer));
    GenTrainerFigures figures = make_steps (trainer, 1);

    for (guint k = 0; k < steps->len; k++) {
      const char *name = g_array_index (steps, GenStepInfo, k).node->op->name;

      g_assert_cmpstr (name, !=, "LossScale");
      g_assert_cmpstr (name, !=, "KeepState");
    }
    g_assert_cmpfloat (figures.scales[DISCRIMINATOR], ==, 0);
    g_assert_cmpuint (figures.skipped, ==, 0);
  }
}

/* --- LossScale by itself --- */

/* More tensors than one launch takes, of all sizes around a pack, in float32 and, made by a node
 * that may, in float16. */
#define N_CHECKED 70

static GenPlan *
checking_plan (const GenDevice *device, gboolean half)
{
  const GenPlanOptions options = { .threads = 2,
    .device = device,
    .precision = half ? GEN_PRECISION_FLOAT16 : GEN_PRECISION_FLOAT32 };
  g_autoptr (GenGraph) graph = gen_graph_new ("check");
  GenTensor *inputs[3 + N_CHECKED], *y;
  g_autoptr (GError) error = NULL;
  GenPlan *plan;

  inputs[0] = gen_graph_float (graph, 8);
  inputs[1] = gen_graph_ints (graph, (gint64[]){ 4 }, 1);
  inputs[2] = gen_graph_ints (graph, (gint64[]){ 7 }, 1);
  for (int i = 0; i < N_CHECKED; i++) {
    GenTensor *x = gen_graph_add_input (graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (1 + i));

    inputs[3 + i] = half ? gen_unary (graph, "Neg", x, &error) : x;
  }
  y = gen_graph_op (graph, "LossScale", inputs, 3 + N_CHECKED, 4, &error, "growth", GEN_FLOAT, 4.0,
      "backoff", GEN_FLOAT, 0.25, "interval", GEN_INT, 5, NULL);
  g_assert_no_error (error);
  for (guint i = 0; i < 4; i++)
    gen_graph_add_output (graph, gen_node_output (y->producer, i));
  plan = gen_plan_new (graph, &options, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < N_CHECKED; i++)
    for (gsize k = 0; k <= i; k++)
      ((float *)gen_plan_input (plan, i)->data)[k] = 60000 - (float)k;
  return plan;
}

static void
expect_scale (GenPlan *plan, float factor, float scale, gint64 good, gint64 updates)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (gen_plan_run (plan, &error));
  g_assert_cmpfloat (*(float *)gen_plan_output (plan, 0)->data, ==, factor);
  g_assert_cmpfloat (*(float *)gen_plan_output (plan, 1)->data, ==, scale);
  g_assert_cmpint (*(gint64 *)gen_plan_output (plan, 2)->data, ==, good);
  g_assert_cmpint (*(gint64 *)gen_plan_output (plan, 3)->data, ==, updates);
}

static void
check_checks (const GenDevice *device, gboolean half)
{
  /* 70000 is infinite in float16 alone. */
  const float bad[] = { INFINITY, -INFINITY, NAN, half ? 70000 : -NAN };
  g_autoptr (GenPlan) plan = checking_plan (device, half);

  expect_scale (plan, 0.125f, 32, 0, 8);
  for (guint i = 0; i < N_CHECKED; i++) {
    float *values = gen_plan_input (plan, i)->data;
    const gsize places[] = { 0, i / 2, i };

    for (guint p = 0; p < G_N_ELEMENTS (places); p++) {
      float saved = values[places[p]];

      values[places[p]] = bad[(i + p) % G_N_ELEMENTS (bad)];
      expect_scale (plan, 0, 2, 0, 7);
      values[places[p]] = saved;
    }
  }
  expect_scale (plan, 0.125f, 32, 0, 8);
}

static void
test_checks (void)
{
  check_checks (NULL, FALSE);
  check_checks (&gen_device_cuda, FALSE);
  check_checks (&gen_device_cuda, TRUE);
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
  g_test_add_func ("/device/scaling/overflow", test_overflow);
  g_test_add_func ("/device/scaling/refused", test_refused);
  g_test_add_func ("/device/scaling/recovery", test_recovery);
  g_test_add_func ("/device/scaling/growth", test_growth);
  g_test_add_func ("/device/scaling/divergence", test_divergence);
  g_test_add_func ("/device/scaling/resume", test_resume);
  g_test_add_func ("/device/scaling/losses", test_losses);
  g_test_add_func ("/device/scaling/presets", test_presets);
  g_test_add_func ("/device/scaling/others", test_others);
  g_test_add_func ("/device/scaling/checks", test_checks);
  return g_test_run ();
}
