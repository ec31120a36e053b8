/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bytes on their way to the device by a stream of their own, while the plan's is at work. */
#pragma once

#include "cuda.h"

struct _GenExecutorFeed {
  const GenCudaDevice *device = NULL;
  gsize size = 0;
  void *host = NULL;  /* pinned */
  void *place = NULL; /* on the device */
  cudaStream_t stream = NULL;
  cudaEvent_t arrived = NULL;
};

/* `device` has to outlive the feed. */
struct _GenExecutorFeed *gen_cuda_feed_new (
    const GenCudaDevice *device, gsize size, GError **error);
void gen_cuda_feed_free (struct _GenExecutorFeed *feed);
void *gen_cuda_feed_host (struct _GenExecutorFeed *feed);
gboolean gen_cuda_feed_send (struct _GenExecutorFeed *feed, GError **error);
