/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The registry of what plans have on a device, as ../shared.c is of what they have in memory: found
 * by a hash of the bytes, which are then compared, so that a hash that misleads costs a copy and
 * never a result. It holds nothing by itself. */
#include "shared.h"

#include <string.h>

#include <map>
#include <mutex>
#include <tuple>

#include "device.h"

G_BEGIN_DECLS
#include "../shared.h"
G_END_DECLS

/* Bytes that are compared at a time. */
#define PIECE ((gsize)4 << 20)

/* Memory belongs to a context; its hash and size. */
typedef std::tuple<int, const void *, guint64, gsize> Key;

struct Entry {
  std::weak_ptr<void> users;
  void *memory;
};

static std::mutex lock;
static std::map<Key, Entry> *entries; /* those in use; NULL when there are none */

static std::shared_ptr<void>
find (const Key &key)
{
  std::lock_guard<std::mutex> guard (lock);

  if (entries == NULL || entries->count (key) == 0)
    return nullptr;
  return entries->at (key).users.lock ();
}

/* The last user goes. Somebody else's memory may have come into its place meanwhile. */
static void
leave (const Key &key, void *memory)
{
  {
    std::lock_guard<std::mutex> guard (lock);

    if (entries != NULL && entries->count (key) > 0 && entries->at (key).memory == memory)
      entries->erase (key);
    if (entries != NULL && entries->empty ()) {
      delete entries;
      entries = NULL;
    }
  }
  cudaFree (memory);
}

static void
enter (const Key &key, const std::shared_ptr<void> &memory)
{
  std::lock_guard<std::mutex> guard (lock);

  if (entries == NULL)
    entries = new std::map<Key, Entry> ();
  (*entries)[key] = { memory, memory.get () };
}

/* All is awaited on the device's own stream: the default one would wait for others' work. */
static cudaError_t
copy (const GenCudaDevice *device, void *to, const void *from, gsize size, cudaMemcpyKind kind)
{
  cudaError_t status =
      size > 0 ? cudaMemcpyAsync (to, from, size, kind, device->stream) : cudaSuccess;

  return status == cudaSuccess ? cudaStreamSynchronize (device->stream) : status;
}

static gboolean
has_bytes (const GenCudaDevice *device, const char *memory, const char *data, gsize size)
{
  g_autofree char *piece = (char *)g_malloc (MIN (size, PIECE));

  for (gsize at = 0; at < size; at += PIECE) {
    gsize n = MIN (size - at, PIECE);

    if (copy (device, piece, memory + at, n, cudaMemcpyDeviceToHost) != cudaSuccess ||
        memcmp (piece, data + at, n) != 0)
      return FALSE;
  }
  return TRUE;
}

std::shared_ptr<void>
gen_cuda_share (
    const GenCudaDevice *device, const void *data, gsize size, const char *what, GError **error)
{
  const Key key (device->number, device->context, gen_shared_hash (data, size), size);
  std::shared_ptr<void> found = find (key);
  void *memory;

  if (found != nullptr && has_bytes (device, (const char *)found.get (), (const char *)data, size))
    return found;
  memory = gen_cuda_take (size, what, error);
  if (memory == NULL)
    return nullptr;
  std::shared_ptr<void> own (memory, [key] (void *p) { leave (key, p); });
  if (!gen_cuda_check (copy (device, memory, data, size, cudaMemcpyHostToDevice), what, error))
    return nullptr;
  if (found == nullptr)
    enter (key, own);
  return own;
}
