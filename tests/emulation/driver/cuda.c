/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A libcuda.so.1 for machines without one: as much of the driver's interface, on the processor, as
 * GStreamer's own CUDA library and elements need to hold frames and to copy them. Device memory is
 * the process' own, so that the emulated module reads and writes it, too; all work is done when a
 * call returns. What it is strict about is contexts: each thread has its stack of them, and nothing
 * works without one. Functions have the names under which programs look for them.
 *
 * With GEN_EMULATION_LATE in the environment, what is copied by rows in a stream of its own is not
 * done before that stream is waited for: whoever reads sooner finds what was there before. */
#include <cuda.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Rows of a picture begin so far apart on many a GPU. */
#define PITCH 512
#define MAX_CONTEXTS 64

struct CUctx_st {
  CUdevice device;
};

/* A copy that is still to be done. */
typedef struct Late {
  CUDA_MEMCPY2D copy;
  void *kept; /* the rows, where they were the system's */
  struct Late *next;
} Late;

struct CUstream_st {
  CUcontext context;
  Late *late, **last;
  struct CUstream_st *next;
};

struct CUevent_st {
  CUcontext context;
  CUstream stream; /* NULL: that of all others */
};

static __thread CUcontext stack[MAX_CONTEXTS];
static __thread int depth;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static CUstream streams; /* under the lock, as is all that is late */

static void finish (CUstream stream);

/* A function that is there to be found. */
#define ENTRY(name, ...)                                                                           \
  CUresult name (__VA_ARGS__);                                                                     \
  CUresult name (__VA_ARGS__)

static CUcontext
current (void)
{
  return depth > 0 ? stack[depth - 1] : NULL;
}

/* --- devices --- */

ENTRY (cuInit, unsigned int flags)
{
  return flags == 0 ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

ENTRY (cuDriverGetVersion, int *version)
{
  *version = CUDA_VERSION;
  return CUDA_SUCCESS;
}

ENTRY (cuGetErrorName, CUresult error, const char **name)
{
  *name = error == CUDA_SUCCESS ? "CUDA_SUCCESS" : "CUDA_ERROR";
  return CUDA_SUCCESS;
}

ENTRY (cuGetErrorString, CUresult error, const char **text)
{
  *text = error == CUDA_SUCCESS                 ? "no error"
          : error == CUDA_ERROR_NOT_SUPPORTED   ? "the emulated driver does not have this"
          : error == CUDA_ERROR_INVALID_CONTEXT ? "no context, or another one"
                                                : "an error";
  return CUDA_SUCCESS;
}

ENTRY (cuDeviceGetCount, int *count)
{
  *count = 1;
  return CUDA_SUCCESS;
}

ENTRY (cuDeviceGet, CUdevice *device, int number)
{
  *device = number;
  return number == 0 ? CUDA_SUCCESS : CUDA_ERROR_INVALID_DEVICE;
}

ENTRY (cuDeviceGetName, char *name, int size, CUdevice device)
{
  strncpy (name, "emulation", (size_t)size - 1);
  name[size - 1] = '\0';
  return CUDA_SUCCESS;
}

ENTRY (cuDeviceGetAttribute, int *value, CUdevice_attribute attribute, CUdevice device)
{
  switch (attribute) {
  case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR:
    *value = 9;
    break;
  case CU_DEVICE_ATTRIBUTE_TEXTURE_ALIGNMENT:
    *value = PITCH;
    break;
  default:
    *value = 0;
  }
  return CUDA_SUCCESS;
}

ENTRY (cuDeviceCanAccessPeer, int *can, CUdevice device, CUdevice peer)
{
  *can = 0;
  return CUDA_SUCCESS;
}

/* --- contexts --- */

ENTRY (cuCtxPushCurrent_v2, CUcontext context)
{
  if (context == NULL || depth == MAX_CONTEXTS)
    return CUDA_ERROR_INVALID_CONTEXT;
  stack[depth++] = context;
  return CUDA_SUCCESS;
}

ENTRY (cuCtxPopCurrent_v2, CUcontext *context)
{
  if (depth == 0)
    return CUDA_ERROR_INVALID_CONTEXT;
  depth--;
  if (context != NULL)
    *context = stack[depth];
  return CUDA_SUCCESS;
}

ENTRY (cuCtxGetCurrent, CUcontext *context)
{
  *context = current ();
  return CUDA_SUCCESS;
}

ENTRY (cuCtxCreate_v2, CUcontext *context, unsigned int flags, CUdevice device)
{
  *context = calloc (1, sizeof **context);
  (*context)->device = device;
  return cuCtxPushCurrent_v2 (*context);
}

/* It is taken off the thread's stack, where GStreamer's plugin leaves one that it has asked what
 * the decoder can. */
ENTRY (cuCtxDestroy_v2, CUcontext context)
{
  int kept = 0;

  for (int i = 0; i < depth; i++)
    if (stack[i] != context)
      stack[kept++] = stack[i];
  depth = kept;
  free (context);
  return CUDA_SUCCESS;
}

ENTRY (cuCtxSynchronize, void)
{
  if (current () == NULL)
    return CUDA_ERROR_INVALID_CONTEXT;
  finish (NULL);
  return CUDA_SUCCESS;
}

ENTRY (cuCtxGetLimit, size_t *value, CUlimit limit)
{
  *value = 1024;
  return current () != NULL ? CUDA_SUCCESS : CUDA_ERROR_INVALID_CONTEXT;
}

/* --- memory --- */

ENTRY (cuMemAlloc_v2, CUdeviceptr *memory, size_t size)
{
  void *taken;

  if (current () == NULL)
    return CUDA_ERROR_INVALID_CONTEXT;
  taken = aligned_alloc (PITCH, (size + PITCH - 1) / PITCH * PITCH);
  if (taken == NULL)
    return CUDA_ERROR_OUT_OF_MEMORY;
  /* What is never written shows. */
  memset (taken, 0xa5, size);
  *memory = (CUdeviceptr)taken;
  return CUDA_SUCCESS;
}

ENTRY (cuMemAllocPitch_v2, CUdeviceptr *memory, size_t *pitch, size_t width, size_t height,
    unsigned int element)
{
  *pitch = (width + PITCH - 1) / PITCH * PITCH;
  return cuMemAlloc_v2 (memory, *pitch * height);
}

ENTRY (cuMemFree_v2, CUdeviceptr memory)
{
  if (current () == NULL)
    return CUDA_ERROR_INVALID_CONTEXT;
  finish (NULL);
  free ((void *)memory);
  return CUDA_SUCCESS;
}

ENTRY (cuMemAllocHost_v2, void **memory, size_t size)
{
  CUdeviceptr taken;
  CUresult result = cuMemAlloc_v2 (&taken, size);

  if (result == CUDA_SUCCESS)
    *memory = (void *)taken;
  return result;
}

ENTRY (cuMemFreeHost, void *memory)
{
  return cuMemFree_v2 ((CUdeviceptr)memory);
}

static void
copy_rows (const CUDA_MEMCPY2D *copy)
{
  const char *from =
      copy->srcMemoryType == CU_MEMORYTYPE_HOST ? copy->srcHost : (const char *)copy->srcDevice;
  char *to = copy->dstMemoryType == CU_MEMORYTYPE_HOST ? copy->dstHost : (char *)copy->dstDevice;

  for (size_t y = 0; y < copy->Height; y++)
    memcpy (to + (copy->dstY + y) * copy->dstPitch + copy->dstXInBytes,
        from + (copy->srcY + y) * copy->srcPitch + copy->srcXInBytes, copy->WidthInBytes);
}

/* Do what is late in `stream`, and in NULL, which comes after all others, in those of the context.
 */
static void
finish (CUstream stream)
{
  pthread_mutex_lock (&lock);
  for (CUstream each = streams; each != NULL; each = each->next) {
    if (stream != NULL ? each != stream : each->context != current ())
      continue;
    while (each->late != NULL) {
      Late *late = each->late;

      copy_rows (&late->copy);
      each->late = late->next;
      free (late->kept);
      free (late);
    }
    each->last = &each->late;
  }
  pthread_mutex_unlock (&lock);
}

ENTRY (cuMemcpy2D_v2, const CUDA_MEMCPY2D *copy)
{
  if (current () == NULL)
    return CUDA_ERROR_INVALID_CONTEXT;
  if (copy->srcMemoryType > CU_MEMORYTYPE_DEVICE || copy->dstMemoryType > CU_MEMORYTYPE_DEVICE)
    return CUDA_ERROR_NOT_SUPPORTED;
  finish (NULL);
  copy_rows (copy);
  return CUDA_SUCCESS;
}

/* A stream is one of the context that is current. */
static int
is_of_context (CUstream stream)
{
  return current () != NULL && (stream == NULL || stream->context == current ());
}

/* Memory of the system may be written again when a call returns: its rows are kept. */
static void
put_off (const CUDA_MEMCPY2D *copy, CUstream stream)
{
  Late *late = calloc (1, sizeof *late);

  late->copy = *copy;
  if (copy->srcMemoryType == CU_MEMORYTYPE_HOST) {
    CUDA_MEMCPY2D keeping = *copy;

    late->kept = malloc (copy->Height * copy->WidthInBytes + 1);
    keeping.dstMemoryType = late->copy.srcMemoryType = CU_MEMORYTYPE_HOST;
    keeping.dstHost = late->kept;
    late->copy.srcHost = late->kept;
    keeping.dstPitch = late->copy.srcPitch = copy->WidthInBytes;
    keeping.dstXInBytes = keeping.dstY = late->copy.srcXInBytes = late->copy.srcY = 0;
    copy_rows (&keeping);
  }
  pthread_mutex_lock (&lock);
  *stream->last = late;
  stream->last = &late->next;
  pthread_mutex_unlock (&lock);
}

ENTRY (cuMemcpy2DAsync_v2, const CUDA_MEMCPY2D *copy, CUstream stream)
{
  if (!is_of_context (stream))
    return CUDA_ERROR_INVALID_CONTEXT;
  if (stream == NULL || getenv ("GEN_EMULATION_LATE") == NULL)
    return cuMemcpy2D_v2 (copy);
  put_off (copy, stream);
  return CUDA_SUCCESS;
}

static CUresult
copy (void *to, const void *from, size_t size, CUstream stream)
{
  if (!is_of_context (stream))
    return CUDA_ERROR_INVALID_CONTEXT;
  finish (stream);
  memmove (to, from, size);
  return CUDA_SUCCESS;
}

ENTRY (cuMemcpyDtoD_v2, CUdeviceptr to, CUdeviceptr from, size_t size)
{
  return copy ((void *)to, (const void *)from, size, NULL);
}

ENTRY (cuMemcpyDtoDAsync_v2, CUdeviceptr to, CUdeviceptr from, size_t size, CUstream stream)
{
  return copy ((void *)to, (const void *)from, size, stream);
}

ENTRY (cuMemcpyDtoH_v2, void *to, CUdeviceptr from, size_t size)
{
  return copy (to, (const void *)from, size, NULL);
}

ENTRY (cuMemcpyDtoHAsync_v2, void *to, CUdeviceptr from, size_t size, CUstream stream)
{
  return copy (to, (const void *)from, size, stream);
}

ENTRY (cuMemcpyHtoD_v2, CUdeviceptr to, const void *from, size_t size)
{
  return copy ((void *)to, from, size, NULL);
}

ENTRY (cuMemcpyHtoDAsync_v2, CUdeviceptr to, const void *from, size_t size, CUstream stream)
{
  return copy ((void *)to, from, size, stream);
}

/* --- order --- */

ENTRY (cuStreamCreate, CUstream *stream, unsigned int flags)
{
  if (current () == NULL)
    return CUDA_ERROR_INVALID_CONTEXT;
  *stream = calloc (1, sizeof **stream);
  (*stream)->context = current ();
  (*stream)->last = &(*stream)->late;
  pthread_mutex_lock (&lock);
  (*stream)->next = streams;
  streams = *stream;
  pthread_mutex_unlock (&lock);
  return CUDA_SUCCESS;
}

ENTRY (cuStreamDestroy_v2, CUstream stream)
{
  CUstream *place = &streams;

  if (!is_of_context (stream))
    return CUDA_ERROR_INVALID_CONTEXT;
  finish (stream);
  pthread_mutex_lock (&lock);
  while (*place != stream)
    place = &(*place)->next;
  *place = stream->next;
  pthread_mutex_unlock (&lock);
  free (stream);
  return CUDA_SUCCESS;
}

ENTRY (cuStreamSynchronize, CUstream stream)
{
  if (!is_of_context (stream))
    return CUDA_ERROR_INVALID_CONTEXT;
  finish (stream);
  return CUDA_SUCCESS;
}

ENTRY (cuEventCreate, CUevent *event, unsigned int flags)
{
  if (current () == NULL)
    return CUDA_ERROR_INVALID_CONTEXT;
  *event = calloc (1, sizeof **event);
  (*event)->context = current ();
  return CUDA_SUCCESS;
}

ENTRY (cuEventDestroy_v2, CUevent event)
{
  free (event);
  return CUDA_SUCCESS;
}

ENTRY (cuEventRecord, CUevent event, CUstream stream)
{
  if (!is_of_context (stream) || event->context != current ())
    return CUDA_ERROR_INVALID_CONTEXT;
  event->stream = stream;
  return CUDA_SUCCESS;
}

ENTRY (cuEventSynchronize, CUevent event)
{
  finish (event->stream);
  return CUDA_SUCCESS;
}

/* Some programs know these by their first names. */
#undef cuStreamDestroy
#undef cuEventDestroy
CUresult cuStreamDestroy (CUstream) __attribute__ ((alias ("cuStreamDestroy_v2")));
CUresult cuEventDestroy (CUevent) __attribute__ ((alias ("cuEventDestroy_v2")));
