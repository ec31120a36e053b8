/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is called of NCCL is declared here, as its header nccl.h has it since 2.14: no build wants
 * the header, and none is linked with the library. */
#include "nccl.h"

#include <generative/exchange.h>

#include <dlfcn.h>

#define LIBRARY "libnccl.so.2"
/* The oldest version that has all that is called; those for CUDA 12 are later. */
#define OLDEST 21400

/* Of its enumerations. */
#define SUCCESS 0
#define IN_PROGRESS 7
#define FLOAT32 7
#define SUM 0

typedef struct Communicator Communicator;

typedef struct {
  int (*get_version) (int *version);
  int (*get_unique_id) (GenNcclId *id);
  int (*init_rank) (Communicator **communicator, int n, GenNcclId id, int rank);
  int (*all_reduce) (const void *from, void *to, size_t n, int type, int operation,
      Communicator *communicator, void *stream);
  int (*get_async_error) (Communicator *communicator, int *status);
  int (*destroy) (Communicator *communicator);
  int (*abort) (Communicator *communicator);
  const char *(*get_error_string) (int status);
  const char *(*get_last_error) (Communicator *communicator);
} Library;

struct _GenNccl {
  Library library;
  Communicator *communicator; /* NULL: it is broken off */
  int failed;                 /* what it was broken off for */
};

static gboolean
find_functions (Library *library, void *module, GError **error)
{
  const struct {
    const char *name;
    void *place;
  } functions[] = {
    { "ncclGetVersion", &library->get_version },
    { "ncclGetUniqueId", &library->get_unique_id },
    { "ncclCommInitRank", &library->init_rank },
    { "ncclAllReduce", &library->all_reduce },
    { "ncclCommGetAsyncError", &library->get_async_error },
    { "ncclCommDestroy", &library->destroy },
    { "ncclCommAbort", &library->abort },
    { "ncclGetErrorString", &library->get_error_string },
    { "ncclGetLastError", &library->get_last_error },
  };

  for (guint i = 0; i < G_N_ELEMENTS (functions); i++) {
    void **place = functions[i].place;

    *place = dlsym (module, functions[i].name);
    if (*place != NULL)
      continue;
    g_set_error (error, GEN_EXCHANGE_ERROR, GEN_EXCHANGE_ERROR_UNAVAILABLE,
        "its " LIBRARY " has no %s; 2.14 has it, and what came later", functions[i].name);
    return FALSE;
  }
  return TRUE;
}

/* It stays loaded: threads of its own may outlive what was made of it. */
static gboolean
open_library (Library *library, GError **error)
{
  void *module = dlopen (LIBRARY, RTLD_NOW | RTLD_LOCAL);

  if (module != NULL)
    return find_functions (library, module, error);
  g_set_error (error, GEN_EXCHANGE_ERROR, GEN_EXCHANGE_ERROR_UNAVAILABLE,
      "it has no NCCL: %s; LD_LIBRARY_PATH may say where it is", dlerror ());
  return FALSE;
}

static gboolean
check (const Library *library, int status, const char *what, GError **error)
{
  if (status == SUCCESS)
    return TRUE;
  g_set_error (error, GEN_EXCHANGE_ERROR, GEN_EXCHANGE_ERROR_FAILED,
      "NCCL, %s: %s: %s; NCCL_DEBUG=INFO in the environment tells more", what,
      library->get_error_string (status), library->get_last_error (NULL));
  return FALSE;
}

int
gen_nccl_version (GError **error)
{
  Library library;
  int version = 0;

  if (!open_library (&library, error) ||
      !check (&library, library.get_version (&version), "its version", error))
    return 0;
  if (version >= OLDEST)
    return version;
  g_set_error (error, GEN_EXCHANGE_ERROR, GEN_EXCHANGE_ERROR_UNAVAILABLE,
      "its NCCL is %d.%d, and 2.14 or a later one is wanted", version / 10000, version / 100 % 100);
  return 0;
}

gboolean
gen_nccl_make_id (GenNcclId *id, GError **error)
{
  Library library;

  return open_library (&library, error) &&
         check (&library, library.get_unique_id (id), "finding each other", error);
}

GenNccl *
gen_nccl_new (const GenNcclId *id, guint rank, guint n, GError **error)
{
  GenNccl *nccl = g_new0 (GenNccl, 1);

  if (open_library (&nccl->library, error) &&
      check (&nccl->library, nccl->library.init_rank (&nccl->communicator, (int)n, *id, (int)rank),
          "finding each other", error))
    return nccl;
  g_free (nccl);
  return NULL;
}

void
gen_nccl_free (GenNccl *nccl, gboolean agreed)
{
  if (nccl->communicator != NULL)
    (agreed ? nccl->library.destroy : nccl->library.abort) (nccl->communicator);
  g_free (nccl);
}

const char *
gen_nccl_sum (GenNccl *nccl, const float *from, float *to, gsize n, void *stream)
{
  int status;

  if (nccl->communicator == NULL)
    return "NCCL was broken off";
  status = nccl->library.all_reduce (from, to, n, FLOAT32, SUM, nccl->communicator, stream);
  return status == SUCCESS ? NULL : nccl->library.get_error_string (status);
}

gboolean
gen_nccl_check (GenNccl *nccl, GError **error)
{
  int status = nccl->failed;

  if (nccl->communicator != NULL)
    nccl->library.get_async_error (nccl->communicator, &status);
  return status == IN_PROGRESS || check (&nccl->library, status, "a sum", error);
}

void
gen_nccl_abort (GenNccl *nccl)
{
  if (nccl->communicator == NULL)
    return;
  nccl->library.get_async_error (nccl->communicator, &nccl->failed);
  nccl->library.abort (g_steal_pointer (&nccl->communicator));
}
