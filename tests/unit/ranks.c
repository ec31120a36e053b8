/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Training by several processes that have a device each. The program starts itself by mpirun; what
 * a process has learned it leaves in a file. GEN_CUDA_MODULE says which module stands for the
 * device, and LD_LIBRARY_PATH where NCCL is; without GPUs both are emulated (tests/emulation). */
#include <generative/random.h>

#include <math.h>
#include <sys/wait.h>

#include "../../lib/exchange/exchange-private.h"
#include "../preset-options.h"
#include "../scratch.h"
#include "../trainers.h"

#define BATCH 8
#define STEPS 3
#define UNJOINED                                                                                   \
  3 /* the status of a process that sums through the CPU's memory against its wish                 \
     */

/* --- a process --- */

/* Normalisations go by the whole batch, so that what is learned of parts is what is learned of it.
 */
static GenTrainer *
trainer_new (const GenPreset *preset, GenExchange *exchange, GError **error)
{
  GenPresetOptions options = preset_options (preset);
  const GenTrainerSettings settings = { GEN_TRAINER_DEFAULTS, .batch_size = BATCH, .threads = 1,
    .optimizer = &gen_optimizer_sgd, .learning_rate = 0.01, .ema = 0.9,
    .synchronised_normalization = TRUE, .device = &gen_device_cuda, .exchange = exchange };

  if (preset == &gen_preset_dcgan)
    options.width = 4;
  return preset_trainer_new (preset, &options, &settings, error);
}

/* With its part of each batch. */
static gboolean
make_steps (GenTrainer *trainer, guint rank, guint n, GError **error)
{
  const gsize size = gen_trainer_sample_size (trainer);
  g_autofree float *samples = g_new (float, BATCH *size);
  GenTrainerFigures figures;

  for (guint step = 0; step < STEPS; step++) {
    const GenRandom random = gen_random_new (5, "samples", step);

    gen_random_uniform (&random, 0, 0, samples, BATCH * size);
    if (!gen_trainer_step (trainer, samples + rank * (BATCH / n) * size, NULL, &figures, error))
      return FALSE;
  }
  return gen_trainer_fetch_states (trainer, error);
}

static GByteArray *
copy_weights (GenTrainer *trainer)
{
  GByteArray *all = g_byte_array_new ();

  for (guint i = 0; i < gen_trainer_n_weights (trainer); i++) {
    const GenBinding *weight = gen_trainer_weight (trainer, i);

    g_byte_array_append (all, weight->data, (guint)weight->size);
  }
  return all;
}

static gboolean
train (const GenPreset *preset, GenExchange *exchange, const char *folder, GError **error)
{
  const guint rank = gen_exchange_rank (exchange), n = gen_exchange_size (exchange);
  g_autoptr (GenTrainer) trainer = trainer_new (preset, exchange, error);
  g_autofree char *name = g_strdup_printf ("%u", rank);
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autoptr (GByteArray) weights = NULL;

  if (trainer == NULL || !make_steps (trainer, rank, n, error))
    return FALSE;
  weights = copy_weights (trainer);
  return g_file_set_contents (path, (const char *)weights->data, weights->len, error);
}

/* What mpirun starts: by NCCL ("nccl") or through the CPU's memory ("memory"). */
static int
run_rank (const char *way, const char *preset, const char *folder)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenExchangeGroup) group = gen_exchange_group_new (&gen_exchange_engine_mpi, 0, &error);
  GenExchange *exchange = group != NULL ? gen_exchange_group_member (group, 0) : NULL;
  int status = EXIT_SUCCESS;

  if (group == NULL)
    g_error ("%s", error->message);
  if (g_str_equal (way, "nccl") &&
      !gen_exchange_join_devices (exchange, &gen_device_cuda, &error)) {
    status = UNJOINED;
  } else if (!train (gen_preset_find (preset, NULL), exchange, folder, &error)) {
    g_printerr ("%s\n", error->message);
    return EXIT_FAILURE; /* all end with the group */
  }
  if (error != NULL)
    g_printerr ("%s\n", error->message);
  gen_exchange_finish (exchange);
  return status;
}

/* --- several --- */

typedef struct {
  const char *program;
  char *folder;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer program)
{
  fixture->program = program;
  fixture->folder = scratch_new ();
}

static void
tear_down (Fixture *fixture, gconstpointer program)
{
  scratch_remove (fixture->folder);
  g_free (fixture->folder);
}

static gboolean
may_run (void)
{
  g_autofree char *mpirun = g_find_program_in_path ("mpirun");

  if (mpirun == NULL)
    g_test_skip ("no mpirun; Debian's openmpi-bin brings it");
  return mpirun != NULL;
}

/* What mpirun ends with, and what is said. `variable` is NULL, or one of the environment. */
static int
run_ranks (const Fixture *fixture, guint n, const char *way, const char *preset,
    const char *variable, const char *value, char **said)
{
  g_autofree char *number = g_strdup_printf ("%u", n);
  const char *arguments[] = { "timeout", "110", "mpirun", "--oversubscribe", "--bind-to", "none",
    "-n", number, fixture->program, "--rank", way, preset, fixture->folder, NULL };
  g_auto (GStrv) environment = g_get_environ ();
  g_autoptr (GError) error = NULL;
  int status = -1;

  environment = g_environ_setenv (environment, "OMPI_ALLOW_RUN_AS_ROOT", "1", TRUE);
  environment = g_environ_setenv (environment, "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1", TRUE);
  /* Sockets of Open MPI lie below it, and have no more than 108 letters. */
  environment = g_environ_setenv (environment, "TMPDIR", "/tmp", TRUE);
  if (variable != NULL)
    environment = g_environ_setenv (environment, variable, value, TRUE);
  g_spawn_sync (NULL, (char **)arguments, environment, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, said,
      &status, &error);
  g_assert_no_error (error);
  return WIFEXITED (status) ? WEXITSTATUS (status) : -1;
}

/* What all of them have learned, which is the same to the bit. */
static GBytes *
learn (const Fixture *fixture, guint n, const char *way, const char *preset)
{
  g_autofree char *said = NULL;
  g_autoptr (GBytes) first = NULL;

  if (run_ranks (fixture, n, way, preset, NULL, NULL, &said) != EXIT_SUCCESS)
    g_error ("%u processes, %s: %s", n, way, said);
  for (guint i = 0; i < n; i++) {
    g_autofree char *name = g_strdup_printf ("%u", i);
    g_autofree char *path = g_build_filename (fixture->folder, name, NULL);
    g_autoptr (GBytes) bytes = NULL;
    g_autoptr (GError) error = NULL;
    char *data;
    gsize size;

    g_file_get_contents (path, &data, &size, &error);
    g_assert_no_error (error);
    bytes = g_bytes_new_take (data, size);
    if (first == NULL)
      first = g_bytes_ref (bytes);
    g_assert_true (g_bytes_equal (bytes, first));
    g_assert_cmpint (g_unlink (path), ==, 0);
  }
  return g_steal_pointer (&first);
}

static GBytes *
learn_alone (const char *preset)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenTrainer) trainer = trainer_new (gen_preset_find (preset, NULL), NULL, &error);

  g_assert_no_error (error);
  make_steps (trainer, 0, 1, &error);
  g_assert_no_error (error);
  return g_byte_array_free_to_bytes (copy_weights (trainer));
}

/* The largest difference, against the largest weight. */
static double
difference (GBytes *one, GBytes *other)
{
  gsize size, other_size;
  const float *a = g_bytes_get_data (one, &size), *b = g_bytes_get_data (other, &other_size);
  double most = 0, largest = 0;

  g_assert_cmpuint (size, ==, other_size);
  for (gsize i = 0; i < size / sizeof (float); i++) {
    most = fmax (most, fabs (a[i] - b[i]));
    largest = fmax (largest, fabs (a[i]));
  }
  return most / largest;
}

/* By NCCL, which adds up in an order of its own, through the CPU's memory, and as one process that
 * has the whole batch: `tolerance` is for that, as unit-exchange has it for the CPU. */
static void
check_ways (const Fixture *fixture, guint n, const char *preset, double tolerance)
{
  g_autoptr (GBytes) by_nccl = learn (fixture, n, "nccl", preset);
  g_autoptr (GBytes) through_memory = learn (fixture, n, "memory", preset);
  g_autoptr (GBytes) whole = learn_alone (preset);

  g_test_message ("%s, %u processes: ways %g apart, %g and %g from one process", preset, n,
      difference (by_nccl, through_memory), difference (by_nccl, whole),
      difference (through_memory, whole));
  g_assert_cmpfloat (difference (by_nccl, through_memory), <, tolerance);
  g_assert_cmpfloat (difference (by_nccl, whole), <, tolerance);
  g_assert_cmpfloat (difference (through_memory, whole), <, tolerance);
}

static void
test_two (Fixture *fixture, gconstpointer program)
{
  if (!may_run ())
    return;
  check_ways (fixture, 2, "vae", 1e-5);
  check_ways (fixture, 2, "dcgan", 1e-3);
}

static void
test_four (Fixture *fixture, gconstpointer program)
{
  if (may_run ())
    check_ways (fixture, 4, "vae", 1e-5);
}

static void
check_unjoined (const Fixture *fixture, const char *variable, const char *value, const char *reason)
{
  g_autofree char *said = NULL;

  g_assert_cmpint (run_ranks (fixture, 2, "nccl", "mlp", variable, value, &said), ==, UNJOINED);
  if (strstr (said, reason) == NULL)
    g_error ("says nothing of \"%s\": %s", reason, said);
}

/* All find out, and say why. */
static void
test_unjoined (Fixture *fixture, gconstpointer program)
{
  if (!may_run ())
    return;
  check_unjoined (
      fixture, "GEN_EMULATION_DEVICES", "1", "process 1 of 2: it shares GPU 0000:01:00.0");
  check_unjoined (fixture, "GEN_EMULATION_NCCL", "old", "process 0 of 2: its NCCL is 2.13");
  check_unjoined (fixture, "GEN_EMULATION_NCCL", "init", "unhandled system error");
}

/* Others that are lost while they are waited for. */
static void
test_lost (Fixture *fixture, gconstpointer program)
{
  g_autofree char *said = NULL;
  int status;

  if (!may_run ())
    return;
  status = run_ranks (fixture, 2, "nccl", "mlp", "GEN_EMULATION_NCCL", "lost", &said);
  g_assert_cmpint (status, !=, EXIT_SUCCESS);
  g_assert_cmpint (status, !=, 124); /* of timeout */
  if (strstr (said, "NCCL, a sum: remote process exited") == NULL)
    g_error ("says nothing of NCCL: %s", said);
}

int
main (int argc, char **argv)
{
  const struct {
    const char *name;
    void (*run) (Fixture *fixture, gconstpointer program);
    gboolean emulated;
  } tests[] = { { "/ranks/two", test_two }, { "/ranks/four", test_four },
    { "/ranks/unjoined", test_unjoined, TRUE }, { "/ranks/lost", test_lost, TRUE } };

  if (argc == 5 && g_str_equal (argv[1], "--rank"))
    return run_rank (argv[2], argv[3], argv[4]);
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    if (!tests[i].emulated || g_getenv ("GEN_EMULATION_DEVICES") != NULL)
      g_test_add (tests[i].name, Fixture, argv[0], set_up, tests[i].run, tear_down);
  return g_test_run ();
}
