/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The CPU: always there. Its kernels stand with their operators. */
#include <generative/device.h>

#include <stdlib.h>

static gboolean
available (GError **error)
{
  return TRUE;
}

/* Vectors are loaded from there, and lines of the cache. */
static void *
take_host (gsize size)
{
  void *memory = NULL;

  return posix_memalign (&memory, 64, MAX (size, 1)) == 0 ? memory : NULL;
}

const GenDevice gen_device_cpu = {
  .name = "cpu",
  .description = "This machine's processor cores, by oneDNN and vector kernels",
  .available = available,
  .take_host = take_host,
  .free_host = free,
};
