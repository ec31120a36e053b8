/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NVIDIA GPUs. The driver is looked for when it is asked for, so that one build starts on
 * machines with and without it. */
#include <generative/device.h>

#ifdef HAVE_CUDA
#include <cuda.h>
#include <dlfcn.h>

static gboolean
find_gpu (int *count, GError **error)
{
  void *driver = dlopen ("libcuda.so.1", RTLD_LAZY | RTLD_LOCAL);
  CUresult (*init) (unsigned) = driver != NULL ? dlsym (driver, "cuInit") : NULL;
  CUresult (*get_count) (int *) = driver != NULL ? dlsym (driver, "cuDeviceGetCount") : NULL;

  if (init == NULL || get_count == NULL) {
    g_set_error (error, GEN_DEVICE_ERROR, GEN_DEVICE_ERROR_UNAVAILABLE,
        "device cuda: NVIDIA's driver (libcuda.so.1) is not installed on this machine");
    return FALSE;
  }
  if (init (0) != CUDA_SUCCESS || get_count (count) != CUDA_SUCCESS || *count == 0) {
    g_set_error (error, GEN_DEVICE_ERROR, GEN_DEVICE_ERROR_UNAVAILABLE,
        "device cuda: the driver finds no usable GPU");
    return FALSE;
  }
  return TRUE;
}

static gboolean
available (GError **error)
{
  int count = 0;

  if (!find_gpu (&count, error))
    return FALSE;
  g_set_error (error, GEN_DEVICE_ERROR, GEN_DEVICE_ERROR_UNAVAILABLE,
      "device cuda: %d GPUs are there, but this version has no operators for them; use device=cpu",
      count);
  return FALSE;
}
#else
static gboolean
available (GError **error)
{
  g_set_error (error, GEN_DEVICE_ERROR, GEN_DEVICE_ERROR_UNAVAILABLE,
      "device cuda: this build is without CUDA (meson -Dcuda=enabled, where the toolkit is found)");
  return FALSE;
}
#endif

const GenDevice gen_device_cuda = {
  .name = "cuda",
  .description = "NVIDIA GPUs through CUDA",
  .available = available,
};
