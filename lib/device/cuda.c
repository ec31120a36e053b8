/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NVIDIA GPUs. What runs there is a module of its own (lib/device/cuda), which is linked with
 * CUDA's libraries and loaded when a GPU is first asked for: one build starts on machines with and
 * without them. */
#include <generative/device.h>

#include "../graph/executor.h"

#include <dlfcn.h>

#define MODULE "generative-cuda.so"

/* Beside the library where that is installed, or in its folder where it has just been built. NULL
 * where there is none. */
static char *
find_module (void)
{
  static const char *const folders[] = { "generative", "device/cuda" };
  g_autofree char *own = NULL;
  Dl_info info;

  if (dladdr (find_module, &info) == 0)
    return NULL;
  own = g_path_get_dirname (info.dli_fname);
  for (guint i = 0; i < G_N_ELEMENTS (folders); i++) {
    g_autofree char *path = g_build_filename (own, folders[i], MODULE, NULL);

    if (g_file_test (path, G_FILE_TEST_EXISTS))
      return g_steal_pointer (&path);
  }
  return NULL;
}

/* The module's libraries are large: without a driver they are not worth being looked at. The
 * environment may name another module, which needs none. */
static void *
open_module (GError **error)
{
  const char *given = g_getenv ("GEN_CUDA_MODULE");
  g_autofree char *path = given != NULL ? g_strdup (given) : find_module ();
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
