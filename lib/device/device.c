/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The list of devices. */
#include <generative/device.h>

#include <sched.h>
#include <string.h>

#include "../base/family.h"
#include "cpu-executor.h"

G_DEFINE_QUARK (gen - device - error - quark, gen_device_error)

const GenDevice *const *
gen_device_list (void)
{
  static const GenDevice *const devices[] = { &gen_device_cuda, &gen_device_cpu, NULL };

  return devices;
}

const GenDevice *
gen_device_find (const char *name, GError **error)
{
  g_autofree char *names = NULL;

  for (const GenDevice *const *device = gen_device_list (); *device != NULL; device++) {
    if (strcmp (name, "auto") == 0 && (*device)->available (NULL))
      return *device;
    if (strcmp (name, (*device)->name) == 0)
      return (*device)->available (error) ? *device : NULL;
  }
  names = GEN_FAMILY_NAMES (gen_device_list ());
  g_set_error (error, GEN_DEVICE_ERROR, GEN_DEVICE_ERROR_UNKNOWN,
      "there is no device \"%s\"; there are auto, %s", name, names);
  return NULL;
}

const GenExecutorClass *
gen_device_executor (const GenDevice *device, GError **error)
{
  if (device == &gen_device_cuda)
    return gen_cuda_executor_class (error);
  return &gen_cpu_executor_class;
}

int
gen_cpu_count (void)
{
  cpu_set_t set;

  if (sched_getaffinity (0, sizeof set, &set) == 0)
    return MAX (CPU_COUNT (&set), 1);
  return g_get_num_processors ();
}
