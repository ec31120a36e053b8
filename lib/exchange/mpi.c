/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* MPI. What calls it is a module of its own (lib/exchange/mpi), which is loaded when processes that
 * were started together look for each other: one build starts with and without it. */
#include <generative/exchange.h>

#include <dlfcn.h>

#include "../base/module.h"
#include "exchange-private.h"
#include "transport.h"

#define MODULE "generative-mpi.so"

/* A number above `least` in the environment. */
static gboolean
says (const char *name, guint64 least)
{
  const char *text = g_getenv (name);
  guint64 n;

  return text != NULL && g_ascii_string_to_unsigned (text, 10, 0, G_MAXUINT32, &n, NULL) &&
         n > least;
}

/* mpirun of Open MPI 4 and 5 says how many there are. Slurm says it of a step, which is what srun
 * starts: a batch script by itself is alone, however many tasks it may start. */
static gboolean
is_wanted (void)
{
  return says ("OMPI_COMM_WORLD_SIZE", 1) || says ("SLURM_STEP_NUM_TASKS", 1) ||
         says ("PMI_SIZE", 1);
}

guint
gen_exchange_local_process (void)
{
  static const char *const names[] = { "OMPI_COMM_WORLD_LOCAL_RANK", "MPI_LOCALRANKID",
    "PMI_LOCAL_RANK", "SLURM_LOCALID" };
  guint64 n;

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    const char *text = g_getenv (names[i]);

    if (text != NULL && g_ascii_string_to_unsigned (text, 10, 0, G_MAXUINT, &n, NULL))
      return (guint)n;
  }
  return 0;
}

const GenExchangeTransport *
gen_exchange_mpi_transport (GError **error)
{
  g_autofree char *path = gen_module_find (MODULE, "exchange/mpi");
  const GenExchangeTransport *transport;
  void *module;

  if (path == NULL) {
    g_set_error (error, GEN_EXCHANGE_ERROR, GEN_EXCHANGE_ERROR_UNAVAILABLE,
        "exchange mpi: this build is without MPI (meson -Dmpi=enabled, where libopenmpi-dev is "
        "installed); exchange=none trains by itself in each of the processes");
    return NULL;
  }
  /* Open MPI's own modules look for its symbols. */
  module = dlopen (path, RTLD_NOW | RTLD_GLOBAL);
  transport = module != NULL ? dlsym (module, GEN_EXCHANGE_SYMBOL) : NULL;
  if (transport == NULL)
    g_set_error (error, GEN_EXCHANGE_ERROR, GEN_EXCHANGE_ERROR_UNAVAILABLE,
        "exchange mpi: its module does not load: %s", dlerror ());
  return transport;
}

const GenExchangeEngine gen_exchange_engine_mpi = {
  .name = "mpi",
  .description = "Processes that mpirun or srun has started, by MPI",
  .is_wanted = is_wanted,
};
