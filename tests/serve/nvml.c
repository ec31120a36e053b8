/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the server asks of NVML, without a device: the first one fills up as it is looked at, the
 * second one is lost. Its functions are NVIDIA's by name and order of arguments. */
#include <stdio.h>

#define EXPORT __attribute__ ((visibility ("default")))
#define LOST 15
#define GIBIBYTE (1ULL << 30)

struct memory {
  unsigned long long total, free, used;
};
struct utilization {
  unsigned int gpu, memory;
};

int EXPORT nvmlInit_v2 (void);
int EXPORT nvmlShutdown (void);
int EXPORT nvmlDeviceGetCount_v2 (unsigned int *count);
int EXPORT nvmlDeviceGetHandleByIndex_v2 (unsigned int index, void **device);
int EXPORT nvmlDeviceGetName (void *device, char *name, unsigned int length);
int EXPORT nvmlDeviceGetMemoryInfo (void *device, struct memory *memory);
int EXPORT nvmlDeviceGetUtilizationRates (void *device, struct utilization *utilization);

static unsigned long long devices[2] = { 0, LOST };

int
nvmlInit_v2 (void)
{
  return 0;
}

int
nvmlShutdown (void)
{
  return 0;
}

int
nvmlDeviceGetCount_v2 (unsigned int *count)
{
  *count = 2;
  return 0;
}

int
nvmlDeviceGetHandleByIndex_v2 (unsigned int index, void **device)
{
  *device = &devices[index];
  return 0;
}

int
nvmlDeviceGetName (void *device, char *name, unsigned int length)
{
  snprintf (name, length, "Emulated \"%s\"", device == devices ? "one" : "two");
  return 0;
}

int
nvmlDeviceGetMemoryInfo (void *device, struct memory *memory)
{
  if (device != devices)
    return LOST;
  devices[0]++;
  memory->total = 80 * GIBIBYTE;
  memory->used = devices[0] * GIBIBYTE;
  memory->free = memory->total - memory->used;
  return 0;
}

int
nvmlDeviceGetUtilizationRates (void *device, struct utilization *utilization)
{
  if (device != devices)
    return LOST;
  utilization->gpu = 25;
  utilization->memory = 50;
  return 0;
}
