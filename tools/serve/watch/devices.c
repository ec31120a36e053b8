/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NVML is asked for when the server runs, so that one program is for machines with and without such
 * devices. Of its interface, which NVIDIA documents and keeps, what is needed is declared here. */
#include "devices.h"

#include <dlfcn.h>
#include <math.h>

#include "families.h"

#define LIBRARY "libnvidia-ml.so.1"
#define NAME_MOST 96

typedef struct nvmlDevice_st *NvmlDevice;

typedef struct {
  unsigned long long total, free, used; /* bytes */
} NvmlMemory;

typedef struct {
  unsigned int gpu, memory; /* percent of the last second */
} NvmlUtilization;

/* Each returns 0 where it is well. */
typedef struct {
  int (*init) (void);
  int (*shutdown) (void);
  int (*get_count) (unsigned int *count);
  int (*get_handle) (unsigned int index, NvmlDevice *device);
  int (*get_name) (NvmlDevice device, char *name, unsigned int length);
  int (*get_memory) (NvmlDevice device, NvmlMemory *memory);
  int (*get_utilization) (NvmlDevice device, NvmlUtilization *utilization);
} Nvml;

static const struct {
  const char *symbol;
  gsize place;
} symbols[] = {
  { "nvmlInit_v2", G_STRUCT_OFFSET (Nvml, init) },
  { "nvmlShutdown", G_STRUCT_OFFSET (Nvml, shutdown) },
  { "nvmlDeviceGetCount_v2", G_STRUCT_OFFSET (Nvml, get_count) },
  { "nvmlDeviceGetHandleByIndex_v2", G_STRUCT_OFFSET (Nvml, get_handle) },
  { "nvmlDeviceGetName", G_STRUCT_OFFSET (Nvml, get_name) },
  { "nvmlDeviceGetMemoryInfo", G_STRUCT_OFFSET (Nvml, get_memory) },
  { "nvmlDeviceGetUtilizationRates", G_STRUCT_OFFSET (Nvml, get_utilization) },
};

typedef struct {
  NvmlDevice handle;
  GenCounter *used, *total, *busy;
} Device;

struct _ServeDevices {
  gpointer library;
  Nvml nvml;
  GArray *list; /* of Device */
};

static gboolean
find_symbols (ServeDevices *devices)
{
  for (gsize i = 0; i < G_N_ELEMENTS (symbols); i++) {
    gpointer found = dlsym (devices->library, symbols[i].symbol);

    if (found == NULL) {
      g_message (
          "figures of graphics processors are not told: " LIBRARY " has no %s", symbols[i].symbol);
      return FALSE;
    }
    G_STRUCT_MEMBER (gpointer, &devices->nvml, symbols[i].place) = found;
  }
  return TRUE;
}

static void
add_device (ServeDevices *devices, GenCounters *counters, unsigned int index)
{
  g_autofree char *number = g_strdup_printf ("%u", index);
  char name[NAME_MOST] = "";
  const char *const values[] = { number, name };
  Device device;

  if (devices->nvml.get_handle (index, &device.handle) != 0)
    return;
  devices->nvml.get_name (device.handle, name, sizeof name);
  device.used = gen_counters_take (counters, &serve_count_device_used, values);
  device.total = gen_counters_take (counters, &serve_count_device_total, values);
  device.busy = gen_counters_take (counters, &serve_count_device_busy, values);
  g_array_append_val (devices->list, device);
}

ServeDevices *
serve_devices_new (GenCounters *counters)
{
  gpointer library = dlopen (LIBRARY, RTLD_LAZY | RTLD_LOCAL);
  ServeDevices *devices;
  unsigned int count = 0;

  if (library == NULL)
    return NULL;
  devices = g_new0 (ServeDevices, 1);
  devices->library = library;
  if (!find_symbols (devices) || devices->nvml.init () != 0) {
    dlclose (library);
    g_free (devices);
    return NULL;
  }
  devices->list = g_array_new (FALSE, FALSE, sizeof (Device));
  devices->nvml.get_count (&count);
  for (unsigned int i = 0; i < count; i++)
    add_device (devices, counters, i);
  serve_devices_look (devices);
  return devices;
}

void
serve_devices_free (ServeDevices *devices)
{
  devices->nvml.shutdown ();
  dlclose (devices->library);
  g_array_unref (devices->list);
  g_free (devices);
}

/* Of a device that is lost nothing is known. */
void
serve_devices_look (ServeDevices *devices)
{
  for (guint i = 0; i < devices->list->len; i++) {
    const Device *device = &g_array_index (devices->list, Device, i);
    NvmlMemory memory;
    NvmlUtilization utilization;
    const gboolean known = devices->nvml.get_memory (device->handle, &memory) == 0;
    const gboolean measured = devices->nvml.get_utilization (device->handle, &utilization) == 0;

    gen_counter_set (device->used, known ? (double)memory.used : (double)NAN);
    gen_counter_set (device->total, known ? (double)memory.total : (double)NAN);
    gen_counter_set (device->busy, measured ? utilization.gpu / 100.0 : (double)NAN);
  }
}
