/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NVIDIA GPUs. What runs there is a module of its own (lib/device/cuda), which is linked with
 * CUDA's libraries and loaded when a GPU is first asked for: one build starts on machines with and
 * without them. */
#include <generative/device.h>

#include "../graph/executor.h"

#ifdef HAVE_CUDA
#include <dlfcn.h>

#define MODULE "generative-cuda.so"

/* Beside the library where that is installed, in its folder where it has just been built, or
 * anywhere else by the environment variable. */
static void *
open_module (GError **error)
{
  const char *given = g_getenv ("GEN_CUDA_MODULE");
  g_autofree char *folder = NULL, *installed = NULL, *built = NULL;
  const char *path;
  Dl_info own;
  void *module;

  /* The module's libraries are large: without a driver they are not worth being looked at. */
  if (given == NULL && dlopen ("libcuda.so.1", RTLD_LAZY | RTLD_LOCAL) == NULL) {
    g_set_error (error, GEN_DEVICE_ERROR, GEN_DEVICE_ERROR_UNAVAILABLE,
        "device cuda: NVIDIA's driver (libcuda.so.1) is not installed on this machine");
    return NULL;
  }
  if (dladdr (open_module, &own) != 0)
    folder = g_path_get_dirname (own.dli_fname);
  installed = g_build_filename (folder != NULL ? folder : ".", "generative", MODULE, NULL);
  built = g_build_filename (folder != NULL ? folder : ".", "device", "cuda", MODULE, NULL);
  path = given != NULL ? given : g_file_test (installed, G_FILE_TEST_EXISTS) ? installed : built;
  module = dlopen (path, RTLD_NOW | RTLD_LOCAL);
  if (module == NULL)
    g_set_error (error, GEN_DEVICE_ERROR, GEN_DEVICE_ERROR_UNAVAILABLE,
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
#else
const GenExecutorClass *
gen_cuda_executor_class (GError **error)
{
  g_set_error (error, GEN_DEVICE_ERROR, GEN_DEVICE_ERROR_UNAVAILABLE,
      "device cuda: this build is without CUDA (meson -Dcuda=enabled, where the toolkit is found)");
  return NULL;
}
#endif

static gboolean
available (GError **error)
{
  const GenExecutorClass *executor = gen_cuda_executor_class (error);

  return executor != NULL && executor->available (error);
}

const GenDevice gen_device_cuda = {
  .name = "cuda",
  .description = "NVIDIA GPUs through CUDA",
  .available = available,
};
