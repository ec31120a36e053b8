/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "feed.h"

#include <string.h>

#include "device.h"

static gboolean
open_feed (struct _GenExecutorFeed *feed, GError **error)
{
  feed->place = gen_cuda_take (feed->size, "memory for an input that is sent ahead", error);
  if (feed->place == NULL ||
      !gen_cuda_check (cudaHostAlloc (&feed->host, MAX (feed->size, 1), cudaHostAllocDefault),
          "pinned memory", error) ||
      !gen_cuda_check (cudaStreamCreateWithFlags (&feed->stream, cudaStreamNonBlocking),
          "making a stream", error) ||
      !gen_cuda_check (
          cudaEventCreateWithFlags (&feed->arrived, cudaEventDisableTiming), "an event", error))
    return FALSE;
  memset (feed->host, 0, feed->size);
  return TRUE;
}

struct _GenExecutorFeed *
gen_cuda_feed_new (const GenCudaDevice *device, gsize size, GError **error)
{
  GenCudaCurrent current (device);
  struct _GenExecutorFeed *feed = new struct _GenExecutorFeed ();

  feed->device = device;
  feed->size = size;
  if (open_feed (feed, error))
    return feed;
  gen_cuda_feed_free (feed);
  return NULL;
}

void
gen_cuda_feed_free (struct _GenExecutorFeed *feed)
{
  GenCudaCurrent current (feed->device);

  if (feed->stream != NULL) {
    cudaStreamSynchronize (feed->stream);
    cudaStreamDestroy (feed->stream);
  }
  if (feed->arrived != NULL)
    cudaEventDestroy (feed->arrived);
  if (feed->place != NULL)
    cudaFree (feed->place);
  if (feed->host != NULL)
    cudaFreeHost (feed->host);
  delete feed;
}

void *
gen_cuda_feed_host (struct _GenExecutorFeed *feed)
{
  return feed->host;
}

gboolean
gen_cuda_feed_send (struct _GenExecutorFeed *feed, GError **error)
{
  GenCudaCurrent current (feed->device);

  return gen_cuda_check (cudaMemcpyAsync (feed->place, feed->host, feed->size,
                             cudaMemcpyHostToDevice, feed->stream),
             "sending an input ahead", error) &&
         gen_cuda_check (
             cudaEventRecord (feed->arrived, feed->stream), "sending an input ahead", error);
}
