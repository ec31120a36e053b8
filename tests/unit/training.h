/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is trained on: small pictures, each another. */
#pragma once

#include <generative/training.h>

#define SIZE 8
#define BATCH 4

static const GenFormat format = { &gen_medium_picture, SIZE, SIZE, 1 };

/* Picture number `n`: each another. */
static inline void
fill_picture (GenSample *sample, guint64 n)
{
  for (int i = 0; i < SIZE * SIZE; i++)
    sample->picture.data[i] = (guint8)((n * 37 + (guint64)i * (n % 5 + 1) * 3) % 256);
}

static inline GenBatchQueueResult
add (GenBatchQueue *queue, guint64 number)
{
  g_auto (GenSample) sample = { 0 };
  g_autoptr (GError) error = NULL;
  GenBatchQueueResult result;

  gen_sample_init (&sample, &format);
  fill_picture (&sample, number);
  result = gen_batch_queue_add (queue, &sample, -1, &error);
  g_assert_no_error (error);
  return result;
}
