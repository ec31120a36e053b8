/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Kernels: a node's steps, and what they need to run. */
#include <stdlib.h>
#include <time.h>

#include "../device/team.h"
#include "graph-private.h"
#include "kernel.h"

/* Waking another thread and meeting it again costs about this much; a part should take
 * at least as long. */
#define NANOSECONDS_PER_PART 4000.0

void
gen_kernel_init (GenKernel *kernel, const GenNode *node, int threads)
{
  *kernel = (GenKernel){ .node = node, .threads = threads };
  kernel->steps = g_array_new (FALSE, FALSE, sizeof (GenStep));
}

gboolean
gen_kernel_prepare (GenKernel *kernel, GError **error)
{
  const GenNode *node = kernel->node;
  g_autoptr (GError) reason = NULL;
  gboolean prepared;

  if (node->op->cpu == NULL)
    return gen_node_error (node, error, "the CPU has no kernel for it");
  prepared = node->op->cpu (kernel, &reason);
  if (!gen_node_check_attributes (node, error))
    return FALSE;
  if (!prepared)
    g_propagate_error (error, g_steal_pointer (&reason));
  return prepared;
}

void
gen_kernel_clear (GenKernel *kernel)
{
  if (kernel->free_state != NULL && kernel->state != NULL)
    kernel->free_state (kernel->state);
  kernel->state = NULL;
  g_clear_pointer (&kernel->steps, g_array_unref);
}

void
gen_kernel_add_step (GenKernel *kernel, GenStepFunc run, int parts)
{
  GenStep step = { run, CLAMP (parts, 1, GEN_TEAM_MAX_PARTS) };

  g_array_append_val (kernel->steps, step);
}

int
gen_kernel_parts (const GenKernel *kernel, gsize n, double cost)
{
  double parts = n * cost / NANOSECONDS_PER_PART;

  return parts < 2 ? 1 : MIN (kernel->threads, (int)MIN (parts, GEN_TEAM_MAX_PARTS));
}

void
gen_kernel_run (const GenKernel *kernel)
{
  int saved = gen_team_enter ();

  for (guint i = 0; i < kernel->steps->len; i++) {
    const GenStep *step = &g_array_index (kernel->steps, GenStep, i);

    for (int part = 0; part < step->parts; part++)
      step->run (kernel, part, step->parts);
  }
  gen_team_leave (saved);
}

double
gen_seconds_now (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return now.tv_sec + now.tv_nsec * 1e-9;
}

void *
gen_aligned_alloc (gsize size)
{
  void *memory;

  if (size == 0)
    return NULL;
  memory = aligned_alloc (64, (size + 63) & ~(gsize)63);
  if (memory == NULL)
    g_error ("%s: cannot allocate %" G_GSIZE_FORMAT " bytes", G_STRLOC, size);
  return memory;
}

void
gen_aligned_free (void *memory)
{
  free (memory);
}
