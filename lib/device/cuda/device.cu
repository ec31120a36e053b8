/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finding a device, and saying what is wrong in words that help. */
#include "device.h"

#include <dlfcn.h>

#include "../../exchange/exchange-private.h"
#include "convolution.h"
#include "product.h"
#include "shared.h"

/* `size` 0: it is not known how much was wanted. */
static void
set_no_memory (GError **error, const char *what, gsize size)
{
  g_autofree char *wanted =
      size > 0 ? g_strdup_printf ("%.3f GB were asked for, and ", size * 1e-9) : g_strdup ("");
  gsize available = 0, total = 0;

  cudaMemGetInfo (&available, &total);
  g_set_error (error, GEN_DEVICE_ERROR, GEN_DEVICE_ERROR_FAILED,
      "device cuda: %s: out of memory: %s%.3f of %.3f GB are free; use a smaller batch-size, "
      "precision=fp16 or bf16, or device=cpu, or end what else uses the GPU (nvidia-smi lists it)",
      what, wanted, available * 1e-9, total * 1e-9);
}

/* What can be done about it. */
static const char *
advice (cudaError_t status)
{
  switch (status) {
  case cudaErrorIllegalAddress:
  case cudaErrorMisalignedAddress:
  case cudaErrorIllegalInstruction:
  case cudaErrorInvalidAddressSpace:
  case cudaErrorInvalidPc:
  case cudaErrorLaunchFailure:
  case cudaErrorAssert:
    return ": a kernel has gone wrong, and this process cannot use the GPU any more: start it "
           "again, "
           "and report what it ran";
  case cudaErrorNoDevice:
  case cudaErrorDevicesUnavailable:
  case cudaErrorECCUncorrectable:
  case cudaErrorNvlinkUncorrectable:
  case cudaErrorHardwareStackError:
  case cudaErrorContextIsDestroyed:
  case cudaErrorUnknown:
    return ": the GPU is lost to this process: start it again, or use device=cpu; nvidia-smi and "
           "the "
           "system's log (lines with Xid) say what happened";
  case cudaErrorLaunchTimeout:
    return ": the driver has stopped a kernel that took too long, as it does where a display hangs "
           "on the GPU: use a smaller batch-size";
  case cudaErrorInsufficientDriver:
  case cudaErrorSystemDriverMismatch:
  case cudaErrorCompatNotSupportedOnDevice:
  case cudaErrorUnsupportedPtxVersion:
    return ": update NVIDIA's driver";
  case cudaErrorNoKernelImageForDevice:
    return ": this build has no code for such a GPU: name its architecture in "
           "-Dgpu_architectures when building";
  case cudaErrorMpsConnectionFailed:
  case cudaErrorMpsServerNotReady:
  case cudaErrorMpsMaxClientsReached:
  case cudaErrorMpsMaxConnectionsReached:
    return ": the GPU is shared through MPS, whose server takes no further process now: see "
           "nvidia-cuda-mps-control's log";
  default:
    return "";
  }
}

#define DRIVER "libcuda.so.1"

gboolean
gen_cuda_check (cudaError_t status, const char *what, GError **error)
{
  if (status == cudaSuccess)
    return TRUE;
  /* An error of a call sticks to the thread until it is read. */
  cudaGetLastError ();
  if (status == cudaErrorMemoryAllocation)
    set_no_memory (error, what, 0);
  else
    g_set_error (error, GEN_DEVICE_ERROR, GEN_DEVICE_ERROR_FAILED, "device cuda: %s: %s (%s)%s",
        what, cudaGetErrorString (status), cudaGetErrorName (status), advice (status));
  return FALSE;
}

void *
gen_cuda_take (gsize size, const char *what, GError **error)
{
  void *memory = NULL;
  cudaError_t status = cudaMalloc (&memory, MAX (size, 1));

  if (status == cudaSuccess)
    return memory;
  if (status != cudaErrorMemoryAllocation) {
    gen_cuda_check (status, what, error);
    return NULL;
  }
  cudaGetLastError ();
  set_no_memory (error, what, size);
  return NULL;
}

/* The driver has been loaded by now, and stays so; being a part of it, contexts are not the
 * runtime's to tell of. */
static gboolean
find_driver (GenCudaDriver *driver)
{
  void *library = dlopen (DRIVER, RTLD_LAZY | RTLD_NOLOAD);

  if (library == NULL)
    return FALSE;
  driver->get = (int (*) (void **))dlsym (library, "cuCtxGetCurrent");
  driver->push = (int (*) (void *))dlsym (library, "cuCtxPushCurrent_v2");
  driver->pop = (int (*) (void **))dlsym (library, "cuCtxPopCurrent_v2");
  dlclose (library);
  return driver->get != NULL && driver->push != NULL && driver->pop != NULL;
}

/* The GPUs of a machine are dealt to the processes that were started on it together. A context that
 * the thread has been given, as by elements that share frames, says which GPU is wanted. */
static gboolean
select_device (GError **error)
{
  GenCudaDriver driver;
  void *context = NULL;
  int count = 0;

  if (!gen_cuda_check (cudaGetDeviceCount (&count), "counting devices", error))
    return FALSE;
  if (find_driver (&driver) && driver.get (&context) == 0 && context != NULL)
    return TRUE;
  return gen_cuda_check (
      cudaSetDevice ((int)(gen_exchange_local_process () % (guint)MAX (count, 1))),
      "choosing a device", error);
}

gboolean
gen_cuda_identify (char *name, gsize size, GError **error)
{
  int number = 0;

  return gen_cuda_available (error) && select_device (error) &&
         gen_cuda_check (cudaGetDevice (&number), "asking for the device", error) &&
         gen_cuda_check (
             cudaDeviceGetPCIBusId (name, (int)size, number), "asking for the device", error);
}

void *
gen_cuda_take_host (gsize size)
{
  void *memory = NULL;

  if (!select_device (NULL))
    return NULL;
  if (cudaHostAlloc (&memory, MAX (size, 1), cudaHostAllocPortable) == cudaSuccess)
    return memory;
  cudaGetLastError ();
  return NULL;
}

void
gen_cuda_free_host (void *memory)
{
  cudaFreeHost (memory);
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
    g_set_error (error, GEN_DEVICE_ERROR, GEN_DEVICE_ERROR_FAILED,
        "device cuda: the driver is made for CUDA %d.%d, and this needs %d.%d: update the driver",
        driver / 1000, driver % 1000 / 10, runtime / 1000, runtime % 1000 / 10);
    return FALSE;
  }
  if (status == cudaErrorInsufficientDriver) {
    g_set_error (error, GEN_DEVICE_ERROR, GEN_DEVICE_ERROR_UNAVAILABLE,
        "device cuda: NVIDIA's driver (libcuda.so.1) is not installed on this machine");
    return FALSE;
  }
  g_set_error (error, GEN_DEVICE_ERROR,
      status == cudaSuccess || status == cudaErrorNoDevice ? GEN_DEVICE_ERROR_UNAVAILABLE
                                                           : GEN_DEVICE_ERROR_FAILED,
      "device cuda: the driver finds no usable GPU (%s)",
      status == cudaSuccess ? "there is none" : cudaGetErrorString (status));
  return FALSE;
}

/* The context in which the stream has just been made. */
static void
find_context (GenCudaDevice *device)
{
  if (!find_driver (&device->driver) || device->driver.get (&device->context) != 0)
    device->context = NULL;
}

gboolean
gen_cuda_device_open (GenCudaDevice *device, GError **error)
{
  cudaDeviceProp properties;

  if (!gen_cuda_available (error) || !select_device (error) ||
      !gen_cuda_check (cudaGetDevice (&device->number), "asking for the device", error) ||
      !gen_cuda_check (cudaGetDeviceProperties (&properties, device->number),
          "asking for the device's properties", error) ||
      !gen_cuda_check (cudaStreamCreateWithFlags (&device->stream, cudaStreamNonBlocking),
          "making a stream", error))
    return FALSE;
  find_context (device);
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
  std::shared_ptr<void> memory =
      gen_cuda_share (kernel->device, data, size, "memory for weights", error);

  if (memory != nullptr)
    kernel->owned.push_back (memory);
  return memory.get ();
}
