/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Several members that train together: sums to the bit, the same weights in all of them, and what
 * one would have learned of the whole batch. Members are threads here;
 * tests/pipelines/test-ranks.sh has processes. */
#include <generative/exchange.h>
#include <generative/random.h>
#include <generative/scaling.h>

#include <math.h>

#include "../../lib/exchange/exchange-private.h"
#include "../preset-options.h"
#include "../trainers.h"

#define MOST 8

/* --- members, a thread each --- */

typedef struct Member Member;
typedef void (*Run) (Member *member);

struct Member {
  GenExchange *exchange;
  guint rank, n;
  gconstpointer data;
  float *result;
};

typedef struct {
  Member member;
  Run run;
} Thread;

static gpointer
run_member (gpointer data)
{
  Thread *thread = data;

  thread->run (&thread->member);
  gen_exchange_finish (thread->member.exchange);
  return NULL;
}

static void
run_all (guint n, Run run, gconstpointer data, float *const *results)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenExchangeGroup) group =
      gen_exchange_group_new (&gen_exchange_engine_none, n, &error);
  Thread threads[MOST];
  GThread *handles[MOST];

  g_assert_no_error (error);
  for (guint i = 0; i < n; i++) {
    threads[i] = (Thread){ { .exchange = gen_exchange_group_member (group, i),
                               .rank = i,
                               .n = n,
                               .data = data,
                               .result = results != NULL ? results[i] : NULL },
      run };
    handles[i] = g_thread_new ("member", run_member, &threads[i]);
  }
  for (guint i = 0; i < n; i++)
    g_thread_join (handles[i]);
}

/* --- sums --- */

#define N 3000 /* more than the tree adds up at a time */

static void
draw_row (guint row, float *numbers)
{
  const GenRandom random = gen_random_new (1, "row", row);

  gen_random_normal (&random, 0, 0, numbers, N);
}

static void
sum_rows (Member *member)
{
  g_autofree float *mine = g_new (float, N), *half = g_new (float, N);
  g_autoptr (GError) error = NULL;

  g_assert_cmpuint (gen_exchange_rank (member->exchange), ==, member->rank);
  g_assert_cmpuint (gen_exchange_size (member->exchange), ==, member->n);
  draw_row (member->rank, mine);
  gen_exchange_begin_sum (member->exchange, mine, member->result, N, 1);
  gen_exchange_begin_sum (member->exchange, mine, half, N / 2, 0.5);
  /* They may be waited for in any order. */
  gen_exchange_end_sum (member->exchange, half);
  gen_exchange_end_sum (member->exchange, member->result);
  g_assert_true (gen_exchange_check (member->exchange, &error));
  for (guint i = 0; i < N / 2; i++)
    g_assert_cmpfloat (half[i], ==, 0.5f * member->result[i]);
}

/* The sum of rows `first` to `first` + n, as the header says. */
static float
tree (float rows[MOST][N], guint first, guint n, guint i)
{
  if (n == 1)
    return rows[first][i];
  return tree (rows, first, n / 2, i) + tree (rows, first + n / 2, n - n / 2, i);
}

static void
test_sums (void)
{
  static float rows[MOST][N], sums[MOST][N];
  float *results[MOST];

  for (guint i = 0; i < MOST; i++) {
    draw_row (i, rows[i]);
    results[i] = sums[i];
  }
  for (guint n = 1; n <= MOST; n++) {
    gboolean in_order = TRUE;

    run_all (n, sum_rows, NULL, results);
    for (guint i = 0; i < N; i++) {
      float one_by_one = 0;

      for (guint k = 0; k < n; k++) {
        one_by_one += rows[k][i];
        g_assert_cmpfloat (sums[k][i], ==, tree (rows, 0, n, i));
      }
      in_order = in_order && one_by_one == sums[0][i];
    }
    /* The order can be told by the bits. */
    g_assert_cmpint (in_order, ==, n < 4 && n != 3);
  }
}

/* --- words --- */

static void
speak (Member *member)
{
  g_autofree guint *all = g_new (guint, member->n);
  const guint mine = 7 + member->rank;
  g_autoptr (GError) error = NULL;
  gboolean well;

  g_assert_true (gen_exchange_gather (member->exchange, &mine, sizeof mine, all, &error));
  for (guint i = 0; i < member->n; i++)
    g_assert_cmpuint (all[i], ==, 7 + i);
  g_assert_true (gen_exchange_agree (member->exchange, TRUE, &error));
  g_assert_no_error (error);

  if (member->rank == 2)
    g_set_error_literal (&error, G_FILE_ERROR, G_FILE_ERROR_NOSPC, "the disk is full");
  well = gen_exchange_agree (member->exchange, member->rank != 2, &error);
  g_assert_false (well);
  if (member->rank == 2)
    g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_NOSPC);
  else
    g_assert_error (error, GEN_EXCHANGE_ERROR, GEN_EXCHANGE_ERROR_MEMBER);
  g_assert_nonnull (strstr (error->message, "the disk is full"));
  /* That is no end. */
  g_assert_true (gen_exchange_check (member->exchange, NULL));
}

/* What one asks for the others do not. */
static void
contradict (Member *member)
{
  float mine[4] = { 0 }, sum[4];
  g_autoptr (GError) error = NULL;

  gen_exchange_begin_sum (member->exchange, mine, sum, member->rank == 1 ? 3 : 4, 1);
  gen_exchange_end_sum (member->exchange, sum);
  g_assert_false (gen_exchange_check (member->exchange, &error));
  g_assert_error (error, GEN_EXCHANGE_ERROR, GEN_EXCHANGE_ERROR_FAILED);
  g_assert_false (gen_exchange_agree (member->exchange, TRUE, NULL));
}

static void
test_words (void)
{
  run_all (4, speak, NULL, NULL);
  run_all (2, contradict, NULL, NULL);
}

static void
test_engines (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (gen_exchange_engine_find ("mpj", &error));
  g_assert_error (error, GEN_EXCHANGE_ERROR, GEN_EXCHANGE_ERROR_UNKNOWN);
  g_assert_cmpstr (error->message, ==,
      "there is no exchange \"mpj\" (did you mean \"mpi\"?); there are auto, none, mpi");
  g_assert_true (gen_exchange_engine_find ("mpi", NULL) == &gen_exchange_engine_mpi);
  g_assert_true (gen_exchange_engine_wanted () == &gen_exchange_engine_none);
  g_setenv ("OMPI_COMM_WORLD_SIZE", "1", TRUE);
  g_assert_true (gen_exchange_engine_wanted () == &gen_exchange_engine_none);
  g_setenv ("OMPI_COMM_WORLD_SIZE", "2", TRUE);
  g_assert_true (gen_exchange_engine_wanted () == &gen_exchange_engine_mpi);
  g_unsetenv ("OMPI_COMM_WORLD_SIZE");
  /* A batch script has tasks and is none of them. */
  g_setenv ("SLURM_NTASKS", "4", TRUE);
  g_assert_true (gen_exchange_engine_wanted () == &gen_exchange_engine_none);
  g_setenv ("SLURM_STEP_NUM_TASKS", "4", TRUE);
  g_assert_true (gen_exchange_engine_wanted () == &gen_exchange_engine_mpi);
  g_unsetenv ("SLURM_NTASKS");
  g_unsetenv ("SLURM_STEP_NUM_TASKS");
}

/* Which GPU of a machine a process has. */
static void
test_places (void)
{
  g_assert_cmpuint (gen_exchange_local_process (), ==, 0);
  g_setenv ("SLURM_LOCALID", "3", TRUE);
  g_assert_cmpuint (gen_exchange_local_process (), ==, 3);
  /* mpirun within what Slurm has started. */
  g_setenv ("OMPI_COMM_WORLD_LOCAL_RANK", "1", TRUE);
  g_assert_cmpuint (gen_exchange_local_process (), ==, 1);
  g_setenv ("OMPI_COMM_WORLD_LOCAL_RANK", "one", TRUE);
  g_assert_cmpuint (gen_exchange_local_process (), ==, 3);
  g_unsetenv ("OMPI_COMM_WORLD_LOCAL_RANK");
  g_unsetenv ("SLURM_LOCALID");
}

/* Members that work on the CPU have nothing to tell. */
static void
join_devices (Member *member)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (gen_exchange_join_devices (member->exchange, &gen_device_cpu, &error));
  g_assert_no_error (error);
  g_assert_null (gen_exchange_nccl (member->exchange));
  g_assert_cmpuint (gen_exchange_members_here (member->exchange), ==, member->n);
}

static void
test_devices (void)
{
  run_all (2, join_devices, NULL, NULL);
}

/* --- how fast many are --- */

static void
test_scaling (void)
{
  /* A tenth of a second of computing, and 10 MB of gradients in 10 sums. */
  GenScaling net = { .compute = 0.1, .bytes = 1e7, .sums = 10, .bandwidth = 1e9 };

  g_assert_cmpfloat (gen_scaling_step (&net, 1), ==, 0.1);
  g_assert_cmpfloat (gen_scaling_efficiency (&net, 1), ==, 1);
  /* Half of them go there and come back: 10 ms. Of many processes nearly all: 20 ms. */
  g_assert_cmpfloat_with_epsilon (gen_scaling_step (&net, 2), 0.11, 1e-9);
  g_assert_cmpfloat_with_epsilon (gen_scaling_step (&net, 1000), 0.11998, 1e-9);
  g_assert_cmpfloat_with_epsilon (gen_scaling_efficiency (&net, 2), 1 / 1.1, 1e-9);
  /* What happens meanwhile costs nothing, as long as there is something to do. */
  net.overlap = 0.004;
  g_assert_cmpfloat_with_epsilon (gen_scaling_step (&net, 2), 0.106, 1e-9);
  net.overlap = 0.05;
  g_assert_cmpfloat_with_epsilon (gen_scaling_step (&net, 2), 0.1, 1e-9);
  /* Adding up is done by who computes. */
  net.handling = 1e-9;
  g_assert_cmpfloat_with_epsilon (gen_scaling_step (&net, 2), 0.11, 1e-9);
  /* Messages to all others, twice a sum, sent and received: 4 * 10 * 3 of 10 us. */
  net.message = 1e-5;
  g_assert_cmpfloat_with_epsilon (gen_scaling_step (&net, 4), 0.11 + 0.0012 + 8e-5, 1e-9);
  /* Two exchanges of a few bytes over ten levels. */
  net.message = 0;
  net.latency = 1e-5;
  g_assert_cmpfloat_with_epsilon (gen_scaling_step (&net, 1024), 0.11 + 2e-4, 1e-9);
}

/* --- training --- */

#define BATCH 8
#define STEPS 3

typedef struct {
  const GenPreset *preset;
  const GenPresetOptions *options;
  const GenTrainerSettings *settings;
  GBytes *states[MOST]; /* of each member, behind the last step */
} Case;

/* The states but their averages and what optimisers remember, or all. */
static GBytes *
copy_states (GenTrainer *trainer)
{
  g_autoptr (GByteArray) all = g_byte_array_new ();

  for (guint i = 0; i < gen_trainer_n_states (trainer); i++) {
    const GenBinding *state = gen_trainer_state (trainer, i);

    g_byte_array_append (all, state->data, (guint)state->size);
  }
  return g_byte_array_free_to_bytes (g_steal_pointer (&all));
}

static void
train (Member *member)
{
  Case *c = (Case *)member->data;
  GenTrainerSettings settings = *c->settings;
  const gsize part = (gsize)settings.batch_size / member->n;
  g_autoptr (GError) error = NULL;
  g_autoptr (GenTrainer) trainer = NULL;
  g_autofree float *samples = NULL;
  gint64 labels[BATCH];
  GenTrainerFigures figures;
  gsize size;

  settings.exchange = member->n > 1 ? member->exchange : NULL;
  trainer = preset_trainer_new (c->preset, c->options, &settings, &error);
  g_assert_no_error (error);
  size = gen_trainer_sample_size (trainer);
  samples = g_new (float, BATCH *size);
  for (guint step = 0; step < STEPS; step++) {
    const GenRandom random = gen_random_new (5, "samples", step);

    gen_random_uniform (&random, 0, 0, samples, BATCH * size);
    for (guint i = 0; i < BATCH; i++)
      labels[i] = i % 3;
    g_assert_true (gen_trainer_step (trainer, samples + member->rank * part * size,
        labels + member->rank * part, &figures, &error));
  }
  c->states[member->rank] = copy_states (trainer);
}

static void
clear_case (Case *c)
{
  for (guint i = 0; i < MOST; i++)
    g_clear_pointer (&c->states[i], g_bytes_unref);
}

/* Whatever the recipe keeps, it is the same in all members, each time. */
static void
check_alike (
    const GenPreset *preset, const GenPresetOptions *options, const GenTrainerSettings *settings)
{
  Case first = { preset, options, settings }, second = first;

  run_all (2, train, &first, NULL);
  run_all (2, train, &second, NULL);
  if (!g_bytes_equal (first.states[0], first.states[1]))
    g_error ("%s: two members have learned different things", preset->name);
  g_assert_true (g_bytes_equal (first.states[0], second.states[0]));
  clear_case (&first);
  clear_case (&second);
}

static void
test_alike (void)
{
  for (int p = 1; gen_preset_list ()[p] != NULL; p++) {
    const GenPreset *preset = gen_preset_list ()[p];
    GenPresetOptions options = preset_options (preset);
    GenTrainerSettings settings = { GEN_TRAINER_DEFAULTS, .batch_size = 4, .threads = 1,
      .ema = 0.9 };

    check_alike (preset, &options, &settings);
  }
}

/* What hangs on the whole batch beside gradients: the probability of augmentations, codes that are
 * averages and begin anew, norms that divide, gradients that are added up and cut, and ranks that
 * are taken away. */
static void
test_alike_in_detail (void)
{
  GenPresetOptions small = { GEN_PRESET_DEFAULTS, .width = 4 };
  GenTrainerSettings settings = { GEN_TRAINER_DEFAULTS, .batch_size = BATCH, .threads = 1 };
  GenTrainerSettings changed = settings;

  changed.augment_target = 0.6;
  changed.augment_probability = 0.5;
  changed.instance_noise = 0.1;
  changed.spectral_norm = TRUE;
  changed.r1 = 1;
  changed.penalty_interval = 2;
  check_alike (&gen_preset_dcgan, &small, &changed);
  changed = settings;
  changed.accumulate = 2;
  changed.clip_norm = 0.1;
  check_alike (&gen_preset_vae, &small, &changed);
  changed = settings;
  changed.codebook_decay = 0.9;
  small.codes = 200;
  check_alike (&gen_preset_vq_vae, &small, &changed);
  changed = settings;
  changed.adapter = gen_adapter_find ("adalora", NULL);
  changed.adapter_settings.rank = 4;
  changed.adapter_settings.budget = 1;
  changed.adapter_settings.warm_up = 1;
  changed.adapter_settings.steps = 3;
  check_alike (&gen_preset_vae, &small, &changed);
}

/* How far apart two sets of states are, as a share of the largest number. */
static double
difference (GBytes *one, GBytes *other)
{
  gsize size, other_size;
  const float *a = g_bytes_get_data (one, &size), *b = g_bytes_get_data (other, &other_size);
  double most = 0, apart = 0;

  g_assert_cmpuint (size, ==, other_size);
  for (gsize i = 0; i < size / sizeof *a; i++) {
    if (!isfinite (a[i]) || !isfinite (b[i]))
      continue; /* whole numbers */
    most = MAX (most, fabs (a[i]));
    apart = MAX (apart, fabs ((double)a[i] - b[i]));
  }
  return apart / most;
}

/* Members learn of the parts of a batch what one does of the whole, with what it draws for that:
 * latents, noise and masks, as far as sums in another order are the same. */
static void
check_whole (const GenPreset *preset, gboolean synchronised, double tolerance)
{
  GenPresetOptions small = preset_options (preset), *options = &small;
  GenTrainerSettings settings = { GEN_TRAINER_DEFAULTS, .batch_size = BATCH, .threads = 1,
    .optimizer = &gen_optimizer_sgd, .learning_rate = 0.01,
    .synchronised_normalization = synchronised };
  Case whole = { preset, options, &settings };

  run_all (1, train, &whole, NULL);
  for (guint n = 2; n <= 4; n += 2) {
    Case parts = { preset, options, &settings };
    double apart;

    run_all (n, train, &parts, NULL);
    apart = difference (whole.states[0], parts.states[0]);
    g_test_message ("%s: %u members are %.1e from one", preset->name, n, apart);
    g_assert_cmpfloat (apart, <, tolerance);
    clear_case (&parts);
  }
  clear_case (&whole);
}

static void
test_whole (void)
{
  static const GenPreset *const presets[] = { &gen_preset_mlp, &gen_preset_r3gan_lite,
    &gen_preset_wavegan, &gen_preset_vae, &gen_preset_super_resolver, &gen_preset_pix2pix,
    &gen_preset_unet_diffusion, &gen_preset_transformer };

  for (guint i = 0; i < G_N_ELEMENTS (presets); i++)
    check_whole (presets[i], FALSE, 1e-5);
}

/* Nets with normalisations over the batch, too, where they go by that of all members. These make
 * much of rounding; by their parts alone they would be a tenth and more apart. */
static void
test_synchronised (void)
{
  static const GenPreset *const presets[] = { &gen_preset_dcgan, &gen_preset_autoencoder,
    &gen_preset_classifier, &gen_preset_masked_autoencoder, &gen_preset_sound_vae };

  for (guint i = 0; i < G_N_ELEMENTS (presets); i++)
    check_whole (presets[i], TRUE, 1e-3);
}

/* A batch that members cannot have equal parts of. */
static void
refuse_parts (Member *member)
{
  GenPresetOptions options = { GEN_PRESET_DEFAULTS };
  g_autoptr (GError) error = NULL;
  const GenTrainerSettings settings = { GEN_TRAINER_DEFAULTS, .batch_size = 10,
    .exchange = member->exchange };

  g_assert_null (preset_trainer_new (&gen_preset_mlp, &options, &settings, &error));
  g_assert_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING);
  g_assert_cmpstr (error->message, ==,
      "batch-size: 10 samples are not the same number for each of 4 processes; 8 or 12 are");
}

static void
test_refused (void)
{
  run_all (4, refuse_parts, NULL, NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/exchange/sums", test_sums);
  g_test_add_func ("/exchange/words", test_words);
  g_test_add_func ("/exchange/engines", test_engines);
  g_test_add_func ("/exchange/places", test_places);
  g_test_add_func ("/exchange/devices", test_devices);
  g_test_add_func ("/exchange/scaling", test_scaling);
  g_test_add_func ("/exchange/alike", test_alike);
  g_test_add_func ("/exchange/alike-in-detail", test_alike_in_detail);
  g_test_add_func ("/exchange/whole", test_whole);
  g_test_add_func ("/exchange/synchronised", test_synchronised);
  g_test_add_func ("/exchange/refused", test_refused);
  return g_test_run ();
}
