/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NVIDIA GPUs. What runs there is a module of its own (lib/device/cuda), which is linked with
 * CUDA's libraries and loaded when a GPU is first asked for: one build starts on machines with and
 * without them. */
#include <generative/device.h>

#include <dlfcn.h>

#include "../base/module.h"
#include "../graph/executor.h"

#define MODULE "generative-cuda.so"

/* The module's libraries are large: without a driver they are not worth being looked at. The
 * environment may name another module, which needs none. */
static void *
open_module (GError **error)
{
  const char *given = g_getenv ("GEN_CUDA_MODULE");
  g_autofree char *path =
      given != NULL ? g_strdup (given) : gen_module_find (MODULE, "device/cuda");
  void *module;

  if (path == NULL) {
    g_set_error (error, GEN_DEVICE_ERROR, GEN_DEVICE_ERROR_UNAVAILABLE,
        "device cuda: this build is without CUDA (meson -Dcuda=enabled, where the toolkit is "
        "found)");
    return NULL;
  }
  if (given == NULL && dlopen ("libcuda.so.1", RTLD_LAZY | RTLD_LOCAL) == NULL) {
    g_set_error (error, GEN_DEVICE_ERROR, GEN_DEVICE_ERROR_UNAVAILABLE,
        "device cuda: NVIDIA's driver (libcuda.so.1) is not installed on this machine");
    return NULL;
  }
  module = dlopen (path, RTLD_NOW | RTLD_LOCAL);
  if (module == NULL)
    g_set_error (error, GEN_DEVICE_ERROR, GEN_DEVICE_ERROR_FAILED,
        "device cuda: its module does not load: %s", dlerror ());
  return module;
}

const GenExecutorClass *
gen_cuda_executor_class (GError **error)
{
  static const GenExecutorClass *loaded;
  void *module;

  if (g_atomic_pointer_get (&loaded) == NULL && (module = open_module (error)) != NULL)
    g_atomic_pointer_set (&loaded, dlsym (module, GEN_EXECUTOR_SYMBOL));
  return g_atomic_pointer_get (&loaded);
}

static gboolean
available (GError **error)
{
  const GenExecutorClass *executor = gen_cuda_executor_class (error);

  return executor != NULL && executor->available (error);
}

static void *
take_host (gsize size)
{
  const GenExecutorClass *executor = gen_cuda_executor_class (NULL);

  return executor != NULL ? executor->take_host (size) : NULL;
}

static void
free_host (void *memory)
{
  gen_cuda_executor_class (NULL)->free_host (memory);
}

const GenDevice gen_device_cuda = {
  .name = "cuda",
  .description = "NVIDIA GPUs through CUDA",
  .available = available,
  .take_host = take_host,
  .free_host = free_host,
};
