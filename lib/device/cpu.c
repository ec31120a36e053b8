/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The CPU: always there. Its kernels stand with their operators. */
#include <generative/device.h>

static gboolean
available (GError **error)
{
  return TRUE;
}

const GenDevice gen_device_cpu = {
  .name = "cpu",
  .description = "This machine's processor cores, by oneDNN and vector kernels",
  .available = available,
};
