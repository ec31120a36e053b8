/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finding a device, and saying what is wrong in words that help. */
#include "device.h"

#include "convolution.h"
#include "product.h"

gboolean
gen_cuda_check (cudaError_t status, const char *what, GError **error)
{
  if (status == cudaSuccess)
    return TRUE;
  /* An error of a call sticks to the thread until it is read. */
  cudaGetLastError ();
  if (status == cudaErrorMemoryAllocation) {
    gsize available = 0, total = 0;

    cudaMemGetInfo (&available, &total);
    g_set_error (error, GEN_DEVICE_ERROR, GEN_DEVICE_ERROR_FAILED,
        "device cuda: %s: out of memory (%.2f of %.2f GB are free); use a smaller batch-size, or "
        "device=cpu",
        what, available * 1e-9, total * 1e-9);
  } else {
    g_set_error (error, GEN_DEVICE_ERROR, GEN_DEVICE_ERROR_FAILED, "device cuda: %s: %s (%s)", what,
        cudaGetErrorString (status), cudaGetErrorName (status));
  }
  return FALSE;
}

gboolean
gen_cuda_available (GError **error)
{
  int count = 0, driver = 0, runtime = 0;
  cudaError_t status = cudaGetDeviceCount (&count);

  if (status == cudaSuccess && count > 0)
    return TRUE;
  cudaGetLastError ();
  if (status == cudaErrorInsufficientDriver && cudaDriverGetVersion (&driver) == cudaSuccess &&
      cudaRuntimeGetVersion (&runtime) == cudaSuccess && driver > 0) {
    g_set_error (error, GEN_DEVICE_ERROR, GEN_DEVICE_ERROR_UNAVAILABLE,
        "device cuda: the driver is made for CUDA %d.%d, and this needs %d.%d: update the driver",
        driver / 1000, driver % 1000 / 10, runtime / 1000, runtime % 1000 / 10);
    return FALSE;
  }
  if (status == cudaErrorInsufficientDriver) {
    g_set_error (error, GEN_DEVICE_ERROR, GEN_DEVICE_ERROR_UNAVAILABLE,
        "device cuda: NVIDIA's driver (libcuda.so.1) is not installed on this machine");
    return FALSE;
  }
  g_set_error (error, GEN_DEVICE_ERROR, GEN_DEVICE_ERROR_UNAVAILABLE,
      "device cuda: the driver finds no usable GPU (%s)",
      status == cudaSuccess ? "there is none" : cudaGetErrorString (status));
  return FALSE;
}

gboolean
gen_cuda_device_open (GenCudaDevice *device, GError **error)
{
  cudaDeviceProp properties;

  if (!gen_cuda_available (error) ||
      !gen_cuda_check (cudaGetDevice (&device->number), "asking for the device", error) ||
      !gen_cuda_check (cudaGetDeviceProperties (&properties, device->number),
          "asking for the device's properties", error) ||
      !gen_cuda_check (cudaStreamCreateWithFlags (&device->stream, cudaStreamNonBlocking),
          "making a stream", error))
    return FALSE;
  device->multiprocessors = properties.multiProcessorCount;
  device->capability = 10 * properties.major + properties.minor;
  device->memory = properties.totalGlobalMem;
  g_strlcpy (device->name, properties.name, sizeof device->name);
  return gen_cuda_product_open (&device->product_handle, error) &&
         gen_cuda_convolution_open (&device->convolution_handle, error);
}

void
gen_cuda_device_close (GenCudaDevice *device)
{
  gen_cuda_convolution_close (device->convolution_handle);
  gen_cuda_product_close (device->product_handle);
  if (device->stream != NULL)
    cudaStreamDestroy (device->stream);
}

void *
gen_cuda_kernel_upload (GenCudaKernel *kernel, const void *data, gsize size, GError **error)
{
  void *memory = NULL;

  if (!gen_cuda_check (cudaMalloc (&memory, MAX (size, 1)), "memory for weights", error))
    return NULL;
  kernel->owned.emplace_back (memory, [] (void *p) { cudaFree (p); });
  if (!gen_cuda_check (
          cudaMemcpy (memory, data, size, cudaMemcpyHostToDevice), "uploading weights", error))
    return NULL;
  return memory;
}
