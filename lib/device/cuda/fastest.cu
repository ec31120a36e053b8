/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Choosing by measuring. */
#include "cuda.h"

#define ROUNDS 5

/* Milliseconds of one run; infinity when it fails. */
static float
measure (const GenCudaDevice *device, cudaEvent_t start, cudaEvent_t stop,
    const std::function<gboolean (int way)> &run, int way)
{
  float milliseconds = 0;
  gboolean good;

  cudaEventRecord (start, device->stream);
  good = run (way);
  cudaEventRecord (stop, device->stream);
  if (cudaEventSynchronize (stop) != cudaSuccess || cudaGetLastError () != cudaSuccess || !good)
    return G_MAXFLOAT;
  cudaEventElapsedTime (&milliseconds, start, stop);
  return milliseconds;
}

int
gen_cuda_fastest (const GenCudaDevice *device, int n, const std::function<gboolean (int way)> &run)
{
  std::vector<float> best (n, G_MAXFLOAT);
  cudaEvent_t start = NULL, stop = NULL;
  int fastest = -1;

  if (cudaEventCreateWithFlags (&start, cudaEventDefault) == cudaSuccess &&
      cudaEventCreateWithFlags (&stop, cudaEventDefault) == cudaSuccess)
    /* The first round warms up, and finds those that fail. */
    for (int round = 0; round < ROUNDS; round++)
      for (int way = 0; way < n; way++) {
        float taken;

        if (round > 0 && best[way] == G_MAXFLOAT)
          continue;
        taken = measure (device, start, stop, run, way);
        best[way] = round <= 1 || taken == G_MAXFLOAT ? taken : MIN (best[way], taken);
      }
  for (int way = 0; way < n; way++)
    if (best[way] != G_MAXFLOAT && (fastest < 0 || best[way] < best[fastest]))
      fastest = way;
  if (start != NULL)
    cudaEventDestroy (start);
  if (stop != NULL)
    cudaEventDestroy (stop);
  return fastest;
}
